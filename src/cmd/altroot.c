/* SPDX-License-Identifier: MIT */
/*
 * altroot.c - `pintle altroot`: run a program over a second root
 */
#include "altroot/altroot.h"
#include "cmd/cmd.h"

int cmd_altroot(int argc, char *argv[], char *envp[])
{
	return altroot_command(argc, argv, envp);
}
