/* SPDX-License-Identifier: MIT */
/*
 * copy-late-act.c - stop all threads of a process, and have it make calls
 */
#include "helper/copy-late.h"

#include "helper/hold.h"

#ifdef ARCH_CANNOT

int late_act(struct hold *hold, void *ctx)
{
	(void)hold;
	(void)ctx;
	return -1; /* nobody is ever stopped */
}

#else

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "helper/holder.h"
#include "helper/task.h"

#define THREADS_MAX 512
/* How long the calls may take, all in all; the caller waits a little longer. */
#define CALLS_US    50000000
/* How long each of the other threads may take to stop: those that have stopped
 * already wait for it, and a call on a slow disk may take a minute. */
#define STOP_US	    200000

/* All of this is the tracer's, which ends with the process that it is for. */
static struct hold others[THREADS_MAX];
static unsigned other_count;
static char left_buf[470];
static struct text left = { .buf = left_buf, .size = sizeof(left_buf) };

void late_stays(const char *link, uint64_t bytes, const char *why)
{
	char path[4096];

	if (io_readlink(AT_FDCWD, link, path, sizeof(path)) < 0)
		path[0] = '\0';
	text_add(&left, "%s'", left.len ? ", " : "");
	text_add_shown(&left, str_base(path));
	text_add(&left, "' (%llu bytes): %s", (unsigned long long)bytes, why);
}

int late_unseen(const struct hold *hold, int error)
{
	return hold_refuse(hold, -error, "what it uses cannot be seen");
}

/* ---- all threads stand still --------------------------------------------- */

struct stopping {
	struct hold *first;
	bool again;
};

static int stop_one(const char *entry, int type, void *ctx)
{
	struct stopping *stopping = ctx;
	struct hold *first = stopping->first;
	struct hold *other = &others[other_count];
	struct task_stat stat = { 0 };
	uint64_t tid;
	int r;

	(void)type;
	if (str_number(entry, &tid) < 0 || (int)tid == first->tid)
		return 0;
	for (unsigned i = 0; i < other_count; i++)
		if (others[i].tid == (int)tid)
			return 0;
	if (task_has_ended(first->pid, (int)tid))
		return 0;
	if (other_count == THREADS_MAX)
		return hold_refuse(first, E2BIG, "it has over 512 threads");
	/* It cannot be stopped. */
	if (task_stat(first->pid, (int)tid, &stat) == 0 &&
	    stat.flags & LINUX_PF_IO_WORKER)
		return hold_refuse(first, EBUSY,
				   "the kernel works for it, by io_uring");
	/* This one has not been changed yet. */
	*other = *first;
	other->tid = (int)tid;
	if (other->deadline_us > sys_now_us() + STOP_US)
		other->deadline_us = sys_now_us() + STOP_US;
	hold_note_time(other);
	r = hold_pause(other);
	if (r == 0)
		other_count++;
	stopping->again = true;
	/* A thread may end meanwhile. */
	return r == -ESRCH ? 0 : r;
}

static int stop_others(struct hold *first)
{
	struct stopping stopping = { .first = first };
	int r = 0;

	do {
		stopping.again = false;
		r = io_each_in(stop_one, &stopping, "/proc/%d/task",
			       first->pid);
	} while (r == 0 && stopping.again);
	return r;
}

bool late_has_one_table(const struct hold *first)
{
	for (unsigned i = 0; i < other_count; i++)
		if (!task_has_ended(first->pid, others[i].tid) &&
		    sys_kcmp(first->tid, others[i].tid, LINUX_KCMP_FILES) != 0)
			return false;
	return true;
}

static bool has_other_size(const struct hold *hold, int pid)
{
	char ours[128], its[128];

	return io_read_file(AT_FDCWD, io_path("/proc/%d/statm", hold->tid),
			    ours, sizeof(ours)) > 0 &&
	       io_read_file(AT_FDCWD, io_path("/proc/%d/statm", pid), its,
			    sizeof(its)) > 0 &&
	       strcmp(ours, its) != 0;
}

/* Another process that uses the same memory would not stand still. */
static int shares_memory(const char *entry, int type, void *ctx)
{
	const struct hold *hold = ctx;
	uint64_t pid;
	int tid, r;

	(void)type;
	if (str_number(entry, &pid) < 0 || (int)pid == hold->pid)
		return 0;
	/* A thread that has ended has no memory, but the others of its process
	 * have. */
	tid = task_living((int)pid);
	r = sys_kcmp(hold->tid, tid, LINUX_KCMP_VM);
	/* It may end meanwhile. Whoever has more rights than we may hide, and
	 * then at least the sizes differ. */
	if (r > 0 || r == -ESRCH || (r == -EPERM && has_other_size(hold, tid)))
		return 0;
	return hold_refuse(hold, EBUSY,
			   r == 0 ? "another process shares its memory"
				  : "whether another process shares its memory "
				    "cannot be seen");
}

/* ---- calls --------------------------------------------------------------- */

int late_broken;

/* What the call returned, or -errno; see also late_broken. */
long late_call(struct hold *hold, long nr, const uint64_t arguments[6])
{
	long ret = -EIO;

	if (late_broken)
		return late_broken;
	memcpy(hold->more, arguments + 2, sizeof(hold->more));
	late_broken = hold_call(hold, STEP_NONE, nr, arguments[0], arguments[1],
				&ret);
	memset(hold->more, 0, sizeof(hold->more));
	return late_broken ? late_broken : ret;
}

int late_give(struct hold *hold, int fd)
{
	struct holder holder = { .life_fd = -1 };
	int r = late_broken ? late_broken : hold_close_all(hold);

	/* What it is given is compared with that. */
	(void)sys_stat_cached(AT_FDCWD, io_path("/proc/self/fd/%d", fd),
			      &hold->newroot);
	hold->newroot_fd = fd;
	if (r == 0 && hold->lesser) {
		r = holder_start(hold->pid, hold->tid,
				 (int[HOLDER_FDS]){ fd, -1, -1, -1 },
				 hold->deadline_us, &holder, hold->why);
		if (r < 0)
			return hold_refuse(hold, -r,
					   "no process that may hand it a copy "
					   "could be started");
		hold->owner = holder.number;
		hold->newroot_fd = HOLDER_FIRST;
	}
	if (r == 0)
		r = hold_give(hold);
	holder_end(&holder);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

int late_act(struct hold *hold, void *ctx)
{
	struct late *late = ctx;
	int r;

	/* The thread that was found before the stop may have ended since. */
	late->tid = hold->tid;
	other_count = 0;
	r = stop_others(hold);
	if (r == 0)
		r = io_each_in(shares_memory, hold, "/proc");
	/* A walk that fails has no sentence. */
	if (r < 0 && hold->why->error != -r)
		r = late_unseen(hold, r);
	if (r == 0)
		r = hold_take(hold);
	if (r == 0)
		r = late_list_maps(hold, late);
	if (r == 0)
		r = late_list_opens(hold, late);
	if (r == 0) {
		late_find_users(hold);
		hold->deadline_us = sys_now_us() + CALLS_US;
		r = late_replace_maps(hold, late);
	}
	if (r == 0)
		r = late_replace_exe(hold, late);
	if (r == 0)
		r = late_replace_opens(hold, late);
	for (unsigned i = 0; i < other_count; i++)
		(void)hold_release(&others[i]);
	if (r < 0 || left.len == 0)
		return r;
	return fail_said(hold->why, EBUSY,
			 "free what process '%s' has of the old root: it keeps "
			 "%s%s",
			 hold->who, left.buf, left.cut ? " and more" : "");
}

#endif
