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
	MBR_MARK = 0x1fe,
	MBR_PRIMARIES = 4,
	MBR_PARTITIONS_MOST = 255, /* minor numbers of a disk */
};

static const uint8_t *mbr_entry(const uint8_t *sector, unsigned i)
{
	return sector + MBR_ENTRY + i * MBR_ENTRY_BYTES;
}

bool table_has_mark(const uint8_t *sector)
{
	return be16(sector + MBR_MARK) == 0x55aa;
}

/*
 * A boot sector of FAT or NTFS has the mark too. Linux and blkid tell the two
 * apart by the boot indicators: only a table has 0 or 0x80 in all four places.
 */
const char *table_type(const uint8_t *sector)
{
	const char *type = NULL;

	if (!table_has_mark(sector))
		return NULL;
	for (unsigned i = 0; i < MBR_PRIMARIES; i++) {
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
	GPT_LEAST_BYTES = 92,
	GPT_MOST_BYTES = 512,
	GPT_BYTES = 0x0c, /* of the header, which the checksum is of */
	GPT_SUM = 0x10,
	GPT_WHERE = 0x18, /* its own sector, and that of its copy */
	GPT_COPY = 0x20,
	GPT_FIRST_USABLE = 0x28,
	GPT_LAST_USABLE = 0x30,
	GPT_DISK_UUID = 0x38,
	GPT_ENTRIES = 0x48,
	GPT_COUNT = 0x50,
	GPT_ENTRY_SIZE = 0x54,
	GPT_ENTRIES_SUM = 0x58,
	GPT_COUNT_MOST = 1024, /* more than anybody has */
	/* in an entry */
	GPT_ENTRY_BYTES = 128,
	GPT_TYPE = 0,
	GPT_UUID = 16,
	GPT_ATTRIBUTES = 48,
	GPT_NAME = 56,
	GPT_NAME_UNITS = 36,
};

/* A GPT's copy is in the last sector of the disk that it was made for. */
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
	for (unsigned i = 0; i < MBR_PRIMARIES; i++) {
		const uint8_t *entry = mbr_entry(look->block, i);
		uint64_t end = (uint64_t)le32(entry + MBR_START) +
			       le32(entry + MBR_SIZE);

		/* It is larger than the disk: the table of a striped set. */
		if (end * sector_bytes > look->source->bytes)
			return false;
		reaches |= end * sector_bytes > at;
	}
	return reaches;
}

/*
 * Partitions
 */

/* Is it the valid header of sector @lba, of a disk whose last one is @last? */
static bool is_gpt_header(const uint8_t *header, uint64_t lba, uint64_t last)
{
	uint32_t header_bytes = le32(header + GPT_BYTES);
	uint32_t count = le32(header + GPT_COUNT);

	return memcmp(header, "EFI PART", 8) == 0 &&
	       header_bytes >= GPT_LEAST_BYTES &&
	       header_bytes <= GPT_MOST_BYTES &&
	       le64(header + GPT_WHERE) == lba &&
	       le64(header + GPT_FIRST_USABLE) <=
		       le64(header + GPT_LAST_USABLE) &&
	       le64(header + GPT_LAST_USABLE) <= last &&
	       le64(header + GPT_ENTRIES) <= last && count &&
	       count <= GPT_COUNT_MOST &&
	       le32(header + GPT_ENTRY_SIZE) == GPT_ENTRY_BYTES &&
	       ~look_crc_hole(CRC32, header, header_bytes, GPT_SUM) ==
		       le32(header + GPT_SUM);
}

/* The header at sector @lba of @sector_bytes, and its array: 0 if valid. */
static int read_gpt(const struct probe_source *disk, unsigned sector_bytes,
		    uint64_t lba, struct probe_table *ret)
{
	uint64_t last = disk->bytes / sector_bytes - 1, done;
	uint32_t array_bytes, checksum, n;
	static uint8_t block[2048];
	int r;

	r = look_read(disk, lba * sector_bytes, block, GPT_MOST_BYTES);
	if (r < 0)
		return r;
	if (!is_gpt_header(block, lba, last))
		return -EINVAL;
	checksum = le32(block + GPT_ENTRIES_SUM);
	ret->is_gpt = true;
	ret->sector_bytes = sector_bytes;
	ret->count = le32(block + GPT_COUNT);
	ret->entries = le64(block + GPT_ENTRIES) * sector_bytes;
	ret->is_backup = lba != 1;
	look_hex(ret->uuid, block + GPT_DISK_UUID, ORDER_GUID, LOWER);
	array_bytes = ret->count * GPT_ENTRY_BYTES;
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
	static uint8_t sector[512];
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
		/* One that is broken has a copy at the other end. */
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

/*
 * Copies the entry of partition @number to @ret. Those from number 5 on are in
 * a chain of sectors with a table each.
 */
static int find_mbr_entry(const struct probe_source *disk,
			  const struct probe_table *table, unsigned number,
			  uint8_t ret[MBR_ENTRY_BYTES])
{
	uint64_t first = 0, at = 0;
	unsigned next = MBR_PRIMARIES + 1;
	static uint8_t sector[512];

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
		for (unsigned i = 0; i < MBR_PRIMARIES; i++) {
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
		if (number <= MBR_PRIMARIES || !link)
			return -ENOENT;
		/* All links are relative to the first of them. */
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
	uint8_t entry[GPT_ENTRY_BYTES], id[5];
	int r;

	memset(ret, 0, sizeof(*ret));
	if (table->is_gpt) {
		if (!number || number > table->count)
			return -ENOENT;
		r = look_read(disk,
			      table->entries +
				      (uint64_t)(number - 1) * GPT_ENTRY_BYTES,
			      entry, sizeof(entry));
		if (r < 0)
			return r;
		if (look_is_zero(entry + GPT_TYPE, 16))
			return -ENOENT;
		look_hex(ret->type, entry + GPT_TYPE, ORDER_GUID, LOWER);
		look_hex(ret->uuid, entry + GPT_UUID, ORDER_GUID, LOWER);
		ret->attributes = le64(entry + GPT_ATTRIBUTES);
		look_utf16(ret->label, sizeof(ret->label), entry + GPT_NAME,
			   GPT_NAME_UNITS, false);
		return 0;
	}
	if (!number || number > MBR_PARTITIONS_MOST)
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
