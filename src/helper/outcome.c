/* SPDX-License-Identifier: MIT */
#include "helper/outcome.h"

#include <errno.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/helpers.h"
#include "helper/movers.h"

static void has_moved(struct helper *helper)
{
	helper->outcome = HELPER_MOVED;
	helper->why[0] = '\0';
}

int outcome_look(const struct helpers *helpers, struct helper *helper)
{
	struct pins_target target = helpers->old_target;
	struct pin now;
	int r;

	target.what = PINS_PLACE;
	if (helper->pin.foreign_ns)
		target.what |= PINS_WHO;
	r = pins_look(&target, helper->pin.pid, helper->pin.start_time, &now);
	if (r == -ESRCH) {
		helper->outcome = helper->mover == &mover_stop ? HELPER_STOPPED
							       : HELPER_ENDED;
		return r;
	}
	if (r < 0 || (now.pins & PINS_PLACE))
		return r;
	/* Its root is a mount of our namespace, seen from another one. */
	if (now.foreign_ns && (helper->pin.pins & PIN_ROOT))
		outcome_stayed(helper, "it has a mount namespace of its own, "
				       "and can mount nothing in the new root");
	else
		has_moved(helper);
	return r;
}

bool outcome_look_quickly(const struct helpers *helpers, struct helper *helper,
			  bool *ret_may)
{
	static const char *const links[] = { "cwd", "root" };
	const struct pins_target *target = &helpers->old_target;
	bool foreign_ns = helper->pin.foreign_ns;
	struct sys_stat st;

	for (unsigned i = 0; i < 2; i++) {
		int r = sys_stat_cached(
			target->proc_fd,
			io_path("%d/%s", helper->pin.pid, links[i]), &st);

		*ret_may = r < 0 || !pins_is_on(target, &st, foreign_ns);
		if (r < 0 || !*ret_may)
			return false;
	}
	if (helper->pin.threads != 1 || foreign_ns)
		return false;
	has_moved(helper);
	return true;
}

void outcome_stayed(struct helper *helper, const char *why)
{
	helper->outcome = HELPER_STAYED;
	if (!helper->why[0] &&
	    str_copy(helper->why, sizeof(helper->why), why) < 0)
		(void)str_copy(helper->why, sizeof(helper->why),
			       "it could not be moved");
}

void outcome_failed(struct helper *helper, const struct fail *why)
{
	outcome_stayed(helper, why->what);
	(void)str_copy(helper->todo, sizeof(helper->todo), why->todo);
}
