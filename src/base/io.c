/* SPDX-License-Identifier: MIT */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

/* One byte more than the longest path that the kernel takes. */
#define PATH_BYTES 4097

int io_open(const char *path, int flags)
{
	return sys_open(AT_FDCWD, path, flags, 0);
}

long io_read_file(int dir, const char *path, char *buf, size_t size)
{
	_auto_close int fd = sys_open(dir, path, O_RDONLY, 0);
	size_t len = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		long n = sys_read(fd, buf + len, size - len);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		len += (size_t)n;
		if (len == size)
			return -EFBIG;
		if (n == 0)
			break;
	}
	buf[len] = '\0';
	return (long)len;
}

static const char *print_path(const char *format, va_list *args)
{
	static char path[PATH_BYTES];

	(void)str_vprint(path, sizeof(path), format, args);
	return path;
}

const char *io_path(const char *format, ...)
{
	const char *path;
	va_list args;

	va_start(args, format);
	path = print_path(format, &args);
	va_end(args);
	return path;
}

bool io_value(char *ret, size_t size, const char *format, ...)
{
	va_list args;
	long n;

	va_start(args, format);
	n = io_read_file(AT_FDCWD, print_path(format, &args), ret, size);
	va_end(args);
	if (n <= 0)
		return false;
	ret[str_until(ret, "\n")] = '\0';
	return true;
}

int io_readlink(int dir, const char *path, char *ret, size_t size)
{
	long n = sys_readlink(dir, path, ret, size);

	if (n == (long)size)
		n = -ENAMETOOLONG;
	ret[n < 0 ? 0 : n] = '\0';
	return n < 0 ? (int)n : 0;
}

bool io_is_terminal(int fd)
{
	struct linux_termios unused;

	return sys_ioctl(fd, LINUX_TCGETS, &unused) == 0;
}

int io_write(int fd, const void *buf, size_t len)
{
	const char *from = buf;

	while (len > 0) {
		long n = sys_write(fd, from, len);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_write_file(const char *path, const void *buf, size_t len)
{
	char temporary[256];
	int r = str_format(temporary, sizeof(temporary), "%s.new", path);

	if (r < 0)
		return r;
	{
		_auto_close int fd =
			sys_open(AT_FDCWD, temporary,
				 O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (fd < 0)
			return fd;
		r = io_write(fd, buf, len);
	}
	if (r == 0)
		r = sys_rename(temporary, path);
	if (r < 0)
		(void)sys_unlink(AT_FDCWD, temporary, 0);
	return r;
}

int io_mkdir(const char *path)
{
	return sys_mkdir(AT_FDCWD, path, 0755);
}

int io_set(const char *path, const char *value)
{
	_auto_close int fd = io_open(path, O_WRONLY);

	if (fd < 0)
		return fd;
	return io_write(fd, value, strlen(value));
}

/* A line that is too long is cut if @may_cut; otherwise it is an error. */
static int each_line(int dir, const char *path, bool may_cut,
		     int (*each)(char *line, void *ctx), void *ctx)
{
	_auto_close int fd = sys_open(dir, path, O_RDONLY, 0);
	char buf[4096];
	size_t have = 0;
	bool passing_over = false; /* the rest of a line that was cut */

	if (fd < 0)
		return fd;
	for (;;) {
		long n = sys_read(fd, buf + have, sizeof(buf) - 1 - have);
		char *line = buf;
		char *end;

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		have += (size_t)n;
		/* The last line may lack its newline. */
		if (n == 0 && have > 0)
			buf[have++] = '\n';
		while ((end = memchr(line, '\n',
				     have - (size_t)(line - buf)))) {
			int r = 0;

			*end = '\0';
			if (!passing_over)
				r = each(line, ctx);
			passing_over = false;
			if (r != 0)
				return r;
			line = end + 1;
		}
		if (n == 0)
			return 0;
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
		if (have == sizeof(buf) - 1) {
			int r = 0;

			if (!may_cut)
				return -EFBIG;
			buf[have - 1] = '\0';
			if (!passing_over)
				r = each(buf, ctx);
			if (r != 0)
				return r;
			passing_over = true;
			have = 0;
		}
	}
}

int io_each_line(const char *path, int (*each)(char *line, void *ctx),
		 void *ctx)
{
	return each_line(AT_FDCWD, path, false, each, ctx);
}

int io_each_head(int dir, const char *path, int (*each)(char *line, void *ctx),
		 void *ctx)
{
	return each_line(dir, path, true, each, ctx);
}

int io_some_names(int fd, int (*each)(const char *name, int type, void *ctx),
		  void *ctx, long *ret_bytes)
{
	_Alignas(struct linux_dirent64) char buf[IO_NAMES_BYTES];
	long n = *ret_bytes = sys_getdents(fd, buf, sizeof(buf));
	int r = n < 0 ? (int)n : 0;

	for (long at = 0; r == 0 && at < n;) {
		const struct linux_dirent64 *entry = (const void *)(buf + at);

		at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			r = each(entry->d_name, entry->d_type, ctx);
	}
	return r;
}

int io_each_name(int fd, int (*each)(const char *name, int type, void *ctx),
		 void *ctx)
{
	long n = 1;
	int r = 0;

	while (r == 0 && n > 0)
		r = io_some_names(fd, each, ctx, &n);
	return r;
}

struct closing {
	int first, but_fd;
};

static int close_one(const char *name, int type, void *ctx)
{
	const struct closing *closing = ctx;
	uint64_t fd;

	(void)type;
	if (str_number(name, &fd) == 0 && fd <= INT32_MAX &&
	    (int)fd >= closing->first && (int)fd != closing->but_fd)
		(void)sys_close((int)fd);
	return 0;
}

void io_close_from(int first)
{
	struct closing closing = { .first = first };
	struct linux_statfs fs;
	int fd, limit;

	if (sys_close_from((unsigned)first) == 0)
		return;
	/* In a root that is not ours, anything may be at that path. */
	fd = closing.but_fd = io_open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	if (sys_statfs(fd, &fs) < 0 || fs.f_type != LINUX_PROC_SUPER_MAGIC ||
	    io_each_name(fd, close_one, &closing) < 0) {
		limit = sys_descriptor_limit();
		if (limit < 0)
			limit = 1 << 16;
		for (int other = first; other < limit; other++)
			(void)sys_close(other);
	}
	if (fd >= first)
		sys_auto_close(&fd);
}

int io_each_in(int (*each)(const char *name, int type, void *ctx), void *ctx,
	       const char *format, ...)
{
	_auto_close int fd = -1;
	va_list args;

	va_start(args, format);
	fd = io_open(print_path(format, &args), O_RDONLY | O_DIRECTORY);
	va_end(args);
	return fd < 0 ? fd : io_each_name(fd, each, ctx);
}
