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

/* -- a device that does not come ------------------------------------------ */

static unsigned calls;

/* As root/wait.c: there are two calls, and none after that. */
static void call(struct device_until *until)
{
	until->call_us = ++calls == 1 ? until->call_us + 50000 : INT64_MAX;
}

static int64_t cpu_us(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* Process 1 waits; it does not look again and again. Of several roots each has
 * its own time, which ends before a notice is due. */
static void test_absent(int watch)
{
	static const int64_t times_us[][2] = {
		/* until the end, and until the first call */
		{ 100000, 50000 },
		{ 600000, 900000 },
		{ 600000, INT64_MAX },
		{ 600000, 570000 },
	};
	struct device_spec spec;
	struct fail why;

	is_int(device_parse("/dev/pintle-absent", &spec, &why), 0, "a name");
	for (size_t i = 0; i < sizeof(times_us) / sizeof(times_us[0]); i++) {
		int64_t now_us = sys_now_us(), before_us = cpu_us();
		int64_t took_us, used_us;
		const struct device *device;
		struct device_until until = {
			.deadline_us = now_us + times_us[i][0],
			.call_us = times_us[i][1] == INT64_MAX
					   ? INT64_MAX
					   : now_us + times_us[i][1],
			.call = call,
		};

		calls = 0;
		/* One that spins is ended, not waited for. */
		alarm(60);
		is_int(device_find(watch, &spec, &until, &device, &why),
		       -ETIMEDOUT, "it does not come (%zu)", i);
		alarm(0);
		took_us = sys_now_us() - now_us;
		ok(took_us >= times_us[i][0], "... in its time");
		/* Of a busy machine one that spins gets a tenth. */
		used_us = cpu_us() - before_us;
		ok(i == 0 || used_us < 20000,
		   "... which is waited for: %d us of %d", (int)used_us,
		   (int)took_us);
	}
}

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
	test_absent(ends[0]);
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
