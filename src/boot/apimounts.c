/* SPDX-License-Identifier: MIT */
#include "boot/apimounts.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/sys.h"

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
	int fd;

	/* The lowest that is free, every time. */
	do
		fd = io_open("/", O_PATH);
	while (fd >= 0 && fd < 3);
	sys_auto_close(&fd);
}

int kernfs_mount(struct fail *why)
{
	for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		struct sys_stat st;
		int r = sys_stat(AT_FDCWD, mounts[i].point, 0, &st);

		if (r == 0 && st.mount_root)
			continue;
		if (r == -ENOENT)
			r = io_mkdir(mounts[i].point);
		if (r < 0)
			return fail(why, r, "make the directory '%s'",
				    mounts[i].point);
		r = sys_mount(mounts[i].type, mounts[i].point, mounts[i].type,
			      mounts[i].flags, mounts[i].data);
		if (r < 0) {
			r = fail(why, r, "mount '%s' as %s", mounts[i].point,
				 mounts[i].type);
			if (r == -ENODEV)
				fail_todo(why, "use a kernel built with %s=y",
					  mounts[i].config);
			return r;
		}
	}
	return 0;
}

int kernfs_stdio(const char *path)
{
	int fd = io_open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return fd;
	for (int i = 0; i < 3; i++)
		if (fd != i)
			(void)sys_dup3(fd, i, 0);
	if (fd > 2)
		(void)sys_close(fd);
	return 0;
}

int kernfs_console(void)
{
	int r = kernfs_stdio("/dev/console");

	return r < 0 ? kernfs_stdio("/dev/null") : 0;
}

static int lent_fd = -1;
static bool lent_place; /* its directory too */

int kernfs_lend_proc(bool alone, struct fail *why)
{
	int r = sys_access(AT_FDCWD, "/proc/self/mountinfo", 0);

	if (r == 0)
		return 0;
	/* A second one on top of it would be moved in its place, and taken away
	 * at the end. */
	if (r != -ENOENT && r != -ENOTDIR)
		return fail(why, r, "look at '/proc/self/mountinfo'");
	r = alone ? sys_unshare(LINUX_CLONE_NEWNS) : 0;
	/* Of what is shared the others would see it. */
	if (r == 0 && alone)
		r = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (r == 0) {
		r = io_mkdir("/proc");
		lent_place = r == 0;
	}
	if (r == 0 || r == -EEXIST)
		r = sys_mount("proc", "/proc", "proc", mounts[0].flags, NULL);
	if (r == 0) {
		r = lent_fd = io_open("/proc", O_PATH | O_DIRECTORY);
		if (r >= 0)
			return 0;
		(void)sys_umount("/proc", MNT_DETACH);
	}
	(void)fail(why, r, "mount '/proc' for the time of the switch");
	kernfs_return_proc(false);
	return r;
}

void kernfs_return_proc(bool switched)
{
	if (lent_fd >= 0) {
		int r = sys_fchdir(lent_fd);

		if (r == 0)
			r = sys_umount(".", MNT_DETACH);
		if (r < 0)
			log_line(LOG_WARNING,
				 "take away the '/proc' that was mounted for "
				 "the time of the switch: %s, ignoring",
				 fail_reason(r));
		(void)sys_chdir("/");
		(void)sys_close(lent_fd);
		lent_fd = -1;
	}
	if (lent_place && !switched)
		(void)sys_unlink(AT_FDCWD, "/proc", AT_REMOVEDIR);
	lent_place = false;
}
