/* SPDX-License-Identifier: MIT */
#include "root/fsck.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/settings.h"
#include "console/shell.h"
#include "device/device.h"

/* systemd-fsck-root.service and the like look here whether it was done. */
#define CHECKED_DIR "/run/initramfs"

/* Bits of the exit status: fsck(8). */
enum {
	FSCK_RESTART = 2,
	FSCK_ERRORS_LEFT = 4,
	FSCK_FAILED = 8, /* and above */
	FSCK_CANCELLED = 32,
};

/* The path of fsck.@type; false: the image has none. */
static bool find_program(const char *type, char *ret, size_t size)
{
	static const char *const places[] = { "/sbin", "/usr/sbin", "/bin" };

	/* The type may be the word of an fstab: a name, and never a path. */
	if (str_char(type, '/'))
		return false;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (str_format(ret, size, "%s/fsck.%s", places[i], type) == 0 &&
		    sys_access(AT_FDCWD, ret, X_OK) == 0)
			return true;
	return false;
}

/*
 * Run fsck.@type on @device and wait for its end. Returns its exit status;
 * -ENOENT if the image has no such program; -EINTR with @why if a signal ended
 * it; another -errno with @why if it did not run.
 */
static int run_program(const struct settings *settings, const char *type,
		       const char *device, struct fail *why)
{
	char program[64], repair[] = { '-', settings->fsck_repair, '\0' };
	static char force[] = "-f", path_env[] = "PATH=/sbin:/bin";
	static char *const envp[] = { path_env, NULL };
	/* As fsck(8) calls it; -f only if a person asked for it, as not every
	 * program knows it. */
	char *argv[5] = { program, repair };
	const struct child child = {
		.argv = argv,
		.envp = envp,
		.stdin_fd = CHILD_STDIN_SAME,
		.repeats = true,
	};
	struct child_end end = { 0, 0 };
	int r;

	if (!find_program(type, program, sizeof(program)))
		return -ENOENT;
	if (settings->fsck_force)
		argv[2] = force;
	argv[2 + settings->fsck_force] = (char *)(uintptr_t)device;

	r = child_start(&child);
	if (r > 0)
		r = child_wait(r, &end);
	if (r < 0)
		return fail(why, r, "run '%s %s %s'", program, repair, device);
	if (end.signal)
		return fail_said(why, EINTR,
				 "run '%s %s %s': signal %d ended it", program,
				 repair, device, end.signal);
	if (end.code == CHILD_NOT_STARTED)
		return fail_said(why, ENOEXEC,
				 "run '%s %s %s': it cannot be started",
				 program, repair, device);
	return end.code;
}

/* What the exit @status of fsck.@type means: 1: it was checked; 0: it was not,
 * which has been said; -errno with @why. */
static int judge(int status, const char *type, const char *path,
		 struct fail *why)
{
	if (status & FSCK_ERRORS_LEFT)
		return fail_said(why, EIO,
				 "check '%s': fsck.%s left errors in it "
				 "(status %d)" FAIL_TODO
				 "repair it from elsewhere or at a shell "
				 "(rd.shell); fsck.repair=yes says yes to all, "
				 "fsck.mode=skip goes without",
				 path, type, status);
	/* e2fsck ends so if the device is in use or has no superblock that can
	 * be read. initramfs-tools and systemd-fsck go on, too: whoever mounts
	 * it finds out. But it is said, and `quiet` hides warnings. */
	if (status >= FSCK_FAILED) {
		log_line(LOG_ERROR,
			 "check '%s': fsck.%s %s (status %d), going on "
			 "unchecked",
			 path, type,
			 status & FSCK_CANCELLED ? "was cancelled" : "failed",
			 status);
		return 0;
	}
	if (status & FSCK_RESTART) {
		log_line(LOG_ERROR, "check '%s': fsck.%s asks for a restart",
			 path, type);
		rescue_sync();
		return sys_restart();
	}
	return 1;
}

int fsck_check(const struct settings *settings, const char *role,
	       const struct device *device, struct fail *why)
{
	const char *type = device->content.type;
	char path[DEVICE_PATH], mark[64];
	int r;

	if (settings->fsck_skip || device->content.use != PROBE_FILESYSTEM)
		return 0;
	device_path(device->name, path);
	r = run_program(settings, type, path, why);
	if (r == -ENOENT) {
		if (settings->fsck_force)
			log_line(LOG_ERROR,
				 "check '%s' (fsck.mode=force): the image has "
				 "no fsck.%s (pintle-mkinitramfs --with-fsck), "
				 "going on unchecked",
				 path, type);
		return 0;
	}
	/* It may have been killed in the middle of a repair. */
	if (r == -EINTR) {
		fail_todo(why, "find out why it was killed (dmesg; too little "
			       "memory?), and repair it from elsewhere or at a "
			       "shell (rd.shell); fsck.mode=skip goes without");
		return r;
	}
	if (r < 0) {
		log_line(LOG_ERROR, "%s, going on unchecked", why->what);
		return 0;
	}
	r = judge(r, type, path, why);
	if (r <= 0 || !role)
		return r < 0 ? r : 0;
	(void)io_mkdir(CHECKED_DIR);
	(void)str_format(mark, sizeof(mark), CHECKED_DIR "/fsck-%s", role);
	(void)io_write_file(mark, "", 0);
	return 0;
}
