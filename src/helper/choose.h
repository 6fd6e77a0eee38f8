/* SPDX-License-Identifier: MIT */
/*
 * choose.h - which processes leave the old root, and which mover moves each
 */
#pragma once

#include <stdbool.h>

struct helper;
struct helpers;
struct pin;

/* Decide about a helper of which nothing but its pin is known. */
void choose(const struct helpers *helpers, struct helper *helper);

/* Decide anew, after the caller changed what is known of @helper. */
void choose_again(const struct helpers *helpers, struct helper *helper);

/* Is it moved only because it handles the signal, as nobody declared it? */
bool choose_only_volunteered(const struct helper *helper);

/* May it be sent the signal? This looks at the process. */
bool choose_is_volunteer(const struct helpers *helpers,
			 const struct helper *helper);

/* May it serve the root file system? What lies below an overlay or a loop
 * device is not seen. */
bool choose_serves_root(const struct pin *pin);
