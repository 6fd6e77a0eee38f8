/* SPDX-License-Identifier: MIT */
/*
 * mover-ptrace.h - make a running, unmodified process move its own root and
 * working directory
 *
 * Every thread with an fs_struct of its own is stopped for the time of six
 * system calls, which it makes itself: pidfd_open(2) of the tracer,
 * pidfd_getfd(2) of the new root, fchdir, chroot("."), close, close. If it is to
 * work elsewhere than in the new root itself, there are four more. It looks up
 * no path, so it does not matter where the process stands, or whether it sees a
 * /proc. Where it may not take descriptors from the tracer, a holder (holder.h)
 * owns them. One that lacks CAP_SYS_CHROOT only changes its cwd, if pivot_root
 * will move its root. One in a mount namespace of its own leaves it for ours
 * (setns(2)), as with a root of another namespace it could mount nothing.
 *
 * Then it goes on as if nothing had happened: its registers, its signal mask,
 * its pending signals and its group stop are as they were. This is what its
 * interrupted system calls see:
 *
 * - Those that the kernel restarts after a stop (nanosleep, poll, ppoll,
 *   select, read, accept, futex, wait, ...) are restarted, for the time that
 *   was left.
 * - Those that return EINTR after a stop (signal(7), "Interruption of system
 *   calls and library functions by stop signals") are made again for the time
 *   that was left, which is computed from /proc/TID/sched (if a hypervisor takes
 *   the CPU away meanwhile, the wait is longer by that time): hold-eintr.c,
 *   hold-socket.c. Where that cannot be done, and on arm64, they return EINTR,
 *   as they would after ^Z and fg.
 * - Those that have done a part of their work return that part.
 *
 * Two processes do this: the keeper, which is the caller's child, and the
 * tracer, which is the keeper's child. All signals are blocked in both. They make
 * as many moves as the caller has for them, one after another, until one fails:
 * then the tracer ends, whatever is the matter with the target. Where that cannot
 * be stopped (state D), the exit of the tracer detaches it without harm; the
 * exits of the caller's other children are never touched, and the death of the
 * caller changes nothing. If the tracer is killed, at whatever call, or while it
 * waits for the next process, another one goes on; the target waits meanwhile
 * (hold.h says how), and the keeper puts it right.
 * Until then the target's group may be stopped, which its parent can see. If
 * the keeper is killed, the tracer finishes alone. Only if both are killed
 * within the milliseconds that a move takes is the target left waiting:
 * stopped, with the registers of a call that is not its own.
 *
 * The target's seccomp filter is suspended only while the target is stopped or
 * makes those calls.
 *
 * The caller decides which processes are moved. A process that serves the file
 * system of the new root, of the old root, or of the links in /proc that are
 * looked at here must never be stopped: whoever stopped it would wait for it.
 *
 * Refused with a sentence: this process itself, kernel threads, processes that
 * are traced already; tasks without CAP_SYS_CHROOT where no pivot_root moves
 * them; tasks in another mount namespace without CAP_SYS_ADMIN, or whose threads
 * share their root; tasks in another user namespace, or confined by Landlock;
 * 32-bit tasks of an arm64 kernel; seccomp where it cannot be suspended; Syscall
 * User Dispatch where a tracer cannot set it aside (before Linux 6.4; the first
 * call shows it, and is not made); and every process on riscv64.
 *
 * Needs Linux 5.6 (pidfd_getfd), 5.8 to leave a mount namespace, /proc, and
 * CAP_SYS_PTRACE; for a holder also CAP_SETUID and CAP_SETGID, and in another
 * pid namespace CAP_SYS_ADMIN.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct hold;
struct pins_target;

/* A move that has begun; all zero: none. */
struct mover_ptrace {
	int pid;
	bool copies; /* mover_ptrace_act() began it, for copy-late.h */
	int keeper;  /* our child; 0: there is none any more */
	int answer_fd, order_fds[2];
	unsigned number; /* of the move that these two processes make */
	int64_t deadline_us;
	/* After mover_ptrace_take(): those of them that stay until they can
	 * leave the target; 0: none does. */
	int left, tracer;
};

/*
 * mover_ptrace_begin - move @pid out of @old to the directory that is open at
 * @newroot_fd, where each of its threads gets the place that place.h gives it
 *
 * @pivot: pivot_root(2) will be called, and moves each root that is "/"; without
 * it a thread that lacks CAP_SYS_CHROOT is refused
 *
 * @start_time is field 22 of /proc/PID/stat; a reused pid is left alone.
 *
 * 0: the move has begun, and mover_ptrace_end() must be called, or _take() and
 * later _quit(); several moves may be under way at once, each of another
 * process. Otherwise -errno and the sentence.
 */
int mover_ptrace_begin(int pid, uint64_t start_time,
		       const struct pins_target *old, int newroot_fd,
		       bool pivot, int64_t deadline_us,
		       struct mover_ptrace *ret, struct fail *why);

/*
 * mover_ptrace_take - wait for the result
 *
 * MOVER_PTRACE_WAITS: the root of some threads that may not call chroot is still
 * "/", for pivot_root to move it.
 * 0: every thread's calls succeeded, or it stood there already; the caller
 * observes the result itself. Otherwise -errno and the sentence; -ESRCH: the
 * process has ended. -ETIMEDOUT at the deadline (CLOCK_MONOTONIC): the target
 * is as it was; or, if it hangs in a call that it was made to make, it is put
 * right when that call returns, by the child that stays for this.
 */
#define MOVER_PTRACE_WAITS 1
int mover_ptrace_take(struct mover_ptrace *move, struct fail *why);

/*
 * mover_ptrace_again - have the same two processes move another process
 *
 * After mover_ptrace_take(), which has to be called again then. To start two
 * processes costs more than to move one. False: they cannot, for instance
 * because the last move has failed; then call mover_ptrace_quit(), and
 * mover_ptrace_begin() starts others.
 */
bool mover_ptrace_again(struct mover_ptrace *move, int pid, uint64_t start_time,
			int64_t deadline_us);

/* End the two processes, if there are any that have not been left to a target
 * that hangs. */
void mover_ptrace_quit(struct mover_ptrace *move);

/* take and quit */
int mover_ptrace_end(struct mover_ptrace *move, struct fail *why);

/*
 * mover_ptrace_act - have @act done to the process @pid, with the same care
 *
 * A tracer calls @act with one thread that it has stopped until @stop_us, and
 * nothing more (hold.h); it releases the thread afterwards. @act returns 0, or
 * -errno with the sentence. This waits for it until @deadline_us, and returns
 * as mover_ptrace_end() does.
 */
int mover_ptrace_act(int pid, uint64_t start_time,
		     int (*act)(struct hold *hold, void *ctx), void *ctx,
		     int64_t stop_us, int64_t deadline_us, struct fail *why);
