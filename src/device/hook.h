/* SPDX-License-Identifier: MIT */
/*
 * hook.h - a line of IMAGE_HOOKS, and the command in it
 *
 * A line is TYPE[:UUID], as `pintle probe` prints them, one of the words below,
 * and a command. In the command %d is the device's path and %u its UUID.
 *
 *	each  Run the command for each such device. If its exit status is not
 *	      0, try the next line for the type.
 *	ask   The same, but ask a person first and pass the answer on standard
 *	      input; one person is asked at a time. Exit status 2 means that the
 *	      answer was wrong: ask again. After the last try no other line is
 *	      tried. Options follow behind commas: tries=N (0: any number),
 *	      masked (show asterisks), optional (the root does not need it) and
 *	      no-cache. Before anybody is asked, what has opened another device
 *	      is tried, unless either has no-cache.
 *	late  Run the command once, if there is any such device, when most of
 *	      the time for the root is over.
 *	never Neither run anything nor ask anybody for such a device; there is
 *	      no command.
 *
 *	beside
 *	      Run the command for each such device while the other lines for it
 *	      are tried: a key in a TPM or a token. If its exit status is 0, the
 *	      question for the device is taken back; any other one changes
 *	      nothing. If another line opens the device, the command is ended.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct child;
struct device;

enum hook_when {
	HOOK_EACH,
	HOOK_ASK,
	HOOK_LATE,
	HOOK_NEVER,
	HOOK_BESIDE,
	HOOK_WHENS
};

#define HOOK_TRIES 3u

/* What the lines for a device have come to. */
enum hook_fate {
	HOOK_UNTRIED, /* none was run, or there was no time for it */
	HOOK_NO_LINE, /* there is none */
	HOOK_KEPT,    /* it is `never` */
	HOOK_RUNS,
	HOOK_CLOSED, /* nobody has answered */
	HOOK_REFUSED,
	HOOK_FAILED,
	HOOK_ENDED, /* well, whatever came of it */
};

/* cryptsetup(8), "RETURN CODES": no permission (bad passphrase) */
#define HOOK_WRONG 2

/* Words and bytes of a command. */
#define HOOK_WORDS 32u
#define HOOK_BYTES 2048

struct hook {
	const char *type, *uuid; /* NULL: any */
	enum hook_when when;
	unsigned tries; /* ask: 0: any number */
	bool masked, optional, no_cache;
	bool done; /* late: it has been started */
	const char *command;
};

/* Read @line, which is changed and has to stay: false if it is no such line.
 * An empty one or a comment leaves @ret->type NULL. */
bool hook_parse(char *line, struct hook *ret);

/* Is the line for that device? */
bool hook_is_for(const struct hook *hook, const struct device *device);

/*
 * hook_words - split @command into words for execve(2), in @buf
 *
 * It is split before anything is substituted: whatever a disk says is a part of
 * one word, and never the beginning of an option. Returns 0; -ENODATA if a
 * value is missing or would begin an option; -E2BIG if there are more than
 * @max - 1 words or @size bytes; -ENOEXEC if there is no word.
 */
int hook_words(const char *command, const struct device *device, char *buf,
	       size_t size, char *argv[], unsigned max);

/* a hook's command for a device, ready to be started */
struct hook_command {
	char buf[HOOK_BYTES];
	char *argv[HOOK_WORDS];
};
/* Call hook_words(); the reason for a failure is logged. If rd.luks.name= names
 * the device, the name in the command is that one. */
int hook_command(const struct hook *hook, const struct device *device,
		 struct hook_command *ret);
/* how it is started: what it says goes to the kernel's log, line by line */
struct child hook_child(const struct hook_command *command, int stdin_fd);

/* Log that the command has failed: how it ended, as child.h says, and what that
 * means where the command is known. */
void hook_log_end(const struct hook *hook, const struct device *device,
		  int code, int signal);
