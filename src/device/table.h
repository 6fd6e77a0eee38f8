/* SPDX-License-Identifier: MIT */
/*
 * table.h - the table of block devices, filled from sysfs
 *
 * /sys/class/block is read once. After that the kernel's events say which
 * device is to be examined again. A device keeps its place in the table; one
 * that is gone has the name "", and a new device may take its place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

struct fail;

struct device {
	uint64_t number; /* as SYS_DEV() */
	uint64_t bytes;
	unsigned partition; /* 0: a whole disk */
	bool wanted;	    /* its content was asked for */
	bool slow;	    /* it has not answered in time, and may never */
	bool probed;	    /* @error and @content are known */
	bool entry_wanted;  /* its entry was asked for */
	bool entry_known;   /* @entry is known */
	bool inner;	    /* it only serves another device: part.h */
	bool held;	    /* another stands on it: device_mark_parts() */
	const struct device *made; /* ... this one, or NULL: not known */
	bool in_member;	 /* its disk is a member: device_mark_parts() */
	uint8_t hook;	 /* the first hook that is still to be tried on it */
	uint16_t beside; /* a bit for each `beside` hook that was started */
	uint8_t fate;	 /* enum hook_fate: how the last one has ended */
	int error;	 /* of reading it, errno */
	unsigned gpt_damaged; /* 1: at the front; 2: at the end too */
	char disk[64];	      /* of a partition: the name of its disk in /dev */
	char name[144];	      /* in /dev: "vda1", "mapper/vg-root" */
	struct probe content;
	struct probe_partition entry; /* its line in the partition table */
};

#define DEVICE_PATH (sizeof(((struct device *)0)->name) + sizeof("/dev/"))

/* "/dev/" and @name */
void device_path(const char *name, char ret[DEVICE_PATH]);

/* the whole table: [0, *ret_count), with the devices that are gone */
struct device *device_seen(unsigned *ret_count);

/* Does another device stand on @device, or on its disk, at this moment? */
bool device_is_held(const struct device *device);
/* Is @device made of @other, or @other itself? */
bool device_stands_on(const struct device *device, const struct device *other);

/* -- for the other files of this folder ----------------------------------- */

#define TABLE_SYSFS "/sys/class/block"

/* the next device that is there, the first one after NULL; NULL at the end */
struct device *table_next(struct device *device);
struct device *table_find_number(uint64_t number);
struct device *table_find_name(const char *name);
/* the disk of a partition, or the name of the disk itself */
const char *table_disk_of(const struct device *device);

/* examine every device in sysfs: 0 or -errno */
int table_scan(struct fail *why);
/* examine the device that sysfs calls @sysname, and forget what was known of
 * it */
void table_examine(const char *sysname);
/* Examine those partitions of @disk that are not in the table, as their events
 * are still to come. Returns whether there were any. */
bool table_find_partitions(const struct device *disk);
/* the device with this number is gone */
void table_forget(uint64_t number);

/* its directory in sysfs, by its number; false: it does not fit */
bool table_sysfs_dir(const struct device *device, char *ret, size_t size);
/* the disk of the partition whose link or directory in sysfs is @path; "" if
 * that cannot be told */
void table_disk_name(const char *path, char *ret, size_t size);
