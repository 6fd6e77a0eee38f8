/* SPDX-License-Identifier: MIT */
/*
 * crowd.h - what there are many of when the switch is called
 *
 * Kernel parameter caller.crowd=KIND:NUMBER:
 *   signal   processes with a handler of pintle's signal, their cwd below "/"
 *   ptrace   processes marked with '@' instead, in the same place
 *   others   processes whose root and cwd are in /run, so that they need not
 *            be moved; what they execute is in the initramfs all the same
 *   mounts   tmpfs in the initramfs, that stay behind
 *   carried  tmpfs in /run, that come along
 * Everybody is in their place when crowd_gather() returns.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../src/pintle-helper.h"

#define CROWD	  "caller.crowd="
#define CROWD_DIR "/crowd"

/* One of them: in its place, says so, and waits for what comes. */
static inline void crowd_be(const char *kind, char *name, int say)
{
	bool good = true;

	if (strcmp(kind, "signal") == 0)
		good = pintle_helper_install() == 0;
	else if (strcmp(kind, "ptrace") == 0)
		*name = '@';
	if (strcmp(kind, "others") == 0)
		good = chroot("/run") == 0 && chdir("/") == 0;
	else
		good = good && chdir(CROWD_DIR) == 0;
	if (!good || write(say, "", 1) != 1)
		_exit(1);
	close(say);
	for (;;)
		pause();
}

static inline int crowd_of_processes(const char *kind, int number, char *name)
{
	char byte;
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	for (int i = 0; i < number; i++) {
		int pid = fork();

		if (pid == 0) {
			close(ends[0]);
			crowd_be(kind, name, ends[1]);
		}
		if (pid < 0 || read(ends[0], &byte, 1) != 1)
			return -1;
	}
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static inline int crowd_of_mounts(const char *below, int number)
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
static inline int crowd_gather(char *name)
{
	static char line[4096];
	FILE *cmdline = fopen("/proc/cmdline", "re");
	char *kind, *number;

	if (!cmdline || !fgets(line, sizeof(line), cmdline))
		return -1;
	fclose(cmdline);
	kind = strstr(line, CROWD);
	if (!kind)
		return 0;
	kind += strlen(CROWD);
	kind[strcspn(kind, " \n")] = '\0';
	number = strchr(kind, ':');
	if (!number)
		return -1;
	*number++ = '\0';
	mkdir(CROWD_DIR, 0755);
	if (strcmp(kind, "mounts") == 0)
		return crowd_of_mounts(CROWD_DIR, atoi(number));
	if (strcmp(kind, "carried") == 0)
		return mkdir("/run" CROWD_DIR, 0755) < 0
			       ? -1
			       : crowd_of_mounts("/run" CROWD_DIR,
						 atoi(number));
	return crowd_of_processes(kind, atoi(number), name);
}
