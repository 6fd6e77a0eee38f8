/* SPDX-License-Identifier: MIT */
/*
 * pins.h - who still holds a mount: root, cwd, exe, mappings, descriptors,
 * mount namespaces; read only
 *
 * A mount is told by its id and its device, never by a path: /proc/PID/cwd of
 * a detached mount reads "/sub" like one in the live root. Nothing is asked of
 * a file system's server, so one that has stopped does not stop the walk; only
 * NFS and 9p revalidate a directory that /proc leads to whatever is asked
 * (fs/namei.c, complete_walk).
 *
 * What a process does while it is looked at may be missed, as it may be done
 * right afterwards. A process that exists all the time is never missed, nor is
 * one taken for another: all of it is read through one descriptor of its
 * directory in /proc, which says ESRCH when the process is gone, even if its
 * number was given to another.
 *
 * Not seen: descriptors on their way through a socket or in an io_uring,
 * sockets bound to a path, loop devices, swap, binfmt_misc's F. The caller
 * itself is left out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fail;

enum {
	PIN_ROOT = 1,
	PIN_CWD = 2,
	PIN_EXE = 4,
	PIN_MAP = 8,
	PIN_FD = 16,
	PIN_NAMESPACE = 32, /* of its own, and the device is mounted in it */
};
#define PINS	   6
#define PINS_PLACE (PIN_ROOT | PIN_CWD) /* what a mover changes */
#define PINS_WHO   64 /* not a pin: uid, signals, mark, tracer, seccomp */

/* Filled by pins_open(); a caller may then set what is marked so. */
struct pins_target {
	uint64_t dev;	  /* of its files, as statx(2) says it */
	uint64_t sb_dev;  /* as mountinfo says it: another on btrfs */
	uint64_t mnt_id;  /* good as long as something keeps the mount */
	bool maps_differ; /* maps may name another device: overlayfs, Linux 6.1
			   */
	bool any_mount;	  /* may be set: every mount of that device counts */
	unsigned what;	  /* may be set: PIN*_* to look for, 0 for all; then a
			   * scan passes over kernel threads */
	int proc_fd;	  /* so that /proc may move meanwhile */
	/* The caller, once for all looks. */
	int self;
	uint64_t own_ns;
	/* Are the pids that we see those that system calls take? */
	bool pids_are_ours;
};

/* One process. */
struct pin {
	int pid, parent;
	uint64_t start_time; /* clock ticks after boot; with pid its identity */
	uint32_t uid;	     /* real */
	bool kernel;	     /* a kernel thread */
	bool marked;	     /* argv[0] begins with '@' */
	bool traced, stopped, seccomp;
	uint64_t caught, blocked; /* SigCgt, SigBlk: bit N - 1 is signal N */

	unsigned pins; /* PIN_* */
	unsigned threads;
	unsigned roots, cwds; /* how many threads have theirs on the target */
	unsigned apart;	      /* have another root or cwd than the first */
	/* Root and cwd of every thread are the root directory of the mount
	 * itself, and in our namespace: pivot_root(2) moves them. */
	bool exact;
	bool chrooted;	 /* a root is below the mount's root directory */
	bool foreign_ns; /* in another mount namespace than we */
	/* Allocated, of regular files of the target that it executes, maps or
	 * holds open, each once. Those mapped only count with CAP_SYS_ADMIN. */
	uint64_t bytes;
	char name[64]; /* what is not ASCII or not printable is a '?' */
};

struct pins_total {
	unsigned looked_at;
	unsigned refused; /* could not be looked into: not ours, not root */
	unsigned processes, kernel_threads; /* that hold the target */
	unsigned passes;
	bool unfinished; /* each pass found new processes: there may be more */
	uint64_t bytes;	 /* as in struct pin, each file once over all */
	bool at_least;	 /* more files than could be told apart */
	uint64_t
		forks; /* of the machine, when all were met; 0: they were not */
};

/*
 * pins_open - the mount of the open file @fd as a target
 *
 * @fd may be O_PATH and must stay open: it keeps the mount's id from being
 * given to another mount. Needs /proc.
 */
int pins_open(int fd, struct pins_target *ret, struct fail *why);
void pins_close(struct pins_target *target);

/*
 * pins_scan - @each for every process that holds @target, once
 *
 * Passes are made until one meets no new process, 8 or a quarter of a second at
 * most. A result of @each other than 0 ends the scan and is returned; -errno
 * with @why if it fails.
 */
int pins_scan(const struct pins_target *target,
	      int (*each)(const struct pin *pin, void *ctx), void *ctx,
	      struct pins_total *ret_total, struct fail *why);

/* may there be a process now that the scan of @total did not meet? */
bool pins_forked(const struct pins_target *target,
		 const struct pins_total *total);

/*
 * pins_look - one process again, or for the first time with @start_time 0
 *
 * 0, also if it holds nothing; -ESRCH: it is gone (a zombie is), or it is
 * another now; -EACCES: it may not be looked into.
 */
int pins_look(const struct pins_target *target, int pid, uint64_t start_time,
	      struct pin *ret);

/* "root", "cwd", "exe", "map", "fd", "namespace": bit number to word */
const char *pins_name(unsigned bit);

/* ---- pure, for the tests ---------------------------------------------- */

struct pins_map {
	uint64_t start, end, dev, ino;
};

/* /proc/PID/stat, one line but for a newline in the name: 0 or -EINVAL */
int pins_parse_stat(const char *line, struct pin *ret);
/* a line of /proc/PID/maps: 0 or -EINVAL */
int pins_parse_map(const char *line, struct pins_map *ret);
