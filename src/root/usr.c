/* SPDX-License-Identifier: MIT */
#include "root/usr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/settings.h"
#include "device/device.h"
#include "root/block.h"
#include "root/fsck.h"
#include "root/fstab.h"
#include "root/mount.h"
#include "root/root.h"

#define USR_POINT ROOT_POINT "/usr"

/* A field of a line that only fstab_next() would change. */
static char *given(const char *value, const char *other)
{
	return (char *)(uintptr_t)(*value ? value : other);
}

/*
 * What mount.usr=, mount.usrfstype= and mount.usrflags= say. Of those that are
 * not given, the value is that of the root, as systemd-fstab-generator(8) has
 * it. Returns false if none is given, and so the fstab decides.
 */
static bool take_parameters(const struct root *root, struct fstab *ret)
{
	const struct settings *settings = root->settings;

	if (!*settings->usr && !*settings->usrfstype && !*settings->usrflags)
		return false;
	*ret = (struct fstab){
		.spec = given(settings->usr, root->spec),
		.type = given(settings->usrfstype, settings->rootfstype),
		.options = given(settings->usrflags, settings->rootflags),
		/* The root's device, which is mounted, was checked. */
		.pass = *settings->usr ? 1 : 0,
	};
	return true;
}

/* Is there a /usr to be mounted? 1: as @ret says; 0; -errno with @why. */
static int find_line(const struct root *root, struct fstab *ret,
		     bool *ret_is_told, struct fail *why)
{
	struct sys_stat st;
	char *fstab;
	long n;
	int r;

	*ret_is_told = take_parameters(root, ret);
	if (!*ret_is_told) {
		n = fstab_read(ROOT_POINT, &fstab, why);
		if (n < 0)
			return (int)n;
		if (n == 0 || !fstab_find(fstab, "/usr", ret) ||
		    str_in_list(ret->options, "noauto"))
			return 0;
	}
	/* A symbolic link would lead to somewhere in the initramfs. */
	r = sys_stat(AT_FDCWD, USR_POINT, AT_SYMLINK_NOFOLLOW, &st);
	if (r < 0 && r != -ENOENT)
		return fail(why, r, "look at '/usr' of the new root");
	if (*ret_is_told && (r < 0 || !S_ISDIR(st.mode)))
		return fail_said(
			why, ENOTDIR,
			"mount '/usr' as mount.usr= says: the root has "
			"no directory '/usr'" FAIL_TODO
			"make it, or remove mount.usr=");
	return r == 0 && S_ISDIR(st.mode) && !st.mount_root;
}

/* Mount @device, which holds the /usr of the line @usr. */
static int mount_usr(const struct root *root, const struct device *device,
		     const struct fstab *usr, struct fail *why)
{
	char path[DEVICE_PATH], type[32];
	struct mount_order order = {
		.device = path,
		.point = USR_POINT,
		.options = usr->options,
		.types = usr->type,
		/* ro and rw of an fstab are for later, as they are for the
		 * root. */
		.rw = root_is_rw(root),
		.is_forced_ro = !root_is_rw(root),
	};
	int r;

	device_path(device->name, path);
	r = block_mount_device(root, device, &order, type, sizeof(type), why);
	if (r == 0)
		log_line(LOG_INFO, "/usr is '%s', %s", path, type);
	return r;
}

int usr_mount(const struct root *root, struct fail *why)
{
	const struct device *device;
	struct device_spec spec;
	struct fstab usr;
	bool is_told;
	int r = find_line(root, &usr, &is_told, why);

	if (r <= 0)
		return r;
	r = device_parse(usr.spec, &spec, why);
	/* That would be the root again. */
	if (is_told && (r < 0 || spec.by == DEVICE_BY_PARTTYPE))
		return fail_said(why, EINVAL,
				 "read 'mount.usr=%s': it names no block "
				 "device" FAIL_TODO
				 "name it as in root=, or write it into the "
				 "root's fstab",
				 usr.spec);
	if (r < 0) {
		log_line(LOG_WARNING,
			 "mount '%s' on '/usr': it is no block device, leaving "
			 "it to the real init",
			 usr.spec);
		return 0;
	}
	/* Its time begins now, however long the root took. */
	r = block_find_other(root, "/usr", usr.spec,
			     root_line_wait_us(root, usr.options), &device,
			     why);
	if (r == 0 && usr.pass)
		r = fsck_check(root->settings, "usr", device, why);
	if (r == 0)
		r = mount_usr(root, device, &usr, why);
	if (r < 0 && str_in_list(usr.options, "nofail")) {
		log_line(LOG_ERROR, "%s, going on without (nofail)", why->what);
		return 0;
	}
	return r;
}
