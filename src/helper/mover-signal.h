/* SPDX-License-Identifier: MIT */
/*
 * mover-signal.h - the signal that asks a process to come to the new root
 *
 * Both sides of the protocol of pintle-helper.h; that header and
 * pintle-helper(7) say what it is.
 */
#pragma once

#include <stdbool.h>

#include "helper/volunteer.h"

struct fail;
struct linux_siginfo;

/*
 * mover_signal_ask - ask process @pid to come where the caller stands
 *
 * The caller's working directory is the new root (fchdir), and stays it until
 * the process was observed there, with root and working directory, or its
 * deadline is over: the request itself names no place. 0 says that the request
 * is queued, never that the process moved. /proc is needed.
 *
 * @pidfd:    of that process
 * @is_ours:  @pid, as /proc has it, is its number in our pid namespace too
 * @trust:    what the image says of it
 *
 * -EPROTONOSUPPORT: it does not show that it handles the signal, so that it may
 * die of it, and nothing was sent. volunteer_check() looks, right before. What
 * is left is a process that executes another program within the microseconds
 * between look and signal. -EAGAIN: as there. -ESRCH: it has ended.
 */
int mover_signal_ask(int pidfd, int pid, bool is_ours,
		     enum volunteer_trust trust, struct fail *why);

/* Is a signal with @info such a request? */
bool mover_signal_is_request(const struct linux_siginfo *info);

/* Do what it asks for; what was done before a failure is kept: 0 or -errno. */
int mover_signal_obey(const struct linux_siginfo *info);
