/* SPDX-License-Identifier: MIT */
#include <fcntl.h>

#include "base/mountinfo.h"
#include "base/sys.h"
#include "helper/pins-parts.h"
#include "helper/pins.h"

/* What was found out about namespaces, so that each is read once in a scan from
 * each place to look from; those that do not fit are read again. */
#define NAMESPACES_MAX 128
static struct {
	uint64_t ns, from;
	bool holds;
} namespaces[NAMESPACES_MAX];
static unsigned namespace_count;

struct mount_search {
	uint64_t dev;
	bool found;
};

static int search_mount(const struct mountinfo *mount, void *ctx)
{
	struct mount_search *search = ctx;

	search->found = mount->dev == search->dev;
	return search->found;
}

static bool mount_has_dev(uint64_t id, uint64_t ns_id, uint64_t dev)
{
	struct linux_statmount st;

	return sys_statmount(id, ns_id, &st) == 0 &&
	       SYS_DEV(st.sb_dev_major, st.sb_dev_minor) == dev;
}

/*
 * Ask for all mounts of a namespace, which needs Linux 6.11. mountinfo does not
 * show those that the root of the process is not above. On Linux 7.0 to 7.2
 * kdevtmpfs holds the initramfs like that, below its own root
 * (drivers/base/devtmpfs.c). Returns whether one of them has the device, or
 * -errno.
 */
static int any_mount_has_dev(int process, uint64_t dev)
{
	_auto_close int fd = sys_open(process, "ns/mnt", O_RDONLY, 0);
	uint64_t ids[64], ns_id, top, last = 0;
	struct linux_statmount st;
	long n;

	if (fd < 0)
		return fd;
	n = sys_ioctl(fd, LINUX_NS_GET_MNTNS_ID, &ns_id);
	if (n == 0)
		n = sys_mount_id(process, "root", &top);
	if (n < 0)
		return (int)n;
	/* Up to the mount that has no parent. */
	for (unsigned depth = 0; depth < 1000; depth++) {
		n = sys_statmount(top, ns_id, &st);
		if (n < 0)
			return (int)n;
		if (SYS_DEV(st.sb_dev_major, st.sb_dev_minor) == dev)
			return 1;
		if (st.mnt_parent_id == top)
			break;
		top = st.mnt_parent_id;
	}
	while ((n = sys_listmount(top, ns_id, last, ids, 64)) > 0) {
		for (long i = 0; i < n; i++)
			if (mount_has_dev(ids[i], ns_id, dev))
				return 1;
		last = ids[n - 1];
	}
	return (int)n;
}

/* Mounts of the device that were looked for in our own table. */
#define MOUNTS_MAX 32
static struct {
	uint64_t id;
	bool here;
} mounts[MOUNTS_MAX];
static unsigned mount_count;

static int same_id(const struct mountinfo *mount, void *ctx)
{
	return mount->id == *(const uint64_t *)ctx;
}

bool pins_mount_is_here(const struct pins_target *target, uint64_t id)
{
	_auto_close int self = -1;
	int r;

	for (unsigned i = 0; i < mount_count; i++)
		if (mounts[i].id == id)
			return mounts[i].here;
	self = sys_open(target->proc_fd, "self", O_PATH | O_DIRECTORY, 0);
	r = self < 0 ? self : mountinfo_each_of(self, same_id, &id);
	/* A table that cannot be read shows nothing. */
	if (mount_count < MOUNTS_MAX) {
		mounts[mount_count].id = id;
		mounts[mount_count++].here = r != 0;
	}
	return r != 0;
}

bool pins_namespace_has(int process, uint64_t ns, uint64_t from, uint64_t dev)
{
	struct mount_search search = { .dev = dev };
	bool known = false;
	int r;

	for (unsigned i = 0; i < namespace_count; i++) {
		if (namespaces[i].ns != ns)
			continue;
		if (namespaces[i].holds)
			return true;
		if (namespaces[i].from == from)
			known = true;
	}
	if (known)
		return false;
	r = any_mount_has_dev(process, dev);
	search.found = r > 0;
	if (r < 0)
		(void)mountinfo_each_of(process, search_mount, &search);
	if (namespace_count < NAMESPACES_MAX) {
		namespaces[namespace_count].ns = ns;
		namespaces[namespace_count].from = from;
		namespaces[namespace_count++].holds = search.found;
	}
	return search.found;
}

void pins_namespaces_forget(void)
{
	namespace_count = mount_count = 0;
}
