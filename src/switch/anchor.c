/* SPDX-License-Identifier: MIT */
#include "switch/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/mountinfo.h"
#include "base/sys.h"

#define PLACE "/.pintle-anchor"

/* The places of the mounts on "/", one string after another: room for some
 * thousand. */
static char points[65536];

/* What the mount table says of "/" and of the mounts on it. */
struct root_children {
	uint64_t root_id;
	bool parentless;
	bool overflow;
	size_t len; /* bytes of points[] in use */
};

static int note_mount(const struct mountinfo *mount, void *ctx)
{
	struct root_children *children = ctx;
	size_t len = strlen(mount->point) + 1;

	if (mount->id == children->root_id) {
		children->parentless = mount->parent == mount->id;
		return 0;
	}
	if (mount->parent != children->root_id)
		return 0;
	if (mount->cut & 1u << MOUNTINFO_POINT ||
	    children->len + len > sizeof(points)) {
		children->overflow = true;
		return 0;
	}
	memcpy(points + children->len, mount->point, len);
	children->len += len;
	return 0;
}

static int list_children(struct root_children *ret, struct fail *why)
{
	struct sys_stat st;
	int r = sys_stat(AT_FDCWD, "/", 0, &st);

	if (r < 0)
		return fail(why, r, "look at '/'");
	*ret = (struct root_children){ .root_id = st.mnt_id };
	r = mountinfo_each(note_mount, ret);
	return r < 0 ? fail(why, r, "read '/proc/self/mountinfo'") : 0;
}

/* Move what is mounted at @point of @from to the same place of @to. */
static int move_one(int from, int to, const char *point)
{
	return sys_move_mount_at(from, to, point + 1);
}

/* All in the first @len bytes of points[]; @ret_count: how many moved. */
static int move_all(int from, int to, size_t len, unsigned *ret_count)
{
	*ret_count = 0;
	for (const char *at = points; at < points + len; at += strlen(at) + 1) {
		int r = move_one(from, to, at);

		if (r < 0)
			return r;
		++*ret_count;
	}
	return 0;
}

static int move_back(const struct anchor *anchor)
{
	const char *at = points;
	int result = 0;

	for (unsigned i = 0; i < anchor->moved; i++, at += strlen(at) + 1) {
		int r = move_one(anchor->above_fd, anchor->below_fd, at);

		if (r < 0 && result == 0)
			result = r;
	}
	return result;
}

static void close_both(struct anchor *anchor)
{
	if (anchor->below_fd >= 0)
		(void)sys_close(anchor->below_fd);
	if (anchor->above_fd >= 0)
		(void)sys_close(anchor->above_fd);
	anchor->below_fd = anchor->above_fd = -1;
}

int anchor(struct anchor *ret, struct fail *why)
{
	struct root_children found;
	int r = list_children(&found, why);

	*ret = (struct anchor){ -1, -1, 0 };
	if (r < 0 || !found.parentless)
		return r;
	if (found.overflow)
		return fail_said(why, E2BIG,
				 "anchor '/': more is mounted on it than fits "
				 "in %zu bytes",
				 sizeof(points));
	ret->below_fd = io_open("/", O_PATH | O_DIRECTORY);
	r = ret->below_fd;
	if (r >= 0)
		r = sys_mkdir(AT_FDCWD, PLACE, 0700);
	if (r < 0 && r != -EEXIST) {
		close_both(ret);
		return fail(why, r, "make the directory '%s'", PLACE);
	}
	r = sys_mount("/", PLACE, NULL, MS_BIND, NULL);
	if (r < 0) {
		(void)fail(why, r, "bind '/' on '%s'", PLACE);
		goto remove;
	}
	ret->above_fd = io_open(PLACE, O_PATH | O_DIRECTORY);
	r = ret->above_fd;
	if (r >= 0)
		r = move_all(ret->below_fd, ret->above_fd, found.len,
			     &ret->moved);
	if (r >= 0)
		r = sys_fchdir(ret->above_fd);
	if (r >= 0)
		r = sys_mount(".", "/", NULL, MS_MOVE, NULL);
	if (r >= 0)
		r = sys_chroot(".");
	if (r >= 0) {
		(void)sys_unlink(AT_FDCWD, PLACE, AT_REMOVEDIR);
		return 0;
	}
	(void)fail(why, r, "anchor '/' on itself");
	(void)move_back(ret);
	(void)sys_fchdir(ret->below_fd);
	(void)sys_umount(PLACE, MNT_DETACH);
remove:
	(void)sys_unlink(AT_FDCWD, PLACE, AT_REMOVEDIR);
	close_both(ret);
	return r;
}

int anchor_undo(struct anchor *anchor)
{
	int r = sys_fchdir(anchor->below_fd);
	int back;

	if (r == 0)
		r = sys_chroot(".");
	if (r < 0)
		return r;
	back = move_back(anchor);
	r = sys_fchdir(anchor->above_fd);
	if (r == 0)
		r = sys_umount(".", MNT_DETACH);
	(void)sys_fchdir(anchor->below_fd);
	close_both(anchor);
	return back < 0 ? back : r;
}
