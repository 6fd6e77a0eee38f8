/* SPDX-License-Identifier: MIT */
/*
 * mountinfo.h - the mount table, line by line
 *
 * Source: proc_pid_mountinfo(5); fs/proc_namespace.c, Linux 6.1.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mountinfo {
	uint64_t id;
	uint64_t parent; /* its own id where the mount has no parent */
	uint64_t dev;	 /* of the super block; on btrfs not what stat says */
	const char *root;
	const char *point; /* seen from our root, escapes undone */
	const char *options;
	bool shared;
	const char *type;
	const char *source;
	const char *fs_options;
};

/* one line, changed in place and pointed into: 0 or -EINVAL (pure) */
int mountinfo_parse(char *line, struct mountinfo *ret);
/* @each for each mount we can see; other than 0 ends the walk */
int mountinfo_each(int (*each)(const struct mountinfo *mount, void *ctx),
		   void *ctx);
/* the same for what the process whose /proc/PID @dir is can see */
int mountinfo_each_of(int dir,
		      int (*each)(const struct mountinfo *mount, void *ctx),
		      void *ctx);
