/* SPDX-License-Identifier: MIT */
/*
 * main.c - find the command: by name, by first argument, or by the kernel
 */
#include <string.h>

#include "base/str.h"
#include "base/sys.h"
#include "boot/boot.h"
#include "cmd/cmd.h"

int main(int argc, char *argv[], char *envp[])
{
	const char *name = argc > 0 ? str_base(argv[0]) : "";
	const struct command *command = cmd_find(name);

	sys_small_pages();
	cmd_title = argc > 0 ? argv[0] : NULL;
	if (command)
		return command->run(argc, argv, envp);
	/* To process 1 only under its own name: the kernel passes words of its
	 * command line to /init as arguments, and "report" may be among them.
	 * In the rescue shell, "/init report" is a command. */
	if (argc > 1 && (strcmp(name, "pintle") == 0 || sys_getpid() != 1)) {
		command = cmd_find(argv[1]);
		if (command)
			return command->run(argc - 1, argv + 1, envp);
	}
	if (sys_getpid() == 1)
		boot(argv, envp);
	(void)cmd_help(argc, argv, envp);
	return 2;
}
