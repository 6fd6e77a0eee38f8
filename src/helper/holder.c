/* SPDX-License-Identifier: MIT */
#include "helper/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/task.h"

enum { LIFE, READY }; /* of its descriptors */

#define END_US 100000 /* how long its end is waited for */

bool holder_is_nested(int pid, int tid)
{
	struct sys_stat ours, its;
	char path[64];

	return sys_stat(AT_FDCWD, "/proc/self/ns/pid", 0, &ours) == 0 &&
	       sys_stat(AT_FDCWD, task_path(path, pid, tid, "ns/pid"), 0,
			&its) == 0 &&
	       ours.ino != its.ino;
}

bool holder_is_needed(const struct procstatus *status)
{
	struct linux_capabilities ours;

	if (status->capabilities >> LINUX_CAP_SYS_PTRACE & 1)
		return false;
	return status->uid != sys_getuid() || sys_capabilities(&ours) < 0 ||
	       (ours.permitted & ~status->capabilities) != 0;
}

/* ---- in the child -------------------------------------------------------- */

__attribute__((noreturn)) static void become(int pid, int tid,
					     const int fds[HOLDER_FDS],
					     const int life[2],
					     const int ready[2])
{
	static char *envp[] = { NULL };
	char pid_text[12], tid_text[12];
	static char command[] = "pintle", name[] = "hold";
	char *argv[] = { command, name, pid_text, tid_text, NULL };
	int from[HOLDER_FIRST + HOLDER_FDS] = { life[0], ready[1], -1 };

	(void)str_format(pid_text, sizeof(pid_text), "%d", pid);
	(void)str_format(tid_text, sizeof(tid_text), "%d", tid);
	for (unsigned i = 0; i < HOLDER_FDS; i++)
		from[HOLDER_FIRST + i] = fds[i];
	/* First out of the way, so that none takes the place of another. */
	for (unsigned i = 0; i < HOLDER_FIRST + HOLDER_FDS; i++)
		if (from[i] >= 0)
			from[i] =
				sys_copy_fd(from[i], HOLDER_FIRST + HOLDER_FDS);
	for (unsigned i = 0; i < HOLDER_FIRST + HOLDER_FDS; i++)
		if (from[i] >= 0)
			(void)sys_dup3(from[i], (int)i, 0);
		else
			(void)sys_close((int)i);
	/* Whoever has its uid may take what is open: our caller may have left
	 * us any descriptor, and 2 may be the terminal of root. */
	io_close_from(HOLDER_FIRST + HOLDER_FDS);
	(void)sys_execveat(AT_FDCWD, "/proc/self/exe", argv, envp, 0);
	sys_exit(1);
}

/* A child of a process that has entered a pid namespace is in it. The process
 * itself stays outside, so that the holder is its child and not an orphan. */
static int fork_in_namespace(int pid, int tid)
{
	char path[64];
	_auto_close int own = -1, its = -1;
	int r;

	if (!holder_is_nested(pid, tid))
		return sys_fork();
	own = io_open("/proc/self/ns/pid", O_RDONLY);
	its = io_open(task_path(path, pid, tid, "ns/pid"), O_RDONLY);
	r = own < 0 ? own : sys_setns(its, 0);
	if (r < 0)
		return r;
	r = sys_fork();
	if (r != 0)
		(void)sys_setns(own, 0);
	return r;
}

int holder_run(int argc, char *argv[], char *envp[])
{
	struct linux_capabilities none = { 0 };
	struct procstatus status;
	uint64_t pid = 0, tid = 0;
	int number = sys_getpid();
	char byte;

	(void)envp;
	if (argc != 3 || str_number(argv[1], &pid) < 0 ||
	    str_number(argv[2], &tid) < 0 ||
	    task_status((int)pid, (int)tid, &status) < 0 ||
	    sys_become((unsigned)status.uid, (unsigned)status.gid) < 0 ||
	    sys_set_capabilities(&none) < 0 || sys_set_dumpable(true) < 0)
		return 1;
	/* A stopped one would not see that its life has ended. A change of the
	 * credentials forgets this: kernel/cred.c, commit_creds. */
	(void)sys_set_parent_death_signal(SIGKILL);
	sys_let_trace();
	if (io_write(READY, &number, sizeof(number)) < 0)
		return 1;
	(void)sys_close(READY);
	while (sys_read(LIFE, &byte, 1) > 0)
		;
	return 0;
}

/* ---- in the parent ------------------------------------------------------- */

int holder_start(int pid, int tid, const int fds[HOLDER_FDS],
		 int64_t deadline_us, struct holder *ret, struct fail *why)
{
	int life[2], ready[2];
	int r = sys_pipe(life);

	*ret = (struct holder){ .life_fd = -1 };
	if (r < 0)
		return fail(why, r, "make a pipe");
	ret->life_fd = life[1];
	r = sys_pipe(ready);
	if (r < 0) {
		(void)sys_close(life[0]);
		holder_end(ret);
		return fail(why, r, "make a pipe");
	}
	ret->child = fork_in_namespace(pid, tid);
	if (ret->child == 0)
		become(pid, tid, fds, life, ready);
	(void)sys_close(life[0]);
	(void)sys_close(ready[1]);
	r = ret->child < 0 ? ret->child
			   : sys_wait_readable(ready[0], deadline_us);
	if (r > 0)
		r = sys_read(ready[0], &ret->number, sizeof(ret->number)) ==
				    sizeof(ret->number)
			    ? 0
			    : -EPERM;
	else if (r == 0)
		r = -ETIMEDOUT;
	(void)sys_close(ready[0]);
	if (r == 0)
		return 0;
	holder_end(ret);
	return fail_said(why, -r,
			 "move process '%d' by injection: no process that may "
			 "hand it the new root could be started" FAIL_TODO
			 "give it another mover, or stop it",
			 pid);
}

/*
 * Other processes of its uid may stop it, so it is killed; and they may trace
 * it, and then there is nothing to wait for until they let go of the zombie.
 */
void holder_end(struct holder *holder)
{
	int64_t deadline_us = sys_now_us() + END_US;

	if (holder->life_fd >= 0)
		(void)sys_close(holder->life_fd);
	if (holder->child > 0)
		(void)sys_kill(holder->child, SIGKILL);
	while (holder->child > 0 &&
	       sys_wait(holder->child, NULL, WNOHANG) == 0 &&
	       sys_wait_sigchld(deadline_us) >= 0)
		;
	*holder = (struct holder){ .life_fd = -1 };
}
