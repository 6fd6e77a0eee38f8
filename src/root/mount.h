/* SPDX-License-Identifier: MIT */
/*
 * mount.h - option strings as mount(8) reads them, and mounts made with them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

struct mount_options {
	unsigned long flags;
	char data[512]; /* the options that are for the file system itself */
};

/*
 * mount_next_option - the next option of a list (pure)
 *
 * A comma in quotes does not end an option, and empty places are skipped.
 * Returns its length, with @list at its beginning; 0 at the end of the list.
 */
size_t mount_next_option(const char **list);

/*
 * mount_options - split a comma separated list into flags and data (pure)
 *
 * The list adds to what @ret holds, and the last of two opposites wins. Words
 * for user space (defaults, x-..., nofail, _netdev, ...) are dropped. Returns 0
 * or -ENAMETOOLONG.
 */
int mount_options(const char *list, struct mount_options *ret);

struct mount_order {
	const char *device; /* its path, or what the file system has instead */
	const char *point;
	const char *types;   /* comma separated, tried in order */
	const char *options; /* a list for mount_options() */
	bool rw;
	bool is_forced_ro; /* read-only, whatever the options say */
};

/* Do @types, a list of rootfstype= or an fstab, say that the device itself shows
 * its type? */
bool mount_is_as_found(const char *types);

/*
 * mount_by_order - mount @order->device on @order->point
 *
 * A device that cannot be written to is mounted read-only even if @order->rw is
 * set, with a warning, as by the kernel (init/do_mounts.c).
 *
 * @ret_type:  the one of @order->types that it was mounted as
 */
int mount_by_order(const struct mount_order *order, char *ret_type,
		   size_t type_size, struct fail *why);
/* the same, once the drivers of @order->types are loaded */
int mount_with_drivers(const struct mount_order *order, char *ret_type,
		       size_t type_size, struct fail *why);
