/* SPDX-License-Identifier: MIT */
/*
 * A question on several terminals: the answer, what each of them is told, and
 * how they are left. The terminals are ptys.
 */
#include "console/password.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/child.h"
#include "base/sys.h"
#include "tap.h"

#define PTYS 3

static int masters[PTYS];
static char slaves[PTYS][64];
static int keeps[PTYS]; /* as agetty or the kernel: the settings stay */
static char active[] = "/tmp/pintle-active-XXXXXX";
static int kmsg[2], stop[2];

static void open_ptys(void)
{
	int fd = mkstemp(active);

	for (int i = 0; i < PTYS; i++) {
		masters[i] = posix_openpt(O_RDWR | O_NOCTTY);
		(void)grantpt(masters[i]);
		(void)unlockpt(masters[i]);
		(void)ptsname_r(masters[i], slaves[i], sizeof(slaves[i]));
		keeps[i] = open(slaves[i], O_RDWR | O_NOCTTY);
		/* without "/dev/" */
		dprintf(fd, "%s%s", i ? " " : "", slaves[i] + 5);
	}
	dprintf(fd, "\n");
	close(fd);
	(void)socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, kmsg);
	(void)pipe(stop);
}

static void close_ptys(void)
{
	for (int i = 0; i < PTYS; i++) {
		close(masters[i]);
		close(keeps[i]);
	}
	for (int i = 0; i < 2; i++) {
		close(kmsg[i]);
		close(stop[i]);
	}
	unlink(active);
	strcpy(active + sizeof(active) - 7, "XXXXXX");
}

static bool echoes(int i)
{
	struct termios is;

	return tcgetattr(keeps[i], &is) == 0 && (is.c_lflag & ECHO) &&
	       (is.c_lflag & ICANON);
}

/* What was written to the terminal until @wanted was among it, or for @ms. */
static char *heard(int i, const char *wanted, int ms)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	while ((!wanted || !strstr(text, wanted)) &&
	       sys_wait_readable(masters[i], -ms * (int64_t)1000) == 1) {
		long n = read(masters[i], text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
	return text;
}

/* In a child, which says by its status what it got: 0 is "yes", 1 another
 * answer, or the negative errno. */
static int ask(bool masked, unsigned checks)
{
	int pid = fork();

	if (pid == 0) {
		static struct password password;
		char answer[64];
		long n;

		/* The other end of a terminal is somebody else. */
		for (int i = 0; i < PTYS; i++)
			close(masters[i]);
		password.what = "'/dev/x'";
		password.masked = masked;
		password.stop_fd = stop[0];
		password_begin(&password);
		password.kmsg_fd = kmsg[0];
		password.terminals.active = active;
		n = password_ask(&password, "Passphrase", answer,
				 sizeof(answer));
		if (n >= 0 && checks)
			password_show_check(&password,
					    sys_timer(checks * 1000000ll));
		password_end(&password, "");
		_exit(n < 0 ? (int)-n : n != 3 || memcmp(answer, "yes", 3));
	}
	return pid;
}

static int end_of(int pid)
{
	int status = -1;

	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void type(int i, const char *text)
{
	(void)write(masters[i], text, strlen(text));
}

/* Whoever answers first, on each of them. */
static void test_each(void)
{
	for (int who = 0; who < PTYS; who++) {
		int pid;

		open_ptys();
		pid = ask(false, 0);
		for (int i = 0; i < PTYS; i++)
			ok(strstr(heard(i, "Passphrase: ", 5000),
				  "Passphrase: "),
			   "answered on %d: %d is asked", who, i);
		ok(!echoes(0) && !echoes(1) && !echoes(2),
		   "answered on %d: none echoes", who);
		type((who + 1) % PTYS, "half");
		type(who, "no\x15yex\x7fs\n");
		is_int(end_of(pid), 0, "answered on %d: taken", who);
		for (int i = 0; i < PTYS; i++) {
			char *text = heard(i, NULL, 50);

			ok(i == who || strstr(text, "It was answered on pts/"),
			   "answered on %d: %d is told", who, i);
			ok(!strstr(text, "ye") && !strstr(text, "half"),
			   "answered on %d: %d does not show it", who, i);
			ok(echoes(i), "answered on %d: %d echoes again", who,
			   i);
		}
		close_ptys();
	}
}

/* One that has hung up does not take the others with it; without any there is
 * nobody to ask. */
static void test_hung_up(void)
{
	int pid;

	open_ptys();
	pid = ask(false, 0);
	for (int i = 0; i < PTYS; i++)
		(void)heard(i, "Passphrase: ", 5000);
	close(masters[0]);
	masters[0] = -1;
	type(2, "yes\n");
	is_int(end_of(pid), 0, "a terminal that was hung up: another answers");
	pid = ask(false, 0);
	ok(strstr(heard(1, "Passphrase: ", 5000), "Passphrase: "),
	   "a terminal that cannot be opened: another asks");
	close(masters[1]);
	close(masters[2]);
	masters[1] = masters[2] = -1;
	is_int(end_of(pid), ENODEV, "all were hung up: nobody can answer");
	close_ptys();
}

static void test_stopped(void)
{
	int pid;

	open_ptys();
	pid = ask(false, 0);
	for (int i = 0; i < PTYS; i++)
		(void)heard(i, "Passphrase: ", 5000);
	type(0, "ye");
	(void)write(stop[1], "", 1);
	is_int(end_of(pid), ECANCELED, "no longer wanted: it ends");
	ok(echoes(0) && echoes(1) && echoes(2),
	   "no longer wanted: all echo again");
	close_ptys();
}

/* Who is told what while it is typed, and after the kernel has printed. */
static void test_shown(void)
{
	static const char record[] = "0,1,2,-;a disk is here\n";
	static const char debug[] = "7,2,2,-;nobody sees it\n";
	int pid;

	open_ptys();
	pid = ask(true, 2);
	for (int i = 0; i < PTYS; i++)
		(void)heard(i, "Passphrase: ", 5000);
	type(1, "ya\x7f"
		"e\xc3\xa4");
	(void)heard(1, "\b \b**", 5000);
	(void)write(kmsg[1], debug, sizeof(debug) - 1);
	is_str(heard(0, NULL, 700), "",
	       "what the kernel does not show changes nothing");
	(void)write(kmsg[1], record, sizeof(record) - 1);
	is_str(heard(1, "***", 5000), "\rPassphrase: ***",
	       "the kernel has printed: with what was typed");
	is_str(heard(0, "Passphrase: ", 5000), "\rPassphrase: ",
	       "the kernel has printed: where nothing was typed");
	type(1, "\x7fs\n");
	ok(strstr(heard(0, "(1 s)", 5000), "(1 s)"),
	   "while it is checked, time passes");
	type(0, "typed ahead\n");
	is_int(end_of(pid), 0, "a character of two bytes is one");
	close_ptys();
}

static void test_too_long(void)
{
	char much[700];
	int pid;

	open_ptys();
	memset(much, 'a', sizeof(much));
	much[sizeof(much) - 1] = '\0';
	pid = ask(false, 0);
	for (int i = 0; i < PTYS; i++)
		(void)heard(i, "Passphrase: ", 5000);
	type(0, much);
	type(0, "\n");
	ok(strstr(heard(0, "longer", 5000), "longer"),
	   "what is too long is not cut, but said");
	type(0, "yes\n");
	is_int(end_of(pid), 0, "... and asked again");
	close_ptys();
}

/* A name that only this process's network has, and uid 0 there: false if that
 * may not be. */
static bool be_alone(void)
{
	char map[32];
	int fd;

	if (geteuid() == 0)
		return unshare(CLONE_NEWNET) == 0;
	snprintf(map, sizeof(map), "0 %d 1", (int)geteuid());
	if (unshare(CLONE_NEWNET | CLONE_NEWUSER) < 0)
		return false;
	fd = open("/proc/self/uid_map", O_WRONLY);
	if (fd < 0 || write(fd, map, strlen(map)) < 0)
		return false;
	close(fd);
	return true;
}

/* A splash that knows the answer and acknowledges all that it is told; from then
 * on the kernel prints. */
static void be_splash(int fd)
{
	static const char record[] = "0,1,2,-;a disk is here\n";
	static const char known[] = "\x02\x03\0\0\0yes";
	char request[512];

	for (;;) {
		int peer = accept(fd, NULL, NULL);

		while (read(peer, request, sizeof(request)) > 0) {
			bool asks = request[0] == '*';

			(void)!write(peer, asks ? known : "\x06",
				     asks ? sizeof(known) - 1 : 1);
			(void)!write(kmsg[1], record, sizeof(record) - 1);
		}
		close(peer);
	}
}

/* Where the splash asks, the terminals are its own: nothing is written there, and
 * they stay as they are, whatever the kernel prints. */
static void test_splash(void)
{
	static const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = "\0/org/freedesktop/plymouthd"
	};
	int fd, splash, pid;

	if (!be_alone()) {
		ok(true, "by the splash # SKIP no network namespace is to be "
			 "had");
		return;
	}
	open_ptys();
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (const struct sockaddr *)&address,
		 offsetof(struct sockaddr_un, sun_path) +
			 sizeof("/org/freedesktop/plymouthd")) < 0 ||
	    listen(fd, 8) < 0)
		exit(2);
	splash = fork();
	if (splash == 0)
		be_splash(fd);
	close(fd);
	pid = ask(false, 2);
	is_str(heard(0, NULL, 700), "",
	       "by the splash: nothing is written elsewhere");
	ok(echoes(0) && echoes(1) && echoes(2),
	   "by the splash: the terminals are left alone");
	is_int(end_of(pid), 0, "by the splash: its answer is taken");
	(void)kill(splash, SIGKILL);
	(void)waitpid(splash, NULL, 0);
	close_ptys();
}

static void test_records(void)
{
	ok(password_is_shown("3,1,2,-;x", 4), "an error");
	ok(!password_is_shown("4,1,2,-;x", 4), "a warning with quiet");
	ok(!password_is_shown("30,1,2,-;x", 4), "info of a daemon with quiet");
	ok(password_is_shown("30,1,2,-;x", 7), "... and without");
	ok(password_is_shown("13,1,2,-;pintle: x", 4), "a notice of pintle");
	ok(!password_is_shown("12,1,2,-;pintle: x", 4), "a warning of it");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_records();
	test_each();
	test_hung_up();
	test_stopped();
	test_shown();
	test_too_long();
	test_splash(); /* last: it leaves the network */
	return tap_done();
}
