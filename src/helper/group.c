/* SPDX-License-Identifier: MIT */
#include "helper/group.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "helper/helpers.h"
#include "helper/movers.h"

/* Its turn is to come. Whoever is asked has to call chroot(2), too; a worker that
 * has inherited the announcement of its daemon often may not. */
static bool takes_part(const struct helper *helper)
{
	return (helper->mover == &mover_inject || helper->mover->asks ||
		helper->mover == &mover_guardian) &&
	       !helper->deadline_us;
}

/* Will pivot_root move its root, whatever is done before? */
static bool is_pivoted(const struct helpers *helpers, const struct pin *pin)
{
	return helpers->pivot && pin->roots == pin->threads && !pin->chrooted &&
	       !pin->foreign_ns;
}

static bool can_leave(const struct helpers *helpers, const struct pin *pin)
{
	return pin->may_chroot || pin->roots == 0 || is_pivoted(helpers, pin);
}

/* The oldest of its group. */
static struct helper *leader_of(const struct helpers *helpers,
				struct helper *helper)
{
	struct helper *parent;

	/* A parent that has ended may have left its number to a child of
	 * ours; a circle ends at the oldest. */
	for (unsigned i = 0; i < helpers->count; i++) {
		parent = helpers_by_pid(helpers, helper->pin.parent);
		if (!parent ||
		    parent->pin.start_time > helper->pin.start_time ||
		    !helpers_is_worker(&parent->pin, &helper->pin))
			break;
		helper = parent;
	}
	return helper;
}

/* Have it stay, and with it the guardian that it shares its root with. */
static void keep(struct helpers *helpers, struct helper *helper, int pid)
{
	bool shares;

	do {
		shares = helper->mover == &mover_guardian;
		helper->mover = &mover_none;
		helper->kept_by = pid;
		(void)str_format(helper->why, sizeof(helper->why),
				 "process %d of its group lacks "
				 "CAP_SYS_CHROOT, and no pivot_root moved that",
				 pid);
		helper = helpers_by_pid(helpers, helper->pin.parent);
	} while (shares && helper && takes_part(helper));
}

void group_keep_together(struct helpers *helpers)
{
	/* of each leader: who cannot leave, or 0 */
	static int stuck[HELPERS_MAX];

	memset(stuck, 0, sizeof(stuck));
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];
		int *pid = &stuck[leader_of(helpers, helper) - helpers->list];

		/* What was forked since then belongs to them. */
		if (*pid == 0)
			*pid = helper->kept_by;
		if (!takes_part(helper) || *pid != 0 ||
		    helper->mover == &mover_guardian ||
		    can_leave(helpers, &helper->pin))
			continue;
		*pid = helper->pin.pid;
		log_line(LOG_WARNING,
			 "leave '%s' in the old root: its process %d lacks "
			 "CAP_SYS_CHROOT, and no pivot_root will move that%s",
			 helper->pin.name, *pid,
			 helpers->pivot ? "; others of it whose root is \"/\" "
					  "are moved"
					: "");
	}
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];
		int pid = stuck[leader_of(helpers, helper) - helpers->list];

		/* Its root leaves in any case: its cwd must not stay behind. */
		if (!takes_part(helper) || pid == 0 ||
		    is_pivoted(helpers, &helper->pin))
			continue;
		keep(helpers, helper, pid);
	}
}
