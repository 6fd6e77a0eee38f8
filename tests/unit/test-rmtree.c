/* SPDX-License-Identifier: MIT */
#include "base/rmtree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "tap.h"

static char root[64];

static char *at(const char *path)
{
	static char full[4][4096];
	static unsigned next;
	char *buf = full[next++ % 4];

	snprintf(buf, sizeof(full[0]), "%s/%s", root, path);
	return buf;
}

static void put(const char *path, size_t bytes)
{
	int fd = open(at(path), O_CREAT | O_WRONLY, 0600);
	char block[4096];

	memset(block, 'x', sizeof(block));
	while (bytes > 0) {
		size_t n = bytes < sizeof(block) ? bytes : sizeof(block);

		if (write(fd, block, n) != (ssize_t)n)
			abort();
		bytes -= n;
	}
	close(fd);
}

static struct rmtree order(int fd)
{
	struct sys_stat st;

	if (sys_stat(fd, "", AT_EMPTY_PATH, &st) < 0)
		abort();
	return (struct rmtree){ .dev = st.dev };
}

int main(void)
{
	struct rmtree empty;
	struct sys_stat kept;
	int fd, outside;

	strcpy(root, "/tmp/pintle-rmtree-XXXXXX");
	if (!mkdtemp(root))
		abort();
	fd = open(root, O_RDONLY | O_DIRECTORY);

	mkdir(at("a"), 0700);
	mkdir(at("a/b"), 0700);
	mkdir(at("a/b/c"), 0700);
	put("one", 8192);
	put("a/two", 4096);
	put("a/b/c/three", 1);
	link(at("one"), at("a/one-again"));
	symlink("/tmp", at("a/b/link-out"));
	mkfifo(at("fifo"), 0600);
	empty = order(fd);
	rmtree(fd, &empty);
	is_int((long long)empty.files, 9, "a tree: all nine names");
	is_int((long long)empty.left, 0, "a tree: nothing left");
	ok(rmdir(at("")) == 0 || access(at("one"), F_OK) < 0,
	   "a tree: the directory is empty");
	mkdir(root, 0700);
	close(fd);
	fd = open(root, O_RDONLY | O_DIRECTORY);
	outside = access("/tmp", F_OK);
	is_int(outside, 0, "a link that leads out is not followed");

	/* The new root may lie in the old one. */
	mkdir(at("keep"), 0700);
	mkdir(at("gone"), 0700);
	put("keep/file", 10);
	put("gone/file", 10);
	empty = order(fd);
	if (sys_stat(AT_FDCWD, at("keep"), 0, &kept) < 0)
		abort();
	empty.keep_dev = kept.dev;
	empty.keep_ino = kept.ino;
	rmtree(fd, &empty);
	is_int(access(at("keep/file"), F_OK), 0, "what is to be kept is kept");
	ok(access(at("gone"), F_OK) < 0, "what is beside it is gone");
	is_int((long long)empty.left, 0, "the kept one is not counted as left");

	/* Another device's number: every directory is on a wrong one. */
	mkdir(at("other"), 0700);
	put("other/file", 10);
	empty = order(fd);
	empty.dev++;
	rmtree(fd, &empty);
	is_int(access(at("other/file"), F_OK), 0,
	       "another file system is not entered");

	/* Deep: each level costs a descriptor, and there is an end to it. */
	{
		int level = dup(fd);

		for (unsigned i = 0; i < 300; i++) {
			int next;

			mkdirat(level, "d", 0700);
			next = openat(level, "d", O_RDONLY | O_DIRECTORY);
			close(level);
			level = next;
		}
		close(level);
	}
	empty = order(fd);
	rmtree(fd, &empty);
	is_int((long long)empty.left, 1, "deeper than it goes: said");
	is_str(empty.left_name, "d", "deeper than it goes: its name");

	/* Time: many names, no time at all. */
	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%u", i);
		put(name, 1);
	}
	empty = order(fd);
	empty.deadline_us = 1;
	rmtree(fd, &empty);
	ok(empty.out_of_time, "a deadline that is over: said");
	ok(empty.files > 0 && empty.files < 50,
	   "a deadline that is over: stops soon");
	close(fd);
	{
		char command[128];

		snprintf(command, sizeof(command), "rm -rf %s", root);
		if (system(command) != 0)
			abort();
	}
	return tap_done();
}
