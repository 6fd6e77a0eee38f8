/* SPDX-License-Identifier: MIT */
/*
 * altview.h - the rule of altrule.h as a tree of mounts, for any program
 *
 * A skeleton of directories and links in a tmpfs, where both trees have a
 * directory; what only one has, and every file, is bound into it from where it
 * is, so that what is written goes where the rule says. Nothing is written into
 * either tree.
 *
 * What changes in the trees later is seen in a directory that one of them has;
 * in one of both the view is mended by view_mend().
 *
 * Mounts cannot make a name a file while there are names below it, or a
 * directory out of more than two: such paths are refused, each by name. Nothing
 * can be made in a directory that both have: the skeleton is read-only.
 */
#pragma once

#include <stdbool.h>

struct alt;
struct fail;

/*
 * view_build - fill the tmpfs mounted on @point
 *
 * @alt:    both trees, in mounts of this process's namespace, where @point is
 *          not below the true one's; for view_mend() too
 * @point:  the path of an empty tmpfs, with no link in it, which is read-only
 *          from then on
 * @proc:   where procfs is, for overlays
 *
 * 0, or -errno; refused paths are said in a line each, then it is -EINVAL.
 */
int view_build(struct alt *alt, const char *point, const char *proc,
	       struct fail *why);

/* What that has open, if it was called; the view stays. */
void view_close(void);

/*
 * view_mend - keep a view that was built as the rule says, while names in the
 * trees come, go and are replaced
 *
 * @end_fd:  once that is readable it returns; or -1
 * @but:     paths of the view, up to a NULL, that are left alone
 *
 * For a process of its own, in the same mount namespace. Of what it has open it
 * keeps only what it needs, @end_fd, where log_line() writes, and standard
 * error if @to_stderr. What cannot be shown as the rule says is said in a line,
 * and is not there.
 */
void view_mend(int end_fd, const char *const *but, bool to_stderr);
