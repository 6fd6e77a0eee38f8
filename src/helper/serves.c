/* SPDX-License-Identifier: MIT */
#include "helper/serves.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/pins.h"
#include "helper/task.h"

#define DEV_FUSE SYS_DEV(10, 229)
/* How many devices may lie below each other. */
#define DEPTH_MAX 8

/* Programs that serve block devices, and what the names of those begin with. */
static const struct {
	char name[12], device[5];
} daemons[] = {
	{ "mdmon", "md" },     { "nbd-client", "nbd" }, { "qemu-nbd", "nbd" },
	{ "iscsid", "sd" },    { "iscsiuio", "sd" },	{ "multipathd", "dm-" },
	{ "dmeventd", "dm-" }, { "nvme-stas", "nvme" },
};
#define DAEMONS (sizeof(daemons) / sizeof(daemons[0]))

struct descriptors {
	int tid;
	unsigned count;
};

static int is_dev_fuse(const char *name, int type, void *ctx)
{
	struct descriptors *descriptors = ctx;
	struct sys_stat st;
	int r = sys_stat_cached(
		AT_FDCWD, io_path("/proc/%d/fd/%s", descriptors->tid, name),
		&st);

	(void)type;
	descriptors->count++;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return st.rdev == DEV_FUSE;
}

/* A first thread that has ended has no descriptors, but the others have. What
 * cannot be seen may be there. */
static bool serves_fuse(int pid)
{
	struct descriptors descriptors = { .tid = pid };
	int tid, r;

	do {
		tid = descriptors.tid;
		r = io_each_in(is_dev_fuse, &descriptors, "/proc/%d/fd", tid);
		if (r == 0 && descriptors.count)
			return false;
		descriptors.tid = task_living(pid);
	} while (descriptors.tid != tid);
	return r != 0 && r != -ENOENT && r != -ESRCH && !task_is_ending(tid);
}

/* its place in daemons[], or DAEMONS */
static unsigned daemon_of(const struct pin *pin)
{
	unsigned i = 0;

	while (i < DAEMONS && strcmp(pin->name, daemons[i].name) != 0)
		i++;
	return i;
}

bool serves_storage(const struct pin *pin)
{
	return daemon_of(pin) < DAEMONS || serves_fuse(pin->pid);
}

/* ---- is the root its own? ------------------------------------------------ */

/* The way down from a file system to what it lies on. */
struct way {
	const char *device; /* what the process serves; NULL: FUSE */
	unsigned depth;
};

static int may_serve(const char *name, int type, void *ctx)
{
	struct way *way = ctx;
	bool partition;
	int r;

	(void)type;
	/* A file lies on a file system of which nothing is known here. */
	if (++way->depth > DEPTH_MAX || str_after(name, "loop") ||
	    (way->device && str_after(name, way->device)))
		return 1;
	/* What lies below a disk is not repeated at its partitions. */
	partition = sys_access(AT_FDCWD,
			       io_path("/sys/class/block/%s/partition", name),
			       0) == 0;
	r = io_each_in(may_serve, way, "/sys/class/block/%s/%sslaves", name,
		       partition ? "../" : "");
	way->depth--;
	return r != 0;
}

static bool may_serve_device(struct way *way, uint64_t dev)
{
	char link[256];

	return io_readlink(AT_FDCWD,
			   io_path("/sys/dev/block/%u:%u",
				   (unsigned)(dev >> 32), (unsigned)dev),
			   link, sizeof(link)) < 0 ||
	       may_serve(str_base(link), 0, way) != 0;
}

bool serves_mount(const struct pin *pin, const struct pins_target *target)
{
	unsigned daemon = daemon_of(pin);
	struct way way = { NULL, 0 };

	/* These lie on nothing. */
	if (strcmp(target->type, "tmpfs") == 0 ||
	    strcmp(target->type, "ramfs") == 0 ||
	    strcmp(target->type, "rootfs") == 0)
		return false;
	/* A fuseblk has the number of its block device, and a server too. */
	if (!*target->type || str_after(target->type, "fuse") ||
	    target->sb_dev >> 32 == 0)
		return true;
	if (daemon < DAEMONS)
		way.device = daemons[daemon].device;
	return may_serve_device(&way, target->sb_dev);
}
