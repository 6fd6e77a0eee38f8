/* SPDX-License-Identifier: MIT */
/*
 * place.c - a process that works in a given place, for tests/ns/place.sh
 *
 *	place plain|handler ROOT CWD [CWD_OF_A_THREAD]
 *
 * It says "ready" there. CWD may be outside of ROOT. With "handler" it moves when
 * it is asked.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "helper/pintle-helper.h"

static void check(int good, const char *what)
{
	if (!good) {
		perror(what);
		_exit(99);
	}
}

__attribute__((noreturn)) static void work(void)
{
	check(write(1, "ready\n", 6) == 6, "write");
	for (;;)
		pause();
}

static void *work_apart(void *cwd)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	check(unshare(CLONE_FS) == 0 && chdir(cwd) == 0, cwd);
	work();
}

int main(int argc, char *argv[])
{
	pthread_t thread;
	int cwd;

	check(argc > 3, "arguments");
	cwd = open(argv[3], O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(cwd >= 0, argv[3]);
	check(strcmp(argv[2], "/") == 0 || chroot(argv[2]) == 0, argv[2]);
	check(fchdir(cwd) == 0 && close(cwd) == 0, argv[3]);
	if (strcmp(argv[1], "handler") == 0)
		check(pintle_helper_install() == 0, "install");
	if (argc > 4) {
		check(pthread_create(&thread, NULL, work_apart, argv[4]) == 0,
		      "pthread_create");
		for (;;)
			pause();
	}
	work();
}
