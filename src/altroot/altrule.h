/* SPDX-License-Identifier: MIT */
/*
 * altrule.h - the alternate root's rule: which of two trees answers a path
 *
 * Linux had this rule until 2.6.26 (fs/namei.c: __emul_lookup_dentry), for
 * programs of another system in a tree of their own, the altroot, over the true
 * root:
 *
 *   1. The path is walked in the altroot. If it leads to anything but a
 *      directory, that is the answer.
 *   2. Otherwise, whether that is a directory or nothing, the path is walked
 *      in the true root. If it leads to anything there, that is the answer.
 *   3. Otherwise the altroot's walk stands: it ended at a directory that only
 *      the altroot has, or at the place where a file would be created.
 *
 * "Nothing" means that the walk ends with ENOENT, ENOTDIR, ELOOP or
 * ENAMETOOLONG. Any other error does not tell what is there, and is then itself
 * the answer.
 *
 * A link with an absolute target is followed by the same rule, with the rest of
 * the path behind its target; a relative link, and "..", stay in the tree that
 * is being walked. Three things differ from the old kernel. It took every error
 * to mean "nothing". Here, ".." does not climb out of the altroot. And which
 * tree a link with an absolute target leads into is not decided before the
 * names behind it are known, so that a directory that both trees have does not
 * hide the altroot's files from a path that leads through a link.
 *
 * Nothing is mounted or changed: the walk uses openat2(2), Linux 5.6, and
 * readlinkat(2), for one name at a time. A link at the end of a path is
 * followed, too, as by open(2).
 */
#pragma once

#include <stdbool.h>

#include "base/sys.h"

#define ALT_PATH 4096 /* PATH_MAX: bytes with the NUL */

enum alt_tree { ALT_ALT, ALT_TRUE };

struct alt_end;
struct alt {
	int fds[2];	/* by alt_tree; -1 for the altroot: there is none */
	unsigned links; /* followed on the way to here */
	unsigned fuel;	/* how many more may be followed, in all walks */
	/* Whose directories are trusted, besides those of root: the user who
	 * asks, and the owners of the trees themselves, by alt_tree. */
	uint32_t uid, root_uids[2];
	/* If not NULL, this is called for each @name, of @len bytes, that is
	 * looked for in the directory @in after a link was followed; with
	 * tells_all, for each name. */
	void (*looks)(const struct alt_end *in, const char *name, size_t len);
	bool tells_all;
};

/* Where a walk ended. */
struct alt_end {
	int fd;		    /* O_PATH; -errno: there is nothing */
	bool is_place;	    /* nothing but the last name is missing */
	bool by_link;	    /* a link was followed */
	bool by_root;	    /* a link with an absolute target was followed */
	bool by_others;	    /* other users decide what it is: alt_is_others() */
	enum alt_tree tree; /* the tree that @path is in */
	struct sys_stat st;
	char path[ALT_PATH]; /* without links; "" for the root itself */
};

/*
 * alt_both - walk @path in each tree, from its directory @from[tree].path
 *
 * @from:  by alt_tree; only .path is read, and no part of it may be a link.
 *         NULL: from the roots
 * @ends:  by alt_tree; alt_close_both() must close them
 *
 * The count of links that may be followed starts again.
 */
void alt_both(struct alt *alt, const struct alt_end from[2], const char *path,
	      struct alt_end ends[2]);
void alt_close_both(struct alt_end ends[2]);
/* Apply the rule to the absolute @path, after alt_both(); @ret->fd must be
 * closed. */
void alt_rule(struct alt *alt, const char *path, struct alt_end *ret);

static inline bool alt_is_there(const struct alt_end *end)
{
	return end->fd >= 0;
}
bool alt_is_dir(const struct alt_end *end);
/* 0: something is there, or nothing is; -errno: what is there is not known */
int alt_error(const struct alt_end *end);
/* May users other than root and those in @alt create names in it? */
bool alt_is_others(const struct alt *alt, const struct sys_stat *dir);
/* Which of two walks of one path, both without alt_error(), is the answer? */
const struct alt_end *alt_choose(const struct alt_end *a,
				 const struct alt_end *t);
/* Do both end at one object, by one mount, or both at nothing? */
bool alt_same(const struct alt_end *a, const struct alt_end *b);
