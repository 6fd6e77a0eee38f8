/* SPDX-License-Identifier: MIT */
/*
 * handover.h - the switch together with the helpers: the order of its steps
 */
#pragma once

#include <stdint.h>

struct fail;
struct helper_rule;
struct helpers;
struct report;
struct switch_state;

/*
 * handover - do everything from the last proof to the last file freed
 *
 * @state:    as switch_prove() left it; closed here, whatever the result
 * @helpers:  its fields booted, new_path and any_mount are set
 * @rules:    @count rules of the helpers that the image declares
 * @free_us:  the budget of switch_clean()
 * @report:   filled with what was done
 *
 * Returns 0: "/" is the new root, and there is no way back. On failure (-errno)
 * the mounts are as they were. Helpers that have moved or ended by then stay
 * so, and the next attempt does not find them in the old root.
 */
int handover(struct switch_state *state, struct helpers *helpers,
	     const struct helper_rule *rules, unsigned count, int64_t free_us,
	     struct report *report, struct fail *why);
