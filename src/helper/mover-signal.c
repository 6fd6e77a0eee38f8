/* SPDX-License-Identifier: MIT */
#include "helper/mover-signal.h"

#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

static int fdinfo_line(char *line, void *ctx)
{
	const char *value = str_after(line, "Pid:\t");
	uint64_t *pid = ctx;

	/* A process that has ended has "-1" there, and @pid stays 0. */
	if (value)
		(void)str_number(value, pid);
	return value != NULL;
}

/*
 * Is the process of @pidfd alive, and is @pid its number? Asked after the
 * status was read, this proves more than an equal start time does: a number is
 * not used again while its process lives, so that status was the one of this
 * process. Where the numbers in /proc are ours, it is enough that nobody has
 * waited for the process yet.
 */
static int is_process(int pidfd, int pid)
{
	char path[64];
	uint64_t is = 0;
	int r = str_format(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);

	if (r == 0)
		r = io_each_line(path, fdinfo_line, &is);
	if (r < 0)
		return r;
	return is == (uint64_t)pid ? 0 : -ESRCH;
}

/* Returns 0, or why nothing must be sent. */
static int may_ask(int pidfd, int pid, bool is_ours, enum volunteer_trust trust,
		   struct fail *why)
{
	struct procstatus status;
	const char *reason;
	int r = volunteer_check(pid, is_ours, trust, &status, &reason);
	int alive = is_ours ? sys_pidfd_send_signal(pidfd, 0, NULL)
			    : is_process(pidfd, pid);

	/* What was seen may belong to another process, and does not matter. */
	if (alive < 0)
		r = alive;
	if (r == -EPROTONOSUPPORT || r == -EAGAIN)
		return fail_said(why, -r, "ask process '%d' to move: %s", pid,
				 reason);
	if (r < 0)
		return fail(why, r, "ask process '%d' to move", pid);
	/* It would see 0 as the sender: kernel/signal.c,
	 * send_signal_locked(). */
	if (status.inner)
		return fail_said(why, EPROTONOSUPPORT,
				 "ask process '%d' to move: it is in another "
				 "pid namespace and could not find us",
				 pid);
	return 0;
}

int mover_signal_ask(int pidfd, int pid, bool is_ours,
		     enum volunteer_trust trust, struct fail *why)
{
	const struct linux_siginfo request = {
		.signo = PINTLE_HELPER_SIGNAL,
		.code = LINUX_SI_QUEUE,
		.pid = sys_getpid(),
		.uid = sys_getuid(),
		.value = PINTLE_HELPER_VALUE,
	};
	int r;

	if (request.uid != 0)
		return fail(why, EPERM, "ask process '%d' to move", pid);
	r = may_ask(pidfd, pid, is_ours, trust, why);
	if (r < 0)
		return r;
	r = sys_pidfd_send_signal(pidfd, PINTLE_HELPER_SIGNAL, &request);
	if (r < 0)
		return fail(why, r, "ask process '%d' to move", pid);
	return 0;
}

bool mover_signal_is_request(const struct linux_siginfo *info)
{
	return info->signo == PINTLE_HELPER_SIGNAL &&
	       info->code == LINUX_SI_QUEUE &&
	       info->value == PINTLE_HELPER_VALUE && info->uid == 0 &&
	       info->pid > 0;
}

/* The same as pintle_helper_follow(). */
int mover_signal_obey(const struct linux_siginfo *info)
{
	char path[64];
	struct sys_stat st;
	int r = str_format(path, sizeof(path), "/proc/%d", info->pid);

	if (r < 0)
		return r;
	r = sys_stat(AT_FDCWD, path, 0, &st);
	if (r == 0 && st.uid != 0)
		return -EPERM; /* the sender has gone, its number has not */
	if (r == 0)
		r = str_format(path, sizeof(path), "/proc/%d/cwd", info->pid);
	else if (sys_access(AT_FDCWD, "/proc/self", 0) < 0)
		r = str_copy(path, sizeof(path), PINTLE_HELPER_SPARE);
	if (r == 0)
		r = sys_chdir(path);
	if (r == 0)
		r = sys_chroot(".");
	if (r == 0)
		r = sys_chdir("/");
	/* This only wakes the sender, which looks for itself. */
	(void)sys_kill(info->pid, SIGURG);
	return r;
}
