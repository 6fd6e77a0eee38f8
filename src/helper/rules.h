/* SPDX-License-Identifier: MIT */
/*
 * rules.h - the helpers that the image declares: read, copied, started
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

/* A line of IMAGE_HELPERS. */
struct helper_rule {
	enum mover mover;
	int64_t deadline_us;
	bool keep; /* else it is stopped at the switch */
	bool copy; /* it starts from RUN_COPIES */
	int pid;   /* 0: not started */
	char name[32];
	char command[512]; /* words, NUL between them, two at the end */
};

#define POLICY_RULES 32
/* a line of the policy: 0, -ENOENT for a comment or nothing, -EINVAL with what
 * is wrong with it (pure) */
int policy_parse(char *line, struct helper_rule *ret, struct fail *why);

/* the rules of IMAGE_HELPERS; what is wrong with one is a warning */
unsigned policy_read(struct helper_rule rules[POLICY_RULES]);
/* start the helpers that rules declare: first those with a splash, which touch
 * no file system, then, in a second call, all others; what cannot be copied for
 * one is a warning, and it starts all the same */
void policy_start(struct helper_rule *rules, unsigned count, bool splash,
		  char *const envp[]);
/* wait for plymouthd to be a daemon with its splash shown, each rule's
 * deadline at most: before, it can neither be asked to move nor to ask */
void policy_await_splash(const struct helper_rule *rules, unsigned count);
/* the same, and nobody who ended is left to be waited for */
void policy_settle(const struct helper_rule *rules, unsigned count);

/* after the switch the copies lose their names, as the initramfs's files do:
 * each is kept by who uses it, and no longer */
void policy_free_copies(void);

const char *policy_mover_name(enum mover mover);
