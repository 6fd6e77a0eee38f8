/* SPDX-License-Identifier: MIT */
/*
 * Members that say at their front what they are: parts of volume groups,
 * caches, encryption, replication and pools. Only its own tool can open such a
 * member, and it is never mounted, whatever file system was there before it.
 */
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

enum { HPT37X_AT = 9 * SECTOR };

/* HighPoint's older arrays, on whole disks alone. */
bool probe_hpt37x(struct look *look)
{
	look->ret->is_transparent = true;
	return !look->source->is_partition && !table_reaches(look, HPT37X_AT);
}

enum {
	BCACHE_AT = 0x1000,
	BCACHE_WHERE = BCACHE_AT + 0x08, /* its own place, in sectors */
	BCACHE_LABEL = BCACHE_AT + 0x48,
	BCACHE_LABEL_BYTES = 32,
};

bool probe_bcache(struct look *look)
{
	if (le64(look->block + BCACHE_WHERE) != BCACHE_AT / SECTOR)
		return false;
	look_text(look->ret->label, look->block + BCACHE_LABEL,
		  BCACHE_LABEL_BYTES);
	return true;
}

/* The control volume begins with a line of text. */
enum { DRBDMANAGE_UUID = 11, DRBDMANAGE_END = DRBDMANAGE_UUID + 32 };

bool probe_drbdmanage(struct look *look)
{
	return look->block[DRBDMANAGE_END] == '\n' &&
	       look_uuid_text(look->ret, look->block + DRBDMANAGE_UUID,
			      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/*
 * LVM: in one of the first four sectors
 */

enum {
	LVM2_SECTOR = 0x08,
	LVM2_CRC = 0x10, /* of all that follows it in the sector */
	LVM2_TYPE = 0x18,
	LVM2_UUID = 0x20,
	LVM2_SECTORS = 4,
	LVM2_REGISTER = (int)0xf597a6cf, /* what the register starts with */
	LVM1_VERSION = 0x02,
	LVM1_UUID = 0x2c,
};

bool probe_lvm2(struct look *look)
{
	for (unsigned sector = 0; sector < LVM2_SECTORS; sector++) {
		const uint8_t *p = look->block + sector * SECTOR;

		if (memcmp(p, "LABELONE", 8) ||
		    memcmp(p + LVM2_TYPE, "LVM2 001", 8) ||
		    le64(p + LVM2_SECTOR) != sector ||
		    look_crc(CRC32, (uint32_t)LVM2_REGISTER, p + LVM2_CRC + 4,
			     SECTOR - LVM2_CRC - 4) != le32(p + LVM2_CRC))
			continue;
		(void)look_uuid_dashed(look->ret, p + LVM2_UUID, SHAPE_LVM);
		return true;
	}
	return false;
}

/* LVM1, which nobody makes any more. */
bool probe_lvm1(struct look *look)
{
	uint16_t version = le16(look->block + LVM1_VERSION);

	return (version == 1 || version == 2) &&
	       look_uuid_dashed(look->ret, look->block + LVM1_UUID, SHAPE_LVM);
}

/*
 * Encryption and integrity
 */

enum { VERITY_VERSION = 0x08, VERITY_1 = 1 };

bool probe_verity(struct look *look)
{
	return le32(look->block + VERITY_VERSION) == VERITY_1;
}

enum {
	LUKS_VERSION = 0x06,
	LUKS2_LABEL = 0x18,
	LUKS2_LABEL_BYTES = 48,
	LUKS_UUID = 0xa8,
	LUKS_UUID_END = LUKS_UUID + sizeof(SHAPE_UUID) - 1,
	LUKS2_WHERE = 0x100, /* its own place, in bytes */
};

/* The header at @at in the window: false if it is another device's. */
static bool put_luks(struct look *look, unsigned at)
{
	const uint8_t *header = look->block + at;
	unsigned version = be16(header + LUKS_VERSION);

	if (version == 2) {
		if (be64(header + LUKS2_WHERE) != look->at + at)
			return false;
		look_text(look->ret->label, header + LUKS2_LABEL,
			  LUKS2_LABEL_BYTES);
	}
	/* Later versions may have it elsewhere. cryptsetup writes no other
	 * shape. */
	if ((version == 1 || version == 2) && !header[LUKS_UUID_END])
		(void)look_uuid_text(look->ret, header + LUKS_UUID, SHAPE_UUID);
	return true;
}

bool probe_luks(struct look *look)
{
	return put_luks(look, 0);
}

/* LUKS2's second header, where the first one was overwritten. */
bool probe_luks_again(struct look *look)
{
	return put_luks(look, LEAD);
}

/*
 * BitLocker's volume has a boot sector like that of NTFS or, if it is "To Go",
 * of FAT32, with a name or GUID of its own. Its metadata have a GUID and a
 * description (libbde's documentation of the format).
 */
enum {
	/* in the boot sector */
	BDE_NAME = 3,
	BDE_METADATA = 0xb0, /* where the metadata are */
	BDE_METADATA_TO_GO = 0x1b8,
	BDE_GUID_TO_GO = 0x1a8,
	/* in the metadata: a list of entries, with a header of its own */
	BDE_LIST = 0x40,
	BDE_LIST_BYTES = BDE_LIST,
	BDE_LIST_HEADER = BDE_LIST + 0x08, /* bytes of the header */
	BDE_LIST_GUID = BDE_LIST + 0x10,
	BDE_LIST_AT = 0x30, /* what the header has; the entries follow */
	BDE_READ = BDE_LIST + BDE_LIST_AT,
	/* in an entry: bytes, type, type of the value, version */
	BDE_TYPE = 2,
	BDE_VALUE = 8,
	BDE_ENTRY_MOST = 512, /* a longer description is left out */
	BDE_DESCRIPTION = 7,
	BDE_ENTRIES = 32, /* more than there are */
};

/* The description among the entries from @at up to @end. */
static void put_description(struct look *look, uint64_t at, uint64_t end)
{
	for (unsigned i = 0; i < BDE_ENTRIES && at + BDE_VALUE <= end; i++) {
		const uint8_t *entry = look_fetch(look, at, BDE_VALUE);
		size_t bytes;

		if (!entry)
			return;
		bytes = le16(entry);
		if (bytes < BDE_VALUE || bytes > end - at)
			return;
		if (le16(entry + BDE_TYPE) == BDE_DESCRIPTION) {
			entry = bytes <= BDE_ENTRY_MOST
					? look_fetch(look, at, bytes)
					: NULL;
			if (entry)
				look_utf16(look->ret->label,
					   sizeof(look->ret->label),
					   entry + BDE_VALUE,
					   (bytes - BDE_VALUE) / 2, false);
			return;
		}
		at += bytes;
	}
}

bool probe_bitlocker(struct look *look)
{
	bool to_go = look->block[BDE_NAME] == 'M';
	uint64_t at =
		le64(look->block + (to_go ? BDE_METADATA_TO_GO : BDE_METADATA));
	const uint8_t *list;

	if (to_go && memcmp(look->block + BDE_GUID_TO_GO,
			    "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a"
			    "\x83\x99\xf6\xa3\x39\xe3\xd0\x01",
			    16) != 0)
		return false;
	list = at ? look_fetch(look, at, BDE_READ) : NULL;
	if (!list || memcmp(list, "-FVE-FS-", 8) != 0)
		return true;
	look_uuid(look->ret, list + BDE_LIST_GUID, ORDER_GUID);
	if (le32(list + BDE_LIST_HEADER) == BDE_LIST_AT)
		put_description(look, at + BDE_READ,
				at + BDE_LIST + le32(list + BDE_LIST_BYTES));
	return true;
}

enum {
	FVAULT_SEED = 0x04, /* of the checksum before it */
	FVAULT_VERSION = 0x08,
	FVAULT_BLOCK = 0x0a,
	FVAULT_ALGORITHM = 0x5a,
	FVAULT_KEY_BYTES = 0xa8,
	FVAULT_CIPHER = 0xac,
	FVAULT_UUID = 0x130,
	/* what they hold: libfvde's documentation of the format */
	FVAULT_VERSION_IS = 1,
	FVAULT_BLOCK_IS = 16,
	FVAULT_CRC32C = 1,
	FVAULT_KEY_BYTES_ARE = 16,
	FVAULT_AES_XTS = 2,
};

/* FileVault 2, a physical volume of Apple's Core Storage. */
bool probe_cs_fvault2(struct look *look)
{
	const uint8_t *sb = look->block;

	if (le16(sb + FVAULT_VERSION) != FVAULT_VERSION_IS ||
	    le16(sb + FVAULT_BLOCK) != FVAULT_BLOCK_IS ||
	    le32(sb + FVAULT_ALGORITHM) != FVAULT_CRC32C ||
	    le32(sb + FVAULT_KEY_BYTES) != FVAULT_KEY_BYTES_ARE ||
	    le32(sb + FVAULT_CIPHER) != FVAULT_AES_XTS ||
	    look_crc(CRC32C, le32(sb + FVAULT_SEED), sb + FVAULT_VERSION,
		     SECTOR - FVAULT_VERSION) != le32(sb))
		return false;
	look_uuid(look->ret, sb + FVAULT_UUID, ORDER_UUID);
	return true;
}

/*
 * Pools
 */

enum {
	VMFS_VOLUME = 0x100000,
	VMFS_VOLUME_UUID = VMFS_VOLUME + 0x214,
	VMFS_VOLUME_MAGIC = (int)0xc001d00d,
};

bool probe_vmfs_volume(struct look *look)
{
	static const char shape[] = "xxxxxxxx-xxxxxxxx-xxxx-xxxxxxxxxxxx";
	const uint8_t *magic = look_fetch(look, VMFS_VOLUME, 4), *uuid;

	if (!magic || le32(magic) != (uint32_t)VMFS_VOLUME_MAGIC)
		return false;
	uuid = look_fetch(look, VMFS_VOLUME_UUID, sizeof(shape));
	if (uuid)
		(void)look_uuid_text(look->ret, uuid, shape);
	return true;
}

enum { UBI_IMAGE = 0x18, UBI_CRC = 0x3c };

bool probe_ubi(struct look *look)
{
	const uint8_t *header = look->block;

	if (look_crc(CRC32, UINT32_MAX, header, UBI_CRC) !=
	    be32(header + UBI_CRC))
		return false;
	(void)str_format(look->ret->uuid, sizeof(look->ret->uuid), "%u",
			 be32(header + UBI_IMAGE));
	return true;
}

enum {
	STRATIS_MAGIC = 0x04,
	STRATIS_UUID = 0x40, /* the device's; the pool's is before it */
	STRATIS_AGAIN = 9 * SECTOR,
};

static bool put_stratis(struct look *look, const uint8_t *sector)
{
	static const uint8_t magic[] = {
		'!', 'S', 't', 'r', 'a', '0', 't', 'i',
		's', 134, 255, 2,   '^', 'A', 'r', 'h'
	};

	return memcmp(sector + STRATIS_MAGIC, magic, sizeof(magic)) == 0 &&
	       ~look_crc(CRC32C, UINT32_MAX, sector + STRATIS_MAGIC,
			 SECTOR - STRATIS_MAGIC) == le32(sector) &&
	       look_uuid_dashed(look->ret, sector + STRATIS_UUID, SHAPE_UUID);
}

/* It has a second header, at whose beginning the first window ends. */
bool probe_stratis(struct look *look)
{
	const uint8_t *again = NULL;

	if (put_stratis(look, look->block + SECTOR))
		return true;
	if (look->block[STRATIS_AGAIN + STRATIS_MAGIC] == '!')
		again = look_fetch(look, STRATIS_AGAIN, SECTOR);
	return again && put_stratis(look, again);
}

enum {
	MPOOL_LABEL = 0x08,
	MPOOL_LABEL_BYTES = 32,
	MPOOL_UUID = 0x28,
	MPOOL_CRC = 0x3e, /* of all before it */
};

bool probe_mpool(struct look *look)
{
	const uint8_t *sb = look->block;

	if (~look_crc(CRC32C, UINT32_MAX, sb, MPOOL_CRC) !=
	    le32(sb + MPOOL_CRC))
		return false;
	look_text(look->ret->label, sb + MPOOL_LABEL, MPOOL_LABEL_BYTES);
	look_uuid(look->ret, sb + MPOOL_UUID, ORDER_UUID);
	return true;
}

enum {
	SCOUTFS_CRC = 0x00, /* of the rest of the 4 KiB */
	SCOUTFS_SUMMED = 0x04,
	SCOUTFS_BYTES = 4 * KIB,
	SCOUTFS_FLAGS = 0x30,
	SCOUTFS_UUID = 0x38,
	SCOUTFS_IS_META = 1, /* in the flags */
};

static bool put_scoutfs(struct look *look, bool is_meta)
{
	const uint8_t *sb = look->block + LEAD;

	if (look_crc(CRC32C, UINT32_MAX, sb + SCOUTFS_SUMMED,
		     SCOUTFS_BYTES - SCOUTFS_SUMMED) !=
		    le32(sb + SCOUTFS_CRC) ||
	    (sb[SCOUTFS_FLAGS] & SCOUTFS_IS_META) != is_meta)
		return false;
	look_uuid(look->ret, sb + SCOUTFS_UUID, ORDER_UUID);
	return true;
}

bool probe_scoutfs_meta(struct look *look)
{
	return put_scoutfs(look, true);
}

bool probe_scoutfs_data(struct look *look)
{
	return put_scoutfs(look, false);
}

/*
 * ZFS: a name/value list in XDR at 16 KiB of the first label: version, name,
 * state, txg, pool_guid, ... A spare or cache device has no pool_guid.
 */
enum {
	ZFS_END = LEAD + 0x3f0, /* of what is looked at */
	ZFS_RESERVED = 2,	/* zeros; then the list's version, 0, and 1 */
	ZFS_FIRST = 12,
	/* in a pair: its bytes here and in memory, and its name's */
	ZFS_NAME_BYTES = 8,
	ZFS_NAME = 12,
	/* after the name: type, number of elements, the value */
	ZFS_VALUE = 8,
	ZFS_VALUE_LEAST = 8, /* so long are all that come before the GUID */
	ZFS_PAIR_LEAST = 32,
};

bool probe_zfs(struct look *look)
{
	const uint8_t *p = look->block + LEAD;
	const uint8_t *end = look->block + ZFS_END;

	if (memcmp(p + ZFS_RESERVED, "\0\0\0\0\0\0\0\0\0\1", 10) ||
	    memcmp(p + ZFS_FIRST + ZFS_NAME_BYTES, "\0\0\0\7version", 11))
		return false;
	for (p += ZFS_FIRST; end - p >= ZFS_PAIR_LEAST;) {
		uint32_t size = be32(p), name_len = be32(p + ZFS_NAME_BYTES);
		uint32_t padded = (name_len + 3) & ~3u, len;
		const uint8_t *name = p + ZFS_NAME, *value;

		if (size > (uint32_t)(end - p) || name_len > size ||
		    ZFS_NAME + padded + ZFS_VALUE + ZFS_VALUE_LEAST > size)
			break;
		value = name + padded + ZFS_VALUE;
		if (name_len == 4 && !memcmp(name, "name", 4)) {
			len = be32(value);
			if (len <= (uint32_t)(p + size - value - 4))
				look_text(look->ret->label, value + 4,
					  len < 255 ? len : 255);
		}
		if (name_len == 9 && !memcmp(name, "pool_guid", 9)) {
			(void)str_format(look->ret->uuid,
					 sizeof(look->ret->uuid), "%llu",
					 (unsigned long long)be64(value));
			break;
		}
		p += size;
	}
	return true;
}

/*
 * The log of an XFS on a device of its own has no superblock: a record of it begins in
 * one of the first 512 sectors.
 */
enum {
	XLOG_MAGIC = (int)0xfeedbabe,
	XLOG_VERSION = 0x08,
	XLOG_BYTES = 0x0c,
	XLOG_FORMAT = 0x12c,
	XLOG_VERSION_MOST = 3, /* both from 1 */
	XLOG_FORMAT_MOST = 3,
	XLOG_WITHIN = 0x40000,
	XLOG_READ = 8 * SECTOR,
};

static bool is_xlog(const uint8_t *record)
{
	uint32_t version = be32(record + XLOG_VERSION);
	uint32_t bytes = be32(record + XLOG_BYTES);
	uint32_t format = be32(record + XLOG_FORMAT);

	return be32(record) == (uint32_t)XLOG_MAGIC && version &&
	       version <= XLOG_VERSION_MOST && bytes && bytes <= INT32_MAX &&
	       format && format <= XLOG_FORMAT_MOST;
}

bool probe_xfs_log(struct look *look)
{
	for (unsigned at = 0; at < XLOG_WITHIN; at += XLOG_READ) {
		const uint8_t *sectors = look_fetch(look, at, XLOG_READ);

		if (!sectors)
			return false;
		for (unsigned i = 0; i < XLOG_READ; i += SECTOR)
			if (is_xlog(sectors + i))
				return true;
	}
	return false;
}
