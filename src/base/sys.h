/* SPDX-License-Identifier: MIT */
/*
 * sys.h - every system call pintle makes, as 0 or more, or -errno
 *
 * There is one thin function for each call, without a wrapper of the C library
 * and without errno, so that musl, klibc and glibc behave alike. Nothing else
 * in src/ calls the kernel, so a test can stand in its place here.
 *
 * The functions follow the manual pages of their calls; comments say only what
 * differs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/linux.h"

/* What pintle asks of statx(2), Linux 5.8 for the last two. */
struct sys_stat {
	uint64_t dev; /* major << 32 | minor */
	uint64_t ino;
	uint64_t size;	/* bytes */
	uint64_t bytes; /* allocated */
	uint64_t mnt_id;
	uint32_t mode;
	uint32_t nlink;
	uint32_t uid, gid;
	uint64_t rdev; /* major << 32 | minor */
	bool mount_root;
};

#define SYS_DEV(major, minor) ((uint64_t)(major) << 32 | (uint32_t)(minor))

int sys_open(int dir, const char *path, int flags, unsigned mode);
/* open with @resolve (LINUX_RESOLVE_*), see openat2(2), Linux 5.6 */
int sys_open_in(int dir, const char *path, int flags, uint64_t resolve);
int sys_close(int fd); /* -EBADF for a number below 0, as a failed open has */
/* copy what follows in @from to @to, as much as one call does: bytes, 0 at the
 * end. Unlike copy_file_range(2) it works between kinds of file systems. */
long sys_sendfile(int to, int from);
long sys_read(int fd, void *buf, size_t len);
long sys_pread(int fd, void *buf, size_t len, uint64_t offset);
long sys_pwrite(int fd, const void *buf, size_t len, uint64_t offset);
/* @advice: LINUX_FADV_*, posix_fadvise(2) */
int sys_fadvise(int fd, uint64_t offset, uint64_t len, int advice);
long sys_write(int fd, const void *buf, size_t len);
int sys_stat(int dir, const char *path, int flags, struct sys_stat *ret_st);
int sys_fstat(int fd, struct sys_stat *ret_st);
/*
 * Answer from what the kernel knows, without asking the server of a FUSE or NFS
 * (AT_STATX_DONT_SYNC). For a FUSE that lets nobody in, not even root, only
 * dev, mnt_id and mount_root are known, and the rest is 0 (fs/fuse/dir.c,
 * fuse_getattr).
 */
int sys_stat_cached(int dir, const char *path, struct sys_stat *ret_st);
/* The same by descriptor, with only those fields that are known for a FUSE that
 * lets nobody in. */
int sys_fstat_shut(int fd, struct sys_stat *ret_st);
/* the id of a mount that is never reused, Linux 6.8: 0 or -errno */
int sys_mount_id(int dir, const char *path, uint64_t *ret_id);
/* look up a mount by that id in the namespace @ns_id, Linux 6.11 */
int sys_statmount(uint64_t id, uint64_t ns_id, struct linux_statmount *ret_st);
/* ids of the mounts below @id that come after @last: how many, 0 at the end */
long sys_listmount(uint64_t id, uint64_t ns_id, uint64_t last, uint64_t *ret,
		   size_t count);
int sys_statfs(int fd, struct linux_statfs *ret_st);
int sys_access(int dir, const char *path, int mode);
long sys_readlink(int dir, const char *path, char *buf, size_t len);
long sys_getdents(int fd, void *buf, size_t len);
int sys_rewind(int fd);
int sys_seek_end(int fd);
int sys_seek(int fd, uint64_t offset);
int sys_mkdir(int dir, const char *path, unsigned mode);
int sys_symlink(const char *target, int dir, const char *path);
/* by descriptor only, because a path may lead elsewhere by then; the type bits
 * of @mode are ignored */
int sys_fchmod(int fd, unsigned mode);
int sys_fchown(int fd, uint32_t uid, uint32_t gid);
int sys_unlink(int dir, const char *path, int flags);
int sys_rename(const char *from, const char *to);
/* both names are in @dir */
int sys_rename_in(int dir, const char *from, const char *to);
int sys_pipe(int ret_ends[2]); /* read, write; both close on exec */
int sys_dup3(int from, int to, int flags);
/* a copy that is at least @least, and closes on exec */
int sys_copy_fd(int fd, int least);
/* Do without huge pages: few of our megabytes of buffers are used, and each
 * huge page would be two megabytes that have to be cleared. One would even stay
 * for good: the zero page (mm/huge_memory.c). */
void sys_small_pages(void);
int sys_close_range_cloexec(unsigned first);
int sys_close_from(unsigned first); /* Linux 5.9; see io_close_from() */
/* all descriptors are lower than this number: at most 2^20, or -errno */
int sys_descriptor_limit(void);
long sys_ioctl(int fd, unsigned long request, void *arg);

int sys_mount(const char *source, const char *target, const char *type,
	      unsigned long flags, const char *data);
int sys_umount(const char *target, int flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_chroot(const char *path);
int sys_chdir(const char *path);
int sys_fchdir(int fd);
/* Returns the length with the NUL, or -errno: getcwd(2), "C library/kernel
 * differences"; a directory outside of the root begins with "(unreachable)". */
int sys_getcwd(char *buf, size_t size);
/* copy the mount at @fd with all mounts below it; it is mounted nowhere yet */
int sys_clone_mount(int fd);
/* the same without the mounts below it, so that the places show */
int sys_clone_one_mount(int fd);
/* move what is mounted at @from to the directory @to, both by descriptor */
int sys_move_mount(int from, int to);
/* the same, but below the mount whose root @to is, Linux 6.5 */
int sys_move_mount_beneath(int from, int to);
/* the same at @path of each; a link there is not followed */
int sys_move_mount_at(int from, int to, const char *path);

int sys_finit_module(int fd, const char *params, int flags);
int sys_uevent_socket(int receive_bytes);
int sys_sock_diag(void); /* a socket for requests of sock_diag(7) */
/* receive one datagram and the port id of its sender (0: the kernel); -EAGAIN
 * if there is none */
long sys_recv_from(int fd, void *buf, size_t len, uint32_t *ret_port);

/* connect a stream socket to an abstract address, without blocking */
int sys_connect_abstract(const char *name);
/* options of SOL_SOCKET: socket(7) */
int sys_getsockopt(int fd, int option, void *ret, int len);
int sys_setsockopt(int fd, int option, const void *value, int len);
/* who listens at the other end: SO_PEERCRED, unix(7) */
int sys_peer(int fd, int *ret_pid, uint32_t *ret_uid);
/* without SIGPIPE and without blocking */
long sys_send(int fd, const void *buf, size_t len);

/* Deadlines are times of CLOCK_MONOTONIC in microseconds, or one of these. */
#define SYS_FOREVER ((int64_t)0)
#define SYS_NOW	    ((int64_t)1) /* do not wait: it has passed */
int64_t sys_now_us(void);	 /* CLOCK_MONOTONIC */
int64_t sys_cpu_us(void);	 /* that this process has used */
int64_t sys_since_boot_us(void); /* CLOCK_BOOTTIME: it counts a suspend too */
/* wait until @fd is readable (1) or @deadline_us has passed (0); a negative
 * deadline is a time from now */
int sys_wait_readable(int fd, int64_t deadline_us);
#define SYS_WAIT_MAX 20u
/* the same for any of @fds; those below 0 are ignored */
int sys_wait_any(const int *fds, unsigned count, int64_t deadline_us);
/* the same until the mount table changes after @fd, a mountinfo of /proc, was
 * opened or this last returned 1: proc_pid_mountinfo(5) */
int sys_wait_changed(int fd, int64_t deadline_us);
/* wait until a child ends or @deadline_us has passed; nothing is reaped */
int sys_wait_sigchld(int64_t deadline_us);
int sys_block_sigchld(bool block);
/* set SIGCHLD to its default: it does nothing, but unlike an ignored one it is
 * sent */
int sys_default_sigchld(void);

/* The signals of a set: SYS_SIGNAL(number) | ... */
#define SYS_SIGNAL(number) (1ull << ((number)-1))
/* block the signals of @set and no others; @ret_old may be NULL */
int sys_signal_mask(uint64_t set, uint64_t *ret_old);
/* @action and @ret_old may be NULL */
int sys_signal_action(int number, const struct linux_sigaction *action,
		      struct linux_sigaction *ret_old);
/* take one of the signals in @set, which must be blocked: its number, or
 * -EAGAIN when @deadline_us has passed; @ret_info may be NULL */
int sys_wait_signal(uint64_t set, int64_t deadline_us,
		    struct linux_siginfo *ret_info);
/* a descriptor that delivers the signals in @set, which must be blocked */
int sys_signalfd(uint64_t set);
/* a file in memory, closed on exec; @name is seen in /proc; @kind is
 * LINUX_MFD_EXEC or LINUX_MFD_NOEXEC_SEAL, which count since Linux 6.3 */
int sys_memfd(const char *name, unsigned kind);
int sys_kill(int pid, int number);
/* to one thread of a process */
int sys_tgkill(int pid, int tid, int number);
/* with @info as it is; the kernel accepts only a negative code in it */
int sys_queue_signal(int pid, int number, const struct linux_siginfo *info);
/* Linux 5.1 */
int sys_pidfd_send_signal(int pidfd, int number,
			  const struct linux_siginfo *info);

int sys_pidfd_open(int pid); /* Linux 5.3 */
/* a descriptor of another process, as one of ours: Linux 5.6 */
int sys_pidfd_getfd(int pidfd, int fd);

int sys_inotify(void);
/* watch the working directory for @mask (LINUX_IN_*): the watch's number */
int sys_watch_cwd(int inotify_fd, unsigned mask);

int sys_getpid(void);
/* 0: the two threads share what @type (LINUX_KCMP_*) says; > 0: they do not;
 * -ENOSYS: the kernel has no kcmp(2) (CONFIG_KCMP) */
int sys_kcmp(int pid1, int pid2, int type);
/* the same for descriptor @fd1 of the one and @fd2 of the other: 0 if they are
 * one open file */
int sys_kcmp_file(int pid1, int fd1, int pid2, int fd2);
int sys_getppid(void);
int sys_getpgid(int pid);
unsigned sys_getuid(void);
unsigned sys_getgid(void);
int sys_fork(void);
/* fork, but parent and child share root, working directory and umask, even
 * after either has called execve(2): clone(2), CLONE_FS */
int sys_fork_shared_fs(void);
/* give this process new namespaces: LINUX_CLONE_NEW* */
int sys_unshare(int flags);
/* get the signal when the parent dies: prctl(2), PR_SET_PDEATHSIG */
int sys_set_parent_death_signal(int number);
int sys_set_dumpable(bool dumpable);
/* the real, effective and saved ids, and no other groups */
int sys_become(unsigned uid, unsigned gid);
/* Yama: whoever else may trace this process may, parent or not */
void sys_let_trace(void);
int sys_setns(int fd, int type);
/* the name in ps(1): at most 15 bytes */
void sys_set_name(const char *name);
void sys_get_name(char name[16]);
/* is the capability in the bounding set? 1 or 0; -EINVAL: it does not exist */
int sys_bounding(int cap);
int sys_drop_bounding(int cap);
/* of this process: capget(2), capset(2) */
int sys_capabilities(struct linux_capabilities *ret);
int sys_set_capabilities(const struct linux_capabilities *caps);
int sys_wait(int pid, int *ret_status, int flags);
/*
 * The stop that the traced @tid is in, as ptrace(2) numbers it: signal | event
 * << 8; 0: it runs; -ESRCH: it has ended. The stop is not consumed: if this
 * process dies now, the task still gets the signal that it stopped for.
 */
int sys_traced_stop(int tid);
/* ptrace(2) as the kernel has it: PEEK stores at @data */
long sys_ptrace(int request, int tid, uint64_t addr, void *data);
int sys_setsid(void);
/* zeroed memory that is shared with later children, or NULL if there is none;
 * it stays until this process ends */
void *sys_shared_memory(size_t len);
/* how nice @pid is: setpriority(2) */
int sys_nice(int pid, int value);
/* a descriptor that becomes readable in @us */
int sys_timer(int64_t us);
/* @idle: give @pid a CPU only when no other process wants one; else as usual */
int sys_when_idle(int pid, bool idle);
/* how many CPUs this process may run on; 1 if that is not known */
unsigned sys_cpus(void);
/* run on that CPU only, which has happened when this returns */
int sys_run_on(unsigned cpu);
int sys_execveat(int dir, const char *path, char *const argv[],
		 char *const envp[], int flags);
int sys_restart(void);
/* switch the machine off, or only stop it */
int sys_power_off(void);
int sys_halt(void);
void sys_sync(void);
__attribute__((noreturn)) void sys_exit(int status);
/* the release of uname(2) */
int sys_release(char *buf, size_t len);

__attribute__((always_inline)) static inline void sys_auto_close(const int *fd)
{
	(void)sys_close(*fd);
}
#define _auto_close __attribute__((cleanup(sys_auto_close)))
