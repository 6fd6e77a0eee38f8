/* SPDX-License-Identifier: MIT */
/*
 * altwatch.h - which names of a view depend on which directories of both trees
 *
 * inotify(7) tells when names in a directory come, go or are replaced, by
 * whomever and through whatever mount. Paths are those of the view, such as
 * "/d/name"; "" is its root.
 *
 * Only the part of the table that is in use takes memory. If something does not
 * fit, or if the kernel does not watch it, that is logged once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* If there is no inotify, nothing is watched. */
void altwatch_open(void);
void altwatch_close(void);

/* Each name in the directory @fd is a name in @path of the view. */
void altwatch_directory(int fd, const char *path);
/* What the view has at @path depends on @name, of @len bytes, in @fd. */
void altwatch_name(int fd, const char *name, size_t len, const char *path);

/* The descriptor that altwatch_keep() gave to the directory @path, or -1; or
 * ALTWATCH_NONE, if it is not in the table. */
#define ALTWATCH_NONE (-2)
int altwatch_find(const char *path);
/* Keep a descriptor for the directory @path. */
void altwatch_keep(int fd, const char *path);
/* Forget what @path depends on; or what every path below it depends on, and
 * close the descriptors that are kept for those. */
void altwatch_forget(const char *path);
void altwatch_forget_below(const char *path);
bool altwatch_keeps(int fd);

/*
 * altwatch_next - wait for a path that may show something else now
 *
 * @end_fd:  the wait ends once this is readable; or -1
 *
 * Returns 1 with the path ("": any path may), 0 at the end, or -errno.
 */
int altwatch_next(int end_fd, char *ret_path, size_t size);
