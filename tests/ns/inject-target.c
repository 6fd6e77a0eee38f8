/* SPDX-License-Identifier: MIT */
/*
 * inject-target.c - programs that tests/ns/inject.sh moves, and that check
 * themselves that nothing else happened to them
 *
 *	inject-target [-c DIR] [-w DIR] [-m] MODE
 *
 * -m: in a mount namespace of its own; -c: chrooted to DIR; -w: there. Writes a
 * line to descriptor 3 when it is about to do what MODE says. Modes that wait
 * to be told read a line from descriptor 0. Exit status 0: the work was right,
 * took its time and no more, and signal mask and open descriptors are as they
 * were; what was not is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAIT_PRIVATE 128 /* include/uapi/linux/futex.h */

#define WORK_MS	 1000 /* how long the timed modes work */
#define SLACK_MS 350  /* this machine may be busy */
#define NSEC_MS	 1000000

static int bad;

static void check(int good, const char *what)
{
	if (good)
		return;
	printf("bad: %s (errno %d)\n", what, errno);
	bad = 1;
}

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / NSEC_MS;
}

static void nap(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * NSEC_MS };

	while (nanosleep(&time, &time) < 0)
		;
}

static void ready(void)
{
	(void)!write(3, "ready\n", 6);
}

static void told(void)
{
	char c = 0;

	while (c != '\n')
		if (read(0, &c, 1) != 1) {
			check(0, "read of the word to go on");
			return;
		}
}

/* Does @act WORK_MS from now, in a child. */
static int later(void (*act)(int), int argument)
{
	int pid = fork();

	if (pid == 0) {
		close(3);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		nap(WORK_MS);
		act(argument);
		_exit(7);
	}
	return pid;
}

static void act_write(int fd)
{
	(void)!write(fd, "hello", 5);
}

static void act_exit(int status)
{
	_exit(status);
}

static void act_kill(int pid)
{
	kill(pid, SIGUSR1);
}

static const struct timespec work = { WORK_MS / 1000,
				      WORK_MS % 1000 * NSEC_MS };

/* -- timed: between WORK_MS and SLACK_MS more -- */

static void do_nanosleep(void)
{
	check(nanosleep(&work, NULL) == 0, "nanosleep");
}

static void do_poll(void)
{
	int ends[2];
	struct pollfd poll_fd;

	check(pipe(ends) == 0, "pipe");
	poll_fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	check(poll(&poll_fd, 1, WORK_MS) == 0, "poll");
	close(ends[0]);
	close(ends[1]);
}

static void do_ppoll(void)
{
	sigset_t inside;

	sigfillset(&inside);
	check(ppoll(NULL, 0, &work, &inside) == 0, "ppoll");
}

static void do_select(void)
{
	struct timeval time = { WORK_MS / 1000, WORK_MS % 1000 * 1000 };

	check(select(0, NULL, NULL, NULL, &time) == 0, "select");
}

static void do_futex(void)
{
	int word = 5;

	check(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, &work, NULL,
		      0) == -1 &&
		      errno == ETIMEDOUT,
	      "futex");
}

static void do_epoll(void)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	check(epoll_wait(fd, &event, 1, WORK_MS) == 0, "epoll_wait");
	close(fd);
}

/* -- timed by another process -- */

static void do_read(void)
{
	char buf[16];
	int ends[2];
	int pid;

	check(pipe(ends) == 0, "pipe");
	pid = later(act_write, ends[1]);
	check(read(ends[0], buf, sizeof(buf)) == 5 &&
		      memcmp(buf, "hello", 5) == 0,
	      "read");
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

static void do_epoll_forever(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 77 };
	int fd = epoll_create1(EPOLL_CLOEXEC);
	int ends[2];
	int pid;

	check(pipe(ends) == 0, "pipe");
	check(epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &event) == 0, "epoll_ctl");
	pid = later(act_write, ends[1]);
	event.data.u64 = 0;
	check(epoll_wait(fd, &event, 1, -1) == 1 && event.data.u64 == 77,
	      "epoll_wait");
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void act_connect(int unused)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			 "inject-target-%d", getppid());

	(void)unused;
	connect(fd, (void *)&name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

static void do_accept(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			 "inject-target-%d", getpid());
	int pid;
	int to;

	check(bind(fd, (void *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			       n)) == 0,
	      "bind");
	check(listen(fd, 1) == 0, "listen");
	pid = later(act_connect, 0);
	to = accept(fd, NULL, NULL);
	check(to >= 0, "accept");
	waitpid(pid, NULL, 0);
	close(to);
	close(fd);
}

static void do_waitpid(void)
{
	int status = 0;
	int pid = later(act_exit, 9);

	check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9,
	      "waitpid");
}

static volatile sig_atomic_t hits;

static void count(int signal)
{
	(void)signal;
	hits++;
}

/* EINTR is what is to be seen here, by a signal that only pselect lets in. */
static void do_pselect(void)
{
	struct timespec longer = { 10, 0 };
	sigset_t blocked, inside;
	int pid;

	signal(SIGUSR1, count);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &inside);
	pid = later(act_kill, getpid());
	check(pselect(0, NULL, NULL, NULL, &longer, &inside) == -1 &&
		      errno == EINTR && hits == 1,
	      "pselect");
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	waitpid(pid, NULL, 0);
}

static void do_epoll_pwait(void)
{
	struct epoll_event event;
	sigset_t blocked, inside;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	int pid;

	signal(SIGUSR1, count);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &inside);
	pid = later(act_kill, getpid());
	check(epoll_pwait(fd, &event, 1, -1, &inside) == -1 && errno == EINTR &&
		      hits == 1,
	      "epoll_pwait");
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	waitpid(pid, NULL, 0);
	close(fd);
}

static void do_sigsuspend(void)
{
	sigset_t blocked, inside;
	int pid;

	signal(SIGUSR1, count);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &inside);
	pid = later(act_kill, getpid());
	check(sigsuspend(&inside) == -1 && errno == EINTR && hits == 1,
	      "sigsuspend");
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	waitpid(pid, NULL, 0);
}

static void do_sigwait(void)
{
	sigset_t blocked;
	int pid;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	pid = later(act_kill, getpid());
	check(sigwaitinfo(&blocked, NULL) == SIGUSR1, "sigwaitinfo");
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	waitpid(pid, NULL, 0);
}

/* State D: the parent cannot be stopped until the child has gone. */
static void do_vfork(void)
{
	int status = 0;
	int pid = vfork();

	if (pid == 0) {
		nap(WORK_MS);
		_exit(4);
	}
	check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 4,
	      "vfork");
}

/* -- told -- */

static void do_wait(void)
{
	told();
}

/* Integer, floating point and flags, all in registers. */
__attribute__((noinline, noclone)) static uint64_t spin_once(uint64_t x)
{
	double sum = 0;

	for (unsigned i = 0; i < 100000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		sum += (double)(x >> 11);
	}
	return x ^ (uint64_t)sum;
}

static void do_spin(void)
{
	static volatile uint64_t seed = 88172645463325252ull;
	uint64_t right = spin_once(seed);

	ready();
	check(spin_once(seed) == right, "sum of a loop without system calls");
}

#define QUEUED 3
static int order[QUEUED + 1], orders;

static void note(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (signal == SIGUSR1)
		hits++;
	else if (orders <= QUEUED)
		order[orders++] = info->si_value.sival_int;
}

static void do_pending(void)
{
	struct sigaction action = { .sa_sigaction = note,
				    .sa_flags = SA_SIGINFO };
	int queued = SIGRTMIN + 1;
	sigset_t blocked, now, pending;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(queued, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, queued);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	raise(SIGUSR1);
	kill(getpid(), SIGUSR1);
	for (int i = 0; i < QUEUED; i++)
		sigqueue(getpid(), queued, (union sigval){ .sival_int = i });
	ready();
	told();
	check(hits == 0 && orders == 0, "blocked signals");
	sigprocmask(SIG_BLOCK, NULL, &now);
	check(memcmp(&now, &blocked, 8) == 0, "signal mask");
	sigpending(&pending);
	check(memcmp(&pending, &blocked, 8) == 0, "pending signals");
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	/* One was sent to the thread and one to the process. */
	check(hits == 2, "one of each");
	check(orders == QUEUED && order[0] == 0 && order[1] == 1 &&
		      order[2] == 2,
	      "queued signals, in order");
}

/* A stream of queued signals with numbers, while calls are interrupted. */
#define STREAM 3000
static volatile int next_number, wrong_number;

static void note_number(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_value.sival_int != next_number)
		wrong_number = 1;
	next_number++;
}

static void do_stream(void)
{
	struct sigaction action = { .sa_sigaction = note_number,
				    .sa_flags = SA_SIGINFO };
	int ends[2], parent = getpid();
	int pid, status;

	sigaction(SIGRTMIN + 1, &action, NULL);
	check(pipe(ends) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < STREAM; i++) {
			while (sigqueue(parent, SIGRTMIN + 1,
					(union sigval){ .sival_int = i }) < 0)
				;
			usleep(200);
		}
		_exit(0);
	}
	ready();
	while (next_number < STREAM) {
		struct pollfd poll_fd = { .fd = ends[0], .events = POLLIN };
		int r = poll(&poll_fd, 1, 1);

		check(r == 0 || (r < 0 && errno == EINTR), "poll");
	}
	check(next_number == STREAM && !wrong_number, "each once, in order");
	waitpid(pid, &status, 0);
	close(ends[0]);
	close(ends[1]);
}

/* Stopped and continued all the time; an honest nanosleep goes on. */
static void do_stops(void)
{
	int parent = getpid();
	int64_t end = now_ms() + 2 * WORK_MS;
	int pid = fork();

	if (pid == 0) {
		while (now_ms() < end) {
			kill(parent, SIGSTOP);
			usleep(300);
			kill(parent, SIGCONT);
			usleep(300);
		}
		_exit(0);
	}
	ready();
	while (now_ms() < end) {
		struct timespec time = { 0, NSEC_MS };

		check(nanosleep(&time, NULL) == 0, "nanosleep");
	}
	waitpid(pid, NULL, 0);
}

#define PINGS 10000
static void do_pingpong(void)
{
	int there[2], back[2];
	uint32_t sum = 1, right = 1;
	int pid, status = 0;

	check(pipe(there) == 0 && pipe(back) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		uint32_t word;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (uint32_t i = 0; i < PINGS; i++) {
			if (read(there[0], &word, 4) != 4)
				_exit(1);
			word = word * 1664525 + 1013904223;
			if (write(back[1], &word, 4) != 4)
				_exit(2);
		}
		_exit(0);
	}
	ready();
	for (uint32_t i = 0; i < PINGS; i++) {
		uint32_t word = sum ^ i;

		check(write(there[1], &word, 4) == 4, "write");
		check(read(back[0], &word, 4) == 4, "read");
		sum = sum * 31 + word;
		right = right * 31 + ((right ^ i) * 1664525 + 1013904223);
		if (bad)
			return;
		if (i % 50 == 0)
			usleep(1000);
	}
	check(sum == right, "checksum");
	check(waitpid(pid, &status, 0) == pid && status == 0, "the other side");
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

static void do_forks(void)
{
	int64_t end = now_ms() + WORK_MS;

	ready();
	while (now_ms() < end) {
		int status = 0;
		int pid = fork();

		if (pid == 0)
			_exit(3);
		check(pid > 0 && waitpid(pid, &status, 0) == pid &&
			      WEXITSTATUS(status) == 3,
		      "fork and wait");
	}
}

static pthread_barrier_t barrier;

static void *thread_wait(void *argument)
{
	int word = 1;

	if (argument) {
		/* Its own from here on, and elsewhere. */
		if (unshare(CLONE_FS) < 0 || chdir("/") < 0)
			check(0, "unshare");
	}
	pthread_barrier_wait(&barrier);
	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	return NULL;
}

static void do_threads(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, thread_wait, NULL);
	pthread_barrier_wait(&barrier);
	ready();
	told();
}

static void do_apart(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 5);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, thread_wait, i % 2 ? &bad : NULL);
	pthread_barrier_wait(&barrier);
	ready();
	told();
}

static void *thread_brief(void *argument)
{
	if (argument)
		check(unshare(CLONE_FS) == 0, "unshare");
	return NULL;
}

/* Threads that come and go, with and without an fs_struct of their own. */
static void do_churn(void)
{
	int64_t end = now_ms() + WORK_MS;

	ready();
	for (int i = 0; now_ms() < end; i++) {
		pthread_t thread;

		check(pthread_create(&thread, NULL, thread_brief,
				     i % 2 ? &bad : NULL) == 0,
		      "pthread_create");
		check(pthread_join(thread, NULL) == 0, "pthread_join");
	}
}

/* Only chroot and fchdir are refused to it. */
struct filter {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

static void do_seccomp(void)
{
	struct filter filter[] = {
		{ 0x20, 0, 0, 0 },	    /* load the number */
		{ 0x15, 1, 0, SYS_chroot }, /* equal: skip 1 */
		{ 0x06, 0, 0, 0x7fff0000 }, /* allow */
		{ 0x06, 0, 0, 0x00050000 | EPERM },
	};
	struct {
		unsigned short len;
		struct filter *filter;
	} program = { 4, filter };

	check(prctl(PR_SET_SECCOMP, 2, &program) == 0, "seccomp");
	ready();
	told();
	check(chroot(".") == -1 && errno == EPERM, "its filter");
}

#if defined(__x86_64__)
/*
 * A restartable sequence that spins until it is told: each abort starts it
 * again. What follows it is reached only from within: if the kernel had been
 * made to forget the sequence, the last abort count would not change.
 */
struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t cs;
	uint32_t flags, node_id, mm_cid;
	char rest[96];
};

static struct rseq_area area __attribute__((aligned(32)));
static volatile int stop_spinning;
static volatile int unguarded;

static void *thread_told(void *argument)
{
	(void)argument;
	told();
	stop_spinning = 1;
	return NULL;
}

static void do_rseq(void)
{
	pthread_t thread;
	uint64_t guard = 0;

	check(syscall(SYS_rseq, &area, 32, 0, 0x53053053) == 0, "rseq");
	pthread_create(&thread, NULL, thread_told, NULL);
	ready();
	/* Inside, area.cs must never be seen empty. */
	__asm__ volatile(".pushsection .rodata, \"a\"\n"
			 ".balign 32\n"
			 "7: .long 0, 0\n"
			 ".quad 1f, 2f - 1f, 4f\n"
			 ".popsection\n"
			 "0: leaq 7b(%%rip), %%rax\n"
			 "movq %%rax, %[cs]\n"
			 "1:\n"
			 "cmpl $0, %[stop]\n"
			 "jne 3f\n"
			 "cmpq $0, %[cs]\n"
			 "je 6f\n"
			 "jmp 1b\n"
			 "6: movl $1, %[unguarded]\n"
			 "3: nop\n"
			 "2: jmp 5f\n"
			 ".long 0x53053053\n"
			 "4: incq %[guard]\n"
			 "jmp 0b\n"
			 "5:\n"
			 : [cs] "+m"(area.cs), [unguarded] "+m"(unguarded),
			   [guard] "+m"(guard)
			 : [stop] "m"(stop_spinning)
			 : "rax", "memory", "cc");
	check(!unguarded, "restartable sequence still guarded");
	stop_spinning = 1;
	pthread_join(thread, NULL);
	area.cs = 0;
	syscall(SYS_rseq, &area, 32, 1, 0x53053053);
}
#endif

static const struct {
	const char *name;
	void (*run)(void);
	int timed;     /* takes WORK_MS */
	int own_ready; /* says itself when */
} modes[] = {
	{ "nanosleep", do_nanosleep, 1, 0 },
	{ "poll", do_poll, 1, 0 },
	{ "ppoll", do_ppoll, 1, 0 },
	{ "select", do_select, 1, 0 },
	{ "pselect", do_pselect, 1, 0 },
	{ "futex", do_futex, 1, 0 },
	{ "epoll", do_epoll, 1, 0 },
	{ "epoll_forever", do_epoll_forever, 1, 0 },
	{ "epoll_pwait", do_epoll_pwait, 1, 0 },
	{ "read", do_read, 1, 0 },
	{ "accept", do_accept, 1, 0 },
	{ "waitpid", do_waitpid, 1, 0 },
	{ "sigsuspend", do_sigsuspend, 1, 0 },
	{ "sigwaitinfo", do_sigwait, 1, 0 },
	{ "vfork", do_vfork, 1, 0 },
	{ "wait", do_wait, 0, 0 },
	{ "spin", do_spin, 0, 1 },
	{ "pending", do_pending, 0, 1 },
	{ "stream", do_stream, 0, 1 },
	{ "stops", do_stops, 0, 1 },
	{ "pingpong", do_pingpong, 0, 1 },
	{ "forks", do_forks, 0, 1 },
	{ "threads", do_threads, 0, 1 },
	{ "apart", do_apart, 0, 1 },
	{ "churn", do_churn, 0, 1 },
	{ "seccomp", do_seccomp, 0, 1 },
#if defined(__x86_64__)
	{ "rseq", do_rseq, 0, 1 },
#endif
};

static uint64_t descriptors(void)
{
	uint64_t set = 0;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			set |= 1ull << fd;
	return set;
}

int main(int argc, char *argv[])
{
	const char *root = NULL, *cwd = NULL;
	int option, mount = 0;

	while ((option = getopt(argc, argv, "c:w:m")) != -1) {
		if (option == 'c')
			root = optarg;
		else if (option == 'w')
			cwd = optarg;
		else if (option == 'm')
			mount = 1;
		else
			return 3;
	}
	if ((mount && unshare(CLONE_NEWNS) < 0) || (root && chroot(root) < 0) ||
	    (cwd && chdir(cwd) < 0)) {
		perror("inject-target");
		return 3;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		sigset_t mask_before, mask_after;
		uint64_t fds_before;
		int64_t took;

		if (optind >= argc || strcmp(modes[i].name, argv[optind]) != 0)
			continue;
		fds_before = descriptors();
		sigprocmask(SIG_BLOCK, NULL, &mask_before);
		if (!modes[i].own_ready)
			ready();
		took = now_ms();
		modes[i].run();
		took = now_ms() - took;
		if (modes[i].timed) {
			printf("took_ms: %lld\n", (long long)took);
			check(took >= WORK_MS - 1 && took < WORK_MS + SLACK_MS,
			      "time it took");
		}
		check(descriptors() == fds_before, "open descriptors");
		sigprocmask(SIG_BLOCK, NULL, &mask_after);
		check(memcmp(&mask_before, &mask_after, 8) == 0, "signal mask");
		printf("self: %s\n", bad ? "bad" : "good");
		return bad;
	}
	fprintf(stderr, "inject-target: no such mode\n");
	return 3;
}
