/* SPDX-License-Identifier: MIT */
#include "helper/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "console/plymouth.h"
#include "helper/choose.h"
#include "helper/copy-late.h"
#include "helper/group.h"
#include "helper/movers.h"
#include "helper/outcome.h"
#include "helper/task.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

/* A helper that has acted on the request says so by a signal, which is ignored
 * where nobody waits for it; then the helper is looked at. */
#define ANSWERS (SYS_SIGNAL(SIGURG) | SYS_SIGNAL(SIGCHLD))

/* How many rounds of moves there are. The second is for processes that were
 * forked during the first. */
#define ROUNDS 2

static struct helper list[HELPERS_MAX];

const char *helpers_outcome_name(enum helper_outcome outcome)
{
	static const char *const names[] = {
		[HELPER_PENDING] = "pending", [HELPER_MOVED] = "moved",
		[HELPER_STOPPED] = "stopped", [HELPER_ENDED] = "ended",
		[HELPER_STAYED] = "stayed",
	};

	return names[outcome];
}

/* ---- finding them -------------------------------------------------------- */

/* The list is in the order of the pids: see find_one(). */
struct helper *helpers_by_pid(const struct helpers *helpers, int pid)
{
	unsigned from = 0, to = helpers->count;

	while (from < to) {
		struct helper *helper = &helpers->list[(from + to) / 2];

		if (helper->pin.pid == pid)
			return helper;
		if (helper->pin.pid < pid)
			from = (from + to) / 2 + 1;
		else
			to = (from + to) / 2;
	}
	return NULL;
}

bool helpers_is_worker(const struct pin *parent, const struct pin *pin)
{
	return (parent->session && parent->session == pin->session) ||
	       strcmp(parent->name, pin->name) == 0;
}

/* Those that nobody moves are only listed to be told of, and must not take the
 * room of those that are to be moved. */
static void drop_strangers(struct helpers *helpers)
{
	unsigned kept = 0;

	choose_guarded(helpers);
	for (unsigned i = 0; i < helpers->count; i++)
		if (!list[i].stranger || list[i].mover != &mover_none)
			list[kept++] = list[i];
	helpers->count = kept;
}

static int find_one(const struct pin *pin, void *ctx)
{
	struct helpers *helpers = ctx;
	struct helper *helper = helpers_by_pid(helpers, pin->pid);

	/* Process 1 makes the switch, even if another process moves the helpers
	 * for it. systemd as process 1 marks itself with '@', and would be a
	 * helper here. */
	if (pin->kernel || (!helpers->only && pin->pid == 1))
		return 0;
	if (movers_is_tracer(pin->pid))
		return 0;
	/* What a process only maps or holds open cannot be moved. */
	if (!(pin->pins & PINS_PLACE) ||
	    (helper && helper->pin.start_time == pin->start_time))
		return 0;
	if (helpers->count == HELPERS_MAX)
		drop_strangers(helpers);
	if (helpers->count == HELPERS_MAX) {
		helpers->overflow = true;
		return 1;
	}
	/* /proc is in the order of the pids; only a process that was forked
	 * meanwhile belongs in between. */
	for (helper = &list[helpers->count++];
	     helper > list && helper[-1].pin.pid > pin->pid; helper--)
		*helper = helper[-1];
	*helper = (struct helper){ .pin = *pin };
	choose(helpers, helper);
	return 0;
}

static bool is_childless(void)
{
	int status, r;

	do
		r = sys_wait(-1, &status, WNOHANG);
	while (r > 0);
	return r == -ECHILD;
}

/* A thread has a directory in /proc as well, which shows what its process has;
 * but only a process can be named. */
static void find_named(struct helpers *helpers, int pid)
{
	struct procstatus status;
	struct pin pin;

	if (pins_look(&helpers->old_target, pid, 0, &pin) == 0 &&
	    task_status(pid, pid, &status) == 0 &&
	    status.process == (uint64_t)pid)
		(void)find_one(&pin, helpers);
}

/* Add the processes that are not in the list yet; @again: this is not the first
 * time. */
static int find_all(struct helpers *helpers, bool again, struct fail *why)
{
	int r = 0;

	helpers->old_target.what = PINS_PLACE | PINS_WHO;
	if (helpers->only)
		for (const int *pid = helpers->only; *pid; pid++)
			find_named(helpers, *pid);
	else
		r = (again ? pins_scan_new : pins_scan)(&helpers->old_target,
							find_one, helpers,
							&helpers->left, why);
	helpers->old_target.what = 0;
	choose_guarded(helpers);
	if (helpers->overflow && !helpers->only_them)
		log_line(LOG_WARNING,
			 "look for helpers: there are over %d, "
			 "leaving the others where they are",
			 HELPERS_MAX);
	group_keep_together(helpers);
	return r < 0 ? r : 0;
}

int helpers_find(struct helpers *helpers, const struct helper_rule *rules,
		 unsigned rule_count, struct fail *why)
{
	struct fail unused;
	int plymouth, r;

	helpers->list = list;
	helpers->count = 0;
	helpers->overflow = false;
	helpers->rules = rules;
	helpers->rule_count = rule_count;
	helpers->plymouthd = 0;
	helpers->plymouth_fd = -1;
	/* Every process descends from a child of process 1: if that has no
	 * child, there is no helper, and /proc need not be walked. */
	if (!helpers->only && (helpers->booted || sys_getpid() == 1) &&
	    is_childless())
		return 0;
	plymouth = plymouth_open(&helpers->plymouthd, &unused);
	if (plymouth >= 0)
		(void)sys_close(plymouth);
	else if (plymouth == -EACCES)
		log_line(LOG_WARNING, "%s, leaving it alone", unused.what);
	helpers->open = true;
	helpers->old_target.proc_fd = helpers->new_target.proc_fd = -1;
	r = pins_open(helpers->old_fd, &helpers->old_target, why);
	if (r == 0)
		r = pins_open(helpers->new_fd, &helpers->new_target, why);
	if (r < 0)
		return r;
	helpers->old_target.any_mount = helpers->any_mount;
	helpers->old_target.except_id = helpers->new_target.mnt_id;
	return find_all(helpers, false, why);
}

/* ---- moving them --------------------------------------------------------- */

/*
 * Answers are ordinary signals: several may have become one. Helpers answer
 * about in the order in which they were asked. So the helpers at the front of
 * the list are looked at, besides the one that the signal names. Each is looked
 * at once or twice, and not all of them each time. Returns whether there is
 * still a helper to wait for.
 */
static bool look_at_front(struct helpers *helpers, unsigned *cursor)
{
	for (; *cursor < helpers->count; ++*cursor) {
		struct helper *helper = &helpers->list[*cursor];
		bool may;

		if (movers_waits_for(helper) &&
		    !outcome_look_quickly(helpers, helper, &may) && may)
			(void)outcome_look(helpers, helper);
		if (movers_waits_for(helper))
			return true;
	}
	return false;
}

/* Reap the children that have ended. Only process 1 has to, as it inherits the
 * orphans of all others. */
static void reap(struct helpers *helpers)
{
	int status, pid;

	while (sys_getpid() == 1 &&
	       (pid = sys_wait(-1, &status, WNOHANG)) > 0) {
		struct helper *helper = helpers_by_pid(helpers, pid);

		if (helper)
			(void)outcome_look(helpers, helper);
	}
}

/* The earliest deadline of the helpers that are still waited for. */
static int64_t next_deadline(const struct helpers *helpers)
{
	int64_t next_us = INT64_MAX;

	for (unsigned i = 0; i < helpers->count; i++)
		if (movers_waits_for(&helpers->list[i]) &&
		    helpers->list[i].deadline_us < next_us)
			next_us = helpers->list[i].deadline_us;
	return next_us;
}

static void expire(struct helpers *helpers, struct helper *helper)
{
	(void)outcome_look(helpers, helper);
	if (movers_waits_for(helper))
		helper->mover->expire(helpers, helper);
}

/* A signal came from @pid, or says that it did. */
static void look_at_sender(struct helpers *helpers, int pid)
{
	struct helper *helper = helpers_by_pid(helpers, pid);
	bool may;

	if (helper && movers_waits_for(helper) &&
	    !outcome_look_quickly(helpers, helper, &may))
		(void)outcome_look(helpers, helper);
}

/*
 * Answers and ends of children are signals, which were blocked before the first
 * of them could come. The deadlines are absolute: all helpers together take no
 * longer than the longest deadline. The whole list is gone through only when a
 * deadline has passed, and not for each answer, as no answer makes a deadline
 * come earlier.
 */
static void wait_for_all(struct helpers *helpers)
{
	int64_t deadline_us = next_deadline(helpers);
	unsigned cursor = 0;

	while (look_at_front(helpers, &cursor)) {
		struct linux_siginfo info;
		int r = sys_wait_signal(ANSWERS, deadline_us, &info);
		int64_t now_us;

		if (r == SIGCHLD)
			reap(helpers);
		if (r > 0)
			look_at_sender(helpers, info.pid);
		/* After a signal, too: a process that forks without end causes
		 * signals as fast as they are taken. */
		now_us = sys_now_us();
		if (now_us < deadline_us)
			continue;
		for (unsigned i = cursor; i < helpers->count; i++)
			if (movers_waits_for(&helpers->list[i]) &&
			    helpers->list[i].deadline_us <= now_us)
				expire(helpers, &helpers->list[i]);
		deadline_us = next_deadline(helpers);
	}
}

/* Move all helpers that had no turn yet. */
static void move_all(struct helpers *helpers)
{
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		if (helper->deadline_us)
			continue;
		movers_set_deadline(helper);
		if (helper->mover->start)
			helper->mover->start(helpers, helper);
	}
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		if (helper->outcome == HELPER_PENDING && helper->mover->take)
			helper->mover->take(helpers, helper);
	}
	wait_for_all(helpers);
	/* They have moved with their guardians, or will be moved with them. */
	for (unsigned i = 0; i < helpers->count; i++)
		if (helpers->list[i].mover == &mover_guardian)
			(void)outcome_look(helpers, &helpers->list[i]);
	movers_trace(helpers);
}

void helpers_move(struct helpers *helpers)
{
	struct linux_siginfo unused;
	static struct fail why;
	unsigned moved = 0;
	uint64_t mask;
	char name[16];

	/* The signal says "come to where I stand", and so does plymouthd's
	 * request: without standing there we cannot ask. */
	helpers->entered = sys_fchdir(helpers->new_fd);
	if (helpers->count == 0)
		return;
	if (helpers->new_path) {
		(void)io_mkdir(RUN_DIR);
		(void)sys_symlink(helpers->new_path, AT_FDCWD,
				  PINTLE_HELPER_SPARE);
	}
	(void)sys_signal_mask(ANSWERS, &mask);
	sys_get_name(name);
	sys_set_name(PINTLE_HELPER_SENDER);
	/* Processes that were forked meanwhile, by one that had not moved yet,
	 * come next; one that forks without end is not followed. */
	for (unsigned round = 0; round < ROUNDS && moved < helpers->count;
	     round++) {
		move_all(helpers);
		moved = helpers->count;
		if (helpers->overflow || helpers->only ||
		    !pins_forked(&helpers->old_target, &helpers->left) ||
		    find_all(helpers, true, &why) < 0)
			break;
	}
	/* A process that takes a request from now on finds that nobody asks. */
	sys_set_name(name);
	/* Late answers must not reach the real init. */
	while (sys_wait_signal(ANSWERS, SYS_NOW, &unused) > 0)
		;
	(void)sys_signal_mask(mask, NULL);
	if (helpers->new_path)
		(void)sys_unlink(AT_FDCWD, PINTLE_HELPER_SPARE, 0);
}

/* ---- afterwards --------------------------------------------------------- */

void helpers_close(struct helpers *helpers)
{
	/* Where nothing was opened, the descriptors are 0. */
	if (!helpers->open)
		return;
	helpers->open = false;
	pins_close(&helpers->old_target);
	pins_close(&helpers->new_target);
}

static int note_pins(const struct pin *pin, void *ctx)
{
	struct helper *helper = helpers_by_pid(ctx, pin->pid);

	if (helper && helper->pin.start_time == pin->start_time) {
		helper->after = pin->pins;
		helper->after_bytes = pin->bytes;
	}
	return 0;
}

static void look_at_pins(struct helpers *helpers)
{
	struct fail why;
	struct pin pin;

	helpers->old_target.what = ~(unsigned)PINS_WHO;
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		helper->after = 0;
		helper->after_bytes = 0;
		if (helpers->only && helper->late_copied &&
		    pins_look(&helpers->old_target, helper->pin.pid,
			      helper->pin.start_time, &pin) == 0)
			(void)note_pins(&pin, helpers);
	}
	if (!helpers->only && !helpers->only_them &&
	    pins_scan(&helpers->old_target, note_pins, helpers, &helpers->left,
		      &why) < 0)
		log_line(LOG_WARNING, "%s, ignoring", why.what);
}

static void make_late_copies(struct helpers *helpers)
{
	bool any = helpers->late_copy;

	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		helper->late_copied = helper->outcome == HELPER_MOVED &&
				      (helper->rule ? helper->rule->late_copy
						    : helpers->late_copy);
		any |= helper->late_copied;
	}
	if (!any)
		return;
	if (helpers->only)
		look_at_pins(helpers);
	late_copy(helpers);
	look_at_pins(helpers);
}

/* A helper that was forked after the last round had no turn, though pivot_root
 * moves it all the same. */
static const char *why_pending(const struct helper *helper)
{
	bool had_turn = helper->deadline_us || helper->mover == &mover_kernel;

	return had_turn ? helper->mover->late : mover_none.late;
}

void helpers_observe(struct helpers *helpers)
{
	if (!helpers->open)
		return;
	look_at_pins(helpers);
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		/* A helper that was seen in the new root, and that still holds
		 * the old one, but not as a place, is alive and has not moved
		 * back. */
		if (helper->outcome == HELPER_PENDING ||
		    helper->outcome == HELPER_STAYED ||
		    (helper->outcome == HELPER_MOVED &&
		     (!helper->after || helper->after & PINS_PLACE)))
			(void)outcome_look(helpers, helper);
		if (helper->outcome == HELPER_PENDING)
			outcome_stayed(helper, why_pending(helper));
		/* Children come and go, but a declared helper is missed. */
		if (helper->outcome == HELPER_ENDED && helper->rule &&
		    helper->rule->pid == helper->pin.pid) {
			(void)str_copy(helper->why, sizeof(helper->why),
				       "it has ended");
			helper->todo[0] = '\0';
		}
		/* This includes one that ended, or that had to be killed. */
		if (!helper->why[0] || helper->stranger)
			continue;
		log_line(LOG_WARNING, "move '%s' (pid %d) by %s: %s",
			 helper->pin.name, helper->pin.pid, helper->mover->name,
			 helper->why);
		if (helper->todo[0])
			log_line(LOG_WARNING, "%s", helper->todo);
	}
	make_late_copies(helpers);
}
