/* SPDX-License-Identifier: MIT */
#include "console/password.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/sys.h"
#include "console/plymouth.h"

static long ask_console(const char *question, int stop_fd, char *answer,
			size_t size)
{
	const int fds[] = { 0, stop_fd };
	struct linux_termios before, silent;
	long n = sys_ioctl(0, LINUX_TCGETS, &before);

	if (n < 0)
		return n;
	silent = before;
	silent.lflag &= ~(uint32_t)LINUX_ECHO;
	(void)sys_ioctl(0, LINUX_TCSETS, &silent);
	(void)io_write(1, question, strlen(question));
	(void)io_write(1, ": ", 2);
	n = sys_wait_any(fds, 2, SYS_FOREVER);
	if (n > 0)
		n = sys_wait_readable(stop_fd, SYS_NOW) == 1
			    ? -ECANCELED
			    : sys_read(0, answer, size);
	(void)io_write(1, "\n", 1);
	(void)sys_ioctl(0, LINUX_TCSETS, &before);
	return n > 0 && answer[n - 1] == '\n' ? n - 1 : n;
}

long password_ask(const char *question, int stop_fd, char *answer, size_t size)
{
	struct fail unused;
	int pid;
	_auto_close int fd = plymouth_open(&pid, &unused);
	long n =
		fd < 0 ? fd
		       : plymouth_password(fd, question, stop_fd, answer, size);

	return n >= 0 || n == -ECANCELED
		       ? n
		       : ask_console(question, stop_fd, answer, size);
}
