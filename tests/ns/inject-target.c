/* SPDX-License-Identifier: MIT */
/*
 * inject-target.c - programs that inject.sh and ../vm/rows/inject.py move, and
 * that check for themselves that nothing else happened to them
 *
 *	inject-target [-C] [-c DIR] [-w DIR] [-m] [-t MS,MS] [-d] MODE
 *
 *	-m		in a mount namespace of its own
 *	-c DIR		chrooted to DIR
 *	-w DIR		with the working directory DIR
 *	-C		without CAP_SYS_CHROOT (before the two above)
 *	-t MS,MS	how long the timed modes work, and how much later than
 *			that is too late
 *	-d		as a daemon: see below
 *
 * It writes a line to descriptor 3 when it is about to do what MODE says. Modes
 * that wait to be told read a line from descriptor 0. Exit status 0 means that
 * the work was right, that it took its time and no more, and that the signal
 * mask and the open descriptors are as they were. Whatever is wrong is printed.
 *
 * A daemon has no parent and no terminal, and blocked signals wait for it. Its
 * descriptor 0 is the fifo /run/go.NAME, and 1 is /run/self.NAME, where NAME is
 * its name in /proc. It makes /run/ready.NAME when it is about to begin, and
 * /run/ready.NAME.end when everything is printed. Then it lives on.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* include/uapi/linux/futex.h */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

#define SYS_epoll_pwait2_ 441 /* Linux 5.11 */

#define NSEC_MS	 1000000
#define QUEUE_AS (SIGRTMIN + 2) /* what waits in a daemon, besides SIGUSR2 */

static int work_ms = 1000; /* how long the timed modes work */
static int slack_ms = 350; /* this machine may be busy */
static int bad;
static int run_fd = -1; /* of a daemon */
static char own_name[16];

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

static void make_file(const char *suffix)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "ready.%s%s", own_name, suffix);
	fd = openat(run_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check(fd >= 0, path);
	close(fd);
}

static void ready(void)
{
	if (run_fd >= 0)
		make_file("");
	else
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

/* Does @act in a child, after work_ms. */
static int later(void (*act)(int), int argument)
{
	int pid = fork();

	if (pid == 0) {
		close(3);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		nap(work_ms);
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

static struct timespec work_time(void)
{
	return (struct timespec){ work_ms / 1000, work_ms % 1000 * NSEC_MS };
}

#if defined(__x86_64__)
/*
 * What the kernel must leave alone in a system call, besides memory: all
 * registers but rax, rcx and r11, and of the stack the 128 bytes below its
 * pointer, which a function may use without moving that (System V ABI, AMD64,
 * 3.2.2). Here they are loaded, and compared afterwards.
 */
struct kept {
	uint64_t argument[6]; /* rdi rsi rdx r10 r8 r9 */
	uint64_t saved[4];    /* r12 to r15; rbx is where this is */
	uint64_t red_zone[16];
	uint64_t vector[32]; /* xmm0 to xmm15 */
};

_Static_assert(sizeof(struct kept) == 464, "as the assembler has it");

#define SIXTEEN "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"

static const struct {
	long nr;
	int argument;
} shortened[] = {
	{ SYS_epoll_wait, 3 },	    { SYS_epoll_pwait2_, 3 },
	{ SYS_rt_sigtimedwait, 2 }, { SYS_semtimedop, 3 },
	{ SYS_io_getevents, 4 },
};

static long held_call5(long nr, long a, long b, long c, long d, long e)
{
	struct {
		struct kept before, after;
	} held;
	uint64_t *word = (uint64_t *)&held.before;
	long ret = nr;

	for (size_t i = 0; i < sizeof(held.before) / sizeof(*word); i++)
		word[i] = (i + 1) * 0x9e3779b97f4a7c15ull;
	held.before.argument[0] = (uint64_t)a;
	held.before.argument[1] = (uint64_t)b;
	held.before.argument[2] = (uint64_t)c;
	held.before.argument[3] = (uint64_t)d;
	held.before.argument[4] = (uint64_t)e;
	__asm__ volatile("leaq -128(%%rsp), %%rsp\n"
			 ".irp i," SIXTEEN "\n"
			 "movq 80+8*\\i(%%rbx), %%r15\n"
			 "movq %%r15, -128+8*\\i(%%rsp)\n"
			 "movups 208+16*\\i(%%rbx), %%xmm\\i\n"
			 ".endr\n"
			 "movq 0(%%rbx), %%rdi\n"
			 "movq 8(%%rbx), %%rsi\n"
			 "movq 16(%%rbx), %%rdx\n"
			 "movq 24(%%rbx), %%r10\n"
			 "movq 32(%%rbx), %%r8\n"
			 "movq 40(%%rbx), %%r9\n"
			 "movq 48(%%rbx), %%r12\n"
			 "movq 56(%%rbx), %%r13\n"
			 "movq 64(%%rbx), %%r14\n"
			 "movq 72(%%rbx), %%r15\n"
			 "syscall\n"
			 "leaq 464(%%rbx), %%rcx\n"
			 "movq %%rdi, 0(%%rcx)\n"
			 "movq %%rsi, 8(%%rcx)\n"
			 "movq %%rdx, 16(%%rcx)\n"
			 "movq %%r10, 24(%%rcx)\n"
			 "movq %%r8, 32(%%rcx)\n"
			 "movq %%r9, 40(%%rcx)\n"
			 "movq %%r12, 48(%%rcx)\n"
			 "movq %%r13, 56(%%rcx)\n"
			 "movq %%r14, 64(%%rcx)\n"
			 "movq %%r15, 72(%%rcx)\n"
			 ".irp i," SIXTEEN "\n"
			 "movq -128+8*\\i(%%rsp), %%r15\n"
			 "movq %%r15, 80+8*\\i(%%rcx)\n"
			 "movups %%xmm\\i, 208+16*\\i(%%rcx)\n"
			 ".endr\n"
			 "leaq 128(%%rsp), %%rsp\n"
			 : "+a"(ret)
			 : "b"(&held)
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			   "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
			   "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
			   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15", "memory", "cc");
	/* A call that is made again has another timeout:
	 * src/helper/hold-eintr.c. */
	for (size_t i = 0; i < sizeof(shortened) / sizeof(shortened[0]); i++)
		if (shortened[i].nr == nr)
			held.after.argument[shortened[i].argument] =
				held.before.argument[shortened[i].argument];
	check(memcmp(&held.before, &held.after, sizeof(held.before)) == 0,
	      "registers or red zone");
	if (ret < 0)
		errno = (int)-ret;
	return ret;
}
#else
static long held_call5(long nr, long a, long b, long c, long d, long e)
{
	long ret = syscall(nr, a, b, c, d, e);

	return ret < 0 ? -errno : ret;
}
#endif

static long held_call(long nr, long a, long b, long c, long d)
{
	return held_call5(nr, a, b, c, d, 0);
}

/* -- timed: between work_ms and slack_ms more -- */

static void do_nanosleep(void)
{
	struct timespec work = work_time();

	check(held_call(SYS_nanosleep, (long)&work, 0, 0, 0) == 0, "nanosleep");
}

/* Other architectures have ppoll and epoll_pwait only. */
static long call_poll(struct pollfd *poll_fd, int timeout_ms)
{
#ifdef SYS_poll
	return held_call(SYS_poll, (long)poll_fd, 1, timeout_ms, 0);
#else
	return poll(poll_fd, 1, timeout_ms);
#endif
}

static long call_epoll(int fd, struct epoll_event *event, int timeout_ms)
{
#ifdef SYS_epoll_wait
	return held_call(SYS_epoll_wait, fd, (long)event, 1, timeout_ms);
#else
	return epoll_wait(fd, event, 1, timeout_ms);
#endif
}

static void do_poll(void)
{
	int ends[2];
	struct pollfd poll_fd;

	check(pipe(ends) == 0, "pipe");
	poll_fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	check(call_poll(&poll_fd, work_ms) == 0, "poll");
	close(ends[0]);
	close(ends[1]);
}

static void do_ppoll(void)
{
	struct timespec work = work_time();
	sigset_t inside;

	sigfillset(&inside);
	check(ppoll(NULL, 0, &work, &inside) == 0, "ppoll");
}

static void do_select(void)
{
	struct timeval time = { work_ms / 1000, work_ms % 1000 * 1000 };

	check(select(0, NULL, NULL, NULL, &time) == 0, "select");
}

static void do_futex(void)
{
	struct timespec work = work_time();
	int word = 5;

	check(held_call(SYS_futex, (long)&word, FUTEX_WAIT_PRIVATE, 5,
			(long)&work) == -ETIMEDOUT,
	      "futex");
}

static void do_epoll(void)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	check(call_epoll(fd, &event, work_ms) == 0, "epoll_wait");
	close(fd);
}

/* Where it is too old, nothing waits, and its row is about nothing. */
static void do_epoll_pwait2(void)
{
	struct timespec work = work_time();
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	check(held_call(SYS_epoll_pwait2_, fd, (long)&event, 1, (long)&work) ==
		      0,
	      "epoll_pwait2");
	check(work.tv_nsec == work_time().tv_nsec, "its timeout");
	close(fd);
}

static void do_sigtimedwait(void)
{
	struct timespec work = work_time();
	uint64_t set = 1ull << (SIGUSR1 - 1);

	check(held_call(SYS_rt_sigtimedwait, (long)&set, 0, (long)&work, 8) ==
		      -EAGAIN,
	      "sigtimedwait");
}

static void do_semtimedop(void)
{
	struct timespec work = work_time();
	struct sembuf take = { .sem_op = -1 };
	int id = semget(IPC_PRIVATE, 1, 0600);

	check(held_call(SYS_semtimedop, id, (long)&take, 1, (long)&work) ==
		      -EAGAIN,
	      "semtimedop");
	semctl(id, 0, IPC_RMID);
}

static void do_io_getevents(void)
{
	struct timespec work = work_time();
	uint64_t events[4];
	long context = 0;

	check(syscall(SYS_io_setup, 1, &context) == 0, "io_setup");
	check(held_call5(SYS_io_getevents, context, 1, 1, (long)events,
			 (long)&work) == 0,
	      "io_getevents");
	syscall(SYS_io_destroy, context);
}

/* include/uapi/linux/io_uring.h: IORING_ENTER_GETEVENTS, EXT_ARG */
static long enter_ring(int fd, struct timespec *time)
{
	struct {
		uint64_t mask;
		uint32_t mask_len, unused;
		uint64_t time;
	} argument = { .time = (uint64_t)(uintptr_t)time };
	long ret = syscall(SYS_io_uring_enter, fd, 0, 1, 1 | 8, &argument,
			   sizeof(argument));

	check(argument.time == (uint64_t)(uintptr_t)time, "its argument");
	return ret < 0 ? -errno : ret;
}

static void do_io_uring(void)
{
	struct timespec work = work_time();
	char parameters[120] = "";
	int fd = (int)syscall(SYS_io_uring_setup, 1, parameters);

	check(fd >= 0, "io_uring_setup");
	check(enter_ring(fd, &work) == -ETIME, "io_uring_enter");
	close(fd);
}

static void set_timeout(int fd, int option)
{
	struct timeval time = { work_ms / 1000, work_ms % 1000 * 1000 };

	check(setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)) == 0,
	      "setsockopt");
}

static void same_timeout(int fd, int option)
{
	struct timeval time = { 0 };
	socklen_t len = sizeof(time);

	check(getsockopt(fd, SOL_SOCKET, option, &time, &len) == 0 &&
		      time.tv_sec == work_ms / 1000 &&
		      time.tv_usec == work_ms % 1000 * 1000,
	      "the timeout of the socket");
}

static void do_recv_timeout(void)
{
	int ends[2];
	char byte;

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	set_timeout(ends[0], SO_RCVTIMEO);
	check(recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN, "recv");
	same_timeout(ends[0], SO_RCVTIMEO);
	close(ends[0]);
	close(ends[1]);
}

static void do_accept_timeout(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	check(bind(fd, (void *)&any, sizeof(any)) == 0 && listen(fd, 1) == 0,
	      "listen");
	set_timeout(fd, SO_RCVTIMEO);
	check(accept(fd, NULL, NULL) == -1 && errno == EAGAIN, "accept");
	same_timeout(fd, SO_RCVTIMEO);
	close(fd);
}

static void do_send_timeout(void)
{
	static char much[1 << 16];
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0, "socketpair");
	while (send(ends[0], much, 1000, MSG_DONTWAIT) > 0)
		;
	set_timeout(ends[0], SO_SNDTIMEO);
	check(send(ends[0], much, 1000, 0) == -1 && errno == EAGAIN, "send");
	same_timeout(ends[0], SO_SNDTIMEO);
	close(ends[0]);
	close(ends[1]);
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

/* This has to see EINTR, by a signal that only pselect lets in. */
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
		nap(work_ms);
		_exit(4);
	}
	check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 4,
	      "vfork");
}

/*
 * A daemon and its worker, which may not do much. A user namespace may have no
 * other user that it could become, so it drops its capabilities (capset(2)).
 */
static void do_group(void)
{
	uint32_t head[2] = { 0x20080522, 0 }, none[6] = { 0 };
	int status, pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(syscall(SYS_capset, head, none) < 0 || pause());
	}
	told();
	kill(pid, SIGKILL);
	check(waitpid(pid, &status, 0) == pid, "waitpid");
}

/* -- told -- */

static void do_wait(void)
{
	told();
}

/* One call waits for the byte by which it is told, and does nothing else. */
static void do_told_read(void)
{
	char byte = 0;

	check(held_call(SYS_read, 0, (long)&byte, 1, 0) == 1 && byte == '\n',
	      "read");
}

static void do_told_poll(void)
{
	struct pollfd poll_fd = { .fd = 0, .events = POLLIN };

	check(call_poll(&poll_fd, -1) == 1 && (poll_fd.revents & POLLIN),
	      "poll");
	do_told_read();
}

static void do_told_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 77 };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	check(epoll_ctl(fd, EPOLL_CTL_ADD, 0, &event) == 0, "epoll_ctl");
	event.data.u64 = 0;
	check(call_epoll(fd, &event, -1) == 1 && event.data.u64 == 77,
	      "epoll_wait");
	do_told_read();
	close(fd);
}

static int told_word;

static void *wake_when_told(void *unused)
{
	do_told_read();
	__atomic_store_n(&told_word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &told_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return unused;
}

/* A spurious wakeup returns 0 too, and is rare: futex(2). */
static void do_told_futex(void)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, wake_when_told, NULL) == 0,
	      "pthread_create");
	check(held_call(SYS_futex, (long)&told_word, FUTEX_WAIT_PRIVATE, 0,
			0) == 0 &&
		      __atomic_load_n(&told_word, __ATOMIC_SEQ_CST) == 1,
	      "futex");
	pthread_join(thread, NULL);
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

/* It is stopped and continued all the time; nanosleep must go on after that. */
static void do_stops(void)
{
	int parent = getpid();
	int64_t end = now_ms() + 2 * work_ms;
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

#define PINGS 100000
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
	int64_t end = now_ms() + work_ms;

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
		/* From here on it has its own fs_struct, and is elsewhere. */
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

static void be_apart(int count)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, (unsigned)count + 1);
	for (int i = 0; i < count; i++)
		pthread_create(&thread, NULL, thread_wait, i % 2 ? &bad : NULL);
	pthread_barrier_wait(&barrier);
	ready();
	told();
}

static void do_apart(void)
{
	be_apart(4);
}

static void do_apart_many(void)
{
	be_apart(140);
}

static void *thread_alone(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	ready();
	told();
	fflush(stdout);
	_exit(bad);
}

/* Its main thread ends; another one goes on. */
static void do_headless(void)
{
	static pthread_t self;
	pthread_t thread;

	self = pthread_self();
	pthread_create(&thread, NULL, thread_alone, &self);
	pthread_exit(NULL);
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
	int64_t end = now_ms() + work_ms;

	ready();
	for (int i = 0; now_ms() < end; i++) {
		pthread_t thread;

		check(pthread_create(&thread, NULL, thread_brief,
				     i % 2 ? &bad : NULL) == 0,
		      "pthread_create");
		check(pthread_join(thread, NULL) == 0, "pthread_join");
	}
}

/* Its filter refuses only chroot and fchdir. */
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

/* -- until it is told, looking at itself all the time -- */

static uint64_t descriptors(void);

static void look_at_self(uint64_t fds, const sigset_t *mask)
{
	sigset_t now;

	check(descriptors() == fds, "open descriptors meanwhile");
	sigprocmask(SIG_BLOCK, NULL, &now);
	check(memcmp(&now, mask, 8) == 0, "signal mask meanwhile");
}

/* In calls of a few milliseconds, and out of them. */
static void do_work(void)
{
	struct pollfd poll_fd = { .fd = 0, .events = POLLIN };
	uint64_t fds = descriptors();
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	ready();
	while (!bad && call_poll(&poll_fd, 3) == 0)
		look_at_self(fds, &mask);
	told();
}

/* Hardly ever in a call */
static void do_compute(void)
{
	struct pollfd poll_fd = { .fd = 0, .events = POLLIN };
	uint64_t fds = descriptors();
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	ready();
	do {
		uint64_t x = 88172645463325252ull;

		for (unsigned i = 0; i < 1000000; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		check(x == 0x652cf958c2958ad6ull, "sum");
		look_at_self(fds, &mask);
	} while (!bad && poll(&poll_fd, 1, 0) == 0);
	told();
}

static volatile int stop_calling;

static void *thread_stop(void *argument)
{
	told();
	stop_calling = 1;
	return argument;
}

/* A call that its filter refuses, as often as it can. */
static void do_forbidden(void)
{
	struct filter filter[] = {
		{ 0x20, 0, 0, 0 },
		{ 0x15, 0, 1, SYS_getppid }, /* not equal: skip 1 */
		{ 0x06, 0, 0, 0x00050000 | EPERM },
		{ 0x06, 0, 0, 0x7fff0000 },
	};
	struct {
		unsigned short len;
		struct filter *filter;
	} program = { 4, filter };
	long calls = 0, worked = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, thread_stop, NULL);
	check(prctl(PR_SET_SECCOMP, 2, &program) == 0, "seccomp");
	ready();
	for (; !stop_calling; calls++)
		worked += syscall(SYS_getppid) != -1;
	pthread_join(thread, NULL);
	printf("forbidden calls: %ld, worked: %ld\n", calls, worked);
	check(worked == 0, "calls that its filter forbids");
}

#if defined(__x86_64__)
/* Syscall User Dispatch: prctl(2). Its calls are signals while selector is 1;
 * the handler lets its own return pass. */
static volatile char selector;
static volatile long dispatched, wrongly;

static void on_dispatch(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	selector = 0;
	dispatched++;
	/* SYS_USER_DISPATCH */
	if (info->si_code != 2 || info->si_syscall != SYS_getppid)
		wrongly++;
}

static void do_dispatch(void)
{
	struct sigaction action = { .sa_sigaction = on_dispatch,
				    .sa_flags = SA_SIGINFO };
	long calls = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, thread_stop, NULL);
	sigaction(SIGSYS, &action, NULL);
	check(prctl(59, 1, 0, 0, &selector) == 0,
	      "PR_SET_SYSCALL_USER_DISPATCH");
	ready();
	while (!stop_calling) {
		long ret;

		selector = 1;
		__asm__ volatile("syscall"
				 : "=a"(ret)
				 : "a"((long)SYS_getppid)
				 : "rcx", "r11", "memory");
		calls++;
		check(ret == SYS_getppid, "dispatched, not called");
		selector = 1;
		for (volatile int i = 0; i < 20000; i++)
			;
	}
	selector = 0;
	prctl(59, 0, 0, 0, 0);
	pthread_join(thread, NULL);
	printf("dispatched: %ld of %ld\n", dispatched, calls);
	check(dispatched == calls && calls > 0 && !wrongly, "dispatch");
}

static void spin_on_stack(char *low)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_stop, NULL);
	ready();
	__asm__ volatile("movq %%rsp, %%rbx\n"
			 "movq %[low], %%rsp\n"
			 "1: cmpl $0, %[stop]\n"
			 "je 1b\n"
			 "movq %%rbx, %%rsp\n"
			 :
			 : [low] "r"(low), [stop] "m"(stop_calling)
			 : "rbx", "memory", "cc");
	pthread_join(thread, NULL);
}

/* Its stack pointer is at the very bottom of a mapping. */
static void do_bottom(void)
{
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(low, 4096);
	spin_on_stack(low + 4096);
	munmap(low + 4096, 4096);
}

static void do_no_stack(void)
{
	spin_on_stack(NULL);
}

/* Below its stack pointer there is memory in use, of another mapping: a call
 * with a timeout cannot be made again, and that memory must not change. */
static void do_low_wait(void)
{
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec work = work_time();
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	register long r10 __asm__("r10");
	register long r8 __asm__("r8");
	long ret = SYS_epoll_pwait2_, wrong = 0;

	memset(low, 0x5a, 4096);
	mprotect(low, 4096, PROT_READ);
	ready();
	r10 = (long)&work;
	r8 = 0;
	__asm__ volatile("movq %%rsp, %%rbx\n"
			 "movq %[low], %%rsp\n"
			 "syscall\n"
			 "movq %%rbx, %%rsp\n"
			 : "+a"(ret), "+r"(r10), "+r"(r8)
			 : [low] "r"(low + 4096), "D"((long)fd), "S"(&event),
			   "d"(1l)
			 : "rbx", "rcx", "r11", "memory", "cc");
	for (int i = 0; i < 4096; i++)
		wrong += low[i] != 0x5a;
	check(wrong == 0, "memory below its stack");
	check(ret == -EINTR, "epoll_pwait2");
	munmap(low, 8192);
	close(fd);
}
#endif

static const struct {
	const char *name;
	void (*run)(void);
	int timed;     /* takes work_ms */
	int own_ready; /* says itself when */
} modes[] = {
	{ "nanosleep", do_nanosleep, 1, 0 },
	{ "poll", do_poll, 1, 0 },
	{ "ppoll", do_ppoll, 1, 0 },
	{ "select", do_select, 1, 0 },
	{ "pselect", do_pselect, 1, 0 },
	{ "futex", do_futex, 1, 0 },
	{ "epoll", do_epoll, 1, 0 },
	{ "epoll_pwait2", do_epoll_pwait2, 1, 0 },
	{ "sigtimedwait", do_sigtimedwait, 1, 0 },
	{ "semtimedop", do_semtimedop, 1, 0 },
	{ "io_getevents", do_io_getevents, 1, 0 },
	{ "io_uring", do_io_uring, 1, 0 },
	{ "recv_timeout", do_recv_timeout, 1, 0 },
	{ "accept_timeout", do_accept_timeout, 1, 0 },
	{ "send_timeout", do_send_timeout, 1, 0 },
	{ "epoll_forever", do_epoll_forever, 1, 0 },
	{ "epoll_pwait", do_epoll_pwait, 1, 0 },
	{ "read", do_read, 1, 0 },
	{ "accept", do_accept, 1, 0 },
	{ "waitpid", do_waitpid, 1, 0 },
	{ "sigsuspend", do_sigsuspend, 1, 0 },
	{ "sigwaitinfo", do_sigwait, 1, 0 },
	{ "vfork", do_vfork, 1, 0 },
	{ "wait", do_wait, 0, 0 },
	{ "group", do_group, 0, 0 },
	{ "told_read", do_told_read, 0, 0 },
	{ "told_poll", do_told_poll, 0, 0 },
	{ "told_epoll", do_told_epoll, 0, 0 },
	{ "told_futex", do_told_futex, 0, 0 },
	{ "spin", do_spin, 0, 1 },
	{ "pending", do_pending, 0, 1 },
	{ "stream", do_stream, 0, 1 },
	{ "stops", do_stops, 0, 1 },
	{ "pingpong", do_pingpong, 0, 1 },
	{ "forks", do_forks, 0, 1 },
	{ "threads", do_threads, 0, 1 },
	{ "apart", do_apart, 0, 1 },
	{ "apart_many", do_apart_many, 0, 1 },
	{ "headless", do_headless, 0, 1 },
	{ "churn", do_churn, 0, 1 },
	{ "seccomp", do_seccomp, 0, 1 },
	{ "forbidden", do_forbidden, 0, 1 },
	{ "work", do_work, 0, 1 },
	{ "compute", do_compute, 0, 1 },
#if defined(__x86_64__)
	{ "dispatch", do_dispatch, 0, 1 },
	{ "bottom", do_bottom, 0, 1 },
	{ "no_stack", do_no_stack, 0, 1 },
	{ "low_wait", do_low_wait, 0, 1 },
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

static void become(int fd, int number)
{
	check(fd >= 0 && dup2(fd, number) == number, "open or dup2");
	close(fd);
}

/* daemon(7), the traditional way. */
static void become_daemon(void)
{
	char path[32];

	check(prctl(PR_GET_NAME, own_name) == 0, "prctl");
	if (fork() > 0)
		_exit(0);
	setsid();
	if (fork() > 0)
		_exit(0);
	run_fd = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "self.%s", own_name);
	become(openat(run_fd, path, O_WRONLY | O_CREAT, 0600), 1);
	dup2(1, 2);
	snprintf(path, sizeof(path), "go.%s", own_name);
	check(mkfifoat(run_fd, path, 0600) == 0, "mkfifo");
	/* Both ends are open here: no reader sees its end, no writer waits. */
	become(openat(run_fd, path, O_RDWR), 0);
}

static void leave_waiting(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, QUEUE_AS);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	kill(getpid(), SIGUSR2);
	for (int i = 0; i < QUEUED; i++)
		sigqueue(getpid(), QUEUE_AS, (union sigval){ .sival_int = i });
}

/* All of them, each as it was sent: SIGUSR2 to the thread and to the process.
 */
static void take_waiting(void)
{
	static const struct timespec no_time;
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	for (int i = 0; i < 2; i++)
		check(sigtimedwait(&set, &info, &no_time) == SIGUSR2,
		      "a signal that waited");
	sigemptyset(&set);
	sigaddset(&set, QUEUE_AS);
	for (int i = 0; i < QUEUED; i++)
		check(sigtimedwait(&set, &info, &no_time) == QUEUE_AS &&
			      info.si_value.sival_int == i,
		      "a queued signal, in order");
	sigfillset(&set);
	check(sigtimedwait(&set, &info, &no_time) < 0 && errno == EAGAIN,
	      "no other signal");
}

/* After it was moved to a root: getcwd() and stat() agree about where it is. */
static void say_place(const struct stat *before)
{
	struct stat root = { 0 }, cwd = { 0 };
	char path[64] = "";

	check(getcwd(path, sizeof(path)) && strcmp(path, "/") == 0, "getcwd");
	check(stat("/", &root) == 0 && stat(".", &cwd) == 0 &&
		      root.st_dev == cwd.st_dev && root.st_ino == cwd.st_ino,
	      "cwd is the root");
	check(root.st_dev != before->st_dev || root.st_ino != before->st_ino,
	      "root is another one");
	printf("root: %u:%u %llu\n", major(root.st_dev), minor(root.st_dev),
	       (unsigned long long)root.st_ino);
}

/* capset(2): CAP_SYS_CHROOT is 18 */
static void lose_chroot(void)
{
	uint32_t head[2] = { 0x20080522, 0 }, data[6] = { 0 };

	check(syscall(SYS_capget, head, data) == 0, "capget");
	data[0] &= ~(1u << 18);
	data[1] &= ~(1u << 18);
	check(syscall(SYS_capset, head, data) == 0, "capset");
}

int main(int argc, char *argv[])
{
	const char *root = NULL, *cwd = NULL;
	int option, mount = 0, as_daemon = 0;
	struct stat old_root;

	while ((option = getopt(argc, argv, "c:w:mt:dC")) != -1) {
		if (option == 't')
			sscanf(optarg, "%d,%d", &work_ms, &slack_ms);
		else if (option == 'd')
			as_daemon = 1;
		else if (option == 'C')
			lose_chroot();
		else if (option == 'c')
			root = optarg;
		else if (option == 'w')
			cwd = optarg;
		else if (option == 'm')
			mount = 1;
		else
			return 3;
	}
	if (as_daemon)
		become_daemon();
	if ((mount && unshare(CLONE_NEWNS) < 0) || (root && chroot(root) < 0) ||
	    (cwd && chdir(cwd) < 0)) {
		perror("inject-target");
		return 3;
	}
	if (as_daemon)
		leave_waiting();
	stat("/", &old_root);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		sigset_t mask_before, mask_after;
		struct stat root_is, cwd_is;
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
			check(took >= work_ms - 1 && took < work_ms + slack_ms,
			      "time it took");
		}
		check(descriptors() == fds_before, "open descriptors");
		sigprocmask(SIG_BLOCK, NULL, &mask_after);
		check(memcmp(&mask_before, &mask_after, 8) == 0, "signal mask");
		if (as_daemon) {
			take_waiting();
			say_place(&old_root);
		}
		/* for a test that comes too late to see it alive */
		if (!as_daemon && stat("/", &root_is) == 0 &&
		    stat(".", &cwd_is) == 0)
			printf("stood: %lu:%lu %lu:%lu\n",
			       (unsigned long)root_is.st_dev,
			       (unsigned long)root_is.st_ino,
			       (unsigned long)cwd_is.st_dev,
			       (unsigned long)cwd_is.st_ino);
		printf("self: %s\n", bad ? "bad" : "good");
		if (as_daemon) {
			fflush(stdout);
			make_file(".end");
			for (;;)
				pause();
		}
		return bad;
	}
	fprintf(stderr, "inject-target: no such mode\n");
	return 3;
}
