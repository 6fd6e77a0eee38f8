/* SPDX-License-Identifier: MIT */
/*
 * fstab.h - one line of an fstab, and lists with commas (pure); see fstab(5)
 */
#pragma once

#include <stdbool.h>

struct fstab {
	char *spec; /* these are pieces of the text, unescaped */
	char *point;
	char *type;
	char *options;
	unsigned pass; /* 0: do not check it */
};

/*
 * fstab_find - find the line for the mount point @point in @text
 *
 * @text is changed in place. A line needs only its first three fields: its
 * options are then "defaults", and it is not checked. The last line that
 * matches wins, as the last mount would be on top. Slashes at the end of a
 * mount point do not matter.
 */
bool fstab_find(char *text, const char *point, struct fstab *ret);
