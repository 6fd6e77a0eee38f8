/* SPDX-License-Identifier: MIT */
/*
 * altskel.h - the skeleton of a view: directories, files and links in a tmpfs
 *
 * Names in it are the names of directories in which others may write, and its
 * links have their texts. So nothing here follows a link: each name is made
 * exclusively, or what is there is proved to be what would have been made; each
 * directory is opened once, proved to be the skeleton's own by its mount and
 * device, and changed by that descriptor only.
 *
 * @made is a directory of the skeleton by a mount that is attached nowhere, in
 * which names can be made and nothing is mounted; @here is the same in the
 * view, where it is read-only.
 */
#pragma once

#include <stdbool.h>

struct sys_stat;

/*
 * altskel_open - the empty tmpfs that is mounted on @point, with no link in its
 * path; it is read-only there from then on
 *
 * @proc:  where procfs is; mounts are then taken away by descriptor
 */
int altskel_open(const char *point, const char *proc, int *ret_here,
		 int *ret_made);
/* where procfs is, or NULL */
const char *altskel_proc(void);
/* What is of the mount and device of @made is the skeleton's. */
int altskel_prove_by(int made);
/* What @path below @made is, to be read: a descriptor, or -errno; -EXDEV: it is
 * not the skeleton's. */
int altskel_directory(int made, const char *path);
/* Is @here the directory @made, in the view? 0 or -errno */
int altskel_is_shown(int here, int made);

/* 0, also if exactly that is there; -EEXIST if something else is */
int altskel_make_directory(int made, const char *name);
int altskel_make_file(int made, const char *name);
int altskel_make_link(int made, const char *name, const char *text);
/* A link in place of whatever else is there, which is gone in the same moment
 * if it is not a mount point or directory: -EBUSY, -EISDIR, -EEXIST. */
int altskel_replace_by_link(int made, const char *name, const char *text);
/* the directory @fd gets the owner and mode of @like */
int altskel_own(int fd, const struct sys_stat *like);

/* what @name is in the view, be it a link or a mount: O_PATH */
int altskel_shown(int here, const char *name);
bool altskel_is_mount(int fd);
/* the mount at @name whose root @fd is, and none that has come below it */
int altskel_detach(int fd, int here, const char *name);
/* @name with all that is mounted on it and below it: 0, also if there is no
 * such, or -errno */
int altskel_remove(int here, int made, const char *name);
/* all in a directory */
int altskel_empty(int here, int made);
