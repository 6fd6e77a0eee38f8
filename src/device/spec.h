/* SPDX-License-Identifier: MIT */
/*
 * spec.h - which device root=, as it was written, asks for (pure)
 *
 * The same forms name other devices: that of resume=, of /usr, or of a journal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

enum device_by {
	DEVICE_BY_NAME,	  /* /dev/… */
	DEVICE_BY_NUMBER, /* major:minor */
	DEVICE_BY_UUID,
	DEVICE_BY_LABEL,
	DEVICE_BY_PARTUUID,
	DEVICE_BY_PARTLABEL,
	DEVICE_BY_PARTTYPE, /* the type GUID in a GPT */
	DEVICE_BY_ID,	    /* a name of udev's, without "-partN" */
	DEVICE_BY_PATH,	    /* the same */
	DEVICE_NEVER,	    /* a name that cannot be resolved here */
};

struct device_spec {
	const char *written; /* the text as it was given, for messages */
	enum device_by by;
	uint64_t number; /* as SYS_DEV(); of a name of udev's: N of "-partN" */
	int offset;	 /* PARTNROFF */
	bool swap_too;	 /* a UUID or LABEL may also be that of a swap area */
	bool any_too;	 /* or that of anything, such as a journal */
	char value[256];
};

/* The root= that means the one root partition for this architecture. */
#define DEVICE_AUTO "gpt-auto"

/* parse @root: 0, or -EINVAL with the reason why it names no block device */
int device_parse(const char *root, struct device_spec *ret, struct fail *why);

/* why device_parse() refuses @written, in words; those fit into 80 bytes */
void spec_why_not(const char *written, char *buf, size_t size);

/* parse "MAJOR:MINOR", or the kernel's hexadecimal number without a colon */
bool spec_number(const char *text, uint64_t *ret);

/* the number in 32 bits, as SYS_DEV(): the 12 bits of the major number stand
 * between 12 and 8 bits of the minor number (include/linux/kdev_t.h:
 * new_decode_dev) */
uint64_t spec_decode(uint32_t n);

/* Does @spec name the device by something in it, a UUID or a LABEL? A copy of
 * the device has that too. */
bool spec_is_by_content(const struct device_spec *spec);
