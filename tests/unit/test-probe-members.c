/* SPDX-License-Identifier: MIT */
/*
 * Devices that are parts of something else: an ext4 is in front of each, as in
 * half of a mirror, and is never the answer. As in test-probe.c.
 */
#include "probe-disk.h"

#define V8 "1122334455667788"

static void ext4(void)
{
	put(0x438, "\x53\xef", 2);
	le(0x45c, 4, 4);
	le(0x460, 4, 0x42);
	uuid(0x468);
	text(0x478, "root");
}

/* The sector that is so many from the end. */
static uint64_t last(unsigned sector)
{
	return (device_bytes / 512 - sector) * 512;
}

/* What makes the @count numbers of @bytes from @at on, but one, a sum of 0. */
static uint64_t minus_sum(uint64_t at, unsigned count, unsigned bytes)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < count * bytes; i++)
		sum += (uint64_t)*byte_at(at + i) << 8 * (i % bytes);
	return 0 - sum;
}

/*
 * At the end
 */

static void isw(void)
{
	ext4();
	text(last(2), "Intel Raid ISM Cfg Sig. 1.0.00");
}

static void isw_4k(void)
{
	ext4();
	sector_bytes = 4096;
	text(device_bytes - 8192, "Intel Raid ISM Cfg Sig. 1.0.00");
}

static void isw_of_partition(void)
{
	isw();
	is_partition = true;
}

static void lsi(void)
{
	ext4();
	text(last(1), "$XIDE$");
}

static void via(void)
{
	uint64_t at = last(1);

	ext4();
	put(at, "\x55\xaa\1", 3);
	*byte_at(at + 7) = 0x77;
	*byte_at(at + 50) = (uint8_t)(0x55 + 0xaa + 1 + 0x77);
}

static void via_wrong_sum(void)
{
	via();
	*byte_at(last(1) + 50) ^= 1;
}

/* a sector that can be booted from has the same two bytes at its other end */
static void via_version(void)
{
	via();
	*byte_at(last(1) + 2) = 3;
	*byte_at(last(1) + 50) += 2;
}

static void silicon(void)
{
	uint64_t at = last(1);

	ext4();
	le(at + 0x60, 4, 0x2f000000);
	*byte_at(at + 0x116) = 1;
	le(at + 0x13e, 2, minus_sum(at, 0x13e / 2, 2));
}

static void silicon_wrong_sum(void)
{
	silicon();
	*byte_at(last(1) + 0x80) = 1;
}

static void silicon_ninth(void)
{
	silicon();
	*byte_at(last(1) + 0x116) = 8;
	*byte_at(last(1) + 0x118) = 0xf9;
	le(last(1) + 0x13e, 2, 0);
	le(last(1) + 0x13e, 2, minus_sum(last(1), 0x13e / 2, 2));
}

static void nvidia(void)
{
	uint64_t at = last(2);

	ext4();
	text(at, "NVIDIA  ");
	le(at + 8, 4, 30);
	le(at + 16, 2, 100);
	le(at + 12, 4, minus_sum(at, 30, 4));
}

static void nvidia_wrong_sum(void)
{
	nvidia();
	*byte_at(last(2) + 100) = 1;
}

static void nvidia_long(void)
{
	nvidia();
	le(last(2) + 8, 4, 0xffffffff);
}

static void promise(unsigned from_end)
{
	ext4();
	text(last(from_end), "Promise Technology, Inc.");
}

static void promise_16(void)
{
	promise(16);
}

static void promise_63(void)
{
	promise(63);
}

static void promise_256(void)
{
	promise(256);
}

static void promise_3087(void)
{
	promise(3087);
}

static void promise_elsewhere(void)
{
	promise(64);
}

static void hpt45x(void)
{
	ext4();
	le(last(11), 4, 0x5a7816f3);
}

static void hpt45x_bad(void)
{
	ext4();
	le(last(11), 4, 0x5a7816fd);
}

static void hpt37x(void)
{
	ext4();
	le(0x1220, 4, 0x5a7816f0);
}

static void hpt37x_bad(void)
{
	ext4();
	le(0x1220, 4, 0x5a7816fd);
}

static void hpt37x_of_partition(void)
{
	hpt37x();
	is_partition = true;
}

static void adaptec(void)
{
	ext4();
	be(last(1), 4, 0x37fc4d1e);
	text(last(1) + 0x100, "DPTM");
}

static void adaptec_half(void)
{
	adaptec();
	text(last(1) + 0x100, "XPTM");
}

static void jmicron(void)
{
	uint64_t at = last(1);

	ext4();
	text(at, "JM");
	le(at + 2, 2, 1);
	*byte_at(at + 0x30) = 1;
	le(at + 4, 2, minus_sum(at, 64, 2));
}

static void jmicron_wrong_sum(void)
{
	jmicron();
	le(last(1) + 0x20, 2, 2);
}

static void jmicron_level(void)
{
	jmicron();
	*byte_at(last(1) + 0x30) = 6;
	le(last(1) + 4, 2, 0);
	le(last(1) + 4, 2, minus_sum(last(1), 64, 2));
}

static void ddf_at(uint64_t at, uint64_t primary)
{
	ext4();
	be(at, 4, 0xde11de11);
	memset(byte_at(at + 4), 0xff, 4);
	text(at + 8, "Linux-MD\xde\xad\xbe\xef");
	be(at + 0x60, 8, primary);
	be(at + 4, 4, crc_of(CRC32, 0, at, 512));
}

static void ddf(void)
{
	ddf_at(last(1), device_bytes / 512);
}

static void ddf_second(void)
{
	ddf_at(last(257), device_bytes / 512);
}

/* neither its checksum nor another header says that it is one */
static void ddf_alone(void)
{
	ddf();
	be(last(1) + 4, 4, 0);
}

static void ddf_by_primary(void)
{
	ddf_at(last(1), device_bytes / 512 - 64);
	be(last(1) + 4, 4, 0);
	be(last(64), 4, 0xde11de11);
}

static void ddf_little(void)
{
	ddf_alone();
	le(last(1) + 0x60, 8, device_bytes / 512 - 64);
	be(last(64), 4, 0xde11de11);
}

static void drbd(uint32_t magic, unsigned uuid_at)
{
	uint64_t at = (device_bytes & ~4095ull) - 4096;

	ext4();
	be(at + uuid_at, 8, 0x1122334455667788);
	be(at + 0x3c, 4, magic);
	be(at + 0x40, 4, 80);
	be(at + 0x50, 4, 4096);
}

static void drbd_83(void)
{
	drbd(0x8374026b, 0x28);
}

static void drbd_84(void)
{
	drbd(0x8374026c, 0x28);
}

static void drbd_9(void)
{
	drbd(0x8374026d, 0x30);
}

static void drbd_7(void)
{
	drbd(0x8374026a, 0x28);
}

static void drbd_no_size(void)
{
	drbd_83();
	be((device_bytes & ~4095ull) - 4096 + 0x40, 4, 0);
}

/* it is on partitions and volumes, mostly */
static void drbd_of_partition(void)
{
	drbd_83();
	is_partition = true;
}

/*
 * Under a partition table
 */

static void mbr_to(uint64_t sectors)
{
	memset(front, 0, 0x1000);
	mbr(0, 0x83, 2048, (uint32_t)(sectors - 2048));
}

/* the table is in the array, as that is smaller than the disk */
static void lsi_around_partitions(void)
{
	lsi();
	mbr_to(device_bytes / 512 - 4096);
}

/* the table was made for all of the disk, when the array was no more */
static void lsi_in_partition(void)
{
	lsi();
	mbr_to(device_bytes / 512);
}

/* of a set that is striped over two disks */
static void lsi_striped(void)
{
	lsi();
	mbr_to(device_bytes / 512 * 2);
}

static void gpt_to(uint64_t last_sector)
{
	memset(front, 0, 0x1000);
	mbr(0, 0xee, 1, (uint32_t)last_sector);
	text(0x200, "EFI PART");
	le(0x218, 8, 1);
	le(0x220, 8, last_sector);
}

static void promise_under_gpt(void)
{
	promise(63);
	gpt_to(device_bytes / 512 - 1);
}

static void ddf_under_gpt(void)
{
	ddf_second();
	gpt_to(device_bytes / 512 - 1);
}

static void promise_around_gpt(void)
{
	promise(63);
	gpt_to(device_bytes / 512 - 4096);
}

static void drbd_in_partition(void)
{
	drbd_83();
	mbr_to(device_bytes / 512);
}

/*
 * In front
 */

static void bluestore(void)
{
	ext4();
	text(0, "bluestore block device\nU0\n");
}

static void drbdmanage(void)
{
	ext4();
	text(0, "$DRBDmgr=q:8765f402dcb246529acee269b0ba8f2e\n");
}

static void drbdmanage_words(void)
{
	drbdmanage();
	text(11, "x --header=/dev/sdc");
}

static void drbdproxy(void)
{
	ext4();
	text(0, "DRBDdlh*");
	uuid(0x10);
}

static void lvm1(void)
{
	ext4();
	put(0, "HM\1\0", 4);
	text(0x2c, "abcdefghijklmnopqrstuvwxyz012345");
}

static void lvm1_version(void)
{
	lvm1();
	*byte_at(2) = 3;
}

static void lvm1_no_uuid(void)
{
	lvm1();
	*byte_at(0x30) = ' ';
}

static void lvm2_words(void)
{
	ext4();
	text(0x200, "LABELONE");
	le(0x208, 8, 1);
	le(0x214, 4, 32);
	text(0x218, "LVM2 001abc --config x;z012345abcdefgh");
	le(0x210, 4, crc_of(CRC32, 0xf597a6cf, 0x214, 512 - 0x14));
}

static void luks_with(const char *text_of_uuid)
{
	ext4();
	put(0, "LUKS\xba\xbe\0\1aes", 11);
	text(0xa8, text_of_uuid);
}

static void luks(void)
{
	luks_with("FFFFFFFF-4455-6677-8899-aabbccddeeff");
}

static void luks_words(void)
{
	luks_with("x --test-passphrase --header=/dev/sdc");
}

static void luks_option(void)
{
	luks_with("-0112233-4455-6677-8899-aabbccddeeff");
}

static void luks_path(void)
{
	luks_with("../../../../../../../etc/shadow");
}

static void luks_long(void)
{
	luks_with("00112233-4455-6677-8899-aabbccddeefff");
}

static void luks_newline(void)
{
	luks_with("00112233-4455-6677-8899-aabbccddeef\n");
}

static void luks_dashes(void)
{
	luks_with("001122334-455-6677-8899-aabbccddeeff");
}

static void vmfs_volume(void)
{
	ext4();
	le(MIB, 4, 0xc001d00d);
	text(MIB + 532, "49edf842-dcb35d37-b383-0021280083cf");
}

static void ubi(void)
{
	ext4();
	text(0, "UBI#\1");
	be(0x18, 4, 1329411831);
	be(0x3c, 4, crc_of(CRC32, 0xffffffff, 0, 0x3c));
}

static void ubi_wrong_sum(void)
{
	ubi();
	*byte_at(0x20) = 1;
}

static void vdo(void)
{
	ext4();
	text(0, "dmvdo001");
	uuid(0x28);
}

static void stratis_at(uint64_t at)
{
	put(at + 4, "!Stra0tis\x86\xff\x02^Arh", 16);
	text(at + 0x20, "ffffffffffffffffffffffffffffffff");
	text(at + 0x40, "00112233445566778899aabbccddeeff");
	le(at, 4, ~crc_of(CRC32C, 0xffffffff, at + 4, 508));
}

static void stratis(void)
{
	ext4();
	stratis_at(0x200);
}

static void stratis_second(void)
{
	ext4();
	stratis_at(0x1200);
}

static void stratis_wrong_sum(void)
{
	stratis();
	*byte_at(0x3ff) = 1;
}

static void bitlocker(void)
{
	uint64_t at = 0x20000;

	ext4();
	put(0, "\xeb\x58\x90-FVE-FS-", 11);
	le(0xb0, 8, at);
	text(at, "-FVE-FS-");
	le(at + 0x40, 4, 0x30 + 12 + 8 + 12);
	le(at + 0x48, 4, 0x30);
	uuid(at + 0x50);
	le(at + 0x70, 2, 12);
	le(at + 0x7c, 2, 8 + 12);
	le(at + 0x7e, 2, 7);
	wide(at + 0x84, "PC C:");
}

static void bitlocker_long(void)
{
	bitlocker();
	le(0x20070, 2, 0xffff);
}

static void bitlocker_circle(void)
{
	bitlocker();
	le(0x20070, 2, 0);
}

static void bitlocker_far(void)
{
	bitlocker();
	le(0xb0, 8, UINT64_MAX);
}

static void fvault(void)
{
	ext4();
	le(4, 4, 0x12345678);
	le(8, 2, 1);
	le(10, 2, 0x10);
	text(0x58, "CS");
	le(0x5a, 4, 1);
	le(0xa8, 4, 16);
	le(0xac, 4, 2);
	uuid(0x130);
	le(0, 4, crc_of(CRC32C, 0x12345678, 8, 504));
}

static void fvault_wrong_sum(void)
{
	fvault();
	*byte_at(0x1ff) = 1;
}

static void mpool(void)
{
	ext4();
	text(0, "mpoolDevmp1");
	uuid(0x28);
	le(0x3e, 4, ~crc_of(CRC32C, 0xffffffff, 0, 0x3e));
}

static void mpool_wrong_sum(void)
{
	mpool();
	*byte_at(0x3d) = 1;
}

static void scoutfs(uint8_t flags)
{
	put(0x10004, "\x8b\x42\x3c\x10", 4);
	*byte_at(0x10030) = flags;
	uuid(0x10038);
	le(0x10000, 4, crc_of(CRC32C, 0xffffffff, 0x10004, 4092));
}

static void scoutfs_data(void)
{
	ext4();
	scoutfs(0);
}

static void scoutfs_meta(void)
{
	scoutfs(1);
}

static void oracleasm(void)
{
	ext4();
	text(0x20, "ORCLDISKVOL1");
}

static void bcache_label(void)
{
	le(0x1008, 8, 8);
	text(0x1018, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca"
		     "\x82\x65\xf5\x7f\x48\xba\x6d\x81");
	uuid(0x1028);
	text(0x1048, "journal-cache");
}

static void xfs_log_at(uint64_t at)
{
	be(at, 4, 0xfeedbabe);
	be(at + 8, 4, 2);
	be(at + 12, 4, 512);
	be(at + 0x12c, 4, 1);
}

static void xfs_log(void)
{
	xfs_log_at(0);
}

static void xfs_log_later(void)
{
	xfs_log_at(300 * 512);
}

static void xfs_log_format(void)
{
	xfs_log_at(0);
	be(0x12c, 4, 4);
}

#define MEMBER PROBE_MEMBER
static const struct row rows[] = {
	{ "Intel", isw, GIB, MEMBER, "isw_raid_member", "", "" },
	{ "Intel, sectors of 4 KiB", isw_4k, GIB, MEMBER, "isw_raid_member", "",
	  "" },
	{ "Intel, of a partition", isw_of_partition, GIB, FILES, "ext4", U0,
	  "root" },
	{ "LSI", lsi, GIB, MEMBER, "lsi_mega_raid_member", "", "" },
	{ "LSI on an odd size", lsi, GIB + 100, MEMBER, "lsi_mega_raid_member",
	  "", "" },
	{ "VIA", via, GIB, MEMBER, "via_raid_member", "", "" },
	{ "VIA, wrong sum", via_wrong_sum, GIB, FILES, "ext4", U0, "root" },
	{ "VIA, version 3", via_version, GIB, FILES, "ext4", U0, "root" },
	{ "Silicon", silicon, GIB, MEMBER, "silicon_medley_raid_member", "",
	  "" },
	{ "Silicon, wrong sum", silicon_wrong_sum, GIB, FILES, "ext4", U0,
	  "root" },
	{ "Silicon, the ninth disk", silicon_ninth, GIB, FILES, "ext4", U0,
	  "root" },
	{ "NVIDIA", nvidia, GIB, MEMBER, "nvidia_raid_member", "", "" },
	{ "NVIDIA, wrong sum", nvidia_wrong_sum, GIB, FILES, "ext4", U0,
	  "root" },
	{ "NVIDIA, of 2^32 - 1 words", nvidia_long, GIB, FILES, "ext4", U0,
	  "root" },
	{ "Promise, 16 from the end", promise_16, GIB, MEMBER,
	  "promise_fasttrack_raid_member", "", "" },
	{ "Promise, 63 from the end", promise_63, GIB, MEMBER,
	  "promise_fasttrack_raid_member", "", "" },
	{ "Promise, 256 from the end", promise_256, GIB, MEMBER,
	  "promise_fasttrack_raid_member", "", "" },
	{ "Promise, 3087 from the end", promise_3087, 3087 * 512 + 0x8000,
	  MEMBER, "promise_fasttrack_raid_member", "", "" },
	{ "Promise, where it is not", promise_elsewhere, GIB, FILES, "ext4", U0,
	  "root" },
	{ "HPT45x", hpt45x, GIB, MEMBER, "hpt45x_raid_member", "", "" },
	{ "HPT45x, marked bad", hpt45x_bad, GIB, MEMBER, "hpt45x_raid_member",
	  "", "" },
	{ "HPT37x", hpt37x, GIB, MEMBER, "hpt37x_raid_member", "", "" },
	{ "HPT37x, marked bad", hpt37x_bad, GIB, MEMBER, "hpt37x_raid_member",
	  "", "" },
	{ "HPT37x, of a partition", hpt37x_of_partition, GIB, FILES, "ext4", U0,
	  "root" },
	{ "Adaptec", adaptec, GIB, MEMBER, "adaptec_raid_member", "", "" },
	{ "Adaptec, one mark of two", adaptec_half, GIB, FILES, "ext4", U0,
	  "root" },
	{ "JMicron", jmicron, GIB, MEMBER, "jmicron_raid_member", "", "" },
	{ "JMicron, wrong sum", jmicron_wrong_sum, GIB, FILES, "ext4", U0,
	  "root" },
	{ "JMicron, level 6", jmicron_level, GIB, FILES, "ext4", U0, "root" },
	{ "DDF: its GUID is no UUID", ddf, GIB, MEMBER, "ddf_raid_member", "",
	  "" },
	{ "DDF, the other place", ddf_second, GIB, MEMBER, "ddf_raid_member",
	  "", "" },
	{ "DDF, a mark alone", ddf_alone, GIB, FILES, "ext4", U0, "root" },
	{ "DDF, wrong sum, another header", ddf_by_primary, GIB, MEMBER,
	  "ddf_raid_member", "", "" },
	{ "DDF, little endian", ddf_little, GIB, MEMBER, "ddf_raid_member", "",
	  "" },
	{ "DRBD 8.3", drbd_83, GIB, MEMBER, "drbd", V8, "" },
	{ "DRBD 8.4", drbd_84, GIB, MEMBER, "drbd", V8, "" },
	{ "DRBD 9", drbd_9, GIB, MEMBER, "drbd", V8, "" },
	{ "DRBD, size not of 4 KiB", drbd_83, GIB + 512, MEMBER, "drbd", V8,
	  "" },
	{ "DRBD on a partition", drbd_of_partition, GIB, MEMBER, "drbd", V8,
	  "" },
	{ "DRBD, unknown version", drbd_7, GIB, FILES, "ext4", U0, "root" },
	{ "DRBD, metadata of no size", drbd_no_size, GIB, FILES, "ext4", U0,
	  "root" },

	{ "an array with partitions", lsi_around_partitions, GIB, MEMBER,
	  "lsi_mega_raid_member", "", "" },
	{ "what was an array, by its MBR", lsi_in_partition, GIB, PROBE_TABLE,
	  "dos", "", "" },
	{ "half of stripes with partitions", lsi_striped, GIB, MEMBER,
	  "lsi_mega_raid_member", "", "" },
	{ "what was an array, by its GPT", promise_under_gpt, GIB, PROBE_TABLE,
	  "gpt", "", "" },
	{ "what was DDF, by its GPT", ddf_under_gpt, GIB, PROBE_TABLE, "gpt",
	  "", "" },
	{ "an array with a GPT", promise_around_gpt, GIB, MEMBER,
	  "promise_fasttrack_raid_member", "", "" },
	{ "DRBD of the last partition", drbd_in_partition, GIB, PROBE_TABLE,
	  "dos", "", "" },

	{ "Ceph's BlueStore", bluestore, GIB, MEMBER, "ceph_bluestore", "",
	  "" },
	{ "drbdmanage", drbdmanage, GIB, MEMBER, "drbdmanage_control_volume",
	  "8765f402dcb246529acee269b0ba8f2e", "" },
	{ "drbdmanage, other letters", drbdmanage_words, GIB, FILES, "ext4", U0,
	  "root" },
	{ "DRBD's proxy", drbdproxy, GIB, MEMBER, "drbdproxy_datalog", U0, "" },
	{ "LVM1", lvm1, GIB, MEMBER, "LVM1_member",
	  "abcdef-ghij-klmn-opqr-stuv-wxyz-012345", "" },
	{ "LVM1, version 3", lvm1_version, GIB, FILES, "ext4", U0, "root" },
	{ "two letters without a UUID", lvm1_no_uuid, GIB, FILES, "ext4", U0,
	  "root" },
	{ "LVM: a UUID of other letters is none", lvm2_words, GIB, MEMBER,
	  "LVM2_member", "", "" },
	{ "LUKS: a UUID is told as it is", luks, GIB, MEMBER, "crypto_LUKS",
	  "FFFFFFFF-4455-6677-8899-aabbccddeeff", "" },
	{ "LUKS: words are no UUID", luks_words, GIB, MEMBER, "crypto_LUKS", "",
	  "" },
	{ "LUKS: an option is no UUID", luks_option, GIB, MEMBER, "crypto_LUKS",
	  "", "" },
	{ "LUKS: a path is no UUID", luks_path, GIB, MEMBER, "crypto_LUKS", "",
	  "" },
	{ "LUKS: too long a UUID is none", luks_long, GIB, MEMBER,
	  "crypto_LUKS", "", "" },
	{ "LUKS: a newline is none of a UUID", luks_newline, GIB, MEMBER,
	  "crypto_LUKS", "", "" },
	{ "LUKS: dashes have their places", luks_dashes, GIB, MEMBER,
	  "crypto_LUKS", "", "" },
	{ "VMFS volume", vmfs_volume, MIB + 0x20000, MEMBER,
	  "VMFS_volume_member", "49edf842-dcb35d37-b383-0021280083cf", "" },
	{ "UBI", ubi, GIB, MEMBER, "ubi", "1329411831", "" },
	{ "UBI, wrong sum", ubi_wrong_sum, GIB, FILES, "ext4", U0, "root" },
	{ "VDO", vdo, GIB, MEMBER, "vdo", U0, "" },
	{ "Stratis", stratis, GIB, MEMBER, "stratis", U0, "" },
	{ "Stratis, second header", stratis_second, GIB, MEMBER, "stratis", U0,
	  "" },
	{ "Stratis, wrong sum", stratis_wrong_sum, GIB, FILES, "ext4", U0,
	  "root" },
	{ "BitLocker's GUID and description", bitlocker, GIB, MEMBER,
	  "BitLocker", "33221100-5544-7766-8899-aabbccddeeff", "PC C:" },
	{ "BitLocker, an entry larger than all", bitlocker_long, GIB, MEMBER,
	  "BitLocker", "33221100-5544-7766-8899-aabbccddeeff", "" },
	{ "BitLocker, an entry of no size", bitlocker_circle, GIB, MEMBER,
	  "BitLocker", "33221100-5544-7766-8899-aabbccddeeff", "" },
	{ "BitLocker, metadata beyond any disk", bitlocker_far, GIB, MEMBER,
	  "BitLocker", "", "" },
	{ "FileVault 2", fvault, GIB, MEMBER, "cs_fvault2", U0, "" },
	{ "FileVault 2, wrong sum", fvault_wrong_sum, GIB, FILES, "ext4", U0,
	  "root" },
	{ "mpool", mpool, GIB, MEMBER, "mpool", U0, "mp1" },
	{ "mpool, wrong sum", mpool_wrong_sum, GIB, FILES, "ext4", U0, "root" },
	{ "scoutfs, data", scoutfs_data, GIB, MEMBER, "scoutfs_data", U0, "" },
	{ "scoutfs, what is mounted", scoutfs_meta, GIB, FILES, "scoutfs_meta",
	  U0, "" },
	{ "Oracle ASM", oracleasm, GIB, MEMBER, "oracleasm", "", "VOL1" },
	{ "bcache's label", bcache_label, GIB, MEMBER, "bcache", U0,
	  "journal-cache" },
	{ "a log of XFS", xfs_log, GIB, MEMBER, "xfs_external_log", "", "" },
	{ "a log of XFS that begins later", xfs_log_later, GIB, MEMBER,
	  "xfs_external_log", "", "" },
	{ "a log of XFS, unknown format", xfs_log_format, GIB, PROBE_NOTHING,
	  "", "", "" },
};

/* Whose partitions are in truth those of an array? */
static void test_transparent(void)
{
	static const struct {
		const char *name;
		void (*build)(void);
		bool want;
	} devices[] = {
		{ "ext4", ext4, false },    { "Intel", isw, true },
		{ "DDF", ddf, true },	    { "Promise", promise_63, true },
		{ "HPT37x", hpt37x, true }, { "DRBD", drbd_83, true },
		{ "LUKS", luks, false },    { "LVM", lvm1, false },
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		struct probe_source s;
		struct probe got;

		device(GIB);
		devices[i].build();
		s = source();
		(void)probe_content(&s, &got);
		is_int(got.is_transparent, devices[i].want,
		       "what is in front is the array's: %s", devices[i].name);
	}
}

int main(void)
{
	test_rows(rows, sizeof(rows) / sizeof(*rows));
	test_transparent();
	return tap_done();
}
