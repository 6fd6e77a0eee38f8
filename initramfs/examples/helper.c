/* SPDX-License-Identifier: MIT */
/*
 * helper.c - a program that starts in the initramfs and moves to the real root:
 * the simplest form, with one include and one call
 *
 *	cc -static -o helper helper.c
 *
 * It stands for any program that works in a loop, such as a boot splash or one
 * that feeds a watchdog. Once a second it looks which directory "/" is, and says
 * when that has changed.
 */
#include <pintle-helper.h>
#include <stdio.h>
#include <time.h>

int main(void)
{
	const struct timespec second = { 1, 0 };
	struct stat was = { 0 };

	/* No request comes before this call, which announces a handler. */
	if (pintle_helper_install() < 0) {
		perror("helper: handle the request to move");
		return 1;
	}
	for (;;) {
		struct stat root;

		if (stat("/", &root) == 0 &&
		    (root.st_dev != was.st_dev || root.st_ino != was.st_ino)) {
			was = root;
			printf("helper: / is device %lu inode %lu\n",
			       (unsigned long)root.st_dev,
			       (unsigned long)root.st_ino);
			fflush(stdout);
		}
		/* The request ends this early, because a sleep is not
		 * restarted. */
		(void)nanosleep(&second, NULL);
	}
}
