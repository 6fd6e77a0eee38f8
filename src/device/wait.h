/* SPDX-License-Identifier: MIT */
/*
 * wait.h - wait until a device is there
 *
 * The kernel's events are subscribed to before anything is looked at; then
 * sysfs is read once. Every device is seen one way or the other. Nothing
 * sleeps, and nothing is looked at twice unless the kernel says that it has
 * changed.
 *
 * While there is nothing to do but wait, drivers are loaded and hooks are run.
 * Deadlines are times of CLOCK_MONOTONIC in microseconds, SYS_NOW or
 * SYS_FOREVER; hooks_held_us() says how far they are extended.
 */
#pragma once

#include <stdint.h>

#include "device/spec.h"
#include "device/table.h"

/*
 * device_watch - subscribe to the kernel's events; before drivers are loaded
 *
 * Returns a descriptor or -errno.
 */
int device_watch(struct fail *why);

/*
 * device_settle - wait until no driver is loading and no event is unread
 *
 * Hardware that is slow to show its devices (USB) does so after that. Returns
 * 0, also at the deadline, or -errno.
 */
int device_settle(int watch, int64_t deadline_us, struct fail *why);

/* Until when a device is waited for, and what is done meanwhile. */
struct device_until {
	int64_t deadline_us; /* CLOCK_MONOTONIC, or SYS_FOREVER */
	int64_t call_us;     /* when to call @call; INT64_MAX: never */
	/* not NULL; it sets @call_us to when it is to be called again */
	void (*call)(struct device_until *until);
};

/*
 * device_find - the one device that @spec names, waited for
 *
 * @watch:  from device_watch()
 *
 * match.h says which devices a spec names. One that a hook still works on is
 * waited for.
 *
 * Returns 0; -ETIMEDOUT; -ENOTUNIQ if several devices carry the tag; -EBUSY
 * if a hook that works on the device did not end in time.
 */
int device_find(int watch, const struct device_spec *spec,
		struct device_until *until, const struct device **ret_device,
		struct fail *why);

/*
 * device_still_one - has another device with the tag of @spec come since?
 *
 * device_find() returns the first device that it sees, because others may take
 * seconds to show up. Returns 0, -ENOTUNIQ, or the -errno of reading the
 * kernel's events.
 */
int device_still_one(int watch, const struct device_spec *spec,
		     struct fail *why);

/* wait for the next event, and take it: 1, 0 at the deadline, or -errno */
int device_wait(int watch, int64_t deadline_us, struct fail *why);
