/* SPDX-License-Identifier: MIT */
#include "config/cmdline.h"

#include <fcntl.h>

#include "base/io.h"
#include "base/log.h"
#include "config/settings.h"

static char line[16384];

int cmdline_each(const char *path,
		 void (*each)(const char *name, const char *value, void *ctx),
		 void *ctx)
{
	long n = io_read_file(AT_FDCWD, path, line, sizeof(line));

	if (n < 0)
		return (int)n;
	settings_each(line, each, ctx);
	return 0;
}

int cmdline_read(const char *path, struct settings *settings, bool ours,
		 void (*warn)(const char *sentence))
{
	long n = io_read_file(AT_FDCWD, path, line, sizeof(line));

	if (n < 0)
		return (int)n;
	settings_read(settings, line, ours, warn);
	return 0;
}

void cmdline_warn(const char *sentence)
{
	log_line(LOG_WARNING, "%s", sentence);
}
