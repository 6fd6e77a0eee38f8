/* SPDX-License-Identifier: MIT */
/*
 * settings.h - the kernel's command line as a struct (pure)
 *
 * Words are split and unquoted as the kernel does it (lib/cmdline.c, Linux 6.1:
 * next_arg). '-' and '_' in names are the same (kernel/params.c: parameq), and
 * of two words with one name the last wins. Each parameter is in
 * pintle-cmdline(7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many roots of a list may have a time of their own besides the last. */
#define SETTINGS_FIRST_WAITS 7

enum switch_choice { SWITCH_AUTO, SWITCH_PIVOT, SWITCH_MOVE };

/* What a failure does in the place of panic=, from rd.emergency=. */
enum emergency {
	EMERGENCY_NONE,
	EMERGENCY_REBOOT,
	EMERGENCY_POWEROFF,
	EMERGENCY_HALT,
};

struct settings {
	bool rw;       /* ro is the kernel's default */
	bool rootwait; /* wait for ever */
	bool fsck_skip, fsck_force;
	char fsck_repair; /* as fsck's option: a, y, n */
	uint64_t resume_offset;
	bool noresume;
	bool resume_none; /* resume= says that there is nothing to resume */
	bool resumewait;  /* wait for ever for what resume= names */
	int64_t resumedelay_us; /* wait for it at least this long */
	int64_t wait_us;	/* how long to wait for the root device */
	/* the same for the first roots of a list */
	int64_t first_wait_us[SETTINGS_FIRST_WAITS];
	unsigned first_waits;
	bool panic_given;
	int panic_s; /* the kernel's meaning: >0 restart after, 0 stay, */
		     /* <0 restart at once */
	bool shell_given;
	bool shell;	      /* rd.shell */
	bool debug;	      /* say when each stage begins */
	bool password_masked; /* show asterisks for what is typed */
	enum emergency emergency;
	enum switch_choice choice;
	int64_t free_us;     /* deletion before the real init; <0: all of it */
	char stop_at[128];   /* rd.break=: stages before which to stop */
	char rootfstype[64]; /* comma separated list; "": as probed */
	char root[512];	     /* root=, as written: a list */
	char rootflags[512];
	char init[256]; /* "": the usual paths */
	char loop[256]; /* the root is this file, which root= contains */
	char loopfstype[64];
	char loopflags[512];
	/* "": none; "tmpfs"; or, as root=, the device that keeps what is
	 * written */
	char overlay[256];
	char altroot[256]; /* "": none; a directory of the root */
	char ip[128];	   /* how the network is configured; "": by DHCP */
	char bootif[64];   /* the address of the interface to configure */
	char usr[256];	   /* "": /usr is what the root's fstab says */
	char usrfstype[64];
	char usrflags[512];
	char nfsroot[512]; /* with root=/dev/nfs: which export */
	char resume[256];  /* "": no hibernated system is named */
};

/* The default of wait_us, and what rootdelay= can only make longer. */
#define SETTINGS_WAIT_US  (30 * (int64_t)1000000)
#define SETTINGS_FREE_ALL (-1) /* however long it takes */

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

/* what an empty command line means */
void settings_default(struct settings *ret);

/*
 * settings_root - entry @n, counted from 0, of the list in root=
 *
 * A comma in quotes does not end an entry. An entry with ":/" in it is on a
 * server and may have commas of its own, so it is always the last. Without
 * root= the list is @none. Returns false if there are fewer entries, or if the
 * entry is too long for @ret.
 */
bool settings_root(const struct settings *settings, unsigned n,
		   const char *none, char *ret, size_t size);
/* how long to wait for entry @n; 0 waits for ever, and only the last root
 * may */
int64_t settings_wait_us(const struct settings *settings, unsigned n,
			 bool is_last);
/* how long to wait for what resume= names: as long as for the last root,
 * because going on without it may destroy data; 0: for ever */
int64_t settings_resume_us(const struct settings *settings);

/*
 * settings_read - take one command line over what @settings holds
 *
 * @line:  changed in place
 * @ours:  every word must be a parameter of pintle; warn of the others
 * @warn:  called with a whole sentence for each value that cannot be used (the
 *         setting keeps its value) and for each unknown name with "pintle."
 */
void settings_read(struct settings *settings, char *line, bool ours,
		   void (*warn)(const char *sentence));
