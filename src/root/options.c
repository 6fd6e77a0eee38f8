/* SPDX-License-Identifier: MIT */
#include "root/options.h"

#include <errno.h>

#include "base/fail.h"
#include "base/str.h"
#include "device/device.h"
#include "root/block.h"
#include "root/mount.h"
#include "root/root.h"

/* xfs(5), ext4(5), btrfs(5), Documentation/filesystems/erofs.rst, and mount(8)
 * for reiserfs. */
static const struct options_device devices[] = {
	{ "logdev=", false },	    { "rtdev=", false },
	{ "journal_path=", false }, { "journal_dev=", true },
	{ "jdev=", false },	    { "device=", false },
};

const struct options_device *options_device(const char *option)
{
	for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (str_after(option, devices[i].name))
			return &devices[i];
	return NULL;
}

bool options_number(const char *text, unsigned *ret_major, unsigned *ret_minor)
{
	uint64_t n = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		size_t len = str_span(text + 2, "0123456789abcdefABCDEF");

		if (!len || text[2 + len] || str_hex(text + 2, len, &n) < 0)
			return false;
	} else if (text[0] == '0') {
		for (; *text >= '0' && *text <= '7' && n <= UINT32_MAX; text++)
			n = n * 8 + (uint64_t)(*text - '0');
		if (*text)
			return false;
	} else if (str_number(text, &n) < 0) {
		return false;
	}
	if (!n || n > UINT32_MAX)
		return false;
	n = spec_decode((uint32_t)n);
	*ret_major = (unsigned)(n >> 32);
	*ret_minor = (unsigned)n;
	return true;
}

/* The device that @value names, in the words of root=. Returns false if it is
 * nothing that could be waited for. */
static bool spec_of(const struct options_device *option, const char *value,
		    char *ret, size_t size)
{
	unsigned major, minor;
	struct device_spec parsed = { .number = 0 };
	struct fail ignored;

	if (option->is_number && options_number(value, &major, &minor))
		return str_format(ret, size, "%u:%u", major, minor) == 0;
	return (str_after(value, "/dev/") ||
		(!spec_number(value, &parsed.number) &&
		 device_parse(value, &parsed, &ignored) == 0)) &&
	       str_copy(ret, size, value) == 0;
}

/* Wait for the device of the option, @spec, and add the option. */
static int await_one(const struct root *root,
		     const struct options_device *option, const char *spec,
		     int64_t wait_us, struct text *ret, struct fail *why)
{
	const struct device *device;
	char path[DEVICE_PATH], role[48];
	unsigned major, minor;
	int r;

	(void)str_format(role, sizeof(role), "device of the option %s",
			 option->name);
	r = block_find_any(root, role, spec, wait_us, &device, why);
	if (r < 0)
		return r;
	device_path(device->name, path);
	major = (unsigned)(device->number >> 32);
	minor = (unsigned)device->number;
	if (option->is_number)
		text_add(ret, "%s%u", option->name,
			 (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12);
	else
		text_add(ret, "%s%s", option->name, path);
	return 0;
}

int options_await(const struct root *root, const char *list, char *ret,
		  size_t size, struct fail *why)
{
	struct text text = { .buf = ret, .size = size };
	const char *at = list;
	size_t len;

	*ret = '\0';
	for (; (len = mount_next_option(&at)) > 0; at += len) {
		const struct options_device *option = options_device(at);
		char value[256], spec[256];
		size_t before = 0;
		int r;

		if (text.len > 0)
			text_add(&text, ",");
		while (option && option->name[before])
			before++;
		if (!option ||
		    str_part(value, sizeof(value), at + before, len - before) <
			    0 ||
		    !spec_of(option, value, spec, sizeof(spec))) {
			text_add(&text, "%.*s", (int)len, at);
			continue;
		}
		r = await_one(root, option, spec, root_line_wait_us(root, list),
			      &text, why);
		if (r < 0)
			return r;
	}
	return text.cut ? fail(why, ENAMETOOLONG, "read the options '%s'", list)
			: 0;
}
