/* SPDX-License-Identifier: MIT */
/*
 * api.h - the API file systems: /dev, /proc, /sys and /run
 *
 * They are mounted in the initramfs and move to the new root at the switch, in
 * the order of this list; on failure they move back in the reverse order.
 */
#pragma once

enum api { API_DEV, API_PROC, API_SYS, API_RUN, API_COUNT };

/* where each of them is mounted: "/dev"; ended by NULL */
extern const char *const api_points[API_COUNT + 1];
