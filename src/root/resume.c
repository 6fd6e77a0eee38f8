/* SPDX-License-Identifier: MIT */
#include "root/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

#define OFFSET_FILE "/sys/power/resume_offset" /* Linux 4.17 */
#define RESUME_FILE "/sys/power/resume"

/*
 * The page sizes of all kernels, and not only of this one: an image of another
 * page size is one that this kernel does not see, and will not resume.
 */
#define SMALLEST_PAGE 4096u
#define LARGEST_PAGE  65536u
/* The signature of swap, or of an image in it, ends its page: bytes. */
#define SIGNATURE 10u

enum resume_content resume_page(const unsigned char *page, size_t size)
{
	/* include/linux/swap.h; kernel/power/swap.c; uswsusp and TuxOnIce,
	 * whose images no kernel resumes by itself. */
	static const struct {
		char magic[SIGNATURE + 1];
		enum resume_content is;
	} signatures[] = {
		{ "SWAPSPACE2", RESUME_SWAP }, { "SWAP-SPACE", RESUME_SWAP },
		{ "S1SUSPEND", RESUME_IMAGE }, { "S2SUSPEND", RESUME_IMAGE },
		{ "ULSUSPEND", RESUME_IMAGE }, { "LINHIB0001", RESUME_IMAGE },
	};

	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (size >= SIGNATURE &&
		    memcmp(page + size - SIGNATURE, signatures[i].magic,
			   strlen(signatures[i].magic)) == 0)
			return signatures[i].is;
	return RESUME_OTHER;
}

int resume_look(const char *path, uint64_t offset)
{
	static _Alignas(SMALLEST_PAGE) unsigned char block[SMALLEST_PAGE];
	_auto_close int fd = io_open(path, O_RDONLY | O_DIRECT);
	int is = RESUME_OTHER;

	if (fd < 0)
		return fd;
	if (offset > INT64_MAX / LARGEST_PAGE - 1)
		return -ERANGE;
	for (uint64_t page = SMALLEST_PAGE; page <= LARGEST_PAGE; page *= 2) {
		/* The last block of a page of that size. */
		uint64_t at = (offset + 1) * page - sizeof(block);
		long n = sys_pread(fd, block, sizeof(block), at);

		if (n < 0)
			return (int)n;
		/* Beyond the end of the device there is nothing. */
		if (n == (long)sizeof(block) && is != RESUME_IMAGE) {
			int here = resume_page(block, sizeof(block));

			is = here > is ? here : is;
		}
	}
	return is;
}

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
