/* SPDX-License-Identifier: MIT */
/*
 * Which modules the words of the command line keep from being loaded: no file of
 * such a module is opened, so that nothing is said of one that is not there.
 */
#include "device/modules.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static const struct {
	const char *name, *value; /* a word of the command line */
	const char *path;	  /* of a module */
	bool is_kept;
} rows[] = {
	{ "modprobe.blacklist", "floppy", "/a/floppy.ko", true },
	{ "module_blacklist", "floppy", "/a/floppy.ko.xz", true },
	{ "rd.driver.blacklist", "floppy", "/a/floppy.ko", true },
	{ "blacklist", "floppy", "/a/floppy.ko", true },
	{ "rd.driver.blacklist", "a,floppy,b", "/a/floppy.ko", true },
	{ "module-blacklist", "pcspkr,snd_pcsp", "/a/snd-pcsp.ko.zst", true },
	{ "modprobe.blacklist", "snd-pcsp", "/a/snd_pcsp.ko", true },
	{ "modprobe.blacklist", "flopp", "/a/floppy.ko", false },
	{ "modprobe.blacklist", "floppy2,,flo", "/a/floppy.ko", false },
	{ "modprobe.blacklist", "", "/a/floppy.ko", false },
	{ "modprobe.blacklist", NULL, "/a/floppy.ko", false },
	{ "rd.driver.pre", "floppy", "/a/floppy.ko", false },
	{ "floppy.blacklist", "floppy", "/a/floppy.ko", false },
};

/* What is said while the module at @path is loaded, by the file @fd. */
static const char *said_of(int fd, const char *path)
{
	static char said[400];
	char line[64];
	ssize_t n;

	if (ftruncate(fd, 0) < 0)
		exit(2);
	strcpy(line, path);
	(void)modules_load_line(line);
	n = pread(fd, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

int main(void)
{
	char name[] = "/tmp/test-modules.XXXXXX";
	int fd = mkstemp(name), old = dup(2);

	if (fd < 0 || old < 0 || unlink(name) < 0 ||
	    fcntl(fd, F_SETFL, O_APPEND) < 0)
		return 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = rows[i].value ? rows[i].value : "(none)";
		const char *said;

		modules_forget();
		modules_parameter(rows[i].name, rows[i].value, NULL);
		(void)dup2(fd, 2);
		said = said_of(fd, rows[i].path);
		(void)dup2(old, 2);
		is_int(*said == '\0', rows[i].is_kept, "%s=%s: '%s' %s",
		       rows[i].name, value, rows[i].path,
		       rows[i].is_kept ? "is not loaded" : "is tried");
		(void)dup2(fd, 2);
		said = said_of(fd, "/a/other.ko");
		(void)dup2(old, 2);
		ok(strstr(said, "load '/a/other.ko': No such file"),
		   "... and another one is tried");
	}
	return tap_done();
}
