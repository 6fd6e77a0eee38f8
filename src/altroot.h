/* SPDX-License-Identifier: MIT */
/*
 * altroot.h - pintle altroot, and the same for a whole booted system
 */
#pragma once

struct fail;

/* See pintle-altroot(8). */
int altroot_command(int argc, char *argv[], char *envp[]);

/*
 * altroot_boot - a view over the root mounted on @root, as a root to switch to
 *
 * @prefix:     of the altroot, in the true root
 * @ret_point:  where the view is mounted
 *
 * Moves the mount on @root to ALTROOT_TRUE. On failure nothing has changed.
 */
int altroot_boot(const char *root, const char *prefix, const char **ret_point,
		 struct fail *why);

/* The true root of a system booted with pintle.altroot=. */
#define ALTROOT_TRUE "/run/pintle/true-root"
