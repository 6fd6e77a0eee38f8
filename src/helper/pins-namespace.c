/* SPDX-License-Identifier: MIT */
#include <fcntl.h>

#include "base/mountinfo.h"
#include "base/sys.h"
#include "helper/pins-parts.h"

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
 * Look at the mounts of a namespace that mountinfo does not show, because the
 * root of the process is not above them. On Linux 7.0 to 7.2 kdevtmpfs holds
 * the initramfs like that, below its own root (drivers/base/devtmpfs.c). Needs
 * Linux 6.11.
 */
static bool hidden_mount_has_dev(int process, uint64_t dev)
{
	_auto_close int fd = sys_open(process, "ns/mnt", O_RDONLY, 0);
	uint64_t ids[64], ns_id, top, last = 0;
	struct linux_statmount st;
	long n;

	if (fd < 0 || sys_ioctl(fd, LINUX_NS_GET_MNTNS_ID, &ns_id) < 0 ||
	    sys_mount_id(process, "root", &top) < 0)
		return false;
	/* Up to the mount that has no parent. */
	for (unsigned depth = 0; depth < 1000; depth++) {
		if (sys_statmount(top, ns_id, &st) < 0)
			break;
		if (SYS_DEV(st.sb_dev_major, st.sb_dev_minor) == dev)
			return true;
		if (st.mnt_parent_id == top)
			break;
		top = st.mnt_parent_id;
	}
	while ((n = sys_listmount(top, ns_id, last, ids, 64)) > 0) {
		for (long i = 0; i < n; i++)
			if (mount_has_dev(ids[i], ns_id, dev))
				return true;
		last = ids[n - 1];
	}
	return false;
}

bool pins_namespace_has(int process, uint64_t ns, uint64_t from, uint64_t dev)
{
	struct mount_search search = { .dev = dev };
	bool known = false;

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
	(void)mountinfo_each_of(process, search_mount, &search);
	if (!search.found)
		search.found = hidden_mount_has_dev(process, dev);
	if (namespace_count < NAMESPACES_MAX) {
		namespaces[namespace_count].ns = ns;
		namespaces[namespace_count].from = from;
		namespaces[namespace_count++].holds = search.found;
	}
	return search.found;
}

void pins_namespaces_forget(void)
{
	namespace_count = 0;
}
