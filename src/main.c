/* SPDX-License-Identifier: MIT */
/*
 * main.c - who was called: by name, by first argument, or by the kernel
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "altroot.h"
#include "boot.h"
#include "dropin.h"
#include "fail.h"
#include "guardian.h"
#include "io.h"
#include "migrate.h"
#include "modprobe.h"
#include "pinscmd.h"
#include "probecmd.h"
#include "report.h"
#include "str.h"
#include "sys.h"

#ifndef PINTLE_VERSION
#define PINTLE_VERSION "unknown"
#endif

static int print(const char *string)
{
	return io_write(1, string, strlen(string)) < 0 ? 1 : 0;
}

static int complain(const char *what, const char *object, const char *reason)
{
	char line[400];

	if (str_format(line, sizeof(line), "pintle: %s '%s': %s\n", what,
		       object, reason) == 0)
		(void)io_write(2, line, strlen(line));
	return 1;
}

/* pintle report [--json] [FILE] */
static int run_report(int argc, char *argv[], char *envp[])
{
	static char buf[65537];
	const char *path = REPORT_TEXT;
	int at = 1;
	long n;

	(void)envp;
	if (at < argc && strcmp(argv[at], "--json") == 0) {
		path = REPORT_JSON;
		at++;
	}
	if (at < argc)
		path = argv[at];
	n = io_read_file(AT_FDCWD, path, buf, sizeof(buf));
	if (n == -ENOENT && at >= argc)
		return complain("read the report", path,
				"this system was not booted by pintle");
	if (n < 0)
		return complain("read the report", path, fail_reason((int)n));
	return io_write(1, buf, (size_t)n) < 0 ? 1 : 0;
}

/* The first argument, which names this process in /proc: the one string that
 * `helper --mark` has to change. */
static char *title;

static int run_helper(int argc, char *argv[], char *envp[])
{
	return guardian(title, argc, argv, envp);
}

static int run_version(int argc, char *argv[], char *envp[])
{
	(void)argc;
	(void)argv;
	(void)envp;
	return print("pintle " PINTLE_VERSION "\n");
}

static int run_help(int argc, char *argv[], char *envp[])
{
	(void)argc;
	(void)argv;
	(void)envp;
	/* A command that is misused says its own usage. */
	return print("usage: pintle switch-root|run-init|pivot-root|helper|"
		     "migrate|report|pins|probe|altroot|--version ..., or "
		     "/init as pid 1; see pintle(8)\n");
}

/* By the name it is called by, or as "pintle NAME". */
static const struct {
	const char *name;
	int (*run)(int argc, char *argv[], char *envp[]);
} commands[] = {
	{ "switch_root", dropin_switch_root },
	{ "switch-root", dropin_switch_root },
	{ "run-init", dropin_run_init },
	{ "pivot_root", dropin_pivot_root },
	{ "pivot-root", dropin_pivot_root },
	{ "helper", run_helper },
	{ "migrate", migrate_command },
	{ "report", run_report },
	{ "pins", pins_command },
	{ "probe", probe_command },
	{ "modprobe", modprobe_command },
	{ "altroot", altroot_command },
	{ "--version", run_version },
	{ "--help", run_help },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int find_command(const char *name)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return (int)i;
	return -1;
}

int main(int argc, char *argv[], char *envp[])
{
	const char *name = argc > 0 ? str_base(argv[0]) : "";
	int command = find_command(name);

	sys_small_pages();
	title = argc > 0 ? argv[0] : NULL;
	if (command >= 0)
		return commands[command].run(argc, argv, envp);
	/* Only under its own name: the kernel gives /init words of its
	 * command line as arguments, and "report" may be among them. */
	if (argc > 1 && strcmp(name, "pintle") == 0) {
		command = find_command(argv[1]);
		if (command >= 0)
			return commands[command].run(argc - 1, argv + 1, envp);
	}
	if (sys_getpid() == 1)
		boot(argv, envp);
	(void)run_help(argc, argv, envp);
	return 2;
}
