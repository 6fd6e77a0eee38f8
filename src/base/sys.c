/* SPDX-License-Identifier: MIT */
/*
 * sys.c - the system calls
 *
 * This file is long because it is one concern and one list: each function makes
 * one system call in a few lines, and nothing else in src/ calls the kernel.
 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/str.h"
#include "base/syscall.h"

/* An argument in a register. The kernel reads only as much of the register as
 * its own parameter type has, so an int is not extended; but where the kernel's
 * parameter is a long, the argument has to be a long, too. */
#define A(value)                                                               \
	({                                                                     \
		long register_;                                                \
		__asm__("" : "=r"(register_) : "0"(value));                    \
		register_;                                                     \
	})
/* No argument: the register keeps what it holds. */
#define NONE                                                                   \
	({                                                                     \
		long register_;                                                \
		__asm__ volatile("" : "=r"(register_));                        \
		register_;                                                     \
	})
#define CALL6(nr, a, b, c, d, e, f)                                            \
	syscall6(nr, A(a), A(b), A(c), A(d), A(e), A(f))
#define CALL5(nr, a, b, c, d, e)                                               \
	syscall6(nr, A(a), A(b), A(c), A(d), A(e), NONE)
#define CALL4(nr, a, b, c, d) syscall6(nr, A(a), A(b), A(c), A(d), NONE, NONE)
#define CALL3(nr, a, b, c)    syscall6(nr, A(a), A(b), A(c), NONE, NONE, NONE)
#define CALL2(nr, a, b)	      syscall6(nr, A(a), A(b), NONE, NONE, NONE, NONE)
#define CALL1(nr, a)	      syscall6(nr, A(a), NONE, NONE, NONE, NONE, NONE)
#define CALL0(nr)	      syscall6(nr, NONE, NONE, NONE, NONE, NONE, NONE)

/* The size of the kernel's signal set, whatever the C library's is. */
#define SIGSET_BYTES 8ul
static const uint64_t sigchld_set = 1ull << (SIGCHLD - 1);

struct kernel_timespec {
	int64_t tv_sec;
	int64_t tv_nsec;
};

int sys_open(int dir, const char *path, int flags, unsigned mode)
{
	return (int)CALL4(__NR_openat, dir, path, flags | O_CLOEXEC, mode);
}

int sys_open_in(int dir, const char *path, int flags, uint64_t resolve)
{
	struct linux_open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = resolve,
	};

	int r, tries = 0;

	/* A rename or a mount anywhere, while a ".." is resolved, makes the
	 * call fail with EAGAIN: openat2(2). */
	do
		r = (int)CALL4(__NR_openat2, dir, path, &how, sizeof(how));
	while (r == -EAGAIN && ++tries < 1000);
	return r;
}

int sys_close(int fd)
{
	return fd < 0 ? -EBADF : (int)CALL1(__NR_close, fd);
}

long sys_read(int fd, void *buf, size_t len)
{
	return CALL3(__NR_read, fd, buf, len);
}

long sys_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	return CALL4(__NR_pread64, fd, buf, len, offset);
}

long sys_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	return CALL4(__NR_pwrite64, fd, buf, len, offset);
}

int sys_fadvise(int fd, uint64_t offset, uint64_t len, int advice)
{
	return (int)CALL4(__NR_fadvise64, fd, offset, len, advice);
}

long sys_write(int fd, const void *buf, size_t len)
{
	return CALL3(__NR_write, fd, buf, len);
}

static int stat_with(int dir, const char *path, int flags, unsigned mask,
		     struct sys_stat *ret_st)
{
	struct linux_statx stx;
	int r = (int)CALL5(__NR_statx, dir, path, flags | LINUX_AT_NO_AUTOMOUNT,
			   mask, &stx);

	if (r < 0)
		return r;
	*ret_st = (struct sys_stat){
		.dev = SYS_DEV(stx.stx_dev_major, stx.stx_dev_minor),
		.ino = stx.stx_ino,
		.size = stx.stx_size,
		.bytes = stx.stx_blocks * 512,
		.mnt_id = stx.stx_mnt_id,
		.mode = stx.stx_mode,
		.nlink = stx.stx_nlink,
		.uid = stx.stx_uid,
		.gid = stx.stx_gid,
		.rdev = SYS_DEV(stx.stx_rdev_major, stx.stx_rdev_minor),
		.mount_root = stx.stx_attributes & LINUX_STATX_ATTR_MOUNT_ROOT,
	};
	return 0;
}

int sys_stat(int dir, const char *path, int flags, struct sys_stat *ret_st)
{
	return stat_with(dir, path, flags,
			 LINUX_STATX_BASIC_STATS | LINUX_STATX_MNT_ID, ret_st);
}

int sys_fstat(int fd, struct sys_stat *ret_st)
{
	return sys_stat(fd, "", AT_EMPTY_PATH, ret_st);
}

int sys_stat_cached(int dir, const char *path, struct sys_stat *ret_st)
{
	int r = stat_with(dir, path, LINUX_AT_STATX_DONT_SYNC,
			  LINUX_STATX_BASIC_STATS | LINUX_STATX_MNT_ID, ret_st);

	if (r == -EACCES)
		r = stat_with(dir, path, LINUX_AT_STATX_DONT_SYNC, 0, ret_st);
	return r;
}

int sys_fstat_shut(int fd, struct sys_stat *ret_st)
{
	return stat_with(fd, "", AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC, 0,
			 ret_st);
}

int sys_mount_id(int dir, const char *path, uint64_t *ret_id)
{
	struct linux_statx stx;
	int r = (int)CALL5(__NR_statx, dir, path,
			   LINUX_AT_NO_AUTOMOUNT | LINUX_AT_STATX_DONT_SYNC,
			   LINUX_STATX_MNT_ID_UNIQUE, &stx);

	if (r < 0)
		return r;
	if (!(stx.stx_mask & LINUX_STATX_MNT_ID_UNIQUE))
		return -EOPNOTSUPP;
	*ret_id = stx.stx_mnt_id;
	return 0;
}

int sys_statmount(uint64_t id, uint64_t ns_id, struct linux_statmount *ret_st)
{
	struct linux_mnt_id_req req = {
		.size = sizeof(req),
		.mnt_id = id,
		.param = LINUX_STATMOUNT_SB_BASIC | LINUX_STATMOUNT_MNT_BASIC,
		.mnt_ns_id = ns_id,
	};

	return (int)CALL4(LINUX_NR_STATMOUNT, &req, ret_st, sizeof(*ret_st), 0);
}

long sys_listmount(uint64_t id, uint64_t ns_id, uint64_t last, uint64_t *ret,
		   size_t count)
{
	struct linux_mnt_id_req req = {
		.size = sizeof(req),
		.mnt_id = id,
		.param = last,
		.mnt_ns_id = ns_id,
	};

	return CALL4(LINUX_NR_LISTMOUNT, &req, ret, count, 0);
}

int sys_statfs(int fd, struct linux_statfs *ret_st)
{
	return (int)CALL2(__NR_fstatfs, fd, ret_st);
}

int sys_access(int dir, const char *path, int mode)
{
	return (int)CALL3(__NR_faccessat, dir, path, mode);
}

long sys_readlink(int dir, const char *path, char *buf, size_t len)
{
	return CALL4(__NR_readlinkat, dir, path, buf, len);
}

long sys_getdents(int fd, void *buf, size_t len)
{
	return CALL3(__NR_getdents64, fd, buf, len);
}

int sys_rewind(int fd)
{
	return (int)CALL3(__NR_lseek, fd, 0l, 0 /* SEEK_SET */);
}

int sys_seek_end(int fd)
{
	return (int)CALL3(__NR_lseek, fd, 0l, 2 /* SEEK_END */);
}

int sys_seek(int fd, uint64_t offset)
{
	long r = CALL3(__NR_lseek, fd, offset, 0 /* SEEK_SET */);

	return r < 0 ? (int)r : 0;
}

int sys_mkdir(int dir, const char *path, unsigned mode)
{
	return (int)CALL3(__NR_mkdirat, dir, path, mode);
}

int sys_symlink(const char *target, int dir, const char *path)
{
	return (int)CALL3(__NR_symlinkat, target, dir, path);
}

int sys_fchmod(int fd, unsigned mode)
{
	return (int)CALL2(__NR_fchmod, fd, mode & 07777);
}

int sys_fchown(int fd, uint32_t uid, uint32_t gid)
{
	return (int)CALL3(__NR_fchown, fd, uid, gid);
}

int sys_unlink(int dir, const char *path, int flags)
{
	return (int)CALL3(__NR_unlinkat, dir, path, flags);
}

int sys_rename(const char *from, const char *to)
{
	return sys_rename_in(AT_FDCWD, from, to);
}

int sys_rename_in(int dir, const char *from, const char *to)
{
	return (int)CALL5(__NR_renameat2, dir, from, dir, to, 0);
}

int sys_pipe(int ret_ends[2])
{
	return (int)CALL2(__NR_pipe2, ret_ends, O_CLOEXEC);
}

int sys_dup3(int from, int to, int flags)
{
	return (int)CALL3(__NR_dup3, from, to, flags);
}

int sys_copy_fd(int fd, int least)
{
	return (int)CALL3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, least);
}

void sys_small_pages(void)
{
	extern char __bss_start[], _end[]; /* the linker's */
	uintptr_t begin = (uintptr_t)__bss_start & ~(uintptr_t)4095;

	(void)CALL3(__NR_madvise, (long)begin, (long)((uintptr_t)_end - begin),
		    LINUX_MADV_NOHUGEPAGE);
}

int sys_close_range_cloexec(unsigned first)
{
	return (int)CALL3(__NR_close_range, first, ~0u,
			  LINUX_CLOSE_RANGE_CLOEXEC);
}

int sys_descriptor_limit(void)
{
	uint64_t limits[2] = { 0, 0 };
	int r = (int)CALL4(__NR_prlimit64, 0, 7 /* RLIMIT_NOFILE */, NULL,
			   limits);

	if (r < 0)
		return r;
	return limits[1] < 1u << 20 ? (int)limits[1] : 1 << 20;
}

int sys_close_from(unsigned first)
{
	return (int)CALL3(__NR_close_range, first, ~0u, 0);
}

long sys_ioctl(int fd, unsigned long request, void *arg)
{
	return CALL3(__NR_ioctl, fd, request, arg);
}

int sys_mount(const char *source, const char *target, const char *type,
	      unsigned long flags, const char *data)
{
	return (int)CALL5(__NR_mount, source, target, type, flags, data);
}

int sys_umount(const char *target, int flags)
{
	return (int)CALL2(__NR_umount2, target, flags);
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)CALL2(__NR_pivot_root, new_root, put_old);
}

int sys_chroot(const char *path)
{
	return (int)CALL1(__NR_chroot, path);
}

int sys_chdir(const char *path)
{
	return (int)CALL1(__NR_chdir, path);
}

int sys_getcwd(char *buf, size_t size)
{
	return (int)CALL2(__NR_getcwd, buf, size);
}

int sys_fchdir(int fd)
{
	return (int)CALL1(__NR_fchdir, fd);
}

int sys_clone_mount(int fd)
{
	return (int)CALL3(__NR_open_tree, fd, "",
			  LINUX_OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH |
				  AT_RECURSIVE);
}

int sys_clone_one_mount(int fd)
{
	return (int)CALL3(__NR_open_tree, fd, "",
			  LINUX_OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
}

int sys_move_mount_at(int from, int to, const char *path)
{
	return (int)CALL5(__NR_move_mount, from, path, to, path, 0);
}

static int move_with(int from, int to, int flags)
{
	return (int)CALL5(__NR_move_mount, from, "", to, "",
			  flags | LINUX_MOVE_MOUNT_F_EMPTY_PATH |
				  LINUX_MOVE_MOUNT_T_EMPTY_PATH);
}

int sys_move_mount(int from, int to)
{
	return move_with(from, to, 0);
}

int sys_move_mount_beneath(int from, int to)
{
	return move_with(from, to, LINUX_MOVE_MOUNT_BENEATH);
}

int sys_finit_module(int fd, const char *params, int flags)
{
	return (int)CALL3(__NR_finit_module, fd, params, flags);
}

int sys_uevent_socket(int receive_bytes)
{
	struct linux_sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1, /* what the kernel sends, not what udev does */
	};
	int fd = (int)CALL3(__NR_socket, AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			    LINUX_NETLINK_KOBJECT_UEVENT);
	int r;

	if (fd < 0)
		return fd;
	/* RCVBUFFORCE needs CAP_NET_ADMIN; RCVBUF is clamped to rmem_max. */
	if (CALL5(__NR_setsockopt, fd, SOL_SOCKET, LINUX_SO_RCVBUFFORCE,
		  &receive_bytes, sizeof(receive_bytes)) < 0)
		(void)CALL5(__NR_setsockopt, fd, SOL_SOCKET, LINUX_SO_RCVBUF,
			    &receive_bytes, sizeof(receive_bytes));
	r = (int)CALL3(__NR_bind, fd, &address, sizeof(address));
	if (r < 0) {
		(void)sys_close(fd);
		return r;
	}
	return fd;
}

int sys_sock_diag(void)
{
	return (int)CALL3(__NR_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			  LINUX_NETLINK_SOCK_DIAG);
}

long sys_recv_from(int fd, void *buf, size_t len, uint32_t *ret_port)
{
	struct linux_sockaddr_nl from = { 0 };
	int from_len = sizeof(from);
	long r = CALL6(__NR_recvfrom, fd, buf, len, 0x40 /* MSG_DONTWAIT */,
		       &from, &from_len);

	if (r >= 0)
		*ret_port = from.nl_pid;
	return r;
}

static int64_t clock_us(int clock)
{
	struct kernel_timespec now = { 0 };

	(void)CALL2(__NR_clock_gettime, clock, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int sys_connect_abstract(const char *name)
{
	struct {
		uint16_t family;
		char path[108];
	} address = { .family = AF_UNIX };
	size_t len = strlen(name);
	int fd, r;

	/* The name begins with a NUL and ends where the length says. */
	if (len >= sizeof(address.path))
		return -ENAMETOOLONG;
	memcpy(address.path + 1, name, len);
	fd = (int)CALL3(__NR_socket, AF_UNIX,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	r = (int)CALL3(__NR_connect, fd, &address,
		       (long)(sizeof(address.family) + 1 + len));
	if (r < 0) {
		(void)sys_close(fd);
		return r;
	}
	return fd;
}

int sys_getsockopt(int fd, int option, void *ret, int len)
{
	return (int)CALL5(__NR_getsockopt, fd, SOL_SOCKET, option, ret, &len);
}

int sys_setsockopt(int fd, int option, const void *value, int len)
{
	return (int)CALL5(__NR_setsockopt, fd, SOL_SOCKET, option, value, len);
}

int sys_peer(int fd, int *ret_pid, uint32_t *ret_uid)
{
	struct {
		int pid;
		uint32_t uid, gid;
	} peer = { 0 };
	int r = sys_getsockopt(fd, LINUX_SO_PEERCRED, &peer, sizeof(peer));

	if (r < 0)
		return r;
	*ret_pid = peer.pid;
	*ret_uid = peer.uid;
	return 0;
}

long sys_send(int fd, const void *buf, size_t len)
{
	return CALL6(__NR_sendto, fd, buf, len,
		     LINUX_MSG_NOSIGNAL | LINUX_MSG_DONTWAIT, NULL, 0);
}

long sys_sendfile(int to, int from)
{
	/* All that is left; the kernel stops at 2 GiB (MAX_RW_COUNT). */
	return CALL4(__NR_sendfile, to, from, NULL, 0x7ffff000ul);
}

int64_t sys_now_us(void)
{
	return clock_us(1 /* CLOCK_MONOTONIC */);
}

int64_t sys_cpu_us(void)
{
	return clock_us(2 /* CLOCK_PROCESS_CPUTIME_ID */);
}

int64_t sys_since_boot_us(void)
{
	return clock_us(7 /* CLOCK_BOOTTIME */);
}

/* The time left until a deadline; NULL: there is none. */
static struct kernel_timespec *time_left(int64_t deadline_us,
					 struct kernel_timespec *buf)
{
	int64_t left_us = 0;

	if (deadline_us == SYS_FOREVER)
		return NULL;
	/* SYS_NOW has passed, whatever the clock says. */
	if (deadline_us < 0)
		left_us = -deadline_us;
	else if (deadline_us != SYS_NOW)
		left_us = deadline_us - sys_now_us();
	if (left_us < 0)
		left_us = 0;
	buf->tv_sec = left_us / 1000000;
	buf->tv_nsec = left_us % 1000000 * 1000;
	return buf;
}

static int wait_for(struct pollfd *polls, unsigned count, int64_t deadline_us)
{
	struct kernel_timespec buf;
	int r;

	do
		r = (int)CALL5(__NR_ppoll, polls, count,
			       time_left(deadline_us, &buf), NULL, 0l);
	while (r == -EINTR);
	return r > 0 ? 1 : r; /* ppoll returns how many are ready */
}

int sys_wait_any(const int *fds, unsigned count, int64_t deadline_us)
{
	struct pollfd polls[SYS_WAIT_MAX];

	if (count > sizeof(polls) / sizeof(polls[0]))
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	return wait_for(polls, count, deadline_us);
}

int sys_wait_readable(int fd, int64_t deadline_us)
{
	return sys_wait_any(&fd, 1, deadline_us);
}

int sys_wait_changed(int fd, int64_t deadline_us)
{
	struct pollfd poll = { .fd = fd, .events = POLLPRI };

	return wait_for(&poll, 1, deadline_us);
}

int sys_wait_signal(uint64_t set, int64_t deadline_us,
		    struct linux_siginfo *ret_info)
{
	struct kernel_timespec buf;
	int r;

	do
		r = (int)CALL4(__NR_rt_sigtimedwait, &set, ret_info,
			       time_left(deadline_us, &buf), SIGSET_BYTES);
	while (r == -EINTR);
	return r;
}

int sys_wait_sigchld(int64_t deadline_us)
{
	return sys_wait_signal(sigchld_set, deadline_us, NULL);
}

int sys_block_sigchld(bool block)
{
	return (int)CALL4(__NR_rt_sigprocmask, block ? SIG_BLOCK : SIG_UNBLOCK,
			  &sigchld_set, NULL, SIGSET_BYTES);
}

int sys_signal_mask(uint64_t set, uint64_t *ret_old)
{
	return (int)CALL4(__NR_rt_sigprocmask, SIG_SETMASK, &set, ret_old,
			  SIGSET_BYTES);
}

int sys_signal_action(int number, const struct linux_sigaction *action,
		      struct linux_sigaction *ret_old)
{
	return (int)CALL4(__NR_rt_sigaction, number, action, ret_old,
			  SIGSET_BYTES);
}

int sys_signalfd(uint64_t set)
{
	return (int)CALL4(__NR_signalfd4, -1, &set, SIGSET_BYTES, O_CLOEXEC);
}

int sys_memfd(const char *name, unsigned kind)
{
	unsigned flags = LINUX_MFD_CLOEXEC | kind;
	int fd = (int)CALL2(__NR_memfd_create, name, (long)flags);

	/* Linux 6.3 and later want that flag; earlier kernels do not know it. */
	return fd == -EINVAL ? (int)CALL2(__NR_memfd_create, name,
					  (long)LINUX_MFD_CLOEXEC)
			     : fd;
}

int sys_kill(int pid, int number)
{
	return (int)CALL2(__NR_kill, pid, number);
}

int sys_tgkill(int pid, int tid, int number)
{
	return (int)CALL3(__NR_tgkill, pid, tid, number);
}

int sys_queue_signal(int pid, int number, const struct linux_siginfo *info)
{
	return (int)CALL3(__NR_rt_sigqueueinfo, pid, number, info);
}

int sys_pidfd_send_signal(int pidfd, int number,
			  const struct linux_siginfo *info)
{
	return (int)CALL4(__NR_pidfd_send_signal, pidfd, number, info, 0);
}

int sys_pidfd_open(int pid)
{
	return (int)CALL2(__NR_pidfd_open, pid, 0);
}

int sys_pidfd_getfd(int pidfd, int fd)
{
	return (int)CALL3(__NR_pidfd_getfd, pidfd, fd, 0);
}

int sys_inotify(void)
{
	return (int)CALL1(__NR_inotify_init1, O_CLOEXEC);
}

int sys_watch_cwd(int inotify_fd, unsigned mask)
{
	return (int)CALL3(__NR_inotify_add_watch, inotify_fd, ".", mask);
}

int sys_default_sigchld(void)
{
	/* The kernel's struct sigaction: handler, flags, restorer, mask. */
	static const uint64_t action[4];

	return (int)CALL4(__NR_rt_sigaction, SIGCHLD, action, NULL,
			  SIGSET_BYTES);
}

int sys_getpid(void)
{
	return (int)CALL0(__NR_getpid);
}

int sys_kcmp(int pid1, int pid2, int type)
{
	return (int)CALL5(__NR_kcmp, pid1, pid2, type, 0l, 0l);
}

int sys_kcmp_file(int pid1, int fd1, int pid2, int fd2)
{
	return (int)CALL5(__NR_kcmp, pid1, pid2, LINUX_KCMP_FILE, (long)fd1,
			  (long)fd2);
}

int sys_getppid(void)
{
	return (int)CALL0(__NR_getppid);
}

int sys_getpgid(int pid)
{
	return (int)CALL1(__NR_getpgid, pid);
}

unsigned sys_getuid(void)
{
	return (unsigned)CALL0(__NR_getuid);
}

unsigned sys_getgid(void)
{
	return (unsigned)CALL0(__NR_getgid);
}

int sys_fork(void)
{
	return (int)CALL5(__NR_clone, (long)SIGCHLD, NULL, NULL, NULL, 0l);
}

int sys_fork_shared_fs(void)
{
	return (int)CALL5(__NR_clone, (long)(LINUX_CLONE_FS | SIGCHLD), NULL,
			  NULL, NULL, 0l);
}

int sys_unshare(int flags)
{
	return (int)CALL1(__NR_unshare, (long)flags);
}

int sys_set_parent_death_signal(int number)
{
	return (int)CALL2(__NR_prctl, LINUX_PR_SET_PDEATHSIG, (long)number);
}

int sys_bounding(int cap)
{
	return (int)CALL2(__NR_prctl, LINUX_PR_CAPBSET_READ, (long)cap);
}

int sys_drop_bounding(int cap)
{
	return (int)CALL2(__NR_prctl, LINUX_PR_CAPBSET_DROP, (long)cap);
}

/* The kernel's struct __user_cap_data_struct, twice: effective, permitted,
 * inheritable, of the lower and of the higher 32. */
static const uint32_t cap_header[2] = { LINUX_CAPABILITY_VERSION_3, 0 };

int sys_capabilities(struct linux_capabilities *ret)
{
	uint32_t data[6];
	int r = (int)CALL2(__NR_capget, cap_header, data);

	if (r < 0)
		return r;
	ret->effective = data[0] | (uint64_t)data[3] << 32;
	ret->permitted = data[1] | (uint64_t)data[4] << 32;
	ret->inheritable = data[2] | (uint64_t)data[5] << 32;
	return 0;
}

int sys_set_capabilities(const struct linux_capabilities *caps)
{
	const uint32_t data[6] = {
		(uint32_t)caps->effective,
		(uint32_t)caps->permitted,
		(uint32_t)caps->inheritable,
		(uint32_t)(caps->effective >> 32),
		(uint32_t)(caps->permitted >> 32),
		(uint32_t)(caps->inheritable >> 32),
	};

	return (int)CALL2(__NR_capset, cap_header, data);
}

int sys_set_dumpable(bool dumpable)
{
	return (int)CALL2(__NR_prctl, LINUX_PR_SET_DUMPABLE, (long)dumpable);
}

void sys_get_name(char name[16])
{
	(void)CALL2(__NR_prctl, LINUX_PR_GET_NAME, name);
}

int sys_become(unsigned uid, unsigned gid)
{
	int r = (int)CALL2(__NR_setgroups, 0, NULL);

	if (r == 0)
		r = (int)CALL3(__NR_setresgid, gid, gid, gid);
	return r < 0 ? r : (int)CALL3(__NR_setresuid, uid, uid, uid);
}

void sys_let_trace(void)
{
	(void)CALL2(__NR_prctl, LINUX_PR_SET_PTRACER, -1l);
}

int sys_setns(int fd, int type)
{
	return (int)CALL2(__NR_setns, fd, type);
}

void sys_set_name(const char *name)
{
	(void)CALL2(__NR_prctl, LINUX_PR_SET_NAME, name);
}

int sys_wait(int pid, int *ret_status, int flags)
{
	int r;

	do
		r = (int)CALL4(__NR_wait4, pid, ret_status, flags, NULL);
	while (r == -EINTR);
	return r;
}

int sys_traced_stop(int tid)
{
	struct linux_siginfo info = { 0 };
	int flags = WNOHANG | WEXITED | WSTOPPED | (int)LINUX_WNOWAIT |
		    (int)LINUX_WALL;
	int r;

	do
		r = (int)CALL5(__NR_waitid, LINUX_P_PID, tid, &info, flags,
			       NULL);
	while (r == -EINTR);
	if (r < 0 || info.pid == 0)
		return r;
	if (info.code == LINUX_CLD_STOPPED || info.code == LINUX_CLD_TRAPPED)
		return info.value; /* si_status */
	return -ESRCH;
}

long sys_ptrace(int request, int tid, uint64_t addr, void *data)
{
	return CALL4(__NR_ptrace, (long)request, (long)tid, addr, data);
}

int sys_setsid(void)
{
	return (int)CALL0(__NR_setsid);
}

void *sys_shared_memory(size_t len)
{
	/* PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS */
	long at = CALL6(__NR_mmap, NULL, len, 3, 0x21, -1, 0);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

int sys_nice(int pid, int value)
{
	return (int)CALL3(__NR_setpriority, 0 /* PRIO_PROCESS */, pid, value);
}

int sys_when_idle(int pid, bool idle)
{
	int priority = 0;

	return (int)CALL3(__NR_sched_setscheduler, pid,
			  idle ? LINUX_SCHED_IDLE : 0 /* SCHED_OTHER */,
			  &priority);
}

int sys_timer(int64_t us)
{
	const int64_t spec[4] = { 0, 0, us / 1000000, us % 1000000 * 1000 };
	int fd = (int)CALL2(__NR_timerfd_create, 1 /* CLOCK_MONOTONIC */,
			    O_CLOEXEC);

	if (fd >= 0)
		(void)CALL4(__NR_timerfd_settime, fd, 0, spec, NULL);
	return fd;
}

unsigned sys_cpus(void)
{
	unsigned char set[1024] = { 0 };
	long n = CALL3(__NR_sched_getaffinity, 0, sizeof(set), set);
	unsigned count = 0;

	for (long i = 0; i < n * 8; i++)
		count += set[i / 8] >> i % 8 & 1;
	return count ? count : 1;
}

int sys_run_on(unsigned cpu)
{
	unsigned long set[1024 / (8 * sizeof(long))] = { 0 };
	unsigned bits = 8 * sizeof(set[0]);

	if (cpu >= 8 * sizeof(set))
		return -ERANGE;
	set[cpu / bits] = 1ul << cpu % bits;
	return (int)CALL3(__NR_sched_setaffinity, 0, sizeof(set), set);
}

int sys_execveat(int dir, const char *path, char *const argv[],
		 char *const envp[], int flags)
{
	return (int)CALL5(__NR_execveat, dir, path, argv, envp, flags);
}

static int reboot_by(unsigned command)
{
	return (int)CALL4(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			  command, NULL);
}

int sys_restart(void)
{
	return reboot_by(LINUX_REBOOT_CMD_RESTART);
}

int sys_power_off(void)
{
	return reboot_by(LINUX_REBOOT_CMD_OFF);
}

int sys_halt(void)
{
	return reboot_by(LINUX_REBOOT_CMD_HALT);
}

void sys_sync(void)
{
	(void)CALL0(__NR_sync);
}

void sys_exit(int status)
{
	for (;;)
		(void)CALL1(__NR_exit_group, status);
}

int sys_release(char *buf, size_t len)
{
	static struct utsname name; /* it does not change */
	int r = name.release[0] ? 0 : (int)CALL1(__NR_uname, &name);

	return r < 0 ? r : str_copy(buf, len, name.release);
}
