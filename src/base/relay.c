/* SPDX-License-Identifier: MIT */
#include "base/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/child.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

/* Of a longer line each part is a line. The kernel's log has less than 1,000 for
 * a record (printk.c: PRINTKRB_RECORD_MAX). */
#define LINE_BYTES 900

/* The level that a line without one would get (DEFAULT_MESSAGE_LOGLEVEL). */
#define LEVEL "<4>"

struct relay {
	int from, to;
	bool to_kmsg;
	size_t len;
	char line[sizeof(LEVEL) - 1 + LINE_BYTES + sizeof("\n")];
};

static void show_line(struct relay *relay)
{
	const char *start = relay->line;
	char *said = relay->line + sizeof(LEVEL) - 1;
	size_t len = relay->len;

	relay->len = 0;
	if (len && said[len - 1] == '\r')
		len--;
	said[len] = '\0';
	str_show(said);
	said[len++] = '\n';
	/* The log does not need empty lines. */
	if (relay->to_kmsg && len == 1)
		return;
	if (relay->to_kmsg)
		len += sizeof(LEVEL) - 1;
	else
		start = said;
	(void)io_write(relay->to, start, len);
}

static void take_byte(struct relay *relay, char byte)
{
	if (byte == '\n' || relay->len == LINE_BYTES)
		show_line(relay);
	if (byte == '\n')
		return;
	/* A tab is a blank, and NUL would be the end of the string. */
	if (byte == '\t')
		byte = ' ';
	else if (!byte)
		byte = '?';
	relay->line[sizeof(LEVEL) - 1 + relay->len++] = byte;
}

/* Show what is in the pipe, which may hold 64 KiB: false if nothing more can
 * come. */
static bool take_all(struct relay *relay)
{
	char bytes[1024];

	for (unsigned count = 0;
	     count < 64 && sys_wait_readable(relay->from, SYS_NOW) == 1;
	     count++) {
		long n = sys_read(relay->from, bytes, sizeof(bytes));

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return false;
		for (long i = 0; i < n; i++)
			take_byte(relay, bytes[i]);
	}
	return true;
}

static void flush(struct relay *relay)
{
	if (relay->len)
		show_line(relay);
}

/* Show lines until @pid has ended, or (0) all who may say something have. */
static bool relay_until(struct relay *relay, int pid)
{
	int fds[] = { relay->from, pid ? sys_pidfd_open(pid) : -1 };
	bool is_open = true;

	do {
		(void)sys_wait_any(fds, 2, SYS_FOREVER);
		is_open = take_all(relay);
	} while (is_open &&
		 !(fds[1] >= 0 && sys_wait_readable(fds[1], SYS_NOW) == 1));
	/* It may have said something before its end was seen. */
	is_open = is_open && take_all(relay);
	flush(relay);
	sys_auto_close(&fds[1]);
	return is_open;
}

__attribute__((noreturn)) static void be_relay(struct relay *relay, int pid)
{
	struct child_end end = { 1, SIGKILL };

	sys_set_name(RELAY_NAME);
	/* Nothing of what the program waits for the end of may stay open. */
	(void)sys_dup3(relay->from, 0, O_CLOEXEC);
	relay->from = 0;
	io_close_from(3);
	relay->to = relay->to_kmsg ? io_open("/dev/kmsg", O_WRONLY) : 2;
	if (relay->to < 0) {
		relay->to = 2;
		relay->to_kmsg = false;
	}
	if (relay_until(relay, pid) && sys_fork() == 0) {
		(void)relay_until(relay, 0);
		sys_exit(0);
	}
	(void)child_wait(pid, &end);
	if (!end.signal)
		sys_exit(end.code);
	(void)sys_kill(sys_getpid(), end.signal);
	(void)sys_kill(sys_getpid(), SIGKILL);
	sys_exit(1);
}

int relay_fork(bool to_kmsg)
{
	static const struct linux_sigaction ignore = { .handler = 1 };
	static struct relay relay;
	int ends[2], pid, r = sys_pipe(ends);

	if (r < 0)
		return r;
	(void)str_copy(relay.line, sizeof(relay.line), LEVEL);
	relay.from = ends[0];
	relay.to_kmsg = to_kmsg;
	pid = sys_fork();
	if (pid > 0)
		be_relay(&relay, pid);
	(void)sys_close(ends[0]);
	if (pid == 0) {
		(void)sys_set_parent_death_signal(SIGKILL);
		(void)sys_signal_action(SIGPIPE, &ignore, NULL);
		return ends[1];
	}
	(void)sys_close(ends[1]);
	return pid;
}
