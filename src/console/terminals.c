/* SPDX-License-Identifier: MIT */
#include "console/terminals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

/* A serial line does not know how wide the terminal at its end is. */
#define COLUMNS 80
/* How many bytes of one terminal are taken before the others are looked at. */
#define AT_ONCE 1024u
/* How long all lines may take for the last words that were written to them, and
 * how often they are looked at. */
#define DRAIN_US ((int64_t)500000)
#define LOOK_US	 ((int64_t)10000)

/*
 * The last close(2) of a serial line waits up to 30 s, its closing_wait, for
 * what the line does not take (drivers/tty/tty_port.c: tty_port_close_start).
 * Nothing says when a line has taken everything, so it is looked at until
 * @until_us; what is left then is given up.
 */
static void close_terminal(struct terminal *terminal, int64_t until_us)
{
	int left = 0;

	while (sys_ioctl(terminal->fd, LINUX_TIOCOUTQ, &left) == 0 && left &&
	       sys_now_us() < until_us)
		(void)sys_wait_readable(-1, sys_now_us() + LOOK_US);
	if (left)
		(void)sys_ioctl(terminal->fd, LINUX_TCFLSH,
				(void *)LINUX_TCOFLUSH);
	sys_auto_close(&terminal->fd);
	terminal->fd = -1;
}

static void fail_terminal(struct terminal *terminal, int error)
{
	log_line(LOG_WARNING, "ask on '/dev/%s': %s, leaving it alone",
		 terminal->name, error ? fail_reason(error) : "it was hung up");
	close_terminal(terminal, SYS_NOW);
	line_clear(&terminal->line);
}

/* Take each byte as it is typed, and echo none. */
static int make_quiet(struct terminal *terminal)
{
	struct linux_winsize size = { 0 };
	struct linux_termios quiet;
	int r = (int)sys_ioctl(terminal->fd, LINUX_TCGETS, &terminal->before);

	if (r < 0)
		return r;
	quiet = terminal->before;
	quiet.lflag &= ~(uint32_t)(LINUX_ECHO | LINUX_ECHONL | LINUX_ICANON |
				   LINUX_ISIG | LINUX_IEXTEN);
	quiet.iflag &= ~(uint32_t)(LINUX_IGNCR | LINUX_INLCR);
	quiet.iflag |= LINUX_ICRNL;
	quiet.cc[LINUX_VMIN] = 1;
	quiet.cc[LINUX_VTIME] = 0;
	r = (int)sys_ioctl(terminal->fd, LINUX_TCSETS, &quiet);
	terminal->is_quiet = r == 0;
	if (sys_ioctl(terminal->fd, LINUX_TIOCGWINSZ, &size) == 0)
		terminal->columns = size.columns;
	if (!terminal->columns)
		terminal->columns = COLUMNS;
	return r;
}

/*
 * O_NONBLOCK: a line without a carrier would otherwise be waited for. False: it
 * is not there yet. A serial port is a console shortly before it has a device
 * (serial_core.c: serial_core_add_one_port).
 */
static bool open_terminal(struct terminal *terminal)
{
	int r = io_open(io_path("/dev/%s", terminal->name),
			O_RDWR | O_NOCTTY | O_NONBLOCK);

	terminal->is_new = true;
	terminal->fd = r;
	if (r == -ENOENT || r == -ENODEV || r == -ENXIO)
		return false;
	if (r >= 0)
		r = make_quiet(terminal);
	if (r < 0)
		fail_terminal(terminal, r);
	return true;
}

static void add_terminal(struct terminals *terminals, const char *name)
{
	struct terminal *terminal = terminals->each;

	for (; terminal < terminals->each + terminals->count; terminal++)
		if (strcmp(terminal->name, name) == 0)
			return;
	if (terminals->count == TERMINALS_MAX ||
	    str_copy(terminal->name, sizeof(terminal->name), name) < 0)
		return;
	terminals->count += open_terminal(terminal);
}

unsigned terminals_open(struct terminals *terminals)
{
	char text[256], *rest = text, *name;
	unsigned count = 0;

	if (!io_value(text, sizeof(text), "%s", terminals->active) || !*text)
		(void)str_copy(text, sizeof(text), "console");
	while (*(name = str_word(&rest)))
		add_terminal(terminals, name);
	for (unsigned i = 0; i < terminals->count; i++)
		count += terminals->each[i].fd >= 0;
	return count;
}

void terminals_write(struct terminal *terminal, const char *text)
{
	size_t len = strlen(text);

	while (len && terminal->fd >= 0) {
		long n = sys_write(terminal->fd, text, len);

		if (n == -EINTR)
			continue;
		/* What is wrong otherwise, reading from it tells. */
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void terminals_say(struct terminals *terminals, const struct terminal *but,
		   const char *text)
{
	for (unsigned i = 0; i < terminals->count; i++)
		if (&terminals->each[i] != but)
			terminals_write(&terminals->each[i], text);
}

int terminals_read(struct terminal *terminal)
{
	/* Byte by byte: what follows the line is the answer to the next
	 * question. */
	for (unsigned count = 0; count < AT_ONCE; count++) {
		char byte = 0;
		long n = sys_read(terminal->fd, &byte, 1);

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN)
			return 0;
		if (n <= 0) {
			fail_terminal(terminal, (int)n);
			return n < 0 ? (int)n : -ENXIO;
		}
		if (line_type(&terminal->line, byte))
			return 1;
	}
	return 0;
}

unsigned terminals_fds(const struct terminals *terminals, int *ret_fds)
{
	for (unsigned i = 0; i < terminals->count; i++)
		ret_fds[i] = terminals->each[i].fd;
	return terminals->count;
}

void terminals_names(const struct terminals *terminals, char *ret, size_t size)
{
	struct text text = { .buf = ret, .size = size };

	*ret = '\0';
	for (unsigned i = 0; i < terminals->count; i++)
		if (terminals->each[i].fd >= 0)
			text_add(&text, "%s%s", text.len ? ", " : "",
				 terminals->each[i].name);
}

void terminals_close(struct terminals *terminals)
{
	int64_t until_us = sys_now_us() + DRAIN_US;

	for (unsigned i = 0; i < terminals->count; i++) {
		struct terminal *terminal = &terminals->each[i];

		line_clear(&terminal->line);
		if (terminal->fd < 0)
			continue;
		if (terminal->is_quiet)
			(void)sys_ioctl(terminal->fd, LINUX_TCSETS,
					&terminal->before);
		close_terminal(terminal, until_us);
	}
	terminals->count = 0;
}
