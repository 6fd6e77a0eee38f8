/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <errno.h>
#include <stdlib.h>

#include "sys.h"
#include "tap.h"

int main(void)
{
	static const char *const broken[] = {
		"",
		"1",
		"1 2 3:4 / /",
		"x 1 0:2 / / rw - t s rw",
		"1 1 0:2 / / rw shared:1 t s rw",
		"1 1 0:2 / / rw -",
		"1 1 02 / / rw - t s rw",
		"1 1 0:x / / rw - t s rw",
	};
	struct mountinfo mount;
	char line[256];

	/* The root of an initramfs as Linux 6.1 prints it: its own parent. */
	strcpy(line, "1 1 0:2 / / rw - rootfs rootfs rw");
	is_int(mountinfo_parse(line, &mount), 0, "rootfs");
	ok(mount.id == 1 && mount.parent == 1, "rootfs: its own parent");
	is_int((long long)mount.dev, 2, "rootfs: device 0:2");
	is_str(mount.type, "rootfs", "rootfs: type");
	ok(!mount.shared, "rootfs: private");

	strcpy(line, "36 35 98:0 /mnt1 /mnt\\040two rw,noatime shared:7 "
		     "master:1 propagate_from:2 - ext3 /dev/my\\040disk rw");
	is_int(mountinfo_parse(line, &mount), 0, "optional fields");
	ok(mount.dev == SYS_DEV(98, 0), "the device");
	is_str(mount.root, "/mnt1", "optional fields: root");
	is_str(mount.point, "/mnt two", "an escaped blank in the place");
	is_str(mount.options, "rw,noatime", "optional fields: options");
	ok(mount.shared, "shared");
	is_str(mount.type, "ext3", "the type stands after the dash");
	is_str(mount.source, "/dev/my\\040disk", "the source as it is");

	strcpy(line, "36 35 98:0 / / rw master:1 - t s rw");
	is_int(mountinfo_parse(line, &mount), 0, "a slave");
	ok(!mount.shared, "a slave is not shared");

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char *copy = strdup(broken[i]);

		is_int(mountinfo_parse(copy, &mount), -EINVAL,
		       "broken line %zu is refused", i);
		free(copy);
	}
	return tap_done();
}
