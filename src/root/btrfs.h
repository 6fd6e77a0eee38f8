/* SPDX-License-Identifier: MIT */
/*
 * btrfs.h - the kernel is told of the devices of a file system
 */
#pragma once

/*
 * btrfs_tell - make one of them known
 *
 * Returns 0 if the kernel has all of them now, 1 if some are missing, -errno;
 * -ENOENT where there is no btrfs in this kernel.
 */
int btrfs_tell(const char *device);
