/* SPDX-License-Identifier: MIT */
#include "helper/task.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"

const char *task_path(char path[64], int pid, int tid, const char *name)
{
	(void)str_format(path, 64, "/proc/%d/task/%d/%s", pid, tid, name);
	return path;
}

int task_status(int pid, int tid, struct procstatus *ret)
{
	char path[64];

	return procstatus_read(AT_FDCWD, task_path(path, pid, tid, "status"),
			       ret);
}

/* The name may hold anything, even blanks and parentheses: count from its end.
 * The third field follows it. */
int task_fields(int pid, int tid, const uint8_t *fields, unsigned count,
		uint64_t *values)
{
	char path[64], buf[1024];
	long n = io_read_file(AT_FDCWD, task_path(path, pid, tid, "stat"), buf,
			      sizeof(buf));
	unsigned found = 0;
	char *at;

	if (n < 0)
		return (int)n;
	at = strrchr(buf, ')');
	if (!at)
		return -EINVAL;
	at++;
	for (unsigned field = 3; *at; field++) {
		const char *word = str_word(&at);

		for (unsigned i = 0; i < count; i++)
			if (fields[i] == field)
				found += str_number(word, &values[i]) == 0;
	}
	return found == count ? 0 : -EINVAL;
}

int task_stat(int pid, int tid, struct task_stat *ret)
{
	static const uint8_t fields[] = { 9, 22, 39 };

	return task_fields(pid, tid, fields, sizeof(fields), &ret->flags);
}

bool task_is(int pid, uint64_t start_time)
{
	struct task_stat stat = { 0 };

	return task_stat(pid, pid, &stat) == 0 && stat.start_time == start_time;
}

bool task_has_ended(int pid, int tid)
{
	struct procstatus status;
	int r = task_status(pid, tid, &status);

	return r == -ENOENT || r == -ESRCH ||
	       (r == 0 && (status.state == 'Z' || status.state == 'X'));
}

bool task_is_ending(int tid)
{
	char text[80];
	long r = io_read_file(AT_FDCWD, io_path("/proc/%d/statm", tid), text,
			      sizeof(text));

	return r < 0 ? r == -ENOENT || r == -ESRCH : !!str_after(text, "0 ");
}

static int is_living(const char *entry, int type, void *ctx)
{
	uint64_t tid;

	(void)type;
	(void)ctx;
	return str_number(entry, &tid) < 0 || task_is_ending((int)tid)
		       ? 0
		       : (int)tid;
}

int task_living(int pid)
{
	int tid = task_is_ending(pid)
			  ? io_each_in(is_living, NULL, "/proc/%d/task", pid)
			  : pid;

	return tid > 0 ? tid : pid;
}

static int fdinfo_line(char *line, void *ctx)
{
	struct task_fdinfo *info = ctx;
	const char *value = str_after(line, "pos:\t");
	unsigned flags = 0;

	if (value)
		(void)str_number(value, &info->offset);
	value = str_after(line, "flags:\t");
	for (; value && *value >= '0' && *value <= '7'; value++)
		flags = flags * 8 + (unsigned)(*value - '0');
	info->flags |= (int)flags;
	if (str_after(line, "lock:\t"))
		info->locked = true;
	return 0;
}

int task_fdinfo(int tid, int number, struct task_fdinfo *ret)
{
	*ret = (struct task_fdinfo){ 0 };
	return io_each_line(io_path("/proc/%d/fdinfo/%d", tid, number),
			    fdinfo_line, ret);
}

/* "se.exec_start    :    1234.567890": milliseconds and nanoseconds */
static int sched_line(char *line, void *ctx)
{
	const char *value = str_after(line, "se.exec_start");
	uint64_t ms = 0, us = 0;
	char *at, *point;

	if (!value)
		return 0;
	at = line + (value - line);
	at += str_span(at, " :");
	point = at + str_until(at, ".");
	if (*point == '.' && strlen(point) > 4) {
		point[4] = '\0';
		(void)str_number(point + 1, &us);
	}
	*point = '\0';
	if (str_number(at, &ms) == 0)
		*(int64_t *)ctx = (int64_t)(ms * 1000 + us);
	return 1;
}

int64_t task_ran_us(const char *path)
{
	int64_t us = -1;

	(void)io_each_line(path, sched_line, &us);
	return us;
}

/* ---- bytes in its memory ------------------------------------------------ */

bool task_holds(const struct task_bytes *what, uint64_t at)
{
	uint8_t bytes[8];

	return at % what->align == 0 &&
	       sys_pread(what->mem_fd, bytes, what->len, at) ==
		       (long)what->len &&
	       memcmp(bytes, what->bytes, what->len) == 0;
}

struct search {
	const struct task_bytes *what;
	bool first_pass;
	uint64_t found;
};

/* Where the bytes are among these @n, which are at @at in its memory, or 0. */
static uint64_t search_bytes(const struct task_bytes *what, const uint8_t *buf,
			     size_t n, uint64_t at)
{
	const uint8_t *end = buf + n - what->len + 1;

	for (const uint8_t *found = buf;
	     (found = memchr(found, what->bytes[0], (size_t)(end - found)));
	     found++) {
		uint64_t address = at + (uint64_t)(found - buf);

		if (address % what->align == 0 &&
		    memcmp(found, what->bytes, what->len) == 0)
			return address;
	}
	return 0;
}

static void search_range(struct search *search, uint64_t at, uint64_t end)
{
	const struct task_bytes *what = search->what;
	uint8_t buf[4096];

	while (search->found == 0 && at < end) {
		size_t len = end - at < sizeof(buf) ? end - at : sizeof(buf);
		long n = sys_pread(what->mem_fd, buf, len, at);

		if (n < (long)what->len)
			return;
		search->found = search_bytes(what, buf, (size_t)n, at);
		/* The bytes may lie across two reads. */
		at += (uint64_t)n -
		      (n == (long)len && at + len < end && what->align == 1
			       ? what->len - 1
			       : 0);
	}
}

/* "START-END r-xp OFFSET DEVICE INODE  PATH" */
int task_mapping(const char *line, struct task_mapping *ret)
{
	const char *dash = str_char(line, '-');
	const char *space = str_char(line, ' ');

	if (!dash || !space || strlen(space) < 5 ||
	    str_hex(line, (size_t)(dash - line), &ret->start) < 0 ||
	    str_hex(dash + 1, (size_t)(space - dash - 1), &ret->end) < 0)
		return -EINVAL;
	ret->readable = space[1] == 'r';
	ret->writable = space[2] == 'w';
	ret->executable = space[3] == 'x';
	ret->shared = space[4] == 's';
	return 0;
}

static int search_mapping(char *line, void *ctx)
{
	struct search *search = ctx;
	const struct task_bytes *what = search->what;
	struct task_mapping mapping;
	bool likely;

	if (task_mapping(line, &mapping) < 0)
		return 0;
	/* The vdso is small, and a program's strings are near the beginning of
	 * what it cannot execute. */
	likely = what->executable
			 ? !str_char(line, '/') && str_contains(line, " [vdso]")
			 : !mapping.executable;
	if (likely != search->first_pass)
		return 0;
	if (what->executable
		    ? !mapping.executable
		    : !mapping.readable || mapping.writable || mapping.shared)
		return 0;
	search_range(search, mapping.start, mapping.end);
	return search->found != 0;
}

uint64_t task_find(int pid, int tid, const struct task_bytes *what)
{
	struct search search = { .what = what, .first_pass = true };
	char path[64];

	task_path(path, pid, tid, "maps");
	(void)io_each_head(AT_FDCWD, path, search_mapping, &search);
	search.first_pass = false;
	if (search.found == 0)
		(void)io_each_head(AT_FDCWD, path, search_mapping, &search);
	return search.found;
}
