/* SPDX-License-Identifier: MIT */
#include "altroot/altview.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "altroot/altrule.h"
#include "altroot/altskel.h"
#include "altroot/altwatch.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

/* Each level is 12 KB of stack, so that hostile trees find an end. */
#define DEPTH_MAX 64
/* The same for two trees whose links make more directories than they have. */
#define MERGED_MAX 16384
#define NAME_BYTES 256
/* Names in a directory beyond which an overlay is less work than a mount for
 * each; fs.mount-max of the kernel is 100,000. */
#define BINDS_MAX 4096

/*
 * What directories in which others may write can have of a view: so many that
 * both trees have, overlays and mounts. Beyond that each is shown as one of the
 * two, so that nobody uses up what the rest of the view needs.
 */
#define OTHERS_MERGED_MAX   4096
#define OTHERS_OVERLAYS_MAX 16
#define OTHERS_BINDS_MAX    32768

/* Lines of what others do: so many, and no more in that time. */
#define SAY_MAX	      20
#define SAY_PERIOD_US 60000000

/* Above these it has nothing open. */
#define FDS 4096

struct view {
	struct alt *alt;
	const char *const *but; /* paths that are left alone */
	int here, made;		/* the skeleton's root, as below */
	bool again;		/* it was built, and is mended */
	unsigned merged, refused, tries;
	unsigned others_merged, others_overlays, others_binds;
	unsigned said, left_out;
	int64_t said_us; /* since then */
	struct fail *why;
	int was; /* as what the path was shown: altwatch_find() */
	size_t len;
	char path[ALT_PATH]; /* of what is worked on, in the view */
};

static struct view view;

static const char many[] = "links make it of more than two directories";

#define MADE 2
/* A directory that both trees have. */
struct level {
	const struct alt_end *ends; /* by alt_tree */
	/* The same, opened to be read, and in the skeleton, by a mount in which
	 * names can be made. */
	int lists[3];
	int here;  /* in the view */
	int below; /* in the skeleton, where an overlay is here; or -1 */
	unsigned depth, names;
	unsigned list;	    /* whose names are gone through; 2: the view's */
	enum alt_tree side; /* ... and in which tree a link is read */
	bool others;	    /* others may make names in it */
	bool overlaid;	    /* what an overlay shows needs no mount */
	bool waiting;	    /* the overlay is still to come */
	bool mounting;	    /* the second time through, over the overlay */
};

static int merge(const struct level *parent, const char *name,
		 const struct alt_end *ends, int below, bool others);

static int failed(int r, const char *what)
{
	(void)fail(view.why, -r, "%s '%s'", what, *view.path ? view.path : "/");
	if (r == -ENOSPC)
		fail_todo(view.why, "raise fs.mount-max (sysctl)");
	return r;
}

/* Others can have as many lines said as they like: not all of them are. */
static bool may_say(void)
{
	int64_t now_us = sys_now_us();

	if (view.said_us == 0 || now_us - view.said_us >= SAY_PERIOD_US) {
		if (view.left_out)
			log_line(LOG_WARNING, "%u lines were left out",
				 view.left_out);
		view.said_us = now_us;
		view.said = view.left_out = 0;
	}
	if (view.said++ < SAY_MAX)
		return true;
	if (view.left_out++ == 0)
		log_line(LOG_WARNING, "more such lines are left out");
	return false;
}

/* The name that is worked on is to show nothing. */
static int take(const struct level *level, const char *name)
{
	int r = altskel_remove(level->here, level->lists[MADE], name);

	if (view.again && view.was != ALTWATCH_NONE) {
		altwatch_forget_below(view.path);
		sys_auto_close(&view.was);
	}
	view.was = ALTWATCH_NONE;
	return r < 0 ? failed(r, "take away") : 0;
}

static int put(const struct level *level, const char *name,
	       const struct alt_end *what);

/*
 * What the rule says of @name and of what is below it cannot be shown, or is
 * not known. Where others can bring that about, it is shown as the rule says of
 * @name alone, and nobody is kept from starting.
 *
 * @answer:  what that is, or NULL: it is not known
 */
static int refuse(const struct level *level, const char *name,
		  const struct alt_end *answer, bool others, const char *reason)
{
	bool is_shown = others && answer && alt_is_there(answer);
	int r;

	if (!others && !view.again) {
		log_line(LOG_ERROR, "show '%s': %s", view.path, reason);
		view.refused++;
		return take(level, name);
	}
	if (may_say())
		log_line(others ? LOG_WARNING : LOG_ERROR,
			 "show '%.600s': %s%s", view.path, reason,
			 !is_shown		    ? ""
			 : answer->tree == ALT_TRUE ? ": as in the true root"
						    : ": as in the altroot");
	if (!is_shown)
		return take(level, name);
	r = view.was == ALTWATCH_NONE && !view.again && !level->mounting
		    ? take(level, name)
		    : 0;
	return r < 0 ? r : put(level, name, answer);
}

/* -- links ---------------------------------------------------------------- */

/* Who is not root may not look into everything: that stops nothing. */
static bool is_usual(int error)
{
	return error == -EACCES && view.alt->uid != 0;
}

/*
 * Would the link @text, as it is, show in the view what the rule says of its
 * path, whose walks are @ends? In the view it leads from one tree into the
 * other as soon as it is in a directory of both; by the rule it does not. 1, 0
 * or -errno.
 */
static int link_fits(const struct level *level, const struct alt_end *ends,
		     const char *text)
{
	static struct alt_end now[2];
	static char path[2 * ALT_PATH];
	const struct alt_end *is = alt_choose(&ends[0], &ends[1]), *would;
	bool absolute = *text == '/', fits;
	int error = 0;
	/* The directory's part of the view's path, which has no links. */
	size_t have = view.len;

	/* It was by this link that it came here. */
	if (absolute &&
	    (level->side == ALT_TRUE || !alt_is_there(&ends[ALT_TRUE])))
		return true;
	while (!absolute && str_after(text, "../")) {
		while (have > 0 && view.path[--have] != '/')
			;
		text += 3;
	}
	if (strcmp(text, "..") == 0)
		text = "/../"; /* seldom, and never wrong */
	for (const char *c = text; *c; c++)
		if (str_after(c, "/.."))
			return false;
	(void)str_format(path, sizeof(path), "%.*s/%s",
			 absolute ? 0 : (int)have, view.path, text);
	view.alt->tells_all = true;
	if (have == view.len && !absolute)
		/* The same, without the way to here. */
		alt_both(view.alt, level->ends, text, now);
	else
		alt_both(view.alt, NULL, path, now);
	view.alt->tells_all = false;
	would = alt_choose(&now[0], &now[1]);
	/* What cannot be told of either shows no difference. */
	for (unsigned i = 0; error == 0 && i < 2; i++)
		if (alt_error(&now[i]) != alt_error(&ends[i]))
			error = alt_error(&now[i]);
	if (alt_is_dir(is))
		fits = alt_is_dir(would) && alt_same(&now[1], &ends[1]) &&
		       (absolute || alt_same(&now[0], &ends[0]));
	else
		fits = alt_same(would, is);
	alt_close_both(now);
	/* Nobody comes by that link, whichever way it leads. */
	if (is_usual(error) && !alt_is_there(is))
		return 1;
	return error < 0 ? failed(error, "look at") : fits;
}

/* What was looked for to find out what is shown. */
static void looked(const struct alt_end *in, const char *name, size_t len)
{
	altwatch_name(in->fd, name, len, view.path);
}

/* The text of the link that is worked on: 0; -ENOENT: it is no link now. */
static int read_link(const struct level *level, const char *name,
		     char text[ALT_PATH])
{
	_auto_close int fd = altskel_shown(level->lists[level->side], name);
	long n = fd < 0 ? fd : sys_readlink(fd, "", text, ALT_PATH);

	if (n == ALT_PATH)
		return -ENAMETOOLONG;
	if (n < 0) /* of what is no link it is ENOENT: readlinkat(2) */
		return n == -ENOENT ? -ENOENT : failed((int)n, "read the link");
	text[n] = '\0';
	return 0;
}

/* -- what is shown under a name ------------------------------------------- */

static int bind(const struct level *level, const char *name, int fd)
{
	_auto_close int tree = -1;
	_auto_close int to = altskel_shown(level->here, name);
	int r;

	if (level->others && view.others_binds++ >= OTHERS_BINDS_MAX)
		return failed(-ENOSPC, "bind");
	r = tree = sys_clone_mount(fd);
	if (r >= 0)
		r = to;
	if (r >= 0 && view.again && altskel_is_mount(to)) {
		/* Without a moment in which the name shows nothing. */
		r = sys_move_mount_beneath(tree, to);
		if (r == -ENOENT)
			return r; /* replaced meanwhile */
		(void)altskel_detach(to, level->here, name);
		if (r == 0)
			return 0;
		/* Before Linux 6.5 there is one. */
		(void)sys_close(to);
		r = to = altskel_shown(level->here, name);
	}
	if (r >= 0)
		r = sys_move_mount(tree, to);
	return r < 0 ? failed(r, "bind") : 0;
}

static int make_exactly(const struct level *level, const char *name,
			bool is_dir, const char *text)
{
	int made = level->lists[MADE];

	if (text)
		return altskel_make_link(made, name, text);
	return is_dir ? altskel_make_directory(made, name)
		      : altskel_make_file(made, name);
}

/*
 * A name in the skeleton: a place for a mount, or a link, if there is @text.
 * What is there already, by what the name was a moment ago or for an overlay
 * that was not to be had, goes if it is anything else.
 */
static int make(const struct level *level, const char *name, bool is_dir,
		const char *text)
{
	int r;

	if (level->mounting)
		return 0;
	r = make_exactly(level, name, is_dir, text);
	if (r == -EEXIST) {
		r = take(level, name);
		if (r < 0)
			return r;
		r = make_exactly(level, name, is_dir, text);
	}
	return r < 0 ? failed(r, "make") : 0;
}

/* The directory of the view that is mounted over, and goes then. */
static int open_old(const struct level *level, const char *name, int *ret_here,
		    int *ret_made)
{
	int r = *ret_here = altskel_shown(level->here, name);

	if (r >= 0)
		r = *ret_made = altskel_directory(level->lists[MADE], name);
	return r < 0 ? failed(r, "open") : 0;
}

static int put(const struct level *level, const char *name,
	       const struct alt_end *what)
{
	_auto_close int here = -1, made = -1;
	bool is_dir = alt_is_dir(what);
	struct sys_stat st;
	int r = 0;

	if (view.again &&
	    sys_stat(level->here, name, AT_SYMLINK_NOFOLLOW, &st) == 0) {
		if (st.mount_root && st.dev == what->st.dev &&
		    st.ino == what->st.ino)
			return 0;
		if (S_ISDIR(st.mode) != is_dir || S_ISLNK(st.mode))
			r = take(level, name);
		else if (view.was != ALTWATCH_NONE && !level->waiting)
			r = open_old(level, name, &here, &made);
	}
	if (r == 0)
		r = make(level, name, is_dir, NULL);
	if (r < 0 || level->waiting)
		return r;
	r = bind(level, name, what->fd);
	if (made >= 0) {
		int gone = altskel_empty(here, made);

		altwatch_forget_below(view.path);
		sys_auto_close(&view.was);
		if (r == 0 && gone < 0)
			r = failed(gone, "empty");
	}
	/* It is gone since it was looked for, or what was bound here is: a name
	 * that comes again is listed again. */
	if (r == -ENOENT && !view.again)
		(void)altskel_remove(level->here, level->lists[MADE], name);
	return r;
}

static int make_link(const struct level *level, const char *name,
		     const char *text)
{
	/* As long as it is not there, the one before is. */
	if (view.again &&
	    altskel_replace_by_link(level->lists[MADE], name, text) == 0)
		return 0;
	return make(level, name, false, text);
}

/* What an overlay shows by itself. */
static int leave(const struct level *level, const char *name,
		 const struct alt_end *what)
{
	struct sys_stat st;

	if (level->waiting)
		return take(level, name);
	/* As it was, while somebody has it open. The numbers of an overlay's
	 * files have that of the tree above: fs/overlayfs/inode.c. */
	if (!view.again || !what ||
	    (sys_stat(level->here, name, AT_SYMLINK_NOFOLLOW, &st) == 0 &&
	     (uint32_t)st.ino == (uint32_t)what->st.ino))
		return 0;
	return put(level, name, what);
}

static int count(const char *name, int type, void *ctx)
{
	unsigned *names = ctx;

	(void)name;
	(void)type;
	++*names;
	return 0;
}

/* A place for a mount in which nobody can create anything, and where names come
 * and go: the altroot's empty directory says nothing there. 1, 0 or -errno. */
static int is_bare(const struct alt_end *a, const struct alt_end *t)
{
	_auto_close int fd = -1;
	struct linux_statfs fs;
	unsigned names = 0;
	int r = sys_statfs(t->fd, &fs);

	if (r < 0 || (fs.f_type != LINUX_PROC_SUPER_MAGIC &&
		      fs.f_type != LINUX_SYSFS_MAGIC))
		return r < 0 ? failed(r, "look at") : 0;
	fd = sys_open(a->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	r = fd < 0 ? fd : io_each_name(fd, count, &names);
	return r < 0 ? failed(r, "list") : names == 0;
}

/* Two directories under one name. */
static int settle_both(struct level *level, const char *name,
		       const struct alt_end ends[2])
{
	bool is_new = view.was == ALTWATCH_NONE;
	bool others = level->others;
	size_t len = view.len;
	int was = view.was, r = 0;

	for (unsigned i = 0; i < 2; i++)
		others |= ends[i].by_others ||
			  alt_is_others(view.alt, &ends[i].st);
	if (ends[0].by_root || ends[1].by_root)
		return refuse(level, name, &ends[ALT_TRUE], others, many);
	if (level->depth + 1 > DEPTH_MAX || ++view.merged > MERGED_MAX ||
	    strlen(view.path) + NAME_BYTES >= sizeof(view.path) ||
	    (others && ++view.others_merged > OTHERS_MERGED_MAX))
		return refuse(level, name, &ends[ALT_TRUE], others,
			      "too deep, or too many directories");
	if (is_new && !level->mounting)
		r = take(level, name);
	if (r == 0)
		r = make(level, name, true, NULL);
	if (r < 0 || level->waiting)
		return r;
	if (level->overlaid && is_new) {
		_auto_close int fd = altskel_shown(level->below, name);

		r = bind(level, name, fd);
	}
	if (r == 0)
		r = merge(level, name, ends, was, others);
	if (r < 0 && r != -ENOENT && (others || is_usual(r))) {
		/* Where it failed may be below. */
		view.len = len;
		view.path[len + 1 + strlen(name)] = '\0';
		view.was =
			view.again ? altwatch_find(view.path) : ALTWATCH_NONE;
		altwatch_forget(view.path);
		altwatch_forget_below(view.path);
		return refuse(level, name, &ends[ALT_TRUE], true,
			      r == -ENOSPC ? "too many names" : fail_reason(r));
	}
	return r;
}

static int settle_link(struct level *level, const char *name,
		       const struct alt_end ends[2], bool *ret_done)
{
	static char text[ALT_PATH];
	int r = read_link(level, name, text);

	*ret_done = r < 0;
	if (r < 0)
		return r;
	r = link_fits(level, ends, text);
	if (r != 0) {
		*ret_done = true;
		if (r < 0)
			return r;
		return level->overlaid ? leave(level, name, NULL)
				       : make_link(level, name, text);
	}
	/* Or what it leads to was replaced between two looks. */
	*ret_done = view.again && view.tries < 3;
	return *ret_done ? -ENOENT : 0;
}

static int settle_none(struct level *level, const char *name, bool others,
		       bool by_link)
{
	return level->overlaid && by_link
		       ? refuse(level, name, NULL, others,
				"an overlay would lead this link somewhere")
		       : take(level, name);
}

static int settle(struct level *level, const char *name,
		  const struct alt_end ends[2])
{
	const struct alt_end *a = &ends[ALT_ALT], *t = &ends[ALT_TRUE];
	const struct alt_end *answer = alt_choose(a, t);
	bool others = level->others || a->by_others || t->by_others;
	bool by_link = ends[level->side].by_link, done;
	int r;

	if (alt_is_there(a) && alt_is_there(t) &&
	    alt_is_dir(a) != alt_is_dir(t))
		return refuse(level, name, answer, others,
			      "a directory in one root, none in the other");
	if (by_link) {
		r = settle_link(level, name, ends, &done);
		if (done)
			return r;
	}
	/* What cannot be told is not nothing. */
	r = alt_error(a);
	if (r == 0 && (!alt_is_there(a) || alt_is_dir(a)))
		r = alt_error(t);
	if (r < 0)
		return refuse(level, name, NULL, others || is_usual(r),
			      fail_reason(r));
	if (!alt_is_there(answer))
		return settle_none(level, name, others, by_link);
	if (!alt_is_dir(answer)) {
		/* In an overlay a device can mean that there is nothing. */
		if (level->overlaid && !answer->by_link &&
		    answer == &ends[level->side] && !answer->st.mount_root &&
		    S_ISREG(answer->st.mode))
			return leave(level, name, answer);
		return put(level, name, answer);
	}
	if (alt_is_dir(a) && alt_is_dir(t) && !alt_same(a, t)) {
		r = is_bare(a, t);
		if (r <= 0)
			return r < 0 ? r : settle_both(level, name, ends);
	}
	if (answer->by_root)
		return refuse(level, name, answer, others, many);
	return put(level, name, answer);
}

/* -- directories of both -------------------------------------------------- */

/* 1, 0 or -errno */
static int has(const struct level *level, unsigned tree, const char *name)
{
	struct sys_stat st;
	int r = sys_stat(level->lists[tree], name, AT_SYMLINK_NOFOLLOW, &st);

	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

/* What others may have brought about, or what comes to be later. */
static int leave_out(const struct level *level, const char *name)
{
	if (may_say())
		log_line(view.again ? LOG_ERROR : LOG_WARNING, "%s",
			 view.why->what);
	return altskel_remove(level->here, level->lists[MADE], name);
}

static int entry(const char *name, int type, void *ctx)
{
	struct level *level = ctx;
	struct alt_end ends[2];
	struct sys_stat st;
	size_t len = view.len;
	int r;

	(void)type;
	/* With the altroot's names it was settled already, or the true's. */
	for (unsigned i = 0; i < level->list; i++)
		if (has(level, i, name) > 0)
			return 0;
	/* Most names where an overlay is, and nothing to do for them. */
	if (level->overlaid && level->side == ALT_TRUE && !view.again &&
	    sys_stat(level->lists[ALT_TRUE], name, AT_SYMLINK_NOFOLLOW, &st) ==
		    0 &&
	    S_ISREG(st.mode) && !st.mount_root)
		return 0;
	r = str_format(view.path + len, sizeof(view.path) - len, "/%s", name);
	if (r < 0)
		return failed(r, "make");
	for (const char *const *but = view.but; but && *but; but++)
		if (strcmp(*but, view.path) == 0)
			goto out;
	view.was = ALTWATCH_NONE;
	if (view.again)
		view.was = altwatch_find(view.path);
	r = -ENOENT;
	for (view.tries = 0; view.tries < 100 && r == -ENOENT; view.tries++) {
		if (view.again && !level->waiting)
			altwatch_forget(view.path);
		alt_both(view.alt, level->ends, name, ends);
		r = settle(level, name, ends);
		alt_close_both(ends);
	}
	/* What was there whenever it was looked for, and then was not. */
	if (r == -ENOENT)
		(void)failed(r, "show");
	if (r < 0 && (view.again || level->others))
		r = leave_out(level, name);
out:
	view.len = len;
	view.path[len] = '\0';
	return r;
}

static int go_through(struct level *level,
		      int (*each)(const char *name, int type, void *ctx),
		      void *ctx)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < (view.again ? 3 : 2); i++) {
		level->list = i;
		level->side = i ? ALT_TRUE : ALT_ALT;
		r = sys_rewind(level->lists[i]);
		if (r == 0)
			r = io_each_name(level->lists[i], each, ctx);
	}
	return r;
}

/* Over the directory of the skeleton, which stays on top with its attributes
 * and with what is to be mounted on. */
static int overlay(struct level *level, int parent, const char *name)
{
	const char *proc = altskel_proc();
	char options[160];
	int r = 0;

	/* Forgets what it had looked up: fs/super.c: reconfigure_super. */
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

static int each_of(struct level *level, const char *only)
{
	int r;

	if (!only)
		return go_through(level, entry, level);
	r = has(level, ALT_ALT, only);
	if (r < 0)
		return failed(r, "look at");
	level->list = 0;
	level->side = r ? ALT_ALT : ALT_TRUE;
	return entry(only, 0, level);
}

/* All names, or @only that one. */
static int show(struct level *level, int parent, const char *name,
		const char *only)
{
	bool is_new = level->below < 0;
	int r = each_of(level, only);

	if (r < 0 || !level->overlaid || (view.refused && !view.again))
		return r;
	r = overlay(level, parent, name);
	level->overlaid = level->mounting = r == 0;
	level->waiting = false;
	if (is_new) {
		log_line(LOG_WARNING, "show '%s': %u names, %s", view.path,
			 level->names,
			 r < 0 ? "no overlay: a mount for each"
			       : "read-only in an overlay");
		altwatch_keep(level->below, view.path);
	}
	return each_of(level, only);
}

/* @path below @here and @made, the same directory in the view and to be
 * changed; it is proved, as what is done there is done to names of others. */
static int level_open(struct level *level, int here, int made, const char *path)
{
	int r;

	for (unsigned i = 0; i < MADE; i++) {
		r = level->lists[i] = sys_open(level->ends[i].fd, ".",
					       O_RDONLY | O_DIRECTORY, 0);
		if (r < 0)
			return failed(r, "list");
	}
	r = level->lists[MADE] = altskel_directory(made, path);
	if (r >= 0)
		r = level->here = sys_open_in(
			here, path, O_PATH | O_NOFOLLOW,
			LINUX_RESOLVE_BENEATH | LINUX_RESOLVE_NO_SYMLINKS);
	/* An overlay shows others' inodes: what is below it is ours. */
	if (r >= 0)
		r = altskel_is_shown(level->below >= 0 ? level->below
						       : level->here,
				     level->lists[MADE]);
	return r < 0 ? failed(r, "open") : 0;
}

static void level_close(const struct level *level)
{
	sys_auto_close(&level->here);
	for (unsigned i = 0; i < 3; i++)
		sys_auto_close(&level->lists[i]);
}

/* How its names are shown; those of others' directories are not to take what
 * the rest of the view needs. */
static int choose_way(struct level *level, bool is_new)
{
	bool many_names = level->depth > 0 && level->names > BINDS_MAX;

	level->overlaid = level->waiting =
		level->below >= 0 || (is_new && many_names);
	if (!level->others || level->below >= 0)
		return 0;
	if (level->overlaid)
		return ++view.others_overlays > OTHERS_OVERLAYS_MAX ? -ENOSPC
								    : 0;
	return view.others_binds + level->names > OTHERS_BINDS_MAX ? -ENOSPC
								   : 0;
}

static int merge(const struct level *parent, const char *name,
		 const struct alt_end *ends, int below, bool others)
{
	struct level level = {
		.ends = ends,
		.lists = { -1, -1, -1 },
		.here = -1,
		.depth = parent->depth + 1,
		.others = others,
		.below = below < 0 ? -1 : below,
	};
	int r;

	view.len = strlen(view.path);
	r = level_open(&level, parent->here, parent->lists[MADE], name);
	if (r == 0) {
		r = altskel_own(level.lists[MADE], &ends[ALT_TRUE].st);
		if (r < 0)
			(void)failed(r, "change the owner and mode of");
	}
	if (r == 0) {
		/* What changes from here on is told. */
		altwatch_directory(level.lists[0], view.path);
		altwatch_directory(level.lists[1], view.path);
		altwatch_keep(level.below, view.path);
		r = go_through(&level, count, &level.names);
		if (r < 0)
			(void)failed(r, "list");
	}
	if (r == 0)
		r = choose_way(&level, below == ALTWATCH_NONE);
	if (r == 0)
		r = show(&level, parent->here, name, NULL);
	level_close(&level);
	return r;
}

int view_build(struct alt *alt, const char *point, const char *proc,
	       struct fail *why)
{
	static struct alt_end ends[2];
	struct level above = { .depth = -1u };
	int r;

	view = (struct view){ .alt = alt, .why = why };
	alt->looks = looked;
	r = altskel_open(point, proc, &view.here, &view.made);
	if (r < 0)
		return failed(r, "bind");
	above.here = view.here;
	above.lists[MADE] = view.made;
	altwatch_open();
	alt_both(alt, NULL, "/", ends);
	r = merge(&above, ".", ends, ALTWATCH_NONE,
		  alt_is_others(alt, &ends[0].st) ||
			  alt_is_others(alt, &ends[1].st));
	alt_close_both(ends);
	return r < 0 || view.refused == 0
		       ? r
		       : fail_said(why, EINVAL,
				   "show both roots: %u paths cannot be as the "
				   "rule says",
				   view.refused);
}

void view_close(void)
{
	if (!view.alt)
		return;
	(void)sys_close(view.here);
	(void)sys_close(view.made);
	altwatch_close();
	view.alt = NULL;
}

/* -- what changes meanwhile ----------------------------------------------- */

static void mend_below(struct level *level, const char *path, const char *name)
{
	const struct alt_end *ends = level->ends;
	int r = alt_error(&ends[0]) < 0 ? alt_error(&ends[0])
					: alt_error(&ends[1]);

	if (r < 0)
		(void)failed(r, "look at");
	/* Else the directory itself is about to be told of. */
	if (alt_is_dir(&ends[0]) && alt_is_dir(&ends[1])) {
		for (unsigned i = 0; i < 2; i++)
			level->others |= ends[i].by_others ||
					 alt_is_others(view.alt, &ends[i].st);
		r = level_open(level, view.here, view.made,
			       *path ? path + 1 : ".");
		if (r == 0)
			r = show(level, -1, NULL, name);
	}
	if (r < 0 && may_say())
		log_line(LOG_ERROR, "%s", view.why->what);
}

/* A path that may show something else now; "": any. */
static void mend(char *path)
{
	static struct alt_end ends[2];
	struct level level = {
		.ends = ends,
		.lists = { -1, -1, -1 },
		.here = -1,
	};
	char *name = NULL;

	if (*path) {
		name = path + (str_base(path) - path);
		name[-1] = '\0';
	}
	level.below = altwatch_find(path);
	if (level.below == ALTWATCH_NONE)
		return;
	level.overlaid = level.waiting = level.below >= 0;
	view.merged = view.refused = view.others_merged = 0;
	view.others_overlays = view.others_binds = 0;
	(void)strcpy(view.path, path);
	view.len = strlen(path);
	view.alt->looks = NULL;
	alt_both(view.alt, NULL, path, ends);
	view.alt->looks = looked;
	mend_below(&level, path, name);
	level_close(&level);
	alt_close_both(ends);
}

void view_mend(int end_fd, const char *const *but, bool to_stderr)
{
	static char path[ALT_PATH];
	const int keep[] = { view.alt->fds[0],	view.alt->fds[1], view.here,
			     view.made,		end_fd,		  log_fd(),
			     to_stderr ? 2 : -1 };
	int r;

	for (int fd = 0; fd < FDS; fd++) {
		bool is_ours = altwatch_keeps(fd);

		for (unsigned i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
			is_ours |= fd == keep[i];
		if (!is_ours)
			(void)sys_close(fd);
	}
	io_close_from(FDS);
	/* What gets their numbers, as standard error's, is never written to. */
	view.again = true;
	view.but = but;
	do {
		/* Nothing is busy because of who waits here. */
		(void)sys_fchdir(view.here);
		r = altwatch_next(end_fd, path, sizeof(path));
		if (r > 0)
			mend(path);
	} while (r > 0);
	if (r < 0)
		log_line(LOG_ERROR, "watch both roots: %s", fail_reason(-r));
}
