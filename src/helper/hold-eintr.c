/* SPDX-License-Identifier: MIT */
#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include "base/procstatus.h"
#include "base/sys.h"
#include "helper/task.h"

/*
 * Calls that a stop makes return EINTR although no handler ran: signal(7), and
 * read in fs/eventpoll.c, ipc/sem.c, kernel/signal.c, fs/aio.c of 6.1. Where
 * their time is. Others that may (sockets with SO_RCVTIMEO, io_uring_enter)
 * cannot be made again exactly.
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

/* A handler waits to run: then EINTR is what the program is to see. */
static bool handler_due(const struct hold *hold)
{
	struct status status;

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
	/* The register keeps the shorter time after the call; nothing that
	 * calls a C function for this can see it. */
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
