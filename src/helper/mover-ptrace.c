/* SPDX-License-Identifier: MIT */
#include "helper/mover-ptrace.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/hold.h"
#include "helper/task.h"

#ifdef ARCH_CANNOT

int inject_begin(int pid, uint64_t start_time, int newroot_fd,
		 int64_t deadline_us, struct injection *ret, struct fail *why)
{
	(void)start_time;
	(void)newroot_fd;
	(void)deadline_us;
	*ret = (struct injection){ .pid = pid };
	return fail_said(why, ENOSYS,
			 "have process '%d' move its root: that cannot be done "
			 "on this architecture",
			 pid);
}

int inject_end(struct injection *injection, struct fail *why)
{
	(void)injection;
	(void)why;
	return -ENOSYS; /* of what never began */
}

#else

#define MAX_APART	64 /* threads with an fs_struct of their own */
/* The tracer keeps the deadline itself; this is for one that hangs. */
#define TRACER_GRACE_US 1000000
#define TRACERS_MAX	3 /* one after the other, where they are killed */

/* One move, in memory that the tracer shares with its keeper. */
struct inject {
	int pid;
	uint64_t start_time;
	int newroot_fd;
	int answer_fd;
	bool answered;
	bool again; /* the thread list must be read once more */
	unsigned done_count;
	struct hold hold;
	struct sys_stat newroot;
	char who[64]; /* "123 (name)" or "123 (name), thread 124" */
	int done[MAX_APART];
	struct fail why;
};

struct answer {
	int result;
	int tracer; /* that cannot leave yet; or 0 */
	struct fail why;
};

/* Its root and cwd are the new root: 1, 0; -ESRCH: it has gone. */
static int stands_there(const struct inject *inject, int tid)
{
	static const char *const links[] = { "root", "cwd" };

	for (unsigned i = 0; i < 2; i++) {
		struct sys_stat st;
		char path[64];
		int r = sys_stat(AT_FDCWD,
				 task_path(path, inject->pid, tid, links[i]),
				 LINUX_AT_STATX_DONT_SYNC, &st);

		if (r == -ENOENT)
			r = -ESRCH;
		if (r < 0)
			return r;
		if (st.dev != inject->newroot.dev ||
		    st.ino != inject->newroot.ino ||
		    st.mnt_id != inject->newroot.mnt_id)
			return 0;
	}
	return 1;
}

/* ---- the one who waits for the answer ---------------------------------- */

static void answer(struct inject *inject, int result)
{
	struct answer answer = {
		.result = result,
		.tracer = inject->hold.late ? sys_getpid() : 0,
	};

	if (inject->answered)
		return;
	inject->answered = true;
	if (result < 0)
		answer.why = inject->why;
	/* Less than PIPE_BUF: all at once. Nobody there to read it is fine. */
	(void)io_write(inject->answer_fd, &answer, sizeof(answer));
}

static void answer_late(struct hold *hold, int error)
{
	answer((struct inject *)((char *)hold - offsetof(struct inject, hold)),
	       error);
}

/* ---- one thread ---------------------------------------------------------- */

/* What can be refused without stopping it. */
static int prove(struct inject *inject, int tid)
{
	struct status status;
	struct sys_stat ours, its;
	char path[64];
	char reason[64];
	int r = task_status(inject->pid, tid, &status);

	if (r < 0 && task_has_ended(inject->pid, tid))
		return hold_gone(&inject->hold);
	if (r < 0)
		return fail(&inject->why, r, "read the status of process '%s'",
			    inject->who);
	if (status.tracer != 0) {
		(void)str_format(reason, sizeof(reason),
				 "process %u traces it already",
				 (unsigned)status.tracer);
		return hold_refuse(&inject->hold, EPERM, reason);
	}
	if (!(status.capabilities >> LINUX_CAP_SYS_CHROOT & 1))
		return hold_refuse(&inject->hold, EPERM,
				   "it lacks CAP_SYS_CHROOT and may not move");
	if (sys_stat(AT_FDCWD, "/proc/self/ns/pid", 0, &ours) == 0 &&
	    sys_stat(AT_FDCWD, task_path(path, inject->pid, tid, "ns/pid"), 0,
		     &its) == 0 &&
	    ours.ino != its.ino)
		return hold_refuse(&inject->hold, EXDEV,
				   "it is in another pid namespace and cannot "
				   "name us there");
	return 0;
}

/* All that one hold remembers of another is its deadline. */
static void begin_hold(struct inject *inject, int tid)
{
	int64_t deadline_us = inject->hold.deadline_us;
	bool late = inject->hold.late;
	struct task_stat stat = { 0 };
	char path[64];

	inject->hold = (struct hold){
		.pid = inject->pid,
		.tid = tid,
		.start_time = inject->start_time,
		.why = &inject->why,
		.who = inject->who,
		.deadline_us = deadline_us,
		.late = late,
		.when_late = answer_late,
		.newroot_fd = inject->newroot_fd,
		.mem_fd = -1,
		.pidfd = -1,
		.fd = -1,
		.back_fd = -1,
	};
	if (tid == 0)
		return;
	inject->hold.ran_ms =
		task_ran_ms(task_path(path, inject->pid, tid, "sched"));
	if (task_stat(inject->pid, tid, &stat) == 0)
		inject->hold.ran_cpu = (unsigned)stat.cpu;
	else
		inject->hold.ran_ms = -1;
}

/* It is let go, or has ended, or its keeper has to do that. */
static int move_task(struct inject *inject, int tid)
{
	struct hold *hold = &inject->hold;
	int r = prove(inject, tid);

	if (r < 0)
		return r;
	begin_hold(inject, tid);
	r = hold_stop(hold);
	if (r < 0)
		return r;
	r = hold_take(hold);
	if (r == 0)
		r = hold_move(hold);
	if (hold_release(hold) < 0) {
		if (!task_has_ended(inject->pid, tid))
			sys_exit(1);
		hold->phase = HOLD_NOTHING;
		return hold_gone(hold);
	}
	if (hold->pidfd >= 0 || hold->fd >= 0 || hold->back_fd >= 0)
		return hold_refuse(hold, EBUSY,
				   "it could not be made to close a descriptor "
				   "that it was given");
	return r;
}

/* ---- all of a process ---------------------------------------------------- */

static void name(struct inject *inject, int tid)
{
	char path[64];
	char comm[20];
	long n = io_read_file(AT_FDCWD,
			      task_path(path, inject->pid, inject->pid, "comm"),
			      comm, sizeof(comm));

	if (n <= 0)
		(void)str_copy(comm, sizeof(comm), "?\n");
	comm[str_until(comm, "\n")] = '\0';
	if (tid == inject->pid)
		(void)str_format(inject->who, sizeof(inject->who), "%d (%s)",
				 inject->pid, comm);
	else
		(void)str_format(inject->who, sizeof(inject->who),
				 "%d (%s), thread %d", inject->pid, comm, tid);
}

static int each_task(const char *entry, int type, void *ctx)
{
	struct inject *inject = ctx;
	struct hold *hold = &inject->hold;
	uint64_t number = 0;
	int tid;
	int r;

	(void)type;
	if (hold->deadline_us != 0 && sys_now_us() > hold->deadline_us)
		return hold_refuse(hold, ETIMEDOUT,
				   "its threads come and go too fast");
	if (str_number(entry, &number) < 0)
		return 0;
	tid = (int)number;
	/* Who shares with one that was moved has moved; it may have gone
	 * elsewhere since. Without kcmp, only where it stands tells. */
	for (unsigned i = 0; i < inject->done_count; i++)
		if (inject->done[i] == tid ||
		    sys_kcmp(inject->done[i], tid, LINUX_KCMP_FS) == 0)
			return 0;
	name(inject, tid);
	r = stands_there(inject, tid);
	/* On its way out it has no root any more; look again. */
	if (r == -ESRCH && !task_has_ended(inject->pid, tid))
		inject->again = true;
	if (r > 0 || r == -ESRCH)
		return 0;
	if (r < 0)
		return fail(&inject->why, r, "see where process '%s' stands",
			    inject->who);
	if (inject->done_count == MAX_APART)
		return hold_refuse(hold, E2BIG,
				   "more than 64 of its threads have a root of "
				   "their own");
	r = move_task(inject, tid);
	/* A thread may end meanwhile. */
	if (r < 0 && r != -ESRCH)
		return r;
	if (r == 0)
		inject->done[inject->done_count++] = tid;
	inject->again = true;
	return 0;
}

/* All threads, and those that they have made meanwhile. */
static int move_all(struct inject *inject)
{
	struct task_stat stat = { 0 };
	int r = task_stat(inject->pid, inject->pid, &stat);

	name(inject, inject->pid);
	if (r < 0 && !task_has_ended(inject->pid, inject->pid))
		return fail(&inject->why, r, "look at process '%s'",
			    inject->who);
	if (r < 0 || stat.start_time != inject->start_time)
		return hold_gone(&inject->hold);
	if (stat.flags & LINUX_PF_KTHREAD)
		return hold_refuse(&inject->hold, EPERM,
				   "it is a kernel thread");
	do {
		inject->again = false;
		r = io_each_in(each_task, inject, "/proc/%d/task", inject->pid);
	} while (r == 0 && inject->again);
	name(inject, inject->pid);
	return task_is(inject->pid, inject->start_time)
		       ? r
		       : hold_gone(&inject->hold);
}

/* ---- the tracer and its keeper ------------------------------------------- */

__attribute__((noreturn)) static void be_tracer(struct inject *inject)
{
	int r = move_all(inject);

	answer(inject, r);
	sys_exit(0);
}

/*
 * The keeper of a tracer: it waits for its end, and puts right what a tracer
 * that was killed has left. Then the next one goes on: who was moved is moved.
 * In a session of its own, which no signal to a group of the caller reaches.
 */
__attribute__((noreturn)) static void be_keeper(struct inject *inject)
{
	bool whole = true;

	(void)sys_setsid();
	for (unsigned i = 0; i < TRACERS_MAX && whole; i++) {
		int status = 0;
		int tracer = sys_fork();

		if (tracer == 0)
			be_tracer(inject);
		if (tracer < 0) {
			answer(inject, fail(&inject->why, tracer,
					    "start a tracer of process '%s'",
					    inject->who));
			break;
		}
		(void)sys_wait(tracer, &status, 0);
		if (inject->hold.phase != HOLD_NOTHING)
			whole = hold_rescue(&inject->hold) == 0 ||
				task_has_ended(inject->pid, inject->hold.tid);
		if (inject->answered)
			sys_exit(0);
		inject->hold.phase = HOLD_NOTHING;
	}
	answer(inject, hold_refuse(&inject->hold, EINTR,
				   whole ? "its tracer was killed"
					 : "its tracer was killed, and it may "
					   "be left stopped"));
	sys_exit(0);
}

/* In the child that becomes the keeper. */
__attribute__((noreturn)) static void begin(const struct inject *from,
					    int64_t deadline_us)
{
	struct inject *inject = sys_shared_memory(sizeof(*inject));
	struct answer answer = { 0 };

	(void)sys_signal_mask(~0ull, NULL);
	(void)sys_default_sigchld();
	if (!inject) {
		answer.result =
			fail(&answer.why, ENOMEM,
			     "start a tracer of process '%s'", from->who);
		(void)io_write(from->answer_fd, &answer, sizeof(answer));
		sys_exit(1);
	}
	*inject = *from;
	inject->hold.deadline_us = deadline_us;
	begin_hold(inject, 0);
	be_keeper(inject);
}

int inject_begin(int pid, uint64_t start_time, int newroot_fd,
		 int64_t deadline_us, struct injection *ret, struct fail *why)
{
	struct inject inject = {
		.pid = pid,
		.start_time = start_time,
		.newroot_fd = newroot_fd,
		.hold = { .who = inject.who, .why = why },
	};
	int ends[2];
	int r;

	name(&inject, pid);
	if (pid == sys_getpid())
		return hold_refuse(&inject.hold, EPERM,
				   "it is this process itself");
	r = sys_fstat(newroot_fd, &inject.newroot);
	if (r < 0)
		return fail(why, r, "see the new root of process '%s'",
			    inject.who);
	r = sys_pipe(ends);
	if (r < 0)
		return fail(why, r, "make a pipe");
	*ret = (struct injection){ .pid = pid,
				   .answer_fd = ends[0],
				   .deadline_us = deadline_us,
				   .keeper = sys_fork() };
	if (ret->keeper == 0) {
		(void)sys_close(ends[0]);
		inject.answer_fd = ends[1];
		begin(&inject, deadline_us);
	}
	(void)sys_close(ends[1]);
	if (ret->keeper < 0) {
		(void)sys_close(ends[0]);
		return fail(why, ret->keeper, "start a tracer of process '%s'",
			    inject.who);
	}
	return 0;
}

int inject_end(struct injection *injection, struct fail *why)
{
	struct inject inject = {
		.pid = injection->pid,
		.hold = { .who = inject.who, .why = why },
	};
	struct answer answered = { 0 };
	int r = sys_wait_readable(injection->answer_fd,
				  injection->deadline_us == 0
					  ? 0
					  : injection->deadline_us +
						    TRACER_GRACE_US);
	long n = r > 0 ? sys_read(injection->answer_fd, &answered,
				  sizeof(answered))
		       : 0;

	(void)sys_close(injection->answer_fd);
	name(&inject, inject.pid);
	if (r <= 0)
		return hold_refuse(&inject.hold, ETIMEDOUT,
				   "its tracer hangs, and stays until it does "
				   "not");
	/* Without an answer both are dead. */
	if (n == sizeof(answered))
		injection->tracer = answered.tracer;
	if (injection->tracer == 0)
		(void)sys_wait(injection->keeper, NULL, 0);
	if (n != sizeof(answered))
		return hold_refuse(&inject.hold, EINTR,
				   "its tracers were killed, and it may be "
				   "left stopped");
	if (answered.result < 0)
		*why = answered.why;
	return answered.result;
}

#endif
