/* SPDX-License-Identifier: MIT */
/*
 * Devices made in memory, field by field: what each offset means, and what is
 * refused. Whether these are the real formats is probe-vs-blkid.sh's business.
 */
#include <errno.h>

#include "probe-disk.h"

/*
 * Contents
 */

static void ext2(void)
{
	put(0x438, "\x53\xef\1", 3);
	uuid(0x468);
	text(0x478, "root");
}

static void ext2_features(void)
{
	ext2();
	le(0x45c, 4, 0x3b); /* all but has_journal */
	le(0x460, 4, 2 | 0x10);
	le(0x464, 4, 7);
}

static void ext3(void)
{
	ext2();
	le(0x45c, 4, 4);
	le(0x460, 4, 2 | 4);
	le(0x464, 4, 7);
}

static void ext4(void)
{
	ext3();
	le(0x460, 4, 0x40);
}

static void ext4_by_ro_compat(void)
{
	ext3();
	le(0x464, 4, 0x10);
}

static void ext4_checksum(void)
{
	ext4();
	le(0x464, 4, 0x400);
	le(0x7fc, 4, crc_of(CRC32C, 0xffffffff, 0x400, 0x3fc));
}

static void ext4_wrong_checksum(void)
{
	ext4_checksum();
	le(0x404, 4, 1);
}

static void ext4_label_16(void)
{
	ext4();
	text(0x478, "0123456789abcdef!");
}

static void ext4_label_blanks(void)
{
	ext4();
	text(0x478, "  a b \t ");
}

static void ext4_label_utf8(void)
{
	ext4();
	text(0x478, "W\xc3\xbcrz");
}

static void ext4_no_uuid(void)
{
	ext4();
	memset(front + 0x468, 0, 32);
}

static void ext_journal(void)
{
	ext2();
	le(0x460, 4, 8);
}

static void ext2_recover(void)
{
	ext2();
	le(0x460, 4, 4);
}

static void ext4dev(void)
{
	ext4();
	le(0x560, 4, 4);
}

static void xfs(void)
{
	text(0, "XFSB");
	be(4, 4, 16384);
	be(8, 8, 4 * 8192);
	uuid(0x20);
	be(0x50, 4, 1);
	be(0x54, 4, 8192);
	be(0x58, 4, 4);
	be(0x64, 2, 0xb4a4);
	be(0x66, 2, 512);
	be(0x68, 2, 512);
	text(0x6c, "twelve chars!");
	*byte_at(0x78) = 14; /* is no blank, behind the label */
	*byte_at(0x79) = 9;
	*byte_at(0x7a) = 9;
	*byte_at(0x7b) = 5;
}

static void xfs_checksum(void)
{
	xfs();
	be(0x64, 2, 0xb4a5);
	le(0xe0, 4, ~crc_of(CRC32C, 0xffffffff, 0, 512));
}

static void xfs_wrong_checksum(void)
{
	xfs_checksum();
	le(0xe0, 4, 1);
}

static void xfs_no_groups(void)
{
	xfs();
	be(0x58, 4, 0);
}

static void xfs_odd_block(void)
{
	xfs();
	be(4, 4, 16385);
}

static void xfs_log_beyond_32(void)
{
	xfs();
	*byte_at(0x78) = 14 + 32;
	*byte_at(0x7b) = 5 + 32;
}

static void xfs_sector_64k(void)
{
	xfs();
	be(0x66, 2, 0);
	*byte_at(0x79) = 16;
}

static void xfs_sector_log(void)
{
	xfs();
	*byte_at(0x79) = 10;
}

static void xfs_inodes_101_percent(void)
{
	xfs();
	*byte_at(0x7f) = 101;
}

static void xfs_no_extent(void)
{
	xfs();
	be(0x50, 4, 0);
}

static void xfs_extent_2g(void)
{
	xfs();
	be(0x50, 4, 0x20000);
}

static void xfs_too_many_blocks(void)
{
	xfs();
	be(8, 8, 4 * 8192 + 1);
}

static void xfs_too_few_blocks(void)
{
	xfs();
	be(8, 8, 3 * 8192 + 63);
}

static void btrfs(void)
{
	text(0x10040, "_BHRfS_M");
	uuid(0x10020);
	text(0x1010b, "device's own    ");
	text(0x1011b, "metadata's own  ");
	text(0x1023b, "metadata's own  ");
	le(0x10088, 8, 1);
	text(0x1012b, "label");
	le(0x10000, 4, ~crc_of(CRC32C, 0xffffffff, 0x10020, 4096 - 32));
}

static void btrfs_two(void)
{
	btrfs();
	le(0x10088, 8, 2);
	le(0x10000, 4, ~crc_of(CRC32C, 0xffffffff, 0x10020, 4096 - 32));
}

static void btrfs_seed(void)
{
	btrfs();
	le(0x10038, 8, 1ull << 32);
	le(0x10048, 8, 0x123456789abc);
	le(0x10000, 4, ~crc_of(CRC32C, 0xffffffff, 0x10020, 4096 - 32));
}

static void btrfs_absurd(void)
{
	btrfs();
	le(0x10088, 8, 1ull << 40);
	le(0x10000, 4, ~crc_of(CRC32C, 0xffffffff, 0x10020, 4096 - 32));
}

static void btrfs_xxhash(void)
{
	btrfs();
	le(0x100c4, 2, 1);
	memset(front + 0x1012b, 'x', 256);
}

static void btrfs_wrong_checksum(void)
{
	btrfs();
	*byte_at(0x10fff) = 1;
}

static void f2fs(void)
{
	le(0x400, 4, 0xf2f52010);
	le(0x404, 2, 1);
	le(0x406, 2, 16);
	uuid(0x46c);
	/* a, u with dots, a CJK character, an emoji, a lone surrogate */
	put(0x47c, "a\0\xfc\0\x57\x5b\x3d\xd8\x00\xde\x3d\xd8", 12);
}

static void f2fs_full_label(void)
{
	f2fs();
	for (unsigned i = 0; i < 512; i++)
		le(0x47c + i * 2, 2, 0x5b57);
}

static void f2fs_longest_label(void)
{
	f2fs();
	for (unsigned i = 0; i < 252 / 3; i++)
		le(0x47c + i * 2, 2, 0x5b57);
	le(0x47c + 252 / 3 * 2, 2, 0);
}

static void f2fs_1_0(void)
{
	f2fs();
	le(0x406, 2, 0);
}

static void fat_entry(uint64_t at, const char *name, uint8_t attributes)
{
	text(at, name);
	*byte_at(at + 11) = attributes;
}

/* 2 sectors to a cluster, root directory at 0x6400 */
static void fat16(void)
{
	put(0, "\xeb\x3c\x90mkfs.fat", 11);
	le(0x0b, 2, 512);
	*byte_at(0x0d) = 2;
	le(0x0e, 2, 2);
	*byte_at(0x10) = 2;
	le(0x11, 2, 512);
	le(0x13, 2, 20000);
	*byte_at(0x15) = 0xf8;
	le(0x16, 2, 24);
	*byte_at(0x26) = 0x29;
	le(0x27, 4, 0x1234abcd);
	text(0x2b, "IN THE BOOTFAT16   ");
	put(0x1fe, "\x55\xaa", 2);
	fat_entry(0x6400, "ROOT DISK  ", 8);
}

static void fat16_without_name(void)
{
	fat16();
	memset(front + 0x36, 0, 8);
}

static void fat16_without_name_or_mark(void)
{
	fat16_without_name();
	front[0x1fe] = 0;
}

static void fat_like_jfs(void)
{
	fat16();
	text(0x36, "JFS     ");
}

static void fat16_no_serial(void)
{
	fat16();
	*byte_at(0x26) = 0;
}

static void fat16_label_later(void)
{
	fat16();
	fat_entry(0x6400,
		  "\xe5"
		  "ELETED    ",
		  8);
	fat_entry(0x6420, "Along name ", 0x0f);
	fat_entry(0x6440, "DIRECTORY  ", 0x18);
	fat_entry(0x6460, "HAS CLUSTER", 8);
	le(0x6460 + 26, 2, 5);
	for (unsigned i = 4; i < 40; i++)
		fat_entry(0x6400 + i * 32, "FILE    TXT", 0x20);
	fat_entry(0x6400 + 40 * 32, "\x05TER       ", 8);
}

static void fat16_no_label(void)
{
	fat16();
	memset(front + 0x6400, 0, 32);
	fat_entry(0x6420, "AFTER END  ", 8);
}

static void fat16_directory_of_16(void)
{
	fat16();
	le(0x11, 2, 16);
	for (unsigned i = 0; i < 16; i++)
		fat_entry(0x6400 + i * 32, "FILE    TXT", 0x20);
	fat_entry(0x6600, "NOT OF IT  ", 8);
}

static void fat16_last_entry(void)
{
	fat16_directory_of_16();
	fat_entry(0x6400 + 15 * 32, "LAST       ", 0x28);
}

static void fat16_high_cluster(void)
{
	fat16();
	le(0x6400 + 20, 2, 1);
}

static void fat_floppy(void)
{
	fat16();
	*byte_at(0x15) = 0xf0;
}

/* what else may be written there; without the mark, the name decides */
static void fat_name(unsigned at, const char *name)
{
	fat16_without_name_or_mark();
	text(at, name);
}

static void fat_msdos(void)
{
	fat_name(0x36, "MSDOS5.0");
}

static void fat_12(void)
{
	fat_name(0x36, "FAT12   ");
}

static void fat_16(void)
{
	fat_name(0x36, "FAT16   ");
}

static void fat_only(void)
{
	fat_name(0x36, "FAT     ");
}

static void fat_mswin(void)
{
	fat_name(0x52, "MSWIN4.0");
}

static void fat_32(void)
{
	fat_name(0x52, "FAT32   ");
}

static void fat_64(void)
{
	fat_name(0x52, "FAT64   ");
}

static void fat_like_hpfs(void)
{
	fat16();
	text(0x36, "HPFS    ");
}

static void fat_cluster_of_3(void)
{
	fat16();
	*byte_at(0x0d) = 3;
}

static void fat_sector_of_8192(void)
{
	fat16();
	le(0x0b, 2, 8192);
}

static void fat_no_fats(void)
{
	fat16();
	*byte_at(0x10) = 0;
}

static void fat_bad_media(void)
{
	fat16();
	*byte_at(0x15) = 0x10;
}

static void fat_larger_than_itself(void)
{
	fat16();
	le(0x13, 2, 60);
}

/* clusters of 512 bytes; FAT at 0x4000, cluster 2 at 0x4000 + 2 * 600 * 512 */
static void fat32(void)
{
	put(0, "\xeb\x58\x90mkfs.fat", 11);
	le(0x0b, 2, 512);
	*byte_at(0x0d) = 1;
	le(0x0e, 2, 32);
	*byte_at(0x10) = 1;
	*byte_at(0x15) = 0xf8;
	le(0x20, 4, 131072);
	le(0x24, 4, 64);
	le(0x2c, 4, 2);
	le(0x30, 2, 1);
	*byte_at(0x42) = 0x29;
	le(0x43, 4, 0x0000beef);
	text(0x47, "NO NAME    FAT32   ");
	put(0x1fe, "\x55\xaa", 2);
	text(0x200, "RRaA");
	text(0x3e4, "rrAa");
	fat_entry(0xc000, "EFI SYSTEM ", 8);
}

static void fat32_no_serial(void)
{
	fat32();
	le(0x43, 4, 0);
}

static void fat32_second_cluster(void)
{
	fat32();
	for (unsigned i = 0; i < 16; i++)
		fat_entry(0xc000 + i * 32, "FILE    TXT", 0x20);
	le(0x4000 + 2 * 4, 4, 0xf0000009); /* the upper 4 bits are reserved */
	fat_entry(0xc000 + 7 * 512, "FAR AWAY   ", 8);
}

static void fat32_loop(void)
{
	fat32_second_cluster();
	le(0x4000 + 2 * 4, 4, 2);
}

static void fat32_root_1(void)
{
	fat32();
	le(0x2c, 4, 1);
}

static void fat32_bad_info(void)
{
	fat32();
	text(0x200, "XXXX");
}

static void fat32_bad_info_end(void)
{
	fat32();
	text(0x3e4, "XXXX");
}

static void fat32_empty_info(void)
{
	fat32();
	memset(front + 0x200, 0, 512);
}

static void fat32_no_info(void)
{
	fat32();
	le(0x30, 2, 0);
}

/* clusters of 4 KiB from 0x6000 on, FAT at 0x3000, root in cluster 4 */
static void exfat(void)
{
	put(0,
	    "\xeb\x76\x90"
	    "EXFAT   ",
	    11);
	le(0x50, 4, 24);
	le(0x58, 4, 48);
	le(0x60, 4, 4);
	le(0x64, 4, 0xcafe0123);
	*byte_at(0x6c) = 9;
	*byte_at(0x6d) = 3;
	put(0x1fe, "\x55\xaa", 2);
	put(0x8000, "\x81", 1);
	put(0x8020, "\x83\x04", 2);
	wide(0x8022, "Data, not this");
}

static void exfat_loop(void)
{
	exfat();
	for (unsigned i = 0; i < 128; i++)
		*byte_at(0x8000 + i * 32) = 0x85;
	le(0x3000 + 4 * 4, 4, 4);
}

static void exfat_second_cluster(void)
{
	exfat_loop();
	le(0x3000 + 4 * 4, 4, 7);
	put(0x6000 + 5 * 4096, "\x83\x04", 2);
	wide(0x6000 + 5 * 4096 + 2, "Next");
}

static void exfat_huge_cluster(void)
{
	exfat();
	*byte_at(0x6d) = 200;
}

static void exfat_long_label(void)
{
	exfat();
	*byte_at(0x8021) = 255;
}

/* clusters of 4 KiB, MFT at 0x4000, records of 1 KiB: $Volume at 0x4c00 */
static void ntfs(void)
{
	put(0, "\xeb\x52\x90NTFS    ", 11);
	le(0x0b, 2, 512);
	*byte_at(0x0d) = 8;
	*byte_at(0x15) = 0xf8;
	le(0x28, 8, 131071);
	le(0x30, 8, 4);
	le(0x38, 8, 8191);
	*byte_at(0x40) = 0xf6;
	le(0x48, 8, 0x0123456789abcdef);
	put(0x1fe, "\x55\xaa", 2);
	text(0x4000, "FILE0");
	text(0x4c00, "FILE0");
	le(0x4c14, 2, 0x38);
	le(0x4c38, 4, 0x10);
	le(0x4c3c, 4, 0x48);
	le(0x4c80, 4, 0x60);
	le(0x4c84, 4, 0x30);
	le(0x4c90, 4, 14);
	le(0x4c94, 2, 0x18);
	wide(0x4c98, "Windows");
}

static void ntfs_label_beyond_record(void)
{
	ntfs();
	le(0x4c90, 4, 0xfffffff0);
}

static void ntfs_attribute_of_0(void)
{
	ntfs();
	le(0x4c3c, 4, 0);
}

static void ntfs_no_mft(void)
{
	ntfs();
	text(0x4000, "XXXX");
}

static void ntfs_mft_far_away(void)
{
	ntfs();
	le(0x28, 8, UINT64_MAX);
	le(0x30, 8, UINT64_MAX / 16);
}

static void ntfs_reserved(void)
{
	ntfs();
	le(0x0e, 2, 1);
}

static void ntfs_fat_tables(void)
{
	ntfs();
	le(0x16, 2, 1);
}

static void ntfs_fat_sectors(void)
{
	ntfs();
	le(0x20, 4, 1 << 24);
}

static void ntfs_mft_beyond_clusters(void)
{
	ntfs();
	le(0x28, 8, 31);
}

static void ntfs_mirror_beyond_clusters(void)
{
	ntfs();
	le(0x38, 8, 16384);
}

static void ntfs_volume_at(uint64_t mft, uint64_t volume)
{
	text(mft, "FILE0");
	text(volume, "FILE0");
	le(volume + 0x14, 2, 0x38);
	le(volume + 0x38, 4, 0x60);
	le(volume + 0x3c, 4, 0x30);
	le(volume + 0x48, 4, 6);
	le(volume + 0x4c, 2, 0x18);
	wide(volume + 0x50, "Big");
}

/* 256 sectors: 128 KiB */
static void ntfs_large_clusters(void)
{
	ntfs();
	memset(front + 0x4000, 0, 0x1000);
	*byte_at(0x0d) = 0xf8;
	le(0x30, 8, 1);
	le(0x38, 8, 0);
	ntfs_volume_at(0x20000, 0x20c00);
}

/* records of one cluster */
static void ntfs_large_records(void)
{
	ntfs();
	memset(front + 0x4000, 0, 0x1000);
	*byte_at(0x40) = 1;
	ntfs_volume_at(0x4000, 0x7000);
}

static void ntfs_odd_records(void)
{
	ntfs_large_records();
	*byte_at(0x40) = 0x80;
}

static void squashfs(void)
{
	text(0, "hsqs");
	le(4, 4, 0x01020304);
	le(0x1c, 2, 4);
}

static void squashfs3(void)
{
	squashfs();
	le(0x1c, 2, 3);
}

static void erofs(void)
{
	le(0x400, 4, 0xe0f5e1e2);
	*byte_at(0x40c) = 12;
	uuid(0x430);
	text(0x440, "erofs label, 16.xxx");
}

static void erofs_checksum(void)
{
	erofs();
	le(0x408, 4, 1);
	le(0x404, 4, crc_of(CRC32C, 0xffffffff, 0x400, 0xc00));
}

static void erofs_wrong_checksum(void)
{
	erofs_checksum();
	*byte_at(0xfff) = 1;
}

static void iso(void)
{
	put(0x8000, "\1CD001\1", 7);
	memset(front + 0x8028, ' ', 32);
	text(0x8028, "PINTLE 1.0");
	put(0x832d,
	    "2026112213141516\0"
	    "2026112213141599",
	    34);
	put(0x8800,
	    "\xff"
	    "CD001\1",
	    7);
}

static void iso_created(void)
{
	iso();
	put(0x833e, "0000000000000000\0", 17);
}

static void iso_no_date(void)
{
	iso_created();
	memset(front + 0x832d, 0, 17);
}

static void joliet(const char *poor, const char *rich)
{
	iso();
	memset(front + 0x8028, ' ', 32);
	text(0x8028, poor);
	put(0x8800, "\2CD001\1", 7);
	text(0x8858, "%/E");
	for (unsigned i = 0; i < 16; i++)
		be(0x8828 + i * 2, 2, *rich ? (uint8_t)*rich++ : ' ');
	put(0x9000,
	    "\xff"
	    "CD001\1",
	    7);
}

static void iso_joliet(void)
{
	joliet("PINTLE 1.0", "Pintle 1.0");
}

static void iso_joliet_long(void)
{
	joliet("PINTLE 1.0 AMD64 NETINST", "Pintle 1.0 amd64");
}

static void iso_joliet_other(void)
{
	joliet("SOMETHING", "else");
}

/* one character of two units against one '_', and a rest after both */
static void iso_joliet_surrogate(void)
{
	joliet("A_BCDEFGHIJKLMNOPQRST", "A  bcdefghijklmn");
	be(0x882a, 2, 0xd83d);
	be(0x882c, 2, 0xde00);
}

static void iso_joliet_level(char level)
{
	iso_joliet();
	*byte_at(0x885a) = (uint8_t)level;
}

static void iso_joliet_1(void)
{
	iso_joliet_level('@');
}

static void iso_joliet_2(void)
{
	iso_joliet_level('C');
}

static void iso_joliet_none(void)
{
	iso_joliet_level('D');
}

static void iso_joliet_zero(void)
{
	iso_joliet_level('\0');
}

static void iso_joliet_after_end(void)
{
	iso_joliet();
	*byte_at(0x8800) = 0xff;
}

static void iso_odd_date(void)
{
	iso();
	text(0x8341, ":");
}

static void iso_full_label(void)
{
	iso();
	text(0x8028, "0123456789ABCDEF0123456789ABCDEF!");
}

static void iso_without_end(void)
{
	iso();
	for (unsigned i = 1; i < 64; i++)
		put(0x8000 + i * 0x800, "\3CD001\1", 7);
}

static void swap_at(unsigned page, const char *magic)
{
	le(0x400, 4, 1);
	le(0x404, 4, 1000);
	uuid(0x40c);
	text(0x41c, "swap label, 16 c!");
	text(page - 10, magic);
}

static void swap_4k(void)
{
	swap_at(4096, "SWAPSPACE2");
}

static void swap_8k(void)
{
	swap_at(8192, "SWAPSPACE2");
}

static void swap_16k(void)
{
	swap_at(16384, "SWAPSPACE2");
}

static void swap_32k(void)
{
	swap_at(32768, "SWAPSPACE2");
}

static void swap_64k(void)
{
	swap_at(65536, "SWAPSPACE2");
}

static void swap_big_endian(void)
{
	swap_4k();
	be(0x400, 4, 1);
}

static void swap_version_2(void)
{
	swap_4k();
	le(0x400, 4, 2);
}

static void swap_no_pages(void)
{
	swap_4k();
	le(0x404, 4, 0);
}

static void swap_boot_code(void)
{
	swap_4k();
	*byte_at(0x4b3) = 1;
}

static void swap_boot_code_before(void)
{
	swap_4k();
	*byte_at(0x4ac) = 1;
}

static void swap_bad_pages(void)
{
	swap_4k();
	*byte_at(0x4ab) = 1;
	*byte_at(0x4b4) = 1;
}

static void suspend_s1(void)
{
	swap_at(4096, "S1SUSPEND");
}

static void suspend_s2(void)
{
	swap_at(4096, "S2SUSPEND");
}

static void suspend_ul(void)
{
	swap_at(4096, "ULSUSPEND");
}

static void suspend_lin(void)
{
	swap_at(65536, "LINHIB0001");
}

static void luks1(void)
{
	put(0, "LUKS\xba\xbe\0\1aes", 11);
	text(0xa8, U0);
}

#define LUKS_LABEL "secret disk: its label has all of 48 characters."

static void luks2(void)
{
	luks1();
	*byte_at(7) = 2;
	text(0x18, "secret disk: its label has all of 48 characters.!");
}

static void luks3(void)
{
	luks1();
	*byte_at(7) = 3;
}

/* where it is in another place than it says */
static void luks2_moved(void)
{
	luks2();
	*byte_at(0x106) = 0x40;
}

static void luks2_again(unsigned at)
{
	luks2();
	be(0x100, 8, at);
	put(at, front, 512);
	put(at, "SKUL", 4);
	memset(front, 0, 4096);
}

static void luks2_16k(void)
{
	luks2_again(0x4000);
}

static void luks2_32k(void)
{
	luks2_again(0x8000);
}

static void luks2_64k(void)
{
	luks2_again(0x10000);
}

static void luks2_128k(void)
{
	luks2_again(0x20000);
}

static void luks2_512k(void)
{
	luks2_again(0x80000);
}

static void luks2_4m(void)
{
	luks2_again(0x400000);
}

static void luks2_again_moved(void)
{
	luks2_again(0x4000);
	*byte_at(0x4106) = 0x80;
}

static void isw(void)
{
	ext4();
	put(device_bytes / 512 * 512 - 1024, "Intel Raid ISM Cfg Sig. 1.1.00",
	    30);
}

static void snapshot(void)
{
	put(0, "SnAp\1\0\0\0\1\0\0", 12);
}

static void snapshot_and_ext4(void)
{
	snapshot();
	ext4();
}

static void lvm(unsigned sector)
{
	unsigned at = sector * 512;

	text(at, "LABELONE");
	le(at + 8, 8, sector);
	le(at + 0x14, 4, 32);
	text(at + 0x18, "LVM2 001abcdefghijklmnopqrstuvwxyz012345");
	le(at + 0x10, 4, crc_of(CRC32, 0xf597a6cf, at + 0x14, 512 - 0x14));
}

static void lvm_0(void)
{
	lvm(0);
}

static void lvm_1(void)
{
	lvm(1);
}

static void lvm_3(void)
{
	lvm(3);
}

static void lvm_4(void)
{
	lvm(4);
}

static void lvm_wrong_crc(void)
{
	lvm(1);
	*byte_at(0x3ff) = 1;
}

static void lvm_wrong_sector(void)
{
	lvm(1);
	le(0x208, 8, 2);
}

#define MD_NAME "host:a-name-that-fills-its-place"

static void md1(uint64_t at, uint64_t said)
{
	le(at, 4, 0xa92b4efc);
	le(at + 4, 4, 1);
	uuid(at + 0x10);
	text(at + 0x20, "host:a-name-that-fills-its-place!");
	le(at + 0x90, 8, said / 512);
}

static void md1_0(void)
{
	uint64_t at = (device_bytes & ~0xfffull) - 0x2000;

	ext4();
	md1(at, at);
}

/* the partition has it at its end, which is the disk's */
static void md1_0_of_partition(void)
{
	uint64_t at = (device_bytes & ~0xfffull) - 0x2000;

	md1(at, at - MIB);
}

static void md1_1(void)
{
	md1(0, 0);
}

static void md1_2(void)
{
	ext4();
	md1(0x1000, 0x1000);
}

static void md0(void (*put_word)(uint64_t, unsigned, uint64_t))
{
	uint64_t at = (device_bytes & ~0xffffull) - 0x10000;

	ext4();
	put_word(at, 4, 0xa92b4efc);
	put_word(at + 8, 4, 90);
	put_word(at + 0x14, 4, 0x00112233);
	put_word(at + 0x20, 4, at / 1024);
	put_word(at + 0x34, 4, 0x44556677);
	put_word(at + 0x38, 4, 0x8899aabb);
	put_word(at + 0x3c, 4, 0xccddeeff);
}

static void md0_le(void)
{
	md0(le);
}

static void md0_be(void)
{
	md0(be);
}

static void md0_too_large(void)
{
	md0(le);
	le((device_bytes & ~0xffffull) - 0x10000 + 0x20, 4, 0xffffffff);
}

static void md0_in_partition_4k(void)
{
	md0(le);
	sector_bytes = 4096;
	memset(front, 0, 0x1000);
	mbr(3, 0x83, 256, (uint32_t)(device_bytes / 4096 - 256));
}

static void md0_in_partition(void)
{
	md0(le);
	memset(front, 0, 0x1000);
	mbr(2, 0x83, 2048, (uint32_t)(device_bytes / 512 - 2048));
}

/* the array is partitioned: its table ends before the superblock */
static void md0_around_partition(void)
{
	md0(le);
	mbr(2, 0x83, 2048, (uint32_t)(device_bytes / 512 - 2048 - 4096));
}

#define BCACHE                                                                 \
	"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"
#define BCACHEFS                                                               \
	"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"

static void bcache(void)
{
	ext4();
	le(0x1008, 8, 8);
	text(0x1018, BCACHE);
	uuid(0x1028);
}

static void bcachefs(void)
{
	text(0x1018, BCACHEFS);
	text(0x1028, "internal UUID   ");
	uuid(0x1038);
	text(0x1048, "many disks and 32 characters ...!");
	le(0x1068, 8, 8);
	*byte_at(0x107a) = 2;
	*byte_at(0x107b) = 3;
}

static void bcachefs_old(void)
{
	bcachefs();
	text(0x1018, BCACHE);
}

static void bcachefs_index(void)
{
	bcachefs();
	*byte_at(0x107a) = 3;
}

static void verity(void)
{
	text(0, "verity");
	le(8, 4, 1);
	uuid(0x10);
}

static void verity_2(void)
{
	verity();
	le(8, 4, 2);
}

static void integrity(void)
{
	text(0, "integrt");
}

static void bitlocker(void)
{
	fat32();
	text(3, "-FVE-FS-");
}

static void bitlocker_to_go(void)
{
	fat32();
	text(3, "MSWIN4.1");
	put(0x1a8,
	    "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01",
	    16);
}

static void fat32_by_windows(void)
{
	fat32();
	text(3, "MSWIN4.1");
}

static void zfs_pair(uint64_t *at, const char *name, uint32_t type,
		     const void *value, unsigned len)
{
	unsigned name_len = (unsigned)strlen(name);
	unsigned size = 12 + (name_len + 3) / 4 * 4 + 8 + (len + 3) / 4 * 4;

	be(*at, 4, size);
	be(*at + 4, 4, size);
	be(*at + 8, 4, name_len);
	text(*at + 12, name);
	be(*at + 12 + (name_len + 3) / 4 * 4, 4, type);
	be(*at + 16 + (name_len + 3) / 4 * 4, 4, 1);
	put(*at + 20 + (name_len + 3) / 4 * 4, value, len);
	*at += size;
}

static void zfs(void)
{
	uint64_t at = 0x400c;

	put(0x4000, "\1\1\0\0\0\0\0\0\0\0\0\1", 12);
	zfs_pair(&at, "version", 8, "\0\0\0\0\0\0\x13\x88", 8);
	zfs_pair(&at, "name", 9, "\0\0\0\5rpool", 9);
	zfs_pair(&at, "state", 8, "\0\0\0\0\0\0\0\0", 8);
	zfs_pair(&at, "pool_guid", 8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}

static void zfs_spare(void)
{
	uint64_t at = 0x400c;

	zfs();
	memset(front + 0x400c, 0, 0x400);
	zfs_pair(&at, "version", 8, "\0\0\0\0\0\0\x13\x88", 8);
}

static void zfs_absurd_sizes(void)
{
	zfs();
	be(0x400c + 36, 4, 0xfffffffc);
}

static void zfs_absurd_name(void)
{
	zfs();
	be(0x400c + 36 + 8, 4, 0xfffffffe);
}

static void zfs_absurd_string(void)
{
	zfs();
	be(0x400c + 36 + 24, 4, 0xffffffff);
}

static void ext4_and_zfs(void)
{
	ext4();
	zfs();
}

static void ext4_and_btrfs(void)
{
	ext4();
	btrfs();
}

static void ext4_and_iso(void)
{
	ext4();
	iso();
}

static void ext4_and_swap(void)
{
	ext4();
	swap_4k();
}

static void xfs_and_old_ext4(void)
{
	xfs();
	ext4_wrong_checksum();
}

static void ext4_and_old_xfs(void)
{
	xfs_wrong_checksum();
	ext4();
}

static void two_damaged(void)
{
	xfs_wrong_checksum();
	ext4_wrong_checksum();
}

static void four_at_once(void)
{
	ext4();
	btrfs();
	iso();
	text(0, "hsqs");
	le(0x1c, 2, 4);
}

static void luks_and_ext4(void)
{
	luks1();
	ext4();
	btrfs();
}

static void luks_in_md1_0(void)
{
	md1_0();
	luks1();
}

static void table_gpt(void)
{
	mbr(0, 0xee, 1, 0xffffffff);
}

static void table_dos(void)
{
	mbr(3, 0x83, 2048, 2048);
	*byte_at(0x1be + 48) = 0x80;
}

static void table_and_iso(void)
{
	table_dos();
	iso();
}

static void boot_code(void)
{
	table_dos();
	*byte_at(0x1be) = 0x12;
}

static void empty_table(void)
{
	put(0x1fe, "\x55\xaa", 2);
}

static void nothing(void)
{
}

static void ones(void)
{
	memset(front, 0xff, sizeof(front));
	memset(back, 0xff, sizeof(back));
}

static const struct row rows[] = {
	{ "an empty disk", nothing, GIB, PROBE_NOTHING, "", "", "" },
	{ "no disk at all", nothing, 0, PROBE_NOTHING, "", "", "" },
	{ "one byte", nothing, 1, PROBE_NOTHING, "", "", "" },
	{ "a disk full of ones", ones, GIB, PROBE_NOTHING, "", "", "" },

	{ "ext2", ext2, GIB, FILES, "ext2", U0, "root" },
	{ "ext2 with all it may have", ext2_features, GIB, FILES, "ext2", U0,
	  "root" },
	{ "ext3 by its journal", ext3, GIB, FILES, "ext3", U0, "root" },
	{ "ext4 by extents", ext4, GIB, FILES, "ext4", U0, "root" },
	{ "ext4 by a read-only feature", ext4_by_ro_compat, GIB, FILES, "ext4",
	  U0, "root" },
	{ "ext4, checksum", ext4_checksum, GIB, FILES, "ext4", U0, "root" },
	{ "ext4, wrong checksum: named, not offered", ext4_wrong_checksum, GIB,
	  PROBE_DAMAGED, "ext4", U0, "root" },
	{ "ext4, label of 16", ext4_label_16, GIB, FILES, "ext4", U0,
	  "0123456789abcdef" },
	{ "ext4, blanks at the end are no label", ext4_label_blanks, GIB, FILES,
	  "ext4", U0, "  a b" },
	{ "ext4, UTF-8", ext4_label_utf8, GIB, FILES, "ext4", U0,
	  "W\xc3\xbcrz" },
	{ "ext4, a UUID of zeros is none", ext4_no_uuid, GIB, FILES, "ext4", "",
	  "" },
	{ "ext journal is no file system", ext_journal, GIB, PROBE_MEMBER,
	  "jbd", U0, "root" },
	{ "ext2 with a journal's flag only", ext2_recover, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "ext4dev of 2008", ext4dev, GIB, PROBE_NOTHING, "", "", "" },
	{ "ext on a device smaller than its superblock", ext4, 1536,
	  PROBE_NOTHING, "", "", "" },

	{ "xfs, label of 12", xfs, GIB, FILES, "xfs", U0, "twelve chars" },
	{ "xfs, checksum", xfs_checksum, GIB, FILES, "xfs", U0,
	  "twelve chars" },
	{ "xfs, wrong checksum", xfs_wrong_checksum, GIB, PROBE_DAMAGED, "xfs",
	  U0, "twelve chars" },
	{ "xfs without groups", xfs_no_groups, GIB, PROBE_NOTHING, "", "", "" },
	{ "xfs, block of 4097", xfs_odd_block, GIB, PROBE_NOTHING, "", "", "" },
	{ "xfs, logarithm beyond 32", xfs_log_beyond_32, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "xfs, sector of 64 KiB", xfs_sector_64k, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "xfs, sector size and its logarithm", xfs_sector_log, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "xfs, inodes on 101 %", xfs_inodes_101_percent, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "xfs, extents of nothing", xfs_no_extent, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "xfs, extents of 2 GiB", xfs_extent_2g, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "xfs, more blocks than its groups have", xfs_too_many_blocks, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "xfs, a last group too small", xfs_too_few_blocks, GIB, PROBE_NOTHING,
	  "", "", "" },

	{ "btrfs: the file system's UUID", btrfs, GIB, FILES, "btrfs", U0,
	  "label" },
	{ "btrfs, other checksum, label of 255", btrfs_xxhash, GIB, FILES,
	  "btrfs", U0,
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
	{ "btrfs, wrong checksum", btrfs_wrong_checksum, GIB, PROBE_DAMAGED,
	  "btrfs", U0, "label" },
	{ "btrfs on 1 MiB", btrfs, MIB, FILES, "btrfs", U0, "label" },
	{ "btrfs on less than 1 MiB", btrfs, MIB - 512, PROBE_NOTHING, "", "",
	  "" },

	{ "f2fs: UTF-16, also beyond 16 bits", f2fs, GIB, FILES, "f2fs", U0,
	  "a\xc3\xbc\xe5\xad\x97\xf0\x9f\x98\x80\xed\xa0\xbd" },
	{ "f2fs 1.0: other structure", f2fs_1_0, GIB, FILES, "f2fs", "", "" },

	{ "FAT16: the label of the directory", fat16, GIB, FILES, "vfat",
	  "1234-ABCD", "ROOT DISK" },
	{ "FAT without a name", fat16_without_name, GIB, FILES, "vfat",
	  "1234-ABCD", "ROOT DISK" },
	{ "FAT with neither name nor mark", fat16_without_name_or_mark, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "JFS that imitates FAT", fat_like_jfs, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "FAT16 of old: no serial number", fat16_no_serial, GIB, FILES, "vfat",
	  "", "ROOT DISK" },
	{ "FAT16: label behind others; 0x05", fat16_label_later, GIB, FILES,
	  "vfat", "1234-ABCD", "\xe5TER" },
	{ "FAT16: the directory's end ends it", fat16_no_label, GIB, FILES,
	  "vfat", "1234-ABCD", "" },
	{ "FAT16: not beyond the directory", fat16_directory_of_16, GIB, FILES,
	  "vfat", "1234-ABCD", "" },
	{ "FAT16: its last entry", fat16_last_entry, GIB, FILES, "vfat",
	  "1234-ABCD", "LAST" },
	{ "FAT16: a volume has no cluster", fat16_high_cluster, GIB, FILES,
	  "vfat", "1234-ABCD", "" },
	{ "FAT on a floppy", fat_floppy, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT by MSDOS", fat_msdos, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT by FAT12", fat_12, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT by FAT16", fat_16, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT by FAT", fat_only, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT by MSWIN", fat_mswin, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT by FAT32", fat_32, GIB, FILES, "vfat", "1234-ABCD",
	  "ROOT DISK" },
	{ "FAT64", fat_64, GIB, PROBE_NOTHING, "", "", "" },
	{ "HPFS that imitates FAT", fat_like_hpfs, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "FAT, clusters of 3", fat_cluster_of_3, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "FAT, sectors of 8 KiB", fat_sector_of_8192, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "FAT without FATs", fat_no_fats, GIB, PROBE_NOTHING, "", "", "" },
	{ "FAT, media type", fat_bad_media, GIB, PROBE_NOTHING, "", "", "" },
	{ "FAT with more tables than sectors", fat_larger_than_itself, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "FAT32", fat32, GIB, FILES, "vfat", "0000-BEEF", "EFI SYSTEM" },
	{ "FAT32 without a serial number", fat32_no_serial, GIB, FILES, "vfat",
	  "", "EFI SYSTEM" },
	{ "FAT32: label in the second cluster", fat32_second_cluster, GIB,
	  FILES, "vfat", "0000-BEEF", "FAR AWAY" },
	{ "FAT32: directory in a circle", fat32_loop, GIB, FILES, "vfat",
	  "0000-BEEF", "" },
	{ "FAT32: directory before the first cluster", fat32_root_1, GIB, FILES,
	  "vfat", "0000-BEEF", "" },
	{ "FAT32: wrong info sector", fat32_bad_info, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "FAT32: wrong info sector, its end", fat32_bad_info_end, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "FAT32: info sector never written", fat32_empty_info, GIB, FILES,
	  "vfat", "0000-BEEF", "EFI SYSTEM" },
	{ "FAT32: no info sector", fat32_no_info, GIB, FILES, "vfat",
	  "0000-BEEF", "EFI SYSTEM" },

	{ "exfat", exfat, GIB, FILES, "exfat", "CAFE-0123", "Data" },
	{ "exfat: directory in a circle", exfat_loop, GIB, FILES, "exfat",
	  "CAFE-0123", "" },
	{ "exfat: label in the second cluster", exfat_second_cluster, GIB,
	  FILES, "exfat", "CAFE-0123", "Next" },
	{ "exfat: clusters too large", exfat_huge_cluster, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "exfat: label longer than its entry", exfat_long_label, GIB, FILES,
	  "exfat", "CAFE-0123", "Data, not t" },

	{ "ntfs", ntfs, GIB, FILES, "ntfs", "0123456789ABCDEF", "Windows" },
	{ "ntfs: label beyond its record", ntfs_label_beyond_record, GIB, FILES,
	  "ntfs", "0123456789ABCDEF", "" },
	{ "ntfs: attribute of no length", ntfs_attribute_of_0, GIB, FILES,
	  "ntfs", "0123456789ABCDEF", "" },
	{ "ntfs without MFT", ntfs_no_mft, GIB, PROBE_NOTHING, "", "", "" },
	{ "ntfs: MFT beyond any disk", ntfs_mft_far_away, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "ntfs: MFT beyond this disk", ntfs, 0x4800, PROBE_NOTHING, "", "",
	  "" },
	{ "ntfs: where FAT has numbers", ntfs_reserved, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "ntfs: FAT's tables", ntfs_fat_tables, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "ntfs: FAT's sectors", ntfs_fat_sectors, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "ntfs: MFT beyond its clusters", ntfs_mft_beyond_clusters, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "ntfs: mirror beyond its clusters", ntfs_mirror_beyond_clusters, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "ntfs: clusters of 128 KiB", ntfs_large_clusters, GIB, FILES, "ntfs",
	  "0123456789ABCDEF", "Big" },
	{ "ntfs: records of a cluster", ntfs_large_records, GIB, FILES, "ntfs",
	  "0123456789ABCDEF", "Big" },
	{ "ntfs: records of 128 clusters", ntfs_odd_records, GIB, PROBE_NOTHING,
	  "", "", "" },

	{ "squashfs 4", squashfs, MIB, FILES, "squashfs", "", "" },
	{ "squashfs 3, which Linux mounts no more", squashfs3, MIB, FILES,
	  "squashfs3", "", "" },
	{ "erofs", erofs, MIB, FILES, "erofs", U0, "erofs label, 16." },
	{ "erofs, checksum", erofs_checksum, MIB, FILES, "erofs", U0,
	  "erofs label, 16." },
	{ "erofs, wrong checksum", erofs_wrong_checksum, MIB, PROBE_DAMAGED,
	  "erofs", U0, "erofs label, 16." },

	{ "iso9660: changed", iso, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "PINTLE 1.0" },
	{ "iso9660: created", iso_created, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-16", "PINTLE 1.0" },
	{ "iso9660: no date", iso_no_date, GIB, FILES, "iso9660", "",
	  "PINTLE 1.0" },
	{ "iso9660 with Joliet", iso_joliet, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "Pintle 1.0" },
	{ "iso9660: what Joliet has no room for", iso_joliet_long, GIB, FILES,
	  "iso9660", "2026-11-22-13-14-15-99", "Pintle 1.0 amd64 NETINST" },
	{ "iso9660: Joliet says something else", iso_joliet_other, GIB, FILES,
	  "iso9660", "2026-11-22-13-14-15-99", "else" },
	{ "iso9660: Joliet beyond 16 bits", iso_joliet_surrogate, GIB, FILES,
	  "iso9660", "2026-11-22-13-14-15-99",
	  "A\xf0\x9f\x98\x80"
	  "bcdefghijklmnOPQRST" },
	{ "iso9660: Joliet level 1", iso_joliet_1, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "Pintle 1.0" },
	{ "iso9660: Joliet level 2", iso_joliet_2, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "Pintle 1.0" },
	{ "iso9660: not Joliet", iso_joliet_none, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "PINTLE 1.0" },
	{ "iso9660: no escape sequence", iso_joliet_zero, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "PINTLE 1.0" },
	{ "iso9660: nothing after the end", iso_joliet_after_end, GIB, FILES,
	  "iso9660", "2026-11-22-13-14-15-99", "PINTLE 1.0" },
	{ "iso9660: a date of other characters", iso_odd_date, GIB, FILES,
	  "iso9660", "2026-11-22-13-14-15-16", "PINTLE 1.0" },
	{ "iso9660: label of 32", iso_full_label, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "0123456789ABCDEF0123456789ABCDEF" },
	{ "iso9660: descriptors without end", iso_without_end, GIB, FILES,
	  "iso9660", "2026-11-22-13-14-15-99", "PINTLE 1.0" },

	{ "swap, 4 KiB pages", swap_4k, GIB, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap, 8 KiB pages", swap_8k, GIB, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap, 16 KiB pages", swap_16k, GIB, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap, 32 KiB pages", swap_32k, GIB, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap, 64 KiB pages", swap_64k, GIB, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap, other endian", swap_big_endian, GIB, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap, version 2", swap_version_2, GIB, PROBE_NOTHING, "", "", "" },
	{ "swap, no pages", swap_no_pages, GIB, PROBE_NOTHING, "", "", "" },
	{ "swap, boot code where the label would be", swap_boot_code, GIB,
	  PROBE_SWAP, "swap", "", "" },
	{ "swap, boot code, the first byte that counts", swap_boot_code_before,
	  GIB, PROBE_SWAP, "swap", "", "" },
	{ "swap, other bytes do not count", swap_bad_pages, GIB, PROBE_SWAP,
	  "swap", U0, "swap label, 16 c" },
	{ "swap of 10 pages", swap_4k, 10 * 4096, PROBE_SWAP, "swap", U0,
	  "swap label, 16 c" },
	{ "swap of 9 pages", swap_4k, 9 * 4096, PROBE_NOTHING, "", "", "" },
	{ "hibernation image", suspend_s1, GIB, PROBE_SWAP, "swsuspend", U0,
	  "swap label, 16 c" },
	{ "hibernation image, S2", suspend_s2, GIB, PROBE_SWAP, "swsuspend", U0,
	  "swap label, 16 c" },
	{ "hibernation image of uswsusp", suspend_ul, GIB, PROBE_SWAP,
	  "swsuspend", U0, "swap label, 16 c" },
	{ "hibernation image, 64 KiB pages", suspend_lin, GIB, PROBE_SWAP,
	  "swsuspend", U0, "swap label, 16 c" },

	{ "LUKS1", luks1, GIB, PROBE_MEMBER, "crypto_LUKS", U0, "" },
	{ "LUKS2", luks2, GIB, PROBE_MEMBER, "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2, second header at 16 KiB", luks2_16k, GIB, PROBE_MEMBER,
	  "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2, second header at 32 KiB", luks2_32k, GIB, PROBE_MEMBER,
	  "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2, second header at 64 KiB", luks2_64k, GIB, PROBE_MEMBER,
	  "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2, second header at 128 KiB", luks2_128k, MIB, PROBE_MEMBER,
	  "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2, second header at 512 KiB", luks2_512k, MIB / 2 + 0x20000,
	  PROBE_MEMBER, "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2, second header at 4 MiB", luks2_4m, 4 * MIB + 0x20000,
	  PROBE_MEMBER, "crypto_LUKS", U0, LUKS_LABEL },
	{ "LUKS2 of another place", luks2_moved, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "LUKS2, second header of another place", luks2_again_moved, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "LUKS of an unknown version", luks3, GIB, PROBE_MEMBER, "crypto_LUKS",
	  "", "" },
	{ "Intel RAID over ext4", isw, GIB, PROBE_MEMBER, "isw_raid_member", "",
	  "" },
	{ "Intel RAID on an odd size", isw, GIB + 100, PROBE_MEMBER,
	  "isw_raid_member", "", "" },
	{ "changes of a snapshot", snapshot, GIB, PROBE_MEMBER,
	  "DM_snapshot_cow", "", "" },
	{ "changes of a snapshot and ext4", snapshot_and_ext4, GIB,
	  PROBE_AMBIVALENT, "DM_snapshot_cow ext4", "", "" },
	{ "LUKS before all file systems", luks_and_ext4, GIB, PROBE_MEMBER,
	  "crypto_LUKS", U0, "" },

	{ "LVM, sector 0", lvm_0, GIB, PROBE_MEMBER, "LVM2_member",
	  "abcdef-ghij-klmn-opqr-stuv-wxyz-012345", "" },
	{ "LVM, sector 1", lvm_1, GIB, PROBE_MEMBER, "LVM2_member",
	  "abcdef-ghij-klmn-opqr-stuv-wxyz-012345", "" },
	{ "LVM, sector 3", lvm_3, GIB, PROBE_MEMBER, "LVM2_member",
	  "abcdef-ghij-klmn-opqr-stuv-wxyz-012345", "" },
	{ "LVM, sector 4 is none of its", lvm_4, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "LVM, wrong CRC", lvm_wrong_crc, GIB, PROBE_NOTHING, "", "", "" },
	{ "LVM, another sector's", lvm_wrong_sector, GIB, PROBE_NOTHING, "", "",
	  "" },

	{ "md 1.0 over ext4", md1_0, GIB, PROBE_MEMBER, "linux_raid_member", U0,
	  MD_NAME },
	{ "md 1.0, size not of 4 KiB", md1_0, GIB + 3584, PROBE_MEMBER,
	  "linux_raid_member", U0, MD_NAME },
	{ "md 1.0 of the last partition", md1_0_of_partition, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "md 1.1", md1_1, GIB, PROBE_MEMBER, "linux_raid_member", U0,
	  MD_NAME },
	{ "md 1.2 over ext4", md1_2, GIB, PROBE_MEMBER, "linux_raid_member", U0,
	  MD_NAME },
	{ "md 0.90 over ext4", md0_le, GIB, PROBE_MEMBER, "linux_raid_member",
	  U0, "" },
	{ "md 0.90, size not of 64 KiB", md0_le, GIB + 65024, PROBE_MEMBER,
	  "linux_raid_member", U0, "" },
	{ "md 0.90, big endian", md0_be, GIB, PROBE_MEMBER, "linux_raid_member",
	  U0, "" },
	{ "md 0.90, larger than the disk", md0_too_large, GIB, FILES, "ext4",
	  U0, "root" },
	{ "md 0.90 of the last partition", md0_in_partition, GIB, PROBE_TABLE,
	  "dos", "", "" },
	{ "md 0.90 of the last partition, 4 KiB sectors", md0_in_partition_4k,
	  GIB, PROBE_TABLE, "dos", "", "" },
	{ "md 0.90, partitions inside", md0_around_partition, GIB, PROBE_MEMBER,
	  "linux_raid_member", U0, "" },
	{ "LUKS inside md 1.0: the outer one", luks_in_md1_0, GIB, PROBE_MEMBER,
	  "linux_raid_member", U0, MD_NAME },

	{ "bcache over ext4", bcache, GIB, PROBE_MEMBER, "bcache", U0, "" },
	{ "bcachefs", bcachefs, GIB, FILES, "bcachefs", U0,
	  "many disks and 32 characters ..." },
	{ "bcachefs with bcache's magic", bcachefs_old, GIB, FILES, "bcachefs",
	  U0, "many disks and 32 characters ..." },
	{ "bcachefs, index beyond the count", bcachefs_index, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "dm-verity", verity, MIB, PROBE_MEMBER, "DM_verity_hash", U0, "" },
	{ "dm-verity, version 2", verity_2, MIB, PROBE_NOTHING, "", "", "" },
	{ "dm-integrity", integrity, MIB, PROBE_MEMBER, "DM_integrity", "",
	  "" },
	{ "BitLocker looks like FAT32", bitlocker, GIB, PROBE_MEMBER,
	  "BitLocker", "", "" },
	{ "BitLocker To Go too", bitlocker_to_go, GIB, PROBE_MEMBER,
	  "BitLocker", "", "" },
	{ "FAT32 by Windows is not BitLocker", fat32_by_windows, GIB, FILES,
	  "vfat", "0000-BEEF", "EFI SYSTEM" },
	{ "zfs", zfs, GIB, PROBE_MEMBER, "zfs_member", "18446744073709551615",
	  "rpool" },
	{ "zfs spare", zfs_spare, GIB, PROBE_MEMBER, "zfs_member", "", "" },
	{ "zfs, pair larger than all", zfs_absurd_sizes, GIB, PROBE_MEMBER,
	  "zfs_member", "", "" },
	{ "zfs, name larger than its pair", zfs_absurd_name, GIB, PROBE_MEMBER,
	  "zfs_member", "", "" },
	{ "zfs, string larger than its pair", zfs_absurd_string, GIB,
	  PROBE_MEMBER, "zfs_member", "18446744073709551615", "" },
	{ "zfs on 64 MiB", zfs, 64 * MIB, PROBE_MEMBER, "zfs_member",
	  "18446744073709551615", "rpool" },
	{ "zfs on less than 64 MiB", zfs, 63 * MIB, PROBE_NOTHING, "", "", "" },

	{ "ext4 and btrfs", ext4_and_btrfs, GIB, PROBE_AMBIVALENT, "ext4 btrfs",
	  "", "" },
	{ "ext4 and iso9660", ext4_and_iso, GIB, PROBE_AMBIVALENT,
	  "ext4 iso9660", "", "" },
	{ "ext4 and swap", ext4_and_swap, GIB, PROBE_AMBIVALENT, "swap ext4",
	  "", "" },
	{ "ext4 and zfs: either may be the older", ext4_and_zfs, GIB,
	  PROBE_AMBIVALENT, "ext4 zfs_member", "", "" },
	{ "four at once", four_at_once, GIB, PROBE_AMBIVALENT,
	  "ext4 squashfs iso9660 btrfs", "", "" },
	{ "a damaged second is none", xfs_and_old_ext4, GIB, FILES, "xfs", U0,
	  "twelve chars" },
	{ "a damaged first is none", ext4_and_old_xfs, GIB, FILES, "ext4", U0,
	  "root" },
	{ "two damaged: the first", two_damaged, GIB, PROBE_DAMAGED, "xfs", U0,
	  "twelve chars" },

	{ "only a GPT", table_gpt, GIB, PROBE_TABLE, "gpt", "", "" },
	{ "only an MBR", table_dos, GIB, PROBE_TABLE, "dos", "", "" },
	{ "a table before iso9660", table_and_iso, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-99", "PINTLE 1.0" },
	{ "boot code is no table", boot_code, GIB, PROBE_NOTHING, "", "", "" },
	{ "an empty table is none", empty_table, GIB, PROBE_NOTHING, "", "",
	  "" },
};

static struct probe probe_of(void (*build)(void))
{
	struct probe_source s;
	struct probe got;

	device(GIB);
	build();
	s = source();
	(void)probe_content(&s, &got);
	return got;
}

static void test_devices(void)
{
	is_int(probe_of(ext4).devices, 1, "ext4 is on one device");
	is_int(probe_of(btrfs).devices, 1, "btrfs on one");
	is_int(probe_of(btrfs_two).devices, 2, "btrfs on two");
	is_int(probe_of(btrfs_absurd).devices, 65536, "btrfs on 2^40");
	ok(probe_of(btrfs_seed).is_seed && !probe_of(btrfs_two).is_seed,
	   "a seed of btrfs");
	ok(probe_of(btrfs_seed).generation == 0x123456789abc,
	   "how often a btrfs was written");
	is_int(probe_of(bcachefs).devices, 3, "bcachefs on three");
	is_int(strlen(probe_of(f2fs_full_label).label), 0,
	       "a label longer than its place is none");
	is_int(strlen(probe_of(f2fs_longest_label).label), 252,
	       "a label as long as its place");
}

static unsigned reads_of(void (*build)(void), bool is_part)
{
	struct probe_source s;
	struct probe got;

	device(GIB);
	is_partition = is_part;
	build();
	s = source();
	(void)probe_content(&s, &got);
	return reads;
}

/* Whole disks have marks of arrays at 13 more places. */
static void test_reads(void)
{
	is_int(reads_of(ext4, true), 12, "reads for ext4 on a partition");
	ok(bytes_read < 21 * 1024, "bytes for ext4: %llu",
	   (unsigned long long)bytes_read);
	is_int(reads_of(ext4, false), 25, "reads for ext4 on a disk");
	is_int(reads_of(luks1, true), 6,
	       "reads for LUKS: the front and five at the end");
	is_int(reads_of(nothing, true), 86, "reads for nothing");
	is_int(reads_of(fat32, true), 14,
	       "reads for FAT32: info sector and directory");
	ok(reads_of(fat32_loop, false) < 600,
	   "a circle of clusters is left: %u reads", reads);
	ok(reads_of(exfat_loop, false) < 600, "in exfat too: %u reads", reads);
	ok(reads_of(iso_without_end, false) < 80,
	   "descriptors without end are left: %u reads", reads);
}

static void test_errors(void)
{
	static const struct {
		const char *name;
		uint64_t at;
	} errors[] = {
		{ "in the superblock", 0x438 },
		{ "at 16 KiB", 0x4000 },
		{ "at 32 KiB", 0x8000 },
		{ "at 64 KiB", 0x10000 },
		{ "where md 0.90 would be", GIB - 0x10000 },
		{ "where md 1.0 would be", GIB - 0x2000 },
	};
	struct probe_source s;
	struct probe got;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		device(GIB);
		ext4();
		bad_at = errors[i].at;
		s = source();
		is_int(probe_content(&s, &got), -EIO, "read error %s",
		       errors[i].name);
		is_int(got.use, PROBE_NOTHING, "read error %s: no claim",
		       errors[i].name);
	}
	/* larger on paper than it is: loop devices, fake sticks */
	device(GIB);
	ext4();
	s = source();
	s.bytes = 2 * GIB;
	is_int(probe_content(&s, &got), 0, "a device shorter than it says");
	is_str(got.type, "ext4",
	       "a device shorter than it says: what is there");
}

/*
 * Partitions
 */

/* An entry of the GPT whose array is at @array. */
static void gpt_entry(uint64_t array, unsigned number, const char *name)
{
	uint64_t at = array + (number - 1) * 128;

	put(at,
	    "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9"
	    "\x3b",
	    16);
	uuid(at + 16);
	le(at + 32, 8, 2048);
	le(at + 40, 8, 4095);
	le(at + 48, 8, 0x8000000000000001);
	wide(at + 56, name);
}

static void gpt_checksum(uint64_t header)
{
	le(header + 16, 4, 0);
	le(header + 16, 4, ~crc_of(CRC32, 0xffffffff, header, 92));
}

static void gpt_header(uint64_t header, unsigned sector, uint64_t array)
{
	uint64_t last = device_bytes / sector - 1;

	text(header, "EFI PART");
	le(header + 8, 4, 0x10000);
	le(header + 12, 4, 92);
	le(header + 0x18, 8, header / sector);
	le(header + 0x20, 8, header == sector ? last : 1);
	le(header + 0x28, 8, 34);
	le(header + 0x30, 8, last - 33);
	le(header + 0x48, 8, array / sector);
	le(header + 0x50, 4, 128);
	le(header + 0x54, 4, 128);
	le(header + 0x58, 4, ~crc_of(CRC32, 0xffffffff, array, 128 * 128));
	gpt_checksum(header);
}

static uint64_t last_sector;

static void gpt(unsigned sector)
{
	uint64_t backup = device_bytes - sector - 0x4000;

	last_sector = device_bytes - sector;
	mbr(0, 0xee, 1, 0xffffffff);
	gpt_entry(2 * sector, 1, "EFI system");
	gpt_entry(2 * sector, 5, "0123456789abcdef0123456789abcdef0123");
	gpt_header(sector, sector, 2 * sector);
	gpt_entry(backup, 1, "from the backup");
	gpt_header(last_sector, sector, backup);
}

static void gpt_512(void)
{
	gpt(512);
}

static void gpt_4096(void)
{
	gpt(4096);
}

static void gpt_no_header(void)
{
	gpt(512);
	*byte_at(512) = 'X';
}

static void gpt_wrong_entry(void)
{
	gpt(512);
	*byte_at(1024 + 127 * 128) = 1;
}

static void gpt_header_crc(void)
{
	gpt(512);
	*byte_at(512 + 16) ^= 1;
}

static void gpt_of_other_sector(void)
{
	gpt(512);
	le(512 + 0x18, 8, 2);
	gpt_checksum(512);
}

static void gpt_entry_256(void)
{
	gpt(512);
	le(512 + 0x54, 4, 256);
	gpt_checksum(512);
}

static void gpt_entry_0(void)
{
	gpt(512);
	le(512 + 0x54, 4, 0);
	gpt_checksum(512);
}

static void gpt_many(void)
{
	gpt(512);
	le(512 + 0x50, 4, 0xffffffff);
	gpt_checksum(512);
}

static void gpt_none(void)
{
	gpt(512);
	le(512 + 0x50, 4, 0);
	gpt_checksum(512);
}

static void gpt_array_beyond(void)
{
	gpt(512);
	le(512 + 0x48, 8, UINT64_MAX / 512 + 2);
	gpt_checksum(512);
}

static void gpt_beyond_disk(void)
{
	gpt(512);
	le(512 + 0x30, 8, device_bytes / 512);
	gpt_checksum(512);
}

static void gpt_header_size(uint32_t bytes)
{
	gpt(512);
	le(512 + 12, 4, bytes);
	gpt_checksum(512);
}

static void gpt_header_0(void)
{
	gpt_header_size(0);
}

static void gpt_header_huge(void)
{
	gpt_header_size(0xffffffff);
}

static void gpt_header_91(void)
{
	gpt_header_size(91);
}

static void gpt_turned_range(void)
{
	gpt(512);
	le(512 + 0x28, 8, device_bytes / 512 - 33);
	gpt_checksum(512);
}

static void gpt_both_broken(void)
{
	gpt(512);
	*byte_at(512) = 'X';
	put(last_sector, "X", 1);
}

static void gpt_without_mbr(void)
{
	gpt(512);
	memset(front, 0, 512);
}

static void chain_link(uint32_t at, uint8_t type, uint32_t size, uint32_t next)
{
	uint64_t sector = at * 512ull;

	put(sector + 0x1fe, "\x55\xaa", 2);
	*byte_at(sector + 0x1be + 4) = type;
	le(sector + 0x1be + 8, 4, 1);
	le(sector + 0x1be + 12, 4, size);
	if (next) {
		*byte_at(sector + 0x1ce + 4) = 5;
		le(sector + 0x1ce + 8, 4, next);
		le(sector + 0x1ce + 12, 4, 100);
	}
}

/* 1 and 3 primary, 2 empty, 4 extended with 5, 6, 7 */
static void dos(void)
{
	le(0x1b8, 4, 0xdec0ffee);
	mbr(0, 0x07, 2048, 2048);
	*byte_at(0x1be) = 0x80;
	mbr(2, 0x83, 4096, 2048);
	mbr(3, 0x0f, 100, 1000);
	chain_link(100, 0x82, 10, 20);
	chain_link(120, 0x83, 10, 40);
	chain_link(140, 0x8e, 10, 0);
}

/* the third EBR points to the second one again */
static void dos_loop(void)
{
	dos();
	chain_link(140, 0, 0, 20);
	memset(front + 120 * 512 + 0x1be, 0, 16);
}

static void dos_chain_without_mark(void)
{
	dos();
	memset(front + 120 * 512 + 0x1fe, 0, 2);
}

static void dos_linux_extended(void)
{
	dos();
	mbr(3, 0x85, 100, 1000);
}

static void dos_chain_beyond(void)
{
	dos();
	mbr(3, 0x05, 0xfffffff0, 1000);
}

static void dos_no_id(void)
{
	dos();
	le(0x1b8, 4, 0);
}

#define ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
/* U0 as the bytes of a GUID */
#define G0 "33221100-5544-7766-8899-aabbccddeeff"

static const struct partition_row {
	const char *name;
	void (*build)(void);
	unsigned sector_bytes, number;
	int result;
	const char *uuid, *label, *type;
} partition_rows[] = {
	{ "GPT", gpt_512, 512, 1, 0, G0, "EFI system", ESP },
	{ "GPT, sector size not given", gpt_512, 0, 1, 0, G0, "EFI system",
	  ESP },
	{ "GPT, label of 36", gpt_512, 512, 5, 0, G0,
	  "0123456789abcdef0123456789abcdef0123", ESP },
	{ "GPT, unused entry", gpt_512, 512, 2, -ENOENT, "", "", "" },
	{ "GPT, number 0", gpt_512, 512, 0, -ENOENT, "", "", "" },
	{ "GPT, number beyond", gpt_512, 512, 129, -ENOENT, "", "", "" },
	{ "GPT, 4 KiB sectors", gpt_4096, 4096, 1, 0, G0, "EFI system", ESP },
	{ "GPT made for 4 KiB, disk of 512", gpt_4096, 512, 1, 0, G0,
	  "EFI system", ESP },
	{ "GPT made for 512, disk of 4 KiB", gpt_512, 4096, 1, 0, G0,
	  "EFI system", ESP },
	{ "GPT, no first header", gpt_no_header, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, wrong entry", gpt_wrong_entry, 512, 1, 0, G0, "from the backup",
	  ESP },
	{ "GPT, header CRC", gpt_header_crc, 512, 1, 0, G0, "from the backup",
	  ESP },
	{ "GPT, another sector's header", gpt_of_other_sector, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, entries of 256 bytes", gpt_entry_256, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, entries of 0 bytes", gpt_entry_0, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, 2^32 - 1 entries", gpt_many, 512, 1, 0, G0, "from the backup",
	  ESP },
	{ "GPT, no entries", gpt_none, 512, 1, 0, G0, "from the backup", ESP },
	{ "GPT, array beyond any disk", gpt_array_beyond, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, of a larger disk", gpt_beyond_disk, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, header of 0 bytes", gpt_header_0, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, header of 4 GiB", gpt_header_huge, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, header of 91 bytes", gpt_header_91, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, last before first", gpt_turned_range, 512, 1, 0, G0,
	  "from the backup", ESP },
	{ "GPT, both broken", gpt_both_broken, 512, 1, -EINVAL, "", "", "" },
	{ "GPT without protective MBR", gpt_without_mbr, 512, 1, -ENOENT, "",
	  "", "" },

	{ "MBR, 1", dos, 512, 1, 0, "dec0ffee-01", "", "0x7" },
	{ "MBR, 2 is empty", dos, 512, 2, -ENOENT, "", "", "" },
	{ "MBR, 3", dos, 512, 3, 0, "dec0ffee-03", "", "0x83" },
	{ "MBR, extended", dos, 512, 4, 0, "dec0ffee-04", "", "0xf" },
	{ "MBR, 5", dos, 512, 5, 0, "dec0ffee-05", "", "0x82" },
	{ "MBR, 6", dos, 512, 6, 0, "dec0ffee-06", "", "0x83" },
	{ "MBR, 7", dos, 512, 7, 0, "dec0ffee-07", "", "0x8e" },
	{ "MBR, 8 is beyond", dos, 512, 8, -ENOENT, "", "", "" },
	{ "MBR, 256", dos, 512, 256, -ENOENT, "", "", "" },
	{ "MBR, chain in a circle", dos_loop, 512, 6, -ENOENT, "", "", "" },
	{ "MBR, chain without mark: before", dos_chain_without_mark, 512, 5, 0,
	  "dec0ffee-05", "", "0x82" },
	{ "MBR, chain without mark: after", dos_chain_without_mark, 512, 6,
	  -ENOENT, "", "", "" },
	{ "MBR, extended by Linux", dos_linux_extended, 512, 7, 0,
	  "dec0ffee-07", "", "0x8e" },
	{ "MBR, chain beyond the disk", dos_chain_beyond, 512, 5, -ENOENT, "",
	  "", "" },
	{ "MBR without signature: as the kernel", dos_no_id, 512, 1, 0,
	  "00000000-01", "", "0x7" },
	{ "no table", nothing, 512, 1, -ENOENT, "", "", "" },
	{ "FAT is no table", boot_code, 512, 1, -ENOENT, "", "", "" },
};

static void test_partitions(void)
{
	struct probe_partition got;
	struct probe_source s;

	for (size_t i = 0; i < sizeof(partition_rows) / sizeof(*partition_rows);
	     i++) {
		const struct partition_row *row = &partition_rows[i];
		char all_got[400], all_want[400];
		int r;

		device(GIB);
		row->build();
		sector_bytes = row->sector_bytes;
		s = source();
		memset(&got, 0, sizeof(got));
		r = probe_partition(&s, row->number, &got);
		snprintf(all_want, sizeof(all_want), "%d '%s' '%s' '%s'",
			 row->result, row->uuid, row->label, row->type);
		snprintf(all_got, sizeof(all_got), "%d '%s' '%s' '%s'", r,
			 got.uuid, got.label, got.type);
		is_str(all_got, all_want, "%s", row->name);
	}
	device(GIB);
	gpt_512();
	s = source();
	(void)probe_partition(&s, 1, &got);
	ok(got.attributes == 0x8000000000000001, "GPT, attributes");
	device(GIB);
	dos();
	s = source();
	(void)probe_partition(&s, 1, &got);
	ok(got.attributes == 0x80, "MBR, boot indicator");

	device(GIB);
	gpt_512();
	bad_at = 600;
	s = source();
	is_int(probe_partition(&s, 1, &got), 0,
	       "GPT, first header unreadable: the backup");
	is_str(got.label, "from the backup", "and it is the backup");
	device(1024);
	mbr(0, 0xee, 1, 0xffffffff);
	s = source();
	is_int(probe_partition(&s, 1, &got), -EINVAL, "GPT on two sectors");
	device(GIB);
	dos();
	bad_at = 1;
	s = source();
	is_int(probe_partition(&s, 1, &got), -EIO, "MBR unreadable");
	device(100);
	s = source();
	is_int(probe_partition(&s, 1, &got), -ENOENT, "no sector at all");
}

static void test_uuid_equal(void)
{
	static const struct {
		const char *name, *a, *b;
		bool want;
	} pairs[] = {
		{ "the same", U0, U0, true },
		{ "upper case", "ABCD-0123", "abcd-0123", true },
		{ "without dashes", U0, "00112233445566778899AABBCCDDEEFF",
		  true },
		{ "vfat without its dash", "1234-ABCD", "1234abcd", true },
		{ "ntfs", "0123456789ABCDEF", "0123456789abcdef", true },
		{ "PARTUUID of an MBR", "00C0FFEE-01", "00c0ffee-01", true },
		{ "another number", "00c0ffee-01", "00c0ffee-02", false },
		{ "only the beginning", "00c0ffee-01", "00c0ffee", false },
		{ "only the beginning, turned", "00c0ffee", "00c0ffee-01",
		  false },
		{ "nothing and nothing", "", "", false },
		{ "a dash is nothing", "-", "", false },
		{ "dashes at the end", "1234-ABCD", "1234-abcd-", true },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		is_int(probe_uuid_equal(pairs[i].a, pairs[i].b), pairs[i].want,
		       "equal UUIDs: %s", pairs[i].name);
}

int main(void)
{
	test_rows(rows, sizeof(rows) / sizeof(*rows));
	test_devices();
	test_reads();
	test_errors();
	test_partitions();
	test_uuid_equal();
	return tap_done();
}
