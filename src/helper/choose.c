/* SPDX-License-Identifier: MIT */
#include "helper/choose.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/relay.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/guardian.h"
#include "helper/helpers.h"
#include "helper/movers.h"
#include "helper/serves.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

/* ---- what is known of a process ------------------------------------------ */

/* Find the rule of a process by its pid; else, as it may have become a daemon,
 * by the name of its program; else take the rule of its parent, as for the
 * command of `pintle helper`, or for the workers of a daemon. */
static const struct helper_rule *rule_of(const struct helpers *helpers,
					 const struct pin *pin)
{
	const struct helper *parent;

	for (unsigned i = 0; i < helpers->rule_count; i++)
		if (helpers->rules[i].pid == pin->pid)
			return &helpers->rules[i];
	for (unsigned i = 0; i < helpers->rule_count; i++) {
		const char *base = str_base(helpers->rules[i].command);

		/* The kernel keeps 15 bytes of the name. */
		if ((helpers->rules[i].pid || !helpers->booted) &&
		    strncmp(base, pin->name, 15) == 0)
			return &helpers->rules[i];
	}
	/* /proc lists a parent first, unless the pids have wrapped around. */
	parent = helpers_by_pid(helpers, pin->parent);
	return parent ? parent->rule : NULL;
}

/* Does a rule say that the process handles the signal? That also counts for its
 * children: who has executed another program since ignores the signal. */
static bool is_declared_volunteer(const struct helper *helper)
{
	return helper->rule && helper->rule->mover == &mover_signal;
}

static enum volunteer look(const struct helper *helper,
			   struct procstatus *status)
{
	const char *why_not;
	int r;

	/* Most processes neither catch nor block the signal, and need not be
	 * looked at again. */
	if (!((helper->pin.caught | helper->pin.blocked) &
	      SYS_SIGNAL(PINTLE_HELPER_SIGNAL)))
		return VOLUNTEER_NOT;
	r = volunteer_check(helper->pin.pid, helper->declared, status,
			    &why_not);
	return r < 0 ? VOLUNTEER_NOT : (enum volunteer)r;
}

enum volunteer choose_volunteer(const struct helper *helper)
{
	struct procstatus status;

	return look(helper, &status);
}

/* ---- why it is moved, or stopped ----------------------------------------- */

static bool is_named(const struct helpers *helpers, const struct helper *helper)
{
	(void)helper;
	return helpers->only;
}

static bool is_declared(const struct helpers *helpers,
			const struct helper *helper)
{
	(void)helpers;
	return helper->rule;
}

static bool is_marked(const struct helpers *helpers,
		      const struct helper *helper)
{
	(void)helpers;
	return helper->pin.marked && helper->pin.uid == 0;
}

static bool is_volunteer(const struct helpers *helpers,
			 const struct helper *helper)
{
	(void)helpers;
	return helper->volunteer != VOLUNTEER_NOT;
}

static bool is_plymouthd(const struct helpers *helpers,
			 const struct helper *helper)
{
	return helper->pin.pid == helpers->plymouthd;
}

static bool may_serve_root(const struct helpers *helpers,
			   const struct helper *helper)
{
	(void)helpers;
	return serves_storage(&helper->pin);
}

/* It ends when the program ends that it shows, and that program with it. */
static bool is_relay(const struct helpers *helpers, const struct helper *helper)
{
	(void)helpers;
	return strcmp(helper->pin.name, RELAY_NAME) == 0;
}

static bool is_of_this_boot(const struct helpers *helpers,
			    const struct helper *helper)
{
	(void)helper;
	return helpers->booted;
}

static bool is_any(const struct helpers *helpers, const struct helper *helper)
{
	(void)helpers;
	(void)helper;
	return true;
}

enum fate { KEEP, STOP, AS_DECLARED, LET_BE };

static const char volunteered[] = "handles the signal";

/* The first one that holds decides. */
static const struct {
	const char *name;
	bool (*holds)(const struct helpers *helpers,
		      const struct helper *helper);
	enum fate fate;
} reasons[] = {
	{ "named", is_named, KEEP },
	{ "declared", is_declared, AS_DECLARED },
	{ "marked with '@'", is_marked, KEEP },
	{ volunteered, is_volunteer, KEEP },
	{ "plymouthd", is_plymouthd, KEEP },
	{ "serves the root", may_serve_root, KEEP },
	{ "shows what a program says", is_relay, LET_BE },
	{ "not declared", is_of_this_boot, STOP },
	/* It belongs to somebody else; pivot_root may move it all the same. */
	{ "a stranger", is_any, LET_BE },
};

bool choose_only_volunteered(const struct helper *helper)
{
	return helper->by_whom == volunteered;
}

bool choose_only_inherited(const struct helper *helper)
{
	return choose_only_volunteered(helper) &&
	       helper->volunteer == VOLUNTEER_BY_PARENT;
}

/* ---- by what ------------------------------------------------------------- */

static bool rule_counts(const struct helper *helper)
{
	if (!helper->rule || helper->rule->mover->scope == MOVER_FOR_NONE)
		return false;
	return helper->rule->mover->scope == MOVER_FOR_ALL ||
	       helper->rule->pid == helper->pin.pid ||
	       helper->volunteer != VOLUNTEER_NOT;
}

static const struct mover *first_that_can(const struct helpers *helpers,
					  const struct helper *helper)
{
	for (unsigned i = 0; movers[i]; i++)
		if (movers[i]->can && movers[i]->can(helpers, helper))
			return movers[i];
	return &mover_none;
}

const struct mover mover_guardian = {
	.name = "its guardian",
	.scope = MOVER_FOR_NONE,
	.late = "its guardian did not move it",
};

static void choose_mover(const struct helpers *helpers, struct helper *helper,
			 bool keep)
{
	if (rule_counts(helper)) {
		helper->mover = helper->rule->mover;
	} else {
		helper->mover = first_that_can(helpers, helper);
		helper->spare = helper->mover->asks &&
				!(helper->rule &&
				  helper->rule->mover == &mover_plymouth);
	}
	/* It may be asked, as it ignores what it does not know. */
	if (choose_only_inherited(helper)) {
		helper->spare = false;
		if (helper->mover->stops)
			helper->mover = &mover_none;
	}
	if (!keep) {
		helper->mover = &mover_stop;
		helper->spare = false;
	}
	/* Who is asked for by name is spared only if it must be. */
	helper->harmless = helpers->only &&
			   !serves_mount(&helper->pin, &helpers->old_target) &&
			   !serves_mount(&helper->pin, &helpers->new_target);
	if (helper->mover->stops && !helper->harmless &&
	    serves_storage(&helper->pin)) {
		helper->mover = &mover_none;
		(void)str_copy(helper->why, sizeof(helper->why),
			       "it may serve the root file system and must "
			       "not be stopped");
	}
	/* A process that is asked shows for itself whether it can move. */
	if (helper->mover->can && !helper->mover->asks &&
	    !helper->mover->can(helpers, helper))
		helper->mover = &mover_none;
}

void choose_again(const struct helpers *helpers, struct helper *helper)
{
	unsigned i = 0;

	while (!reasons[i].holds(helpers, helper))
		i++;
	helper->by_whom = reasons[i].name;
	if (reasons[i].fate == LET_BE) {
		helper->stranger = true;
		helper->mover = mover_kernel.can(helpers, helper)
					? &mover_kernel
					: &mover_none;
		return;
	}
	choose_mover(
		helpers, helper,
		reasons[i].fate == KEEP ||
			(reasons[i].fate == AS_DECLARED && helper->rule->keep));
}

void choose(const struct helpers *helpers, struct helper *helper)
{
	helper->rule = rule_of(helpers, &helper->pin);
	helper->declared = is_declared_volunteer(helper);
	/* Its pin was filled in just now, and its status is read once more
	 * before it is asked. */
	helper->volunteer = look(helper, NULL);
	choose_again(helpers, helper);
}

/* Does the helper share its fs_struct with a parent that is moved? */
static bool has_guardian(const struct helpers *helpers,
			 const struct helper *helper)
{
	const struct helper *parent =
		helpers_by_pid(helpers, helper->pin.parent);

	return parent && parent->mover != &mover_none &&
	       parent->mover != &mover_stop && helper->pin.apart == 0 &&
	       helpers->old_target.pids_are_ours &&
	       sys_kcmp(parent->pin.pid, helper->pin.pid, LINUX_KCMP_FS) == 0;
}

/* Is it the command of a guardian that has taken a root of its own since, as
 * unshare(2) gives one, or a worker that such a command has forked? To put the
 * guardian in front of it was to ask for its move, unless that one is to end
 * it (GUARDIAN_STOPS): the names tell, whatever its program is called. */
static bool is_behind_guardian(const struct helper *parent,
			       const struct helper *helper)
{
	if (!parent || !helper->stranger)
		return false;
	if (parent->guarded)
		return helpers_is_worker(&parent->pin, &helper->pin);
	return parent->volunteer == VOLUNTEER_ITSELF &&
	       strcmp(parent->pin.name, GUARDIAN_MOVES) == 0;
}

void choose_guarded(struct helpers *helpers)
{
	for (unsigned i = 0; i < helpers->count; i++) {
		struct helper *helper = &helpers->list[i];
		struct helper *parent =
			helpers_by_pid(helpers, helper->pin.parent);

		if (helper->deadline_us || helper->mover == &mover_stop)
			continue;
		if (has_guardian(helpers, helper)) {
			helper->mover = &mover_guardian;
			helper->spare = false;
			helper->why[0] = '\0';
			helper->by_whom = parent->by_whom;
		} else if (is_behind_guardian(parent, helper)) {
			choose_mover(helpers, helper, true);
			helper->by_whom = "its guardian moves";
		} else {
			continue;
		}
		helper->stranger = false;
		helper->guarded = true;
	}
}
