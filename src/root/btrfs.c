/* SPDX-License-Identifier: MIT */
#include "root/btrfs.h"

#include <fcntl.h>

#include "base/io.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

int btrfs_tell(const char *device)
{
	static struct linux_btrfs_vol_args args;
	_auto_close int fd = io_open("/dev/btrfs-control", O_RDWR);
	int r = str_copy(args.name, sizeof(args.name), device);

	if (fd < 0 || r < 0)
		return fd < 0 ? fd : r;
	/* It takes the device in, too: fs/btrfs/super.c, Linux 3.0. */
	return (int)sys_ioctl(fd, LINUX_BTRFS_IOC_DEVICES_READY, &args);
}
