/* SPDX-License-Identifier: MIT */
/*
 * mover-ptrace-process.c - all threads of a process are moved: by a tracer, and by the
 * keeper that puts right what a killed tracer leaves behind (mover-ptrace.h)
 */
#include "helper/mover-ptrace-parts.h"

#ifndef ARCH_CANNOT

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/holder.h"
#include "helper/mover-ptrace.h"
#include "helper/pins.h"
#include "helper/task.h"

/* How many threads with an fs_struct of their own are remembered. If there are
 * more, only the places where they stand tell that they have moved. */
#define MAX_APART 16384
/* How many tracers a process gets, if they are killed. */
#define TRIES_MAX 3

/* ---- the answer to the caller ------------------------------------------ */

static void answer(struct move *move, int result)
{
	struct answer answer = {
		.number = move->number,
		.result = result,
		/* If it has failed, its end lets go of the target, whatever is
		 * the matter with that. */
		.more = result >= 0 && !move->hold.late && !move->act &&
			!move->attached,
		.tracer = move->hold.late ? sys_getpid() : 0,
	};

	if (move->answered)
		return;
	if (result < 0)
		answer.why = move->why;
	move->more = answer.more;
	/* Less than PIPE_BUF: written in one piece. It does not matter if
	 * nobody reads it any more. */
	(void)io_write(move->answer_fd, &answer, sizeof(answer));
	move->answered = true;
}

static void answer_late(struct hold *hold, int error)
{
	answer((struct move *)((char *)hold - offsetof(struct move, hold)),
	       error);
}

/* ---- one thread ---------------------------------------------------------- */

/* Is what its link in /proc leads to another file or mount than @ours? */
static bool differs(int pid, int tid, const char *name, const char *ours)
{
	struct sys_stat a, b;
	char path[64];

	return sys_stat(AT_FDCWD, task_path(path, pid, tid, name),
			LINUX_AT_STATX_DONT_SYNC, &a) < 0 ||
	       sys_stat(AT_FDCWD, ours, LINUX_AT_STATX_DONT_SYNC, &b) < 0 ||
	       a.dev != b.dev || a.ino != b.ino || a.mnt_id != b.mnt_id;
}

/*
 * Whoever may not call chroot may call chdir: pivot_root(2) moves each root and
 * each cwd that is exactly "/", one without the other. So its cwd goes to the
 * new root now, and its root when the switch is made.
 */
static int leave_to_pivot(struct move *move, int tid)
{
	int fd = move->place.cwd_fd;

	if (!move->pivot)
		return hold_refuse(&move->hold, EPERM,
				   "it lacks CAP_SYS_CHROOT, and no pivot_root "
				   "moves it");
	if (differs(move->pid, tid, "root", "/"))
		return hold_refuse(&move->hold, EPERM,
				   "it lacks CAP_SYS_CHROOT, and its root is "
				   "not \"/\", which pivot_root moves");
	if (fd < 0)
		fd = sys_open(move->newroot_fd, ".", O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fail(&move->why, fd, "open the new root");
	(void)sys_close(move->place.root_fd);
	move->place = (struct place){ .root_fd = -1, .cwd_fd = fd };
	move->waits = true;
	return 0;
}

/* Refuse whatever can be refused without stopping it. */
static int prove(struct move *move, int tid, struct procstatus *status,
		 bool *ret_foreign)
{
	char reason[64];
	int r = task_status(move->pid, tid, status);

	*ret_foreign = false;
	if (r < 0 && task_has_ended(move->pid, tid))
		return hold_gone(&move->hold);
	if (r < 0)
		return fail(&move->why, r, "read the status of process '%s'",
			    move->who);
	if (status->tracer != 0) {
		(void)str_format(reason, sizeof(reason),
				 "process %u traces it already",
				 (unsigned)status->tracer);
		return hold_refuse(&move->hold, EPERM, reason);
	}
	if (move->place.root_fd < 0)
		return 0;
	if (!(status->capabilities >> LINUX_CAP_SYS_CHROOT & 1))
		return leave_to_pivot(move, tid);
	*ret_foreign = differs(move->pid, tid, "ns/mnt", "/proc/self/ns/mnt");
	if (*ret_foreign && !(status->capabilities >> LINUX_CAP_SYS_ADMIN & 1))
		return hold_refuse(&move->hold, EPERM,
				   "it is in a mount namespace of its own, and "
				   "lacks CAP_SYS_ADMIN to leave it");
	return 0;
}

/* Every path is looked up before the thread is stopped: it may serve one. */
static int find_place(struct move *move, int tid)
{
	int r;

	place_close(&move->place);
	r = place_find(move->old, move->newroot_fd, move->pid, tid,
		       &move->place);
	if (r == -ESRCH && task_has_ended(move->pid, tid))
		return hold_gone(&move->hold);
	if (r == -ENOENT)
		return hold_refuse(
			&move->hold, ENOENT,
			"its root is not \"/\", and the new root has "
			"no directory of that path");
	if (r < 0)
		return fail(&move->why, r,
			    "find the place of process '%s' in "
			    "the new root",
			    move->who);
	return 0;
}

/* A hold takes over nothing from the one before it but the deadline. */
static void begin_hold(struct move *move, int tid)
{
	int64_t deadline_us = move->hold.deadline_us;
	bool late = move->hold.late;

	move->hold = (struct hold){
		.pid = move->pid,
		.tid = tid,
		.start_time = move->start_time,
		.why = &move->why,
		.who = move->who,
		.copies = move->act,
		.deadline_us = deadline_us,
		.late = late,
		.when_late = answer_late,
		.newroot_fd = move->place.root_fd,
		.place_fd = move->place.cwd_fd,
		.mem_fd = -1,
		.pidfd = -1,
		.fd = -1,
		.stand_fd = -1,
		.back_fd = -1,
	};
}

/* Note what it is to be given, to compare that with what it is given. What could
 * not be looked at is never the same. */
static void note_places(struct hold *hold)
{
	char path[64];

	(void)sys_stat_cached(AT_FDCWD,
			      io_path("/proc/self/fd/%d", hold->newroot_fd),
			      &hold->newroot);
	(void)sys_stat_cached(AT_FDCWD,
			      io_path("/proc/self/fd/%d", hold->place_fd),
			      &hold->place);
	(void)sys_stat_cached(AT_FDCWD,
			      task_path(path, hold->pid, hold->tid, "cwd"),
			      &hold->old_cwd);
	(void)sys_stat_cached(AT_FDCWD, "/proc/self/ns/mnt", &hold->ns);
}

/* Have a holder own the directories, if the thread may not take them from us. */
static int find_owner(struct move *move, int tid,
		      const struct procstatus *status, struct holder *ret)
{
	struct hold *hold = &move->hold;
	char path[64];
	_auto_close int old_cwd_fd = -1, ns_fd = -1;
	int r;

	*ret = (struct holder){ .life_fd = -1 };
	hold->nested = holder_is_nested(move->pid, tid);
	hold->lesser = hold->nested || holder_is_needed(status);
	if (!hold->lesser || move->act)
		return 0;
	old_cwd_fd = io_open(task_path(path, move->pid, tid, "cwd"),
			     O_PATH | O_DIRECTORY);
	if (hold->foreign)
		ns_fd = io_open("/proc/self/ns/mnt", O_RDONLY);
	r = holder_start(move->pid, tid,
			 (int[HOLDER_FDS]){ move->place.root_fd,
					    move->place.cwd_fd, old_cwd_fd,
					    ns_fd },
			 hold->deadline_us, ret, &move->why);
	if (r < 0)
		return r;
	hold->owner = ret->number;
	if (hold->newroot_fd >= 0)
		hold->newroot_fd = HOLDER_FIRST;
	if (hold->place_fd >= 0)
		hold->place_fd = HOLDER_FIRST + 1;
	hold->old_cwd_fd = HOLDER_FIRST + 2;
	return 0;
}

/* Afterwards the thread has been released or has ended; otherwise this process
 * ends, and the keeper releases the thread. */
static int move_task(struct move *move, int tid)
{
	struct hold *hold = &move->hold;
	struct procstatus status;
	struct holder holder;
	bool foreign = false;
	int released;
	int r = move->act ? 0 : find_place(move, tid);

	if (r == 0)
		r = prove(move, tid, &status, &foreign);
	if (r < 0)
		return r;
	begin_hold(move, tid);
	hold->foreign = foreign;
	note_places(hold);
	r = find_owner(move, tid, &status, &holder);
	if (r == 0) {
		/* As late as possible: to start a holder takes time. */
		hold_note_time(hold);
		r = hold_stop(hold);
		/* What has ended, or has the number of what has ended, can be
		 * let go of only by the end of this process. */
		move->attached |= r < 0;
	}
	if (r < 0) {
		holder_end(&holder);
		return r;
	}
	r = move->act ? move->act(hold, move->ctx) : hold_take(hold);
	if (r == 0 && !move->act)
		r = hold_move(hold);
	/* Whoever has the uid of the holder may delay its end, and must not
	 * delay the thread. */
	released = hold_release(hold);
	holder_end(&holder);
	if (released < 0) {
		if (!task_has_ended(move->pid, tid))
			sys_exit(1);
		hold->phase = HOLD_NOTHING;
		move->attached = true;
		return hold_gone(hold);
	}
	if (hold->pidfd >= 0 || hold->fd >= 0 || hold->stand_fd >= 0 ||
	    hold->back_fd >= 0)
		return hold_refuse(hold, EBUSY,
				   "it could not be made to close a descriptor "
				   "that it was given");
	return r;
}

/* ---- all of a process ---------------------------------------------------- */

void move_read_comm(struct move *move)
{
	char path[64];
	long n = io_read_file(AT_FDCWD,
			      task_path(path, move->pid, move->pid, "comm"),
			      move->comm, sizeof(move->comm));

	if (n <= 0)
		(void)str_copy(move->comm, sizeof(move->comm), "?\n");
	move->comm[str_until(move->comm, "\n")] = '\0';
}

void move_name(struct move *move, int tid)
{
	if (tid == move->pid)
		(void)str_format(move->who, sizeof(move->who), "%d (%s)",
				 move->pid, move->comm);
	else
		(void)str_format(move->who, sizeof(move->who),
				 "%d (%s), thread %d", move->pid, move->comm,
				 tid);
}

static int each_task(const char *entry, int type, void *ctx)
{
	struct move *move = ctx;
	struct hold *hold = &move->hold;
	uint64_t number = 0;
	int tid;
	int r;

	(void)type;
	if (hold->deadline_us != SYS_FOREVER &&
	    sys_now_us() > hold->deadline_us)
		return hold_refuse(hold, ETIMEDOUT,
				   "its threads come and go too fast");
	if (str_number(entry, &number) < 0)
		return 0;
	tid = (int)number;
	/* One thread acts for all. The main thread may have ended. */
	if (move->act) {
		r = task_has_ended(move->pid, tid) ? -ESRCH
						   : move_task(move, tid);
		return r == -ESRCH ? 0 : r < 0 ? r : 1;
	}
	/* A thread that shares its fs_struct with one that was moved has moved
	 * as well; it may have gone elsewhere since. Without kcmp(2) only
	 * the place where it stands tells. */
	move_name(move, tid);
	r = place_is_left(move->old, move->newroot_fd, move->pid, tid);
	/* A thread that is ending has no root any more; look again. */
	if (r == -ESRCH && !task_has_ended(move->pid, tid))
		move->again = true;
	if (r > 0 || r == -ESRCH)
		return 0;
	if (r < 0)
		return fail(&move->why, r, "see where process '%s' stands",
			    move->who);
	for (unsigned i = 0; i < move->done_count; i++)
		if (move->done[i] == tid ||
		    sys_kcmp(move->done[i], tid, LINUX_KCMP_FS) == 0)
			return 0;
	r = move_task(move, tid);
	/* A thread may end meanwhile. */
	if (r < 0 && r != -ESRCH)
		return r;
	if (r == 0 && move->done_count < MAX_APART)
		move->done[move->done_count++] = tid;
	move->again = true;
	return 0;
}

/* All threads, and those that they have created meanwhile. */
static int move_all(struct move *move)
{
	struct task_stat stat = { 0 };
	int r = task_stat(move->pid, move->pid, &stat);

	/* The sentence of the process before is no sentence of this one. */
	move->why.error = 0;
	move_name(move, move->pid);
	if (r < 0 && !task_has_ended(move->pid, move->pid))
		return fail(&move->why, r, "look at process '%s'", move->who);
	if (r < 0 || stat.start_time != move->start_time)
		return hold_gone(&move->hold);
	if (stat.flags & LINUX_PF_KTHREAD)
		return hold_refuse(&move->hold, EPERM, "it is a kernel thread");
	do {
		move->again = false;
		r = io_each_in(each_task, move, "/proc/%d/task", move->pid);
	} while (r == 0 && move->again);
	move_name(move, move->pid);
	/* Not each_task(), which has a sentence, but the walk has failed. */
	if (r < 0 && move->why.error != -r)
		r = fail(&move->why, r, "list the threads of process '%s'",
			 move->who);
	/* After a success the caller looks for itself. */
	return r == 0 || task_is(move->pid, move->start_time)
		       ? r
		       : hold_gone(&move->hold);
}

/* ---- the tracer and its keeper ------------------------------------------- */

/*
 * Wait until the caller has another process to move; false: it has none. What is
 * read is in memory that the keeper has, too, so that the next tracer takes it
 * if this one is killed, again if need be.
 */
static bool take_order(struct move *move)
{
	struct order *order = &move->order;

	/* No end of the pipe is seen while processes like this one, which were
	 * started later, have its other end. */
	if (order->pid == 0 &&
	    sys_read(move->order_fd, order, sizeof(*order)) != sizeof(*order))
		return false;
	if (order->pid == 0)
		return false;
	move->pid = order->pid;
	move->number = order->number;
	move->start_time = order->start_time;
	move->hold.deadline_us = order->deadline_us;
	move->done_count = 0;
	move->killed = 0;
	move->waits = false;
	begin_hold(move, 0);
	move_read_comm(move);
	move->answered = false;
	order->pid = 0;
	return true;
}

__attribute__((noreturn)) static void be_tracer(struct move *move)
{
	/* The descriptors there are those of a tracer that was killed. */
	move->place = (struct place){ -1, -1 };
	while (!move->answered || (move->more && take_order(move))) {
		int r = move_all(move);

		answer(move, r == 0 && move->waits ? MOVER_PTRACE_WAITS : r);
	}
	sys_exit(0);
}

/*
 * The keeper waits for the tracer to end, and puts right what a tracer that was
 * killed has left behind. Then the next tracer goes on, and skips the threads
 * that have moved. The keeper has a session of its own, so that a signal to the
 * caller's process group does not reach it.
 */
__attribute__((noreturn)) static void be_keeper(struct move *move)
{
	bool whole = true;

	(void)sys_setsid();
	/* The deadline of a late copy has become that of its calls, which is
	 * no deadline for stopping threads once more. */
	for (; whole && move->killed < (move->act ? 1 : TRIES_MAX);
	     move->killed++) {
		int status = 0;
		int tracer = sys_fork();

		if (tracer == 0)
			be_tracer(move);
		if (tracer < 0) {
			answer(move, fail(&move->why, tracer,
					  "start a tracer of process '%s'",
					  move->who));
			break;
		}
		(void)sys_wait(tracer, &status, 0);
		if (move->hold.phase != HOLD_NOTHING)
			whole = hold_rescue(&move->hold) == 0 ||
				task_has_ended(move->pid, move->hold.tid);
		hold_restore_timeout(&move->hold);
		/* One that was killed while it waited for an order is
		 * replaced, too. */
		if (move->answered && (status == 0 || !move->more))
			sys_exit(0);
		move->hold.phase = HOLD_NOTHING;
	}
	answer(move, hold_refuse(&move->hold, EINTR,
				 whole ? "its tracer was killed"
				       : "its tracer was killed, and it may "
					 "be left stopped"));
	sys_exit(0);
}

/* In the child that becomes the keeper. */
void move_begin(const struct move *from, int64_t deadline_us)
{
	struct move *move =
		sys_shared_memory(sizeof(*move) + MAX_APART * sizeof(int));
	struct answer answer = { 0 };
	int r;

	/* What is not blocked is not waited for: a stop of the target that came
	 * between a look and the wait would be missed, and waited for without
	 * end. */
	r = sys_signal_mask(~0ull, NULL);
	if (r == 0)
		r = sys_default_sigchld();
	if (r == 0 && !move)
		r = -ENOMEM;
	if (r < 0) {
		answer.result =
			fail(&answer.why, r, "start a tracer of process '%s'",
			     from->who);
		(void)io_write(from->answer_fd, &answer, sizeof(answer));
		sys_exit(1);
	}
	*move = *from;
	move->hold.deadline_us = deadline_us;
	begin_hold(move, 0);
	be_keeper(move);
}

#endif
