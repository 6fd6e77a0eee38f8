/* SPDX-License-Identifier: MIT */
#include "helper/choose.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/helpers.h"
#include "helper/movers.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

#define DEV_FUSE SYS_DEV(10, 229)

/* ---- what is known of a process ------------------------------------------ */

/* Programs that serve the block device below a root. A process that stops or
 * traces one of them waits for itself as soon as it touches the root. */
static const char *const storage[] = {
	"mdmon",    "nbd-client", "qemu-nbd", "iscsid",
	"iscsiuio", "multipathd", "dmeventd", "nvme-stas",
};

static int is_dev_fuse(const char *name, int type, void *ctx)
{
	struct sys_stat st;

	(void)type;
	return sys_stat_cached(*(const int *)ctx, name, &st) == 0 &&
	       st.rdev == DEV_FUSE;
}

/* Does the process have a FUSE connection open? */
static bool serves_fuse(int pid)
{
	char path[32];
	int fd;
	bool serves;

	(void)str_format(path, sizeof(path), "/proc/%d/fd", pid);
	fd = io_open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return false;
	serves = io_each_name(fd, is_dev_fuse, &fd) == 1;
	(void)sys_close(fd);
	return serves;
}

bool choose_serves_root(const struct pin *pin)
{
	for (unsigned i = 0; i < sizeof(storage) / sizeof(storage[0]); i++)
		if (strcmp(pin->name, storage[i]) == 0)
			return true;
	return serves_fuse(pin->pid);
}

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

enum volunteer choose_volunteer(const struct helper *helper)
{
	struct procstatus status;
	const char *why_not;
	int r;

	/* Most processes neither catch nor block the signal, and need not be
	 * looked at again. */
	if (!((helper->pin.caught | helper->pin.blocked) &
	      SYS_SIGNAL(PINTLE_HELPER_SIGNAL)))
		return VOLUNTEER_NOT;
	r = volunteer_check(helper->pin.pid, helper->declared, &status,
			    &why_not);
	return r < 0 ? VOLUNTEER_NOT : (enum volunteer)r;
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
	return choose_serves_root(&helper->pin);
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
	if (helper->mover->stops && choose_serves_root(&helper->pin)) {
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
	helper->volunteer = choose_volunteer(helper);
	choose_again(helpers, helper);
}
