/* SPDX-License-Identifier: MIT */
/*
 * This is one concern in spite of its length: every function here changes the
 * same state of one thread, and keeps the invariant that hold.h describes.
 */
#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "helper/task.h"

/* A request that fails is tried this often, as the thread depends on us. */
#define TRIES 3
/* A call is given up after this many stops that others caused. */
#define STOPS_MAX 1000
/* How long after sending a signal we look whether it is still pending. */
#define GUARD_US 20000

/*
 * The signals that an instruction may cause. When the kernel must send one of
 * them that is blocked, it resets the handler and kills the process
 * (kernel/signal.c: force_sig_info_to_task).
 */
#define CAUSED                                                                 \
	(SYS_SIGNAL(SIGSEGV) | SYS_SIGNAL(SIGBUS) | SYS_SIGNAL(SIGILL) |       \
	 SYS_SIGNAL(SIGTRAP) | SYS_SIGNAL(SIGFPE) | SYS_SIGNAL(SIGSYS))

/* ---- requests ------------------------------------------------------------ */

int hold_gone(const struct hold *hold)
{
	return fail_said(hold->why, ESRCH, "move process '%s': it has ended",
			 hold->who);
}

int hold_refuse(const struct hold *hold, int error, const char *reason)
{
	if (hold->copies)
		return fail_said(hold->why, error,
				 "free what process '%s' has of the old root: "
				 "%s" FAIL_TODO
				 "it goes on with what it has; start it with "
				 "keep,copy",
				 hold->who, reason);
	return fail_said(hold->why, error,
			 "move process '%s' by injection: %s" FAIL_TODO
			 "give it another mover, or stop it",
			 hold->who, reason);
}

static int failed(const struct hold *hold, int error)
{
	if (task_has_ended(hold->pid, hold->tid))
		return hold_gone(hold);
	/* For the caller, ESRCH would mean that the thread has ended. */
	if (error == -ESRCH)
		error = -EIO;
	return fail(hold->why, error, "trace process '%s'", hold->who);
}

static long trace(const struct hold *hold, int request, uint64_t at, void *data)
{
	long r = -EIO;

	for (unsigned i = 0; i < TRIES && r < 0; i++)
		r = sys_ptrace(request, hold->tid, at, data);
	return r;
}

static int read_status(const struct hold *hold, struct procstatus *ret)
{
	int r = -EIO;

	for (unsigned i = 0; i < TRIES && r < 0; i++)
		r = task_status(hold->pid, hold->tid, ret);
	return r;
}

/* The signals that wait for the thread alone, or (@shared) for its process. Its
 * status says the same, at ten times the cost. */
static int pending(const struct hold *hold, bool shared, uint64_t *ret)
{
	struct linux_ptrace_peek peek = { .shared = shared, .count = 4 };
	struct linux_siginfo infos[4];
	long n;

	*ret = 0;
	do {
		n = trace(hold, LINUX_PTRACE_PEEKSIGINFO,
			  (uint64_t)(uintptr_t)&peek, infos);
		for (long i = 0; i < n; i++)
			*ret |= SYS_SIGNAL(infos[i].signo);
		peek.from += 4;
	} while (n == 4);
	return n < 0 ? (int)n : 0;
}

static int resume(struct hold *hold, int request, int signal)
{
	long r = trace(hold, request, 0, (void *)(intptr_t)signal);

	return r < 0 ? failed(hold, (int)r) : 0;
}

static int regs_done(const struct hold *hold, int r)
{
	if (r == -ENOEXEC)
		return hold_refuse(hold, ENOEXEC,
				   "it runs in a mode that is not known here");
	return r < 0 ? failed(hold, r) : 0;
}

static int get_regs(const struct hold *hold, struct arch_regs *regs)
{
	int r = -EIO;

	for (unsigned i = 0; i < TRIES && r < 0 && r != -ENOEXEC; i++)
		r = arch_get(hold->tid, regs);
	return regs_done(hold, r);
}

static int set_regs(const struct hold *hold, struct arch_regs *regs)
{
	int r = -EIO;

	for (unsigned i = 0; i < TRIES && r < 0 && r != -ENOEXEC; i++)
		r = arch_set(hold->tid, regs);
	return regs_done(hold, r);
}

static int set_mask(const struct hold *hold, uint64_t mask)
{
	long r = trace(hold, LINUX_PTRACE_SETSIGMASK, sizeof(mask), &mask);

	return r < 0 ? failed(hold, (int)r) : 0;
}

static int set_dispatch(const struct hold *hold,
			struct linux_ptrace_dispatch dispatch)
{
	long r = trace(hold, LINUX_PTRACE_SET_DISPATCH, sizeof(dispatch),
		       &dispatch);

	return r < 0 ? failed(hold, (int)r) : 0;
}

/* Wait for the next stop; return its signal, and the event in @ret_event. */
static int next_stop(struct hold *hold, int *ret_event)
{
	unsigned errors = 0;

	for (;;) {
		int stop = sys_traced_stop(hold->tid);
		int r;

		if (stop > 0) {
			*ret_event = stop >> 8;
			return stop & 0xff;
		}
		/* Where other threads are traced as well, the end of the main
		 * thread causes a signal, but waitid(2) does not tell of it
		 * before theirs (kernel/exit.c: delay_group_leader).
		 * sys_wait() would take a stop, too, if there were one. */
		if ((stop < 0 || hold->copies) &&
		    task_has_ended(hold->pid, hold->tid)) {
			(void)sys_wait(hold->tid, NULL,
				       WNOHANG | (int)LINUX_WALL);
			return hold_gone(hold);
		}
		if (stop < 0 && ++errors == TRIES)
			return failed(hold, stop);
		r = stop < 0 ? 0 : sys_wait_sigchld(hold->deadline_us);
		if (r >= 0)
			continue;
		if (r != -EAGAIN) {
			if (++errors < TRIES)
				continue;
			return fail(hold->why, r, "wait for process '%s'",
				    hold->who);
		}
		if (hold->phase != HOLD_CHANGED)
			return hold_refuse(hold, ETIMEDOUT,
					   "it did not stop in time");
		hold->late = true;
		hold->deadline_us = SYS_FOREVER;
		hold->when_late(
			hold,
			hold_refuse(hold, ETIMEDOUT,
				    hold->copies
					    ? "it hangs in a call that it was "
					      "made to make; it goes on when "
					      "that returns"
					    : "it hangs in a call on the new "
					      "root; it goes on when that "
					      "returns"));
	}
}

/* ---- stopping it --------------------------------------------------------- */

/*
 * Does a signal that an instruction of its own has just caused wait for its
 * handler, because the stop came first? The thread must take it before it
 * executes instructions of ours.
 */
static bool own_is_pending(const struct hold *hold)
{
	struct procstatus status;
	uint64_t signals;

	return hold->phase == HOLD_NOTHING &&
	       pending(hold, false, &signals) == 0 && (signals & CAUSED) != 0 &&
	       read_status(hold, &status) == 0 &&
	       (signals & ~status.blocked & CAUSED) != 0;
}

int hold_stop(struct hold *hold)
{
	/* If a tracer dies at an entry or exit before it has seen that stop,
	 * the thread would get a SIGTRAP; with this option the number is beyond
	 * all signals, and nothing is sent (kernel/signal.c: ptrace_notify and
	 * send_sig). No option that weakens the thread may be set before it has
	 * stopped. */
	intptr_t options = LINUX_PTRACE_O_TRACESYSGOOD;
	int r = (int)trace(hold, LINUX_PTRACE_SEIZE, 0, (void *)options);

	if (r < 0 && task_has_ended(hold->pid, hold->tid))
		return hold_gone(hold);
	if (r < 0)
		return fail(hold->why, r,
			    "trace process '%s'" FAIL_TODO
			    "it may be traced already, or "
			    "kernel.yama.ptrace_scope be 3",
			    hold->who);
	/* The thread is traced, so its number cannot be reused from now on. Was
	 * it reused before? */
	if (!task_is(hold->pid, hold->start_time))
		return hold_gone(hold);
	r = resume(hold, LINUX_PTRACE_INTERRUPT, 0);
	for (unsigned i = 0; r == 0 && i < STOPS_MAX; i++) {
		int event = 0;
		int signal = next_stop(hold, &event);

		if (signal < 0)
			return signal;
		if (event == LINUX_PTRACE_EVENT_STOP) {
			hold->is_stopped = signal != SIGTRAP;
			if (!own_is_pending(hold))
				return 0;
			r = resume(hold, LINUX_PTRACE_CONT, 0);
			continue;
		}
		/* The thread is on its way to a handler or to its end. That
		 * goes first, and this stop has used up the interrupt. */
		r = resume(hold, LINUX_PTRACE_INTERRUPT, 0);
		if (r == 0)
			r = resume(hold, LINUX_PTRACE_CONT, event ? 0 : signal);
	}
	return r < 0 ? r
		     : hold_refuse(hold, EBUSY, "it is stopped all the time");
}

/*
 * If the thread was stopped inside a restartable sequence (rseq(2)), the kernel
 * would find it outside, at our call, and would forget the sequence, which
 * would then go on unguarded. So the sequence is aborted, as any preemption may
 * do.
 */
static void leave_rseq(struct hold *hold)
{
	struct linux_ptrace_rseq config = { 0 };
	struct linux_rseq_cs section;
	uint64_t at = 0;
	uint64_t *pc = arch_pc(&hold->saved);

	if (trace(hold, LINUX_PTRACE_GET_RSEQ, sizeof(config), &config) > 0 &&
	    config.rseq != 0 &&
	    sys_pread(hold->mem_fd, &at, sizeof(at),
		      config.rseq + LINUX_RSEQ_CS_OFFSET) == sizeof(at) &&
	    at != 0 &&
	    sys_pread(hold->mem_fd, &section, sizeof(section), at) ==
		    sizeof(section) &&
	    *pc - section.start < section.length)
		*pc = section.abort;
}

/*
 * Nothing is written into the memory of the process: another thread could be
 * running that code, and what is below a stack pointer may be in use. The call
 * that it is blocked in has a system call instruction, the vdso has some, and
 * so has most code; the bytes of "." are in every program, too.
 */
static int find_bytes(struct hold *hold)
{
	static const uint8_t insn[] = ARCH_INSN_BYTES;
	static const uint8_t insn_32[] = ARCH_INSN_BYTES_32;
	struct task_bytes what = {
		.bytes = arch_is_32(&hold->saved) ? insn_32 : insn,
		.len = ARCH_INSN_LEN,
		.align = ARCH_INSN_ALIGN,
		.executable = true,
		.mem_fd = hold->mem_fd,
	};

	/* What is to be replaced must not be executed meanwhile. */
	hold->site = hold->copies ? 0 : arch_site(&hold->saved);
	if (hold->site == 0 || !task_holds(&what, hold->site))
		hold->site = task_find(hold->pid, hold->tid, &what);
	if (hold->site == 0)
		return hold_refuse(hold, ENOEXEC,
				   "its code has no system call instruction");
	what.bytes = (const uint8_t *)"."; /* a root */
	what.len = 2;
	what.align = 1;
	what.executable = false;
	hold->dot = task_find(hold->pid, hold->tid, &what);
	if (hold->dot == 0)
		return hold_refuse(hold, EFAULT,
				   "its memory has no \".\" to call chroot "
				   "with");
	return 0;
}

/*
 * With PR_SET_SYSCALL_USER_DISPATCH (prctl(2)), the calls of a thread become
 * signals to itself. That is set aside only if it can be put back, which is
 * tried first.
 * Where the request is unknown (before Linux 6.4), the first call tells.
 */
static int note_dispatch(struct hold *hold)
{
	if (trace(hold, LINUX_PTRACE_GET_DISPATCH, sizeof(hold->dispatch),
		  &hold->dispatch) < 0)
		hold->dispatch.mode = 0;
	if (hold->dispatch.mode != 0 && set_dispatch(hold, hold->dispatch) < 0)
		return hold_refuse(hold, EPERM,
				   "its Syscall User Dispatch cannot be set "
				   "aside");
	return 0;
}

/* Its filter may be as young as the stop, so the status is read again. */
static int suspend_seccomp(const struct hold *hold)
{
	intptr_t options =
		LINUX_PTRACE_O_TRACESYSGOOD | LINUX_PTRACE_O_SUSPEND_SECCOMP;
	/* This is set even if the thread has no filter, as its other threads
	 * may give it one. */
	long set = trace(hold, LINUX_PTRACE_SETOPTIONS, 0, (void *)options);
	struct procstatus status;
	int r = set < 0 ? read_status(hold, &status) : 0;

	if (r < 0)
		return failed(hold, r);
	if (set < 0 && status.seccomp != 0)
		return hold_refuse(hold, (int)set,
				   "it is confined by seccomp, and this kernel "
				   "does not let a tracer suspend that");
	return 0;
}

static int resume_seccomp(const struct hold *hold)
{
	intptr_t options = LINUX_PTRACE_O_TRACESYSGOOD;
	long r = trace(hold, LINUX_PTRACE_SETOPTIONS, 0, (void *)options);

	return r < 0 ? failed(hold, (int)r) : 0;
}

/*
 * Send our SIGSTOP, but not while a SIGCONT waits for its handler: the SIGCONT
 * would be deleted (kernel/signal.c: prepare_signal).
 */
static int guard(struct hold *hold)
{
	uint64_t own, shared;
	int r;

	if (!hold->guard)
		return 0;
	r = pending(hold, false, &own);
	if (r == 0)
		r = pending(hold, true, &shared);
	if (r < 0)
		return failed(hold, r);
	if (((own | shared) & SYS_SIGNAL(SIGCONT)) != 0)
		return 0;
	for (unsigned i = 0; i < TRIES; i++) {
		r = sys_tgkill(hold->pid, hold->tid, SIGSTOP);
		if (r == 0)
			return 0;
	}
	return failed(hold, r);
}

/* From here on its registers and mask are ours. */
static int change(struct hold *hold)
{
	struct linux_ptrace_dispatch off = { 0 };
	int r = guard(hold);

	if (r < 0)
		return r;
	hold->phase = HOLD_CHANGED;
	/* Not those either that it blocks itself, as in a handler of SIGSYS: a
	 * blocked signal that our call caused would kill it. */
	r = set_mask(hold, ~(uint64_t)CAUSED);
	if (r == 0 && hold->dispatch.mode != 0)
		r = set_dispatch(hold, off);
	return r;
}

static void open_memory(struct hold *hold)
{
	char path[64];

	hold->mem_fd =
		io_open(task_path(path, hold->pid, hold->tid, "mem"), O_RDWR);
}

int hold_pause(struct hold *hold)
{
	int r = hold_stop(hold);

	if (r == 0)
		r = get_regs(hold, &hold->saved);
	hold->paused = r == 0;
	return r;
}

int hold_take(struct hold *hold)
{
	int r = get_regs(hold, &hold->saved);

	if (r < 0)
		return r;
	hold->was_stopped = hold->is_stopped;
	hold->guard = true;
	hold->tracer = sys_getpid();
	open_memory(hold);
	leave_rseq(hold);
	r = find_bytes(hold);
	if (r == 0)
		r = note_dispatch(hold);
	/* In a ppoll or sigsuspend, this is the mask that the call will put
	 * back, and so is the one that SETSIGMASK sets. */
	if (r == 0 && trace(hold, LINUX_PTRACE_GETSIGMASK, sizeof(hold->mask),
			    &hold->mask) < 0)
		r = failed(hold, -EIO);
	if (r == 0)
		r = suspend_seccomp(hold);
	if (r < 0)
		return r;
	hold->phase = HOLD_GUARDED;
	return change(hold);
}

/* ---- its calls ----------------------------------------------------------- */

/* The thread is stopped for a signal: is the signal of our own making? */
static bool is_ours(const struct hold *hold, int signal)
{
	struct linux_siginfo info = { 0 };

	if (trace(hold, LINUX_PTRACE_GETSIGINFO, 0, &info) < 0)
		return true;
	/* In a pid namespace below ours, the sender has no number. */
	if (signal == SIGSTOP)
		return info.code == LINUX_SI_TKILL &&
		       (hold->nested ? info.pid == 0
				     : info.pid == hold->tracer ||
					       info.pid == sys_getpid());
	return info.code > 0;
}

/*
 * Take a stop for a signal while its registers are ours; @ret_pass is the
 * signal to hand on. Other signals are blocked, but SIGSTOP cannot be: one that
 * is not ours stops the other threads at once, and this one when it is detached
 * (kernel/ptrace.c: __ptrace_unlink), unless a SIGCONT came.
 */
static int take_signal(struct hold *hold, int signal, int *ret_pass)
{
	*ret_pass = 0;
	if (signal == SIGSTOP) {
		*ret_pass = is_ours(hold, signal) ? 0 : signal;
		return 0;
	}
	if (!is_ours(hold, signal)) {
		hold->owed |= SYS_SIGNAL(signal);
		return 0;
	}
	/* It is taken from the kernel, so that it is not delivered if we die
	 * now, and then withdrawn, as if it had never been. */
	(void)sys_wait(hold->tid, NULL, WNOHANG | (int)LINUX_WALL);
	if (signal == SIGSYS)
		return hold_refuse(hold, EPERM,
				   "it has its system calls dispatched to "
				   "itself (Syscall User Dispatch), and this "
				   "kernel does not let a tracer set that "
				   "aside");
	return hold_refuse(hold, EFAULT,
			   "the system call instruction that was found in its "
			   "code cannot be used");
}

/* Bring the thread to the entry of a call that would wait for ever; the call is
 * not made. */
static int enter(struct hold *hold)
{
	struct arch_regs regs = hold->saved;
	int pass = 0;
	int r;

	if (hold->at_entry)
		return 0;
	arch_call(&regs, hold->site, __NR_ppoll, 0, 0, 0);
	r = set_regs(hold, &regs);
	for (unsigned i = 0; r == 0; i++) {
		int event = 0;
		int stop;

		r = resume(hold, LINUX_PTRACE_SYSCALL, pass);
		if (r < 0)
			break;
		stop = next_stop(hold, &event);
		if (stop < 0)
			return stop;
		pass = 0;
		if (stop == (SIGTRAP | 0x80)) {
			hold->at_entry = true;
			return 0;
		}
		if (event == 0)
			r = take_signal(hold, stop, &pass);
		if (i == STOPS_MAX)
			return hold_refuse(hold, EBUSY,
					   "it is stopped all the "
					   "time");
	}
	return r;
}

/* Go on from an entry to the exit of that call, which becomes @nr; -1: none. */
static int pass_call(struct hold *hold, long nr, uint64_t a, uint64_t b,
		     long *ret)
{
	struct arch_regs regs = hold->saved;
	int event = 0;
	int r;

	arch_call(&regs, hold->site, nr, a, b, 0);
	for (unsigned i = 0; i < 4; i++)
		*arch_argument(&regs, 2 + i) = hold->more[i];
	arch_replace(&regs, nr);
	r = set_regs(hold, &regs);
	if (r == 0)
		r = arch_set_number(hold->tid, nr);
	if (r == 0)
		r = resume(hold, LINUX_PTRACE_SYSCALL, 0);
	if (r < 0)
		return r;
	r = next_stop(hold, &event);
	if (r < 0)
		return r;
	hold->at_entry = false;
	r = get_regs(hold, &regs);
	*ret = arch_result(&regs);
	return r;
}

int hold_call(struct hold *hold, enum hold_step step, long nr, uint64_t a,
	      uint64_t b, long *ret)
{
	int r = enter(hold);

	if (r == 0)
		r = guard(hold);
	if (r < 0)
		return r;
	hold->step = step;
	return pass_call(hold, nr, a, b, ret);
}

/* ---- letting go ---------------------------------------------------------- */

/* Put everything back, while our SIGSTOP still keeps it from going on. */
static int restore(struct hold *hold)
{
	long ret;
	int r = 0;

	/* Its own call would be made here, without what restarts it. */
	if (hold->at_entry) {
		r = guard(hold);
		if (r == 0)
			r = pass_call(hold, -1, 0, 0, &ret);
	}
	if (r == 0)
		r = resume_seccomp(hold);
	if (r < 0)
		return r;
	hold_mend_eintr(hold);
	arch_restore(hold->tid, &hold->saved);
	r = set_regs(hold, &hold->saved);
	if (r == 0)
		r = set_mask(hold, hold->mask);
	if (r == 0 && hold->dispatch.mode != 0)
		r = set_dispatch(hold, hold->dispatch);
	if (r == 0)
		hold->phase = HOLD_GUARDED;
	return r;
}

static bool guard_is_pending(const struct hold *hold)
{
	struct procstatus status;
	uint64_t signals;

	/* Only of a stopped thread. */
	if (pending(hold, false, &signals) == 0)
		return (signals & SYS_SIGNAL(SIGSTOP)) != 0;
	return read_status(hold, &status) < 0 ||
	       (status.pending & SYS_SIGNAL(SIGSTOP)) != 0;
}

/* Wait until it stops for our SIGSTOP, or make it stop if somebody's SIGCONT
 * has deleted that. An interrupt sent at once would always come first. */
static int await_guard(struct hold *hold)
{
	while (sys_traced_stop(hold->tid) == 0)
		if (sys_wait_sigchld(sys_now_us() + GUARD_US) < 0 &&
		    !guard_is_pending(hold))
			return resume(hold, LINUX_PTRACE_INTERRUPT, 0);
	return 0;
}

/* Withdraw our SIGSTOP: let it be delivered, and drop it. */
static int withdraw(struct hold *hold, int *ret_pass)
{
	*ret_pass = 0;
	for (unsigned i = 0; i < STOPS_MAX && guard_is_pending(hold); i++) {
		int event = 0;
		int r = resume(hold, LINUX_PTRACE_CONT, *ret_pass);
		int stop;

		if (r == 0)
			r = await_guard(hold);
		if (r < 0)
			return r;
		stop = next_stop(hold, &event);
		if (stop < 0)
			return stop;
		*ret_pass = event ? 0 : stop;
		if (event == 0 && stop == SIGSTOP && is_ours(hold, stop)) {
			*ret_pass = 0;
			break;
		}
	}
	return 0;
}

/*
 * The kernel does the rest: a detached task passes through the signal code once
 * more, which restarts the call that the registers say it was in, delivers the
 * signals that have waited, and stops it again if its group is stopped.
 */
int hold_release(struct hold *hold)
{
	int pass = 0;
	int r = 0;

	if (hold->phase == HOLD_CHANGED) {
		(void)hold_close_all(hold); /* the caller looks at them */
		r = restore(hold);
	} else if (hold->paused && arch_cut_short(&hold->saved) >= 0) {
		open_memory(hold);
		hold_mend_eintr(hold);
		r = set_regs(hold, &hold->saved);
	}
	if (r == 0 && hold->phase == HOLD_GUARDED)
		r = withdraw(hold, &pass);
	if (r < 0)
		return r;
	for (int signal = 1; signal < 32; signal++)
		if (hold->owed & SYS_SIGNAL(signal))
			(void)sys_tgkill(hold->pid, hold->tid, signal);
	r = resume(hold, LINUX_PTRACE_DETACH, pass);
	if (r < 0)
		return r;
	hold->phase = HOLD_NOTHING;
	hold_restore_timeout(hold);
	if (hold->mem_fd >= 0)
		(void)sys_close(hold->mem_fd);
	hold->mem_fd = -1;
	return 0;
}

/* ---- after the tracer's death -------------------------------------------- */

/*
 * Our SIGSTOP has stopped its group. Sending a SIGCONT ends that; its delivery,
 * which a handler would see, is waited for and dropped.
 */
static int continue_group(struct hold *hold)
{
	int r = set_mask(hold, ~SYS_SIGNAL(SIGCONT));
	int pass = 0;

	if (r == 0)
		r = sys_tgkill(hold->pid, hold->tid, SIGCONT);
	for (unsigned i = 0; r == 0 && i < STOPS_MAX; i++) {
		int event = 0;
		int stop;

		r = resume(hold, LINUX_PTRACE_CONT, pass);
		if (r < 0)
			break;
		stop = next_stop(hold, &event);
		if (stop < 0)
			return stop;
		if (event == 0 && stop == SIGCONT)
			break;
		pass = 0;
	}
	return r < 0 ? r : set_mask(hold, hold->mask);
}

/* Was the call that was under way made, and what did it return? */
static int settle(struct hold *hold)
{
	struct arch_regs regs = { 0 };
	uint64_t pc;
	int r = get_regs(hold, &regs);

	if (r < 0)
		return r;
	hold_settle(hold, &regs);
	/* If pc is elsewhere, nothing held the thread, and it has gone on:
	 * these registers are its own. */
	pc = *arch_pc(&regs);
	if (pc != hold->site && pc != hold->site + ARCH_INSN_LEN &&
	    pc != *arch_pc(&hold->saved))
		hold->saved = regs;
	return 0;
}

int hold_rescue(struct hold *hold)
{
	int r;

	hold->deadline_us = SYS_FOREVER;
	hold->mem_fd = -1;
	hold->at_entry = false;
	r = hold_stop(hold);
	if (r == 0 && hold->is_stopped && !hold->was_stopped)
		r = continue_group(hold);
	if (r == 0 && hold->phase == HOLD_CHANGED) {
		r = settle(hold);
		if (r == 0)
			r = suspend_seccomp(hold);
		if (r == 0)
			r = change(hold);
		if (r == 0)
			hold_go_through(hold);
	}
	return r < 0 ? r : hold_release(hold);
}

#endif
