/* SPDX-License-Identifier: MIT */
#include "empty.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "io.h"
#include "str.h"
#include "sys.h"

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

static void remove_directory(struct walk *walk, const char *name)
{
	struct empty *empty = walk->empty;
	/* NO_XDEV: a bind of this very file system is a mount too. */
	_auto_close int fd =
		sys_open_in(walk->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
			    LINUX_RESOLVE_NO_XDEV);
	struct sys_stat st;
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	/* A mount on it, or the new root itself: as it should be. */
	if (r == -EXDEV || (r == 0 && st.dev != empty->dev) ||
	    (r == 0 && st.dev == empty->keep_dev && st.ino == empty->keep_ino))
		return;
	if (r == 0 && walk->depth >= DEPTH_MAX)
		r = -ENAMETOOLONG;
	while (r == 0) {
		uint64_t left_before = empty->left;
		bool removed_one = pass(fd, walk->depth + 1, empty);

		if (empty->out_of_time)
			return;
		/* This tells what another pass would: is it empty? */
		r = sys_unlink(walk->fd, name, AT_REMOVEDIR);
		if (r != -ENOTEMPTY || !removed_one)
			break;
		empty->left = left_before;
		r = sys_rewind(fd);
	}
	if (r == 0) {
		empty->files++;
		walk->removed_one = true;
	} else if (r != -ENOTEMPTY && r != -EBUSY) {
		/* Those two: what is in it was counted where it is. */
		left(empty, name, -r);
	}
}

static int remove_entry(const char *name, int type, void *ctx)
{
	struct walk *walk = ctx;
	struct empty *empty = walk->empty;
	struct sys_stat st = { 0 };
	int r;

	if (empty->deadline_us && (empty->files & 15) == 15 &&
	    sys_now_us() >= empty->deadline_us) {
		empty->out_of_time = true;
		return 1;
	}
	if (type == LINUX_DT_DIR || type == LINUX_DT_UNKNOWN) {
		r = sys_stat(walk->fd, name, AT_SYMLINK_NOFOLLOW, &st);
		if (r == 0 && S_ISDIR(st.mode)) {
			remove_directory(walk, name);
			return empty->out_of_time;
		}
	}
	/* Not asked what it is before: that takes a sixth of the whole time. */
	r = sys_unlink(walk->fd, name, 0);
	if (r == 0) {
		empty->files++;
		walk->removed_one = true;
	} else if (r != -ENOENT && r != -EBUSY) {
		/* EBUSY: it has a mount on it, which is somebody's. */
		left(empty, name, -r);
	}
	return 0;
}

/* Once over it; was anything removed? */
static bool pass(int fd, unsigned depth, struct empty *empty)
{
	struct walk walk = { .empty = empty, .fd = fd, .depth = depth };

	(void)io_each_name(fd, remove_entry, &walk);
	return walk.removed_one;
}

void empty_directory(int fd, struct empty *empty)
{
	uint64_t left_before = empty->left;
	bool removed_one;

	/* Removing while reading may pass names over: until a pass removes
	 * nothing. What could not be removed is counted in the last alone. */
	do {
		empty->left = left_before;
		(void)sys_rewind(fd);
		removed_one = pass(fd, 0, empty);
	} while (removed_one && !empty->out_of_time);
}
