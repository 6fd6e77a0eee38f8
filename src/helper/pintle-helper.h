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
 * with a handler of its own calls pintle_helper_announce() once that is there,
 * and gives its siginfo_t to pintle_helper_take(). One that only has
 * sigwaitinfo(2) is not asked: Linux unblocks what it waits for.
 *
 * The protocol, version 1, pintle-helper(7):
 *
 *   A signal PINTLE_HELPER_SIGNAL with si_code SI_QUEUE, si_uid 0 and the value
 *   PINTLE_HELPER_VALUE says: "come to where I stand". Its sender stands in
 *   the new root until the answer was seen or its patience is over. The process
 *   goes to /proc/<si_pid>/cwd, calls chroot(".") and chdir("/"), and sends
 *   SIGURG to si_pid, whatever came of it. That only wakes the sender, who
 *   looks where the process stands; anybody else ignores it.
 *
 *   To be asked at all, a process has to show that it means this signal, since
 *   whoever knows nothing of it dies of it, and many catch or block all. It has
 *     - a signalfd(2) of its own with the signal in its set, and blocks the
 *       signal in every thread; or
 *     - a handler, and an open descriptor of something that is called
 *       "pintle-helper.PID", with its own number; a memfd that is closed on
 *       exec holds for children too, while they catch it and do not block it.
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
/* The name of what an open descriptor announces it with: a dot and its number
 * in its pid namespace follow. */
#define PINTLE_HELPER_NAME "pintle-helper"
/* a link to the new root, for a process that sees no /proc */
#define PINTLE_HELPER_SPARE "/run/pintle/newroot"

#ifndef PINTLE_HELPER_NUMBERS_ONLY

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef SA_SIGINFO
#error "pintle-helper.h: define _GNU_SOURCE before the first #include"
#endif

/* Hidden where only POSIX was asked for. */
#if !defined(__cplusplus) && !defined(__USE_MISC) && !defined(_BSD_SOURCE) &&  \
	!defined(_GNU_SOURCE)
extern int chroot(const char *path);
extern long syscall(long number, ...);
#endif

#ifdef __cplusplus
#define PINTLE_HELPER_CAST(type, value) static_cast<type>(value)
#else
#define PINTLE_HELPER_CAST(type, value) ((type)(value))
#endif

/* @number at @to: where it ends; there is a NUL. */
static inline char *pintle_helper_print(char *to, long long number)
{
	long long power = 1;

	while (number / power >= 10)
		power *= 10;
	for (; power > 0; power /= 10)
		*to++ = "0123456789"[number / power % 10];
	*to = '\0';
	return to;
}

/* Go to where process @sender stands: 1, or -errno and what was done is kept.
 */
static inline int pintle_helper_follow(long long sender)
{
	char path[sizeof("/proc//cwd") + 3 * sizeof(sender)] = "/proc/";
	char *end = pintle_helper_print(path + sizeof("/proc/") - 1, sender);
	int errno_was = errno;
	struct stat st;
	int r = -1;

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
	(void)kill(PINTLE_HELPER_CAST(pid_t, sender), SIGURG);
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
 * Say that this process handles the signal: a descriptor, which it keeps open
 * for as long as it does, or -1 and errno.
 *
 * For a program with a handler of its own, once that is there. It is closed on
 * exec, and is above those of standard input, output and error. A process that
 * comes from fork(2) is announced too, but not while it blocks the signal; it
 * may announce itself.
 */
static inline int pintle_helper_announce(void)
{
	char name[sizeof(PINTLE_HELPER_NAME ".") + 3 * sizeof(pid_t)] =
		PINTLE_HELPER_NAME ".";
	int errno_was = errno;
	long r;
	int fd;

	(void)pintle_helper_print(name + sizeof(PINTLE_HELPER_NAME), getpid());
	/* MFD_CLOEXEC, with MFD_NOEXEC_SEAL: kernels since 6.3 want to be told,
	 * those before say EINVAL. */
	r = syscall(SYS_memfd_create, name, 1u | 8u);
	if (r < 0 && errno == EINVAL)
		r = syscall(SYS_memfd_create, name, 1u);
	fd = PINTLE_HELPER_CAST(int, r);
	if (fd >= 0 && fd <= 2) {
		int low = fd;

		fd = fcntl(low, F_DUPFD_CLOEXEC, 3);
		(void)close(low);
	}
	if (fd >= 0)
		errno = errno_was;
	return fd;
}

/*
 * Install the handler and announce it: 0, or -1 and errno, and nothing is
 * handled. To be called once, by a daemon after it has become one. Calls that
 * SA_RESTART does not cover, signal(7), end with EINTR when the request comes.
 */
static inline int pintle_helper_install(void)
{
	struct sigaction action, was;
	int errno_was;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = pintle_helper_handler;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigemptyset(&action.sa_mask);
	if (sigaction(PINTLE_HELPER_SIGNAL, &action, &was) < 0)
		return -1;
	if (pintle_helper_announce() >= 0)
		return 0;
	errno_was = errno;
	(void)sigaction(PINTLE_HELPER_SIGNAL, &was, NULL);
	errno = errno_was;
	return -1;
}

#endif /* PINTLE_HELPER_NUMBERS_ONLY */
#endif /* PINTLE_HELPER_H */
