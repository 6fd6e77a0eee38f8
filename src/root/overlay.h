/* SPDX-License-Identifier: MIT */
/*
 * overlay.h - a root that can be written over one that is not
 */
#pragma once

#include <stdbool.h>

struct fail;

/*
 * overlay_mount - cover what is mounted on @point
 *
 * It is moved to @lower. @store holds what is written: something mounted there
 * already, where directories overlay/upper and overlay/work are made if they
 * are missing, or a tmpfs if @is_volatile. @point is then the overlay.
 */
int overlay_mount(const char *point, const char *lower, const char *store,
		  bool is_volatile, struct fail *why);
