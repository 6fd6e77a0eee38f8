/* SPDX-License-Identifier: MIT */
#include "device/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sys.h"
#include "device/drivers.h"
#include "tap.h"

/* A wait that the kernel refuses says so. poll(2) refuses more descriptors than
 * the process may have; and a driver is being loaded, as otherwise nothing is
 * waited for: its file is a FIFO, which nobody ever writes to. */
int main(void)
{
	static char list[100], top[] = "/tmp/test-wait.XXXXXX";
	static struct fail why = { .what = "of an earlier failure" };
	char path[64];
	struct rlimit before, few;
	int ends[2];

	if (!mkdtemp(top) || getrlimit(RLIMIT_NOFILE, &before) < 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0)
		return 2;
	snprintf(path, sizeof(path), "%s/slow.ko", top);
	snprintf(list, sizeof(list), "- %s\n", path);
	if (mkfifo(path, 0600) < 0)
		return 2;
	(void)drivers_parse(list, "x 0\n", "");
	(void)drivers_want("x", false);
	ok(drivers_work(), "a driver is being loaded");
	is_int(device_settle(ends[0], sys_now_us() + 1000, &why), 0,
	       "settle: the end of the time is no failure");
	is_str(why.what, "of an earlier failure", "... and has no sentence");
	few = before;
	few.rlim_cur = 1;
	is_int(setrlimit(RLIMIT_NOFILE, &few), 0, "few descriptors");
	is_int(device_settle(ends[0], SYS_FOREVER, &why), -EINVAL,
	       "settle: the wait fails");
	is_str(why.what, "wait for the kernel's events: Invalid argument",
	       "... and says so");
	why.what[0] = '\0';
	is_int(device_wait(ends[0], SYS_FOREVER, &why), -EINVAL,
	       "wait: it fails");
	is_str(why.what, "wait for the kernel's events: Invalid argument",
	       "... and says so");
	(void)setrlimit(RLIMIT_NOFILE, &before);
	drivers_finish(sys_now_us() + 1000000);
	(void)unlink(path);
	(void)rmdir(top);
	return tap_done();
}
