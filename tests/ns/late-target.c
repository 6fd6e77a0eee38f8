/* SPDX-License-Identifier: MIT */
/*
 * late-target.c - programs that late-copy.sh gives copies of their files, and a
 * look at what a process maps
 *
 *	late-target look PID	its mappings: addresses, protection, offset,
 *				and a checksum of what they hold
 *	late-target MODE FILE	says "ready", waits for a line, and says
 *				"right" if it finds nothing wrong with itself
 *
 * MODE is what it does with FILE: "threads", which also has threads in calls
 * and a thread that computes; "interrupted", where these calls may be; "shared"
 * and "readonly", which map it shared; "locked"; "deleted"; "lock"; "beside",
 * with a process beside it that uses the same memory; "bound", with a socket
 * beside the file; "headless", where its first thread ends; "lesser", with CAP_SYS_CHROOT and no other capability.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static int bad, interrupted;
static char initialised[3 * PAGE] = "as the file has it";
static char *volatile relocated = initialised;
static volatile int end;
static volatile uint64_t sum;

static void check(int good, const char *what)
{
	if (good)
		return;
	printf("bad: %s\n", what);
	bad = 1;
}

static int look(const char *pid)
{
	char path[64], line[4300], perms[8];
	static uint8_t page[PAGE];
	unsigned long from, to;
	unsigned long long offset, inode;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		uint64_t hash = 0;

		if (strchr(line, '[') ||
		    sscanf(line, "%lx-%lx %7s %llx %*s %llu", &from, &to, perms,
			   &offset, &inode) != 5)
			continue;
		/* The kernel itself writes to the other ones (rseq). */
		for (unsigned long at = from; inode && at < to; at += PAGE) {
			memset(page, 0, PAGE);
			(void)!pread(mem, page, PAGE, (off_t)at);
			for (unsigned i = 0; i < PAGE; i++)
				hash = (hash ^ page[i]) * 1099511628211u;
		}
		printf("%lx-%lx %s %llx %llx\n", from, to, perms, offset,
		       (unsigned long long)hash);
	}
	return 0;
}

static void *in_epoll(void *unused)
{
	struct epoll_event event;
	int epoll = epoll_create1(0);

	while (!end)
		check(epoll_wait(epoll, &event, 1, 200) == 0 ||
			      (interrupted && errno == EINTR),
		      "epoll_wait");
	return unused;
}

static void *in_sleep(void *unused)
{
	struct timespec time = { 0, 50000000 };

	while (!end)
		check(nanosleep(&time, NULL) == 0, "nanosleep");
	return unused;
}

static void *computing(void *unused)
{
	while (!end)
		for (uint64_t i = 0; i < 1000; i++)
			sum = sum + strlen(relocated) - 18;
	return unused;
}

/* It shares the memory, and is no thread. */
static char stack[65536] __attribute__((aligned(64)));
static int beside(void *unused)
{
	for (;;)
		pause();
	return unused != NULL;
}

static void *judge(void *map)
{
	char word[64];

	usleep(50000);
	puts("ready");
	(void)!read(0, word, sizeof(word));
	check(!map || *(char *)map == '0', "mapped");
	puts(bad ? "wrong" : "right");
	exit(bad);
}

static void bind_socket(const char *file)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s.socket", file);
	check(bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
}

static void give_up_capabilities(void)
{
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	uint32_t sets[6] = { 1u << 18, 1u << 18 };

	check(syscall(SYS_capset, &head, sets) == 0, "capset");
}

static void with_threads(int file)
{
	pthread_t threads[6];
	char c = 0, word[64];
	int copy = dup(file);

	memcpy(initialised + PAGE, "changed", 8);
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL,
			       i == 0	    ? computing
			       : i % 2 == 0 ? in_epoll
					    : in_sleep,
			       NULL);
	check(lseek(file, 5, SEEK_SET) == 5, "lseek");
	puts("ready");
	(void)!read(0, word, sizeof(word));
	check(pread(file, &c, 1, 0) == 1 && c == '0', "pread");
	check(read(file, &c, 1) == 1 && c == '5', "read");
	check(read(copy, &c, 1) == 1 && c == '6', "one offset for both");
	check(write(file, "x", 1) == 1 && pread(copy, &c, 1, 7) == 1 &&
		      c == 'x',
	      "write");
	check((fcntl(copy, F_GETFL) & O_ACCMODE) == O_RDWR, "flags");
	end = 1;
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	check(sum == 0, "sum");
	check(strcmp(initialised + PAGE, "changed") == 0, "changed page");
}

int main(int argc, char *argv[])
{
	const char *mode = argc > 2 ? argv[1] : "";
	int file = argc > 2 ? open(argv[2], O_RDWR | O_CLOEXEC) : -1;
	char *map = NULL;
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(mode, "look") == 0)
		return look(argv[2]);
	check(file >= 0, "open");
	interrupted = strcmp(mode, "interrupted") == 0;
	if (interrupted || strcmp(mode, "threads") == 0) {
		with_threads(file);
	} else {
		int only = open(argv[2], O_RDONLY | O_CLOEXEC);

		map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
			   strcmp(mode, "readonly") == 0 ? only : file, 0);
		check(map[0] == '0', "map");
		if (strcmp(mode, "deleted") == 0)
			unlink(argv[2]);
		if (strcmp(mode, "lock") == 0)
			check(flock(file, LOCK_EX) == 0, "flock");
		else
			close(file);
		if (strcmp(mode, "deleted") != 0)
			close(only);
		if (strcmp(mode, "locked") == 0) {
			munmap(map, PAGE);
			only = open(argv[2], O_RDONLY | O_CLOEXEC);
			map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, only, 0);
			close(only);
			check(mlock(map, PAGE) == 0, "mlock");
		} else if (strcmp(mode, "shared") != 0 &&
			   strcmp(mode, "readonly") != 0) {
			munmap(map, PAGE);
			map = NULL;
		}
		if (strcmp(mode, "beside") == 0)
			check(clone(beside, stack + sizeof(stack), CLONE_VM,
				    NULL) > 0,
			      "clone");
		if (strcmp(mode, "bound") == 0)
			bind_socket(argv[2]);
		if (strcmp(mode, "lesser") == 0)
			give_up_capabilities();
		if (strcmp(mode, "headless") == 0) {
			pthread_create(&thread, NULL, judge, map);
			pthread_exit(NULL);
		}
		judge(map);
	}
	puts(bad ? "wrong" : "right");
	return bad;
}
