/* SPDX-License-Identifier: MIT */
/*
 * altwatch.h - which names of a view hang on which directories of both trees
 *
 * By inotify(7), which tells of names that come, go or are replaced in a
 * directory, whoever did it and by which mount. Paths are the view's, as
 * "/d/name", "" for its root.
 *
 * The table is in memory that is touched as far as it is used. What does not
 * fit there, or the kernel does not watch, is said, once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where that cannot be, nothing is watched. */
void altwatch_open(void);
void altwatch_close(void);

/* Each name in the directory @fd is one in the view's @path. */
void altwatch_directory(int fd, const char *path);
/* What the view has at @path hangs on @name, @len bytes, in @fd. */
void altwatch_name(int fd, const char *name, size_t len, const char *path);

/* What altwatch_keep() gave to a directory, or -1; or ALTWATCH_NONE: it is
 * none.
 */
#define ALTWATCH_NONE (-2)
int altwatch_find(const char *path);
/* a descriptor for the directory @path */
void altwatch_keep(int fd, const char *path);
/* @path hangs on nothing any more; all below it does not, and their
 * descriptors are closed. */
void altwatch_forget(const char *path);
void altwatch_forget_below(const char *path);
bool altwatch_keeps(int fd);

/*
 * altwatch_next - wait for a path that may show something else now
 *
 * @end_fd:  once that is readable nothing is waited for; or -1
 *
 * 1 and its path, "": any may; 0: the end; or -errno.
 */
int altwatch_next(int end_fd, char *ret_path, size_t size);
