/* SPDX-License-Identifier: MIT */
#include "root/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/drivers.h"

/* mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS". */
#define ON(flag)  __builtin_ctz(flag), 1
#define OFF(flag) __builtin_ctz(flag), 0
#define NONE	  0, 2 /* for mount(8) and init, not for the kernel */
static const struct {
	char name[14];
	uint8_t bit;
	uint8_t on;
} words[] = {
	{ "ro", ON(MS_RDONLY) },
	{ "rw", OFF(MS_RDONLY) },
	{ "nosuid", ON(MS_NOSUID) },
	{ "suid", OFF(MS_NOSUID) },
	{ "nodev", ON(MS_NODEV) },
	{ "dev", OFF(MS_NODEV) },
	{ "noexec", ON(MS_NOEXEC) },
	{ "exec", OFF(MS_NOEXEC) },
	{ "sync", ON(LINUX_MS_SYNCHRONOUS) },
	{ "async", OFF(LINUX_MS_SYNCHRONOUS) },
	{ "dirsync", ON(LINUX_MS_DIRSYNC) },
	{ "mand", ON(LINUX_MS_MANDLOCK) },
	{ "nomand", OFF(LINUX_MS_MANDLOCK) },
	{ "nosymfollow", ON(LINUX_MS_NOSYMFOLLOW) },
	{ "noatime", ON(LINUX_MS_NOATIME) },
	{ "atime", OFF(LINUX_MS_NOATIME) },
	{ "nodiratime", ON(LINUX_MS_NODIRATIME) },
	{ "diratime", OFF(LINUX_MS_NODIRATIME) },
	{ "relatime", ON(LINUX_MS_RELATIME) },
	{ "norelatime", OFF(LINUX_MS_RELATIME) },
	{ "strictatime", ON(LINUX_MS_STRICTATIME) },
	{ "nostrictatime", OFF(LINUX_MS_STRICTATIME) },
	{ "lazytime", ON(LINUX_MS_LAZYTIME) },
	{ "nolazytime", OFF(LINUX_MS_LAZYTIME) },
	{ "iversion", ON(LINUX_MS_I_VERSION) },
	{ "noiversion", OFF(LINUX_MS_I_VERSION) },
	{ "silent", ON(LINUX_MS_SILENT) },
	{ "loud", OFF(LINUX_MS_SILENT) },
	{ "defaults", NONE },
	{ "auto", NONE },
	{ "noauto", NONE },
	{ "user", NONE },
	{ "nouser", NONE },
	{ "users", NONE },
	{ "owner", NONE },
	{ "group", NONE },
	{ "nofail", NONE },
	{ "_netdev", NONE },
};

static bool take_mount_word(const char *word, size_t len,
			    struct mount_options *ret)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(word, words[i].name, len) != 0 ||
		    words[i].name[len])
			continue;
		if (words[i].on == 1)
			ret->flags |= 1ul << words[i].bit;
		else if (words[i].on == 0)
			ret->flags &= ~(1ul << words[i].bit);
		return true;
	}
	return (len >= 2 && (*word == 'x' || *word == 'X') && word[1] == '-') ||
	       (len >= 8 && memcmp(word, "comment=", 8) == 0);
}

size_t mount_next_option(const char **list)
{
	size_t len = 0;

	while (**list == ',')
		(*list)++;
	for (bool quoted = false;
	     (*list)[len] && (quoted || (*list)[len] != ','); len++)
		if ((*list)[len] == '"')
			quoted = !quoted;
	return len;
}

int mount_options(const char *list, struct mount_options *ret)
{
	size_t len;

	for (; (len = mount_next_option(&list)) > 0; list += len) {
		size_t have = strlen(ret->data);

		if (take_mount_word(list, len, ret))
			continue;
		if (have + (have > 0) + len >= sizeof(ret->data))
			return -ENAMETOOLONG;
		if (have > 0)
			ret->data[have++] = ',';
		memcpy(ret->data + have, list, len);
		ret->data[have + len] = '\0';
	}
	return 0;
}

/* What is known of errnos of mount(2) that say too little by themselves:
 * fs/namespace.c, fs/super.c. */
static int mount_failed(const struct mount_order *order, const char *type,
			int error, struct fail *why)
{
	switch (error) {
	case ENODEV:
		(void)fail_said(why, error,
				"mount '%s' on '%s' as %s: this kernel has no "
				"file system of that type" FAIL_TODO
				"put its driver into the image "
				"(pintle-mkinitramfs --kind generic "
				"-m %s), or correct rootfstype=",
				order->device, order->point, type, type);
		break;
	case ENOENT: /* That the device exists has been seen before. */
		(void)fail_said(why, error,
				"mount '%s' on '%s' as %s: a subvolume, or a "
				"driver that it wants, is not there" FAIL_TODO
				"see the kernel's line above (dmesg); correct "
				"rootflags=, or add the driver "
				"(pintle-mkinitramfs --kind generic "
				"-m NAME)",
				order->device, order->point, type);
		break;
	case EINVAL:
	case EUCLEAN:
		(void)fail_said(
			why, error,
			"mount '%s' on '%s' as %s: not a usable %s, or "
			"an option in '%s' that it does not take" FAIL_TODO
			"see the kernel's line above (dmesg); correct "
			"rootfstype= or rootflags=, or check the file system",
			order->device, order->point, type, type,
			order->options);
		break;
	default:
		(void)fail(why, error,
			   "mount '%s' on '%s' as %s" FAIL_TODO
			   "see the kernel's own line above (dmesg)",
			   order->device, order->point, type);
		break;
	}
	return -error;
}

bool mount_is_as_found(const char *types)
{
	return !*types || str_in_list(types, "auto");
}

int mount_by_order(const struct mount_order *order, char *ret_type,
		   size_t type_size, struct fail *why)
{
	struct mount_options options = { .flags = order->rw ? 0 : MS_RDONLY };
	const char *type = order->types;
	int r = io_mkdir(order->point);

	if (r < 0 && r != -EEXIST)
		return fail(why, r, "make the directory '%s'", order->point);
	r = mount_options(order->options, &options);
	if (r < 0)
		return fail(why, r, "read the options '%s'", order->options);
	if (order->is_forced_ro)
		options.flags |= MS_RDONLY;
	why->error = 0;
	do {
		size_t len = str_until(type, ",");
		struct fail this;

		if (str_part(ret_type, type_size, type, len) < 0)
			return fail(why, ENAMETOOLONG, "read the type '%s'",
				    type);
		type += len + (type[len] == ',');

		r = sys_mount(order->device, order->point, ret_type,
			      options.flags, options.data);
		/* A server refuses for reasons other than writing. */
		if ((r == -EACCES || r == -EROFS) &&
		    !(options.flags & MS_RDONLY) &&
		    strcmp(ret_type, "nfs") != 0) {
			log_line(LOG_WARNING,
				 "mount '%s' read-write: %s, mounting it "
				 "read-only",
				 order->device, fail_reason(r));
			r = sys_mount(order->device, order->point, ret_type,
				      options.flags | MS_RDONLY, options.data);
		}
		if (r == 0)
			return 0;
		/* The failure of a type that the kernel has tells more than
		 * that of one that it does not have. */
		(void)mount_failed(order, ret_type, -r, &this);
		if (why->error == 0 || why->error == ENODEV)
			*why = this;
	} while (*type);
	return -why->error;
}

int mount_with_drivers(const struct mount_order *order, char *ret_type,
		       size_t type_size, struct fail *why)
{
	drivers_want_types(order->types);
	drivers_wait_first();
	return mount_by_order(order, ret_type, type_size, why);
}
