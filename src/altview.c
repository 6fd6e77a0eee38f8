/* SPDX-License-Identifier: MIT */
#include "altview.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "altrule.h"
#include "fail.h"
#include "io.h"
#include "log.h"
#include "str.h"
#include "sys.h"

/* Each level is 12 KB of stack, so that hostile trees find an end. */
#define DEPTH_MAX 64
/* The same for two trees whose links make more directories than they have. */
#define MERGED_MAX 16384
/* Names in a directory beyond which an overlay is less work than a mount for
 * each; fs.mount-max of the kernel is 100,000. */
#define BINDS_MAX 4096

struct view {
	struct alt *alt;
	const char *proc;
	unsigned merged, refused, read_only;
	struct fail *why;
	size_t len;
	char path[ALT_PATH]; /* of what is worked on, in the view */
};

static struct view view;

/* A directory that both trees have. */
struct level {
	const struct alt_end *ends; /* by alt_tree */
	int lists[2];		    /* the same, opened to be read */
	int here;		    /* in the view */
	int below; /* in the skeleton, where an overlay is here; or -1 */
	unsigned depth, names;
	enum alt_tree side; /* whose names are gone through */
	bool overlaid;	    /* what an overlay shows needs no mount */
	bool waiting;	    /* the overlay is still to come */
	bool mounting;	    /* the second time through, over the overlay */
};

static int merge(int parent, const char *name, const struct alt_end *ends,
		 unsigned depth);

static int refuse(const char *reason)
{
	log_line(LOG_ERROR, "show '%s': %s", view.path, reason);
	view.refused++;
	return 0;
}

static int failed(int r, const char *what)
{
	(void)fail(view.why, -r, "%s '%s'", what, *view.path ? view.path : "/");
	if (r == -ENOSPC)
		fail_todo(view.why, "raise fs.mount-max (sysctl)");
	return r;
}

/* -- links ---------------------------------------------------------------- */

/* The rule, of two walks. */
static const struct alt_end *choose(const struct alt_end *a,
				    const struct alt_end *t)
{
	return !alt_is_there(t) || (alt_is_there(a) && !alt_is_dir(a)) ? a : t;
}

/*
 * Would the link @text, as it is, show in the view what the rule says of its
 * path, whose walks are @ends? In the view it leads from one tree into the
 * other as soon as it is in a directory of both; by the rule it does not.
 */
static bool link_fits(const struct level *level, const struct alt_end *ends,
		      const char *text)
{
	static struct alt_end now[2];
	static char path[2 * ALT_PATH];
	const struct alt_end *is = choose(&ends[0], &ends[1]), *would;
	bool absolute = *text == '/', fits;
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
	now[0].path[0] = now[1].path[0] = '\0';
	alt_both(view.alt, path, now);
	would = choose(&now[0], &now[1]);
	if (alt_is_dir(is))
		fits = alt_is_dir(would) && alt_same(&now[1], &ends[1]) &&
		       (absolute || alt_same(&now[0], &ends[0]));
	else
		fits = alt_same(would, is);
	alt_close_both(now);
	return fits;
}

/* -- what is shown under a name ------------------------------------------- */

static int bind(const struct level *level, const char *name, int fd)
{
	_auto_close int tree = sys_clone_mount(fd);
	_auto_close int to =
		sys_open(level->here, name, O_PATH | O_NOFOLLOW, 0);
	int r = tree < 0 ? tree : to < 0 ? to : sys_move_mount(tree, to);

	return r < 0 ? failed(r, "bind") : 0;
}

/* A name in the skeleton, for a mount. It may be there from an overlay that was
 * not to be had. */
static int make(const struct level *level, const char *name, bool is_dir)
{
	int r;

	if (level->mounting)
		return 0;
	if (is_dir) {
		r = sys_mkdir(level->here, name, 0755);
	} else {
		r = sys_open(level->here, name, O_WRONLY | O_CREAT, 0600);
		sys_auto_close(&r);
	}
	return r < 0 && r != -EEXIST ? failed(r, "make") : 0;
}

static int put(const struct level *level, const char *name,
	       const struct alt_end *what)
{
	int r = make(level, name, alt_is_dir(what));

	if (r < 0 || level->waiting)
		return r;
	r = bind(level, name, what->fd);
	/* It is gone since it was looked for, or what was bound here is: a name
	 * that comes again is listed again. */
	if (r == -ENOENT && sys_fchdir(level->here) == 0) {
		(void)sys_umount(name, MNT_DETACH);
		(void)sys_unlink(level->here, name,
				 alt_is_dir(what) ? AT_REMOVEDIR : 0);
	}
	return r;
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
 * and go: the altroot's empty directory says nothing there. */
static bool is_bare(const struct alt_end *a, const struct alt_end *t)
{
	_auto_close int fd = -1;
	struct linux_statfs fs;
	unsigned names = 0;

	if (sys_statfs(t->fd, &fs) < 0 ||
	    (fs.f_type != LINUX_PROC_SUPER_MAGIC &&
	     fs.f_type != LINUX_SYSFS_MAGIC))
		return false;
	fd = sys_open(a->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	return fd >= 0 && io_each_name(fd, count, &names) == 0 && names == 0;
}

static int settle(struct level *level, const char *name,
		  const struct alt_end ends[2])
{
	static const char many[] = "links make it of more than two directories";
	static char text[ALT_PATH];
	const struct alt_end *a = &ends[ALT_ALT], *t = &ends[ALT_TRUE];
	const struct alt_end *answer = choose(a, t);
	long n;
	int r;

	if (alt_is_there(a) && alt_is_there(t) &&
	    alt_is_dir(a) != alt_is_dir(t))
		return refuse("a directory in one root, none in the "
			      "other");
	if (ends[level->side].by_link) {
		n = sys_readlink(level->lists[level->side], name, text,
				 sizeof(text) - 1);
		if (n < 0)
			return 0; /* gone meanwhile */
		text[n] = '\0';
		if (link_fits(level, ends, text)) {
			r = level->overlaid
				    ? 0
				    : sys_symlink(text, level->here, name);
			return r < 0 && r != -EEXIST ? failed(r, "make") : 0;
		}
	}
	if (!alt_is_there(answer))
		return level->overlaid && ends[level->side].by_link
			       ? refuse("an overlay would lead this link "
					"somewhere")
			       : 0;
	if (!alt_is_dir(answer)) {
		/* In an overlay a device can mean that there is nothing. */
		if (level->overlaid && !answer->by_link &&
		    answer == &ends[level->side] && !answer->st.mount_root &&
		    S_ISREG(answer->st.mode))
			return 0;
		return put(level, name, answer);
	}
	if (alt_is_dir(a) && alt_is_dir(t) && !alt_same(a, t) &&
	    !is_bare(a, t)) {
		if (a->by_root || t->by_root)
			return refuse(many);
		r = make(level, name, true);
		if (r < 0 || level->waiting)
			return r;
		if (level->overlaid) {
			_auto_close int fd = sys_open(level->below, name,
						      O_PATH | O_NOFOLLOW, 0);

			r = bind(level, name, fd);
			if (r < 0)
				return r;
		}
		return merge(level->here, name, ends, level->depth + 1);
	}
	if (answer->by_root)
		return refuse(many);
	return put(level, name, answer);
}

/* -- directories of both -------------------------------------------------- */

static int entry(const char *name, int type, void *ctx)
{
	struct level *level = ctx;
	struct alt_end ends[2];
	struct sys_stat st;
	size_t len = view.len;
	int r;

	(void)type;
	/* With the altroot's names it was settled already. */
	if (level->side == ALT_TRUE && sys_stat(level->lists[ALT_ALT], name,
						AT_SYMLINK_NOFOLLOW, &st) == 0)
		return 0;
	/* Most names where an overlay is, and nothing to do for them. */
	if (level->overlaid && level->side == ALT_TRUE &&
	    sys_stat(level->lists[ALT_TRUE], name, AT_SYMLINK_NOFOLLOW, &st) ==
		    0 &&
	    S_ISREG(st.mode) && !st.mount_root)
		return 0;
	r = str_format(view.path + len, sizeof(view.path) - len, "/%s", name);
	if (r < 0)
		return failed(r, "make");
	r = -ENOENT;
	for (unsigned tries = 0; tries < 100 && r == -ENOENT; tries++) {
		strcpy(ends[0].path, level->ends[0].path);
		strcpy(ends[1].path, level->ends[1].path);
		alt_both(view.alt, name, ends);
		r = settle(level, name, ends);
		alt_close_both(ends);
	}
	view.len = len;
	view.path[len] = '\0';
	return r;
}

static int go_through(struct level *level,
		      int (*each)(const char *name, int type, void *ctx),
		      void *ctx)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < 2; i++) {
		level->side = (enum alt_tree)i;
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
	const char *proc = view.proc;
	char options[160];
	int r;

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
	level->here = sys_open(parent, name, O_PATH | O_NOFOLLOW, 0);
	return level->here < 0 ? level->here : 0;
}

static int merge_open(struct level *level, int parent, const char *name)
{
	unsigned names = 0;
	int r;

	level->here = sys_open(parent, name, O_PATH | O_NOFOLLOW, 0);
	if (level->here < 0)
		return failed(level->here, "open");
	for (unsigned i = 0; i < 2; i++) {
		level->lists[i] = sys_open(level->ends[i].fd, ".",
					   O_RDONLY | O_DIRECTORY, 0);
		if (level->lists[i] < 0)
			return failed(level->lists[i], "list");
	}
	r = go_through(level, count, &names);
	level->overlaid = level->waiting =
		level->depth > 0 && names > BINDS_MAX;
	if (r == 0)
		r = go_through(level, entry, level);
	if (r < 0 || !level->overlaid || view.refused)
		return r;
	r = overlay(level, parent, name);
	level->overlaid = level->mounting = r == 0;
	level->waiting = false;
	log_line(LOG_WARNING, "show '%s': %u names, %s", view.path, names,
		 r < 0 ? "no overlay: a mount for each"
		       : "read-only in an overlay");
	return go_through(level, entry, level);
}

static int merge(int parent, const char *name, const struct alt_end *ends,
		 unsigned depth)
{
	const struct sys_stat *st = &ends[ALT_TRUE].st;
	struct level level = {
		.ends = ends,
		.lists = { -1, -1 },
		.here = -1,
		.below = -1,
		.depth = depth,
	};
	int r;

	if (depth > DEPTH_MAX || ++view.merged > MERGED_MAX)
		return refuse("too deep, or too many directories");
	view.len = strlen(view.path);
	/* Those of another user namespace cannot be had. */
	(void)sys_chown(parent, name, st->uid, st->gid);
	(void)sys_chmod(parent, name, st->mode);
	r = merge_open(&level, parent, name);
	sys_auto_close(&level.here);
	sys_auto_close(&level.below);
	sys_auto_close(&level.lists[0]);
	sys_auto_close(&level.lists[1]);
	return r;
}

int view_build(struct alt *alt, const char *point, const char *proc,
	       struct fail *why)
{
	static struct alt_end ends[2];
	int r;

	view = (struct view){ .alt = alt, .proc = proc, .why = why };
	ends[0].path[0] = ends[1].path[0] = '\0';
	alt_both(alt, "/", ends);
	r = merge(AT_FDCWD, point, ends, 0);
	alt_close_both(ends);
	return r < 0 || view.refused == 0
		       ? r
		       : fail_said(why, EINVAL,
				   "show both roots: %u paths cannot be as the "
				   "rule says",
				   view.refused);
}
