/* SPDX-License-Identifier: MIT */
/*
 * overlay.h - a layer over the root that takes all writes (rd.overlay=)
 */
#pragma once

struct fail;
struct root;

/*
 * overlay_cover - cover the root on ROOT_POINT with an overlay
 *
 * The root itself moves to RUN_LOWER and is not written to. What is written
 * goes to a tmpfs, or to the device that rd.overlay= names, on RUN_STORE. If
 * this fails, everything is as it was before.
 */
int overlay_cover(const struct root *root, struct fail *why);
