/* SPDX-License-Identifier: MIT */
/*
 * settings.h - the kernel command line as a struct (pure)
 *
 * Words are split and unquoted as the kernel does it (lib/cmdline.c, Linux
 * 6.1: next_arg), '-' and '_' in names are the same (kernel/params.c: parameq),
 * the last of two wins. Each parameter is in pintle-cmdline(7).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum switch_choice { SWITCH_AUTO, SWITCH_PIVOT, SWITCH_MOVE };

struct settings {
	char root[512];	     /* root=, as written */
	char rootfstype[64]; /* comma separated list; "": as probed */
	char rootflags[512];
	bool rw;	 /* ro is the kernel's default */
	bool rootwait;	 /* wait for ever */
	char init[256];	 /* "": the usual ones */
	int64_t wait_us; /* how long to wait for the root device */
	bool panic_given;
	int panic_s; /* the kernel's meaning: >0 restart after, 0 stay, */
		     /* <0 restart at once */
	bool shell_given;
	bool shell;	  /* rd.shell */
	char stop_at[16]; /* rd.break=: the stage before which to stop */
	enum switch_choice choice;
	int64_t free_us; /* deletion before the real init; <0: without end */
};

/* The default of wait_us, and what rootdelay= can only make longer. */
#define SETTINGS_WAIT_US (30 * (int64_t)1000000)
#define SETTINGS_FREE_US ((int64_t)100000)

/*
 * settings_each - call @each for every word of a command line
 *
 * @line:  changed in place
 * @each:  @value is NULL for a word without '='
 *
 * Ends at "--": what follows is the real init's (kernel/params.c: parse_args).
 */
void settings_each(char *line,
		   void (*each)(const char *name, const char *value, void *ctx),
		   void *ctx);

/* what a command line that says nothing means */
void settings_default(struct settings *ret);

/*
 * settings_read - take one command line over what @settings holds
 *
 * @line:  changed in place
 * @warn:  called with a whole sentence for each value that cannot be used (the
 *         setting keeps what it had) and each unknown pintle. name
 * @ours:  every word must be pintle's: warn of those that are not
 */
void settings_read(struct settings *settings, char *line, bool ours,
		   void (*warn)(const char *sentence));
