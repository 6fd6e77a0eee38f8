/* SPDX-License-Identifier: MIT */
/*
 * btrfs.h - a btrfs that is made of several devices
 */
#pragma once

struct fail;
struct probe;
struct root;

/*
 * btrfs_gather - wait until the kernel knows every device of the file system
 *		  that @content, the content of one of them, is a part of
 *
 * It waits for as long as the root may take. If some are still missing then,
 * that is an error, or only a message if @options have "degraded". Returns 0,
 * or -errno with @why.
 */
int btrfs_gather(const struct root *root, const struct probe *content,
		 const char *options, struct fail *why);
