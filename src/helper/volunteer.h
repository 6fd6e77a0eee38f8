/* SPDX-License-Identifier: MIT */
/*
 * volunteer.h - who may be sent the signal that asks a process to move
 *
 * The default action of that signal is to kill. A caught or a blocked bit in
 * /proc/PID/status is no promise: every Go program and qemu-user catch all
 * signals, and whoever is about to execute another program, or waits in
 * ppoll(2), may block all of them for the moment. So a process has to show that
 * it means this signal. pintle-helper(7) says how.
 */
#pragma once

#include <stdbool.h>

struct status;

/* What the image says of a process. */
enum volunteer_trust {
	/* Nothing: what the process itself shows has to do. */
	VOLUNTEER_UNKNOWN,
	/* A parent of it was declared to handle the signal. It may be a child
	 * that has the handler for as long as it takes to execute another
	 * program. */
	VOLUNTEER_CHILD,
	/* It was declared to handle the signal. */
	VOLUNTEER_DECLARED,
};

/*
 * volunteer_check - may the signal be sent to process @pid?
 *
 * 0: yes: it handles the signal, and not for the moment only. What it shows is
 * read first and the masks of its threads last, so what is left is a process
 * that executes another program right after this.
 *
 * @is_ours:    @pid, as /proc has it, is its number in our pid namespace too
 * @ret_status: as it was read last
 * @ret_why:    with -EPROTONOSUPPORT or -EAGAIN: why not, a constant
 *
 * -EAGAIN: it has the handler, and nothing tells whether it is about to lose it
 * and to execute another program; a moment later something will.
 */
int volunteer_check(int pid, bool is_ours, enum volunteer_trust trust,
		    struct status *ret_status, const char **ret_why);

/* ---- pure, for the tests ---------------------------------------------- */

enum volunteer_name {
	VOLUNTEER_NO_NAME,
	VOLUNTEER_OTHER_NAME, /* of another process: inherited, if anything */
	VOLUNTEER_OWN_NAME,
};

/* Is @link, as it is in /proc/PID/fd, the announcement of process @pid? */
enum volunteer_name volunteer_name(const char *link, int pid);
