/* SPDX-License-Identifier: MIT */
#include "root/fsck.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

int check_run(const struct check *check, const char *type, const char *device,
	      struct fail *why)
{
	static const char *const places[] = { "/sbin", "/usr/sbin", "/bin" };
	char program[64], repair[] = { '-', check->repair, '\0' };
	static char force[] = "-f", path_env[] = "PATH=/sbin:/bin";
	static char *const envp[] = { path_env, NULL };
	/* Given as fsck(8) gives it; -f where it is asked for only: not all
	 * know it. */
	char *argv[5] = { program, repair };
	unsigned place = 0;
	int pid, status, r;

	/* It may be of an fstab: no path, just a name. */
	if (str_char(type, '/'))
		return -ENOENT;
	do {
		if (place == sizeof(places) / sizeof(places[0]))
			return -ENOENT;
		if (str_format(program, sizeof(program), "%s/fsck.%s",
			       places[place++], type) < 0)
			return -ENOENT;
	} while (sys_access(AT_FDCWD, program, X_OK) < 0);
	if (check->force)
		argv[2] = force;
	argv[2 + check->force] = (char *)(uintptr_t)device;

	pid = sys_fork();
	if (pid == 0) {
		(void)sys_block_sigchld(false);
		(void)sys_execveat(AT_FDCWD, program, argv, envp, 0);
		sys_exit(127);
	}
	do
		r = pid < 0 ? pid : sys_wait(pid, &status, 0);
	while (r == -EINTR);
	if (r < 0)
		return fail(why, r, "run '%s %s %s'", program, repair, device);
	if (status & 0x7f)
		return fail_said(why, EINTR,
				 "run '%s %s %s': signal %d ended it", program,
				 repair, device, status & 0x7f);
	status = status >> 8 & 0xff;
	if (status == 127)
		return fail_said(why, ENOEXEC,
				 "run '%s %s %s': it cannot be started",
				 program, repair, device);
	return status;
}
