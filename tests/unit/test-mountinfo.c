/* SPDX-License-Identifier: MIT */
#include "base/mountinfo.h"

#include <errno.h>
#include <stdlib.h>

#include "base/sys.h"
#include "tap.h"

static struct mountinfo_reader reader;
static unsigned lines;
/* The last line, copied: what it points to is the reader's. */
static struct mountinfo got;
static char copies[6][MOUNTINFO_BYTES];

static int take(const struct mountinfo *mount, void *ctx)
{
	(void)ctx;
	lines++;
	got = *mount;
	got.root = strcpy(copies[0], mount->root);
	got.point = strcpy(copies[1], mount->point);
	got.options = strcpy(copies[2], mount->options);
	got.type = strcpy(copies[3], mount->type);
	got.source = strcpy(copies[4], mount->source);
	got.fs_options = strcpy(copies[5], mount->fs_options);
	return 0;
}

/* In pieces of @step bytes, as a read may give them. */
static int feed(const char *text, size_t step)
{
	size_t len = strlen(text);
	int r = 0;

	reader = (struct mountinfo_reader){ 0 };
	lines = 0;
	for (size_t at = 0; r == 0 && at < len; at += step)
		r = mountinfo_feed(&reader, text + at,
				   len - at < step ? len - at : step, take,
				   NULL);
	return r;
}

static char *repeated(char byte, size_t count)
{
	char *text = malloc(count + 1);

	memset(text, byte, count);
	text[count] = '\0';
	return text;
}

/* Lines that no buffer of a fixed size takes: what is behind is read all the
 * same, and what did not fit is marked. */
static void long_lines(void)
{
	static char text[65536];
	char *many = repeated('x', 20000);
	char *fits = repeated('y', MOUNTINFO_BYTES - 3);

	snprintf(text, sizeof(text),
		 "36 35 0:9 / /%s rw shared:3 - overlay o lowerdir=a\n"
		 "37 36 0:2 / /b rw - rootfs rootfs rw\n",
		 many);
	is_int(feed(text, 1000), 0, "a long place");
	is_int(lines, 2, "a long place: the line after it is read");
	is_str(got.type, "rootfs", "a long place: its type");
	is_int((int)got.cut, 0, "a long place: the next line is not cut");
	text[strlen(text) - strlen("37 36 0:2 / /b rw - rootfs rootfs rw\n")] =
		'\0';
	is_int(feed(text, 1), 0, "a long place, byte by byte");
	is_int((int)got.cut, 1 << MOUNTINFO_POINT, "a long place: marked");
	is_str(got.type, "overlay", "a long place: what is behind it");
	ok(got.shared, "a long place: shared");
	is_str(got.fs_options, "lowerdir=a", "a long place: the options");

	snprintf(text, sizeof(text), "36 35 0:9 / /%s rw - t s rw\n", fits);
	is_int(feed(text, 4096), 0, "the longest place that fits");
	is_int((int)got.cut, 0, "the longest place that fits: not cut");
	is_int((long long)strlen(got.point), MOUNTINFO_BYTES - 2,
	       "the longest place that fits: whole");

	/* 4,000 blanks are 16,000 bytes there. */
	strcpy(text, "36 35 0:9 / /");
	for (unsigned i = 0; i < 4000; i++)
		strcat(text, "\\040");
	strcat(text, " rw - t s rw\n");
	is_int(feed(text, 4096), 0, "a place of blanks");
	is_int((int)got.cut, 0, "a place of blanks: not cut");
	is_int((long long)strlen(got.point), 4001, "a place of blanks: whole");

	snprintf(text, sizeof(text), "36 35 0:9 / /a rw - overlay o %s\n",
		 many);
	is_int(feed(text, 4096), 0, "long options");
	is_int((int)got.cut, 1 << MOUNTINFO_FS_OPTIONS, "long options: marked");
	snprintf(text, sizeof(text), "36 35 0:9 / /a rw - overlay %s rw\n",
		 many);
	is_int(feed(text, 4096), 0, "a long source");
	is_int((int)got.cut, 1 << MOUNTINFO_SOURCE, "a long source: marked");
	snprintf(text, sizeof(text),
		 "36 35 0:9 / /a rw %s:1 shared:2 - t s x\n", many);
	is_int(feed(text, 4096), 0, "a long optional field");
	ok(got.shared, "a long optional field: the one behind it");
	is_str(got.type, "t", "a long optional field: the type");
	snprintf(text, sizeof(text), "36 35 0:9 / /a rw - t s rw more\n");
	is_int(feed(text, 4096), 0, "a field too many");
	is_int((int)got.cut, 1 << MOUNTINFO_FS_OPTIONS,
	       "a field too many: the options are not all");
	free(many);
	free(fits);
}

int main(void)
{
	static const char *const broken[] = {
		"\n",
		"1\n",
		"1 2 3:4 / /\n",
		"x 1 0:2 / / rw - t s rw\n",
		"1 1 0:2 / / rw shared:1 t s rw\n",
		"1 1 0:2 / / rw -\n",
		"1 1 02 / / rw - t s rw\n",
		"1 1 0:x / / rw - t s rw\n",
	};

	/* The root of an initramfs as Linux 6.1 prints it: its own parent. */
	is_int(feed("1 1 0:2 / / rw - rootfs rootfs rw\n", 7), 0, "rootfs");
	ok(got.id == 1 && got.parent == 1, "rootfs: its own parent");
	is_int((long long)got.dev, 2, "rootfs: device 0:2");
	is_str(got.type, "rootfs", "rootfs: type");
	ok(!got.shared, "rootfs: private");

	is_int(feed("36 35 98:0 /mnt1 /mnt\\040two rw,noatime shared:7 "
		    "master:1 propagate_from:2 - ext3 /dev/my\\040disk rw\n",
		    4096),
	       0, "optional fields");
	ok(got.dev == SYS_DEV(98, 0), "the device");
	is_str(got.root, "/mnt1", "optional fields: root");
	is_str(got.point, "/mnt two", "an escaped blank in the place");
	is_str(got.options, "rw,noatime", "optional fields: options");
	ok(got.shared, "shared");
	is_str(got.type, "ext3", "the type stands after the dash");
	is_str(got.source, "/dev/my\\040disk", "the source as it is");

	is_int(feed("36 35 0:9 / /a\\134101\\011\\012b\\134 rw - t s rw\n", 1),
	       0, "escapes");
	is_str(got.point, "/a\\101\t\nb\\", "escapes: undone once");
	is_int(feed("36 35 98:0 / / rw master:1 - t s rw\n", 4096), 0,
	       "a slave");
	ok(!got.shared, "a slave is not shared");
	is_int(feed("36 35 98:0 / / rw -  rw\n", 4096), -EINVAL,
	       "no type at all is refused");

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		is_int(feed(broken[i], 4096), -EINVAL,
		       "broken line %zu is refused", i);
	long_lines();
	return tap_done();
}
