/* SPDX-License-Identifier: MIT */
/*
 * Arrays whose mark is at the end of the device. Half of a mirror has the file
 * system of the whole in front, and so may half of a stripe set, so these are
 * tried before everything that is in front.
 *
 * The marks of vendors ("BIOS RAID") are looked for on whole disks alone, as
 * blkid does: the end of the last partition may be that of the disk. If anything
 * tells that a mark outlived its array, it is the partition table: see
 * table_reaches().
 */
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

/* A smaller device is a floppy disk, or no disk. */
#define LEAST 0x10000u

static bool is_array(struct look *look)
{
	/* The array begins where its member does. */
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
	MD0_UUID_MINOR = 90, /* the first version that has the others */
	MD0_KIB = 0x20,
	MD0_ALIGN = 0x10000,
	MD_READ = 0x100,
	/* where a superblock of version 1 may be: 1.0, 1.1 and 1.2 */
	MD1_FROM_END = 0x2000,
	MD1_END_ALIGN = 0x1000,
	MD1_AT_FRONT = 0,
	MD1_AT_4K = 0x1000,
};

static bool probe_md1(struct look *look, const uint8_t *sb, uint64_t at)
{
	/* If it is not where it says that it is, it is another device's, seen
	 * through the partition table, or left over from another size. */
	if (le32(sb) != MD_MAGIC || le32(sb + MD1_MAJOR) != 1 ||
	    le64(sb + MD1_WHERE) != at / SECTOR)
		return false;
	look_uuid(look->ret, sb + MD1_UUID, ORDER_UUID);
	look_text(look->ret->label, sb + MD1_NAME, MD1_NAME_BYTES);
	return true;
}

/*
 * Version 0.90 does not say where it is: at the end of the last partition it is
 * also at the end of the disk.
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
	if (get(sb + MD0_MINOR) >= MD0_UUID_MINOR)
		memcpy(uuid + 4, sb + MD0_UUID_REST, 12);
	look_uuid(look->ret, uuid,
		  is_big ? ORDER_UUID : "dcba-hg-fe-lk-jiponm");
	return is_array(look);
}

bool probe_md(struct look *look)
{
	uint64_t bytes = look->source->bytes;
	const uint8_t *sb;
	uint64_t at;

	if (bytes > MD0_ALIGN) {
		at = (bytes & ~(uint64_t)(MD0_ALIGN - 1)) - MD0_ALIGN;
		sb = look_fetch(look, at, MD_READ);
		if (sb && probe_md0(look, sb, at))
			return true;
		at = (bytes & ~(uint64_t)(MD1_END_ALIGN - 1)) - MD1_FROM_END;
		sb = look_fetch(look, at, MD_READ);
		if (sb && probe_md1(look, sb, at))
			return is_array(look);
	}
	return probe_md1(look, look->block + MD1_AT_FRONT, MD1_AT_FRONT) ||
	       probe_md1(look, look->block + MD1_AT_4K, MD1_AT_4K);
}

/*
 * SNIA's DDF, which the controllers of servers write, and mdadm
 */

enum {
	DDF_MAGIC = 0xde11de11, /* the same in either order of bytes */
	DDF_CRC = 0x04,
	DDF_PRIMARY = 0x60,    /* sector of the first of the three headers */
	DDF_BEFORE_LAST = 256, /* sectors: where it may be besides */
	DDF_LEAST = 0x30000,
};

static bool has_ddf_crc(const uint8_t *header)
{
	static const uint8_t hole[4] = { 0xff, 0xff, 0xff, 0xff };
	uint32_t value;

	/* The register starts with 0, and is not inverted (mdadm's
	 * super-ddf.c: calc_crc). */
	value = look_crc(CRC32, 0, header, DDF_CRC);
	value = look_crc(CRC32, value, hole, sizeof(hole));
	value = look_crc(CRC32, value, header + DDF_CRC + 4,
			 SECTOR - DDF_CRC - 4);
	return value == be32(header + DDF_CRC) ||
	       value == le32(header + DDF_CRC);
}

/* Its checksum is right, or the primary header is where it says. */
static bool is_ddf(struct look *look, const uint8_t *header)
{
	uint64_t sectors = look->source->bytes / SECTOR;
	uint64_t lba = be64(header + DDF_PRIMARY);
	uint32_t magic = le32(header);

	if (be32(header) != DDF_MAGIC && magic != DDF_MAGIC)
		return false;
	if (lba >= sectors)
		lba = le64(header + DDF_PRIMARY);
	if (has_ddf_crc(header))
		return true;
	header =
		lba && lba < sectors ? look_fetch(look, lba * SECTOR, 4) : NULL;
	return header && le32(header) == magic;
}

/* In @last, which is the last sector, or some before it. */
static bool probe_ddf(struct look *look, const uint8_t *last)
{
	uint64_t at = (look->source->bytes / SECTOR - 1) * SECTOR;
	const uint8_t *header;

	if (look->source->bytes < DDF_LEAST)
		return false;
	if (is_ddf(look, last))
		return !table_reaches(look, at);
	at -= DDF_BEFORE_LAST * SECTOR;
	header = look_fetch(look, at, SECTOR);
	return header && is_ddf(look, header) && !table_reaches(look, at);
}

/*
 * Other vendors'
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
	VIA_VERSION_MOST = 2,
	VIA_SUM = 50, /* of the bytes before it */
	SIL_DISK = 0x116,
	SIL_DISKS = 8,
	SIL_SUM = 0x13e,
	NVIDIA_WORDS = 0x08,
	NVIDIA_IS = 30, /* words, the checksum among them */
	ADAPTEC_MAGIC = 0x100,
	JMICRON_MODE = 0x30,
	JMICRON_MODE_MOST = 5,
	JMICRON_IS = 64, /* halves of a word, the checksum among them */
};

static bool is_via(const uint8_t *sector)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < VIA_SUM; i++)
		sum += sector[i];
	return sector[VIA_VERSION] <= VIA_VERSION_MOST &&
	       (sum & 0xff) == sector[VIA_SUM];
}

static bool is_silicon(const uint8_t *sector)
{
	return sector[SIL_DISK] < SIL_DISKS &&
	       sum_halves(sector, SIL_SUM / 2 + 1) == 0;
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
	return sector[JMICRON_MODE] <= JMICRON_MODE_MOST &&
	       sum_halves(sector, JMICRON_IS) <= 1;
}

/* How far from the end the farthest mark of the table is, in sectors. */
#define TAIL 11u
_Static_assert(TAIL *SECTOR <= FETCH_MOST, "the marks are fetched at once");

static const struct vendor {
	const char *type;
	uint8_t sector; /* counted from the end */
	uint8_t magic_at;
	uint8_t magic_bytes;
	const char *magic;
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

/* Promise's mark is at one of these distances from the end, in sectors. */
static bool probe_promise(struct look *look)
{
	static const uint16_t places[] = { 3087, 991, 974, 951, 911, 735, 675,
					   591,	 399, 256, 255, 63,  16 };
	static const char magic[] = "Promise Technology, Inc.";
	uint64_t sectors = look->source->bytes / SECTOR;
	const uint8_t *found;

	if (look->source->bytes < 4 * LEAST)
		return false;
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint64_t at = (sectors - places[i]) * SECTOR;

		if (sectors <= places[i])
			continue;
		found = look_fetch(look, at, sizeof(magic) - 1);
		if (found && memcmp(found, magic, sizeof(magic) - 1) == 0 &&
		    !table_reaches(look, at))
			return true;
	}
	return false;
}

static bool found_vendor(struct look *look, const char *type)
{
	(void)str_copy(look->ret->type, sizeof(look->ret->type), type);
	return is_array(look);
}

/* Intel counts in sectors of the disk, the others in sectors of 512 bytes. */
static bool probe_isw_4k(struct look *look)
{
	unsigned bytes = look->source->sector_bytes;
	const uint8_t *found;
	uint64_t at;

	if (bytes <= SECTOR || look->source->bytes < 2 * bytes)
		return false;
	at = (look->source->bytes / bytes - 2) * bytes;
	found = look_fetch(look, at, vendors[0].magic_bytes);
	return found &&
	       memcmp(found, vendors[0].magic, vendors[0].magic_bytes) == 0 &&
	       !table_reaches(look, at);
}

bool probe_vendor_raid(struct look *look)
{
	uint64_t sectors = look->source->bytes / SECTOR;
	static uint8_t tail[TAIL * SECTOR];
	const uint8_t *fetched;

	if (look->source->bytes < LEAST)
		return false;
	fetched = look_fetch(look, (sectors - TAIL) * SECTOR, sizeof(tail));
	if (!fetched)
		return false;
	/* More is fetched below. */
	memcpy(tail, fetched, sizeof(tail));
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
 * DRBD with internal metadata: the device that it replicates is in front.
 */

enum {
	DRBD_UUID = 0x28,
	DRBD9_UUID = 0x30,
	DRBD_MAGIC = 0x3c,
	DRBD_SECTORS = 0x40,   /* of the metadata */
	DRBD_BIT_BYTES = 0x50, /* what a bit of its bitmap stands for */
	DRBD_BYTES = 4096,
	/* versions 8.3 and 8.4; 8.4 with a log to be replayed; version 9 */
	DRBD_8 = (int)0x8374026b,
	DRBD_8_UNCLEAN = (int)0x8374026c,
	DRBD_9 = (int)0x8374026d,
};

static bool probe_drbd_at(struct look *look, uint64_t at)
{
	const uint8_t *md = look_fetch(look, at, DRBD_BIT_BYTES + 4);
	char *text = look->ret->uuid;
	unsigned first = 0;
	int magic;

	if (!md)
		return false;
	magic = (int)be32(md + DRBD_MAGIC);
	if ((magic != DRBD_8 && magic != DRBD_8_UNCLEAN && magic != DRBD_9) ||
	    !be32(md + DRBD_SECTORS) ||
	    !is_power_of_2(be32(md + DRBD_BIT_BYTES)) ||
	    table_reaches(look, at))
		return false;
	/* As blkid: a number of 64 bits, without the zeros in front. */
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
	/* DRBD rounds down and blkid does not; only for files do the two
	 * differ. */
	return probe_drbd_at(look, bytes - DRBD_BYTES) ||
	       (bytes % DRBD_BYTES &&
		probe_drbd_at(look, bytes - bytes % DRBD_BYTES - DRBD_BYTES));
}
