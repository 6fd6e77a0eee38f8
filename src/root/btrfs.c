/* SPDX-License-Identifier: MIT */
#include "root/btrfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/device.h"
#include "device/drivers.h"
#include "device/paths.h"
#include "root/mount.h"
#include "root/root.h"
#include "root/wait.h"

/* What is known of one btrfs at a time. */
struct state {
	char uuid[sizeof(((struct probe *)0)->uuid)];
	unsigned found;	 /* the devices that have its UUID ... */
	unsigned wanted; /* ... and how many there should be */
	unsigned seeds;	 /* devices of other ones that may be a part of it */
	bool is_missing; /* the kernel says that some are missing */
};

/*
 * Ask the kernel something about the btrfs on @device: 0 or a positive number is
 * the answer, -errno; -ENOENT means that this kernel has no btrfs.
 */
static int ask(unsigned request, const struct device *device)
{
	static struct linux_btrfs_vol_args args;
	_auto_close int fd = io_open("/dev/btrfs-control", O_RDWR);

	if (fd < 0)
		return fd;
	device_path(device->name, args.name);
	return (int)sys_ioctl(fd, request, &args);
}

/* The next device after @at of @count that holds a btrfs, or NULL. */
static const struct device *next_btrfs(const struct device *at)
{
	unsigned count;
	const struct device *devices = device_seen(&count);

	for (at = at ? at + 1 : devices; at < devices + count; at++)
		/* If two devices carry the same number, the kernel uses the one
		 * that it was told of last. */
		if (at->name[0] && strcmp(at->content.type, "btrfs") == 0 &&
		    !device_is_part(at) && !paths_is_second(at))
			return at;
	return NULL;
}

/* The device of the btrfs @uuid that was written last: an older one may not know
 * how many devices there are by now. NULL: none is there. */
static const struct device *newest_of(const char *uuid)
{
	const struct device *newest = NULL;

	for (const struct device *it = NULL; (it = next_btrfs(it));)
		if (strcmp(it->content.uuid, uuid) == 0 &&
		    (!newest ||
		     it->content.generation > newest->content.generation))
			newest = it;
	return newest;
}

/* Tell the kernel of every btrfs that was seen, and find out what it lacks. */
static void tell_all(struct state *state)
{
	const struct device *newest;

	device_probe_all();
	state->found = state->seeds = 0;
	for (const struct device *it = NULL; (it = next_btrfs(it));) {
		if (strcmp(it->content.uuid, state->uuid) == 0)
			state->found++;
		else
			state->seeds += it->content.is_seed;
		(void)ask(LINUX_BTRFS_IOC_SCAN_DEV, it);
	}
	newest = newest_of(state->uuid);
	if (newest)
		state->wanted = newest->content.devices;
	/* Without a driver the mount fails, and says why. */
	state->is_missing =
		!newest || ask(LINUX_BTRFS_IOC_DEVICES_READY, newest) > 0;
}

/* Copy the list @options without "degraded". */
static int without_degraded(const char *options, char *ret, size_t size)
{
	struct text text = { .buf = ret, .size = size };
	size_t len;

	*ret = '\0';
	for (; (len = mount_next_option(&options)) > 0; options += len)
		if (len != strlen("degraded") ||
		    memcmp(options, "degraded", len) != 0)
			text_add(&text, "%s%.*s", text.len ? "," : "", (int)len,
				 options);
	return text.cut ? -ENAMETOOLONG : 0;
}

/* Is it complete after all, so that the kernel mounts it? */
static bool is_mounted_whole(const struct mount_order *order, char *ret_type,
			     size_t size)
{
	char options[1024];
	struct mount_order whole = *order;
	struct fail ignored;

	if (without_degraded(order->options, options, sizeof(options)) < 0)
		return false;
	whole.options = options;
	return mount_by_order(&whole, ret_type, size, &ignored) == 0;
}

/* The time is over, and some are missing. Returns as btrfs_gather() does. */
static int go_on_without(const struct state *state, int64_t wait_us,
			 const struct mount_order *order, struct fail *why)
{
	long long seconds = wait_us / 1000000;

	if (str_in_list(order->options, "degraded")) {
		log_line(LOG_ERROR,
			 "find the btrfs %s: %u of %u devices within %lld s, "
			 "going on with those (degraded)",
			 state->uuid, state->found, state->wanted, seconds);
		return 0;
	}
	return fail_said(
		why, ETIMEDOUT,
		"find the btrfs %s: %u of %u devices within %lld s" FAIL_TODO
		"compare with the devices seen above; "
		"rootflags=degraded goes on with those",
		state->uuid, state->found, state->wanted, seconds);
}

int btrfs_gather(const struct root *root, const struct device *device,
		 const struct mount_order *order, char *ret_type, size_t size,
		 struct fail *why)
{
	char what[120];
	struct state state = { .wanted = device->content.devices };
	const struct device *newest;
	unsigned tried = 0;
	int64_t wait_us = root_mount_wait_us(root, device, order->options);
	struct wait wait;
	int r;

	/* Events that are read while waiting may change the content. */
	memcpy(state.uuid, device->content.uuid, sizeof(state.uuid));
	newest = newest_of(state.uuid);
	if (state.wanted <= 1 && (!newest || newest->content.devices <= 1))
		return 0;
	/* Only the driver knows whether all of them are there. */
	drivers_want_types("btrfs");
	drivers_wait_first();
	wait_begin(&wait, what, wait_us);
	for (;;) {
		bool is_new;

		tell_all(&state);
		is_new = state.found + state.seeds != tried;
		r = 0;
		if (!state.is_missing)
			break;
		if (state.seeds && is_new &&
		    is_mounted_whole(order, ret_type, size)) {
			r = 1;
			break;
		}
		tried = state.found + state.seeds;
		(void)str_format(what, sizeof(what),
				 "btrfs %s (%u of %u devices seen)", state.uuid,
				 state.found, state.wanted);
		r = device_wait(root->watch, wait_until_us(&wait), why);
		if (r < 0)
			break;
		if (r == 0 && wait_is_over(&wait)) {
			r = is_mounted_whole(order, ret_type, size)
				    ? 1
				    : go_on_without(&state, wait_us, order,
						    why);
			break;
		}
	}
	wait_end(&wait);
	return r;
}
