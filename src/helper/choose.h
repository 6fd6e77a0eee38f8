/* SPDX-License-Identifier: MIT */
/*
 * choose.h - which processes leave the old root, and which mover moves each
 */
#pragma once

#include <stdbool.h>

#include "helper/volunteer.h"

struct helper;
struct helpers;
struct pin;

/* Decide whether @helper is moved, stopped or left alone, and by which mover.
 * Only its pin is known; this fills in its rule, its mover and the reason. */
void choose(const struct helpers *helpers, struct helper *helper);

/* Of the helpers that have had no turn yet, those that share their root with a
 * parent which is moved need no mover of their own. Called when all are listed.
 */
void choose_guarded(struct helpers *helpers);

/* Decide again, after the caller has changed what is known of @helper. */
void choose_again(const struct helpers *helpers, struct helper *helper);

/* Was it decided that @helper is moved only because it handles the signal? Then
 * it is neither named by the caller, nor declared, nor marked with '@'. */
bool choose_only_volunteered(const struct helper *helper);
/* And has it not even announced that itself? Then it is never traced. */
bool choose_only_inherited(const struct helper *helper);

/* Does @helper handle the signal? This looks at the process itself. */
enum volunteer choose_volunteer(const struct helper *helper);
