/* SPDX-License-Identifier: MIT */
/*
 * describe.h - a device in one line, for people
 */
#pragma once

#include "device/table.h"

/* "/dev/vda1 254:1 2.0 GiB ext4 UUID=… LABEL=…", cut to @size bytes */
void device_describe(const struct device *device, char *buf, size_t size);
