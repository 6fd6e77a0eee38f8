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
	struct empty *empty;
	int fd;
	unsigned depth;
	bool removed_one;
};

static void left(struct empty *empty, const char *name, int error)
{
	if (empty->left++ > 0)
		return;
	empty->error = error;
	if (str_copy(empty->left_name, sizeof(empty->left_name), name) < 0)
		strcpy(empty->left_name, "?");
}

static bool pass(int fd, unsigned depth, struct empty *empty);

/* -EXDEV: a mount is on it, or it is the new root itself; both stay. */
static int open_own(const struct walk *walk, const char *name, int *ret_fd)
{
	const struct empty *empty = walk->empty;
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
	if (st.dev != empty->dev ||
	    (st.dev == empty->keep_dev && st.ino == empty->keep_ino))
		return -EXDEV;
	return walk->depth < DEPTH_MAX ? 0 : -ENAMETOOLONG;
}

static void remove_directory(struct walk *walk, const char *name)
{
	struct empty *empty = walk->empty;
	_auto_close int fd = -1;
	uint64_t left_before = empty->left;
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
		empty->left = left_before;
		removed_one = pass(fd, walk->depth + 1, empty);
		if (empty->out_of_time)
			return;
	}
	if (r == 0) {
		empty->files++;
		walk->removed_one = true;
	} else if (r != -ENOTEMPTY && r != -EBUSY) {
		/* ENOTEMPTY: what is left in it was counted there already.
		 * EBUSY: a mount is on it, which has to stay. */
		left(empty, name, -r);
	}
}

static int remove_entry(const char *name, int type, void *ctx)
{
	struct walk *walk = ctx;
	struct empty *empty = walk->empty;
	int r = -EISDIR;

	if (empty->deadline_us && empty->files > 0 &&
	    sys_now_us() >= empty->deadline_us) {
		empty->out_of_time = true;
		return 1;
	}
	/* A stat(2) first would take a sixth of the whole time. */
	if (type != LINUX_DT_DIR)
		r = sys_unlink(walk->fd, name, 0);
	if (r == 0) {
		empty->files++;
		walk->removed_one = true;
	} else if (r == -EISDIR) {
		remove_directory(walk, name);
		return empty->out_of_time;
	} else if (r != -ENOENT && r != -EBUSY) {
		/* EBUSY: a mount is on it, which has to stay. */
		left(empty, name, -r);
	}
	return 0;
}

/* Go through the directory once; was anything removed? */
static bool pass(int fd, unsigned depth, struct empty *empty)
{
	struct walk walk = { .empty = empty, .fd = fd, .depth = depth };
	long bytes;

	/* On a ramfs or a tmpfs a short read is the last one. If it was not,
	 * the caller finds out. */
	do
		(void)io_some_names(fd, remove_entry, &walk, &bytes);
	while (bytes > IO_NAMES_FEW && !empty->out_of_time);
	return walk.removed_one;
}

void empty_directory(int fd, struct empty *empty)
{
	uint64_t left_before = empty->left;
	bool removed_one;

	/* Removing while reading may skip names, so go on until a pass removes
	 * nothing. What could not be removed is counted in the last pass. */
	do {
		empty->left = left_before;
		(void)sys_rewind(fd);
		removed_one = pass(fd, 0, empty);
	} while (removed_one && !empty->out_of_time);
}
