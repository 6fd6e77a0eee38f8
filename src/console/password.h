/* SPDX-License-Identifier: MIT */
/*
 * password.h - ask a person for a secret
 *
 * The splash asks if plymouthd runs and can; it asks on all consoles by itself.
 * Otherwise each terminal that is a console asks, and the first line that
 * somebody ends is the answer; the others are told. What is typed is not shown,
 * or an asterisk stands for each character.
 *
 * After the kernel has printed something, the question is written again: a
 * terminal shows it in a line of its own, whatever comes between. Consoles that
 * come while the question is open ask too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/terminals.h"

struct password {
	const char *what; /* whose passphrase it is, for the log */
	bool masked;	  /* show asterisks */
	int stop_fd; /* becomes readable when the answer is no longer wanted */
	int kmsg_fd; /* a /dev/kmsg that is read, or < 0 */
	bool was_said;	   /* where the question is */
	bool by_splash;	   /* the last answer came from there */
	const char *shown; /* the line that the terminals show now */
	int64_t rewrite_us, latest_us; /* when it is to be written again */
	struct terminals terminals;
};

/* get ready to ask: fill in all that follows @stop_fd */
void password_begin(struct password *password);

/*
 * password_ask - ask @question and wait for the answer, for ever
 *
 * @answer:  @size bytes, which the caller clears; no newline, no NUL
 *
 * Returns the length of the answer, 0 if nothing was typed; -ECANCELED because
 * of @stop_fd; -ENODEV if there is nowhere to ask; or another -errno.
 */
long password_ask(struct password *password, const char *question, char *answer,
		  size_t size);

/* while the answer is being checked, until @fd is readable, show that it is */
void password_show_check(struct password *password, int fd);

/* say @last_words, which may be "", and leave the terminals as they were */
void password_end(struct password *password, const char *last_words);

/* -- for the tests -------------------------------------------------------- */

/* Does the kernel, which shows levels below @level, show this record of
 * /dev/kmsg on its consoles, or has pintle written it there? */
bool password_is_shown(const char *record, unsigned level);
