/* SPDX-License-Identifier: MIT */
/*
 * switch-root.c - switch_root, run-init and pivot_root: the switch alone, for
 * an initramfs that another program has set up
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/version.h"
#include "boot/apimounts.h"
#include "boot/handover.h"
#include "boot/report.h"
#include "cmd/caps.h"
#include "cmd/options.h"
#include "config/cmdline.h"
#include "config/settings.h"
#include "console/console.h"
#include "console/shell.h"
#include "helper/helpers.h"
#include "switch/initfile.h"
#include "switch/pivot.h"
#include "switch/switch.h"

/* The statuses that callers know: util-linux, include/exitcodes.h,
 * errexec(). */
#define EXIT_FAILED	    1
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127

/* In the report, for what only the caller knows. */
#define BY_CALLER "(by the caller)"

/* What was asked for. */
struct order {
	const char *name; /* of the original program */
	bool klibc;	  /* run-init: the console is always opened, and the
			   * status of every failure is 1 */
	struct options options;
	char **operands; /* NEW_ROOT INIT ARGUMENT... */
	char **envp;
};

static struct settings settings;
static bool switched; /* past the point of no return */
/* Opened by the proof; they are needed until the init is executed. */
static struct caps caps = { 0, { -1, -1 } };

static int exec_status(const struct order *order, int error)
{
	if (order->klibc)
		return EXIT_FAILED;
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* -- what the three have in common ---------------------------------------- */

/*
 * Read the options and two operands; others may follow the second one. Returns
 * -1 to go on, or the exit status.
 */
static int read_order(int argc, char *argv[], bool bare, struct order *order)
{
	static struct fail why;
	char line[160];
	int r = options_parse(argc, argv, bare, &order->options, &why);

	(void)str_format(line, sizeof(line), "%s %s%s", order->name,
			 bare ? "" : "[-np] [-c CONSOLE] [-d CAPABILITY,...] ",
			 bare ? "NEW_ROOT PUT_OLD"
			      : "NEW_ROOT INIT [ARGUMENT...]");
	log_stage(order->name);
	if (r == 0 && (order->options.help || order->options.version)) {
		char out[200];

		if (order->options.help)
			r = str_format(out, sizeof(out), "usage: %s\n", line);
		else
			r = str_format(out, sizeof(out),
				       "%s from pintle " PINTLE_VERSION "\n",
				       order->name);
		return r < 0 || io_write(1, out, strlen(out)) < 0;
	}
	order->operands = argv + order->options.operand;
	/* Whoever wrote the command line sees standard error. Of pid 1 only
	 * the kernel's log may be seen. */
	log_as_command(!bare && !order->options.dry);
	if (r == 0 && (argc - order->options.operand < 2 ||
		       (bare && argc - order->options.operand > 2) ||
		       !*order->operands[0] || !*order->operands[1])) {
		log_line(LOG_ERROR, "usage: %s", line);
		return EXIT_FAILED;
	}
	if (r < 0) {
		fail_todo(&why, "usage: %s", line);
		log_fail(&why);
		return EXIT_FAILED;
	}
	return -1;
}

/* -- the switch ----------------------------------------------------------- */

static void keep_quiet(const char *sentence)
{
	(void)sentence;
}

/*
 * pintle.switch, pintle.free and rd.shell mean what they mean in a boot, except
 * that a shell is the default, as it is in the initramfs of the callers; there,
 * panic= forbids the shell. Without a command line the defaults hold.
 */
static void read_settings(bool dry)
{
	int r;

	settings_default(&settings);
	r = cmdline_read(CMDLINE_KERNEL, &settings, false,
			 dry ? keep_quiet : cmdline_warn);
	if (r < 0) {
		if (!dry)
			log_unread(CMDLINE_KERNEL, r);
		return;
	}
	if (!settings.shell_given)
		settings.shell = !settings.panic_given;
}

/* Prove everything that can be known: 0 or the exit status. */
static int prove(const struct order *order, struct switch_state *state,
		 struct fail *why)
{
	int r;

	if (switch_prove(order->operands[0], state, why) < 0)
		return EXIT_FAILED;
	r = initfile_prove(state->new_fd, order->operands[1], why);
	if (r < 0)
		return exec_status(order, -r);
	if (caps_prove(order->options.drop, &caps, why) < 0)
		return EXIT_FAILED;
	/* This comes last, as a wrong operand is the better reason. */
	if (order->options.dry || sys_getpid() == 1)
		return 0;
	(void)fail_said(why, EPERM,
			"switch to '%s': only pid 1 may, and this is another "
			"process; use exec",
			order->operands[0]);
	return EXIT_FAILED;
}

/* Do what is of use only in the new root. Nothing here stops the boot. */
static void settle(const struct order *order, struct report *report)
{
	const char *console = order->options.console;
	struct sys_stat run;
	int r = 0, run_r;

	if (console || order->klibc)
		r = console_open(console ? console : "/dev/console");
	if (r < 0 && console)
		log_line(LOG_WARNING, "open the console '%s': %s, ignoring",
			 console, fail_reason(r));
	report->root_spec = report->root_device = report->root_type = BY_CALLER;
	report->init = order->operands[1];
	report_end(report);
	/* On a disk the report would outlive this boot. */
	run_r = sys_stat(AT_FDCWD, "/run", 0, &run);
	if (run_r == 0 && run.mount_root)
		report_write(report);
	else if (run_r < 0)
		log_unread("/run", run_r);
	log_line(LOG_INFO,
		 "%s switch done, %llu files of the initramfs freed%s",
		 report->strategy, (unsigned long long)report->freed.files,
		 report->freed.out_of_time ? ", a child goes on" : "");
}

/* Switch, or only prove that it is possible. Returns the exit status with the
 * reason; 0 on success. */
static int attempt(const struct order *order, struct fail *why)
{
	static struct switch_state state;
	static struct helper_rule rules[RULES_MAX];
	static struct helpers helpers;
	static struct report report;
	int r, status;

	/* A proof must not be seen by any other process. */
	r = apimounts_lend_proc(order->options.dry || sys_getpid() != 1, why);
	if (r < 0)
		return EXIT_FAILED;
	read_settings(order->options.dry);
	state = (struct switch_state){
		.may_pivot = settings.choice != SWITCH_MOVE,
		.may_move = settings.choice != SWITCH_PIVOT,
		.keeps = order->options.dry || order->options.keep,
	};
	status = prove(order, &state, why);
	if (status != 0 || order->options.dry) {
		switch_close(&state);
	} else {
		helpers = (struct helpers){ .any_mount = !state.old_kept };
		if (order->options.keep)
			state.old_kept = "it was asked for (-p)";
		report = (struct report){ 0 };
		report_begin(&report, "switch");
		if (handover(&state, &helpers, rules, rules_read(rules),
			     settings.free_us, &report, why) < 0)
			status = EXIT_FAILED;
		else
			switched = true;
	}
	apimounts_return_proc(switched);
	if (switched)
		settle(order, &report);
	else
		caps_close(&caps);
	return status;
}

static int run(int argc, char *argv[], struct order *order)
{
	static struct fail why;
	int status = read_order(argc, argv, false, order);

	if (status >= 0)
		return status;
	if (!order->options.dry)
		log_open(order->operands[0]);
	for (;;) {
		status = switched ? 0 : attempt(order, &why);
		if (status == 0 && order->options.dry)
			return 0;
		/* Each time: no init runs with what it must not have, whatever
		 * happened at the shell. */
		if (status == 0 && caps_drop(&caps, &why) < 0)
			status = EXIT_FAILED;
		if (status == 0) {
			int r;

			(void)sys_close_range_cloexec(3);
			r = sys_execveat(AT_FDCWD, order->operands[1],
					 order->operands + 1, order->envp, 0);
			(void)fail(&why, r, "execute init '%s'",
				   order->operands[1]);
			status = exec_status(order, -r);
		}
		log_fail(&why);
		/*
		 * The script that called this with exec is gone, so a "|| sh"
		 * behind the call never runs. The shell is started from here,
		 * with everything as it was, and when it ends the switch is
		 * tried again.
		 */
		if (order->options.dry || sys_getpid() != 1 ||
		    !settings.shell || !rescue_shell())
			return status;
	}
}

int cmd_switch_root(int argc, char *argv[], char *envp[])
{
	static struct order order = { .name = "switch_root" };

	order.envp = envp;
	return run(argc, argv, &order);
}

int cmd_run_init(int argc, char *argv[], char *envp[])
{
	static struct order order = { .name = "run-init", .klibc = true };

	order.envp = envp;
	return run(argc, argv, &order);
}

int cmd_pivot_root(int argc, char *argv[], char *envp[])
{
	static struct order order = { .name = "pivot_root" };
	static struct fail why;
	int status = read_order(argc, argv, true, &order);

	(void)envp;
	if (status >= 0)
		return status;
	if (pivot(order.operands[0], order.operands[1], &why) == 0)
		return 0;
	log_fail(&why);
	return EXIT_FAILED;
}
