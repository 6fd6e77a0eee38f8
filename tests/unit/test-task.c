/* SPDX-License-Identifier: MIT */
/* What /proc says of threads: of ours, and of children. */
#include "helper/task.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "tap.h"

static void test_ending(void)
{
	siginfo_t info;
	int child = fork();

	if (child == 0)
		_exit(0);
	ok(!task_is_ending(getpid()), "we are not ending");
	is_int(task_living(getpid()), getpid(), "our first thread lives");
	(void)waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	ok(task_is_ending(child), "a zombie is ending");
	is_int(task_living(child), child, "none of its threads lives");
	(void)waitpid(child, NULL, 0);
	ok(task_is_ending(child), "who has gone is, too");
	is_int(task_living(child), child, "and has no thread");
}

static void *tell_and_wait(void *ctx)
{
	int tid = (int)syscall(SYS_gettid);

	(void)!write(*(int *)ctx, &tid, sizeof(tid));
	(void)pause();
	return ctx;
}

/* A process whose first thread has ended. */
static void test_headless(void)
{
	int ends[2], tid = 0, child;

	if (pipe(ends) < 0)
		return;
	child = fork();
	if (child == 0) {
		pthread_t thread;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pthread_create(&thread, NULL, tell_and_wait, &ends[1]);
		syscall(SYS_exit, 0);
	}
	(void)!read(ends[0], &tid, sizeof(tid));
	while (!task_is_ending(child))
		(void)usleep(1000);
	is_int(task_living(child), tid, "the thread that is left");
	ok(!task_is_ending(tid), "which is not ending");
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_fields(void)
{
	static const uint8_t fields[] = { 4, 22, 4 }, beyond[] = { 4, 200 };
	uint64_t values[3] = { 0 };
	struct task_stat stat = { 0 };

	/* As hostile as a name can be. */
	(void)prctl(PR_SET_NAME, "a) S 1 (2 3");
	is_int(task_fields(getpid(), getpid(), fields, 3, values), 0,
	       "fields of a process");
	is_int(values[0], getppid(), "its parent");
	is_int(values[2], getppid(), "twice");
	is_int(task_stat(getpid(), getpid(), &stat), 0, "what matters of it");
	ok(stat.start_time == values[1] && values[1] > 0, "when it started");
	is_int(task_fields(getpid(), getpid(), beyond, 2, values), -EINVAL,
	       "a field that is not there");
	is_int(task_fields(1 << 23, 1 << 23, fields, 3, values), -ENOENT,
	       "nobody");
}

static void test_fdinfo(void)
{
	static const struct {
		const char *name;
		int flags;
	} rows[] = {
		{ "to read", O_RDONLY },
		{ "to append, closed on exec",
		  O_WRONLY | O_APPEND | O_CLOEXEC },
		{ "as a path", O_PATH | O_CLOEXEC },
	};
	char path[] = "/tmp/test-task.XXXXXX";
	struct task_fdinfo info;
	int made = mkstemp(path), fd;
	struct flock lock = { .l_type = F_WRLCK };

	(void)!write(made, "0123", 4);
	(void)task_fdinfo(getpid(), made, &info);
	is_int(info.offset, 4, "its offset");
	ok(!info.locked, "no lock");
	ok(fcntl(made, F_SETLK, &lock) == 0 &&
		   task_fdinfo(getpid(), made, &info) == 0 && info.locked,
	   "a lock");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int mask = 3 | O_APPEND | O_CLOEXEC | O_PATH;

		fd = open(path, rows[i].flags);
		is_int(task_fdinfo(getpid(), fd, &info), 0, "%s", rows[i].name);
		is_int(info.flags & mask, rows[i].flags, "%s: its flags",
		       rows[i].name);
		(void)close(fd);
	}
	is_int(task_fdinfo(getpid(), fd, &info), -ENOENT, "nothing is open");
	(void)close(made);
	(void)unlink(path);
}

int main(void)
{
	test_ending();
	test_headless();
	test_fields();
	test_fdinfo();
	return tap_done();
}
