/* SPDX-License-Identifier: MIT */
#include "root/loop.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

/* Another may take the free one between the two calls; the kernel says EBUSY.
 */
#define TRIES 16

static int attach_free(int file_fd, bool rw, char *ret_name, size_t size)
{
	struct linux_loop_config config = {
		.fd = (uint32_t)file_fd,
		.flags = LINUX_LO_FLAGS_AUTOCLEAR |
			 (rw ? 0 : LINUX_LO_FLAGS_READ_ONLY),
	};
	_auto_close int control_fd = io_open("/dev/loop-control", O_RDWR);
	char path[32];
	long n;
	int fd, r;

	if (control_fd < 0)
		return control_fd;
	n = sys_ioctl(control_fd, LINUX_LOOP_CTL_GET_FREE, NULL);
	if (n < 0)
		return (int)n;
	(void)str_format(ret_name, size, "loop%ld", n);
	(void)str_format(path, sizeof(path), "/dev/loop%ld", n);
	fd = io_open(path, rw ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return fd;
	r = (int)sys_ioctl(fd, LINUX_LOOP_CONFIGURE, &config);
	if (r == 0)
		return fd;
	(void)sys_close(fd);
	return r;
}

int loop_attach(const char *dir, const char *path, bool rw, char *ret_name,
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
		r = attach_free(fd, rw, ret_name, size);
		if (r != -EBUSY)
			break;
	}
	if (r >= 0)
		return r;
	(void)fail(why, r, "make a block device of 'loop=%s'", path);
	if (r == -ENOENT)
		fail_todo(why, "put the driver into the image (-m loop)");
	return r;
}
