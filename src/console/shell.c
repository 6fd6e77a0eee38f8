/* SPDX-License-Identifier: MIT */
#include "console/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/sys.h"
#include "console/terminals.h"

#define SHELL "/bin/sh"

#define SYNC_US ((int64_t)10000000)

/* In the child, which gets a session of its own with the console as its
 * terminal: Ctrl-C reaches the programs of the shell and not pid 1.
 * child_become() cannot be used, as it makes a session without a terminal. */
static void become_shell(void)
{
	static char name[] = "sh", home[] = "HOME=/", term[] = "TERM=linux";
	static char path[] = "PATH=/bin:/sbin:/usr/bin:/usr/sbin";
	static char prompt[] = "PS1=pintle# ";
	static char *const argv[] = { name, NULL };
	static char *const envp[] = { path, home, term, prompt, NULL };
	int r;

	(void)sys_block_sigchld(false);
	(void)sys_setsid();
	(void)sys_ioctl(0, LINUX_TIOCSCTTY, NULL);
	r = sys_execveat(AT_FDCWD, SHELL, argv, envp, 0);
	log_line(LOG_ERROR, "start the shell '%s': %s", SHELL, fail_reason(r));
	if (r == -ENOENT)
		log_line(LOG_ERROR,
			 "add a static one: pintle-mkinitramfs --add "
			 "/bin/busybox:/bin/sh");
	sys_exit(CHILD_NOT_STARTED);
}

/* With several consoles, say which of them has the shell: the last one that
 * sysfs lists (Documentation/ABI/testing/sysfs-tty). */
static void say_where(void)
{
	char names[256], *last;

	if (!io_value(names, sizeof(names), TERMINALS_ACTIVE))
		return;
	last = strrchr(names, ' ');
	if (last)
		log_line(LOG_NOTICE, "the shell is on the console '%s'",
			 last + 1);
}

bool rescue_shell(void)
{
	int status = 0, child;
	struct child_end end;

	/* Without a keyboard a shell would end at once, again and again. */
	if (!io_is_terminal(0)) {
		log_line(LOG_ERROR,
			 "start the shell '%s': there is no console "
			 "to type at",
			 SHELL);
		return false;
	}
	say_where();
	child = sys_fork();
	if (child == 0)
		become_shell();
	if (child < 0) {
		log_line(LOG_ERROR, "start the shell '%s': %s", SHELL,
			 fail_reason(child));
		return false;
	}
	/* Orphans of other processes are reaped here too. */
	for (;;) {
		int ended = sys_wait(-1, &status, 0);

		if (ended == child || ended < 0)
			break;
	}
	end = child_end(status);
	/* One that could not be started, or was killed, is of no use. */
	return !end.signal && end.code != CHILD_NOT_STARTED;
}

void rescue_sync(void)
{
	int pid = sys_fork();
	_auto_close int fd = pid > 0 ? sys_pidfd_open(pid) : -1;

	if (pid == 0) {
		sys_sync();
		sys_exit(0);
	}
	if (fd >= 0 && sys_wait_readable(fd, sys_now_us() + SYNC_US) == 0)
		log_line(LOG_ERROR, "write what is in memory to the disks: it "
				    "takes too long, going on without");
}

void rescue_hold(int panic_s)
{
	int64_t deadline_us = SYS_FOREVER;

	if (panic_s > 0)
		deadline_us = sys_now_us() + panic_s * (int64_t)1000000;
	/* On a disk that hangs, sync(2) never returns. */
	if (sys_fork() == 0) {
		sys_sync();
		sys_exit(0);
	}
	(void)sys_block_sigchld(true);
	while (panic_s >= 0) {
		child_reap_all();
		/* Ctrl-Alt-Del needs no process: the kernel restarts by itself
		 * unless it is asked not to (kernel/reboot.c: C_A_D). */
		if (sys_wait_sigchld(deadline_us) < 0 && deadline_us &&
		    sys_now_us() >= deadline_us)
			break;
	}
	for (;;) {
		(void)sys_restart();
		(void)sys_wait_sigchld(SYS_FOREVER);
	}
}
