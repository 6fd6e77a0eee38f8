/* SPDX-License-Identifier: MIT */
/*
 * File systems that other operating systems made, and that Linux reads.
 */
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

/*
 * HFS and HFS+ (Apple's TN1150). Their UUID is made of 8 bytes, as Apple and
 * blkid do it: the MD5 of a name space and the bytes, marked as version 3.
 */

/* What MD5 (RFC 1321) makes of one block: @s is its state. */
static void md5_mix(uint32_t s[4], const uint8_t block[64])
{
	static const uint8_t turns[4][4] = { { 7, 12, 17, 22 },
					     { 5, 9, 14, 20 },
					     { 4, 11, 16, 23 },
					     { 6, 10, 15, 21 } };
	/* 2^32 * |sin(1)|, |sin(2)| ... */
	static const uint32_t sines[64] = {
		0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf,
		0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af,
		0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e,
		0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
		0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6,
		0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
		0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
		0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
		0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
		0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97,
		0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
		0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
		0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391
	};

	for (unsigned i = 0; i < 64; i++) {
		uint32_t b = s[1], c = s[2], d = s[3], mix;
		unsigned word, turn = turns[i / 16][i % 4];

		switch (i / 16) {
		case 0:
			mix = (b & c) | (~b & d);
			word = i;
			break;
		case 1:
			mix = (b & d) | (c & ~d);
			word = 5 * i + 1;
			break;
		case 2:
			mix = b ^ c ^ d;
			word = 3 * i + 5;
			break;
		default:
			mix = c ^ (b | ~d);
			word = 7 * i;
			break;
		}
		mix += s[0] + sines[i] + le32(block + word % 16 * 4);
		s[0] = d;
		s[3] = c;
		s[2] = b;
		s[1] = b + (mix << turn | mix >> (32 - turn));
	}
}

/* The MD5 of what fits into one block: 55 bytes at most. */
static void md5_short(const uint8_t *from, size_t len, uint8_t ret[16])
{
	static const uint32_t start[4] = { 0x67452301, 0xefcdab89, 0x98badcfe,
					   0x10325476 };
	uint32_t s[4] = { start[0], start[1], start[2], start[3] };
	uint8_t block[64] = { 0 };

	memcpy(block, from, len);
	block[len] = 0x80;
	block[56] = (uint8_t)(len * 8);
	block[57] = (uint8_t)(len * 8 >> 8);
	md5_mix(s, block);
	for (unsigned i = 0; i < 16; i++)
		ret[i] = (uint8_t)((s[i / 4] + start[i / 4]) >> i % 4 * 8);
}

enum {
	HFS_AT = 0x400,
	HFS_BLOCK = 0x14,
	HFS_FIRST = 0x1c, /* sector of the first block */
	HFS_LABEL = 0x24, /* after its length */
	HFS_LABEL_MOST = 27,
	HFS_ID = 0x74,
	HFS_ID_BYTES = 8,
	HFS_INSIDE = 0x7c, /* of an HFS+ in it: signature and first block */
	HFS_INSIDE_FIRST = 0x7e,
};

static void put_hfs_uuid(struct probe *ret, const uint8_t id[HFS_ID_BYTES])
{
	uint8_t named[24] = { 0xb3, 0xe2, 0x0f, 0x39, 0xf2, 0x92, 0x11, 0xd6,
			      0x97, 0xa4, 0x00, 0x30, 0x65, 0x43, 0xec, 0xac };
	uint8_t uuid[16];

	if (look_is_zero(id, HFS_ID_BYTES))
		return;
	memcpy(named + 16, id, HFS_ID_BYTES);
	md5_short(named, sizeof(named), uuid);
	uuid[6] = (uint8_t)(0x30 | (uuid[6] & 0x0f));
	uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3f));
	look_uuid(ret, uuid, ORDER_UUID);
}

static bool is_hfsplus(const uint8_t *signature)
{
	return signature[0] == 'H' &&
	       (signature[1] == '+' || signature[1] == 'X');
}

/* Blocks are of whole sectors (fs/hfs/mdb.c: hfs_mdb_get). */
static bool has_hfs_block(const uint8_t *sb)
{
	uint32_t bytes = be32(sb + HFS_BLOCK);

	return bytes && bytes % SECTOR == 0;
}

bool probe_hfs(struct look *look)
{
	const uint8_t *sb = look->block + HFS_AT;
	uint8_t len = sb[HFS_LABEL];

	if (is_hfsplus(sb + HFS_INSIDE) || !has_hfs_block(sb))
		return false;
	put_hfs_uuid(look->ret, sb + HFS_ID);
	look_text(look->ret->label, sb + HFS_LABEL + 1,
		  len < HFS_LABEL_MOST ? len : HFS_LABEL_MOST);
	return true;
}

enum {
	HFSPLUS_READ = 0x150,
	HFSPLUS_BLOCK = 0x28,
	HFSPLUS_ID = 0x68,
	HFSPLUS_CATALOG = 0x120, /* 8 extents: */
	HFSPLUS_EXTENT_FIRST = 0,
	HFSPLUS_EXTENT_BLOCKS = 4,
	HFSPLUS_EXTENT_BYTES = 8,
	HFSPLUS_EXTENTS = 6, /* those that are read */
	HFSPLUS_NODE = 0x0e, /* the head of a node has so many bytes */
	HFSPLUS_LEAVES = HFSPLUS_NODE + 0x06,
	HFSPLUS_LEAF = HFSPLUS_NODE + 0x0a,
	HFSPLUS_NODE_BYTES = HFSPLUS_NODE + 0x12,
	HFSPLUS_KIND = 0x08, /* in the head, as are the records */
	HFSPLUS_KIND_LEAF = 0xff,
	HFSPLUS_RECORDS = 0x0a,
	HFSPLUS_PARENT = HFSPLUS_NODE + 0x02, /* of the first record's key */
	HFSPLUS_UNITS = HFSPLUS_NODE + 0x06,
	HFSPLUS_NAME = HFSPLUS_NODE + 0x08,
	HFSPLUS_UNITS_MOST = 255,
	HFSPLUS_ROOT_PARENT = 1,
};

/* The label is the name of the root directory: the first key of the catalog. */
static void put_hfsplus_label(struct look *look, const uint8_t *sb,
			      uint64_t base)
{
	uint64_t block_bytes = be32(sb + HFSPLUS_BLOCK), block;
	const uint8_t *node;
	const uint8_t *extent = sb + HFSPLUS_CATALOG;
	unsigned n = 0;
	uint64_t at;

	at = base + be32(extent + HFSPLUS_EXTENT_FIRST) * block_bytes;
	node = look_fetch(look, at, HFSPLUS_NODE_BYTES + 2);
	if (!node || !be32(node + HFSPLUS_LEAVES))
		return;
	block = be32(node + HFSPLUS_LEAF) *
		(uint64_t)be16(node + HFSPLUS_NODE_BYTES) / block_bytes;
	while (n < HFSPLUS_EXTENTS &&
	       block >= be32(extent + HFSPLUS_EXTENT_BLOCKS)) {
		block -= be32(extent + HFSPLUS_EXTENT_BLOCKS);
		extent += HFSPLUS_EXTENT_BYTES;
		n++;
	}
	if (n == HFSPLUS_EXTENTS)
		return;
	at = base + (be32(extent + HFSPLUS_EXTENT_FIRST) + block) * block_bytes;
	node = look_fetch(look, at, HFSPLUS_NAME + 2 * HFSPLUS_UNITS_MOST);
	if (!node || node[HFSPLUS_KIND] != HFSPLUS_KIND_LEAF ||
	    !be16(node + HFSPLUS_RECORDS) ||
	    be32(node + HFSPLUS_PARENT) != HFSPLUS_ROOT_PARENT ||
	    be16(node + HFSPLUS_UNITS) > HFSPLUS_UNITS_MOST)
		return;
	look_utf16(look->ret->label, sizeof(look->ret->label),
		   node + HFSPLUS_NAME, be16(node + HFSPLUS_UNITS), true);
}

bool probe_hfsplus(struct look *look)
{
	const uint8_t *sb = look->block + HFS_AT;
	uint8_t inside[HFSPLUS_READ];
	uint64_t base = 0;

	if (!is_hfsplus(sb)) {
		if (!is_hfsplus(sb + HFS_INSIDE) || !has_hfs_block(sb))
			return false;
		base = be16(sb + HFS_FIRST) * (uint64_t)SECTOR +
		       be16(sb + HFS_INSIDE_FIRST) *
			       (uint64_t)be32(sb + HFS_BLOCK);
		sb = look_fetch(look, base + HFS_AT, HFSPLUS_READ);
		if (!sb || !is_hfsplus(sb))
			return false;
		/* More is fetched below. */
		sb = memcpy(inside, sb, sizeof(inside));
	}
	if (be32(sb + HFSPLUS_BLOCK) < SECTOR ||
	    !is_power_of_2(be32(sb + HFSPLUS_BLOCK)))
		return false;
	put_hfs_uuid(look->ret, sb + HFSPLUS_ID);
	put_hfsplus_label(look, sb, base);
	return true;
}

enum {
	APFS_SUM = 0x00, /* two words; of all that follows them */
	APFS_TYPE = 0x18,
	APFS_SUBTYPE = 0x1c,
	APFS_BLOCK = 0x24,
	APFS_CONTAINER = 1, /* the type of its superblock; it has no subtype */
	APFS_SUMMED = 4 * KIB,
};

/* Fletcher's, of words (Apple File System Reference, "Objects") */
static bool has_apfs_sum(const uint8_t *sb)
{
	uint64_t low = 0, high = 0, first;

	for (unsigned i = 8; i < APFS_SUMMED; i += 4) {
		low += le32(sb + i);
		high += low;
	}
	first = UINT32_MAX - (low + high) % UINT32_MAX;
	return le32(sb + APFS_SUM) == first &&
	       le32(sb + APFS_SUM + 4) ==
		       UINT32_MAX - (low + first) % UINT32_MAX;
}

bool probe_apfs(struct look *look)
{
	const uint8_t *sb = look->block;

	return le16(sb + APFS_TYPE) == APFS_CONTAINER &&
	       !le32(sb + APFS_SUBTYPE) && le32(sb + APFS_BLOCK) == 4 * KIB &&
	       has_apfs_sum(sb);
}

/*
 * UFS of the BSDs and of Sun, at 0, 8, 64 or 256 KiB
 */

enum {
	UFS_BLOCK = 0x30,
	UFS_FRAGMENT = 0x34,
	UFS_ID = 0x90, /* two words */
	UFS_VOLUME = 0x2a8,
	UFS_VOLUME_BYTES = 32,
	UFS_MAGIC = 0x55c,
	UFS_2 = 0x19540119,
	UFS_BLOCK_MOST = 64 * KIB,
};

bool probe_ufs(struct look *look)
{
	static const uint32_t magics[] = { UFS_2,      0x00011954, 0x00195612,
					   0x00095014, 0x00612195, 0x05231994 };
	enum { MAGICS = sizeof(magics) / sizeof(*magics) };
	const uint8_t *sb = look->block + (look->at ? LEAD : 0);
	uint32_t (*get)(const uint8_t *) = le32;
	unsigned i = 0;

	while (i < MAGICS && le32(sb + UFS_MAGIC) != magics[i] &&
	       be32(sb + UFS_MAGIC) != magics[i])
		i++;
	if (i == MAGICS)
		return false;
	if (be32(sb + UFS_MAGIC) == magics[i])
		get = be32;
	/* fs/ufs/super.c: ufs_fill_super */
	if (!is_power_of_2(get(sb + UFS_BLOCK)) ||
	    get(sb + UFS_BLOCK) > UFS_BLOCK_MOST ||
	    !is_power_of_2(get(sb + UFS_FRAGMENT)) ||
	    get(sb + UFS_FRAGMENT) < SECTOR ||
	    get(sb + UFS_FRAGMENT) > get(sb + UFS_BLOCK))
		return false;
	look_serial(look->ret, sb + UFS_ID, 8,
		    get == le32 ? "dcbahgfe" : "abcdefgh", LOWER);
	if (magics[i] == UFS_2)
		look_text(look->ret->label, sb + UFS_VOLUME, UFS_VOLUME_BYTES);
	return true;
}

/*
 * minix, in either order of bytes. Its magic numbers have only 16 bits, so more
 * is asked for, as util-linux's fsck.minix does.
 */

enum {
	MINIX_AT = 0x400,
	MINIX_INODES = 0x00, /* 16 bits before version 3 */
	MINIX_MAGIC = 0x10,
	MINIX_STATE = 0x12,
	MINIX_STATE_MOST = 3, /* clean 1, with errors 2 */
	MINIX_ZONES = 0x14,   /* from version 2 on; version 1 has 16 bits: */
	MINIX_ZONES_1 = 0x02,
	MINIX_MAPS = 0x04, /* blocks of the map of inodes, then of zones */
	MINIX_FIRST = 0x08,
	MINIX_ZONE_LOG = 0x0a,
	MINIX3_MAPS = 0x06,
	MINIX3_FIRST = 0x0a,
	MINIX3_ZONE_LOG = 0x0c,
	MINIX3_MAGIC = 0x18,
	MINIX_MAP_BITS = 8 * KIB,
	EXT_MAGIC = 0x38,
	EXT_MAGIC_IS = 0x53ef,
};

/* 1 to 3; 0: none */
static unsigned minix_version(const uint8_t *sb,
			      uint16_t (*get)(const uint8_t *))
{
	switch (get(sb + MINIX_MAGIC)) {
	case 0x137f:
	case 0x138f:
		return 1;
	case 0x2468:
	case 0x2478:
		return 2;
	default:
		return get(sb + MINIX3_MAGIC) == 0x4d5a ? 3 : 0;
	}
}

bool probe_minix(struct look *look)
{
	const uint8_t *sb = look->block + MINIX_AT;
	uint16_t (*get)(const uint8_t *) = le16;
	uint32_t (*get32)(const uint8_t *) = le32;
	unsigned version = minix_version(sb, get);
	uint64_t inodes, zones, first;
	const uint8_t *maps;

	if (!version) {
		get = be16;
		get32 = be32;
		version = minix_version(sb, get);
	}
	if (!version || be16(sb + EXT_MAGIC) == EXT_MAGIC_IS)
		return false;
	maps = sb + (version == 3 ? MINIX3_MAPS : MINIX_MAPS);
	inodes = version == 3 ? get32(sb + MINIX_INODES)
			      : get(sb + MINIX_INODES);
	zones = version == 1 ? get(sb + MINIX_ZONES_1)
			     : get32(sb + MINIX_ZONES);
	first = get(sb + (version == 3 ? MINIX3_FIRST : MINIX_FIRST));
	if (get(sb + (version == 3 ? MINIX3_ZONE_LOG : MINIX_ZONE_LOG)))
		return false;
	if (version < 3 && get(sb + MINIX_STATE) > MINIX_STATE_MOST)
		return false;
	/* All zones, of 1 KiB, have to be on the device. */
	return inodes && inodes < UINT32_MAX && first <= zones &&
	       zones <= look->source->bytes / KIB &&
	       get(maps) * (uint64_t)MINIX_MAP_BITS >= inodes + 1 &&
	       get(maps + 2) * (uint64_t)MINIX_MAP_BITS >= zones - first + 1;
}

/*
 * System V and Xenix
 */

enum {
	SYSV_AT = 0x200, /* in the block */
	SYSV_LABEL = 0x1b8,
	SYSV_LABEL_BYTES = 6,
	SYSV_MAGIC = 0x1f8,
	SYSV_IS = (int)0xfd187e20,
	XENIX_LABEL = 0x400 + 0x278,
};

bool probe_sysv(struct look *look)
{
	static const uint8_t places_kib[] = { 0, 9, 15, 18 };
	for (unsigned i = 0; i < sizeof(places_kib); i++) {
		const uint8_t *sb = look_fetch(
			look, (unsigned)places_kib[i] * KIB + SYSV_AT,
			SYSV_MAGIC + 4);

		if (!sb)
			return false;
		if (le32(sb + SYSV_MAGIC) != (uint32_t)SYSV_IS &&
		    be32(sb + SYSV_MAGIC) != (uint32_t)SYSV_IS)
			continue;
		look_text(look->ret->label, sb + SYSV_LABEL, SYSV_LABEL_BYTES);
		return true;
	}
	return false;
}

bool probe_xenix(struct look *look)
{
	look_text(look->ret->label, look->block + XENIX_LABEL,
		  SYSV_LABEL_BYTES);
	return true;
}

/*
 * BeOS and Haiku, in either order of bytes
 */

enum {
	BEFS_LABEL = 0x00,
	BEFS_LABEL_BYTES = 32,
	BEFS_MAGIC1 = 0x20,
	BEFS_ORDER = 0x24,
	BEFS_BLOCK = 0x28,
	BEFS_BLOCK_LOG = 0x2c,
	BEFS_MAGIC2 = 0x44,
	BEFS_GROUP_LOG = 0x4c,
	BEFS_MAGIC3 = 0x70,
	BEFS_ROOT = 0x74,  /* group, first block, blocks */
	BEFS_SMALL = 0xe8, /* in an inode: small attributes */
	BEFS_INODE_READ = 0x400,
	BEFS_BLOCK_LOG_LEAST = 10,
	BEFS_BLOCK_LOG_MOST = 13,
	/* in a small attribute: type, bytes of the name, bytes of the value,
	 * name, 3 bytes, value, one byte */
	BEFS_SMALL_NAME_BYTES = 4,
	BEFS_SMALL_BYTES = 6,
	BEFS_SMALL_NAME = 8,
	BEFS_SMALL_BEFORE = 3,
	BEFS_SMALL_AFTER = 1,
	/* what they hold */
	BEFS_MAGIC1_IS = 0x42465331,
	BEFS_ORDER_IS = 0x42494745,
	BEFS_MAGIC2_IS = (int)0xdd121031,
	BEFS_MAGIC3_IS = 0x15b6830e,
	BEFS_INODE_IS = 0x3bbe0ad9,
	BEFS_ID_TYPE = 0x554c4c47,
	BEFS_ID_BYTES = 8,
};

struct befs {
	const uint8_t *sb;
	uint16_t (*get16)(const uint8_t *);
	uint32_t (*get32)(const uint8_t *);
};

/* The id of the volume is a small attribute of the root directory. */
static void put_befs_uuid(struct look *look, const struct befs *fs)
{
	static const char name[] = "be:volume_id";
	uint32_t log = fs->get32(fs->sb + BEFS_BLOCK_LOG);
	uint32_t group_log = fs->get32(fs->sb + BEFS_GROUP_LOG);
	uint64_t group = fs->get32(fs->sb + BEFS_ROOT);
	const uint8_t *inode;
	uint64_t at;

	if (group_log > 32 || group >> 31)
		return;
	at = ((group << group_log) + fs->get16(fs->sb + BEFS_ROOT + 4)) << log;
	inode = look_fetch(look, at, BEFS_INODE_READ);
	if (!inode || fs->get32(inode) != BEFS_INODE_IS)
		return;
	for (unsigned i = BEFS_SMALL; i + BEFS_SMALL_NAME <= BEFS_INODE_READ;) {
		const uint8_t *small = inode + i;
		unsigned name_len = fs->get16(small + BEFS_SMALL_NAME_BYTES);
		unsigned bytes = fs->get16(small + BEFS_SMALL_BYTES);
		unsigned value = BEFS_SMALL_NAME + name_len + BEFS_SMALL_BEFORE;

		if ((!name_len && !bytes) ||
		    i + value + bytes + BEFS_SMALL_AFTER > BEFS_INODE_READ)
			return;
		if (fs->get32(small) == BEFS_ID_TYPE &&
		    bytes == BEFS_ID_BYTES && name_len == sizeof(name) - 1 &&
		    memcmp(small + BEFS_SMALL_NAME, name, sizeof(name)) == 0) {
			look_serial(look->ret, small + value, BEFS_ID_BYTES,
				    fs->get32 == le32 ? "hgfedcba" : "abcdefgh",
				    LOWER);
			return;
		}
		i += value + bytes + BEFS_SMALL_AFTER;
	}
}

static bool is_befs(const struct befs *fs)
{
	uint32_t log = fs->get32(fs->sb + BEFS_BLOCK_LOG);

	return fs->get32(fs->sb + BEFS_MAGIC1) == BEFS_MAGIC1_IS &&
	       fs->get32(fs->sb + BEFS_ORDER) == BEFS_ORDER_IS &&
	       fs->get32(fs->sb + BEFS_MAGIC2) == (uint32_t)BEFS_MAGIC2_IS &&
	       fs->get32(fs->sb + BEFS_MAGIC3) == BEFS_MAGIC3_IS &&
	       log >= BEFS_BLOCK_LOG_LEAST && log <= BEFS_BLOCK_LOG_MOST &&
	       fs->get32(fs->sb + BEFS_BLOCK) == 1u << log;
}

bool probe_befs(struct look *look)
{
	for (unsigned i = 0; i < 4; i++) {
		struct befs fs = { .sb = look->block + (i & 1) * SECTOR,
				   .get16 = i & 2 ? be16 : le16,
				   .get32 = i & 2 ? be32 : le32 };

		if (!is_befs(&fs))
			continue;
		look_text(look->ret->label, fs.sb + BEFS_LABEL,
			  BEFS_LABEL_BYTES);
		put_befs_uuid(look, &fs);
		return true;
	}
	return false;
}

/*
 * VMware's VMFS and Oracle's OCFS
 */

enum {
	VMFS_UUID = LEAD + 0x09,
	VMFS_LABEL = LEAD + 0x1d,
	VMFS_LABEL_BYTES = 128,
};

bool probe_vmfs(struct look *look)
{
	look_hex(look->ret->uuid, look->block + VMFS_UUID,
		 "dcba-hgfe-ji-klmnop", LOWER);
	look_text(look->ret->label, look->block + VMFS_LABEL, VMFS_LABEL_BYTES);
	return true;
}

enum {
	OCFS_LABEL = LEAD + 0x230,
	OCFS_LABEL_MOST = 64,
	OCFS_LABEL_BYTES = OCFS_LABEL + OCFS_LABEL_MOST,
	OCFS_UUID = OCFS_LABEL_BYTES + 2,
};

bool probe_ocfs(struct look *look)
{
	uint16_t len = le16(look->block + OCFS_LABEL_BYTES);

	look_text(look->ret->label, look->block + OCFS_LABEL,
		  len < OCFS_LABEL_MOST ? len : OCFS_LABEL_MOST);
	look_uuid(look->ret, look->block + OCFS_UUID, ORDER_UUID);
	return true;
}
