/* SPDX-License-Identifier: MIT */
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
	SWAP_READ = 0x100,
};

/* TuxOnIce leaves the mark of swap where it is, and has its own in front. */
static bool has_tuxonice(struct look *look)
{
	uint8_t front[8];

	return look_fetch(look, 0, front, sizeof(front)) &&
	       memcmp(front, "\xed\xc3\x02\xe9\x98\x56\xe5\x0c", 8) == 0;
}

bool probe_swap(struct look *look)
{
	/* The first is of before 2.2, without header; those after the second
	 * are swap space in which an image to resume lies. */
	static const char magics[][11] = { "SWAP-SPACE", "SWAPSPACE2",
					   "S1SUSPEND",	 "S2SUSPEND",
					   "ULSUSPEND",	 "LINHIB0001" };
	enum { OLD, NEW, KINDS = sizeof(magics) / sizeof(*magics) };
	const uint8_t *mark = look->block + look->swap_at;
	uint8_t header[SWAP_READ];
	unsigned kind = 0;

	while (kind < KINDS && memcmp(mark, magics[kind], strlen(magics[kind])))
		kind++;
	if (kind == KINDS ||
	    !look_fetch(look, SWAP_HEADER, header, sizeof(header)))
		return false;
	if (kind > NEW || has_tuxonice(look))
		strcpy(look->ret->type, "swsuspend");
	else if (kind == OLD)
		return true;
	else if ((le32(header + SWAP_VERSION) != 1 &&
		  be32(header + SWAP_VERSION) != 1) ||
		 !le32(header + SWAP_LAST_PAGE))
		return false;
	/* as blkid: with boot code there, it is no label */
	if (look_is_zero(header + SWAP_PADDING, 8)) {
		look_uuid(look->ret, header + SWAP_UUID, ORDER_UUID);
		look_text(look->ret->label, header + SWAP_LABEL,
			  SWAP_LABEL_BYTES);
	}
	return true;
}

/*
 * File systems
 */

bool probe_ext(struct look *look)
{
	const uint8_t *sb = look->block + 0x400;
	uint32_t compat = le32(sb + 0x5c);
	uint32_t incompat = le32(sb + 0x60), ro_compat = le32(sb + 0x64);
	char *type = look->ret->type; /* "ext2" */

	/* "test file system": ext4dev in 2008; blkid calls it that */
	if (le32(sb + 0x160) & 4)
		return false;
	if (ro_compat & 0x400) /* metadata_csum; the field is the last one */
		look_damaged_if(look, look_crc(CRC32C, UINT32_MAX, sb, 0x3fc) !=
					      le32(sb + 0x3fc));
	if (incompat & 8) { /* an external journal */
		strcpy(type, "jbd");
		look->ret->use = PROBE_MEMBER;
	} else if ((incompat & ~0x16u) || (ro_compat & ~7u)) {
		/* more than filetype, recover and meta_bg, or than
		 * sparse_super, large_file and btree_dir: not ext3 */
		type[3] = '4';
	} else if (compat & 4) {
		type[3] = '3';
	} else if (incompat & 4) {
		return false; /* recover without a journal */
	}
	return true;
}

static bool is_log2(uint8_t log, uint32_t n)
{
	return log < 32 && n == 1u << log;
}

bool probe_xfs(struct look *look)
{
	const uint8_t *sb = look->block;
	uint32_t block_bytes = be32(sb + 4);
	uint32_t sector_bytes = be32(sb + 0x64) & 0xffff;
	uint32_t inode_bytes = be32(sb + 0x68) >> 16;
	uint64_t blocks = be64(sb + 8), group_blocks = be32(sb + 0x54);
	uint32_t groups = be32(sb + 0x58);
	uint64_t extent = (uint64_t)be32(sb + 0x50) * block_bytes;

	if (!groups || sector_bytes < 512 || sector_bytes > 32768 ||
	    !is_log2(sb[0x79], sector_bytes) || block_bytes < 512 ||
	    block_bytes > 65536 || !is_log2(sb[0x78], block_bytes) ||
	    inode_bytes < 256 || inode_bytes > 2048 ||
	    !is_log2(sb[0x7a], inode_bytes) ||
	    sb[0x78] - sb[0x7a] != sb[0x7b] || sb[0x7f] > 100 ||
	    extent < 4 * KIB || extent > 1 << 30 || !blocks ||
	    blocks > groups * group_blocks ||
	    blocks < (groups - 1) * group_blocks + 64)
		return false;
	/* version 5 has a checksum over the sector; the window holds 4 KiB */
	if ((sb[0x65] & 15) == 5 && sector_bytes <= 4 * KIB)
		look_damaged_if(look, ~look_crc_hole(CRC32C, sb, sector_bytes,
						     0xe0) != le32(sb + 0xe0));
	return true;
}

bool probe_btrfs(struct look *look)
{
	const uint8_t *sb = look->block + 0x10;
	uint64_t devices = le64(sb + 0x88);

	/* other checksum types have 8 to 32 bytes and stay unchecked */
	if (!le16(sb + 0xc4))
		look_damaged_if(look, ~look_crc(CRC32C, UINT32_MAX, sb + 0x20,
						4 * KIB - 0x20) != le32(sb));
	look->ret->devices = devices > 1 << 16 ? 1 << 16 : (unsigned)devices;
	look->ret->member = le64(sb + 0xc9); /* dev_item.devid */
	return true;
}

bool probe_f2fs(struct look *look)
{
	const uint8_t *sb = look->block + 0x400;

	if (le32(sb + 4) == 1) /* version 1.0: other structure */
		look->ret->uuid[0] = '\0';
	else
		look_utf16(look->ret->label, sizeof(look->ret->label),
			   sb + 0x7c, 512, false);
	return true;
}

bool probe_erofs(struct look *look)
{
	const uint8_t *sb = look->block + 0x400;

	/* sb_chksum: over the rest of the block */
	if ((sb[8] & 1) && sb[0x0c] == 12)
		look_damaged_if(look, look_crc_hole(CRC32C, sb, 4 * KIB - 0x400,
						    4) != le32(sb + 4));
	return true;
}

enum { SQUASHFS_MAJOR = 0x1c };

bool probe_squashfs(struct look *look)
{
	return le16(look->block + SQUASHFS_MAJOR) == 4;
}

/* What Linux has not mounted since 2.6.29, in either order of bytes. */
bool probe_squashfs3(struct look *look)
{
	const uint8_t *major = look->block + SQUASHFS_MAJOR;

	return (look->block[0] == 's' ? be16(major) : le16(major)) <= 3;
}

bool probe_bcachefs(struct look *look)
{
	const uint8_t *sb = look->block + 0x1000;

	if (le64(sb + 0x68) != 8 || sb[0x7a] >= sb[0x7b])
		return false;
	look->ret->devices = sb[0x7b];
	return true;
}
