/* SPDX-License-Identifier: MIT */
/*
 * match.h - which devices a spec names
 *
 * A name or a number names any device, should a person want to look into one.
 * A tag never names a part of another device, a snapshot beside its origin, or
 * a disk around its own partition; of a device that a hook unlocks it names
 * what comes of it.
 */
#pragma once

#include "device/spec.h"
#include "device/table.h"

/* Is it held, inner, or a partition inside a member of an array? Then no tag
 * names it. */
bool device_is_part(const struct device *device);
/* find out for every device what it is a part of, to report a failure */
void device_mark_parts(void);

/* -- for the other files of this folder ----------------------------------- */

/*
 * match_find - how many different things @spec names, and the first two devices
 *
 * The devices of one file system are one thing. What it takes to know is read.
 */
unsigned match_find(const struct device_spec *spec, struct device *ret[2]);

/*
 * match_inside - what is meant by @device if a hook unlocks it
 *
 * That is the device of the mapper that holds it, beyond an inner one that
 * proves its contents and beyond the one that is made of all paths to it.
 * Returns @device if no hook unlocks it, NULL if nothing has come of it yet.
 */
struct device *match_inside(struct device *device);

/* Does a hook still work on what one of the @count devices is made of? What it
 * makes next may be what is meant. */
bool match_is_unfinished(const struct device_spec *spec,
			 struct device *const two[2], unsigned count);
