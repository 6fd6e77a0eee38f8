/* SPDX-License-Identifier: MIT */
/*
 * Arrays whose mark is at the end of the device. Half of a mirror has the file
 * system of the whole in front, and half of a stripe set may have it too, so
 * these come before all that is in front.
 *
 * The marks of vendors ("BIOS RAID") are looked for on whole disks alone, as
 * blkid does: at the end of the last partition they are at the end of the disk.
 * A mark that outlived its array is told by the partition table, if at all:
 * table_reaches().
 */
#include <string.h>

#include "probe/look.h"

/* Smaller ones are floppies, or none. */
#define LEAST 0x10000u

static bool is_array(struct look *look)
{
	/* the whole begins where its part does */
	look->ret->is_transparent = true;
	return true;
}

/*
 * md
 */

enum {
	MD_MAGIC = 0xa92b4efc,
	MD1_MAJOR = 0x04,
	MD1_UUID = 0x10,
	MD1_NAME = 0x20,
	MD1_NAME_BYTES = 32,
	MD1_WHERE = 0x90, /* its own place, in sectors */
	MD0_MINOR = 0x08,
	MD0_UUID = 0x14, /* the first of its four words; the others: */
	MD0_UUID_REST = 0x34,
	MD0_KIB = 0x20,
	MD0_ALIGN = 0x10000,
};

static bool probe_md1(struct look *look, const uint8_t *sb, uint64_t at)
{
	/* where it says it is: else it is another device's, seen through the
	 * partition table or left over from another size */
	if (le32(sb) != MD_MAGIC || le32(sb + MD1_MAJOR) != 1 ||
	    le64(sb + MD1_WHERE) != at / SECTOR)
		return false;
	look_uuid(look->ret, sb + MD1_UUID, ORDER_UUID);
	look_text(look->ret->label, sb + MD1_NAME, MD1_NAME_BYTES);
	return true;
}

/*
 * 0.90 does not say where it is: at the end of the last partition it is also
 * at the end of the disk.
 */
static bool probe_md0(struct look *look, const uint8_t *sb, uint64_t at)
{
	bool is_big = be32(sb) == MD_MAGIC;
	uint32_t (*get)(const uint8_t *) = is_big ? be32 : le32;
	uint64_t size;
	uint8_t uuid[16];

	if (get(sb) != MD_MAGIC)
		return false;
	size = (uint64_t)get(sb + MD0_KIB) * KIB;
	if (at < size || table_reaches(look, at))
		return false;
	memset(uuid, 0, sizeof(uuid));
	memcpy(uuid, sb + MD0_UUID, 4);
	if (get(sb + MD0_MINOR) >= 90)
		memcpy(uuid + 4, sb + MD0_UUID_REST, 12);
	look_uuid(look->ret, uuid,
		  is_big ? ORDER_UUID : "dcba-hg-fe-lk-jiponm");
	return is_array(look);
}

bool probe_md(struct look *look)
{
	uint64_t bytes = look->source->bytes;
	uint8_t sb[0x100];
	uint64_t at;

	if (bytes > MD0_ALIGN) {
		at = (bytes & ~(uint64_t)(MD0_ALIGN - 1)) - MD0_ALIGN;
		if (look_fetch(look, at, sb, sizeof(sb)) &&
		    probe_md0(look, sb, at))
			return true;
		at = (bytes & ~(uint64_t)0xfff) - 0x2000;
		if (look_fetch(look, at, sb, sizeof(sb)) &&
		    probe_md1(look, sb, at))
			return is_array(look);
	}
	return probe_md1(look, look->block, 0) ||
	       probe_md1(look, look->block + 0x1000, 0x1000);
}

/*
 * SNIA's DDF, which servers' controllers write, and mdadm does
 */

enum {
	DDF_MAGIC = 0xde11de11, /* the same in either order of bytes */
	DDF_CRC = 0x04,
	DDF_PRIMARY = 0x60, /* sector of the first of the three headers */
	DDF_LEAST = 0x30000,
};

static bool has_ddf_crc(const uint8_t *header)
{
	static const uint8_t hole[4] = { 0xff, 0xff, 0xff, 0xff };
	uint32_t value;

	/* register 0, no inversion: mdadm's super-ddf.c, calc_crc */
	value = look_crc(CRC32, 0, header, DDF_CRC);
	value = look_crc(CRC32, value, hole, sizeof(hole));
	value = look_crc(CRC32, value, header + DDF_CRC + 4,
			 SECTOR - DDF_CRC - 4);
	return value == be32(header + DDF_CRC) ||
	       value == le32(header + DDF_CRC);
}

/* Right by its checksum, or by another header where it says that one is. */
static bool is_ddf(struct look *look, const uint8_t *header)
{
	uint64_t sectors = look->source->bytes / SECTOR;
	uint64_t lba = be64(header + DDF_PRIMARY);
	uint8_t magic[4];

	if (be32(header) != DDF_MAGIC && le32(header) != DDF_MAGIC)
		return false;
	if (lba >= sectors)
		lba = le64(header + DDF_PRIMARY);
	return has_ddf_crc(header) ||
	       (lba && lba < sectors &&
		look_fetch(look, lba * SECTOR, magic, sizeof(magic)) &&
		memcmp(magic, header, sizeof(magic)) == 0);
}

/* In the last sector, as @last is, or 256 before it. */
static bool probe_ddf(struct look *look, const uint8_t *last)
{
	uint64_t at = (look->source->bytes / SECTOR - 1) * SECTOR;
	uint8_t header[SECTOR];

	if (look->source->bytes < DDF_LEAST)
		return false;
	if (is_ddf(look, last))
		return !table_reaches(look, at);
	at -= 256 * SECTOR;
	return look_fetch(look, at, header, sizeof(header)) &&
	       is_ddf(look, header) && !table_reaches(look, at);
}

/*
 * The others
 */

static uint32_t sum_words(const uint8_t *p, unsigned words)
{
	uint32_t sum = 0;

	for (; words; words--, p += 4)
		sum += le32(p);
	return sum;
}

static uint16_t sum_halves(const uint8_t *p, unsigned halves)
{
	unsigned sum = 0;

	for (; halves; halves--, p += 2)
		sum += le16(p);
	return (uint16_t)sum;
}

enum {
	VIA_VERSION = 2,
	VIA_SUM = 50, /* of the bytes before */
	SIL_DISK = 0x116,
	SIL_SUM = 0x13e,
	NVIDIA_WORDS = 0x08,
	NVIDIA_IS = 30, /* words, the checksum among them */
	ADAPTEC_MAGIC = 0x100,
	JMICRON_MODE = 0x30,
	JMICRON_IS = 64, /* halves of a word, the checksum among them */
};

static bool is_via(const uint8_t *sector)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < VIA_SUM; i++)
		sum += sector[i];
	return sector[VIA_VERSION] <= 2 && (sum & 0xff) == sector[VIA_SUM];
}

static bool is_silicon(const uint8_t *sector)
{
	return sector[SIL_DISK] < 8 && sum_halves(sector, SIL_SUM / 2 + 1) == 0;
}

static bool is_nvidia(const uint8_t *sector)
{
	return le32(sector + NVIDIA_WORDS) == NVIDIA_IS &&
	       sum_words(sector, NVIDIA_IS) == 0;
}

static bool is_adaptec(const uint8_t *sector)
{
	return memcmp(sector + ADAPTEC_MAGIC, "DPTM", 4) == 0;
}

static bool is_jmicron(const uint8_t *sector)
{
	return sector[JMICRON_MODE] <= 5 && sum_halves(sector, JMICRON_IS) <= 1;
}

/* The farthest from the end of those in the table, in sectors. */
#define TAIL 11u

static const struct vendor {
	char type[27];
	uint8_t sector; /* counted from the end */
	uint8_t magic_at;
	uint8_t magic_bytes;
	char magic[25];
	bool (*check)(const uint8_t *sector); /* NULL: the magic is enough */
} vendors[] = {
	{ "isw_raid_member", 2, 0, 24, "Intel Raid ISM Cfg Sig. ", NULL },
	{ "lsi_mega_raid_member", 1, 0, 6, "$XIDE$", NULL },
	{ "via_raid_member", 1, 0, 2, "\x55\xaa", is_via },
	{ "silicon_medley_raid_member", 1, 0x60, 4, "\0\0\0\x2f", is_silicon },
	{ "nvidia_raid_member", 2, 0, 8, "NVIDIA  ", is_nvidia },
	{ "hpt45x_raid_member", 11, 0, 4, "\xf3\x16\x78\x5a", NULL },
	{ "hpt45x_raid_member", 11, 0, 4, "\xfd\x16\x78\x5a", NULL },
	{ "adaptec_raid_member", 1, 0, 4, "\x37\xfc\x4d\x1e", is_adaptec },
	{ "jmicron_raid_member", 1, 0, 2, "JM", is_jmicron },
};

/* Promise's may be at any of these distances from the end, in sectors. */
static bool probe_promise(struct look *look)
{
	static const uint16_t places[] = { 3087, 991, 974, 951, 911, 735, 675,
					   591,	 399, 256, 255, 63,  16 };
	static const char magic[] = "Promise Technology, Inc.";
	uint64_t sectors = look->source->bytes / SECTOR;
	uint8_t found[sizeof(magic) - 1];

	if (look->source->bytes < 4 * LEAST)
		return false;
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint64_t at = (sectors - places[i]) * SECTOR;

		if (sectors > places[i] &&
		    look_fetch(look, at, found, sizeof(found)) &&
		    memcmp(found, magic, sizeof(found)) == 0 &&
		    !table_reaches(look, at))
			return true;
	}
	return false;
}

static bool found_vendor(struct look *look, const char *type)
{
	strcpy(look->ret->type, type);
	return is_array(look);
}

/* Intel counts in the sectors of the disk, the others in those of 512. */
static bool probe_isw_4k(struct look *look)
{
	unsigned bytes = look->source->sector_bytes;
	uint8_t found[sizeof(vendors[0].magic) - 1];
	uint64_t at;

	if (bytes <= SECTOR || look->source->bytes < 2 * bytes)
		return false;
	at = (look->source->bytes / bytes - 2) * bytes;
	return look_fetch(look, at, found, sizeof(found)) &&
	       memcmp(found, vendors[0].magic, sizeof(found)) == 0 &&
	       !table_reaches(look, at);
}

bool probe_vendor_raid(struct look *look)
{
	uint64_t sectors = look->source->bytes / SECTOR;
	uint8_t tail[TAIL * SECTOR];

	if (look->source->bytes < LEAST ||
	    !look_fetch(look, (sectors - TAIL) * SECTOR, tail, sizeof(tail)))
		return false;
	if (probe_ddf(look, tail + (TAIL - 1) * SECTOR))
		return found_vendor(look, "ddf_raid_member");
	if (look->source->is_partition)
		return false;
	for (unsigned i = 0; i < sizeof(vendors) / sizeof(*vendors); i++) {
		const struct vendor *vendor = &vendors[i];
		const uint8_t *sector = tail + (TAIL - vendor->sector) * SECTOR;

		if (memcmp(sector + vendor->magic_at, vendor->magic,
			   vendor->magic_bytes) == 0 &&
		    (!vendor->check || vendor->check(sector)) &&
		    !table_reaches(look, (sectors - vendor->sector) * SECTOR))
			return found_vendor(look, vendor->type);
	}
	if (probe_isw_4k(look))
		return found_vendor(look, vendors[0].type);
	return probe_promise(look) &&
	       found_vendor(look, "promise_fasttrack_raid_member");
}

/*
 * DRBD with its metadata inside: the device that it replicates is in front.
 */

enum {
	DRBD_UUID = 0x28,
	DRBD9_UUID = 0x30,
	DRBD_MAGIC = 0x3c,
	DRBD_SECTORS = 0x40,   /* of the metadata */
	DRBD_BIT_BYTES = 0x50, /* what a bit of its bitmap stands for */
	DRBD_BYTES = 4096,
	/* 8.3 and 8.4; 8.4 with a log that is to be replayed; 9 */
	DRBD_8 = (int)0x8374026b,
	DRBD_8_UNCLEAN = (int)0x8374026c,
	DRBD_9 = (int)0x8374026d,
};

static bool probe_drbd_at(struct look *look, uint64_t at)
{
	uint8_t md[DRBD_BIT_BYTES + 4];
	char *text = look->ret->uuid;
	unsigned first = 0;
	int magic;

	if (!look_fetch(look, at, md, sizeof(md)))
		return false;
	magic = (int)be32(md + DRBD_MAGIC);
	if ((magic != DRBD_8 && magic != DRBD_8_UNCLEAN && magic != DRBD_9) ||
	    !be32(md + DRBD_SECTORS) ||
	    !is_power_of_2(be32(md + DRBD_BIT_BYTES)) ||
	    table_reaches(look, at))
		return false;
	/* as blkid: a number of 64 bits without the zeros in front */
	look_serial(look->ret, md + (magic == DRBD_9 ? DRBD9_UUID : DRBD_UUID),
		    8, "abcdefgh", LOWER);
	while (text[first] == '0')
		first++;
	memmove(text, text + first, strlen(text + first) + 1);
	return is_array(look);
}

bool probe_drbd(struct look *look)
{
	uint64_t bytes = look->source->bytes;

	if (bytes < LEAST)
		return false;
	/* DRBD rounds down, blkid does not: the same for all but a file */
	return probe_drbd_at(look, bytes - DRBD_BYTES) ||
	       (bytes % DRBD_BYTES &&
		probe_drbd_at(look, bytes - bytes % DRBD_BYTES - DRBD_BYTES));
}
