/* SPDX-License-Identifier: MIT */
#include "helper/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/pins-parts.h"

#define PASSES_MAX 8
/* There is no further pass after this time: a process that forks without end
 * would hold up the boot. */
#define PASSES_US 250000
#define USER_HZ	  100 /* include/asm-generic/param.h */
/* If more numbers than these were given away, walking /proc is no slower than
 * trying each of them. */
#define NEW_MAX 4096

/* The numbers of all processes that were met, a bit for each that the kernel
 * gives (include/linux/threads.h, PID_MAX_LIMIT). Only the pages of numbers that
 * are in use ever take memory. */
#define PIDS_MAX (4u << 20)
static uint64_t met[PIDS_MAX / 64];
static unsigned met_top; /* no number above it is noted */

/* Processes that began after the scan did, and were looked at. */
#define YOUNG_MAX 1024
static struct {
	uint64_t start_time;
	int pid;
} young[YOUNG_MAX];

struct pass {
	struct pins_scanning scan;
	int (*each)(const struct pin *pin, void *ctx);
	void *ctx;
	int64_t deadline_us;
	unsigned young;
	unsigned found; /* in this pass, not met before */
	bool full;	/* no room to remember more of the young */
};

/* ---- one process ------------------------------------------------------ */

static bool is_met(unsigned pid)
{
	return pid < PIDS_MAX && (met[pid / 64] >> pid % 64 & 1);
}

static void note_met(unsigned pid)
{
	if (pid >= PIDS_MAX)
		return;
	met[pid / 64] |= 1ull << pid % 64;
	if (pid > met_top)
		met_top = pid;
}

/* Was the process met before? It is remembered from now on. A young one may have
 * the number of another that has ended. */
static bool was_met(struct pass *pass, const struct pin *pin)
{
	bool known = is_met((unsigned)pin->pid);

	note_met((unsigned)pin->pid);
	if (pin->start_time < pass->scan.total->begin_ticks)
		return known;
	for (unsigned i = 0; i < pass->young; i++)
		if (young[i].pid == pin->pid &&
		    young[i].start_time == pin->start_time)
			return true;
	if (pass->young == YOUNG_MAX) {
		pass->full = true;
		return true;
	}
	young[pass->young].pid = pin->pid;
	young[pass->young++].start_time = pin->start_time;
	return false;
}

/*
 * Does the process of that number certainly have its root and its cwd on other
 * devices? This takes three calls and spares ten. A directory
 * "task" has two links more than there are threads (fs/proc/base.c,
 * proc_task_getattr), and threads may have places of their own. The other two
 * are absent if a process has ended, and also if only its first thread has.
 */
static bool is_elsewhere(const struct pins_target *target, const char *pid)
{
	static const char *const ends[] = { "root", "cwd", "task" };

	for (unsigned i = 0; i < 3; i++) {
		struct sys_stat st;
		int r = sys_stat_cached(target->proc_fd,
					io_path("%s/%s", pid, ends[i]), &st);

		if (i == 2)
			return r == 0 ? st.nlink == 3
				      : r == -ENOENT || r == -ESRCH;
		/* They are absent for a moment, too, while a thread that is
		 * not the first one executes a program. */
		if (r < 0 || st.dev == target->dev)
			return false;
	}
	return false;
}

static int meet_pid(struct pass *pass, int pid)
{
	struct pins_total *total = pass->scan.total;
	struct pin pin;

	{
		_auto_close int dir =
			pins_open_process(pass->scan.target->proc_fd, pid);
		int r = dir < 0 ? dir : pins_identify(dir, &pin);

		/* It is there, and more cannot be said. */
		if (r < 0 && r != -ESRCH && !is_met((unsigned)pid)) {
			note_met((unsigned)pid);
			total->looked_at++;
			total->refused++;
		}
		if (r < 0 || was_met(pass, &pin))
			return 0;
		if (pin.kernel && pass->scan.target->what)
			return 0;
		pass->found++;
		total->looked_at++;
		r = pins_examine(&pass->scan, dir, &pin);
		/* Its number may be another process's, in the same tick. */
		if (r == -ESRCH && pin.start_time >= total->begin_ticks)
			pass->young--;
		if (r < 0 || !pin.pins)
			return 0;
	}
	if (pin.kernel)
		total->kernel_threads++;
	else
		total->processes++;
	return pass->each(&pin, pass->ctx);
}

static int meet(const char *name, int type, void *ctx)
{
	struct pass *pass = ctx;
	const struct pins_target *target = pass->scan.target;
	unsigned places = PINS_PLACE | PINS_WHO;
	uint64_t pid;

	(void)type;
	if (name[0] < '1' || name[0] > '9' || str_number(name, &pid) < 0 ||
	    (int)pid == target->self)
		return 0;
	/* In later passes most processes are known by their start time. */
	if (target->what && !(target->what & ~places) &&
	    pass->scan.total->passes == 1 && is_elsewhere(target, name)) {
		note_met((unsigned)pid);
		pass->found++;
		pass->scan.total->looked_at++;
		return 0;
	}
	return meet_pid(pass, (int)pid);
}

static int meet_unmet(const char *name, int type, void *ctx)
{
	struct pass *pass = ctx;
	uint64_t pid;

	(void)type;
	return name[0] < '1' || name[0] > '9' || str_number(name, &pid) < 0 ||
			       is_met((unsigned)pid) ||
			       (int)pid == pass->scan.target->self
		       ? 0
		       : meet_pid(pass, (int)pid);
}

/* ---- what was forked meanwhile ------------------------------------------- */

static int forks_line(char *line, void *ctx)
{
	uint64_t *forks = ctx;
	const char *c = str_after(line, "processes ");

	return c && pins_take_number(&c, 10, forks);
}

/* Forks since boot, in all namespaces. It is counted where a process is added to
 * those that /proc shows (kernel/fork.c, copy_process: total_forks). */
static uint64_t count_forks(int proc_fd)
{
	uint64_t forks = 0;

	(void)io_each_head(proc_fd, "stat", forks_line, &forks);
	return forks;
}

/*
 * The last word of "0.00 0.01 0.05 1/80 815" is the number that was given away
 * last in the pid namespace of the reader (fs/proc/loadavg.c), to a process or
 * to a thread; 0: unknown. lxcfs covers the file with one of its own.
 */
static uint64_t last_pid(const struct pins_target *target)
{
	_auto_close int fd =
		target->pids_are_ours
			? sys_open_in(target->proc_fd, "loadavg", O_RDONLY,
				      LINUX_RESOLVE_NO_XDEV)
			: -ENOENT;
	char text[100];
	long n = fd < 0 ? fd : sys_read(fd, text, sizeof(text) - 1);
	char *at = text;
	uint64_t last = 0;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[str_until(text, "\n")] = '\0';
	for (unsigned i = 0; i < 4; i++)
		(void)str_word(&at);
	return str_number(at, &last) < 0 ? 0 : last;
}

bool pins_forked(const struct pins_target *target,
		 const struct pins_total *total)
{
	return total->forks == 0 ||
	       count_forks(target->proc_fd) != total->forks;
}

/*
 * Numbers are given away in their order (kernel/pid.c, idr_alloc_cyclic), so
 * that what was forked meanwhile has one of those behind the last that was
 * known. A thread has a number, too, but is no process.
 *
 * Returns 1 if all of these were looked at, and nothing was forked since; 0 if
 * /proc has to be walked; or, in @ret, what the caller's function returned.
 */
static bool meet_new(struct pass *pass, int *ret)
{
	struct pins_total *total = pass->scan.total;
	const struct pins_target *target = pass->scan.target;
	uint64_t last;

	for (;;) {
		last = last_pid(target);
		if (total->last_pid == 0)
			return false;
		if (last == total->last_pid)
			return true;
		/* They began anew, or ns_last_pid was written. */
		if (last < total->last_pid || last - total->last_pid > NEW_MAX)
			break;
		total->passes++;
		while (total->last_pid < last) {
			int pid = (int)++total->last_pid;
			_auto_close int pidfd = -1;

			if (pid == target->self || is_met((unsigned)pid))
				continue;
			pidfd = sys_pidfd_open(pid);
			if (pidfd >= 0)
				*ret = meet_pid(pass, pid);
			/* It is no process, but a thread, or it is gone, or
			 * there will be one: see meet_late(). */
			else if (pidfd != -EINVAL && pidfd != -ENOENT &&
				 pidfd != -ESRCH)
				last = 0;
			if (*ret != 0)
				return false;
		}
		if (last == 0 || sys_now_us() >= pass->deadline_us)
			break;
	}
	pass->found++;
	return false;
}

/*
 * A fork that is under way has got its number, but there is no process of that
 * number yet (kernel/fork.c, copy_process: alloc_pid comes before attach_pid);
 * it comes behind the walk's back, and is none of the new numbers. So after the
 * number of forks has changed, the names in /proc are read once more, which
 * takes a tenth of the time, and whoever was not met is looked at, until a walk
 * finds nobody who holds the target. @total->forks is from before that walk: all
 * that were there by then were met. Whoever forks is in the kernel until its child
 * is there, so that whoever has moved since has no child that comes later.
 *
 * Returns and sets @ret like meet_new().
 */
static bool meet_late(struct pass *pass, int *ret)
{
	struct pins_total *total = pass->scan.total;
	int proc_fd = pass->scan.target->proc_fd;

	for (;;) {
		uint64_t forks = count_forks(proc_fd);
		unsigned holders = total->processes;

		/* 0: this /proc does not tell. */
		if (forks != 0 && forks == total->forks)
			return true;
		if (!meet_new(pass, ret))
			return false;
		total->forks = forks;
		*ret = sys_rewind(proc_fd);
		if (*ret >= 0)
			*ret = io_each_name(proc_fd, meet_unmet, pass);
		if (*ret != 0 || !meet_new(pass, ret))
			return false;
		if (total->processes == holders)
			return true;
		if (sys_now_us() >= pass->deadline_us)
			break;
	}
	pass->found++;
	return false;
}

/* ---- everybody -------------------------------------------------------- */

/*
 * A readdir of /proc goes up by number, and misses no process that is there all
 * the time (fs/proc/base.c, next_tgid). A process that was forked meanwhile may
 * have got a number that we had passed, and its parent may have gone before we
 * came to it. So those are looked at afterwards: by their numbers, or else in
 * another pass, unless nothing was forked. Processes that existed when the scan
 * began were met in the first pass; of these, later passes only read the start
 * time.
 */
static int make_passes(struct pass *pass, struct fail *why)
{
	const struct pins_target *target = pass->scan.target;
	struct pins_total *total = pass->scan.total;
	int r;

	do {
		total->forks = count_forks(target->proc_fd);
		total->last_pid = last_pid(target);
		pass->found = 0;
		total->passes++;
		r = sys_rewind(target->proc_fd);
		if (r >= 0)
			r = io_each_name(target->proc_fd, meet, pass);
		if (r == 0 && meet_late(pass, &r))
			pass->found = 0;
		if (r < 0)
			return fail(why, r, "list the processes in '/proc'");
		if (r > 0)
			return r;
	} while (pass->found && !pass->full && total->passes < PASSES_MAX &&
		 sys_now_us() < pass->deadline_us);
	total->unfinished = pass->found || pass->full;
	if (total->unfinished)
		total->forks = total->last_pid = 0;
	return 0;
}

int pins_scan(const struct pins_target *target,
	      int (*each)(const struct pin *pin, void *ctx), void *ctx,
	      struct pins_total *ret_total, struct fail *why)
{
	struct pass pass = { .each = each,
			     .ctx = ctx,
			     .deadline_us = sys_now_us() + PASSES_US };

	pins_begin(&pass.scan, target, ret_total);
	memset(met, 0, (met_top / 64 + 1) * sizeof(*met));
	met_top = 0;
	if (!target->what) {
		pins_sockets_find(target);
		pass.scan.sockets = true;
	}
	ret_total->begin_ticks =
		(uint64_t)sys_since_boot_us() / (1000000 / USER_HZ);
	return make_passes(&pass, why);
}

int pins_scan_new(const struct pins_target *target,
		  int (*each)(const struct pin *pin, void *ctx), void *ctx,
		  struct pins_total *total, struct fail *why)
{
	struct pass pass = { .each = each,
			     .ctx = ctx,
			     .deadline_us = sys_now_us() + PASSES_US };
	struct pins_total before = *total;
	int r = 0;

	pins_begin(&pass.scan, target, total);
	*total = before;
	return meet_late(&pass, &r) || r > 0 ? r : make_passes(&pass, why);
}
