/* SPDX-License-Identifier: MIT */
/*
 * rules.h - the helpers that the image declares, one on each line of
 * IMAGE_HELPERS
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct mover;

struct helper_rule {
	const struct mover *mover;
	int64_t deadline_us; /* how long it may take to move or to start */
	bool keep;	     /* otherwise it is stopped at the switch */
	bool copy;	     /* it starts from RUN_COPIES */
	bool late_copy;	     /* what it uses is copied after it has moved */
	int pid;	     /* 0: not started */
	char name[32];
	char command[512]; /* words, with a NUL between them, two at the end */
};

#define RULES_MAX 32

/*
 * rules_parse - read one line, which is changed (no system call)
 *
 * 0; -ENOENT: a comment or an empty line; -EINVAL, and @why says what is wrong.
 */
int rules_parse(char *line, struct helper_rule *ret, struct fail *why);

/* Read IMAGE_HELPERS and return the number of rules; a line that is wrong is a
 * warning. */
unsigned rules_read(struct helper_rule rules[RULES_MAX]);
