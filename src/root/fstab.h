/* SPDX-License-Identifier: MIT */
/*
 * fstab.h - one line of an fstab, and lists with commas (pure); see fstab(5)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

struct fstab {
	char *spec; /* these are pieces of the text, unescaped */
	char *point;
	char *type;
	char *options;
	unsigned pass; /* 0: do not check it */
};

/*
 * fstab_read - read the fstab of the new root, wherever links in it lead
 *
 * @ret_text: its text, until the next call
 *
 * Returns its length, or 0 if there is none. One that exists and cannot be read
 * whole is an error, because it may name a /usr.
 */
long fstab_read(const char *root, char **ret_text, struct fail *why);

/* the next line of @text, which is changed in place and moved behind it; false:
 * there is none */
bool fstab_next(char **text, struct fstab *ret);

/*
 * fstab_find - find the line for the mount point @point in @text
 *
 * @text is changed in place. A line needs only its first three fields: its
 * options are then "defaults", and it is not checked. The last line that
 * matches wins, as the last mount would be on top. Slashes at the end of a
 * mount point do not matter.
 */
bool fstab_find(char *text, const char *point, struct fstab *ret);

/*
 * fstab_early - the lines that are to be mounted in the initramfs
 *
 * They have the option x-initrd.mount (systemd.mount(5)), without noauto. A
 * mount point comes after those that are less deep, and otherwise in the order
 * of the lines. The root and /usr are not among them.
 *
 * Returns how many there are, or -E2BIG if there are more than @max.
 */
int fstab_early(char *text, struct fstab *ret, unsigned max);
