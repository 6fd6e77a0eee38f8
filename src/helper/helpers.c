/* SPDX-License-Identifier: MIT */
#include "helper/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "config/image.h"
#include "helper/mover-ptrace.h"
#define PINTLE_HELPER_NUMBERS_ONLY
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "console/plymouth.h"
#include "helper/mover-signal.h"
#include "helper/pintle-helper.h"

/* A helper that has acted on the request says so with a signal that is ignored
 * where nobody waits for it; then it is looked at. */
#define ANSWERS (SYS_SIGNAL(SIGURG) | SYS_SIGNAL(SIGCHLD))

/* Those who are forked while others are moved are looked for so often. */
#define ROUNDS 2
/* Who blocks the signal at the moment is looked at again so much later. */
#define AGAIN_US 5000
/* At work at once. */
#define INJECTIONS 32
#define TRACERS	   64

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

/* ---- who is to be moved, by whom ---------------------------------------- */

#define DEV_FUSE SYS_DEV(10, 229)

/* Why one is moved whom nobody declared. */
static const char a_volunteer[] = "handles the signal";

/* Programs that serve the block device below a root: to stop or trace one is
 * to wait for oneself as soon as the root is touched. */
static const char *const storage[] = {
	"mdmon",    "nbd-client", "qemu-nbd", "iscsid",
	"iscsiuio", "multipathd", "dmeventd", "nvme-stas",
};

static int is_dev_fuse(const char *name, int type, void *ctx)
{
	struct sys_stat st;

	(void)type;
	return sys_stat_cached(*(const int *)ctx, name, &st) == 0 &&
	       st.rdev == DEV_FUSE;
}

/* Does it have a FUSE connection open? */
static bool serves_fuse(int pid)
{
	char path[32];
	int fd;
	bool serves;

	(void)str_format(path, sizeof(path), "/proc/%d/fd", pid);
	fd = io_open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return false;
	serves = io_each_name(fd, is_dev_fuse, &fd) == 1;
	(void)sys_close(fd);
	return serves;
}

/* May it? What lies below an overlay or a loop device is not seen. */
static bool serves_root(const struct pin *pin)
{
	for (unsigned i = 0; i < sizeof(storage) / sizeof(storage[0]); i++)
		if (strcmp(pin->name, storage[i]) == 0)
			return true;
	return serves_fuse(pin->pid);
}

/* The list is in the order of the pids: see find(). */
static struct helper *helper_of(const struct helpers *helpers, int pid)
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

/* Its rule: by pid, else (it has become a daemon) by its program's name, else
 * its parent's: `pintle helper` and its command, a daemon and its workers. */
static const struct helper_rule *rule_of(const struct helpers *helpers,
					 const struct pin *pin)
{
	const struct helper *parent;

	for (unsigned i = 0; i < helpers->rule_count; i++)
		if (helpers->rules[i].pid == pin->pid)
			return &helpers->rules[i];
	for (unsigned i = 0; i < helpers->rule_count; i++) {
		const char *base = str_base(helpers->rules[i].command);

		/* The kernel keeps 15 bytes of it. */
		if ((helpers->rules[i].pid || !helpers->booted) &&
		    strncmp(base, pin->name, 15) == 0)
			return &helpers->rules[i];
	}
	/* /proc lists a parent first, but where the numbers began anew. */
	parent = helper_of(helpers, pin->parent);
	return parent ? parent->rule : NULL;
}

/* Does a line of the policy say that it handles the signal? Of its children
 * too, for as long as they are not another program. */
static enum volunteer_trust trust_in(const struct helpers *helpers,
				     const struct helper *helper)
{
	const struct helper_rule *rule = helper->rule;
	const struct helper *parent;

	if (!rule || rule->mover != MOVER_SIGNAL)
		return VOLUNTEER_UNKNOWN;
	if (rule->pid == helper->pin.pid)
		return VOLUNTEER_DECLARED;
	parent = helper_of(helpers, helper->pin.parent);
	return rule->pid == helper->pin.parent ||
			       (parent && parent->rule == rule)
		       ? VOLUNTEER_CHILD
		       : VOLUNTEER_DECLARED;
}

static bool volunteers(const struct helpers *helpers,
		       const struct helper *helper)
{
	uint64_t bit = 1ull << (PINTLE_HELPER_SIGNAL - 1);
	struct status status;
	const char *why_not;
	int r;

	/* Most show neither, and need not be looked at again. */
	if (!((helper->pin.caught | helper->pin.blocked) & bit))
		return false;
	r = volunteer_check(helper->pin.pid, helpers->old_target.pids_are_ours,
			    helper->trust, &status, &why_not);
	return r == 0 || r == -EAGAIN;
}

/* The first mover that can: kernel, signal, plymouth, inject. */
static enum mover mover_for(const struct helpers *helpers,
			    const struct helper *helper)
{
	const struct pin *pin = &helper->pin;

	/* Before the kernel: it reads its theme and locale anew on request. */
	if (pin->pid == helpers->plymouthd)
		return MOVER_PLYMOUTH;
	if (pin->exact && helpers->pivot)
		return MOVER_KERNEL;
	if (helper->volunteer)
		return MOVER_SIGNAL;
	return MOVER_INJECT;
}

/* What of all that decides, once the rest of a helper is known. */
static void choose(const struct helpers *helpers, struct helper *helper)
{
	const struct pin *pin = &helper->pin;
	bool keep;

	if (helpers->only) {
		helper->by_whom = "named";
		keep = true;
	} else if (helper->rule) {
		helper->by_whom = "declared";
		keep = helper->rule->keep;
	} else if (pin->marked && pin->uid == 0) {
		helper->by_whom = "marked with '@'";
		keep = true;
	} else if (helper->volunteer) {
		helper->by_whom = a_volunteer;
		keep = true;
	} else if (pin->pid == helpers->plymouthd) {
		helper->by_whom = "plymouthd";
		keep = true;
	} else if (serves_root(pin)) {
		helper->by_whom = "serves the root";
		keep = true;
	} else if (helpers->booted) {
		helper->by_whom = "not declared";
		keep = false;
	} else {
		/* Somebody else's: pivot_root may move it all the same. */
		helper->by_whom = "a stranger";
		helper->stranger = true;
		helper->mover = pin->exact && helpers->pivot ? MOVER_KERNEL
							     : MOVER_NONE;
		return;
	}
	/* What its parent can do, a child need not be able to. */
	helper->mover = helper->rule ? helper->rule->mover : MOVER_AUTO;
	if (helper->mover == MOVER_AUTO || helper->mover == MOVER_PLYMOUTH ||
	    (helper->mover < MOVER_PLYMOUTH && helper->rule->pid != pin->pid &&
	     !helper->volunteer)) {
		helper->spare = helper->mover != MOVER_PLYMOUTH;
		helper->mover = mover_for(helpers, helper);
		helper->spare &= helper->mover != MOVER_KERNEL &&
				 helper->mover != MOVER_INJECT;
	}
	if (!keep)
		helper->mover = MOVER_STOP;
	if ((helper->mover == MOVER_INJECT || helper->mover == MOVER_STOP) &&
	    serves_root(pin)) {
		helper->mover = MOVER_NONE;
		(void)str_copy(helper->why, sizeof(helper->why),
			       "it may serve the root file system and must "
			       "not be stopped");
	}
	if (helper->mover == MOVER_KERNEL && !(pin->exact && helpers->pivot))
		helper->mover = MOVER_NONE;
}

static void decide(const struct helpers *helpers, struct helper *helper)
{
	helper->rule = rule_of(helpers, &helper->pin);
	helper->trust = trust_in(helpers, helper);
	helper->volunteer = volunteers(helpers, helper);
	choose(helpers, helper);
}

/* Tracers of ours that could not leave their target yet: whoever stops them
 * stops what they wait for. Also for a switch that is tried again. */
static int tracers[TRACERS];
static unsigned tracer_count;

static bool is_named(const int *only, int pid)
{
	for (; *only; only++)
		if (*only == pid)
			return true;
	return false;
}

static int find(const struct pin *pin, void *ctx)
{
	struct helpers *helpers = ctx;
	struct helper *helper = helper_of(helpers, pin->pid);

	/* Process 1 makes the switch, though another may move helpers for it;
	 * systemd's marks itself with '@' and would be a helper here. */
	if (pin->kernel || (helpers->only ? !is_named(helpers->only, pin->pid)
					  : pin->pid == 1))
		return 0;
	for (unsigned i = 0; i < tracer_count; i++)
		if (tracers[i] == pin->pid)
			return 0;
	/* What it only maps or holds open cannot be moved by anybody. */
	if (!(pin->pins & PINS_PLACE) ||
	    (helper && helper->pin.start_time == pin->start_time))
		return 0;
	if (helpers->count == HELPERS_MAX) {
		helpers->overflow = true;
		return 1;
	}
	/* /proc is in order; only who was forked meanwhile goes in between. */
	for (helper = &list[helpers->count++];
	     helper > list && helper[-1].pin.pid > pin->pid; helper--)
		*helper = helper[-1];
	*helper = (struct helper){ .pin = *pin };
	decide(helpers, helper);
	return 0;
}

static bool is_childless(void)
{
	int status, r;

	do
		r = sys_wait(-1, &status, 1 /* WNOHANG */);
	while (r > 0);
	return r == -ECHILD;
}

/* Who is not in the list yet. */
static int find_all(struct helpers *helpers, struct fail *why)
{
	int r;

	helpers->old_target.what = PINS_PLACE | PINS_WHO;
	r = pins_scan(&helpers->old_target, find, helpers, &helpers->left, why);
	helpers->old_target.what = 0;
	if (helpers->overflow)
		log_line(LOG_WARNING,
			 "look for helpers: there are over %d, "
			 "leaving the others where they are",
			 HELPERS_MAX);
	return r < 0 ? r : 0;
}

int helpers_find(struct helpers *helpers, const struct helper_rule *rules,
		 unsigned rule_count, struct fail *why)
{
	struct fail unused;
	int plymouth, r;

	helpers->list = list;
	helpers->count = 0;
	helpers->rules = rules;
	helpers->rule_count = rule_count;
	helpers->plymouthd = 0;
	/* Who is not pid 1's child is one's descendant: without a child there
	 * is nobody, and /proc need not be walked. */
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
	helpers->overflow = false;
	return find_all(helpers, why);
}

/* ---- moving them -------------------------------------------------------- */

/* Root and cwd of every thread on the new root's mount, at its root? */
static int look(const struct helpers *helpers, struct helper *helper)
{
	struct pins_target target = helpers->new_target;
	struct pin now;
	int r;

	target.what = PINS_PLACE;
	r = pins_look(&target, helper->pin.pid, helper->pin.start_time, &now);
	if (r == -ESRCH) {
		helper->outcome = helper->mover == MOVER_STOP ? HELPER_STOPPED
							      : HELPER_ENDED;
		return r;
	}
	if (r == 0 && now.roots == now.threads && now.cwds == now.threads &&
	    !now.chrooted) {
		helper->outcome = HELPER_MOVED;
		helper->why[0] = '\0';
	}
	return r;
}

/*
 * Two system calls at most, where a look takes ten: has it one thread, which
 * stands where it should? That it is still the same process is looked at in the
 * end, with what it holds.
 */
static bool has_moved(const struct helpers *helpers, struct helper *helper,
		      bool *ret_may)
{
	static const char *const links[] = { "cwd", "root" };
	const struct pins_target *target = &helpers->new_target;
	struct sys_stat st;

	for (unsigned i = 0; i < 2; i++) {
		char path[24];
		int r;

		(void)str_format(path, sizeof(path), "%d/%s", helper->pin.pid,
				 links[i]);
		r = sys_stat_cached(target->proc_fd, path, &st);
		*ret_may = r < 0 || st.dev == target->dev;
		if (r < 0 || st.dev != target->dev ||
		    st.mnt_id != target->mnt_id)
			return false;
	}
	if (helper->pin.threads != 1 || helper->pin.foreign_ns ||
	    !st.mount_root)
		return false;
	helper->outcome = HELPER_MOVED;
	helper->why[0] = '\0';
	return true;
}

static void stayed(struct helper *helper, const char *why)
{
	helper->outcome = HELPER_STAYED;
	if (!helper->why[0] &&
	    str_copy(helper->why, sizeof(helper->why), why) < 0)
		(void)str_copy(helper->why, sizeof(helper->why),
			       "it could not be moved");
}

/* Where two things may have to be tried, each gets half of its time. */
static void set_deadline(struct helper *helper)
{
	int64_t us =
		helper->rule ? helper->rule->deadline_us : HELPERS_DEADLINE_US;

	helper->deadline_us = sys_now_us() + (helper->spare ? us / 2 : us);
}

/* What was tried failed. Who was not declared for just that is injected. */
static void failed(struct helper *helper, const char *why)
{
	if (!helper->spare || serves_root(&helper->pin)) {
		stayed(helper, why);
		return;
	}
	log_line(LOG_WARNING, "move '%s' (pid %d) by %s: %s, injecting",
		 helper->pin.name, helper->pin.pid, mover_name(helper->mover),
		 why);
	helper->mover = MOVER_INJECT;
}

/* A pidfd first, then a look whether that is still the process that was found:
 * its number may be another's by now. */
static void stop(struct helpers *helpers, struct helper *helper, int number)
{
	_auto_close int pidfd = sys_pidfd_open(helper->pin.pid);
	int r = look(helpers, helper);

	if (helper->outcome != HELPER_PENDING)
		return;
	if (r == 0)
		r = pidfd;
	if (r >= 0)
		r = sys_pidfd_send_signal(pidfd, number, NULL);
	if (r < 0)
		stayed(helper, fail_reason(r));
	else
		/* One that was stopped takes SIGTERM when it goes on. */
		(void)sys_pidfd_send_signal(pidfd, SIGCONT, NULL);
}

/* It does not handle the signal after all, and nobody but itself had said that
 * it would: it is what it were without. */
static void disbelieve(struct helpers *helpers, struct helper *helper)
{
	helper->volunteer = helper->spare = false;
	choose(helpers, helper);
	set_deadline(helper);
	if (helper->mover == MOVER_STOP)
		stop(helpers, helper, SIGTERM);
}

/* The request came to nothing. Who had only volunteered is injected if it still
 * does: by now it may be another program. */
static void give_up(struct helpers *helpers, struct helper *helper,
		    const char *why)
{
	if (helper->by_whom == a_volunteer && !volunteers(helpers, helper))
		disbelieve(helpers, helper);
	else
		failed(helper, why);
}

static void ask(struct helpers *helpers, struct helper *helper)
{
	struct fail why;
	int pidfd;
	int r;

	if (helpers->entered < 0) {
		(void)fail(&why, helpers->entered, "enter the new root");
		give_up(helpers, helper, why.what);
		return;
	}
	pidfd = r = sys_pidfd_open(helper->pin.pid);
	/* What was declared was not declared of another process that has its
	 * number by now. */
	if (r >= 0 && helper->trust != VOLUNTEER_UNKNOWN)
		(void)look(helpers, helper);
	if (r >= 0 && helper->outcome == HELPER_PENDING)
		r = mover_signal_ask(pidfd, helper->pin.pid,
				     helpers->old_target.pids_are_ours,
				     helper->trust, &why);
	if (pidfd >= 0)
		(void)sys_close(pidfd);
	if (helper->outcome != HELPER_PENDING)
		return;
	helper->unasked = r == -EAGAIN;
	if (r == -EAGAIN && !helpers->again_us)
		helpers->again_us = sys_now_us() + AGAIN_US;
	else if (r == -ESRCH)
		helper->outcome = HELPER_ENDED;
	else if (r < 0 && r != -EAGAIN)
		give_up(helpers, helper,
			pidfd < 0 ? fail_reason(pidfd) : why.what);
}

static bool is_waited_for(const struct helper *helper)
{
	return helper->outcome == HELPER_PENDING &&
	       (helper->mover == MOVER_SIGNAL || helper->mover == MOVER_STOP);
}

/*
 * Answers are ordinary signals: several may have become one. Helpers answer
 * about in the order they were asked, so besides the one that the signal names
 * those at the front are looked at: each once or twice, not all each time.
 * Is there still somebody to wait for?
 */
static bool look_at_front(struct helpers *helpers, unsigned *cursor)
{
	for (; *cursor < helpers->count; ++*cursor) {
		struct helper *helper = &helpers->list[*cursor];
		bool may;

		if (is_waited_for(helper) &&
		    !has_moved(helpers, helper, &may) && may)
			(void)look(helpers, helper);
		if (is_waited_for(helper))
			return true;
	}
	return false;
}

/* Children that have ended; only pid 1 has others' orphans, and must. */
static void reap(struct helpers *helpers)
{
	int status, pid;

	while (sys_getpid() == 1 &&
	       (pid = sys_wait(-1, &status, 1 /* WNOHANG */)) > 0) {
		struct helper *helper = helper_of(helpers, pid);

		if (helper)
			(void)look(helpers, helper);
	}
}

static void take_plymouth(struct helpers *helpers, int fd,
			  struct helper *helper)
{
	int r = plymouth_answer(fd, helper->deadline_us);

	(void)look(helpers, helper);
	if (helper->outcome != HELPER_PENDING)
		return;
	failed(helper, r == 0		 ? "it said that it moved, and did not"
		       : r == -ETIMEDOUT ? "it did not answer in time"
					 : "it refused");
}

/* The first deadline of those still waited for. */
static int64_t next_deadline(const struct helpers *helpers)
{
	int64_t next_us = INT64_MAX;

	for (unsigned i = 0; i < helpers->count; i++)
		if (is_waited_for(&helpers->list[i]) &&
		    helpers->list[i].deadline_us < next_us)
			next_us = helpers->list[i].deadline_us;
	return next_us;
}

/* No event tells that another process has changed its mask. */
static void ask_again(struct helpers *helpers)
{
	helpers->again_us = 0;
	for (unsigned i = 0; i < helpers->count; i++)
		if (is_waited_for(&helpers->list[i]) &&
		    helpers->list[i].unasked)
			ask(helpers, &helpers->list[i]);
}

/* What a helper is that has had its time. */
static void expire(struct helpers *helpers, struct helper *helper)
{
	(void)look(helpers, helper);
	if (!is_waited_for(helper))
		return;
	if (helper->unasked && helper->by_whom == a_volunteer) {
		disbelieve(helpers, helper);
	} else if (helper->unasked) {
		failed(helper, "it blocks the signal, and may be about to "
			       "execute another program");
	} else if (helper->mover == MOVER_SIGNAL) {
		give_up(helpers, helper,
			helper->pin.stopped
				? "it is stopped and did not take the "
				  "signal in time"
				: "it did not act on the signal in time");
	} else if (helper->why[0]) {
		stayed(helper, "");
	} else {
		/* SIGKILL needs no patience, but an end in the kernel. */
		(void)str_copy(helper->why, sizeof(helper->why),
			       "it did not end on SIGTERM");
		stop(helpers, helper, SIGKILL);
		helper->deadline_us = sys_now_us() + HELPERS_DEADLINE_US;
	}
}

/*
 * Answers and ends of children are signals, blocked since before they could
 * come. The deadlines are absolute: together they cost the longest. All of the
 * list is gone through only when one has passed, not for each answer: until
 * then nobody's can have come nearer.
 */
static void wait_for_all(struct helpers *helpers)
{
	int64_t deadline_us = next_deadline(helpers);
	unsigned cursor = 0;

	while (look_at_front(helpers, &cursor)) {
		struct linux_siginfo info;
		int64_t again_us = helpers->again_us;
		int r = sys_wait_signal(ANSWERS,
					again_us && again_us < deadline_us
						? again_us
						: deadline_us,
					&info);
		int64_t now_us;
		bool may;

		if (r == SIGCHLD)
			reap(helpers);
		if (r > 0) {
			struct helper *helper = helper_of(helpers, info.pid);

			if (helper && is_waited_for(helper) &&
			    !has_moved(helpers, helper, &may))
				(void)look(helpers, helper);
		}
		/* Also after a signal: one that forks without end sends them
		 * as fast as they are taken. */
		now_us = sys_now_us();
		if (again_us && now_us >= again_us)
			ask_again(helpers);
		if (now_us < deadline_us)
			continue;
		for (unsigned i = cursor; i < helpers->count; i++)
			if (is_waited_for(&helpers->list[i]) &&
			    helpers->list[i].deadline_us <= now_us)
				expire(helpers, &helpers->list[i]);
		deadline_us = next_deadline(helpers);
	}
}

static int ask_plymouth(const struct helpers *helpers, struct helper *helper)
{
	struct fail why;
	int pid, fd;
	char path[32];

	if (helpers->entered < 0) {
		(void)fail(&why, helpers->entered, "enter the new root");
		failed(helper, why.what);
		return -1;
	}
	fd = plymouth_open(&pid, &why);
	/* As the signal does: where we stand, whatever its root is. */
	(void)str_format(path, sizeof(path), "/proc/%d/cwd", sys_getpid());
	if (fd >= 0 && plymouth_ask(fd, PLYMOUTH_NEW_ROOT, path, &why) == 0)
		return fd;
	if (fd >= 0)
		(void)sys_close(fd);
	failed(helper, why.what);
	return -1;
}

/*
 * Up to INJECTIONS at once, so that together they cost the longest; their time
 * begins when their turn does. Returns with whom to go on.
 */
static struct helper *inject(struct helpers *helpers, struct helper *next)
{
	struct mover_ptrace injections[INJECTIONS];
	struct helper *who[INJECTIONS];
	struct fail why;
	unsigned count = 0;

	for (; next < helpers->list + helpers->count && count < INJECTIONS;
	     next++) {
		if (next->outcome != HELPER_PENDING ||
		    next->mover != MOVER_INJECT)
			continue;
		set_deadline(next);
		who[count] = next;
		if (mover_ptrace_begin(next->pin.pid, next->pin.start_time,
				       helpers->new_fd, next->deadline_us,
				       &injections[count], &why) < 0)
			stayed(next, why.what);
		else
			count++;
	}
	for (unsigned i = 0; i < count; i++) {
		int r = mover_ptrace_end(&injections[i], &why);

		if (r == -ETIMEDOUT && tracer_count + 2 <= TRACERS) {
			tracers[tracer_count++] = injections[i].keeper;
			if (injections[i].tracer != 0)
				tracers[tracer_count++] = injections[i].tracer;
		}
		(void)look(helpers, who[i]);
		if (who[i]->outcome == HELPER_PENDING)
			stayed(who[i],
			       r < 0 ? why.what : "it was moved, and is not");
	}
	return next;
}

/* All of the list that had no turn yet. */
static void move_all(struct helpers *helpers)
{
	struct helper *plymouthd = NULL;
	int plymouth_fd = -1;

	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		if (helper->deadline_us)
			continue;
		set_deadline(helper);
		if (helper->mover == MOVER_SIGNAL) {
			ask(helpers, helper);
		} else if (helper->mover == MOVER_STOP) {
			stop(helpers, helper, SIGTERM);
		} else if (helper->mover == MOVER_PLYMOUTH && !plymouthd) {
			plymouth_fd = ask_plymouth(helpers, helper);
			plymouthd = helper;
		}
	}
	if (plymouth_fd >= 0) {
		take_plymouth(helpers, plymouth_fd, plymouthd);
		(void)sys_close(plymouth_fd);
	}
	wait_for_all(helpers);
	for (struct helper *next = helpers->list;
	     next < helpers->list + helpers->count;)
		next = inject(helpers, next);
}

void helpers_move(struct helpers *helpers)
{
	struct linux_siginfo unused;
	struct fail why;
	unsigned moved = 0;
	uint64_t mask;

	/* The signal says "come to where I stand", and so does plymouthd's
	 * request: who does not stand there asks nobody. */
	helpers->entered = sys_fchdir(helpers->new_fd);
	if (helpers->count == 0)
		return;
	if (helpers->new_path) {
		(void)io_mkdir(RUN_DIR);
		(void)sys_symlink(helpers->new_path, AT_FDCWD,
				  PINTLE_HELPER_SPARE);
	}
	(void)sys_signal_mask(ANSWERS, &mask);
	/* Who was forked meanwhile, by one that had not moved yet, comes next;
	 * who forks without end is not followed. */
	for (unsigned round = 0; round < ROUNDS && moved < helpers->count;
	     round++) {
		move_all(helpers);
		moved = helpers->count;
		if (helpers->overflow ||
		    !pins_forked(&helpers->old_target, &helpers->left) ||
		    find_all(helpers, &why) < 0)
			break;
	}
	/* Late answers must not be the real init's. */
	while (sys_wait_signal(ANSWERS, 1, &unused) > 0)
		;
	(void)sys_signal_mask(mask, NULL);
	if (helpers->new_path)
		(void)sys_unlink(AT_FDCWD, PINTLE_HELPER_SPARE, 0);
}

/* ---- afterwards --------------------------------------------------------- */

void helpers_close(struct helpers *helpers)
{
	/* Never opened: its descriptors would be 0. */
	if (!helpers->open)
		return;
	helpers->open = false;
	pins_close(&helpers->old_target);
	pins_close(&helpers->new_target);
}

static int note_pins(const struct pin *pin, void *ctx)
{
	struct helper *helper = helper_of(ctx, pin->pid);

	if (helper && helper->pin.start_time == pin->start_time) {
		helper->after = pin->pins;
		helper->after_bytes = pin->bytes;
	}
	return 0;
}

void helpers_observe(struct helpers *helpers)
{
	struct fail why;

	if (!helpers->open)
		return;
	helpers->old_target.what = ~(unsigned)PINS_WHO;
	if (pins_scan(&helpers->old_target, note_pins, helpers, &helpers->left,
		      &why) < 0)
		log_line(LOG_WARNING, "%s, ignoring", why.what);
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		/* One that was seen in the new root, and now in the old one by
		 * what it holds alone, is alive and where it was. */
		if (helper->outcome == HELPER_PENDING ||
		    helper->outcome == HELPER_STAYED ||
		    (helper->outcome == HELPER_MOVED &&
		     (!helper->after || helper->after & PINS_PLACE)))
			(void)look(helpers, helper);
		if (helper->outcome == HELPER_PENDING)
			stayed(helper, helper->mover == MOVER_KERNEL
					       ? "pivot_root did not move it"
					       : "nobody was to move it");
		/* Children come and go; a declared helper is missed. */
		if (helper->outcome == HELPER_ENDED && helper->rule &&
		    helper->rule->pid == helper->pin.pid)
			(void)str_copy(helper->why, sizeof(helper->why),
				       "it has ended");
		/* Also one that ended, or that had to be killed. */
		if (helper->why[0] && !helper->stranger)
			log_line(LOG_WARNING, "move '%s' (pid %d) by %s: %s",
				 helper->pin.name, helper->pin.pid,
				 mover_name(helper->mover), helper->why);
	}
}
