/* SPDX-License-Identifier: MIT */
#include "root/early.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/device.h"
#include "root/block.h"
#include "root/fsck.h"
#include "root/fstab.h"
#include "root/mount.h"
#include "root/root.h"

/* More lines than this are surely a mistake. */
#define LINES_MAX 64

/*
 * The path of @point in the new root, wherever symbolic links lead there: by its
 * own path, a link would lead to somewhere in the initramfs. Returns 1; 0 if
 * something is mounted there already; -errno with @why.
 */
static int find_place(const char *point, char *ret, size_t size,
		      struct fail *why)
{
	_auto_close int root_fd = io_open(ROOT_POINT, O_PATH | O_DIRECTORY);
	/* A file can be bound to a file. */
	_auto_close int fd =
		sys_open_in(root_fd, point, O_PATH, LINUX_RESOLVE_IN_ROOT);
	struct sys_stat st;
	int r = fd;

	if (r == -ENOENT)
		return fail(
			why, r,
			"mount '%s' of the new root's fstab" FAIL_TODO
			"make that directory or file, or remove x-initrd.mount "
			"from its line",
			point);
	if (r >= 0)
		r = sys_stat(fd, "", AT_EMPTY_PATH, &st);
	if (r == 0)
		r = io_readlink(AT_FDCWD, io_path("/proc/self/fd/%d", fd), ret,
				size);
	if (r < 0)
		return fail(why, r, "look at '%s' of the new root", point);
	return !st.mount_root;
}

/* Show what is at @line->spec in the new root at @place, too. */
static int mount_bind(const struct fstab *line, const char *place,
		      struct fail *why)
{
	_auto_close int root_fd = io_open(ROOT_POINT, O_PATH | O_DIRECTORY);
	_auto_close int fd =
		sys_open_in(root_fd, line->spec, O_PATH, LINUX_RESOLVE_IN_ROOT);
	bool is_deep = str_in_list(line->options, "rbind");
	struct mount_options options = { 0 };
	int r = fd;

	if (r >= 0)
		r = mount_options(line->options, &options);
	if (r == 0)
		r = sys_mount(io_path("/proc/self/fd/%d", fd), place, NULL,
			      MS_BIND | (is_deep ? MS_REC : 0), NULL);
	/* The kernel takes the other flags only in a second call. */
	if (r == 0 && options.flags) {
		r = sys_mount(NULL, place, NULL,
			      LINUX_MS_REMOUNT | MS_BIND | options.flags, NULL);
		if (r < 0)
			(void)sys_umount(place, MNT_DETACH);
	}
	return r < 0 ? fail(why, r, "bind '%s' of the new root to '%s'",
			    line->spec, line->point)
		     : 0;
}

/* Mount the block device that @line names. */
static int mount_block(const struct root *root, const struct fstab *line,
		       struct mount_order *order, char *ret_type, size_t size,
		       struct fail *why)
{
	const struct device *device;
	char path[DEVICE_PATH];
	int r = block_find_other(root, line->point, line->spec,
				 root_line_wait_us(root, line->options),
				 &device, why);

	if (r == 0 && line->pass)
		r = fsck_check(root->settings, NULL, device, why);
	if (r < 0)
		return r;
	device_path(device->name, path);
	order->device = path;
	r = block_mount_device(root, device, order, ret_type, size, why);
	order->device = line->spec;
	return r;
}

static bool is_bind(const struct fstab *line)
{
	return str_in_list(line->options, "bind") ||
	       str_in_list(line->options, "rbind");
}

/* Does a file system of that type need no block device and no network? */
static bool is_plain(const char *type)
{
	return str_in_list("tmpfs,ramfs,virtiofs,9p,efivarfs,debugfs,tracefs,"
			   "configfs,bpf,hugetlbfs",
			   type);
}

static int mount_line(const struct root *root, const struct fstab *line,
		      struct fail *why)
{
	char place[sizeof(ROOT_POINT) + 512], type[32];
	struct device_spec spec;
	struct mount_order order = {
		.device = line->spec,
		.point = place,
		.types = line->type,
		.options = line->options,
		.rw = true, /* but for the option ro */
	};
	int r;

	if (!is_bind(line) && !is_plain(line->type) &&
	    device_parse(line->spec, &spec, why) < 0) {
		log_line(LOG_WARNING,
			 "mount '%s' on '%s': it is no block device, leaving "
			 "it to the real init",
			 line->spec, line->point);
		return 0;
	}
	r = find_place(line->point, place, sizeof(place), why);
	if (r <= 0)
		return r;
	if (is_bind(line))
		r = mount_bind(line, place, why);
	else if (is_plain(line->type))
		r = mount_with_drivers(&order, type, sizeof(type), why);
	else
		r = mount_block(root, line, &order, type, sizeof(type), why);
	if (r == 0)
		log_line(LOG_INFO, "%s is '%s' (x-initrd.mount)", line->point,
			 line->spec);
	return r;
}

int early_mount(const struct root *root, struct fail *why)
{
	static struct fstab lines[LINES_MAX];
	char *fstab;
	long n = fstab_read(ROOT_POINT, &fstab, why);
	int count = n > 0 ? fstab_early(fstab, lines, LINES_MAX) : (int)n;

	if (count == -E2BIG)
		return fail(why, E2BIG,
			    "read the new root's fstab: more than %d lines "
			    "have x-initrd.mount",
			    LINES_MAX);
	for (int i = 0; i < count; i++) {
		int r = mount_line(root, &lines[i], why);

		if (r == 0)
			continue;
		if (!str_in_list(lines[i].options, "nofail"))
			return r;
		log_line(LOG_ERROR, "%s, going on without (nofail)", why->what);
	}
	return count < 0 ? count : 0;
}
