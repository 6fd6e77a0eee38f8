/* SPDX-License-Identifier: MIT */
/*
 * mover-ptrace-arch.h - a stopped task's registers, one part per architecture
 *
 * Only hold.h includes this. A part defines ARCH_CANNOT if processes cannot be
 * moved by ptrace on that architecture; otherwise it has:
 *
 *	struct arch_regs	what PTRACE_GETREGSET(NT_PRSTATUS) fills
 *	ARCH_INSN_BYTES		the system call instruction, at addresses that
 *	ARCH_INSN_ALIGN		are multiples of this
 *	ARCH_INSN_LEN		its length
 *	arch_pc()		the program counter
 *	arch_site()		the system call instruction that the task is
 *				blocked behind and that may be used again, or 0
 *	arch_call()		registers that make a call when it is resumed
 *	arch_replace()		registers that replace a call at its entry; with
 *				the number -1, by no call
 *	arch_set_number()	set what else that takes: 0 or -errno
 *	arch_result()		what that call returned
 *	arch_made()		do the registers show that it was made?
 *	arch_restore()		set what else must be set to restore it
 *	arch_sp()		the stack pointer
 *	arch_cut_short()	the number of the call that has been cut short
 *				with EINTR, or that the kernel makes again for
 *				the whole of its timeout; or -1
 *	arch_argument()		its n-th argument, from 0
 *	arch_again()		have that call made again, unless a handler
 *				runs first: then it returns EINTR
 *
 * Sources, Linux 6.1: arch/x86/kernel/{ptrace,signal}.c, arch/x86/include/
 * asm/user_64.h; arch/arm64/kernel/{ptrace,signal}.c, include/uapi/asm/ptrace.h
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/sys.h"

#define ERESTARTNOHAND 514 /* include/linux/errno.h */

#if defined(__x86_64__)

struct arch_regs {
	uint64_t r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si,
		di, orig_ax, ip, cs, flags, sp, ss, fs_base, gs_base, ds, es,
		fs, gs;
};

#define ARCH_INSN_BYTES                                                        \
	{                                                                      \
		0x0f, 0x05                                                     \
	} /* syscall */
#define ARCH_INSN_ALIGN 1
#define ARCH_INSN_LEN	2
#define X86_TRAP_FLAG	0x100u

static inline uint64_t *arch_pc(struct arch_regs *regs)
{
	return &regs->ip;
}

static inline uint64_t arch_site(const struct arch_regs *regs)
{
	return (int64_t)regs->orig_ax >= 0 ? regs->ip - 2 : 0;
}

static inline void arch_call(struct arch_regs *regs, uint64_t site, long nr,
			     uint64_t a, uint64_t b, uint64_t c)
{
	regs->ip = site;
	regs->ax = (uint64_t)nr;
	/* It is in no call, so that the kernel does not restart this one. */
	regs->orig_ax = (uint64_t)-1;
	regs->di = a;
	regs->si = b;
	regs->dx = c;
	regs->r10 = 0;
	regs->r8 = 0;
	/* A program that single-steps itself would get a signal for our
	 * steps. */
	regs->flags &= ~(uint64_t)X86_TRAP_FLAG;
}

static inline void arch_replace(struct arch_regs *regs, long nr)
{
	regs->ip += ARCH_INSN_LEN;
	regs->ax = (uint64_t)-ENOSYS;
	regs->orig_ax = (uint64_t)nr;
}

static inline int arch_set_number(int tid, long nr)
{
	(void)tid;
	(void)nr;
	return 0;
}

static inline bool arch_made(const struct arch_regs *regs, uint64_t site,
			     long nr)
{
	return regs->ip == site + ARCH_INSN_LEN &&
	       regs->orig_ax == (uint64_t)nr;
}

static inline long arch_result(const struct arch_regs *regs)
{
	return (long)regs->ax;
}

/* The saved registers hold -ERESTART… and the number of the call; on leaving
 * the stop, arch_do_signal_or_restart() does the rest. */
static inline void arch_restore(int tid, struct arch_regs *regs)
{
	(void)tid;
	(void)regs;
}

static inline uint64_t arch_sp(const struct arch_regs *regs)
{
	return regs->sp;
}

static inline long arch_cut_short(const struct arch_regs *regs)
{
	long ret = (long)regs->ax;

	return ret == -EINTR || ret == -ERESTARTNOHAND ? (long)regs->orig_ax
						       : -1;
}

static inline uint64_t *arch_argument(struct arch_regs *regs, unsigned n)
{
	uint64_t *const arguments[] = { &regs->di,  &regs->si, &regs->dx,
					&regs->r10, &regs->r8, &regs->r9 };

	return arguments[n];
}

static inline void arch_again(struct arch_regs *regs)
{
	regs->ax = (uint64_t)-ERESTARTNOHAND;
}

#elif defined(__aarch64__)

struct arch_regs {
	uint64_t x[31], sp, pc, pstate;
};

#define ARCH_INSN_BYTES                                                        \
	{                                                                      \
		0x01, 0x00, 0x00, 0xd4                                         \
	} /* svc #0 */
#define ARCH_INSN_ALIGN 4
#define ARCH_INSN_LEN	4
#define ARM64_BTYPE	0xc00u

static inline uint64_t *arch_pc(struct arch_regs *regs)
{
	return &regs->pc;
}

/* At the stop, do_signal() has already set pc back. If pc still has that value
 * afterwards, do_signal() restarts the old call, so our call must be made at
 * another place. */
static inline uint64_t arch_site(const struct arch_regs *regs)
{
	(void)regs;
	return 0;
}

static inline void arch_call(struct arch_regs *regs, uint64_t site, long nr,
			     uint64_t a, uint64_t b, uint64_t c)
{
	regs->pc = site;
	/* No branch leads here, and a guarded page (BTI) must not see one. */
	regs->pstate &= ~(uint64_t)ARM64_BTYPE;
	regs->x[8] = (uint64_t)nr;
	regs->x[0] = a;
	regs->x[1] = b;
	regs->x[2] = c;
	regs->x[3] = 0;
	regs->x[4] = 0;
}

/* The kernel has read x8 already; it is set for arch_made() alone. */
static inline void arch_replace(struct arch_regs *regs, long nr)
{
	regs->pc += ARCH_INSN_LEN;
	regs->x[8] = (uint64_t)nr;
}

static inline int arch_set_number(int tid, long nr)
{
	int number = (int)nr;
	struct {
		void *base;
		uint64_t len;
	} vector = { &number, sizeof(number) };

	return (int)sys_ptrace(LINUX_PTRACE_SETREGSET, tid,
			       LINUX_NT_ARM_SYSTEM_CALL, &vector);
}

static inline bool arch_made(const struct arch_regs *regs, uint64_t site,
			     long nr)
{
	return regs->pc == site + ARCH_INSN_LEN && regs->x[8] == (uint64_t)nr;
}

static inline long arch_result(const struct arch_regs *regs)
{
	return (long)regs->x[0];
}

/*
 * pc and x0 as they were at the stop make the old call run again, with its
 * arguments. A call whose remaining time is kept in the kernel's restart block
 * must go on as restart_syscall(2), or it would wait for its full time again.
 * The kernel does the same (setup_restart_syscall()), but decides that before
 * the stop.
 */
static inline void arch_restore(int tid, struct arch_regs *regs)
{
	int none = -1;
	struct {
		void *base;
		uint64_t len;
	} vector = { &none, sizeof(none) };
	uint64_t insn = 0;
	uint64_t nr = regs->x[8];
	bool kept = nr == __NR_nanosleep ||
		    (nr == __NR_clock_nanosleep && (regs->x[1] & 1) == 0) ||
		    (nr == __NR_futex && (regs->x[1] & 0x7f) == 0 &&
		     regs->x[3] != 0);

	if (kept &&
	    sys_ptrace(LINUX_PTRACE_PEEKDATA, tid, regs->pc & ~7ull, &insn) ==
		    0 &&
	    (uint32_t)(insn >> (regs->pc & 4) * 8) == 0xd4000001)
		regs->x[8] = __NR_restart_syscall;
	/* The thread is released at the exit of a call that is not its own. */
	(void)sys_ptrace(LINUX_PTRACE_SETREGSET, tid, LINUX_NT_ARM_SYSTEM_CALL,
			 &vector);
}

static inline uint64_t arch_sp(const struct arch_regs *regs)
{
	return regs->sp;
}

/* The first argument (orig_x0) is lost, so a call that was cut short stays
 * so. */
static inline long arch_cut_short(const struct arch_regs *regs)
{
	(void)regs;
	return -1;
}

static inline uint64_t *arch_argument(struct arch_regs *regs, unsigned n)
{
	return &regs->x[n];
}

static inline void arch_again(struct arch_regs *regs)
{
	(void)regs;
}

#elif defined(__riscv) && __riscv_xlen == 64

/* orig_a0 decides how a call goes on after a stop, and a tracer can neither see
 * nor set it (arch/riscv/kernel/{signal,ptrace}.c, Linux 6.12). */
#define ARCH_CANNOT

#else
#error "mover-ptrace-arch.h: this architecture's registers are missing"
#endif
