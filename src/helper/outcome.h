/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - what became of one helper: seen, never believed
 */
#pragma once

#include <stdbool.h>

struct helper;
struct helpers;

/*
 * outcome_look - are the root and the cwd of every thread the new root?
 *
 * Sets the outcome if they are, or if the process is gone. Returns 0 or -errno;
 * -ESRCH: it is gone.
 */
int outcome_look(const struct helpers *helpers, struct helper *helper);

/*
 * outcome_look_quickly - has it one thread, which stands where it should?
 *
 * Two system calls at most, where outcome_look() makes ten. Whether it still is
 * the same process is looked at in the end, with what it holds.
 *
 * @ret_may:  if this returns false: outcome_look() may say otherwise
 */
bool outcome_look_quickly(const struct helpers *helpers, struct helper *helper,
			  bool *ret_may);

/* It stays in the old root, because of @why if no reason is known already. */
void outcome_stayed(struct helper *helper, const char *why);
