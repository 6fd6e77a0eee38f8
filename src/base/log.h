/* SPDX-License-Identifier: MIT */
/*
 * log.h - one call, one line, "pintle: stage: text", to the kernel's log
 *
 * The kernel's log reaches every console that the kernel has, and stays in
 * dmesg, so it is the only channel. As long as there is no /dev/kmsg, standard
 * error is used. Errors are also written to the console where the kernel's log
 * level would hide them. A line of more than 900 bytes ends in "..."; it is
 * never split (printk's own limit is near 1000: kernel/printk/printk.c,
 * LOG_LINE_MAX).
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

/* open /dev/kmsg below the directory @root ("" for "/"); until then lines go
 * only to standard error */
void log_open(const char *root);
/* for a command, which is not a boot: lines go to standard error and, if @kmsg,
 * to /dev/kmsg as well */
void log_as_command(bool kmsg);
/* the descriptor of /dev/kmsg; < 0: it is not open */
int log_fd(void);
/* the word between "pintle: " and the text; NULL: none */
void log_stage(const char *stage);
/* the kernel prints lines below this level on its consoles; 0: not known */
unsigned log_console_level(void);
/* keep printk from dropping lines when many are written at once */
void log_unlimited(void);
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level,
						    const char *format, ...);
/* an error's sentence and, on a line of its own, what the person can do */
void log_fail(const struct fail *why);
/* the same at another level */
void log_fail_as(enum log_level level, const struct fail *why);
/* @r is the result of reading a file that may be missing; any other error is a
 * warning */
void log_unread(const char *path, long r);
/* how many warnings were logged, and the last 8 of them */
unsigned log_warnings(const char *ret_last[8]);
