/* SPDX-License-Identifier: MIT */
/*
 * initfile.h - prove, from outside, that an init can be executed inside the
 * new root
 *
 * Every path is resolved with the new root as "/" (RESOLVE_IN_ROOT of openat2),
 * because an absolute link must not lead into the initramfs. The checks are
 * what execve(2) would find out too late: kind, mode, format, interpreter.
 */
#pragma once

#include <stddef.h>

struct fail;

/*
 * initfile_prove - would execve(@path) work with @root_fd as the root?
 *
 * Returns 0, or the -errno of execve(2).
 */
int initfile_prove(int root_fd, const char *path, struct fail *why);

/*
 * initfile_find - find the first of @paths (ended by NULL) that can be executed
 *
 * Paths that do not exist or cannot be executed are skipped. If none is left,
 * the failure is about the first.
 */
int initfile_find(int root_fd, const char *const paths[], const char **ret_path,
		  struct fail *why);
