/* SPDX-License-Identifier: MIT */
#include "boot/apimounts.h"

#include <errno.h>
#include <fcntl.h>

#include "base/api.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/sys.h"

/* /proc first: the mount table and the kernel's command line are there. */
static const struct {
	enum api api;
	const char *type;
	unsigned long flags;
	const char *data;
	const char *config; /* the option that builds it into a kernel */
} mounts[] = {
	{ API_PROC, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
	  "CONFIG_PROC_FS" },
	{ API_SYS, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
	  "CONFIG_SYSFS" },
	{ API_DEV, "devtmpfs", MS_NOSUID, "mode=0755", "CONFIG_DEVTMPFS" },
	/* The options of systemd's mount-setup.c. Its INITRD_INTERFACE wants
	 * a /run of this kind to be there when init starts. */
	{ API_RUN, "tmpfs", MS_NOSUID | MS_NODEV | LINUX_MS_STRICTATIME,
	  "mode=0755,size=20%,nr_inodes=800k", "CONFIG_TMPFS" },
};

int apimounts_mount(struct fail *why)
{
	for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const char *point = api_points[mounts[i].api];
		struct sys_stat st;
		int r = sys_stat(AT_FDCWD, point, 0, &st);

		if (r == 0 && st.mount_root)
			continue;
		if (r == -ENOENT)
			r = io_mkdir(point);
		if (r < 0)
			return fail(why, r, "make the directory '%s'", point);
		r = sys_mount(mounts[i].type, point, mounts[i].type,
			      mounts[i].flags, mounts[i].data);
		if (r < 0) {
			r = fail(why, r, "mount '%s' as %s", point,
				 mounts[i].type);
			if (r == -ENODEV)
				fail_todo(why, "use a kernel built with %s=y",
					  mounts[i].config);
			return r;
		}
	}
	return 0;
}

static int lent_fd = -1;
static bool made_place; /* and the directory that it is mounted on */

int apimounts_lend_proc(bool alone, struct fail *why)
{
	int r = sys_access(AT_FDCWD, "/proc/self/mountinfo", 0);

	if (r == 0)
		return 0;
	/* If there is one after all, a second one on top of it would move to
	 * the new root in its stead and be taken away at the end. */
	if (r != -ENOENT && r != -ENOTDIR)
		return fail(why, r, "look at '/proc/self/mountinfo'");
	r = alone ? sys_unshare(LINUX_CLONE_NEWNS) : 0;
	/* A mount below a shared one would be seen by other processes. */
	if (r == 0 && alone)
		r = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (r == 0) {
		r = io_mkdir("/proc");
		made_place = r == 0;
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
	apimounts_return_proc(false);
	return r;
}

void apimounts_return_proc(bool switched)
{
	if (lent_fd >= 0) {
		int r = sys_fchdir(lent_fd);

		if (r == 0)
			r = sys_umount(".", MNT_DETACH);
		/* It stayed in the old root, and was detached with it: umount(2)
		 * answers EINVAL for what is mounted nowhere. */
		if (switched && r == -EINVAL)
			r = 0;
		if (r < 0)
			log_line(LOG_WARNING,
				 "take away the '/proc' that was mounted for "
				 "the time of the switch: %s, ignoring",
				 fail_reason(r));
		(void)sys_chdir("/");
		(void)sys_close(lent_fd);
		lent_fd = -1;
	}
	if (made_place && !switched)
		(void)sys_unlink(AT_FDCWD, "/proc", AT_REMOVEDIR);
	made_place = false;
}
