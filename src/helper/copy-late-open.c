/* SPDX-License-Identifier: MIT */
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

/* The fields 26 to 51 of /proc/PID/stat that are part of it, in its order. */
static bool read_mm_map(const struct hold *hold, struct mm_map *ret)
{
	static const uint8_t fields[] = {
		26, 27, 45, 46, 47, 0, 28, 48, 49, 50, 51,
	};
	uint64_t *values = &ret->start_code;
	uint64_t value;
	char path[64], buf[1024];
	char *at, *end;

	if (io_read_file(AT_FDCWD,
			 task_path(path, hold->pid, hold->tid, "stat"), buf,
			 sizeof(buf)) < 0)
		return false;
	at = strrchr(buf, ')');
	for (unsigned field = 3; at && field <= 51; field++) {
		at = str_char(at, ' ');
		if (!at)
			break;
		at++;
		end = at + str_until(at, " \n");
		for (size_t i = 0; i < sizeof(fields); i++)
			if (fields[i] == field) {
				char number[24];

				if (str_part(number, sizeof(number), at,
					     (size_t)(end - at)) < 0 ||
				    str_number(number, &value) < 0)
					return false;
				values[i] = value;
			}
	}
	return at;
}

static long set_by_map(struct hold *hold)
{
	struct mm_map map = { .exe_fd = (uint32_t)hold->fd };
	long brk = LATE_CALL(hold, __NR_brk, 0);
	long at, r = -EPERM;

	if (brk < 0 || !read_mm_map(hold, &map))
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
	long r = -ENOENT;

	(void)str_format(link, sizeof(link), "/proc/%d/exe", late->tid);
	if (late->exe_ino == 0 || sys_stat_cached(AT_FDCWD, link, &st) < 0 ||
	    st.dev != late->exe_dev || st.ino != late->exe_ino)
		return 0;
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
					 : fail_reason((int)r));
	return late_broken;
}

/* ---- what it has open ---------------------------------------------------- */

/* A descriptor of the old root. Several may be one open file, which has one
 * offset: then @first is the first of them. */
struct opened {
	int number;
	unsigned first;
	struct sys_stat st;
	struct late_fdinfo info;
};

static struct opened opens[LATE_OPENS];
static unsigned open_count;

struct listing {
	const struct hold *hold;
	const struct late *late;
};

static int list_open(const char *name, int type, void *ctx)
{
	const struct listing *listing = ctx;
	const struct hold *hold = listing->hold;
	const struct late *late = listing->late;
	struct opened *opened = &opens[open_count];
	uint64_t number;
	char link[64];

	(void)type;
	if (str_number(name, &number) < 0)
		return 0;
	late_fd_link(link, late->tid, (int)number);
	*opened = (struct opened){ .number = (int)number, .first = open_count };
	if (sys_stat_cached(AT_FDCWD, link, &opened->st) < 0 ||
	    !(late_is_old(late, &opened->st) ||
	      (S_ISSOCK(opened->st.mode) &&
	       pins_socket_is_bound(opened->st.ino))))
		return 0;
	if (open_count == LATE_OPENS - 1)
		return 1;
	for (unsigned i = 0; i < open_count; i++)
		if (sys_kcmp_file(hold->tid, opened->number, hold->tid,
				  opens[i].number) == 0)
			opened->first = opens[i].first;
	open_count++;
	return late_fdinfo(late->tid, opened->number, &opened->info) < 0;
}

/* Who else has the file of @opened open? */
struct search {
	const struct opened *opened;
	const struct hold *hold;
	int pid; /* whose descriptors are looked at */
};

static int has_file(const char *entry, int type, void *ctx)
{
	const struct search *search = ctx;
	const struct opened *opened = search->opened;
	struct late_fdinfo info;
	struct sys_stat st;
	uint64_t number;
	char link[64];

	(void)type;
	if (str_number(entry, &number) < 0)
		return 0;
	late_fd_link(link, search->pid, (int)number);
	if (sys_stat_cached(AT_FDCWD, link, &st) < 0 ||
	    st.dev != opened->st.dev || st.ino != opened->st.ino)
		return 0;
	/* Two that only read it do not notice each other, but for an offset
	 * that they share. */
	return late_fdinfo(search->pid, (int)number, &info) < 0 ||
	       ((info.flags | opened->info.flags) & O_ACCMODE) != O_RDONLY ||
	       sys_kcmp_file(search->hold->tid, opened->number, search->pid,
			     (int)number) <= 0;
}

static int has_process(const char *entry, int type, void *ctx)
{
	struct search *search = ctx;
	uint64_t pid;

	(void)type;
	if (str_number(entry, &pid) < 0 || (int)pid == search->hold->pid)
		return 0;
	search->pid = (int)pid;
	return io_each_in(has_file, search, "/proc/%d/fd", (int)pid) > 0;
}

/* Why the open file cannot be replaced, or NULL. */
static const char *why_not(const struct opened *opened, const struct hold *hold)
{
	struct search search = { .opened = opened, .hold = hold };

	if (S_ISSOCK(opened->st.mode))
		return "it is bound to a path there";
	if (!S_ISREG(opened->st.mode))
		return "it is no regular file";
	if (opened->st.nlink == 0)
		return "it is deleted";
	if (opened->info.flags & O_PATH)
		return "it is open as a path only";
	if (opened->info.locked)
		return "it is locked";
	if (io_each_in(has_process, &search, "/proc") != 0)
		return "another process has it open";
	return NULL;
}

/* Open the same file in the new root, or the copy, as the original is open. */
static int open_copy(const struct late *late, const struct opened *opened)
{
	const struct late_open *ready = NULL;
	_auto_close int old_fd = -1;
	char link[64];
	int fd, r;

	late_fd_link(link, late->tid, opened->number);
	fd = old_fd = io_open(link, O_RDONLY);
	for (unsigned i = 0; i < late->open_count; i++)
		if (late->opens[i].number == opened->number &&
		    late->opens[i].dev == opened->st.dev &&
		    late->opens[i].ino == opened->st.ino &&
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
	int fd = open_copy(late, &opens[first]);
	long r = fd < 0 ? fd : late_give(hold, fd);

	for (unsigned i = first; r >= 0 && i < open_count; i++)
		if (opens[i].first == first)
			r = LATE_CALL(hold, __NR_dup3, (uint64_t)hold->fd,
				      (uint64_t)opens[i].number,
				      (uint64_t)opens[i].info.flags &
					      O_CLOEXEC);
	return r;
}

int late_replace_opens(struct hold *hold, const struct late *late)
{
	struct listing listing = { hold, late };
	char link[64];
	int r = hold_close_all(hold);

	if (r < 0)
		return r;
	if (io_each_in(list_open, &listing, "/proc/%d/fd", late->tid) != 0)
		return hold_refuse(hold, E2BIG,
				   "its open files cannot be listed");
	for (unsigned i = 0; i < open_count; i++) {
		const struct opened *opened = &opens[i];
		const char *why;

		if (opened->first != i)
			continue;
		why = why_not(opened, hold);
		late_fd_link(link, late->tid, opened->number);
		r = why ? 0 : (int)replace_open(hold, late, i);
		if (late_broken)
			return late_broken;
		if (why || r < 0)
			late_stays(link, opened->st.bytes,
				   why ? why : fail_reason(r));
	}
	return 0;
}

#endif
