/* SPDX-License-Identifier: MIT */
/*
 * drivers.h - load the drivers that devices ask for, by the image's index
 *
 * The image builder made the index from the kernel's own lists and modprobe.d.
 * IMAGE_ALIASES is sorted by byte, so a modalias is looked up in the text of
 * the file by narrowing a range. Each module is loaded once, by a child of its
 * own, so modules that do not need each other are loaded at the same time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct text;

/* The descriptors of drivers_fds(): those of the children that run at a time,
 * and a timer. There are as many children as CPUs, and more while some of them
 * wait for hardware. */
#define DRIVERS_JOBS 8

/* how long a mount waits for a driver that it cannot do without */
#define DRIVERS_WAIT_US ((int64_t)30000000)

/* the descriptors that become readable when a child has ended, or has taken so
 * long that another one may start; -1 for none */
void drivers_fds(int ret_fds[DRIVERS_JOBS]);
/* wait until one of them is readable: as sys_wait_any() */
int drivers_wait(int64_t deadline_us);

/*
 * drivers_glob - does @string match @pattern, which ends at a blank or NUL?
 *
 * '*', '?' and '[...]' are as in fnmatch(3) without flags. A backslash is not
 * special; no alias has one.
 */
bool drivers_glob(const char *pattern, const char *string);

/* Take an index from strings, which must stay where they are; @list is written
 * to. Returns false if it is too long; the rest is then left out. */
bool drivers_parse(char *list, const char *aliases, const char *absent);
/* the same from the image; without an index no driver is ever loaded */
void drivers_read(void);
/*
 * drivers_want - ask for the drivers that serve @alias, a modalias or fs-TYPE
 *
 * @first: load them before those that were asked for without it. Nothing is
 * started yet. Returns whether the image has such a driver.
 */
bool drivers_want(const char *alias, bool first);
/* the same, with @first, for a list of file systems with commas between them */
void drivers_want_types(const char *types);
/* read IMAGE_ABSENT for drivers_absent() */
void drivers_read_absent(void);
/* Add the names of drivers that would serve @alias but are not in the image, as
 * "'one' or 'another'". Returns false if none is known. */
bool drivers_absent(const char *alias, struct text *ret_names);
/* ask for the drivers of every device that is there now; device_watch() must
 * have been called before, so that none is missed */
void drivers_coldplug(void);
/* Reap the children that have ended, and start others. Returns whether any is
 * running. */
bool drivers_work(void);
/* wait until everything that was asked for with @first has been loaded or has
 * failed, but no longer than DRIVERS_WAIT_US */
void drivers_wait_first(void);
/* start no more children, end those that run, and wait for them */
void drivers_finish(int64_t deadline_us);
/* Is there a driver that was asked for and is not loaded yet? */
bool drivers_pending(void);
/* how many drivers were loaded */
unsigned drivers_count(void);
/* Was the driver of line @number asked for, but not started yet? */
bool drivers_is_wanted(unsigned number);
