/* SPDX-License-Identifier: MIT */
#include "switch/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/mountinfo.h"
#include "base/str.h"
#include "base/sys.h"

/* Each level costs a descriptor and about 3 KiB of stack. */
#define DEPTH_MAX 256

/*
 * File systems without a block device whose files do not belong to another file
 * system that is mounted here: they are in memory, made by the kernel, on raw
 * flash, or on another machine. zfs, btrfs and bcachefs have several devices;
 * erofs may be in a file, which it holds open (fs/erofs/super.c).
 *
 * The FUSE file systems listed serve one device, one open file or another
 * machine. Others may be made of directories, as mergerfs, bindfs, unionfs-fuse
 * and fuse-overlayfs are.
 */
static const char plain[] =
	"9p,afs,autofs,bcachefs,binder,binfmt_misc,bpf,btrfs,ceph,"
	"cgroup,cgroup2,cifs,configfs,cpuset,debugfs,devpts,"
	"devtmpfs,dlmfs,efivarfs,erofs,fuse.ceph-fuse,"
	"fuse.erofsfuse,fuse.fuse2fs,fuse.glusterfs,fuse.ntfs-3g,"
	"fuse.squashfuse,fuse.squashfuse_ll,fuse.sshfs,fusectl,"
	"hugetlbfs,jffs2,mqueue,nfs,nfs4,nfsd,nullfs,orangefs,proc,"
	"pstore,ramfs,resctrl,rootfs,rpc_pipefs,securityfs,"
	"selinuxfs,smackfs,smb3,sysfs,tmpfs,tracefs,ubifs,vboxsf,"
	"virtiofs,xenfs,zfs";

static const struct stack_question *question;
static char reason[256];  /* "": none so far */
static unsigned overlays; /* of the new root */
/* Outside of the new root there is a file system on which an overlay may be
 * stacked, and which does not pass on the names of its own layers. */
static bool is_opaque;
static char mark[40]; /* the name that has never been used */

static void set_reason(const struct mountinfo *mount, const char *is)
{
	struct text text = { .buf = reason, .size = sizeof(reason) };
	char point[160];

	if (*reason)
		return;
	text_add(&text, "'");
	text_add_shown(&text, str_copy(point, sizeof(point), mount->point) < 0
				      ? "..."
				      : point);
	text_add(&text, "' (%s) %s", mount->type, is);
}

static bool is_below(const char *point, const char *top, bool or_at)
{
	const char *rest = str_after(point, top);

	return rest && (*rest == '/' || (or_at && *rest == '\0'));
}

/* Is it one of the mounts that the new root will have? */
static bool is_in_scope(const struct mountinfo *mount)
{
	/* A mount point that was cut is unknown, and may be in the new root. */
	if (mount->cut & 1u << MOUNTINFO_POINT)
		return true;
	if (is_below(mount->point, question->new_root, true))
		return true;
	for (unsigned i = 0; question->moving[i]; i++)
		if (is_below(mount->point, question->moving[i], true))
			return true;
	return false;
}

static bool is_plain(const struct mountinfo *mount)
{
	/* Only block devices have a major number other than 0 (fs/super.c:
	 * set_anon_super gives all other file systems major 0). */
	if (mount->dev >> 32 != 0)
		return true;
	return str_in_list(plain, mount->type);
}

/*
 * Does this overlay pass a lookup on to all its layers? It does not if it has
 * data-only layers, which "::" or datadir+ name (Linux 6.5), nor if only one of
 * its directories is mounted here: a rename in the overlay may have put things
 * into the others (Documentation/filesystems/overlayfs.rst, redirect_dir).
 */
static bool can_be_asked(const struct mountinfo *mount)
{
	const unsigned needed = 1u << MOUNTINFO_ROOT | 1u << MOUNTINFO_POINT |
				1u << MOUNTINFO_FS_OPTIONS;

	return !(mount->cut & needed) && strcmp(mount->root, "/") == 0 &&
	       !str_contains(mount->fs_options, "::") &&
	       !str_contains(mount->fs_options, "datadir");
}

static int look(const struct mountinfo *mount, void *ctx)
{
	bool is_overlay = strcmp(mount->type, "overlay") == 0;
	bool is_in = is_in_scope(mount);

	(void)ctx;
	if (is_in && mount->dev == question->old_dev &&
	    strcmp(mount->point, question->new_root) != 0)
		set_reason(mount, "is a part of it");
	else if (is_overlay && is_in && can_be_asked(mount))
		overlays++;
	else if (is_overlay ? can_be_asked(mount) : is_plain(mount))
		return 0;
	else if (is_in)
		set_reason(mount, "may be made of it");
	else
		is_opaque = true;
	return 0;
}

/* Look up the name in an overlay at its mount point, unless another mount
 * covers that. */
static int ask(const struct mountinfo *mount, void *ctx)
{
	_auto_close int fd = -1;
	struct sys_stat st;
	int r;

	(void)ctx;
	if (strcmp(mount->type, "overlay") != 0 || !is_in_scope(mount))
		return 0;
	fd = r = io_open(mount->point, O_PATH | O_DIRECTORY);
	if (r >= 0)
		r = sys_fstat(fd, &st);
	if (r >= 0 && st.mnt_id != mount->id)
		r = -ESTALE;
	if (r >= 0)
		r = sys_stat(fd, mark, AT_SYMLINK_NOFOLLOW, &st);
	if (r == 0)
		set_reason(mount, "is made of it");
	else if (r != -ENOENT)
		set_reason(mount, "may be made of it");
	return 0;
}

/* ---- the names ---------------------------------------------------------- */

struct walk {
	int fd;
	unsigned depth;
	bool removes;
};

static int mark_directory(int fd, unsigned depth, bool removes);

static int mark_entry(const char *name, int type, void *ctx)
{
	const struct walk *walk = ctx;
	_auto_close int fd = -1;
	int r;

	if (type != LINUX_DT_DIR)
		return 0;
	fd = sys_open(walk->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	r = fd < 0 ? fd : mark_directory(fd, walk->depth + 1, walk->removes);
	/* All marks have to be removed, even if some cannot be. */
	return walk->removes ? 0 : r;
}

static int mark_directory(int fd, unsigned depth, bool removes)
{
	struct walk walk = { fd, depth, removes };
	int r;

	if (depth > DEPTH_MAX)
		return -ENAMETOOLONG;
	r = removes ? sys_unlink(fd, mark, 0) : sys_symlink("pintle", fd, mark);
	if (r < 0 && !removes)
		return r;
	return io_each_name(fd, mark_entry, &walk);
}

/* The old root itself, without what is mounted on its directories. */
static int open_bare(int old_fd)
{
	_auto_close int tree_fd = sys_clone_one_mount(old_fd);

	if (tree_fd < 0)
		return tree_fd;
	return sys_open(tree_fd, ".", O_RDONLY | O_DIRECTORY, 0);
}

static void ask_all(void)
{
	_auto_close int bare_fd = open_bare(question->old_fd);
	int r = bare_fd;

	(void)str_format(mark, sizeof(mark), ".pintle-%llx",
			 (unsigned long long)sys_now_us());
	if (r >= 0)
		r = mark_directory(bare_fd, 0, false);
	if (r >= 0)
		r = mountinfo_each(ask, NULL);
	if (bare_fd >= 0) {
		(void)sys_rewind(bare_fd);
		(void)mark_directory(bare_fd, 0, true);
	}
	if (r < 0 && !*reason)
		(void)str_format(reason, sizeof(reason),
				 "an overlay may be made of it, which cannot "
				 "be found out: %s",
				 fail_reason(r));
}

const char *stack_why_keep(const struct stack_question *asked)
{
	int r;

	question = asked;
	*reason = '\0';
	overlays = 0;
	is_opaque = false;
	r = mountinfo_each(look, NULL);
	if (r < 0)
		(void)str_format(reason, sizeof(reason),
				 "the mount table cannot be read: %s",
				 fail_reason(r));
	else if (!*reason && overlays && is_opaque)
		(void)str_copy(reason, sizeof(reason),
			       "an overlay may be made of it, over a file "
			       "system that cannot be asked");
	else if (!*reason && overlays)
		ask_all();
	return *reason ? reason : NULL;
}
