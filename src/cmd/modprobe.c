/* SPDX-License-Identifier: MIT */
/*
 * modprobe.c - what the kernel calls as /sbin/modprobe during a boot
 */
#include "cmd/cmd.h"

#include "base/log.h"
#include "base/sys.h"
#include "config/cmdline.h"
#include "console/console.h"
#include "device/drivers.h"
#include "device/modules.h"

/*
 * The kernel runs modprobe, and waits for it, when it needs something that it
 * knows only by name: a target of the device mapper, a level of an array, a
 * cipher. It starts the program without descriptors (kernel/umh.c).
 */
int cmd_modprobe(int argc, char *argv[], char *envp[])
{
	(void)envp;
	console_hold_stdio();
	log_open("");
	(void)cmdline_each(CMDLINE_KERNEL, modules_parameter, NULL);
	drivers_read();
	if (!drivers_want(argv[argc - 1], true))
		return 1;
	while (drivers_work())
		if (drivers_wait(SYS_FOREVER) < 0)
			return 1;
	return 0;
}
