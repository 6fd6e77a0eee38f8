/* SPDX-License-Identifier: MIT */
/*
 * loop.h - a file as a block device
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

/*
 * loop_attach - the file @path below the directory @dir as a loop device
 *
 * Links are followed inside @dir. @ret_name gets the device's name in /dev.
 * The device goes away by itself when nobody uses it any more (autoclear): the
 * descriptor that is returned must stay open until it is mounted.
 */
int loop_attach(const char *dir, const char *path, bool rw, char *ret_name,
		size_t size, struct fail *why);
