/* SPDX-License-Identifier: MIT */
/*
 * FAT and the formats that imitate its boot sector: exFAT, NTFS and HPFS. Their
 * labels are entries of a directory or of a table. A label is followed only so
 * far, as a hostile disk may lead anywhere.
 */
#include <string.h>

#include "probe/look.h"

enum {
	CLUSTER_FIRST = 2, /* the number of the first cluster of the heap */
	CLUSTER_MASK = 0x0fffffff,
};

/* The root directory of FAT or exFAT. */
struct root {
	bool is_exfat;
	uint64_t at;	/* its first cluster, or all of FAT12's and FAT16's */
	uint32_t bytes; /* of that */
	uint64_t fat;	/* of 32-bit entries; 0: there are no more clusters */
	uint64_t heap;	/* where the first cluster is */
	uint32_t cluster;
};

/* An entry of such a directory. */
enum {
	ENTRY_BYTES = 32,
	ENTRY_TYPE = 0, /* exFAT; 0 ends the directory of either */
	ENTRY_TYPE_LABEL = 0x83,
	ENTRY_UNITS = 1, /* of the label, in UTF-16 */
	ENTRY_LABEL = 2,
	ENTRY_UNITS_MOST = 11,
	ENTRY_NAME = 0, /* FAT */
	ENTRY_NAME_BYTES = 11,
	ENTRY_DELETED = 0xe5,
	ENTRY_IS_E5 = 0x05, /* a name that begins with the byte 0xe5 */
	ENTRY_ATTRIBUTES = 11,
	ENTRY_CLUSTER_HIGH = 20,
	ENTRY_CLUSTER_LOW = 26,
	ATTRIBUTE_MASK = 0x3f,
	ATTRIBUTE_VOLUME = 0x08,
	ATTRIBUTE_DIRECTORY = 0x10,
	ATTRIBUTE_LONG_NAME = 0x0f,
	/* 4096 entries; the label is one of the first, unless set much later */
	ROOT_READS = 256,
};

static bool is_volume_entry(const struct root *root, const uint8_t *entry)
{
	uint8_t attributes = entry[ENTRY_ATTRIBUTES];

	if (root->is_exfat)
		return entry[ENTRY_TYPE] == ENTRY_TYPE_LABEL;
	/* a volume has no clusters */
	return entry[ENTRY_NAME] != ENTRY_DELETED &&
	       (attributes & ATTRIBUTE_MASK) != ATTRIBUTE_LONG_NAME &&
	       (attributes & (ATTRIBUTE_VOLUME | ATTRIBUTE_DIRECTORY)) ==
		       ATTRIBUTE_VOLUME &&
	       !le16(entry + ENTRY_CLUSTER_HIGH) &&
	       !le16(entry + ENTRY_CLUSTER_LOW);
}

/* The entry that has the volume's label, or NULL. */
static const uint8_t *find_volume(struct look *look, const struct root *root)
{
	uint32_t cluster = root->cluster, left = root->bytes;
	uint64_t at = root->at;

	for (unsigned reads = 0; reads < ROOT_READS; reads++) {
		uint32_t n = left < SECTOR ? left : SECTOR;
		const uint8_t *sector = look_fetch(look, at, n), *next = NULL;

		if (!sector)
			return NULL;
		for (uint32_t i = 0; i + ENTRY_BYTES <= n; i += ENTRY_BYTES) {
			if (!sector[i])
				return NULL;
			if (is_volume_entry(root, sector + i))
				return sector + i;
		}
		at += n;
		left -= n;
		if (left)
			continue;
		if (root->fat)
			next = look_fetch(look, root->fat + cluster * 4ull, 4);
		if (!next)
			return NULL;
		cluster = le32(next) & CLUSTER_MASK;
		if (cluster < CLUSTER_FIRST)
			return NULL;
		left = root->bytes;
		at = root->heap + (cluster - CLUSTER_FIRST) * (uint64_t)left;
	}
	return NULL;
}

/*
 * FAT12, FAT16 and FAT32
 */

enum {
	/* in the boot sector */
	FAT_SECTOR = 0x0b,
	FAT_CLUSTER = 0x0d, /* its sectors */
	FAT_RESERVED = 0x0e,
	FAT_FATS = 0x10,
	FAT_ROOT_ENTRIES = 0x11,
	FAT_SECTORS = 0x13,
	FAT_MEDIA = 0x15,
	FAT_FAT_SECTORS = 0x16, /* 0: FAT32 */
	FAT_SECTORS_32 = 0x20,
	FAT16_BOOT_MARK = 0x26,
	FAT16_SERIAL = 0x27,
	FAT16_NAME = 0x36,
	FAT32_FAT_SECTORS = 0x24,
	FAT32_ROOT = 0x2c,
	FAT32_INFO = 0x30, /* a sector; 0: there is none */
	FAT32_SERIAL = 0x43,
	FAT32_NAME = 0x52,
	/* what they hold */
	FAT_MEDIA_FLOPPY = 0xf0,
	FAT_MEDIA_LEAST = 0xf8, /* of the others */
	FAT_BOOT_MARK = 0x28,	/* or 0x29: the serial number is there */
	FAT_BOOT_MARK_MASK = 0xfe,
	FAT16_CLUSTERS_MOST = 0xfff4,
	FAT32_CLUSTERS_MOST = 0x0ffffff6,
	/* in the information sector */
	INFO_MARK = 0x000,
	INFO_MARK_2 = 0x1e4,
};

/* What the boot sector says. */
struct fat {
	bool is_fat32;
	uint32_t sector_bytes;
	uint32_t cluster_sectors;
	uint32_t reserved; /* sectors before the first FAT */
	uint32_t root_entries;
	uint32_t sectors;
	uint64_t fats_sectors; /* of all copies of the FAT */
};

/* The name of the format; its first byte says how many of its bytes count. */
static bool has_fat_name(const uint8_t *b)
{
	static const char names_32[][10] = { "\5MSWIN", "\10FAT32   " };
	static const char names_16[][10] = { "\5MSDOS", "\10FAT16   ",
					     "\10FAT12   ", "\10FAT     " };

	for (unsigned i = 0; i < sizeof(names_32) / sizeof(*names_32); i++)
		if (!memcmp(b + FAT32_NAME, names_32[i] + 1,
			    (size_t)names_32[i][0]))
			return true;
	for (unsigned i = 0; i < sizeof(names_16) / sizeof(*names_16); i++)
		if (!memcmp(b + FAT16_NAME, names_16[i] + 1,
			    (size_t)names_16[i][0]))
			return true;
	return false;
}

/*
 * The standard makes the names optional. Without one, any boot sector whose
 * numbers are sane is taken, except for those of the two systems that only
 * imitate FAT.
 */
static bool may_be_fat(const uint8_t *b)
{
	return has_fat_name(b) ||
	       (table_has_mark(b) && memcmp(b + FAT16_NAME, "JFS     ", 8) &&
		memcmp(b + FAT16_NAME, "HPFS    ", 8));
}

/* The numbers of the boot sector: false if they contradict each other. */
static bool get_fat(const uint8_t *b, struct fat *ret)
{
	uint32_t fats = b[FAT_FATS], fat_sectors = le16(b + FAT_FAT_SECTORS);
	uint32_t limit;
	uint64_t before; /* sectors before the first cluster */

	ret->is_fat32 = !fat_sectors;
	ret->sector_bytes = le16(b + FAT_SECTOR);
	ret->cluster_sectors = b[FAT_CLUSTER];
	ret->reserved = le16(b + FAT_RESERVED);
	ret->root_entries = le16(b + FAT_ROOT_ENTRIES);
	ret->sectors = le16(b + FAT_SECTORS);
	if (!fats || !ret->reserved ||
	    (b[FAT_MEDIA] < FAT_MEDIA_LEAST &&
	     b[FAT_MEDIA] != FAT_MEDIA_FLOPPY) ||
	    !is_power_of_2(ret->cluster_sectors) ||
	    !is_power_of_2(ret->sector_bytes) || ret->sector_bytes < 512 ||
	    ret->sector_bytes > 4096)
		return false;
	if (!ret->sectors)
		ret->sectors = le32(b + FAT_SECTORS_32);
	if (ret->is_fat32)
		fat_sectors = le32(b + FAT32_FAT_SECTORS);
	ret->fats_sectors = (uint64_t)fats * fat_sectors;
	before = ret->reserved + ret->fats_sectors +
		 (ret->root_entries * ENTRY_BYTES + ret->sector_bytes - 1) /
			 ret->sector_bytes;
	if (!fat_sectors || before > ret->sectors)
		return false;
	limit = ret->is_fat32 ? FAT32_CLUSTERS_MOST : FAT16_CLUSTERS_MOST;
	return (ret->sectors - before) / ret->cluster_sectors <= limit;
}

/*
 * FAT32's information sector has its marks, or zeros, as some programs never
 * write it.
 */
static bool is_info_right(struct look *look, const struct fat *fat)
{
	uint32_t sector = le16(look->block + FAT32_INFO);
	const uint8_t *info;

	if (!sector)
		return true;
	info = look_fetch(look, sector * (uint64_t)fat->sector_bytes, SECTOR);
	return info &&
	       (!memcmp(info + INFO_MARK, "RRaA", 4) ||
		!memcmp(info + INFO_MARK, "RRdA", 4) ||
		look_is_zero(info + INFO_MARK, 4)) &&
	       (!memcmp(info + INFO_MARK_2, "rrAa", 4) ||
		look_is_zero(info + INFO_MARK_2, 4));
}

/* Where the root directory is: false if it is nowhere. */
static bool get_fat_root(const uint8_t *b, const struct fat *fat,
			 struct root *ret)
{
	uint64_t after_fats =
		(fat->reserved + fat->fats_sectors) * fat->sector_bytes;

	*ret = (struct root){ .at = after_fats, .heap = after_fats };
	if (!fat->is_fat32) {
		ret->bytes = fat->root_entries * ENTRY_BYTES;
		return true;
	}
	ret->fat = fat->reserved * (uint64_t)fat->sector_bytes;
	ret->cluster = le32(b + FAT32_ROOT);
	ret->bytes = fat->cluster_sectors * fat->sector_bytes;
	ret->at += ((uint64_t)ret->cluster - CLUSTER_FIRST) * ret->bytes;
	return ret->cluster >= CLUSTER_FIRST;
}

bool probe_vfat(struct look *look)
{
	const uint8_t *b = look->block, *entry = NULL;
	char *label = look->ret->label;
	struct root root;
	struct fat fat;

	if (!may_be_fat(b) || !get_fat(b, &fat) ||
	    (fat.is_fat32 && !is_info_right(look, &fat)))
		return false;
	if (get_fat_root(b, &fat, &root))
		entry = find_volume(look, &root);
	if (entry) {
		look_text(label, entry + ENTRY_NAME, ENTRY_NAME_BYTES);
		if (label[0] == ENTRY_IS_E5)
			label[0] = (char)ENTRY_DELETED;
	}
	if (fat.is_fat32)
		look_serial(look->ret, b + FAT32_SERIAL, 4, "dc-ba", UPPER);
	else if ((b[FAT16_BOOT_MARK] & FAT_BOOT_MARK_MASK) == FAT_BOOT_MARK)
		look_serial(look->ret, b + FAT16_SERIAL, 4, "dc-ba", UPPER);
	return true;
}

/*
 * exFAT (Microsoft's "exFAT file system specification")
 */

enum {
	EXFAT_FAT = 0x50, /* in sectors, as is the heap */
	EXFAT_HEAP = 0x58,
	EXFAT_ROOT = 0x60, /* a cluster */
	EXFAT_SERIAL = 0x64,
	EXFAT_SECTOR_LOG = 0x6c,
	EXFAT_CLUSTER_LOG = 0x6d, /* in sectors */
	EXFAT_SECTOR_LOG_LEAST = 9,
	EXFAT_SECTOR_LOG_MOST = 12,
	EXFAT_CLUSTER_LOG_MOST = 25, /* in bytes */
};

bool probe_exfat(struct look *look)
{
	const uint8_t *b = look->block;
	uint32_t sector_log = b[EXFAT_SECTOR_LOG];
	uint32_t cluster_log = sector_log + b[EXFAT_CLUSTER_LOG];
	const uint8_t *entry = NULL;
	struct root root;

	if (sector_log < EXFAT_SECTOR_LOG_LEAST ||
	    sector_log > EXFAT_SECTOR_LOG_MOST ||
	    cluster_log > EXFAT_CLUSTER_LOG_MOST)
		return false;
	root.is_exfat = true;
	root.bytes = 1u << cluster_log;
	root.fat = (uint64_t)le32(b + EXFAT_FAT) << sector_log;
	root.heap = (uint64_t)le32(b + EXFAT_HEAP) << sector_log;
	root.cluster = le32(b + EXFAT_ROOT);
	root.at = root.heap +
		  (((uint64_t)root.cluster - CLUSTER_FIRST) << cluster_log);
	if (root.cluster >= CLUSTER_FIRST)
		entry = find_volume(look, &root);
	if (entry)
		look_utf16(look->ret->label, sizeof(look->ret->label),
			   entry + ENTRY_LABEL,
			   entry[ENTRY_UNITS] < ENTRY_UNITS_MOST
				   ? entry[ENTRY_UNITS]
				   : ENTRY_UNITS_MOST,
			   false);
	look_serial(look->ret, b + EXFAT_SERIAL, 4, "dc-ba", UPPER);
	return true;
}

/*
 * NTFS (fs/ntfs3/ntfs.h). The label is an attribute of the fourth record of the
 * master file table (MFT).
 */

enum {
	/* in the boot sector */
	NTFS_SECTOR = 0x0b,
	NTFS_CLUSTER = 0x0d, /* its sectors, or 256 - log2 of them */
	NTFS_ZEROS = 0x0e,
	NTFS_ZEROS_BYTES = 7,
	NTFS_FAT_FAT_SECTORS = 0x16, /* where FAT has numbers: 0 */
	NTFS_FAT_SECTORS_32 = 0x20,
	NTFS_SECTORS = 0x28,
	NTFS_MFT = 0x30, /* a cluster, as is its copy's */
	NTFS_MFT_COPY = 0x38,
	NTFS_RECORD = 0x40, /* its clusters, or 256 - log2 of its bytes */
	NTFS_SERIAL = 0x48,
	NTFS_CLUSTER_BYTES_MOST = 2048 * KIB, /* since Windows 10 */
	NTFS_CLUSTER_BITS = 43, /* with more of them, products overflow */
	/* in a record */
	NTFS_ATTRIBUTES = 0x14,
	NTFS_VOLUME_RECORD = 3,
	NTFS_RECORD_READ = 1024, /* the label is in the first half of that */
	/* in an attribute */
	NTFS_TYPE = 0x00,
	NTFS_BYTES = 0x04,
	NTFS_VALUE_BYTES = 0x10,
	NTFS_VALUE = 0x14,
	NTFS_ATTRIBUTE_HEAD = 0x18,
	NTFS_TYPE_LABEL = 0x60,
};

struct ntfs {
	uint64_t mft; /* in bytes, as are the others */
	uint32_t record_bytes;
};

/* The numbers of the boot sector: false if they are not NTFS's. */
static bool get_ntfs(const uint8_t *b, struct ntfs *ret)
{
	uint32_t sector_bytes = le16(b + NTFS_SECTOR);
	uint32_t cluster_sectors = b[NTFS_CLUSTER];
	uint32_t record_bytes = b[NTFS_RECORD];
	uint64_t clusters, mft = le64(b + NTFS_MFT);

	if (sector_bytes < 256 || sector_bytes > 4096)
		return false;
	if (cluster_sectors >= 240 && cluster_sectors <= 249)
		cluster_sectors = 1u << (256 - cluster_sectors);
	else if (!is_power_of_2(cluster_sectors))
		return false;
	if (sector_bytes * cluster_sectors > NTFS_CLUSTER_BYTES_MOST ||
	    !look_is_zero(b + NTFS_ZEROS, NTFS_ZEROS_BYTES) ||
	    le16(b + NTFS_FAT_FAT_SECTORS) || le32(b + NTFS_FAT_SECTORS_32))
		return false;
	if (record_bytes >= 0xe1 && record_bytes <= 0xf7)
		record_bytes = 1u << (256 - record_bytes);
	else if (is_power_of_2(record_bytes) && record_bytes <= 64)
		record_bytes *= cluster_sectors * sector_bytes;
	else
		return false;
	clusters = le64(b + NTFS_SECTORS) / cluster_sectors;
	if (mft > clusters || le64(b + NTFS_MFT_COPY) > clusters ||
	    mft >> NTFS_CLUSTER_BITS)
		return false;
	ret->mft = mft * (sector_bytes * cluster_sectors);
	ret->record_bytes = record_bytes;
	return true;
}

/* The label among the attributes of the @len bytes of @record. */
static void put_ntfs_label(struct probe *ret, const uint8_t *record,
			   uint32_t len)
{
	uint32_t i = le16(record + NTFS_ATTRIBUTES);

	while (i + NTFS_ATTRIBUTE_HEAD <= len) {
		const uint8_t *attribute = record + i;
		uint32_t bytes = le32(attribute + NTFS_BYTES);
		uint32_t value = le16(attribute + NTFS_VALUE);
		uint32_t value_bytes = le32(attribute + NTFS_VALUE_BYTES);

		if (le32(attribute + NTFS_TYPE) == NTFS_TYPE_LABEL &&
		    value_bytes <= len && i + value + value_bytes <= len) {
			look_utf16(ret->label, sizeof(ret->label),
				   attribute + value, value_bytes / 2, false);
			return;
		}
		if (!bytes || bytes > len)
			return;
		i += bytes;
	}
}

bool probe_ntfs(struct look *look)
{
	const uint8_t *record;
	struct ntfs ntfs;
	uint32_t len;

	if (!get_ntfs(look->block, &ntfs))
		return false;
	record = look_fetch(look, ntfs.mft, 4);
	if (!record || memcmp(record, "FILE", 4))
		return false;
	len = ntfs.record_bytes < NTFS_RECORD_READ ? ntfs.record_bytes
						   : NTFS_RECORD_READ;
	record = look_fetch(look,
			    ntfs.mft + (uint64_t)NTFS_VOLUME_RECORD *
					       ntfs.record_bytes,
			    len);
	if (!record || memcmp(record, "FILE", 4))
		return false;
	put_ntfs_label(look->ret, record, len);
	look_serial(look->ret, look->block + NTFS_SERIAL, 8, "hgfedcba", UPPER);
	return true;
}

/*
 * OS/2's HPFS, whose boot sector looks like FAT's
 */

enum {
	HPFS_SPARE = LEAD + 0x200,
	HPFS_BOOT_MARK = 0x26, /* as FAT_BOOT_MARK, of the next two */
	HPFS_SERIAL = 0x27,
	HPFS_LABEL = 0x2b,
	HPFS_LABEL_BYTES = 11,
	HPFS_NAME = 0x36,
	HPFS_SPARE_IS = 0x491891f9,
};

bool probe_hpfs(struct look *look)
{
	const uint8_t *boot;

	if (be32(look->block + HPFS_SPARE) != HPFS_SPARE_IS)
		return false;
	boot = look_fetch(look, 0, SECTOR);
	if (boot && table_has_mark(boot) &&
	    memcmp(boot + HPFS_NAME, "HPFS", 4) == 0 &&
	    boot[HPFS_BOOT_MARK] == FAT_BOOT_MARK) {
		look_serial(look->ret, boot + HPFS_SERIAL, 4, "dc-ba", UPPER);
		look_text(look->ret->label, boot + HPFS_LABEL,
			  HPFS_LABEL_BYTES);
	}
	return true;
}
