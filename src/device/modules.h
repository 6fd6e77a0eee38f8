/* SPDX-License-Identifier: MIT */
/*
 * modules.h - load the drivers that the image lists
 *
 * The image builder resolved dependencies and order with kmod; here a list is
 * walked, and nothing is looked up.
 */
#pragma once

#include <stdbool.h>

/*
 * modules_parameter - take a word of the kernel's command line
 *
 * MODULE.PARAMETER[=VALUE] of a driver that is not built in is nobody's but
 * the one's who loads it, and so is modprobe.blacklist=NAME[,NAME...]. Other
 * words are passed over. @value is NULL for a word without '='.
 */
void modules_parameter(const char *name, const char *value, void *unused);

/* is the module at @path of the kernel that runs? If not, that is said, once.
 */
bool modules_fit(const char *path);
/* load the module of such a line; true if it was and had not been before */
bool modules_load_line(char *line);

/*
 * modules_load - load every module of IMAGE_MODULES
 *
 * Without a list there is nothing to do: the drivers are built in. A module
 * that is there already, or whose hardware is not, is as good as loaded; any
 * other that cannot be is a warning, since the root may need it or not. Returns
 * how many were loaded.
 */
unsigned modules_load(void);
