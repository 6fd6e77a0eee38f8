/* SPDX-License-Identifier: MIT */
/*
 * helpers.h - who still lives in the old root, and how each of them leaves it
 *
 * A helper is a process that outlives the initramfs. For each there is one
 * mover, and what came of it is observed, never believed: root and cwd of every
 * thread, by mount. What cannot move (mapped files, open descriptors) is what
 * the old root's memory is kept for, and is reported with its size.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "helper/pins.h"
#include "helper/rules.h"
#include "helper/volunteer.h"

struct fail;

#define HELPERS_MAX 2048
/* What a helper gets that nobody gave another deadline. */
#define HELPERS_DEADLINE_US ((int64_t)1000000)

enum helper_outcome {
	HELPER_PENDING,
	HELPER_MOVED,
	HELPER_STOPPED,
	HELPER_ENDED, /* by itself, meanwhile */
	HELPER_STAYED,
};

/* One process in the old root. */
struct helper {
	const struct helper_rule *rule;
	enum mover mover;
	enum helper_outcome outcome;
	const char *by_whom; /* a constant: what decided */
	bool stranger;	     /* let be: pivot_root may move it */
	bool spare;	     /* may be injected, if its mover fails */
	bool volunteer;	     /* it may be sent the signal: volunteer.h */
	bool unasked;	     /* it is to be asked once that is safe */
	enum volunteer_trust trust;
	int64_t deadline_us; /* of its mover; CLOCK_MONOTONIC */
	unsigned after;	     /* PIN_* that it still holds of the old root */
	uint64_t after_bytes;
	struct pin pin; /* as it was found */
	char why[160];	/* it stayed; "" otherwise */
};

struct helpers {
	/* in */
	bool booted;	 /* everything here was started by this boot */
	bool pivot;	 /* pivot_root will be called */
	const int *only; /* these pids alone, ended by 0; NULL: all */
	/* of the new root, seen from the old one; NULL: no spare link to it */
	const char *new_path;
	bool any_mount; /* of the old root's file system: a late anchor's too */
	int old_fd, new_fd;
	/* its own */
	const struct helper_rule *rules;
	unsigned rule_count;
	int entered;	  /* 0: our cwd is the new root; -errno */
	int64_t again_us; /* who is unasked is looked at then; or 0 */
	int plymouthd;	  /* its pid, 0: none */
	/* out */
	bool open;     /* the two targets are */
	bool overflow; /* more than HELPERS_MAX */
	unsigned count;
	struct helper *list;
	struct pins_total left; /* the last scan's; after all, what is left */
	struct pins_target old_target, new_target;
};

/*
 * helpers_find - who is to be moved, by whom; touches nobody
 *
 * @helpers:  its "in" fields set; helpers_close() it, whatever this returns
 */
int helpers_find(struct helpers *helpers, const struct helper_rule *rules,
		 unsigned rule_count, struct fail *why);

/*
 * helpers_move - everything that comes before pivot_root
 *
 * The API mounts are in the new root by now, and seen in the old one too. The
 * caller's cwd is the new root afterwards. Those who are asked or stopped are
 * waited for together, then those who are injected; each costs its own deadline
 * at most. Who was forked meanwhile gets one more round.
 */
void helpers_move(struct helpers *helpers);

/* look at each again, after the switch: what became of it */
void helpers_observe(struct helpers *helpers);

void helpers_close(struct helpers *helpers);

const char *helpers_outcome_name(enum helper_outcome outcome);
