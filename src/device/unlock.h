/* SPDX-License-Identifier: MIT */
/*
 * unlock.h - ask a person for what opens a device, and try it
 *
 * This is the child that runs an `ask` line of IMAGE_HOOKS. What was typed
 * leaves it only by a pipe.
 */
#pragma once

#include <stdbool.h>

struct device;
struct hook;

/* The exit status of a child that has logged what is wrong itself. */
#define UNLOCK_REFUSED 2 /* wrong each time */
#define UNLOCK_FAILED  3 /* the program has failed, or nobody can be asked */

/*
 * unlock - in the child: ask until it is open, or no more tries are left
 *
 * @masked:   show asterisks, whatever the line says
 * @stop_fd:  becomes readable when the answer is no longer wanted
 *
 * The exit status is 0 also if nothing was typed or the answer was not wanted.
 */
__attribute__((noreturn)) void unlock(const struct hook *hook,
				      const struct device *device, bool masked,
				      int stop_fd);
