/* SPDX-License-Identifier: MIT */
#include "altroot/altwatch.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

#define WHAT                                                                   \
	(LINUX_IN_CREATE | LINUX_IN_DELETE | LINUX_IN_MOVED_FROM |             \
	 LINUX_IN_MOVED_TO | LINUX_IN_ONLYDIR)

struct watch {
	int wd;
	int keep_fd;
	unsigned event; /* the last event that concerned it */
	unsigned size;	/* in bytes, up to the next entry */
	char text[];	/* the path and a NUL, then the name, or "" */
};

/*
 * Others can change names as fast as they like. So the mender may use that much
 * CPU time at once, and from then on that part of each second. Events that come
 * meanwhile wait in the queue of the kernel, which tells when it is full.
 */
#define BURST_US 2000000
#define SHARE	 10 /* 1 / 10 */

/* This is enough for 40,000 directories and links of 100 bytes each. */
static _Alignas(struct watch) char table[4 << 20];
static size_t used;
static unsigned event;
static int inotify_fd = -1;

void altwatch_open(void)
{
	used = 0;
	inotify_fd = sys_inotify();
}

void altwatch_close(void)
{
	altwatch_forget_below("");
	(void)sys_close(inotify_fd);
	inotify_fd = -1;
}

/* -- the table ------------------------------------------------------------ */

static struct watch *after(const struct watch *watch)
{
	return (void *)((char *)(uintptr_t)watch + watch->size);
}

static bool is_end(const struct watch *watch)
{
	return (const char *)watch == table + used;
}

static const char *name_of(const struct watch *watch)
{
	return watch->text + strlen(watch->text) + 1;
}

static void add(int fd, const char *name, size_t len, const char *path)
{
	static bool said;
	struct watch *watch = (void *)(table + used);
	size_t path_size = strlen(path) + 1;
	size_t size = sizeof(*watch) + path_size + len + 1;
	int r = inotify_fd < 0 ? inotify_fd : -ENOBUFS;

	size += -size % sizeof(*watch);
	if (inotify_fd >= 0 && size <= sizeof(table) - used) {
		/* A directory that is watched already gets the same number. */
		r = sys_fchdir(fd);
		if (r == 0)
			r = sys_watch_cwd(inotify_fd, WHAT);
		*watch = (struct watch){ r, -1, event, (unsigned)size };
		memcpy(watch->text, path, path_size);
		memcpy(watch->text + path_size, name, len);
		watch->text[path_size + len] = '\0';
		used += size;
	}
	if (r < 0 && !said) {
		log_line(LOG_WARNING,
			 "watch '%s': %s: what changes is not seen", path,
			 fail_reason(-r));
		said = true;
	}
}

void altwatch_directory(int fd, const char *path)
{
	add(fd, "", 0, path);
}

void altwatch_name(int fd, const char *name, size_t len, const char *path)
{
	add(fd, name, len, path);
}

static struct watch *find(const char *path)
{
	for (struct watch *at = (void *)table; !is_end(at); at = after(at))
		if (strcmp(at->text, path) == 0 && !*name_of(at))
			return at;
	return NULL;
}

int altwatch_find(const char *path)
{
	const struct watch *watch = find(path);

	return watch ? watch->keep_fd : ALTWATCH_NONE;
}

void altwatch_keep(int fd, const char *path)
{
	struct watch *watch = find(path);

	if (watch)
		watch->keep_fd = fd;
}

bool altwatch_keeps(int fd)
{
	for (struct watch *at = (void *)table; !is_end(at); at = after(at))
		if (at->keep_fd == fd)
			return true;
	return fd == inotify_fd;
}

/* Forget the entries whose path is @path, followed by @more. */
static void forget(const char *path, char more)
{
	struct watch *to = (void *)table, *next;

	for (struct watch *at = to; !is_end(at); at = next) {
		const char *rest = str_after(at->text, path);

		next = after(at);
		if (rest && *rest == more) {
			if (more)
				sys_auto_close(&at->keep_fd);
			continue;
		}
		if (to != at)
			memmove(to, at, at->size);
		to = after(to);
	}
	used = (size_t)((char *)to - table);
}

void altwatch_forget(const char *path)
{
	forget(path, '\0');
}

void altwatch_forget_below(const char *path)
{
	forget(path, '/');
}

/* -- events --------------------------------------------------------------- */

/* Find a path that depends on the name in the directory @wd, and that was not
 * returned for this event yet. */
static bool tell(int wd, const char *name, char *ret_path, size_t size)
{
	for (struct watch *at = (void *)table; !is_end(at); at = after(at)) {
		const char *wanted = name_of(at);

		if (at->wd != wd || at->event == event ||
		    (*wanted && strcmp(wanted, name) != 0))
			continue;
		at->event = event;
		if (str_format(ret_path, size, *wanted ? "%s" : "%s/%s",
			       at->text, name) == 0)
			return true;
	}
	return false;
}

/* Wait until there is CPU time left to use. Returns 0; 1 if @end_fd is
 * readable; or -errno. */
static int rest(int end_fd)
{
	static int64_t now_us, cpu_us, left_us = BURST_US;
	int64_t was_us = now_us, was_cpu_us = cpu_us;
	int r = 0;

	now_us = sys_now_us();
	cpu_us = sys_cpu_us();
	if (was_us == 0)
		return 0;
	left_us += (now_us - was_us) / SHARE - (cpu_us - was_cpu_us);
	if (left_us > BURST_US)
		left_us = BURST_US;
	if (left_us < 0) {
		/* Long enough to have a tenth of a second for work again. */
		int64_t wait_us = SHARE * (100000 - left_us);

		r = sys_wait_readable(end_fd, -wait_us);
	}
	return r;
}

int altwatch_next(int end_fd, char *ret_path, size_t size)
{
	static _Alignas(struct linux_inotify_event) char buf[4096];
	static const struct linux_inotify_event *at;
	static long left;
	const int fds[] = { inotify_fd, end_fd };
	int r = rest(end_fd);

	if (r != 0)
		return r < 0 ? r : 0;
	/* Entries made before the first event belong to no event. */
	event += !event;
	for (;;) {
		if (left > 0) {
			long bytes = (long)(sizeof(*at) + at->len);
			bool all = at->mask & LINUX_IN_Q_OVERFLOW;

			if (at->len && tell(at->wd, at->name, ret_path, size))
				return 1;
			event++;
			left -= bytes;
			at = (const void *)((const char *)at + bytes);
			*ret_path = '\0';
			if (all)
				return 1;
			continue;
		}
		r = sys_wait_any(fds, 2, SYS_FOREVER);
		if (r >= 0)
			r = sys_wait_readable(end_fd, SYS_NOW);
		if (r != 0)
			return r < 0 ? r : 0;
		at = (const void *)buf;
		left = sys_read(inotify_fd, buf, sizeof(buf));
		/* EINTR comes after a SIGCONT: signal(7). */
		if (left < 0 && left != -EINTR)
			return (int)left;
	}
}
