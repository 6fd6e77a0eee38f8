/* SPDX-License-Identifier: MIT */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fail.h"
#include "linux.h"
#include "log.h"
#include "str.h"
#include "sys.h"

/* mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS". */
static const struct {
	const char *name;
	unsigned long set, clear;
} words[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "nosuid", MS_NOSUID, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "nodev", MS_NODEV, 0 },
	{ "dev", 0, MS_NODEV },
	{ "noexec", MS_NOEXEC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "sync", LINUX_MS_SYNCHRONOUS, 0 },
	{ "async", 0, LINUX_MS_SYNCHRONOUS },
	{ "dirsync", LINUX_MS_DIRSYNC, 0 },
	{ "mand", LINUX_MS_MANDLOCK, 0 },
	{ "nomand", 0, LINUX_MS_MANDLOCK },
	{ "nosymfollow", LINUX_MS_NOSYMFOLLOW, 0 },
	{ "noatime", LINUX_MS_NOATIME, 0 },
	{ "atime", 0, LINUX_MS_NOATIME },
	{ "nodiratime", LINUX_MS_NODIRATIME, 0 },
	{ "diratime", 0, LINUX_MS_NODIRATIME },
	{ "relatime", LINUX_MS_RELATIME, 0 },
	{ "norelatime", 0, LINUX_MS_RELATIME },
	{ "strictatime", LINUX_MS_STRICTATIME, 0 },
	{ "nostrictatime", 0, LINUX_MS_STRICTATIME },
	{ "lazytime", LINUX_MS_LAZYTIME, 0 },
	{ "nolazytime", 0, LINUX_MS_LAZYTIME },
	{ "iversion", LINUX_MS_I_VERSION, 0 },
	{ "noiversion", 0, LINUX_MS_I_VERSION },
	{ "silent", LINUX_MS_SILENT, 0 },
	{ "loud", 0, LINUX_MS_SILENT },
	/* Said to mount(8) and to init, not to the kernel. */
	{ "defaults", 0, 0 },
	{ "auto", 0, 0 },
	{ "noauto", 0, 0 },
	{ "user", 0, 0 },
	{ "nouser", 0, 0 },
	{ "users", 0, 0 },
	{ "owner", 0, 0 },
	{ "group", 0, 0 },
	{ "nofail", 0, 0 },
	{ "_netdev", 0, 0 },
};

static bool take_word(const char *word, size_t len, struct mount_options *ret)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(word, words[i].name, len) != 0 ||
		    words[i].name[len])
			continue;
		ret->flags |= words[i].set;
		ret->flags &= ~words[i].clear;
		return true;
	}
	return (len >= 2 && (*word == 'x' || *word == 'X') && word[1] == '-') ||
	       (len >= 8 && memcmp(word, "comment=", 8) == 0);
}

int mount_options(const char *list, struct mount_options *ret)
{
	while (*list) {
		/* A comma inside quotes belongs to the value, as in SELinux
		 * contexts. */
		size_t len = 0, have;

		for (bool quoted = false;
		     list[len] && (quoted || list[len] != ','); len++)
			if (list[len] == '"')
				quoted = !quoted;
		have = strlen(ret->data);
		if (len > 0 && !take_word(list, len, ret)) {
			if (have + (have > 0) + len >= sizeof(ret->data))
				return -ENAMETOOLONG;
			if (have > 0)
				ret->data[have++] = ',';
			memcpy(ret->data + have, list, len);
			ret->data[have + len] = '\0';
		}
		list += len + (list[len] == ',');
	}
	return 0;
}

/* mount(2) errnos that say less than we know; fs/namespace.c, fs/super.c. */
static int mount_failed(const struct mount_order *order, const char *type,
			int error, struct fail *why)
{
	switch (error) {
	case ENODEV:
		(void)fail_said(why, error,
				"mount '%s' on '%s' as %s: this kernel has no "
				"file system of that type",
				order->device, order->point, type);
		fail_todo(why,
			  "put its driver into the image "
			  "(pintle-mkinitramfs -m %s), or correct rootfstype=",
			  type);
		break;
	case EINVAL:
	case EUCLEAN:
		(void)fail_said(why, error,
				"mount '%s' on '%s' as %s: not a usable %s, or "
				"an option in '%s' that it does not take",
				order->device, order->point, type, type,
				order->options);
		fail_todo(why, "see the kernel's own line above (dmesg), "
			       "correct rootfstype= or rootflags=, or check "
			       "the file system from another system");
		break;
	default:
		(void)fail(why, error, "mount '%s' on '%s' as %s",
			   order->device, order->point, type);
		fail_todo(why, "see the kernel's own line above (dmesg)");
		break;
	}
	return -error;
}

int mount_root(const struct mount_order *order, char *ret_type,
	       size_t type_size, struct fail *why)
{
	struct mount_options options = { .flags = order->rw ? 0 : MS_RDONLY };
	const char *type = order->types;
	int r = sys_mkdir(AT_FDCWD, order->point, 0755);

	if (r < 0 && r != -EEXIST)
		return fail(why, -r, "make the directory '%s'", order->point);
	r = mount_options(order->options, &options);
	if (r < 0)
		return fail(why, -r, "read the options '%s'", order->options);
	why->error = 0;
	do {
		size_t len = strcspn(type, ",");
		struct fail this;

		if (len >= type_size)
			return fail(why, ENAMETOOLONG, "read the type '%s'",
				    type);
		memcpy(ret_type, type, len);
		ret_type[len] = '\0';
		type += len + (type[len] == ',');

		r = sys_mount(order->device, order->point, ret_type,
			      options.flags, options.data);
		if ((r == -EACCES || r == -EROFS) &&
		    !(options.flags & MS_RDONLY)) {
			log_line(LOG_WARNING,
				 "mount '%s' read-write: %s, mounting it "
				 "read-only",
				 order->device, fail_reason(-r));
			r = sys_mount(order->device, order->point, ret_type,
				      options.flags | MS_RDONLY, options.data);
		}
		if (r == 0)
			return 0;
		/* A type that was tried for real tells more than one that the
		 * kernel has not. */
		(void)mount_failed(order, ret_type, -r, &this);
		if (why->error == 0 || why->error == ENODEV)
			*why = this;
	} while (*type);
	return -why->error;
}
