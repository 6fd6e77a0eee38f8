/* SPDX-License-Identifier: MIT */
/*
 * pintle-helper.h - a program that crosses to the real root when it is asked
 *
 * One header for a process that starts in an initramfs and lives on: included
 * in one file and installed, its root and working directory move to the real
 * root when pintle switches. Nothing of pintle is needed at run time; without
 * pintle nothing happens.
 *
 *	#include <pintle-helper.h>
 *
 *	int main(void)
 *	{
 *		pintle_helper_install();
 *		...
 *
 * A program with a signalfd(2) blocks PINTLE_HELPER_SIGNAL in every thread, has
 * it in the set, and gives what it reads to pintle_helper_take_signalfd(). One
 * with a handler of its own gives its siginfo_t to pintle_helper_take(). One
 * that only has sigwaitinfo(2) is not asked: Linux unblocks what it waits for.
 *
 * The protocol, version 1, pintle-helper(7):
 *
 *   A signal PINTLE_HELPER_SIGNAL with si_code SI_QUEUE, si_uid 0 and the value
 *   PINTLE_HELPER_VALUE says: "come to where I stand". Its sender stands in
 *   the new root until the answer was seen or its patience is over. The process
 *   goes to /proc/<si_pid>/cwd, calls chroot(".") and chdir("/"), and sends
 *   SIGURG to si_pid, whatever came of it. That only wakes the sender, who
 *looks where the process stands; whoever does not wait for it ignores it.
 *
 * To be asked at all, the signal must be caught, or blocked in every thread.
 *
 * C99 and C++11, glibc and musl, with POSIX.1-2008 visible. All functions are
 * async-signal-safe: they make system calls, and keep errno.
 */
#ifndef PINTLE_HELPER_H
#define PINTLE_HELPER_H

/* SIGRTMAX - 4 on glibc and musl; as a number, because C libraries keep
 * different real-time signals for themselves. */
#define PINTLE_HELPER_SIGNAL 60
/* "pi", protocol 1 */
#define PINTLE_HELPER_VALUE 0x70690001
/* a link to the new root, for a process that sees no /proc */
#define PINTLE_HELPER_SPARE "/run/pintle/newroot"

#ifndef PINTLE_HELPER_NUMBERS_ONLY

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef SA_SIGINFO
#error "pintle-helper.h: define _GNU_SOURCE before the first #include"
#endif

/* Hidden where only POSIX was asked for. */
#if !defined(__cplusplus) && !defined(__USE_MISC) && !defined(_BSD_SOURCE) &&  \
	!defined(_GNU_SOURCE)
extern int chroot(const char *path);
#endif

/* Go to where process @sender stands: 1, or -errno and what was done is kept.
 */
static inline int pintle_helper_follow(long long sender)
{
	char path[sizeof("/proc//cwd") + 3 * sizeof(sender)] = "/proc/";
	char *end = path + sizeof("/proc/") - 1;
	int errno_was = errno;
	long long power = 1;
	struct stat st;
	int r = -1;

	while (sender / power >= 10)
		power *= 10;
	for (; power > 0; power /= 10)
		*end++ = "0123456789"[sender / power % 10];
	*end = '\0';
	if (stat(path, &st) == 0) {
		/* A process that was stopped gets the signal late; the number
		 * of a sender that is gone may be somebody else's by then. */
		memcpy(end, "/cwd", sizeof("/cwd"));
		if (st.st_uid == 0)
			r = chdir(path);
		else
			errno = EPERM;
	} else if (access("/proc/self", F_OK) != 0) {
		r = chdir(PINTLE_HELPER_SPARE);
	}
	if (r == 0)
		r = chroot(".");
	if (r == 0)
		r = chdir("/");
	r = r == 0 ? 1 : -errno;
#ifdef __cplusplus
	(void)kill(static_cast<pid_t>(sender), SIGURG);
#else
	(void)kill((pid_t)sender, SIGURG);
#endif
	errno = errno_was;
	return r;
}

static inline int pintle_helper_decide(long long number, int code, int value,
				       uid_t uid, long long pid)
{
	if (number != PINTLE_HELPER_SIGNAL || code != SI_QUEUE ||
	    value != PINTLE_HELPER_VALUE || uid != 0 || pid <= 0)
		return 0;
	return pintle_helper_follow(pid);
}

/*
 * Do what the signal asks for: 1: moved, 0: it was no such request and nothing
 * was done, < 0: -errno.
 */
static inline int pintle_helper_take(const siginfo_t *info)
{
	return pintle_helper_decide(info->si_signo, info->si_code,
				    info->si_value.sival_int, info->si_uid,
				    info->si_pid);
}

/* the same for what was read from a signalfd(2) */
static inline int
pintle_helper_take_signalfd(const struct signalfd_siginfo *info)
{
	return pintle_helper_decide(info->ssi_signo, info->ssi_code,
				    info->ssi_int, info->ssi_uid,
				    info->ssi_pid);
}

static inline void pintle_helper_handler(int number, siginfo_t *info,
					 void *context)
{
	(void)number;
	(void)context;
	(void)pintle_helper_take(info);
}

/*
 * Install the handler: 0, or -1 and errno. Calls that SA_RESTART does not
 * cover, signal(7), end with EINTR when the request comes.
 */
static inline int pintle_helper_install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = pintle_helper_handler;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigemptyset(&action.sa_mask);
	return sigaction(PINTLE_HELPER_SIGNAL, &action, NULL);
}

#endif /* PINTLE_HELPER_NUMBERS_ONLY */
#endif /* PINTLE_HELPER_H */
