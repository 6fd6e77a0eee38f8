/* SPDX-License-Identifier: MIT */
/*
 * pivot.h - pivot_root(2), and why not
 *
 * The kernel has four errors for fifteen conditions (fs/namespace.c). Which of
 * them it was is looked up afterwards, as nothing has changed by then.
 */
#pragma once

struct fail;

/* pivot_root(2): 0 or -errno with a sentence that names the cause, where /proc
 * is there to be asked */
int pivot(const char *new_root, const char *put_old, struct fail *why);
