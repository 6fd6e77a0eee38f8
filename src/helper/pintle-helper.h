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
 * PINTLE_HELPER_SIGNAL in every thread, has it in the set of the signalfd,
 * calls pintle_helper_announce(), and passes what it reads to
 * pintle_helper_take_signalfd(). A program with a handler of its own calls
 * pintle_helper_announce() once the handler is installed, and passes its
 * siginfo_t to pintle_helper_take(). A program that only calls sigwaitinfo(2)
 * is not asked, because Linux unblocks the signals that this call waits for.
 *
 * The protocol, version 2, which pintle-helper(7) describes:
 *
 *   A signal PINTLE_HELPER_SIGNAL with si_code SI_QUEUE, si_uid 0 and the value
 *   PINTLE_HELPER_VALUE means: "come to where I stand". The working directory
 *   of its sender is the new root, and the name of the sender in /proc is
 *   PINTLE_HELPER_SENDER, until the sender has seen the answer or stops waiting.
 *   The process changes to /proc/<si_pid>/cwd and calls chroot("."). If it
 *   worked in the old root, it goes to the directory of the same path in the
 *   new root, or to "/" if there is none; otherwise it goes back to where it
 *   was. Then it sends SIGURG to si_pid, whether all of that worked or not.
 *   This SIGURG only wakes the sender, which looks where the process is.
 *
 *   A program that does not know the signal ignores it, because that is the
 *   default action. To be asked, a process catches or blocks the signal and
 *   announces that: it has an open descriptor of a file that is called
 *   "pintle-helper.PID", where PID is its own number. If the descriptor is
 *   closed on exec, child processes that inherit it are asked, too.
 *
 * The header needs C99 or C++11, glibc or musl, and POSIX.1-2008. All functions
 * are async-signal-safe: they only make system calls, and they keep errno.
 */
#ifndef PINTLE_HELPER_H
#define PINTLE_HELPER_H

#include <signal.h>

/* A signal that is ignored where nobody handles it. */
#define PINTLE_HELPER_SIGNAL  SIGURG
#define PINTLE_HELPER_VERSION 2
/* "pi", and the version of the protocol */
#define PINTLE_HELPER_VALUE (0x70690000 + PINTLE_HELPER_VERSION)
/* A request counts as long as this is the name of its sender in /proc. A process
 * that was stopped gets the signal late, and by then the number of the sender
 * may be another process's. */
#define PINTLE_HELPER_SENDER "pintle-moves"
/* A process announces itself by an open descriptor of a file with this name,
 * followed by a dot and the pid of the process in its own pid namespace. */
#define PINTLE_HELPER_NAME "pintle-helper"
/* A symbolic link to the new root, for processes that see no /proc. */
#define PINTLE_HELPER_SPARE "/run/pintle/newroot"

#ifndef PINTLE_HELPER_NUMBERS_ONLY

#include <errno.h>
#include <fcntl.h>
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

/* A directory can be opened like this even if it cannot be read. */
#if defined(O_PATH)
#define PINTLE_HELPER_PATH O_PATH
#elif defined(__O_PATH)
#define PINTLE_HELPER_PATH __O_PATH
#else
#define PINTLE_HELPER_PATH O_RDONLY
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

/* Is the file @path, in /proc, the name of a process that asks? */
static inline int pintle_helper_asks(const char *path)
{
	char name[sizeof(PINTLE_HELPER_SENDER)];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, name, sizeof(name));
	(void)close(fd);
	if (n == PINTLE_HELPER_CAST(ssize_t, sizeof(name)) &&
	    memcmp(name, PINTLE_HELPER_SENDER "\n", sizeof(name)) == 0)
		return 1;
	errno = ESRCH;
	return 0;
}

/* Make the new root the root, and the working directory as well. Returns 0, or
 * -1 with errno. */
static inline int pintle_helper_enter(long long sender)
{
	char path[sizeof("/proc//comm") + 3 * sizeof(sender)] = "/proc/";
	char *end = pintle_helper_print(path + sizeof("/proc/") - 1, sender);
	struct stat st;

	if (stat(path, &st) == 0) {
		memcpy(end, "/comm", sizeof("/comm"));
		if (st.st_uid != 0) {
			errno = EPERM;
			return -1;
		}
		if (!pintle_helper_asks(path))
			return -1;
		memcpy(end, "/cwd", sizeof("/cwd"));
		if (chdir(path) < 0)
			return -1;
	} else if (access("/proc/self", F_OK) == 0 ||
		   chdir(PINTLE_HELPER_SPARE) < 0) {
		return -1;
	}
	return chroot(".");
}

/* One directory, and the mount that it was reached by. */
struct pintle_helper_dir {
	unsigned long long dev, ino, mount;
};

/* Returns 0, or -1 with errno. This is statx(2), whose struct some C libraries
 * lack or hide; its layout is the same on all architectures. */
static inline int pintle_helper_look(const char *path,
				     struct pintle_helper_dir *dir)
{
	unsigned long long st[32];

	/* AT_STATX_DONT_SYNC; STATX_INO and STATX_MNT_ID */
	memset(st, 0, sizeof(st));
	if (syscall(SYS_statx, AT_FDCWD, path, 0x4000, 0x1100u, st) < 0)
		return -1;
	dir->ino = st[4];
	dir->dev = st[17];
	dir->mount = st[18];
	return 0;
}

/* Where a process works before it moves. */
struct pintle_helper_place {
	int fd; /* its working directory; -1: it cannot come back to it */
	struct pintle_helper_dir cwd, root;
	char path[1024]; /* of the working directory; "": unknown or longer */
};

static inline void pintle_helper_note(struct pintle_helper_place *place)
{
	long len = syscall(SYS_getcwd, place->path, sizeof(place->path));

	/* A directory that is not below the root: "(unreachable)/..." */
	if (len < 0 || place->path[0] != '/')
		place->path[0] = '\0';
	place->fd = open(".", PINTLE_HELPER_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->fd >= 0 && (pintle_helper_look(".", &place->cwd) < 0 ||
			       pintle_helper_look("/", &place->root) < 0)) {
		(void)close(place->fd);
		place->fd = -1;
	}
}

/*
 * Take up work in the new root, which is the working directory now: instead of
 * a directory of the old root, in the one of the new root that has the same
 * path, or else in "/"; and otherwise where it was. The path is preferred if it
 * leads there, because the mount that the process knew may not be the one that
 * is left.
 */
static inline int pintle_helper_settle(const struct pintle_helper_place *place)
{
	const struct pintle_helper_dir *cwd = &place->cwd;
	struct pintle_helper_dir now = { 0, 0, 0 };
	int by_path, there, is_old;

	is_old = place->fd < 0 || pintle_helper_look("/", &now) < 0 ||
		 ((cwd->mount == place->root.mount ||
		   cwd->dev == place->root.dev) &&
		  cwd->mount != now.mount);
	by_path = place->path[0] && chdir(place->path) == 0;
	there = by_path && pintle_helper_look(".", &now) == 0 &&
		now.dev == cwd->dev && now.ino == cwd->ino;
	if (by_path && (is_old || there))
		return 0;
	if (!is_old && fchdir(place->fd) == 0)
		return 0;
	return chdir("/");
}

/* Move to where process @sender is. Returns 1, or -errno; whoever did not get
 * the new root as its root works where it did before. */
static inline int pintle_helper_follow(long long sender)
{
	struct pintle_helper_place place;
	int errno_was = errno;
	int r;

	pintle_helper_note(&place);
	r = pintle_helper_enter(sender);
	if (r < 0) {
		r = -errno;
		if (place.fd >= 0)
			(void)fchdir(place.fd);
	} else {
		r = pintle_helper_settle(&place) == 0 ? 1 : -errno;
	}
	if (place.fd >= 0)
		(void)close(place.fd);
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
 * This is for a program with a handler or a signalfd of its own, once that is
 * there. The descriptor is closed on exec, and is never standard input, output or
 * error. A child from fork(2) counts as announced, too.
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
