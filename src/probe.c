/* SPDX-License-Identifier: MIT */
/*
 * Offsets are those of util-linux's libblkid, read back from images made by
 * each mkfs and compared with `blkid -p` (tests/unit/probe-vs-blkid.sh), but
 * for bcachefs and zfs, which are from their documentation. Everything comes
 * from an untrusted disk: a number is checked before it is used as a size, and
 * each loop has a bound of its own.
 *
 * Not looked for: the metadata of fake RAID but Intel's (ddf, nvidia ...), XFS
 * external logs (no magic number), TuxOnIce (no kernel has it since 4.14), and
 * file systems that nobody boots from.
 */
#include "probe.h"

#include <errno.h>
#include <string.h>

#include "str.h"

enum {
	KIB = 1024,
	/* Nothing larger than this is on the stack. It holds a superblock of
	 * 4 KiB in any window, and md 1.2's at 4 KiB in the first. */
	WINDOW_BYTES = 0x1200,
};

/* What is being looked at while one signature is tried. */
struct look {
	const struct probe_source *source;
	const uint8_t *block; /* WINDOW_BYTES, zero after the device's end */
	uint32_t at;	      /* where it is on the device */
	unsigned swap_at;     /* where a swap page of this window would end */
	struct probe *ret;
	int error; /* of a read: the device cannot be judged */
};

/* gcc makes one load of each of these, which is shorter than a call is. */
#define _inline inline __attribute__((always_inline))

static _inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static _inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static _inline uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

static _inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static _inline uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}
static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

enum { CRC32 = 0xedb88320, CRC32C = 0x82f63b78 };

/* Half a byte at a time: GPT's 16 KiB are the most it is used for. */
static uint32_t crc(uint32_t polynomial, uint32_t value, const uint8_t *p,
		    size_t len)
{
	uint32_t table[16];

	for (uint32_t i = 0; i < 16; i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] =
				table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
	}
	for (; len; p++, len--) {
		value ^= *p;
		value = value >> 4 ^ table[value & 15];
		value = value >> 4 ^ table[value & 15];
	}
	return value;
}

/* Of a structure that holds its checksum itself, as zeros, at @hole. */
static uint32_t crc_with_hole(uint32_t polynomial, const uint8_t *p, size_t len,
			      size_t hole)
{
	static const uint8_t zeros[4];
	uint32_t value;

	value = crc(polynomial, UINT32_MAX, p, hole);
	value = crc(polynomial, value, zeros, 4);
	return crc(polynomial, value, p + hole + 4, len - hole - 4);
}

/* All of it, or -ENODATA if the device ends before, or -errno. */
static int read_all(const struct probe_source *source, uint64_t offset,
		    void *buf, size_t len)
{
	long n;

	if (offset > source->bytes || len > source->bytes - offset)
		return -ENODATA;
	n = source->read(source->ctx, offset, buf, len);
	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -ENODATA;
}

/* The same for signatures: what lies beyond the end is just not there. */
static bool fetch(struct look *look, uint64_t offset, void *buf, size_t len)
{
	int r = read_all(look->source, offset, buf, len);

	if (r < 0 && r != -ENODATA)
		look->error = r;
	return r == 0;
}

/* a..p: bytes of a UUID in the order they are written. */
#define ORDER_UUID "abcd-ef-gh-ij-klmnop"
#define ORDER_GUID "dcba-fe-hg-ij-klmnop" /* mixed endian: Microsoft, EFI */
#define LOWER	   "0123456789abcdef"
#define UPPER	   "0123456789ABCDEF"

static void put_hex(char *to, const uint8_t *from, const char *order,
		    const char *digits)
{
	for (; *order; order++) {
		if (*order == '-') {
			*to++ = '-';
			continue;
		}
		*to++ = digits[from[*order - 'a'] >> 4];
		*to++ = digits[from[*order - 'a'] & 15];
	}
	*to = '\0';
}

static bool is_zero(const uint8_t *p, size_t len)
{
	while (len)
		if (p[--len])
			return false;
	return true;
}

/* As blkid: a UUID of zeros is none. */
static void put_uuid(struct probe *ret, const uint8_t *from, const char *order)
{
	if (!is_zero(from, 16))
		put_hex(ret->uuid, from, order, LOWER);
}

/* The same for a serial number of @len bytes. */
static void put_serial(struct probe *ret, const uint8_t *from, size_t len,
		       const char *order)
{
	if (!is_zero(from, len))
		put_hex(ret->uuid, from, order, UPPER);
}

/* @len characters with a dash before those whose bit is in @dashes. */
static void put_dashed(char *to, const uint8_t *from, unsigned len,
		       uint32_t dashes)
{
	for (unsigned i = 0; i < len; i++) {
		if (dashes >> i & 1)
			*to++ = '-';
		*to++ = (char)from[i];
	}
	*to = '\0';
}

static void trim(char *text)
{
	size_t len = strlen(text);

	while (len && (text[len - 1] == ' ' ||
		       (text[len - 1] >= '\t' && text[len - 1] <= '\r')))
		len--;
	text[len] = '\0';
}

/* Up to @len bytes as they are; @to holds one more. */
static void put_text(char *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	to[len] = '\0';
	trim(to);
}

/* UTF-16 as UTF-8, or nothing where @size cannot hold it and three bytes more:
 * half a label names another device. Lone surrogates as blkid does. */
static void put_utf16(char *to, size_t size, const uint8_t *from, size_t units,
		      bool is_big)
{
	const char *end = to + size - 4;
	char *start = to;

	for (size_t i = 0; i < units; i++) {
		const uint8_t *p = from + 2 * i;
		uint32_t c = le16(p), low = 0;

		if (i + 1 < units)
			low = le16(p + 2);
		if (is_big) {
			c = (c >> 8 | c << 8) & 0xffff;
			low = (low >> 8 | low << 8) & 0xffff;
		}
		if (!c)
			break;
		if (to >= end) {
			to = start;
			break;
		}
		if ((c & 0xfc00) == 0xd800 && (low & 0xfc00) == 0xdc00) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
			i++;
		}
		if (c < 0x80) {
			*to++ = (char)c;
			continue;
		}
		if (c < 0x800) {
			*to++ = (char)(0xc0 | c >> 6);
		} else {
			if (c < 0x10000) {
				*to++ = (char)(0xe0 | c >> 12);
			} else {
				*to++ = (char)(0xf0 | c >> 18);
				*to++ = (char)(0x80 | (c >> 12 & 0x3f));
			}
			*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		}
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	*to = '\0';
	trim(start);
}

static void damaged_if(struct look *look, bool is_damaged)
{
	if (is_damaged)
		look->ret->use = PROBE_DAMAGED;
}

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

static bool has_boot_mark(const uint8_t *sector)
{
	return sector[0x1fe] == 0x55 && sector[0x1ff] == 0xaa;
}

/*
 * "gpt", "dos" or NULL. A boot sector of FAT or NTFS has the mark too; Linux
 * and blkid tell it by the boot indicators, which only a table has.
 */
static const char *table_type(const uint8_t *sector)
{
	const char *type = NULL;

	if (!has_boot_mark(sector))
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

/*
 * Members
 */

static bool probe_md1(struct look *look, const uint8_t *sb, uint64_t at)
{
	/* where it says it is: else it is another device's, seen through the
	 * partition table or left over from another size */
	if (le32(sb) != 0xa92b4efc || le32(sb + 4) != 1 ||
	    le64(sb + 0x90) != at / 512)
		return false;
	put_uuid(look->ret, sb + 0x10, ORDER_UUID);
	put_text(look->ret->label, sb + 0x20, 32);
	return true;
}

/*
 * 0.90 does not say where it is: at the end of the last partition it is also
 * at the end of the disk. The disk is a member only if no partition reaches so
 * far, as when the table itself is inside the array.
 */
static bool is_in_partition(struct look *look, uint64_t at)
{
	unsigned sector_bytes = look->source->sector_bytes;

	if (!table_type(look->block))
		return false;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *entry = mbr_entry(look->block, i);
		uint64_t end = (uint64_t)le32(entry + MBR_START) +
			       le32(entry + MBR_SIZE);

		if (end * (sector_bytes ? sector_bytes : 512) > at)
			return true;
	}
	return false;
}

static bool probe_md0(struct look *look, const uint8_t *sb, uint64_t at)
{
	bool is_big = be32(sb) == 0xa92b4efc;
	uint32_t (*get)(const uint8_t *) = is_big ? be32 : le32;
	uint64_t size;
	uint8_t uuid[16];

	if (get(sb) != 0xa92b4efc)
		return false;
	size = (uint64_t)get(sb + 0x20) * KIB;
	if (at < size || is_in_partition(look, at))
		return false;
	memset(uuid, 0, sizeof(uuid));
	memcpy(uuid, sb + 0x14, 4);
	if (get(sb + 8) >= 90)
		memcpy(uuid + 4, sb + 0x34, 12);
	put_uuid(look->ret, uuid, is_big ? ORDER_UUID : "dcba-hg-fe-lk-jiponm");
	return true;
}

static bool probe_md(struct look *look)
{
	uint64_t bytes = look->source->bytes;
	uint8_t sb[0x100];
	uint64_t at;

	if (bytes > 0x10000) {
		at = (bytes & ~(uint64_t)0xffff) - 0x10000;
		if (fetch(look, at, sb, sizeof(sb)) && probe_md0(look, sb, at))
			return true;
		at = (bytes & ~(uint64_t)0xfff) - 0x2000;
		if (fetch(look, at, sb, sizeof(sb)) && probe_md1(look, sb, at))
			return true;
	}
	return probe_md1(look, look->block, 0) ||
	       probe_md1(look, look->block + 0x1000, 0x1000);
}

/* Intel's: two sectors before the end, whatever the disk's halves hold. */
static bool probe_isw(struct look *look)
{
	static const char name[] = "Intel Raid ISM Cfg Sig. ";
	unsigned sector_bytes =
		look->source->sector_bytes ? look->source->sector_bytes : 512;
	uint64_t sectors = look->source->bytes / sector_bytes;
	uint8_t found[sizeof(name) - 1];

	return fetch(look, (sectors - 2) * sector_bytes, found,
		     sizeof(found)) &&
	       memcmp(found, name, sizeof(found)) == 0;
}

static bool probe_lvm(struct look *look)
{
	for (unsigned sector = 0; sector < 4; sector++) {
		const uint8_t *p = look->block + sector * 512;

		if (memcmp(p, "LABELONE", 8) || memcmp(p + 0x18, "LVM2 001", 8))
			continue;
		/* the start value is LVM's own */
		if (le64(p + 8) != sector || crc(CRC32, 0xf597a6cf, p + 0x14,
						 512 - 0x14) != le32(p + 0x10))
			continue;
		put_dashed(look->ret->uuid, p + 0x20, 32, 0x4444440);
		return true;
	}
	return false;
}

static bool probe_bcache(struct look *look)
{
	return le64(look->block + 0x1008) == 8;
}

static bool probe_verity(struct look *look)
{
	return le32(look->block + 8) == 1;
}

/* The header in the window at @at. Version 2 says where it is. */
static bool put_luks(struct look *look, unsigned at)
{
	const uint8_t *header = look->block + at;
	unsigned version = (unsigned)header[6] << 8 | header[7];

	if (version == 2) {
		if (be64(header + 0x100) != look->at + at)
			return false;
		put_text(look->ret->label, header + 0x18, 48);
	}
	/* of others nobody knows */
	if (version == 1 || version == 2)
		put_text(look->ret->uuid, header + 0xa8, 39);
	return true;
}

static bool probe_luks(struct look *look)
{
	return put_luks(look, 0);
}

/* LUKS2's second header, where the first one was overwritten. */
static bool probe_luks_again(struct look *look)
{
	return put_luks(look, 0x10);
}

/* "BitLocker To Go" pretends to be FAT32, but has this GUID. */
static bool probe_bitlocker_to_go(struct look *look)
{
	return !memcmp(look->block + 0x1a8,
		       "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a"
		       "\x83\x99\xf6\xa3\x39\xe3\xd0\x01",
		       16);
}

/*
 * A name/value list in XDR at 16 KiB of the first label: version, name, state,
 * txg, pool_guid, ... A spare or cache device has no pool_guid.
 */
static bool probe_zfs(struct look *look)
{
	const uint8_t *p = look->block + 0x10;
	const uint8_t *end = look->block + 0x400;

	if (memcmp(p + 2, "\0\0\0\0\0\0\0\0\0\1", 10) ||
	    memcmp(p + 20, "\0\0\0\7version", 11))
		return false;
	for (p += 12; end - p >= 32;) {
		uint32_t size = be32(p), name_len = be32(p + 8), len;
		const uint8_t *name = p + 12, *value;

		/* then type, number of elements, and 8 bytes of value at least:
		 * true of all that come before those we are looking for */
		if (size > (uint32_t)(end - p) || name_len > size ||
		    ((name_len + 3) & ~3u) + 28 > size)
			break;
		value = name + ((name_len + 3) & ~3u) + 8;
		if (name_len == 4 && !memcmp(name, "name", 4)) {
			len = be32(value);
			if (len <= (uint32_t)(p + size - value - 4))
				put_text(look->ret->label, value + 4,
					 len < 255 ? len : 255);
		}
		if (name_len == 9 && !memcmp(name, "pool_guid", 9)) {
			(void)str_format(look->ret->uuid,
					 sizeof(look->ret->uuid), "%llu",
					 (unsigned long long)be64(value));
			break;
		}
		p += size;
	}
	return true;
}

/*
 * Swap
 */

static bool probe_swap(struct look *look)
{
	/* SWAP-SPACE (version 0) is not here: no kernel since 2.6.22 takes it.
	 * The others are swap space in which an image to resume lies. */
	static const char magics[][11] = { "SWAPSPACE2", "S1SUSPEND",
					   "S2SUSPEND", "ULSUSPEND",
					   "LINHIB0001" };
	uint8_t header[0x100];

	for (unsigned i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		if (memcmp(look->block + look->swap_at, magics[i],
			   strlen(magics[i])))
			continue;
		if (!fetch(look, 0x400, header, sizeof(header)))
			return false;
		if (i)
			strcpy(look->ret->type, "swsuspend");
		else if ((le32(header) != 1 && be32(header) != 1) ||
			 !le32(header + 4))
			return false;
		/* as blkid: with boot code there, it is no label */
		if (is_zero(header + 0xac, 8)) {
			put_uuid(look->ret, header + 0x0c, ORDER_UUID);
			put_text(look->ret->label, header + 0x1c, 16);
		}
		return true;
	}
	return false;
}

/*
 * File systems
 */

static bool probe_ext(struct look *look)
{
	const uint8_t *sb = look->block + 0x400;
	uint32_t compat = le32(sb + 0x5c);
	uint32_t incompat = le32(sb + 0x60), ro_compat = le32(sb + 0x64);
	char *type = look->ret->type; /* "ext2" */

	/* "test file system": ext4dev in 2008; blkid calls it that */
	if (le32(sb + 0x160) & 4)
		return false;
	if (ro_compat & 0x400) /* metadata_csum; the field is the last one */
		damaged_if(look, crc(CRC32C, UINT32_MAX, sb, 0x3fc) !=
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

static bool probe_xfs(struct look *look)
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
		damaged_if(look, ~crc_with_hole(CRC32C, sb, sector_bytes,
						0xe0) != le32(sb + 0xe0));
	return true;
}

static bool probe_btrfs(struct look *look)
{
	const uint8_t *sb = look->block + 0x10;
	uint64_t devices = le64(sb + 0x88);

	/* other checksum types have 8 to 32 bytes and stay unchecked */
	if (!le16(sb + 0xc4))
		damaged_if(look, ~crc(CRC32C, UINT32_MAX, sb + 0x20,
				      4 * KIB - 0x20) != le32(sb));
	look->ret->devices = devices > 1 << 16 ? 1 << 16 : (unsigned)devices;
	look->ret->member = le64(sb + 0xc9); /* dev_item.devid */
	return true;
}

static bool probe_f2fs(struct look *look)
{
	const uint8_t *sb = look->block + 0x400;

	if (le32(sb + 4) == 1) /* version 1.0: other structure */
		look->ret->uuid[0] = '\0';
	else
		put_utf16(look->ret->label, sizeof(look->ret->label), sb + 0x7c,
			  512, false);
	return true;
}

static bool probe_erofs(struct look *look)
{
	const uint8_t *sb = look->block + 0x400;

	/* sb_chksum: over the rest of the block */
	if ((sb[8] & 1) && sb[0x0c] == 12)
		damaged_if(look, crc_with_hole(CRC32C, sb, 4 * KIB - 0x400,
					       4) != le32(sb + 4));
	return true;
}

static bool probe_squashfs(struct look *look)
{
	return le16(look->block + 0x1c) == 4; /* older: Linux cannot */
}

static bool probe_bcachefs(struct look *look)
{
	const uint8_t *sb = look->block + 0x1000;

	if (le64(sb + 0x68) != 8 || sb[0x7a] >= sb[0x7b])
		return false;
	look->ret->devices = sb[0x7b];
	return true;
}

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

		if (!fetch(look, at, sector, n))
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
		    !fetch(look, root->fat + cluster * 4ull, sector, 4))
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
static bool probe_vfat(struct look *look)
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
	    (!has_boot_mark(b) || !memcmp(b + 0x36, "JFS     ", 8) ||
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
			if (!fetch(look, info_sector * (uint64_t)sector_bytes,
				   info, sizeof(info)))
				return false;
			if ((memcmp(info, "RRaA", 4) &&
			     memcmp(info, "RRdA", 4) && !is_zero(info, 4)) ||
			    (memcmp(info + 0x1e4, "rrAa", 4) &&
			     !is_zero(info + 0x1e4, 4)))
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
		put_text(look->ret->label, info, 11);
	}
	/* 0x28, 0x29: the boot sector has the fields that follow */
	if (is_fat32)
		put_serial(look->ret, b + 0x43, 4, "dc-ba");
	else if ((b[0x26] & 0xfe) == 0x28)
		put_serial(look->ret, b + 0x27, 4, "dc-ba");
	return true;
}

static bool probe_exfat(struct look *look)
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
		put_utf16(look->ret->label, sizeof(look->ret->label), entry + 2,
			  entry[1] < 11 ? entry[1] : 11, false);
	put_serial(look->ret, b + 0x64, 4, "dc-ba");
	return true;
}

static bool probe_ntfs(struct look *look)
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
	    !is_zero(b + 0x0e, 7) || le16(b + 0x16) || le32(b + 0x20))
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
	if (!fetch(look, mft, record, 4) || memcmp(record, "FILE", 4))
		return false;
	memset(record, 0, sizeof(record));
	len = record_bytes < sizeof(record) ? record_bytes : sizeof(record);
	/* record 3: $Volume */
	if (!fetch(look, mft + 3ull * record_bytes, record, len) ||
	    memcmp(record, "FILE", 4))
		return false;
	for (i = le16(record + 0x14); i + 0x18 <= len;) {
		const uint8_t *attribute = record + i;
		uint32_t bytes = le32(attribute + 4);
		uint32_t value = le16(attribute + 0x14);
		uint32_t value_bytes = le32(attribute + 0x10);

		if (le32(attribute) == 0x60 && value_bytes <= len &&
		    i + value + value_bytes <= len) {
			put_utf16(look->ret->label, sizeof(look->ret->label),
				  attribute + value, value_bytes / 2, false);
			break;
		}
		if (!bytes || bytes > len)
			break;
		i += bytes;
	}
	put_serial(look->ret, b + 0x48, 8, "hgfedcba");
	return true;
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
}

/*
 * ISO 9660's label has 32 characters of a poor set, Joliet's 16 of a rich one.
 * As blkid: where one is the beginning of the other ('_' stands for what could
 * not be said), the label is Joliet's with the rest of the poor one.
 */
static void put_joliet(struct probe *ret, const uint8_t *poor,
		       const uint8_t *rich)
{
	uint8_t merged[128];
	size_t n = 0, r = 0;

	for (size_t i = 0; i < 32; i++) {
		uint8_t high = 0, low = poor[i];

		/* a surrogate pair is one character of the poor set */
		if (r + 3 < 32 && (rich[r] & 0xfc) == 0xd8 &&
		    (rich[r + 2] & 0xfc) == 0xdc) {
			merged[n++] = rich[r++];
			merged[n++] = rich[r++];
		}
		if (r + 1 < 32) {
			if (low == '_') {
				high = rich[r];
				low = rich[r + 1];
			} else if (rich[r] ||
				   (rich[r + 1] != '_' &&
				    upper(low) != upper(rich[r + 1]))) {
				put_utf16(ret->label, sizeof(ret->label), rich,
					  16, true);
				return;
			} else if (low >= 'A' && low <= 'Z' &&
				   rich[r + 1] != '_') {
				low = rich[r + 1];
			}
			r += 2;
		}
		merged[n++] = high;
		merged[n++] = low;
	}
	put_utf16(ret->label, sizeof(ret->label), merged, n / 2, true);
}

static bool put_iso_date(struct probe *ret, const uint8_t *date)
{
	unsigned zeros = 0;

	for (unsigned i = 0; i < 16; i++) {
		if (date[i] < '0' || date[i] > '9')
			return false;
		zeros += date[i] == '0';
	}
	if (zeros == 16 && !date[16])
		return false;
	put_dashed(ret->uuid, date, 16, 0x5550);
	return true;
}

static bool probe_iso(struct look *look)
{
	bool is_primary = false, is_joliet = false;
	uint8_t descriptor[0x60], rich[32], poor[32], dates[0x22];

	for (unsigned i = 0; i < 16 && !(is_primary && is_joliet); i++) {
		uint64_t at = 0x8000 + i * 0x800;

		if (!fetch(look, at, descriptor, sizeof(descriptor)) ||
		    descriptor[0] == 0xff)
			break;
		if (descriptor[0] == 1 && !is_primary) {
			memcpy(poor, descriptor + 0x28, 32);
			is_primary =
				fetch(look, at + 0x32d, dates, sizeof(dates));
		} else if (descriptor[0] == 2 &&
			   !memcmp(descriptor + 0x58, "%/", 2) &&
			   descriptor[0x5a] && /* UCS-2 level 1, 2, 3 */
			   str_char("@CE", (char)descriptor[0x5a])) {
			memcpy(rich, descriptor + 0x28, 32);
			is_joliet = true;
		}
	}
	if (!is_primary)
		return false;
	/* modified; if that is not set, created */
	if (!put_iso_date(look->ret, dates + 17))
		put_iso_date(look->ret, dates);
	if (is_joliet)
		put_joliet(look->ret, poor, rich);
	else
		put_text(look->ret->label, poor, 32);
	return true;
}

/*
 * The parts of the device that have something to say, in the order they are
 * read; a swap signature is at the end of the first page, 4 to 64 KiB.
 */
static const struct window {
	uint32_t at;
	uint16_t bytes;
	uint16_t swap_at;
} windows[] = {
	{ 0, WINDOW_BYTES, 0xff6 },
	{ 0x3ff0, 0x410, 6 },
	{ 0x7ff0, 0x410, 6 },
	{ 0xfff0, 0x1010, 6 },
	/* not read if something was found: pages of 8 KiB (SPARC, Alpha); with
	 * no partition table either, LUKS2's second header behind each size
	 * that the first may have (cryptsetup's docs/on-disk-format-luks2.pdf)
	 */
	{ 0x1ff0, 0x10, 6 },
	{ 0x1fff0, 0x118, 0 },
	{ 0x3fff0, 0x118, 0 },
	{ 0x7fff0, 0x118, 0 },
	{ 0xffff0, 0x118, 0 },
	{ 0x1ffff0, 0x118, 0 },
	{ 0x3ffff0, 0x118, 0 },
};

enum {
	FRONT = 1 << 0,
	AT_16K = 1 << 1,
	AT_32K = 1 << 2,
	AT_64K = 1 << 3,
	AT_8K = 1 << 4,
	BEYOND = 0x7e0, /* 128 KiB to 4 MiB */
	ANYWHERE = FRONT | AT_16K | AT_32K | AT_64K | AT_8K,
};

/*
 * Offsets are from the start of the window (those at 16, 32 and 64 KiB start
 * 16 bytes before); 0 means that there is no such field. The order is blkid's:
 * the first member that is found is the answer, so those come first.
 */
static const struct signature {
	uint16_t windows;
	uint8_t use;
	bool is_final;
	uint16_t magic_at;
	uint16_t least_kib; /* a smaller device has no such thing */
	uint16_t uuid_at;
	uint16_t label_at;
	uint8_t label_bytes;
	uint8_t magic_bytes; /* 0: the function looks by itself */
	char magic[16];
	char type[18];
	bool (*probe)(struct look *look); /* false: it is not */
} signatures[] = {
#define MEMBER PROBE_MEMBER, true
#define CRYPT  MEMBER
#define FILES  PROBE_FILESYSTEM, false
	{ FRONT, MEMBER, 0, 8, 0, 0, 0, 0, "", "linux_raid_member", probe_md },
	{ FRONT, MEMBER, 0, 64, 0, 0, 0, 0, "", "isw_raid_member", probe_isw },
	{ FRONT, MEMBER, 0x1018, 8, 0x1028, 0, 0, 16,
	  "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	  "bcache", probe_bcache },
	{ FRONT, MEMBER, 0, 4, 0, 0, 0, 0, "", "LVM2_member", probe_lvm },
	{ FRONT, PROBE_MEMBER, false, 0, 1, 0, 0, 0, 4, "SnAp",
	  "DM_snapshot_cow", NULL },
	{ FRONT, CRYPT, 0, 1, 0x10, 0, 0, 8, "verity\0", "DM_verity_hash",
	  probe_verity },
	{ FRONT, CRYPT, 0, 1, 0, 0, 0, 8, "integrt", "DM_integrity", NULL },
	{ FRONT, CRYPT, 0, 1, 0, 0, 0, 6, "LUKS\xba\xbe", "crypto_LUKS",
	  probe_luks },
	{ FRONT, CRYPT, 3, 1, 0, 0, 0, 8, "-FVE-FS-", "BitLocker", NULL },
	{ FRONT, CRYPT, 3, 1, 0, 0, 0, 8, "MSWIN4.1", "BitLocker",
	  probe_bitlocker_to_go },
	{ AT_16K | AT_32K | AT_64K | BEYOND, CRYPT, 0x10, 1, 0, 0, 0, 6,
	  "SKUL\xba\xbe", "crypto_LUKS", probe_luks_again },

	{ FRONT, FILES, 0, 1, 0, 0, 0, 0, "", "vfat", probe_vfat },
	{ ANYWHERE, PROBE_SWAP, false, 0, 40, 0, 0, 0, 0, "", "swap",
	  probe_swap },
	{ FRONT, FILES, 0, 1, 0x20, 0x6c, 12, 4, "XFSB", "xfs", probe_xfs },
	{ FRONT, FILES, 0x438, 2, 0x468, 0x478, 16, 2, "\x53\xef", "ext2",
	  probe_ext },
	{ AT_32K, FILES, 0x11, 34, 0, 0, 0, 5, "CD001", "iso9660", probe_iso },
	/* blkid too counts it as a file system: another one beside it may be
	 * older or newer */
	{ AT_16K, PROBE_MEMBER, false, 0x10, 65535, 0, 0, 0, 1, "\1",
	  "zfs_member", probe_zfs },
	{ FRONT, FILES, 3, 1, 0, 0, 0, 8, "NTFS    ", "ntfs", probe_ntfs },
	{ FRONT, FILES, 0, 1, 0, 0, 0, 4, "hsqs", "squashfs", probe_squashfs },
	/* the file system's UUID: not the device's copy, which may be the
	 * older metadata UUID (btrfstune -m) */
	{ AT_64K, FILES, 0x50, 1024, 0x30, 0x13b, 255, 8, "_BHRfS_M", "btrfs",
	  probe_btrfs },
	{ FRONT, FILES, 3, 1, 0, 0, 0, 8, "EXFAT   ", "exfat", probe_exfat },
	{ FRONT, FILES, 0x400, 4, 0x46c, 0, 0, 4, "\x10\x20\xf5\xf2", "f2fs",
	  probe_f2fs },
	{ FRONT, FILES, 0x400, 2, 0x430, 0x440, 16, 4, "\xe2\xe1\xf5\xe0",
	  "erofs", probe_erofs },
	/* the second one: images of before 2020 */
	{ FRONT, FILES, 0x1018, 128, 0x1038, 0x1048, 32, 16,
	  "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
	  "bcachefs", probe_bcachefs },
	{ FRONT, FILES, 0x1018, 128, 0x1038, 0x1048, 32, 16,
	  "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	  "bcachefs", probe_bcachefs },
#undef MEMBER
#undef CRYPT
#undef FILES
};

/* What one signature makes of the window: false if it is not that. */
static bool try_signature(struct look *look, const struct signature *s)
{
	struct probe *ret = look->ret;

	if (look->source->bytes < (uint64_t)s->least_kib * KIB ||
	    memcmp(look->block + s->magic_at, s->magic, s->magic_bytes))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->use = s->use;
	ret->devices = 1;
	strcpy(ret->type, s->type);
	if (s->uuid_at)
		put_uuid(ret, look->block + s->uuid_at, ORDER_UUID);
	if (s->label_at)
		put_text(ret->label, look->block + s->label_at, s->label_bytes);
	return !s->probe || s->probe(look);
}

/* One more answer beside what was found before. */
static void add_answer(struct probe *ret, const struct probe *found)
{
	if (ret->use == PROBE_NOTHING ||
	    (ret->use == PROBE_DAMAGED && found->use != PROBE_DAMAGED)) {
		*ret = *found;
	} else if (found->use != PROBE_DAMAGED) {
		size_t len = strlen(ret->type);

		ret->use = PROBE_AMBIVALENT;
		ret->uuid[0] = ret->label[0] = '\0';
		if (len + 1 + strlen(found->type) < sizeof(ret->type)) {
			ret->type[len] = ' ';
			strcpy(ret->type + len + 1, found->type);
		}
	}
}

int probe_content(const struct probe_source *source, struct probe *ret)
{
	uint8_t block[WINDOW_BYTES];
	struct probe found;
	struct look look = { .source = source, .block = block, .ret = &found };
	const char *table = NULL;

	memset(ret, 0, sizeof(*ret));
	for (unsigned w = 0; w < sizeof(windows) / sizeof(*windows); w++) {
		uint64_t at = windows[w].at, left;
		long n;

		if (at >= source->bytes ||
		    (1 << w >= AT_8K && ret->use != PROBE_NOTHING) ||
		    (1 << w > AT_8K && table))
			break;
		memset(block, 0, sizeof(block));
		left = source->bytes - at;
		n = source->read(source->ctx, at, block,
				 left < windows[w].bytes ? (size_t)left
							 : windows[w].bytes);
		if (n < 0) {
			look.error = (int)n;
			goto failed;
		}
		if (!w)
			table = table_type(block);
		look.at = windows[w].at;
		look.swap_at = windows[w].swap_at;
		for (unsigned i = 0;
		     i < sizeof(signatures) / sizeof(*signatures); i++) {
			const struct signature *s = &signatures[i];

			if (!(s->windows >> w & 1))
				continue;
			if (try_signature(&look, s) && !look.error) {
				add_answer(ret, &found);
				if (s->is_final) {
					*ret = found;
					return 0;
				}
			}
			if (look.error)
				goto failed;
		}
	}
	if (ret->use == PROBE_NOTHING && table) {
		ret->use = PROBE_TABLE;
		strcpy(ret->type, table);
	}
	return 0;
failed:
	memset(ret, 0, sizeof(*ret));
	return look.error;
}

/*
 * Partitions
 */

static unsigned source_sector(const struct probe_source *source)
{
	return source->sector_bytes ? source->sector_bytes : 512;
}

/* The header at sector @lba of @sector_bytes, and its array: 0 if valid. */
static int read_gpt(const struct probe_source *disk, unsigned sector_bytes,
		    uint64_t lba, struct probe_table *ret)
{
	uint64_t last = disk->bytes / sector_bytes - 1, entries, done;
	uint32_t header_bytes, array_bytes, checksum, n;
	uint8_t block[2048];
	int r;

	r = read_all(disk, lba * sector_bytes, block, 512);
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
	    ~crc_with_hole(CRC32, block, header_bytes, 0x10) !=
		    le32(block + 0x10))
		return -EINVAL;
	checksum = le32(block + 0x58);
	ret->is_gpt = true;
	ret->sector_bytes = sector_bytes;
	ret->entries = entries * sector_bytes;
	ret->is_backup = lba != 1;
	put_hex(ret->uuid, block + 0x38, ORDER_GUID, LOWER);
	array_bytes = ret->count * 128;
	for (done = 0, n = UINT32_MAX; done < array_bytes;) {
		uint64_t len = array_bytes - done;

		if (len > sizeof(block))
			len = sizeof(block);
		r = read_all(disk, ret->entries + done, block, (size_t)len);
		if (r < 0)
			return r;
		n = crc(CRC32, n, block, (size_t)len);
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
	r = read_all(disk, 0, sector, sizeof(sector));
	if (r < 0)
		return r == -ENODATA ? -ENOENT : r;
	type = table_type(sector);
	if (!type)
		return -ENOENT;
	ret->id = le32(sector + MBR_ID);
	ret->sector_bytes = sizes[0];
	if (type[0] == 'd') {
		if (ret->id)
			put_hex(ret->uuid, sector + MBR_ID, "dcba", LOWER);
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

		r = read_all(disk, at * table->sector_bytes, sector,
			     sizeof(sector));
		if (r < 0)
			return r == -ENODATA ? -ENOENT : r;
		if (!has_boot_mark(sector))
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
		r = read_all(disk, table->entries + (number - 1) * 128ull,
			     entry, sizeof(entry));
		if (r < 0)
			return r;
		if (is_zero(entry, 16))
			return -ENOENT;
		put_hex(ret->type, entry, ORDER_GUID, LOWER);
		put_hex(ret->uuid, entry + 16, ORDER_GUID, LOWER);
		ret->attributes = le64(entry + 48);
		put_utf16(ret->label, sizeof(ret->label), entry + 56, 36,
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
	put_hex(ret->uuid, id, "dcba-e", LOWER);
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

bool probe_uuid_equal(const char *a, const char *b)
{
	bool is_empty = true;

	for (;; a++, b++) {
		while (*a == '-')
			a++;
		while (*b == '-')
			b++;
		if (upper((uint8_t)*a) != upper((uint8_t)*b))
			return false;
		if (!*a)
			return !is_empty;
		is_empty = false;
	}
}
