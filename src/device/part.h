/* SPDX-License-Identifier: MIT */
/*
 * part.h - which block devices are parts of another one, told from sysfs
 *
 * One leg of a mirror, or the origin below a snapshot, holds the file system of
 * the whole, with its UUID and its label. Whoever mounts it in place of the
 * whole makes the two differ. Such a device is known by what it is called or
 * by what stands on it.
 *
 * @dir is always the device's directory in sysfs, as /sys/dev/block/253:0 is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * part_is_inner - is it a device of the mapper that only serves another one?
 *
 * @name, @uuid: dm/name and dm/uuid. LVM and others make such devices first,
 *		 and leave them when the one above cannot be made: they may have
 *		 no holder then.
 */
bool part_is_inner(const char *name, const char *uuid);

/* Does a device stand on it, or on the disk that it is a partition of? */
bool part_is_held(const char *dir);

/* Is @number (as SYS_DEV()) the device itself, or does it stand on that? */
bool part_stands_on(const char *dir, uint64_t number);

/*
 * part_origin - what it is a snapshot of
 *
 * @ret: the origin's name in sysfs ("dm-3"), "" as long as it is not there.
 *
 * Returns false if it is no snapshot of the mapper's, or an origin. A thin
 * snapshot is an equal of its origin, and sysfs does not tell the two apart.
 */
bool part_origin(const char *dir, char *ret, size_t size);
