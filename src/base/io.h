/* SPDX-License-Identifier: MIT */
/*
 * io.h - small whole files, lines, directory entries
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* open(2) of what is there: a descriptor, closed on exec, or -errno */
int io_open(const char *path, int flags);
/* everything of the file at @path (below @dir) as a string: length or -errno;
 * -EFBIG where it does not fit in @size - 1 bytes */
long io_read_file(int dir, const char *path, char *buf, size_t size);
/* the first line of the file at the path that is printed by @format, without
 * its newline; false: there is none, or it does not fit */
__attribute__((format(printf, 3, 4))) bool io_value(char *ret, size_t size,
						    const char *format, ...);
/* the text of the link at @path (below @dir; "": @dir itself) as a string: 0 or
 * -errno; -ENAMETOOLONG where it does not fit */
int io_readlink(int dir, const char *path, char *ret, size_t size);
/* all of it, whatever write(2) takes at a time: 0 or -errno */
int io_write(int fd, const void *buf, size_t len);
/* replace or create @path with @len bytes, atomically by rename: 0 or -errno */
int io_write_file(const char *path, const void *buf, size_t len);
/* a directory that everybody may look into: 0 or -errno */
int io_mkdir(const char *path);
/* a fresh value into an existing file of /proc or /sys: 0 or -errno */
int io_set(const char *path, const char *value);

/*
 * io_each_line - call @each for every line of @path
 *
 * The line comes without its newline and may be written to. Lines of 4095
 * bytes or more are -EFBIG. A result of @each other than 0 ends the walk and is
 * returned. Reads as it goes, so /proc files of any length do.
 */
int io_each_line(const char *path, int (*each)(char *line, void *ctx),
		 void *ctx);

/*
 * io_each_head - the same for a file below @dir whose lines may be of any
 * length: of a longer one its first 4094 bytes, and the rest is passed over
 *
 * For tables of the kernel whose wanted fields come first: mountinfo, maps.
 */
int io_each_head(int dir, const char *path, int (*each)(char *line, void *ctx),
		 void *ctx);

/*
 * io_each_name - call @each for every entry of the open directory @fd
 *
 * "." and ".." are left out; @type is the kernel's d_type. A result other than
 * 0 ends the walk and is returned. @each may remove the entry it is given.
 */
int io_each_name(int fd, int (*each)(const char *name, int type, void *ctx),
		 void *ctx);

/*
 * io_some_names - the same for as many as the kernel gives at a time
 *
 * @ret_bytes: how many of IO_NAMES_BYTES they took, 0 at the end. Where it is
 *	       no more than IO_NAMES_FEW, another one would have had room.
 */
int io_some_names(int fd, int (*each)(const char *name, int type, void *ctx),
		  void *ctx, long *ret_bytes);
#define IO_NAMES_BYTES 2048
#define IO_NAMES_FEW   (IO_NAMES_BYTES - 280)

/*
 * io_close_from - close every descriptor from @first on
 *
 * Where close_range(2) is not to be had, by a kernel before Linux 5.9 or a
 * seccomp filter, each by its name in /proc, or else each up to the limit.
 */
void io_close_from(int first);

/* the same for the directory at the path that is printed by @format; -errno
 * also where it cannot be opened */
__attribute__((format(printf, 3, 4))) int
io_each_in(int (*each)(const char *name, int type, void *ctx), void *ctx,
	   const char *format, ...);
