/* SPDX-License-Identifier: MIT */
/* Names and UUIDs as the tools give them, then a sysfs of files and links. */
#include "device/part.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "tap.h"

/* 32 letters of the group, 32 of the volume */
#define ID(x)                                                                  \
	"LVM-abcdefghijklmnopqrstuvwxyzABCDEF" x                               \
	"123456789abcdefghijklmnopqrstu"
#define ROOT ID("r1")
#define SNAP ID("s1")

static const struct {
	const char *name, *uuid;
	bool inner;
} names[] = {
	{ "vg-root", ROOT, false },
	{ "my--vg-my--root", ROOT, false },
	{ "a_rimage_0-root", ROOT, false },
	{ "vg--x_rimage_0-root", ROOT, false },
	{ "vg-rimage_0", ROOT, false },
	{ "vg-root_images", ROOT, false },
	{ "pvmove-root", ROOT, false },
	{ "vg-root_rimage_0", ROOT, true },
	{ "my--vg-my--root_rmeta_1", ROOT, true },
	{ "vg-root_rimage_1-missing_0_0", ROOT, true },
	{ "vg-root_mimage_0", ROOT, true },
	{ "vg-root_mimagetmp_2", ROOT, true },
	{ "vg-root_mlog", ROOT, true },
	{ "vg-root_corig", ROOT "-real", true },
	{ "vg-root_wcorig", ROOT "-real", true },
	{ "vg-root_corig", ROOT, true },
	{ "vg-fast_cvol", ROOT "-cvol", true },
	{ "vg-fast_cvol-cdata", ROOT "-cdata", true },
	{ "vg-fast_cpool", ROOT, true },
	{ "vg-pool_tdata", ROOT "-tdata", true },
	{ "vg-pool_tmeta", ROOT, true },
	{ "vg-pool-tpool", ROOT "-tpool", true },
	{ "vg-pool", ROOT "-pool", true },
	{ "vg-lvol0_pmspare", ROOT, true },
	{ "vg-vdo_vdata", ROOT, true },
	{ "vg-vdo-vpool", ROOT "-vpool", true },
	{ "vg-root_rimage_0_iorig", ROOT, true },
	{ "vg-root_rimage_0_imeta", ROOT, true },
	{ "vg-root_vorigin", ROOT, true },
	{ "vg-root-real", ROOT "-real", true },
	{ "vg-before-cow", SNAP "-cow", true },
	{ "vg-root-x", ROOT "-whatever", true },
	{ "vg-pvmove0", ROOT, true },
	{ "vg-snapshot0", ROOT, true },
	/* Of others than LVM these are names like any. */
	{ "root_rimage_0", "", false },
	{ "x-root_rimage_0", "CRYPT-LUKS2-0123-x-root_rimage_0", false },
	{ "cryptroot", "CRYPT-LUKS2-0123456789-cryptroot", false },
	{ "x_dif", "CRYPT-LUKS2-0123456789-x_dif", false },
	{ "safe", "CRYPT-INTEGRITY-safe", false },
	{ "cryptroot_dif", "CRYPT-INTEGRITY-cryptroot_dif", true },
	{ "cryptroot_dif", "CRYPT-SUBDEV-0123456789-cryptroot_dif", true },
	{ "c-hotzone-forward", "CRYPT-SUBDEV-c-hotzone-forward", true },
	{ "temporary-cryptsetup-7", "CRYPT-TEMP-temporary-cryptsetup-7", true },
	{ "mpatha", "mpath-3600140500000001", false },
	{ "mpatha-part1", "part1-mpath-3600140500000001", false },
	{ "stratis-1-private-1-flex-mdv", "stratis-1-private-1-flex-mdv",
	  true },
	{ "stratis-1-1-thin-fs-2", "stratis-1-1-thin-fs-2", false },
};

static char top[] = "/tmp/test-part.XXXXXX";

/* A file that holds @content, or where that is NULL a directory. */
__attribute__((format(printf, 2, 3))) static void put(const char *content,
						      const char *format, ...)
{
	char path[300], shell[400];
	va_list args;
	FILE *file;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	snprintf(shell, sizeof(shell), "mkdir -p \"%s/$(dirname '%s')\"", top,
		 path);
	if (system(shell))
		exit(2);
	snprintf(shell, sizeof(shell), "%s/%s", top, path);
	file = content ? fopen(shell, "w") : NULL;
	if (content ? !file || fputs(content, file) < 0 || fclose(file)
		    : mkdir(shell, 0755) != 0)
		exit(2);
}

/* @above is made of @below. */
static void stack(const char *above, const char *below)
{
	char from[300], to[300];

	snprintf(from, sizeof(from), "%s/dev/%s/holders/%s", top, below, above);
	snprintf(to, sizeof(to), "%s/dev/%s", top, above);
	if (symlink(to, from))
		exit(2);
	snprintf(from, sizeof(from), "%s/dev/%s/slaves/%s", top, above, below);
	snprintf(to, sizeof(to), "%s/dev/%s", top, below);
	if (symlink(to, from))
		exit(2);
}

static void add(const char *name, unsigned minor, const char *uuid)
{
	char number[16];

	snprintf(number, sizeof(number), "253:%u\n", minor);
	put(number, "dev/%s/dev", name);
	put(NULL, "dev/%s/holders", name);
	put(NULL, "dev/%s/slaves", name);
	if (uuid)
		put(uuid, "dev/%s/dm/uuid", name);
}

static const char *dir(const char *name)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/dev/%s", top, name);
	return path;
}

static void test_stacks(void)
{
	char origin[32] = "x";

	add("sda", 0, NULL);
	add("sda/sda1", 1, NULL);
	put("1\n", "dev/sda/sda1/partition");
	add("sdb", 16, NULL);
	add("sdb/sdb1", 17, NULL);
	put("1\n", "dev/sdb/sdb1/partition");
	add("sdc", 32, NULL);
	add("dm-0", 100, ROOT "-real\n");
	add("dm-1", 101, ROOT "\n");
	add("dm-2", 102, SNAP "-cow\n");
	add("dm-3", 103, SNAP "\n");
	add("dm-4", 104, "\n");
	add("md0", 105, NULL);
	add("md0/md0p1", 106, NULL);
	put("1\n", "dev/md0/md0p1/partition");
	stack("dm-0", "sda");
	stack("dm-1", "dm-0");
	stack("dm-2", "sda");
	stack("md0", "sdc");
	stack("dm-4", "md0");

	ok(part_is_held(dir("sda")), "a disk below a device is held");
	ok(part_is_held(dir("sda/sda1")), "its partition too");
	ok(part_is_held(dir("sdc")), "a member of an array is held");
	ok(!part_is_held(dir("sdb")), "a disk below nothing is not");
	ok(!part_is_held(dir("sdb/sdb1")), "nor its partition");
	ok(!part_is_held(dir("dm-1")), "nor what is on top");
	ok(!part_is_held(dir("none")), "nor what is not there");

	ok(part_stands_on(dir("sdb"), SYS_DEV(253, 16)), "on itself");
	ok(part_stands_on(dir("dm-1"), SYS_DEV(253, 0)), "on what is below");
	ok(part_stands_on(dir("sdb/sdb1"), SYS_DEV(253, 16)), "on its disk");
	ok(part_stands_on(dir("md0/md0p1"), SYS_DEV(253, 32)),
	   "on what its disk stands on");
	ok(!part_stands_on(dir("dm-1"), SYS_DEV(253, 16)), "not on another");
	ok(!part_stands_on(dir("sda"), SYS_DEV(253, 101)),
	   "not on what stands on it");

	ok(!part_origin(dir("dm-1"), origin, sizeof(origin)),
	   "an origin is no snapshot");
	is_str(origin, "", "an origin has none");
	ok(!part_origin(dir("dm-3"), origin, sizeof(origin)),
	   "what stands on nothing is no snapshot");
	ok(!part_origin(dir("dm-4"), origin, sizeof(origin)),
	   "what has no UUID is no snapshot");
	ok(!part_origin(dir("sda"), origin, sizeof(origin)),
	   "a disk is no snapshot");
	stack("dm-3", "dm-2");
	ok(part_origin(dir("dm-3"), origin, sizeof(origin)),
	   "what has a store of its own is a snapshot");
	is_str(origin, "", "its origin is not there yet");
	stack("dm-3", "dm-0");
	ok(part_origin(dir("dm-3"), origin, sizeof(origin)), "a snapshot");
	is_str(origin, "dm-1", "its origin");
	/* Another one of the same: its store is not this one's. */
	add("dm-5", 107, ID("s2") "-cow\n");
	add("dm-6", 108, ID("s2") "\n");
	stack("dm-6", "dm-5");
	stack("dm-6", "dm-0");
	ok(part_origin(dir("dm-6"), origin, sizeof(origin)),
	   "one more snapshot");
	is_str(origin, "dm-1", "its origin is the same");
	/* lvconvert --merge: what it takes back is not its own. */
	stack("dm-1", "dm-5");
	ok(!part_origin(dir("dm-1"), origin, sizeof(origin)),
	   "an origin that is merged into is no snapshot");
}

int main(void)
{
	char command[100];

	if (!mkdtemp(top))
		return 2;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		is_int(part_is_inner(names[i].name, names[i].uuid),
		       names[i].inner, "%s, %s", names[i].name, names[i].uuid);
	test_stacks();
	snprintf(command, sizeof(command), "rm -r %s", top);
	if (system(command))
		return 2;
	return tap_done();
}
