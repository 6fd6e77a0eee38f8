/* SPDX-License-Identifier: MIT */
#include "device/device.h"

#include <errno.h>

#include "base/fail.h"
#include "tap.h"

static const struct {
	const char *name, *root;
	enum device_by by;
	const char *value;
} forms[] = {
	{ "UUID", "UUID=1-a", DEVICE_BY_UUID, "1-a" },
	{ "by-uuid", "/dev/disk/by-uuid/1-a", DEVICE_BY_UUID, "1-a" },
	{ "LABEL", "LABEL=a b", DEVICE_BY_LABEL, "a b" },
	{ "a quoted LABEL", "LABEL=\"a b\"", DEVICE_BY_LABEL, "a b" },
	{ "an escaped LABEL", "LABEL=a\\x20b", DEVICE_BY_LABEL, "a b" },
	{ "by-label", "/dev/disk/by-label/a\\x20b", DEVICE_BY_LABEL, "a b" },
	{ "PARTUUID", "PARTUUID=12345678-01", DEVICE_BY_PARTUUID,
	  "12345678-01" },
	{ "a small tag", "partUuid=12345678-01", DEVICE_BY_PARTUUID,
	  "12345678-01" },
	{ "the next partition", "PARTUUID=12345678-01/PARTNROFF=1",
	  DEVICE_BY_PARTUUID, "12345678-01" },
	{ "the discoverable one", "gpt-auto", DEVICE_BY_PARTTYPE,
	  "4f68bce3-e8cd-4db1-96e7-fbcaf984b709" },
	{ "PARTLABEL", "PARTLABEL=root", DEVICE_BY_PARTLABEL, "root" },
	{ "a name", "/dev/nvme0n1p2", DEVICE_BY_NAME, "nvme0n1p2" },
	{ "a name with a directory", "/dev/cciss/c0d0", DEVICE_BY_NAME,
	  "cciss/c0d0" },
	{ "a name of the mapper", "/dev/mapper/a-b", DEVICE_BY_NAME,
	  "mapper/a-b" },
};

/* new_decode_dev(), include/linux/kdev_t.h, Linux 6.1 */
static const struct {
	const char *root;
	uint64_t major, minor;
} numbers[] = {
	{ "254:16", 254, 16 }, { "/dev/block/254:16", 254, 16 },
	{ "801", 8, 1 },       { "0x801", 8, 1 },
	{ "FE10", 254, 16 },   { "10010302", 0x103, 0x10002 },
};

#define NO_FORM "it is no form that names a block device"
static const struct {
	const char *root, *is;
} reasons[] = {
	{ "UID=1234", "there is no form 'UID='" },
	{ "uid=1234", "there is no form 'uid='" },
	{ "PARTLABLE=x=y/z", "there is no form 'PARTLABLE='" },
	{ "UUID=", NO_FORM },
	{ "PARTUUID=1-a/PARTNROFF=x", NO_FORM },
	{ "vda", NO_FORM },
	{ "pool/a=b", NO_FORM },
	{ "/dev/disk/by-x/a=b", "only udev gives such a name" },
	{ "A23456789012345678901234567890123456789012345678901234567890123=",
	  NO_FORM },
};

static const char *const refused[] = {
	"",
	"vda",
	"UUID=",
	"LABEL=\"\"",
	"8:",
	":1",
	"8:1:2",
	"4096:0",
	"/dev/",
	"/dev/disk/by-id/x",
	"uuid=",
	"/DEV/vda",
	"0x",
	"0",
	"123456789",
	"/dev/block/x",
	"PARTUUID=/PARTNROFF=1",
	"PARTUUID=1/PARTNROFF=x",
	"PARTUUID=1/x",
	"/dev/disk/by-id/usb-a_b-0:0",
	"/dev/disk/by-id/-part1",
	"/dev/disk/by-path/platform-x",
	"/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
	"/dev/disk/by-path/pci-0000",
};

/* root=, kind, name, partition */
static const struct {
	const char *root;
	enum device_by by;
	const char *value;
	uint64_t number;
} udevs[] = {
	{ "/dev/disk/by-id/virtio-a", DEVICE_BY_ID, "virtio-a", 0 },
	{ "/dev/disk/by-id/ata-a_b-part12", DEVICE_BY_ID, "ata-a_b", 12 },
	{ "/dev/disk/by-id/ata-a-party", DEVICE_BY_ID, "ata-a-party", 0 },
	{ "/dev/disk/by-path/pci-0000:00:04.0-part1", DEVICE_BY_PATH,
	  "pci-0000:00:04.0", 1 },
};

int main(void)
{
	struct device_spec spec;
	struct fail why;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		is_int(device_parse(forms[i].root, &spec, &why), 0, "%s",
		       forms[i].name);
		is_int(spec.by, forms[i].by, "%s: kind", forms[i].name);
		is_str(spec.value, forms[i].value, "%s: value", forms[i].name);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		is_int(device_parse(numbers[i].root, &spec, &why), 0, "'%s'",
		       numbers[i].root);
		ok(spec.by == DEVICE_BY_NUMBER &&
			   spec.number ==
				   (numbers[i].major << 32 | numbers[i].minor),
		   "'%s': value", numbers[i].root);
	}
	for (size_t i = 0; i < sizeof(udevs) / sizeof(udevs[0]); i++) {
		is_int(device_parse(udevs[i].root, &spec, &why), 0, "'%s'",
		       udevs[i].root);
		is_int(spec.by, udevs[i].by, "'%s': kind", udevs[i].root);
		is_str(spec.value, udevs[i].value, "'%s': name", udevs[i].root);
		is_int(spec.number, udevs[i].number, "'%s': partition",
		       udevs[i].root);
	}
	is_int(device_parse("PARTUUID=1-a/PARTNROFF=-2", &spec, &why), 0,
	       "PARTNROFF");
	is_int(spec.offset, -2, "PARTNROFF: value");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		is_int(device_parse(refused[i], &spec, &why), -EINVAL,
		       "'%s' is refused", refused[i]);
		ok(why.todo[0], "'%s': what to do", refused[i]);
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		char reason[80];

		spec_why_not(reasons[i].root, reason, sizeof(reason));
		is_str(reason, reasons[i].is, "'%s': why", reasons[i].root);
		(void)device_parse(reasons[i].root, &spec, &why);
		ok(strstr(why.what, reasons[i].is), "'%s': is said so",
		   reasons[i].root);
	}
	return tap_done();
}
