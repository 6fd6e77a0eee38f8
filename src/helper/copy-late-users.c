/* SPDX-License-Identifier: MIT */
/*
 * copy-late-users.c - which files must stay because a copy would be noticed:
 * whoever writes to one and whoever reads it must have the same file
 */
#include "helper/copy-late.h"

#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <errno.h>
#include <fcntl.h>

#include "base/io.h"
#include "base/str.h"
#include "helper/pins.h"
#include "helper/task.h"

bool late_writes(const struct task_fdinfo *info)
{
	/* Not O_ACCMODE, which has other bits as well in some C libraries. */
	return (info->flags & 3) != O_RDONLY;
}

/* All open files, and then all mappings. */
static unsigned use_count(void)
{
	return late_open_count + late_map_count;
}

static struct late_use *use_of(unsigned i)
{
	return i < late_open_count ? &late_opens[i].use
				   : &late_maps[i - late_open_count].use;
}

static bool is_of(const struct late_use *use, uint64_t dev, uint64_t ino)
{
	return use->shared && use->dev == dev && use->ino == ino;
}

static void stay(struct late_use *use, const char *reason)
{
	if (!use->why)
		use->why = reason;
}

/* ---- the process itself -------------------------------------------------- */

static void compare(unsigned i, unsigned k)
{
	struct late_use *a = use_of(i), *b = use_of(k);
	bool open = i < late_open_count && k < late_open_count;

	if (!is_of(a, b->dev, b->ino) || !b->shared)
		return;
	/* Whoever closes one of its descriptors of a file gives up its lock on
	 * it (fcntl(2)), whichever of them the lock was made with. */
	if (open && late_opens[k].info.locked)
		stay(a, "it is locked");
	if (open && late_opens[i].first == late_opens[k].first)
		return;
	if (i != k && (a->writes || b->writes))
		stay(a, "it has it twice, and writes to it");
}

/* ---- others -------------------------------------------------------------- */

struct looking {
	const struct hold *hold;
	int pid; /* of them, a thread that has not ended */
};

static int look_at_open(const char *entry, int type, void *ctx)
{
	const struct looking *looking = ctx;
	struct task_fdinfo info;
	struct sys_stat st;
	uint64_t number;
	char link[64];
	int stat, r = 1; /* its fdinfo was not read yet */

	(void)type;
	if (str_number(entry, &number) < 0)
		return 0;
	late_fd_link(link, looking->pid, (int)number);
	stat = sys_stat_cached(AT_FDCWD, link, &st);
	if (stat < 0)
		return stat == -ENOENT ? 0 : stat;
	for (unsigned i = 0; i < use_count(); i++) {
		struct late_use *use = use_of(i);

		if (!is_of(use, st.dev, st.ino))
			continue;
		if (r > 0)
			r = task_fdinfo(looking->pid, (int)number, &info);
		/* Two that only read do not notice each other, but for an
		 * offset that they share. */
		if (r < 0 || late_writes(&info) || use->writes ||
		    (i < late_open_count &&
		     sys_kcmp_file(looking->hold->tid, late_opens[i].number,
				   looking->pid, (int)number) <= 0))
			stay(use, "another process has it open");
	}
	return 0;
}

static int look_at_map(char *line, void *ctx)
{
	const struct looking *looking = ctx;
	struct task_mapping mapping;
	struct pins_map found;
	struct sys_stat st;
	char link[64];

	if (task_mapping(line, &mapping) < 0 || !mapping.shared ||
	    pins_parse_map(line, &found) < 0 || found.ino == 0)
		return 0;
	late_map_link(link, looking->pid, found.start, found.end);
	/* Not every file system has the same number in both places. */
	if (sys_stat_cached(AT_FDCWD, link, &st) < 0)
		st = (struct sys_stat){ .dev = found.dev, .ino = found.ino };
	for (unsigned i = 0; i < use_count(); i++)
		if (is_of(use_of(i), st.dev, st.ino) &&
		    (mapping.writable || use_of(i)->writes))
			stay(use_of(i), "another process maps it");
	return 0;
}

static int look_at_process(const char *entry, int type, void *ctx)
{
	struct looking *looking = ctx;
	uint64_t pid;
	int r;

	(void)type;
	if (str_number(entry, &pid) < 0 || (int)pid == looking->hold->pid)
		return 0;
	looking->pid = task_living((int)pid);
	r = io_each_in(look_at_open, looking, "/proc/%d/fd", looking->pid);
	if (r == 0)
		r = io_each_head(AT_FDCWD,
				 io_path("/proc/%d/maps", looking->pid),
				 look_at_map, looking);
	/* It may end meanwhile, and then it may not be looked at any more. */
	return r < 0 && task_is_ending(looking->pid) ? 0 : r;
}

void late_find_users(const struct hold *hold)
{
	struct looking looking = { .hold = hold };
	bool any = false, unseen;

	for (unsigned i = 0; i < use_count(); i++) {
		for (unsigned k = 0; use_of(i)->shared && k < use_count(); k++)
			compare(i, k);
		any |= use_of(i)->shared && !use_of(i)->why;
	}
	unseen = any && io_each_in(look_at_process, &looking, "/proc") != 0;
	for (unsigned i = 0; unseen && i < use_count(); i++)
		if (use_of(i)->shared)
			stay(use_of(i), "who else has it cannot be seen");
}

#endif
