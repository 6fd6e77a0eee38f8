/* SPDX-License-Identifier: MIT */
#include "device/describe.h"

#include "base/fail.h"
#include "base/str.h"

static void add_tag(struct text *text, const char *name, const char *value)
{
	if (!value[0])
		return;
	text_add(text, " %s=", name);
	text_add_shown(text, value);
}

void device_describe(const struct device *device, char *buf, size_t size)
{
	struct text text = { .buf = buf, .size = size };
	uint64_t tenths = device->bytes * 10 / 1024; /* of a KiB */
	unsigned unit = 0;

	while (tenths >= 10240 && unit < 3) {
		tenths /= 1024;
		unit++;
	}
	text_add(&text, "/dev/");
	text_add_shown(&text, device->name);
	text_add(&text, " %u:%u %u.%u %ciB", (unsigned)(device->number >> 32),
		 (unsigned)device->number, (unsigned)(tenths / 10),
		 (unsigned)(tenths % 10), "KMGT"[unit]);
	/* Nobody should take it for the root. */
	if (device->inner) {
		text_add(&text, ", a layer of another device");
		return;
	}
	if (device->slow)
		text_add(&text, ": does not answer");
	else if (device->error)
		text_add(&text, ": cannot be read (%s)",
			 fail_reason(device->error));
	else
		text_add(&text, " %s",
			 device->content.type[0] ? device->content.type
						 : "(nothing known)");
	add_tag(&text, "UUID", device->content.uuid);
	add_tag(&text, "LABEL", device->content.label);
	add_tag(&text, "PARTUUID", device->entry.uuid);
	add_tag(&text, "PARTLABEL", device->entry.label);
}
