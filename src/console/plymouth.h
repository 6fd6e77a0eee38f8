/* SPDX-License-Identifier: MIT */
/*
 * plymouth.h - the protocol of plymouthd
 *
 * plymouthd listens on an abstract socket. A request is a letter, followed by
 * either NUL or 0x02, a length byte (of the argument with its NUL) and the
 * argument. When the request has been carried out, the answer is one byte, 0x06
 * or 0x15. For the new root it is 0x06 whether that worked or not (src/main.c:
 * on_newroot, plymouth 22.02 to 26.134), so the caller must check.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fail;

enum plymouth_request {
	PLYMOUTH_PING = 'P',
	PLYMOUTH_NEW_ROOT = 'R', /* argument: a path in the daemon's root */
	PLYMOUTH_SHOW_SPLASH = '$',
	PLYMOUTH_MESSAGE = 'M',	   /* argument: a line for the screen */
	PLYMOUTH_NO_MESSAGE = 'm', /* argument: the line to remove */
	PLYMOUTH_PASSWORD = '*',   /* argument: the question */
};

/*
 * plymouth_open - connect to plymouthd, without waiting
 *
 * @ret_pid:  the process that listens, as numbered in our pid namespace
 *
 * Returns a descriptor; -ECONNREFUSED if nobody listens; -EACCES if the process
 * that listens is not root's; or another -errno.
 */
int plymouth_open(int *ret_pid, struct fail *why);

/*
 * plymouth_ask - send a request, which plymouth_answer() waits for
 *
 * @argument:  up to 254 bytes, NULL for none
 */
int plymouth_ask(int fd, enum plymouth_request request, const char *argument,
		 struct fail *why);

/*
 * plymouth_answer - wait for the answer to a request
 *
 * @deadline_us:  CLOCK_MONOTONIC; a daemon may accept a connection and never
 *                answer
 *
 * Returns 0 for 0x06, -EPERM for any other answer, -ETIMEDOUT, -ECONNRESET.
 */
int plymouth_answer(int fd, int64_t deadline_us);

/*
 * plymouth_tell - send a request whose result does not matter
 *
 * @deadline_us:  for the answer; it is waited for because plymouthd may ignore
 *                a request whose sender is gone
 *
 * Returns 0, or the -errno of opening, asking or answering.
 */
int plymouth_tell(enum plymouth_request request, const char *argument,
		  int64_t deadline_us);

/*
 * plymouth_password - have the splash ask a person for a secret
 *
 * The answer is 0x02, its length as four bytes in the machine's order, and the
 * text; or 0x05 if the splash cannot ask (src/ply-boot-server.c:
 * ply_boot_connection_send_answer).
 *
 * @fd:       from plymouth_open()
 * @stop_fd:  becomes readable when the answer is no longer wanted
 *
 * Returns the length of the text; -ECANCELED because of @stop_fd; -errno.
 */
long plymouth_password(int fd, const char *question, int stop_fd, char *answer,
		       size_t size);
