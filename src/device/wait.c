/* SPDX-License-Identifier: MIT */
#include "device/wait.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/drivers.h"
#include "device/hooks.h"
#include "device/loader.h"
#include "device/match.h"
#include "device/reader.h"

/* A storm of events must fit. Smaller buffers of other inits were overrun at 64
 * disks (Alpine's took 4 MiB after such reports). */
#define WATCH_BYTES (4 << 20)

/* How long a root by its type waits for the disk that the boot loader is on. */
#define LOADER_US ((int64_t)5000000)

/* -- drivers and hooks ----------------------------------------------------- */

_Static_assert(1 + READER_MAX + DRIVERS_JOBS + HOOKS_FDS <= SYS_WAIT_MAX,
	       "not all of them can be waited for");

/* Start the hooks and drivers that are due: is a driver loading? */
static bool is_loading(void)
{
	hooks_work();
	return drivers_work();
}

/* Wait for an event, or for the end of a driver, a hook or a reader. */
static int wait_for_news(int watch, int64_t deadline_us)
{
	int fds[SYS_WAIT_MAX] = { watch };
	unsigned count = 1;

	drivers_fds(fds + count);
	count += DRIVERS_JOBS;
	hooks_fds(fds + count);
	count += HOOKS_FDS;
	count += reader_fds(fds + count);
	return sys_wait_any(fds, count, deadline_us);
}

/* Until when to wait, with the time that hooks need. A hook extends a wait; it
 * does not make one. */
static int64_t held(int64_t deadline_us)
{
	int64_t held_us = hooks_held_us();

	if (deadline_us == SYS_FOREVER || deadline_us == SYS_NOW)
		return deadline_us;
	return held_us < 0 ? SYS_FOREVER : deadline_us + held_us;
}

/* -- the kernel's events --------------------------------------------------- */

int device_watch(struct fail *why)
{
	int fd = sys_uevent_socket(WATCH_BYTES);

	return fd < 0 ? fail(why, fd, "open the kernel's event socket") : fd;
}

/* Has sysfs been read? Events of disks before that are of no use; after it they
 * say what changes. */
static bool is_scanned;

/* Was it seen in sysfs before its event came, and could it be read? */
static bool is_known(uint64_t number)
{
	const struct device *device = table_find_number(number);

	return device && !device->error;
}

/* "ACTION@DEVPATH", then KEY=value strings (lib/kobject_uevent.c, Linux 6.1) */
static void take_event(char *event, size_t len)
{
	uint64_t major = 0, minor = 0;
	const char *modalias = NULL;
	bool is_block = false;

	event[len] = '\0';
	for (const char *at = event; at < event + len; at += strlen(at) + 1)
		if (strcmp(at, "SUBSYSTEM=block") == 0)
			is_block = true;
		else if (str_after(at, "MODALIAS="))
			modalias = str_after(at, "MODALIAS=");
		else if (str_after(at, "MAJOR="))
			(void)str_number(str_after(at, "MAJOR="), &major);
		else if (str_after(at, "MINOR="))
			(void)str_number(str_after(at, "MINOR="), &minor);
	if (modalias && str_after(event, "add@"))
		(void)drivers_want(modalias, false);
	if (!is_block || !is_scanned)
		return;
	if (str_after(event, "remove@"))
		table_forget(SYS_DEV(major, minor));
	else if (!str_after(event, "add@") || !is_known(SYS_DEV(major, minor)))
		table_examine(str_base(event));
}

/* Take all events and records that are there by now; do not wait for others. */
static int take_events(int watch, struct fail *why)
{
	static char event[4096];

	reader_take();
	for (;;) {
		uint32_t port = 1;
		long n = sys_recv_from(watch, event, sizeof(event) - 1, &port);
		int r;

		if (n == -EAGAIN)
			return 0;
		/* Some events were lost. */
		if (n == -ENOBUFS) {
			drivers_coldplug();
			r = is_scanned ? table_scan(why) : 0;
			if (r < 0)
				return r;
			continue;
		}
		if (n < 0 && n != -EINTR)
			return fail(why, (int)n, "read the kernel's events");
		/* Any process may send to the group. The kernel is port 0. */
		if (n > 0 && port == 0)
			take_event(event, (size_t)n);
	}
}

/*
 * A disk is in sysfs before it can be opened (block/genhd.c: device_add_disk).
 * It is examined again when its event comes.
 */
static bool is_ready(struct device *device)
{
	return reader_knows(device) && device->error != ENOENT &&
	       device->error != ENXIO;
}

static int not_unique(const char *name, struct device *const two[2],
		      unsigned count, struct fail *why)
{
	return fail_said(why, ENOTUNIQ,
			 "choose the device by '%s': %u devices have it, "
			 "'/dev/%s' and '/dev/%s'%s" FAIL_TODO
			 "change nothing in them before it is known what they "
			 "are: if one is a copy, name the one that is meant, "
			 "/dev/%s or /dev/%s; if they are halves of a mirror, "
			 "put into the image what assembles it",
			 name, count, two[0]->name, two[1]->name,
			 count > 2 ? " among them" : "", two[0]->name,
			 two[1]->name);
}

static int not_in_time(const struct device_spec *spec,
		       const struct device *unfinished, struct fail *why)
{
	if (!unfinished)
		return fail_said(why, ETIMEDOUT, "it did not appear in time");
	/* A device that is only half made must not be written to. */
	return fail_said(why, EBUSY,
			 "find the device by '%s': '/dev/%s' has it, but a "
			 "hook that works on what it is made of has not "
			 "ended" FAIL_TODO
			 "see in dmesg what its program says; wait longer "
			 "(rd.timeout=)",
			 spec->written, unfinished->name);
}

/* What device_find() knows. */
struct search {
	const struct device_spec *spec;
	struct device_until *until;
	struct device *two[2];	   /* the first that were found */
	struct device *unfinished; /* one that a hook still works on */
	int64_t loader_us; /* until when the loader's disk may come; 0: unset */
	bool is_said;	   /* that it did not come */
};

/* Look at what is there: how many different things are it? @ret_ready: there is
 * one, and it can be used. */
static unsigned look(struct search *search, bool *ret_ready)
{
	struct device **two = search->two;
	unsigned count;

	do {
		count = match_find(search->spec, two);
		*ret_ready = count == 1 && is_ready(two[0]);
		if (*ret_ready) {
			two[0] = match_inside(two[0]);
			*ret_ready = two[0] && is_ready(two[0]);
		}
	} while (reader_catch_up() ||
		 (*ret_ready && spec_is_by_content(search->spec) &&
		  table_find_partitions(two[0])));
	search->unfinished =
		match_is_unfinished(search->spec, two, *ret_ready ? 1 : count)
			? two[0]
			: NULL;
	return count;
}

/* Something was found. May what is rather meant still come, with the disk that
 * the boot loader is on? */
static bool is_early(struct search *search)
{
	int64_t deadline_us = search->until->deadline_us;

	if (!match_lacks_loader(search->spec))
		return false;
	if (!search->loader_us)
		search->loader_us = sys_now_us() + LOADER_US;
	/* What is there is taken before the time for it is over. */
	if (deadline_us != SYS_FOREVER && deadline_us < search->loader_us)
		search->loader_us = deadline_us;
	if (sys_now_us() < search->loader_us)
		return true;
	if (!search->is_said)
		log_line(LOG_NOTICE,
			 "wait for the disk of the boot loader, 'PARTUUID=%s': "
			 "it did not come in time, going on without it; root= "
			 "with a name needs no such wait",
			 loader_partition());
	search->is_said = true;
	return false;
}

/* Wait for news or, if @is_early, for the loader's disk, but for no hook. */
static int wait_on(int watch, const struct search *search, bool is_early,
		   struct fail *why)
{
	struct device_until *until = search->until;
	bool is_call = until->call_us != INT64_MAX &&
		       (until->deadline_us == SYS_FOREVER ||
			until->call_us < until->deadline_us);
	int64_t wake_us;
	int r;

	/* Not before: the device may be there without more drivers. */
	(void)is_loading();
	/* Hooks that have ended no longer extend it. */
	wake_us = held(is_call ? until->call_us : until->deadline_us);
	is_early = is_early &&
		   (wake_us == SYS_FOREVER || search->loader_us <= wake_us);
	if (is_early)
		wake_us = search->loader_us;
	r = wait_for_news(watch, wake_us);
	if (r < 0)
		return fail(why, r, "wait for the kernel's events");
	if (r > 0 || is_early)
		return 0;
	if (!is_call)
		return not_in_time(search->spec, search->unfinished, why);
	until->call(until);
	return 0;
}

int device_find(int watch, const struct device_spec *spec,
		struct device_until *until, const struct device **ret_device,
		struct fail *why)
{
	struct search search = { .spec = spec, .until = until };
	int r = 0;

	if (!is_scanned) {
		r = take_events(watch, why);
		if (r == 0)
			r = table_scan(why);
		is_scanned = r == 0;
	}
	while (r == 0) {
		bool ready, early = false;
		unsigned count;

		r = take_events(watch, why);
		if (r < 0)
			return r;
		count = look(&search, &ready);
		if ((ready || count > 1) && !search.unfinished)
			early = is_early(&search);
		if (ready && !search.unfinished && !early) {
			*ret_device = search.two[0];
			return 0;
		}
		if (count > 1 && !search.unfinished && !early)
			return not_unique(spec->written, search.two, count,
					  why);
		r = wait_on(watch, &search, early, why);
	}
	return r;
}

int device_still_one(int watch, const struct device_spec *spec,
		     struct fail *why)
{
	struct device *two[2] = { NULL, NULL };
	int r = take_events(watch, why);
	unsigned count = r < 0 ? 0 : match_find(spec, two);

	return count > 1 ? not_unique(spec->written, two, count, why) : r;
}

int device_settle(int watch, int64_t deadline_us, struct fail *why)
{
	for (;;) {
		/* The events of a driver's devices come before its end. */
		bool loading = is_loading();
		int r = take_events(watch, why);

		if (r < 0)
			return r;
		if (!loading && !is_loading())
			return 0;
		r = wait_for_news(watch, held(deadline_us));
		if (r < 0)
			return fail(why, r, "wait for the kernel's events");
		if (r == 0)
			return 0;
	}
}

int device_wait(int watch, int64_t deadline_us, struct fail *why)
{
	int r;

	(void)is_loading();
	r = wait_for_news(watch, held(deadline_us));
	if (r < 0)
		return fail(why, r, "wait for the kernel's events");
	if (r == 0)
		return 0;
	r = take_events(watch, why);
	return r < 0 ? r : 1;
}
