/* SPDX-License-Identifier: MIT */
#include "root/fstab.h"

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

bool fstab_find(char *text, const char *point, struct fstab *ret)
{
	static char defaults[] = "defaults";
	bool found = false;

	while (*text) {
		char *line = text;
		struct fstab this;
		uint64_t pass = 0;
		size_t len;

		text += str_until(text, "\n");
		if (*text)
			*text++ = '\0';
		this.spec = field(&line);
		if (*this.spec == '#')
			continue;
		this.point = field(&line);
		this.type = field(&line);
		this.options = field(&line);
		(void)field(&line); /* dump(8) */
		if (str_number(field(&line), &pass) < 0)
			pass = 0;
		this.pass = (unsigned)pass;
		if (!*this.type)
			continue;
		if (!*this.options)
			this.options = defaults;
		str_unescape(this.point);
		len = strlen(this.point);
		while (len > 1 && this.point[len - 1] == '/')
			this.point[--len] = '\0';
		if (strcmp(this.point, point) != 0)
			continue;
		str_unescape(this.spec);
		*ret = this;
		found = true;
	}
	return found;
}
