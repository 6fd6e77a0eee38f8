/* SPDX-License-Identifier: MIT */
#include "boot/handover.h"

#include "base/sys.h"
#include "boot/report.h"
#include "helper/helpers.h"
#include "switch/switch.h"

int handover(struct switch_state *state, struct helpers *helpers,
	     const struct helper_rule *rules, unsigned count, int64_t free_us,
	     struct report *report, struct fail *why)
{
	int64_t begin_us;
	int r;

	/* As it is now, and not after a late anchor: pivot_root moves who is
	 * exactly at "/", and "/" is then the anchor's mount above, whereas the
	 * helpers stay in the mount below it. */
	helpers->pivot = state->may_pivot && !state->parentless;
	helpers->old_fd = state->old_fd;
	helpers->new_fd = state->new_fd;
	r = helpers_find(helpers, rules, count, why);
	if (r == 0)
		r = switch_move_api_mounts(state, helpers->count > 0, why);
	if (r == 0) {
		helpers_move(helpers);
		r = switch_commit(state, why);
	}
	if (r == 0) {
		/* There is no way back from here: nothing below can fail. */
		begin_us = sys_now_us();
		helpers_observe(helpers);
		switch_clean(state, begin_us, free_us, &report->freed);
		report->freed_us = sys_now_us() - begin_us;
		report->strategy = switch_strategy_name(state->strategy);
		report->old_type = state->old_type;
		report->old_kept = state->old_kept;
		report->helpers = helpers;
	}
	helpers_close(helpers);
	/* On success everything closes when the real init is executed. */
	if (r < 0)
		switch_close(state);
	return r;
}
