/* SPDX-License-Identifier: MIT */
#include "device/spec.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/root-type.h"
#include "device/udevname.h"

static const struct {
	const char *prefix;
	enum device_by by;
	bool escaped; /* udev's \x20 */
} forms[] = {
	{ "UUID=", DEVICE_BY_UUID, false },
	{ "LABEL=", DEVICE_BY_LABEL, true },
	{ "PARTUUID=", DEVICE_BY_PARTUUID, false },
	{ "PARTLABEL=", DEVICE_BY_PARTLABEL, true },
	{ "/dev/disk/by-uuid/", DEVICE_BY_UUID, false },
	{ "/dev/disk/by-label/", DEVICE_BY_LABEL, true },
	{ "/dev/disk/by-partuuid/", DEVICE_BY_PARTUUID, false },
	{ "/dev/disk/by-partlabel/", DEVICE_BY_PARTLABEL, true },
	{ "/dev/disk/by-id/", DEVICE_BY_ID, true },
	{ "/dev/disk/by-path/", DEVICE_BY_PATH, false },
	/* names that only udev can give */
	{ "/dev/disk/", DEVICE_NEVER, false },
	{ "/dev/block/", DEVICE_BY_NUMBER, false },
	{ "/dev/", DEVICE_BY_NAME, false },
};

/* The rest of @root after @prefix, whose capitals may be lower case there. */
static const char *after_form(const char *root, const char *prefix)
{
	for (; *prefix; root++, prefix++)
		if (*root != *prefix && (*prefix < 'A' || *prefix > 'Z' ||
					 *root != *prefix - 'A' + 'a'))
			return NULL;
	return root;
}

uint64_t spec_decode(uint32_t n)
{
	return SYS_DEV(n >> 8 & 0xfff, (n & 0xff) | (n >> 12 & 0xfff00));
}

/* The kernel's number without a colon, as LILO wrote it, is hexadecimal
 * (init/do_mounts.c: devt_from_devnum). */
static bool parse_hex(const char *root, uint64_t *ret)
{
	const char *digits = str_after(root, "0x");
	uint64_t n;

	if (!digits)
		digits = root;
	if (strlen(digits) > 8 || str_hex(digits, strlen(digits), &n) < 0 || !n)
		return false;
	*ret = spec_decode((uint32_t)n);
	return true;
}

bool spec_number(const char *root, uint64_t *ret)
{
	char copy[32];
	char *colon;
	uint64_t major, minor;

	if (str_copy(copy, sizeof(copy), root) < 0)
		return false;
	colon = str_char(copy, ':');
	if (!colon)
		return parse_hex(root, ret);
	*colon = '\0';
	if (str_number(copy, &major) < 0 || str_number(colon + 1, &minor) < 0 ||
	    major > 0xfff || minor > 0xfffff)
		return false;
	*ret = SYS_DEV(major, minor);
	return true;
}

/* LABEL="my root": the kernel removes quotes only around a whole parameter. */
static void unquote(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		return;
	memmove(value, value + 1, len - 2);
	value[len - 2] = '\0';
}

/*
 * "/PARTNROFF=N" means the Nth partition after the one with the PARTUUID, as in
 * the kernel (block/early-lookup.c).
 */
static bool take_offset(struct device_spec *ret)
{
	char *slash = str_char(ret->value, '/');
	const char *number;
	uint64_t n;
	bool before;

	if (!slash)
		return true;
	number = after_form(slash, "/PARTNROFF=");
	if (!number)
		return false;
	before = *number == '-';
	if (str_number(number + before, &n) < 0 || n > 256)
		return false;
	ret->offset = before ? -(int)n : (int)n;
	*slash = '\0';
	return ret->value[0];
}

/* "-partN" at the end of a name of udev's means a partition of the disk. */
static bool take_part(struct device_spec *ret)
{
	char *part = strrchr(ret->value, '-');

	if (part && str_after(part, "-part") &&
	    str_number(part + 5, &ret->number) == 0)
		*part = '\0';
	else
		ret->number = 0;
	return udevname_is_known(ret->value);
}

void spec_why_not(const char *written, char *buf, size_t size)
{
	const char *reason = "it is no form that names a block device";
	bool known = false;

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		known |= after_form(written, forms[i].prefix) != NULL;
	if (str_after(written, "/dev/disk/"))
		reason = "only udev gives such a name";
	else if (!known && written[str_until(written, "=/")] == '=' &&
		 str_format(buf, size, "there is no form '%.*s='",
			    (int)str_until(written, "="), written) == 0)
		return;
	(void)str_copy(buf, size, reason);
}

int device_parse(const char *root, struct device_spec *ret, struct fail *why)
{
	char reason[80];

	*ret = (struct device_spec){ .written = root };
	if (strcmp(root, DEVICE_AUTO) == 0) {
		ret->by = DEVICE_BY_PARTTYPE;
		return str_copy(ret->value, sizeof(ret->value), ROOT_TYPE);
	}
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *value = after_form(root, forms[i].prefix);

		if (!value)
			continue;
		ret->by = forms[i].by;
		if (ret->by == DEVICE_NEVER || !*value)
			break;
		if (str_copy(ret->value, sizeof(ret->value), value) < 0)
			return fail(why, ENAMETOOLONG, "read 'root=%s'", root);
		unquote(ret->value);
		if (!ret->value[0] ||
		    (ret->by == DEVICE_BY_PARTUUID && !take_offset(ret)) ||
		    ((ret->by == DEVICE_BY_ID || ret->by == DEVICE_BY_PATH) &&
		     !take_part(ret)) ||
		    (ret->by == DEVICE_BY_NUMBER &&
		     !spec_number(ret->value, &ret->number)))
			break;
		if (forms[i].escaped)
			str_unescape(ret->value);
		return 0;
	}
	if (spec_number(root, &ret->number)) {
		ret->by = DEVICE_BY_NUMBER;
		return 0;
	}
	spec_why_not(root, reason, sizeof(reason));
	return fail_said(
		why, EINVAL,
		"read 'root=%s': %s" FAIL_TODO
		"give UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=…, /dev/… "
		"or MAJOR:MINOR, on the kernel's command line or with "
		"pintle-mkinitramfs --cmdline",
		root, reason);
}

bool spec_is_by_content(const struct device_spec *spec)
{
	return spec->by == DEVICE_BY_UUID || spec->by == DEVICE_BY_LABEL;
}
