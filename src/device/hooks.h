/* SPDX-License-Identifier: MIT */
/*
 * hooks.h - programs of the image that make a block device out of members
 *
 * A member (LUKS, LVM, md) cannot be the root itself, but its own tools can
 * make a root of it. Each line of IMAGE_HOOKS says which program to run for a
 * type of member. The programs run as children, several at a time, while the
 * boot goes on. Their success is not taken on trust: a device is there when the
 * kernel says so.
 *
 * What goes wrong is logged here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;

/*
 * A line of IMAGE_HOOKS is TYPE[:UUID], as `pintle probe` prints them, one of
 * the words below, and a command. In the command %d is the device's path and %u
 * its UUID.
 *
 *	each  Run the command for each such device. If its exit status is not
 *	      0, try the next line for the type.
 *	ask   The same, but ask a person first and pass the answer on standard
 *	      input; one person is asked at a time. Exit status 2 means that the
 *	      answer was wrong: ask again.
 *	late  Run the command once, if there is any such device, when most of
 *	      the time for the root is over.
 */

#define HOOKS_JOBS 4 /* programs at a time */

/* the descriptors that become readable when a program ends; -1 for none */
void hooks_fds(int ret_fds[HOOKS_JOBS]);

/* read the image's lines; a mistake in one is a warning */
void hooks_read(void);
/* a wait begins; its deadline has not been extended yet */
void hooks_begin(void);
/* take the programs that have ended, and start those that are due */
void hooks_work(void);
/* from now on the `late` lines are due */
void hooks_late(void);
/* how far the current wait is extended, in microseconds: the time that was
 * spent prompting, and 10 s while a program runs; negative while a prompt is
 * open */
int64_t hooks_held_us(void);
/* Is there an `ask` line? */
bool hooks_ask(void);
/* Is there a line for @type? */
bool hooks_serve(const char *type);
/* Is there an `ask` line for @device? Then a tag of @device means the device
 * that the program makes of it, and never @device itself. */
bool hooks_unlock(const struct device *device);
/* Does a program work on @device, or on what it is made of? A program that
 * waits for an answer does not count: there may be nobody to give one. */
bool hooks_work_on(const struct device *device);
/* close the prompt, wait for the other programs, and start none until the next
 * hooks_begin() */
void hooks_finish(int64_t deadline_us);
/*
 * hooks_words - split @command into words for execve(2), in @buf
 *
 * It is split before anything is substituted: whatever a disk says is a part of
 * one word, and never the beginning of an option. Returns 0; -ENODATA if a
 * value is missing or would begin an option; -E2BIG if there are more than
 * @max - 1 words or @size bytes; -ENOEXEC if there is no word.
 */
int hooks_words(const char *command, const struct device *device, char *buf,
		size_t size, char *argv[], unsigned max);
