/* SPDX-License-Identifier: MIT */
#include "device/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "device/drivers.h"

/* One string after another: "MODULE PARAMETER[=VALUE]"; or "-MODULE" for a
 * module that must not be loaded, "+MODULE" and ">MODULE" for one that is wanted
 * before and after those of the devices; "~MODULE" for one that is, if the image
 * has it. */
static char words[4096];
static struct text text = { .buf = words, .size = sizeof(words) };
#define LISTED "-+>~"

/* What begins the strings of the modules that the word @name lists; NUL: it is
 * not such a word. */
static char list_of(const char *name)
{
	static const struct {
		const char *name;
		char begin;
	} lists[] = {
		{ "modprobe.blacklist", '-' },	/* kmod */
		{ "module_blacklist", '-' },	/* the kernel */
		{ "rd.driver.blacklist", '-' }, /* dracut */
		{ "blacklist", '-' },		/* initramfs-tools */
		{ "rd.driver.pre", '+' },	{ "rd.driver.post", '>' },
		{ "rd.modules_load", '>' }, /* systemd */
		{ "modules_load", '~' },    /* the real system reads it, too */
	};

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (str_same_name(name, strlen(name), lists[i].name,
				  strlen(lists[i].name)))
			return lists[i].begin;
	return '\0';
}

void modules_forget(void)
{
	memset(words, 0, text.len);
	text.len = 0;
	text.cut = false;
}

void modules_parameter(const char *name, const char *value, void *unused)
{
	const char *dot = str_char(name, '.');
	size_t before = text.len;
	char list = list_of(name);

	(void)unused;
	if (list && value) {
		while (*value) {
			size_t len = str_until(value, ",");

			if (len > 0) {
				text_add(&text, "%c%.*s", list, (int)len,
					 value);
				text.len++;
			}
			value += len + (value[len] == ',');
		}
	} else if (dot && dot > name && dot[1]) {
		bool quote = value && value[str_until(value, " \t")];

		text_add(&text, "%.*s %s%s%s%s%s", (int)(dot - name), name,
			 dot + 1, value ? "=" : "", quote ? "\"" : "",
			 value ? value : "", quote ? "\"" : "");
		text.len++;
	}
	if (text.len < text.size)
		return;
	text.len = before;
	text.cut = true;
}

/*
 * Add the command line's parameters for the module at @path after those of the
 * image; false if the module must not be loaded.
 */
static bool add_parameters(const char *path, struct text *params)
{
	const char *name = str_base(path);
	size_t len = str_until(name, ".");

	for (const char *at = words; at < words + text.len;
	     at += strlen(at) + 1) {
		if (*at == '-' &&
		    str_same_name(name, len, at + 1, str_until(at + 1, " ")))
			return false;
		if (!str_char(LISTED, *at) &&
		    str_same_name(name, len, at, str_until(at, " ")))
			text_add(params, "%s%s", params->len ? " " : "",
				 str_char(at, ' ') + 1);
	}
	return true;
}

static bool is_blacklisted(const char *name)
{
	for (const char *at = words; at < words + text.len;
	     at += strlen(at) + 1)
		if (*at == '-' &&
		    str_same_name(name, strlen(name), at + 1, strlen(at + 1)))
			return true;
	return false;
}

bool modules_underscored(char *ret, size_t size, const char *name)
{
	if (str_copy(ret, size, name) < 0)
		return false;
	for (; *ret; ret++)
		if (*ret == '-')
			*ret = '_';
	return true;
}

/* Does the kernel have the module @name by now? */
static bool is_loaded(const char *name)
{
	char has[64];

	return modules_underscored(has, sizeof(has), name) &&
	       sys_access(AT_FDCWD, io_path("/sys/module/%s", has), 0) == 0;
}

void modules_want(bool before)
{
	for (const char *at = words; at < words + text.len;
	     at += strlen(at) + 1) {
		const char *name = at + 1;
		bool is_before = *at == '+';

		if (*at == '-' || !str_char(LISTED, *at) ||
		    is_before != before || is_blacklisted(name) ||
		    drivers_want(name, before) || *at == '~' ||
		    /* The image's list has it, or the kernel itself. */
		    is_loaded(name))
			continue;
		log_line(LOG_WARNING,
			 "load '%s', which the command line asks for: the "
			 "image has no such driver (pintle-mkinitramfs "
			 "--kind generic -m %s), ignoring",
			 name, name);
	}
}

/* kernel/module/main.c and decompress.c, Linux 6.1 and 6.12. */
static const char *module_reason(int error, bool compressed)
{
	switch (error) {
	case EOPNOTSUPP:
	case EINVAL:
		if (compressed)
			return "this kernel cannot decompress it; put it into "
			       "the image uncompressed";
		break;
	case ENOENT:
		return "a symbol it needs is missing (see dmesg); is a module "
		       "it depends on in the image?";
	case ENOEXEC:
		return "it was built for another kernel, or is damaged (see "
		       "dmesg); rebuild the image for this one";
	case ENOKEY:
	case EKEYREJECTED:
		return "its signature is not accepted by this kernel";
	case EPERM:
		return "module_blacklist= has it, or the kernel no longer "
		       "loads modules";
	default:
		break;
	}
	return fail_reason(error);
}

bool modules_load_line(char *line)
{
	static char buf[4096];
	struct text params = { .buf = buf, .size = sizeof(buf) };
	size_t len = str_until(line, " ");
	bool compressed = len < 3 || memcmp(line + len - 3, ".ko", 3) != 0;
	bool opened;
	int r;

	if (len == 0)
		return false;
	buf[0] = '\0';
	if (line[len]) {
		line[len] = '\0';
		text_add(&params, "%s", line + len + 1);
	}
	if (!add_parameters(line, &params))
		return false;
	if (params.cut || text.cut)
		log_line(LOG_WARNING,
			 "load '%s': its parameters are too long, some are "
			 "left out",
			 line);
	{
		_auto_close int fd = io_open(line, O_RDONLY);

		opened = fd >= 0;
		r = fd < 0 ? fd
			   : sys_finit_module(
				     fd, buf,
				     compressed
					     ? LINUX_MODULE_INIT_COMPRESSED_FILE
					     : 0);
	}
	/* ENODEV: the hardware of the driver is not here (intel_agp). */
	if (r == 0 || r == -EEXIST || r == -ENODEV)
		return r == 0;
	log_line(LOG_WARNING, "load '%s': %s, ignoring", line,
		 opened ? module_reason(-r, compressed) : fail_reason(r));
	return false;
}

/* The release of the kernel that the image's modules are of, if that is another
 * one than this. */
static char other_release[80];

const char *modules_misfit(void)
{
	return *other_release ? other_release : NULL;
}

bool modules_fit(const char *path)
{
	const char *version = str_after(path, "/lib/modules/");
	size_t len = version ? str_until(version, "/") : 0;
	char release[80];

	if (len == 0 || sys_release(release, sizeof(release)) < 0 ||
	    (strncmp(version, release, len) == 0 && !release[len]))
		return true;
	if (!*other_release)
		log_line(LOG_WARNING,
			 "load drivers: the image has those of kernel %.*s, "
			 "and this is %s; going on with what is built in",
			 (int)len, version, release);
	if (str_part(other_release, sizeof(other_release), version, len) < 0)
		(void)str_copy(other_release, sizeof(other_release),
			       "another kernel");
	return false;
}

static int load_line(char *line, void *ctx)
{
	unsigned *count = ctx;

	if (modules_fit(line))
		*count += modules_load_line(line);
	return 0;
}

unsigned modules_load(void)
{
	unsigned count = 0;

	log_unread(IMAGE_MODULES,
		   io_each_line(IMAGE_MODULES, load_line, &count));
	return count;
}
