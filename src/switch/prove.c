/* SPDX-License-Identifier: MIT */
/*
 * prove.c - switch_prove(): everything that can be known before anything is
 * changed
 *
 * Only ENOENT and ENOTDIR say that something is not there. Any other error of a
 * look-up says nothing, and whatever hangs on the answer is refused here, or,
 * where it is about deleting files, kept.
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

/* In this order, and back in the reverse. */
static const char *const carried[CARRIES] = {
	[CARRY_DEV] = "dev", "proc", "sys", "run"
};
static const char *const carried_points[CARRIES] = {
	[CARRY_DEV] = "/dev", "/proc", "/sys", "/run"
};

/* The three mounts that matter, found by id in the mount table. */
struct survey {
	uint64_t old_id, new_id;
	uint64_t old_parent, new_parent;
	bool found_old, found_new;
	bool old_shared, new_shared, parent_shared;
	bool old_is_rootfs;
	char old_type[32];
	char parent_point[MOUNTINFO_BYTES];
	char new_point[MOUNTINFO_BYTES]; /* "": it does not fit */
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
	/* Readable: its entries are listed through it at the end. */
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

static int survey_mount(const struct mountinfo *mount, void *ctx)
{
	struct survey *survey = ctx;

	if (mount->id == survey->old_id) {
		survey->found_old = true;
		survey->old_parent = mount->parent;
		survey->old_shared = mount->shared;
		(void)str_copy(survey->old_type, sizeof(survey->old_type),
			       mount->type);
		/* The initramfs, and whatever was bound from it, has this
		 * type; no other file system can (init/do_mounts.c). */
		survey->old_is_rootfs = strcmp(mount->type, "rootfs") == 0;
	}
	if (mount->id == survey->new_id) {
		survey->found_new = true;
		survey->new_parent = mount->parent;
		survey->new_shared = mount->shared;
		/* A place that does not fit is known to nobody. */
		if (!(mount->cut & 1u << MOUNTINFO_POINT))
			(void)str_copy(survey->new_point,
				       sizeof(survey->new_point), mount->point);
	}
	return 0;
}

/* Second walk, for a parent that is another one than the old root. */
static int survey_parent(const struct mountinfo *mount, void *ctx)
{
	struct survey *survey = ctx;

	if (mount->id != survey->new_parent)
		return 0;
	survey->parent_shared = mount->shared;
	(void)str_copy(survey->parent_point, sizeof(survey->parent_point),
		       mount->point);
	return 0;
}

static int survey_mounts(const char *new_root, struct switch_state *state,
			 struct survey *survey, struct fail *why)
{
	int r = mountinfo_each(survey_mount, survey);

	if (r == 0 && survey->new_parent != survey->old_id)
		r = mountinfo_each(survey_parent, survey);
	if (r < 0)
		return fail(why, r, "read '/proc/self/mountinfo'");
	if (!survey->found_old || !survey->found_new)
		return fail_said(why, EINVAL,
				 "find '%s' in the mount table: it is not in "
				 "this mount namespace",
				 survey->found_old ? new_root : "/");
	state->parentless = survey->old_parent == survey->old_id;
	strcpy(state->old_type, survey->old_type);
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

/* pivot_root and move_mount want these three private; the others keep what they
 * have, so that little has to be undone. */
static int open_all_shared(const char *new_root, const struct survey *survey,
			   int fds[3], struct fail *why)
{
	int r = 0;

	if (survey->old_shared)
		r = open_shared("/", survey->old_id, &fds[0], why);
	if (r == 0 && survey->new_shared)
		r = open_shared(new_root, survey->new_id, &fds[1], why);
	if (r == 0 && survey->parent_shared)
		r = open_shared(survey->parent_point, survey->new_parent,
				&fds[2], why);
	return r;
}

/* ---- /dev, /proc, /sys, /run -------------------------------------------- */

/* The place of it in the new root: what becomes of it, or -errno where that
 * cannot be known. */
static int prove_target(struct switch_state *state, struct carry *carry)
{
	struct sys_stat st;
	int r;

	/* A link in the new root leads to a place in the new root. */
	carry->target_fd = r =
		sys_open_in(state->new_fd, carry->name, O_PATH | O_DIRECTORY,
			    LINUX_RESOLVE_IN_ROOT);
	if (r >= 0) {
		r = sys_fstat(carry->target_fd, &st);
		if (r < 0)
			return r;
		carry->fate = st.mount_root ? CARRY_THERE : CARRY_MOVE;
		if (st.dev == state->new_dev && st.ino == state->new_ino) {
			carry->fate = CARRY_LOST;
			carry->error = EBUSY;
		}
		return 0;
	}
	carry->fate = CARRY_CREATE;
	if (r == -ENOENT) {
		/* A link to nowhere is there and cannot be made. */
		r = sys_stat(state->new_fd, carry->name, AT_SYMLINK_NOFOLLOW,
			     &st);
		if (r == 0)
			r = -ENOTDIR;
		else if (r == -ENOENT)
			r = sys_access(state->new_fd, ".", W_OK);
	}
	if (r == 0)
		return 0;
	/* A file or a link, or a root that cannot be written to, as one on NFS
	 * is for our root: it has no place, which is said at the end. */
	if (r != -ENOTDIR && r != -ELOOP && r != -EROFS && r != -EACCES)
		return r;
	carry->fate = CARRY_LOST;
	carry->error = -r;
	return 0;
}

static int prove_carry(struct switch_state *state, struct carry *carry,
		       struct fail *why)
{
	struct sys_stat st;
	int r;

	carry->fate = CARRY_ABSENT;
	carry->source_fd = r = sys_open(state->old_fd, carry->name,
					O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	/* ENOTDIR: a link, which initramfs-tools leaves when it has moved the
	 * mount by itself. */
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r >= 0)
		r = sys_fstat(carry->source_fd, &st);
	if (r < 0)
		return fail(why, r,
			    "look at '/%s', which may have to be moved into "
			    "the new root",
			    carry->name);
	if (!st.mount_root)
		return 0;
	r = prove_target(state, carry);
	if (r < 0)
		return fail(why, r,
			    "look for a place for '/%s' in the new root",
			    carry->name);
	return 0;
}

/* ---- may the old root be emptied? --------------------------------------- */

/* Is the old root memory that is gone for good when its files are? */
static bool is_ram(int fd)
{
	struct linux_statfs fs;

	return sys_statfs(fd, &fs) == 0 &&
	       ((uint32_t)fs.f_type == LINUX_RAMFS_MAGIC ||
		(uint32_t)fs.f_type == LINUX_TMPFS_MAGIC);
}

/*
 * The files are shared with every other namespace: only the machine's own pid
 * 1 may say that nobody needs them.
 */
static bool in_first_pid_namespace(void)
{
	struct sys_stat st;

	return sys_stat(AT_FDCWD, "/proc/self/ns/pid", 0, &st) == 0 &&
	       st.ino == PROC_PID_INIT_INO;
}

static void prove_emptying(struct switch_state *state,
			   const struct survey *survey)
{
	struct stack_question question = {
		.old_fd = state->old_fd,
		.old_dev = state->old_dev,
		.new_root = survey->new_point,
	};
	unsigned count = 0;

	state->old_kept = NULL;
	state->kept_unproved = false;
	if (!survey->old_is_rootfs || !is_ram(state->old_fd)) {
		state->old_kept = "it is not the initramfs";
		return;
	}
	if (!in_first_pid_namespace()) {
		state->old_kept = "this is not the machine's own pid 1";
		return;
	}
	/* To ask an overlay makes names. */
	if (state->keeps)
		return;
	for (unsigned i = 0; i < CARRIES; i++)
		if (state->carries[i].fate == CARRY_MOVE ||
		    state->carries[i].fate == CARRY_CREATE)
			question.carried[count++] = carried_points[i];
	state->old_kept = stack_why_keep(&question);
	state->kept_unproved = state->old_kept != NULL;
}

/* ---- all of it ---------------------------------------------------------- */

static void begin(struct switch_state *state)
{
	state->old_fd = state->new_fd = -1;
	state->anchor = (struct anchor){ -1, -1, 0 };
	for (unsigned i = 0; i < 3; i++)
		state->private_fds[i] = -1;
	for (unsigned i = 0; i < CARRIES; i++)
		state->carries[i] = (struct carry){ .name = carried[i],
						    .source_fd = -1,
						    .target_fd = -1,
						    .shown_fds = { -1, -1 } };
}

int switch_prove(const char *new_root, struct switch_state *state,
		 struct fail *why)
{
	static struct survey survey;
	struct sys_stat old_st, new_st;
	int r;

	survey = (struct survey){ 0 };
	begin(state);
	r = open_roots(new_root, state, &old_st, &new_st, why);
	if (r == 0)
		r = refuse_roots(new_root, &old_st, &new_st, why);
	if (r < 0)
		return r;
	survey.old_id = old_st.mnt_id;
	survey.new_id = new_st.mnt_id;
	r = survey_mounts(new_root, state, &survey, why);
	if (r == 0)
		r = open_all_shared(new_root, &survey, state->private_fds, why);
	for (unsigned i = 0; r == 0 && i < CARRIES; i++)
		r = prove_carry(state, &state->carries[i], why);
	if (r == 0)
		prove_emptying(state, &survey);
	return r;
}
