/* SPDX-License-Identifier: MIT */
/*
 * Partition tables: the MBR and the chain of its extended partitions, and GPT.
 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

/*
 * MBR
 */

enum {
	MBR_ID = 0x1b8,
	MBR_ENTRY = 0x1be,
	MBR_ENTRY_BYTES = 16,
	MBR_TYPE = 4, /* in an entry: type, first sector, sectors */
	MBR_START = 8,
	MBR_SIZE = 12,
	MBR_TYPE_GPT = 0xee,
};

static const uint8_t *mbr_entry(const uint8_t *sector, unsigned i)
{
	return sector + MBR_ENTRY + i * MBR_ENTRY_BYTES;
}

bool table_has_mark(const uint8_t *sector)
{
	return sector[0x1fe] == 0x55 && sector[0x1ff] == 0xaa;
}

/*
 * "gpt", "dos" or NULL. A boot sector of FAT or NTFS has the mark too; Linux
 * and blkid tell it by the boot indicators, which only a table has.
 */
const char *table_type(const uint8_t *sector)
{
	const char *type = NULL;

	if (!table_has_mark(sector))
		return NULL;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *entry = mbr_entry(sector, i);

		if (entry[MBR_TYPE] == MBR_TYPE_GPT)
			return "gpt";
		if (entry[0] & 0x7f)
			return NULL;
		if (le32(entry + MBR_SIZE))
			type = "dos";
	}
	return type;
}

static unsigned source_sector(const struct probe_source *source)
{
	return source->sector_bytes ? source->sector_bytes : 512;
}

enum {
	GPT_HEADER = 512, /* in the first window; with sectors of 4 KiB: */
	GPT_HEADER_4K = 4096,
	GPT_WHERE = 0x18, /* its own sector, and that of its copy */
	GPT_COPY = 0x20,
};

/* A GPT's copy is in the last sector of what the table was made for. */
static bool gpt_reaches(struct look *look, unsigned sector_bytes)
{
	const uint8_t *header = look->block + sector_bytes;

	return memcmp(header, "EFI PART", 8) == 0 &&
	       le64(header + GPT_WHERE) == 1 &&
	       le64(header + GPT_COPY) ==
		       look->source->bytes / sector_bytes - 1;
}

bool table_reaches(struct look *look, uint64_t at)
{
	unsigned sector_bytes = source_sector(look->source);
	const char *type = table_type(look->block);
	bool reaches = false;

	if (!type)
		return false;
	if (type[0] == 'g' &&
	    (gpt_reaches(look, GPT_HEADER) || gpt_reaches(look, GPT_HEADER_4K)))
		return true;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *entry = mbr_entry(look->block, i);
		uint64_t end = (uint64_t)le32(entry + MBR_START) +
			       le32(entry + MBR_SIZE);

		/* larger than the disk: of a set that is striped over several
		 */
		if (end * sector_bytes > look->source->bytes)
			return false;
		reaches |= end * sector_bytes > at;
	}
	return reaches;
}

/*
 * Partitions
 */

/* The header at sector @lba of @sector_bytes, and its array: 0 if valid. */
static int read_gpt(const struct probe_source *disk, unsigned sector_bytes,
		    uint64_t lba, struct probe_table *ret)
{
	uint64_t last = disk->bytes / sector_bytes - 1, entries, done;
	uint32_t header_bytes, array_bytes, checksum, n;
	uint8_t block[2048];
	int r;

	r = look_read(disk, lba * sector_bytes, block, 512);
	if (r < 0)
		return r;
	header_bytes = le32(block + 12);
	entries = le64(block + 0x48);
	ret->count = le32(block + 0x50);
	if (memcmp(block, "EFI PART", 8) || header_bytes < 92 ||
	    header_bytes > 512 || le64(block + 0x18) != lba ||
	    le64(block + 0x28) > le64(block + 0x30) ||
	    le64(block + 0x30) > last || entries > last || !ret->count ||
	    ret->count > 1024 || le32(block + 0x54) != 128 ||
	    ~look_crc_hole(CRC32, block, header_bytes, 0x10) !=
		    le32(block + 0x10))
		return -EINVAL;
	checksum = le32(block + 0x58);
	ret->is_gpt = true;
	ret->sector_bytes = sector_bytes;
	ret->entries = entries * sector_bytes;
	ret->is_backup = lba != 1;
	look_hex(ret->uuid, block + 0x38, ORDER_GUID, LOWER);
	array_bytes = ret->count * 128;
	for (done = 0, n = UINT32_MAX; done < array_bytes;) {
		uint64_t len = array_bytes - done;

		if (len > sizeof(block))
			len = sizeof(block);
		r = look_read(disk, ret->entries + done, block, (size_t)len);
		if (r < 0)
			return r;
		n = look_crc(CRC32, n, block, (size_t)len);
		done += len;
	}
	return ~n == checksum ? 0 : -EINVAL;
}

int probe_table(const struct probe_source *disk, struct probe_table *ret)
{
	unsigned sizes[3] = { source_sector(disk), 512, 4096 };
	uint8_t sector[512];
	const char *type;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = look_read(disk, 0, sector, sizeof(sector));
	if (r < 0)
		return r == -ENODATA ? -ENOENT : r;
	type = table_type(sector);
	if (!type)
		return -ENOENT;
	ret->id = le32(sector + MBR_ID);
	ret->sector_bytes = sizes[0];
	if (type[0] == 'd') {
		if (ret->id)
			look_hex(ret->uuid, sector + MBR_ID, "dcba", LOWER);
		return 0;
	}
	for (unsigned i = 0; i < 3; i++) {
		uint64_t last = disk->bytes / sizes[i];

		if (last < 3 || (i && sizes[i] == sizes[0]))
			continue;
		/* an unreadable or broken one has a copy at the other end */
		if (!read_gpt(disk, sizes[i], 1, ret) ||
		    !read_gpt(disk, sizes[i], last - 1, ret))
			return 0;
	}
	return -EINVAL;
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Entry of partition @number into @ret. Numbers from 5 on are in a chain. */
static int find_mbr_entry(const struct probe_source *disk,
			  const struct probe_table *table, unsigned number,
			  uint8_t ret[MBR_ENTRY_BYTES])
{
	uint64_t first = 0, at = 0;
	unsigned next = 5;
	uint8_t sector[512];

	/* as many links as Linux has minor numbers for a disk */
	for (unsigned links = 0; links < 256; links++) {
		const uint8_t *link = NULL;
		int r;

		r = look_read(disk, at * table->sector_bytes, sector,
			      sizeof(sector));
		if (r < 0)
			return r == -ENODATA ? -ENOENT : r;
		if (!table_has_mark(sector))
			return -ENOENT;
		for (unsigned i = 0; i < 4; i++) {
			const uint8_t *entry = mbr_entry(sector, i);

			if (!le32(entry + MBR_SIZE))
				continue;
			if (!links ? number == i + 1
				   : !is_extended(entry[MBR_TYPE]) &&
					     number == next++) {
				memcpy(ret, entry, MBR_ENTRY_BYTES);
				return 0;
			}
			if (!link && is_extended(entry[MBR_TYPE]) &&
			    le32(entry + MBR_START))
				link = entry;
		}
		if (number < 5 || !link)
			return -ENOENT;
		/* links are relative to the first of them */
		at = first + le32(link + MBR_START);
		if (!first)
			first = at;
	}
	return -ENOENT;
}

int probe_entry(const struct probe_source *disk,
		const struct probe_table *table, unsigned number,
		struct probe_partition *ret)
{
	uint8_t entry[128], id[5];
	int r;

	memset(ret, 0, sizeof(*ret));
	if (table->is_gpt) {
		if (!number || number > table->count)
			return -ENOENT;
		r = look_read(disk, table->entries + (number - 1) * 128ull,
			      entry, sizeof(entry));
		if (r < 0)
			return r;
		if (look_is_zero(entry, 16))
			return -ENOENT;
		look_hex(ret->type, entry, ORDER_GUID, LOWER);
		look_hex(ret->uuid, entry + 16, ORDER_GUID, LOWER);
		ret->attributes = le64(entry + 48);
		look_utf16(ret->label, sizeof(ret->label), entry + 56, 36,
			   false);
		return 0;
	}
	if (!number || number > 255)
		return -ENOENT;
	r = find_mbr_entry(disk, table, number, entry);
	if (r < 0)
		return r;
	id[0] = (uint8_t)table->id;
	id[1] = (uint8_t)(table->id >> 8);
	id[2] = (uint8_t)(table->id >> 16);
	id[3] = (uint8_t)(table->id >> 24);
	id[4] = (uint8_t)number;
	look_hex(ret->uuid, id, "dcba-e", LOWER);
	ret->attributes = entry[0];
	(void)str_format(ret->type, sizeof(ret->type), "0x%x",
			 (unsigned)entry[MBR_TYPE]);
	return 0;
}

int probe_partition(const struct probe_source *disk, unsigned number,
		    struct probe_partition *ret)
{
	struct probe_table table;
	int r = probe_table(disk, &table);

	return r < 0 ? r : probe_entry(disk, &table, number, ret);
}
