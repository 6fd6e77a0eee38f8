/* SPDX-License-Identifier: MIT */
/*
 * fstab.h - one line of an fstab (pure); see fstab(5)
 */
#pragma once

#include <stdbool.h>

struct fstab {
	char *spec; /* pieces of the text, unescaped */
	char *point;
	char *type;
	char *options;
	unsigned pass; /* 0: not to be checked */
};

/*
 * fstab_find - what @text says of the mount point @point
 *
 * @text is changed in place. Lines of three fields are enough: options are then
 * "defaults"; what follows the fifth may be missing. The last line that fits
 * wins, as the last mount would be on top. Slashes at the end do not matter.
 */
bool fstab_find(char *text, const char *point, struct fstab *ret);
/* is @word among the comma separated @options? */
bool fstab_option(const char *options, const char *word);
