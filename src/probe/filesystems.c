/* SPDX-License-Identifier: MIT */
/*
 * Swap space, and the file systems that most Linux machines have as their
 * root. Each enum has the offsets of one superblock and the values it must or
 * may hold.
 */
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

/*
 * Swap
 */

enum {
	SWAP_HEADER = 0x400,
	SWAP_VERSION = 0x00,
	SWAP_LAST_PAGE = 0x04,
	SWAP_UUID = 0x0c,
	SWAP_LABEL = 0x1c,
	SWAP_LABEL_BYTES = 16,
	SWAP_PADDING = 0xac,
	SWAP_PADDING_BYTES = 8, /* those of it that are looked at */
	SWAP_READ = 0x100,
};

/* TuxOnIce leaves the mark of swap where it is and puts its own in front. */
static bool has_tuxonice(struct look *look)
{
	const uint8_t *front = look_fetch(look, 0, 8);

	return front &&
	       memcmp(front, "\xed\xc3\x02\xe9\x98\x56\xe5\x0c", 8) == 0;
}

bool probe_swap(struct look *look)
{
	/* The first is from before Linux 2.2 and has no header. Those after the
	 * second are swap space that holds an image to resume. */
	static const char magics[][11] = { "SWAP-SPACE", "SWAPSPACE2",
					   "S1SUSPEND",	 "S2SUSPEND",
					   "ULSUSPEND",	 "LINHIB0001" };
	enum { OLD, NEW, KINDS = sizeof(magics) / sizeof(*magics) };
	const uint8_t *mark = look->block + look->swap_at;
	const uint8_t *header;
	unsigned kind = 0;
	bool is_suspended;

	while (kind < KINDS && memcmp(mark, magics[kind], strlen(magics[kind])))
		kind++;
	if (kind == KINDS)
		return false;
	is_suspended = kind > NEW || has_tuxonice(look);
	header = look_fetch(look, SWAP_HEADER, SWAP_READ);
	if (!header)
		return false;
	if (is_suspended)
		(void)str_copy(look->ret->type, sizeof(look->ret->type),
			       "swsuspend");
	else if (kind == OLD)
		return true;
	else if ((le32(header + SWAP_VERSION) != 1 &&
		  be32(header + SWAP_VERSION) != 1) ||
		 !le32(header + SWAP_LAST_PAGE))
		return false;
	/* As blkid: where the padding is not zero, boot code is there, and what
	 * looks like a label is none. */
	if (look_is_zero(header + SWAP_PADDING, SWAP_PADDING_BYTES)) {
		look_uuid(look->ret, header + SWAP_UUID, ORDER_UUID);
		look_text(look->ret->label, header + SWAP_LABEL,
			  SWAP_LABEL_BYTES);
	}
	return true;
}

/*
 * ext2, ext3 and ext4 (fs/ext4/ext4.h: struct ext4_super_block)
 */

enum {
	EXT_AT = 0x400,
	EXT_COMPAT = 0x5c,
	EXT_INCOMPAT = 0x60,
	EXT_RO_COMPAT = 0x64,
	EXT_FLAGS = 0x160,
	EXT_SUM = 0x3fc, /* the last field; of all before it */
	/* in EXT_COMPAT */
	EXT_HAS_JOURNAL = 0x4,
	/* in EXT_INCOMPAT */
	EXT_FILETYPE = 0x2,
	EXT_RECOVER = 0x4,
	EXT_JOURNAL_DEVICE = 0x8,
	EXT_META_BG = 0x10,
	EXT3_INCOMPAT = EXT_FILETYPE | EXT_RECOVER | EXT_META_BG,
	/* in EXT_RO_COMPAT */
	EXT3_RO_COMPAT = 0x7, /* sparse_super, large_file and btree_dir */
	EXT_METADATA_SUM = 0x400,
	/* in EXT_FLAGS: ext4dev of 2008, and what blkid calls so */
	EXT_TEST = 0x4,
};

bool probe_ext(struct look *look)
{
	const uint8_t *sb = look->block + EXT_AT;
	uint32_t compat = le32(sb + EXT_COMPAT);
	uint32_t incompat = le32(sb + EXT_INCOMPAT);
	uint32_t ro_compat = le32(sb + EXT_RO_COMPAT);
	char *type = look->ret->type; /* "ext2" */

	if (le32(sb + EXT_FLAGS) & EXT_TEST)
		return false;
	if (ro_compat & EXT_METADATA_SUM)
		look_damaged_if(look, look_crc(CRC32C, UINT32_MAX, sb,
					       EXT_SUM) != le32(sb + EXT_SUM));
	if (incompat & EXT_JOURNAL_DEVICE) {
		(void)str_copy(type, sizeof(look->ret->type), "jbd");
		look->ret->use = PROBE_MEMBER;
	} else if ((incompat & ~(uint32_t)EXT3_INCOMPAT) ||
		   (ro_compat & ~(uint32_t)EXT3_RO_COMPAT)) {
		type[3] = '4';
	} else if (compat & EXT_HAS_JOURNAL) {
		type[3] = '3';
	} else if (incompat & EXT_RECOVER) {
		return false; /* there is no journal to recover from */
	}
	return true;
}

/*
 * xfs (fs/xfs/libxfs/xfs_format.h: struct xfs_dsb)
 */

enum {
	XFS_BLOCK = 0x04,
	XFS_BLOCKS = 0x08,
	XFS_EXTENT = 0x50, /* of the real-time part, in blocks */
	XFS_GROUP_BLOCKS = 0x54,
	XFS_GROUPS = 0x58,
	XFS_VERSION = 0x64,
	XFS_SECTOR = 0x66,
	XFS_INODE = 0x68,
	XFS_BLOCKLOG = 0x78,
	XFS_SECTORLOG = 0x79,
	XFS_INODELOG = 0x7a,
	XFS_INODES_PER_BLOCK_LOG = 0x7b,
	XFS_INODE_PERCENT = 0x7f,
	XFS_SUM = 0xe0, /* of the sector */
	XFS_VERSION_MASK = 0xf,
	XFS_VERSION_SUM = 5, /* the first with a checksum */
	XFS_LEAST_GROUP_BLOCKS = 64,
};

static bool is_log2(uint8_t log, uint32_t n)
{
	return log < 32 && n == 1u << log;
}

/* The sizes of a sector, a block and an inode, each of them said twice. */
static bool has_xfs_sizes(const uint8_t *sb)
{
	uint32_t block_bytes = be32(sb + XFS_BLOCK);
	uint32_t sector_bytes = be16(sb + XFS_SECTOR);
	uint32_t inode_bytes = be16(sb + XFS_INODE);

	return sector_bytes >= 512 && sector_bytes <= 32768 &&
	       is_log2(sb[XFS_SECTORLOG], sector_bytes) && block_bytes >= 512 &&
	       block_bytes <= 65536 && is_log2(sb[XFS_BLOCKLOG], block_bytes) &&
	       inode_bytes >= 256 && inode_bytes <= 2048 &&
	       is_log2(sb[XFS_INODELOG], inode_bytes) &&
	       sb[XFS_BLOCKLOG] - sb[XFS_INODELOG] ==
		       sb[XFS_INODES_PER_BLOCK_LOG];
}

bool probe_xfs(struct look *look)
{
	const uint8_t *sb = look->block;
	uint32_t sector_bytes = be16(sb + XFS_SECTOR);
	uint64_t blocks = be64(sb + XFS_BLOCKS);
	uint64_t group_blocks = be32(sb + XFS_GROUP_BLOCKS);
	uint32_t groups = be32(sb + XFS_GROUPS);
	uint64_t extent =
		(uint64_t)be32(sb + XFS_EXTENT) * be32(sb + XFS_BLOCK);

	if (!groups || !has_xfs_sizes(sb) || sb[XFS_INODE_PERCENT] > 100 ||
	    extent < 4 * KIB || extent > 1 << 30 || !blocks ||
	    blocks > groups * group_blocks ||
	    blocks < (groups - 1) * group_blocks + XFS_LEAST_GROUP_BLOCKS)
		return false;
	/* The window holds 4 KiB; larger sectors stay unchecked. */
	if ((be16(sb + XFS_VERSION) & XFS_VERSION_MASK) == XFS_VERSION_SUM &&
	    sector_bytes <= 4 * KIB)
		look_damaged_if(look,
				~look_crc_hole(CRC32C, sb, sector_bytes,
					       XFS_SUM) != le32(sb + XFS_SUM));
	return true;
}

/*
 * btrfs (include/uapi/linux/btrfs_tree.h: struct btrfs_super_block)
 */

enum {
	BTRFS_SUM = 0x00,
	BTRFS_SUMMED = 0x20, /* from here to the end of the 4 KiB */
	BTRFS_BYTES = 4 * KIB,
	BTRFS_FLAGS = 0x38,
	BTRFS_GENERATION = 0x48,
	BTRFS_DEVICES = 0x88,
	BTRFS_SUM_TYPE = 0xc4,
	BTRFS_DEVICE_ID = 0xc9,
	BTRFS_SUM_CRC32C = 0,
	BTRFS_DEVICES_MOST = 1 << 16, /* more than anybody has */
};
#define BTRFS_SEEDING (1ull << 32) /* BTRFS_SUPER_FLAG_SEEDING */

bool probe_btrfs(struct look *look)
{
	const uint8_t *sb = look->block + LEAD;
	uint64_t devices = le64(sb + BTRFS_DEVICES);

	/* The other types have 8 to 32 bytes and stay unchecked. */
	if (le16(sb + BTRFS_SUM_TYPE) == BTRFS_SUM_CRC32C)
		look_damaged_if(look,
				~look_crc(CRC32C, UINT32_MAX, sb + BTRFS_SUMMED,
					  BTRFS_BYTES - BTRFS_SUMMED) !=
					le32(sb + BTRFS_SUM));
	look->ret->devices = devices > BTRFS_DEVICES_MOST ? BTRFS_DEVICES_MOST
							  : (unsigned)devices;
	look->ret->member = le64(sb + BTRFS_DEVICE_ID);
	look->ret->generation = le64(sb + BTRFS_GENERATION);
	look->ret->is_seed = le64(sb + BTRFS_FLAGS) & BTRFS_SEEDING;
	return true;
}

/*
 * f2fs (include/linux/f2fs_fs.h: struct f2fs_super_block)
 */

enum {
	F2FS_AT = 0x400,
	F2FS_VERSION = 0x04, /* major, then minor, 16 bits each */
	F2FS_LABEL = 0x7c,
	F2FS_LABEL_UNITS = 512,
	F2FS_1_0 = 0x00000001,
};

bool probe_f2fs(struct look *look)
{
	const uint8_t *sb = look->block + F2FS_AT;

	/* Version 1.0 has its UUID and its label elsewhere. */
	if (le32(sb + F2FS_VERSION) == F2FS_1_0)
		look->ret->uuid[0] = '\0';
	else
		look_utf16(look->ret->label, sizeof(look->ret->label),
			   sb + F2FS_LABEL, F2FS_LABEL_UNITS, false);
	return true;
}

/*
 * erofs (fs/erofs/erofs_fs.h: struct erofs_super_block)
 */

enum {
	EROFS_AT = 0x400,
	EROFS_SUM = 0x04, /* of the rest of the block */
	EROFS_COMPAT = 0x08,
	EROFS_BLOCK_LOG = 0x0c,
	EROFS_HAS_SUM = 0x1,
	EROFS_4K_LOG = 12,
};

bool probe_erofs(struct look *look)
{
	const uint8_t *sb = look->block + EROFS_AT;

	/* The window holds a block of 4 KiB; others stay unchecked. */
	if ((sb[EROFS_COMPAT] & EROFS_HAS_SUM) &&
	    sb[EROFS_BLOCK_LOG] == EROFS_4K_LOG)
		look_damaged_if(
			look, look_crc_hole(CRC32C, sb, 4 * KIB - EROFS_AT,
					    EROFS_SUM) != le32(sb + EROFS_SUM));
	return true;
}

/*
 * squashfs (fs/squashfs/squashfs_fs.h: struct squashfs_super_block)
 */

enum {
	SQUASHFS_MAJOR = 0x1c,
	SQUASHFS_4 = 4,
};

bool probe_squashfs(struct look *look)
{
	return le16(look->block + SQUASHFS_MAJOR) == SQUASHFS_4;
}

/* What Linux has not mounted since 2.6.29, in either order of bytes. */
bool probe_squashfs3(struct look *look)
{
	const uint8_t *major = look->block + SQUASHFS_MAJOR;

	return (look->block[0] == 's' ? be16(major) : le16(major)) < SQUASHFS_4;
}

/*
 * bcachefs (fs/bcachefs/bcachefs_format.h: struct bch_sb)
 */

enum {
	BCACHEFS_AT = 0x1000,
	BCACHEFS_WHERE = 0x68, /* its own place, in sectors */
	BCACHEFS_DEVICE = 0x7a,
	BCACHEFS_DEVICES = 0x7b,
};

bool probe_bcachefs(struct look *look)
{
	const uint8_t *sb = look->block + BCACHEFS_AT;

	if (le64(sb + BCACHEFS_WHERE) != BCACHEFS_AT / SECTOR ||
	    sb[BCACHEFS_DEVICE] >= sb[BCACHEFS_DEVICES])
		return false;
	look->ret->devices = sb[BCACHEFS_DEVICES];
	return true;
}
