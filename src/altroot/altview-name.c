/* SPDX-License-Identifier: MIT */
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

/* At most so many lines about what others do are printed in that time. */
#define SAY_MAX	      20
#define SAY_PERIOD_US 60000000

struct altview altview;

int altview_failed(int r, const char *what)
{
	(void)fail(altview.why, -r, "%s '%s'", what,
		   *altview.path ? altview.path : "/");
	if (r == -ENOSPC)
		fail_todo(altview.why, "raise fs.mount-max (sysctl)");
	return r;
}

/* Others can cause as many lines as they like, so not all are printed. */
bool altview_may_say(void)
{
	int64_t now_us = sys_now_us();

	if (altview.said_us == 0 || now_us - altview.said_us >= SAY_PERIOD_US) {
		if (altview.left_out)
			log_line(LOG_WARNING, "%u lines were left out",
				 altview.left_out);
		altview.said_us = now_us;
		altview.said = altview.left_out = 0;
	}
	if (altview.said++ < SAY_MAX)
		return true;
	if (altview.left_out++ == 0)
		log_line(LOG_WARNING, "more such lines are left out");
	return false;
}

/* Let the name that is worked on show nothing. */
int altview_take(const struct altview_level *level, const char *name)
{
	int r = altskel_remove(level->here, level->lists[ALTVIEW_MADE], name);

	if (altview.again && altview.was != ALTWATCH_NONE) {
		altwatch_forget_below(altview.path);
		sys_auto_close(&altview.was);
	}
	altview.was = ALTWATCH_NONE;
	return r < 0 ? altview_failed(r, "take away") : 0;
}

/*
 * What the rule says of @name and of what is below it cannot be shown, or is
 * not known. Where others can cause that, what the rule says of @name alone is
 * shown, so that they cannot keep anybody's program from starting.
 *
 * @answer:  what the rule says of @name alone, or NULL: that is not known
 */
int altview_refuse(const struct altview_level *level, const char *name,
		   const struct alt_end *answer, bool others,
		   const char *reason)
{
	bool is_shown = others && answer && alt_is_there(answer);
	int r;

	if (!others && !altview.again) {
		log_line(LOG_ERROR, "show '%s': %s", altview.path, reason);
		altview.refused++;
		return altview_take(level, name);
	}
	if (altview_may_say())
		log_line(others ? LOG_WARNING : LOG_ERROR,
			 "show '%.600s': %s%s", altview.path, reason,
			 !is_shown		    ? ""
			 : answer->tree == ALT_TRUE ? ": as in the true root"
						    : ": as in the altroot");
	if (!is_shown)
		return altview_take(level, name);
	r = altview.was == ALTWATCH_NONE && !altview.again && !level->mounting
		    ? altview_take(level, name)
		    : 0;
	return r < 0 ? r : altview_put(level, name, answer);
}

/* A user other than root may not look into everything: no reason to stop. */
bool altview_is_usual(int error)
{
	return error == -EACCES && altview.alt->uid != 0;
}

/*
 * Would the link @text, as it is, show in the view what the rule says of its
 * path, whose walks are @ends? In the view a link leads from one tree into the
 * other as soon as it is in a directory of both; by the rule it does not.
 * Returns 1, 0 or -errno.
 */
int altview_link_fits(const struct altview_level *level,
		      const struct alt_end *ends, const char *text)
{
	static struct alt_end now[2];
	static char path[2 * ALT_PATH];
	const struct alt_end *is = alt_choose(&ends[0], &ends[1]), *would;
	bool absolute = *text == '/', fits;
	int error = 0;
	/* The directory's part of the view's path, which has no links. */
	size_t have = altview.len;

	/* The walk came here by this very link. */
	if (absolute &&
	    (level->side == ALT_TRUE || !alt_is_there(&ends[ALT_TRUE])))
		return true;
	while (!absolute && str_after(text, "../")) {
		while (have > 0 && altview.path[--have] != '/')
			;
		text += 3;
	}
	if (strcmp(text, "..") == 0)
		text = "/../"; /* rare, and never wrong */
	for (const char *c = text; *c; c++)
		if (str_after(c, "/.."))
			return false;
	(void)str_format(path, sizeof(path), "%.*s/%s",
			 absolute ? 0 : (int)have, altview.path, text);
	altview.alt->tells_all = true;
	if (have == altview.len && !absolute)
		/* The same, without walking here first. */
		alt_both(altview.alt, level->ends, text, now);
	else
		alt_both(altview.alt, NULL, path, now);
	altview.alt->tells_all = false;
	would = alt_choose(&now[0], &now[1]);
	/* If both fail with the same error there is no difference. */
	for (unsigned i = 0; error == 0 && i < 2; i++)
		if (alt_error(&now[i]) != alt_error(&ends[i]))
			error = alt_error(&now[i]);
	if (alt_is_dir(is))
		fits = alt_is_dir(would) && alt_same(&now[1], &ends[1]) &&
		       (absolute || alt_same(&now[0], &ends[0]));
	else
		fits = alt_same(would, is);
	alt_close_both(now);
	/* Nobody can follow that link, wherever it leads. */
	if (altview_is_usual(error) && !alt_is_there(is))
		return 1;
	return error < 0 ? altview_failed(error, "look at") : fits;
}

/* A name on which depends what is shown; called by the walk. */
void altview_looked(const struct alt_end *in, const char *name, size_t len)
{
	altwatch_name(in->fd, name, len, altview.path);
}

/* The text of the link that is worked on. Returns 0; -ENOENT: it is no link
 * any more. */
int altview_read_link(const struct altview_level *level, const char *name,
		      char text[ALT_PATH])
{
	_auto_close int fd = altskel_shown(level->lists[level->side], name);
	long n = fd < 0 ? fd : sys_readlink(fd, "", text, ALT_PATH);

	if (n == ALT_PATH)
		return -ENAMETOOLONG;
	if (n < 0) /* ENOENT if it is no link: readlinkat(2) */
		return n == -ENOENT ? -ENOENT
				    : altview_failed((int)n, "read the link");
	text[n] = '\0';
	return 0;
}

int altview_bind(const struct altview_level *level, const char *name, int fd)
{
	_auto_close int tree = -1;
	_auto_close int to = altskel_shown(level->here, name);
	int r;

	if (level->others && altview.others_binds++ >= OTHERS_BINDS_MAX)
		return altview_failed(-ENOSPC, "bind");
	r = tree = sys_clone_mount(fd);
	if (r >= 0)
		r = to;
	if (r >= 0 && altview.again && altskel_is_mount(to)) {
		/* There is no moment in which the name shows nothing. */
		r = sys_move_mount_beneath(tree, to);
		if (r == -ENOENT)
			return r; /* replaced meanwhile */
		(void)altskel_detach(to, level->here, name);
		if (r == 0)
			return 0;
		/* Before Linux 6.5 there is such a moment. */
		(void)sys_close(to);
		r = to = altskel_shown(level->here, name);
	}
	if (r >= 0)
		r = sys_move_mount(tree, to);
	return r < 0 ? altview_failed(r, "bind") : 0;
}

static int make_exactly(const struct altview_level *level, const char *name,
			bool is_dir, const char *text)
{
	int made = level->lists[ALTVIEW_MADE];

	if (text)
		return altskel_make_link(made, name, text);
	return is_dir ? altskel_make_directory(made, name)
		      : altskel_make_file(made, name);
}

/*
 * Make a name in the skeleton: a place for a mount, or, with @text, a link.
 * Anything else that is there already is removed: it is left from what the name
 * was a moment ago, or was made for an overlay that could not be mounted.
 */
int altview_make(const struct altview_level *level, const char *name,
		 bool is_dir, const char *text)
{
	int r;

	if (level->mounting)
		return 0;
	r = make_exactly(level, name, is_dir, text);
	if (r == -EEXIST) {
		r = altview_take(level, name);
		if (r < 0)
			return r;
		r = make_exactly(level, name, is_dir, text);
	}
	return r < 0 ? altview_failed(r, "make") : 0;
}

/* Open the directory of the view that will be mounted over and then emptied. */
static int open_old(const struct altview_level *level, const char *name,
		    int *ret_here, int *ret_made)
{
	int r = *ret_here = altskel_shown(level->here, name);

	if (r >= 0)
		r = *ret_made =
			altskel_directory(level->lists[ALTVIEW_MADE], name);
	return r < 0 ? altview_failed(r, "open") : 0;
}

int altview_put(const struct altview_level *level, const char *name,
		const struct alt_end *what)
{
	_auto_close int here = -1, made = -1;
	bool is_dir = alt_is_dir(what);
	struct sys_stat st;
	int r = 0;

	if (altview.again &&
	    sys_stat(level->here, name, AT_SYMLINK_NOFOLLOW, &st) == 0) {
		if (st.mount_root && st.dev == what->st.dev &&
		    st.ino == what->st.ino)
			return 0;
		if (S_ISDIR(st.mode) != is_dir || S_ISLNK(st.mode))
			r = altview_take(level, name);
		else if (altview.was != ALTWATCH_NONE && !level->waiting)
			r = open_old(level, name, &here, &made);
	}
	if (r == 0)
		r = altview_make(level, name, is_dir, NULL);
	if (r < 0 || level->waiting)
		return r;
	r = altview_bind(level, name, what->fd);
	if (made >= 0) {
		int gone = altskel_empty(here, made);

		altwatch_forget_below(altview.path);
		sys_auto_close(&altview.was);
		if (r == 0 && gone < 0)
			r = altview_failed(gone, "empty");
	}
	/* It has gone since it was looked for, or what was bound here has: a
	 * name that comes again is listed again. */
	if (r == -ENOENT && !altview.again)
		(void)altskel_remove(level->here, level->lists[ALTVIEW_MADE],
				     name);
	return r;
}

int altview_make_link(const struct altview_level *level, const char *name,
		      const char *text)
{
	/* Until the new link is there, the old one is. */
	if (altview.again && altskel_replace_by_link(level->lists[ALTVIEW_MADE],
						     name, text) == 0)
		return 0;
	return altview_make(level, name, false, text);
}

/* The overlay shows this name by itself. */
int altview_leave(const struct altview_level *level, const char *name,
		  const struct alt_end *what)
{
	struct sys_stat st;

	if (level->waiting)
		return altview_take(level, name);
	/* It stays as it was while somebody has it open. The inode numbers of
	 * an overlay's files have those of the layer in their lower half:
	 * fs/overlayfs/inode.c. */
	if (!altview.again || !what ||
	    (sys_stat(level->here, name, AT_SYMLINK_NOFOLLOW, &st) == 0 &&
	     (uint32_t)st.ino == (uint32_t)what->st.ino))
		return 0;
	return altview_put(level, name, what);
}

int altview_count_name(const char *name, int type, void *ctx)
{
	unsigned *names = ctx;

	(void)name;
	(void)type;
	++*names;
	return 0;
}

/* Is @t a procfs or sysfs, in which nobody can create names, though they come
 * and go, and is @a an empty directory, made to mount one on? 1, 0 or
 * -errno. */
int altview_is_bare(const struct alt_end *a, const struct alt_end *t)
{
	_auto_close int fd = -1;
	struct linux_statfs fs;
	unsigned names = 0;
	int r = sys_statfs(t->fd, &fs);

	if (r < 0 || (fs.f_type != LINUX_PROC_SUPER_MAGIC &&
		      fs.f_type != LINUX_SYSFS_MAGIC))
		return r < 0 ? altview_failed(r, "look at") : 0;
	fd = sys_open(a->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	r = fd < 0 ? fd : io_each_name(fd, altview_count_name, &names);
	return r < 0 ? altview_failed(r, "list") : names == 0;
}
