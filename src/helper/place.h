/* SPDX-License-Identifier: MIT */
/*
 * place.h - the root and the working directory that a thread gets when it leaves
 * the old root
 *
 * Each keeps the place that it had. A root or a working directory that is not in
 * the old root stays. In its stead, one that is in the old root becomes the
 * directory of the same path in the new root. If there is none, the working
 * directory becomes "/"; but a root below "/" (a chroot) is never widened to "/".
 */
#pragma once

#include <stdbool.h>

struct pins_target;

/* Where a thread will be. They are descriptors of directories. */
struct place {
	int root_fd; /* -1: its root stays */
	int cwd_fd;  /* -1: its root, if that changes, and else where it is */
};

/*
 * place_find - where does thread @tid of process @pid go?
 *
 * @old: NULL: its root and its working directory become @new_fd in any case
 *
 * Returns 0, and then place_close() must be called; -ENOENT: its root is below
 * "/", and the new root has no such directory; -ESRCH: it has ended; or another
 * -errno. All paths are looked up in this process, so the thread may be stopped.
 */
int place_find(const struct pins_target *old, int new_fd, int pid, int tid,
	       struct place *ret);
void place_close(struct place *place);

/* Is neither its root nor its working directory in the old root (with @old
 * NULL: are both @new_fd)? 1 or 0, or -errno; -ESRCH: it has ended. */
int place_is_left(const struct pins_target *old, int new_fd, int pid, int tid);
