/* SPDX-License-Identifier: MIT */
/*
 * helpers.h - which processes still live in the old root, and what became of
 * each of them
 *
 * A helper is a process that outlives the initramfs. One mover (movers.h) is
 * chosen for each (choose.h), and the result is observed, never believed: the
 * root and the cwd of every thread, by mount. What cannot be moved (mapped
 * files, open descriptors) keeps memory of the old root, and is reported with
 * its size.
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
/* The deadline of a helper that no rule gives another one. */
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
	const struct mover *mover;
	enum helper_outcome outcome;
	const char *by_whom; /* the reason that decided; a constant */
	bool stranger;	     /* left alone, but pivot_root may move it */
	bool guarded;	     /* its guardian moves, and so must it */
	bool spare;	     /* if its mover fails, ptrace moves it */
	bool declared;	     /* the image says that it handles the signal */
	int kept_by;	     /* of its group, who cannot move, or 0: group.h */
	bool harmless;	     /* it may be stopped: the root is not its own */
	enum volunteer volunteer;
	int64_t deadline_us; /* CLOCK_MONOTONIC; 0: its turn has not come */
	unsigned after;	     /* PIN_* that it still holds of the old root */
	uint64_t after_bytes;
	bool late_copied;
	uint64_t before_bytes; /* what it held before late_copy() */
	struct pin pin;	       /* as it was found */
	char why[256];	       /* why it stayed, or "" */
	char todo[100];	       /* what the person can do about that, or "" */
};

struct helpers {
	/* in */
	bool booted;	 /* this boot started all processes here */
	bool pivot;	 /* pivot_root will be called */
	const int *only; /* only these pids, ended by 0; NULL: all */
	bool late_copy;	 /* and what they use of the old root is copied */
	/* The new root, seen from the old one; NULL: make no link to it at
	 * PINTLE_HELPER_SPARE. */
	const char *new_path;
	/* Every mount of the old root's file system counts, not only that of
	 * @old_fd: an anchor that is made as late as the switch adds one. */
	bool any_mount;
	int old_fd, new_fd;
	/* Only the helpers themselves are looked at afterwards, and not what
	 * else holds the old root, which always is so with @only; and of more
	 * than HELPERS_MAX the caller tells. */
	bool only_them;
	/* private */
	const struct helper_rule *rules;
	unsigned rule_count;
	int entered;	 /* 0: our cwd is the new root; or -errno */
	int plymouthd;	 /* its pid; 0: none */
	int plymouth_fd; /* its answer comes from here; -1: none */
	/* out */
	bool open;     /* the two targets are open */
	bool overflow; /* more than HELPERS_MAX */
	unsigned count;
	struct helper *list;
	struct pins_total left; /* of the last scan; empty with @only */
	struct pins_target old_target, new_target;
};

/*
 * helpers_find - list the helpers and choose a mover for each; touches nothing
 *
 * @helpers:  with its "in" fields set; helpers_close() must be called, whatever
 *            this returns
 */
int helpers_find(struct helpers *helpers, const struct helper_rule *rules,
		 unsigned rule_count, struct fail *why);

/*
 * helpers_move - everything that comes before pivot_root
 *
 * The API file systems are in the new root by now, and can still be seen in the
 * old one. Afterwards the caller's cwd is the new root. Helpers that are asked
 * or stopped are waited for together, and then those that ptrace moves; each
 * group takes no longer than its longest deadline. Processes that were forked
 * meanwhile get one more round.
 */
void helpers_move(struct helpers *helpers);

/* After the switch: look at each helper again, and say which did not move. */
void helpers_observe(struct helpers *helpers);

void helpers_close(struct helpers *helpers);

/* the helper with that pid, or NULL */
struct helper *helpers_by_pid(const struct helpers *helpers, int pid);
/*
 * Is the process a worker of the daemon that its parent is? It has its name, or it
 * is in its session: a daemon has one of its own, and so has what is no part of it,
 * such as a person's shell (sshd(8)).
 */
bool helpers_is_worker(const struct pin *parent, const struct pin *pin);

const char *helpers_outcome_name(enum helper_outcome outcome);
