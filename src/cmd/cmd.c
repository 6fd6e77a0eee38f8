/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"

#include <stddef.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "base/version.h"
#include "helper/holder.h"

static const struct command commands[] = {
	{ "switch-root", cmd_switch_root, "[OPTION]... NEW_ROOT INIT [ARG]...",
	  "switch to NEW_ROOT and execute its INIT, as switch_root(8)" },
	{ "switch_root", cmd_switch_root, NULL, NULL },
	{ "run-init", cmd_run_init, "[OPTION]... NEW_ROOT INIT [ARG]...",
	  "the same with the options of klibc's run-init" },
	{ "pivot-root", cmd_pivot_root, "NEW_ROOT PUT_OLD",
	  "call pivot_root(2), and say which of its conditions failed" },
	{ "pivot_root", cmd_pivot_root, NULL, NULL },
	{ "helper", cmd_helper, "[OPTION]... [--] COMMAND [ARG]...",
	  "run COMMAND so that it can be moved to the new root" },
	{ "migrate", cmd_migrate, "[OPTION]... NEW_ROOT",
	  "move the helpers to NEW_ROOT, beside another switcher" },
	{ "pins", cmd_pins, "[--json] [DIR]",
	  "say which processes hold the mount of DIR" },
	{ "report", cmd_report, "[--json] [FILE]", "say what this boot did" },
	{ "probe", cmd_probe, "[OPTION]... DEVICE...",
	  "say what a device or a file holds" },
	{ "altroot", cmd_altroot, "[OPTION]... PROGRAM [ARG]...",
	  "run PROGRAM over a second root" },
	{ "modprobe", cmd_modprobe, NULL, NULL }, /* the kernel's request */
	{ "hold", holder_run, NULL, NULL },	  /* helper/holder.h */
	{ "--version", cmd_version, "", "say which version this is" },
	{ "--help", cmd_help, "", "this list" },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

char *cmd_title;

const struct command *cmd_find(const char *name)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

int cmd_version(int argc, char *argv[], char *envp[])
{
	static const char line[] = "pintle " PINTLE_VERSION "\n";

	(void)argc;
	(void)argv;
	(void)envp;
	return io_write(1, line, sizeof(line) - 1) < 0 ? 1 : 0;
}

int cmd_help(int argc, char *argv[], char *envp[])
{
	static char buf[4096];
	struct text text = { .buf = buf, .size = sizeof(buf) };

	(void)argc;
	(void)argv;
	(void)envp;
	text_add(&text, "usage: pintle COMMAND [ARGUMENT]..., or /init as "
			"process 1; see pintle(8)\n\n");
	for (unsigned i = 0; i < COMMANDS; i++)
		if (commands[i].arguments)
			text_add(&text, "  %s%s%s\n        %s\n",
				 commands[i].name,
				 *commands[i].arguments ? " " : "",
				 commands[i].arguments, commands[i].does);
	return io_write(1, buf, text.len) < 0 ? 1 : 0;
}
