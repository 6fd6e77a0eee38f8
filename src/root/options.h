/* SPDX-License-Identifier: MIT */
/*
 * options.h - the other devices that mount options name
 *
 * A log, a real-time section or a journal on a device of its own is as necessary
 * as the device that is mounted, and may appear later. So it is waited for, and
 * it may be named in all the forms that root= knows: the kernel is given the
 * path or the number.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct root;

/*
 * options_await - wait for each device that an option of @list names
 *
 * Each has the time that any other device has, counted from now.
 *
 * @ret: the list with the paths and numbers of those devices
 *
 * Returns 0, or -errno with @why.
 */
int options_await(const struct root *root, const char *list, char *ret,
		  size_t size, struct fail *why);

/* A name of an option whose value is a device. */
struct options_device {
	char name[16];	/* with its '=' */
	bool is_number; /* and not a path */
};

/* which of those @option is, or NULL (pure) */
const struct options_device *options_device(const char *option);

/*
 * options_number - the number in journal_dev=, as the kernel reads it (pure)
 *
 * It is decimal, octal with a leading 0, or hexadecimal with 0x, and laid out
 * as spec_decode() says. Returns false if @text is
 * something else.
 */
bool options_number(const char *text, unsigned *ret_major, unsigned *ret_minor);
