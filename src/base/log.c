/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

#define LINE_BYTES 900

#define PRINTK_DEVKMSG "/proc/sys/kernel/printk_devkmsg"

static int kmsg_fd = -1;
static bool is_command;
static bool lines_may_drop;
static const char *stage_now;

static char warnings[8][200];
static unsigned warning_count;

void log_open(const char *root)
{
	const char *path = io_path("%s/dev/kmsg", root);
	struct sys_stat st;

	/* In a new root the name may belong to anything. */
	if (kmsg_fd < 0 && sys_stat(AT_FDCWD, path, 0, &st) == 0 &&
	    st.rdev == SYS_DEV(1, 11))
		kmsg_fd = io_open(path, O_WRONLY | O_NOCTTY);
}

int log_fd(void)
{
	return kmsg_fd;
}

void log_as_command(bool kmsg)
{
	is_command = true;
	if (kmsg)
		log_open("");
}

void log_stage(const char *stage)
{
	stage_now = stage;
}

void log_unlimited(void)
{
	/* Otherwise user space may write 10 lines in 5 s
	 * (kernel/printk/printk.c). The kernel refuses this where
	 * printk.devkmsg= is on the command line. */
	char now[8] = "";

	(void)io_set(PRINTK_DEVKMSG, "on\n");
	(void)io_read_file(AT_FDCWD, PRINTK_DEVKMSG, now, sizeof(now));
	lines_may_drop = strcmp(now, "on\n") != 0;
}

unsigned log_console_level(void)
{
	char buf[64];
	unsigned level = 0;

	if (io_read_file(AT_FDCWD,
			 "/sys/module/printk/parameters/ignore_loglevel", buf,
			 sizeof(buf)) > 0 &&
	    *buf == 'Y')
		return LOG_DEBUG + 1;
	if (io_read_file(AT_FDCWD, "/proc/sys/kernel/printk", buf,
			 sizeof(buf)) < 0)
		return 0;
	for (const char *c = buf; *c >= '0' && *c <= '9'; c++)
		level = level * 10 + (unsigned)(*c - '0');
	return level;
}

static void remember(const char *text)
{
	char *slot = warnings[warning_count++ % 8];
	struct text warning = { .buf = slot, .size = sizeof(warnings[0]) };

	text_add(&warning, "%s%s%s", stage_now ? stage_now : "",
		 stage_now ? ": " : "", text);
}

void log_line(enum log_level level, const char *format, ...)
{
	static char line[LINE_BYTES];
	struct text text = { .buf = line, .size = sizeof(line) - 4 };
	size_t prefix, body;
	bool to_console;
	va_list args;
	size_t n;

	text_add(&text, "<%u>", (unsigned)level);
	prefix = text.len;
	text_add(&text, "pintle: ");
	if (stage_now)
		text_add(&text, "%s: ", stage_now);
	body = text.len;
	va_start(args, format);
	n = str_vprint(line + body, text.size - body, format, &args);
	va_end(args);
	text.len += n;
	if (text.len >= text.size) {
		text.len = text.size - 1;
		(void)str_copy(line + text.len, sizeof("..."), "...");
		text.len += 3;
	}
	/* A name from a disk or a command line may hold anything. */
	str_show(line + body);
	if (level == LOG_WARNING)
		remember(line + body);

	line[text.len++] = '\n';
	/* What a person waits for has to be seen even with "quiet". */
	if (is_command)
		to_console = level <= LOG_WARNING;
	else if (kmsg_fd < 0)
		to_console = level < LOG_DEBUG;
	else
		to_console = level <= LOG_NOTICE && level != LOG_WARNING &&
			     (lines_may_drop ||
			      (unsigned)level >= log_console_level());
	/* Before the record, by which whoever asks on the console learns that
	 * the question has to be written again (console/password.c). */
	if (to_console)
		(void)io_write(2, line + prefix, text.len - prefix);
	if (kmsg_fd >= 0) {
		/* With its newline: without one the kernel keeps the record
		 * open, and does not show it before the next (printk.c). */
		(void)sys_write(kmsg_fd, line, text.len);
	}
}

void log_fail_as(enum log_level level, const struct fail *why)
{
	log_line(level, "%s", why->what);
	if (*why->todo)
		log_line(level, "%s", why->todo);
}

void log_fail(const struct fail *why)
{
	log_fail_as(LOG_ERROR, why);
}

void log_unread(const char *path, long r)
{
	if (r < 0 && r != -ENOENT)
		log_line(LOG_WARNING, "read '%s': %s, ignoring", path,
			 fail_reason((int)r));
}

unsigned log_warnings(const char *ret_last[8])
{
	unsigned count = warning_count < 8 ? warning_count : 8;

	for (unsigned i = 0; i < count; i++)
		ret_last[i] = warnings[(warning_count - count + i) % 8];
	return warning_count;
}
