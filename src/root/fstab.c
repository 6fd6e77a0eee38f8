/* SPDX-License-Identifier: MIT */
#include "root/fstab.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* Cut the next field out of *@line; "" at the end of the line. */
static char *field(char **line)
{
	char *start = *line + str_span(*line, " \t\r");
	size_t len = str_until(start, " \t\r");

	*line = start + len;
	if (**line)
		*(*line)++ = '\0';
	return start;
}

bool fstab_next(char **text, struct fstab *ret)
{
	static char defaults[] = "defaults";

	while (**text) {
		char *line = *text;
		uint64_t pass = 0;
		size_t len;

		*text += str_until(line, "\n");
		if (**text)
			*(*text)++ = '\0';
		ret->spec = field(&line);
		if (*ret->spec == '#')
			continue;
		ret->point = field(&line);
		ret->type = field(&line);
		ret->options = field(&line);
		(void)field(&line); /* dump(8) */
		if (str_number(field(&line), &pass) < 0)
			pass = 0;
		ret->pass = (unsigned)pass;
		if (!*ret->type)
			continue;
		if (!*ret->options)
			ret->options = defaults;
		str_unescape(ret->spec);
		str_unescape(ret->point);
		len = strlen(ret->point);
		while (len > 1 && ret->point[len - 1] == '/')
			ret->point[--len] = '\0';
		return true;
	}
	return false;
}

bool fstab_find(char *text, const char *point, struct fstab *ret)
{
	struct fstab this;
	bool found = false;

	while (fstab_next(&text, &this)) {
		if (strcmp(this.point, point) != 0)
			continue;
		*ret = this;
		found = true;
	}
	return found;
}

/* Is it for the initramfs, and not one of those that are mounted anyway? */
static bool is_early(const struct fstab *line)
{
	return str_in_list(line->options, "x-initrd.mount") &&
	       !str_in_list(line->options, "noauto") &&
	       strcmp(line->type, "swap") != 0 && line->point[0] == '/' &&
	       line->point[1] && strcmp(line->point, "/usr") != 0;
}

static unsigned depth(const char *point)
{
	unsigned count = 0;

	for (; *point; point++)
		count += *point == '/' && point[1] != '/';
	return count;
}

int fstab_early(char *text, struct fstab *ret, unsigned max)
{
	unsigned count = 0;
	struct fstab this;

	while (fstab_next(&text, &this)) {
		unsigned at;

		if (!is_early(&this))
			continue;
		if (count == max)
			return -E2BIG;
		for (at = count++;
		     at > 0 && depth(ret[at - 1].point) > depth(this.point);
		     at--)
			ret[at] = ret[at - 1];
		ret[at] = this;
	}
	return (int)count;
}
