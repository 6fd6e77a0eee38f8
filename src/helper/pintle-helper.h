/* SPDX-License-Identifier: MIT */
/*
 * pintle-helper.h - let a program move to the real root when it is asked to
 *
 * This header is for a program that starts in an initramfs and goes on running
 * after the switch. Include it in one file and call one function: then the root
 * and the working directory of the process move to the real root when pintle
 * switches. Nothing of pintle is needed at run time, and without pintle nothing
 * happens.
 *
 *	#include <pintle-helper.h>
 *
 *	int main(void)
 *	{
 *		pintle_helper_install();
 *		...
 *
 * A program with an event loop can use signalfd(2) instead: it blocks
 * PINTLE_HELPER_SIGNAL in every thread, has it in the set of the signalfd, and
 * passes what it reads to pintle_helper_take_signalfd(). A program with a
 * handler of its own calls pintle_helper_announce() once the handler is
 * installed, and passes its siginfo_t to pintle_helper_take(). A program that
 * only calls sigwaitinfo(2) is not asked, because Linux unblocks the signals
 * that this call waits for.
 *
 * The protocol, version 1, which pintle-helper(7) describes:
 *
 *   A signal PINTLE_HELPER_SIGNAL with si_code SI_QUEUE, si_uid 0 and the value
 *   PINTLE_HELPER_VALUE means: "come to where I stand". The working directory
 *   of its sender is the new root until the sender has seen the answer or stops
 *   waiting. The process changes to /proc/<si_pid>/cwd, calls chroot(".") and
 *   chdir("/"), and sends SIGURG to si_pid, whether that worked or not. SIGURG
 *   only wakes the sender, which looks where the process is; other programs
 *   ignore it.
 *
 *   To be asked at all, a process has to show that it expects this signal. A
 *   program that does not know the signal is killed by it, and many programs
 *   catch or block every signal. The process must have
 *
 *     - a signalfd(2) of its own with the signal in its set, and the signal
 *       blocked in every thread; or
 *     - a handler, and an open descriptor of a file that is called
 *       "pintle-helper.PID", where PID is its own number. A memfd that is
 *       closed on exec counts for child processes, too, while they catch the
 *       signal and do not block it.
 *
 * The header needs C99 or C++11, glibc or musl, and POSIX.1-2008. All functions
 * are async-signal-safe: they only make system calls, and they keep errno.
 */
#ifndef PINTLE_HELPER_H
#define PINTLE_HELPER_H

/* SIGRTMAX - 4 on glibc and musl. It is a number, because C libraries reserve
 * different real-time signals. */
#define PINTLE_HELPER_SIGNAL 60
/* "pi", and version 1 of the protocol */
#define PINTLE_HELPER_VALUE 0x70690001
/* A process announces itself by an open descriptor of a file with this name,
 * followed by a dot and the pid of the process in its own pid namespace. */
#define PINTLE_HELPER_NAME "pintle-helper"
/* A symbolic link to the new root, for processes that see no /proc. */
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

/* The C library hides these where only POSIX was asked for. */
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

/* Print @number and a NUL to @to; return where the NUL is. */
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

/* Move to the working directory of process @sender. Returns 1, or -errno; what
 * was done before the failure stays done. */
static inline int pintle_helper_follow(long long sender)
{
	char path[sizeof("/proc//cwd") + 3 * sizeof(sender)] = "/proc/";
	char *end = pintle_helper_print(path + sizeof("/proc/") - 1, sender);
	int errno_was = errno;
	struct stat st;
	int r = -1;

	if (stat(path, &st) == 0) {
		/* A process that was stopped gets the signal late. By then the
		 * sender may be gone, and its number another process's. */
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
 * Do what the signal asks for. Returns 1 if the process has moved; 0 if the
 * signal was no such request, and nothing was done; or -errno.
 */
static inline int pintle_helper_take(const siginfo_t *info)
{
	return pintle_helper_decide(info->si_signo, info->si_code,
				    info->si_value.sival_int, info->si_uid,
				    info->si_pid);
}

/* The same, with what was read from a signalfd(2). */
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
 * Announce that this process handles the signal. Returns a descriptor, which
 * must stay open for as long as the process does so, or -1 with errno.
 *
 * This is for a program with a handler of its own, once that is installed. The
 * descriptor is closed on exec, and is never standard input, output or error. A
 * child from fork(2) counts as announced, too, but not while it blocks the
 * signal; it may announce itself.
 */
static inline int pintle_helper_announce(void)
{
	char name[sizeof(PINTLE_HELPER_NAME ".") + 3 * sizeof(pid_t)] =
		PINTLE_HELPER_NAME ".";
	int errno_was = errno;
	long r;
	int fd;

	(void)pintle_helper_print(name + sizeof(PINTLE_HELPER_NAME), getpid());
	/* MFD_CLOEXEC and MFD_NOEXEC_SEAL. Linux 6.3 and later want the latter;
	 * earlier kernels return EINVAL. */
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
 * Install the handler and announce it. Returns 0; or -1 with errno, and then
 * nothing is handled. Call it once; a daemon calls it after it has become one.
 * System calls that SA_RESTART does not restart (see signal(7)) return EINTR
 * when the request comes.
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
