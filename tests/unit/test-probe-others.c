/* SPDX-License-Identifier: MIT */
/*
 * File systems beside the usual ones: of Linux's past, of flash and clusters,
 * of discs and of other systems. As in test-probe.c.
 */
#include "probe-disk.h"

static void jfs(void)
{
	text(0x8000, "JFS1");
	le(0x8010, 4, 4096);
	le(0x8014, 2, 12);
	le(0x8016, 2, 3);
	le(0x8018, 4, 512);
	le(0x801c, 2, 9);
	uuid(0x8088);
	text(0x8098, "sixteen letters.!");
}

static void jfs_log_40(void)
{
	jfs();
	le(0x8014, 2, 44);
}

static void jfs_factor(void)
{
	jfs();
	le(0x8016, 2, 2);
}

static void nilfs_at(uint64_t at, uint64_t checkpoint, const char *label)
{
	le(at, 4, 2);
	le(at + 6, 2, 0x3434);
	le(at + 8, 2, 280);
	le(at + 12, 4, 0xa5a5a5a5);
	le(at + 32, 8, device_bytes);
	le(at + 56, 8, checkpoint);
	uuid(at + 152);
	text(at + 168, label);
	le(at + 16, 4, 0);
	le(at + 16, 4, crc_of(CRC32, 0xa5a5a5a5, at, 280));
}

static void nilfs(void)
{
	nilfs_at(0x400, 7, "first");
	nilfs_at(device_bytes - 4096, 6, "second");
}

static void nilfs_newer_second(void)
{
	nilfs_at(0x400, 7, "first");
	nilfs_at(device_bytes - 4096, 8, "second");
}

static void nilfs_only_second(void)
{
	nilfs_at(device_bytes - 4096, 8, "second");
}

static void nilfs_wrong_sum(void)
{
	nilfs_at(0x400, 7, "first");
	le(0x400 + 279, 1, 1);
}

static void nilfs_of_other_size(void)
{
	nilfs_at(0x400, 7, "first");
	le(0x400 + 32, 8, device_bytes + 512);
	le(0x400 + 16, 4, 0);
	le(0x400 + 16, 4, crc_of(CRC32, 0xa5a5a5a5, 0x400, 280));
}

static void nilfs_short(void)
{
	nilfs_at(0x400, 7, "first");
	le(0x408, 2, 19);
}

static void reiserfs_at(uint64_t at, const char *magic)
{
	le(at + 0xc, 4, 18);
	le(at + 0x2c, 2, 4096);
	text(at + 0x34, magic);
	uuid(at + 0x54);
	text(at + 0x64, "reiser's label 16!");
}

static void reiserfs(void)
{
	reiserfs_at(0x10000, "ReIsEr2Fs");
}

static void reiserfs_journal_elsewhere(void)
{
	reiserfs_at(0x10000, "ReIsEr3Fs");
}

static void reiserfs_35(void)
{
	reiserfs_at(0x10000, "ReIsErFs");
}

static void reiserfs_old(void)
{
	reiserfs_at(0x2000, "ReIsErFs");
}

static void reiserfs_in_journal(void)
{
	reiserfs();
	le(0x1000c, 4, 14);
}

static void reiserfs_no_block(void)
{
	reiserfs();
	le(0x1002c, 2, 0);
}

static void reiser4(void)
{
	text(0x10000, "ReIsEr4");
	uuid(0x10014);
	text(0x10024, "TESTR4");
}

static void cramfs(void)
{
	le(0, 4, 0x28cd3d45);
	text(0x10, "Compressed ROMFS");
	text(0x30, "test-cram");
}

static void cramfs_big(void)
{
	cramfs();
	be(0, 4, 0x28cd3d45);
}

static void cramfs_no_name(void)
{
	cramfs();
	*byte_at(0x10) = 'c';
}

static void romfs(void)
{
	uint32_t sum = 0;

	text(0, "-rom1fs-");
	be(8, 4, 96);
	text(16, "test-romfs");
	for (unsigned i = 0; i < 96; i++)
		sum += (uint32_t)*byte_at(i) << (24 - i % 4 * 8);
	be(12, 4, 0 - sum);
}

static void romfs_wrong_sum(void)
{
	romfs();
	*byte_at(95) = 1;
}

static void ubifs(void)
{
	le(0, 4, 0x06101831);
	le(16, 4, 4096);
	*byte_at(20) = 6;
	uuid(0x6c);
	le(4, 4, crc_of(CRC32, 0xffffffff, 8, 4088));
}

static void ubifs_wrong_sum(void)
{
	ubifs();
	*byte_at(4095) = 1;
}

static void ubifs_node(void)
{
	ubifs();
	*byte_at(20) = 5;
}

static void ocfs2_at(uint64_t at, unsigned log)
{
	text(at, "OCFSV2");
	le(at + 0xf8, 4, log);
	text(at + 0x110, "cluster");
	uuid(at + 0x150);
}

static void ocfs2_1k(void)
{
	ocfs2_at(0x400, 9);
}

static void ocfs2_4k(void)
{
	ocfs2_at(0x1000, 11);
}

static void ocfs2_8k(void)
{
	ocfs2_at(0x2000, 12);
}

static void ocfs2_elsewhere(void)
{
	ocfs2_at(0x800, 9);
}

static void ocfs(void)
{
	text(0x2008, "OracleCFS");
	text(0x2230, "clustered, not this");
	le(0x2270, 2, 9);
	uuid(0x2272);
}

static void gfs2_with(uint32_t format, uint32_t hosts)
{
	be(0x10000, 4, 0x01161970);
	be(0x10004, 4, 1);
	be(0x10018, 4, format);
	be(0x1001c, 4, hosts);
	text(0x100a0, "mycluster:mygfs2");
	uuid(0x10100);
}

static void gfs2(void)
{
	gfs2_with(1802, 1900);
}

static void gfs(void)
{
	gfs2_with(1309, 1401);
}

static void gfs2_other(void)
{
	gfs2_with(1801, 1901);
}

static void zonefs(void)
{
	text(0, "SFOZ");
	text(8, "zones");
	uuid(0x28);
	le(4, 4, crc_of(CRC32, 0xffffffff, 0, 4096));
}

static void zonefs_wrong_sum(void)
{
	zonefs();
	*byte_at(4095) = 1;
}

static void squashfs3_big(void)
{
	text(0, "sqsh");
	be(0x1c, 2, 3);
}

static void swap_old(void)
{
	text(0xff6, "SWAP-SPACE");
	uuid(0x40c);
}

static void tuxonice(void)
{
	le(0x400, 4, 1);
	le(0x404, 4, 1000);
	uuid(0x40c);
	text(0xff6, "SWAPSPACE2");
	put(0, "\xed\xc3\x02\xe9\x98\x56\xe5\x0c", 8);
}

/*
 * Discs
 */

static void udf_tag(uint64_t at, unsigned id, uint32_t block)
{
	le(at, 2, id);
	le(at + 12, 4, block);
}

static void udf_sequence(unsigned step)
{
	put(0x8000, "\0BEA01\1", 7);
	put(0x8000 + step, "\0NSR03\1", 7);
	put(0x8000 + 2 * step, "\0TEA01\1", 7);
}

/* The descriptors in blocks 32 and 33, the anchor in block 256. */
static void udf_with(unsigned bytes, const char *set, const char *label)
{
	udf_sequence(bytes > 2048 ? bytes : 2048);
	udf_tag(256ull * bytes, 2, 256);
	le(256ull * bytes + 16, 4, 4 * bytes);
	le(256ull * bytes + 20, 4, 32);
	udf_tag(32ull * bytes, 1, 32);
	*byte_at(32ull * bytes + 72) = 8;
	text(32ull * bytes + 73, set);
	*byte_at(32ull * bytes + 199) = (uint8_t)(strlen(set) + 1);
	udf_tag(33ull * bytes, 6, 33);
	*byte_at(33ull * bytes + 84) = 8;
	text(33ull * bytes + 85, label);
	*byte_at(33ull * bytes + 211) = (uint8_t)(strlen(label) + 1);
}

/* block 32 is below the sequence with 512, and behind it with these */
static void udf_2048(void)
{
	udf_with(2048, "0123456789ABCDEFLinuxUDF", "A disc of \xfc");
}

static void udf_512(void)
{
	udf_with(512, "5aeb2524 not hex", "Disk");
}

static void udf_no_hex(void)
{
	udf_with(512, "UDF Volume Set", "Disk");
}

static void udf_short_set(void)
{
	udf_with(512, "1234567", "Disk");
}

static void udf_utf16(void)
{
	udf_512();
	*byte_at(33 * 512 + 84) = 16;
	be(33 * 512 + 85, 2, 0xd83d);
	be(33 * 512 + 87, 2, 0xde00);
	*byte_at(33 * 512 + 211) = 5;
}

static void udf_unknown_letters(void)
{
	udf_512();
	*byte_at(33 * 512 + 84) = 254;
}

static void udf_longest(void)
{
	udf_512();
	for (unsigned i = 0; i < 127; i++)
		*byte_at(33 * 512 + 85 + i) = 'x';
	*byte_at(33 * 512 + 211) = 255;
}

static void udf_elsewhere(void)
{
	udf_512();
	le(33 * 512 + 12, 4, 34);
}

static void udf_no_anchor(void)
{
	udf_512();
	le(256 * 512, 2, 3);
}

static void udf_many(void)
{
	udf_512();
	le(256 * 512 + 16, 4, 0xffffffff);
	le(256 * 512 + 20, 4, 0xffffffff);
}

static void udf_unended(void)
{
	for (unsigned i = 0; i < 60; i++)
		put(0x8000 + i * 0x800, "\0CD001\1", 7);
}

/* made to be both: the first in blkid's order */
static void udf_and_iso(void)
{
	udf_512();
	put(0x8000, "\1CD001\1", 7);
	text(0x8028, "ISO");
	put(0x832d, "2026112213141516\0", 17);
	put(0x9000, "\0NSR02\1", 7);
	put(0x8800,
	    "\xff"
	    "CD001\1",
	    7);
}

static void hfs(void);

static void iso_and_hfs(void)
{
	hfs();
	put(0x8000, "\1CD001\1", 7);
	memset(front + 0x8028, ' ', 32);
	text(0x8028, "ISO");
	put(0x832d, "2026112213141516\0", 17);
	put(0x8800,
	    "\xff"
	    "CD001\1",
	    7);
}

/*
 * Other systems
 */

static void hfs(void)
{
	text(0x400, "BD");
	be(0x414, 4, 2048);
	*byte_at(0x424) = 3;
	text(0x425, "BBBnot this");
	be(0x474, 8, 0x0123456789abcdef);
}

static void hfs_no_id(void)
{
	hfs();
	be(0x474, 8, 0);
}

static void hfs_no_block(void)
{
	hfs();
	be(0x414, 4, 100);
}

static void hfs_long_label(void)
{
	hfs();
	*byte_at(0x424) = 255;
	text(0x425, "0123456789abcdef0123456789abcdef");
}

/* blocks of 4 KiB; the catalog in block 5, its first leaf is its node 1 */
static void hfsplus_at(uint64_t base)
{
	uint64_t leaf = base + 6 * 4096;

	text(base + 0x400, "H+");
	be(base + 0x428, 4, 4096);
	be(base + 0x468, 8, 0x0123456789abcdef);
	be(base + 0x520, 4, 5);
	be(base + 0x524, 4, 2);
	be(base + 5 * 4096 + 20, 4, 9);
	be(base + 5 * 4096 + 24, 4, 1);
	be(base + 5 * 4096 + 32, 2, 4096);
	*byte_at(leaf + 8) = 0xff;
	be(leaf + 10, 2, 1);
	be(leaf + 16, 4, 1);
	be(leaf + 20, 2, 4);
	for (unsigned i = 0; i < 4; i++)
		be(leaf + 22 + 2 * i, 2, (uint8_t) "Mac\xfc"[i]);
}

static void hfsplus(void)
{
	hfsplus_at(0);
}

static void hfsx(void)
{
	hfsplus_at(0);
	text(0x400, "HX");
}

static void hfsplus_inside(void)
{
	hfs();
	be(0x41c, 2, 16);
	text(0x47c, "H+");
	be(0x47e, 2, 4);
	hfsplus_at(16 * 512 + 4 * 2048);
}

static void hfsplus_not_inside(void)
{
	hfs();
	text(0x47c, "H+");
}

static void hfsplus_second_extent(void)
{
	hfsplus_at(0);
	be(0x524, 4, 1);
	be(0x528, 4, 6);
	be(0x52c, 4, 1);
}

static void hfsplus_beyond(void)
{
	hfsplus_at(0);
	be(5 * 4096 + 24, 4, 0xffffffff);
	be(5 * 4096 + 32, 2, 0xffff);
}

static void hfsplus_long_name(void)
{
	hfsplus_at(0);
	be(6 * 4096 + 20, 2, 256);
}

static void hfsplus_odd_block(void)
{
	hfsplus_at(0);
	be(0x428, 4, 4095);
}

static void apfs(void)
{
	uint64_t low = 0, high = 0, first;

	le(0x18, 2, 1);
	text(0x20, "NXSB");
	le(0x24, 4, 4096);
	uuid(0x48);
	for (unsigned i = 8; i < 4096; i += 4) {
		for (unsigned k = 0; k < 4; k++)
			low += (uint64_t)*byte_at(i + k) << 8 * k;
		high += low;
	}
	first = 0xffffffff - (low + high) % 0xffffffff;
	le(0, 4, first);
	le(4, 4, 0xffffffff - (low + first) % 0xffffffff);
}

static void apfs_wrong_sum(void)
{
	apfs();
	*byte_at(4095) = 1;
}

static void ufs_at(uint64_t at, uint32_t magic,
		   void (*put_word)(uint64_t, unsigned, uint64_t))
{
	put_word(at + 0x30, 4, 16384);
	put_word(at + 0x34, 4, 2048);
	put_word(at + 0x90, 4, 0x4b0e640a);
	put_word(at + 0x94, 4, 0xec56ac70);
	text(at + 0x2a8, "volume");
	put_word(at + 0x55c, 4, magic);
}

static void ufs2(void)
{
	ufs_at(0x10000, 0x19540119, le);
}

static void ufs1(void)
{
	ufs_at(0x2000, 0x00011954, le);
}

static void ufs1_big(void)
{
	ufs_at(0x2000, 0x00011954, be);
}

static void ufs_0(void)
{
	ufs_at(0, 0x00011954, le);
}

static void ufs_256k(void)
{
	ufs_at(0x40000, 0x19540119, le);
}

static void ufs_odd_fragment(void)
{
	ufs1();
	le(0x2034, 4, 2049);
}

static void minix_with(uint16_t magic,
		       void (*put_word)(uint64_t, unsigned, uint64_t))
{
	put_word(0x400, 2, 64);
	put_word(0x402, 2, 100);
	put_word(0x404, 2, 1);
	put_word(0x406, 2, 1);
	put_word(0x408, 2, 6);
	put_word(0x410, 2, magic);
	put_word(0x412, 2, 1);
	put_word(0x414, 4, 100);
}

static void minix_1(void)
{
	minix_with(0x138f, le);
}

static void minix_1_big(void)
{
	minix_with(0x137f, be);
}

static void minix_2(void)
{
	minix_with(0x2468, le);
}

static void minix_3(void)
{
	le(0x400, 4, 64);
	le(0x406, 2, 1);
	le(0x408, 2, 1);
	le(0x40a, 2, 6);
	le(0x414, 4, 100);
	le(0x418, 2, 0x4d5a);
}

static void minix_large(void)
{
	minix_2();
	le(0x404, 2, 1);
	le(0x406, 2, 0xffff);
	le(0x414, 4, 2000000);
}

static void minix_small_map(void)
{
	minix_2();
	le(0x414, 4, 20000);
}

static void minix_state(void)
{
	minix_1();
	le(0x412, 2, 4);
}

static void ext2_like_minix(void)
{
	minix_1();
	put(0x438, "\x53\xef", 2);
}

static void sysv_at(uint64_t block,
		    void (*put_word)(uint64_t, unsigned, uint64_t))
{
	text(block + 0x3b8, "sysv01pack");
	put_word(block + 0x3f8, 4, 0xfd187e20);
}

static void sysv(void)
{
	sysv_at(0, le);
}

static void sysv_big(void)
{
	sysv_at(18 * 1024, be);
}

static void xenix(void)
{
	text(0x678, "xenix1");
	le(0x7f8, 4, 0x2b5544);
}

static void befs_with(uint64_t at,
		      void (*put_word)(uint64_t, unsigned, uint64_t))
{
	uint64_t inode = 3 * 1024;

	text(at, "befs_test");
	put_word(at + 0x20, 4, 0x42465331);
	put_word(at + 0x24, 4, 0x42494745);
	put_word(at + 0x28, 4, 1024);
	put_word(at + 0x2c, 4, 10);
	put_word(at + 0x44, 4, 0xdd121031);
	put_word(at + 0x4c, 4, 13);
	put_word(at + 0x70, 4, 0x15b6830e);
	put_word(at + 0x78, 2, 3);
	put_word(at + 0x7a, 2, 1);
	put_word(inode, 4, 0x3bbe0ad9);
	/* another attribute before it */
	put_word(inode + 232, 4, 0x43535452);
	put_word(inode + 236, 2, 4);
	put_word(inode + 238, 2, 6);
	inode += 8 + 4 + 3 + 6 + 1;
	put_word(inode + 232, 4, 0x554c4c47);
	put_word(inode + 236, 2, 12);
	put_word(inode + 238, 2, 8);
	text(inode + 240, "be:volume_id");
	put_word(inode + 255, 8, 0x95d89dec82f6b73b);
}

static void befs(void)
{
	befs_with(0x200, le);
}

static void befs_big(void)
{
	befs_with(0, be);
}

static void befs_far_root(void)
{
	befs();
	le(0x274, 4, 0xffffffff);
}

static void befs_group_log(void)
{
	befs();
	le(0x24c, 4, 0xffffffff);
}

static void befs_odd_block(void)
{
	befs();
	le(0x228, 4, 1025);
}

static void hpfs(void)
{
	put(0, "\xeb\x3c\x90OS2 20.0", 11);
	*byte_at(0x26) = 0x28;
	le(0x27, 4, 0x3bc232d5);
	text(0x2b, "P01_S16A   HPFS    ");
	put(0x1fe, "\x55\xaa", 2);
	be(0x2000, 4, 0x49e895f9);
	be(0x2200, 4, 0x491891f9);
}

static void hpfs_no_spare(void)
{
	hpfs();
	be(0x2200, 4, 0x491891f8);
}

static void vxfs(void)
{
	le(0x400, 4, 0xa501fcf5);
}

static void vxfs_big(void)
{
	be(0x2000, 4, 0xa501fcf5);
}

static void bfs(void)
{
	le(0, 4, 0x1badface);
}

static void nss(void)
{
	text(0x1000, "SPB5");
	uuid(0x115c);
}

static void refs(void)
{
	put(0, "\0\0\0ReFS", 8);
}

static void vmfs(void)
{
	le(2 * MIB, 4, 0x2fabf15e);
	uuid(2 * MIB + 9);
	text(2 * MIB + 29, "datastore1");
}

static void exfs(void)
{
	text(0, "EXFS");
	be(4, 4, 16384);
	be(8, 8, 4 * 8192);
	uuid(0x20);
	be(0x50, 4, 1);
	be(0x54, 4, 8192);
	be(0x58, 4, 4);
	be(0x64, 2, 0xb4a4);
	be(0x66, 2, 512);
	be(0x68, 2, 512);
	text(0x6c, "exfs");
	*byte_at(0x78) = 14;
	*byte_at(0x79) = 9;
	*byte_at(0x7a) = 9;
	*byte_at(0x7b) = 5;
}

#define FULL_LABEL                                                             \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"     \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
/* MD5 of Apple's name space and 01 23 .. ef */
#define HFS_UUID "de53349f-21ad-3c08-9044-ae10cd9587d3"

static const struct row rows[] = {
	{ "jfs", jfs, GIB, FILES, "jfs", U0, "sixteen letters." },
	{ "jfs on 16 MiB", jfs, 16 * MIB, FILES, "jfs", U0,
	  "sixteen letters." },
	{ "jfs on less", jfs, 16 * MIB - 512, PROBE_NOTHING, "", "", "" },
	{ "jfs, blocks of 2^44", jfs_log_40, GIB, PROBE_NOTHING, "", "", "" },
	{ "jfs, wrong factor", jfs_factor, GIB, PROBE_NOTHING, "", "", "" },
	{ "nilfs2", nilfs, GIB, FILES, "nilfs2", U0, "first" },
	{ "nilfs2, the second is newer", nilfs_newer_second, GIB, FILES,
	  "nilfs2", U0, "second" },
	{ "nilfs2, only the second", nilfs_only_second, GIB, FILES, "nilfs2",
	  U0, "second" },
	{ "nilfs2, wrong sum", nilfs_wrong_sum, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "nilfs2 of a larger device", nilfs_of_other_size, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "nilfs2, shorter than its sum", nilfs_short, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "reiserfs", reiserfs, GIB, FILES, "reiserfs", U0,
	  "reiser's label 1" },
	{ "reiserfs, journal elsewhere", reiserfs_journal_elsewhere, GIB, FILES,
	  "reiserfs", U0, "reiser's label 1" },
	{ "reiserfs 3.5 has no UUID", reiserfs_35, GIB, FILES, "reiserfs", "",
	  "" },
	{ "reiserfs before 3.5.9", reiserfs_old, GIB, FILES, "reiserfs", "",
	  "" },
	{ "reiserfs, a copy in the journal", reiserfs_in_journal, GIB,
	  PROBE_NOTHING, "", "", "" },
	{ "reiserfs, blocks of nothing", reiserfs_no_block, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "reiser4", reiser4, GIB, FILES, "reiser4", U0, "TESTR4" },
	{ "cramfs", cramfs, MIB, FILES, "cramfs", "", "test-cram" },
	{ "cramfs, big endian", cramfs_big, MIB, FILES, "cramfs", "",
	  "test-cram" },
	{ "cramfs without its name", cramfs_no_name, MIB, PROBE_NOTHING, "", "",
	  "" },
	{ "romfs", romfs, MIB, FILES, "romfs", "", "test-romfs" },
	{ "romfs, wrong sum", romfs_wrong_sum, MIB, PROBE_DAMAGED, "romfs", "",
	  "test-romfs" },
	{ "ubifs", ubifs, MIB, FILES, "ubifs", U0, "" },
	{ "ubifs, wrong sum", ubifs_wrong_sum, MIB, PROBE_DAMAGED, "ubifs", U0,
	  "" },
	{ "ubifs, another node", ubifs_node, MIB, PROBE_NOTHING, "", "", "" },
	{ "ocfs2, blocks of 512", ocfs2_1k, GIB, FILES, "ocfs2", U0,
	  "cluster" },
	{ "ocfs2, blocks of 2 KiB", ocfs2_4k, GIB, FILES, "ocfs2", U0,
	  "cluster" },
	{ "ocfs2, blocks of 4 KiB", ocfs2_8k, GIB, FILES, "ocfs2", U0,
	  "cluster" },
	{ "ocfs2, not in its third block", ocfs2_elsewhere, GIB, PROBE_NOTHING,
	  "", "", "" },
	{ "ocfs", ocfs, GIB, FILES, "ocfs", U0, "clustered" },
	{ "gfs2", gfs2, GIB, FILES, "gfs2", U0, "mycluster:mygfs2" },
	{ "gfs", gfs, GIB, FILES, "gfs", U0, "mycluster:mygfs2" },
	{ "gfs2, unknown format", gfs2_other, GIB, PROBE_NOTHING, "", "", "" },
	{ "zonefs", zonefs, MIB, FILES, "zonefs", U0, "zones" },
	{ "zonefs, wrong sum", zonefs_wrong_sum, MIB, PROBE_DAMAGED, "zonefs",
	  U0, "zones" },
	{ "squashfs 3, big endian", squashfs3_big, MIB, FILES, "squashfs3", "",
	  "" },
	{ "exfs", exfs, GIB, FILES, "exfs", U0, "exfs" },
	{ "swap of before 2.2", swap_old, GIB, PROBE_SWAP, "swap", "", "" },
	{ "an image of TuxOnIce is no swap", tuxonice, GIB, PROBE_SWAP,
	  "swsuspend", U0, "" },

	{ "udf, blocks of 2 KiB", udf_2048, 0xa0800, FILES, "udf",
	  "0123456789abcdef", "A disc of \xc3\xbc" },
	{ "udf, blocks of 512; half a UUID", udf_512, GIB, FILES, "udf",
	  "5aeb2524206e6f74", "Disk" },
	{ "udf, a UUID of letters", udf_no_hex, GIB, FILES, "udf",
	  "55444620566f6c75", "Disk" },
	{ "udf, too short for a UUID", udf_short_set, GIB, FILES, "udf", "",
	  "Disk" },
	{ "udf, UTF-16", udf_utf16, GIB, FILES, "udf", "5aeb2524206e6f74",
	  "\xf0\x9f\x98\x80" },
	{ "udf, unknown letters", udf_unknown_letters, GIB, FILES, "udf",
	  "5aeb2524206e6f74", "" },
	{ "udf, longer than its place", udf_longest, GIB, FILES, "udf",
	  "5aeb2524206e6f74", FULL_LABEL },
	{ "udf, a descriptor of another place", udf_elsewhere, GIB, FILES,
	  "udf", "5aeb2524206e6f74", "" },
	{ "udf without an anchor", udf_no_anchor, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "udf, descriptors beyond any disk", udf_many, GIB, FILES, "udf", "",
	  "" },
	{ "udf, a sequence without end", udf_unended, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "udf and iso9660 are one disc", udf_and_iso, GIB, FILES, "udf",
	  "5aeb2524206e6f74", "Disk" },
	{ "iso9660 and hfs are one disc", iso_and_hfs, GIB, FILES, "iso9660",
	  "2026-11-22-13-14-15-16", "ISO" },

	{ "hfs", hfs, GIB, FILES, "hfs", HFS_UUID, "BBB" },
	{ "hfs without an id", hfs_no_id, GIB, FILES, "hfs", "", "BBB" },
	{ "hfs, odd blocks", hfs_no_block, GIB, PROBE_NOTHING, "", "", "" },
	{ "hfs, label longer than its place", hfs_long_label, GIB, FILES, "hfs",
	  HFS_UUID, "0123456789abcdef0123456789a" },
	{ "hfsplus", hfsplus, GIB, FILES, "hfsplus", HFS_UUID, "Mac\xc3\xbc" },
	{ "hfsx", hfsx, GIB, FILES, "hfsplus", HFS_UUID, "Mac\xc3\xbc" },
	{ "hfsplus in hfs", hfsplus_inside, GIB, FILES, "hfsplus", HFS_UUID,
	  "Mac\xc3\xbc" },
	{ "neither hfsplus nor hfs", hfsplus_not_inside, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "hfsplus, label in the second extent", hfsplus_second_extent, GIB,
	  FILES, "hfsplus", HFS_UUID, "Mac\xc3\xbc" },
	{ "hfsplus, catalog beyond its extents", hfsplus_beyond, GIB, FILES,
	  "hfsplus", HFS_UUID, "" },
	{ "hfsplus, name longer than its place", hfsplus_long_name, GIB, FILES,
	  "hfsplus", HFS_UUID, "" },
	{ "hfsplus, odd blocks", hfsplus_odd_block, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "apfs", apfs, GIB, FILES, "apfs", U0, "" },
	{ "apfs, wrong sum", apfs_wrong_sum, GIB, PROBE_NOTHING, "", "", "" },
	{ "ufs 2", ufs2, GIB, FILES, "ufs", "4b0e640aec56ac70", "volume" },
	{ "ufs 1", ufs1, GIB, FILES, "ufs", "4b0e640aec56ac70", "" },
	{ "ufs 1, big endian", ufs1_big, GIB, FILES, "ufs", "4b0e640aec56ac70",
	  "" },
	{ "ufs at the very front", ufs_0, GIB, FILES, "ufs", "4b0e640aec56ac70",
	  "" },
	{ "ufs at 256 KiB", ufs_256k, 0x60000, FILES, "ufs", "4b0e640aec56ac70",
	  "volume" },
	{ "ufs, odd fragments", ufs_odd_fragment, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "minix 1", minix_1, GIB, FILES, "minix", "", "" },
	{ "minix 1, big endian", minix_1_big, GIB, FILES, "minix", "", "" },
	{ "minix 2", minix_2, GIB, FILES, "minix", "", "" },
	{ "minix 3", minix_3, GIB, FILES, "minix", "", "" },
	{ "minix, larger than its device", minix_large, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "minix, a map too small", minix_small_map, GIB, PROBE_NOTHING, "", "",
	  "" },
	{ "minix, unknown state", minix_state, GIB, PROBE_NOTHING, "", "", "" },
	{ "ext2 is no minix", ext2_like_minix, GIB, FILES, "ext2", "", "" },
	{ "sysv", sysv, GIB, FILES, "sysv", "", "sysv01" },
	{ "sysv, big endian, at 18 KiB", sysv_big, GIB, FILES, "sysv", "",
	  "sysv01" },
	{ "xenix", xenix, GIB, FILES, "xenix", "", "xenix1" },
	{ "befs", befs, GIB, FILES, "befs", "95d89dec82f6b73b", "befs_test" },
	{ "befs, big endian", befs_big, GIB, FILES, "befs", "95d89dec82f6b73b",
	  "befs_test" },
	{ "befs, root beyond any disk", befs_far_root, GIB, FILES, "befs", "",
	  "befs_test" },
	{ "befs, groups of 2^(2^32)", befs_group_log, GIB, FILES, "befs", "",
	  "befs_test" },
	{ "befs, odd blocks", befs_odd_block, GIB, PROBE_NOTHING, "", "", "" },
	{ "hpfs", hpfs, GIB, FILES, "hpfs", "3BC2-32D5", "P01_S16A" },
	{ "hpfs without its spare block", hpfs_no_spare, GIB, PROBE_NOTHING, "",
	  "", "" },
	{ "vxfs", vxfs, GIB, FILES, "vxfs", "", "" },
	{ "vxfs, big endian", vxfs_big, GIB, FILES, "vxfs", "", "" },
	{ "bfs", bfs, GIB, FILES, "bfs", "", "" },
	{ "nss", nss, GIB, FILES, "nss", U0, "" },
	{ "ReFS", refs, GIB, FILES, "ReFS", "", "" },
	{ "VMFS", vmfs, 2 * MIB + 0x8000, FILES, "VMFS",
	  "33221100-77665544-9988-aabbccddeeff", "datastore1" },
};

int main(void)
{
	test_rows(rows, sizeof(rows) / sizeof(*rows));
	return tap_done();
}
