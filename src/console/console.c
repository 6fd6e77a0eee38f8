/* SPDX-License-Identifier: MIT */
#include "console/console.h"

#include <fcntl.h>

#include "base/io.h"
#include "base/sys.h"

void console_hold_stdio(void)
{
	int fd;

	/* Each open is given the lowest number that is free. */
	do
		fd = io_open("/", O_PATH);
	while (fd >= 0 && fd < 3);
	sys_auto_close(&fd);
}

int console_open(const char *path)
{
	int fd = io_open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return fd;
	for (int i = 0; i < 3; i++)
		if (fd != i)
			(void)sys_dup3(fd, i, 0);
	if (fd > 2)
		(void)sys_close(fd);
	return 0;
}

int console_take_stdio(void)
{
	int r = console_open("/dev/console");

	return r < 0 ? console_open("/dev/null") : 0;
}
