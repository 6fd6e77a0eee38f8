/* SPDX-License-Identifier: MIT */
#include "helper/choose.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/relay.h"
#include "base/sys.h"
#include "helper/helpers.h"
#include "helper/movers.h"
#include "helper/outcome.h"
#include "helper/volunteer.h"
#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"
#include "tap.h"

/* Who moves a helper, and whether ptrace is to spare. */
static const struct {
	const char *name;
	bool keep;
	enum volunteer volunteer;
	bool pivot;
	const struct mover *rule, *mover; /* no rule: a drop-in's helper */
	bool spare;
} rows[] = {
	{ "kept, asked", true, VOLUNTEER_ITSELF, false, &mover_auto,
	  &mover_signal, true },
	{ "stopped: it has all of its time", false, VOLUNTEER_ITSELF, false,
	  &mover_auto, &mover_stop, false },
	{ "stopped, whatever could move it", false, VOLUNTEER_NOT, true,
	  &mover_auto, &mover_stop, false },
	{ "stopped, with a mover of its rule", false, VOLUNTEER_ITSELF, false,
	  &mover_signal, &mover_stop, false },
	{ "announced by itself", true, VOLUNTEER_ITSELF, false, NULL,
	  &mover_signal, true },
	{ "announced by its parent: never traced", true, VOLUNTEER_BY_PARENT,
	  false, NULL, &mover_signal, false },
	{ "announced by its parent, and declared", true, VOLUNTEER_BY_PARENT,
	  false, &mover_auto, &mover_signal, true },
	{ "not announced: a stranger", true, VOLUNTEER_NOT, false, NULL,
	  &mover_none, false },
};

/* What a hook has started may be a daemon that serves the root, and would end
 * with the process that shows what it says. */
static void test_relay(void)
{
	static struct helpers helpers = { .booted = true };
	struct helper helper = { .pin = { .pid = 7, .name = RELAY_NAME } };

	choose_again(&helpers, &helper);
	ok(helper.mover != &mover_stop, "a relay is not stopped");
	helper = (struct helper){ .pin = { .pid = 7, .name = "hook" } };
	choose_again(&helpers, &helper);
	ok(helper.mover == &mover_stop, "but what it shows is");
}

/* The longest reason that hold.c has, of a thread with the longest name. */
static void test_reason(void)
{
	static const char reason[] =
		"move process '4194303 (fifteen letters), thread 4194302' by "
		"injection: it has its system calls dispatched to itself "
		"(Syscall User Dispatch), and this kernel does not let a "
		"tracer set that aside";
	static const char todo[] =
		"it is confined, by Landlock or by a user namespace; give it "
		"another mover, or stop it";
	struct helper helper = { .pin = { .pid = 7 } };
	struct fail why;

	(void)fail_said(&why, EPERM, "%s" FAIL_TODO "%s", reason, todo);
	outcome_failed(&helper, &why);
	is_str(helper.why, reason, "the longest reason is kept");
	is_str(helper.todo, todo, "and what can be done");
}

static void take_nothing(int number)
{
	(void)number;
}

/* A child that has only inherited what its parent announced, and takes no request:
 * nobody has said that it may be stopped or traced. */
static void test_inherited(void)
{
	static struct helpers helpers = { .booted = true };
	struct helper helper = { .volunteer = VOLUNTEER_BY_PARENT,
				 .pin = { .name = "x",
					  .threads = 1,
					  .roots = 1,
					  .exact = true,
					  .caught = SYS_SIGNAL(SIGURG) } };
	char name[40];
	int fd, pid;

	(void)snprintf(name, sizeof(name), PINTLE_HELPER_NAME ".%d", getpid());
	fd = sys_memfd(name, LINUX_MFD_NOEXEC_SEAL);
	(void)signal(SIGURG, take_nothing);
	pid = fork();
	if (pid == 0) {
		(void)sys_set_parent_death_signal(SIGKILL);
		for (;;)
			(void)pause();
	}
	helper.pin.pid = pid;
	choose_again(&helpers, &helper);
	ok(helper.mover == &mover_signal, "inherited: it is asked");
	mover_signal.expire(&helpers, &helper);
	is_int(helper.outcome, HELPER_STAYED,
	       "inherited: it stays where it is");
	ok(helper.mover != &mover_stop, "inherited: it is not stopped");
	is_int(waitpid(pid, NULL, WNOHANG), 0, "inherited: it lives");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(fd);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct helper_rule rule = { .mover = rows[i].rule,
						  .keep = rows[i].keep,
						  .pid = 7 };
		static struct helpers helpers;
		struct helper helper = { .rule = rows[i].rule ? &rule : NULL,
					 .volunteer = rows[i].volunteer,
					 .pin = { .pid = 7,
						  .name = "x",
						  .threads = 1,
						  .roots = 1,
						  .exact = true } };

		helpers = (struct helpers){ .booted = rows[i].rule,
					    .pivot = rows[i].pivot };
		choose_again(&helpers, &helper);
		is_str(helper.mover->name, rows[i].mover->name, "%s: by whom",
		       rows[i].name);
		is_int(helper.spare, rows[i].spare, "%s: to spare",
		       rows[i].name);
	}
	test_relay();
	test_reason();
	test_inherited();
	return tap_done();
}
