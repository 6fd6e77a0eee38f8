/* SPDX-License-Identifier: MIT */
/*
 * udevname.h - the names in /dev/disk/by-id and by-path, told from sysfs
 *
 * udev makes them, and no udev is here. Those whose parts the kernel says by
 * itself are known; others (usb-, dm-, md-, by-path of a bus but virtio and
 * NVMe) are not.
 */
#pragma once

#include <stdbool.h>

/*
 * udevname_is_id - may udev give the disk @name in by-id?
 *
 * @class:  "/sys/class/block"
 * @disk:   its name there; @name is without "-partN"
 */
bool udevname_is_id(const char *class, const char *disk, const char *name);
/* the same for by-path */
bool udevname_is_path(const char *class, const char *disk, const char *name);

/* Is @name of a form that is known here? */
bool udevname_is_known(const char *name);
