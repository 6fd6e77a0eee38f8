/* SPDX-License-Identifier: MIT */
/* A sysfs of files; the drive's own identity is for tests/vm/rows/udev.py. */
#include "device/udevname.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

/* name in /sys/class/block, where that leads to */
static const struct {
	const char *name, *device;
} disks[] = {
	{ "vda", "pci0000:00/0000:00:04.0/virtio1/block/vda" },
	{ "vdb", "pci0000:00/0000:00:1c.0/0000:01:00.0/virtio2/block/vdb" },
	{ "nvme0n1", "pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1" },
	{ "sda", "pci0000:00/0000:00:06.0/virtio3/host0/block/sda" },
};

static const struct {
	const char *disk, *name, *content;
} attributes[] = {
	{ "vda", "serial", "my disk\n" },
	{ "nvme0n1", "wwid", "eui.0025388b71000001\n" },
	{ "nvme0n1", "nsid", "1\n" },
	{ "nvme0n1", "device/model", "Maker  Model 2TB                  \n" },
	{ "nvme0n1", "device/serial", "  S123\n" },
	{ "sda", "device/wwid", "naa.5000c500a1b2c3d4\n" },
	{ "vdb", "device/wwid", "t10.ATA     5000c500a1b2c3d4\n" },
};

static const struct {
	const char *disk, *name;
	bool (*is)(const char *, const char *, const char *);
	bool expected;
} rows[] = {
	{ "vda", "virtio-my_disk", udevname_is_id, true },
	{ "vda", "virtio-my_dis", udevname_is_id, false },
	{ "vda", "virtio-my_disk2", udevname_is_id, false },
	{ "vda", "virtio-", udevname_is_id, false },
	{ "vda", "nvme-my_disk", udevname_is_id, false },
	{ "nvme0n1", "nvme-eui.0025388b71000001", udevname_is_id, true },
	{ "nvme0n1", "nvme-Maker_Model_2TB_S123", udevname_is_id, true },
	{ "nvme0n1", "nvme-Maker_Model_2TB_S123_1", udevname_is_id, true },
	{ "nvme0n1", "nvme-Maker_Model_2TB_S123_2", udevname_is_id, false },
	{ "nvme0n1", "nvme-Maker_Model_2TB_S123-1", udevname_is_id, false },
	{ "nvme0n1", "nvme-Maker_Model_2TB", udevname_is_id, false },
	{ "nvme0n1", "nvme-Maker_Model_2TB_", udevname_is_id, false },
	{ "nvme0n1", "nvme-S123", udevname_is_id, false },
	{ "sda", "wwn-0x5000c500a1b2c3d4", udevname_is_id, true },
	{ "sda", "scsi-35000c500a1b2c3d4", udevname_is_id, true },
	{ "sda", "wwn-0x5000c500a1b2c3d5", udevname_is_id, false },
	{ "vdb", "wwn-0x5000c500a1b2c3d4", udevname_is_id, false },
	{ "none", "virtio-my_disk", udevname_is_id, false },
	{ "vda", "pci-0000:00:04.0", udevname_is_path, true },
	{ "vda", "virtio-pci-0000:00:04.0", udevname_is_path, true },
	{ "vda", "pci-0000:00:05.0", udevname_is_path, false },
	{ "vda", "pci-0000:00:04.0-nvme-1", udevname_is_path, false },
	{ "vdb", "pci-0000:01:00.0", udevname_is_path, true },
	{ "vdb", "pci-0000:00:1c.0", udevname_is_path, false },
	{ "nvme0n1", "pci-0000:00:05.0-nvme-1", udevname_is_path, true },
	{ "nvme0n1", "pci-0000:00:05.0-nvme-2", udevname_is_path, false },
	{ "nvme0n1", "pci-0000:00:05.0", udevname_is_path, false },
	/* the adapter of others, too */
	{ "sda", "pci-0000:00:06.0", udevname_is_path, false },
	{ "sda", "pci-0000:00:06.0-scsi-0:0:0:0", udevname_is_path, false },
};

static void run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	/* NOLINTNEXTLINE(cert-env33-c): the test's own words */
	if (system(command) != 0)
		exit(1);
}

int main(void)
{
	char top[] = "/tmp/test-udevname.XXXXXX", class[64], path[256];

	if (!mkdtemp(top))
		return 1;
	(void)snprintf(class, sizeof(class), "%s/class/block", top);
	run("mkdir -p %s", class);
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++)
		run("mkdir -p %s/devices/%s/device && "
		    "ln -s ../../devices/%s %s/%s",
		    top, disks[i].device, disks[i].device, class,
		    disks[i].name);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]);
	     i++) {
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s/%s/%s", class,
			       attributes[i].disk, attributes[i].name);
		file = fopen(path, "w");
		if (!file)
			return 1;
		(void)fputs(attributes[i].content, file);
		(void)fclose(file);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(rows[i].is(class, rows[i].disk, rows[i].name) ==
			   rows[i].expected,
		   "%s is %s'%s'", rows[i].disk, rows[i].expected ? "" : "not ",
		   rows[i].name);
	ok(udevname_is_known("nvme-x") && !udevname_is_known("usb-x"),
	   "what is known");
	run("rm -rf %s", top);
	return tap_done();
}
