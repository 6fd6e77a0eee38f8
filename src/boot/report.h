/* SPDX-License-Identifier: MIT */
/*
 * report.h - what this boot did, when, and to whom
 *
 * Collected in memory by boot.c, written once before the real init: as JSON for
 * programs, as text for people. Times are CLOCK_MONOTONIC microseconds, which
 * begins with the kernel; sizes are bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rmtree.h"
#include "device/device.h"
#include "helper/helpers.h"

/* A boot has 13 stages, and four of them are repeated for each root of a list
 * that is given up for the next. */
#define REPORT_STAGES 64

struct report {
	unsigned stage_count;
	bool stages_cut;       /* there were more stages than fit */
	const char *root_spec; /* root= as written */
	const char *root_device;
	const char *root_type;
	bool root_rw;
	unsigned modules;

	const char *init;
	const char *strategy;
	const char *old_type; /* file system of the old root, as mountinfo */
	const char *old_kept; /* why nothing of it was freed, or NULL */
	struct empty freed;
	int64_t freed_us; /* how long that took */
	const struct helpers *helpers;
	const struct device *devices;
	unsigned device_count;

	char image[80]; /* what the image calls itself, or "" */
	struct {
		const char *name;
		int64_t begin_us, end_us;
	} stages[REPORT_STAGES];
};

/* note where a stage begins; the one before it ends there if still open */
void report_begin(struct report *report, const char *stage);
/* the last one ends now: CLOCK_MONOTONIC, microseconds */
int64_t report_end(struct report *report);
/* into RUN_DIR; what goes wrong is a warning in the log */
void report_write(const struct report *report);
