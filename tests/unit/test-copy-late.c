/* SPDX-License-Identifier: MIT */
/* What is said of a late copy that comes to nothing. */
#include "helper/copy-late.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sys.h"
#include "helper/hold.h"
#include "helper/mover-ptrace.h"
#include "helper/task.h"
#include "tap.h"

#define SAYS "free what process '"

#ifndef ARCH_CANNOT

/* Both the tracer, which calls this, and its keeper are killed. */
static int kill_both(struct hold *hold, void *ctx)
{
	(void)hold;
	(void)ctx;
	(void)kill(getppid(), SIGKILL);
	(void)raise(SIGKILL);
	return 0;
}

/* The tracer hangs, and is still there after the deadline. */
static int hang(struct hold *hold, void *ctx)
{
	(void)hold;
	(void)ctx;
	(void)sleep(2);
	return 0;
}

/* It is refused after it has stopped. */
static int fail_plainly(struct hold *hold, void *ctx)
{
	(void)ctx;
	return hold_refuse(hold, EBUSY, "it is a test");
}

static int act_on(int pid, int (*act)(struct hold *hold, void *ctx),
		  struct fail *why)
{
	struct task_stat stat = { 0 };
	int64_t now_us = sys_now_us();

	*why = (struct fail){ 0 };
	(void)task_stat(pid, pid, &stat);
	return mover_ptrace_act(pid, stat.start_time, act, NULL,
				now_us + 300000, now_us + 300000, why);
}

static void test_sentences(void)
{
	static const struct {
		const char *name, *reason;
		int (*act)(struct hold *hold, void *ctx);
		int result;
	} rows[] = {
		{ "refused", "it is a test", fail_plainly, -EBUSY },
		{ "both are killed", "its tracers were killed", kill_both,
		  -EINTR },
		{ "the tracer hangs", "its tracer hangs", hang, -ETIMEDOUT },
	};
	struct fail why;
	int pid;

	is_int(act_on(getpid(), fail_plainly, &why), -EPERM, "this process");
	ok(strstr(why.what, SAYS) == why.what, "this process: %s", why.what);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r;

		pid = fork();
		if (pid == 0) {
			(void)pause();
			_exit(0);
		}
		r = act_on(pid, rows[i].act, &why);
		if (r == -EPERM) {
			ok(true, "%s # SKIP it may not be traced",
			   rows[i].name);
		} else {
			is_int(r, rows[i].result, "%s", rows[i].name);
			ok(strstr(why.what, SAYS) == why.what &&
				   strstr(why.what, rows[i].reason),
			   "%s: %s", rows[i].name, why.what);
			ok(!strstr(why.todo, "mover"), "%s: advice for a copy",
			   rows[i].name);
		}
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}

#else

static void test_sentences(void)
{
	ok(true, "nobody is stopped on this architecture");
}

#endif

int main(void)
{
	test_sentences();
	return tap_done();
}
