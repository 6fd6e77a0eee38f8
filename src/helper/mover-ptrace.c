/* SPDX-License-Identifier: MIT */
#include "helper/mover-ptrace.h"

#include <errno.h>

#include "base/fail.h"
#include "base/sys.h"
#include "helper/mover-ptrace-parts.h"

#ifdef ARCH_CANNOT

int mover_ptrace_begin(int pid, uint64_t start_time,
		       const struct pins_target *old, int newroot_fd,
		       bool pivot, int64_t deadline_us,
		       struct mover_ptrace *ret, struct fail *why)
{
	(void)start_time;
	(void)old;
	(void)newroot_fd;
	(void)pivot;
	(void)deadline_us;
	*ret = (struct mover_ptrace){ .pid = pid };
	return fail_said(why, ENOSYS,
			 "have process '%d' move its root: that cannot be done "
			 "on this architecture",
			 pid);
}

int mover_ptrace_end(struct mover_ptrace *begun, struct fail *why)
{
	(void)begun;
	(void)why;
	return -ENOSYS; /* nothing ever began */
}

int mover_ptrace_act(int pid, uint64_t start_time,
		     int (*act)(struct hold *hold, void *ctx), void *ctx,
		     int64_t stop_us, int64_t deadline_us, struct fail *why)
{
	struct mover_ptrace unused;

	(void)act;
	(void)ctx;
	(void)stop_us;
	return mover_ptrace_begin(pid, start_time, NULL, -1, false, deadline_us,
				  &unused, why);
}

#else

/* The tracer keeps the deadline itself; this is for a tracer that hangs. */
#define TRACER_GRACE_US 1000000

static int begin(struct move *move, int64_t deadline_us,
		 struct mover_ptrace *ret, struct fail *why)
{
	int ends[2];
	int r;

	move->hold.who = move->who;
	move->hold.why = why;
	move_read_comm(move);
	move_name(move, move->pid);
	if (move->pid == sys_getpid())
		return hold_refuse(&move->hold, EPERM,
				   "it is this process itself");
	r = sys_pipe(ends);
	if (r < 0)
		return fail(why, r, "make a pipe");
	*ret = (struct mover_ptrace){ .pid = move->pid,
				      .answer_fd = ends[0],
				      .deadline_us = deadline_us,
				      .keeper = sys_fork() };
	if (ret->keeper == 0) {
		(void)sys_close(ends[0]);
		move->answer_fd = ends[1];
		move_begin(move, deadline_us);
	}
	(void)sys_close(ends[1]);
	if (ret->keeper < 0) {
		(void)sys_close(ends[0]);
		return fail(why, ret->keeper, "start a tracer of process '%s'",
			    move->who);
	}
	return 0;
}

int mover_ptrace_begin(int pid, uint64_t start_time,
		       const struct pins_target *old, int newroot_fd,
		       bool pivot, int64_t deadline_us,
		       struct mover_ptrace *ret, struct fail *why)
{
	struct move move = {
		.pid = pid,
		.start_time = start_time,
		.old = old,
		.newroot_fd = newroot_fd,
		.pivot = pivot,
	};

	return begin(&move, deadline_us, ret, why);
}

int mover_ptrace_act(int pid, uint64_t start_time,
		     int (*act)(struct hold *hold, void *ctx), void *ctx,
		     int64_t stop_us, int64_t deadline_us, struct fail *why)
{
	struct move move = {
		.pid = pid,
		.start_time = start_time,
		.act = act,
		.ctx = ctx,
	};
	struct mover_ptrace begun;
	int r = begin(&move, stop_us, &begun, why);

	begun.deadline_us = deadline_us;
	return r < 0 ? r : mover_ptrace_end(&begun, why);
}

int mover_ptrace_end(struct mover_ptrace *begun, struct fail *why)
{
	struct move move = {
		.pid = begun->pid,
		.hold = { .who = move.who, .why = why },
	};
	struct answer answered = { 0 };
	int r = sys_wait_readable(begun->answer_fd,
				  begun->deadline_us == SYS_FOREVER
					  ? SYS_FOREVER
					  : begun->deadline_us +
						    TRACER_GRACE_US);
	long n = r > 0 ? sys_read(begun->answer_fd, &answered, sizeof(answered))
		       : 0;

	(void)sys_close(begun->answer_fd);
	if (n != sizeof(answered)) {
		move_read_comm(&move);
		move_name(&move, move.pid);
	}
	if (r <= 0)
		return hold_refuse(&move.hold, ETIMEDOUT,
				   "its tracer hangs, and stays until it can "
				   "go on");
	/* Without an answer both of them are dead. */
	if (n == sizeof(answered))
		begun->tracer = answered.tracer;
	if (begun->tracer == 0)
		(void)sys_wait(begun->keeper, NULL, 0);
	if (n != sizeof(answered))
		return hold_refuse(&move.hold, EINTR,
				   "its tracers were killed, and it may be "
				   "left stopped");
	if (answered.result < 0)
		*why = answered.why;
	return answered.result;
}

#endif
