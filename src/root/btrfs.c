/* SPDX-License-Identifier: MIT */
#include "root/btrfs.h"

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
#include "device/drivers.h"
#include "root/fstab.h"
#include "root/root.h"
#include "root/wait.h"

/*
 * Tell the kernel of @device, a part of a btrfs. Returns 0 if the kernel has
 * every device of that file system, 1 if some are missing, or -errno; -ENOENT
 * means that this kernel has no btrfs.
 */
static int tell(const char *device)
{
	static struct linux_btrfs_vol_args args;
	_auto_close int fd = io_open("/dev/btrfs-control", O_RDWR);
	int r = str_copy(args.name, sizeof(args.name), device);

	if (fd < 0 || r < 0)
		return fd < 0 ? fd : r;
	/* This also registers the device: fs/btrfs/super.c, Linux 3.0. */
	return (int)sys_ioctl(fd, LINUX_BTRFS_IOC_DEVICES_READY, &args);
}

/*
 * Tell the kernel of every device of the btrfs @uuid that was seen. Returns
 * how many there are; @ret_missing is as tell() returns it.
 */
static unsigned tell_all(const char *uuid, int *ret_missing)
{
	unsigned count, found = 0;
	const struct device *devices;
	char path[DEVICE_PATH];

	device_probe_all();
	devices = device_seen(&count);
	for (unsigned i = 0; i < count; i++) {
		/* If two devices carry the same number, the kernel uses the one
		 * that it was told of last. */
		if (!devices[i].name[0] ||
		    strcmp(devices[i].content.type, "btrfs") != 0 ||
		    strcmp(devices[i].content.uuid, uuid) != 0 ||
		    device_is_part(&devices[i]))
			continue;
		found++;
		device_path(devices[i].name, path);
		*ret_missing = tell(path);
	}
	return found;
}

int btrfs_gather(const struct root *root, const struct probe *content,
		 const char *options, struct fail *why)
{
	char what[120], uuid[sizeof(content->uuid)];
	long long seconds = root_wait_us(root) / 1000000;
	unsigned wanted = content->devices, found;
	int r, missing = 0;
	struct wait wait;

	/* Only the driver knows whether all of them are there. */
	drivers_want_types("btrfs");
	drivers_wait_first();
	/* Events that are read while waiting may change @content. */
	memcpy(uuid, content->uuid, sizeof(uuid));
	wait_begin(&wait, what, root_wait_us(root));
	for (;;) {
		found = tell_all(uuid, &missing);
		/* Without a driver the mount fails, and says why. */
		r = missing > 0 ? 1 : 0;
		if (r == 0)
			break;
		(void)str_format(what, sizeof(what),
				 "btrfs %s (%u of %u devices seen)", uuid,
				 found, wanted);
		r = device_wait(root->watch, wait_until_us(&wait), why);
		if (r < 0 || (r == 0 && wait_is_over(&wait)))
			break;
	}
	wait_end(&wait);
	if (r < 0 || missing <= 0)
		return r;
	if (str_in_list(options, "degraded")) {
		log_line(LOG_ERROR,
			 "find the btrfs %s: %u of %u devices within %lld s, "
			 "going on with those (degraded)",
			 uuid, found, wanted, seconds);
		return 0;
	}
	return fail_said(
		why, ETIMEDOUT,
		"find the btrfs %s: %u of %u devices within %lld s" FAIL_TODO
		"compare with the devices seen above; "
		"rootflags=degraded goes on with those",
		uuid, found, wanted, seconds);
}
