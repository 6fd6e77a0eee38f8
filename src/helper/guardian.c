/* SPDX-License-Identifier: MIT */
#include "helper/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/mover-signal.h"

/* As env(1), nohup(1) and timeout(1) have them. */
#define EXIT_OURS	    125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127

/* How many reads of signals in a row may fail. */
#define ERRORS_MAX 100

/* For --migrate=stop: from SIGTERM to SIGKILL. */
#define STOP_US 2000000

/* If there is no PATH: an initramfs may start us without one. */
#define PATH_DEFAULT "/usr/sbin:/usr/bin:/sbin:/bin"

enum policy { MOVE, STOP, STAY };

static const char *const policies[] = {
	[MOVE] = "move",
	[STOP] = "stop",
	[STAY] = "stay",
};

static const struct linux_sigaction default_action = { .handler = 0 };

/* What COMMAND inherits as if we were not there. */
struct inherited {
	uint64_t mask;
	struct linux_sigaction sigchld;
};

struct guardian {
	enum policy policy;
	int self, child;
	int signal_fd;
	int64_t kill_us; /* deadline of a child that was told to end; or 0 */
};

/* ---- COMMAND ----------------------------------------------------------- */

static int execute(const char *path, bool mark, char *argv[], char *envp[])
{
	char marked[1024];
	char *was = argv[0];
	int r;

	if (mark) {
		/* systemd looks at the first byte only; the part behind the
		 * last slash stays, because busybox looks at it. */
		r = str_copy(marked, sizeof(marked), path);
		if (r < 0)
			return r;
		marked[0] = '@';
		argv[0] = marked;
	}
	r = sys_execveat(AT_FDCWD, path, argv, envp, 0);
	argv[0] = was;
	return r;
}

static const char *get_path(char *const envp[])
{
	for (; *envp; envp++) {
		const char *path = str_after(*envp, "PATH=");

		if (path)
			return path;
	}
	return PATH_DEFAULT;
}

/* execvp(3), but a file without "#!" is no shell script: -errno */
static int execute_command(bool mark, char *argv[], char *envp[])
{
	char path[1024];
	int first = -ENOENT;

	if (argv[0][0] == '\0')
		return -ENOENT;
	if (str_char(argv[0], '/'))
		return execute(argv[0], mark, argv, envp);
	for (const char *at = get_path(envp);;) {
		const char *end = str_char(at, ':');
		int len = (int)(end ? end - at : (long)strlen(at));
		int r = str_format(path, sizeof(path), "%.*s/%s", len ? len : 1,
				   len ? at : ".", argv[0]);

		if (r == 0)
			r = execute(path, mark, argv, envp);
		if (r != -ENOENT && r != -ENOTDIR && first == -ENOENT)
			first = r;
		if (!end)
			return first;
		at = end + 1;
	}
}

int guardian_become(bool mark, char *argv[], char *envp[])
{
	int r = execute_command(mark, argv, envp);

	log_line(LOG_ERROR, "start '%s': %s", argv[0], fail_reason(r));
	return r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

__attribute__((noreturn)) static void
become_command(const struct inherited *inherited, int guardian_pid, bool mark,
	       bool (*enter)(void), char *argv[], char *envp[])
{
	(void)sys_set_parent_death_signal(SIGTERM);
	if (sys_getppid() != guardian_pid)
		sys_exit(EXIT_OURS); /* it died before that call */
	if (enter && !enter())
		sys_exit(EXIT_OURS);
	(void)sys_signal_action(SIGCHLD, &inherited->sigchld, NULL);
	(void)sys_signal_mask(inherited->mask, NULL);
	sys_exit(guardian_become(mark, argv, envp));
}

/* ---- its guardian ------------------------------------------------------ */

__attribute__((noreturn)) static void end_like(const struct guardian *guardian,
					       int status)
{
	struct child_end end = child_end(status);

	if (end.signal == 0)
		sys_exit(end.code);
	/* One core file is enough. */
	(void)sys_set_dumpable(false);
	(void)sys_signal_action(end.signal, &default_action, NULL);
	(void)sys_kill(guardian->self, end.signal);
	(void)sys_signal_mask(~SYS_SIGNAL(end.signal), NULL);
	/* Only the first process of a pid namespace gets here. */
	sys_exit(128 + end.signal);
}

static void watch_child(const struct guardian *guardian)
{
	int stopped_by = 0;
	int status = 0;
	int pid;

	/* Signals of one number become one, and the program that executed us
	 * may have left us children of its own. */
	for (unsigned tries = 0; tries < 100;) {
		pid = sys_wait(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
		/* COMMAND is our child no longer: nobody can tell its
		 * status. */
		if (pid == -ECHILD)
			sys_exit(EXIT_OURS);
		if (pid == 0)
			break;
		tries += pid < 0;
		if (pid != guardian->child)
			continue;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			end_like(guardian, status);
		stopped_by = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
	}
	/* The job control of a shell looks only at us. A SIGSTOP is different:
	 * somebody wants that one process stopped, and we can still move it. */
	if (stopped_by == SIGTSTP || stopped_by == SIGTTIN ||
	    stopped_by == SIGTTOU)
		(void)sys_kill(guardian->self, SIGSTOP);
}

static bool is_from_terminal(const struct linux_siginfo *info)
{
	if (info->code <= 0) /* a process sent it */
		return false;
	return info->signo == SIGINT || info->signo == SIGQUIT ||
	       info->signo == SIGTSTP || info->signo == SIGTTIN ||
	       info->signo == SIGTTOU || info->signo == SIGWINCH;
}

static void pass_on(const struct guardian *guardian,
		    const struct linux_siginfo *info)
{
	/* A terminal sends to the whole process group: COMMAND has it
	 * already. */
	if (is_from_terminal(info) &&
	    sys_getpgid(guardian->child) == sys_getpgid(0))
		return;
	/* Until we have waited for it, the number is that of our child. */
	if (info->code < 0 && info->code != LINUX_SI_TKILL)
		(void)sys_queue_signal(guardian->child, info->signo, info);
	else
		(void)sys_kill(guardian->child, info->signo);
}

static void answer(struct guardian *guardian, const struct linux_siginfo *info)
{
	/* There is nobody to tell: the sender looks where we stand. */
	if (guardian->policy == MOVE)
		(void)mover_signal_obey(info);
	if (guardian->policy == STOP && guardian->kill_us == 0) {
		(void)sys_kill(guardian->child, SIGTERM);
		(void)sys_kill(guardian->child, SIGCONT);
		guardian->kill_us = sys_now_us() + STOP_US;
	}
}

/*
 * Returns the number of a signal, 0 at the deadline, or -errno. It is read from
 * a signalfd(2), because rt_sigtimedwait(2) unblocks the signals that it waits
 * for (kernel/signal.c: do_sigtimedwait): /proc would show that nobody handles
 * the request, and it would not be sent.
 */
static int next_signal(const struct guardian *guardian,
		       struct linux_siginfo *ret_info)
{
	struct linux_signalfd_siginfo got;
	long n;

	if (sys_wait_readable(guardian->signal_fd, guardian->kill_us) == 0)
		return 0;
	do
		n = sys_read(guardian->signal_fd, &got, sizeof(got));
	while (n == -EINTR);
	if (n != (long)sizeof(got))
		return n < 0 ? (int)n : -EIO;
	*ret_info = (struct linux_siginfo){
		.signo = (int32_t)got.signo,
		.error = got.error,
		.code = got.code,
		.pid = (int32_t)got.pid,
		.uid = got.uid,
		.value = got.value,
		.value_high = (int32_t)(got.pointer >> 32),
	};
	return ret_info->signo;
}

/* Without signals, as their numbers cannot be read. */
__attribute__((noreturn)) static void
wait_for_child(const struct guardian *guardian)
{
	int status = 0;

	if (sys_wait(guardian->child, &status, 0) != guardian->child)
		sys_exit(EXIT_OURS);
	end_like(guardian, status);
}

__attribute__((noreturn)) static void guard(struct guardian *guardian)
{
	struct linux_siginfo info;
	unsigned errors = 0;

	for (;;) {
		int number = next_signal(guardian, &info);

		if (number < 0) {
			/* Ask for what no signal tells. */
			if (++errors == ERRORS_MAX)
				wait_for_child(guardian);
			watch_child(guardian);
		} else if (number == 0) {
			(void)sys_kill(guardian->child, SIGKILL);
			guardian->kill_us = 0;
		} else if (number == SIGCHLD) {
			watch_child(guardian);
		} else if (mover_signal_is_request(&info)) {
			answer(guardian, &info);
		} else if (number > 0) {
			pass_on(guardian, &info);
		}
	}
}

static int usage(void)
{
	log_line(LOG_ERROR, "usage: pintle helper [--migrate=move|stop|stay] "
			    "[--mark] [--] COMMAND [ARGUMENT...]");
	return EXIT_OURS;
}

/* the number of @name in policies[], or -1 */
static int find_policy(const char *name)
{
	for (int i = 0; i < (int)(sizeof(policies) / sizeof(policies[0])); i++)
		if (strcmp(name, policies[i]) == 0)
			return i;
	return -1;
}

/* Start COMMAND as a child, with this process as its guardian. */
static int start(enum policy policy, bool mark,
		 const struct guardian_hooks *hooks, char *argv[], char *envp[])
{
	struct guardian guardian = { .policy = policy };
	struct inherited inherited;
	int announced = -1;
	int r = sys_signal_mask(~0ull, &inherited.mask);

	/* If SIGCHLD stayed ignored, we would get no status. */
	if (r == 0)
		r = sys_signal_action(SIGCHLD, &default_action,
				      &inherited.sigchld);
	if (r == 0)
		r = guardian.signal_fd = sys_signalfd(~0ull);
	/* Whoever sees the announcement sees what it means. */
	if (policy != STAY)
		sys_set_name(policy == STOP ? GUARDIAN_STOPS : GUARDIAN_MOVES);
	/* Nobody asks one that has not announced itself. */
	if (r >= 0 && policy != STAY)
		r = announced = mover_signal_announce();
	if (r < 0) {
		log_line(LOG_ERROR, "wait for signals: %s", fail_reason(r));
		return EXIT_OURS;
	}
	guardian.self = sys_getpid();
	guardian.child = policy == MOVE ? sys_fork_shared_fs() : sys_fork();
	if (guardian.child == 0)
		become_command(&inherited, guardian.self, mark, hooks->enter,
			       argv, envp);
	if (guardian.child < 0) {
		log_line(LOG_ERROR, "start '%s': %s", argv[0],
			 fail_reason(guardian.child));
		return EXIT_OURS;
	}
	if (hooks->stay)
		hooks->stay();
	/* A pipe that we hold open keeps its reader waiting, and a file that we
	 * hold open pins its root. Nothing is said from here on. */
	for (int fd = 0; fd < guardian.signal_fd; fd++)
		(void)sys_close(fd);
	for (int fd = guardian.signal_fd + 1; fd < announced; fd++)
		(void)sys_close(fd);
	io_close_from((announced < 0 ? guardian.signal_fd : announced) + 1);
	guard(&guardian);
}

int guardian_with(const struct guardian_hooks *hooks, char *argv[],
		  char *envp[])
{
	return start(STAY, false, hooks, argv, envp);
}

int guardian(char *title, int argc, char *argv[], char *envp[])
{
	static const struct guardian_hooks none;
	enum policy wanted = MOVE;
	bool mark = false;
	int at = 1;

	log_as_command(false);
	log_stage("helper");
	for (; at < argc && argv[at][0] == '-'; at++) {
		const char *name = str_after(argv[at], "--migrate=");
		int policy = name ? find_policy(name) : -1;

		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		if (policy >= 0)
			wanted = (enum policy)policy;
		else if (strcmp(argv[at], "--mark") == 0)
			mark = true;
		else
			return usage();
	}
	if (at >= argc)
		return usage();
	if (mark && title && *title)
		*title = '@';
	return start(wanted, mark, &none, argv + at, envp);
}
