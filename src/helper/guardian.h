/* SPDX-License-Identifier: MIT */
/*
 * guardian.h - pintle helper: move an unmodified program with its guardian
 *
 * The guardian starts the program as its child, with one fs_struct for both
 * (clone(2), CLONE_FS; an exec keeps it: fs/exec.c makes no new one). So when
 * the request of mover-signal.h comes and the guardian calls chdir and chroot,
 * the program has moved as well, and notices nothing.
 *
 * The program and its threads share that structure. The processes that it forks
 * have copies, and if it becomes a daemon, the daemon is one of these.
 */
#pragma once

#include <stdbool.h>

/* What a guardian that moves its program is called, in /proc/PID/status: a
 * request to it is one to its program. */
#define GUARDIAN_MOVES "pintle"
/* What a guardian with --migrate=stop is called, in /proc/PID/status: a request
 * to it ends its program. */
#define GUARDIAN_STOPS "pintle-stop"

/* What the two processes do between the fork and the start of the program. */
struct guardian_hooks {
	/* In the program's process; false: it failed, and said why. */
	bool (*enter)(void);
	/* In the guardian, which then closes all of its descriptors. */
	void (*stay)(void);
};

/*
 * pintle helper [--migrate=move|stop|stay] [--mark] [--] COMMAND [ARGUMENT...]
 *
 * @title:  the first argument of this process, which --mark changes
 *
 * Ends as COMMAND did, with the same status or by the same signal; with 125,
 * 126 or 127 if it could not be started. See pintle(8).
 */
int guardian(char *title, int argc, char *argv[], char *envp[]);

/*
 * guardian_with - start @argv as a child, with @hooks; no request moves it
 *
 * Ends as guardian() does. It returns only if there is no child: 125, after it
 * said why.
 */
int guardian_with(const struct guardian_hooks *hooks, char *argv[],
		  char *envp[]);
/* Execute @argv, found by PATH, in place of this process. Returns 126 or 127
 * after it said why it failed; @mark: as --mark. */
int guardian_become(bool mark, char *argv[], char *envp[]);
