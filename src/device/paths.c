/* SPDX-License-Identifier: MIT */
#include "device/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "device/table.h"

/* SCSI names have up to 256 bytes (drivers/scsi/scsi_lib.c: scsi_vpd_lun_id). */
#define NAME_BYTES 300

/* The kinds of names that are given out so that no two disks share one. */
static const char *const kinds[] = { "naa.", "eui.", "uuid.", "nvme." };

/* Some firmware has no name, and says so with zeros or blanks. */
static bool is_blank(const char *name)
{
	return !name[str_span(name, "0- ")];
}

/* The name that the disk called @disk has, or false. */
static bool name_of(const char *class, const char *disk, char *ret, size_t size)
{
	return io_value(ret, size, "%s/%s/wwid", class, disk) ||
	       io_value(ret, size, "%s/%s/device/wwid", class, disk);
}

static bool is_absent(long r)
{
	return r == 0 || r == -ENOENT || r == -ENOTDIR;
}

/* Has either disk a page 0x80, or one that cannot be read? @ret_same: both have
 * it, and it is the same. The page is not text. */
static bool serials(const char *class, const char *one, const char *other,
		    bool *ret_same)
{
	static const char page[] = "%s/%s/device/vpd_pg80";
	static char a[NAME_BYTES], b[NAME_BYTES];
	long a_len =
		io_read_file(AT_FDCWD, io_path(page, class, one), a, sizeof(a));
	long b_len = io_read_file(AT_FDCWD, io_path(page, class, other), b,
				  sizeof(b));

	*ret_same =
		a_len == b_len && a_len > 0 && memcmp(a, b, (size_t)a_len) == 0;
	return !(is_absent(a_len) && is_absent(b_len));
}

static bool is_one_disk(const char *class, const char *one, const char *other)
{
	static char a[NAME_BYTES], b[NAME_BYTES];
	bool same;

	if (!name_of(class, one, a, sizeof(a)) ||
	    !name_of(class, other, b, sizeof(b)) || strcmp(a, b) != 0)
		return false;
	if (serials(class, one, other, &same) && !same)
		return false;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *rest = str_after(a, kinds[i]);

		if (rest)
			return !is_blank(rest);
	}
	return same;
}

bool paths_to_one(const char *class, const struct device *one,
		  const struct device *other)
{
	if (one->number == other->number || one->bytes != other->bytes ||
	    one->partition != other->partition)
		return false;
	/* What was not read yet says nothing. */
	if (one->probed && other->probed && !one->error && !other->error &&
	    (strcmp(one->content.type, other->content.type) != 0 ||
	     strcmp(one->content.uuid, other->content.uuid) != 0))
		return false;
	if (one->entry_known && other->entry_known &&
	    strcmp(one->entry.uuid, other->entry.uuid) != 0)
		return false;
	return is_one_disk(class, table_disk_of(one), table_disk_of(other));
}

bool paths_is_second(const struct device *device)
{
	for (struct device *it = NULL; (it = table_next(it)) && it != device;)
		if (it->probed && !it->error &&
		    paths_to_one(TABLE_SYSFS, it, device))
			return true;
	return false;
}

/* A path that answers is worth more than one that is in use. */
static unsigned worth(const struct device *device)
{
	return 2u * (!device->error && !device->slow) + device_is_held(device);
}

struct device *paths_better(struct device *one, struct device *other)
{
	return worth(other) > worth(one) ? other : one;
}

void paths_say(const struct device *taken, const struct device *other)
{
	static bool is_said;

	if (!is_said)
		log_line(LOG_NOTICE,
			 "'/dev/%s' and '/dev/%s' are two paths to one disk, "
			 "taking '/dev/%s'",
			 taken->name, other->name, taken->name);
	is_said = true;
}
