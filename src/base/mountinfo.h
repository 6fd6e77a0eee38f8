/* SPDX-License-Identifier: MIT */
/*
 * mountinfo.h - the mount table, line by line
 *
 * A line may be of any length: a path can have 4,095 bytes, each of which may
 * be escaped as four, and an overlay's options have no limit at all. So it is
 * read field by field, and a field that does not fit is cut and marked as such.
 * What a cut field says is unknown; the other fields of the line are not.
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
	unsigned cut; /* 1 << MOUNTINFO_...: there is more than is here */
};

typedef int mountinfo_each_fn(const struct mountinfo *mount, void *ctx);

/* A line on its way; all zero at the start of a table. */
struct mountinfo_reader {
	enum mountinfo_field field;
	size_t len;	  /* of that field, so far */
	unsigned escaped; /* bytes of an escape that has begun, of four */
	unsigned cut;
	bool shared;
	char text[MOUNTINFO_FIELDS][MOUNTINFO_BYTES];
};

/*
 * mountinfo_feed - the next @len bytes of a table (pure)
 *
 * @each is called at the end of each line, and may keep nothing it points to.
 * Its result, if it is not 0, ends the walk and is returned; -EINVAL: a line is
 * none of a mount table.
 */
int mountinfo_feed(struct mountinfo_reader *reader, const char *bytes,
		   size_t len, mountinfo_each_fn *each, void *ctx);
/* @each for each mount we can see; other than 0 ends the walk. @each must not
 * begin another one. */
int mountinfo_each(mountinfo_each_fn *each, void *ctx);
/* the same for what the process whose /proc/PID @dir is can see */
int mountinfo_each_of(int dir, mountinfo_each_fn *each, void *ctx);
