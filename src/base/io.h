/* SPDX-License-Identifier: MIT */
/*
 * io.h - small whole files, lines, directory entries
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* open(2) without O_CREAT: a descriptor that is closed on exec, or -errno */
int io_open(const char *path, int flags);
/*
 * io_path - print a path into a buffer that all callers share
 *
 * It is there until this or another function with a format is called again, by
 * whomever. So it is printed in the arguments of the one call that uses it, and a
 * function that gets a path may not use it any more once it has called others. A
 * path that does not fit is longer than the kernel takes, so the call that gets
 * it fails with -ENAMETOOLONG.
 */
__attribute__((format(printf, 1, 2))) const char *io_path(const char *format,
							  ...);
/* read the whole file at @path (below @dir) as a string: its length or -errno;
 * -EFBIG where it does not fit in @size - 1 bytes */
long io_read_file(int dir, const char *path, char *buf, size_t size);
/* read the first line, without its newline, of the file whose path @format
 * prints; false: there is no such file, or its text does not fit */
__attribute__((format(printf, 3, 4))) bool io_value(char *ret, size_t size,
						    const char *format, ...);
/* the text of the link at @path (below @dir; "": @dir itself) as a string: 0 or
 * -errno; -ENAMETOOLONG where it does not fit */
int io_readlink(int dir, const char *path, char *ret, size_t size);
/* does a person see what is written to it, or type what is read from it? */
bool io_is_terminal(int fd);
/* write all of it, however little write(2) takes at a time: 0 or -errno */
int io_write(int fd, const void *buf, size_t len);
/* replace or create @path with @len bytes, atomically by rename: 0 or -errno */
int io_write_file(const char *path, const void *buf, size_t len);
/* make a directory that everybody may read: 0 or -errno */
int io_mkdir(const char *path);
/* write a value to an existing file of /proc or /sys: 0 or -errno */
int io_set(const char *path, const char *value);

/*
 * io_each_line - call @each for every line of @path
 *
 * The line has no newline, and @each may change it. A line of 4095 bytes or
 * more is -EFBIG. A result of @each other than 0 ends the walk and is returned.
 * The file is read piece by piece, so it may have any length.
 */
int io_each_line(const char *path, int (*each)(char *line, void *ctx),
		 void *ctx);

/*
 * io_each_head - the same for a file below @dir whose lines may have any
 * length: @each gets the first 4094 bytes of a longer one
 *
 * For tables of the kernel whose wanted fields come first: mountinfo, maps.
 */
int io_each_head(int dir, const char *path, int (*each)(char *line, void *ctx),
		 void *ctx);

/*
 * io_each_name - call @each for every entry of the open directory @fd
 *
 * "." and ".." are left out; @type is the kernel's d_type. A result other than
 * 0 ends the walk and is returned. @each may remove the entry that it is given.
 */
int io_each_name(int fd, int (*each)(const char *name, int type, void *ctx),
		 void *ctx);

/*
 * io_some_names - the same for as many entries as one getdents64(2) returns
 *
 * @ret_bytes: how many of IO_NAMES_BYTES they took; 0 at the end. If it is at
 *	       most IO_NAMES_FEW, another entry would have had room.
 */
int io_some_names(int fd, int (*each)(const char *name, int type, void *ctx),
		  void *ctx, long *ret_bytes);
#define IO_NAMES_BYTES 2048
#define IO_NAMES_FEW   (IO_NAMES_BYTES - 280)

/*
 * io_close_from - close every descriptor from @first on
 *
 * Without close_range(2), because the kernel is older than Linux 5.9 or a
 * seccomp filter refuses it, the descriptors are found in /proc or, without
 * that, all numbers up to the limit are closed.
 */
void io_close_from(int first);

/* io_each_name() for the directory whose path @format prints; -errno also if it
 * cannot be opened */
__attribute__((format(printf, 3, 4))) int
io_each_in(int (*each)(const char *name, int type, void *ctx), void *ctx,
	   const char *format, ...);
