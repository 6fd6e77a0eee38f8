/* SPDX-License-Identifier: MIT */
/*
 * volunteer.h - which processes may be sent the signal that asks them to move
 *
 * The default action of that signal is to kill. A bit of a caught or blocked
 * signal in /proc/PID/status promises nothing: qemu-user and every Go program
 * catch all signals, and a process that is about to execute another program, or
 * that waits in ppoll(2), may block all of them for the moment. So a process
 * has to show that it expects this signal. pintle-helper(7) says how.
 */
#pragma once

#include <stdbool.h>

struct procstatus;

/* What the image says of a process. */
enum volunteer_trust {
	/* Nothing: only what the process itself shows counts. */
	VOLUNTEER_UNKNOWN,
	/* An ancestor of it was declared to handle the signal. The process may
	 * have the handler only until it executes another program. */
	VOLUNTEER_CHILD,
	/* It was declared to handle the signal. */
	VOLUNTEER_DECLARED,
};

/*
 * volunteer_check - may the signal be sent to process @pid?
 *
 * @is_ours:    @pid, its number in /proc, is its number in our pid namespace,
 *              too
 * @ret_status: its status, as it was read last
 * @ret_why:    after -EPROTONOSUPPORT or -EAGAIN: why not, a constant
 *
 * Returns 0 if the process handles the signal, and not only for the moment.
 * What it shows is read first and the masks of its threads last, so the only
 * danger left is that it executes another program right after this.
 * -EPROTONOSUPPORT: it does not handle the signal. -EAGAIN: it has the handler,
 * but may be about to lose it and to execute another program; a moment later
 * this can be told.
 */
int volunteer_check(int pid, bool is_ours, enum volunteer_trust trust,
		    struct procstatus *ret_status, const char **ret_why);

/* ---- pure, for the tests ---------------------------------------------- */

enum volunteer_name {
	VOLUNTEER_NO_NAME,
	VOLUNTEER_OTHER_NAME, /* another process's: inherited at best */
	VOLUNTEER_OWN_NAME,
};

/* Is @link, read in /proc/PID/fd, the announcement of process @pid? */
enum volunteer_name volunteer_name(const char *link, int pid);
