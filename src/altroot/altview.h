/* SPDX-License-Identifier: MIT */
/*
 * altview.h - the rule of altrule.h as a tree of mounts, for any program
 *
 * The view is a skeleton in a tmpfs: a directory for each path at which both
 * trees have a directory, and links. What only one tree has, and every file, is
 * bind-mounted into the skeleton from where it is, so that a write goes where
 * the rule says. Nothing is written into either tree.
 *
 * A later change in a directory that only one tree has is visible at once; for
 * the directories that both have, altview_mend() mends the view.
 *
 * Mounts cannot show a file at a path that has names below it, nor make one
 * directory out of more than two: such paths are refused, each by name. Nothing
 * can be created in a directory that both trees have, as the skeleton is
 * read-only.
 */
#pragma once

#include <stdbool.h>

struct alt;
struct fail;

/*
 * altview_build - fill the tmpfs that is mounted on @point
 *
 * @alt:    both trees, in mounts of this process's namespace; @point is not
 *          below the true one. altview_mend() uses them, too
 * @point:  the path of an empty tmpfs, with no link in it, which is read-only
 *          from then on
 * @proc:   where procfs is, for overlays
 *
 * Returns 0 or -errno. Each path that is refused is one line in the log, and
 * then the result is -EINVAL.
 */
int altview_build(struct alt *alt, const char *point, const char *proc,
		  struct fail *why);

/* Close what altview_build() opened, if it was called; the view stays. */
void altview_close(void);

/*
 * altview_mend - keep a view as the rule says, while names in the trees come,
 * go and are replaced
 *
 * @end_fd:  it returns once this is readable; -1: never
 * @but:     paths of the view, up to a NULL, that are left alone
 *
 * For a process of its own, in the same mount namespace. It closes everything
 * but what it needs, @end_fd, the descriptor of log_line(), and, if @to_stderr,
 * standard error. What cannot be shown as the rule says is one line in the log,
 * and is absent from the view.
 */
void altview_mend(int end_fd, const char *const *but, bool to_stderr);
