/* SPDX-License-Identifier: MIT */
/*
 * What was typed is nowhere while the program that has it runs: neither in the
 * process that asks, nor in the relay of what the program says. Whoever may read
 * their memory looks for it there.
 */
#include "console/terminals.h"

#undef TERMINALS_ACTIVE
static char directory[] = "/tmp/test-unlock.XXXXXX";
static char active[sizeof(directory) + 10];
#define TERMINALS_ACTIVE active
#include "console/password.c"

/* Otherwise only root could look. */
#define sys_set_dumpable(dumpable) ((void)(dumpable))
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/passphrases.h"
#include "device/unlock.c"
#include "tap.h"

/* The secrets are made when the program runs, so that it does not have them as
 * constants, and the tester is not the one who asks. */
#define SECRET_BYTES 24

static int master;
static char path[4][64], secrets[2][SECRET_BYTES + 1];

/* The program takes what was typed, says who its relay is, and waits. */
static const char script[] =
	"#!/bin/sh\n"
	"read -r secret\n"
	"test \"$secret\" = \"$(cat %s/wrong)\"; status=$((!$? * 2))\n"
	"echo $PPID >%s/relay\n"
	"read -r go <%s/go\n"
	"exit $status\n";

static void write_text(const char *to, const char *text)
{
	int fd = open(to, O_WRONLY | O_CREAT, 0700);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(2);
	close(fd);
}

static void lay_out(void)
{
	static const char *const names[] = { "program", "relay", "go",
					     "wrong" };
	char text[1000];
	int fd = open("/dev/urandom", O_RDONLY);

	if (!mkdtemp(directory))
		exit(2);
	for (unsigned i = 0; i < 4; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/%s", directory,
			       names[i]);
	for (unsigned i = 0; i < 2; i++) {
		if (read(fd, secrets[i], SECRET_BYTES) != SECRET_BYTES)
			exit(2);
		for (unsigned j = 0; j < SECRET_BYTES; j++)
			secrets[i][j] = (char)('a' + (secrets[i][j] & 15));
	}
	close(fd);
	(void)snprintf(text, sizeof(text), script, directory, directory,
		       directory);
	write_text(path[0], text);
	write_text(path[3], secrets[0]);
	(void)mkfifo(path[1], 0700);
	(void)mkfifo(path[2], 0700);
	master = posix_openpt(O_RDWR | O_NOCTTY);
	(void)grantpt(master);
	(void)unlockpt(master);
	(void)snprintf(active, sizeof(active), "%s/active", directory);
	(void)ptsname_r(master, text, sizeof(text));
	/* It is not hung up between two questions. */
	(void)!open(text, O_RDWR | O_NOCTTY);
	write_text(active, text + sizeof("/dev/") - 1);
}

static void ask(void)
{
	static struct device device = { .name = "null" };
	static struct hook hook;
	static char line[200];

	(void)prctl(PR_SET_DUMPABLE, 1);
	close(master);
	memset(secrets, 0, sizeof(secrets));
	(void)snprintf(line, sizeof(line), "crypto_LUKS ask %s", path[0]);
	if (!hook_parse(line, &hook))
		_exit(99);
	unlock(&hook, &device, false, -1);
}

static void hear(const char *wanted)
{
	char text[4096] = "";
	size_t len = 0;

	while (!strstr(text, wanted)) {
		long n = read(master, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			exit(2);
		len += (size_t)n;
		text[len] = '\0';
	}
}

static void type(const char *text)
{
	(void)!write(master, text, strlen(text));
	(void)!write(master, "\n", 1);
}

/* Until the program runs, which has read what was typed. */
static int relay_of(void)
{
	char text[32] = "";
	int fd = open(path[1], O_RDONLY);

	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return atoi(text);
}

/* How much of that memory was read; *@ret_found: how often @secret was in it. */
static size_t search(int pid, const char *secret, unsigned *ret_found)
{
	static char bytes[1 << 20];
	char name[64], line[512];
	size_t total = 0;
	FILE *maps;
	int mem;

	*ret_found = 0;
	(void)snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	mem = open(name, O_RDONLY);
	(void)snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	maps = fopen(name, "r");
	while (mem >= 0 && maps && fgets(line, sizeof(line), maps)) {
		unsigned long at, end;

		/* The shadow of a sanitizer has terabytes. */
		if (sscanf(line, "%lx-%lx r", &at, &end) != 2 ||
		    end - at > 1ul << 28)
			continue;
		while (at < end) {
			size_t size = end - at < sizeof(bytes) ? end - at
							       : sizeof(bytes);
			long n = pread(mem, bytes, size, (off_t)at);

			if (n <= 0)
				break;
			total += (size_t)n;
			*ret_found += memmem(bytes, (size_t)n, secret,
					     SECRET_BYTES) != NULL;
			at += (unsigned long)n;
		}
	}
	if (maps)
		fclose(maps);
	close(mem);
	return total;
}

static void is_clean(int pid, const char *secret, const char *what)
{
	unsigned found;
	size_t total = search(pid, secret, &found);

	ok(total > 100000 && found == 0, "%s", what);
	if (total <= 100000 || found)
		fprintf(stderr, "%d: %zu bytes read, it is in %u places\n", pid,
			total, found);
}

int main(void)
{
	static char copy[SECRET_BYTES + 1];
	unsigned found;
	int pid, relay, status = -1;

	signal(SIGPIPE, SIG_IGN);
	(void)alarm(60);
	lay_out();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	passphrases_begin();
	pid = fork();
	if (pid == 0)
		ask();
	memcpy(copy, secrets[0], sizeof(copy));
	ok(search(getpid(), copy, &found) && found, "what is there is found");
	hear("Passphrase");
	type(secrets[0]);
	relay = relay_of();
	is_clean(relay, secrets[0], "a wrong answer is not in the relay");
	is_clean(pid, secrets[0], "... nor in the process that asks");
	write_text(path[2], "\n");
	hear("That was wrong");
	is_clean(pid, secrets[0], "... nor is it when it asks again");
	type(secrets[1]);
	relay = relay_of();
	is_clean(relay, secrets[1], "the right answer is not in the relay");
	is_clean(pid, secrets[1], "... nor in the process that asks");
	write_text(path[2], "\n");
	(void)waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "... and it opens");
	pid = fork();
	if (pid == 0)
		ask();
	relay = relay_of();
	is_clean(relay, secrets[1], "for the next device, not in the relay");
	is_clean(pid, secrets[1], "... nor in the process that would ask");
	write_text(path[2], "\n");
	(void)waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "... it opens, and nobody was asked");
	write_text(path[3], secrets[1]);
	pid = fork();
	if (pid == 0)
		ask();
	(void)relay_of();
	write_text(path[2], "\n");
	hear("Passphrase");
	ok(true, "it does not open a third one, for which somebody is asked");
	type(secrets[0]);
	(void)relay_of();
	write_text(path[2], "\n");
	(void)waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "... and the answer opens that");
	passphrases_forget();
	for (unsigned i = 0; i < 4; i++)
		unlink(path[i]);
	unlink(active);
	rmdir(directory);
	return tap_done();
}
