/* SPDX-License-Identifier: MIT */
#include "device/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/part.h"

/* 64 disks of 16 partitions, and as many again. Unused entries cost nothing, as
 * they are zero pages. */
#define DEVICES_MAX 2200u

static struct device devices[DEVICES_MAX];
static unsigned device_count;

void device_path(const char *name, char ret[DEVICE_PATH])
{
	(void)str_format(ret, DEVICE_PATH, "/dev/%s", name);
}

struct device *table_next(struct device *device)
{
	device = device ? device + 1 : devices;
	while (device < devices + device_count && !device->name[0])
		device++;
	return device < devices + device_count ? device : NULL;
}

struct device *table_find_number(uint64_t number)
{
	struct device *device = NULL;

	while ((device = table_next(device)) && device->number != number)
		;
	return device;
}

struct device *table_find_name(const char *name)
{
	struct device *device = NULL;

	while ((device = table_next(device)) && strcmp(device->name, name) != 0)
		;
	return device;
}

/* The place in the table for a device with this number; NULL: there is none. */
static struct device *entry_for(uint64_t number)
{
	struct device *gap = table_find_number(number);

	if (gap)
		return gap;
	for (unsigned i = 0; i < device_count && !gap; i++)
		if (!devices[i].name[0])
			gap = &devices[i];
	if (!gap && device_count < DEVICES_MAX)
		gap = &devices[device_count++];
	if (!gap)
		return NULL;
	memset(gap, 0, sizeof(*gap));
	gap->number = number;
	return gap;
}

void table_forget(uint64_t number)
{
	struct device *device = table_find_number(number);

	if (device)
		device->name[0] = '\0';
}

struct device *device_seen(unsigned *ret_count)
{
	*ret_count = device_count;
	return devices;
}

const char *table_disk_of(const struct device *device)
{
	return device->partition ? device->disk : device->name;
}

/* The value of KEY= in the lines of a uevent file, "" if there is none. */
static void uevent_value(const char *text, const char *key, char *ret,
			 size_t size)
{
	ret[0] = '\0';
	while (*text) {
		size_t len = str_until(text, "\n");
		const char *value = str_after(text, key);

		if (value) {
			(void)str_part(ret, size, value,
				       len - (size_t)(value - text));
			return;
		}
		text += len + (text[len] == '\n');
	}
}

static uint64_t uevent_number(const char *text, const char *key)
{
	char value[24];
	uint64_t number = 0;

	uevent_value(text, key, value, sizeof(value));
	(void)str_number(value, &number);
	return number;
}

/* sysfs writes the slash of cciss/c0d0 as '!'. */
static void dev_name(char *sysname)
{
	for (char *c = sysname; *c; c++)
		if (*c == '!')
			*c = '/';
}

/* A partition's directory is inside its disk's: …/block/vda/vda1. */
void table_disk_name(const char *path, char *ret, size_t size)
{
	static char link[512];
	char *slash;

	ret[0] = '\0';
	if (io_readlink(AT_FDCWD, path, link, sizeof(link)) < 0)
		return;
	slash = strrchr(link, '/');
	if (!slash)
		return;
	*slash = '\0';
	(void)str_copy(ret, size, str_base(link));
	dev_name(ret);
}

/* The first line of a file of the device in sysfs: false if it has none. */
static bool attribute(const char *sysname, const char *file, char *ret,
		      size_t size)
{
	return io_value(ret, size, TABLE_SYSFS "/%s/%s", sysname, file);
}

/*
 * A device of the mapper is known by the name that it was given. The name is
 * made a link, as udev makes it. libdevmapper would make a node, which udev
 * complains of later, but it keeps a link to the right device (libdm-common.c:
 * _add_dev_node). False: the device is not ready.
 */
static bool map_name(const char *sysname, uint64_t number, char *name,
		     size_t size, bool *ret_inner)
{
	static const char new_link[] = "/dev/mapper/.pintle";
	static const char udev_data[] = "/run/udev/data";
	static const char flag[] = "E:DM_UDEV_PRIMARY_SOURCE_FLAG=1\n";
	static char is[192], path[224], to[80], uuid[192];

	/* Reading a suspended device blocks. A change event tells when it is
	 * resumed or started (drivers/md/dm-ioctl.c: do_resume). */
	if (attribute(sysname, "dm/suspended", is, sizeof(is)) && *is == '1')
		return false;
	if (!attribute(sysname, "dm/uuid", uuid, sizeof(uuid)) ||
	    !attribute(sysname, "dm/name", is, sizeof(is)))
		return false;
	*ret_inner = part_is_inner(is, uuid);
	if (str_format(path, sizeof(path), "/dev/mapper/%s", is) < 0 ||
	    str_format(to, sizeof(to), "../%s", sysname) < 0)
		return true;
	(void)io_mkdir("/dev/mapper");
	if (sys_symlink(to, AT_FDCWD, new_link) == 0 &&
	    sys_rename(new_link, path) == 0)
		(void)str_copy(name, size, path + strlen("/dev/"));
	/* When udev starts, it takes a device that it has not seen before for
	 * unfinished, unless its database has the flag (55-dm.rules). */
	(void)io_mkdir("/run/udev");
	(void)io_mkdir(udev_data);
	if (str_format(path, sizeof(path), "%s/b%u:%u", udev_data,
		       (unsigned)(number >> 32), (unsigned)number) == 0)
		(void)io_write_file(path, flag, sizeof(flag) - 1);
	return true;
}

void table_examine(const char *sysname)
{
	static char text[1024], name[sizeof(devices->name)];
	char value[24];
	uint64_t sectors = 0, number;
	struct device *device;
	bool inner = false;

	if (io_read_file(AT_FDCWD, io_path(TABLE_SYSFS "/%s/uevent", sysname),
			 text, sizeof(text)) < 0)
		return;
	uevent_value(text, "DEVNAME=", name, sizeof(name));
	if (!name[0])
		return;
	number = SYS_DEV(uevent_number(text, "MAJOR="),
			 uevent_number(text, "MINOR="));
	if (attribute(sysname, "size", value, sizeof(value)))
		(void)str_number(value, &sectors);
	/* A loop device without a file, a drive without a medium, or an array
	 * that does not run yet. */
	if (sectors == 0 ||
	    (str_after(sysname, "dm-") &&
	     !map_name(sysname, number, name, sizeof(name), &inner))) {
		table_forget(number);
		return;
	}
	device = entry_for(number);
	if (!device) {
		log_line(LOG_WARNING,
			 "keep '/dev/%s': over %u devices, ignoring it", name,
			 DEVICES_MAX);
		return;
	}
	(void)str_copy(device->name, sizeof(device->name), name);
	device->inner = inner;
	device->held = device->in_member = false;
	device->bytes = sectors * 512; /* sysfs always counts in 512 bytes */
	device->partition = (unsigned)uevent_number(text, "PARTN=");
	/* A disk that did not answer may do so now. If a child still hangs at
	 * it, reader.c does not send another one. */
	device->probed = device->entry_known = device->slow = false;
	memset(&device->content, 0, sizeof(device->content));
	memset(&device->entry, 0, sizeof(device->entry));
	if (device->partition)
		table_disk_name(io_path(TABLE_SYSFS "/%s", sysname),
				device->disk, sizeof(device->disk));
}

static int examine_entry(const char *name, int type, void *ctx)
{
	(void)type;
	(void)ctx;
	table_examine(name);
	return 0;
}

int table_scan(struct fail *why)
{
	int r = io_each_in(examine_entry, NULL, TABLE_SYSFS);

	return r < 0 ? fail(why, r, "list '%s'", TABLE_SYSFS) : 0;
}

struct parts {
	const char *disk;
	bool found;
};

static int examine_part(const char *name, int type, void *ctx)
{
	struct parts *parts = ctx;

	(void)type;
	if (str_after(name, parts->disk) && !table_find_name(name)) {
		table_examine(name);
		parts->found |= table_find_name(name) != NULL;
	}
	return 0;
}

/* Partitions are in sysfs before the event of their disk is sent
 * (block/genhd.c: device_add_disk). */
bool table_find_partitions(const struct device *disk)
{
	struct parts parts = { .disk = disk->name };

	if (!disk->partition)
		(void)io_each_in(examine_part, &parts, TABLE_SYSFS "/%s",
				 disk->name);
	return parts.found;
}

bool table_sysfs_dir(const struct device *device, char *ret, size_t size)
{
	return str_format(ret, size, "/sys/dev/block/%u:%u",
			  (unsigned)(device->number >> 32),
			  (unsigned)device->number) == 0;
}

bool device_is_held(const struct device *device)
{
	char dir[48];

	return table_sysfs_dir(device, dir, sizeof(dir)) && part_is_held(dir);
}

bool device_stands_on(const struct device *device, const struct device *other)
{
	char dir[48];

	return table_sysfs_dir(device, dir, sizeof(dir)) &&
	       part_stands_on(dir, other->number);
}
