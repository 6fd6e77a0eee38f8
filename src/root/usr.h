/* SPDX-License-Identifier: MIT */
/*
 * usr.h - a /usr of its own, as the fstab of the new root names it
 */
#pragma once

struct fail;
struct root;

/*
 * usr_mount - mount the /usr of the new root's fstab below ROOT_POINT
 *
 * Returns 0 also if the fstab names none, or none that is on a block device; or
 * -errno with @why.
 */
int usr_mount(const struct root *root, struct fail *why);
