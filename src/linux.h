/* SPDX-License-Identifier: MIT */
/*
 * linux.h - kernel ABI that the headers of musl and klibc lack
 *
 * Debian's musl-gcc sees no linux/ headers and klibc's contradict each other,
 * so the numbers pintle needs stand here, each with its file in Linux 6.1.
 * Only this file and syscall.h may ask which libc or architecture this is.
 */
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>

/* include/uapi/linux/fcntl.h */
#ifndef AT_FDCWD
#define AT_FDCWD (-100)
#endif
#ifndef AT_SYMLINK_NOFOLLOW
#define AT_SYMLINK_NOFOLLOW 0x100
#endif
#ifndef AT_REMOVEDIR
#define AT_REMOVEDIR 0x200
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
/* include/uapi/asm-generic/fcntl.h */
#ifndef O_PATH
#define O_PATH 010000000
#endif

/* include/uapi/linux/mount.h */
#undef MS_RDONLY
#undef MS_NOSUID
#undef MS_NODEV
#undef MS_NOEXEC
#undef MS_BIND
#undef MS_MOVE
#undef MS_REC
#undef MS_PRIVATE
#undef MS_SHARED
#define MS_RDONLY	     1
#define MS_NOSUID	     2
#define MS_NODEV	     4
#define MS_NOEXEC	     8
#define MS_BIND		     4096
#define MS_MOVE		     8192
#define MS_REC		     16384
#define MS_PRIVATE	     (1 << 18)
#define MS_SHARED	     (1 << 20)
#define LINUX_MS_SYNCHRONOUS 16
#define LINUX_MS_MANDLOCK    64
#define LINUX_MS_DIRSYNC     128
#define LINUX_MS_NOSYMFOLLOW 256
#define LINUX_MS_NOATIME     1024
#define LINUX_MS_NODIRATIME  2048
#define LINUX_MS_SILENT	     32768
#define LINUX_MS_RELATIME    (1 << 21)
#define LINUX_MS_I_VERSION   (1 << 23)
#define LINUX_MS_STRICTATIME (1 << 24)
#define LINUX_MS_LAZYTIME    (1 << 25)
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#define LINUX_OPEN_TREE_CLONE	      1
#define LINUX_MOVE_MOUNT_F_EMPTY_PATH 0x04
#define LINUX_MOVE_MOUNT_T_EMPTY_PATH 0x40

/* include/uapi/linux/openat2.h */
struct linux_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define LINUX_RESOLVE_NO_XDEV	    0x01
#define LINUX_RESOLVE_NO_MAGICLINKS 0x02
#define LINUX_RESOLVE_IN_ROOT	    0x10

/* include/uapi/linux/stat.h */
struct linux_statx_timestamp {
	int64_t tv_sec;
	uint32_t tv_nsec;
	int32_t reserved;
};
struct linux_statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, spare0;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct linux_statx_timestamp stx_times[4];
	uint32_t stx_rdev_major, stx_rdev_minor;
	uint32_t stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id;
	uint64_t spare2[13];
};
#define LINUX_STATX_BASIC_STATS	    0x07ff
#define LINUX_STATX_MNT_ID	    0x1000 /* Linux 5.8 */
#define LINUX_STATX_ATTR_MOUNT_ROOT 0x2000 /* Linux 5.8 */
#define LINUX_AT_NO_AUTOMOUNT	    0x800

/* include/linux/dirent.h */
struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};
#define LINUX_DT_UNKNOWN 0
#define LINUX_DT_DIR	 4

/* include/uapi/asm-generic/statfs.h, 64 bit */
struct linux_statfs {
	int64_t f_type, f_bsize;
	uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	int32_t f_fsid[2];
	int64_t f_namelen, f_frsize, f_flags, f_spare[4];
};
#define LINUX_ST_RDONLY 0x01
#define LINUX_ST_NOEXEC 0x08
/* include/uapi/linux/magic.h */
#define LINUX_RAMFS_MAGIC 0x858458f6
#define LINUX_TMPFS_MAGIC 0x01021994

/* include/uapi/linux/module.h: flag 4 since Linux 5.17 */
#define LINUX_MODULE_INIT_COMPRESSED_FILE 4

/* include/uapi/linux/netlink.h, include/linux/kobject.h */
struct linux_sockaddr_nl {
	uint16_t nl_family;
	uint16_t nl_pad;
	uint32_t nl_pid;
	uint32_t nl_groups;
};
#define LINUX_NETLINK_KOBJECT_UEVENT 15
#define LINUX_SO_RCVBUF		     8
#define LINUX_SO_RCVBUFFORCE	     33

/* include/uapi/linux/fs.h */
#define LINUX_BLKSSZGET	   0x1268
#define LINUX_BLKGETSIZE64 0x80081272

/* include/uapi/linux/reboot.h */
#define LINUX_REBOOT_MAGIC1	 0xfee1dead
#define LINUX_REBOOT_MAGIC2	 672274793
#define LINUX_REBOOT_CMD_RESTART 0x01234567

/* include/uapi/linux/close_range.h: Linux 5.11 */
#define LINUX_CLOSE_RANGE_CLOEXEC 4

/* include/uapi/asm-generic/ioctls.h */
#define LINUX_TIOCSCTTY 0x540E
#define LINUX_TCGETS	0x5401
