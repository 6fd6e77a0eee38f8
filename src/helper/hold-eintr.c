/* SPDX-License-Identifier: MIT */
#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include "base/procstatus.h"
#include "base/sys.h"
#include "helper/task.h"

/*
 * The calls that return EINTR after a stop although no handler ran, and where
 * their timeouts are: signal(7), and fs/eventpoll.c, ipc/sem.c, kernel/signal.c
 * and fs/aio.c of Linux 6.1. Others that may return it (sockets with
 * SO_RCVTIMEO, io_uring_enter) cannot be made again exactly.
 */
enum timeout { FOREVER, POINTER, MILLISECONDS };
static const struct {
	long nr;
	enum timeout timeout;
	unsigned argument;
} cut_short[] = {
#ifdef __NR_epoll_wait
	{ __NR_epoll_wait, MILLISECONDS, 3 },
#endif
	{ __NR_epoll_pwait, MILLISECONDS, 3 },
	{ 441 /* epoll_pwait2 */, POINTER, 3 },
	{ __NR_rt_sigtimedwait, POINTER, 2 },
	{ __NR_io_getevents, POINTER, 4 },
	{ __NR_io_pgetevents, POINTER, 4 },
	{ __NR_semtimedop, POINTER, 3 },
#ifdef __NR_semop
	{ __NR_semop, FOREVER, 0 },
#endif
};

/* Does a handler wait to run? Then the program must see EINTR. */
static bool handler_due(const struct hold *hold)
{
	struct procstatus status;

	return task_status(hold->pid, hold->tid, &status) < 0 ||
	       ((status.pending | status.shared_pending | hold->owed) &
		~hold->mask & status.caught) != 0;
}

void hold_mend_eintr(struct hold *hold)
{
	long nr = arch_eintr(&hold->saved);
	uint64_t *timeout;
	int64_t slept_ms;
	size_t i;

	for (i = 0; i < sizeof(cut_short) / sizeof(cut_short[0]); i++)
		if (cut_short[i].nr == nr)
			break;
	if (nr < 0 || i == sizeof(cut_short) / sizeof(cut_short[0]) ||
	    handler_due(hold))
		return;
	timeout = arch_argument(&hold->saved, cut_short[i].argument);
	if (cut_short[i].timeout == POINTER && *timeout != 0)
		return;
	/* After the call the register still has the shorter time; a program
	 * that makes the call through a C function cannot see that. */
	if (cut_short[i].timeout == MILLISECONDS && (int)*timeout > 0) {
		if (hold->ran_ms < 0 || sys_run_on(hold->ran_cpu) < 0)
			return;
		slept_ms = task_ran_ms("/proc/self/sched") - hold->ran_ms;
		if (slept_ms < 0)
			return;
		*timeout = slept_ms < (int)*timeout
				   ? *timeout - (uint64_t)slept_ms
				   : 0;
	}
	arch_again(&hold->saved);
}

#endif
