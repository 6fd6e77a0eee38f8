/* SPDX-License-Identifier: MIT */
/*
 * statx.h - statx(2) for programs with musl 1.2.3, which has none
 *
 * The layout is include/uapi/linux/stat.h.
 */
#pragma once

#include <stdint.h>

#undef STATX_MNT_ID
#define STATX_MNT_ID 0x1000u
struct statx_buf {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare0;
	uint64_t ino, size, blocks, attributes_mask;
	uint8_t times[64];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint8_t spare[104];
};
