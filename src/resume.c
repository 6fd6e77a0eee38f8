/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include <errno.h>

#include "fail.h"
#include "io.h"
#include "str.h"

#define OFFSET_FILE "/sys/power/resume_offset" /* Linux 4.17 */
#define RESUME_FILE "/sys/power/resume"

int resume_from(uint64_t number, uint64_t offset, struct fail *why)
{
	char value[32];
	int r;

	(void)str_format(value, sizeof(value), "%llu",
			 (unsigned long long)offset);
	r = offset ? io_set(OFFSET_FILE, value) : 0;
	if (r < 0)
		return fail(why, r, "write '%s' to '%s'", value, OFFSET_FILE);
	(void)str_format(value, sizeof(value), "%u:%u",
			 (unsigned)(number >> 32), (unsigned)number);
	r = io_set(RESUME_FILE, value);
	if (r == -ENOENT)
		return fail_said(why, ENOENT,
				 "write '%s' to '%s': this kernel cannot "
				 "hibernate",
				 value, RESUME_FILE);
	return r < 0 ? fail(why, r, "write '%s' to '%s'", value, RESUME_FILE)
		     : 0;
}
