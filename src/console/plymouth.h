/* SPDX-License-Identifier: MIT */
/*
 * plymouth.h - the conversation with plymouthd, nothing else
 *
 * plymouthd listens on an abstract socket. A request is a letter, then NUL, or
 * 0x02, a length byte (of the argument and its NUL) and the argument. The
 * answer is one byte, 06 or 15, after the request was carried out; for the new
 * root it is 06 whether that worked or not (src/main.c: on_newroot,
 * plymouth 22.02 to 26.134), so the caller looks for itself.
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
	PLYMOUTH_NO_MESSAGE = 'm', /* argument: the line to take away */
	PLYMOUTH_PASSWORD = '*',   /* argument: what is asked for */
};

/*
 * plymouth_open - connect to plymouthd, without waiting
 *
 * @ret_pid:  the process that listens, in our pid namespace
 *
 * Returns a descriptor; -ECONNREFUSED where nobody listens; -EACCES where
 * somebody does who is not root, with the sentence.
 */
int plymouth_open(int *ret_pid, struct fail *why);

/*
 * plymouth_ask - send a request; the answer is plymouth_answer()'s
 *
 * @argument:  up to 254 bytes, NULL for none
 */
int plymouth_ask(int fd, enum plymouth_request request, const char *argument,
		 struct fail *why);

/*
 * plymouth_answer - what came back
 *
 * @deadline_us:  CLOCK_MONOTONIC; a daemon may take a connection and never
 *                answer it
 *
 * Returns 0 for 06, -EPERM for anything else, -ETIMEDOUT, -ECONNRESET.
 */
int plymouth_answer(int fd, int64_t deadline_us);

/*
 * plymouth_tell - the whole conversation, for what nothing depends on
 *
 * @deadline_us:  of the answer, which is waited for because a request whose
 *                sender is gone may not be taken
 *
 * Returns 0, or what open, ask or answer did.
 */
int plymouth_tell(enum plymouth_request request, const char *argument,
		  int64_t deadline_us);

/*
 * plymouth_password - have a person asked for what nobody else may read
 *
 * The answer is 0x02, its length in four bytes, in the machine's order, and the
 * text; 0x05 where the splash cannot ask (src/ply-boot-server.c:
 * ply_boot_connection_send_answer).
 *
 * @fd:       from plymouth_open()
 * @stop_fd:  readable: nobody wants the answer any more
 *
 * Returns its length; -ECANCELED; -errno.
 */
long plymouth_password(int fd, const char *question, int stop_fd, char *answer,
		       size_t size);
