/* SPDX-License-Identifier: MIT */
/* How programs are started, and what is told of their ends. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/relay.h"
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

/* What a program that repeats bytes of a disk may say, and what is shown. */
static const struct {
	const char *name, *script, *shown;
} repeated[] = {
	{ "a clear screen", "printf 'a\\033[2Jb\\n'", "a?[2Jb\n" },
	{ "a control character of 8 bits", "printf '\\233' >&2", "?\n" },
	{ "a direction", "printf 'a\\342\\200\\256b\\n' >&2", "a???b\n" },
	{ "a carriage return", "printf 'good\\rbad\\n'", "good?bad\n" },
	{ "one before a new line", "printf 'good\\r\\n'", "good\n" },
	{ "NUL", "printf 'a\\000b\\n'", "a?b\n" },
	{ "a level of the kernel's log", "echo '<0>x' >&2", "<0>x\n" },
	{ "a tab and empty lines", "printf '\\n\\ta\\n\\n'", "\n a\n\n" },
	{ "UTF-8 that comes in two pieces",
	  "printf 'a\\303'; sleep 0.1; printf '\\244\\n'", "a\xc3\xa4\n" },
	{ "nothing", ":", "" },
};

/* Closed as soon as the program runs. */
static int closing_end = -1;

/* What comes to standard error while `sh -c SCRIPT` runs, whose output is
 * relayed, and until all that it left has ended. */
static struct child_end say(const char *script, int stdin_fd, char *ret,
			    size_t size)
{
	char text[200];
	char *argv[] = { shell, option, text, NULL };
	char *envp[] = { NULL };
	struct child child = { .argv = argv,
			       .envp = envp,
			       .stdin_fd = stdin_fd,
			       .repeats = true };
	struct child_end end = { -2, -2 };
	int ends[2], pid, before = dup(2);
	size_t len = 0;
	long n;

	(void)snprintf(text, sizeof(text), "%s", script);
	ret[0] = '\0';
	if (sys_pipe(ends) < 0)
		return end;
	(void)dup2(ends[1], 2);
	pid = child_start(&child);
	(void)dup2(before, 2);
	(void)close(before);
	(void)close(ends[1]);
	if (closing_end >= 0)
		(void)close(closing_end);
	closing_end = -1;
	if (pid > 0)
		(void)child_wait(pid, &end);
	while ((n = read(ends[0], ret + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	(void)close(ends[0]);
	return end;
}

static void test_relay(void)
{
	static char shown[8192];
	struct child_end end;
	int ends[2];

	for (size_t i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
		(void)say(repeated[i].script, CHILD_STDIN_NULL, shown,
			  sizeof(shown));
		is_str(shown, repeated[i].shown, "repeated: %s",
		       repeated[i].name);
	}
	(void)say("printf '%02000d\n' 7", CHILD_STDIN_NULL, shown,
		  sizeof(shown));
	is_int((long long)strlen(shown), 2003,
	       "repeated: a line that is too long is three");
	end = say("echo said; exit 3", CHILD_STDIN_NULL, shown, sizeof(shown));
	ok(end.code == 3 && end.signal == 0, "relay: its status is the "
					     "program's");
	is_str(shown, "said\n", "relay: what was said last is shown");
	end = say("kill -9 $$", CHILD_STDIN_NULL, shown, sizeof(shown));
	ok(end.code == -1 && end.signal == SIGKILL, "relay: so is its signal");
	end = say("(sleep 0.3; echo late) & exit 4", CHILD_STDIN_NULL, shown,
		  sizeof(shown));
	is_int(end.code, 4, "relay: it does not wait for what is left");
	is_str(shown, "late\n", "relay: which is still shown");
	end = say("kill -PIPE $$; cat /proc/$PPID/comm", CHILD_STDIN_NULL,
		  shown, sizeof(shown));
	is_str(shown, RELAY_NAME "\n",
	       "relay: its name, and the program ignores SIGPIPE");
	/* The program is stopped by the end of its relay. */
	end = say("kill -9 $PPID; sleep 1; echo lives", CHILD_STDIN_NULL, shown,
		  sizeof(shown));
	ok(end.signal == SIGKILL && !*shown,
	   "relay: a program does not outlive it");
	/* As a passphrase comes: whoever reads it waits for its end. */
	if (sys_pipe(ends) < 0)
		return;
	ok(write(ends[1], "secret", 6) == 6, "relay: a pipe");
	closing_end = ends[1];
	end = say("cat; exit 5", ends[0], shown, sizeof(shown));
	is_str(shown, "secret\n", "relay: it holds no end of the pipe");
	is_int(end.code, 5, "relay: and the program ends");
	(void)close(ends[0]);
}

int main(void)
{
	test_ends();
	test_files();
	test_session();
	test_job();
	test_relay();
	return tap_done();
}
