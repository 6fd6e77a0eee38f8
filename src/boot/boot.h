/* SPDX-License-Identifier: MIT */
/*
 * boot.h - the whole boot, as pid 1
 */
#pragma once

/* boot from the kernel's "Run /init" to the real init; never returns */
__attribute__((noreturn)) void boot(char *argv[], char *envp[]);
