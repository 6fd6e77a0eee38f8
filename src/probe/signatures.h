/* SPDX-License-Identifier: MIT */
/*
 * signatures.h - what a device may hold: a row for each mark
 *
 *	SIGNATURE(function, row)  the function that looks more closely
 *	AGAIN(function, row)      the same function as in a row above
 *	PLAIN(row)                the mark is all that there is to see
 *
 * look.h makes the prototypes of the functions from the rows, and probe.c, which
 * says what the fields are, the table.
 *
 * Offsets are counted from the start of the window, and 0 means that there is no
 * such field. The order is blkid's. Members come first, because the first one
 * that is found is the answer.
 */
SIGNATURE(probe_md, FRONT, MEMBER, 0, 8, 0, 0, 0, 0, "", "linux_raid_member")
SIGNATURE(probe_vendor_raid, FRONT, MEMBER, 0, 64, 0, 0, 0, 0, "", "")
SIGNATURE(probe_hpt37x, FRONT, MEMBER, 0x1220, 64, 0, 0, 0, 4,
	  "\xf0\x16\x78\x5a", "hpt37x_raid_member")
AGAIN(probe_hpt37x, FRONT, MEMBER, 0x1220, 64, 0, 0, 0, 4, "\xfd\x16\x78\x5a",
      "hpt37x_raid_member")
SIGNATURE(probe_bcache, FRONT, MEMBER, 0x1018, 8, 0x1028, 0, 0, 16,
	  "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	  "bcache")
PLAIN(FRONT, MEMBER, 0, 1, 0, 0, 0, 22, "bluestore block device",
      "ceph_bluestore")
SIGNATURE(probe_drbd, FRONT, MEMBER, 0, 64, 0, 0, 0, 0, "", "drbd")
SIGNATURE(probe_drbdmanage, FRONT, MEMBER, 0, 64, 0, 0, 0, 10, "$DRBDmgr=q",
	  "drbdmanage_control_volume")
PLAIN(FRONT, MEMBER, 0, 16, 0x10, 0, 0, 8, "DRBDdlh*", "drbdproxy_datalog")
SIGNATURE(probe_lvm2, FRONT, MEMBER, 0, 4, 0, 0, 0, 0, "", "LVM2_member")
SIGNATURE(probe_lvm1, FRONT, MEMBER, 0, 1, 0, 0, 0, 2, "HM", "LVM1_member")
PLAIN(FRONT, PROBE_MEMBER, 0, 0, 1, 0, 0, 0, 4, "SnAp", "DM_snapshot_cow")
SIGNATURE(probe_verity, FRONT, MEMBER, 0, 1, 0x10, 0, 0, 8, "verity\0",
	  "DM_verity_hash")
PLAIN(FRONT, MEMBER, 0, 1, 0, 0, 0, 8, "integrt", "DM_integrity")
SIGNATURE(probe_luks, FRONT, MEMBER, 0, 1, 0, 0, 0, 6, "LUKS\xba\xbe",
	  "crypto_LUKS")
SIGNATURE(probe_vmfs_volume, FRONT, MEMBER, 0, 1024, 0, 0, 0, 0, "",
	  "VMFS_volume_member")
SIGNATURE(probe_ubi, FRONT, MEMBER, 0, 1, 0, 0, 0, 4, "UBI#", "ubi")
PLAIN(FRONT, MEMBER, 0, 1, 0x28, 0, 0, 8, "dmvdo001", "vdo")
SIGNATURE(probe_stratis, FRONT, MEMBER, 0, 8, 0, 0, 0, 0, "", "stratis")
SIGNATURE(probe_bitlocker, FRONT, MEMBER, 3, 1, 0, 0, 0, 8, "-FVE-FS-",
	  "BitLocker")
AGAIN(probe_bitlocker, FRONT, MEMBER, 3, 1, 0, 0, 0, 8, "MSWIN4.1", "BitLocker")
SIGNATURE(probe_cs_fvault2, FRONT, MEMBER, 0x58, 1, 0, 0, 0, 2, "CS",
	  "cs_fvault2")
SIGNATURE(probe_luks_again, AT_16K | AT_32K | AT_64K | BEYOND, MEMBER, LEAD, 1,
	  0, 0, 0, 6, "SKUL\xba\xbe", "crypto_LUKS")

SIGNATURE(probe_vfat, FRONT, TOLERED, 0, 1, 0, 0, 0, 0, "", "vfat")
SIGNATURE(probe_swap, PAGES, PROBE_SWAP, 0, 0, 40, 0, 0, 0, 0, "", "swap")
SIGNATURE(probe_xfs, FRONT, FILES, 0, 1, 0x20, 0x6c, 12, 4, "XFSB", "xfs")
AGAIN(probe_xfs, FRONT, FILES, 0, 1, 0x20, 0x6c, 12, 4, "EXFS", "exfs")
SIGNATURE(probe_ext, FRONT, FILES, 0x438, 2, 0x468, 0x478, 16, 2, "\x53\xef",
	  "ext2")
SIGNATURE(probe_reiserfs, AT_64K, FILES, LEAD + 0x34, 128, 0, 0, 0, 8,
	  "ReIsErFs", "reiserfs")
AGAIN(probe_reiserfs, AT_64K, FILES, LEAD + 0x34, 128, 0, 0, 0, 9, "ReIsEr2Fs",
      "reiserfs")
AGAIN(probe_reiserfs, AT_64K, FILES, LEAD + 0x34, 128, 0, 0, 0, 9, "ReIsEr3Fs",
      "reiserfs")
SIGNATURE(probe_reiserfs_35, AT_8K, FILES, LEAD + 0x34, 128, 0, 0, 0, 8,
	  "ReIsErFs", "reiserfs")
PLAIN(AT_64K, FILES, LEAD, 128, LEAD + 0x14, LEAD + 0x24, 16, 7, "ReIsEr4",
      "reiser4")
SIGNATURE(probe_jfs, AT_32K, FILES, LEAD, 16384, LEAD + 0x88, LEAD + 0x98, 16,
	  4, "JFS1", "jfs")
SIGNATURE(probe_udf, AT_32K, TOLERED, 0, 34, 0, 0, 0, 0, "", "udf")
SIGNATURE(probe_iso, AT_32K, TOLERED, LEAD + 1, 34, 0, 0, 0, 5, "CD001",
	  "iso9660")
/* As blkid, this is not final: a file system beside it may be older or
 * newer. */
SIGNATURE(probe_zfs, AT_16K, PROBE_MEMBER, 0, LEAD, 65535, 0, 0, 0, 1, "\1",
	  "zfs_member")
SIGNATURE(probe_hfsplus, FRONT, FILES, 0x400, 2, 0, 0, 0, 1, "H", "hfsplus")
AGAIN(probe_hfsplus, FRONT, FILES, 0x400, 2, 0, 0, 0, 2, "BD", "hfsplus")
SIGNATURE(probe_hfs, FRONT, TOLERED, 0x400, 2, 0, 0, 0, 2, "BD", "hfs")
SIGNATURE(probe_ufs, FRONT | AT_8K | AT_64K | AT_256K, FILES, 0, 1, 0, 0, 0, 0,
	  "", "ufs")
SIGNATURE(probe_hpfs, AT_8K, FILES, LEAD, 10, 0, 0, 0, 4, "\x49\xe8\x95\xf9",
	  "hpfs")
SIGNATURE(probe_sysv, LAST, FILES, 0, 1, 0, 0, 0, 0, "", "sysv")
SIGNATURE(probe_xenix, FRONT, FILES, 0x7f8, 2, 0, 0, 0, 4, "\x44\x55\x2b",
	  "xenix")
AGAIN(probe_xenix, FRONT, FILES, 0x7f9, 2, 0, 0, 0, 3, "\x2b\x55\x44", "xenix")
SIGNATURE(probe_ntfs, FRONT, FILES, 3, 1, 0, 0, 0, 8, "NTFS    ", "ntfs")
PLAIN(FRONT, FILES, 0, 1, 0, 0, 0, 8, "\0\0\0ReFS", "ReFS")
SIGNATURE(probe_cramfs, FRONT, FILES, 0, 1, 0, 0x30, 16, 4, "\x45\x3d\xcd\x28",
	  "cramfs")
AGAIN(probe_cramfs, FRONT, FILES, 0, 1, 0, 0x30, 16, 4, "\x28\xcd\x3d\x45",
      "cramfs")
SIGNATURE(probe_romfs, FRONT, FILES, 0, 1, 0, 0x10, 16, 8, "-rom1fs-", "romfs")
SIGNATURE(probe_scoutfs_meta, AT_64K, FILES, LEAD + 4, 128, 0, 0, 0, 4,
	  "\x8b\x42\x3c\x10", "scoutfs_meta")
/* The metadata are on another device, which is the one to mount. */
SIGNATURE(probe_scoutfs_data, AT_64K, MEMBER, LEAD + 4, 128, 0, 0, 0, 4,
	  "\x8b\x42\x3c\x10", "scoutfs_data")
SIGNATURE(probe_minix, FRONT, FILES, 0, 2, 0, 0, 0, 0, "", "minix")
SIGNATURE(probe_gfs, AT_64K, FILES, LEAD, 32768, LEAD + 0x100, LEAD + 0xa0, 64,
	  4, "\x01\x16\x19\x70", "gfs")
SIGNATURE(probe_gfs2, AT_64K, FILES, LEAD, 32768, LEAD + 0x100, LEAD + 0xa0, 64,
	  4, "\x01\x16\x19\x70", "gfs2")
SIGNATURE(probe_ocfs, AT_8K, FILES, LEAD + 8, 14000, 0, 0, 0, 9, "OracleCFS",
	  "ocfs")
SIGNATURE(probe_ocfs2, FRONT | AT_8K, FILES, 0, 14000, 0, 0, 0, 0, "", "ocfs2")
PLAIN(FRONT, MEMBER, 0x20, 1, 0, 0x28, 24, 8, "ORCLDISK", "oracleasm")
PLAIN(FRONT, FILES, 0x400, 2, 0, 0, 0, 4, "\xf5\xfc\x01\xa5", "vxfs")
PLAIN(AT_8K, FILES, LEAD, 1, 0, 0, 0, 4, "\xa5\x01\xfc\xf5", "vxfs")
SIGNATURE(probe_squashfs, FRONT, FILES, 0, 1, 0, 0, 0, 4, "hsqs", "squashfs")
SIGNATURE(probe_squashfs3, FRONT, FILES, 0, 1, 0, 0, 0, 4, "sqsh", "squashfs3")
AGAIN(probe_squashfs3, FRONT, FILES, 0, 1, 0, 0, 0, 4, "hsqs", "squashfs3")
PLAIN(FRONT, FILES, 0x1000, 8, 0x115c, 0, 0, 4, "SPB5", "nss")
/* The UUID is that of the file system, not the copy that is about the
 * device, which may be the older metadata UUID (btrfstune -m). */
SIGNATURE(probe_btrfs, AT_64K, FILES, LEAD + 0x40, 1024, LEAD + 0x20,
	  LEAD + 0x12b, 255, 8, "_BHRfS_M", "btrfs")
SIGNATURE(probe_ubifs, FRONT, FILES, 0, 4, 0x6c, 0, 0, 4, "\x31\x18\x10\x06",
	  "ubifs")
PLAIN(FRONT, FILES, 0, 1, 0, 0, 0, 4, "\xce\xfa\xad\x1b", "bfs")
SIGNATURE(probe_vmfs, AT_2M, FILES, LEAD, 1, 0, 0, 0, 4, "\x5e\xf1\xab\x2f",
	  "VMFS")
SIGNATURE(probe_befs, FRONT, FILES, 0, 1440, 0, 0, 0, 0, "", "befs")
SIGNATURE(probe_nilfs2, FRONT, FILES, 0, 1024, 0, 0, 0, 0, "", "nilfs2")
SIGNATURE(probe_exfat, FRONT, FILES, 3, 1, 0, 0, 0, 8, "EXFAT   ", "exfat")
SIGNATURE(probe_f2fs, FRONT, FILES, 0x400, 4, 0x46c, 0, 0, 4,
	  "\x10\x20\xf5\xf2", "f2fs")
SIGNATURE(probe_mpool, FRONT, MEMBER, 0, 1, 0, 0, 0, 8, "mpoolDev", "mpool")
SIGNATURE(probe_apfs, FRONT, FILES, 0x20, 4, 0x48, 0, 0, 4, "NXSB", "apfs")
SIGNATURE(probe_zonefs, FRONT, FILES, 0, 4, 0x28, 0x08, 32, 4, "SFOZ", "zonefs")
SIGNATURE(probe_erofs, FRONT, FILES, 0x400, 2, 0x430, 0x440, 16, 4,
	  "\xe2\xe1\xf5\xe0", "erofs")
/* the second: images from before 2020 */
SIGNATURE(probe_bcachefs, FRONT, FILES, 0x1018, 128, 0x1038, 0x1048, 32, 16,
	  "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
	  "bcachefs")
AGAIN(probe_bcachefs, FRONT, FILES, 0x1018, 128, 0x1038, 0x1048, 32, 16,
      "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
      "bcachefs")
/* Like a journal of ext, this is a member, and not final. */
SIGNATURE(probe_xfs_log, LAST, PROBE_MEMBER, 0, 0, 10240, 0, 0, 0, 0, "",
	  "xfs_external_log")
