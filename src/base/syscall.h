/* SPDX-License-Identifier: MIT */
/*
 * syscall.h - the system call instruction, one per architecture
 *
 * klibc has no syscall(), and libc wrappers hide what the kernel answered
 * behind errno. One inline call that returns the kernel's own value (0 or
 * more, or -errno) serves the three C libraries alike. Only sys.c includes
 * this.
 *
 * Sources: syscall(2), "Architecture calling conventions"; Linux 6.1
 * arch/{x86/entry/entry_64.S,arm64/kernel/syscall.c,riscv/kernel/entry.S}.
 */
#pragma once

#if defined(__x86_64__)

static inline long syscall6(long nr, long a, long b, long c, long d, long e,
			    long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

static inline long syscall6(long nr, long a, long b, long c, long d, long e,
			    long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

#elif defined(__riscv) && __riscv_xlen == 64

static inline long syscall6(long nr, long a, long b, long c, long d, long e,
			    long f)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}

#else
#error "syscall.h: this architecture's system call instruction is missing"
#endif
