/* SPDX-License-Identifier: MIT */
/*
 * volunteer.h - which processes are asked to move by the signal
 *
 * A process that does not know the signal ignores it, so a wrong guess harms
 * nobody. But it costs the time of a deadline, and whoever was asked and did not
 * come may be moved by other means. That a signal is caught or blocked promises
 * nothing: qemu-user and every Go program catch all signals, and service
 * managers block them. So a process has to announce that it handles the signal,
 * as pintle-helper(7) says, or to be declared in the image.
 */
#pragma once

#include <stdbool.h>

struct procstatus;

enum volunteer {
	VOLUNTEER_NOT,
	/* It has inherited an announcement, which another program made. It may
	 * be asked, but that is no reason for anything else. */
	VOLUNTEER_BY_PARENT,
	VOLUNTEER_ITSELF,
};

/*
 * volunteer_check - does process @pid handle the signal?
 *
 * @declared:   the image says so, and the process need not announce it
 * @ret_status: its status, as it was read last; NULL: the caller has read that
 *              itself, and only the announcement is looked for
 * @ret_why:    after -EPROTONOSUPPORT: why not, a constant
 *
 * Returns an enum volunteer other than VOLUNTEER_NOT; -EPROTONOSUPPORT: it does
 * not; -ESRCH: it has ended.
 */
int volunteer_check(int pid, bool declared, struct procstatus *ret_status,
		    const char **ret_why);

/* ---- pure, for the tests ---------------------------------------------- */

enum volunteer_name {
	VOLUNTEER_NO_NAME,
	VOLUNTEER_OTHER_NAME, /* another process's: inherited at best */
	VOLUNTEER_OWN_NAME,
};

/* Is @link, read in /proc/PID/fd, the announcement of process @pid? */
enum volunteer_name volunteer_name(const char *link, int pid);
