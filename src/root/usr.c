/* SPDX-License-Identifier: MIT */
#include "root/usr.h"

#include <errno.h>
#include <fcntl.h>
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

#define FSTAB	  "/etc/fstab"
#define USR_POINT ROOT_POINT "/usr"

/*
 * The fstab of the new root, wherever symbolic links inside of it lead. Returns
 * its length, or 0 if there is none. One that exists and cannot be read whole
 * is an error, because it may name a /usr.
 */
static long read_fstab(char *text, size_t size, struct fail *why)
{
	_auto_close int root_fd = io_open(ROOT_POINT, O_PATH | O_DIRECTORY);
	_auto_close int fd =
		sys_open_in(root_fd, FSTAB, O_RDONLY, LINUX_RESOLVE_IN_ROOT);
	size_t have = 0;
	long n = fd;

	if (n == -ENOENT || n == -ENOTDIR)
		return 0;
	for (; n >= 0 && have < size; have += (size_t)n) {
		n = sys_read(fd, text + have, size - have);
		if (n <= 0)
			break;
	}
	/* The file must leave room for the NUL. */
	if (n >= 0 && have >= size)
		n = -EFBIG;
	if (n < 0) {
		(void)fail(why, (int)n,
			   "read '" FSTAB "' of the new root, for its /usr");
		fail_todo(why, "is the root file system damaged? rd.shell "
			       "gives a shell to look");
		return n;
	}
	text[have] = '\0';
	return (long)have;
}

/* Is there a /usr to be mounted? 1: as @ret says; 0; -errno with @why. */
static int find_line(char *text, size_t size, struct fstab *ret,
		     struct fail *why)
{
	struct sys_stat st;
	long n = read_fstab(text, size, why);
	int r;

	if (n < 0)
		return (int)n;
	if (n == 0 || !fstab_find(text, "/usr", ret) ||
	    str_in_list(ret->options, "noauto"))
		return 0;
	/* A symbolic link would lead to somewhere in the initramfs. */
	r = sys_stat(AT_FDCWD, USR_POINT, AT_SYMLINK_NOFOLLOW, &st);
	if (r < 0 && r != -ENOENT)
		return fail(why, r, "look at '/usr' of the new root");
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
		.types = strcmp(usr->type, "auto") == 0 ? "" : usr->type,
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
	static char text[65536];
	const struct device *device;
	struct device_spec spec;
	struct fstab usr;
	int r = find_line(text, sizeof(text), &usr, why);

	if (r <= 0)
		return r;
	if (device_parse(usr.spec, &spec, why) < 0) {
		log_line(LOG_WARNING,
			 "mount '%s' on '/usr': it is no block device, leaving "
			 "it to the real init",
			 usr.spec);
		return 0;
	}
	/* Its time begins now, however long the root took. */
	r = block_find_other(root, "/usr", usr.spec, root_other_wait_us(root),
			     &device, why);
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
