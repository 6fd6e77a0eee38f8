/* SPDX-License-Identifier: MIT */
/*
 * fsck.h - check a file system before it is mounted, if the image has a
 * program that can; see fsck(8)
 */
#pragma once

struct device;
struct fail;
struct settings;

/*
 * fsck_check - run fsck.TYPE on @device as fsck.mode= and fsck.repair= say
 *
 * A check that could not be made is logged, and the boot goes on. If one was
 * made, an empty file named fsck-ROLE tells the real system so. The machine
 * restarts if the program asks for that.
 *
 * @role:  "root" or "usr"; NULL: the real system does not ask whether it was
 *	    checked
 *
 * Returns 0, or -errno with @why if errors are left or the program was killed.
 */
int fsck_check(const struct settings *settings, const char *role,
	       const struct device *device, struct fail *why);
