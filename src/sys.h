/* SPDX-License-Identifier: MIT */
/*
 * sys.h - every system call pintle makes, as 0 or more, or -errno
 *
 * One thin function per call: no libc wrapper between us and the kernel, no
 * errno, the same on musl, klibc and glibc. It is also the seam where a test
 * can stand: nothing else in src/ talks to the kernel.
 *
 * The calls follow their manual pages; only what differs is said here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux.h"

/* What pintle asks of statx(2), Linux 5.8 for the last two. */
struct sys_stat {
	uint64_t dev; /* major << 32 | minor */
	uint64_t ino;
	uint64_t size;	/* bytes */
	uint64_t bytes; /* allocated */
	uint64_t mnt_id;
	uint32_t mode;
	uint32_t nlink;
	uint64_t rdev; /* major << 32 | minor */
	bool mount_root;
};

#define SYS_DEV(major, minor) ((uint64_t)(major) << 32 | (uint32_t)(minor))

int sys_open(int dir, const char *path, int flags, unsigned mode);
/* open with @resolve (LINUX_RESOLVE_*), see openat2(2), Linux 5.6 */
int sys_open_in(int dir, const char *path, int flags, uint64_t resolve);
int sys_close(int fd);
long sys_read(int fd, void *buf, size_t len);
long sys_pread(int fd, void *buf, size_t len, uint64_t offset);
long sys_write(int fd, const void *buf, size_t len);
int sys_stat(int dir, const char *path, int flags, struct sys_stat *ret_st);
int sys_statfs(int fd, struct linux_statfs *ret_st);
int sys_access(int dir, const char *path, int mode);
long sys_readlink(int dir, const char *path, char *buf, size_t len);
long sys_getdents(int fd, void *buf, size_t len);
int sys_rewind(int fd);
int sys_mkdir(int dir, const char *path, unsigned mode);
int sys_unlink(int dir, const char *path, int flags);
int sys_rename(const char *from, const char *to);
int sys_dup3(int from, int to, int flags);
int sys_is_open(int fd);
int sys_close_range_cloexec(unsigned first);
long sys_ioctl(int fd, unsigned long request, void *arg);

int sys_mount(const char *source, const char *target, const char *type,
	      unsigned long flags, const char *data);
int sys_umount(const char *target, int flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_chroot(const char *path);
int sys_chdir(const char *path);
int sys_fchdir(int fd);
/* move what is mounted at @from to the directory @to, both by descriptor */
int sys_move_mount(int from, int to);

int sys_finit_module(int fd, const char *params, int flags);
int sys_uevent_socket(int receive_bytes);
/* one datagram and the port id of who sent it (0: the kernel) */
long sys_recv_from(int fd, void *buf, size_t len, uint32_t *ret_port);

int64_t sys_now_us(void); /* CLOCK_MONOTONIC */
/* wait until @fd is readable or @deadline_us (0: for ever): 1, 0 at the end */
int sys_wait_readable(int fd, int64_t deadline_us);
/* wait for a child to end or @deadline_us (0: for ever); reaps nothing */
int sys_wait_sigchld(int64_t deadline_us);
int sys_block_sigchld(bool block);

int sys_getpid(void);
int sys_fork(void);
int sys_wait(int pid, int *ret_status, int flags);
int sys_setsid(void);
int sys_nice(int value);
int sys_execveat(int dir, const char *path, char *const argv[],
		 char *const envp[], int flags);
int sys_restart(void);
void sys_sync(void);
__attribute__((noreturn)) void sys_exit(int status);
/* uname(2)'s release */
int sys_release(char *buf, size_t len);

static inline void sys_auto_close(const int *fd)
{
	if (*fd >= 0)
		(void)sys_close(*fd);
}
#define _auto_close __attribute__((cleanup(sys_auto_close)))
