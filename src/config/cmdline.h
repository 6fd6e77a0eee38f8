/* SPDX-License-Identifier: MIT */
/*
 * cmdline.h - read a command line from a file: the kernel's or the image's
 *
 * What the words mean is in settings.h. A command line that is longer than the
 * buffer, which is twice COMMAND_LINE_SIZE of any architecture, is -EFBIG.
 */
#pragma once

#include <stdbool.h>

struct settings;

#define CMDLINE_KERNEL "/proc/cmdline"

/* call @each for every word of the file @path, as settings_each(): 0 or
 * -errno */
int cmdline_each(const char *path,
		 void (*each)(const char *name, const char *value, void *ctx),
		 void *ctx);

/* take the file @path over what @settings holds, as settings_read(): 0 or
 * -errno */
int cmdline_read(const char *path, struct settings *settings, bool ours,
		 void (*warn)(const char *sentence));

/* a @warn for cmdline_read(): the sentence is a warning in the log */
void cmdline_warn(const char *sentence);
