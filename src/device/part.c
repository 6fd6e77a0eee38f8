/* SPDX-License-Identifier: MIT */
#include "device/part.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

/* DM_UUID_LEN is 129 (include/uapi/linux/dm-ioctl.h). */
#define UUID_BYTES 192
#define PATH_BYTES 400
/* The highest stack of devices that is followed; the kernel has no limit. */
#define DEPTH_MAX 16u

/* -- by its name ---------------------------------------------------------- */

/* "LVM-", then the identifiers of the volume group and of the volume, of 32
 * letters each. Anything after that marks a layer below the volume, or a part
 * of it (lvm2, lib/activate/dev_manager.c: build_dm_uuid). */
#define LVM_PREFIX   "LVM-"
#define LVM_UUID_LEN (sizeof(LVM_PREFIX) - 1 + 64)

/* Names that lvcreate(8) refuses (lvm2, lib/misc/lvm-string.c). */
static const char *const reserved_parts[] = {
	"_cdata", "_cmeta", "_corig",  "_cpool",   "_cvol",    "_imeta",
	"_iorig", "_mlog",  "_mimage", "_rmeta",   "_rimage",  "_tdata",
	"_tmeta", "_vdata", "_wcorig", "_pmspare", "_vorigin",
};
static const char *const reserved_beginnings[] = { "pvmove", "snapshot" };

/*
 * The name of the volume in "GROUP-VOLUME". A dash inside one of the two names
 * is doubled (lvm2, libdm: dm_build_dm_name).
 */
static const char *volume_of(const char *name)
{
	for (; *name; name++)
		if (name[0] == '-' && name[1] == '-')
			name++;
		else if (name[0] == '-')
			return name + 1;
	return name;
}

static bool is_inner_volume(const char *name, const char *uuid)
{
	const char *volume = volume_of(name);

	if (strlen(uuid) > LVM_UUID_LEN)
		return true;
	for (size_t i = 0;
	     i < sizeof(reserved_parts) / sizeof(reserved_parts[0]); i++)
		if (str_contains(volume, reserved_parts[i]))
			return true;
	for (size_t i = 0;
	     i < sizeof(reserved_beginnings) / sizeof(reserved_beginnings[0]);
	     i++)
		if (str_after(volume, reserved_beginnings[i]))
			return true;
	return false;
}

static bool ends_in(const char *string, const char *end)
{
	size_t len = strlen(string), end_len = strlen(end);

	return len >= end_len && strcmp(string + len - end_len, end) == 0;
}

bool part_is_inner(const char *name, const char *uuid)
{
	if (str_after(uuid, LVM_PREFIX))
		return is_inner_volume(name, uuid);
	/* The integrity device below an encrypted one, the devices used while
	 * one is reencrypted, and temporary ones (cryptsetup,
	 * lib/libdevmapper.c: dm_prepare_uuid). */
	if (str_after(uuid, "CRYPT-"))
		return str_after(uuid, "CRYPT-SUBDEV-") ||
		       str_after(uuid, "CRYPT-TEMP-") ||
		       (str_after(uuid, "CRYPT-INTEGRITY-") &&
			ends_in(uuid, "_dif"));
	/* Stratis: the layers of a pool. One of them holds an XFS. */
	return str_after(uuid, "stratis-1-private-") != NULL;
}

/* -- by what stands on it ------------------------------------------------- */

static int is_one(const char *name, int type, void *ctx)
{
	(void)name;
	(void)type;
	(void)ctx;
	return 1;
}

/* The kernel lists the devices that opened this one. The mapper, md, bcache and
 * DRBD are listed; loop devices and file systems are not (block/holder.c:
 * bd_link_disk_holder). */
static bool has_holder(const char *dir, const char *path)
{
	int r = io_each_in(is_one, NULL, "%s/%s", dir, path);

	/* A device whose list cannot be read may be held. */
	return r != 0 && r != -ENOENT;
}

bool part_is_held(const char *dir)
{
	char value[8];

	return has_holder(dir, "holders") ||
	       (io_value(value, sizeof(value), "%s/partition", dir) &&
		has_holder(dir, "../holders"));
}

struct search {
	const char *dir;
	uint64_t number;
	unsigned depth;
};

static bool stands_on(const char *dir, uint64_t number, unsigned depth);

static int look_below(const char *name, int type, void *ctx)
{
	const struct search *search = ctx;
	char path[PATH_BYTES];

	(void)type;
	return str_format(path, sizeof(path), "%s/slaves/%s", search->dir,
			  name) == 0 &&
	       stands_on(path, search->number, search->depth + 1);
}

static bool is_number(const char *dir, uint64_t number)
{
	char is[24], wanted[24];

	return io_value(is, sizeof(is), "%s/dev", dir) &&
	       str_format(wanted, sizeof(wanted), "%u:%u",
			  (unsigned)(number >> 32), (unsigned)number) == 0 &&
	       strcmp(is, wanted) == 0;
}

static bool stands_on(const char *dir, uint64_t number, unsigned depth)
{
	struct search search = { dir, number, depth };
	char path[PATH_BYTES], value[8];

	if (depth > DEPTH_MAX)
		return false;
	if (is_number(dir, number) ||
	    io_each_in(look_below, &search, "%s/slaves", dir) == 1)
		return true;
	return io_value(value, sizeof(value), "%s/partition", dir) &&
	       str_format(path, sizeof(path), "%s/..", dir) == 0 &&
	       stands_on(path, number, depth + 1);
}

bool part_stands_on(const char *dir, uint64_t number)
{
	return stands_on(dir, number, 0);
}

/* -- snapshots ------------------------------------------------------------ */

struct origin {
	const char *dir;
	char uuid[UUID_BYTES]; /* of the snapshot */
	char real[UUID_BYTES]; /* dm/uuid of the device below the origin ... */
	char below[32];	       /* ... and its name, "" if none was found */
	bool has_store;	       /* the device that keeps what differs */
	char *ret;
	size_t size;
};

static int look_at_slave(const char *name, int type, void *ctx)
{
	struct origin *origin = ctx;
	char uuid[UUID_BYTES];
	const char *rest;

	(void)type;
	if (!io_value(uuid, sizeof(uuid), "%s/slaves/%s/dm/uuid", origin->dir,
		      name))
		return 0;
	rest = str_after(uuid, origin->uuid);
	if (rest && strcmp(rest, "-cow") == 0)
		origin->has_store = true;
	if (ends_in(uuid, "-real") &&
	    str_copy(origin->below, sizeof(origin->below), name) == 0)
		(void)str_copy(origin->real, sizeof(origin->real), uuid);
	return 0;
}

static int look_at_holder(const char *name, int type, void *ctx)
{
	struct origin *origin = ctx;
	char uuid[UUID_BYTES];
	const char *rest;

	(void)type;
	if (!io_value(uuid, sizeof(uuid), "%s/slaves/%s/holders/%s/dm/uuid",
		      origin->dir, origin->below, name) ||
	    !*uuid)
		return 0;
	rest = str_after(origin->real, uuid);
	if (!rest || strcmp(rest, "-real") != 0)
		return 0;
	(void)str_copy(origin->ret, origin->size, name);
	return 1;
}

bool part_origin(const char *dir, char *ret, size_t size)
{
	struct origin origin = { .dir = dir, .ret = ret, .size = size };

	*ret = '\0';
	if (!io_value(origin.uuid, sizeof(origin.uuid), "%s/dm/uuid", dir) ||
	    !*origin.uuid)
		return false;
	(void)io_each_in(look_at_slave, &origin, "%s/slaves", dir);
	if (!origin.has_store)
		return false;
	if (*origin.below)
		(void)io_each_in(look_at_holder, &origin,
				 "%s/slaves/%s/holders", dir, origin.below);
	return true;
}
