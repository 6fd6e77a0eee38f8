/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/relay.h"
#include "base/sys.h"

/* Let descriptor @to lead to @from; a missing /dev/null leaves it as it is. */
static void redirect(int from, int to)
{
	if (from >= 0)
		(void)sys_dup3(from, to, 0);
}

static int output(enum child_output where, int null, int kmsg, int same)
{
	return where == CHILD_NULL ? null : where == CHILD_KMSG ? kmsg : same;
}

/* The pipe to a relay, or @null if there is none. */
static int open_relay(const struct child *child, const char *path, int null)
{
	int r = relay_fork(child->err == CHILD_KMSG);

	if (r < 0)
		log_line(LOG_WARNING, "show what '%s' says: %s, going without",
			 path, fail_reason(r));
	return r < 0 ? null : r;
}

void child_become(const struct child *child)
{
	const char *path = child->path ? child->path : child->argv[0];
	/* Closed on exec, as everything that io_open() opens. */
	int null = io_open("/dev/null", O_RDWR);
	int kmsg = io_open("/dev/kmsg", O_WRONLY);
	int same = -1, r;

	if (child->repeats)
		same = kmsg = open_relay(child, path, null);

	redirect(child->stdin_fd == CHILD_STDIN_NULL ? null : child->stdin_fd,
		 0);
	redirect(output(child->out, null, kmsg, same), 1);
	redirect(output(child->err, null, kmsg, same), 2);
	(void)sys_block_sigchld(false);
	if (child->session)
		(void)sys_setsid();
	r = sys_execveat(AT_FDCWD, path, child->argv, child->envp, 0);
	log_line(LOG_ERROR, "start '%s': %s", path, fail_reason(r));
	sys_exit(CHILD_NOT_STARTED);
}

int child_start(const struct child *child)
{
	int pid = sys_fork();

	if (pid == 0)
		child_become(child);
	return pid;
}

struct child_end child_end(int status)
{
	if (WIFSIGNALED(status))
		return (struct child_end){ -1, WTERMSIG(status) };
	return (struct child_end){ WEXITSTATUS(status), 0 };
}

int child_wait(int pid, struct child_end *ret)
{
	int status = 0, r;

	do
		r = sys_wait(pid, &status, 0);
	while (r == -EINTR);
	if (r < 0)
		return r;
	*ret = child_end(status);
	return 0;
}

void child_reap_all(void)
{
	int status;

	while (sys_wait(-1, &status, WNOHANG) > 0)
		;
}

int child_fork_job(struct child_job *job)
{
	int pid = sys_fork();

	if (pid <= 0)
		return pid;
	job->pid = pid;
	job->fd = sys_pidfd_open(pid);
	return pid;
}

bool child_reap_job(struct child_job *job, struct child_end *ret)
{
	int status = 0;
	int r = sys_wait(job->pid, &status, WNOHANG);

	if (r == 0 || r == -EINTR)
		return false;
	*ret = r > 0 ? child_end(status) : (struct child_end){ -1, 0 };
	sys_auto_close(&job->fd);
	*job = CHILD_NO_JOB;
	return true;
}
