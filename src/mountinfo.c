/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "io.h"
#include "str.h"
#include "sys.h"

static char *word(char **line)
{
	char *start = *line;
	char *end = start + strcspn(start, " ");

	*line = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

int mountinfo_parse(char *line, struct mountinfo *ret)
{
	char *option, *dev, *colon;
	uint64_t major, minor;

	*ret = (struct mountinfo){ 0 };
	if (str_number(word(&line), &ret->id) < 0 ||
	    str_number(word(&line), &ret->parent) < 0)
		return -EINVAL;
	dev = word(&line);
	colon = strchr(dev, ':');
	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (str_number(dev, &major) < 0 || str_number(colon + 1, &minor) < 0)
		return -EINVAL;
	ret->dev = SYS_DEV(major, minor);
	ret->root = word(&line);
	ret->point = option = word(&line);
	str_unescape(option);
	ret->options = word(&line);
	/* Any number of optional fields, ended by a lone dash. */
	while (*(option = word(&line))) {
		if (strcmp(option, "-") == 0) {
			ret->type = word(&line);
			ret->source = word(&line);
			ret->fs_options = word(&line);
			return *ret->type ? 0 : -EINVAL;
		}
		if (str_after(option, "shared:"))
			ret->shared = true;
	}
	return -EINVAL;
}

struct walk {
	int (*each)(const struct mountinfo *mount, void *ctx);
	void *ctx;
};

static int parse_and_call(char *line, void *ctx)
{
	const struct walk *walk = ctx;
	struct mountinfo mount;
	int r = mountinfo_parse(line, &mount);

	return r < 0 ? r : walk->each(&mount, walk->ctx);
}

int mountinfo_each(int (*each)(const struct mountinfo *mount, void *ctx),
		   void *ctx)
{
	struct walk walk = { each, ctx };

	return io_each_line("/proc/self/mountinfo", parse_and_call, &walk);
}
