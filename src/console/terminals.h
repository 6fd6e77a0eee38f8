/* SPDX-License-Identifier: MIT */
/*
 * terminals.h - the terminals at which a person may be
 *
 * With several console= the kernel's messages are on each of them, but
 * /dev/console is only the last. Which they are is in sysfs; tty0 stands for
 * the virtual terminal that is in front. A terminal that fails, because its
 * line was hung up or there is no hardware behind it, is left alone, and the
 * others are used.
 *
 * No terminal can make its user wait: what one that is stopped by flow control
 * does not take at once is not written to it, and what it has not sent half a
 * second after terminals_close() was called is dropped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/linux.h"
#include "console/line.h"

#define TERMINALS_MAX	 8u
#define TERMINALS_ACTIVE "/sys/class/tty/console/active"

struct terminal {
	char name[32]; /* in /dev */
	int fd;	       /* < 0: it has failed */
	bool is_new;   /* for the caller: nothing was written to it yet */
	bool is_quiet; /* it does not echo, until it is closed */
	size_t columns;
	struct linux_termios before;
	struct line line; /* what was typed there */
};

struct terminals {
	const char *active; /* TERMINALS_ACTIVE, or a file with a test's */
	unsigned count;
	struct terminal each[TERMINALS_MAX];
};

/*
 * terminals_open - open the consoles that are not open yet, and have them not
 * echo what is typed
 *
 * Consoles may come later, with their drivers. If sysfs does not say which
 * there are, it is /dev/console. Returns how many terminals are open.
 */
unsigned terminals_open(struct terminals *terminals);

/* write @text to one: as much of it as it takes at once */
void terminals_write(struct terminal *terminal, const char *text);
/* write it to all but @but, which may be NULL */
void terminals_say(struct terminals *terminals, const struct terminal *but,
		   const char *text);

/*
 * terminals_read - take what was typed at @terminal
 *
 * Returns 1 if a line has ended, 0 if not, and -errno if the terminal has
 * failed, which is logged; it is closed then.
 */
int terminals_read(struct terminal *terminal);

/* fill in the descriptors that become readable, -1 for one that has failed, and
 * return how many there are: at most TERMINALS_MAX */
unsigned terminals_fds(const struct terminals *terminals, int *ret_fds);

/* the names of those that are open, with commas between them */
void terminals_names(const struct terminals *terminals, char *ret, size_t size);

/* have them echo as they did before, overwrite what was typed, close them */
void terminals_close(struct terminals *terminals);
