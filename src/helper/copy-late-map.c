/* SPDX-License-Identifier: MIT */
/*
 * copy-late-map.c - what a process maps of the old root becomes mappings of
 * copies
 */
#include "helper/copy-late.h"

#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "helper/pins.h"
#include "helper/task.h"

/* include/uapi/asm-generic/mman-common.h: PROT_*, the same everywhere */
#define PROT_W 2
#define PROT_X 4

/* The names that fs/proc/task_mmu.c has for the flags (show_smap_vma_flags), in
 * the order of their bits. */
static const char flag_names[][3] = { "lo", "sh", "ac", "nr", "bt", "" };

struct late_map late_maps[LATE_MAPS];
unsigned late_map_count;
bool late_pinned;

static void note_flags(struct late_map *map, const char *flags)
{
	char flag[3] = "";

	for (; strlen(flags) >= 2; flags += flags[2] ? 3 : 2) {
		unsigned i = 0;

		memcpy(flag, flags, 2);
		while (flag_names[i][0] && strcmp(flag, flag_names[i]) != 0)
			i++;
		if (flag_names[i][0])
			map->flags |= 1u << i;
		else if (!str_in_list("rd,wr,ex,mr,mw,me,ms,sd,rr,sr,hg,nh",
				      flag))
			map->flags |= LATE_SPECIAL;
	}
	map->use.writes = map->flags & LATE_WRITABLE;
}

struct listing {
	const struct late *late;
	struct late_map *map; /* the lines are about this one, or NULL */
};

static int list_line(char *line, void *ctx)
{
	struct listing *listing = ctx;
	struct task_mapping mapping;
	struct pins_map found;
	struct sys_stat st;
	const char *value;
	char link[64];
	int r;

	/* a context of io_setup(2) */
	value = str_char(line, '/');
	late_pinned |= value && str_after(value, "/[aio]");
	if (pins_parse_map(line, &found) < 0 ||
	    task_mapping(line, &mapping) < 0) {
		value = str_after(line, "VmFlags: ");
		if (listing->map && value)
			note_flags(listing->map, value);
		/* Its pages are under a protection key. */
		value = str_after(line, "ProtectionKey:");
		if (listing->map && value &&
		    strcmp(value + str_span(value, " "), "0") != 0)
			listing->map->flags |= LATE_SPECIAL;
		return 0;
	}
	listing->map = NULL;
	late_map_link(link, listing->late->tid, found.start, found.end);
	if (found.ino == 0)
		return 0;
	r = sys_stat_cached(AT_FDCWD, link, &st);
	if (r < 0 || !late_is_old(listing->late, &st))
		return r == -ENOENT ? 0 : r;
	if (late_map_count == LATE_MAPS)
		return -E2BIG;
	listing->map = &late_maps[late_map_count++];
	*listing->map = (struct late_map){
		.start = found.start,
		.len = found.end - found.start,
		.offset = found.offset,
		.prot = mapping.readable | mapping.writable << 1 |
			mapping.executable << 2,
		.use = { st.dev, st.ino, mapping.shared, false, NULL },
	};
	return 0;
}

int late_list_maps(struct hold *hold, const struct late *late)
{
	struct listing listing = { .late = late };
	char path[64];
	int r;

	late_map_count = 0;
	r = io_each_head(AT_FDCWD,
			 task_path(path, hold->pid, hold->tid, "smaps"),
			 list_line, &listing);

	if (arch_is_32(&hold->saved))
		return hold_refuse(hold, ENOEXEC, "it is a 32-bit program");
	if (r == -E2BIG)
		return hold_refuse(hold, E2BIG, "it has too many mappings");
	if (r < 0)
		return late_unseen(hold, r);
	for (unsigned i = 0; i < late_map_count; i++)
		if (hold->site - late_maps[i].start < late_maps[i].len)
			return hold_refuse(hold, ENOEXEC,
					   "it has no vdso to make calls from");
	return 0;
}

/*
 * Write those pages again that are not what the copy at @at has, because the
 * process has written to them. Where it cannot write, somebody else may have: a
 * breakpoint of the kernel (uprobe) belongs to the file, and would be a fault in
 * a copy. In a shared mapping nothing may differ: the file was written to after
 * it was copied, maybe for another helper.
 */
static int write_changed(const struct hold *hold, const struct late_map *map,
			 uint64_t at)
{
	static char is[65536], was[sizeof(is)];
	const size_t page = 4096; /* or a part of one */

	for (uint64_t done = 0; done < map->len; done += sizeof(is)) {
		uint64_t rest = map->len - done;
		size_t want = rest < sizeof(is) ? rest : sizeof(is);
		long have =
			sys_pread(hold->mem_fd, is, want, map->start + done);

		/* Both end with the page that has the end of the file. */
		if (sys_pread(hold->mem_fd, was, want, at + done) != have)
			return -ESTALE;
		for (long i = 0; i < have; i += (long)page) {
			if (memcmp(is + i, was + i, page) == 0)
				continue;
			if (map->use.shared)
				return -ESTALE;
			if ((map->prot & (PROT_W | PROT_X)) == PROT_X)
				return -ETXTBSY;
			if (sys_pwrite(hold->mem_fd, is + i, page,
				       at + done + (uint64_t)i) != (long)page)
				return -EFAULT;
		}
	}
	return 0;
}

/*
 * Make the same mapping of the copy elsewhere, and move it over this one. That
 * checks its limits before it unmaps anything (mm/mremap.c, mremap_to), and
 * then needs some small memory, which the kernel does not refuse.
 */
static long replace(struct hold *hold, const struct late_map *map)
{
	uint64_t prot = (uint64_t)map->prot |
			(map->flags & LATE_GUARDED ? LINUX_PROT_BTI : 0);
	uint64_t first = map->flags & LATE_ACCOUNTED ? prot | PROT_W : prot;
	uint64_t how =
		(map->use.shared ? LINUX_MAP_SHARED : LINUX_MAP_PRIVATE) |
		(map->flags & LATE_NO_RESERVE ? LINUX_MAP_NORESERVE : 0);
	long at = LATE_CALL(hold, __NR_mmap, 0, map->len, first, how,
			    (uint64_t)hold->fd, map->offset);
	long r = at;

	if (at < 0 && at > -4096)
		return at;
	r = write_changed(hold, map, (uint64_t)at);
	if (r == 0 && first != prot)
		r = LATE_CALL(hold, __NR_mprotect, (uint64_t)at, map->len,
			      prot);
	if (r == 0)
		r = LATE_CALL(hold, __NR_mremap, (uint64_t)at, map->len,
			      map->len, LINUX_MREMAP_OVER, map->start);
	if (r == (long)map->start)
		return 0;
	(void)LATE_CALL(hold, __NR_munmap, (uint64_t)at, map->len);
	return r < 0 ? r : -EIO;
}

const char *late_why_no_copy(int error)
{
	if (error == -ENOMEM)
		return "there is not enough memory for a copy";
	return error == -ENOENT ? "there is no copy of it" : fail_reason(error);
}

/* Why the mapping cannot be replaced, or NULL. */
static const char *why_not(const struct late_map *map, int copy_fd)
{
	if (map->flags & LATE_LOCKED)
		return "it is locked in memory";
	if (map->use.shared && map->flags & LATE_WRITABLE)
		return "it is shared and writable";
	if (map->flags & LATE_SPECIAL)
		return "it has special properties";
	/* It would write to the pages that are taken away here. */
	if (late_pinned && !map->use.shared && map->prot & PROT_W)
		return "the kernel may write to it";
	if (map->use.why)
		return map->use.why;
	return copy_fd < 0 ? late_why_no_copy(copy_fd) : NULL;
}

int late_replace_maps(struct hold *hold, const struct late *late)
{
	int given = -1; /* what of ours the thread has at hold->fd */
	char link[64];

	for (unsigned i = 0; i < late_map_count; i++) {
		struct late_map *map = &late_maps[i];
		int copy_fd = late_copy_of(late, map->use.dev, map->use.ino);
		const char *why = why_not(map, copy_fd);
		long r = 0;

		if (!why && given != copy_fd) {
			r = late_give(hold, copy_fd);
			if (r < 0)
				return (int)r;
			given = copy_fd;
		}
		if (!why)
			r = replace(hold, map);
		late_map_link(link, late->tid, map->start,
			      map->start + map->len);
		if (why || r < 0)
			late_stays(link, map->len,
				   why		   ? why
				   : r == -ETXTBSY ? "its code was changed"
				   : r == -ESTALE  ? "it was changed meanwhile"
						   : fail_reason((int)r));
		if (late_broken)
			return late_broken;
	}
	return 0;
}

#endif
