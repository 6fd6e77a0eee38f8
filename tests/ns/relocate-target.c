/* SPDX-License-Identifier: MIT */
/*
 * relocate-target.c - processes for tests/ns/relocate.sh to ask
 *
 *	relocate-target handler|threads|mixed|signals
 *
 * One line for what a signal did: "moved", "ignored", "failed". "threads" has a
 * second thread; in "mixed" the first thread blocks the signal, the second does
 * not, and nothing handles it. "signals" ends with status 3 at the first signal
 * of any number, after it said which.
 */
#include <pthread.h>
#include <stdio.h>

#include "helper/pintle-helper.h"

static void say(const char *line)
{
	if (write(1, line, strlen(line)) < 0)
		_exit(1);
}

static void on_request(int number, siginfo_t *info, void *context)
{
	int r;

	(void)number;
	(void)context;
	errno = 12345;
	r = pintle_helper_take(info);
	if (errno != 12345)
		say("errno changed\n");
	say(r > 0 ? "moved\n" : r == 0 ? "ignored\n" : "failed\n");
}

static void *second_thread(void *unused)
{
	say("ready\n");
	for (;;)
		pause();
	return unused;
}

static void on_any(int number)
{
	char line[16];

	snprintf(line, sizeof(line), "got %d\n", number);
	say(line);
	_exit(3);
}

int main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, PINTLE_HELPER_SIGNAL);
	action.sa_sigaction = on_request;
	if (strcmp(mode, "signals") == 0) {
		for (int number = 1; number <= 64; number++)
			(void)signal(number, on_any);
		second_thread(NULL);
	}
	if (strcmp(mode, "mixed") != 0 &&
	    (sigaction(PINTLE_HELPER_SIGNAL, &action, NULL) < 0 ||
	     pintle_helper_announce() < 0))
		return 1;
	if (strcmp(mode, "handler") == 0)
		second_thread(NULL);
	if (pthread_create(&thread, NULL, second_thread, NULL) != 0)
		return 1;
	/* Only now: the second thread does not inherit it. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;)
		pause();
}
