/* SPDX-License-Identifier: MIT */
/*
 * hooks.h - programs of the image that make a block device out of members
 *
 * What is part of something else (LUKS, LVM, md) is no root, but its own tools
 * make one of it. Each line of IMAGE_HOOKS says what to run for a type of
 * member; it runs as a child, while others do and the boot goes on, and is
 * observed, never believed: a device is there when the kernel says so.
 *
 * A part of the boot's story: messages are said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;

/*
 * A line of IMAGE_HOOKS: TYPE[:UUID], as `pintle probe` says it; when; the
 * command. In its words %d is the device's path and %u its UUID.
 *
 *	each  when such a device is there. Exit status 0: it is done with; else
 *	      the next line for the type is tried.
 *	ask   the same, with what a person typed on standard input, one at a
 *	      time. Exit status 2: it was wrong, ask again.
 *	late  once, if there is any such device, when most of the time for the
 *	      root is over.
 */

#define HOOKS_JOBS 4 /* at a time */

/* the descriptors that become readable when a hook ends; -1 if none runs */
void hooks_fds(int ret_fds[HOOKS_JOBS]);

/* the lines of the image; what is wrong with one is a warning */
void hooks_read(void);
/* a wait begins: nobody has been asked in it so far */
void hooks_begin(void);
/* see who has ended, start who can be */
void hooks_work(void);
/* have the lines tried that are for when time gets short */
void hooks_late(void);
/* how much later the deadline of this wait is: a person was asked so long, one
 * still runs; < 0: a person is being asked */
int64_t hooks_held_us(void);
/* is there a line that has somebody asked? */
bool hooks_ask(void);
/* is there a line for @type? */
bool hooks_serve(const char *type);
/* is it to be unlocked, and then meant no more itself? */
bool hooks_unlock(const struct device *device);
/* is one at work on @device, or on what that is made of? One that asks a person
 * is not: nobody may be there to answer */
bool hooks_work_on(const struct device *device);
/* ask nobody any more, and wait for the others; until a wait begins none is
 * started */
void hooks_finish(int64_t deadline_us);
/*
 * hooks_words - the words of @command, for execve, in the @size bytes of @buf
 *
 * It is split first: whatever is on a disk, a value is a part of one word, and
 * begins none as an option does. 0; -ENODATA: a value that the command asks for
 * is not there, or is such; -E2BIG: more than @max - 1 words, or bytes.
 */
int hooks_words(const char *command, const struct device *device, char *buf,
		size_t size, char *argv[], unsigned max);
