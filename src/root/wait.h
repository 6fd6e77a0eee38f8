/* SPDX-License-Identifier: MIT */
/*
 * wait.h - one wait of the boot: for a device, a server, a mount or a child
 *
 * A wait that takes longer than three seconds says what it waits for, in the
 * log and on the splash, and goes on until its deadline. Its state is in a
 * struct on the caller's stack.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "device/device.h"

struct child_job;

/* Room for the longest value of root= and the words around it. */
#define WAIT_NOTICE_BYTES 560

struct wait {
	struct device_until until; /* for device_find(); its deadline is ours */
	const char *what;	   /* what is waited for; its text may change */
	int64_t total_us;	   /* how long; SYS_FOREVER: without end */
	int64_t notice_us;	   /* when to say what is waited for */
	int64_t late_us; /* when to run the "late" hooks; INT64_MAX: done */
	char notice[WAIT_NOTICE_BYTES]; /* as it was given; "": not yet */
};

/* begin to wait for @what, for at most @total_us (SYS_FOREVER: without end) */
void wait_begin(struct wait *wait, const char *what, int64_t total_us);
/* the deadline for the caller's next system call: that of the notice or that
 * of the wait, whichever comes first */
int64_t wait_until_us(const struct wait *wait);
/* Nothing has happened until wait_until_us(). Is the wait over? If not, the
 * notice was due, and is given. */
bool wait_is_over(struct wait *wait);
/* end the wait: the splash no longer shows the notice */
void wait_end(const struct wait *wait);

/*
 * wait_child - wait for a child within a wait that has begun
 *
 * Drivers go on being loaded. @news, which may be NULL, is called with @ctx
 * before a notice is given, and can change what the notice says.
 *
 * Returns the child's exit status, or EINTR if a signal ended it; -ETIMEDOUT
 * if the wait is over, or another -errno: the child was then killed.
 */
int wait_child(struct wait *wait, struct child_job *job,
	       void (*news)(void *ctx), void *ctx);
