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

/* The processes that a rule of the image applies to if it names this mover. */
enum mover_scope {
	/* To none: a mover is chosen for each process, as if the rule named
	 * none. */
	MOVER_FOR_NONE,
	/* To the process that was started for the rule, and to those of its
	 * children that handle the signal: the other children may be unable to
	 * do what their parent can do. */
	MOVER_FOR_ITSELF,
	/* To that process and all of its children. */
	MOVER_FOR_ALL,
};

struct mover {
	const char *name;
	enum mover_scope scope;
	bool asks;  /* the process itself must act, and may fail to */
	bool stops; /* the process is stopped, for a moment or for good */
	/* Why a helper that this mover was to move is still in the old root. */
	const char *late;

	/* Can it move @helper? NULL: it is used only if a rule says so. */
	bool (*can)(const struct helpers *helpers, const struct helper *helper);
	/* Begin to move @helper; NULL: there is nothing to begin. */
	void (*start)(struct helpers *helpers, struct helper *helper);
	/* Take the answer, after @start was called for every helper; NULL:
	 * there is no answer. */
	void (*take)(struct helpers *helpers, struct helper *helper);
	/* Decide what happens to @helper if it is still in the old root at its
	 * deadline; NULL: the helper is not waited for. */
	void (*expire)(struct helpers *helpers, struct helper *helper);
};

extern const struct mover mover_auto, mover_plymouth, mover_kernel,
	mover_signal, mover_inject, mover_stop, mover_none;

/* Its guardian moves it, or whatever else its parent is: nothing is to be done.
 * This is choose_guarded()'s, and not for rules. */
extern const struct mover mover_guardian;

/* All others up to a NULL. The first one that can move a process moves it, if
 * no rule says otherwise. */
extern const struct mover *const movers[];

/* NULL: there is no mover of that name */
const struct mover *movers_by_name(const char *name);

/* Does @helper still have to be waited for? */
bool movers_waits_for(const struct helper *helper);

/* Give @helper the time that its rule allows, from now on. If two movers may
 * have to be tried, each gets half of that time. */
void movers_set_deadline(struct helper *helper);

/* Move every helper that is still pending and whose mover is mover_inject. */
void movers_trace(struct helpers *helpers);

/* Is process @pid one of our tracers that could not leave its target yet? */
bool movers_is_tracer(int pid);
