/* SPDX-License-Identifier: MIT */
/*
 * helper-signalfd.c - the same as helper.c, for a program with an event loop:
 * the request comes through signalfd(2), between two events and not in the
 * middle of one
 *
 *	cc -static -o helper-signalfd helper-signalfd.c
 */
#include <pintle-helper.h>
#include <poll.h>
#include <stdio.h>

static void take(const struct signalfd_siginfo *info)
{
	int r = pintle_helper_take_signalfd(info);

	if (r > 0)
		puts("helper-signalfd: moved"); /* open files anew here */
	else if (r < 0)
		printf("helper-signalfd: move: %s\n", strerror(-r));
	else
		puts("helper-signalfd: no request to move, ignored");
	fflush(stdout);
}

int main(void)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, PINTLE_HELPER_SIGNAL);
	sigaddset(&set, SIGTERM);
	/* Do this before you create a thread: if one thread does not block the
	 * signal, it goes to that thread, and nobody reads it. */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (poll_fd.fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0 ||
	    pintle_helper_announce() < 0) {
		perror("helper-signalfd: signalfd");
		return 1;
	}
	puts("helper-signalfd: ready");
	fflush(stdout);
	while (poll(&poll_fd, 1, -1) >= 0 || errno == EINTR) {
		if (!(poll_fd.revents & POLLIN) ||
		    read(poll_fd.fd, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGTERM)
			return 0;
		take(&info);
	}
	return 1;
}
