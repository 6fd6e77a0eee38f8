/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"

#include <fcntl.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "config/settings.h"
#include "console/console.h"
#include "device/drivers.h"
#include "device/modules.h"

/*
 * A target of the device mapper, the level of an array, a cipher: what is known
 * by name only when it is used, the kernel asks modprobe for, and waits. It
 * starts us without descriptors (kernel/umh.c).
 */
int cmd_modprobe(int argc, char *argv[], char *envp[])
{
	static char line[16384];

	(void)envp;
	console_hold_stdio();
	log_open("");
	if (io_read_file(AT_FDCWD, "/proc/cmdline", line, sizeof(line)) > 0)
		settings_each(line, modules_parameter, NULL);
	drivers_read();
	if (!drivers_want(argv[argc - 1], true))
		return 1;
	while (drivers_work())
		if (drivers_wait(SYS_FOREVER) < 0)
			return 1;
	return 0;
}
