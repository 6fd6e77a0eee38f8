/* SPDX-License-Identifier: MIT */
/*
 * paths.h - one disk that is seen twice, because two paths lead to it
 *
 * Both devices then hold the same, and either of them may be used. That is a
 * proof only if the disk itself says that it is the same one, by a name that no
 * two disks share; a copy has the same content and another name.
 */
#pragma once

#include <stdbool.h>

struct device;

/*
 * paths_to_one - are @one and @other the same part of the same disk?
 *
 * @class: "/sys/class/block"
 *
 * The name is the wwid of SCSI (page 0x83) or of NVMe. If a disk has a serial
 * number (page 0x80) as well, it has to be the same. A name of the kind t10 is
 * made of what the vendor likes, so the serial number is required then.
 */
bool paths_to_one(const char *class, const struct device *one,
		  const struct device *other);

/* Is @device another path to what a device before it in the table is? */
bool paths_is_second(const struct device *device);

/* which of two paths to one disk to use: one that answers, and one that another
 * device was made of already */
struct device *paths_better(struct device *one, struct device *other);

/* say once a boot that two paths lead to one disk, of which @taken is used */
void paths_say(const struct device *taken, const struct device *other);
