/* SPDX-License-Identifier: MIT */
#include "root/wait.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "base/child.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/settings.h"
#include "console/plymouth.h"
#include "device/drivers.h"
#include "device/hooks.h"

/* A wait says what it waits for after this time. */
#define NOTICE_US ((int64_t)3000000)
/* How long a splash that does not answer may delay the boot, twice. */
#define SPLASH_US ((int64_t)200000)
/* How long a killed child may take to end. */
#define KILLED_US ((int64_t)1000000)

static void wait_give_notice(struct wait *wait)
{
	if (wait->total_us)
		(void)str_format(wait->notice, sizeof(wait->notice),
				 "waiting for '%s', up to %lld s", wait->what,
				 (long long)(wait->total_us / 1000000));
	else
		(void)str_format(wait->notice, sizeof(wait->notice),
				 "waiting for '%s', without end (rootwait)",
				 wait->what);
	log_line(LOG_NOTICE, "%s", wait->notice);
	(void)plymouth_tell(PLYMOUTH_MESSAGE, wait->notice,
			    sys_now_us() + SPLASH_US);
}

static int64_t min_us(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* While a device is waited for: give the notice or run the "late" hooks,
 * whichever is due first, and be called when the other is. */
static void wait_call(struct device_until *until)
{
	struct wait *wait = (struct wait *)until;

	if (wait->notice[0] || wait->late_us < wait->notice_us) {
		hooks_late();
		wait->late_us = INT64_MAX;
	} else {
		wait_give_notice(wait);
	}
	until->call_us = min_us(wait->notice[0] ? INT64_MAX : wait->notice_us,
				wait->late_us);
}

void wait_begin(struct wait *wait, const char *what, int64_t total_us)
{
	int64_t now_us = sys_now_us();

	hooks_begin();
	wait->what = what;
	wait->total_us = total_us;
	wait->until.deadline_us = total_us ? now_us + total_us : SYS_FOREVER;
	wait->notice_us = now_us + NOTICE_US;
	wait->late_us =
		now_us + (total_us ? total_us : SETTINGS_WAIT_US) * 2 / 3;
	wait->notice[0] = '\0';
	wait->until.call_us = min_us(wait->notice_us, wait->late_us);
	wait->until.call = wait_call;
}

_Static_assert(offsetof(struct wait, until) == 0, "wait_call() depends on it");

int64_t wait_until_us(const struct wait *wait)
{
	bool is_before_notice = wait->until.deadline_us != SYS_FOREVER &&
				wait->until.deadline_us < wait->notice_us;

	return wait->notice[0] || is_before_notice ? wait->until.deadline_us
						   : wait->notice_us;
}

bool wait_is_over(struct wait *wait)
{
	if (wait_until_us(wait) == wait->until.deadline_us)
		return true;
	wait_give_notice(wait);
	return false;
}

void wait_end(const struct wait *wait)
{
	if (wait->notice[0])
		(void)plymouth_tell(PLYMOUTH_NO_MESSAGE, wait->notice,
				    sys_now_us() + SPLASH_US);
}

static void kill_child(struct child_job *job)
{
	struct child_end end;

	(void)sys_kill(job->pid, SIGKILL);
	/* A signal that kills ends a wait for a server's answer, too. */
	(void)sys_wait_readable(job->fd, sys_now_us() + KILLED_US);
	if (!child_reap_job(job, &end))
		sys_auto_close(&job->fd);
}

int wait_child(struct wait *wait, struct child_job *job,
	       void (*news)(void *ctx), void *ctx)
{
	int r;

	do {
		int fds[1 + DRIVERS_JOBS] = { job->fd };
		struct child_end end;

		(void)drivers_work();
		drivers_fds(fds + 1);
		r = job->fd < 0 ? job->fd
				: sys_wait_any(fds, 1 + DRIVERS_JOBS,
					       wait_until_us(wait));
		if (r > 0 && child_reap_job(job, &end))
			return end.signal     ? EINTR
			       : end.code < 0 ? -ECHILD
					      : end.code;
		if (r == 0 && news)
			news(ctx);
		if (r == 0 && wait_is_over(wait))
			r = -ETIMEDOUT;
	} while (r >= 0);
	kill_child(job);
	return r;
}
