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
#include "helper/volunteer.h"

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
	uint64_t is = 0;
	int r = io_each_line(io_path("/proc/self/fdinfo/%d", pidfd),
			     fdinfo_line, &is);

	if (r < 0)
		return r;
	return is == (uint64_t)pid ? 0 : -ESRCH;
}

/* Returns 0, or why nothing must be sent. */
static int may_ask(int pidfd, int pid, bool is_ours, bool declared,
		   struct fail *why)
{
	struct procstatus status;
	const char *reason;
	int r = volunteer_check(pid, declared, &status, &reason);
	int alive = is_ours ? sys_pidfd_send_signal(pidfd, 0, NULL)
			    : is_process(pidfd, pid);

	/* What was seen may belong to another process, and does not matter. */
	if (alive < 0)
		r = alive;
	if (r == -EPROTONOSUPPORT)
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

int mover_signal_ask(int pidfd, int pid, bool is_ours, bool declared,
		     struct fail *why)
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
	r = may_ask(pidfd, pid, is_ours, declared, why);
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

/* ---- the other side: as pintle-helper.h has it -------------------------- */

int mover_signal_announce(void)
{
	char name[32];

	(void)str_format(name, sizeof(name), PINTLE_HELPER_NAME ".%d",
			 sys_getpid());
	return sys_memfd(name, LINUX_MFD_NOEXEC_SEAL);
}

/* Returns 0 if a process @pid asks now. */
static int is_asking(int pid)
{
	char name[sizeof(PINTLE_HELPER_SENDER) + 1];
	long n = io_read_file(AT_FDCWD, io_path("/proc/%d/comm", pid), name,
			      sizeof(name));

	if (n < 0)
		return (int)n;
	return strcmp(name, PINTLE_HELPER_SENDER "\n") == 0 ? 0 : -ESRCH;
}

/* As pintle_helper_enter(). */
static int enter(int sender)
{
	struct sys_stat st;
	int r = sys_stat(AT_FDCWD, io_path("/proc/%d", sender), 0, &st);

	if (r == 0 && st.uid != 0)
		return -EPERM;
	if (r == 0) {
		r = is_asking(sender);
		if (r == 0)
			r = sys_chdir(io_path("/proc/%d/cwd", sender));
	} else if (sys_access(AT_FDCWD, "/proc/self", 0) < 0) {
		r = sys_chdir(PINTLE_HELPER_SPARE);
	}
	return r < 0 ? r : sys_chroot(".");
}

struct place {
	int fd; /* its working directory; negative: it cannot come back to it */
	struct sys_stat cwd, root;
	char path[1024];
};

/* As pintle_helper_note(). */
static void note(struct place *place)
{
	if (sys_getcwd(place->path, sizeof(place->path)) < 0 ||
	    place->path[0] != '/')
		place->path[0] = '\0';
	place->fd = sys_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
	if (sys_stat_cached(AT_FDCWD, ".", &place->cwd) < 0 ||
	    sys_stat_cached(AT_FDCWD, "/", &place->root) < 0) {
		(void)sys_close(place->fd);
		place->fd = -1;
	}
}

/* As pintle_helper_settle(). */
static int settle(const struct place *place)
{
	const struct sys_stat *cwd = &place->cwd;
	struct sys_stat now = { 0 };
	bool is_old, by_path, there;

	is_old = place->fd < 0 || sys_stat_cached(AT_FDCWD, "/", &now) < 0 ||
		 ((cwd->mnt_id == place->root.mnt_id ||
		   cwd->dev == place->root.dev) &&
		  cwd->mnt_id != now.mnt_id);
	by_path = place->path[0] && sys_chdir(place->path) == 0;
	there = by_path && sys_stat_cached(AT_FDCWD, ".", &now) == 0 &&
		now.dev == cwd->dev && now.ino == cwd->ino;
	if (by_path && (is_old || there))
		return 0;
	if (!is_old && sys_fchdir(place->fd) == 0)
		return 0;
	return sys_chdir("/");
}

int mover_signal_obey(const struct linux_siginfo *info)
{
	struct place place;
	int r;

	note(&place);
	r = enter(info->pid);
	if (r == 0)
		r = settle(&place);
	else
		(void)sys_fchdir(place.fd);
	(void)sys_close(place.fd);
	/* This only wakes the sender, which looks for itself. */
	(void)sys_kill(info->pid, SIGURG);
	return r;
}
