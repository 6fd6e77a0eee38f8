/* SPDX-License-Identifier: MIT */
/*
 * fsck.h - fsck(8)'s program for a file system, where the image holds it
 */
#pragma once

#include <stdbool.h>

struct fail;

struct check {
	bool force;  /* also where it says that it is clean */
	char repair; /* as options are: 'a'utomatically what is safe, 'y'es to
			everything, 'n'othing */
};

/*
 * check_run - run fsck.@type on @device and wait for its end
 *
 * Returns its exit status, bits as in fsck(8); -ENOENT where the image has no
 * such program; -EINTR with @why where a signal ended it; another -errno with
 * @why where it did not run.
 */
int check_run(const struct check *check, const char *type, const char *device,
	      struct fail *why);
