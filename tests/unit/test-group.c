/* SPDX-License-Identifier: MIT */
/* A daemon and its workers stay together where one of them cannot leave. */
#include "helper/group.h"

#include <stdio.h>

#include "helper/helpers.h"
#include "helper/movers.h"
#include "tap.h"

static struct helper list[8];
static struct helpers helpers = { .list = list };

static struct helper *add(int pid, int parent, const char *name,
			  bool may_chroot)
{
	struct helper *helper = &helpers.list[helpers.count++];

	*helper = (struct helper){ .mover = &mover_inject,
				   .pin = { .pid = pid,
					    .parent = parent,
					    .threads = 1,
					    .roots = 1,
					    .may_chroot = may_chroot } };
	(void)snprintf(helper->pin.name, sizeof(helper->pin.name), "%s", name);
	helper->pin.start_time = (uint64_t)pid;
	return helper;
}

int main(void)
{
	struct helper *master = add(10, 1, "daemon", true);
	struct helper *worker = add(11, 10, "daemon", false);
	struct helper *other = add(12, 10, "other", true);
	struct helper *late;

	group_keep_together(&helpers);
	ok(master->mover == &mover_none, "a daemon stays with its worker");
	ok(worker->mover == &mover_none, "which cannot leave");
	is_int(master->kept_by, 11, "and it is known who that is");
	ok(other->mover == &mover_inject, "a child with another name moves");

	/* varnishd and its cache-main, dovecot and its anvil */
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "other", false);
	master->pin.session = worker->pin.session = 10;
	group_keep_together(&helpers);
	ok(master->mover == &mover_none && worker->mover == &mover_none,
	   "a child in its session belongs to it, whatever its name is");
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "sh", false);
	master->pin.session = 10;
	worker->pin.session = 11;
	group_keep_together(&helpers);
	ok(master->mover == &mover_inject, "one with its own session does not");

	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", false);
	other = add(12, 10, "other", true);
	group_keep_together(&helpers);

	/* All have had their turn; then the daemon forks once more. */
	master->deadline_us = worker->deadline_us = other->deadline_us = 1;
	late = add(13, 10, "daemon", true);
	group_keep_together(&helpers);
	ok(late->mover == &mover_none, "what it forks later stays, too");

	helpers.count = 0;
	helpers.pivot = true;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", false);
	group_keep_together(&helpers);
	ok(master->mover == &mover_inject && worker->mover == &mover_inject,
	   "where pivot_root moves the worker's root, both move");

	/* pivot_root moves the master's root, whatever becomes of the others. */
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", false);
	other = add(12, 10, "daemon", true);
	late = add(13, 10, "daemon", true);
	worker->pin.chrooted = other->pin.chrooted = true;
	late->pin.foreign_ns = true;
	group_keep_together(&helpers);
	ok(worker->mover == &mover_none, "a worker in a jail stays");
	ok(master->mover == &mover_inject,
	   "its master's root is pivoted: it moves as a whole");
	ok(other->mover == &mover_none, "another one in the jail stays");
	ok(late->mover == &mover_none, "so does one with other mounts");

	/* A daemon behind a guardian shares its root with that. */
	helpers.count = 0;
	helpers.pivot = false;
	other = add(9, 1, "pintle", true);
	other->mover = &mover_signal;
	master = add(10, 9, "daemon", false);
	master->mover = &mover_guardian;
	group_keep_together(&helpers);
	ok(master->mover == &mover_guardian && other->mover == &mover_signal,
	   "a guardian moves what may not move itself");
	worker = add(11, 10, "daemon", false);
	group_keep_together(&helpers);
	ok(master->mover == &mover_none && worker->mover == &mover_none,
	   "a daemon behind a guardian stays with its worker");
	ok(other->mover == &mover_none && other->kept_by == 11,
	   "and its guardian with it");

	/* One is the parent of the other, as far as the numbers tell. */
	helpers.count = 0;
	helpers.pivot = false;
	master = add(10, 11, "daemon", true);
	worker = add(11, 10, "daemon", false);
	worker->pin.start_time = master->pin.start_time;
	group_keep_together(&helpers);
	ok(worker->mover == &mover_none, "a circle comes to an end");

	/* Those that the signal asks, with the others. */
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", false);
	worker->mover = &mover_signal;
	group_keep_together(&helpers);
	ok(master->mover == &mover_none && worker->mover == &mover_none,
	   "a daemon stays with a worker that is asked, and cannot leave");
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", false);
	master->mover = &mover_signal;
	group_keep_together(&helpers);
	ok(master->mover == &mover_none && worker->mover == &mover_none,
	   "a daemon that is asked stays with its worker");
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", false);
	master->mover = worker->mover = &mover_signal;
	group_keep_together(&helpers);
	ok(master->mover == &mover_none && worker->mover == &mover_none,
	   "where both are asked, both stay");
	helpers.count = 0;
	master = add(10, 1, "daemon", true);
	worker = add(11, 10, "daemon", true);
	master->mover = &mover_signal;
	group_keep_together(&helpers);
	ok(master->mover == &mover_signal && worker->mover == &mover_inject,
	   "where all can leave, each goes its way");
	return tap_done();
}
