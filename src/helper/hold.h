/* SPDX-License-Identifier: MIT */
/*
 * hold.h - one thread of another process, held still while it makes calls of
 * ours, by ptrace(2)
 *
 * A tracer can be killed at any moment, and the kernel then lets the thread run
 * at once, with whatever registers it was given. So nothing may depend on the
 * tracer alone. Everything about the thread is noted in struct hold, which lies
 * in memory that is shared with a second process, before it is done; and from
 * the first change to the last, whatever the thread does without a tracer is to
 * wait:
 *
 * - While its registers are those of a call of ours, a SIGSTOP of ours is
 *   pending for it. There is a SIGSTOP from before the call is put in, at the
 *   entry of the call, until after its result was taken, at the exit; in
 *   between it does not pass through user mode. Without a tracer the signal
 *   stops it before its next instruction. With one the signal is withdrawn at
 *   its delivery, and nobody else sees a stop.
 * - On its way to that entry it has no such signal, as this would be delivered
 *   there. Then its registers are those of ppoll(2) for ever, of nothing.
 *
 * Its signals wait until it is let go, those excepted that its own instructions
 * can cause: who blocks these is killed by them. hold_rescue() is what the
 * second process calls.
 *
 * Functions return 0, or -errno and the sentence in hold->why; -ESRCH: it
 * ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"
#include "helper/mover-ptrace-arch.h"

#ifndef ARCH_CANNOT

struct fail;

/* What a rescuer has to put right. */
enum hold_phase {
	HOLD_NOTHING,
	HOLD_GUARDED, /* our SIGSTOP may be pending, or stop it */
	HOLD_CHANGED, /* and registers, mask, calls may be ours */
};

/* The calls, in their order. */
enum hold_step {
	STEP_NONE,
	STEP_PIDFD,   /* pidfd_open of the tracer */
	STEP_NEWROOT, /* pidfd_getfd */
	STEP_ENTER,   /* fchdir */
	STEP_CHROOT,
	STEP_OLD_CWD, /* if it failed: pidfd_getfd */
	STEP_RETURN,  /* fchdir */
	STEP_CLOSE_OLD_CWD,
	STEP_CLOSE_NEWROOT,
	STEP_CLOSE_PIDFD,
};

struct hold {
	int pid, tid;
	uint64_t start_time; /* the process's */
	struct fail *why;
	const char *who; /* for sentences */

	/* Before it is held, the deadline ends the wait. Later it has our
	 * registers and must not be left with them: then this is told, once,
	 * and it is waited for without a limit. */
	int64_t deadline_us;
	bool late;
	void (*when_late)(struct hold *hold, int error);

	enum hold_phase phase;
	int tracer;	  /* who holds it first */
	bool was_stopped; /* by job control, before us */
	bool is_stopped;  /* so it is, as far as the tracer saw */
	bool guard;	  /* whether to have that SIGSTOP */
	bool at_entry;	  /* of a system call, in this moment */
	uint64_t owed;	  /* signals to send it when it is let go */

	/* what it was like */
	int64_t ran_ms; /* when it last ran; -1: unknown */
	unsigned ran_cpu;
	uint64_t mask;
	struct linux_ptrace_dispatch dispatch;
	struct arch_regs saved;

	/* what is used of its memory, all of it as it was */
	int mem_fd;
	uint64_t site; /* a system call instruction */
	uint64_t dot;  /* the string "." */

	/* its calls */
	enum hold_step step;	    /* the one that is being made */
	int newroot_fd, old_cwd_fd; /* ours */
	int pidfd, fd, back_fd;	    /* its; -1: none */
	bool entered, moved;
};

/* trace @hold->tid and stop it, wherever it is */
int hold_stop(struct hold *hold);
/* note all about it, and make it ready for calls */
int hold_take(struct hold *hold);
/* have it move to hold->newroot_fd, or be where it was */
int hold_move(struct hold *hold);
/* put back what hold_take() and what came after it changed, and let it go; if
 * that fails, hold->phase is what is left to do for a rescuer */
int hold_release(struct hold *hold);
/* for another process than the one that did the above and died meanwhile */
int hold_rescue(struct hold *hold);

/* ---- between its parts --------------------------------------------------- */

/* hold.c: have it make the call @nr, which is what @step needs */
int hold_call(struct hold *hold, enum hold_step step, long nr, uint64_t a,
	      uint64_t b, long *ret);
/* hold-steps.c: have it close what it was given */
int hold_close_all(struct hold *hold);
/* note what came of the step that a dead tracer was at, by its registers */
void hold_settle(struct hold *hold, const struct arch_regs *regs);
/* half way only forwards is known to a rescuer, but too late is too late */
void hold_go_through(struct hold *hold);
/* hold-eintr.c: a call that our stop has cut short is made again, if that can
 * be exact */
void hold_mend_eintr(struct hold *hold);

int hold_gone(const struct hold *hold);
int hold_refuse(const struct hold *hold, int error, const char *reason);

#endif
