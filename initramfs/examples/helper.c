/* SPDX-License-Identifier: MIT */
/*
 * helper.c - a program that starts in the initramfs and crosses to the real
 * root: the plainest form, one include and one call
 *
 *	cc -static -o helper helper.c
 *
 * It stands for whatever works in a loop: a watchdog's feeder, a splash. Each
 * second it looks which directory "/" is, and says when it is another.
 */
#include <pintle-helper.h>
#include <stdio.h>
#include <time.h>

int main(void)
{
	const struct timespec second = { 1, 0 };
	struct stat was = { 0 };

	/* Before this no request comes: nothing is sent to a program that
	 * would die of it, and this announces that we would not. */
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
		/* The request ends this early: nothing restarts a sleep. */
		(void)nanosleep(&second, NULL);
	}
}
