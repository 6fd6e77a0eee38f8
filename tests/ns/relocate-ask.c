/* SPDX-License-Identifier: MIT */
/*
 * relocate-ask.c - the sender, and the eyes, of tests/ns/relocate.sh
 *
 *	ask PID DIR                     stand in DIR, ask, and look for 3 s
 *	forge PID DIR UID CODE VALUE    the same with a forged request
 *	queued PID DIR                  ask, and leave without looking
 *	where PID [DIR]                 root and cwd: "new" (DIR, default /new),
 *	                                "old" (/), or neither
 *	await PID DIR                   look for 3 s
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "helper/mover-signal.h"
#include "base/str.h"
#include "base/sys.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

static struct sys_stat look(const char *format, int pid)
{
	struct sys_stat st = { 0 };
	char path[64];

	snprintf(path, sizeof(path), format, pid);
	(void)sys_stat(AT_FDCWD, path, 0, &st);
	return st;
}

/* The mount tells one tree from another, the inode where in it. */
static int same(struct sys_stat a, struct sys_stat b)
{
	return a.ino != 0 && a.mnt_id == b.mnt_id && a.dev == b.dev &&
	       a.ino == b.ino;
}

static const char *name(struct sys_stat st, struct sys_stat new)
{
	struct sys_stat old = look("/", 0);

	if (st.ino == 0)
		return "gone";
	return same(st, new) ? "new" : same(st, old) ? "old" : "elsewhere";
}

static int is_there(int pid, struct sys_stat new)
{
	return same(look("/proc/%d/root", pid), new) &&
	       same(look("/proc/%d/cwd", pid), new);
}

static void where(int pid, struct sys_stat new)
{
	printf("root %s cwd %s\n", name(look("/proc/%d/root", pid), new),
	       name(look("/proc/%d/cwd", pid), new));
}

/* That a process has moved is no event of the kernel's. */
static void await(int pid, struct sys_stat new)
{
	const struct timespec pause = { 0, 5000000 };
	int64_t deadline_us = sys_now_us() + 3000000;

	while (!is_there(pid, new) && sys_now_us() < deadline_us)
		nanosleep(&pause, NULL);
	where(pid, new);
}

static int ask(int pidfd, int pid)
{
	struct fail why;
	int r;

	if (!getenv("OTHER_NAME"))
		sys_set_name(PINTLE_HELPER_SENDER);
	r = mover_signal_ask(pidfd, pid, !getenv("OTHER_NUMBERS"),
			     getenv("DECLARED"), &why);
	puts(r < 0 ? why.what : "asked");
	return r;
}

static int forge(int pidfd, char *argv[])
{
	struct linux_siginfo info = {
		.signo = PINTLE_HELPER_SIGNAL,
		.pid = getpid(),
		.uid = (uint32_t)strtoul(argv[0], NULL, 0),
		.code = (int)strtol(argv[1], NULL, 0),
		.value = (int)strtoul(argv[2], NULL, 0),
	};
	int r;

	sys_set_name(PINTLE_HELPER_SENDER);
	r = sys_pidfd_send_signal(pidfd, PINTLE_HELPER_SIGNAL, &info);
	puts(r < 0 ? fail_reason(-r) : "forged");
	return r;
}

int main(int argc, char *argv[])
{
	const char *what = argc > 2 ? argv[1] : "";
	const char *dir = argc > 3 ? argv[3] : "/new";
	int pid = argc > 2 ? atoi(argv[2]) : 0;
	struct sys_stat new;
	int pidfd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sys_stat(AT_FDCWD, dir, 0, &new) < 0)
		return 2;
	if (strcmp(what, "where") == 0) {
		where(pid, new);
		return 0;
	}
	if (strcmp(what, "await") == 0) {
		await(pid, new);
		return 0;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || chdir(dir) < 0) {
		perror(what);
		return 2;
	}
	if (getenv("OTHER_PID")) /* the number went to another process */
		pid = atoi(getenv("OTHER_PID"));
	if (strcmp(what, "forge") == 0 && argc == 7)
		return forge(pidfd, argv + 4) < 0;
	if (ask(pidfd, pid) < 0)
		return 1;
	if (strcmp(what, "ask") == 0)
		await(pid, new);
	return 0;
}
