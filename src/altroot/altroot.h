/* SPDX-License-Identifier: MIT */
/*
 * altroot.h - pintle altroot, and the same for a whole booted system
 */
#pragma once

struct fail;

/* See pintle-altroot(8). */
int altroot_command(int argc, char *argv[], char *envp[]);

/* The view of a system booted with pintle.altroot=, and its true root. */
#define ALTROOT_VIEW "/altroot"

/*
 * altroot_boot - a view over the root mounted on @root, on ALTROOT_VIEW
 *
 * @prefix:  of the altroot, in the true root
 *
 * On failure nothing has changed; otherwise altroot_undo() takes it away, or
 * altroot_keep() moves the mount on @root to RUN_TRUE_ROOT and starts who mends
 * the view, a child, once it is sure that the view will be the root.
 */
int altroot_boot(const char *root, const char *prefix, struct fail *why);
void altroot_undo(void);
void altroot_keep(const char *root);
