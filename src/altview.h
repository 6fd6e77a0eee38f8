/* SPDX-License-Identifier: MIT */
/*
 * altview.h - the rule of altrule.h as a tree of mounts, for any program
 *
 * A skeleton of directories and links in a tmpfs, where both trees have a
 * directory; what only one has, and every file, is bound into it from where it
 * is, so that what is written goes where the rule says. Nothing is written into
 * either tree.
 *
 * Mounts cannot make a name a file while there are names below it, or a
 * directory out of more than two: such paths are refused, each by name. Nothing
 * can be made in a directory that both have: the skeleton is read-only.
 */
#pragma once

struct alt;
struct fail;

/*
 * view_build - fill the tmpfs mounted on @point
 *
 * @alt:    both trees, in mounts of this process's namespace, where @point is
 *          not below the true one's
 * @point:  the path of an empty tmpfs, with no link in it
 * @proc:   where procfs is, for overlays
 *
 * 0, or -errno; refused paths are said in a line each, then it is -EINVAL.
 */
int view_build(struct alt *alt, const char *point, const char *proc,
	       struct fail *why);
