/* SPDX-License-Identifier: MIT */
/*
 * pin-holder.c - a process that holds a file system in one known way
 *
 * pin-holder HOW [ARGUMENT...] does it, prints "ready" (some: the pid of a
 * child before that) and waits to be killed. Used by pins.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "pin-holder: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void ready(void)
{
	check(write(1, "ready\n", 6), "write");
}

static void wait_for_ever(void)
{
	ready();
	for (;;)
		pause();
}

/* ---- the ways --------------------------------------------------------- */

static void hold_cwd(char *args[])
{
	check(chdir(args[0]), args[0]);
	wait_for_ever();
}

static void hold_root(char *args[])
{
	check(chroot(args[0]), args[0]);
	wait_for_ever();
}

static void hold_chroot(char *args[])
{
	check(chdir(args[0]), args[0]);
	check(chroot("."), args[0]);
	wait_for_ever();
}

/* root ROOT, cwd elsewhere: ROOT DIR */
static void hold_chroot_cwd(char *args[])
{
	check(chdir(args[1]), args[1]);
	check(chroot(args[0]), args[0]);
	wait_for_ever();
}

static void hold_fd(char *args[])
{
	check(open(args[0], O_RDONLY), args[0]);
	wait_for_ever();
}

/* one file, by many descriptors: FILE COUNT */
static void hold_fds(char *args[])
{
	unsigned count = (unsigned)atoi(args[1]);
	struct rlimit limit = { count + 100, count + 100 };
	int fd;

	check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	fd = open(args[0], O_RDONLY);
	check(fd, args[0]);
	for (unsigned i = 1; i < count; i++)
		check(dup(fd), "dup");
	wait_for_ever();
}

/* many files, made here: DIR COUNT */
static void hold_files(char *args[])
{
	unsigned count = (unsigned)atoi(args[1]);
	struct rlimit limit = { count + 100, count + 100 };

	check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	check(chdir(args[0]), args[0]);
	for (unsigned i = 0; i < count; i++) {
		int fd = open("held", O_RDWR | O_CREAT | O_EXCL, 0600);

		check(fd, "open");
		check(write(fd, "x", 1), "write");
		check(unlink("held"), "unlink");
	}
	check(chdir("/"), "/");
	wait_for_ever();
}

static void hold_map(char *args[])
{
	int fd = open(args[0], O_RDONLY);
	void *map;

	check(fd, args[0]);
	/* twice, with a hole: lines of the same file follow each other */
	map = mmap(NULL, 3 << 12, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		check(-1, "mmap");
	check(munmap((char *)map + (1 << 12), 1 << 12), "munmap");
	check(close(fd), "close");
	wait_for_ever();
}

static void hold_exe(char *args[])
{
	(void)args;
	wait_for_ever();
}

/* a mount namespace, with the cwd in it */
static void hold_ns(char *args[])
{
	check(unshare(CLONE_NEWNS), "unshare");
	check(chdir(args[0]), args[0]);
	wait_for_ever();
}

/*
 * What kdevtmpfs does on Linux 7.0 to 7.2: a namespace whose "/" is covered by
 * another mount, in which the process then stands. FS is mounted at "/".
 */
static void hold_hidden(char *args[])
{
	check(unshare(CLONE_NEWNS), "unshare");
	(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	check(mount("cover", args[0], "tmpfs", 0, NULL), args[0]);
	check(chdir(args[0]), args[0]);
	check(mount(".", "/", NULL, MS_MOVE, NULL), "move");
	check(chroot("."), "chroot");
	wait_for_ever();
}

/* NS_GET_MNTNS_ID, include/uapi/linux/nsfs.h: status 0 if there is one */
static void can_see_hidden(char *args[])
{
	uint64_t id;
	int fd = open("/proc/self/ns/mnt", O_RDONLY);

	(void)args;
	_exit(ioctl(fd, 0x8008b705, &id) < 0);
}

static char **thread_args;
static pthread_barrier_t barrier;

static void *thread_apart(void *unused)
{
	(void)unused;
	check(unshare(CLONE_FS), "unshare");
	check(chdir(thread_args[0]), thread_args[0]);
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return NULL;
}

static void *thread_fd(void *unused)
{
	(void)unused;
	check(unshare(CLONE_FILES), "unshare");
	check(open(thread_args[0], O_RDONLY), thread_args[0]);
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return NULL;
}

static void *thread_plain(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return NULL;
}

static void start_thread(void *(*run)(void *))
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, run, NULL) != 0)
		check(-1, "pthread_create");
	pthread_barrier_wait(&barrier);
}

/* three threads, the last with a cwd of its own */
static void hold_thread(char *args[])
{
	thread_args = args;
	start_thread(thread_plain);
	start_thread(thread_apart);
	wait_for_ever();
}

static void hold_thread_fd(char *args[])
{
	thread_args = args;
	start_thread(thread_plain);
	start_thread(thread_fd);
	wait_for_ever();
}

/* the first thread is gone, another goes on */
static void *thread_ready(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	wait_for_ever();
	return NULL;
}

static void hold_headless(char *args[])
{
	static pthread_t self;
	pthread_t thread;

	check(chdir(args[0]), args[0]);
	self = pthread_self();
	if (pthread_create(&thread, NULL, thread_ready, &self) != 0)
		check(-1, "pthread_create");
	pthread_exit(NULL);
}

/* by a mount that is mounted nowhere: DIR */
static void hold_clone(char *args[])
{
	/* open_tree(2): OPEN_TREE_CLONE */
	check(syscall(428, AT_FDCWD, args[0], 1), "open_tree");
	wait_for_ever();
}

static int bind_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	check(fd, "socket");
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)), path);
	return fd;
}

/* a bound socket: DIR, and the relative path in it */
static void hold_socket(char *args[])
{
	check(chdir(args[0]), args[0]);
	(void)bind_to(args[1]);
	check(chdir("/"), "/");
	wait_for_ever();
}

/* a bound socket that is on its way through another one: PATH */
static void hold_socket_sent(char *args[])
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int pair[2], fd = bind_to(args[0]);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	check(sendmsg(pair[0], &message, 0), "sendmsg");
	close(fd);
	wait_for_ever();
}

static void on_signal(int number)
{
	(void)number;
}

/* everything that status tells: DIR */
static void hold_state(char *args[])
{
	sigset_t set;
	int pid;

	prctl(PR_SET_NAME, "odd) S \"\n\\\xff");
	signal(SIGUSR1, on_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	check(pid, "fork");
	if (pid == 0) {
		check(chdir(args[0]), args[0]);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, WUNTRACED);
	printf("%d\n", pid);
	fflush(stdout);
	wait_for_ever();
}

/* each process starts the next and goes, until DIR/stop is there */
static void hold_chain(char *args[])
{
	check(chdir(args[0]), args[0]);
	ready();
	while (access("stop", F_OK) < 0)
		if (fork() > 0)
			_exit(0);
	_exit(0);
}

/* one process starts children that end at once, until DIR/stop is there */
static void hold_storm(char *args[])
{
	check(chdir(args[0]), args[0]);
	signal(SIGCHLD, SIG_IGN);
	ready();
	while (access("stop", F_OK) < 0)
		if (fork() == 0)
			_exit(0);
	_exit(0);
}

/* COUNT children: DIR COUNT */
static void hold_many(char *args[])
{
	unsigned count = (unsigned)atoi(args[1]);

	check(chdir(args[0]), args[0]);
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_NAME, "many");
	for (unsigned i = 1; i < count; i++) {
		int pid = fork();

		check(pid, "fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	wait_for_ever();
}

/* include/uapi/linux/fuse.h */
struct fuse_in {
	uint32_t len, opcode;
	uint64_t unique, nodeid;
	uint32_t uid, gid, pid, padding;
};
struct fuse_out {
	uint32_t len;
	int32_t error;
	uint64_t unique;
};
#define FUSE_INIT 26

/*
 * A FUSE file system whose server stops answering as soon as a process has its
 * cwd there: MOUNT_POINT UID. Only that uid is let in. Prints the pid.
 */
static void hold_fuse(char *args[])
{
	int fd = open("/dev/fuse", O_RDWR);
	int uid = atoi(args[1]), root, pid, channel[2];
	static char buf[1 << 17];
	char options[100];

	check(fd, "/dev/fuse");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fd, uid, uid);
	check(mount("pins-test", args[0], "fuse", 0, options), args[0]);
	root = open(args[0], O_PATH);
	check(root, args[0]);
	check(pipe(channel), "pipe");
	pid = fork();
	check(pid, "fork");
	if (pid == 0) {
		prctl(PR_SET_NAME, "on-fuse");
		close(fd);
		check(setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid), "gid");
		check(setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid), "uid");
		check(fchdir(root), "fchdir");
		close(root);
		close(channel[1]);
		for (;;)
			pause();
	}
	close(root);
	close(channel[1]);
	/* INIT and the ACCESS of fchdir(2), then no more. */
	for (int served = 0; served < 2; served++) {
		const struct fuse_in *in = (const void *)buf;
		struct {
			struct fuse_out head;
			uint32_t init[16];
		} out = { 0 };

		check(read(fd, buf, sizeof(buf)), "read");
		out.head.unique = in->unique;
		out.head.len = sizeof(out.head);
		if (in->opcode == FUSE_INIT) {
			out.init[0] = 7;    /* major */
			out.init[1] = 31;   /* minor */
			out.init[5] = 4096; /* max_write */
			out.head.len = sizeof(out);
		} else {
			out.head.error = -ENOSYS; /* all access is allowed */
		}
		check(write(fd, &out, out.head.len), "write");
	}
	/* Its end closes when the child is there. */
	check(read(channel[0], buf, 1), "read");
	printf("%d\n", pid);
	fflush(stdout);
	wait_for_ever();
}

/* ---- a scan caught in the act ----------------------------------------- */

#define HOLDER 3001 /* the pid that the scan comes to */
#define BEHIND 301  /* a pid that it has passed by then */

static void next_pid(int pid)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "w");

	check(file ? 0 : -1, "ns_last_pid");
	fprintf(file, "%d", pid - 1);
	check(fclose(file), "ns_last_pid");
}

/* Is @pid, stopped as it enters a system call, in openat of "HOLDER"? */
static int opens_holder(int pid, const struct __ptrace_syscall_info *info)
{
	union {
		long words[2];
		char text[16];
	} path = { { 0 } };

	if (info->entry.nr != SYS_openat)
		return 0;
	for (int i = 0; i < 2; i++)
		path.words[i] =
			ptrace(PTRACE_PEEKDATA, pid,
			       info->entry.args[1] + sizeof(long) * i, NULL);
	path.text[15] = 0;
	return atoi(path.text) == HOLDER && strlen(path.text) == 4;
}

/* Run PINTLE pins --json DIR up to where it comes to HOLDER; in a pid namespace
 * of its own. @inside: until it has identified it and looks at it. */
static int stop_at_holder(char *args[], int inside)
{
	struct __ptrace_syscall_info info;
	int status, opened = 0;
	int pid = fork();

	check(pid, "fork");
	if (pid == 0) {
		check(ptrace(PTRACE_TRACEME, 0, 0, 0), "ptrace");
		execl(args[0], args[0], "pins", "--json", args[1], NULL);
		_exit(127);
	}
	check(waitpid(pid, &status, 0), "waitpid");
	check(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD),
	      "PTRACE_SETOPTIONS");
	for (;;) {
		check(ptrace(PTRACE_SYSCALL, pid, 0, 0), "PTRACE_SYSCALL");
		check(waitpid(pid, &status, 0), "waitpid");
		if (!WIFSTOPPED(status)) {
			fprintf(stderr, "pin-holder: %d was not met\n", HOLDER);
			_exit(1);
		}
		check(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info),
		      "PTRACE_GET_SYSCALL_INFO");
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		opened |= opens_holder(pid, &info);
		if (opened && (!inside || info.entry.nr == SYS_statx))
			return pid;
	}
}

static void go_on(int pid)
{
	int status;

	check(ptrace(PTRACE_DETACH, pid, 0, 0), "PTRACE_DETACH");
	check(waitpid(pid, &status, 0), "waitpid");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static int start_holder(const char *dir, int channel)
{
	char byte;
	int pid;

	next_pid(HOLDER);
	pid = fork();
	check(pid, "fork");
	if (pid == 0) {
		check(chdir(dir), dir);
		/* It was told to leave a child, and to end. */
		check(read(channel, &byte, 1), "read");
		if (fork() == 0)
			for (;;)
				pause();
		_exit(0);
	}
	return pid;
}

/* PINTLE DIR: the holder of DIR goes on under a pid that was passed already */
static void race_behind(char *args[])
{
	int channel[2], holder, scan;

	check(pipe(channel), "pipe");
	holder = start_holder(args[1], channel[0]);
	scan = stop_at_holder(args, 0);
	next_pid(BEHIND);
	check(write(channel[1], "", 1), "write");
	check(waitpid(holder, NULL, 0), "waitpid");
	go_on(scan);
}

/* PINTLE DIR: meanwhile, another process with its root there gets the pid */
static void race_reuse(char *args[])
{
	int channel[2], holder, scan;

	check(pipe(channel), "pipe");
	holder = start_holder(args[1], channel[0]);
	scan = stop_at_holder(args, 1);
	check(kill(holder, SIGKILL), "kill");
	check(waitpid(holder, NULL, 0), "waitpid");
	next_pid(HOLDER);
	check(pipe(channel), "pipe");
	if (fork() == 0) {
		check(chroot(args[1]), args[1]);
		close(channel[0]);
		close(channel[1]);
		for (;;)
			pause();
	}
	close(channel[1]);
	check(read(channel[0], args[1], 1), "read");
	go_on(scan);
}

static const struct {
	const char *how;
	void (*hold)(char *args[]);
	int args;
} ways[] = {
	{ "cwd", hold_cwd, 1 },
	{ "root", hold_root, 1 },
	{ "chroot", hold_chroot, 1 },
	{ "chroot-cwd", hold_chroot_cwd, 2 },
	{ "fd", hold_fd, 1 },
	{ "fds", hold_fds, 2 },
	{ "files", hold_files, 2 },
	{ "map", hold_map, 1 },
	{ "exe", hold_exe, 0 },
	{ "ns", hold_ns, 1 },
	{ "hidden", hold_hidden, 1 },
	{ "can-see-hidden", can_see_hidden, 0 },
	{ "thread", hold_thread, 1 },
	{ "thread-fd", hold_thread_fd, 1 },
	{ "headless", hold_headless, 1 },
	{ "clone", hold_clone, 1 },
	{ "socket", hold_socket, 2 },
	{ "socket-sent", hold_socket_sent, 1 },
	{ "state", hold_state, 1 },
	{ "chain", hold_chain, 1 },
	{ "storm", hold_storm, 1 },
	{ "many", hold_many, 2 },
	{ "fuse", hold_fuse, 2 },
	{ "race-behind", race_behind, 2 },
	{ "race-reuse", race_reuse, 2 },
};

int main(int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (argc > 1 && strcmp(argv[1], ways[i].how) == 0 &&
		    argc == ways[i].args + 2)
			ways[i].hold(argv + 2);
	fprintf(stderr, "usage: pin-holder HOW [ARGUMENT...]\n");
	return 2;
}
