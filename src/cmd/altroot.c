/* SPDX-License-Identifier: MIT */
#include "altroot/altroot.h"
#include "cmd/cmd.h"

int cmd_altroot(int argc, char *argv[], char *envp[])
{
	return altroot_command(argc, argv, envp);
}
