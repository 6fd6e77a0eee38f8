/* SPDX-License-Identifier: MIT */
/*
 * Where a hibernated system is looked for: what systemd left in the EFI variable
 * is obeyed only by an image of the system that wrote it.
 */
#include "config/image.h"

#undef IMAGE_OS
static char os_path[] = "/tmp/test-hibernated.XXXXXX";
#define IMAGE_OS os_path

#define loader_is_efi there_is_efi
#define location_read read_given

#include <stdlib.h>
#include <unistd.h>

#include "root/hibernated.c"
#include "tap.h"

static const struct {
	const char *name, *id, *image_id, *os;
	int found;
} cases[] = {
	{ "its own", "debian", "", "ID=debian\n", 1 },
	{ "another's", "fedora", "", "ID=debian\n", 0 },
	{ "of another image", "a", "x", "ID=a\nIMAGE_ID=y\n", 0 },
	{ "of an image, and ours is none", "a", "x", "ID=a\n", 0 },
	{ "of nobody", "", "", "ID=debian\n", 1 },
	{ "and the image says nothing", "fedora", "", "", 1 },
};

static struct location given;

bool loader_is_efi(void)
{
	return true;
}

int location_read(struct location *ret, struct fail *why)
{
	(void)why;
	*ret = given;
	return 1;
}

int main(void)
{
	static struct settings settings;
	static struct fail why;
	int fd = mkstemp(os_path);

	if (fd < 0)
		return 2;
	(void)strcpy(given.spec, "UUID=2c8e51d7-6f0b-4a39-b1d4-9e7a53c0f816");
	given.offset = 7;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].os);
		uint64_t offset = 0;
		int found;

		if (ftruncate(fd, 0) < 0 ||
		    pwrite(fd, cases[i].os, len, 0) != (ssize_t)len)
			return 2;
		(void)strcpy(given.id, cases[i].id);
		(void)strcpy(given.image_id, cases[i].image_id);
		found = find_place(&settings, &offset, &why);
		is_int(found, cases[i].found, "a variable: %s", cases[i].name);
		if (found)
			is_str(wanted, given.spec, "... it names the place");
		else
			ok(!wanted && !by_firmware, "... it names none");
		is_int((long long)offset, found ? 7 : 0, "... and its offset");
	}
	(void)close(fd);
	(void)unlink(os_path);
	is_int(find_place(&settings, &(uint64_t){ 0 }, &why), 1,
	       "a variable: an image without the file may be anybody's");
	(void)strcpy(settings.resume, "/dev/vdb");
	(void)find_place(&settings, &(uint64_t){ 0 }, &why);
	is_str(wanted, "/dev/vdb", "resume= names it before the variable does");
	return tap_done();
}
