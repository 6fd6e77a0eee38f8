/* SPDX-License-Identifier: MIT */
/*
 * copy-late-open.c - the executable of a process and its open files become those
 * of the new root, or copies
 */
#include "helper/copy-late.h"

#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "helper/pins.h"
#include "helper/task.h"

/* ---- what it executes ---------------------------------------------------- */

/*
 * The other way to set the link, for a process with CAP_CHECKPOINT_RESTORE or
 * CAP_SYS_ADMIN: all that describes its memory is set at once, to what it is
 * (kernel/sys.c, prctl_set_mm_map). The kernel reads that from a page which the
 * process gets for this call.
 */
struct mm_map {
	uint64_t start_code, end_code, start_data, end_data, start_brk, brk,
		start_stack, arg_start, arg_end, env_start, env_end, auxv;
	uint32_t auxv_size, exe_fd; /* no auxv: it remains */
};

static long set_by_map(struct hold *hold)
{
	/* of /proc/PID/stat, in its order; that does not have the brk */
	static const uint8_t fields[] = {
		26, 27, 45, 46, 47, 47, 28, 48, 49, 50, 51,
	};
	struct mm_map map = { .exe_fd = (uint32_t)hold->fd };
	long brk = LATE_CALL(hold, __NR_brk, 0);
	long at, r = -EPERM;

	if (brk < 0 || task_fields(hold->pid, hold->tid, fields, sizeof(fields),
				   &map.start_code) < 0)
		return -EPERM;
	map.brk = (uint64_t)brk;
	at = LATE_CALL(hold, __NR_mmap, 0, sizeof(map), 3 /* read, write */,
		       LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS, (uint64_t)-1,
		       0);
	if (at < 0 && at > -4096)
		return at;
	if (sys_pwrite(hold->mem_fd, &map, sizeof(map), (uint64_t)at) ==
	    sizeof(map))
		r = LATE_CALL(hold, __NR_prctl, LINUX_PR_SET_MM,
			      LINUX_PR_SET_MM_MAP, (uint64_t)at, sizeof(map));
	(void)LATE_CALL(hold, __NR_munmap, (uint64_t)at, sizeof(map));
	return r;
}

int late_replace_exe(struct hold *hold, const struct late *late)
{
	const int fds[] = { late->exe_fd,
			    late_copy_of(late, late->exe_dev, late->exe_ino) };
	struct sys_stat st;
	char link[64];
	long r;

	(void)str_format(link, sizeof(link), "/proc/%d/exe", late->tid);
	r = sys_stat_cached(AT_FDCWD, link, &st);
	if (r < 0)
		return r == -ENOENT ? 0 : late_unseen(hold, (int)r);
	if (late->exe_ino == 0 || st.dev != late->exe_dev ||
	    st.ino != late->exe_ino)
		return 0;
	r = fds[1] < 0 ? fds[1] : -ENOENT;
	/* The new root's file may be open for writing, or on a mount where
	 * nothing may be executed. */
	for (unsigned i = 0; i < 2 && r < 0 && !late_broken; i++) {
		if (fds[i] < 0)
			continue;
		r = late_give(hold, fds[i]);
		if (r < 0)
			return (int)r;
		r = LATE_CALL(hold, __NR_prctl, LINUX_PR_SET_MM,
			      LINUX_PR_SET_MM_EXE, (uint64_t)hold->fd);
		if (r == -EPERM)
			r = set_by_map(hold);
	}
	if (r < 0)
		late_stays(link, st.bytes,
			   r == -EPERM ? "it has neither CAP_SYS_RESOURCE nor "
					 "CAP_CHECKPOINT_RESTORE"
			   : r == -EBUSY ? "it is still mapped"
					 : late_why_no_copy((int)r));
	return late_broken;
}

/* ---- what it has open ---------------------------------------------------- */

struct late_opened late_opens[LATE_OPENS];
unsigned late_open_count;

struct listing {
	const struct hold *hold;
	const struct late *late;
	bool in_ring;
};

struct ring {
	bool no_files, no_buffers;
};

static int ring_line(char *line, void *ctx)
{
	struct ring *ring = ctx;

	ring->no_files |= strcmp(line, "UserFiles:\t0") == 0;
	ring->no_buffers |= strcmp(line, "UserBufs:\t0") == 0;
	return 0;
}

/* Is it an io_uring that may have files or memory which are registered? The
 * kernel does not say it while the io_uring is in use. */
static void look_at_ring(struct listing *listing, const char *link, int number)
{
	struct ring ring = { 0 };
	char target[24];

	if (io_readlink(AT_FDCWD, link, target, sizeof(target)) < 0 ||
	    strcmp(target, "anon_inode:[io_uring]") != 0)
		return;
	(void)io_each_line(
		io_path("/proc/%d/fdinfo/%d", listing->late->tid, number),
		ring_line, &ring);
	listing->in_ring |= !ring.no_files;
	late_pinned |= !ring.no_buffers;
}

/* Why it cannot be replaced, whoever else has it; or NULL. */
static const char *why_not(const struct sys_stat *st,
			   const struct task_fdinfo *info)
{
	if (S_ISSOCK(st->mode))
		return "it is bound to a path there";
	if (!S_ISREG(st->mode))
		return "it is no regular file";
	if (st->nlink == 0)
		return "it is deleted";
	if (info->flags & O_PATH)
		return "it is open as a path only";
	return info->locked ? "it is locked" : NULL;
}

static int list_open(const char *name, int type, void *ctx)
{
	struct listing *listing = ctx;
	const struct hold *hold = listing->hold;
	const struct late *late = listing->late;
	struct late_opened *opened = &late_opens[late_open_count];
	struct sys_stat st;
	uint64_t number;
	char link[64];
	int r;

	(void)type;
	if (str_number(name, &number) < 0)
		return 0;
	late_fd_link(link, late->tid, (int)number);
	r = sys_stat_cached(AT_FDCWD, link, &st);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!late_is_old(late, &st) &&
	    !(S_ISSOCK(st.mode) && pins_socket_is_bound(st.ino))) {
		look_at_ring(listing, link, (int)number);
		return 0;
	}
	if (late_open_count == LATE_OPENS)
		return hold_refuse(hold, E2BIG,
				   "it has too many files of it open");
	*opened = (struct late_opened){ .use = { st.dev, st.ino, true },
					.bytes = st.bytes,
					.number = (int)number,
					.first = late_open_count };
	opened->use.why =
		task_fdinfo(late->tid, opened->number, &opened->info) < 0
			? "how it is open cannot be seen"
			: why_not(&st, &opened->info);
	opened->use.writes = late_writes(&opened->info);
	for (unsigned i = 0; i < late_open_count; i++)
		if (sys_kcmp_file(hold->tid, opened->number, hold->tid,
				  late_opens[i].number) == 0)
			opened->first = late_opens[i].first;
	late_open_count++;
	return 0;
}

int late_list_opens(const struct hold *hold, const struct late *late)
{
	struct listing listing = { hold, late, false };
	const char *why = NULL;
	int r;

	late_open_count = 0;
	r = io_each_in(list_open, &listing, "/proc/%d/fd", late->tid);
	if (r < 0)
		return r == -E2BIG ? r : late_unseen(hold, r);
	if (listing.in_ring)
		why = "an io_uring has files, which may be this one";
	if (!late_has_one_table(hold))
		why = "its threads have descriptors of their own";
	for (unsigned i = 0; i < late_open_count; i++)
		if (!late_opens[i].use.why)
			late_opens[i].use.why = why;
	return 0;
}

/* Open the same file in the new root, or the copy, as the original is open. */
static int open_copy(const struct late *late, const struct late_opened *opened)
{
	const struct late_open *ready = NULL;
	_auto_close int old_fd = -1;
	char link[64];
	int fd, r;

	late_fd_link(link, late->tid, opened->number);
	fd = old_fd = io_open(link, O_RDONLY | O_NONBLOCK);
	for (unsigned i = 0; i < late->open_count; i++)
		if (late->opens[i].number == opened->number &&
		    late->opens[i].dev == opened->use.dev &&
		    late->opens[i].ino == opened->use.ino &&
		    late->opens[i].flags == opened->info.flags)
			ready = &late->opens[i];
	/* It may have been written to since it was copied. */
	if (fd >= 0 && ready && !late_is_same(old_fd, ready->copy_fd))
		ready = NULL;
	if (ready && ready->new_fd >= 0) {
		fd = ready->new_fd;
	} else if (ready) {
		fd = late_reopen(ready->copy_fd, opened->info.flags);
	} else if (fd >= 0) {
		int copy_fd = late_make_copy(old_fd, "copy");

		fd = copy_fd < 0 ? copy_fd
				 : late_reopen(copy_fd, opened->info.flags);
		if (copy_fd >= 0)
			(void)sys_close(copy_fd);
	}
	r = fd < 0 ? fd : sys_seek(fd, opened->info.offset);
	return r < 0 ? r : fd;
}

/* All descriptors of one open file. */
static long replace_open(struct hold *hold, const struct late *late,
			 unsigned first)
{
	int fd = open_copy(late, &late_opens[first]);
	long r = fd < 0 ? fd : late_give(hold, fd);

	for (unsigned i = first; r >= 0 && i < late_open_count; i++)
		if (late_opens[i].first == first)
			r = LATE_CALL(hold, __NR_dup3, (uint64_t)hold->fd,
				      (uint64_t)late_opens[i].number,
				      (uint64_t)late_opens[i].info.flags &
					      O_CLOEXEC);
	return r;
}

int late_replace_opens(struct hold *hold, const struct late *late)
{
	char link[64];
	int r = 0;

	for (unsigned i = 0; i < late_open_count; i++) {
		const struct late_opened *opened = &late_opens[i];

		if (opened->first != i)
			continue;
		late_fd_link(link, late->tid, opened->number);
		r = opened->use.why ? 0 : (int)replace_open(hold, late, i);
		if (late_broken)
			return late_broken;
		if (opened->use.why || r < 0)
			late_stays(link, opened->bytes,
				   opened->use.why ? opened->use.why
						   : fail_reason(r));
	}
	return 0;
}

#endif
