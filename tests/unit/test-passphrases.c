/* SPDX-License-Identifier: MIT */
/* what is kept for the next device, and that it is nowhere afterwards */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/passphrases.c"
#include "tap.h"

/* the @i-th as a program reads it, or "none" */
static const char *read_kept(unsigned i)
{
	static char text[LINE_BYTES + 1];
	int fd = passphrases_pipe(i);
	long n;

	if (fd < 0)
		return fd == -ENOENT ? "none" : "error";
	n = read(fd, text, sizeof(text));
	if (n < 0 || read(fd, text + n, 1) != 0)
		return "no end";
	close(fd);
	text[n] = '\0';
	return text;
}

/* Is @text anywhere in the file that they are in? */
static int is_in_file(int fd, const char *text)
{
	char bytes[KEPT_MAX * sizeof(struct kept) + 1];
	long n = pread(fd, bytes, sizeof(bytes), 0);

	return n == (long)sizeof(bytes) - 1 &&
	       memmem(bytes, (size_t)n, text, strlen(text)) != NULL;
}

int main(void)
{
	char longest[LINE_BYTES + 1];
	struct stat st;
	int fd;

	is_str(read_kept(0), "none", "there is none at first");
	ok(passphrases_keep("early", 5) < 0, "without a place none is kept");
	is_str(read_kept(0), "none", "... and there is none");
	passphrases_begin();
	is_str(read_kept(0), "none", "there is none at the beginning");
	is_int(passphrases_keep("first", 5), 0, "the first is kept");
	is_int(passphrases_keep("wrong", 5), 1, "the second is kept");
	is_str(read_kept(1), "wrong", "... and is what was given");
	ok(is_in_file(kept_fd, "wrong"), "... in the file");
	is_int(passphrases_drop(1), 0, "it is dropped");
	is_str(read_kept(1), "none", "... and not tried again");
	ok(!is_in_file(kept_fd, "wrong"), "... and overwritten");
	is_str(read_kept(0), "first", "the first is still there");
	is_str(read_kept(0), "first", "... as often as it is wanted");
	memset(longest, 'x', sizeof(longest));
	is_int(passphrases_keep(longest, LINE_BYTES), 1, "the longest is kept");
	longest[LINE_BYTES] = '\0';
	is_str(read_kept(1), longest, "... whole");
	ok(passphrases_keep(longest, LINE_BYTES + 1) == -E2BIG,
	   "what is longer is not");
	is_int(passphrases_keep("third", 5), 2, "the third is kept");
	is_int(passphrases_keep("fourth", 6), 3, "the fourth is kept");
	is_int(passphrases_keep("fifth", 5), 3, "the fifth replaces the last");
	is_str(read_kept(3), "fifth", "... and is in its place");
	is_str(read_kept(4), "none", "there are four");
	is_int(passphrases_drop(3), 0, "it is dropped");
	is_str(read_kept(2), "third", "... and the others are not");
	is_int(passphrases_keep("fifth", 5), 3, "it is kept again");
	ok(passphrases_drop(-EIO) == -EIO, "an error is no number");
	fd = dup(kept_fd);
	ok(fstat(fd, &st) == 0 && st.st_size > 0, "a child has the file open");
	passphrases_begin();
	is_str(read_kept(0), "first", "to begin again drops nothing");
	passphrases_forget();
	is_str(read_kept(0), "none", "there is none in the end");
	ok(!is_in_file(fd, "first") && !is_in_file(fd, "fifth") &&
		   !is_in_file(fd, "xxxx") && !is_in_file(fd, "third"),
	   "... nor in the file that a child has open");
	passphrases_begin();
	is_str(read_kept(0), "none", "... nor later");
	return tap_done();
}
