/* SPDX-License-Identifier: MIT */
/*
 * mount.h - option strings as mount(8) reads them, and the root's mount
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

struct mount_options {
	unsigned long flags;
	char data[512]; /* what is left for the file system itself */
};

/*
 * mount_options - a comma separated list into flags and data (pure)
 *
 * Adds to what @ret holds; the last of two opposites wins. Words for user space
 * (defaults, x-…, nofail, _netdev, …) are dropped. 0, or -ENAMETOOLONG.
 */
int mount_options(const char *list, struct mount_options *ret);

struct mount_order {
	const char *device; /* path */
	const char *point;
	const char *types;   /* comma separated, tried in order */
	const char *options; /* a list for mount_options() */
	bool rw;
	bool is_forced_ro; /* whatever the options say */
};

/*
 * mount_root - mount by @order
 *
 * A device that cannot be written is mounted read-only even if @order->rw, as
 * the kernel does (init/do_mounts.c), with a warning.
 * @ret_type:  what it was mounted as, a piece of @order->types
 */
int mount_root(const struct mount_order *order, char *ret_type,
	       size_t type_size, struct fail *why);
