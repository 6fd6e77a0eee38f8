/* SPDX-License-Identifier: MIT */
#include "dropin.h"

#include <errno.h>
#include <fcntl.h>

#include "fail.h"
#include "helpers.h"
#include "initfile.h"
#include "kernfs.h"
#include "log.h"
#include "settings.h"
#include "switch.h"
#include "sys.h"

/* What callers compare with: util-linux, include/exitcodes.h and errexec(). */
#define EXIT_FAILED	    1
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127

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
	static struct switch_state state = { .may_pivot = true,
					     .may_move = true };
	static struct helpers helpers;
	static struct fail why;
	struct empty freed;
	int r;

	log_as_command(true);
	log_stage("switch_root");
	if (argc < 3) {
		log_line(LOG_ERROR, "usage: switch_root NEW_ROOT INIT "
				    "[ARGUMENT...]");
		return EXIT_FAILED;
	}
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
	helpers = (struct helpers){
		.pivot = !state.parentless,
		.any_mount = state.old_kept == NULL,
		.old_fd = state.old_fd,
		.new_fd = state.new_fd,
	};
	r = helpers_find(&helpers, NULL, 0, &why);
	if (r == 0)
		r = switch_carry(&state, helpers.count > 0, &why);
	if (r == 0) {
		helpers_move(&helpers);
		r = switch_turn(&state, &why);
	}
	if (r < 0) {
		switch_close(&state);
		return say(&why, EXIT_FAILED);
	}
	/* No way back from here. */
	helpers_observe(&helpers);
	helpers_close(&helpers);
	switch_clean(&state, SETTINGS_FREE_US, &freed);
	switch_close(&state);
	(void)sys_close_range_cloexec(3);
	r = sys_execveat(AT_FDCWD, argv[2], argv + 2, envp, 0);
	(void)fail(&why, -r, "execute init '%s'", argv[2]);
	return say(&why, exec_status(-r));
}
