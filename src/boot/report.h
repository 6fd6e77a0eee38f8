/* SPDX-License-Identifier: MIT */
/*
 * report.h - what this boot did, and when, and to which helpers
 *
 * boot.c collects it in memory, and writes it once before it executes the real
 * init: as JSON for programs and as text for people. Times are microseconds of
 * CLOCK_MONOTONIC, which begins with the kernel; sizes are bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rmtree.h"
#include "device/device.h"
#include "helper/helpers.h"

/* A boot has 13 stages, and four of them are repeated each time that a root of
 * the list is given up for the next one. */
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
	const char *old_type; /* type of the old root, as in mountinfo */
	const char *old_kept; /* why nothing of it was freed, or NULL */
	struct rmtree freed;
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

/* a stage begins now, and the one before it ends if it has not ended yet */
void report_begin(struct report *report, const char *stage);
/* the last stage ends now; returns this time */
int64_t report_end(struct report *report);
/* write both forms to RUN_DIR; a failure is a warning in the log */
void report_write(const struct report *report);
