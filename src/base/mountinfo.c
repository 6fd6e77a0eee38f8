/* SPDX-License-Identifier: MIT */
#include "base/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "base/sys.h"

static int parse_dev(char *string, uint64_t *ret)
{
	char *colon = str_char(string, ':');
	uint64_t major, minor;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (str_number(string, &major) < 0 || str_number(colon + 1, &minor) < 0)
		return -EINVAL;
	*ret = SYS_DEV(major, minor);
	return 0;
}

static int end_line(struct mountinfo_reader *reader, mountinfo_each_fn *each,
		    void *ctx)
{
	char(*text)[MOUNTINFO_BYTES] = reader->text;
	struct mountinfo mount = {
		.root = text[MOUNTINFO_ROOT],
		.point = text[MOUNTINFO_POINT],
		.options = text[MOUNTINFO_OPTIONS],
		.shared = reader->shared,
		.type = text[MOUNTINFO_TYPE],
		.source = text[MOUNTINFO_SOURCE],
		.fs_options = text[MOUNTINFO_FS_OPTIONS],
		.cut = reader->cut,
	};

	if (str_number(text[MOUNTINFO_ID], &mount.id) < 0 ||
	    str_number(text[MOUNTINFO_PARENT], &mount.parent) < 0 ||
	    parse_dev(text[MOUNTINFO_DEV], &mount.dev) < 0 || !*mount.type)
		return -EINVAL;
	return each(&mount, ctx);
}

static void begin_line(struct mountinfo_reader *reader)
{
	reader->field = MOUNTINFO_ID;
	reader->len = 0;
	reader->escaped = 0;
	reader->cut = 0;
	reader->shared = false;
	for (unsigned i = 0; i < MOUNTINFO_FIELDS; i++)
		reader->text[i][0] = '\0';
}

/* After a blank: which field is next? */
static void end_field(struct mountinfo_reader *reader)
{
	const char *text = reader->text[reader->field];
	bool is_optional = reader->field == MOUNTINFO_OPTIONAL;

	reader->len = 0;
	reader->escaped = 0;
	if (is_optional && str_after(text, "shared:"))
		reader->shared = true;
	if (is_optional && strcmp(text, "-") != 0)
		reader->text[MOUNTINFO_OPTIONAL][0] = '\0';
	else if (reader->field < MOUNTINFO_FS_OPTIONS)
		reader->field++;
	else
		/* It is the last field, so what follows belongs to it. */
		reader->cut |= 1u << MOUNTINFO_FS_OPTIONS;
}

/* A blank, tab, newline or backslash is written as a backslash and three octal
 * digits (fs/seq_file.c: mangle_path). This is undone byte by byte, so that the
 * longest path fits. */
static void unescape(struct mountinfo_reader *reader, char byte)
{
	char *at = reader->text[MOUNTINFO_POINT] + reader->len;

	if (byte == '\\')
		reader->escaped = 1;
	else if (reader->escaped && byte >= '0' && byte <= '7')
		reader->escaped++;
	else
		reader->escaped = 0;
	if (reader->escaped < 4)
		return;
	at[-4] = (char)((at[-3] & 3) << 6 | (at[-2] & 7) << 3 | (at[-1] & 7));
	at[-3] = '\0';
	reader->len -= 3;
	reader->escaped = 0;
}

static void take_byte(struct mountinfo_reader *reader, char byte)
{
	char *text = reader->text[reader->field];

	/* The one optional field that is looked for, "shared:", is short. */
	if (reader->len + 1 < MOUNTINFO_BYTES &&
	    !(reader->cut & 1u << reader->field)) {
		text[reader->len++] = byte;
		text[reader->len] = '\0';
		if (reader->field == MOUNTINFO_POINT)
			unescape(reader, byte);
	} else if (reader->field != MOUNTINFO_OPTIONAL) {
		reader->cut |= 1u << reader->field;
	}
}

int mountinfo_feed(struct mountinfo_reader *reader, const char *bytes,
		   size_t len, mountinfo_each_fn *each, void *ctx)
{
	for (size_t i = 0; i < len; i++) {
		int r;

		if (bytes[i] == ' ') {
			end_field(reader);
		} else if (bytes[i] != '\n') {
			take_byte(reader, bytes[i]);
		} else {
			r = end_line(reader, each, ctx);
			begin_line(reader);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

static int each_of(int dir, const char *path, mountinfo_each_fn *each,
		   void *ctx)
{
	static struct mountinfo_reader reader;
	_auto_close int fd = sys_open(dir, path, O_RDONLY, 0);
	char bytes[4096];

	if (fd < 0)
		return fd;
	begin_line(&reader);
	for (;;) {
		long n = sys_read(fd, bytes, sizeof(bytes));
		int r;

		if (n == -EINTR)
			continue;
		/* The kernel ends each line with a newline, even the last. */
		if (n <= 0)
			return (int)n;
		r = mountinfo_feed(&reader, bytes, (size_t)n, each, ctx);
		if (r != 0)
			return r;
	}
}

int mountinfo_each_of(int dir, mountinfo_each_fn *each, void *ctx)
{
	return each_of(dir, "mountinfo", each, ctx);
}

int mountinfo_each(mountinfo_each_fn *each, void *ctx)
{
	return each_of(AT_FDCWD, "/proc/self/mountinfo", each, ctx);
}
