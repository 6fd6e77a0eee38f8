/* SPDX-License-Identifier: MIT */
/*
 * switch.h - make a mounted file system the root: prove, act, clean
 *
 * switch_prove() (prove.c) refuses what would fail later. It changes nothing,
 * with one exception: if the new root has an overlay, it makes a name in each
 * directory of the initramfs and removes it again (stack.h).
 *
 * switch_move_api_mounts() and switch_commit() undo what was done if one of
 * their steps fails after all; helpers are moved between the two. Once
 * switch_commit() has returned 0 there is no way back, and nothing after it
 * fails: switch_clean() only counts what it could not do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/api.h"
#include "base/rmtree.h"
#include "switch/anchor.h"

struct fail;

/* What becomes of an API file system. */
enum api_fate {
	API_ABSENT, /* nothing is mounted there: nothing to move */
	API_MOVE,   /* it moves, with what is mounted below it */
	API_CREATE, /* the same, after its directory was made */
	API_THERE,  /* the new root has a mount there already: both stay */
	API_LOST,   /* the new root has no place for it */
};

struct api_mount {
	const char *name; /* "dev" */
	enum api_fate fate;
	int error;     /* why it is API_LOST, errno */
	int source_fd; /* the mount */
	int target_fd; /* the directory in the new root; -1 until it is made */
	bool moved;
	int shown_fds[2]; /* copies that stay in the old root; -1: none */
	bool made;	  /* undo: the directory was made for the move */
};

enum switch_strategy {
	SWITCHED_DIRECT,   /* pivot_root, "/" had a parent: Linux 7.0 */
	SWITCHED_ANCHORED, /* pivot_root, "/" was given a parent */
	SWITCHED_MOVE,	   /* the new root was moved over "/", then chroot */
};

/* The mounts that must be private for pivot_root and move_mount. */
enum switch_private { PRIVATE_OLD, PRIVATE_NEW, PRIVATE_PARENT, PRIVATES };

/* What was proved, by descriptor; filled by switch_prove(). */
struct switch_state {
	/* in */
	bool may_pivot, may_move;
	bool anchored; /* anchor() was called at the start of this boot */
	bool keeps;    /* delete nothing, whatever is found */
	/* out */
	int new_fd, old_fd;
	uint64_t old_dev;
	uint64_t new_dev, new_ino;
	bool parentless; /* "/" has no parent mount */
	const char
		*old_kept;  /* why the old root must not be emptied, or NULL */
	bool kept_unproved; /* old_kept: the new root is or may be made of it */
	char old_type[32];
	/* undo: the mounts that were shared before; -1: this one was not */
	int private_fds[PRIVATES];
	enum switch_strategy strategy;
	struct anchor anchor; /* undo: made by switch_move_api_mounts() */
	struct api_mount api[API_COUNT];
};

/*
 * switch_prove - find out everything that can be known before any change
 *
 * @new_root:  path of the new root; a mount of its own
 * @state:     its "in" fields are set; the others may hold anything
 *
 * Returns 0 or -errno; switch_close() is due in both cases.
 */
int switch_prove(const char *new_root, struct switch_state *state,
		 struct fail *why);

/*
 * switch_move_api_mounts - move /dev, /proc, /sys and /run to the new root
 *
 * @show_both:  copies stay visible in the old root until the switch, because a
 *              helper needs them to find its way
 *
 * On failure the mounts are as they were, except that a shared mount which had
 * to be made private is in another peer group afterwards.
 */
int switch_move_api_mounts(struct switch_state *state, bool show_both,
			   struct fail *why);

/* make the new root "/"; on failure, undo this and the moves as well */
int switch_commit(struct switch_state *state, struct fail *why);

/*
 * switch_clean - free the old root's memory
 *
 * @begin_us:   when the budget began, CLOCK_MONOTONIC
 * @budget_us:  how long it may take; < 0: until it is done; 0: no time at all
 *
 * What is left after the budget goes to a child of low priority. Nothing is
 * done if the old root is to be kept. @ret says what was freed by this process
 * itself, and not what the child frees.
 */
void switch_clean(struct switch_state *state, int64_t begin_us,
		  int64_t budget_us, struct rmtree *ret);

/* close what is still open in @state, whatever became of it */
void switch_close(struct switch_state *state);

const char *switch_strategy_name(enum switch_strategy strategy);
