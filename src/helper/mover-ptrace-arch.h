/* SPDX-License-Identifier: MIT */
/*
 * mover-ptrace-arch.h - a stopped task's registers, one part per architecture
 *
 * Only hold.h includes this. A part defines ARCH_CANNOT if processes cannot be
 * moved by ptrace on that architecture; otherwise it has:
 *
 *	struct arch_regs	all registers
 *	arch_get(), arch_set()	read and write those of a thread: 0 or -errno;
 *				-ENOEXEC: of a kind that we do not know
 *	arch_is_32()		is it a 32-bit program of a 64-bit kernel?
 *	ARCH_INSN_BYTES		the system call instruction, at addresses that
 *	ARCH_INSN_BYTES_32	are multiples of ARCH_INSN_ALIGN; and that of a
 *	ARCH_INSN_ALIGN		32-bit program
 *	ARCH_INSN_LEN		the length of either
 *	arch_number()		the number of a call of ours in this program, or
 *				-1
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

/* arch/x86/include/asm/segment.h; a program can make other segments */
#define X86_CODE_32 0x23
#define X86_CODE_64 0x33

#define ARCH_INSN_BYTES                                                        \
	{                                                                      \
		0x0f, 0x05                                                     \
	} /* syscall */
#define ARCH_INSN_BYTES_32                                                     \
	{                                                                      \
		0xcd, 0x80                                                     \
	} /* int $0x80 */
#define ARCH_INSN_ALIGN 1
#define ARCH_INSN_LEN	2
#define X86_TRAP_FLAG	0x100u

/* Unlike GETREGSET, these requests have the layout of the tracer, which is a
 * 64-bit one. */
static inline int arch_get(int tid, struct arch_regs *regs)
{
	int r = (int)sys_ptrace(LINUX_PTRACE_GETREGS, tid, 0, regs);

	if (r == 0 && regs->cs != X86_CODE_64 && regs->cs != X86_CODE_32)
		return -ENOEXEC;
	return r;
}

static inline int arch_set(int tid, struct arch_regs *regs)
{
	return (int)sys_ptrace(LINUX_PTRACE_SETREGS, tid, 0, regs);
}

static inline bool arch_is_32(const struct arch_regs *regs)
{
	return regs->cs == X86_CODE_32;
}

/* arch/x86/entry/syscalls/syscall_32.tbl; since pidfd_open the numbers are the
 * same everywhere */
static inline long arch_number(const struct arch_regs *regs, long nr)
{
	static const short numbers[][2] = {
		{ __NR_close, 6 },
		{ __NR_chroot, 61 },
		{ __NR_fchdir, 133 },
		{ __NR_ppoll, 309 },
		{ __NR_setns, 346 },
		{ __NR_pidfd_open, __NR_pidfd_open },
		{ __NR_pidfd_getfd, __NR_pidfd_getfd },
	};

	if (!arch_is_32(regs))
		return nr;
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i][0] == nr)
			return numbers[i][1];
	return -1;
}

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
	bool is_32 = arch_is_32(regs);

	regs->ip = site;
	regs->ax = (uint64_t)arch_number(regs, nr);
	/* It is in no call, so that the kernel does not restart this one. */
	regs->orig_ax = (uint64_t)-1;
	regs->dx = c;
	*(is_32 ? &regs->bx : &regs->di) = a;
	*(is_32 ? &regs->cx : &regs->si) = b;
	*(is_32 ? &regs->si : &regs->r10) = 0;
	*(is_32 ? &regs->di : &regs->r8) = 0;
	/* A program that single-steps itself would get a signal for our
	 * steps. */
	regs->flags &= ~(uint64_t)X86_TRAP_FLAG;
}

static inline void arch_replace(struct arch_regs *regs, long nr)
{
	regs->ip += ARCH_INSN_LEN;
	regs->ax = (uint64_t)-ENOSYS;
	regs->orig_ax = (uint64_t)arch_number(regs, nr);
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
	       regs->orig_ax == (uint64_t)arch_number(regs, nr);
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
	uint64_t *const arguments[2][6] = {
		{ &regs->di, &regs->si, &regs->dx, &regs->r10, &regs->r8,
		  &regs->r9 },
		{ &regs->bx, &regs->cx, &regs->dx, &regs->si, &regs->di,
		  &regs->bp },
	};

	return arguments[arch_is_32(regs)][n];
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
#define ARCH_INSN_BYTES_32 ARCH_INSN_BYTES
#define ARCH_INSN_ALIGN	   4
#define ARCH_INSN_LEN	   4
#define ARM64_BTYPE	   0xc00u

static inline int arm64_regset(int request, int tid, struct arch_regs *regs)
{
	struct {
		void *base;
		uint64_t len;
	} vector = { regs, sizeof(*regs) };
	int r = (int)sys_ptrace(request, tid, LINUX_NT_PRSTATUS, &vector);

	/* A 32-bit program has fewer. */
	return r == 0 && vector.len != sizeof(*regs) ? -ENOEXEC : r;
}

static inline int arch_get(int tid, struct arch_regs *regs)
{
	return arm64_regset(LINUX_PTRACE_GETREGSET, tid, regs);
}

static inline int arch_set(int tid, struct arch_regs *regs)
{
	return arm64_regset(LINUX_PTRACE_SETREGSET, tid, regs);
}

static inline bool arch_is_32(const struct arch_regs *regs)
{
	(void)regs;
	return false;
}

static inline long arch_number(const struct arch_regs *regs, long nr)
{
	(void)regs;
	return nr;
}

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
