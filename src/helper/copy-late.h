/* SPDX-License-Identifier: MIT */
/*
 * copy-late.h - replace what a running process uses of the old root by copies
 *
 * A process that has moved still executes, maps and holds open files of the old
 * root, which therefore stays in memory and cannot be unmounted. Here it is
 * given copies of them while all of its threads are stopped:
 *
 * - A private mapping becomes one of a copy of its file in memory
 *   (memfd_create(2)) at the same address, with the same protection and the
 *   same contents; pages that the process had changed are written again. All
 *   processes share one copy of a file. A shared mapping becomes a shared one
 *   of the copy if nobody can write through it.
 * - The link /proc/PID/exe leads to the same path in the new root if the file
 *   there is the same, and else to the copy. The kernel lets only a process
 *   with CAP_SYS_RESOURCE or CAP_CHECKPOINT_RESTORE change it (kernel/sys.c,
 *   prctl_set_mm), and only when nothing of the old file is mapped.
 * - A regular file that is open is opened again, with the same flags at the
 *   same place: the same path in the new root if the file there is the same in
 *   contents, mode and owner, and else a copy, which nobody else sees.
 *
 * Each of these is one system call that takes the old and gives the new one, so
 * that whatever fails, or whoever dies, the process has the one or the other.
 * At worst it keeps one mapping too many.
 *
 * What stays as it is, and is said: mappings that are locked in memory, shared
 * and writable, sealed or otherwise special, or of code that was changed; open
 * files that are deleted, locked or in an io_uring; files that somebody writes to
 * and that are used in another way, too; directories, devices and sockets that
 * are bound to a path there. Nothing is done to 32-bit programs, to processes
 * that share their memory or that the kernel has a thread for, and to those that
 * may serve storage. Not seen is what no /proc/PID shows.
 *
 * This needs what mover-ptrace.h needs, /proc/PID/map_files and smaps, and
 * kcmp(2) (CONFIG_KCMP): without it nobody can tell who shares memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"
#include "helper/task.h"

struct helpers;
struct hold;
struct pins_target;

/* Do it for each helper that is marked as late_copied, and for those named ones
 * that had moved before. What each helper held is kept in its
 * before_bytes. */
void late_copy(struct helpers *helpers);

/* ---- between its parts --------------------------------------------------- */

#define LATE_FILES 512
#define LATE_OPENS 64
#define LATE_MAPS  2048

/* The copy of a file that is mapped: it can only be read. */
struct late_file {
	uint64_t dev, ino;
	int fd; /* or -errno */
};

/* The copies of an open file, of which one is taken. */
struct late_open {
	uint64_t dev, ino;
	int number; /* the descriptor */
	int flags;
	int copy_fd;
	int new_fd; /* the same file in the new root; -1: there is none */
};

/* What is prepared for one process while it still runs. */
struct late {
	const struct pins_target *old;
	bool foreign_ns; /* its mount namespace is not ours */
	int tid; /* of its threads the first that has not ended: only that has
		     * anything in /proc */
	int new_fd; /* the new root, or -1 */
	int exe_fd; /* the same executable in the new root, or -1 */
	uint64_t exe_dev, exe_ino;
	unsigned file_count, open_count;
	struct late_file files[LATE_FILES];
	struct late_open opens[LATE_OPENS];
};

/* Is that in the old root? */
bool late_is_old(const struct late *late, const struct sys_stat *st);
/* Is it open for writing? */
bool late_writes(const struct task_fdinfo *info);
/* Make a copy of the open file: a descriptor for reading and writing. */
int late_make_copy(int from_fd, const char *name);
/* Are the contents of both the same? */
bool late_is_same(int a_fd, int b_fd);
/* "/proc/PID/map_files/START-END" and "/proc/PID/fd/NUMBER" */
void late_map_link(char link[64], int pid, uint64_t start, uint64_t end);
void late_fd_link(char link[64], int pid, int number);
/* Open what another descriptor of ours is open on, with those of @flags that
 * matter to an open file. */
int late_reopen(int fd, int flags);

/* copy-late-act.c: in the tracer, with a thread that is stopped; @ctx is a
 * struct late */
int late_act(struct hold *hold, void *ctx);

/* What late_act() needs; all of it is the tracer's, which ends with the process
 * that it is for. */

/* A file of the old root that it uses. */
struct late_use {
	uint64_t dev, ino;
	bool shared; /* what others do to the file matters */
	bool writes;
	const char *why; /* it stays, or NULL */
};

/* as a mapping */
struct late_map {
	struct late_use use;
	uint64_t start, len, offset;
	int prot;
	unsigned flags; /* LATE_* */
};
enum {
	LATE_LOCKED = 1,
	LATE_WRITABLE = 2,
	LATE_ACCOUNTED = 4, /* it counts as memory that may be needed */
	LATE_NO_RESERVE = 8,
	LATE_GUARDED = 16, /* by branch target identification of arm64 */
	LATE_SPECIAL = 32, /* it has properties that a copy would not have */
};
extern struct late_map late_maps[LATE_MAPS];
extern unsigned late_map_count;
/* The kernel may write to memory of the process while that stands still. */
extern bool late_pinned;

/* as a descriptor: several may be one open file, which has one offset, and then
 * @first is the first of them */
struct late_opened {
	struct late_use use;
	uint64_t bytes;
	int number;
	unsigned first;
	struct task_fdinfo info;
};
extern struct late_opened late_opens[LATE_OPENS];
extern unsigned late_open_count;

/* No call can be made any more: -errno; or 0. */
extern int late_broken;
/* Have it make a call: what that returned, or -errno. */
long late_call(struct hold *hold, long nr, const uint64_t arguments[6]);
#define LATE_CALL(hold, nr, ...)                                               \
	late_call(hold, nr, (const uint64_t[6]){ __VA_ARGS__ })
/* Give it a descriptor of ours, in the place of the one before: hold->fd. */
int late_give(struct hold *hold, int fd);
/* Do all of its threads have the same descriptors? */
bool late_has_one_table(const struct hold *first);
/* our copy of that file, or -errno */
int late_copy_of(const struct late *late, uint64_t dev, uint64_t ino);
/* Why that failed, in words. */
const char *late_why_no_copy(int error);
/* Refuse, as what the process uses cannot be seen. */
int late_unseen(const struct hold *hold, int error);
/* Note that what the link leads to stays as it is. */
void late_stays(const char *link, uint64_t bytes, const char *why);

/* copy-late-map.c: all return -errno if nothing more can be done */
int late_list_maps(struct hold *hold, const struct late *late);
int late_replace_maps(struct hold *hold, const struct late *late);

/* copy-late-users.c: mark the mappings and open files that must stay because
 * others, or the process by another way, would notice a copy */
void late_find_users(const struct hold *hold);

/* copy-late-open.c: all return -errno if nothing more can be done */
int late_list_opens(const struct hold *hold, const struct late *late);
int late_replace_exe(struct hold *hold, const struct late *late);
int late_replace_opens(struct hold *hold, const struct late *late);
