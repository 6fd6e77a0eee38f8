/* SPDX-License-Identifier: MIT */
/*
 * helper.c - `pintle helper`: run a program behind a guardian
 */
#include "cmd/cmd.h"
#include "helper/guardian.h"

int cmd_helper(int argc, char *argv[], char *envp[])
{
	return guardian(cmd_title, argc, argv, envp);
}
