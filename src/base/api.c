/* SPDX-License-Identifier: MIT */
#include "base/api.h"

const char *const api_points[API_COUNT + 1] = {
	[API_DEV] = "/dev",
	[API_PROC] = "/proc",
	[API_SYS] = "/sys",
	[API_RUN] = "/run",
};
