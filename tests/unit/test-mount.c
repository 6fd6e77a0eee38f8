/* SPDX-License-Identifier: MIT */
#include "root/mount.h"

#include <errno.h>

#include "base/linux.h"
#include "root/options.h"
#include "tap.h"

static const struct {
	const char *name, *list;
	unsigned long before, after;
	const char *data;
} rows[] = {
	{ "nothing", "", MS_RDONLY, MS_RDONLY, "" },
	{ "rw takes ro away", "rw", MS_RDONLY, 0, "" },
	{ "the last opposite wins", "noatime,atime", 0, 0, "" },
	{ "flags leave the data", "noatime,data=ordered,nodev", 0,
	  LINUX_MS_NOATIME | MS_NODEV, "data=ordered" },
	{ "unknown words keep their order", "b,a", 0, 0, "b,a" },
	{ "user space's words go", "defaults,x-systemd.a=b,nofail,_netdev", 0,
	  0, "" },
	{ "in capitals and as a comment too", "X-mount.mkdir,comment=a", 0, 0,
	  "" },
	{ "a prefix of a word is another word", "noat", 0, 0, "noat" },
	{ "a word with a known prefix too", "rox", 0, 0, "rox" },
	{ "empty places are nothing", ",,ro,,", 0, MS_RDONLY, "" },
	{ "a quoted comma is the value's", "context=\"a,b\",ro", 0, MS_RDONLY,
	  "context=\"a,b\"" },
};

/* Which option of a list names a device, and in which list. */
static void test_devices(void)
{
	static const struct {
		const char *list, *found;
	} lists[] = {
		{ "", "" },
		{ "ro,noatime", "" },
		{ "ro,logdev=/dev/b,,rtdev=/dev/c", "logdev= rtdev=" },
		{ "journal_path=/dev/b,journal_dev=0x801",
		  "journal_path= journal_dev=" },
		{ "device=/dev/b,device=/dev/c", "device= device=" },
		{ "context=\"a,logdev=/dev/b\",jdev=/dev/c", "jdev=" },
		{ "mylogdev=/dev/b,logdevx=/dev/b,logdev", "" },
	};
	static const struct {
		const char *text;
		unsigned major, minor; /* 0: it is none */
	} numbers[] = {
		{ "2049", 8, 1 },	{ "0x801", 8, 1 },
		{ "04001", 8, 1 },	{ "0xfe00", 254, 0 },
		{ "1051137", 10, 257 }, { "0", 0, 0 },
		{ "/dev/sda1", 0, 0 },	{ "8:1", 0, 0 },
		{ "0x", 0, 0 },		{ "0x8012345678", 0, 0 },
		{ "4294967296", 0, 0 }, { "08", 0, 0 },
		{ "12x", 0, 0 },	{ "", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = lists[i].list;
		char found[100] = "";
		size_t len;

		for (; (len = mount_next_option(&at)) > 0; at += len)
			if (options_device(at))
				snprintf(found + strlen(found),
					 sizeof(found) - strlen(found), "%s%s",
					 *found ? " " : "",
					 options_device(at)->name);
		is_str(found, lists[i].found, "devices of '%s'", lists[i].list);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned major = 0, minor = 0;

		ok(options_number(numbers[i].text, &major, &minor) ==
			   (numbers[i].major > 0),
		   "journal_dev=%s: a number or not", numbers[i].text);
		is_int(major, numbers[i].major, "journal_dev=%s: major",
		       numbers[i].text);
		is_int(minor, numbers[i].minor, "journal_dev=%s: minor",
		       numbers[i].text);
	}
	ok(mount_is_as_found("") && mount_is_as_found("auto") &&
		   mount_is_as_found("ext4,auto"),
	   "rootfstype=auto is as found");
	ok(!mount_is_as_found("autofs") && !mount_is_as_found("ext4"),
	   "other types are not");
}

int main(void)
{
	struct mount_options options;
	char list[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		options = (struct mount_options){ .flags = rows[i].before };
		is_int(mount_options(rows[i].list, &options), 0, "%s",
		       rows[i].name);
		is_int((long long)options.flags, (long long)rows[i].after,
		       "%s: flags", rows[i].name);
		is_str(options.data, rows[i].data, "%s: data", rows[i].name);
	}
	test_devices();
	memset(list, 'x', sizeof(list));
	list[sizeof(options.data)] = '\0';
	options = (struct mount_options){ 0 };
	is_int(mount_options(list, &options), -ENAMETOOLONG,
	       "data that does not fit is an error");
	list[sizeof(options.data) - 1] = '\0';
	is_int(mount_options(list, &options), 0, "data that just fits is not");
	return tap_done();
}
