/* SPDX-License-Identifier: MIT */
/*
 * altroot.h - the command `pintle altroot`, and a view for a whole booted
 * system
 */
#pragma once

struct fail;

/* See pintle-altroot(8). */
int altroot_command(int argc, char *argv[], char *envp[]);

/* The view of a system booted with pintle.altroot=, and its true root. */
#define ALTROOT_VIEW "/altroot"

/*
 * altroot_boot - make a view of the root that is mounted on @root, on
 * ALTROOT_VIEW
 *
 * @prefix:  the path of the altroot in the true root
 *
 * After a failure nothing has changed. Otherwise altroot_undo() removes the
 * view; or, once it is certain that the view will be the root, altroot_keep()
 * moves the mount on @root to RUN_TRUE_ROOT and starts a child that mends the
 * view.
 */
int altroot_boot(const char *root, const char *prefix, struct fail *why);
void altroot_undo(void);
void altroot_keep(const char *root);
