/* SPDX-License-Identifier: MIT */
#include "root/root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "device/device.h"
#include "root/block.h"
#include "root/fsck.h"
#include "root/loop.h"
#include "root/mount.h"
#include "root/overlay.h"
#include "root/shared.h"
#include "root/wait.h"

/* -- what is asked about a root ------------------------------------------- */

static bool is_last(const struct root *root)
{
	char next[sizeof(root->spec)];

	return !settings_root(root->settings, root->at + 1, DEVICE_AUTO, next,
			      sizeof(next));
}

int64_t root_wait_us(const struct root *root)
{
	return settings_wait_us(root->settings, root->at, is_last(root));
}

int64_t root_other_wait_us(const struct root *root)
{
	return settings_wait_us(root->settings, SETTINGS_FIRST_WAITS, true);
}

int64_t root_line_wait_us(const struct root *root, const char *options)
{
	bool may_fail = str_in_list(options, "nofail");
	int64_t us = settings_wait_us(root->settings, SETTINGS_FIRST_WAITS,
				      !may_fail);

	return us == 0 && may_fail ? SETTINGS_WAIT_US : us;
}

int64_t root_mount_wait_us(const struct root *root, const struct device *device,
			   const char *options)
{
	return device == root->device ? root_wait_us(root)
				      : root_line_wait_us(root, options);
}

/* GPT attribute 60, which counts where the root was found by its type, as it
 * does for systemd. */
#define READ_ONLY (1ull << 60)

bool root_is_rw(const struct root *root)
{
	return root->settings->rw && !*root->settings->overlay &&
	       !(root->device && strcmp(root->spec, DEVICE_AUTO) == 0 &&
		 root->device->entry.attributes & READ_ONLY);
}

/*
 * What identifies the mount on ROOT_POINT, 0 if there is none. Before Linux 6.8,
 * which has IDs that are never used again, the device helps to tell it from one
 * that was mounted in its place.
 */
static uint64_t mounted_id(void)
{
	struct sys_stat st;
	uint64_t id;

	/* The server of a FUSE file system may not answer yet: do not ask. */
	if (sys_stat_cached(AT_FDCWD, ROOT_POINT, &st) < 0 || !st.mount_root)
		return 0;
	return sys_mount_id(AT_FDCWD, ROOT_POINT, &id) == 0
		       ? id
		       : st.mnt_id ^ st.dev << 32;
}

bool root_is_mounted(void)
{
	return mounted_id() != 0;
}

/*
 * Is it mounted, by this process or by a helper or a person at the rescue shell?
 * What others have mounted need not be the device that was found before, so that
 * is forgotten.
 */
static bool is_mounted_already(struct root *root)
{
	uint64_t id = mounted_id();

	if (!id || id == root->mounted)
		return id != 0;
	log_line(LOG_NOTICE, "'%s' is mounted already, taking it", ROOT_POINT);
	root->mounted = id;
	root->device = NULL;
	root->is_found = root->is_covered = false;
	root->path[0] = root->type[0] = '\0';
	return true;
}

/* -- root=helper ---------------------------------------------------------- */

static int helper_claims(struct root *root, struct fail *why)
{
	(void)why;
	return strcmp(root->spec, ROOT_BY_HELPER) == 0;
}

/* Wait until something is mounted on ROOT_POINT. */
static int helper_find(struct root *root, struct fail *why)
{
	_auto_close int fd = io_open("/proc/self/mountinfo", O_RDONLY);
	struct wait wait;
	int r = fd;

	wait_begin(&wait, root->spec, root_wait_us(root));
	while (r >= 0 && !is_mounted_already(root)) {
		r = sys_wait_changed(fd, wait_until_us(&wait));
		if (r == 0 && wait_is_over(&wait))
			r = -ETIMEDOUT;
	}
	wait_end(&wait);
	if (r == -ETIMEDOUT)
		return fail_said(why, ETIMEDOUT,
				 "wait for a mount on '%s': no helper "
				 "made one in time" FAIL_TODO
				 "see their messages above; '%s' of the image "
				 "lists them",
				 ROOT_POINT, IMAGE_HELPERS);
	return r < 0 ? fail(why, r, "wait for a mount on '%s'", ROOT_POINT) : 0;
}

/* The helper mounts it. If that mount has gone again, wait for another one. */
static int helper_mount(struct root *root, struct mount_order *order,
			struct fail *why)
{
	(void)order;
	return helper_find(root, why);
}

/* -- the forms ------------------------------------------------------------ */

/* A root is of the first form that claims it; the last one claims any. */
static const struct root_form forms[] = {
	{ "shared", shared_claims, shared_find, shared_mount, true },
	{ "nfs", nfs_claims, nfs_find, nfs_mount, true },
	{ "helper", helper_claims, helper_find, helper_mount, false },
	{ "block", block_claims, block_find, block_mount, false },
};

/* Find the form of root->spec. Returns 0, or the -errno of a form that claims
 * it but cannot read it. */
static int resolve(struct root *root, struct fail *why)
{
	unsigned i = 0;
	int r;

	do {
		root->form = &forms[i++];
		r = root->form->claims(root, why);
	} while (r == 0);
	return r < 0 ? r : 0;
}

bool root_is_remote(const struct root *root)
{
	return root->form && root->form->is_remote;
}

/* -- the stages ----------------------------------------------------------- */

int root_find(struct root *root, struct fail *why)
{
	int r;

	if (!settings_root(root->settings, root->at, DEVICE_AUTO, root->spec,
			   sizeof(root->spec)))
		*root->spec = '\0';
	root->is_found = false;
	if (is_mounted_already(root))
		return 0;
	r = resolve(root, why);
	if (r == 0)
		r = root->form->find(root, why);
	root->is_found = r == 0;
	return r;
}

int root_check(struct root *root, struct fail *why)
{
	if (!root->device || is_mounted_already(root))
		return 0;
	return fsck_check(root->settings, "root", root->device, why);
}

static int mount_as_named(struct root *root, struct fail *why)
{
	const struct settings *settings = root->settings;
	struct mount_order order = {
		.device = root->path,
		.point = *settings->loop ? RUN_HOST : ROOT_POINT,
		.types = settings->rootfstype,
		.options = settings->rootflags,
	};
	int r = 0;

	/* If what was mounted is gone, the root itself was never looked for. */
	if (!root->is_found)
		r = root_find(root, why);
	if (r < 0 || !root->is_found)
		return r;
	order.rw = root_is_rw(root);
	r = root->form->mount(root, &order, why);
	if (r == 0 && *settings->loop)
		r = loop_mount(root, why);
	root->mounted = r == 0 ? mounted_id() : 0;
	if (r == 0)
		log_line(LOG_INFO, "'%s' is '%s', %s, mounted %s", root->spec,
			 root->path, root->type,
			 root_is_rw(root) ? "read-write" : "read-only");
	return r;
}

int root_mount(struct root *root, struct fail *why)
{
	int r;

	(void)io_mkdir(RUN_DIR);
	r = is_mounted_already(root) ? 0 : mount_as_named(root, why);
	if (r < 0 || !*root->settings->overlay || root->is_covered)
		return r;
	r = overlay_cover(root, why);
	root->is_covered = r == 0;
	root->mounted = mounted_id();
	return r;
}

int root_is_one(const struct root *root, struct fail *why)
{
	struct device_spec spec;

	if (!root->device || device_parse(root->spec, &spec, why) < 0)
		return 0;
	return device_still_one(root->watch, &spec, why);
}

bool root_next(struct root *root, const struct fail *why)
{
	if (is_last(root))
		return false;
	root->at++;
	(void)sys_umount(ROOT_POINT, MNT_DETACH);
	(void)sys_umount(RUN_LOWER, MNT_DETACH);
	(void)sys_umount(RUN_STORE, MNT_DETACH);
	(void)sys_umount(RUN_HOST, MNT_DETACH);
	root->form = NULL;
	root->is_found = false;
	root->mounted = 0;
	root->device = NULL;
	root->is_covered = false;
	root->path[0] = root->type[0] = '\0';
	(void)settings_root(root->settings, root->at, DEVICE_AUTO, root->spec,
			    sizeof(root->spec));
	log_line(LOG_ERROR, "%s, trying '%s'", why->what, root->spec);
	return true;
}
