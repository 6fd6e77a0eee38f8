/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "io.h"
#include "str.h"
#include "sys.h"

static char *word(char **line)
{
	char *start = *line;
	char *end = start + str_until(start, " ");

	*line = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static int parse_dev(char *string, uint64_t *ret)
{
	char *colon = str_char(string, ':');
	uint64_t major, minor;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (str_number(string, &major) < 0 || str_number(colon + 1, &minor) < 0)
		return -EINVAL;
	*ret = SYS_DEV(major, minor);
	return 0;
}

int mountinfo_parse(char *line, struct mountinfo *ret)
{
	char *option;

	*ret = (struct mountinfo){ 0 };
	if (str_number(word(&line), &ret->id) < 0 ||
	    str_number(word(&line), &ret->parent) < 0)
		return -EINVAL;
	if (parse_dev(word(&line), &ret->dev) < 0)
		return -EINVAL;
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

int mountinfo_each_of(int dir,
		      int (*each)(const struct mountinfo *mount, void *ctx),
		      void *ctx)
{
	struct walk walk = { each, ctx };

	/* An overlay's options alone can be longer than a page; they are last
	 * and nobody here wants them. */
	return io_each_head(dir, "mountinfo", parse_and_call, &walk);
}

int mountinfo_each(int (*each)(const struct mountinfo *mount, void *ctx),
		   void *ctx)
{
	struct walk walk = { each, ctx };

	return io_each_head(AT_FDCWD, "/proc/self/mountinfo", parse_and_call,
			    &walk);
}
