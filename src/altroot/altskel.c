/* SPDX-License-Identifier: MIT */
#include "altroot/altskel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

/* A link of this name is created and renamed to the name of the old one. */
#define LINK_NEW ".pintle-new"

#define LINK_BYTES 4096 /* PATH_MAX */

static struct {
	uint64_t dev, mnt_id;
	const char *proc; /* NULL: there is none to be trusted */
} skel;

/* -- what is the skeleton's ----------------------------------------------- */

static int prove(int fd)
{
	struct sys_stat st;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return r;
	return st.dev == skel.dev && st.mnt_id == skel.mnt_id ? 0 : -EXDEV;
}

int altskel_prove_by(int made)
{
	struct sys_stat st;
	int r = sys_fstat(made, &st);

	if (r == 0) {
		skel.dev = st.dev;
		skel.mnt_id = st.mnt_id;
	}
	return r;
}

/* In a root of somebody else's, a directory of that name may be anything. */
static bool is_proc(const char *path)
{
	_auto_close int fd = sys_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	struct linux_statfs fs;

	return sys_statfs(fd, &fs) == 0 && fs.f_type == LINUX_PROC_SUPER_MAGIC;
}

int altskel_open(const char *point, const char *proc, int *ret_here,
		 int *ret_made)
{
	int r;

	skel.proc = is_proc(proc) ? proc : NULL;
	*ret_made = -1;
	r = *ret_here = altskel_shown(AT_FDCWD, point);
	if (r >= 0)
		r = *ret_made = sys_clone_mount(*ret_here);
	if (r >= 0)
		r = altskel_prove_by(*ret_made);
	/* Nobody creates a name in it, not even root: by the rule the name
	 * would be elsewhere. */
	return r < 0 ? r
		     : sys_mount(NULL, point, NULL,
				 LINUX_MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
}

const char *altskel_proc(void)
{
	return skel.proc;
}

int altskel_directory(int made, const char *path)
{
	int fd = sys_open_in(made, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
			     LINUX_RESOLVE_BENEATH | LINUX_RESOLVE_NO_XDEV |
				     LINUX_RESOLVE_NO_SYMLINKS);
	int r = fd < 0 ? fd : prove(fd);

	if (r < 0) {
		sys_auto_close(&fd);
		return r;
	}
	return fd;
}

int altskel_is_shown(int here, int made)
{
	struct sys_stat shown, own;
	int r = sys_fstat(here, &shown);

	if (r < 0)
		return r;
	r = sys_fstat(made, &own);
	if (r < 0)
		return r;
	return shown.dev == own.dev && shown.ino == own.ino ? 0 : -EXDEV;
}

/* -- names ---------------------------------------------------------------- */

/* The type of what is there, or -errno. Nobody but us can have created it, so
 * its type is all that has to be known. */
static int kind(int made, const char *name)
{
	struct sys_stat st;
	int r = sys_stat(made, name, AT_SYMLINK_NOFOLLOW, &st);

	if (r < 0)
		return r;
	if (st.dev != skel.dev || st.mnt_id != skel.mnt_id)
		return -EXDEV;
	return (int)(st.mode & S_IFMT);
}

static int is_there(int made, const char *name, unsigned type)
{
	int is = kind(made, name);

	if (is < 0)
		return is;
	return (unsigned)is == type ? 0 : -EEXIST;
}

int altskel_make_directory(int made, const char *name)
{
	int r = sys_mkdir(made, name, 0700);

	return r == -EEXIST ? is_there(made, name, S_IFDIR) : r;
}

int altskel_make_file(int made, const char *name)
{
	_auto_close int fd = sys_open(
		made, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	if (fd == -EEXIST)
		return is_there(made, name, S_IFREG);
	return fd < 0 ? fd : 0;
}

int altskel_make_link(int made, const char *name, const char *text)
{
	char is[LINK_BYTES];
	size_t len = strlen(text);
	int r = sys_symlink(text, made, name);
	long n;

	if (r != -EEXIST)
		return r;
	r = is_there(made, name, S_IFLNK);
	if (r < 0)
		return r;
	n = sys_readlink(made, name, is, sizeof(is));
	if (n < 0)
		return (int)n;
	return (size_t)n == len && memcmp(is, text, len) == 0 ? 0 : -EEXIST;
}

int altskel_replace_by_link(int made, const char *name, const char *text)
{
	int r = sys_symlink(text, made, LINK_NEW);

	if (r == 0) {
		r = sys_rename_in(made, LINK_NEW, name);
		if (r < 0)
			(void)sys_unlink(made, LINK_NEW, 0);
	}
	return r;
}

int altskel_own(int fd, const struct sys_stat *like)
{
	int r = prove(fd);

	if (r == 0)
		r = sys_fchown(fd, like->uid, like->gid);
	/* Owners that this user namespace does not map cannot be set. */
	if (r == 0 || r == -EINVAL)
		r = sys_fchmod(fd, like->mode);
	return r;
}

/* -- what is shown goes --------------------------------------------------- */

int altskel_shown(int here, const char *name)
{
	return sys_open(here, name, O_PATH | O_NOFOLLOW, 0);
}

bool altskel_is_mount(int fd)
{
	struct sys_stat st;

	/* A FUSE that lets nobody in tells no more than that. */
	return (sys_fstat(fd, &st) == 0 || sys_fstat_shut(fd, &st) == 0) &&
	       st.mount_root;
}

int altskel_detach(int fd, int here, const char *name)
{
	int r, flags = MNT_DETACH;

	if (skel.proc) {
		name = io_path("%s/self/fd/%d", skel.proc, fd);
	} else {
		/* What is there now, which is hardly ever something else. */
		r = sys_fchdir(here);
		if (r < 0)
			return r;
		flags |= UMOUNT_NOFOLLOW;
	}
	/* Otherwise it would be unmounted elsewhere, too, with its mounts. */
	r = sys_mount(NULL, name, NULL, MS_REC | MS_PRIVATE, NULL);
	return r == 0 ? sys_umount(name, flags) : r;
}

struct pair {
	int here, made;
};

static int remove_each(const char *name, int type, void *ctx)
{
	const struct pair *pair = ctx;

	(void)type;
	return altskel_remove(pair->here, pair->made, name);
}

/* Nobody sees the directory then. */
int altskel_empty(int here, int made)
{
	struct pair pair = { here, made };
	int r = prove(made);

	return r == 0 ? io_each_name(made, remove_each, &pair) : r;
}

static int remove_directory(int here, int made, const char *name)
{
	int r = sys_unlink(made, name, AT_REMOVEDIR);

	if (r == -ENOTEMPTY) {
		_auto_close int below_here = altskel_shown(here, name);
		_auto_close int below_made = altskel_directory(made, name);

		r = below_made < 0 ? below_made
				   : altskel_empty(below_here, below_made);
		if (r == 0)
			r = sys_unlink(made, name, AT_REMOVEDIR);
	}
	return r;
}

int altskel_remove(int here, int made, const char *name)
{
	int fd, r;
	bool is_more;

	do {
		fd = altskel_shown(here, name);
		is_more = altskel_is_mount(fd) &&
			  altskel_detach(fd, here, name) == 0;
		sys_auto_close(&fd);
	} while (is_more);
	r = prove(made);
	if (r == 0)
		r = sys_unlink(made, name, 0);
	if (r == -EISDIR)
		r = remove_directory(here, made, name);
	return r == -ENOENT ? 0 : r;
}
