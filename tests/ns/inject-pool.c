/* SPDX-License-Identifier: MIT */
/*
 * inject-pool.c - has the two processes of an injection move one process after
 * another, and does something to them in between
 *
 *	inject-pool MODE NEW_ROOT
 *
 * MODE: "stuck", the process cannot be stopped; "stopped" and "killed", that is done
 * to the tracer while the two wait; "alone", the keeper is killed; "gone", both are;
 * "own", they are asked to move the caller; "random", the tracer
 * is killed at any moment, again and again. Prints "right", or what is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sys.h"
#include "helper/mover-ptrace.h"
#include "helper/task.h"

static int root_fd, bad;
static struct fail why;
static struct mover_ptrace move;

static void check(int good, const char *what)
{
	if (good)
		return;
	printf("bad: %s (%s)\n", what, why.what);
	bad = 1;
}

static int start(int stuck)
{
	int pid = fork();

	if (pid == 0) {
		/* Its parent sleeps in the kernel, as in state D. */
		if (stuck && vfork() == 0) {
			struct timespec time = { 2, 0 };

			nanosleep(&time, NULL);
			_exit(0);
		}
		for (;;)
			pause();
	}
	usleep(20000);
	return pid;
}

static uint64_t start_time(int pid)
{
	struct task_stat stat = { 0 };

	check(task_stat(pid, pid, &stat) == 0, "stat");
	return stat.start_time;
}

static int begin(int pid, int64_t us)
{
	return mover_ptrace_begin(pid, start_time(pid), NULL, root_fd, false,
				  sys_now_us() + us, &move, &why);
}

static int again(int pid)
{
	return mover_ptrace_again(&move, pid, start_time(pid),
				  sys_now_us() + 2000000);
}

static int field(int pid, const char *name)
{
	char path[64], line[256];
	int value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			value = line[strlen(name) + 2] == 'T'
					? 1
					: atoi(line + strlen(name) + 2);
	if (file)
		fclose(file);
	return value;
}

static int moved(int pid)
{
	struct stat is, meant;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	return stat(path, &is) == 0 && fstat(root_fd, &meant) == 0 &&
	       is.st_ino == meant.st_ino && is.st_dev == meant.st_dev;
}

/* the child of the keeper */
static int tracer(void)
{
	char path[64];
	int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", move.keeper,
		 move.keeper);
	file = fopen(path, "r");
	if (file) {
		(void)!fscanf(file, "%d", &pid);
		fclose(file);
	}
	return pid;
}

static void none_left(void)
{
	check(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	      "processes are left");
}

static void stuck(void)
{
	int pid = start(1);

	check(begin(pid, 200000) == 0, "begin");
	check(mover_ptrace_take(&move, &why) == -ETIMEDOUT, "it was stopped");
	check(field(pid, "TracerPid") == 0, "it is still traced");
	check(!again(pid), "its tracer takes another one");
	mover_ptrace_quit(&move);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	none_left();
}

static void waiting(const char *mode)
{
	int first = start(0), second = start(0), it, own = 0;
	int64_t before = sys_now_us();

	check(begin(first, 2000000) == 0, "begin");
	check(mover_ptrace_take(&move, &why) == 0 && moved(first), "move");
	it = tracer();
	if (strcmp(mode, "stopped") == 0)
		kill(it, SIGSTOP);
	if (strcmp(mode, "killed") == 0)
		kill(it, SIGKILL);
	if (strcmp(mode, "alone") == 0)
		kill(move.keeper, SIGKILL);
	if (strcmp(mode, "gone") == 0) {
		kill(move.keeper, SIGKILL);
		usleep(50000);
		kill(it, SIGKILL);
		usleep(50000);
	}
	if (strcmp(mode, "own") == 0) {
		check(!again(getpid()), "it would move its caller");
		own = 1;
	} else if (strcmp(mode, "stopped") != 0) {
		int taken = again(second);

		check(taken || strcmp(mode, "gone") == 0, "it takes no other");
		if (!taken) {
			mover_ptrace_quit(&move);
			check(begin(second, 2000000) == 0, "begin again");
		}
		check(mover_ptrace_take(&move, &why) == 0 && moved(second),
		      "move the second");
	}
	mover_ptrace_quit(&move);
	if (own)
		check(begin(getpid(), 2000000) == -EPERM,
		      "it moves its caller");
	check(sys_now_us() - before < 4000000, "it takes its time");
	if (strcmp(mode, "stopped") == 0)
		kill(it, SIGKILL);
	kill(first, SIGKILL);
	kill(second, SIGKILL);
	waitpid(first, NULL, 0);
	waitpid(second, NULL, 0);
	none_left();
}

static void killed_at_random(void)
{
	unsigned kills = 0, reused = 0;

	for (unsigned i = 0; i < 150; i++) {
		int pid = start(0), killer, r;

		if (again(pid)) {
			reused++;
		} else {
			mover_ptrace_quit(&move);
			check(begin(pid, 2000000) == 0, "begin");
		}
		killer = fork();
		if (killer == 0) {
			usleep(i * 13 % 1000);
			r = tracer();
			_exit(r <= 0 || kill(r, SIGKILL) < 0);
		}
		r = mover_ptrace_take(&move, &why);
		check(r == 0, "take");
		waitpid(killer, &r, 0);
		kills += r == 0;
		check(moved(pid), "move");
		check(field(pid, "TracerPid") == 0, "it is traced");
		check(field(pid, "State") != 1, "it is stopped");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	mover_ptrace_quit(&move);
	none_left();
	printf("killed %u, taken %u times\n", kills, reused);
}

int main(int argc, char *argv[])
{
	if (argc != 3)
		return 3;
	root_fd = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(root_fd >= 0, "open the new root");
	if (strcmp(argv[1], "stuck") == 0)
		stuck();
	else if (strcmp(argv[1], "random") == 0)
		killed_at_random();
	else
		waiting(argv[1]);
	puts(bad ? "wrong" : "right");
	return bad;
}
