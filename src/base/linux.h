/* SPDX-License-Identifier: MIT */
/*
 * linux.h - kernel ABI that the headers of musl and klibc lack
 *
 * Debian's musl-gcc finds no linux/ headers, and klibc's contradict each other.
 * So the numbers that pintle needs are here, each with its file in Linux 6.1.
 * Only this file, sys.c and syscall.h may ask which C library this is.
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
#define LINUX_MS_REMOUNT     32
#define MS_REC		     16384
#define MS_PRIVATE	     (1 << 18)
#define MS_SHARED	     (1 << 20)
#define LINUX_MS_SLAVE	     (1 << 19)
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
#ifndef MNT_EXPIRE
#define MNT_EXPIRE 4
#endif
#ifndef UMOUNT_NOFOLLOW
#define UMOUNT_NOFOLLOW 8
#endif
#define LINUX_OPEN_TREE_CLONE	      1
#define LINUX_MOVE_MOUNT_F_EMPTY_PATH 0x04
#define LINUX_MOVE_MOUNT_T_EMPTY_PATH 0x40
#define LINUX_MOVE_MOUNT_BENEATH      0x200 /* Linux 6.5 */

/* include/uapi/linux/inotify.h */
struct linux_inotify_event {
	int32_t wd;
	uint32_t mask, cookie, len;
	char name[];
};
#define LINUX_IN_MOVED_FROM 0x40
#define LINUX_IN_MOVED_TO   0x80
#define LINUX_IN_CREATE	    0x100
#define LINUX_IN_DELETE	    0x200
#define LINUX_IN_Q_OVERFLOW 0x4000
#define LINUX_IN_ONLYDIR    0x1000000

/* include/uapi/linux/openat2.h */
struct linux_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define LINUX_RESOLVE_NO_XDEV	    0x01
#define LINUX_RESOLVE_NO_MAGICLINKS 0x02
#define LINUX_RESOLVE_NO_SYMLINKS   0x04
#define LINUX_RESOLVE_BENEATH	    0x08
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
#define LINUX_STATX_MNT_ID_UNIQUE   0x4000 /* Linux 6.8 */
#define LINUX_STATX_ATTR_MOUNT_ROOT 0x2000 /* Linux 5.8 */
#define LINUX_AT_NO_AUTOMOUNT	    0x800
#define LINUX_AT_STATX_DONT_SYNC    0x4000 /* include/uapi/linux/fcntl.h */

/* include/uapi/linux/mount.h, Linux 6.12: statmount and listmount (6.8), of
 * another namespace since 6.11. Numbers: the table common to all architectures
 * (scripts/syscall.tbl). */
#define LINUX_NR_STATMOUNT 457
#define LINUX_NR_LISTMOUNT 458
struct linux_mnt_id_req {
	uint32_t size, spare;
	uint64_t mnt_id;
	uint64_t param; /* statmount: mask; listmount: after this id */
	uint64_t mnt_ns_id;
};
#define LINUX_STATMOUNT_SB_BASIC  0x01
#define LINUX_STATMOUNT_MNT_BASIC 0x02
struct linux_statmount {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint64_t spare[57]; /* room for what later kernels know */
};
/* include/uapi/linux/nsfs.h, Linux 6.11: the id that both want */
#define LINUX_NS_GET_MNTNS_ID 0x8008b705

/* include/uapi/linux/fs.h, Linux 6.11: ask /proc/PID/maps for one mapping */
#define LINUX_PROCMAP_QUERY   0xc0686611
#define LINUX_PROCMAP_OR_NEXT 0x10
#define LINUX_PROCMAP_FILE    0x20
struct linux_procmap_query {
	uint64_t size, flags, addr;
	uint64_t start, end, vma_flags, page_size, offset, ino;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};

/* include/uapi/linux/kcmp.h */
#define LINUX_KCMP_FILE	 0
#define LINUX_KCMP_VM	 1
#define LINUX_KCMP_FILES 2
#define LINUX_KCMP_FS	 3

/* include/uapi/linux/memfd.h; NOEXEC_SEAL and EXEC since Linux 6.3 */
#define LINUX_MFD_CLOEXEC     1
#define LINUX_MFD_NOEXEC_SEAL 8
#define LINUX_MFD_EXEC	      0x10

/* include/linux/sched.h: the flags in /proc/PID/stat */
#define LINUX_PF_IO_WORKER	 0x00000010
#define LINUX_PF_KTHREAD	 0x00200000
#define LINUX_AT_STATX_DONT_SYNC 0x4000

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
#define LINUX_RAMFS_MAGIC      0x858458f6
#define LINUX_TMPFS_MAGIC      0x01021994
#define LINUX_PROC_SUPER_MAGIC 0x9fa0
#define LINUX_SYSFS_MAGIC      0x62656572

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
#define LINUX_NETLINK_SOCK_DIAG	     4

/* include/uapi/linux/netlink.h, sock_diag.h and unix_diag.h */
struct linux_nlmsghdr {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, port;
};
#define LINUX_NLMSG_DONE	  3
#define LINUX_NLM_F_DUMP_REQUEST  0x301
#define LINUX_SOCK_DIAG_BY_FAMILY 20
struct linux_unix_diag_req {
	uint8_t family, protocol;
	uint16_t pad;
	uint32_t states, ino, show, cookie[2];
};
#define LINUX_UDIAG_SHOW_NAME 1
#define LINUX_UDIAG_SHOW_VFS  2
struct linux_unix_diag_msg {
	uint8_t family, type, state, pad;
	uint32_t ino, cookie[2];
};
struct linux_nlattr {
	uint16_t len, type;
};
#define LINUX_UNIX_DIAG_NAME 0
#define LINUX_UNIX_DIAG_VFS  1 /* inode, device */

#define LINUX_SO_RCVBUF	     8
#define LINUX_SO_RCVBUFFORCE 33

/* include/uapi/asm-generic/socket.h, include/linux/socket.h */
#define LINUX_SO_PEERCRED  17
#define LINUX_SO_RCVTIMEO  20
#define LINUX_SO_SNDTIMEO  21
#define LINUX_MSG_DONTWAIT 0x40
#define LINUX_MSG_NOSIGNAL 0x4000

/* include/uapi/linux/fadvise.h */
#define LINUX_FADV_RANDOM   1
#define LINUX_FADV_WILLNEED 3

/* include/uapi/linux/fs.h */
#define LINUX_BLKSSZGET	   0x1268
#define LINUX_BLKGETSIZE64 0x80081272

/* include/uapi/linux/hdreg.h */
#define LINUX_HDIO_GET_IDENTITY 0x030d

/* include/uapi/linux/btrfs.h */
#define LINUX_BTRFS_IOC_SCAN_DEV      0x50009404
#define LINUX_BTRFS_IOC_DEVICES_READY 0x90009427
struct linux_btrfs_vol_args {
	int64_t fd;
	char name[4088];
};

/* include/uapi/linux/loop.h; CONFIGURE since Linux 5.8 */
#define LINUX_LOOP_CONFIGURE	 0x4c0a
#define LINUX_LOOP_CTL_GET_FREE	 0x4c82
#define LINUX_LOOP_GET_STATUS64	 0x4c05 /* struct loop_info64 */
#define LINUX_LO_FLAGS_READ_ONLY 1
#define LINUX_LO_FLAGS_AUTOCLEAR 4
struct linux_loop_config {
	uint32_t fd, block_size;
	/* struct loop_info64 */
	uint64_t device; /* of its file */
	uint64_t unused[4];
	uint32_t number, encrypt_type, encrypt_key_size, flags;
	uint8_t names[64 + 64 + 32 + 16];
	uint64_t reserved[8];
};
#define LINUX_LOOP_STATUS(config) (&(config)->device)

/* include/uapi/linux/reboot.h */
#define LINUX_REBOOT_MAGIC1	 0xfee1dead
#define LINUX_REBOOT_MAGIC2	 672274793
#define LINUX_REBOOT_CMD_RESTART 0x01234567
#define LINUX_REBOOT_CMD_HALT	 0xcdef0123
#define LINUX_REBOOT_CMD_OFF	 0x4321fedc

/* include/uapi/linux/sched.h: Linux 2.6.23 */
#define LINUX_SCHED_IDLE 5

/* include/uapi/asm-generic/mman-common.h, and linux/mman.h */
#define LINUX_MADV_NOHUGEPAGE 15
#define LINUX_MAP_SHARED      0x01
#define LINUX_MAP_PRIVATE     0x02
#define LINUX_MAP_ANONYMOUS   0x20
#define LINUX_MAP_NORESERVE   0x4000
#define LINUX_MREMAP_OVER     3 /* MREMAP_MAYMOVE | MREMAP_FIXED */
/* arch/arm64/include/uapi/asm/mman.h */
#define LINUX_PROT_BTI 0x10

/* include/uapi/linux/close_range.h: Linux 5.11 */
#define LINUX_CLOSE_RANGE_CLOEXEC 4

/* include/uapi/asm-generic/siginfo.h, 64 bit: what is sent with sigqueue(3) */
struct linux_siginfo {
	int32_t signo;
	int32_t error;
	int32_t code;
	int32_t pad;
	int32_t pid;
	uint32_t uid;
	int32_t value;
	int32_t value_high;
	int64_t rest[12];
};
#define LINUX_SI_USER	  0
#define LINUX_SI_QUEUE	  (-1)
#define LINUX_SI_TKILL	  (-6)
#define LINUX_CLD_STOPPED 5 /* and below it the other stop, and three ends */
#define LINUX_CLD_TRAPPED 4
/* include/uapi/linux/signalfd.h */
struct linux_signalfd_siginfo {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trapno;
	int32_t status, value;
	uint64_t pointer; /* all of the value */
	uint64_t rest[9];
};

/* include/uapi/asm-generic/signal.h; where the rest is what depends on the
 * architecture, and all zeros serve: 0 is SIG_DFL, 1 SIG_IGN */
struct linux_sigaction {
	uint64_t handler;
	uint64_t rest[3];
};

/* include/uapi/linux/sched.h */
#define LINUX_CLONE_FS	    0x00000200
#define LINUX_CLONE_NEWNS   0x00020000
#define LINUX_CLONE_NEWUSER 0x10000000

/* include/uapi/linux/prctl.h */
#define LINUX_PR_SET_PDEATHSIG 1
#define LINUX_PR_SET_DUMPABLE  4
#define LINUX_PR_SET_NAME      15
#define LINUX_PR_GET_NAME      16
#define LINUX_PR_CAPBSET_READ  23
#define LINUX_PR_CAPBSET_DROP  24
#define LINUX_PR_SET_MM	       35
#define LINUX_PR_SET_MM_EXE    13
#define LINUX_PR_SET_MM_MAP    14
#define LINUX_PR_SET_PTRACER   0x59616d61

/* include/uapi/asm-generic/ioctls.h */
#define LINUX_TIOCSCTTY	 0x540E
#define LINUX_TCGETS	 0x5401
#define LINUX_TCSETS	 0x5402
#define LINUX_TCFLSH	 0x540B
#define LINUX_TIOCOUTQ	 0x5411
#define LINUX_TIOCGWINSZ 0x5413
/* include/uapi/asm-generic/termios.h */
struct linux_winsize {
	uint16_t rows, columns, unused[2];
};
/* include/uapi/asm-generic/termbits-common.h */
#define LINUX_IGNCR    0x080
#define LINUX_INLCR    0x040
#define LINUX_ICRNL    0x100
#define LINUX_TCOFLUSH 1ul
/* include/uapi/asm-generic/termbits.h: of struct termios */
#define LINUX_ISIG   0x00001
#define LINUX_ICANON 0x00002
#define LINUX_ECHO   0x00008
#define LINUX_ECHONL 0x00040
#define LINUX_IEXTEN 0x08000
#define LINUX_VTIME  5
#define LINUX_VMIN   6
struct linux_termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line;
	uint8_t cc[47]; /* more than the kernel has */
};

/* include/uapi/linux/cdrom.h */
#define LINUX_CDROM_DRIVE_STATUS 0x5326
#define LINUX_CDSL_CURRENT	 0x7fffffff
#define LINUX_CDS_NO_DISC	 1
#define LINUX_CDS_TRAY_OPEN	 2

/* include/uapi/linux/ptrace.h; SUSPEND_SECCOMP since Linux 4.3, the rseq
 * configuration since 5.13, that of Syscall User Dispatch since 6.4 */
#define LINUX_PTRACE_PEEKDATA	       2
#define LINUX_PTRACE_CONT	       7
#define LINUX_PTRACE_GETREGS	       12 /* x86 */
#define LINUX_PTRACE_SETREGS	       13 /* x86 */
#define LINUX_PTRACE_DETACH	       17
#define LINUX_PTRACE_SYSCALL	       24
#define LINUX_PTRACE_GETREGSET	       0x4204
#define LINUX_PTRACE_SETREGSET	       0x4205
#define LINUX_PTRACE_SETOPTIONS	       0x4200
#define LINUX_PTRACE_GETSIGINFO	       0x4202
#define LINUX_PTRACE_SEIZE	       0x4206
#define LINUX_PTRACE_INTERRUPT	       0x4207
#define LINUX_PTRACE_PEEKSIGINFO       0x4209
#define LINUX_PTRACE_GETSIGMASK	       0x420a
#define LINUX_PTRACE_SETSIGMASK	       0x420b
#define LINUX_PTRACE_GET_RSEQ	       0x420f
#define LINUX_PTRACE_SET_DISPATCH      0x4210
#define LINUX_PTRACE_GET_DISPATCH      0x4211
#define LINUX_PTRACE_O_TRACESYSGOOD    1
#define LINUX_PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#define LINUX_PTRACE_EVENT_STOP	       128
struct linux_ptrace_peek {
	uint64_t from;
	uint32_t shared; /* 1: of the process, 0: of the thread */
	int32_t count;
};
struct linux_ptrace_rseq {
	uint64_t rseq;
	uint32_t size, signature, flags, pad;
};
/* struct ptrace_sud_config; its mode is PR_SYS_DISPATCH_* of prctl.h */
struct linux_ptrace_dispatch {
	uint64_t mode; /* 0: off */
	uint64_t selector, offset, len;
};
/* include/uapi/linux/rseq.h */
#define LINUX_RSEQ_CS_OFFSET 8
struct linux_rseq_cs {
	uint32_t version, flags;
	uint64_t start, length, abort;
};
/* include/uapi/linux/elf.h */
#define LINUX_NT_PRSTATUS	 1
#define LINUX_NT_ARM_SYSTEM_CALL 0x404
/* include/uapi/linux/wait.h */
#define LINUX_P_PID   1
#define LINUX_WNOWAIT 0x01000000
#define LINUX_WALL    0x40000000
/* include/uapi/linux/kcmp.h */
#define LINUX_KCMP_FS 3
/* include/linux/sched.h */
#define LINUX_PF_KTHREAD 0x00200000
/* include/uapi/linux/capability.h; the sets as sys.h has them */
#define LINUX_CAP_SETPCAP	   8
#define LINUX_CAP_SYS_MODULE	   16
#define LINUX_CAP_SYS_CHROOT	   18
#define LINUX_CAP_SYS_PTRACE	   19
#define LINUX_CAP_SYS_ADMIN	   21
#define LINUX_CAPABILITY_VERSION_3 0x20080522
struct linux_capabilities {
	uint64_t effective, permitted, inheritable;
};
