/* SPDX-License-Identifier: MIT */
#include "helper/choose.h"

#include "helper/helpers.h"
#include "helper/movers.h"
#include "tap.h"

/* Who moves a helper that a rule declares, and whether ptrace is to spare. */
static const struct {
	const char *name;
	bool keep, volunteer, pivot;
	const struct mover *rule, *mover;
	bool spare;
} rows[] = {
	{ "kept, asked", true, true, false, &mover_auto, &mover_signal, true },
	{ "stopped: it has all of its time", false, true, false, &mover_auto,
	  &mover_stop, false },
	{ "stopped, whatever could move it", false, false, true, &mover_auto,
	  &mover_stop, false },
	{ "stopped, with a mover of its rule", false, true, false,
	  &mover_signal, &mover_stop, false },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct helper_rule rule = { .mover = rows[i].rule,
						  .keep = rows[i].keep,
						  .pid = 7 };
		static struct helpers helpers;
		struct helper helper = {
			.rule = &rule,
			.volunteer = rows[i].volunteer,
			.pin = { .pid = 7, .name = "x", .exact = true }
		};

		helpers = (struct helpers){ .booted = true,
					    .pivot = rows[i].pivot };
		choose_again(&helpers, &helper);
		is_str(helper.mover->name, rows[i].mover->name, "%s: by whom",
		       rows[i].name);
		is_int(helper.spare, rows[i].spare, "%s: to spare",
		       rows[i].name);
	}
	return tap_done();
}
