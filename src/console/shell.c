/* SPDX-License-Identifier: MIT */
#include "console/shell.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/sys.h"

#define SHELL "/bin/sh"

/* The child: a session of its own with the console as its terminal, so that
 * Ctrl-C reaches the shell's programs and not pid 1. */
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
	sys_exit(127);
}

bool rescue_shell(void)
{
	char termios[64];
	int status = 0;
	int child;

	/* Without a keyboard it would end at once, again and again. */
	if (sys_ioctl(0, LINUX_TCGETS, termios) < 0) {
		log_line(LOG_ERROR,
			 "start the shell '%s': there is no console "
			 "to type at",
			 SHELL);
		return false;
	}
	child = sys_fork();
	if (child == 0)
		become_shell();
	if (child < 0) {
		log_line(LOG_ERROR, "start the shell '%s': %s", SHELL,
			 fail_reason(child));
		return false;
	}
	/* Orphans of others end here too. */
	for (;;) {
		int ended = sys_wait(-1, &status, 0);

		if (ended == child || ended < 0)
			break;
	}
	/* 127: it could not be started; a signal: it is no use. */
	return (status & 0x7f) == 0 && status >> 8 != 127;
}

void rescue_hold(int panic_s)
{
	int64_t deadline_us = 0;
	int status;

	if (panic_s > 0)
		deadline_us = sys_now_us() + panic_s * (int64_t)1000000;
	/* Of a disk that hangs it would never come back. */
	if (sys_fork() == 0) {
		sys_sync();
		sys_exit(0);
	}
	(void)sys_block_sigchld(true);
	while (panic_s >= 0) {
		while (sys_wait(-1, &status, 1 /* WNOHANG */) > 0)
			;
		/* Ctrl-Alt-Del needs nobody: the kernel restarts by itself
		 * until somebody asks it not to (kernel/reboot.c: C_A_D). */
		if (sys_wait_sigchld(deadline_us) < 0 && deadline_us &&
		    sys_now_us() >= deadline_us)
			break;
	}
	for (;;) {
		(void)sys_restart();
		(void)sys_wait_sigchld(0);
	}
}
