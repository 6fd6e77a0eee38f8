/* SPDX-License-Identifier: MIT
 *
 * Preloaded into QEMU's virtiofsd where it is not root: it insists on a sandbox
 * and on dropping privileges, neither of which an ordinary user has. Its
 * chroot(2) becomes a chdir(2), and what it gives up is taken as given up.
 * Only for a directory of tests, which it then does not lock itself into.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int root = -1;

int chroot(const char *path)
{
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : fchdir(root);
}

/* After that, "/" is the directory. */
int chdir(const char *path)
{
	if (root >= 0 && strcmp(path, "/") == 0)
		return fchdir(root);
	return (int)syscall(SYS_chdir, path);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list rest;

	va_start(rest, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(rest, mode_t);
	va_end(rest);
	if (root >= 0 && strcmp(path, "/") == 0)
		path = ".";
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int setgroups(size_t count, const gid_t *groups)
{
	(void)count;
	(void)groups;
	return 0;
}

int capng_apply(int set)
{
	(void)set;
	return 0;
}
