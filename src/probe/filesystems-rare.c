/* SPDX-License-Identifier: MIT */
/*
 * Linux's file systems that few machines have as their root, among them those
 * for flash memory and for clusters.
 */
#include <string.h>

#include "probe/look.h"

enum {
	JFS_BLOCK = LEAD + 0x10,
	JFS_BLOCK_LOG = LEAD + 0x14,
	JFS_FACTOR_LOG = LEAD + 0x16,
	JFS_SECTOR = LEAD + 0x18,
	JFS_SECTOR_LOG = LEAD + 0x1c,
};

bool probe_jfs(struct look *look)
{
	const uint8_t *b = look->block;
	unsigned block_log = le16(b + JFS_BLOCK_LOG);
	unsigned sector_log = le16(b + JFS_SECTOR_LOG);

	return block_log < 32 && sector_log <= block_log &&
	       le32(b + JFS_BLOCK) == 1u << block_log &&
	       le32(b + JFS_SECTOR) == 1u << sector_log &&
	       le16(b + JFS_FACTOR_LOG) == block_log - sector_log;
}

/*
 * nilfs2 has a second superblock at the end of the device. The newer one counts.
 */

enum {
	NILFS_AT = 0x400,
	NILFS_AT_END = 8 * SECTOR, /* before the end */
	NILFS_BYTES = 0x400,
	NILFS_MAGIC = 0x06,
	NILFS_USED = 0x08, /* bytes that the checksum is of */
	NILFS_SEED = 0x0c,
	NILFS_SUM = 0x10,
	NILFS_DEVICE = 0x20, /* its size in bytes */
	NILFS_CHECKPOINT = 0x38,
	NILFS_UUID = 0x98,
	NILFS_LABEL = 0xa8,
	NILFS_LABEL_BYTES = 80,
	NILFS_MAGIC_IS = 0x3434,
};

static bool is_nilfs(struct look *look, const uint8_t *sb)
{
	static const uint8_t hole[4];
	uint32_t used = le16(sb + NILFS_USED), sum;

	if (le16(sb + NILFS_MAGIC) != NILFS_MAGIC_IS || used < NILFS_SUM + 4 ||
	    used > NILFS_BYTES ||
	    le64(sb + NILFS_DEVICE) != look->source->bytes)
		return false;
	sum = look_crc(CRC32, le32(sb + NILFS_SEED), sb, NILFS_SUM);
	sum = look_crc(CRC32, sum, hole, sizeof(hole));
	sum = look_crc(CRC32, sum, sb + NILFS_SUM + 4, used - NILFS_SUM - 4);
	return sum == le32(sb + NILFS_SUM);
}

bool probe_nilfs2(struct look *look)
{
	uint64_t sectors = look->source->bytes / SECTOR;
	const uint8_t *first = look->block + NILFS_AT, *sb = NULL;
	const uint8_t *second =
		look_fetch(look, sectors * SECTOR - NILFS_AT_END, NILFS_BYTES);

	if (is_nilfs(look, first))
		sb = first;
	if (second && is_nilfs(look, second) &&
	    (!sb ||
	     le64(sb + NILFS_CHECKPOINT) < le64(second + NILFS_CHECKPOINT)))
		sb = second;
	if (!sb)
		return false;
	look_uuid(look->ret, sb + NILFS_UUID, ORDER_UUID);
	look_text(look->ret->label, sb + NILFS_LABEL, NILFS_LABEL_BYTES);
	return true;
}

enum {
	REISER_JOURNAL = 0x0c, /* its first block */
	REISER_BLOCK = 0x2c,
	REISER_MAGIC = 0x34,
	REISER_UUID = 0x54,
	REISER_LABEL = 0x64,
	REISER_LABEL_BYTES = 16,
	REISER_AT_KIB = 64,
	REISER_35_AT_KIB = 8, /* before 3.5.9 */
};

/* The superblock at @at_kib. A copy of one inside of the journal is none. */
static bool is_reiserfs(const uint8_t *sb, unsigned at_kib)
{
	unsigned sectors = le16(sb + REISER_BLOCK) / SECTOR;

	return sectors && at_kib / sectors <= le32(sb + REISER_JOURNAL) / 2;
}

bool probe_reiserfs(struct look *look)
{
	const uint8_t *sb = look->block + LEAD;

	if (!is_reiserfs(sb, REISER_AT_KIB))
		return false;
	/* Version 3.5 has neither. */
	if (sb[REISER_MAGIC + 6] == '2' || sb[REISER_MAGIC + 6] == '3') {
		look_uuid(look->ret, sb + REISER_UUID, ORDER_UUID);
		look_text(look->ret->label, sb + REISER_LABEL,
			  REISER_LABEL_BYTES);
	}
	return true;
}

bool probe_reiserfs_35(struct look *look)
{
	return is_reiserfs(look->block + LEAD, REISER_35_AT_KIB);
}

enum { CRAMFS_SIGNATURE = 0x10 };

/* Linux asks for the signature too (fs/cramfs/inode.c: cramfs_read_super). */
bool probe_cramfs(struct look *look)
{
	return memcmp(look->block + CRAMFS_SIGNATURE, "Compressed ROMFS", 16) ==
	       0;
}

enum { ROMFS_BYTES = 0x08, ROMFS_SUMMED = 512 };

bool probe_romfs(struct look *look)
{
	uint32_t bytes = be32(look->block + ROMFS_BYTES), sum = 0;

	if (bytes > ROMFS_SUMMED)
		bytes = ROMFS_SUMMED;
	/* fs/romfs/super.c: romfs_checksum */
	for (uint32_t i = 0; i + 4 <= bytes; i += 4)
		sum += be32(look->block + i);
	look_damaged_if(look, sum != 0);
	return true;
}

enum {
	UBIFS_SUM = 0x04,
	UBIFS_SUMMED = 0x08,
	UBIFS_BYTES = 0x10,
	UBIFS_TYPE = 0x14,
	UBIFS_SUPERBLOCK = 6,
	UBIFS_IS = 4 * KIB,
};

bool probe_ubifs(struct look *look)
{
	const uint8_t *sb = look->block;

	if (sb[UBIFS_TYPE] != UBIFS_SUPERBLOCK ||
	    le32(sb + UBIFS_BYTES) != UBIFS_IS)
		return false;
	look_damaged_if(look, look_crc(CRC32, UINT32_MAX, sb + UBIFS_SUMMED,
				       UBIFS_IS - UBIFS_SUMMED) !=
				      le32(sb + UBIFS_SUM));
	return true;
}

enum {
	OCFS2_BLOCK_LOG = 0xf8,
	OCFS2_LABEL = 0x110,
	OCFS2_LABEL_BYTES = 64,
	OCFS2_UUID = 0x150,
	OCFS2_LOG_LEAST = 9,
	OCFS2_LOG_MOST = 12,
};

/* In the third block: at 1, 2, 4 or 8 KiB. */
bool probe_ocfs2(struct look *look)
{
	for (unsigned log = OCFS2_LOG_LEAST; log <= OCFS2_LOG_MOST; log++) {
		uint32_t at = 2u << log;
		const uint8_t *sb;

		if (at < look->at ||
		    at - look->at + OCFS2_UUID + 16 > WINDOW_BYTES)
			continue;
		sb = look->block + (at - look->at);
		if (memcmp(sb, "OCFSV2", 6) != 0 ||
		    le32(sb + OCFS2_BLOCK_LOG) != log)
			continue;
		look_text(look->ret->label, sb + OCFS2_LABEL,
			  OCFS2_LABEL_BYTES);
		look_uuid(look->ret, sb + OCFS2_UUID, ORDER_UUID);
		return true;
	}
	return false;
}

enum {
	GFS_TYPE = LEAD + 0x04, /* of the block */
	GFS_FORMAT = LEAD + 0x18,
	GFS_FORMAT_HOSTS = LEAD + 0x1c,
	GFS_SUPERBLOCK = 1,
	/* the formats of GFS and GFS2, and of their hosts */
	GFS_1 = 1309,
	GFS_1_HOSTS = 1401,
	GFS_2_LEAST = 1801,
	GFS_2_MOST = 1899,
	GFS_2_HOSTS = 1900,
};

bool probe_gfs(struct look *look)
{
	return be32(look->block + GFS_TYPE) == GFS_SUPERBLOCK &&
	       be32(look->block + GFS_FORMAT) == GFS_1 &&
	       be32(look->block + GFS_FORMAT_HOSTS) == GFS_1_HOSTS;
}

bool probe_gfs2(struct look *look)
{
	uint32_t format = be32(look->block + GFS_FORMAT);

	return be32(look->block + GFS_TYPE) == GFS_SUPERBLOCK &&
	       format >= GFS_2_LEAST && format <= GFS_2_MOST &&
	       be32(look->block + GFS_FORMAT_HOSTS) == GFS_2_HOSTS;
}

enum { ZONEFS_SUM = 0x04, ZONEFS_BYTES = 4 * KIB };

bool probe_zonefs(struct look *look)
{
	look_damaged_if(look, look_crc_hole(CRC32, look->block, ZONEFS_BYTES,
					    ZONEFS_SUM) !=
				      le32(look->block + ZONEFS_SUM));
	return true;
}
