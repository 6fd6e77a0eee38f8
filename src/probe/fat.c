/* SPDX-License-Identifier: MIT */
/*
 * FAT and what began as its likeness: exFAT, NTFS, HPFS. Their labels are
 * entries of a directory or a table, which are followed for a bounded way.
 */
#include <string.h>

#include "probe/look.h"

/* The root directory of FAT and exFAT: entries of 32 bytes. */
struct root {
	bool is_exfat;
	uint64_t at;	/* its first cluster, or all of FAT12's and FAT16's */
	uint32_t bytes; /* of that */
	uint64_t fat;	/* of 32-bit entries; 0: no more clusters than that */
	uint64_t heap;	/* where cluster 2 is */
	uint32_t cluster;
};

static bool is_volume_entry(const struct root *root, const uint8_t *entry)
{
	if (root->is_exfat)
		return entry[0] == 0x83;
	/* 0x0f is a part of a long name; a volume has no clusters */
	return entry[0] != 0xe5 && (entry[11] & 0x3f) != 0x0f &&
	       (entry[11] & 0x18) == 8 && !le16(entry + 20) &&
	       !le16(entry + 26);
}

/* The entry with the volume's label into @ret. */
static bool find_volume(struct look *look, const struct root *root,
			uint8_t ret[32])
{
	uint32_t cluster = root->cluster, left = root->bytes;
	uint64_t at = root->at;
	uint8_t sector[512];

	/* 4096 entries; it is one of the first, unless set much later */
	for (unsigned reads = 0; reads < 256; reads++) {
		uint32_t n = left < 512 ? left : 512;

		if (!look_fetch(look, at, sector, n))
			return false;
		for (uint32_t i = 0; i + 32 <= n; i += 32) {
			if (!sector[i])
				return false;
			if (is_volume_entry(root, sector + i)) {
				memcpy(ret, sector + i, 32);
				return true;
			}
		}
		at += n;
		left -= n;
		if (left)
			continue;
		if (!root->fat ||
		    !look_fetch(look, root->fat + cluster * 4ull, sector, 4))
			return false;
		cluster = le32(sector) & 0x0fffffff;
		if (cluster < 2)
			return false;
		left = root->bytes;
		at = root->heap + (cluster - 2) * (uint64_t)left;
	}
	return false;
}

/* Where a FAT boot sector says so, with how many characters of it count. */
static bool has_fat_name(const uint8_t *b)
{
	static const char names[][10] = { "\5MSWIN",	 "\10FAT32   ",
					  "\5MSDOS",	 "\10FAT16   ",
					  "\10FAT12   ", "\10FAT     " };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!memcmp(b + (i < 2 ? 0x52 : 0x36), names[i] + 1,
			    (size_t)names[i][0]))
			return true;
	return false;
}

/*
 * The names are optional by the standard: without one, any boot sector with
 * sane numbers is taken, but for the two systems that only imitate FAT.
 */
bool probe_vfat(struct look *look)
{
	const uint8_t *b = look->block;
	uint32_t sector_bytes = le16(b + 0x0b), cluster_sectors = b[0x0d];
	uint32_t reserved = le16(b + 0x0e), fats = b[0x10];
	uint32_t root_entries = le16(b + 0x11), sectors = le16(b + 0x13);
	uint32_t fat_sectors = le16(b + 0x16), limit;
	uint64_t before; /* sectors before the first cluster */
	uint8_t info[512];
	struct root root;
	bool is_fat32 = !fat_sectors;

	if (!has_fat_name(b) &&
	    (!table_has_mark(b) || !memcmp(b + 0x36, "JFS     ", 8) ||
	     !memcmp(b + 0x36, "HPFS    ", 8)))
		return false;
	if (!fats || !reserved || (b[0x15] < 0xf8 && b[0x15] != 0xf0) ||
	    !is_power_of_2(cluster_sectors) || !is_power_of_2(sector_bytes) ||
	    sector_bytes < 512 || sector_bytes > 4096)
		return false;
	if (!sectors)
		sectors = le32(b + 0x20);
	if (is_fat32)
		fat_sectors = le32(b + 0x24);
	before = reserved + (uint64_t)fats * fat_sectors +
		 (root_entries * 32 + sector_bytes - 1) / sector_bytes;
	if (!fat_sectors || before > sectors)
		return false;
	limit = is_fat32 ? 0x0ffffff6 : 0xfff4;
	if ((sectors - before) / cluster_sectors > limit)
		return false;

	root.is_exfat = false;
	root.at = (reserved + (uint64_t)fats * fat_sectors) * sector_bytes;
	root.fat = 0;
	root.cluster = 0;
	root.heap = root.at;
	root.bytes = root_entries * 32;
	if (is_fat32) {
		uint32_t info_sector = le16(b + 0x30);

		/* right, or all zeros, as some never write it */
		if (info_sector) {
			if (!look_fetch(look,
					info_sector * (uint64_t)sector_bytes,
					info, sizeof(info)))
				return false;
			if ((memcmp(info, "RRaA", 4) &&
			     memcmp(info, "RRdA", 4) &&
			     !look_is_zero(info, 4)) ||
			    (memcmp(info + 0x1e4, "rrAa", 4) &&
			     !look_is_zero(info + 0x1e4, 4)))
				return false;
		}
		root.fat = reserved * (uint64_t)sector_bytes;
		root.cluster = le32(b + 0x2c);
		root.bytes = cluster_sectors * sector_bytes;
		root.at += (root.cluster - 2ull) * root.bytes;
	}
	if ((!is_fat32 || root.cluster >= 2) &&
	    find_volume(look, &root, info)) {
		if (info[0] == 0x05) /* stands for 0xe5, "deleted" */
			info[0] = 0xe5;
		look_text(look->ret->label, info, 11);
	}
	/* 0x28, 0x29: the boot sector has the fields that follow */
	if (is_fat32)
		look_serial(look->ret, b + 0x43, 4, "dc-ba", UPPER);
	else if ((b[0x26] & 0xfe) == 0x28)
		look_serial(look->ret, b + 0x27, 4, "dc-ba", UPPER);
	return true;
}

bool probe_exfat(struct look *look)
{
	const uint8_t *b = look->block;
	uint32_t sector_log = b[0x6c], cluster_log = sector_log + b[0x6d];
	uint8_t entry[32];
	struct root root;

	if (sector_log < 9 || sector_log > 12 || cluster_log > 25)
		return false;
	root.is_exfat = true;
	root.bytes = 1u << cluster_log;
	root.fat = (uint64_t)le32(b + 0x50) << sector_log;
	root.heap = (uint64_t)le32(b + 0x58) << sector_log;
	root.cluster = le32(b + 0x60);
	root.at = root.heap + ((root.cluster - 2ull) << cluster_log);
	if (root.cluster >= 2 && find_volume(look, &root, entry))
		look_utf16(look->ret->label, sizeof(look->ret->label),
			   entry + 2, entry[1] < 11 ? entry[1] : 11, false);
	look_serial(look->ret, b + 0x64, 4, "dc-ba", UPPER);
	return true;
}

bool probe_ntfs(struct look *look)
{
	const uint8_t *b = look->block;
	uint32_t sector_bytes = le16(b + 0x0b), cluster_sectors = b[0x0d];
	uint32_t record_bytes = b[0x40], i, len;
	uint64_t clusters, mft;
	uint8_t record[1024]; /* the label is in its first half */

	if (sector_bytes < 256 || sector_bytes > 4096)
		return false;
	if (cluster_sectors >= 240 && cluster_sectors <= 249)
		cluster_sectors = 1u << (256 - cluster_sectors);
	else if (!is_power_of_2(cluster_sectors))
		return false;
	/* 2 MiB since Windows 10; where FAT has its numbers there is nothing */
	if (sector_bytes * cluster_sectors > 2048 * KIB ||
	    !look_is_zero(b + 0x0e, 7) || le16(b + 0x16) || le32(b + 0x20))
		return false;
	if (record_bytes >= 0xe1 && record_bytes <= 0xf7)
		record_bytes = 1u << (256 - record_bytes);
	else if (is_power_of_2(record_bytes) && record_bytes <= 64)
		record_bytes *= cluster_sectors * sector_bytes;
	else
		return false;
	clusters = le64(b + 0x28) / cluster_sectors;
	mft = le64(b + 0x30);
	/* 2^43: no product below overflows */
	if (mft > clusters || le64(b + 0x38) > clusters || mft >> 43)
		return false;
	mft *= sector_bytes * cluster_sectors;
	if (!look_fetch(look, mft, record, 4) || memcmp(record, "FILE", 4))
		return false;
	memset(record, 0, sizeof(record));
	len = record_bytes < sizeof(record) ? record_bytes : sizeof(record);
	/* record 3: $Volume */
	if (!look_fetch(look, mft + 3ull * record_bytes, record, len) ||
	    memcmp(record, "FILE", 4))
		return false;
	for (i = le16(record + 0x14); i + 0x18 <= len;) {
		const uint8_t *attribute = record + i;
		uint32_t bytes = le32(attribute + 4);
		uint32_t value = le16(attribute + 0x14);
		uint32_t value_bytes = le32(attribute + 0x10);

		if (le32(attribute) == 0x60 && value_bytes <= len &&
		    i + value + value_bytes <= len) {
			look_utf16(look->ret->label, sizeof(look->ret->label),
				   attribute + value, value_bytes / 2, false);
			break;
		}
		if (!bytes || bytes > len)
			break;
		i += bytes;
	}
	look_serial(look->ret, b + 0x48, 8, "hgfedcba", UPPER);
	return true;
}

/*
 * OS/2's HPFS has a boot sector that looks like FAT's
 */

enum {
	HPFS_SPARE = LEAD + 0x200,
	HPFS_BOOT_MARK = 0x26, /* 0x28: there are these two */
	HPFS_SERIAL = 0x27,
	HPFS_LABEL = 0x2b,
	HPFS_LABEL_BYTES = 11,
	HPFS_NAME = 0x36,
	HPFS_BOOT_END = 0x1fe,
};

bool probe_hpfs(struct look *look)
{
	uint8_t boot[SECTOR];

	if (be32(look->block + HPFS_SPARE) != 0x491891f9)
		return false;
	if (look_fetch(look, 0, boot, sizeof(boot)) &&
	    be16(boot + HPFS_BOOT_END) == 0x55aa &&
	    memcmp(boot + HPFS_NAME, "HPFS", 4) == 0 &&
	    boot[HPFS_BOOT_MARK] == 0x28) {
		look_serial(look->ret, boot + HPFS_SERIAL, 4, "dc-ba", UPPER);
		look_text(look->ret->label, boot + HPFS_LABEL,
			  HPFS_LABEL_BYTES);
	}
	return true;
}
