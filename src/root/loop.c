/* SPDX-License-Identifier: MIT */
#include "root/loop.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "config/settings.h"
#include "device/device.h"
#include "device/drivers.h"
#include "root/block.h"
#include "root/mount.h"
#include "root/root.h"

/* Between the two calls somebody else may take the device that was free; the
 * kernel then says EBUSY. */
#define TRIES 16

/* Attach the file to a free loop device, whose name in /dev is @ret_name. The
 * descriptor that is returned keeps the device until it is mounted. */
static int attach_to_free(int file_fd, bool rw, char *ret_name, size_t size)
{
	struct linux_loop_config config = {
		.fd = (uint32_t)file_fd,
		.flags = LINUX_LO_FLAGS_AUTOCLEAR |
			 (rw ? 0 : LINUX_LO_FLAGS_READ_ONLY),
	};
	_auto_close int control_fd = io_open("/dev/loop-control", O_RDWR);
	long n;
	int fd, r;

	if (control_fd < 0)
		return control_fd;
	n = sys_ioctl(control_fd, LINUX_LOOP_CTL_GET_FREE, NULL);
	if (n < 0)
		return (int)n;
	(void)str_format(ret_name, size, "loop%ld", n);
	fd = io_open(io_path("/dev/%s", ret_name), rw ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return fd;
	r = (int)sys_ioctl(fd, LINUX_LOOP_CONFIGURE, &config);
	if (r == 0)
		return fd;
	(void)sys_close(fd);
	return r;
}

/* The same for the file @path below the directory @dir. */
static int attach(const char *dir, const char *path, bool rw, char *ret_name,
		  size_t size, struct fail *why)
{
	_auto_close int dir_fd = io_open(dir, O_PATH | O_DIRECTORY);
	_auto_close int fd = dir_fd;
	int r = dir_fd;

	if (dir_fd >= 0)
		r = fd = sys_open_in(dir_fd, path, rw ? O_RDWR : O_RDONLY,
				     LINUX_RESOLVE_IN_ROOT);
	if (r < 0)
		return fail(why, r, "open the image 'loop=%s'", path);
	for (int i = 0; i < TRIES; i++) {
		r = attach_to_free(fd, rw, ret_name, size);
		if (r != -EBUSY)
			break;
	}
	if (r >= 0)
		return r;
	(void)fail(why, r, "make a block device of 'loop=%s'", path);
	if (r == -ENOENT)
		fail_todo(why, "put the driver into the image "
			       "(pintle-mkinitramfs --kind generic -m loop)");
	return r;
}

int loop_mount(struct root *root, struct fail *why)
{
	const struct settings *settings = root->settings;
	const struct device *device;
	struct mount_order order = {
		.device = root->path,
		.point = ROOT_POINT,
		.types = settings->loopfstype,
		.options = settings->loopflags,
		.rw = root_is_rw(root),
	};
	_auto_close int fd = -1;
	char name[24];

	(void)drivers_want("devname:loop-control", true);
	drivers_wait_first();
	fd = attach(RUN_HOST, settings->loop, root_is_rw(root), name,
		    sizeof(name), why);
	if (fd < 0)
		return fd;
	device = device_refresh(name);
	if (!device)
		return fail(why, ENODEV, "look at '/dev/%s'", name);
	device_path(name, root->path);
	return block_mount_device(root, device, &order, root->type,
				  sizeof(root->type), why);
}
