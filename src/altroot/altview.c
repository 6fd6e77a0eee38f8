/* SPDX-License-Identifier: MIT */
#include "altroot/altview.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "altroot/altrule.h"
#include "altroot/altskel.h"
#include "altroot/altview-parts.h"
#include "altroot/altwatch.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

/* Each level takes 12 KB of stack, so hostile trees must come to an end. */
#define DEPTH_MAX 64
/* The same for trees whose links lead to more directories than they have. */
#define MERGED_MAX 16384
#define NAME_BYTES 256
/* With more names than this in a directory, one overlay is less work than a
 * mount for each name; fs.mount-max of the kernel is 100,000. */
#define BINDS_MAX 4096

static const char many[] = "links make it of more than two directories";

static int merge(const struct altview_level *parent, const char *name,
		 const struct alt_end *ends, int below, bool others);

/* Two directories under one name. */
static int settle_both(struct altview_level *level, const char *name,
		       const struct alt_end ends[2])
{
	bool is_new = altview.was == ALTWATCH_NONE;
	bool others = level->others;
	size_t len = altview.len;
	int was = altview.was, r = 0;

	for (unsigned i = 0; i < 2; i++)
		others |= ends[i].by_others ||
			  alt_is_others(altview.alt, &ends[i].st);
	if (ends[0].by_root || ends[1].by_root)
		return altview_refuse(level, name, &ends[ALT_TRUE], others,
				      many);
	if (level->depth + 1 > DEPTH_MAX || ++altview.merged > MERGED_MAX ||
	    strlen(altview.path) + NAME_BYTES >= sizeof(altview.path) ||
	    (others && ++altview.others_merged > OTHERS_MERGED_MAX))
		return altview_refuse(level, name, &ends[ALT_TRUE], others,
				      "too deep, or too many directories");
	if (is_new && !level->mounting)
		r = altview_take(level, name);
	if (r == 0)
		r = altview_make(level, name, true, NULL);
	if (r < 0 || level->waiting)
		return r;
	if (level->overlaid && is_new) {
		_auto_close int fd = altskel_shown(level->below, name);

		r = altview_bind(level, name, fd);
	}
	if (r == 0)
		r = merge(level, name, ends, was, others);
	if (r < 0 && r != -ENOENT && (others || altview_is_usual(r))) {
		/* It may have failed further below. */
		altview.len = len;
		altview.path[len + 1 + strlen(name)] = '\0';
		altview.was = altview.again ? altwatch_find(altview.path)
					    : ALTWATCH_NONE;
		altwatch_forget(altview.path);
		altwatch_forget_below(altview.path);
		return altview_refuse(level, name, &ends[ALT_TRUE], true,
				      r == -ENOSPC ? "too many names"
						   : fail_reason(r));
	}
	return r;
}

static int settle_link(struct altview_level *level, const char *name,
		       const struct alt_end ends[2], bool *ret_done)
{
	static char text[ALT_PATH];
	int r = altview_read_link(level, name, text);

	*ret_done = r < 0;
	if (r < 0)
		return r;
	r = altview_link_fits(level, ends, text);
	if (r != 0) {
		*ret_done = true;
		if (r < 0)
			return r;
		return level->overlaid ? altview_leave(level, name, NULL)
				       : altview_make_link(level, name, text);
	}
	/* Or its target was replaced between two looks: look again. */
	*ret_done = altview.again && altview.tries < 3;
	return *ret_done ? -ENOENT : 0;
}

static int settle_none(struct altview_level *level, const char *name,
		       bool others, bool by_link)
{
	return level->overlaid && by_link
		       ? altview_refuse(
				 level, name, NULL, others,
				 "an overlay would lead this link somewhere")
		       : altview_take(level, name);
}

static int settle(struct altview_level *level, const char *name,
		  const struct alt_end ends[2])
{
	const struct alt_end *a = &ends[ALT_ALT], *t = &ends[ALT_TRUE];
	const struct alt_end *answer = alt_choose(a, t);
	bool others = level->others || a->by_others || t->by_others;
	bool by_link = ends[level->side].by_link, done;
	int r;

	if (alt_is_there(a) && alt_is_there(t) &&
	    alt_is_dir(a) != alt_is_dir(t))
		return altview_refuse(
			level, name, answer, others,
			"a directory in one root, none in the other");
	if (by_link) {
		r = settle_link(level, name, ends, &done);
		if (done)
			return r;
	}
	/* An error does not mean that there is nothing. */
	r = alt_error(a);
	if (r == 0 && (!alt_is_there(a) || alt_is_dir(a)))
		r = alt_error(t);
	if (r < 0)
		return altview_refuse(level, name, NULL,
				      others || altview_is_usual(r),
				      fail_reason(r));
	if (!alt_is_there(answer))
		return settle_none(level, name, others, by_link);
	if (!alt_is_dir(answer)) {
		/* In an overlay a device can be a whiteout: nothing. */
		if (level->overlaid && !answer->by_link &&
		    answer == &ends[level->side] && !answer->st.mount_root &&
		    S_ISREG(answer->st.mode))
			return altview_leave(level, name, answer);
		return altview_put(level, name, answer);
	}
	if (alt_is_dir(a) && alt_is_dir(t) && !alt_same(a, t)) {
		r = altview_is_bare(a, t);
		if (r <= 0)
			return r < 0 ? r : settle_both(level, name, ends);
	}
	if (answer->by_root)
		return altview_refuse(level, name, answer, others, many);
	return altview_put(level, name, answer);
}

/* 1, 0 or -errno */
static int has(const struct altview_level *level, unsigned tree,
	       const char *name)
{
	struct sys_stat st;
	int r = sys_stat(level->lists[tree], name, AT_SYMLINK_NOFOLLOW, &st);

	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

/* Leave out a name that others may have made so, or that came to be later. */
static int leave_out(const struct altview_level *level, const char *name)
{
	if (altview_may_say())
		log_line(altview.again ? LOG_ERROR : LOG_WARNING, "%s",
			 altview.why->what);
	return altskel_remove(level->here, level->lists[ALTVIEW_MADE], name);
}

static int entry(const char *name, int type, void *ctx)
{
	struct altview_level *level = ctx;
	struct alt_end ends[2];
	struct sys_stat st;
	size_t len = altview.len;
	int r;

	(void)type;
	/* It was settled already when an earlier list was gone through. */
	for (unsigned i = 0; i < level->list; i++)
		if (has(level, i, name) > 0)
			return 0;
	/* Most names below an overlay are such, and need nothing. */
	if (level->overlaid && level->side == ALT_TRUE && !altview.again &&
	    sys_stat(level->lists[ALT_TRUE], name, AT_SYMLINK_NOFOLLOW, &st) ==
		    0 &&
	    S_ISREG(st.mode) && !st.mount_root)
		return 0;
	r = str_format(altview.path + len, sizeof(altview.path) - len, "/%s",
		       name);
	if (r < 0)
		return altview_failed(r, "make");
	for (const char *const *but = altview.but; but && *but; but++)
		if (strcmp(*but, altview.path) == 0)
			goto out;
	altview.was = ALTWATCH_NONE;
	if (altview.again)
		altview.was = altwatch_find(altview.path);
	r = -ENOENT;
	for (altview.tries = 0; altview.tries < 100 && r == -ENOENT;
	     altview.tries++) {
		if (altview.again && !level->waiting)
			altwatch_forget(altview.path);
		alt_both(altview.alt, level->ends, name, ends);
		r = settle(level, name, ends);
		alt_close_both(ends);
	}
	/* It was there whenever it was looked for, and then it was not. */
	if (r == -ENOENT)
		(void)altview_failed(r, "show");
	if (r < 0 && (altview.again || level->others))
		r = leave_out(level, name);
out:
	altview.len = len;
	altview.path[len] = '\0';
	return r;
}

static int go_through(struct altview_level *level,
		      int (*each)(const char *name, int type, void *ctx),
		      void *ctx)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < (altview.again ? 3 : 2); i++) {
		level->list = i;
		level->side = i ? ALT_TRUE : ALT_ALT;
		r = sys_rewind(level->lists[i]);
		if (r == 0)
			r = io_each_name(level->lists[i], each, ctx);
	}
	return r;
}

/* Mount an overlay over the directory of the skeleton, which is its top layer,
 * with its attributes and with the places to mount on. */
static int overlay(struct altview_level *level, int parent, const char *name)
{
	const char *proc = altskel_proc();
	char options[160];
	int r = 0;

	/* This drops its cached names: fs/super.c, reconfigure_super. */
	if (level->below >= 0) {
		r = sys_fchdir(level->here);
		return r == 0 ? sys_mount(NULL, ".", NULL,
					  LINUX_MS_REMOUNT | MS_RDONLY, NULL)
			      : r;
	}
	if (!proc)
		return -ENOENT;
	r = str_format(options, sizeof(options),
		       "lowerdir=%s/self/fd/%d:%s/self/fd/%d:%s/self/fd/%d",
		       proc, level->here, proc, level->lists[ALT_ALT], proc,
		       level->lists[ALT_TRUE]);
	if (r == 0)
		r = sys_fchdir(level->here);
	if (r == 0)
		r = sys_mount("overlay", ".", "overlay", 0, options);
	if (r < 0)
		return r;
	level->below = level->here;
	level->here = altskel_shown(parent, name);
	return level->here < 0 ? level->here : 0;
}

static int each_of(struct altview_level *level, const char *only)
{
	int r;

	if (!only)
		return go_through(level, entry, level);
	r = has(level, ALT_ALT, only);
	if (r < 0)
		return altview_failed(r, "look at");
	level->list = 0;
	level->side = r ? ALT_ALT : ALT_TRUE;
	return entry(only, 0, level);
}

/* Show all names of the directory, or @only that one. */
int altview_show(struct altview_level *level, int parent, const char *name,
		 const char *only)
{
	bool is_new = level->below < 0;
	int r = each_of(level, only);

	if (r < 0 || !level->overlaid || (altview.refused && !altview.again))
		return r;
	r = overlay(level, parent, name);
	level->overlaid = level->mounting = r == 0;
	level->waiting = false;
	if (is_new) {
		log_line(LOG_WARNING, "show '%s': %u names, %s", altview.path,
			 level->names,
			 r < 0 ? "no overlay: a mount for each"
			       : "read-only in an overlay");
		altwatch_keep(level->below, altview.path);
	}
	return each_of(level, only);
}

/* Open @path below @here, which is in the view, and below @made, where it can
 * be changed. Both are proved to be one directory, as what is done there is
 * done to names that others choose. */
int altview_level_open(struct altview_level *level, int here, int made,
		       const char *path)
{
	int r;

	for (unsigned i = 0; i < ALTVIEW_MADE; i++) {
		r = level->lists[i] = sys_open(level->ends[i].fd, ".",
					       O_RDONLY | O_DIRECTORY, 0);
		if (r < 0)
			return altview_failed(r, "list");
	}
	r = level->lists[ALTVIEW_MADE] = altskel_directory(made, path);
	if (r >= 0)
		r = level->here = sys_open_in(
			here, path, O_PATH | O_NOFOLLOW,
			LINUX_RESOLVE_BENEATH | LINUX_RESOLVE_NO_SYMLINKS);
	/* An overlay shows inodes of its own; what is below it is ours. */
	if (r >= 0)
		r = altskel_is_shown(level->below >= 0 ? level->below
						       : level->here,
				     level->lists[ALTVIEW_MADE]);
	return r < 0 ? altview_failed(r, "open") : 0;
}

void altview_level_close(const struct altview_level *level)
{
	sys_auto_close(&level->here);
	for (unsigned i = 0; i < 3; i++)
		sys_auto_close(&level->lists[i]);
}

/* Choose how the names are shown. A directory in which others may write must
 * not take what the rest of the view needs. */
static int choose_way(struct altview_level *level, bool is_new)
{
	bool many_names = level->depth > 0 && level->names > BINDS_MAX;

	level->overlaid = level->waiting =
		level->below >= 0 || (is_new && many_names);
	if (!level->others || level->below >= 0)
		return 0;
	if (level->overlaid)
		return ++altview.others_overlays > OTHERS_OVERLAYS_MAX ? -ENOSPC
								       : 0;
	return altview.others_binds + level->names > OTHERS_BINDS_MAX ? -ENOSPC
								      : 0;
}

static int merge(const struct altview_level *parent, const char *name,
		 const struct alt_end *ends, int below, bool others)
{
	struct altview_level level = {
		.ends = ends,
		.lists = { -1, -1, -1 },
		.here = -1,
		.depth = parent->depth + 1,
		.others = others,
		.below = below < 0 ? -1 : below,
	};
	int r;

	altview.len = strlen(altview.path);
	r = altview_level_open(&level, parent->here,
			       parent->lists[ALTVIEW_MADE], name);
	if (r == 0) {
		r = altskel_own(level.lists[ALTVIEW_MADE], &ends[ALT_TRUE].st);
		if (r < 0)
			(void)altview_failed(r, "change the owner and mode of");
	}
	if (r == 0) {
		/* From here on changes are told. */
		altwatch_directory(level.lists[0], altview.path);
		altwatch_directory(level.lists[1], altview.path);
		altwatch_keep(level.below, altview.path);
		r = go_through(&level, altview_count_name, &level.names);
		if (r < 0)
			(void)altview_failed(r, "list");
	}
	if (r == 0)
		r = choose_way(&level, below == ALTWATCH_NONE);
	if (r == 0)
		r = altview_show(&level, parent->here, name, NULL);
	altview_level_close(&level);
	return r;
}

int altview_build(struct alt *alt, const char *point, const char *proc,
		  struct fail *why)
{
	static struct alt_end ends[2];
	struct altview_level above = { .depth = -1u };
	int r;

	altview = (struct altview){ .alt = alt, .why = why };
	alt->looks = altview_looked;
	r = altskel_open(point, proc, &altview.here, &altview.made);
	if (r < 0)
		return altview_failed(r, "bind");
	above.here = altview.here;
	above.lists[ALTVIEW_MADE] = altview.made;
	altwatch_open();
	alt_both(alt, NULL, "/", ends);
	r = merge(&above, ".", ends, ALTWATCH_NONE,
		  alt_is_others(alt, &ends[0].st) ||
			  alt_is_others(alt, &ends[1].st));
	alt_close_both(ends);
	return r < 0 || altview.refused == 0
		       ? r
		       : fail_said(why, EINVAL,
				   "show both roots: %u paths cannot be as the "
				   "rule says",
				   altview.refused);
}

void altview_close(void)
{
	if (!altview.alt)
		return;
	(void)sys_close(altview.here);
	(void)sys_close(altview.made);
	altwatch_close();
	altview.alt = NULL;
}
