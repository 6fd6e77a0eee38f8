/* SPDX-License-Identifier: MIT */
/*
 * udevname.h - the names in /dev/disk/by-id and by-path, told from sysfs
 *
 * udev makes these names, and there is no udev in the initramfs. Only names
 * that can be derived from sysfs are supported; others (usb-, dm-, md-, and
 * by-path of any bus other than virtio and NVMe) are not.
 */
#pragma once

#include <stdbool.h>

/*
 * udevname_is_id - would udev give the disk this @name in by-id?
 *
 * @class:  "/sys/class/block"
 * @disk:   the name of the disk there
 * @name:   without "-partN"
 */
bool udevname_is_id(const char *class, const char *disk, const char *name);
/* the same for by-path */
bool udevname_is_path(const char *class, const char *disk, const char *name);

/* Is the form of @name supported? */
bool udevname_is_known(const char *name);
