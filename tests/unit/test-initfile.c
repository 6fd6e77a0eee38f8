/* SPDX-License-Identifier: MIT */
/*
 * A tree below a temporary directory stands for the new root; /bin/true of the
 * machine stands for a real dynamic program.
 */
#include "switch/initfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "tap.h"

static char root[64];

static void put(const char *path, const void *bytes, size_t len, mode_t mode)
{
	char full[256];
	int fd;

	snprintf(full, sizeof(full), "%s%s", root, path);
	fd = open(full, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len ||
	    fchmod(fd, mode) < 0)
		abort();
	close(fd);
}

static void put_text(const char *path, const char *text, mode_t mode)
{
	put(path, text, strlen(text), mode);
}

static void link_to(const char *target, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	if (symlink(target, full) < 0)
		abort();
}

static void directory(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	if (mkdir(full, 0755) < 0)
		abort();
}

static unsigned char own_machine(void)
{
	unsigned char head[20];
	int fd = open("/proc/self/exe", O_RDONLY);

	if (fd < 0 || read(fd, head, sizeof(head)) != sizeof(head))
		abort();
	close(fd);
	return head[18];
}

/* An ELF head with one program header: an interpreter of that name. */
static size_t elf(unsigned char *at, const char *interpreter)
{
	memset(at, 0, 512);
	memcpy(at, "\177ELF\2\1\1", 7);
	at[16] = 2; /* ET_EXEC */
	at[18] = own_machine();
	at[32] = 64; /* program headers */
	at[54] = 56; /* size of one */
	at[56] = interpreter ? 1 : 0;
	if (!interpreter)
		return 64;
	at[64] = 3; /* PT_INTERP */
	at[64 + 8] = 200;
	at[64 + 32] = (unsigned char)(strlen(interpreter) + 1);
	strcpy((char *)at + 200, interpreter);
	return 200 + strlen(interpreter) + 1;
}

static const struct {
	const char *name, *path;
	int error;
	const char *sentence;
} rows[] = {
	{ "a static program", "/sbin/static", 0, NULL },
	{ "a relative path is below the root", "sbin/static", 0, NULL },
	{ "a dynamic one with its interpreter", "/sbin/dynamic", 0, NULL },
	{ "an absolute link stays inside", "/sbin/absolute", 0, NULL },
	{ "a link that climbs stays inside", "/sbin/climbing", 0, NULL },
	{ "a script", "/sbin/script", 0, NULL },
	{ "a script of a script", "/sbin/script2", 0, NULL },
	{ "missing", "/sbin/none", ENOENT,
	  "find init '/sbin/none' in the new root: No such file or "
	  "directory" },
	{ "there outside, missing inside", "/bin/true", ENOENT,
	  "find init '/bin/true' in the new root: No such file or directory" },
	{ "a directory", "/sbin", EISDIR,
	  "find init '/sbin' in the new root: it is a directory" },
	{ "not executable", "/sbin/plain", EACCES,
	  "find init '/sbin/plain' in the new root: it is not an executable "
	  "file" },
	{ "links in a circle", "/sbin/loop", ELOOP,
	  "find init '/sbin/loop' in the new root: Too many levels of "
	  "symbolic links" },
	{ "a dynamic one without its interpreter", "/sbin/orphan", ENOENT,
	  "find '/lib/gone.so', the interpreter of init '/sbin/orphan', in "
	  "the new root: No such file or directory" },
	{ "a script without its interpreter", "/sbin/orphan-script", ENOENT,
	  "find '/bin/nosh', the interpreter of init '/sbin/orphan-script', "
	  "in the new root: No such file or directory" },
	{ "scripts in a circle", "/sbin/circle", ELOOP, NULL },
	{ "text without #!", "/sbin/text", ENOEXEC,
	  "find init '/sbin/text' in the new root: it is neither an ELF "
	  "program nor a #! script" },
	{ "another machine's program", "/sbin/foreign", ENOEXEC,
	  "find init '/sbin/foreign' in the new root: it is a program for "
	  "another kind of machine" },
	{ "an object file", "/sbin/object", ENOEXEC, NULL },
	{ "empty", "/sbin/empty", ENOEXEC, NULL },
	{ "an ELF head that lies", "/sbin/liar", ENOEXEC, NULL },
	{ "#! and nothing", "/sbin/bare", ENOEXEC, NULL },
	{ "a FIFO does not block", "/sbin/fifo", EACCES, NULL },
};

int main(void)
{
	unsigned char image[512];
	char fifo[128];
	struct fail why;
	const char *found = NULL;
	int fd;
	static const char *const second[] = { "/sbin/none", "/sbin/static",
					      NULL };
	static const char *const neither[] = { "/sbin/none", "/sbin/text",
					       NULL };

	strcpy(root, "/tmp/pintle-initfile-XXXXXX");
	if (!mkdtemp(root))
		abort();
	directory("/sbin");
	directory("/lib");
	directory("/bin");
	put("/sbin/static", image, elf(image, NULL), 0755);
	put("/lib/ld.so", image, elf(image, NULL), 0755);
	put("/sbin/dynamic", image, elf(image, "/lib/ld.so"), 0755);
	put("/sbin/orphan", image, elf(image, "/lib/gone.so"), 0755);
	elf(image, NULL);
	image[18] = 2; /* EM_SPARC */
	put("/sbin/foreign", image, 64, 0755);
	elf(image, NULL);
	image[16] = 1; /* ET_REL */
	put("/sbin/object", image, 64, 0755);
	link_to("/sbin/static", "/sbin/absolute");
	link_to("../../../../sbin/static", "/sbin/climbing");
	link_to("loop2", "/sbin/loop");
	link_to("loop", "/sbin/loop2");
	put_text("/sbin/script", "#!/sbin/static -x\n", 0755);
	put_text("/sbin/script2", "#! \t/sbin/script\n", 0755);
	put_text("/sbin/orphan-script", "#!/bin/nosh\n", 0755);
	put_text("/sbin/circle", "#!/sbin/circle\n", 0755);
	put_text("/sbin/plain", "#!/sbin/static\n", 0644);
	put_text("/sbin/text", "echo hello\n", 0755);
	put_text("/sbin/empty", "", 0755);
	put_text("/sbin/bare", "#! \n", 0755);
	elf(image, "/lib/ld.so");
	image[64 + 9] = 0xff; /* an interpreter beyond the end */
	put("/sbin/liar", image, 240, 0755);
	snprintf(fifo, sizeof(fifo), "%s/sbin/fifo", root);
	if (mkfifo(fifo, 0755) < 0)
		abort();

	fd = open(root, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&why, 0, sizeof(why));
		is_int(initfile_prove(fd, rows[i].path, &why), -rows[i].error,
		       "%s", rows[i].name);
		if (rows[i].sentence)
			is_str(why.what, rows[i].sentence, "%s: the sentence",
			       rows[i].name);
	}
	is_int(initfile_find(fd, second, &found, &why), 0,
	       "the second of two, where the first is missing");
	is_str(found, "/sbin/static", "the second of two: its path");
	is_int(initfile_find(fd, neither, &found, &why), -ENOENT,
	       "none of two: the first one's error");
	is_str(why.what,
	       "find init '/sbin/none' in the new root: No such file or "
	       "directory",
	       "none of two: the first one's sentence");
	close(fd);
	{
		char command[128];

		snprintf(command, sizeof(command), "rm -rf %s", root);
		if (system(command) != 0)
			abort();
	}
	return tap_done();
}
