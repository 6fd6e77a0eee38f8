/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/sys.h"
#include "root/fstab.h"

#define FSTAB "/etc/fstab"

long fstab_read(const char *root, char **ret_text, struct fail *why)
{
	static char text[65536];
	_auto_close int root_fd = io_open(root, O_PATH | O_DIRECTORY);
	_auto_close int fd =
		sys_open_in(root_fd, FSTAB, O_RDONLY, LINUX_RESOLVE_IN_ROOT);
	size_t have = 0;
	long n = fd;

	if (n == -ENOENT || n == -ENOTDIR)
		return 0;
	for (; n >= 0 && have < sizeof(text); have += (size_t)n) {
		n = sys_read(fd, text + have, sizeof(text) - have);
		if (n <= 0)
			break;
	}
	/* The file must leave room for the NUL. */
	if (n >= 0 && have >= sizeof(text))
		n = -EFBIG;
	if (n < 0)
		return fail(why, (int)n,
			    "read '" FSTAB "' of the new root" FAIL_TODO
			    "is the root file system damaged? rd.shell gives a "
			    "shell to look");
	text[have] = '\0';
	*ret_text = text;
	return (long)have;
}
