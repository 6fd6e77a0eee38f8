/* SPDX-License-Identifier: MIT */
/*
 * part.h - which block devices are parts of another one, told from sysfs
 *
 * One leg of a mirror, or the origin below a snapshot, holds the file system of
 * the whole, with its UUID and its label. If it is mounted in place of the
 * whole, the two become different. Such a device is recognized by its name or
 * by what stands on it.
 *
 * @dir is always the device's directory in sysfs, such as /sys/dev/block/253:0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * part_is_inner - is it a device of the mapper that only serves another one?
 *
 * @name, @uuid: dm/name and dm/uuid
 *
 * LVM and others make such devices first, and leave them behind if the device
 * above cannot be made. Then they have no holder.
 */
bool part_is_inner(const char *name, const char *uuid);

/* Does another device stand on it, or on the disk that it is a partition of? */
bool part_is_held(const char *dir);

/* Is @number, as SYS_DEV(), the device itself or one that it stands on? */
bool part_stands_on(const char *dir, uint64_t number);

/*
 * part_origin - find the origin of a snapshot
 *
 * @ret: the origin's name in sysfs ("dm-3"), "" as long as it is not there
 *
 * Returns false if the device is not a snapshot of the mapper, or is itself an
 * origin. A thin snapshot is its origin's equal: sysfs does not tell the two
 * apart.
 */
bool part_origin(const char *dir, char *ret, size_t size);
