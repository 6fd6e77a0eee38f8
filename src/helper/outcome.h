/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - what became of one helper: seen, never believed
 */
#pragma once

#include <stdbool.h>

struct fail;
struct helper;
struct helpers;

/*
 * outcome_look - has every thread its root and its cwd out of the old root?
 *
 * Sets the outcome if that is so, or if the process is gone. Returns 0 or
 * -errno; -ESRCH: the process is gone.
 */
int outcome_look(const struct helpers *helpers, struct helper *helper);

/*
 * outcome_look_quickly - has a helper that has one thread moved?
 *
 * Makes two system calls at most, where outcome_look() makes ten. Whether the
 * pid still belongs to the same process is checked later, by helpers_observe().
 *
 * @ret_may:  after a result of false: might outcome_look() set the outcome?
 */
bool outcome_look_quickly(const struct helpers *helpers, struct helper *helper,
			  bool *ret_may);

/* Note that @helper stays in the old root; @why is the reason, unless one is
 * known already. */
void outcome_stayed(struct helper *helper, const char *why);
/* The same, with what the person can do. */
void outcome_failed(struct helper *helper, const struct fail *why);
