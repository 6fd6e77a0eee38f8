/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>

#include "fail.h"
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
	{ "PARTLABEL", "PARTLABEL=root", DEVICE_BY_PARTLABEL, "root" },
	{ "a name", "/dev/nvme0n1p2", DEVICE_BY_NAME, "nvme0n1p2" },
	{ "a name with a directory", "/dev/cciss/c0d0", DEVICE_BY_NAME,
	  "cciss/c0d0" },
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
	"/dev/mapper/a-b",
	"/dev/disk/by-id/x",
	"uuid=1",
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
	is_int(device_parse("254:16", &spec, &why), 0, "a number");
	ok(spec.by == DEVICE_BY_NUMBER && spec.number == (254ull << 32 | 16),
	   "a number: value");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		is_int(device_parse(refused[i], &spec, &why), -EINVAL,
		       "'%s' is refused", refused[i]);
		ok(why.todo[0], "'%s': what to do", refused[i]);
	}
	return tap_done();
}
