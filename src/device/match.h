/* SPDX-License-Identifier: MIT */
/*
 * match.h - which devices a spec names
 *
 * A name or a number may name any device, as a person may want to look into any
 * of them. A tag never names a part of another device, a snapshot whose origin
 * has the tag too, or a disk whose partition has it too. A tag of a device that
 * a hook unlocks names the device that the hook makes of it.
 */
#pragma once

#include "device/spec.h"
#include "device/table.h"

/* Is @device held, inner, or a partition inside a member of an array? Then no
 * tag names it. */
bool device_is_part(const struct device *device);
/* find out which devices are parts of others, to report a failure */
void device_mark_parts(void);

/* -- for the other files of this folder ----------------------------------- */

/*
 * match_find - how many different things @spec names, and the first two devices
 *
 * The devices of one file system are one thing. Of several roots by their type,
 * those on the disk with the boot loader's partition are meant. Devices are read
 * as far as the answer requires it.
 */
unsigned match_find(const struct device_spec *spec, struct device *ret[2]);

/*
 * match_lacks_loader - is @spec a root by its type, and is the disk that the
 * firmware has booted from not there yet, on which such a root is preferred?
 */
bool match_lacks_loader(const struct device_spec *spec);

/*
 * match_inside - which device is meant by @device if a hook unlocks it
 *
 * That is the device of the mapper that stands on it. If that is an inner one
 * of dm-integrity, or the multipath device of all paths to @device, it is the
 * device above that. Returns @device if no hook unlocks it, and NULL if no such
 * device is there yet.
 */
struct device *match_inside(struct device *device);

/* Does a hook still work on what one of the @count devices is made of? The
 * device that it makes next may be the one that is meant. */
bool match_is_unfinished(const struct device_spec *spec,
			 struct device *const two[2], unsigned count);
