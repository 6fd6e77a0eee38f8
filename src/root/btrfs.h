/* SPDX-License-Identifier: MIT */
/*
 * btrfs.h - a btrfs that is made of several devices
 */
#pragma once

#include <stddef.h>

struct device;
struct fail;
struct mount_order;
struct root;

/*
 * btrfs_gather - wait until the kernel knows every device of the file system
 *		  that @device is a part of
 *
 * The kernel is told of every btrfs that was seen. A file system that was made
 * from a seed never counts as complete there, because the seed has another UUID:
 * if a seed was seen, the mount is tried, and so it is when the time is over.
 * "degraded" is left out of the options then, so that the mount succeeds only if
 * nothing is missing.
 *
 * It waits for as long as the root may take. If some are still missing then,
 * that is an error, or only a message if the options have "degraded".
 *
 * Returns 0 if it is to be mounted by @order now; 1 if it was mounted, and
 * @ret_type is filled in; or -errno with @why.
 */
int btrfs_gather(const struct root *root, const struct device *device,
		 const struct mount_order *order, char *ret_type, size_t size,
		 struct fail *why);
