/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the commands: one file each, and one row each in the table of cmd.c
 *
 * A command gets its own name as argv[0] and the environment, prints what it has
 * to say, and returns the exit status.
 */
#pragma once

/* Who called us, by name, and what the help says of it. */
struct command {
	const char *name;
	int (*run)(int argc, char *argv[], char *envp[]);
	const char *arguments; /* NULL: the help does not list this name */
	const char *does;
};

/* the command of that name, or NULL */
const struct command *cmd_find(const char *name);

/* The first argument of the process, which names it in /proc; `helper --mark`
 * changes it. */
extern char *cmd_title;

/* switch-root.c: pintle-switch-root(8) */
int cmd_switch_root(int argc, char *argv[], char *envp[]);
int cmd_run_init(int argc, char *argv[], char *envp[]);
int cmd_pivot_root(int argc, char *argv[], char *envp[]);

/* The others: pintle(8), pintle-altroot(8). */
int cmd_altroot(int argc, char *argv[], char *envp[]);
int cmd_help(int argc, char *argv[], char *envp[]);
int cmd_helper(int argc, char *argv[], char *envp[]);
int cmd_migrate(int argc, char *argv[], char *envp[]);
int cmd_modprobe(int argc, char *argv[], char *envp[]);
int cmd_pins(int argc, char *argv[], char *envp[]);
int cmd_probe(int argc, char *argv[], char *envp[]);
int cmd_report(int argc, char *argv[], char *envp[]);
int cmd_version(int argc, char *argv[], char *envp[]);
