/* SPDX-License-Identifier: MIT */
/*
 * mover-ptrace-parts.h - what is between the caller's side of a move by ptrace
 * (mover-ptrace.c) and the two processes that make it (mover-ptrace-process.c)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "helper/hold.h"
#include "helper/place.h"

#ifndef ARCH_CANNOT

struct pins_target;

/* The next process, for a tracer that has moved one. */
struct order {
	int pid; /* 0: there is none, and it may end */
	unsigned number;
	uint64_t start_time;
	int64_t deadline_us;
};

/* One move, in memory that the tracer shares with its keeper. */
struct move {
	int pid;
	unsigned number; /* of the moves of these two processes */
	uint64_t start_time;
	const struct pins_target *old;
	int newroot_fd;
	/* instead of moving it: mover_ptrace_act() */
	int (*act)(struct hold *hold, void *ctx);
	void *ctx;
	int answer_fd, order_fd;
	struct order order; /* read, but not yet taken */
	bool pivot;	    /* pivot_root will take a root that is "/" */
	bool waits;	    /* a thread needs that */
	bool attached;	    /* to a thread that it did not release */
	bool answered;
	bool more;	 /* and it waits for an order */
	unsigned killed; /* tracers of this move */
	bool again;	 /* the thread list must be read once more */
	unsigned done_count;
	struct hold hold;
	struct place place; /* of the thread whose turn it is */
	char comm[20];
	char who[64]; /* "123 (name)" or "123 (name), thread 124" */
	struct fail why;
	int done[]; /* MAX_APART */
};

struct answer {
	unsigned number; /* a tracer that was killed may have answered, too */
	int result;
	bool more;  /* it waits for an order */
	int tracer; /* the tracer that cannot leave yet, or 0 */
	struct fail why;
};

/* Read move->comm; write move->who. */
void move_read_comm(struct move *move);
void move_name(struct move *move, int tid);

/* Become the keeper; @from is copied into memory that is shared. */
__attribute__((noreturn)) void move_begin(const struct move *from,
					  int64_t deadline_us);

#endif
