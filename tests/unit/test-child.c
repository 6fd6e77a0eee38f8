/* SPDX-License-Identifier: MIT */
/* How programs are started, and what is told of their ends. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/sys.h"
#include "tap.h"

static char shell[] = "/bin/sh", option[] = "-c";

/* What `sh -c SCRIPT` ended with, its standard input being @stdin_fd. */
static struct child_end run(const char *script, int stdin_fd)
{
	char text[200];
	char *argv[] = { shell, option, text, NULL };
	char *envp[] = { NULL };
	struct child_end end = { -2, -2 };
	struct child child = { .argv = argv,
			       .envp = envp,
			       .stdin_fd = stdin_fd,
			       .out = CHILD_NULL,
			       .err = CHILD_NULL };
	int pid;

	(void)snprintf(text, sizeof(text), "%s", script);
	pid = child_start(&child);
	if (pid > 0)
		(void)child_wait(pid, &end);
	return end;
}

static void test_ends(void)
{
	static char nothing[] = "/nonexistent/program";
	char *argv[] = { nothing, NULL };
	struct child child = { .argv = argv,
			       .envp = argv + 1,
			       .stdin_fd = CHILD_STDIN_SAME };
	struct child_end end = run("exit 0", CHILD_STDIN_NULL);
	int pid;

	ok(end.code == 0 && end.signal == 0, "status 0");
	end = run("exit 200", CHILD_STDIN_NULL);
	ok(end.code == 200 && end.signal == 0, "status 200");
	end = run("kill -9 $$", CHILD_STDIN_NULL);
	ok(end.code == -1 && end.signal == SIGKILL, "a signal is no status");
	pid = child_start(&child);
	ok(pid > 0 && child_wait(pid, &end) == 0 &&
		   end.code == CHILD_NOT_STARTED && end.signal == 0,
	   "what cannot be executed ends with %d", CHILD_NOT_STARTED);
	ok(child_wait(pid, &end) < 0, "nobody is waited for twice");
}

static void test_files(void)
{
	struct child_end end;
	int ends[2];

	end = run("test /dev/null -ef /proc/self/fd/0", CHILD_STDIN_NULL);
	is_int(end.code, 0, "standard input is /dev/null");
	end = run("test /dev/null -ef /proc/self/fd/1", CHILD_STDIN_NULL);
	is_int(end.code, 0, "standard output is /dev/null");
	end = run("test /dev/null -ef /proc/self/fd/2", CHILD_STDIN_NULL);
	is_int(end.code, 0, "standard error is /dev/null");
	if (sys_pipe(ends) == 0) {
		ok(write(ends[1], "secret\n", 7) == 7, "a pipe");
		(void)close(ends[1]);
		end = run("read line && test \"$line\" = secret", ends[0]);
		is_int(end.code, 0, "standard input is the pipe");
		(void)close(ends[0]);
	}
}

static void test_session(void)
{
	static char script[] = "test \"$(cut -d' ' -f6 /proc/self/stat)\" = $$";
	char *argv[] = { shell, option, script, NULL };
	char *envp[] = { NULL };
	struct child child = { .argv = argv,
			       .envp = envp,
			       .stdin_fd = CHILD_STDIN_NULL };
	struct child_end end = { -2, -2 };
	int pid = child_start(&child);

	ok(pid > 0 && child_wait(pid, &end) == 0 && end.code == 1,
	   "it stays in our session");
	child.session = true;
	pid = child_start(&child);
	ok(pid > 0 && child_wait(pid, &end) == 0 && end.code == 0,
	   "it leads a session of its own");
}

static void test_job(void)
{
	struct child_job job = CHILD_NO_JOB;
	struct child_end end = { -2, -2 };
	int ends[2], pid;
	char byte;

	if (sys_pipe(ends) < 0)
		return;
	pid = child_fork_job(&job);
	if (pid == 0) {
		(void)close(ends[1]);
		sys_exit(read(ends[0], &byte, 1) == 0 ? 7 : 8);
	}
	(void)close(ends[0]);
	ok(pid > 0 && job.pid == pid, "a job has the pid");
	ok(!child_reap_job(&job, &end) && job.pid == pid, "it still runs");
	(void)close(ends[1]);
	ok(job.fd < 0 || sys_wait_readable(job.fd, -5000000) == 1,
	   "its descriptor says when it has ended");
	while (!child_reap_job(&job, &end))
		;
	ok(end.code == 7 && end.signal == 0, "and how");
	ok(job.pid == 0 && job.fd == -1, "and then it is free");

	pid = child_fork_job(&job);
	if (pid == 0)
		sys_exit(0);
	(void)waitpid(pid, NULL, 0);
	ok(child_reap_job(&job, &end) && end.code == -1 && end.signal == 0,
	   "one that somebody else reaped is over");
}

int main(void)
{
	test_ends();
	test_files();
	test_session();
	test_job();
	return tap_done();
}
