/* SPDX-License-Identifier: MIT */
#include "device/match.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/hooks.h"
#include "device/loader.h"
#include "device/part.h"
#include "device/paths.h"
#include "device/reader.h"
#include "device/udevname.h"

/* Is @device the partition at the offset from the one with the PARTUUID? */
static bool is_beside(const struct device_spec *spec,
		      const struct device *device)
{
	const char *disk = table_disk_of(device);
	unsigned number = device->partition - (unsigned)spec->offset;

	for (struct device *base = NULL; (base = table_next(base));) {
		if (!base->partition || base->partition != number ||
		    strcmp(base->disk, disk) != 0)
			continue;
		reader_know_entry(base);
		return probe_uuid_equal(base->entry.uuid, spec->value);
	}
	return false;
}

/* GPT attribute 63: do not find the partition by its type. */
#define NO_AUTO (1ull << 63)

static bool has_content(const struct device_spec *spec,
			const struct device *device)
{
	return device->content.use == PROBE_FILESYSTEM ||
	       (spec->swap_too && device->content.use == PROBE_SWAP) ||
	       spec->any_too ||
	       /* What is inside is meant: match_inside(). */
	       hooks_unlock(device);
}

static bool is_named(const struct device_spec *spec, struct device *device)
{
	switch (spec->by) {
	case DEVICE_BY_NAME:
		return strcmp(device->name, spec->value) == 0;
	case DEVICE_BY_NUMBER:
		return device->number == spec->number;
	case DEVICE_BY_UUID:
		return reader_knows(device) && has_content(spec, device) &&
		       device->content.uuid[0] &&
		       probe_uuid_equal(device->content.uuid, spec->value);
	case DEVICE_BY_LABEL:
		return reader_knows(device) && has_content(spec, device) &&
		       strcmp(device->content.label, spec->value) == 0;
	case DEVICE_BY_PARTUUID:
		if (spec->offset)
			return is_beside(spec, device);
		reader_know_entry(device);
		return device->entry.uuid[0] &&
		       probe_uuid_equal(device->entry.uuid, spec->value);
	case DEVICE_BY_PARTLABEL:
		reader_know_entry(device);
		return strcmp(device->entry.label, spec->value) == 0;
	case DEVICE_BY_PARTTYPE:
		reader_know_entry(device);
		return device->partition &&
		       strcmp(device->entry.type, spec->value) == 0 &&
		       !(device->entry.attributes & NO_AUTO);
	case DEVICE_BY_ID:
	case DEVICE_BY_PATH:
		return device->partition == spec->number &&
		       (spec->by == DEVICE_BY_ID ? udevname_is_id
						 : udevname_is_path)(
			       TABLE_SYSFS, table_disk_of(device), spec->value);
	case DEVICE_NEVER:
		break;
	}
	return false;
}

static bool is_same_content(const struct device *one,
			    const struct device *other)
{
	return strcmp(one->content.type, other->content.type) == 0 &&
	       one->content.uuid[0] &&
	       strcmp(one->content.uuid, other->content.uuid) == 0;
}

/* Is @device a partition of one half of a mirror? The table is the array's, but
 * the kernel does not know of the array and reads the table from the half. */
static bool is_in_member(const struct device *device)
{
	struct device *disk =
		device->partition ? table_find_name(device->disk) : NULL;

	return disk && reader_knows(disk) &&
	       disk->content.use == PROBE_MEMBER &&
	       (disk->content.is_transparent ||
		str_contains(disk->content.type, "raid_member"));
}

bool device_is_part(const struct device *device)
{
	return device->inner || device_is_held(device) || is_in_member(device);
}

/* The device in the table that directly stands on @device, or NULL. */
static struct device *holder(const struct device *device)
{
	char name[sizeof(device->name)];

	for (struct device *it = NULL; (it = table_next(it));) {
		(void)str_copy(name, sizeof(name), it->name);
		if (str_after(it->name, "mapper/"))
			(void)str_format(name, sizeof(name), "dm-%u",
					 (unsigned)it->number);
		if (sys_access(AT_FDCWD,
			       io_path("/sys/dev/block/%u:%u/holders/%s",
				       (unsigned)(device->number >> 32),
				       (unsigned)device->number, name),
			       0) == 0)
			return it;
	}
	return NULL;
}

void device_mark_parts(void)
{
	for (struct device *device = NULL; (device = table_next(device));) {
		device->held = device_is_held(device);
		device->made = device->held ? holder(device) : NULL;
		device->in_member = is_in_member(device);
	}
}

/*
 * Is @device a snapshot whose origin is meant? That is so if the origin has the
 * tag too, and it may be so as long as the origin is not there. A snapshot that
 * was given a tag of its own is the only device with that tag.
 */
static bool is_snapshot_of_it(const struct device_spec *spec,
			      const struct device *device)
{
	char dir[48], name[32], value[24];
	struct device *origin = NULL;
	uint64_t number;

	if (!str_after(device->name, "mapper/") ||
	    !table_sysfs_dir(device, dir, sizeof(dir)) ||
	    !part_origin(dir, name, sizeof(name)))
		return false;
	if (*name &&
	    io_value(value, sizeof(value), TABLE_SYSFS "/%s/dev", name) &&
	    spec_number(value, &number))
		origin = table_find_number(number);
	return !origin || (spec_is_by_content(spec) && !reader_knows(origin)) ||
	       is_named(spec, origin);
}

/* Does @spec name a tag, which several devices may have? */
static bool is_tag(const struct device_spec *spec)
{
	return spec->by != DEVICE_BY_NAME && spec->by != DEVICE_BY_NUMBER;
}

/*
 * May @device be what @spec means? A device that hooks unlock is held once they
 * have done so, but still stands for what is in it: match_inside().
 */
static bool answers(const struct device_spec *spec, struct device *device)
{
	if (!is_tag(spec))
		return is_named(spec, device);
	/* An inner device is not read, as half of its array may be missing. */
	if (device->inner || !is_named(spec, device))
		return false;
	if (hooks_unlock(device))
		return !is_in_member(device);
	return !device_is_part(device) && !is_snapshot_of_it(spec, device);
}

/*
 * If a disk and its own partition are both named, the partition is meant. This
 * happens with an ISO image that can be written to a stick. While the disk
 * itself is mounted, its partitions cannot be (block/bdev.c: bd_may_claim).
 */
static bool is_around_it(const struct device_spec *spec,
			 const struct device *disk)
{
	struct device *part = NULL;

	while (!disk->partition && (part = table_next(part)))
		if (part->partition && strcmp(part->disk, disk->name) == 0 &&
		    is_named(spec, part) && is_same_content(disk, part))
			return true;
	return false;
}

/* Does @spec name @device, or does @number, if that is not 0? */
static bool is_match(const struct device_spec *spec, struct device *device,
		     uint64_t number)
{
	return ((number && device->number == number) ||
		answers(spec, device)) &&
	       !is_around_it(spec, device);
}

/*
 * If a device before @device is another path to the same disk, keep the better
 * one of the two in @ret, whose first @count entries are matches.
 */
static bool is_other_path(const struct device_spec *spec, struct device *device,
			  struct device *ret[2], unsigned count)
{
	for (struct device *it = NULL; (it = table_next(it)) && it != device;) {
		if (!paths_to_one(TABLE_SYSFS, it, device) ||
		    !is_match(spec, it, 0))
			continue;
		for (unsigned i = 0; i < count && i < 2; i++)
			if (paths_to_one(TABLE_SYSFS, ret[i], device)) {
				ret[i] = paths_better(ret[i], device);
				paths_say(ret[i], ret[i] == it ? device : it);
			}
		return true;
	}
	return false;
}

/* How many devices @spec names, and the first two of them. */
static unsigned match_named(const struct device_spec *spec,
			    struct device *ret[2])
{
	unsigned count = 0;
	struct sys_stat st;
	uint64_t number = 0;

	/* Links that lvm and mdadm make: /dev/VG/LV, /dev/md/NAME. */
	if (spec->by == DEVICE_BY_NAME &&
	    sys_stat(AT_FDCWD, io_path("/dev/%s", spec->value), 0, &st) == 0 &&
	    S_ISBLK(st.mode))
		number = st.rdev;
	for (struct device *device = NULL; (device = table_next(device));) {
		if (!is_match(spec, device, number) ||
		    (count && is_tag(spec) &&
		     is_other_path(spec, device, ret, count)))
			continue;
		if (count < 2)
			ret[count] = device;
		count++;
	}
	return count;
}

/* The next device after @device that @spec names, one for each disk. */
static struct device *next_answer(const struct device_spec *spec,
				  struct device *device)
{
	while ((device = table_next(device)) &&
	       (!answers(spec, device) || paths_is_second(device)))
		;
	return device;
}

/*
 * Do all the @count devices have the tag because they are one file system? If
 * so, @ret_newest is the one that was written last: another one may be from a
 * time at which there were fewer or more devices.
 */
static bool is_one_filesystem(const struct device_spec *spec, unsigned count,
			      struct device **ret_newest)
{
	struct device *first = next_answer(spec, NULL), *newest = first;
	unsigned most = 0;

	for (struct device *one = first; one; one = next_answer(spec, one)) {
		if (!is_same_content(first, one))
			return false;
		if (one->content.devices > most)
			most = one->content.devices;
		if (one->content.generation > newest->content.generation)
			newest = one;
		for (struct device *other = one;
		     (other = next_answer(spec, other));)
			if (one->content.member &&
			    other->content.member == one->content.member)
				return false;
	}
	if (count > most)
		return false;
	*ret_newest = newest;
	return true;
}

/*
 * How many partitions have the PARTUUID of the boot loader's. @ret is the first
 * one; a copy of that disk has the same PARTUUIDs, so that of two it cannot be
 * told which one was booted. The partition may be a member of a mirror.
 */
static unsigned count_loaders(struct device **ret)
{
	const char *uuid = loader_partition();
	unsigned count = 0;

	for (struct device *it = NULL; *uuid && (it = table_next(it));) {
		reader_know_entry(it);
		if (!probe_uuid_equal(it->entry.uuid, uuid) ||
		    is_in_member(it) || paths_is_second(it))
			continue;
		if (count++ == 0)
			*ret = it;
	}
	return count;
}

bool match_lacks_loader(const struct device_spec *spec)
{
	struct device *loader;

	return spec->by == DEVICE_BY_PARTTYPE && *loader_partition() &&
	       count_loaders(&loader) == 0;
}

/* Of several roots by their type, those on the loader's disk are meant. Returns
 * how many these are, or @count if there are none. */
static unsigned on_loader_disk(const struct device_spec *spec, unsigned count,
			       struct device *ret[2])
{
	struct device *loader = NULL, *disk;
	unsigned found = 0;

	if (count_loaders(&loader) != 1)
		return count;
	/* The event of the root's own partition may still be to come. */
	disk = table_find_name(loader->disk);
	if (disk)
		(void)table_find_partitions(disk);
	for (struct device *it = NULL; (it = table_next(it));)
		if (strcmp(it->disk, loader->disk) == 0 &&
		    is_match(spec, it, 0)) {
			if (found < 2)
				ret[found] = it;
			found++;
		}
	return found ? found : count;
}

unsigned match_find(const struct device_spec *spec, struct device *ret[2])
{
	unsigned count;

	do {
		reader_begin();
		count = match_named(spec, ret);
		if (count && spec->by == DEVICE_BY_PARTTYPE)
			count = on_loader_disk(spec, count, ret);
		if (count > 1 && is_one_filesystem(spec, count, &ret[0]))
			count = 1;
	} while (reader_catch_up());
	return count;
}

struct device *match_inside(struct device *device)
{
	if (!hooks_unlock(device))
		return device;
	do
		device = holder(device);
	while (device && (device->inner || hooks_unlock(device)));
	return device;
}

bool match_is_unfinished(const struct device_spec *spec,
			 struct device *const two[2], unsigned count)
{
	if (!count || !two[0] || !is_tag(spec))
		return false;
	return hooks_work_on(two[0]) || (count > 1 && hooks_work_on(two[1]));
}
