/* SPDX-License-Identifier: MIT */
/*
 * bystander.c - processes that know nothing of pintle's request, and some that
 * do and look as if they did not; for tests/ns/bystander.sh
 *
 *	bystander KIND GATE
 *
 * GATE is a FIFO. Each says "ready" when it is what it is, and goes on when
 * somebody has opened GATE for writing. Then it ends with status 0, if it is
 * still there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "helper/pintle-helper.h"

/* GATE may be another file by the time it is opened: its path is of the root in
 * which the process began. */
static const char *gate;
static int first_root;

static void check(int good, const char *what)
{
	if (!good) {
		perror(what);
		_exit(99);
	}
}

static void say(const char *line)
{
	check(write(1, line, strlen(line)) > 0, "write");
}

/* Waits until the gate is open. */
static void hold(void)
{
	int fd;

	say("ready\n");
	while ((fd = openat(first_root, gate + 1, O_RDONLY)) < 0)
		check(errno == EINTR, gate);
	close(fd);
}

static void mask_all(int how)
{
	sigset_t all;

	sigfillset(&all);
	check(sigprocmask(how, &all, NULL) == 0, "sigprocmask");
}

__attribute__((noreturn)) static void execute(void)
{
	execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
	check(0, "exec");
	_exit(99);
}

static void handle_all(void (*handler)(int))
{
	for (int number = 1; number <= 64; number++)
		(void)signal(number, handler);
}

/* Like a child of a service manager, it blocks everything until it executes. */
static void be_executor(void)
{
	mask_all(SIG_BLOCK);
	hold();
	mask_all(SIG_UNBLOCK);
	execute();
}

static void *wait_for_signals(void *unused)
{
	sigset_t all;
	int number;

	sigfillset(&all);
	for (;;)
		(void)sigwait(&all, &number);
	return unused;
}

/* One thread takes all signals, and all others block them. */
static void be_sigwait(void)
{
	pthread_t thread;

	mask_all(SIG_BLOCK);
	check(pthread_create(&thread, NULL, wait_for_signals, NULL) == 0,
	      "pthread_create");
	hold();
}

static void ignore(int number)
{
	(void)number;
}

/* Like Go's run time, it catches every signal. */
static void be_catching(void)
{
	handle_all(ignore);
	hold();
}

static void default_action(int number)
{
	sigset_t set;

	(void)signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}

/* Like qemu-user, it catches all and does to itself what its guest wants. */
static void be_emulator(void)
{
	handle_all(default_action);
	hold();
}

#define SET_DISPATCH 59 /* PR_SET_SYSCALL_USER_DISPATCH, <linux/prctl.h> */

static volatile char dispatched; /* 1: calls become signals */

static void on_dispatched(int number)
{
	(void)number;
	dispatched = 0;
}

/* Like Wine, it has its system calls dispatched to itself (Linux 5.11). */
static void be_dispatch(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	(void)signal(SIGSYS, on_dispatched);
	check(prctl(SET_DISPATCH, 1L, 0L, 0L, &dispatched) == 0, "prctl");
	say("ready\n");
	for (;;) {
		dispatched = 1;
		(void)syscall(SYS_getppid);
		check(!dispatched, "dispatch");
		(void)nanosleep(&moment, NULL);
	}
}

/* One long ppoll() that blocks everything */
static void be_ppoll(void)
{
	int fd = open(gate, O_RDONLY | O_NONBLOCK);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	sigset_t all;

	check(fd >= 0, gate);
	sigfillset(&all);
	say("ready\n");
	check(ppoll(&poll_fd, 1, NULL, &all) >= 0, "ppoll");
}

static int all_in_signalfd(void)
{
	sigset_t all;
	int fd;

	mask_all(SIG_BLOCK);
	sigfillset(&all);
	fd = signalfd(-1, &all, SFD_CLOEXEC);
	check(fd >= 0, "signalfd");
	return fd;
}

/* A child does the rest of the work, and this ends as the child does. */
static void end_as(pid_t child)
{
	int status = 0;

	check(waitpid(child, &status, 0) == child, "waitpid");
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				  : WEXITSTATUS(status));
}

/* Like a service manager with all signals in its signalfd; its child has that too
 * until it executes a program. The parent is in the new root already. */
static void be_child_of_signalfd(int flags)
{
	int place = open(".", O_PATH | O_CLOEXEC);
	long child;

	(void)all_in_signalfd();
	check(place >= 0 && chroot("/new") == 0 && chdir("/") == 0, "chroot");
	child = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0) {
		check(fchdir(first_root) == 0 && chroot(".") == 0 &&
			      fchdir(place) == 0,
		      "return");
		hold();
		mask_all(SIG_UNBLOCK);
		execute();
	}
	check(child > 0, "clone");
	end_as((pid_t)child);
}

static void be_child(void)
{
	be_child_of_signalfd(0);
}

/* Both share a table: like the process in which systemd closes a descriptor. */
static void be_closer(void)
{
	be_child_of_signalfd(CLONE_FILES);
}

/* The children of one that did volunteer, as posix_spawn(3) makes them. */
static void be_spawning(void)
{
	pid_t child;

	check(pintle_helper_install() == 0, "install");
	mask_all(SIG_BLOCK);
	child = fork();
	if (child == 0) {
		hold();
		handle_all(SIG_DFL);
		mask_all(SIG_UNBLOCK);
		execute();
	}
	mask_all(SIG_UNBLOCK);
	check(child > 0, "fork");
	end_as(child);
}

/* It volunteers, and blocks everything for a moment. */
static void be_busy(void)
{
	check(pintle_helper_install() == 0, "install");
	mask_all(SIG_BLOCK);
	hold();
	mask_all(SIG_UNBLOCK);
	for (;;)
		pause();
}

/* Its announcement is about the program that it was before. */
static void be_another(void)
{
	char *const argv[] = { "bystander", "emulator", (char *)gate, NULL };
	int fd = pintle_helper_announce();

	check(fd >= 0 && fcntl(fd, F_SETFD, 0) == 0, "announce");
	if (fork() == 0)
		execv("/proc/self/exe", argv);
	while (wait(NULL) < 0 && errno == EINTR)
		;
	_exit(98);
}

static void become_catching(int number)
{
	char *const argv[] = { "bystander", "catching", (char *)gate, NULL };

	(void)number;
	execv("/proc/self/exe", argv);
}

/* It volunteers, and becomes another program when it is asked. */
static void be_leaving(void)
{
	check(signal(PINTLE_HELPER_SIGNAL, become_catching) != SIG_ERR &&
		      pintle_helper_announce() >= 0,
	      "announce");
	hold();
}

static void be_handler(void)
{
	check(pintle_helper_install() == 0, "install");
	hold();
}

/* It announces itself, and has closed its standard descriptors. */
static void be_closed(void)
{
	int out = fcntl(1, F_DUPFD, 10);

	close(0);
	close(1);
	close(2);
	check(pintle_helper_install() == 0 && fcntl(0, F_GETFD) < 0, "install");
	check(dup2(out, 1) == 1, "dup2");
	hold();
}

static void be_signalfd(void)
{
	struct signalfd_siginfo info;
	int fd = all_in_signalfd();

	check(pintle_helper_announce() >= 0, "announce");
	say("ready\n");
	for (;;)
		if (read(fd, &info, sizeof(info)) == sizeof(info))
			(void)pintle_helper_take_signalfd(&info);
}

static const struct {
	const char *name;
	void (*be)(void);
} kinds[] = {
	{ "executor", be_executor }, { "sigwait", be_sigwait },
	{ "catching", be_catching }, { "emulator", be_emulator },
	{ "dispatch", be_dispatch }, { "ppoll", be_ppoll },
	{ "child", be_child },	     { "closer", be_closer },
	{ "spawning", be_spawning }, { "busy", be_busy },
	{ "another", be_another },   { "handler", be_handler },
	{ "closed", be_closed },     { "signalfd", be_signalfd },
	{ "leaving", be_leaving },
};

int main(int argc, char *argv[])
{
	check(argc == 3, "bystander KIND GATE");
	gate = argv[2];
	first_root = open("/", O_PATH | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			kinds[i].be();
	return 0;
}
