/* SPDX-License-Identifier: MIT */
/*
 * loop.h - a root that is an image file of what root= names (loop=)
 */
#pragma once

struct fail;
struct root;

/*
 * loop_mount - mount on ROOT_POINT the file that loop= names in the file system
 *		on RUN_HOST
 *
 * Symbolic links are followed inside RUN_HOST. The loop device disappears when
 * its last user does (autoclear).
 */
int loop_mount(struct root *root, struct fail *why);
