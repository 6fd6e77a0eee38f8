/* SPDX-License-Identifier: MIT */
/*
 * rules.h - the helpers that the image declares, one on each line of
 * IMAGE_HELPERS
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fail;

enum mover {
	MOVER_AUTO,	/* as found: the first of those below that can */
	MOVER_KERNEL,	/* pivot_root moves who stands exactly at "/" */
	MOVER_SIGNAL,	/* it handles the signal of pintle-helper.h */
	MOVER_PLYMOUTH, /* plymouthd's own request */
	MOVER_INJECT,	/* it is made to call chdir and chroot: ptrace */
	MOVER_STOP,	/* SIGTERM, then SIGKILL */
	MOVER_NONE,	/* left where it is */
};

struct helper_rule {
	enum mover mover;
	int64_t deadline_us; /* a duration, from when it is asked to move */
	bool keep;	     /* otherwise it is stopped at the switch */
	bool copy;	     /* it starts from RUN_COPIES */
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

const char *mover_name(enum mover mover);
