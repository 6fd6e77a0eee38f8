/* SPDX-License-Identifier: MIT */
/*
 * movers.h - the ways to get a helper into the new root, one row each
 *
 * A mover is one row in movers.c, a name that pintle-mkinitramfs accepts, and a
 * paragraph of pintle(8); tests/lint/parameters compares the three.
 */
#pragma once

#include <stdbool.h>

struct helper;
struct helpers;

/* For which processes a rule of the image counts that names a mover. */
enum mover_scope {
	/* For none: one is chosen for each, as if there were no rule. */
	MOVER_FOR_NONE,
	/* For the process that was started for the rule, and for those of its
	 * children that handle the signal: what their parent can do, children
	 * need not be able to do. */
	MOVER_FOR_ITSELF,
	/* For that process and for all of its children. */
	MOVER_FOR_ALL,
};

struct mover {
	const char *name;
	enum mover_scope scope;
	bool asks;  /* the process must act by itself, and may fail to */
	bool stops; /* the process is stopped, for a moment or for good */
	/* Why a helper that this mover was to move is still in the old root. */
	const char *late;

	/* Can it move @helper? NULL: it is used only if a rule says so. */
	bool (*can)(const struct helpers *helpers, const struct helper *helper);
	/* Begin to move @helper; NULL: there is nothing to begin. */
	void (*start)(struct helpers *helpers, struct helper *helper);
	/* Take the answer, after every helper was started; NULL: none. */
	void (*take)(struct helpers *helpers, struct helper *helper);
	/* Decide what happens to @helper after its deadline, while it still is
	 * where it was; NULL: it is not waited for. */
	void (*expire)(struct helpers *helpers, struct helper *helper);
};

extern const struct mover mover_auto, mover_plymouth, mover_kernel,
	mover_signal, mover_inject, mover_stop, mover_none;

/* All of them up to a NULL. The first one that can move a process moves it, if
 * no rule says otherwise. */
extern const struct mover *const movers[];

/* NULL: there is no mover of that name */
const struct mover *movers_by_name(const char *name);

/* Is there still something to wait for? */
bool movers_waits_for(const struct helper *helper);

/* Give @helper the time that its rule says, from now on. If two movers may have
 * to be tried, each gets half of it. */
void movers_set_deadline(struct helper *helper);

/* Move all helpers that are left to ptrace. */
void movers_trace(struct helpers *helpers);

/* Is process @pid one of our tracers that could not leave its target yet? */
bool movers_is_tracer(int pid);
