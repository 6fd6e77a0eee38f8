/* SPDX-License-Identifier: MIT */
/*
 * initfile.h - prove, from outside, that an init can be executed inside the
 * new root
 *
 * Everything is resolved with the new root as "/" (openat2's RESOLVE_IN_ROOT):
 * an absolute link in it must not lead into the initramfs. What execve(2) would
 * find out too late is looked at here: kind, mode, format, interpreter.
 */
#pragma once

#include <stddef.h>

struct fail;

/*
 * initfile_prove - would execve(@path) work with @root_fd as the root?
 *
 * Returns 0, or -errno as execve(2) would, with the sentence.
 */
int initfile_prove(int root_fd, const char *path, struct fail *why);

/*
 * initfile_find - the first of @paths (ended by NULL) that can be executed
 *
 * With several, one that is not there is passed over, one that is there and
 * cannot be executed too; the failure is then about the first.
 */
int initfile_find(int root_fd, const char *const paths[], const char **ret_path,
		  struct fail *why);
