/* SPDX-License-Identifier: MIT */
/*
 * relocate-target.c - processes for tests/ns/relocate.sh to ask
 *
 *	relocate-target handler|threads|mixed|signals|forks
 *
 * One line for what a signal did: "moved", "ignored", "failed". "threads" has a
 * second thread; in "mixed" the first thread blocks the signal, the second does
 * not, and nothing handles it. "signals" ends with status 3 at the first signal
 * of any number, after it said which. "forks" is in the middle of a fork, and has
 * a child as soon as it was asked to move.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "helper/pintle-helper.h"

static void say(const char *line)
{
	if (write(1, line, strlen(line)) < 0)
		_exit(1);
}

static void on_request(int number, siginfo_t *info, void *context)
{
	int r;

	(void)number;
	(void)context;
	errno = 12345;
	r = pintle_helper_take(info);
	if (errno != 12345)
		say("errno changed\n");
	say(r > 0 ? "moved\n" : r == 0 ? "ignored\n" : "failed\n");
}

static void *second_thread(void *unused)
{
	say("ready\n");
	for (;;)
		pause();
	return unused;
}

/* linux/userfaultfd.h, which musl does not have */
#define UFFD_API	0xaaull
#define UFFDIO_API	_IOWR(0xaa, 0x3f, unsigned long long[3])
#define UFFDIO_REGISTER _IOWR(0xaa, 0x00, unsigned long long[4])
#define UFFDIO_ZEROPAGE _IOWR(0xaa, 0x04, unsigned long long[4])
#define UFFD_MISSING	1

/* Let the fork go on when the signal waits for process @pid. We may be asked
 * first and then are in a root without /proc: the file is open before. */
static void release(int fd, int pid, unsigned long long page[4])
{
	char path[32], text[4096], fault[32];
	unsigned long long waits = 0;
	int status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = open(path, O_RDONLY | O_CLOEXEC);
	if (status < 0 || read(fd, fault, sizeof(fault)) < 0)
		_exit(1);
	say("ready\n");
	while (!(waits >> (PINTLE_HELPER_SIGNAL - 1) & 1)) {
		ssize_t n = pread(status, text, sizeof(text) - 1, 0);
		const char *line;

		if (n <= 0)
			_exit(1);
		text[n] = '\0';
		line = strstr(text, "ShdPnd:");
		if (line)
			sscanf(line, "ShdPnd: %llx", &waits);
	}
	(void)ioctl(fd, UFFDIO_ZEROPAGE, page);
	for (;;)
		pause();
}

/* The kernel writes the pidfd of a child after it has given it its number, and
 * before anybody can see it. That write is to a page that is not there yet. */
static void fork_slowly(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long long api[3] = { UFFD_API }, mode[4] = { 0 };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), pid = getpid();

	mode[0] = (unsigned long)page;
	mode[1] = size;
	mode[2] = UFFD_MISSING;
	if (fd < 0 || ioctl(fd, UFFDIO_API, api) < 0 ||
	    ioctl(fd, UFFDIO_REGISTER, mode) < 0)
		say("no userfaultfd\n");
	mode[2] = mode[3] = 0;
	if (fork() == 0)
		release(fd, pid, mode);
	/* CLONE_PIDFD */
	if (syscall(SYS_clone, 0x1000 | SIGCHLD, 0, page, 0, 0) >= 0)
		for (;;)
			pause();
}

static void on_any(int number)
{
	char line[16];

	snprintf(line, sizeof(line), "got %d\n", number);
	say(line);
	_exit(3);
}

int main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, PINTLE_HELPER_SIGNAL);
	action.sa_sigaction = on_request;
	if (strcmp(mode, "signals") == 0) {
		for (int number = 1; number <= 64; number++)
			(void)signal(number, on_any);
		second_thread(NULL);
	}
	if (strcmp(mode, "mixed") != 0 &&
	    (sigaction(PINTLE_HELPER_SIGNAL, &action, NULL) < 0 ||
	     pintle_helper_announce() < 0))
		return 1;
	if (strcmp(mode, "forks") == 0)
		fork_slowly();
	if (strcmp(mode, "handler") == 0)
		second_thread(NULL);
	if (pthread_create(&thread, NULL, second_thread, NULL) != 0)
		return 1;
	/* Only now: the second thread does not inherit it. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;)
		pause();
}
