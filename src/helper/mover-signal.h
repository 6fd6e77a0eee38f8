/* SPDX-License-Identifier: MIT */
/*
 * mover-signal.h - the signal that asks a process to come to the new root
 *
 * These are both sides of the protocol that pintle-helper.h and
 * pintle-helper(7) describe.
 */
#pragma once

#include <stdbool.h>

struct fail;
struct linux_siginfo;

/*
 * mover_signal_ask - ask process @pid to come to where the caller stands
 *
 * The request itself names no place. So the caller's working directory must be
 * the new root (fchdir), and its name PINTLE_HELPER_SENDER, until the process
 * was observed in the new root or its deadline has passed. Needs /proc.
 *
 * @pidfd:    of that process
 * @is_ours:  @pid, its number in /proc, is its number in our pid namespace, too
 * @declared: the image says that it handles the signal
 *
 * Returns 0 if the request is queued, which does not say that the process
 * moved. -EPROTONOSUPPORT: nothing was sent, as the process does not announce
 * that it handles the signal. -ESRCH: the process has ended.
 */
int mover_signal_ask(int pidfd, int pid, bool is_ours, bool declared,
		     struct fail *why);

/* Announce that this process handles the signal: a descriptor that has to stay
 * open, or -errno. */
int mover_signal_announce(void);

/* Is a signal with @info such a request? */
bool mover_signal_is_request(const struct linux_siginfo *info);

/* Do what it asks for. Returns 0 or -errno; after a failure to change the root,
 * the working directory is what it was. */
int mover_signal_obey(const struct linux_siginfo *info);
