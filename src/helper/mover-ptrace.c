/* SPDX-License-Identifier: MIT */
#include "helper/mover-ptrace.h"

#include <errno.h>
#include <signal.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/sys.h"
#include "helper/mover-ptrace-parts.h"

int mover_ptrace_end(struct mover_ptrace *begun, struct fail *why)
{
	int r = mover_ptrace_take(begun, why);

	mover_ptrace_quit(begun);
	return r;
}

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

int mover_ptrace_take(struct mover_ptrace *begun, struct fail *why)
{
	(void)begun;
	(void)why;
	return -ENOSYS; /* nothing ever began */
}

bool mover_ptrace_again(struct mover_ptrace *begun, int pid,
			uint64_t start_time, int64_t deadline_us)
{
	(void)begun;
	(void)pid;
	(void)start_time;
	(void)deadline_us;
	return false;
}

void mover_ptrace_quit(struct mover_ptrace *begun)
{
	(void)begun;
}

int mover_ptrace_act(int pid, uint64_t start_time,
		     int (*act)(struct hold *hold, void *ctx), void *ctx,
		     int64_t stop_us, int64_t deadline_us, struct fail *why)
{
	(void)start_time;
	(void)act;
	(void)ctx;
	(void)stop_us;
	(void)deadline_us;
	return fail_said(why, ENOSYS,
			 "free what process '%d' has of the old root: that "
			 "cannot be done on this architecture",
			 pid);
}

#else

/* The tracer keeps the deadline itself; this is for a tracer that hangs. */
#define TRACER_GRACE_US 1000000

/* Nothing can be asked of it any more. */
static void leave(struct mover_ptrace *begun)
{
	(void)sys_close(begun->answer_fd);
	(void)sys_close(begun->order_fds[0]);
	(void)sys_close(begun->order_fds[1]);
	begun->keeper = 0;
}

/* Wait for the two processes, which are about to end and hold nobody. Somebody
 * may have stopped one of them. */
static void reap(struct mover_ptrace *begun)
{
	int64_t deadline_us = sys_now_us() + TRACER_GRACE_US;
	struct answer unused;
	int r;

	/* At the end of both, there is nothing more to read. */
	do
		r = sys_wait_readable(begun->answer_fd, deadline_us);
	while (r > 0 &&
	       sys_read(begun->answer_fd, &unused, sizeof(unused)) > 0);
	if (r <= 0)
		(void)sys_kill(begun->keeper, SIGKILL);
	(void)sys_wait(begun->keeper, NULL, 0);
	leave(begun);
}

static int begin(struct move *move, int64_t deadline_us,
		 struct mover_ptrace *ret, struct fail *why)
{
	int answers[2], orders[2];
	int r;

	*ret = (struct mover_ptrace){ 0 };
	move->hold.who = move->who;
	move->hold.why = why;
	move->hold.copies = move->act;
	move_read_comm(move);
	move_name(move, move->pid);
	if (move->pid == sys_getpid())
		return hold_refuse(&move->hold, EPERM,
				   "it is this process itself");
	r = sys_pipe(answers);
	if (r < 0)
		return fail(why, r, "make a pipe");
	r = sys_pipe(orders);
	if (r < 0) {
		(void)sys_close(answers[0]);
		(void)sys_close(answers[1]);
		return fail(why, r, "make a pipe");
	}
	/* That we could read orders ourselves saves us from SIGPIPE. */
	*ret = (struct mover_ptrace){ .pid = move->pid,
				      .copies = move->act,
				      .answer_fd = answers[0],
				      .order_fds = { orders[0], orders[1] },
				      .deadline_us = deadline_us,
				      .keeper = sys_fork() };
	if (ret->keeper == 0) {
		(void)sys_close(answers[0]);
		(void)sys_close(orders[1]);
		move->answer_fd = answers[1];
		move->order_fd = orders[0];
		move_begin(move, deadline_us);
	}
	(void)sys_close(answers[1]);
	if (ret->keeper > 0)
		return 0;
	r = fail(why, ret->keeper, "start a tracer of process '%s'", move->who);
	leave(ret);
	return r;
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

bool mover_ptrace_again(struct mover_ptrace *begun, int pid,
			uint64_t start_time, int64_t deadline_us)
{
	struct order order = { pid, begun->number + 1, start_time,
			       deadline_us };

	/* At the end of both, the pipe can be read. */
	if (begun->keeper <= 0 || pid == sys_getpid() ||
	    sys_wait_readable(begun->answer_fd, SYS_NOW) != 0 ||
	    io_write(begun->order_fds[1], &order, sizeof(order)) < 0)
		return false;
	begun->number++;
	begun->pid = pid;
	begun->deadline_us = deadline_us;
	return true;
}

/* Read the answer to the last order, in good time: > 0. */
static int read_answer(const struct mover_ptrace *begun, struct answer *ret)
{
	int64_t deadline_us = begun->deadline_us;
	int r;

	if (deadline_us != SYS_FOREVER)
		deadline_us += TRACER_GRACE_US;
	do {
		r = sys_wait_readable(begun->answer_fd, deadline_us);
		if (r > 0 && sys_read(begun->answer_fd, ret, sizeof(*ret)) !=
				     sizeof(*ret))
			return 0;
	} while (r > 0 && ret->number != begun->number);
	return r > 0 ? r : -ETIMEDOUT;
}

int mover_ptrace_take(struct mover_ptrace *begun, struct fail *why)
{
	struct move move = {
		.pid = begun->pid,
		.hold = { .who = move.who,
			  .why = why,
			  .copies = begun->copies },
	};
	struct answer answered = { 0 };
	int r = read_answer(begun, &answered);

	begun->left = r < 0 || answered.tracer != 0 ? begun->keeper : 0;
	begun->tracer = r > 0 ? answered.tracer : 0;
	if (begun->left)
		leave(begun);
	else if (!answered.more)
		reap(begun);
	if (r > 0) {
		if (answered.result < 0)
			*why = answered.why;
		return answered.result;
	}
	move_read_comm(&move);
	move_name(&move, move.pid);
	if (r < 0)
		return hold_refuse(&move.hold, ETIMEDOUT,
				   "its tracer hangs, and stays until it can "
				   "go on");
	/* Without an answer both of them are dead. */
	return hold_refuse(&move.hold, EINTR,
			   "its tracers were killed, and it may be left "
			   "stopped");
}

void mover_ptrace_quit(struct mover_ptrace *begun)
{
	const struct order none = { 0 };

	if (begun->keeper <= 0)
		return;
	(void)io_write(begun->order_fds[1], &none, sizeof(none));
	reap(begun);
}

#endif
