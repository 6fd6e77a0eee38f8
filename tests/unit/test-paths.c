/* SPDX-License-Identifier: MIT */
/* A sysfs of files: which disks say that they are the same one. */
#include "device/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/table.h"
#include "tap.h"

#define NAA "naa.5000c500a1b2c3d4\n"
#define T10 "t10.ATA     Maker Model\n"

/* What each of two disks says: wwid of NVMe, wwid and page 0x80 of SCSI. */
struct says {
	const char *nvme, *scsi, *serial;
};

static const struct {
	const char *name;
	struct says a, b;
	bool one;
} rows[] = {
	{ "one SCSI name", { .scsi = NAA }, { .scsi = NAA }, true },
	{ "and one serial number",
	  { .scsi = NAA, .serial = "12" },
	  { .scsi = NAA, .serial = "12" },
	  true },
	{ "another serial number",
	  { .scsi = NAA, .serial = "12" },
	  { .scsi = NAA, .serial = "13" },
	  false },
	{ "one of them has no serial number",
	  { .scsi = NAA, .serial = "12" },
	  { .scsi = NAA },
	  false },
	{ "another SCSI name",
	  { .scsi = NAA },
	  { .scsi = "naa.5000c500a1b2c3d5\n" },
	  false },
	{ "one of them has no name", { .scsi = NAA }, { NULL }, false },
	{ "none has a name", { NULL }, { NULL }, false },
	{ "no names, one serial number",
	  { .serial = "12" },
	  { .serial = "12" },
	  false },
	{ "what a vendor likes", { .scsi = T10 }, { .scsi = T10 }, false },
	{ "what a vendor likes, and one serial number",
	  { .scsi = T10, .serial = "12" },
	  { .scsi = T10, .serial = "12" },
	  true },
	{ "a name of zeros",
	  { .scsi = "naa.0000000000000000\n" },
	  { .scsi = "naa.0000000000000000\n" },
	  false },
	{ "NVMe",
	  { .nvme = "eui.0025388b71000001\n" },
	  { .nvme = "eui.0025388b71000001\n" },
	  true },
	{ "NVMe, another",
	  { .nvme = "eui.0025388b71000001\n" },
	  { .nvme = "eui.0025388b71000002\n" },
	  false },
	{ "NVMe, no name",
	  { .nvme = "eui.0000000000000000\n" },
	  { .nvme = "eui.0000000000000000\n" },
	  false },
};

static char top[] = "/tmp/test-paths.XXXXXX";

static void put(const char *disk, const char *file, const char *text)
{
	char path[128];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", top, disk, file);
	(void)remove(path);
	out = text ? fopen(path, "w") : NULL;
	if (out) {
		(void)fputs(text, out);
		(void)fclose(out);
	}
}

static void put_disk(const char *disk, const struct says *says)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", top, disk);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s/device", top, disk);
	(void)mkdir(path, 0755);
	put(disk, "wwid", says->nvme);
	put(disk, "device/wwid", says->scsi);
	put(disk, "device/vpd_pg80", says->serial);
}

/* A page that is there and cannot be read may be another one on each. */
static void unreadable(void)
{
	struct device a = { .number = 1, .bytes = 512, .name = "sda" };
	struct device b = { .number = 2, .bytes = 512, .name = "sdb" };
	char path[128];

	for (const char *disk = "sda"; disk;
	     disk = disk[2] == 'a' ? "sdb" : NULL) {
		put_disk(disk, &rows[0].a);
		(void)snprintf(path, sizeof(path), "%s/%s/device/vpd_pg80", top,
			       disk);
		(void)mkdir(path, 0755);
	}
	ok(!paths_to_one(top, &a, &b), "no serial number can be read");
	(void)rmdir(path);
	ok(!paths_to_one(top, &a, &b), "that of one of them cannot");
	(void)snprintf(path, sizeof(path), "%s/sda/device/vpd_pg80", top);
	(void)rmdir(path);
	ok(paths_to_one(top, &a, &b), "none has one");
}

/* The disks are one, but is this the same part of it, as far as is known? */
static void parts(void)
{
	struct device a = { .number = 1, .bytes = 512, .name = "sda" };
	struct device b = { .number = 2, .bytes = 512, .name = "sdb" };

	put_disk("sda", &rows[0].a);
	put_disk("sdb", &rows[0].b);
	a.partition = 1;
	(void)strcpy(a.disk, "sda");
	ok(!paths_to_one(top, &a, &b), "a partition is not its disk");
	b.partition = 2;
	(void)strcpy(b.disk, "sdb");
	ok(!paths_to_one(top, &a, &b), "another partition");
	b.partition = 1;
	ok(paths_to_one(top, &a, &b), "the same partition");
	ok(!paths_to_one(top, &a, &a), "a device is no path to itself");
	(void)strcpy(a.content.uuid, "x");
	a.probed = true;
	ok(paths_to_one(top, &a, &b), "only one was read");
	b.probed = true;
	ok(!paths_to_one(top, &a, &b), "they hold something else");
	b.error = 5;
	ok(paths_to_one(top, &a, &b), "one cannot be read");
	b.bytes = 1024;
	ok(!paths_to_one(top, &a, &b), "another size");
}

int main(void)
{
	struct device a = { .number = 1, .bytes = 512, .name = "sda" };
	struct device b = { .number = 2, .bytes = 512, .name = "sdb" };
	char command[64];

	if (!mkdtemp(top))
		return 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_disk("sda", &rows[i].a);
		put_disk("sdb", &rows[i].b);
		ok(paths_to_one(top, &a, &b) == rows[i].one, "%s",
		   rows[i].name);
	}
	unreadable();
	parts();
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	/* NOLINTNEXTLINE(cert-env33-c): the test's own words */
	return system(command) != 0 || tap_done();
}
