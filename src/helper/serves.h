/* SPDX-License-Identifier: MIT */
/*
 * serves.h - may a process be what a file system waits for?
 *
 * Whoever stops such a process, and then touches that file system, waits for
 * itself.
 */
#pragma once

#include <stdbool.h>

struct pin;
struct pins_target;

/* Is it a FUSE server, or a daemon of block devices? */
bool serves_storage(const struct pin *pin);

/*
 * serves_mount - may it serve the file system of @target?
 *
 * Asked of a process that serves some storage. What cannot be told counts as
 * yes: an overlay, several devices, a loop device, an error.
 */
bool serves_mount(const struct pin *pin, const struct pins_target *target);
