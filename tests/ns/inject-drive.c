/* SPDX-License-Identifier: MIT */
/*
 * inject-drive.c - injects as tests/ns/inject.sh wants it
 *
 *	inject-drive [-d MS] [-m MS] [-n TIMES] [-k US] [-aerstP] PID DIR [OTHER]
 *
 * Waits until PID sleeps or is stopped (-r: does not wait) and MS of -d more,
 * then moves it, TIMES times, alternately to DIR and OTHER, each within -m
 * MS. -t: while another process traces it. -k: and is killed while at it, by a
 * timer, any time. -P: as if pivot_root would come. -s: with a wrong start time. -e: it may end meanwhile, once
 * it was moved. Prints "result: N", the sentence, how often it was moved, and
 * what the longest took.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "helper/holder.h"
#include "helper/mover-ptrace.h"
#include "base/sys.h"

#define PTRACE_SEIZE_ 0x4206

static char read_stat(int pid, uint64_t *ret_start)
{
	unsigned long long start;
	char path[64], buf[1024], state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file || !fgets(buf, sizeof(buf), file)) {
		perror(path);
		exit(3);
	}
	fclose(file);
	if (sscanf(strrchr(buf, ')'),
		   ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		   "%*s %*s %*s %*s %*s %llu",
		   &state, &start) != 2)
		exit(3);
	*ret_start = start;
	return state;
}

static void nap(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* Another tracer, until we end. */
static void trace(int pid)
{
	int ends[2];
	char byte;

	if (pipe(ends) < 0)
		exit(3);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_SEIZE_, pid, 0, 0) < 0)
			_exit(3);
		(void)!write(ends[1], "", 1);
		pause();
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		exit(3);
}

static int stands_in(int pid, int fd)
{
	struct stat root, dir;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	return stat(path, &root) == 0 && fstat(fd, &dir) == 0 &&
	       root.st_ino == dir.st_ino && root.st_dev == dir.st_dev;
}

/* As if a tracer of the holder did it: if there is a directory with the name of
 * this program and ".forged", it takes the place of the first one; and with the name
 * drive-apart it is in another mount namespace. */
static void forge(void)
{
	char path[4096 + 8] = "";
	int fd;

	if (readlink("/proc/self/exe", path, 4096) < 0)
		return;
	if (strstr(path, "/drive-apart"))
		unshare(CLONE_NEWNS);
	fd = open(strcat(path, ".forged"), O_PATH | O_DIRECTORY);
	if (fd < 0)
		return;
	dup2(fd, HOLDER_FIRST);
	close(fd);
}

int main(int argc, char *argv[])
{
	long done = 0, delay_ms = 0, deadline_ms = 2000, times = 1, kill_us = 0;
	int wait = 1, traced = 0, pivot = 0, wrong = 0, may_end = 0, away = 0,
	    option, pid, r = 0;
	struct fail why = { 0 };
	struct mover_ptrace move;
	int64_t longest = 0;
	int roots[2];
	uint64_t start;
	char state;

	while ((option = getopt(argc, argv, "d:m:n:k:aerstP")) != -1)
		switch (option) {
		case 'd':
			delay_ms = atol(optarg);
			break;
		case 'm':
			deadline_ms = atol(optarg);
			break;
		case 'n':
			times = atol(optarg);
			break;
		case 'k':
			kill_us = atol(optarg);
			break;
		case 'a':
			away = 1;
			break;
		case 'r':
			wait = 0;
			break;
		case 'e':
			may_end = 1;
			break;
		case 'P':
			pivot = 1;
			break;
		case 's':
			wrong = 1;
			break;
		case 't':
			traced = 1;
			break;
		default:
			return 3;
		}
	if (argc - optind == 3 && strcmp(argv[optind], "hold") == 0) {
		forge();
		return holder_run(3, argv + optind, environ);
	}
	if (argc - optind < 2)
		return 3;
	pid = strcmp(argv[optind], "self") == 0 ? getpid() : atoi(argv[optind]);
	for (int i = 0; i < 2; i++) {
		const char *path = argv[optind + 1];

		if (i == 1 && argc - optind > 2)
			path = argv[optind + 2];
		roots[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (roots[i] < 0) {
			perror(path);
			return 3;
		}
	}
	while ((state = read_stat(pid, &start)) && wait && state != 'S' &&
	       state != 'T' && state != 'D')
		nap(1);
	if (traced)
		trace(pid);
	nap(delay_ms);
	if (kill_us) {
		struct itimerval timer = { .it_value.tv_usec = kill_us };

		setitimer(ITIMER_REAL, &timer, NULL);
	}
	away = away && stands_in(pid, roots[0]);
	for (; done < times && r >= 0; done += r >= 0) {
		int64_t before = sys_now_us();

		r = mover_ptrace_begin(pid, start + (unsigned)wrong, NULL,
				       roots[(done + away) & 1], pivot,
				       before + deadline_ms * 1000, &move,
				       &why);
		if (r == 0)
			r = mover_ptrace_end(&move, &why);
		if (sys_now_us() - before > longest)
			longest = sys_now_us() - before;
	}
	if (may_end && r == -ESRCH && done > 0)
		r = 0;
	printf("moves: %ld\n", done);
	printf("result: %d\n", r);
	if (r == MOVER_PTRACE_WAITS)
		r = 0;
	if (r < 0)
		printf("why: %s\n", why.what);
	printf("longest_us: %lld\n", (long long)longest);
	return r < 0;
}
