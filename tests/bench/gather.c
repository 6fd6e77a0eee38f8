/* SPDX-License-Identifier: MIT */
/*
 * gather - what there are many of when the switch is called
 *
 *	gather KIND NUMBER COMMAND [ARGUMENT]... WORD WORD
 *
 * executes COMMAND with everybody in their place, and with the time in place of
 * the last two words, as caller says it. KIND is
 *   signal   processes with a handler of pintle's signal, their cwd below "/"
 *   ptrace   processes marked with '@' instead, in the same place
 *   others   processes whose root and cwd are in /run, so that they need not
 *            be moved; what they execute is in the initramfs all the same
 *   mounts   tmpfs in the initramfs, that stay behind
 *   carried  tmpfs in /run, that come along
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "helper/pintle-helper.h"

#define PLACE "/crowd"

/* One of them: in its place, says so, and waits for what comes. */
static void be(const char *kind, char *name, int say)
{
	bool good = true;

	if (strcmp(kind, "signal") == 0)
		good = pintle_helper_install() == 0;
	else if (strcmp(kind, "ptrace") == 0)
		*name = '@';
	if (strcmp(kind, "others") == 0)
		good = chroot("/run") == 0 && chdir("/") == 0;
	else
		good = good && chdir(PLACE) == 0;
	if (!good || write(say, "", 1) != 1)
		_exit(1);
	close(say);
	for (;;)
		pause();
}

static int processes(const char *kind, int number, char *name)
{
	char byte;
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	for (int i = 0; i < number; i++) {
		int pid = fork();

		if (pid == 0) {
			close(ends[0]);
			be(kind, name, ends[1]);
		}
		if (pid < 0 || read(ends[0], &byte, 1) != 1)
			return -1;
	}
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static int mounts(const char *below, int number)
{
	char path[64];

	for (int i = 0; i < number; i++) {
		snprintf(path, sizeof(path), "%s/%d", below, i);
		if (mkdir(path, 0755) < 0 ||
		    mount("crowd", path, "tmpfs", 0, "mode=755") < 0)
			return -1;
	}
	return 0;
}

/* 0 or -1; @name is process 1's own, which the processes change theirs of */
static int gather(const char *kind, int number, char *name)
{
	mkdir(PLACE, 0755);
	if (strcmp(kind, "mounts") == 0)
		return mounts(PLACE, number);
	if (strcmp(kind, "carried") == 0)
		return mkdir("/run" PLACE, 0755) < 0
			       ? -1
			       : mounts("/run" PLACE, number);
	return processes(kind, number, name);
}

static long long ns_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static char stamp[64], ran[64];

	if (argc < 6 || gather(argv[1], atoi(argv[2]), argv[0]) < 0)
		return 5;
	argv[argc - 2] = stamp;
	argv[argc - 1] = ran;
	snprintf(ran, sizeof(ran), "called_ran=%lld",
		 ns_of(CLOCK_PROCESS_CPUTIME_ID));
	snprintf(stamp, sizeof(stamp), "called=%lld", ns_of(CLOCK_MONOTONIC));
	execv(argv[3], argv + 3);
	return 6;
}
