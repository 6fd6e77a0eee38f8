/* SPDX-License-Identifier: MIT */
#include "root/mount.h"

#include <errno.h>

#include "base/linux.h"
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
	memset(list, 'x', sizeof(list));
	list[sizeof(options.data)] = '\0';
	options = (struct mount_options){ 0 };
	is_int(mount_options(list, &options), -ENAMETOOLONG,
	       "data that does not fit is an error");
	list[sizeof(options.data) - 1] = '\0';
	is_int(mount_options(list, &options), 0, "data that just fits is not");
	return tap_done();
}
