/* SPDX-License-Identifier: MIT */
/*
 * prove.c - switch_prove(): find out everything that can be known before
 * anything is changed
 *
 * Only ENOENT and ENOTDIR say that something is not there. Any other error of a
 * lookup tells nothing. If the answer decides about deleting files, they are
 * then kept; otherwise the switch is refused here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/mountinfo.h"
#include "base/str.h"
#include "base/sys.h"
#include "switch/stack.h"
#include "switch/switch.h"

/* include/linux/proc_ns.h */
#define PROC_PID_INIT_INO 0xEFFFFFFC

/* The old root, the new root and the parent mount of the new root, found by
 * their ids in the mount table. */
struct root_mounts {
	uint64_t old_id, new_id;
	uint64_t old_parent, new_parent;
	bool found_old, found_new;
	bool old_shared, new_shared, parent_shared;
	bool old_is_rootfs;
	char old_type[32];
	char parent_point[MOUNTINFO_BYTES];
	char new_point[MOUNTINFO_BYTES]; /* "": it did not fit */
};

/* ---- the two roots ------------------------------------------------------ */

static int open_roots(const char *new_root, struct switch_state *state,
		      struct sys_stat *ret_old, struct sys_stat *ret_new,
		      struct fail *why)
{
	int r;

	state->new_fd = io_open(new_root, O_RDONLY | O_DIRECTORY);
	if (state->new_fd < 0)
		return fail(why, state->new_fd, "open the new root '%s'",
			    new_root);
	/* Readable, because switch_clean() lists its entries through it. */
	state->old_fd = io_open("/", O_RDONLY | O_DIRECTORY);
	if (state->old_fd < 0)
		return fail(why, state->old_fd, "open the old root '/'");
	r = sys_fstat(state->old_fd, ret_old);
	if (r == 0)
		r = sys_fstat(state->new_fd, ret_new);
	if (r < 0)
		return fail(why, r, "look at '%s'", new_root);
	state->old_dev = ret_old->dev;
	state->new_dev = ret_new->dev;
	state->new_ino = ret_new->ino;
	return 0;
}

static int refuse_roots(const char *new_root, const struct sys_stat *old,
			const struct sys_stat *new, struct fail *why)
{
	if (old->dev == new->dev && old->ino == new->ino) {
		return fail_said(
			why, EBUSY,
			"switch to '%s': it is the old root itself" FAIL_TODO
			"mount the real root file system on it first",
			new_root);
	}
	if (!new->mount_root) {
		return fail_said(why, EINVAL,
				 "switch to '%s': it is a directory of another "
				 "mount, not a mount of its own" FAIL_TODO
				 "mount the real root file system on it first",
				 new_root);
	}
	if (!old->mount_root)
		return fail_said(why, EINVAL,
				 "switch away from '/': it is a chroot into a "
				 "directory, not the root of a mount");
	return 0;
}

/* ---- the mount table ---------------------------------------------------- */

static int note_root_mount(const struct mountinfo *mount, void *ctx)
{
	struct root_mounts *mounts = ctx;

	if (mount->id == mounts->old_id) {
		mounts->found_old = true;
		mounts->old_parent = mount->parent;
		mounts->old_shared = mount->shared;
		(void)str_copy(mounts->old_type, sizeof(mounts->old_type),
			       mount->type);
		/* The initramfs, and whatever was bound from it, has this
		 * type; no other file system can (init/do_mounts.c). */
		mounts->old_is_rootfs = strcmp(mount->type, "rootfs") == 0;
	}
	if (mount->id == mounts->new_id) {
		mounts->found_new = true;
		mounts->new_parent = mount->parent;
		mounts->new_shared = mount->shared;
		/* A mount point that did not fit stays unknown. */
		if (!(mount->cut & 1u << MOUNTINFO_POINT))
			(void)str_copy(mounts->new_point,
				       sizeof(mounts->new_point), mount->point);
	}
	return 0;
}

/* This is for a second walk, if the parent is not the old root. */
static int note_parent_mount(const struct mountinfo *mount, void *ctx)
{
	struct root_mounts *mounts = ctx;

	if (mount->id != mounts->new_parent)
		return 0;
	mounts->parent_shared = mount->shared;
	(void)str_copy(mounts->parent_point, sizeof(mounts->parent_point),
		       mount->point);
	return 0;
}

static int find_root_mounts(const char *new_root, struct switch_state *state,
			    struct root_mounts *mounts, struct fail *why)
{
	int r = mountinfo_each(note_root_mount, mounts);

	if (r == 0 && mounts->new_parent != mounts->old_id)
		r = mountinfo_each(note_parent_mount, mounts);
	if (r < 0)
		return fail(why, r, "read '/proc/self/mountinfo'");
	if (!mounts->found_old || !mounts->found_new)
		return fail_said(why, EINVAL,
				 "find '%s' in the mount table: it is not in "
				 "this mount namespace",
				 mounts->found_old ? new_root : "/");
	state->parentless = mounts->old_parent == mounts->old_id;
	(void)str_copy(state->old_type, sizeof(state->old_type),
		       mounts->old_type);
	if (state->parentless && !state->may_pivot && !state->may_move)
		return fail_said(why, EINVAL,
				 "choose a way to switch: none "
				 "is allowed");
	return 0;
}

/* ---- what has to be private --------------------------------------------- */

static int open_shared(const char *path, uint64_t id, int *ret_fd,
		       struct fail *why)
{
	struct sys_stat st;
	int r = *ret_fd = io_open(path, O_PATH | O_DIRECTORY);

	if (r >= 0)
		r = sys_fstat(*ret_fd, &st);
	if (r < 0)
		return fail(why, r, "make the mount '%s' private", path);
	if (st.mnt_id != id)
		return fail_said(why, EINVAL,
				 "make the mount '%s' private: it cannot be "
				 "reached, another one covers it",
				 path);
	return 0;
}

/* These must be private for pivot_root and move_mount. All other mounts keep
 * their propagation, so that little has to be undone. */
static int open_all_shared(const char *new_root,
			   const struct root_mounts *mounts, int fds[PRIVATES],
			   struct fail *why)
{
	int r = 0;

	if (mounts->old_shared)
		r = open_shared("/", mounts->old_id, &fds[PRIVATE_OLD], why);
	if (r == 0 && mounts->new_shared)
		r = open_shared(new_root, mounts->new_id, &fds[PRIVATE_NEW],
				why);
	if (r == 0 && mounts->parent_shared)
		r = open_shared(mounts->parent_point, mounts->new_parent,
				&fds[PRIVATE_PARENT], why);
	return r;
}

/* ---- /dev, /proc, /sys, /run -------------------------------------------- */

/* Find the place of @mount in the new root, which decides its fate. Returns 0,
 * or -errno if that cannot be known. */
static int prove_target(struct switch_state *state, struct api_mount *mount)
{
	struct sys_stat st;
	int r;

	/* A link in the new root leads to a place in the new root. */
	mount->target_fd = r =
		sys_open_in(state->new_fd, mount->name, O_PATH | O_DIRECTORY,
			    LINUX_RESOLVE_IN_ROOT);
	if (r >= 0) {
		r = sys_fstat(mount->target_fd, &st);
		if (r < 0)
			return r;
		mount->fate = st.mount_root ? API_THERE : API_MOVE;
		if (st.dev == state->new_dev && st.ino == state->new_ino) {
			mount->fate = API_LOST;
			mount->error = EBUSY;
		}
		return 0;
	}
	mount->fate = API_CREATE;
	if (r == -ENOENT) {
		/* If a dangling link is there, no directory can be made. */
		r = sys_stat(state->new_fd, mount->name, AT_SYMLINK_NOFOLLOW,
			     &st);
		if (r == 0)
			r = -ENOTDIR;
		else if (r == -ENOENT)
			r = sys_access(state->new_fd, ".", W_OK);
	}
	if (r == 0)
		return 0;
	/* If there is a file or a link, or the root cannot be written to (NFS
	 * squashes our root user), there is no place; that is said at the
	 * end. */
	if (r != -ENOTDIR && r != -ELOOP && r != -EROFS && r != -EACCES)
		return r;
	mount->fate = API_LOST;
	mount->error = -r;
	return 0;
}

static int prove_api_mount(struct switch_state *state, struct api_mount *mount,
			   struct fail *why)
{
	struct sys_stat st;
	int r;

	mount->fate = API_ABSENT;
	mount->source_fd = r = sys_open(state->old_fd, mount->name,
					O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	/* ENOTDIR: a link, which initramfs-tools leaves after it has moved the
	 * mount itself. */
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r >= 0)
		r = sys_fstat(mount->source_fd, &st);
	if (r < 0)
		return fail(why, r,
			    "look at '/%s', which may have to be moved into "
			    "the new root",
			    mount->name);
	if (!st.mount_root)
		return 0;
	r = prove_target(state, mount);
	if (r < 0)
		return fail(why, r,
			    "look for a place for '/%s' in the new root",
			    mount->name);
	return 0;
}

/* ---- may the old root be emptied? --------------------------------------- */

/* Is the old root in memory, which is freed as its files are deleted? */
static bool is_ram(int fd)
{
	struct linux_statfs fs;

	return sys_statfs(fd, &fs) == 0 &&
	       ((uint32_t)fs.f_type == LINUX_RAMFS_MAGIC ||
		(uint32_t)fs.f_type == LINUX_TMPFS_MAGIC);
}

/*
 * The files are shared with every other namespace, so only the pid 1 of the
 * machine itself may decide that they are no longer needed.
 */
static bool in_first_pid_namespace(void)
{
	struct sys_stat st;

	return sys_stat(AT_FDCWD, "/proc/self/ns/pid", 0, &st) == 0 &&
	       st.ino == PROC_PID_INIT_INO;
}

static void prove_emptying(struct switch_state *state,
			   const struct root_mounts *mounts)
{
	struct stack_question question = {
		.old_fd = state->old_fd,
		.old_dev = state->old_dev,
		.new_root = mounts->new_point,
	};
	unsigned count = 0;

	state->old_kept = NULL;
	state->kept_unproved = false;
	if (!mounts->old_is_rootfs || !is_ram(state->old_fd)) {
		state->old_kept = "it is not the initramfs";
		return;
	}
	if (!in_first_pid_namespace()) {
		state->old_kept = "this is not the machine's own pid 1";
		return;
	}
	/* stack_why_keep() makes names, and is not needed now. */
	if (state->keeps)
		return;
	for (unsigned i = 0; i < API_COUNT; i++)
		if (state->api[i].fate == API_MOVE ||
		    state->api[i].fate == API_CREATE)
			question.moving[count++] = api_points[i];
	state->old_kept = stack_why_keep(&question);
	state->kept_unproved = state->old_kept != NULL;
}

/* ---- all of it ---------------------------------------------------------- */

static void clear_state(struct switch_state *state)
{
	state->old_fd = state->new_fd = -1;
	state->anchor = (struct anchor){ -1, -1, 0 };
	for (unsigned i = 0; i < PRIVATES; i++)
		state->private_fds[i] = -1;
	for (unsigned i = 0; i < API_COUNT; i++)
		state->api[i] = (struct api_mount){ .name = api_points[i] + 1,
						    .source_fd = -1,
						    .target_fd = -1,
						    .shown_fds = { -1, -1 } };
}

int switch_prove(const char *new_root, struct switch_state *state,
		 struct fail *why)
{
	static struct root_mounts mounts;
	struct sys_stat old_st, new_st;
	int r;

	mounts = (struct root_mounts){ 0 };
	clear_state(state);
	r = open_roots(new_root, state, &old_st, &new_st, why);
	if (r == 0)
		r = refuse_roots(new_root, &old_st, &new_st, why);
	if (r < 0)
		return r;
	mounts.old_id = old_st.mnt_id;
	mounts.new_id = new_st.mnt_id;
	r = find_root_mounts(new_root, state, &mounts, why);
	if (r == 0)
		r = open_all_shared(new_root, &mounts, state->private_fds, why);
	for (unsigned i = 0; r == 0 && i < API_COUNT; i++)
		r = prove_api_mount(state, &state->api[i], why);
	if (r == 0)
		prove_emptying(state, &mounts);
	return r;
}
