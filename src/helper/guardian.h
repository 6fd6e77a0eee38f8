/* SPDX-License-Identifier: MIT */
/*
 * guardian.h - pintle helper: an unmodified program that crosses
 *
 * The guardian starts the program as its child with one fs_struct for both
 * (clone(2), CLONE_FS; an exec keeps it: fs/exec.c makes no new one). So when
 * the request of mover-signal.h comes and the guardian calls chdir and chroot, the
 * program has moved as well, and knows nothing of it.
 *
 * What shares the structure is the program itself and its threads. What it
 * forks has a copy, and what it becomes by daemonising is no longer ours.
 */
#pragma once

#include <stdbool.h>

/* What is done between the fork and the start of a program, each by one. */
struct guardian_hooks {
	bool (*enter)(void); /* the program; false: it cannot, and said why */
	void (*stay)(void);  /* the guardian, which then closes all it has */
};

/*
 * pintle helper [--migrate=move|stop|stay] [--mark] [--] COMMAND [ARGUMENT...]
 *
 * @title:  this process's first argument, for --mark to change
 *
 * Ends as COMMAND did, by the same status or signal; 125, 126 or 127 where it
 * could not be started. See pintle(8).
 */
int guardian(char *title, int argc, char *argv[], char *envp[]);

/*
 * guardian_with - @argv as a child with @hooks, which no request moves
 *
 * Ends as guardian() does; returns where there is no child: 125, after having
 * said why.
 */
int guardian_with(const struct guardian_hooks *hooks, char *argv[],
		  char *envp[]);
/* @argv in the place of this process, found by PATH: 126 or 127, and why is
 * said; @mark as --mark */
int guardian_become(bool mark, char *argv[], char *envp[]);
