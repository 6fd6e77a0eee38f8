/* SPDX-License-Identifier: MIT */
/*
 * The order of what the last stage of a boot does. What it calls is replaced by
 * functions that write down that they were called.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define root_is_one	look_for_copy
#define hooks_finish	end_hooks
#define drivers_finish	end_drivers
#define device_finish	end_readers
#define device_wait	look_at_events
#define switch_prove	prove_nothing
#define switch_close	undo_nothing
#define initfile_find	find_nothing
#define hibernated_warn warn_of_nothing
#define helpers_settle	settle_nothing
#define handover	hand_over

#include "boot/boot.c"
#include "tap.h"

static char calls[200];
static int copy_error;
static int64_t readers_until_us;

static void note(const char *name)
{
	strcat(calls, *calls ? " " : "");
	strcat(calls, name);
}

int root_is_one(const struct root *root, struct fail *why)
{
	(void)root;
	(void)why;
	/* A disk whose event has just come is read. */
	note("look");
	return copy_error;
}

void hooks_finish(int64_t deadline_us)
{
	(void)deadline_us;
	note("hooks");
}

void drivers_finish(int64_t deadline_us)
{
	(void)deadline_us;
	note("drivers");
}

void device_finish(int64_t deadline_us)
{
	readers_until_us = deadline_us;
	note("readers");
}

int device_wait(int watch, int64_t deadline_us, struct fail *why)
{
	(void)watch;
	(void)why;
	note(deadline_us == SYS_NOW ? "events" : "wait");
	return 0;
}

int switch_prove(const char *path, struct switch_state *ret, struct fail *why)
{
	(void)path;
	(void)ret;
	(void)why;
	return 0;
}

void switch_close(struct switch_state *state)
{
	(void)state;
	note("undo");
}

int initfile_find(int root, const char *const paths[], const char **ret,
		  struct fail *why)
{
	(void)root;
	(void)paths;
	(void)ret;
	(void)why;
	return 0;
}

void hibernated_warn(const struct root *root)
{
	(void)root;
}

void helpers_settle(const struct helper_rule *rules, unsigned count)
{
	(void)rules;
	(void)count;
	note("helpers");
}

int handover(struct switch_state *state, struct helpers *helpers,
	     const struct helper_rule *rules, unsigned count, int64_t free_us,
	     struct report *report, struct fail *why)
{
	(void)state;
	(void)helpers;
	(void)rules;
	(void)count;
	(void)free_us;
	(void)report;
	(void)why;
	note("switch");
	return -EINVAL;
}

int main(void)
{
	static struct boot boot;
	static struct fail why;
	int64_t begun_us = sys_now_us();

	is_int(stage_switch(&boot, &why), -EINVAL, "the switch is reached");
	/* The readers that the last look starts must end as well: one that
	 * hangs would be left in the old root. */
	is_str(calls, "hooks drivers events look readers helpers switch",
	       "no reader outlives the last look for a copy of the root");
	ok(readers_until_us >= begun_us + READERS_LEFT_US,
	   "readers have their time");
	calls[0] = '\0';
	copy_error = -ENOTUNIQ;
	is_int(stage_switch(&boot, &why), -ENOTUNIQ, "a copy stops the switch");
	is_str(calls, "hooks drivers events look readers undo",
	       "and no reader is left either");
	return tap_done();
}
