/* SPDX-License-Identifier: MIT */
/*
 * switch.h - make a mounted file system the root: prove, act, clean
 *
 * switch_prove() (prove.c) refuses what would fail later. It changes nothing,
 * but where the new root has an overlay it makes a name in each directory of
 * the initramfs and removes it again (stack.h).
 * switch_carry() and switch_turn() undo what was done if a step fails after
 * all; between the two helpers are moved. When switch_turn() has returned 0
 * there is no way back, and nothing below it fails: switch_clean() only counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rmtree.h"
#include "switch/anchor.h"

struct fail;

/* /dev, /proc, /sys and /run: what becomes of each */
enum carry_fate {
	CARRY_ABSENT, /* nothing is mounted there: nothing to carry */
	CARRY_MOVE,   /* moved with what is mounted below it */
	CARRY_CREATE, /* the same, its directory is made first */
	CARRY_THERE,  /* the new root has a mount there already: both stay */
	CARRY_LOST,   /* the new root has no place for it */
};

#define CARRIES	  4
#define CARRY_DEV 0 /* "/dev" of them */

struct carry {
	const char *name; /* "dev" */
	enum carry_fate fate;
	int error;     /* of CARRY_LOST, errno */
	int source_fd; /* the mount */
	int target_fd; /* the directory in the new root; -1 until made */
	bool moved;
	int shown_fds[2]; /* its copies, for those who still look; -1 */
	bool made;	  /* undo: the directory was made here */
};

enum switch_strategy {
	SWITCHED_DIRECT,   /* pivot_root, "/" had a parent: Linux 7.0 */
	SWITCHED_ANCHORED, /* pivot_root, "/" was given one */
	SWITCHED_MOVE,	   /* new root moved over "/", chroot */
};

/* What was proved, by descriptor; filled by switch_prove(). */
struct switch_state {
	/* in */
	bool may_pivot, may_move;
	bool anchored; /* anchor() was done at the start of this boot */
	bool keeps;    /* nothing is to be deleted, whatever is found */
	/* out */
	int new_fd, old_fd;
	uint64_t old_dev;
	uint64_t new_dev, new_ino;
	bool parentless; /* "/" has no parent mount */
	const char
		*old_kept;  /* why the old root must not be emptied, or NULL */
	bool kept_unproved; /* for that the new root may be made of it */
	char old_type[32];
	int private_fds[3]; /* undo: mounts that were shared; -1 */
	enum switch_strategy strategy;
	struct anchor anchor; /* undo: made by switch_carry() */
	struct carry carries[CARRIES];
};

/*
 * switch_prove - everything that can be known before anything is changed
 *
 * @new_root:  path of the new root; a mount of its own
 * @state:     its "in" fields set, the rest as it may be
 */
int switch_prove(const char *new_root, struct switch_state *state,
		 struct fail *why);

/*
 * switch_carry - /dev, /proc, /sys and /run into the new root
 *
 * @show_both:  they stay visible in the old root, as copies, until the switch:
 *              a helper needs them to find its way
 *
 * On failure the mounts are as they were, but that a shared mount which had to
 * be made private is in another peer group then.
 */
int switch_carry(struct switch_state *state, bool show_both, struct fail *why);

/* the switch itself; on failure as switch_carry(), and that is undone too */
int switch_turn(struct switch_state *state, struct fail *why);

/*
 * switch_clean - free the old root's memory
 *
 * @begin_us:   since when, CLOCK_MONOTONIC
 * @budget_us:  how long; < 0: until it is done; 0: not at all here
 *
 * What is left after the budget goes to a child of low priority. Does nothing
 * if the old root is to be kept. @ret is about this process's share.
 */
void switch_clean(struct switch_state *state, int64_t begin_us,
		  int64_t budget_us, struct empty *ret);

/* close what is still open of @state, whatever became of it */
void switch_close(struct switch_state *state);

const char *switch_strategy_name(enum switch_strategy strategy);
