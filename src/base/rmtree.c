/* SPDX-License-Identifier: MIT */
#include "base/rmtree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

/* Each level costs a descriptor and about 3 KiB of stack. */
#define DEPTH_MAX 256

struct walk {
	struct rmtree *tree;
	int fd;
	unsigned depth;
	bool removed_one;
};

static void left(struct rmtree *tree, const char *name, int error)
{
	if (tree->left++ > 0)
		return;
	tree->error = error;
	if (str_copy(tree->left_name, sizeof(tree->left_name), name) < 0)
		(void)str_copy(tree->left_name, sizeof(tree->left_name), "?");
}

static bool pass(int fd, unsigned depth, struct rmtree *tree);

/* -EXDEV: a mount is on it, or it is the new root itself; both stay. */
static int open_own(const struct walk *walk, const char *name, int *ret_fd)
{
	const struct rmtree *tree = walk->tree;
	struct sys_stat st;
	int r;

	/* NO_XDEV: a bind mount of this very file system is not entered. */
	*ret_fd =
		sys_open_in(walk->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
			    LINUX_RESOLVE_NO_XDEV);
	if (*ret_fd < 0)
		return *ret_fd;
	r = sys_fstat(*ret_fd, &st);
	if (r < 0)
		return r;
	if (st.dev != tree->dev ||
	    (st.dev == tree->keep_dev && st.ino == tree->keep_ino))
		return -EXDEV;
	return walk->depth < DEPTH_MAX ? 0 : -ENAMETOOLONG;
}

static void remove_directory(struct walk *walk, const char *name)
{
	struct rmtree *tree = walk->tree;
	_auto_close int fd = -1;
	uint64_t left_before = tree->left;
	bool removed_one = true;
	int r;

	/* A directory that cannot be removed has something in it. */
	while ((r = sys_unlink(walk->fd, name, AT_REMOVEDIR)) == -ENOTEMPTY &&
	       removed_one) {
		r = fd < 0 ? open_own(walk, name, &fd) : sys_rewind(fd);
		if (r == -EXDEV)
			return;
		if (r < 0)
			break;
		tree->left = left_before;
		removed_one = pass(fd, walk->depth + 1, tree);
		if (tree->out_of_time)
			return;
	}
	if (r == 0) {
		tree->files++;
		walk->removed_one = true;
	} else if (r != -ENOTEMPTY && r != -EBUSY) {
		/* ENOTEMPTY: what is left in it was counted there already.
		 * EBUSY: a mount is on it, which has to stay. */
		left(tree, name, -r);
	}
}

static int remove_entry(const char *name, int type, void *ctx)
{
	struct walk *walk = ctx;
	struct rmtree *tree = walk->tree;
	int r = -EISDIR;

	if (tree->deadline_us && tree->files > 0 &&
	    sys_now_us() >= tree->deadline_us) {
		tree->out_of_time = true;
		return 1;
	}
	/* A stat(2) first would take a sixth of the whole time. */
	if (type != LINUX_DT_DIR)
		r = sys_unlink(walk->fd, name, 0);
	if (r == 0) {
		tree->files++;
		walk->removed_one = true;
	} else if (r == -EISDIR) {
		remove_directory(walk, name);
		return tree->out_of_time;
	} else if (r != -ENOENT && r != -EBUSY) {
		/* EBUSY: a mount is on it, which has to stay. */
		left(tree, name, -r);
	}
	return 0;
}

/* Go through the directory once; was anything removed? */
static bool pass(int fd, unsigned depth, struct rmtree *tree)
{
	struct walk walk = { .tree = tree, .fd = fd, .depth = depth };
	long bytes;

	/* On a ramfs or a tmpfs a short read is the last one. If it was not,
	 * the caller finds out. */
	do
		(void)io_some_names(fd, remove_entry, &walk, &bytes);
	while (bytes > IO_NAMES_FEW && !tree->out_of_time);
	return walk.removed_one;
}

void rmtree(int fd, struct rmtree *tree)
{
	uint64_t left_before = tree->left;
	bool removed_one;

	/* Removing while reading may skip names, so go on until a pass removes
	 * nothing. What could not be removed is counted in the last pass. */
	do {
		tree->left = left_before;
		(void)sys_rewind(fd);
		removed_one = pass(fd, 0, tree);
	} while (removed_one && !tree->out_of_time);
}
