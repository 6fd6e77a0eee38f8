/* SPDX-License-Identifier: MIT */
/*
 * reader.h - what devices hold, read by children
 *
 * A disk that hangs blocks the process that reads it. So a child reads: if it
 * does not come back in time, another child reads the remaining devices, and
 * the boot goes on without the disk until the disk answers after all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "device/table.h"

/* read every device that was not read yet, except for inner ones */
void device_probe_all(void);

/* the device that sysfs calls @sysname, examined and read anew, or NULL */
const struct device *device_refresh(const char *sysname);

/*
 * device_look - what the device or file at @path holds
 *
 * It is read by this process. The name is not filled in; a partition's entry
 * is. A partition table has its UUID, and is "PMBR" if only the protective MBR
 * of a GPT is whole. Returns 0 or -errno.
 */
int device_look(const char *path, struct device *ret, struct fail *why);

/* end the children that still read, and wait for their ends until @deadline_us;
 * one that is stuck in its hardware is left behind */
void device_finish(int64_t deadline_us);

/* -- for the other files of this folder ----------------------------------- */

/* How many children there may be at a time; all but one of them hang. */
#define READER_MAX 3u

/*
 * reader_knows - is the content of @device known?
 *
 * If it is not, the device is marked to be read. So a question about many
 * devices is repeated until everything that it needs is known:
 *
 *	do {
 *		reader_begin();
 *		... reader_knows() ...
 *	} while (reader_catch_up());
 */
bool reader_knows(struct device *device);
void reader_begin(void);
/* read what reader_knows() did not know since reader_begin(); false if it knew
 * everything, or if nothing can be read */
bool reader_catch_up(void);

/* the same for a partition's entry in the table of its disk, which is read as
 * soon as the disk has shown that it answers */
void reader_know_entry(struct device *device);

/* read every device that is marked, except for those that hang; false if no
 * child can be made */
bool reader_read(void);
/* take what the children have found out by now */
void reader_take(void);
/* Fill in the descriptors that become readable when there is something to take,
 * and return how many there are: at most READER_MAX. */
unsigned reader_fds(int *ret_fds);
