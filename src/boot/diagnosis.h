/* SPDX-License-Identifier: MIT */
/*
 * diagnosis.h - a boot that stops, on one screen: wanted, seen, nearest, missing,
 * what went wrong, what to do
 *
 * The same lines go to the kernel's log, to the console and to RUN_FAILURE,
 * where who is at the rescue shell finds them.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "device/device.h"

struct fail;

struct failure {
	const struct fail *why;
	const char *root; /* root= as written; NULL: it is not about devices */
	bool is_remote;	  /* the root is no device here */
	const struct device *devices;
	unsigned device_count;
	const char *bus; /* "/sys/bus": where devices without driver are */
	/* does the image have a hook for members of that type? NULL: none */
	bool (*served)(const char *type);
};

/* the text, a line each (pure but for reading @bus) */
void failure_compose(const struct failure *failure, struct text *text);
/* the same, to all three places */
void failure_say(const struct failure *failure);
