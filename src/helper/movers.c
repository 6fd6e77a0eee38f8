/* SPDX-License-Identifier: MIT */
#include "helper/movers.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "console/plymouth.h"
#include "helper/choose.h"
#include "helper/helpers.h"
#include "helper/mover-ptrace.h"
#include "helper/mover-signal.h"
#include "helper/outcome.h"
#include "helper/serves.h"

/* How many processes are traced at once. */
#define TRACED_MAX  32
#define TRACERS_MAX 64

void movers_set_deadline(struct helper *helper)
{
	int64_t us =
		helper->rule ? helper->rule->deadline_us : HELPERS_DEADLINE_US;

	helper->deadline_us = sys_now_us() + (helper->spare ? us / 2 : us);
}

bool movers_waits_for(const struct helper *helper)
{
	return helper->outcome == HELPER_PENDING && helper->mover->expire;
}

/* The mover of @helper failed. Unless a rule names that very mover, ptrace is
 * next. */
static void mover_failed(struct helper *helper, const char *why)
{
	if (!helper->spare ||
	    (!helper->harmless && serves_storage(&helper->pin))) {
		outcome_stayed(helper, why);
		return;
	}
	log_line(LOG_WARNING, "move '%s' (pid %d) by %s: %s, injecting",
		 helper->pin.name, helper->pin.pid, helper->mover->name, why);
	helper->mover = &mover_inject;
}

/* ---- auto and none ------------------------------------------------------- */

/* By this mover a rule leaves the choice to us. */
const struct mover mover_auto = {
	.name = "auto",
	.scope = MOVER_FOR_NONE,
};

const struct mover mover_none = {
	.name = "none",
	.scope = MOVER_FOR_ALL,
	.late = "nobody was to move it",
};

/* ---- kernel: pivot_root moves a process that is exactly at "/" ----------- */

static bool kernel_can(const struct helpers *helpers,
		       const struct helper *helper)
{
	return helper->pin.exact && helpers->pivot;
}

const struct mover mover_kernel = {
	.name = "kernel",
	.scope = MOVER_FOR_ITSELF,
	.late = "pivot_root did not move it",
	.can = kernel_can,
};

/* ---- stop: SIGTERM, then SIGKILL ----------------------------------------- */

/* The pidfd is opened first. Then outcome_look() checks that this is still the
 * process that was found: its number may belong to another one by now. */
static void stop_with(struct helpers *helpers, struct helper *helper,
		      int signal)
{
	_auto_close int pidfd = sys_pidfd_open(helper->pin.pid);
	int r = outcome_look(helpers, helper);

	if (helper->outcome != HELPER_PENDING)
		return;
	if (r == 0)
		r = pidfd;
	if (r >= 0)
		r = sys_pidfd_send_signal(pidfd, signal, NULL);
	if (r < 0)
		outcome_stayed(helper, fail_reason(r));
	else
		/* A process that was stopped takes SIGTERM when it goes on. */
		(void)sys_pidfd_send_signal(pidfd, SIGCONT, NULL);
}

static void stop_start(struct helpers *helpers, struct helper *helper)
{
	stop_with(helpers, helper, SIGTERM);
}

static void stop_expire(struct helpers *helpers, struct helper *helper)
{
	if (helper->why[0]) {
		outcome_stayed(helper, "");
		return;
	}
	/* After SIGKILL there is only the kernel to wait for. */
	(void)str_copy(helper->why, sizeof(helper->why), mover_stop.late);
	stop_with(helpers, helper, SIGKILL);
	helper->deadline_us = sys_now_us() + HELPERS_DEADLINE_US;
}

const struct mover mover_stop = {
	.name = "stop",
	.scope = MOVER_FOR_ALL,
	.stops = true,
	.late = "it did not end on SIGTERM",
	.start = stop_start,
	.expire = stop_expire,
};

/* Who is asked goes to where we stand, and that is one place for all. So a
 * process that is chrooted cannot be asked, as it would leave its jail. */
static bool is_at_root(const struct helper *helper)
{
	return helper->pin.roots == helper->pin.threads &&
	       !helper->pin.chrooted && !helper->pin.foreign_ns;
}

static const char not_at_root[] = "its root is not our \"/\"";
static const char not_our_mounts[] =
	"it has a mount namespace of its own; declare it with the mover inject";

/* ---- signal: the process handles the signal of pintle-helper.h ----------- */

static bool signal_can(const struct helpers *helpers,
		       const struct helper *helper)
{
	(void)helpers;
	return helper->volunteer != VOLUNTEER_NOT && is_at_root(helper);
}

/* The process does not handle the signal after all, and nobody but the process
 * itself had said that it would: it is treated as if it had never said so. */
static void signal_disbelieve(struct helpers *helpers, struct helper *helper)
{
	helper->volunteer = VOLUNTEER_NOT;
	helper->spare = false;
	choose_again(helpers, helper);
	movers_set_deadline(helper);
	if (helper->mover->start)
		helper->mover->start(helpers, helper);
}

/* The request came to nothing. A process that had only volunteered is moved by
 * ptrace if it still volunteers itself: by now it may be another program. */
static void signal_failed(struct helpers *helpers, struct helper *helper,
			  const char *why)
{
	enum volunteer is = choose_volunteer(helper);

	/* It still has what its parent has announced: it is left alone. */
	if (choose_only_inherited(helper) && is == VOLUNTEER_BY_PARENT)
		outcome_stayed(helper, why);
	else if (choose_only_volunteered(helper) && is != VOLUNTEER_ITSELF)
		signal_disbelieve(helpers, helper);
	else
		mover_failed(helper, why);
}

static void signal_start(struct helpers *helpers, struct helper *helper)
{
	struct fail why;
	int pidfd;
	int r;

	(void)str_copy(why.what, sizeof(why.what),
		       helper->pin.foreign_ns ? not_our_mounts : not_at_root);
	if (helpers->entered < 0)
		(void)fail(&why, helpers->entered, "enter the new root");
	if (helpers->entered < 0 || !is_at_root(helper)) {
		signal_failed(helpers, helper, why.what);
		return;
	}
	pidfd = r = sys_pidfd_open(helper->pin.pid);
	/* Another process may have its number by now, and nothing was declared
	 * about that one. */
	if (r >= 0 && helper->declared)
		(void)outcome_look(helpers, helper);
	if (r >= 0 && helper->outcome == HELPER_PENDING)
		r = mover_signal_ask(pidfd, helper->pin.pid,
				     helpers->old_target.pids_are_ours,
				     helper->declared, &why);
	if (pidfd >= 0)
		(void)sys_close(pidfd);
	if (helper->outcome != HELPER_PENDING)
		return;
	if (r == -ESRCH)
		helper->outcome = HELPER_ENDED;
	else if (r < 0)
		signal_failed(helpers, helper,
			      pidfd < 0 ? fail_reason(pidfd) : why.what);
}

static void signal_expire(struct helpers *helpers, struct helper *helper)
{
	signal_failed(helpers, helper,
		      helper->pin.stopped
			      ? "it is stopped and did not take the signal "
				"in time"
			      : mover_signal.late);
}

const struct mover mover_signal = {
	.name = "signal",
	.scope = MOVER_FOR_ITSELF,
	.asks = true,
	.late = "it did not act on the signal in time",
	.can = signal_can,
	.start = signal_start,
	.expire = signal_expire,
};

/* ---- plymouth: a request of plymouthd's own ------------------------------ */

static bool plymouth_can(const struct helpers *helpers,
			 const struct helper *helper)
{
	return helper->pin.pid == helpers->plymouthd && is_at_root(helper);
}

static void plymouth_start(struct helpers *helpers, struct helper *helper)
{
	struct fail why;
	char path[32];
	int pid, fd;

	if (helpers->plymouth_fd >= 0)
		return;
	if (helpers->entered < 0) {
		(void)fail(&why, helpers->entered, "enter the new root");
		mover_failed(helper, why.what);
		return;
	}
	fd = plymouth_open(&pid, &why);
	/* As with the signal, this is the place where we stand, whatever the
	 * root of plymouthd is. */
	(void)str_format(path, sizeof(path), "/proc/%d/cwd", sys_getpid());
	if (fd >= 0 && plymouth_ask(fd, PLYMOUTH_NEW_ROOT, path, &why) == 0) {
		helpers->plymouth_fd = fd;
		return;
	}
	if (fd >= 0)
		(void)sys_close(fd);
	mover_failed(helper, why.what);
}

static void plymouth_take(struct helpers *helpers, struct helper *helper)
{
	int r;

	if (helpers->plymouth_fd < 0)
		return;
	r = plymouth_answer(helpers->plymouth_fd, helper->deadline_us);
	sys_auto_close(&helpers->plymouth_fd);
	helpers->plymouth_fd = -1;
	(void)outcome_look(helpers, helper);
	if (helper->outcome != HELPER_PENDING)
		return;
	mover_failed(helper,
		     r == 0 ? "it said that it had moved, but it has not"
		     : r == -ETIMEDOUT ? mover_plymouth.late
				       : "it refused");
}

/* This moves plymouthd even if it is a child of the process that a rule
 * started, because it has become a daemon. */
const struct mover mover_plymouth = {
	.name = "plymouth",
	.scope = MOVER_FOR_NONE,
	.asks = true,
	.late = "it did not answer in time",
	.can = plymouth_can,
	.start = plymouth_start,
	.take = plymouth_take,
};

/* ---- inject: the process is made to call chdir and chroot ---------------- */

static bool inject_can(const struct helpers *helpers,
		       const struct helper *helper)
{
	(void)helpers;
	(void)helper;
	return true;
}

/* There is no start function: movers_trace() does everything later, after other
 * movers may have failed. */
const struct mover mover_inject = {
	.name = "inject",
	.scope = MOVER_FOR_ALL,
	.stops = true,
	.late = "its calls succeeded, but it is not in the new root",
	.can = inject_can,
};

/* Tracers of ours that could not leave their target yet. They must not be
 * stopped as helpers, or what they wait for would be stopped, too. They are
 * also remembered for a switch that is tried again. */
static int tracers[TRACERS_MAX];
static unsigned tracer_count;

bool movers_is_tracer(int pid)
{
	for (unsigned i = 0; i < tracer_count; i++)
		if (tracers[i] == pid)
			return true;
	return false;
}

/* The result of @move, and not yet what came of it. */
static int end_trace(struct mover_ptrace *move, struct fail *why)
{
	int r = mover_ptrace_take(move, why);

	if (move->left && tracer_count + 2 <= TRACERS_MAX) {
		tracers[tracer_count++] = move->left;
		if (move->tracer != 0)
			tracers[tracer_count++] = move->tracer;
	}
	return r;
}

static int begin_trace(struct helpers *helpers, struct helper *helper,
		       struct mover_ptrace *move, struct fail *why)
{
	movers_set_deadline(helper);
	/* Its turn comes late, and it may be another program by now. */
	if (choose_only_volunteered(helper) &&
	    choose_volunteer(helper) != VOLUNTEER_ITSELF)
		return fail_said(why, ESRCH, "it is another program by now");
	if (mover_ptrace_again(move, helper->pin.pid, helper->pin.start_time,
			       helper->deadline_us))
		return 0;
	mover_ptrace_quit(move);
	return mover_ptrace_begin(helper->pin.pid, helper->pin.start_time,
				  &helpers->old_target, helpers->new_fd,
				  helpers->pivot, helper->deadline_us, move,
				  why);
}

/* Begin with the next helper that waits for it, by @move. NULL: there is none. */
static struct helper *trace_next(struct helpers *helpers, struct helper **next,
				 struct mover_ptrace *move)
{
	static struct fail why;

	while (*next < helpers->list + helpers->count) {
		struct helper *helper = (*next)++;

		if (helper->outcome != HELPER_PENDING ||
		    helper->mover != &mover_inject)
			continue;
		if (begin_trace(helpers, helper, move, &why) == 0)
			return helper;
		outcome_failed(helper, &why);
	}
	return NULL;
}

/* Trace up to TRACED_MAX helpers at once; the time of each begins when its turn
 * comes. While we look at what came of one, the next one is under way. */
void movers_trace(struct helpers *helpers)
{
	struct mover_ptrace moves[TRACED_MAX] = { 0 };
	struct helper *who[TRACED_MAX];
	struct helper *next = helpers->list;
	unsigned left = 0;

	for (unsigned i = 0; i < TRACED_MAX; i++) {
		who[i] = trace_next(helpers, &next, &moves[i]);
		left += who[i] != NULL;
	}
	for (unsigned i = 0; left > 0; i = (i + 1) % TRACED_MAX) {
		struct helper *helper = who[i];
		static struct fail why;
		int r;

		if (!helper)
			continue;
		r = end_trace(&moves[i], &why);
		who[i] = trace_next(helpers, &next, &moves[i]);
		left -= who[i] == NULL;
		(void)outcome_look(helpers, helper);
		if (helper->outcome != HELPER_PENDING ||
		    r == MOVER_PTRACE_WAITS)
			continue;
		if (r < 0)
			outcome_failed(helper, &why);
		else
			outcome_stayed(helper, mover_inject.late);
	}
	for (unsigned i = 0; i < TRACED_MAX; i++)
		mover_ptrace_quit(&moves[i]);
}

/* ---- all of them --------------------------------------------------------- */

const struct mover *const movers[] = {
	&mover_auto,
	/* This comes before the kernel, because plymouthd reads its theme and
	 * its locale again when it is asked to move. */
	&mover_plymouth,
	&mover_kernel,
	&mover_signal,
	&mover_inject,
	/* These are never chosen by themselves. */
	&mover_stop,
	&mover_none,
	NULL,
};

const struct mover *movers_by_name(const char *name)
{
	for (unsigned i = 0; movers[i]; i++)
		if (strcmp(movers[i]->name, name) == 0)
			return movers[i];
	return NULL;
}
