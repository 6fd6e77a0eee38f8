/* SPDX-License-Identifier: MIT */
/*
 * handover.h - the switch with those who come along: the order of its steps
 */
#pragma once

#include <stdint.h>

struct fail;
struct helper_rule;
struct helpers;
struct report;
struct switch_state;

/*
 * cross - everything from the last proof to the last file freed
 *
 * @state:    as switch_prove() left it; closed by this, whatever comes of it
 * @helpers:  what is known of those who booted: booted, new_path, any_mount
 * @rules:    of the helpers that were declared, @count of them
 * @free_us:  as switch_clean()'s budget
 * @report:   what was done, of the switch and of the helpers
 *
 * 0: "/" is the new root, and there is no way back. -errno with @why: the
 * mounts are as they were; helpers that have moved or ended by then stay so,
 * and the next try does not find them in the old root.
 */
int cross(struct switch_state *state, struct helpers *helpers,
	  const struct helper_rule *rules, unsigned count, int64_t free_us,
	  struct report *report, struct fail *why);
