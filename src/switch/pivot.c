/* SPDX-License-Identifier: MIT */
#include "switch/pivot.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/mountinfo.h"
#include "base/str.h"
#include "base/sys.h"

/* The mount that pivot_find() has found in the mount table. */
static struct {
	uint64_t id, parent;
	bool there, shared;
	char point[MOUNTINFO_BYTES];
} found;

static struct sys_stat root, new, old;
static const char *object; /* what the reason is about */

static int pivot_compare(const struct mountinfo *mount, void *ctx)
{
	(void)ctx;
	if (mount->id != found.id)
		return 0;
	found.there = true;
	found.parent = mount->parent;
	found.shared = mount->shared;
	(void)str_copy(found.point, sizeof(found.point), mount->point);
	return 1;
}

/* False: it is not below our "/", so the table does not show it. */
static bool pivot_find(uint64_t id)
{
	found.id = id;
	found.there = false;
	(void)mountinfo_each(pivot_compare, NULL);
	return found.there;
}

static bool is_shared(uint64_t id)
{
	return pivot_find(id) && found.shared;
}

/*
 * A mount from another user namespace cannot be unmounted, and no table shows
 * that. MNT_EXPIRE finds it out: on a mount with an open descriptor it fails
 * with EBUSY and unmounts nothing (fs/namespace.c: can_umount, do_umount).
 */
static bool is_locked(const char *path)
{
	return sys_umount(path, MNT_EXPIRE) == -EINVAL;
}

/* The first condition of the kernel that is not met (fs/namespace.c, Linux 6.1
 * to 7.3). All of them have to be met. */
static const char *invalid(const char *new_root, const char *put_old)
{
	object = "/";
	if (!root.mount_root)
		return "is a chroot into a directory, not the root of a mount";
	if (!pivot_find(root.mnt_id))
		return "is not in this mount namespace";
	if (found.parent == found.id)
		return "has no parent mount; only switch_root can leave it";
	object = new_root;
	if (!new.mount_root)
		return "is a directory of another mount, not a mount of its "
		       "own";
	if (!pivot_find(new.mnt_id))
		return "is not below '/' in this mount namespace";
	object = found.point;
	if (is_shared(found.parent) || is_shared(old.mnt_id))
		return "is a shared mount; mount --make-private it";
	object = put_old;
	for (uint64_t id = old.mnt_id; id != new.mnt_id; id = found.parent)
		if (!pivot_find(id) || found.parent == id)
			return "is not below the new root";
	object = new_root;
	if (is_locked(new_root))
		return "was mounted by another user namespace, which locks it; "
		       "mount --bind it on itself";
	object = "/";
	return "is mounted on a shared mount";
}

/* NULL: the words for errno say it. */
static const char *reason_of(int error, const char *new_root, int new_fd,
			     const char *put_old, int old_fd)
{
	object = "CAP_SYS_ADMIN";
	if (error == EPERM)
		return "is missing where the mounts belong, or a security "
		       "module forbids it";
	object = new_root;
	if (new_fd < 0 || sys_fstat(new_fd, &new) < 0 ||
	    sys_stat(AT_FDCWD, "/", 0, &root) < 0 ||
	    (error == EINVAL &&
	     sys_access(AT_FDCWD, "/proc/self/mountinfo", 0) < 0))
		return NULL;
	if (error == ENOENT && new.nlink == 0)
		return "was deleted";
	if (error == EBUSY && new.mnt_id == root.mnt_id)
		return "is on the mount of the current root";
	object = put_old;
	if (old_fd < 0 || sys_fstat(old_fd, &old) < 0)
		return NULL;
	if (error == ENOENT)
		return "was deleted";
	if (error == EBUSY)
		return "is on the mount of the current root";
	return error == EINVAL ? invalid(new_root, put_old) : NULL;
}

int pivot(const char *new_root, const char *put_old, struct fail *why)
{
	int r = sys_pivot_root(new_root, put_old);
	_auto_close int new_fd = -1, old_fd = -1;
	const char *reason;

	if (r == 0)
		return 0;
	new_fd = io_open(new_root, O_PATH | O_DIRECTORY);
	old_fd = io_open(put_old, O_PATH | O_DIRECTORY);
	reason = reason_of(-r, new_root, new_fd, put_old, old_fd);
	return fail_said(why, r,
			 "make '%s' the root and '%s' the old one's place: "
			 "'%s'%s%s",
			 new_root, put_old, object, reason ? " " : ": ",
			 reason ? reason : fail_reason(r));
}
