/* SPDX-License-Identifier: MIT */
/* Is there swap, or an image, in what a disk has at a place? */
#include "root/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

#define MIB (1u << 20)

static const struct {
	const char *name;
	unsigned page;	 /* the size of one, to whoever wrote it */
	unsigned offset; /* in such pages */
	const char *magic;
	int is;
} cases[] = {
	{ "nothing", 4096, 0, "", RESUME_OTHER },
	{ "swap", 4096, 0, "SWAPSPACE2", RESUME_SWAP },
	{ "swap of old", 4096, 0, "SWAP-SPACE", RESUME_SWAP },
	{ "an image", 4096, 0, "S1SUSPEND", RESUME_IMAGE },
	{ "an image of uswsusp", 4096, 0, "ULSUSPEND", RESUME_IMAGE },
	{ "an image of TuxOnIce", 4096, 0, "LINHIB0001", RESUME_IMAGE },
	{ "pages of 16 KiB", 16384, 0, "S1SUSPEND", RESUME_IMAGE },
	{ "pages of 64 KiB", 65536, 0, "S1SUSPEND", RESUME_IMAGE },
	{ "swap with pages of 64 KiB", 65536, 0, "SWAPSPACE2", RESUME_SWAP },
	{ "an image in a file", 4096, 100, "S1SUSPEND", RESUME_IMAGE },
	{ "swap in a file", 4096, 100, "SWAPSPACE2", RESUME_SWAP },
	{ "a file with pages of 64 KiB", 65536, 10, "S1SUSPEND", RESUME_IMAGE },
	{ "another word", 4096, 0, "S1SUSPENS", RESUME_OTHER },
};

static void put(int fd, unsigned page, unsigned offset, const char *magic)
{
	if (pwrite(fd, magic, strlen(magic), (offset + 1) * page - 10) < 0)
		abort();
}

int main(void)
{
	char path[] = "/var/tmp/test-resume-XXXXXX";
	int fd = mkstemp(path);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (ftruncate(fd, 0) < 0 || ftruncate(fd, MIB) < 0)
			abort();
		put(fd, cases[i].page, cases[i].offset, cases[i].magic);
		(void)fsync(fd);
		is_int(resume_look(path, cases[i].offset), cases[i].is, "%s",
		       cases[i].name);
	}
	/* Where both are, the image is what counts. */
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, MIB) < 0)
		abort();
	put(fd, 4096, 0, "SWAPSPACE2");
	put(fd, 65536, 0, "S1SUSPEND");
	(void)fsync(fd);
	is_int(resume_look(path, 0), RESUME_IMAGE, "swap, and an image");
	is_int(resume_look(path, 5), RESUME_OTHER, "not at that place");
	is_int(resume_look(path, 1u << 30), RESUME_OTHER,
	       "a place beyond the end");
	is_int(resume_look(path, UINT64_MAX), -ERANGE, "no place at all");
	(void)unlink(path);
	is_int(resume_look(path, 0), -ENOENT, "no device");
	(void)close(fd);
	return tap_done();
}
