/* SPDX-License-Identifier: MIT */
/*
 * device.h - root= as written → the block device it names, waited for
 *
 * The kernel's events are subscribed to before anything is looked at, then
 * /sys/class/block is read once: a device is in one of the two. Nothing sleeps
 * and nothing is looked at twice unless the kernel says it changed.
 *
 * A disk that hangs hangs who reads it. So a child does, and where it does not
 * come back another one reads the rest: the others are used without that disk,
 * which is taken when it answers after all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

struct fail;

enum device_by {
	DEVICE_BY_NAME,	  /* /dev/… */
	DEVICE_BY_NUMBER, /* major:minor */
	DEVICE_BY_UUID,
	DEVICE_BY_LABEL,
	DEVICE_BY_PARTUUID,
	DEVICE_BY_PARTLABEL,
	DEVICE_BY_PARTTYPE, /* the type GUID in a GPT */
	DEVICE_BY_ID,	    /* names of udev's, without "-partN" */
	DEVICE_BY_PATH,
	DEVICE_NEVER,
};

struct device_spec {
	const char *written; /* root= as it was, for messages */
	enum device_by by;
	uint64_t number; /* as SYS_DEV(); of a name of udev's: "-partN" or 0 */
	int offset;	 /* PARTNROFF */
	bool swap_too;	 /* by UUID or LABEL: also one that holds swap */
	char value[256];
};

/* The root= that means: the one root partition for this architecture. */
#define DEVICE_AUTO "gpt-auto"

struct device {
	uint64_t number; /* as SYS_DEV() */
	uint64_t bytes;
	unsigned partition; /* 0: a whole disk */
	bool wanted;	    /* somebody asks what is in it */
	bool slow;	    /* it has not answered in time, and may never */
	bool probed;	    /* @error and @content are known */
	bool entry_known;   /* @entry is */
	bool inner;	    /* it only serves another one: part.h */
	bool held;	    /* another one stands on it, and ... */
	bool in_member;	    /* ... its disk is a member: device_mark_parts() */
	uint8_t hook; /* which hook is next for it: the caller's, from 0 */
	int error;    /* of reading it, errno */
	unsigned gpt_damaged; /* 1: at the front, 2: at the end too */
	char disk[64];	      /* of a partition: its disk, in /dev as well */
	char name[144];	      /* in /dev, "vda1", "mapper/vg-root" */
	struct probe content;
	struct probe_partition entry; /* its line in the partition table */
};

#define DEVICE_PATH (sizeof(((struct device *)0)->name) + sizeof("/dev/"))

/* "/dev/" and @name */
void device_path(const char *name, char ret[DEVICE_PATH]);

/* root= as written: 0, or -EINVAL with why it names no block device */
int device_parse(const char *root, struct device_spec *ret, struct fail *why);

/*
 * device_watch - subscribe to the kernel's events; before drivers are loaded
 *
 * Returns a descriptor or -errno.
 */
int device_watch(struct fail *why);

/* How many descriptors are waited for besides those of the next. */
#define DEVICE_WAITS 4u

/*
 * device_settle - until no driver is loading and no event unread: 0 or -errno
 *
 * What hardware is slow to show (USB) comes after that.
 */
int device_settle(int watch, int64_t deadline_us, struct fail *why);

/*
 * device_find - the one device that @spec names, waited for
 *
 * @watch:       from device_watch()
 * @deadline_us: CLOCK_MONOTONIC; 0: wait for ever
 * @notice_us:   when to call @notice, if it is not there by then; it returns
 *               when to call it again, 0: never
 *
 * No tag means a device that is a part of another one, a snapshot beside its
 * origin, or one that a hook still works on; a name or a number does.
 *
 * Returns 0; -ETIMEDOUT; -ENOTUNIQ where two devices carry the tag; -EBUSY
 * where a hook that works on the device did not end in time.
 */
int device_find(int watch, const struct device_spec *spec, int64_t deadline_us,
		int64_t notice_us, int64_t (*notice)(void),
		const struct device **ret_device, struct fail *why);
/*
 * device_still_one - did another one with the tag of @spec come since?
 *
 * The first that device_find() sees is not waited with until all others are
 * known, which some of them take seconds for. Returns 0, -ENOTUNIQ, or the
 * -errno of reading the kernel's events.
 */
int device_still_one(int watch, const struct device_spec *spec,
		     struct fail *why);

/* wait for the kernel's next event: 1, 0 at @deadline_us (0: for ever) */
int device_wait(int watch, int64_t deadline_us, struct fail *why);
/* the device that sysfs calls @sysname as it is now, or NULL */
const struct device *device_refresh(const char *sysname);
/* what the device or file at @path holds, and its partition's entry: 0 or
 * -errno; the name is not filled in; a partition table has its UUID, and is
 * "PMBR" where only the protective MBR of a GPT is whole */
int device_look(const char *path, struct device *ret, struct fail *why);

/* does another device stand on it, or on its disk, at this moment? */
bool device_is_held(const struct device *device);
/* is it that, or inner, or a partition that is in a member of an array? Then no
 * tag means it */
bool device_is_part(const struct device *device);
/* find out for each what it is a part of, for the report of a failure */
void device_mark_parts(void);
/* is @device made of @other, or @other itself? */
bool device_stands_on(const struct device *device, const struct device *other);

/* everything seen so far: [0, *ret_count); names of "" are gone again */
struct device *device_seen(unsigned *ret_count);
/* read what has not been looked into yet, but for inner ones */
void device_probe_all(void);
/* "/dev/vda1  ext4 UUID="…" LABEL="…"  2.0 GiB" into @buf */
void device_describe(const struct device *device, char *buf, size_t size);
