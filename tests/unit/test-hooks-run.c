/* SPDX-License-Identifier: MIT */
/*
 * Hooks at work: what their ends mean for the devices, and that no wait goes on
 * for ever because of one. Their tables are filled in by hand, so the files are
 * included, with other lines than those of an image.
 */
#include "config/image.h"

#undef IMAGE_HOOKS
static char list_path[] = "/tmp/test-hooks.XXXXXX";
#define IMAGE_HOOKS list_path

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/hooks.c"
#include "device/table.c"
#include "device/wait.h"
#include "tap.h"

#define FIRST  SYS_DEV(7, 1001)
#define SECOND SYS_DEV(7, 1002)

static const char list[] = "crypto_LUKS ask /bin/sleep 3600\n"
			   "LVM2_member each /bin/true\n";

/* The first entry of the table, as if such a device had just been read. */
static struct device *appear(uint64_t wanted, const char *type)
{
	struct device *device = devices;

	device_count = 1;
	*device = (struct device){ .number = wanted, .probed = true };
	device->content.use = PROBE_MEMBER;
	(void)str_copy(device->name, sizeof(device->name), "vdx");
	(void)str_copy(device->content.type, sizeof(device->content.type),
		       type);
	return device;
}

/* Until the program of the first job has ended, and its end was taken. */
static void await_end(void)
{
	(void)sys_wait_readable(jobs[0].child.fd, sys_now_us() + 10000000);
	(void)reap_all();
}

/* A program that has been given its answer, and hangs. */
static int hang(struct device *device)
{
	int pid;

	jobs[0] = (struct job){ .hook = &hooks[0],
				.device = device,
				.number = device->number,
				.stop_fd = -1 };
	pid = child_fork_job(&jobs[0].child);
	if (pid == 0) {
		(void)sys_set_parent_death_signal(SIGKILL);
		(void)pause();
		_exit(0);
	}
	is_asking = true;
	return pid;
}

/* The last look for events before the switch is none that waits. */
static void test_now(void)
{
	struct fail why;
	int ends[2], pid = hang(appear(FIRST, "crypto_LUKS"));
	int64_t begun_us;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0)
		exit(2);
	hooks_finish(sys_now_us() + 1000);
	ok(jobs[0].child.pid == pid && hooks_held_us() < 0,
	   "a program that hangs has outlived its time");
	begun_us = sys_now_us();
	(void)alarm(20); /* it would be for ever */
	is_int(device_wait(ends[0], SYS_NOW, &why), 0,
	       "what is asked for now is not waited for");
	(void)alarm(0);
	ok(sys_now_us() - begun_us < 5000000, "... not even for a while");
	(void)sys_kill(pid, SIGKILL);
	await_end();
	ok(hooks_held_us() >= 0, "... and it has ended");
}

static void test_retry(void)
{
	struct device *device = appear(FIRST, "crypto_LUKS");

	hooks_begin();
	device->hook = SERVED;
	hooks_finish(SYS_NOW);
	is_int(device->hook, 0, "retry: a prompt that was closed is opened");
	device->hook = REFUSED;
	hooks_finish(SYS_NOW);
	is_int(device->hook, 0, "retry: so is one with wrong answers");
	device = appear(FIRST, "LVM2_member");
	device->hook = SERVED;
	hooks_finish(SYS_NOW);
	is_int(device->hook, SERVED, "retry: what was made is not made again");
	device->hook = 2;
	hooks_finish(SYS_NOW);
	is_int(device->hook, 0, "retry: what has failed is tried again");
}

static void test_reused(void)
{
	struct device *device = appear(FIRST, "LVM2_member");

	hooks_begin();
	hooks_work();
	ok(jobs[0].child.pid > 0, "reused: a program works on the first disk");
	await_end();
	is_int(device->hook, SERVED, "reused: which is served by its end");
	device = appear(FIRST, "LVM2_member");
	hooks_work();
	device = appear(SECOND, "LVM2_member");
	await_end();
	is_int(device->hook, 0,
	       "reused: not served is the disk that has its entry by then");
	hooks_work();
	ok(jobs[0].child.pid > 0 && jobs[0].number == SECOND,
	   "reused: a program works on that one, too");
	await_end();
	is_int(device->hook, SERVED, "reused: which is served by its end");
}

/* A device that the command line names is asked for first, but one that is not
 * there does not keep the others waiting. */
static void test_named(void)
{
	static const char uuid[] = "5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01";
	struct device *device = appear(FIRST, "crypto_LUKS");

	luks_forget();
	luks_parameter("rd.luks.uuid", uuid, NULL);
	hooks_begin();
	ended_us = sys_now_us() - OTHERS_US;
	ok(!may_ask_others(), "named: it may come");
	missed_us = sys_now_us() - OTHERS_US;
	ok(may_ask_others(), "named: it does not come: others are asked for");
	(void)str_copy(device->content.uuid, sizeof(device->content.uuid),
		       uuid);
	ok(!may_ask_others(), "named: it is there, and comes first");
	device->fate = HOOK_CLOSED;
	ok(may_ask_others(), "named: nobody has typed anything for it");
	device->fate = HOOK_UNTRIED;
	device->hook = REFUSED;
	ok(may_ask_others(), "named: each passphrase was wrong");
	luks_forget();
}

int main(void)
{
	int fd = mkstemp(list_path);

	if (fd < 0 || write(fd, list, sizeof(list) - 1) < 0)
		return 2;
	hooks_read(false);
	is_int(hook_count, 2, "lines");
	test_now();
	test_retry();
	test_reused();
	test_named();
	(void)close(fd);
	(void)unlink(list_path);
	return tap_done();
}
