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
 * and "readonly", which map it shared; "locked"; "deleted"; "lock"; "beside", with
 * a process beside it that uses the same memory, and "beside-headless", where that
 * has lost its first thread; "bound", with a socket beside the file; "headless",
 * where its own first thread ends; "lesser", with CAP_SYS_CHROOT and no other
 * capability; and those of the table below.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
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
	char name[64], line[4300], perms[8];
	static uint8_t page[PAGE];
	unsigned long from, to;
	unsigned long long offset, inode;
	FILE *maps;
	int mem;

	snprintf(name, sizeof(name), "/proc/%s/mem", pid);
	mem = open(name, O_RDONLY);
	snprintf(name, sizeof(name), "/proc/%s/maps", pid);
	maps = fopen(name, "r");
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

/* The same, and its first thread ends. */
static char other_stack[65536] __attribute__((aligned(64)));
static int beside_headless(void *unused)
{
	clone(beside, other_stack + sizeof(other_stack),
	      CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, unused);
	syscall(SYS_exit, 0);
	return 0;
}

static void *judge(void *at)
{
	char word[64];

	usleep(50000);
	puts("ready");
	(void)!read(0, word, sizeof(word));
	check(!at || *(char *)at == '0', "mapped");
	puts(bad ? "wrong" : "right");
	exit(bad);
}

static void bind_socket(const char *beside_it)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s.socket", beside_it);
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

static void with_threads(int fd)
{
	pthread_t threads[6];
	char c = 0, word[64];
	int copy = dup(fd);

	memcpy(initialised + PAGE, "changed", 8);
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL,
			       i == 0	    ? computing
			       : i % 2 == 0 ? in_epoll
					    : in_sleep,
			       NULL);
	check(lseek(fd, 5, SEEK_SET) == 5, "lseek");
	puts("ready");
	(void)!read(0, word, sizeof(word));
	check(pread(fd, &c, 1, 0) == 1 && c == '0', "pread");
	check(read(fd, &c, 1) == 1 && c == '5', "read");
	check(read(copy, &c, 1) == 1 && c == '6', "one offset for both");
	check(write(fd, "x", 1) == 1 && pread(copy, &c, 1, 7) == 1 && c == 'x',
	      "write");
	check((fcntl(copy, F_GETFL) & O_ACCMODE) == O_RDWR, "flags");
	end = 1;
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	check(sum == 0, "sum");
	check(strcmp(initialised + PAGE, "changed") == 0, "changed page");
}

/* ---- modes that prepare something and look at it afterwards -------------- */

static const char *path;
static int file, other;
static char *map;

static int read_byte(int fd)
{
	char c = 0;

	return read(fd, &c, 1) == 1 ? c : -1;
}

/* The file is open twice: each sees what the other writes. */
static void twice(void)
{
	other = open(path, O_RDONLY | O_CLOEXEC);
}

static void is_twice(void)
{
	check(pwrite(file, "x", 1, 0) == 1 && read_byte(other) == 'x',
	      "both are one file");
}

/* It is open and mapped. */
static void mapped(void)
{
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

static void only_mapped(void)
{
	mapped();
	close(file);
}

static void is_mapped(void)
{
	check(pwrite(file, "x", 1, 0) == 1 && map[0] == 'x',
	      "the mapping and the file are one");
}

/* A process that closes any descriptor of a file loses its lock. */
static void lock(void)
{
	struct flock whole = { .l_type = F_RDLCK };

	close(file);
	file = open(path, O_RDONLY | O_CLOEXEC);
	other = open(path, O_RDONLY | O_CLOEXEC);
	check(fcntl(file, F_SETLK, &whole) == 0, "lock");
}

static void is_locked(void)
{
	struct flock whole = { .l_type = F_WRLCK };
	int status = 1;

	if (fork() == 0)
		_exit(fcntl(file, F_GETLK, &whole) < 0 ||
		      whole.l_type == F_UNLCK);
	wait(&status);
	check(status == 0, "the lock is held");
}

/* SIGIO would end it. */
static void lease(void)
{
	check(fcntl(file, F_SETLEASE, F_WRLCK) == 0, "lease");
}

static void is_leased(void)
{
	check(fcntl(file, F_GETLEASE) == F_WRLCK, "the lease is held");
}

/* A thread has descriptors of its own, with the same offset. */
static volatile int turn;
static void *in_thread(void *unused)
{
	check(unshare(CLONE_FILES) == 0, "unshare");
	turn = 1;
	while (turn != 2)
		usleep(1000);
	check(read_byte(file) == '1', "one offset for both");
	turn = 3;
	return unused;
}

static void apart(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, in_thread, NULL);
	while (turn != 1)
		usleep(1000);
}

static void is_apart(void)
{
	check(read_byte(file) == '0', "read");
	turn = 2;
	while (turn != 3)
		usleep(1000);
}

/* The kernel writes to the file for it. */
static int ring;
static void uring(void)
{
	struct io_uring_params params = { 0 };

	ring = (int)syscall(SYS_io_uring_setup, 4, &params);
	check(ring >= 0 && syscall(SYS_io_uring_register, ring,
				   IORING_REGISTER_FILES, &file, 1) == 0,
	      "io_uring");
}

/* The kernel may write to what the program itself has in its data. */
static void buffers(void)
{
	struct io_uring_params params = { 0 };
	struct iovec page = { (void *)((uintptr_t)(initialised + PAGE) &
				       ~(uintptr_t)(PAGE - 1)),
			      PAGE };

	close(file);
	ring = (int)syscall(SYS_io_uring_setup, 4, &params);
	check(ring >= 0 && syscall(SYS_io_uring_register, ring,
				   IORING_REGISTER_BUFFERS, &page, 1) == 0,
	      "io_uring");
}

static void aio(void)
{
	static unsigned long context;

	close(file);
	check(syscall(SYS_io_setup, 4, &context) == 0, "io_setup");
}

/* Code that it writes as it goes. */
static void jit(void)
{
	static const uint8_t returns_42[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE,
		   file, 0);
	close(file);
	memcpy(map, returns_42, sizeof(returns_42));
}

static void is_jit(void)
{
	check(((int (*)(void))(uintptr_t)map)() == 42, "code");
	map[1] = 43;
	check(((int (*)(void))(uintptr_t)map)() == 43, "changed code");
}

/* Code that was changed, and that it cannot change any more. */
static void patched(void)
{
	jit();
	check(mprotect(map, PAGE, PROT_READ | PROT_EXEC) == 0, "mprotect");
}

static void is_patched(void)
{
	check(((int (*)(void))(uintptr_t)map)() == 42, "code");
}

/* What would be done to it is forbidden. */
static void confined(void)
{
#define FORBID(nr)                                                             \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                         \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		FORBID(SYS_mmap),
		FORBID(SYS_mremap),
		FORBID(SYS_munmap),
		FORBID(SYS_mprotect),
		FORBID(SYS_prctl),
		FORBID(SYS_dup3),
		FORBID(SYS_memfd_create),
		FORBID(SYS_pidfd_open),
		FORBID(SYS_pidfd_getfd),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter),
				      filter };

	close(file);
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0,
	      "seccomp");
}

/* What is no regular file; the watch does not keep the old root mounted. */
static void places(void)
{
	int watch = inotify_init1(IN_CLOEXEC);

	close(file);
	file = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	other = open(path, O_PATH | O_CLOEXEC);
	check(inotify_add_watch(watch, path, IN_MODIFY) > 0, "inotify");
}

static void is_in_places(void)
{
	check(faccessat(file, "data", F_OK, 0) == 0, "the directory");
}

/* Another process writes what it reads. */
static void follows(void)
{
	close(file);
	file = open(path, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
	close(file);
}

static void has_followed(void)
{
	check(map[0] == 'n', "what another process has written");
}

/* Its mapping of the file is at a lower address than that of a large one, so
 * that it comes first in /proc/PID/maps. */
static void behind(void)
{
	char big[64];
	char *at = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	snprintf(big, sizeof(big), "%s.big", path);
	other = open(big, O_RDONLY | O_CLOEXEC);
	mmap(at + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, other, 0);
	close(other);
	close(file);
	file = open(path, O_RDONLY | O_CLOEXEC);
	map = mmap(at, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
	close(file);
}

static void small(void)
{
	close(file);
	map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE,
		   open(path, O_RDONLY | O_CLOEXEC), 0);
}

static const struct {
	const char *name;
	void (*prepare)(void), (*look)(void);
} modes[] = {
	{ "twice", twice, is_twice },
	{ "mapped", mapped, is_mapped },
	{ "writer", only_mapped, NULL },
	{ "posix", lock, is_locked },
	{ "lease", lease, is_leased },
	{ "apart", apart, is_apart },
	{ "uring", uring, NULL },
	{ "buffers", buffers, NULL },
	{ "aio", aio, NULL },
	{ "patched", patched, is_patched },
	{ "jit", jit, is_jit },
	{ "confined", confined, NULL },
	{ "places", places, is_in_places },
	{ "follows", follows, has_followed },
	{ "large", small, NULL },
	{ "behind", behind, has_followed },
};

static int run(const char *mode)
{
	char word[64];

	for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(mode, modes[i].name) != 0)
			continue;
		modes[i].prepare();
		puts("ready");
		(void)!read(0, word, sizeof(word));
		if (modes[i].look)
			modes[i].look();
		puts(bad ? "wrong" : "right");
		return 1;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	const char *mode = argc > 2 ? argv[1] : "";
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(mode, "look") == 0)
		return look(argv[2]);
	path = argv[2];
	file = argc > 2 ? open(path, O_RDWR | O_CLOEXEC) : -1;
	check(file >= 0, "open");
	if (run(mode))
		return bad;
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
		if (strcmp(mode, "beside-headless") == 0)
			check(clone(beside_headless, stack + sizeof(stack),
				    CLONE_VM, NULL) > 0,
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
