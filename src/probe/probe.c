/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

#include <errno.h>
#include <string.h>

#include "probe/look.h"

/*
 * The parts of the device that are looked at, in the order in which they are
 * read. The mark of swap is at the end of the first page, which has 4 to 64 KiB.
 */
static const struct window {
	uint32_t at;
	uint16_t bytes;
	uint16_t swap_at;
} windows[] = {
	{ 0, WINDOW_BYTES, 0xff6 },
	{ 0x2000 - LEAD, 0x610, 6 },
	{ 0x4000 - LEAD, 0x410, 6 },
	{ 0x8000 - LEAD, 0x410, 6 },
	{ 0x10000 - LEAD, 0x1010, 6 },
	/* These are read only if nothing was found, and no partition table:
	 * LUKS2's second header, which is behind the first one, whose sizes
	 * are these (cryptsetup's docs/on-disk-format-luks2.pdf), and formats
	 * that begin far from the front. */
	{ 0x20000 - LEAD, 0x118, 0 },
	{ 0x40000 - LEAD, 0x580, 0 },
	{ 0x80000 - LEAD, 0x118, 0 },
	{ 0x100000 - LEAD, 0x118, 0 },
	{ 0x200000 - LEAD, 0x118, 0 },
	{ 0x400000 - LEAD, 0x118, 0 },
};

enum {
	FRONT = 1 << 0,
	AT_8K = 1 << 1,
	AT_16K = 1 << 2,
	AT_32K = 1 << 3,
	AT_64K = 1 << 4,
	AT_256K = 1 << 6,
	AT_2M = 1 << 9,
	BEYOND = 0x7e0, /* 128 KiB to 4 MiB */
	PAGES = FRONT | AT_8K | AT_16K | AT_32K | AT_64K,
	/* not a window: tried at the end, if nothing was found */
	LAST = 1 << 11,
};

enum {
	FINAL = 1 << 0, /* this is the answer, whatever else is there */
	/* As blkid: two of these are no contradiction, and the first of them in
	 * the table counts. Some discs are meant to be two things at once. */
	TOLERANT = 1 << 1,
};

/*
 * Offsets are counted from the start of the window, and 0 means that there is no
 * such field. The order is blkid's. Members come first, because the first one
 * that is found is the answer.
 */
static const struct signature {
	uint16_t windows;
	uint8_t use;
	uint8_t flags;
	uint16_t magic_at;
	uint16_t least_kib; /* a smaller device has no such thing */
	uint16_t uuid_at;
	uint16_t label_at;
	uint8_t label_bytes;
	uint8_t magic_bytes; /* 0: the function looks by itself */
	char magic[23];
	char type[27];
	bool (*probe)(struct look *look); /* false: it is not */
} signatures[] = {
#define MEMBER	PROBE_MEMBER, FINAL
#define FILES	PROBE_FILESYSTEM, 0
#define TOLERED PROBE_FILESYSTEM, TOLERANT
	{ FRONT, MEMBER, 0, 8, 0, 0, 0, 0, "", "linux_raid_member", probe_md },
	{ FRONT, MEMBER, 0, 64, 0, 0, 0, 0, "", "", probe_vendor_raid },
	{ FRONT, MEMBER, 0x1220, 64, 0, 0, 0, 4, "\xf0\x16\x78\x5a",
	  "hpt37x_raid_member", probe_hpt37x },
	{ FRONT, MEMBER, 0x1220, 64, 0, 0, 0, 4, "\xfd\x16\x78\x5a",
	  "hpt37x_raid_member", probe_hpt37x },
	{ FRONT, MEMBER, 0x1018, 8, 0x1028, 0, 0, 16,
	  "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	  "bcache", probe_bcache },
	{ FRONT, MEMBER, 0, 1, 0, 0, 0, 22, "bluestore block device",
	  "ceph_bluestore", NULL },
	{ FRONT, MEMBER, 0, 64, 0, 0, 0, 0, "", "drbd", probe_drbd },
	{ FRONT, MEMBER, 0, 64, 0, 0, 0, 10, "$DRBDmgr=q",
	  "drbdmanage_control_volume", probe_drbdmanage },
	{ FRONT, MEMBER, 0, 16, 0x10, 0, 0, 8, "DRBDdlh*", "drbdproxy_datalog",
	  NULL },
	{ FRONT, MEMBER, 0, 4, 0, 0, 0, 0, "", "LVM2_member", probe_lvm2 },
	{ FRONT, MEMBER, 0, 1, 0, 0, 0, 2, "HM", "LVM1_member", probe_lvm1 },
	{ FRONT, PROBE_MEMBER, 0, 0, 1, 0, 0, 0, 4, "SnAp", "DM_snapshot_cow",
	  NULL },
	{ FRONT, MEMBER, 0, 1, 0x10, 0, 0, 8, "verity\0", "DM_verity_hash",
	  probe_verity },
	{ FRONT, MEMBER, 0, 1, 0, 0, 0, 8, "integrt", "DM_integrity", NULL },
	{ FRONT, MEMBER, 0, 1, 0, 0, 0, 6, "LUKS\xba\xbe", "crypto_LUKS",
	  probe_luks },
	{ FRONT, MEMBER, 0, 1024, 0, 0, 0, 0, "", "VMFS_volume_member",
	  probe_vmfs_volume },
	{ FRONT, MEMBER, 0, 1, 0, 0, 0, 4, "UBI#", "ubi", probe_ubi },
	{ FRONT, MEMBER, 0, 1, 0x28, 0, 0, 8, "dmvdo001", "vdo", NULL },
	{ FRONT, MEMBER, 0, 8, 0, 0, 0, 0, "", "stratis", probe_stratis },
	{ FRONT, MEMBER, 3, 1, 0, 0, 0, 8, "-FVE-FS-", "BitLocker",
	  probe_bitlocker },
	{ FRONT, MEMBER, 3, 1, 0, 0, 0, 8, "MSWIN4.1", "BitLocker",
	  probe_bitlocker },
	{ FRONT, MEMBER, 0x58, 1, 0, 0, 0, 2, "CS", "cs_fvault2",
	  probe_cs_fvault2 },
	{ AT_16K | AT_32K | AT_64K | BEYOND, MEMBER, LEAD, 1, 0, 0, 0, 6,
	  "SKUL\xba\xbe", "crypto_LUKS", probe_luks_again },

	{ FRONT, TOLERED, 0, 1, 0, 0, 0, 0, "", "vfat", probe_vfat },
	{ PAGES, PROBE_SWAP, 0, 0, 40, 0, 0, 0, 0, "", "swap", probe_swap },
	{ FRONT, FILES, 0, 1, 0x20, 0x6c, 12, 4, "XFSB", "xfs", probe_xfs },
	{ FRONT, FILES, 0, 1, 0x20, 0x6c, 12, 4, "EXFS", "exfs", probe_xfs },
	{ FRONT, FILES, 0x438, 2, 0x468, 0x478, 16, 2, "\x53\xef", "ext2",
	  probe_ext },
	{ AT_64K, FILES, LEAD + 0x34, 128, 0, 0, 0, 8, "ReIsErFs", "reiserfs",
	  probe_reiserfs },
	{ AT_64K, FILES, LEAD + 0x34, 128, 0, 0, 0, 9, "ReIsEr2Fs", "reiserfs",
	  probe_reiserfs },
	{ AT_64K, FILES, LEAD + 0x34, 128, 0, 0, 0, 9, "ReIsEr3Fs", "reiserfs",
	  probe_reiserfs },
	{ AT_8K, FILES, LEAD + 0x34, 128, 0, 0, 0, 8, "ReIsErFs", "reiserfs",
	  probe_reiserfs_35 },
	{ AT_64K, FILES, LEAD, 128, LEAD + 0x14, LEAD + 0x24, 16, 7, "ReIsEr4",
	  "reiser4", NULL },
	{ AT_32K, FILES, LEAD, 16384, LEAD + 0x88, LEAD + 0x98, 16, 4, "JFS1",
	  "jfs", probe_jfs },
	{ AT_32K, TOLERED, 0, 34, 0, 0, 0, 0, "", "udf", probe_udf },
	{ AT_32K, TOLERED, LEAD + 1, 34, 0, 0, 0, 5, "CD001", "iso9660",
	  probe_iso },
	/* As blkid, this is not final: a file system beside it may be older or
	 * newer. */
	{ AT_16K, PROBE_MEMBER, 0, LEAD, 65535, 0, 0, 0, 1, "\1", "zfs_member",
	  probe_zfs },
	{ FRONT, FILES, 0x400, 2, 0, 0, 0, 1, "H", "hfsplus", probe_hfsplus },
	{ FRONT, FILES, 0x400, 2, 0, 0, 0, 2, "BD", "hfsplus", probe_hfsplus },
	{ FRONT, TOLERED, 0x400, 2, 0, 0, 0, 2, "BD", "hfs", probe_hfs },
	{ FRONT | AT_8K | AT_64K | AT_256K, FILES, 0, 1, 0, 0, 0, 0, "", "ufs",
	  probe_ufs },
	{ AT_8K, FILES, LEAD, 10, 0, 0, 0, 4, "\x49\xe8\x95\xf9", "hpfs",
	  probe_hpfs },
	{ LAST, FILES, 0, 1, 0, 0, 0, 0, "", "sysv", probe_sysv },
	{ FRONT, FILES, 0x7f8, 2, 0, 0, 0, 4, "\x44\x55\x2b", "xenix",
	  probe_xenix },
	{ FRONT, FILES, 0x7f9, 2, 0, 0, 0, 3, "\x2b\x55\x44", "xenix",
	  probe_xenix },
	{ FRONT, FILES, 3, 1, 0, 0, 0, 8, "NTFS    ", "ntfs", probe_ntfs },
	{ FRONT, FILES, 0, 1, 0, 0, 0, 8, "\0\0\0ReFS", "ReFS", NULL },
	{ FRONT, FILES, 0, 1, 0, 0x30, 16, 4, "\x45\x3d\xcd\x28", "cramfs",
	  probe_cramfs },
	{ FRONT, FILES, 0, 1, 0, 0x30, 16, 4, "\x28\xcd\x3d\x45", "cramfs",
	  probe_cramfs },
	{ FRONT, FILES, 0, 1, 0, 0x10, 16, 8, "-rom1fs-", "romfs",
	  probe_romfs },
	{ AT_64K, FILES, LEAD + 4, 128, 0, 0, 0, 4, "\x8b\x42\x3c\x10",
	  "scoutfs_meta", probe_scoutfs_meta },
	/* The metadata are on another device, which is the one to mount. */
	{ AT_64K, MEMBER, LEAD + 4, 128, 0, 0, 0, 4, "\x8b\x42\x3c\x10",
	  "scoutfs_data", probe_scoutfs_data },
	{ FRONT, FILES, 0, 2, 0, 0, 0, 0, "", "minix", probe_minix },
	{ AT_64K, FILES, LEAD, 32768, LEAD + 0x100, LEAD + 0xa0, 64, 4,
	  "\x01\x16\x19\x70", "gfs", probe_gfs },
	{ AT_64K, FILES, LEAD, 32768, LEAD + 0x100, LEAD + 0xa0, 64, 4,
	  "\x01\x16\x19\x70", "gfs2", probe_gfs2 },
	{ AT_8K, FILES, LEAD + 8, 14000, 0, 0, 0, 9, "OracleCFS", "ocfs",
	  probe_ocfs },
	{ FRONT | AT_8K, FILES, 0, 14000, 0, 0, 0, 0, "", "ocfs2",
	  probe_ocfs2 },
	{ FRONT, MEMBER, 0x20, 1, 0, 0x28, 24, 8, "ORCLDISK", "oracleasm",
	  NULL },
	{ FRONT, FILES, 0x400, 2, 0, 0, 0, 4, "\xf5\xfc\x01\xa5", "vxfs",
	  NULL },
	{ AT_8K, FILES, LEAD, 1, 0, 0, 0, 4, "\xa5\x01\xfc\xf5", "vxfs", NULL },
	{ FRONT, FILES, 0, 1, 0, 0, 0, 4, "hsqs", "squashfs", probe_squashfs },
	{ FRONT, FILES, 0, 1, 0, 0, 0, 4, "sqsh", "squashfs3",
	  probe_squashfs3 },
	{ FRONT, FILES, 0, 1, 0, 0, 0, 4, "hsqs", "squashfs3",
	  probe_squashfs3 },
	{ FRONT, FILES, 0x1000, 8, 0x115c, 0, 0, 4, "SPB5", "nss", NULL },
	/* The UUID is that of the file system, not the copy that is about the
	 * device, which may be the older metadata UUID (btrfstune -m). */
	{ AT_64K, FILES, LEAD + 0x40, 1024, LEAD + 0x20, LEAD + 0x12b, 255, 8,
	  "_BHRfS_M", "btrfs", probe_btrfs },
	{ FRONT, FILES, 0, 4, 0x6c, 0, 0, 4, "\x31\x18\x10\x06", "ubifs",
	  probe_ubifs },
	{ FRONT, FILES, 0, 1, 0, 0, 0, 4, "\xce\xfa\xad\x1b", "bfs", NULL },
	{ AT_2M, FILES, LEAD, 1, 0, 0, 0, 4, "\x5e\xf1\xab\x2f", "VMFS",
	  probe_vmfs },
	{ FRONT, FILES, 0, 1440, 0, 0, 0, 0, "", "befs", probe_befs },
	{ FRONT, FILES, 0, 1024, 0, 0, 0, 0, "", "nilfs2", probe_nilfs2 },
	{ FRONT, FILES, 3, 1, 0, 0, 0, 8, "EXFAT   ", "exfat", probe_exfat },
	{ FRONT, FILES, 0x400, 4, 0x46c, 0, 0, 4, "\x10\x20\xf5\xf2", "f2fs",
	  probe_f2fs },
	{ FRONT, MEMBER, 0, 1, 0, 0, 0, 8, "mpoolDev", "mpool", probe_mpool },
	{ FRONT, FILES, 0x20, 4, 0x48, 0, 0, 4, "NXSB", "apfs", probe_apfs },
	{ FRONT, FILES, 0, 4, 0x28, 0x08, 32, 4, "SFOZ", "zonefs",
	  probe_zonefs },
	{ FRONT, FILES, 0x400, 2, 0x430, 0x440, 16, 4, "\xe2\xe1\xf5\xe0",
	  "erofs", probe_erofs },
	/* the second: images from before 2020 */
	{ FRONT, FILES, 0x1018, 128, 0x1038, 0x1048, 32, 16,
	  "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
	  "bcachefs", probe_bcachefs },
	{ FRONT, FILES, 0x1018, 128, 0x1038, 0x1048, 32, 16,
	  "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	  "bcachefs", probe_bcachefs },
	/* Like a journal of ext, this is a member, and not final. */
	{ LAST, PROBE_MEMBER, 0, 0, 10240, 0, 0, 0, 0, "", "xfs_external_log",
	  probe_xfs_log },
#undef MEMBER
#undef FILES
#undef TOLERED
};
enum { SIGNATURES = sizeof(signatures) / sizeof(*signatures) };

/* Tries one signature on the window: false if it is not that format. */
static bool try_signature(struct look *look, const struct signature *s)
{
	struct probe *ret = look->ret;

	/* As blkid: a device of 1 KiB is an extended partition. */
	if (look->source->bytes <= KIB ||
	    look->source->bytes < (uint64_t)s->least_kib * KIB ||
	    memcmp(look->block + s->magic_at, s->magic, s->magic_bytes))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->use = s->use;
	ret->devices = 1;
	strcpy(ret->type, s->type);
	if (s->uuid_at)
		look_uuid(ret, look->block + s->uuid_at, ORDER_UUID);
	if (s->label_at)
		look_text(ret->label, look->block + s->label_at,
			  s->label_bytes);
	return !s->probe || s->probe(look);
}

/* What was found so far, and by which signature */
struct answer {
	struct probe *ret;
	const struct signature *by;
};

/* Takes in another format that was found, beside what was found so far. */
static void add_answer(struct answer *answer, const struct probe *found,
		       const struct signature *by)
{
	struct probe *ret = answer->ret;
	size_t len = strlen(ret->type);

	if (ret->use == PROBE_NOTHING ||
	    (ret->use == PROBE_DAMAGED && found->use != PROBE_DAMAGED)) {
		*ret = *found;
		answer->by = by;
	} else if (ret->use != PROBE_AMBIVALENT &&
		   answer->by->flags & by->flags & TOLERANT) {
		if (by < answer->by) {
			*ret = *found;
			answer->by = by;
		}
	} else if (found->use != PROBE_DAMAGED) {
		ret->use = PROBE_AMBIVALENT;
		ret->uuid[0] = ret->label[0] = '\0';
		if (len + 1 + strlen(found->type) < sizeof(ret->type)) {
			ret->type[len] = ' ';
			strcpy(ret->type + len + 1, found->type);
		}
	}
}

/*
 * Tries each signature on the window: 0, 1 if a final one was found, or -errno
 * if a read failed.
 */
static int try_signatures(struct look *look, unsigned window,
			  struct answer *answer)
{
	for (unsigned i = 0; i < SIGNATURES; i++) {
		const struct signature *s = &signatures[i];
		bool is_it;

		if (!(s->windows >> window & 1))
			continue;
		is_it = try_signature(look, s);
		if (look->error)
			return look->error;
		if (is_it && s->flags & FINAL) {
			*answer->ret = *look->ret;
			return 1;
		}
		if (is_it)
			add_answer(answer, look->ret, s);
	}
	return 0;
}

/* The same for all windows, as far as they have to be read */
static int try_windows(struct look *look, uint8_t block[WINDOW_BYTES],
		       struct answer *answer, const char **ret_table)
{
	enum { WINDOWS = sizeof(windows) / sizeof(*windows) };
	const struct probe_source *source = look->source;
	int r = 0;

	for (unsigned w = 0; w <= WINDOWS && r == 0; w++) {
		uint64_t left;
		long n;

		if (1 << w > AT_64K &&
		    (answer->ret->use != PROBE_NOTHING || *ret_table))
			break;
		if (w < WINDOWS) {
			if (windows[w].at >= source->bytes)
				continue;
			memset(block, 0, WINDOW_BYTES);
			left = source->bytes - windows[w].at;
			n = source->read(source->ctx, windows[w].at, block,
					 left < windows[w].bytes
						 ? (size_t)left
						 : windows[w].bytes);
			if (n < 0)
				return (int)n;
			look->at = windows[w].at;
			look->swap_at = windows[w].swap_at;
		}
		if (!w)
			*ret_table = table_type(block);
		r = try_signatures(look, w, answer);
	}
	return r;
}

int probe_content(const struct probe_source *source, struct probe *ret)
{
	uint8_t block[WINDOW_BYTES];
	struct probe found;
	struct look look = { .source = source, .block = block, .ret = &found };
	struct answer answer = { .ret = ret };
	const char *table = NULL;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = try_windows(&look, block, &answer, &table);
	if (r < 0) {
		memset(ret, 0, sizeof(*ret));
		return r;
	}
	if (ret->use == PROBE_NOTHING && table) {
		ret->use = PROBE_TABLE;
		strcpy(ret->type, table);
	}
	return 0;
}

bool probe_uuid_equal(const char *a, const char *b)
{
	bool is_empty = true;

	for (;; a++, b++) {
		while (*a == '-')
			a++;
		while (*b == '-')
			b++;
		if (look_upper((uint8_t)*a) != look_upper((uint8_t)*b))
			return false;
		if (!*a)
			return !is_empty;
		is_empty = false;
	}
}
