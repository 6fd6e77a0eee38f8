/* SPDX-License-Identifier: MIT */
#include "altview.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "altrule.h"
#include "altwatch.h"
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

/* Above these it has nothing open. */
#define FDS 4096
/* A link is replaced by renaming this to it. */
#define LINK_NEW ".pintle-new"

struct view {
	struct alt *alt;
	const char *proc;
	const char *const *but; /* paths that are left alone */
	int here, made;		/* the skeleton's root, as below */
	bool again;		/* it was built, and is mended */
	unsigned merged, refused, tries;
	struct fail *why;
	int was; /* as what the path was shown: altwatch_find() */
	size_t len;
	char path[ALT_PATH]; /* of what is worked on, in the view */
};

static struct view view;

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
	bool overlaid;	    /* what an overlay shows needs no mount */
	bool waiting;	    /* the overlay is still to come */
	bool mounting;	    /* the second time through, over the overlay */
};

static int merge(const struct level *parent, const char *name,
		 const struct alt_end *ends, int below);

static int failed(int r, const char *what)
{
	(void)fail(view.why, -r, "%s '%s'", what, *view.path ? view.path : "/");
	if (r == -ENOSPC)
		fail_todo(view.why, "raise fs.mount-max (sysctl)");
	return r;
}

/* -- what is shown goes --------------------------------------------------- */

/* The mount at @name whose root @fd is, and none that has come below it. */
static int detach(int fd, int here, const char *name)
{
	char path[300]; /* a name has 255 bytes at most */
	int r;

	(void)str_format(path, sizeof(path), "%s/self/fd/%d", view.proc, fd);
	/* Without a /proc of ours: what is there now, hardly ever another. */
	if (sys_access(AT_FDCWD, path, 0) < 0) {
		(void)sys_fchdir(here);
		(void)str_copy(path, sizeof(path), name);
	}
	/* Or it would go elsewhere too, with what is mounted in it. */
	r = sys_mount(NULL, path, NULL, MS_REC | MS_PRIVATE, NULL);
	return r == 0 ? sys_umount(path, MNT_DETACH) : r;
}

static bool is_mount(int fd)
{
	struct sys_stat st;

	return sys_stat(fd, "", AT_EMPTY_PATH, &st) == 0 && st.mount_root;
}

static int open_shown(int here, const char *name)
{
	return sys_open(here, name, O_PATH | O_NOFOLLOW, 0);
}

static void empty(int here, int made);

static void take_away(int here, int made, const char *name)
{
	int fd;
	bool is_more;

	do {
		fd = open_shown(here, name);
		is_more = is_mount(fd) && detach(fd, here, name) == 0;
		sys_auto_close(&fd);
	} while (is_more);
	if (sys_unlink(made, name, 0) == -EISDIR &&
	    sys_unlink(made, name, AT_REMOVEDIR) == -ENOTEMPTY) {
		_auto_close int below_here = sys_open(here, name, O_PATH, 0);
		_auto_close int below_made =
			sys_open(made, name, O_RDONLY | O_DIRECTORY, 0);

		empty(below_here, below_made);
		(void)sys_unlink(made, name, AT_REMOVEDIR);
	}
}

static int take_each(const char *name, int type, void *ctx)
{
	const int *fds = ctx;

	(void)type;
	take_away(fds[0], fds[1], name);
	return 0;
}

/* A directory of the skeleton, which nobody sees then. */
static void empty(int here, int made)
{
	int fds[] = { here, made };

	(void)io_each_name(made, take_each, fds);
}

/* The name that is worked on. */
static int take(const struct level *level, const char *name)
{
	if (!view.again)
		return 0;
	take_away(level->here, level->lists[MADE], name);
	if (view.was != ALTWATCH_NONE)
		altwatch_forget_below(view.path);
	sys_auto_close(&view.was);
	view.was = ALTWATCH_NONE;
	return 0;
}

static int refuse(const struct level *level, const char *name,
		  const char *reason)
{
	log_line(LOG_ERROR, "show '%s': %s", view.path, reason);
	view.refused++;
	return take(level, name);
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
	view.alt->tells_all = true;
	if (have == view.len && !absolute)
		/* The same, without the way to here. */
		alt_both(view.alt, level->ends, text, now);
	else
		alt_both(view.alt, NULL, path, now);
	view.alt->tells_all = false;
	would = choose(&now[0], &now[1]);
	if (alt_is_dir(is))
		fits = alt_is_dir(would) && alt_same(&now[1], &ends[1]) &&
		       (absolute || alt_same(&now[0], &ends[0]));
	else
		fits = alt_same(would, is);
	alt_close_both(now);
	return fits;
}

/* What was looked for to find out what is shown. */
static void looked(const struct alt_end *in, const char *name, size_t len)
{
	_auto_close int fd =
		sys_open_in(view.alt->fds[in->tree], *in->path ? in->path : "/",
			    O_PATH, LINUX_RESOLVE_IN_ROOT);

	if (fd >= 0)
		altwatch_name(fd, name, len, view.path);
}

/* -- what is shown under a name ------------------------------------------- */

static int bind(const struct level *level, const char *name, int fd)
{
	_auto_close int tree = sys_clone_mount(fd);
	_auto_close int to = open_shown(level->here, name);
	int r = tree < 0 ? tree : to;

	if (r >= 0 && view.again && is_mount(to)) {
		/* Without a moment in which the name shows nothing. */
		r = sys_move_mount_beneath(tree, to);
		if (r == -ENOENT)
			return r; /* replaced meanwhile */
		(void)detach(to, level->here, name);
		if (r == 0)
			return 0;
		/* Before Linux 6.5 there is one. */
		(void)sys_close(to);
		r = to = open_shown(level->here, name);
	}
	if (r >= 0)
		r = sys_move_mount(tree, to);
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
		r = sys_mkdir(level->lists[MADE], name, 0755);
	} else {
		r = sys_open(level->lists[MADE], name, O_WRONLY | O_CREAT,
			     0600);
		sys_auto_close(&r);
	}
	return r < 0 && r != -EEXIST ? failed(r, "make") : 0;
}

static int put(const struct level *level, const char *name,
	       const struct alt_end *what)
{
	_auto_close int here = -1, made = -1;
	bool is_dir = alt_is_dir(what);
	struct sys_stat st;
	int r;

	if (view.again &&
	    sys_stat(level->here, name, AT_SYMLINK_NOFOLLOW, &st) == 0) {
		if (st.mount_root && st.dev == what->st.dev &&
		    st.ino == what->st.ino)
			return 0;
		if (S_ISDIR(st.mode) != is_dir || S_ISLNK(st.mode)) {
			(void)take(level, name);
		} else if (view.was != ALTWATCH_NONE && !level->waiting) {
			/* It is mounted over, and goes then. */
			here = sys_open(level->here, name, O_PATH, 0);
			made = sys_open(level->lists[MADE], name,
					O_RDONLY | O_DIRECTORY, 0);
		}
	}
	r = make(level, name, is_dir);
	if (r < 0 || level->waiting)
		return r;
	r = bind(level, name, what->fd);
	if (made >= 0) {
		empty(here, made);
		altwatch_forget_below(view.path);
		sys_auto_close(&view.was);
	}
	/* It is gone since it was looked for, or what was bound here is: a name
	 * that comes again is listed again. */
	if (r == -ENOENT && !view.again)
		take_away(level->here, level->lists[MADE], name);
	return r;
}

static int make_link(const struct level *level, const char *name,
		     const char *text)
{
	int made = level->lists[MADE];
	int r = sys_symlink(text, made, name);

	if (r < 0 && view.again) {
		/* As long as it is not there, the one before is. */
		(void)sys_fchdir(made);
		(void)sys_unlink(AT_FDCWD, LINK_NEW, 0);
		(void)sys_symlink(text, AT_FDCWD, LINK_NEW);
		r = sys_rename(LINK_NEW, name);
		if (r < 0) {
			(void)take(level, name);
			r = sys_rename(LINK_NEW, name);
		}
	}
	return r < 0 && r != -EEXIST ? failed(r, "make") : 0;
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
		return refuse(level, name,
			      "a directory in one root, none in the other");
	if (ends[level->side].by_link) {
		n = sys_readlink(level->lists[level->side], name, text,
				 sizeof(text) - 1);
		if (n < 0)
			return 0; /* gone meanwhile */
		text[n] = '\0';
		if (link_fits(level, ends, text))
			return level->overlaid ? leave(level, name, NULL)
					       : make_link(level, name, text);
		/* Or what it leads to was replaced between two looks. */
		if (view.again && view.tries < 3)
			return -ENOENT;
	}
	if (!alt_is_there(answer))
		return level->overlaid && ends[level->side].by_link
			       ? refuse(level, name,
					"an overlay would lead this link "
					"somewhere")
			       : take(level, name);
	if (!alt_is_dir(answer)) {
		/* In an overlay a device can mean that there is nothing. */
		if (level->overlaid && !answer->by_link &&
		    answer == &ends[level->side] && !answer->st.mount_root &&
		    S_ISREG(answer->st.mode))
			return leave(level, name, answer);
		return put(level, name, answer);
	}
	if (alt_is_dir(a) && alt_is_dir(t) && !alt_same(a, t) &&
	    !is_bare(a, t)) {
		bool is_new = view.was == ALTWATCH_NONE;

		if (a->by_root || t->by_root)
			return refuse(level, name, many);
		if (is_new && !level->mounting)
			(void)take(level, name);
		r = make(level, name, true);
		if (r < 0 || level->waiting)
			return r;
		if (level->overlaid && is_new) {
			_auto_close int fd = open_shown(level->below, name);

			r = bind(level, name, fd);
			if (r < 0)
				return r;
		}
		return merge(level, name, ends, view.was);
	}
	if (answer->by_root)
		return refuse(level, name, many);
	return put(level, name, answer);
}

/* -- directories of both -------------------------------------------------- */

static bool has(const struct level *level, unsigned tree, const char *name)
{
	struct sys_stat st;

	return sys_stat(level->lists[tree], name, AT_SYMLINK_NOFOLLOW, &st) ==
	       0;
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
		if (has(level, i, name))
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
	if (r < 0 && view.again) {
		log_line(LOG_ERROR, "%s", view.why->what);
		r = 0;
	}
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
	const char *proc = view.proc;
	char options[160];
	int r = 0;

	/* Forgets what it had looked up: fs/super.c: reconfigure_super. */
	if (level->below >= 0) {
		r = sys_fchdir(level->here);
		return r == 0 ? sys_mount(NULL, ".", NULL,
					  LINUX_MS_REMOUNT | MS_RDONLY, NULL)
			      : r;
	}
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
	level->here = open_shown(parent, name);
	return level->here < 0 ? level->here : 0;
}

static int each_of(struct level *level, const char *only)
{
	if (!only)
		return go_through(level, entry, level);
	level->list = 0;
	level->side = has(level, ALT_ALT, only) ? ALT_ALT : ALT_TRUE;
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

static int level_open(struct level *level, int here, int made, const char *name)
{
	level->here = open_shown(here, name);
	if (level->here < 0)
		return failed(level->here, "open");
	for (unsigned i = 0; i < 3; i++) {
		bool is_tree = i != MADE;

		level->lists[i] = sys_open(is_tree ? level->ends[i].fd : made,
					   is_tree ? "." : name,
					   O_RDONLY | O_DIRECTORY, 0);
		if (level->lists[i] < 0)
			return failed(level->lists[i], "list");
	}
	return 0;
}

static void level_close(const struct level *level)
{
	sys_auto_close(&level->here);
	for (unsigned i = 0; i < 3; i++)
		sys_auto_close(&level->lists[i]);
}

static int merge(const struct level *parent, const char *name,
		 const struct alt_end *ends, int below)
{
	const struct sys_stat *st = &ends[ALT_TRUE].st;
	struct level level = {
		.ends = ends,
		.lists = { -1, -1, -1 },
		.here = -1,
		.depth = parent->depth + 1,
		.below = below < 0 ? -1 : below,
	};
	int r;

	if (level.depth > DEPTH_MAX || ++view.merged > MERGED_MAX)
		return refuse(parent, name,
			      "too deep, or too many directories");
	view.len = strlen(view.path);
	/* Those of another user namespace cannot be had. */
	(void)sys_chown(parent->lists[MADE], name, st->uid, st->gid);
	(void)sys_chmod(parent->lists[MADE], name, st->mode);
	r = level_open(&level, parent->here, parent->lists[MADE], name);
	if (r == 0) {
		/* What changes from here on is told. */
		altwatch_directory(level.lists[0], view.path);
		altwatch_directory(level.lists[1], view.path);
		altwatch_keep(level.below, view.path);
		r = go_through(&level, count, &level.names);
	}
	if (r == 0) {
		level.overlaid = level.waiting =
			level.below >= 0 ||
			(level.depth > 0 && below == ALTWATCH_NONE &&
			 level.names > BINDS_MAX);
		r = show(&level, parent->here, name, NULL);
	}
	level_close(&level);
	return r;
}

int view_build(struct alt *alt, const char *point, const char *proc,
	       struct fail *why)
{
	static struct alt_end ends[2];
	struct level above = { .depth = -1u };
	int r;

	view = (struct view){ .alt = alt, .proc = proc, .why = why };
	alt->looks = looked;
	view.here = above.here = open_shown(AT_FDCWD, point);
	view.made = above.lists[MADE] = sys_clone_mount(view.here);
	/* Nobody makes a name in it, not even root: by the rule it would be
	 * elsewhere. */
	r = view.made < 0
		    ? view.made
		    : sys_mount(NULL, point, NULL,
				LINUX_MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	if (r < 0)
		return failed(r, "bind");
	altwatch_open();
	alt_both(alt, NULL, "/", ends);
	r = merge(&above, ".", ends, ALTWATCH_NONE);
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
	view.merged = view.refused = 0;
	(void)strcpy(view.path, path);
	view.len = strlen(path);
	view.alt->looks = NULL;
	alt_both(view.alt, NULL, path, ends);
	view.alt->looks = looked;
	/* Else the directory itself is about to be told of. */
	if (alt_is_dir(&ends[0]) && alt_is_dir(&ends[1]) &&
	    level_open(&level, view.here, view.made, *path ? path + 1 : ".") ==
		    0)
		(void)show(&level, -1, NULL, name);
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
	(void)sys_close_from(FDS);
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
