/* SPDX-License-Identifier: MIT */
/*
 * hooks.h - programs of the image that make a block device out of members
 *
 * A member (LUKS, LVM, md) cannot be the root itself, but its own tools can
 * make a root of it. Each line of IMAGE_HOOKS says which program to run for a
 * type of member. The programs run as children, several at a time, while the
 * boot goes on. Their success is not taken on trust: a device is there when the
 * kernel says so. hook.h has the form of the lines.
 *
 * A person is asked first for the devices that a line, or rd.luks.uuid= and its
 * like (luks.h), names by UUID. If all of
 * them are open and there is still no root, the question is for the devices of
 * `optional` lines and then for those of lines without a UUID. If one of the
 * first does not come, that is so when most of the time for the root is over.
 *
 * What goes wrong is logged here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/hook.h"

struct device;

#define HOOKS_JOBS 4 /* programs at a time */
#define HOOKS_FDS  (HOOKS_JOBS + 1)

/* the descriptors that become readable when there is something for
 * hooks_work(); -1 for none */
void hooks_fds(int ret_fds[HOOKS_FDS]);

/* read the image's lines; a mistake in one is a warning; @masked: show asterisks
 * where a person types */
void hooks_read(bool masked);
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
/* Is there a line that runs a program for @type? */
bool hooks_serve(const char *type);
/* Is there an `ask` line for @device, and no `never` line? Then a tag of @device means the device
 * that the program makes of it, and never @device itself. */
bool hooks_unlock(const struct device *device);
/* what was done for @device, which is reported when the boot stops */
enum hook_fate hooks_fate(const struct device *device);
/* Does a program work on @device, or on what it is made of? A program that
 * waits for an answer does not count: there may be nobody to give one. */
bool hooks_work_on(const struct device *device);
/* close the prompt, wait for the other programs, and start none until the next
 * hooks_begin() */
void hooks_finish(int64_t deadline_us);
