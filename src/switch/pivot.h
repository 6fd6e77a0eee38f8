/* SPDX-License-Identifier: MIT */
/*
 * pivot.h - pivot_root(2), and why it failed
 *
 * The kernel has four errors for fifteen conditions (fs/namespace.c). Which
 * condition it was is looked up afterwards, because a failure changes nothing.
 */
#pragma once

struct fail;

/* pivot_root(2): 0 or -errno, with a sentence that names the cause if /proc is
 * mounted */
int pivot(const char *new_root, const char *put_old, struct fail *why);
