/* SPDX-License-Identifier: MIT */
/*
 * hold.h - one thread of another process, held still by ptrace(2) while it
 * makes system calls of ours
 *
 * A tracer can be killed at any moment, and then the kernel lets the thread run
 * at once, with whatever registers it was given. So nothing may depend on the
 * tracer alone. Every step is noted in struct hold before it is done, and that
 * struct is in memory shared with a second process, the keeper. From the first
 * change to the last, the thread can do nothing without a tracer but wait:
 *
 * - While its registers are those of a call of ours, a SIGSTOP of ours is
 *   pending for it: from before the call is put in, at the entry of the call,
 *   until after its result was taken, at the exit. In between, the thread does
 *   not pass through user mode. Without a tracer, the signal stops it before
 *   its next instruction. With a tracer, the signal is withdrawn when it is
 *   delivered, and nobody else sees a stop.
 * - On its way to that entry it has no such signal, as the signal would be
 *   delivered there. Its registers are then those of a ppoll(2) on nothing,
 *   without a timeout.
 *
 * The thread's signals wait until it is released, except those that its own
 * instructions can cause: a thread that blocks one of these is killed by it.
 *
 * Functions return 0, or -errno and the sentence in hold->why; -ESRCH: the
 * thread has ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"
#include "helper/mover-ptrace-arch.h"

#ifndef ARCH_CANNOT

struct fail;

/* What a keeper has to put right. */
enum hold_phase {
	HOLD_NOTHING,
	HOLD_GUARDED, /* our SIGSTOP may be pending, or may have stopped it */
	HOLD_CHANGED, /* and its registers, mask and calls may be ours */
};

/* The calls that it makes, in their order. */
enum hold_step {
	STEP_NONE,
	STEP_PIDFD,   /* pidfd_open of the tracer */
	STEP_NEWROOT, /* pidfd_getfd */
	STEP_PLACE,   /* pidfd_getfd */
	STEP_STAND,   /* fchdir there: tried before, and done after chroot */
	STEP_ENTER,   /* fchdir */
	STEP_NS,      /* pidfd_getfd, if the tracer is not the owner */
	STEP_JOIN,    /* setns to our mount namespace; then fchdir again */
	STEP_CHROOT,
	STEP_OLD_CWD, /* pidfd_getfd, if chroot failed */
	STEP_RETURN,  /* fchdir */
	STEP_CLOSE_OLD_CWD,
	STEP_CLOSE_PLACE,
	STEP_CLOSE_NEWROOT,
	STEP_CLOSE_PIDFD,
};

struct hold {
	int pid, tid;
	uint64_t start_time; /* of the process */
	struct fail *why;
	const char *who; /* its name in sentences */
	bool copies;	 /* it has moved, and is held for copy-late.h */

	/* As long as nothing was changed, the deadline ends the wait. Later
	 * the thread has our registers and must not be left with them: then
	 * @when_late is called, once, and the wait goes on without a limit. */
	int64_t deadline_us;
	bool late;
	void (*when_late)(struct hold *hold, int error);

	enum hold_phase phase;
	int tracer;	  /* the process that holds it first */
	bool was_stopped; /* by job control, before we came */
	bool is_stopped;  /* it is stopped now, as far as the tracer saw */
	bool guard;	  /* is our SIGSTOP to be sent? */
	bool at_entry;	  /* it is at the entry of a system call now */
	bool paused;	  /* it was stopped only: hold_pause() */
	uint64_t owed;	  /* signals to send when it is released */

	/* its state before */
	int64_t ran_us; /* when it last ran; -1: unknown */
	unsigned ran_cpu;
	uint64_t mask;
	struct linux_ptrace_dispatch dispatch;
	struct arch_regs saved;
	bool mended; /* its interrupted call was looked at: hold-eintr.c */

	/* What is used of its memory. Nothing is written there but a timeout,
	 * below its stack, when it is released: hold-eintr.c. */
	int mem_fd;
	uint64_t site; /* a system call instruction */
	uint64_t dot;  /* the string "." */

	/* its calls */
	enum hold_step step; /* the one that is being made */
	uint64_t more[4];    /* the third to the sixth argument */
	/* What its owner has for it, as descriptors. In a move these are what
	 * becomes its root (-1: its root stays), what becomes its cwd (-1: the
	 * new root, or where it is if its root stays), and what its cwd was. In
	 * a late copy, @newroot_fd is the file that it gets. */
	int newroot_fd, place_fd, old_cwd_fd;
	struct sys_stat newroot, place, old_cwd; /* what they are */
	struct sys_stat ns;			 /* our mount namespace */
	int pidfd, fd, stand_fd, back_fd;	 /* of its own; -1: none */
	int owner;    /* who has these, by its number there; 0: the tracer */
	bool nested;  /* its pid namespace is below ours */
	bool lesser;  /* it may take descriptors of a holder only */
	bool foreign; /* it came from another mount namespace than ours, */
	bool joined;  /* and is in ours by now */
	bool entered; /* its cwd is not what it was */
	bool moved;   /* its root is the new one, or stays */

	/* a socket of its own whose timeout is ours: hold-socket.c */
	struct {
		int fd, option; /* option 0: there is none */
		int ours, pid;	/* borrowed, by that process of ours */
		uint64_t ino;
		uint64_t sp;
		int64_t time[2];
	} socket;
};

/* Trace @hold->tid and stop it, wherever it is. */
int hold_stop(struct hold *hold);
/* Note the state of the thread, and prepare it for calls. */
int hold_take(struct hold *hold);
/* Stop the thread as well, but only that: nothing of it is changed, and if the
 * tracer dies, it goes on. */
int hold_pause(struct hold *hold);
/* Make the thread move to hold->newroot_fd and hold->place_fd; on failure it is
 * where it was. */
int hold_move(struct hold *hold);
/* Undo what hold_take() and later functions changed, and release the thread. If
 * that fails, hold->phase says what is left for the keeper to do. */
int hold_release(struct hold *hold);
/* For the keeper: put right what a tracer left behind when it died. */
int hold_rescue(struct hold *hold);

/* ---- between its parts --------------------------------------------------- */

/* hold.c: make the thread call @nr, as @step needs */
int hold_call(struct hold *hold, enum hold_step step, long nr, uint64_t a,
	      uint64_t b, long *ret);
/* hold-steps.c: give the thread copies of hold->newroot_fd and hold->place_fd,
 * which are hold->fd and hold->stand_fd then; they are closed once it is released,
 * or by hold_close_all() */
int hold_give(struct hold *hold);
int hold_close_all(struct hold *hold);
/* Tell from the registers how the step ended during which a tracer died. */
void hold_settle(struct hold *hold, const struct arch_regs *regs);
/* The keeper does not know the way back, so it completes a move that has begun,
 * unless the deadline has passed. */
void hold_go_through(struct hold *hold);
/* hold-eintr.c: make the thread repeat the call that our stop has cut short, if
 * that can be exact */
void hold_mend_eintr(struct hold *hold);
/* Note when it last ran, before it is stopped, if its call has a timeout. */
void hold_note_time(struct hold *hold);
/* How long ago that was; -1: unknown. */
int64_t hold_slept_us(const struct hold *hold);
/* hold-socket.c: the same for call @nr on a socket that has a timeout of its
 * own. It is made shorter for a moment; hold_restore_timeout() sets it back,
 * after the thread was released or its tracer has died. */
int hold_socket_option(long nr); /* 0: it is no such call */
bool hold_mend_socket(struct hold *hold, long nr);
void hold_restore_timeout(struct hold *hold);

int hold_gone(const struct hold *hold);
int hold_refuse(const struct hold *hold, int error, const char *reason);

#endif
