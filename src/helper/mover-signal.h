/* SPDX-License-Identifier: MIT */
/*
 * mover-signal.h - the signal that asks a process to come to the new root
 *
 * These are both sides of the protocol that pintle-helper.h and
 * pintle-helper(7) describe.
 */
#pragma once

#include <stdbool.h>

#include "helper/volunteer.h"

struct fail;
struct linux_siginfo;

/*
 * mover_signal_ask - ask process @pid to come to where the caller stands
 *
 * The request itself names no place. So the caller's working directory must be
 * the new root (fchdir), and must stay there until the process was observed
 * with its root and working directory in the new root, or its deadline has
 * passed. Needs /proc.
 *
 * @pidfd:    of that process
 * @is_ours:  @pid, its number in /proc, is its number in our pid namespace, too
 * @trust:    what the image says of it
 *
 * Returns 0 if the request is queued, which does not say that the process
 * moved. -EPROTONOSUPPORT: nothing was sent, as the process does not show that
 * it handles the signal, and might be killed by it. volunteer_check() is called
 * right before the signal is sent; in the microseconds in between the process
 * may still execute another program. -EAGAIN: as from volunteer_check().
 * -ESRCH: the process has ended.
 */
int mover_signal_ask(int pidfd, int pid, bool is_ours,
		     enum volunteer_trust trust, struct fail *why);

/* Is a signal with @info such a request? */
bool mover_signal_is_request(const struct linux_siginfo *info);

/* Do what it asks for. Returns 0 or -errno; what was done before a failure
 * stays done. */
int mover_signal_obey(const struct linux_siginfo *info);
