/* SPDX-License-Identifier: MIT */
#include "console/password.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "console/plymouth.h"

/* After this much silence of the kernel the question is written again. Since
 * printk may leave the printing to a thread, a record can be read before it is
 * on the terminal. */
#define SILENCE_US ((int64_t)200000)
/* ... and after this time in any case. */
#define LATEST_US ((int64_t)2000000)
#define SECOND_US ((int64_t)1000000)
/* How long a splash that does not answer may delay what is done. */
#define SPLASH_US ((int64_t)200000)

#define CHECKING "pintle: the passphrase is being checked"

_Static_assert(TERMINALS_MAX + 2 <= SYS_WAIT_MAX, "all are waited for");

/* -- what a terminal shows ------------------------------------------------- */

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many asterisks stand for @count characters: the line must not become so
 * long that it needs a second one, as "\r" would not lead to its beginning. */
static size_t asterisks(const struct password *password,
			const struct terminal *terminal, size_t count)
{
	size_t used = strlen(password->shown) + 1;

	if (!password->masked || used >= terminal->columns)
		return 0;
	return min_size(count, terminal->columns - used);
}

/* Write the line anew. If the kernel has printed nothing on this terminal, that
 * changes nothing there. */
static void write_line(struct password *password, struct terminal *terminal)
{
	char line[LINE_BYTES + 600];
	struct text text = { .buf = line, .size = sizeof(line) };
	size_t count =
		asterisks(password, terminal, line_characters(&terminal->line));
	bool fits = strlen(password->shown) < terminal->columns;

	text_add(&text, "%s%s", terminal->is_new || !fits ? "\r\n" : "\r",
		 password->shown);
	while (count--)
		text_add(&text, "*");
	terminals_write(terminal, line);
	terminal->is_new = false;
}

static void write_lines(struct password *password)
{
	for (unsigned i = 0; i < password->terminals.count; i++)
		write_line(password, &password->terminals.each[i]);
	password->rewrite_us = 0;
}

/* Something was typed at @terminal, where @before characters were. */
static void write_asterisks(const struct password *password,
			    struct terminal *terminal, size_t before)
{
	size_t is = asterisks(password, terminal, before);
	size_t wanted =
		asterisks(password, terminal, line_characters(&terminal->line));

	for (; is < wanted; is++)
		terminals_write(terminal, "*");
	for (; is > wanted; is--)
		terminals_write(terminal, "\b \b");
}

/* -- what the kernel prints ------------------------------------------------ */

bool password_is_shown(const char *record, unsigned level)
{
	unsigned priority = 0;
	const char *text = str_char(record, ';');

	for (; *record >= '0' && *record <= '9'; record++)
		priority = priority * 10 + (unsigned)(*record - '0');
	/* the facility is above */
	priority &= 7;
	if (priority < level)
		return true;
	/* log_line() writes these itself. */
	return text && str_after(text, ";pintle: ") && priority <= LOG_NOTICE &&
	       priority != LOG_WARNING;
}

/* Read the records that are there: was any of them shown? */
static bool read_records(struct password *password)
{
	static char record[8192]; /* CONSOLE_EXT_LOG_MAX, Linux 6.1 */
	unsigned known = log_console_level();
	unsigned level = known ? known : LOG_DEBUG + 1;
	bool is_shown = false;

	for (unsigned count = 0; count < 100; count++) {
		long n =
			sys_read(password->kmsg_fd, record, sizeof(record) - 1);

		if (n == -EAGAIN)
			break;
		if (n == -EINTR)
			continue;
		/* Records were lost before they were read. */
		if (n == -EPIPE || n == -EINVAL)
			is_shown = true;
		else if (n <= 0) {
			sys_auto_close(&password->kmsg_fd);
			password->kmsg_fd = -1;
			break;
		} else {
			record[n] = '\0';
			is_shown |= password_is_shown(record, level);
		}
	}
	return is_shown;
}

/* The kernel has logged something: a console that was found, for example. */
static void hear_kernel(struct password *password)
{
	int64_t now_us = sys_now_us();

	if (read_records(password)) {
		if (!password->rewrite_us)
			password->latest_us = now_us + LATEST_US;
		password->rewrite_us = now_us + SILENCE_US;
		if (password->rewrite_us > password->latest_us)
			password->rewrite_us = password->latest_us;
	}
	/* Where the splash asks, the terminals are its own. */
	if (!password->by_splash)
		(void)terminals_open(&password->terminals);
	for (unsigned i = 0; i < password->terminals.count; i++)
		if (password->terminals.each[i].is_new)
			write_line(password, &password->terminals.each[i]);
}

/* Wait until @fd is readable or, if @is_asking, something was typed, at most
 * until @until_us. Write the line again when the kernel has printed. */
static void wait_and_rewrite(struct password *password, int fd, bool is_asking,
			     int64_t until_us)
{
	int fds[TERMINALS_MAX + 2] = { fd, password->kmsg_fd };
	unsigned count = 2;
	int64_t deadline_us = password->rewrite_us;

	if (is_asking)
		count += terminals_fds(&password->terminals, fds + count);
	if (!deadline_us || (until_us && until_us < deadline_us))
		deadline_us = until_us;
	(void)sys_wait_any(fds, count, deadline_us);
	if (password->kmsg_fd >= 0 &&
	    sys_wait_readable(password->kmsg_fd, SYS_NOW) == 1)
		hear_kernel(password);
	if (password->rewrite_us && sys_now_us() >= password->rewrite_us)
		write_lines(password);
}

/* -- the terminals --------------------------------------------------------- */

/* Take what was typed. Returns the terminal at which a line has ended, or NULL;
 * @ret_open is how many are left. */
static struct terminal *take_typed(struct password *password,
				   unsigned *ret_open)
{
	*ret_open = 0;
	for (unsigned i = 0; i < password->terminals.count; i++) {
		struct terminal *terminal = &password->terminals.each[i];
		size_t before = line_characters(&terminal->line);
		int r;

		if (terminal->fd < 0)
			continue;
		r = terminals_read(terminal);
		if (r == 1 && !terminal->line.is_too_long) {
			write_asterisks(password, terminal, before);
			return terminal;
		}
		if (r == 1) {
			line_clear(&terminal->line);
			terminals_write(terminal,
					"\nThat is longer than a passphrase "
					"may be (512 bytes).\n");
			write_line(password, terminal);
		} else if (r == 0) {
			write_asterisks(password, terminal, before);
		}
		*ret_open += r >= 0;
	}
	return NULL;
}

/* Tell @first that its line was taken, and the others that they need not ask
 * any more. */
static void tell_answered(struct password *password, struct terminal *first)
{
	char text[sizeof("\nIt was answered on .\n") + sizeof(first->name)];

	terminals_write(first, "\n");
	(void)str_format(text, sizeof(text), "\nIt was answered on %s.\n",
			 first->name);
	terminals_say(&password->terminals, first, text);
}

static void clear_lines(struct terminals *terminals)
{
	for (unsigned i = 0; i < terminals->count; i++)
		line_clear(&terminals->each[i].line);
}

/* Say once where the question is, on all terminals and in the log. */
static void say_where(struct password *password, unsigned count)
{
	char names[TERMINALS_MAX * sizeof(password->terminals.each->name)];

	if (password->was_said || !count)
		return;
	password->was_said = true;
	terminals_names(&password->terminals, names, sizeof(names));
	/* Whoever has only one console sees the question. */
	log_line(count > 1 ? LOG_NOTICE : LOG_INFO,
		 "ask for the passphrase of %s on %s", password->what, names);
}

static long ask_terminals(struct password *password, const char *question,
			  char *answer, size_t size)
{
	char line[512];
	struct terminal *first = NULL;
	unsigned is_open = terminals_open(&password->terminals);
	long n;

	if (str_format(line, sizeof(line), "%s: ", question) < 0)
		return -ENAMETOOLONG;
	password->shown = line;
	say_where(password, is_open);
	write_lines(password);
	while (is_open && !first) {
		wait_and_rewrite(password, password->stop_fd, true,
				 SYS_FOREVER);
		if (sys_wait_readable(password->stop_fd, SYS_NOW) == 1)
			break;
		first = take_typed(password, &is_open);
	}
	password->shown = "";
	if (!first)
		return is_open ? -ECANCELED : -ENODEV;
	n = (long)first->line.len;
	if ((size_t)n > size)
		n = -EMSGSIZE;
	else
		memcpy(answer, first->line.bytes, (size_t)n);
	clear_lines(&password->terminals);
	tell_answered(password, first);
	return n;
}

/* -- all of it ------------------------------------------------------------- */

void password_begin(struct password *password)
{
	password->kmsg_fd = io_open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (password->kmsg_fd >= 0)
		(void)sys_seek_end(password->kmsg_fd);
	password->shown = "";
	password->was_said = password->by_splash = false;
	password->rewrite_us = 0;
	password->terminals.count = 0;
	password->terminals.active = TERMINALS_ACTIVE;
}

long password_ask(struct password *password, const char *question, char *answer,
		  size_t size)
{
	struct fail unused;
	int pid;
	_auto_close int fd = plymouth_open(&pid, &unused);
	long n = fd < 0 ? fd
			: plymouth_password(fd, question, password->stop_fd,
					    answer, size);

	password->by_splash = n >= 0;
	return n >= 0 || n == -ECANCELED
		       ? n
		       : ask_terminals(password, question, answer, size);
}

void password_show_check(struct password *password, int fd)
{
	int64_t begun_us = sys_now_us();
	char line[sizeof(CHECKING) + 24];
	int64_t seconds = 0;

	if (password->by_splash)
		(void)plymouth_tell(PLYMOUTH_MESSAGE, CHECKING,
				    sys_now_us() + SPLASH_US);
	password->shown = line;
	while (sys_wait_readable(fd, SYS_NOW) == 0) {
		(void)str_format(line, sizeof(line), CHECKING " (%lld s)",
				 (long long)seconds);
		write_lines(password);
		seconds++;
		while (sys_now_us() < begun_us + seconds * SECOND_US &&
		       sys_wait_readable(fd, SYS_NOW) == 0)
			wait_and_rewrite(password, fd, false,
					 begun_us + seconds * SECOND_US);
	}
	terminals_say(&password->terminals, NULL, "\n");
	password->shown = "";
	if (password->by_splash)
		(void)plymouth_tell(PLYMOUTH_NO_MESSAGE, CHECKING,
				    sys_now_us() + SPLASH_US);
}

void password_end(struct password *password, const char *last_words)
{
	if (*last_words)
		terminals_say(&password->terminals, NULL, last_words);
	terminals_close(&password->terminals);
	sys_auto_close(&password->kmsg_fd);
	password->kmsg_fd = -1;
}
