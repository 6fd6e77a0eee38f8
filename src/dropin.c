/* SPDX-License-Identifier: MIT */
#include "dropin.h"

#include <errno.h>
#include <fcntl.h>

#include "cross.h"
#include "fail.h"
#include "helpers.h"
#include "initfile.h"
#include "kernfs.h"
#include "log.h"
#include "report.h"
#include "settings.h"
#include "switch.h"
#include "sys.h"

/* What callers compare with: util-linux, include/exitcodes.h and errexec(). */
#define EXIT_FAILED	    1
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127

/* In the place of what only who called this knows. */
#define BY_CALLER "(by the caller)"

static int exec_status(int error)
{
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static int say(const struct fail *why, int status)
{
	log_line(LOG_ERROR, "%s", why->what);
	if (*why->todo)
		log_line(LOG_ERROR, "%s", why->todo);
	return status;
}

int dropin_switch_root(int argc, char *argv[], char *envp[])
{
	static struct switch_state state;
	static struct helper_rule rules[POLICY_RULES];
	static struct helpers helpers;
	static struct report report;
	static struct fail why;
	struct sys_stat run;
	int r;

	log_as_command(true);
	log_stage("switch_root");
	if (argc < 3) {
		log_line(LOG_ERROR, "usage: switch_root NEW_ROOT INIT "
				    "[ARGUMENT...]");
		return EXIT_FAILED;
	}
	state.may_pivot = state.may_move = true;
	r = switch_prove(argv[1], &state, &why);
	if (r < 0) {
		switch_close(&state);
		return say(&why, EXIT_FAILED);
	}
	r = initfile_prove(state.new_fd, argv[2], &why);
	if (r < 0) {
		switch_close(&state);
		return say(&why, exec_status(-r));
	}
	/* Last: what is wrong with the operands is the better reason. */
	if (sys_getpid() != 1) {
		switch_close(&state);
		(void)fail_said(&why, EPERM,
				"switch to '%s': only pid 1 may, and this is "
				"another process; use exec",
				argv[1]);
		return say(&why, EXIT_FAILED);
	}
	helpers.any_mount = state.old_kept == NULL;
	report_begin(&report, "switch");
	r = cross(&state, &helpers, rules, policy_read(rules), SETTINGS_FREE_US,
		  &report, &why);
	if (r < 0)
		return say(&why, EXIT_FAILED);
	report.root_spec = report.root_device = report.root_type = BY_CALLER;
	report.init = argv[2];
	report_end(&report);
	/* On a disk it would outlive this boot. */
	if (sys_stat(AT_FDCWD, "/run", 0, &run) == 0 && run.mount_root)
		report_write(&report);
	(void)sys_close_range_cloexec(3);
	r = sys_execveat(AT_FDCWD, argv[2], argv + 2, envp, 0);
	(void)fail(&why, -r, "execute init '%s'", argv[2]);
	return say(&why, exec_status(-r));
}
