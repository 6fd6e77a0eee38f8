/* SPDX-License-Identifier: MIT */
/*
 * log.h - one call, one line, "pintle: stage: text", to the kernel's log
 *
 * The kernel log reaches every console the kernel has and stays in dmesg, so it
 * is the one channel; where /dev/kmsg is not there yet, standard error is used.
 * Errors are written to the console as well where the kernel's log level would
 * hide them. A line is cut at 900 bytes (printk's own limit is near 1000:
 * kernel/printk/printk.c, LOG_LINE_MAX), never split.
 */
#pragma once

#include <stdbool.h>

struct fail;

/* printk levels, include/linux/kern_levels.h */
enum log_level {
	LOG_ERROR = 3,	 /* the boot stops */
	LOG_WARNING = 4, /* it goes on without something */
	LOG_NOTICE = 5,	 /* it waits for something */
	LOG_INFO = 6,	 /* one line a stage at most */
	LOG_DEBUG = 7,
};

/* find /dev/kmsg below the directory @root, "" for "/"; before this, lines go
 * to standard error alone */
void log_open(const char *root);
/* outside a boot (no pid 1): standard error and, if @kmsg, /dev/kmsg as well */
void log_as_command(bool kmsg);
/* /dev/kmsg's descriptor, or below 0 */
int log_fd(void);
/* the word between "pintle: " and the text; NULL: none */
void log_stage(const char *stage);
/* keep printk from dropping lines when many come at once */
void log_unlimited(void);
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level,
						    const char *format, ...);
/* an error's sentence and, on a line of its own, what the person can do */
void log_fail(const struct fail *why);
/* @r is the result of reading a file that may be missing; any other error is a
 * warning */
void log_unread(const char *path, long r);
/* how many warnings were logged, and the last 8 of them */
unsigned log_warnings(const char *ret_last[8]);
