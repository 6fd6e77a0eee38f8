/* SPDX-License-Identifier: MIT */
/*
 * apimounts.h - /proc, /sys, /dev, /run and the console
 */
#pragma once

#include <stdbool.h>

struct fail;

/* descriptors 0-2 exist, be it as placeholders, so that no other open gets
 * one of these numbers: the kernel starts /init without them where the image
 * has no /dev/console (init/main.c: console_on_rootfs) */
void kernfs_hold_stdio(void);
/* mount what is not mounted yet: 0 or -errno */
int kernfs_mount(struct fail *why);
/*
 * kernfs_console - put descriptors 0-2 on /dev/console
 *
 * The kernel opened them in the initramfs, where they keep its memory. Without
 * a console (ENODEV with console=null, ENXIO) they go to /dev/null. Returns 0,
 * or -errno with the descriptors as they were.
 */
int kernfs_console(void);
/* the same with @path, and no other */
int kernfs_stdio(const char *path);

/*
 * kernfs_lend_proc - have a /proc for as long as a switch takes
 *
 * Callers move theirs into the new root first (initramfs-tools), or never had
 * one. @alone: for this process and no other. It goes to the new root with the
 * other mounts, to see from there what became of helpers. 0 or -errno.
 */
int kernfs_lend_proc(bool alone, struct fail *why);
/* take it away again, wherever it is; @switched: "/" is another one by now. cwd
 * is "/" then */
void kernfs_return_proc(bool switched);
