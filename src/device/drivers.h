/* SPDX-License-Identifier: MIT */
/*
 * drivers.h - load what a device asks for, by the image's index of drivers
 *
 * The image builder wrote the index from the kernel's own lists and
 * modprobe.d; IMAGE_ALIASES is sorted by byte, so that a modalias is looked
 * up in its text by narrowing a range. Each module is loaded once, by a child
 * of its own: what does not wait for another is loaded at the same time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct text;

/* children at a time, and a timer: as many as there are CPUs, and more where
 * they wait for hardware */
#define DRIVERS_JOBS 8

/* how long one that a mount cannot do without may take */
#define DRIVERS_WAIT_US ((int64_t)30000000)

/* the descriptors that become readable when a child has ended, or has taken so
 * long that another one may begin; -1 for none */
void drivers_fds(int ret_fds[DRIVERS_JOBS]);
/* wait until one of them is readable: as sys_wait_any() */
int drivers_wait(int64_t deadline_us);

/*
 * drivers_glob - does @string match @pattern, which ends at a blank or NUL?
 *
 * '*', '?' and '[...]' as in fnmatch(3) without flags, but for the backslash,
 * which no alias has.
 */
bool drivers_glob(const char *pattern, const char *string);

/* take an index from strings, which must stay, and the first of which is
 * written to; false: it is too long, and the rest of it is left out */
bool drivers_parse(char *list, const char *aliases, const char *absent);
/* the same, from the image; without an index nothing is ever wanted */
void drivers_read(void);
/*
 * drivers_want - have loaded what serves @alias: a modalias, or fs-TYPE
 *
 * @first: before what others asked for. Nothing is started yet. Returns whether
 * anything in the image serves it.
 */
bool drivers_want(const char *alias, bool first);
/* the same for file systems, with commas between them, first */
void drivers_want_types(const char *types);
/* have drivers_absent() know IMAGE_ABSENT */
void drivers_read_absent(void);
/* "'one' or 'another'", which would serve @alias were it in the image; false:
 * none that is known */
bool drivers_absent(const char *alias, struct text *ret_names);
/* what every device there is asks for; the event socket must be open before */
void drivers_coldplug(void);
/* see who has ended, start who can be: true while any is to be waited for */
bool drivers_work(void);
/* what was wanted first is loaded, could not be, or took DRIVERS_WAIT_US */
void drivers_wait_first(void);
/* start nobody any more and wait for those that run */
void drivers_finish(int64_t deadline_us);
/* are there any that were wanted and not yet loaded? */
bool drivers_pending(void);
/* how many were loaded */
unsigned drivers_count(void);
/* does the line @number wait to be loaded? */
bool drivers_is_wanted(unsigned number);
