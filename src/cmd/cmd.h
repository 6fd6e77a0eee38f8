/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the commands: each has a file, a row in the table of cmd.c, which has
 * its help text, and a line below
 *
 * A command gets its own name as argv[0] and the environment, prints what it
 * has to say, and returns the exit status.
 */
#pragma once

typedef int cmd_fn(int argc, char *argv[], char *envp[]);

struct command {
	const char *name; /* the name of the program, or its first argument */
	cmd_fn *run;
	const char *arguments; /* NULL: the help does not list this name */
	const char *does;
};

/* the command of that name, or NULL */
const struct command *cmd_find(const char *name);

/* The first argument of the process, which names it in /proc; `helper --mark`
 * changes it. */
extern char *cmd_title;

/* switch-root.c: pintle-switch-root(8) */
cmd_fn cmd_switch_root;
cmd_fn cmd_run_init;
cmd_fn cmd_pivot_root;

/* The others: pintle(8), pintle-altroot(8). */
cmd_fn cmd_altroot;
cmd_fn cmd_help;
cmd_fn cmd_helper;
cmd_fn cmd_migrate;
cmd_fn cmd_modprobe;
cmd_fn cmd_pins;
cmd_fn cmd_probe;
cmd_fn cmd_report;
cmd_fn cmd_version;
