/* SPDX-License-Identifier: MIT */
/*
 * diagnosis.h - why a boot stops, on one screen: what was wanted, what was
 * seen, what is nearest to it, what has no driver, what failed, what to do
 *
 * The same lines go to the kernel's log, to the console and to RUN_FAILURE,
 * where they can be read again in the rescue shell.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "device/device.h"
#include "device/hook.h"

struct fail;

struct diagnosis {
	const struct fail *why;
	const char *root; /* root= as written; NULL: not about devices */
	bool is_remote;	  /* the root is not a device of this machine */
	/* What is wrong with the whole image; NULL: nothing. It is then said
	 * instead of what to do, and of what has no driver. */
	const char *image;
	const struct device *devices;
	unsigned device_count;
	const char *bus; /* "/sys/bus": where devices without a driver are */
	/* what the image's hooks have come to; NULL: it has none */
	enum hook_fate (*fate)(const struct device *device);
};

/* compose the text, one fact a line (pure, except that it reads @bus) */
void diagnosis_compose(const struct diagnosis *diagnosis, struct text *text);
/* compose it and write it to all three places */
void diagnosis_say(const struct diagnosis *diagnosis);
