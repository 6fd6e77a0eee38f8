/* SPDX-License-Identifier: MIT */
/*
 * mover-ptrace.h - make a running, unmodified process move its own root and cwd
 *
 * Every thread with an fs_struct of its own is stopped for the time of six
 * system calls, which it makes itself: pidfd_open(2) of us, pidfd_getfd(2) of
 * the new root, fchdir, chroot("."), close, close. No path is looked up, so it
 * does not matter where the process stands, in which mount namespace, or
 * whether it sees a /proc.
 *
 * Then it goes on as if nothing had been: registers, signal mask, pending
 * signals, group stop as they were. What interrupted system calls see:
 *
 * - Those that the kernel restarts after a stop (nanosleep, poll, ppoll,
 * select, read, accept, futex, wait, ...) are restarted, for the time that was
 * left.
 * - Those that a stop makes return EINTR (signal(7), "Interruption of system
 *   calls and library functions by stop signals") are called again where that
 *   is exact: without a timeout, or epoll_wait(2), whose time left is computed
 *   from /proc/TID/sched (on a CPU that a hypervisor takes away meanwhile, it
 *   is longer by what was taken). Else, and on arm64, they return EINTR, as
 * they would after ^Z and fg.
 *
 * Two processes are at it, a keeper, which is our child, and the tracer, which
 * is the keeper's. All signals are blocked in both. The tracer lives as long as
 * this takes: where the target cannot be stopped (state D) its exit is what
 * detaches without harm, our other children's exits are never touched, and the
 * death of the caller changes nothing. If the tracer is killed, at whatever
 * call, the target waits (hold.h says how), the keeper puts it right, and
 * another tracer goes on. Until then its group may be stopped, which its parent
 * can see. If the keeper is killed, the tracer finishes alone. Only when both
 * are killed within the milliseconds that a move takes is the target left
 * waiting: stopped, with the registers of a call that is not its own.
 *
 * Its seccomp filter is suspended only while it is stopped or makes those
 * calls.
 *
 * The caller decides whom. A process that serves the file system of the new
 * root, of the old one, or of /proc's links that are looked at here must never
 * be stopped: it would be waited for by the one who stopped it.
 *
 * Refused with a sentence: ourselves, kernel threads, the traced, tasks without
 * CAP_SYS_CHROOT, another pid namespace (we have no number there), 32-bit tasks
 * of a 64-bit kernel, seccomp where it cannot be suspended, Syscall User
 * Dispatch where a tracer cannot set it aside (before Linux 6.4; it is noticed
 * at the first call, which then is not made), anybody on riscv64.
 *
 * Needs Linux 5.6 (pidfd_getfd), /proc, CAP_SYS_PTRACE, and that the target may
 * trace us: the same uid and no fewer capabilities, or CAP_SYS_PTRACE.
 */
#pragma once

#include <stdint.h>

struct fail;

struct injection {
	int pid;
	int keeper; /* our child */
	int tracer; /* and its, if it stays: see inject_end() */
	int answer_fd;
	int64_t deadline_us;
};

/*
 * inject_begin - have @pid's root and cwd be the directory open at @newroot_fd
 *
 * @start_time is field 22 of /proc/PID/stat; a reused pid is left alone.
 * 0: a tracer is at it, and inject_end() owed; several may be at work, each for
 * a process of its own. Else -errno and the sentence.
 */
int inject_begin(int pid, uint64_t start_time, int newroot_fd,
		 int64_t deadline_us, struct injection *ret, struct fail *why);

/*
 * inject_end - what came of it
 *
 * 0: every thread's calls succeeded, or it stood there already; the caller
 * observes the result itself. Else -errno and the sentence; -ESRCH: it ended.
 * -ETIMEDOUT at its deadline (CLOCK_MONOTONIC): the target is as it was, or, if
 * it hangs in a call that we made it make, it will be put right when that call
 * returns, by the child that stays for it.
 */
int inject_end(struct injection *injection, struct fail *why);
