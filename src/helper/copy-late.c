/* SPDX-License-Identifier: MIT */
#include "helper/copy-late.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "helper/helpers.h"
#include "helper/mover-ptrace.h"
#include "helper/pins.h"
#include "helper/serves.h"
#include "helper/task.h"

/* How long it may take once all threads are stopped: some ten megabytes are
 * compared, on a machine that may be emulated. */
#define WORK_US 60000000

bool late_is_old(const struct late *late, const struct sys_stat *st)
{
	return pins_is_on(late->old, st, late->foreign_ns);
}

/* ---- files --------------------------------------------------------------- */

void late_map_link(char link[64], int pid, uint64_t start, uint64_t end)
{
	(void)str_format(link, 64, "/proc/%d/map_files/%llx-%llx", pid,
			 (unsigned long long)start, (unsigned long long)end);
}

void late_fd_link(char link[64], int pid, int number)
{
	(void)str_format(link, 64, "/proc/%d/fd/%d", pid, number);
}

int late_reopen(int fd, int flags)
{
	/* Not O_ACCMODE, to which O_PATH belongs in some C libraries. */
	const int kept =
		3 | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_NOATIME;
	return io_open(io_path("/proc/self/fd/%d", fd), flags & kept);
}

static int meminfo_line(char *line, void *ctx)
{
	if (!str_after(line, "MemAvailable:"))
		return 0;
	line += str_until(line, " ");
	line += str_span(line, " ");
	line[str_until(line, " ")] = '\0';
	return str_number(line, ctx) < 0 ? -EINVAL : 1;
}

/* If a copy were too large for the memory, the kernel would kill some
 * process. */
static bool has_room(uint64_t bytes)
{
	uint64_t available_kb = 0;

	return io_each_line("/proc/meminfo", meminfo_line, &available_kb) > 0 &&
	       bytes / 1024 < available_kb / 2;
}

int late_make_copy(int from_fd, const char *name)
{
	struct sys_stat st;
	char base[64];
	long r = sys_fstat(from_fd, &st);
	int to;

	if (r == 0 && !has_room(st.size))
		return -ENOMEM;
	if (str_copy(base, sizeof(base), str_base(name)) < 0)
		(void)str_copy(base, sizeof(base), "copy");
	to = sys_memfd(base, LINUX_MFD_EXEC);
	if (r == 0)
		r = to;
	while (r >= 0 && (r = sys_sendfile(to, from_fd)) > 0)
		;
	if (r == 0)
		r = sys_fchown(to, st.uid, st.gid);
	if (r == 0)
		r = sys_fchmod(to, st.mode & 0777);
	if (r == 0)
		return to;
	(void)sys_close(to);
	return (int)r;
}

bool late_is_same(int a_fd, int b_fd)
{
	static char a[16384], b[sizeof(a)];
	uint64_t at = 0;
	long n;

	do {
		n = sys_pread(a_fd, a, sizeof(a), at);
		if (n < 0 || sys_pread(b_fd, b, sizeof(b), at) != n ||
		    memcmp(a, b, (size_t)n) != 0)
			return false;
		at += (uint64_t)n;
	} while (n > 0);
	return true;
}

/* Open @path of the new root with @flags if the file there is the one that
 * @copy_fd is a copy of: whoever might use the one may use the other. */
static int open_new(const struct late *late, const char *path, int copy_fd,
		    int flags)
{
	_auto_close int place_fd =
		late->new_fd < 0 ? -1
				 : sys_open_in(late->new_fd, path, O_PATH,
					       LINUX_RESOLVE_IN_ROOT);
	_auto_close int read_fd = -1;
	struct sys_stat old, new;

	/* A device must not even be opened. */
	if (place_fd < 0 || sys_fstat(place_fd, &new) < 0 ||
	    sys_fstat(copy_fd, &old) < 0 || !S_ISREG(new.mode) ||
	    new.mode != old.mode || new.uid != old.uid || new.gid != old.gid ||
	    new.size != old.size)
		return -1;
	read_fd = late_reopen(place_fd, O_RDONLY);
	if (read_fd < 0 || !late_is_same(read_fd, copy_fd))
		return -1;
	return late_reopen(place_fd, flags);
}

/* ---- before the stop ----------------------------------------------------- */

/* Open what the link in /proc leads to, if that is a regular file of the old
 * root, and tell its path. */
static int open_old(const struct late *late, const char *link, char path[4096],
		    struct sys_stat *ret)
{
	if (sys_stat_cached(AT_FDCWD, link, ret) < 0 ||
	    !late_is_old(late, ret) || !S_ISREG(ret->mode))
		return -1;
	if (io_readlink(AT_FDCWD, link, path, 4096) < 0)
		path[0] = '\0';
	/* Do not wait for as long as somebody's lease takes. */
	return io_open(link, O_RDONLY | O_NONBLOCK);
}

int late_copy_of(const struct late *late, uint64_t dev, uint64_t ino)
{
	for (unsigned i = 0; i < late->file_count; i++)
		if (late->files[i].dev == dev && late->files[i].ino == ino)
			return late->files[i].fd;
	return -ENOENT;
}

/* Copy a file that it maps, unless there is a copy for another process. What
 * cannot be copied stays mapped, which is said then. */
static int prepare_map(char *line, void *ctx)
{
	struct late *late = ctx;
	static char path[4096];
	char link[64];
	struct pins_map map;
	struct sys_stat st;
	int fd, copy;

	if (pins_parse_map(line, &map) < 0 || map.ino == 0 ||
	    late->file_count == LATE_FILES)
		return 0;
	late_map_link(link, late->tid, map.start, map.end);
	if (sys_stat_cached(AT_FDCWD, link, &st) < 0 ||
	    late_copy_of(late, st.dev, st.ino) != -ENOENT)
		return 0;
	fd = open_old(late, link, path, &st);
	if (fd < 0)
		return 0;
	copy = late_make_copy(fd, path);
	(void)sys_close(fd);
	/* A file that is open for writing cannot be executed. */
	fd = copy < 0 ? copy : late_reopen(copy, O_RDONLY);
	if (copy >= 0)
		(void)sys_close(copy);
	late->files[late->file_count++] =
		(struct late_file){ st.dev, st.ino, fd };
	return 0;
}

static int prepare_open(const char *name, int type, void *ctx)
{
	struct late *late = ctx;
	struct late_open *open = &late->opens[late->open_count];
	struct task_fdinfo info;
	static char path[4096];
	char link[64];
	struct sys_stat st;
	uint64_t number;
	int fd;

	(void)type;
	if (str_number(name, &number) < 0 || late->open_count == LATE_OPENS)
		return 0;
	late_fd_link(link, late->tid, (int)number);
	/* To open it would break its lease; and no copy is made of what is open
	 * as a path only. */
	if (task_fdinfo(late->tid, (int)number, &info) < 0 || info.locked ||
	    info.flags & O_PATH)
		return 0;
	fd = open_old(late, link, path, &st);
	if (fd < 0)
		return 0;
	*open = (struct late_open){ .dev = st.dev,
				    .ino = st.ino,
				    .number = (int)number,
				    .copy_fd = late_make_copy(fd, path) };
	(void)sys_close(fd);
	if (open->copy_fd < 0)
		return 0;
	open->flags = info.flags;
	open->new_fd = open_new(late, path, open->copy_fd, info.flags);
	late->open_count++;
	return 0;
}

static void prepare(struct late *late)
{
	static char path[4096];
	char link[64];
	struct sys_stat st;
	int fd;

	late->open_count = 0;
	late->exe_fd = -1;
	late->exe_ino = 0;
	(void)io_each_head(AT_FDCWD, io_path("/proc/%d/maps", late->tid),
			   prepare_map, late);
	(void)io_each_in(prepare_open, late, "/proc/%d/fd", late->tid);
	(void)str_format(link, sizeof(link), "/proc/%d/exe", late->tid);
	fd = open_old(late, link, path, &st);
	if (fd < 0)
		return;
	(void)sys_close(fd);
	late->exe_dev = st.dev;
	late->exe_ino = st.ino;
	fd = late_copy_of(late, st.dev, st.ino);
	if (fd >= 0)
		late->exe_fd = open_new(late, path, fd, O_RDONLY);
}

static void forget(struct late *late)
{
	for (unsigned i = 0; i < late->open_count; i++) {
		(void)sys_close(late->opens[i].copy_fd);
		if (late->opens[i].new_fd >= 0)
			(void)sys_close(late->opens[i].new_fd);
	}
	if (late->exe_fd >= 0)
		(void)sys_close(late->exe_fd);
}

/* ---- all of them --------------------------------------------------------- */

static void copy_one(struct late *late, const struct helpers *helpers,
		     const struct pin *pin, int64_t stop_us)
{
	static struct fail why;
	int r;

	late->tid = task_living(pin->pid);
	late->foreign_ns = pin->foreign_ns;
	/* Whoever serves a file system cannot be waited for while it is
	 * stopped. It need not be one of the roots: another process may wait
	 * for it while it holds what is needed to look at that process. */
	if (serves_storage(pin)) {
		log_line(LOG_WARNING,
			 "free what process '%d' has of the old root: it may "
			 "serve storage, and must not be stopped",
			 pin->pid);
		return;
	}
	late->new_fd = helpers->new_fd;
	prepare(late);
	stop_us += sys_now_us();
	r = mover_ptrace_act(pin->pid, pin->start_time, late_act, late, stop_us,
			     stop_us + WORK_US, &why);
	forget(late);
	/* It may have ended, as any process may. */
	if (r < 0 && r != -ESRCH)
		log_fail_as(LOG_WARNING, &why);
}

static void copy_named(struct late *late, const struct helpers *helpers,
		       int pid)
{
	struct pins_target target = helpers->new_target;
	struct pin pin;

	target.what = PINS_PLACE;
	if (!helpers_by_pid(helpers, pid) &&
	    pins_look(&target, pid, 0, &pin) == 0 && pin.roots == pin.threads)
		copy_one(late, helpers, &pin, HELPERS_DEADLINE_US);
}

void late_copy(struct helpers *helpers)
{
	static struct late late;

	late.old = &helpers->old_target;
	late.file_count = 0;
	pins_sockets_find(late.old);
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];

		if (!helper->late_copied)
			continue;
		helper->before_bytes = helper->after_bytes;
		if (helper->after)
			copy_one(&late, helpers, &helper->pin,
				 helper->rule ? helper->rule->deadline_us
					      : HELPERS_DEADLINE_US);
	}
	/* Those who had come to the new root before are not in the list. */
	for (const int *pid = helpers->late_copy ? helpers->only : NULL;
	     pid && *pid; pid++)
		copy_named(&late, helpers, *pid);
	for (unsigned i = 0; i < late.file_count; i++)
		if (late.files[i].fd >= 0)
			(void)sys_close(late.files[i].fd);
}
