/* SPDX-License-Identifier: MIT */
/*
 * start.c - from the kernel to main(), where no C library has to be woken
 *
 * musl's own start sets up thread-local storage, the stack protector's canary,
 * constructors and an environment: nothing here asks for them, as system calls
 * are made directly (syscall.h) and of libc only functions on strings are used.
 * That is 1.7 KB. Other architectures and libraries start as they do.
 *
 * Source: System V ABI, AMD64 supplement, 3.4.1: at the entry %rsp points to
 * argc, behind it argv and the environment, each with NULL at its end.
 */
#include "sys.h"

int main(int argc, char *argv[], char *envp[]);
void start(long *stack);

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	call start\n");

/* Never returns: there is nobody to return to. */
__attribute__((noreturn)) void start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);

	sys_exit(main(argc, argv, argv + argc + 1));
}
