/* SPDX-License-Identifier: MIT */
/*
 * modules.h - load the drivers that the image lists
 *
 * The image builder has resolved dependencies and order with kmod. Here the
 * list is followed, and nothing is looked up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * modules_parameter - take a word of the kernel's command line
 *
 * The kernel does not apply MODULE.PARAMETER[=VALUE] to a driver that is not
 * built in: whoever loads the module must pass it. The same goes for the words
 * that list modules which must not be loaded (modprobe.blacklist= and its
 * likes), or which must be (rd.driver.pre=, rd.driver.post=, modules-load=).
 * Other words are ignored. @value is NULL for a word without '='.
 */
void modules_parameter(const char *name, const char *value, void *unused);

/* @name as the kernel and depmod(8) write it, with '_' in place of '-' (libkmod:
 * underscores()); false: it does not fit */
bool modules_underscored(char *ret, size_t size, const char *name);

/* Forget what was taken: the command line is read again. */
void modules_forget(void);

/* Ask for the drivers that the command line wants before those of the devices,
 * or after them. That the image lacks one is a warning. */
void modules_want(bool before);

/* Was the module at @path built for the running kernel? If not, that is logged
 * once. */
bool modules_fit(const char *path);
/* the release of the kernel that they were built for instead; NULL: modules_fit()
 * has not said no */
const char *modules_misfit(void);
/* Load the module of a line of IMAGE_MODULES. Returns whether it was loaded
 * just now. */
bool modules_load_line(char *line);

/*
 * modules_load - load every module of IMAGE_MODULES
 *
 * Without a list there is nothing to do: the drivers are built in. It is not a
 * failure if a module is loaded already or its hardware is missing. Any other
 * failure is a warning, as the root may not need the module. Returns how many
 * were loaded.
 */
unsigned modules_load(void);
