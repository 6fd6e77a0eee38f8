/* SPDX-License-Identifier: MIT */
/*
 * altskel.h - the skeleton of a view: directories, files and links in a tmpfs
 *
 * Its names, and the texts of its links, come from directories in which others
 * may write. So nothing here follows a link. Each name is created exclusively,
 * or what is there already is proved to be what would have been created. Each
 * directory is opened once, proved to belong to the skeleton by its mount and
 * device, and changed only through that descriptor.
 *
 * @made is a directory of the skeleton, by a mount that is attached nowhere, in
 * which names can be created and nothing is mounted. @here is the same
 * directory in the view, where it is read-only.
 */
#pragma once

#include <stdbool.h>

struct sys_stat;

/*
 * altskel_open - open the empty tmpfs that is mounted on @point
 *
 * @point:  a path with no link in it; the tmpfs is read-only there from then on
 * @proc:   where procfs is; if it is there, mounts are removed by descriptor
 */
int altskel_open(const char *point, const char *proc, int *ret_here,
		 int *ret_made);
/* Where procfs is, or NULL. */
const char *altskel_proc(void);
/* Whatever has the mount and the device of @made belongs to the skeleton. */
int altskel_prove_by(int made);
/* Open the directory @path below @made for reading. -EXDEV: it does not belong
 * to the skeleton. */
int altskel_directory(int made, const char *path);
/* Is @here the directory @made in the view? Returns 0 or -errno. */
int altskel_is_shown(int here, int made);

/* These return 0 even if exactly that is there already, and -EEXIST if
 * something else is. */
int altskel_make_directory(int made, const char *name);
int altskel_make_file(int made, const char *name);
int altskel_make_link(int made, const char *name, const char *text);
/* Put a link in place of whatever is there, which is replaced in one step. If
 * it is a mount point or a directory: -EBUSY, -EISDIR or -EEXIST. */
int altskel_replace_by_link(int made, const char *name, const char *text);
/* Give the directory @fd the owner and the mode of @like. */
int altskel_own(int fd, const struct sys_stat *like);

/* Open, with O_PATH, what @name is in the view, even a link or a mount. */
int altskel_shown(int here, const char *name);
bool altskel_is_mount(int fd);
/* Detach the mount at @name whose root is @fd, but no mount that was put
 * beneath it. */
int altskel_detach(int fd, int here, const char *name);
/* Remove @name, with everything that is mounted on it and below it. Returns 0,
 * even if there is no such name, or -errno. */
int altskel_remove(int here, int made, const char *name);
/* Remove everything in a directory. */
int altskel_empty(int here, int made);
