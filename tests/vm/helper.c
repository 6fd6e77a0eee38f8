/* SPDX-License-Identifier: MIT */
/*
 * helper - the processes that live on in the rows of rows/helpers.py
 *
 *	helper [-n NAME] [-r] [-m] PLACE KIND [ARGUMENT]
 *	helper await COUNT
 *	helper ran FILE
 *
 * It takes its place, becomes its kind, and then makes a file in /run, which
 * says that it is ready. `await` returns when COUNT of them are. An executor
 * becomes `ran`, which makes FILE.
 *
 *	-n NAME		its name in /proc
 *	-r		it runs from a copy of itself in /run
 *	-m		its first argument begins with '@'
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/pintle-helper.h"

#define COPY	"/run/helper"
#define DIR_SUB "/sub"
#define FILE_1M "/mapped"
#define READY	"ready."

static int run_fd;

static void die(const char *what)
{
	FILE *log = fopen("/dev/kmsg", "w");

	if (log) {
		fprintf(log, "<3>helper: %s: %s\n", what, strerror(errno));
		fclose(log);
	}
	exit(1);
}

static void check(bool good, const char *what)
{
	if (!good)
		die(what);
}

/* ---- readiness ---------------------------------------------------------- */

static void ready(void)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), READY "%d", (int)getpid());
	fd = openat(run_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check(fd >= 0, "say that it is ready");
	close(fd);
	close(run_fd);
}

static int count_ready(void)
{
	DIR *dir = opendir("/run");
	struct dirent *e;
	int count = 0;

	check(dir, "open /run");
	while ((e = readdir(dir)))
		count += strncmp(e->d_name, READY, strlen(READY)) == 0;
	closedir(dir);
	return count;
}

static int await(int count)
{
	char events[4096];
	int fd = inotify_init1(IN_CLOEXEC);

	check(fd >= 0 && inotify_add_watch(fd, "/run", IN_CREATE) >= 0,
	      "watch /run");
	while (count_ready() < count)
		check(read(fd, events, sizeof(events)) > 0, "read inotify");
	return 0;
}

/* ---- places ------------------------------------------------------------- */

static void enter_sub(void)
{
	check(chdir(DIR_SUB) == 0, "chdir");
}

static void enter_chroot(void)
{
	enter_sub();
	check(chroot(".") == 0, "chroot");
}

static void enter_namespace(void)
{
	check(unshare(CLONE_NEWNS) == 0, "unshare");
}

static int thread_ends[2];

static void *in_thread(void *unused)
{
	sigset_t all;

	/* The first thread takes what is sent to the process. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	check(unshare(CLONE_FS) == 0, "unshare in a thread");
	enter_sub();
	check(write(thread_ends[1], "", 1) == 1, "write");
	for (;;)
		pause();
	return unused;
}

static void enter_thread(void)
{
	pthread_t thread;
	char byte;

	check(pipe2(thread_ends, O_CLOEXEC) == 0, "pipe");
	check(pthread_create(&thread, NULL, in_thread, NULL) == 0, "thread");
	check(read(thread_ends[0], &byte, 1) == 1, "read");
	close(thread_ends[0]);
	close(thread_ends[1]);
}

static void hold_descriptor(void)
{
	check(open(FILE_1M, O_RDONLY) >= 0, "open");
}

static void hold_mapping(void)
{
	int fd = open(FILE_1M, O_RDONLY | O_CLOEXEC);

	enter_sub();
	check(fd >= 0 && mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0) !=
				 MAP_FAILED,
	      "mmap");
	close(fd);
}

static void stand_still(void)
{
}

/* ---- kinds -------------------------------------------------------------- */

__attribute__((noreturn)) static void live(void)
{
	ready();
	for (;;)
		pause();
}

static void be_plain(int argument)
{
	(void)argument;
	live();
}

static void be_handler(int argument)
{
	(void)argument;
	check(pintle_helper_install() == 0, "sigaction");
	live();
}

static void be_ignoring(int argument)
{
	(void)argument;
	signal(PINTLE_HELPER_SIGNAL, SIG_IGN);
	live();
}

/* It announces that it reads its signalfd, and never does. */
static void be_deaf(int argument)
{
	sigset_t set;

	(void)argument;
	sigemptyset(&set);
	sigaddset(&set, PINTLE_HELPER_SIGNAL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	check(signalfd(-1, &set, SFD_CLOEXEC) >= 0 &&
		      pintle_helper_announce() >= 0,
	      "signalfd");
	live();
}

/* ---- bystanders --------------------------------------------------------- */

/* It blocks every signal in its first thread, for a purpose of its own. */
static void be_blocking(int argument)
{
	sigset_t all;

	(void)argument;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	live();
}

static void default_action(int number)
{
	(void)signal(number, SIG_DFL);
	raise(number);
}

/* Like qemu-user, it catches all signals and does what is the default. */
static void be_emulator(int argument)
{
	(void)argument;
	for (int number = 1; number <= 64; number++)
		(void)signal(number, default_action);
	live();
}

/* Like the child in which a service manager starts a program, in the middle of
 * a switch: it blocks every signal until the real init runs, and executes then.
 */
static void be_executor(int argument)
{
	static char name[16], file[32];
	char *const argv[] = { "helper", "ran", file, NULL };
	char events[4096];
	sigset_t all;
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int run = dup(run_fd);
	int fd = inotify_init1(IN_CLOEXEC);

	(void)argument;
	check(self >= 0 && run >= 0 && fd >= 0 &&
		      inotify_add_watch(fd, "/run", IN_CREATE) >= 0,
	      "watch /run");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	ready();
	while (faccessat(run, "switched", F_OK, 0) < 0)
		check(read(fd, events, sizeof(events)) > 0, "read inotify");
	prctl(PR_GET_NAME, name);
	snprintf(file, sizeof(file), "ran.%s", name);
	check(fchdir(run) == 0, "chdir");
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	fexecve(self, argv, environ);
	die("exec");
}

static void be_stopped(int argument)
{
	(void)argument;
	check(pintle_helper_install() == 0, "sigaction");
	/* The file comes first: a process that is stopped cannot make it, and
	 * the process that waits for it runs on the same CPU. */
	ready();
	raise(SIGSTOP);
	for (;;)
		pause();
}

static void end(int number)
{
	(void)number;
	_exit(0);
}

static void be_dying(int argument)
{
	(void)argument;
	signal(PINTLE_HELPER_SIGNAL, end);
	live();
}

static void be_deaf_to_term(int argument)
{
	(void)argument;
	signal(SIGTERM, SIG_IGN);
	live();
}

/* It always has a child, and always another one. */
static void be_forking(int argument)
{
	(void)argument;
	check(pintle_helper_install() == 0, "sigaction");
	ready();
	for (;;) {
		struct timespec pause_ns = { .tv_nsec = 2000000 };
		int pid = fork();

		if (pid == 0) {
			nanosleep(&pause_ns, NULL);
			_exit(0);
		}
		while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

/* The parent of each generation ends, so that no pid lives long. */
static void be_chain(int argument)
{
	(void)argument;
	signal(SIGCHLD, SIG_IGN);
	ready();
	for (;;) {
		struct timespec pause_ns = { .tv_nsec = 10000000 };

		nanosleep(&pause_ns, NULL);
		if (fork() > 0)
			_exit(0);
	}
}

/* It makes a child before it moves; the child moves when it is asked itself. */
static void bear_and_follow(int number, siginfo_t *info, void *context)
{
	static int borne;

	if (borne++ || fork() > 0)
		pintle_helper_handler(number, info, context);
}

static void be_bearing(int argument)
{
	struct sigaction action = { .sa_sigaction = bear_and_follow,
				    .sa_flags = SA_SIGINFO | SA_RESTART };

	(void)argument;
	check(sigaction(PINTLE_HELPER_SIGNAL, &action, NULL) == 0, "sigaction");
	live();
}

static void be_many(int count)
{
	check(pintle_helper_install() == 0, "sigaction");
	for (int i = 1; i < count; i++) {
		int pid = fork();

		check(pid >= 0, "fork");
		if (pid == 0) {
			close(run_fd);
			for (;;)
				pause();
		}
	}
	live();
}

/* ---- plymouthd ---------------------------------------------------------- */

enum plymouth { MOVES, ACKS, MUTE, OTHER_UID };

/* The part of the protocol that pintle speaks (src/console/plymouth.h): one
 * connection after the other, each with one request. */
static void be_plymouth(enum plymouth how)
{
	static const char address[] = "/org/freedesktop/plymouthd";
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(name.sun_path + 1, address, sizeof(address) - 1);
	if (how == OTHER_UID)
		check(fchmod(run_fd, 01777) == 0 && setuid(1000) == 0,
		      "setuid");
	check(fd >= 0 &&
		      bind(fd, (struct sockaddr *)&name,
			   offsetof(struct sockaddr_un, sun_path) +
				   sizeof(address)) == 0 &&
		      listen(fd, 4) == 0,
	      "listen");
	ready();
	for (;;) {
		unsigned char request[300] = { 0 };
		int client = accept(fd, NULL, NULL);
		bool good = false;

		if (client < 0)
			continue;
		if (recv(client, request, sizeof(request) - 1, 0) < 3 ||
		    request[0] != 'R' || request[1] != 2 || how == OTHER_UID) {
			close(client);
			continue;
		}
		if (how == MOVES)
			good = chdir((char *)request + 3) == 0 &&
			       chroot(".") == 0 && chdir("/") == 0;
		/* Like the real one, it answers 06 whether it worked or not. */
		(void)good;
		if (how != MUTE) {
			check(write(client, "\6", 1) == 1, "answer");
			close(client);
		}
	}
}

static const struct {
	const char *name;
	void (*take)(void);
} places[] = {
	{ "root", stand_still },     { "sub", enter_sub },
	{ "chroot", enter_chroot },  { "namespace", enter_namespace },
	{ "thread", enter_thread },  { "descriptor", hold_descriptor },
	{ "mapping", hold_mapping },
};

static const struct {
	const char *name;
	void (*be)(int argument);
} kinds[] = {
	{ "plain", be_plain },		 { "handler", be_handler },
	{ "ignoring", be_ignoring },	 { "deaf", be_deaf },
	{ "stopped", be_stopped },	 { "dying", be_dying },
	{ "unending", be_deaf_to_term }, { "forking", be_forking },
	{ "chain", be_chain },		 { "many", be_many },
	{ "bearing", be_bearing },	 { "blocking", be_blocking },
	{ "emulator", be_emulator },	 { "executor", be_executor },
};

static const char *const plymouths[] = {
	[MOVES] = "plymouth",
	[ACKS] = "plymouth-acks",
	[MUTE] = "plymouth-mute",
	[OTHER_UID] = "plymouth-uid",
};

static void copy_self(void)
{
	char buffer[65536];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	check(from >= 0 && to >= 0, "copy itself");
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		check(write(to, buffer, (size_t)n) == n, "write its copy");
	close(from);
	close(to);
}

int main(int argc, char **argv)
{
	const char *name = NULL;
	bool copy = false, mark = false;
	int option;

	if (argc > 2 && strcmp(argv[1], "await") == 0)
		return await(atoi(argv[2]));
	/* "#!" passes all of this as one argument. */
	if (argc > 2 && strncmp(argv[1], "await ", 6) == 0)
		return await(atoi(argv[1] + 6));
	if (argc > 2 && strcmp(argv[1], "ran") == 0)
		return open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
	while ((option = getopt(argc, argv, "n:rm")) > 0) {
		if (option == 'n')
			name = optarg;
		copy |= option == 'r';
		mark |= option == 'm';
	}
	check(argc - optind >= 2, "arguments");
	/* once more, with the arguments as they should look */
	if ((copy && access(COPY, X_OK) < 0) || (mark && argv[0][0] != '@')) {
		if (copy)
			copy_self();
		if (mark)
			argv[0] = strdup("@helper");
		execv(copy ? COPY : "/proc/self/exe", argv);
		die("exec");
	}
	run_fd = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(run_fd >= 0, "open /run");
	if (name)
		prctl(PR_SET_NAME, name);
	argc -= optind;
	argv += optind;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strcmp(argv[0], places[i].name) == 0)
			places[i].take();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			kinds[i].be(argc > 2 ? atoi(argv[2]) : 0);
	for (size_t i = 0; i < sizeof(plymouths) / sizeof(*plymouths); i++)
		if (strcmp(argv[1], plymouths[i]) == 0)
			be_plymouth((enum plymouth)i);
	errno = EINVAL;
	die(argv[1]);
}
