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
			   "LVM2_member each /bin/true\n"
			   "token_works beside /bin/true\n"
			   "token_fails beside /bin/false\n"
			   "token_hangs beside /bin/sleep 3600\n"
			   "token_hangs beside /bin/sleep 3600\n"
			   "token_hangs beside /bin/sleep 3600\n";

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

static unsigned count_jobs(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		count += jobs[i].child.pid != 0;
	return count;
}

/* Somebody is asked for @device in the last place for a program. Returns what
 * becomes readable when that is taken back. */
static int ask_for(struct device *device)
{
	struct job *job = &jobs[HOOKS_JOBS - 1];
	int ends[2];

	if (sys_pipe(ends) < 0)
		exit(2);
	*job = (struct job){ .hook = &hooks[0],
			     .device = device,
			     .number = device->number,
			     .stop_fd = ends[1] };
	if (child_fork_job(&job->child) == 0) {
		char byte;

		(void)sys_set_parent_death_signal(SIGKILL);
		(void)!read(ends[0], &byte, 1);
		_exit(0);
	}
	is_asking = true;
	return ends[0];
}

static bool is_readable(int fd)
{
	return sys_wait_readable(fd, SYS_NOW) == 1;
}

static void end_all(void)
{
	hooks_finish(sys_now_us() + 10000000);
	is_int(count_jobs(), 0, "beside: none is left in the end");
}

/* What runs beside the question for a device. */
static void test_beside(void)
{
	struct device *device = appear(FIRST, "token_works");
	int asked_fd = ask_for(device);
	struct child_job *asks = &jobs[HOOKS_JOBS - 1].child;

	hooks_begin();
	hooks_work();
	is_int(count_jobs(), 2, "beside: it runs while somebody is asked");
	await_end();
	is_int(device->hook, SERVED, "beside: it has opened the device");
	if (asks->pid)
		(void)sys_wait_readable(asks->fd, sys_now_us() + 10000000);
	(void)reap_all();
	is_int(asks->pid, 0, "beside: nobody is asked any more");
	(void)close(asked_fd);
	end_all();

	device = appear(FIRST, "token_fails");
	asked_fd = ask_for(device);
	hooks_begin();
	hooks_work();
	await_end();
	is_int(count_jobs(), 1, "beside: its failure ends no question");
	ok(!is_readable(asked_fd), "... which is not taken back either");
	is_int(device->hook, 0, "... and no line is done with");
	hooks_work();
	is_int(count_jobs(), 1, "... but it is not tried again");
	(void)close(asked_fd);
	end_all();
	hooks_begin();
	hooks_work();
	is_int(count_jobs(), 1, "... until the stage is");
	await_end();
	is_int(device->fate, HOOK_FAILED, "... and nothing has opened it");
	end_all();

	device = appear(FIRST, "token_hangs");
	hooks_begin();
	hooks_work();
	is_int(count_jobs(), BESIDE_MAX, "beside: there is room for others");
	ok(may_ask_others(), "... for which somebody is asked meanwhile");
	ok(!hooks_work_on(device), "... and nobody waits for it");
	end_all();
}

int main(void)
{
	int fd = mkstemp(list_path);

	if (fd < 0 || write(fd, list, sizeof(list) - 1) < 0)
		return 2;
	hooks_read(false);
	is_int(hook_count, 7, "lines");
	test_now();
	test_retry();
	test_reused();
	test_named();
	test_beside();
	(void)close(fd);
	(void)unlink(list_path);
	return tap_done();
}
