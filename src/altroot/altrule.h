/* SPDX-License-Identifier: MIT */
/*
 * altrule.h - the alternate root's rule: which of two trees answers a path
 *
 * Linux had it until 2.6.26 (fs/namei.c: __emul_lookup_dentry), for programs of
 * another system in a tree of their own, the altroot, over the true root:
 *
 *   1. The path is walked in the altroot. What is there and is no directory is
 *      the answer.
 *   2. Otherwise, be it nothing or a directory, it is walked in the true root.
 *      What is there is the answer.
 *   3. Otherwise the altroot's walk stands: a directory that only it has, or
 *      the place where a file would be created.
 *
 * Nothing is where the walk ends by ENOENT, ENOTDIR, ELOOP or ENAMETOOLONG. Any
 * other error tells nothing of what is there: then it is the answer.
 *
 * A link whose target is absolute is followed by the same rule, with what is
 * left of the path behind its target; a relative one, and "..", stay in the
 * tree that is being walked. Three things differ from the old kernel: it took
 * every error for nothing, ".." does not climb out of the altroot, and a link's
 * absolute target is not settled before the names behind it are known, so that
 * a directory which both trees have does not hide the altroot's files in it
 * from those who come by a link.
 *
 * Nothing is mounted or changed: openat2(2), Linux 5.6, and readlinkat(2), a
 * name at a time. Links are followed at the end of a path too, as by open(2).
 */
#pragma once

#include <stdbool.h>

#include "base/sys.h"

#define ALT_PATH 4096 /* PATH_MAX: bytes with the NUL */

enum alt_tree { ALT_ALT, ALT_TRUE };

struct alt_end;
struct alt {
	int fds[2];	/* by alt_tree; the altroot's is -1: there is none */
	unsigned links; /* followed on the way to here */
	unsigned fuel;	/* those that may still be, over all ways */
	/* Whose directories are trusted, besides root's: who asks, and whose
	 * the trees themselves are, by alt_tree. */
	uint32_t uid, root_uids[2];
	/* If not NULL: told of each @name, @len bytes, that is looked for in
	 * the directory @in, once a link was followed; or of each. */
	void (*looks)(const struct alt_end *in, const char *name, size_t len);
	bool tells_all;
};

/* Where a walk ended. */
struct alt_end {
	int fd;		    /* O_PATH; -errno: there is nothing */
	bool is_place;	    /* nothing but the last name is missing */
	bool by_link;	    /* a link was followed */
	bool by_root;	    /* one with an absolute target */
	bool by_others;	    /* it is as others want it: see alt_is_others() */
	enum alt_tree tree; /* in which @path is */
	struct sys_stat st;
	char path[ALT_PATH]; /* without links; "" for the root itself */
};

/*
 * alt_both - walk @path in each tree, from the directory @from[tree].path of it
 *
 * @from:  by alt_tree; only that is read, and has no links in it. NULL: from
 *         the roots
 * @ends:  by alt_tree, to be closed by alt_close_both()
 *
 * From then on the rule may follow links anew.
 */
void alt_both(struct alt *alt, const struct alt_end from[2], const char *path,
	      struct alt_end ends[2]);
void alt_close_both(struct alt_end ends[2]);
/* the rule for the absolute @path, after alt_both(); @ret->fd is to be closed
 */
void alt_rule(struct alt *alt, const char *path, struct alt_end *ret);

static inline bool alt_is_there(const struct alt_end *end)
{
	return end->fd >= 0;
}
bool alt_is_dir(const struct alt_end *end);
/* 0: it is there, or nothing is; or -errno: what is there cannot be told */
int alt_error(const struct alt_end *end);
/* may others than those of @alt's uids make names in it? */
bool alt_is_others(const struct alt *alt, const struct sys_stat *dir);
/* What answers, by the rule, of two walks of one path without alt_error(). */
const struct alt_end *alt_choose(const struct alt_end *a,
				 const struct alt_end *t);
/* do both end at one object by one mount, or both nowhere? */
bool alt_same(const struct alt_end *a, const struct alt_end *b);
