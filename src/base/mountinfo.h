/* SPDX-License-Identifier: MIT */
/*
 * mountinfo.h - the mount table, line by line
 *
 * A line may have any length: a path can have 4,095 bytes, each of which may be
 * escaped as four, and the options of an overlay have no limit at all. So a
 * line is read field by field. A field that does not fit is cut, and marked as
 * cut: what it says is unknown, but the other fields of the line are whole.
 *
 * Source: proc_pid_mountinfo(5); fs/proc_namespace.c, Linux 6.1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mountinfo_field {
	MOUNTINFO_ID,
	MOUNTINFO_PARENT,
	MOUNTINFO_DEV,
	MOUNTINFO_ROOT,
	MOUNTINFO_POINT,
	MOUNTINFO_OPTIONS,
	MOUNTINFO_OPTIONAL, /* any number of them, then a lone dash */
	MOUNTINFO_TYPE,
	MOUNTINFO_SOURCE,
	MOUNTINFO_FS_OPTIONS,
	MOUNTINFO_FIELDS,
};
#define MOUNTINFO_BYTES 4096u /* of a field, with its NUL */

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
	unsigned cut; /* 1 << MOUNTINFO_...: this field was cut */
};

typedef int mountinfo_each_fn(const struct mountinfo *mount, void *ctx);

/* A line that is being read; all zero at the start of a table. */
struct mountinfo_reader {
	enum mountinfo_field field;
	size_t len;	  /* of that field so far */
	unsigned escaped; /* bytes of an escape, of four, that were read */
	unsigned cut;
	bool shared;
	char text[MOUNTINFO_FIELDS][MOUNTINFO_BYTES];
};

/*
 * mountinfo_feed - take the next @len bytes of a table (pure)
 *
 * @each is called at the end of each line and may keep no pointer into the
 * mount. A result other than 0 ends the walk and is returned. Returns -EINVAL
 * for a line that does not belong to a mount table.
 */
int mountinfo_feed(struct mountinfo_reader *reader, const char *bytes,
		   size_t len, mountinfo_each_fn *each, void *ctx);
/* call @each for each mount that this process can see; a result other than 0
 * ends the walk; @each must not begin another walk */
int mountinfo_each(mountinfo_each_fn *each, void *ctx);
/* the same for the mounts that the process of @dir, a /proc/PID, can see */
int mountinfo_each_of(int dir, mountinfo_each_fn *each, void *ctx);
