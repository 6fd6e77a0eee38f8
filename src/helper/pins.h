/* SPDX-License-Identifier: MIT */
/*
 * pins.h - which processes still hold a mount: by their root, cwd, executable,
 * mappings, descriptors or mount namespace; nothing is changed
 *
 * A mount is recognised by its id and its device, never by a path:
 * /proc/PID/cwd reads "/sub" in a detached mount as it does in the live root.
 * No file system's server is asked, so one that has stopped does not stop the
 * walk. Only NFS and 9p revalidate a directory that a link in /proc leads to,
 * whatever is asked (fs/namei.c, complete_walk).
 *
 * A change that a process makes while it is being looked at may be missed, as
 * if it came right afterwards. A process that exists during the whole scan is
 * never missed, and is never taken for another one: everything is read through
 * one descriptor of its directory in /proc, which gives ESRCH when the process
 * is gone, even if another process has its number by then.
 *
 * Not seen: descriptors on their way through a socket or in an io_uring, sockets
 * of other network namespaces, overlays in other mount namespaces, and
 * interpreters that binfmt_misc keeps open (its flag F). The caller itself is
 * left out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

struct fail;

enum {
	PIN_ROOT = 1,
	PIN_CWD = 2,
	PIN_EXE = 4,
	PIN_MAP = 8,
	PIN_FD = 16,
	PIN_NAMESPACE = 32, /* not ours, and the device is mounted in it */
	/* These two are looked for only by a scan for everything. */
	PIN_SOCKET = 64, /* a socket that is bound to a path on the device */
	PIN_ELSEWHERE =
		128, /* the device, by a mount that is not mounted here */
};
#define PINS	   8
#define PINS_PLACE (PIN_ROOT | PIN_CWD) /* what a mover changes */
/* not a pin: read uid, signals, mark, tracer, seccomp */
#define PINS_WHO 256

/* Something that keeps the file system without being a process. */
struct pins_other {
	const char *kind; /* "socket", "loop", "swap" or "overlay" */
	/* a path or a loop device, as the kernel writes it */
	const char *name;
	uint64_t bytes; /* of the loop device or the swap space; else 0 */
};

/* Filled by pins_open(); then a caller may set the members that say so. */
struct pins_target {
	uint64_t dev;	 /* of its files, as statx(2) tells it */
	uint64_t sb_dev; /* as mountinfo tells it: not the same on btrfs */
	uint64_t mnt_id; /* valid as long as something keeps the mount */
	char type[16];	 /* of its file system; "": unknown */
	/* "maps" may name another device: overlayfs, Linux 6.1 */
	bool maps_differ;
	/* may be set: every mount of that device counts */
	bool any_mount;
	/* may be set: but not the one with this id */
	uint64_t except_id;
	/* May be set: what to look for, PIN_*, PINS_*; 0: everything. If it is
	 * set, a scan skips kernel threads. */
	unsigned what;
	int proc_fd; /* kept open, as /proc may move meanwhile */
	/* the caller: its pid in this /proc, and its mount namespace */
	int self;
	uint64_t own_ns;
	/* Are the pids in this /proc those that system calls take? */
	bool pids_are_ours;
};

/* One process. */
struct pin {
	int pid, parent;
	/* 0: that of a process outside of the pid namespace; or none, as the
	 * descendants of a process 1 that made no session have until they make
	 * one */
	int session;
	/* in clock ticks after boot; identifies the process together with
	 * pid */
	uint64_t start_time;
	uint32_t uid; /* real */
	bool kernel;  /* a kernel thread */
	bool marked;  /* argv[0] begins with '@' */
	bool traced, stopped, seccomp;
	bool may_chroot;	  /* CAP_SYS_CHROOT */
	uint64_t caught, blocked; /* SigCgt, SigBlk: bit N - 1 is signal N */

	unsigned pins; /* PIN_* */
	unsigned threads;
	/* How many threads have their root on the target; their cwd on it; and
	 * another root or cwd than the first thread. */
	unsigned roots, cwds, apart;
	/* Each root and each cwd that is on the target is the root directory of
	 * the mount, in our namespace: pivot_root(2) moves it. */
	bool exact;
	bool chrooted;	 /* a root is below the root directory of the mount */
	bool foreign_ns; /* its mount namespace is not ours */
	/* The space allocated to the regular files of the target that it
	 * executes, maps or holds open; each file counts once. A file that is
	 * mapped, but neither executed nor open, counts only if we have
	 * CAP_SYS_ADMIN. */
	uint64_t bytes;
	char name[64]; /* with '?' for bytes that are not printable ASCII */
};

struct pins_total {
	unsigned looked_at;
	unsigned refused; /* could not be looked into, or not into all */
	unsigned processes, kernel_threads; /* which hold the target */
	unsigned passes;
	bool unfinished; /* each pass found new processes: there may be more */
	uint64_t bytes;	 /* what several processes hold counts once */
	bool at_least;	 /* there were more files than fit in the table, or
			  * files of which the size is not known */
	/* For pins_forked() and pins_scan_new(): how often the machine had
	 * forked before all processes had been met, or 0 if some were not met;
	 * the last number that our pid namespace had given to a task by then,
	 * or 0 if that is unknown; and when the scan began. */
	uint64_t forks, last_pid, begin_ticks;
};

/*
 * pins_open - make the mount of the open file @fd a target
 *
 * @fd may be O_PATH and must stay open, so that the id of the mount is not
 * given to another mount. Needs /proc.
 */
int pins_open(int fd, struct pins_target *ret, struct fail *why);
void pins_close(struct pins_target *target);

/*
 * pins_scan - call @each once for every process that holds @target
 *
 * Passes are made until one meets no new process: at most 8 passes, and for at
 * most a quarter of a second. If @each returns anything but 0, the scan ends
 * and returns that. If the scan fails, it returns -errno, with @why.
 */
int pins_scan(const struct pins_target *target,
	      int (*each)(const struct pin *pin, void *ctx), void *ctx,
	      struct pins_total *ret_total, struct fail *why);

/*
 * pins_others - call @each for what keeps the file system of @target but is no
 * process: after a scan for everything, which has found the sockets
 *
 * What is known of these is a device, or a path, so that the device decides and
 * not the mount. Returns whether all could be looked at.
 */
bool pins_others(const struct pins_target *target,
		 void (*each)(const struct pins_other *other, void *ctx),
		 void *ctx);

/* Find the sockets that are bound to a path on the device, as a scan for
 * everything does. */
void pins_sockets_find(const struct pins_target *target);
/* Is the socket with that inode one of them? It has an owner from now on. */
bool pins_socket_is_bound(uint64_t ino);

/* May there be a process now that the scan that filled @total did not meet? */
bool pins_forked(const struct pins_target *target,
		 const struct pins_total *total);

/*
 * pins_scan_new - the same for the processes that were forked after @total was
 * filled, and add them to it
 *
 * That includes whoever had a number by then, but was not there yet: a fork that
 * was under way. Where it is not known which numbers are new, the whole of /proc
 * is walked again, and processes that were met before come a second time.
 */
int pins_scan_new(const struct pins_target *target,
		  int (*each)(const struct pin *pin, void *ctx), void *ctx,
		  struct pins_total *total, struct fail *why);

/*
 * pins_look - look at one process again; or for the first time, with
 * @start_time 0
 *
 * Returns 0, even if it holds nothing; -ESRCH: it is gone (a zombie counts as
 * gone), or another process has its number; -EACCES: we may not look into it; or
 * another -errno, and then nothing is known of it.
 */
int pins_look(const struct pins_target *target, int pid, uint64_t start_time,
	      struct pin *ret);

/* Is the file in the target, seen by a process that is in another mount
 * namespace or not? Another namespace has mounts of its own: there only the
 * device tells. */
static inline bool pins_is_on(const struct pins_target *target,
			      const struct sys_stat *st, bool foreign_ns)
{
	return st->dev == target->dev && st->mnt_id != target->except_id &&
	       (target->any_mount || foreign_ns ||
		st->mnt_id == target->mnt_id);
}

/* the word for the bit with that number: "root", "cwd", "exe", ... */
const char *pins_name(unsigned bit);

/* ---- no system calls: for the tests ------------------------------------- */

struct pins_map {
	uint64_t start, end, dev, ino, offset;
};

/* Parse /proc/PID/stat, one line unless the name has a newline in it. Returns 0
 * or -EINVAL. */
int pins_parse_stat(const char *line, struct pin *ret);
/* Parse a line of /proc/PID/maps. Returns 0 or -EINVAL. */
int pins_parse_map(const char *line, struct pins_map *ret);
