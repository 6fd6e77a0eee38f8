/* SPDX-License-Identifier: MIT */
#include "kernfs.h"

#include <errno.h>
#include <fcntl.h>

#include "fail.h"
#include "linux.h"
#include "sys.h"

/* /proc first: the mount table and the kernel's command line are there. */
static const struct {
	const char *point, *type;
	unsigned long flags;
	const char *data;
	const char *config; /* what a kernel without it was built without */
} mounts[] = {
	{ "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
	  "CONFIG_PROC_FS" },
	{ "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
	  "CONFIG_SYSFS" },
	{ "/dev", "devtmpfs", MS_NOSUID, "mode=0755", "CONFIG_DEVTMPFS" },
	/* Options as systemd's own, mount-setup.c; see its INITRD_INTERFACE:
	 * /run must be there, of this kind, when init starts. */
	{ "/run", "tmpfs", MS_NOSUID | MS_NODEV | LINUX_MS_STRICTATIME,
	  "mode=0755,size=20%,nr_inodes=800k", "CONFIG_TMPFS" },
};

void kernfs_hold_stdio(void)
{
	while (!sys_is_open(0) || !sys_is_open(1) || !sys_is_open(2))
		if (sys_open(AT_FDCWD, "/", O_PATH, 0) < 0)
			return;
}

int kernfs_mount(struct fail *why)
{
	for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		struct sys_stat st;
		int r = sys_mkdir(AT_FDCWD, mounts[i].point, 0755);

		if (r < 0 && r != -EEXIST)
			return fail(why, -r, "make the directory '%s'",
				    mounts[i].point);
		if (sys_stat(AT_FDCWD, mounts[i].point, 0, &st) == 0 &&
		    st.mount_root)
			continue;
		r = sys_mount(mounts[i].type, mounts[i].point, mounts[i].type,
			      mounts[i].flags, mounts[i].data);
		if (r < 0) {
			r = fail(why, -r, "mount '%s' as %s", mounts[i].point,
				 mounts[i].type);
			if (r == -ENODEV)
				fail_todo(why, "use a kernel built with %s=y",
					  mounts[i].config);
			return r;
		}
	}
	return 0;
}

int kernfs_console(void)
{
	int fd = sys_open(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0);

	if (fd < 0)
		fd = sys_open(AT_FDCWD, "/dev/null", O_RDWR | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	for (int i = 0; i < 3; i++)
		if (fd != i)
			(void)sys_dup3(fd, i, 0);
	if (fd > 2)
		(void)sys_close(fd);
	return 0;
}
