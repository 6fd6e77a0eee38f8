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

/* The places mounted on "/", one string after another: room for a thousand. */
static char points[65536];

struct survey {
	uint64_t root_id;
	bool parentless;
	bool overflow;
	size_t len; /* used of points */
};

static int survey_mount(const struct mountinfo *mount, void *ctx)
{
	struct survey *survey = ctx;
	size_t len = strlen(mount->point) + 1;

	if (mount->id == survey->root_id) {
		survey->parentless = mount->parent == mount->id;
		return 0;
	}
	if (mount->parent != survey->root_id)
		return 0;
	if (mount->cut & 1u << MOUNTINFO_POINT ||
	    survey->len + len > sizeof(points)) {
		survey->overflow = true;
		return 0;
	}
	memcpy(points + survey->len, mount->point, len);
	survey->len += len;
	return 0;
}

static int survey(struct survey *ret, struct fail *why)
{
	struct sys_stat st;
	int r = sys_stat(AT_FDCWD, "/", 0, &st);

	if (r < 0)
		return fail(why, r, "look at '/'");
	*ret = (struct survey){ .root_id = st.mnt_id };
	r = mountinfo_each(survey_mount, ret);
	return r < 0 ? fail(why, r, "read '/proc/self/mountinfo'") : 0;
}

/* Move what is mounted at @point of @from to the same place of @to. */
static int carry(int from, int to, const char *point)
{
	return sys_move_mount_at(from, to, point + 1);
}

/* The first @count mounts, from one side to the other. */
static int carry_all(int from, int to, size_t len, unsigned *ret_count)
{
	*ret_count = 0;
	for (const char *at = points; at < points + len; at += strlen(at) + 1) {
		int r = carry(from, to, at);

		if (r < 0)
			return r;
		++*ret_count;
	}
	return 0;
}

static int carry_back(const struct anchor *anchor)
{
	const char *at = points;
	int result = 0;

	for (unsigned i = 0; i < anchor->moved; i++, at += strlen(at) + 1) {
		int r = carry(anchor->above_fd, anchor->below_fd, at);

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
	struct survey found;
	int r = survey(&found, why);

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
		r = carry_all(ret->below_fd, ret->above_fd, found.len,
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
	(void)carry_back(ret);
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
	back = carry_back(anchor);
	r = sys_fchdir(anchor->above_fd);
	if (r == 0)
		r = sys_umount(".", MNT_DETACH);
	(void)sys_fchdir(anchor->below_fd);
	close_both(anchor);
	return back < 0 ? back : r;
}
