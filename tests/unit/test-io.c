/* SPDX-License-Identifier: MIT */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "tap.h"

static char seen[16][5000];
static unsigned seen_count;

static int remember(char *line, void *ctx)
{
	(void)ctx;
	strcpy(seen[seen_count++], line);
	return 0;
}

static void fill(char *to, char c, size_t len)
{
	memset(to, c, len);
	to[len] = '\0';
}

static int is_it(const char *name, int type, void *ctx)
{
	(void)type;
	return strcmp(name, ctx) == 0;
}

int main(void)
{
	char path[] = "/tmp/test-io-XXXXXX";
	static char text[40000], long_line[20001];
	/* around the buffer's size, and several buffers long */
	static const size_t lengths[] = { 4093, 4094, 4095,  4096,
					  8189, 8190, 12285, 20000 };
	int fd = mkstemp(path);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int n;

		fill(long_line, 'x', lengths[i]);
		n = snprintf(text, sizeof(text), "first\n%s\nafter\n\nlast",
			     long_line);
		if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
			return 1;
		seen_count = 0;
		is_int(io_each_head(AT_FDCWD, path, remember, NULL), 0,
		       "a line of %zu bytes", lengths[i]);
		is_int(seen_count, 5, "%zu: every line once", lengths[i]);
		is_int(strlen(seen[1]), lengths[i] < 4094 ? lengths[i] : 4094,
		       "%zu: its head", lengths[i]);
		is_str(seen[2], "after", "%zu: the next is whole", lengths[i]);
		is_str(seen[3], "", "%zu: an empty one", lengths[i]);
		is_str(seen[4], "last", "%zu: the last, without a newline",
		       lengths[i]);
		seen_count = 0;
		is_int(io_each_line(path, remember, NULL),
		       lengths[i] < 4095 ? 0 : -EFBIG,
		       "%zu: where nothing may be cut", lengths[i]);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, "one\ntwo\n", 8, 0) != 8)
		return 1;
	ok(io_value(text, sizeof(text), "%s/%s", "/tmp", path + 5),
	   "a value of a file by a printed path");
	is_str(text, "one", "its first line");
	ok(!io_value(text, 8, "%s", path), "one that does not fit is none");
	ok(!io_value(text, sizeof(text), "%s.none", path), "there is no file");
	if (ftruncate(fd, 0) < 0)
		return 1;
	ok(!io_value(text, sizeof(text), "%s", path), "an empty file has none");
	is_int(io_each_in(is_it, path + 5, "/%s", "tmp"), 1,
	       "a directory by a printed path");
	is_int(io_each_in(is_it, path + 5, "%s", path), -ENOTDIR,
	       "a file is none");
	fill(long_line, 'x', 600);
	is_int(io_each_in(is_it, path + 5, "/%s", long_line), -ENAMETOOLONG,
	       "a path that is too long leads nowhere");
	is_str(io_path("/%s/%d", "a", 7), "/a/7", "a printed path");
	for (size_t at = 0; at < 20000; at += 2)
		memcpy(long_line + at, "/.", 2);
	fd = io_open(io_path("%.4094s", long_line), O_PATH);
	ok(fd >= 0, "the longest one that the kernel takes");
	sys_close(fd);
	is_int(io_open(io_path("%.4096s", long_line), O_PATH), -ENAMETOOLONG,
	       "a longer one");
	is_int(io_open(io_path("%s", long_line), O_PATH), -ENAMETOOLONG,
	       "one that is cut is no other path");
	unlink(path);
	if (symlink("target", path) < 0)
		return 1;
	is_int(io_readlink(AT_FDCWD, path, text, 7), 0, "a link that fits");
	is_str(text, "target", "its text");
	is_int(io_readlink(AT_FDCWD, path, text, 6), -ENAMETOOLONG,
	       "one that does not fit with its NUL is an error");
	is_str(text, "", "and no shorter text");
	unlink(path);
	is_int(io_readlink(AT_FDCWD, path, text, 7), -ENOENT, "no link");
	return tap_done();
}
