/* SPDX-License-Identifier: MIT */
/*
 * guest - the /init of the harness's own tests, which misbehaves as it is told
 *
 * `guest=MODE` on the kernel's command line says how. Each mode is an ending
 * that the harness must call by its right name. `land` is the one good ending.
 * As it is the smallest guest that there is, it also tells whether KVM works.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ending.h"

static int verdict;

static void say(const char *text)
{
	if (write(verdict, text, strlen(text)) < 0)
		reboot(RB_POWER_OFF);
	drain(verdict);
}

static void land(void)
{
	say("{\"set\": \"pid\", \"value\": 1}\nlanded 1\n");
	end_machine();
}

static void half(void)
{
	say("{\"set\": \"pid\", \"value\": 1}\n{\"set\": \"argv\", \"val");
	reboot(RB_POWER_OFF);
}

static void miscount(void)
{
	say("{\"set\": \"pid\", \"value\": 1}\nlanded 2\n");
	end_machine();
}

static void land_then_poweroff(void)
{
	say("{\"set\": \"pid\", \"value\": 1}\nlanded 1\n");
	reboot(RB_POWER_OFF);
}

static void poweroff(void)
{
	reboot(RB_POWER_OFF);
}

static void reset(void)
{
	reboot(RB_AUTOBOOT);
}

static void hang(void)
{
	for (;;)
		pause();
}

static void flood(void)
{
	for (;;)
		if (write(1, "guest: and another line\n", 24) < 0)
			return;
}

static void warn(void)
{
	/* without the newline the record stays open, and nobody can read it */
	static const char text[] = "<3>BUG: so says the guest\n";
	int fd = open("/dev/kmsg", O_WRONLY);

	if (fd >= 0 && write(fd, text, sizeof(text) - 1) > 0)
		land();
}

/* Lands if it is told the second word after the first. */
static void typed(void)
{
	static const char *const words[][2] = {
		{ "the word? ", "one\n" }, { "and the other? ", "two\n" }
	};
	char line[64];

	for (size_t i = 0; i < 2; i++) {
		ssize_t len = (ssize_t)strlen(words[i][0]);

		if (write(1, words[i][0], len) != len)
			return;
		len = read(0, line, sizeof(line) - 1);
		line[len > 0 ? len : 0] = '\0';
		if (strcmp(line, words[i][1]) != 0)
			reboot(RB_POWER_OFF);
	}
	land();
}

static void leave(void)
{
	/* returning from main is how pid 1 panics the kernel */
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "land", land },
	{ "panic", leave },
	{ "hang", hang },
	{ "half", half },
	{ "miscount", miscount },
	{ "exit-unsaid", end_machine },
	{ "land-then-poweroff", land_then_poweroff },
	{ "poweroff", poweroff },
	{ "reset", reset },
	{ "flood", flood },
	{ "warn", warn },
	{ "typed", typed },
};

int main(void)
{
	char line[4096] = "", mode[64] = "";
	const char *at;
	int fd;

	mkdir("/proc", 0555);
	mount("proc", "/proc", "proc", 0, NULL);
	mkdir("/dev", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	verdict = open("/dev/ttyS1", O_WRONLY | O_NOCTTY);
	fd = open("/proc/cmdline", O_RDONLY);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		return 1;
	at = strstr(line, "guest=");
	if (at)
		sscanf(at, "guest=%63s", mode);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(mode, modes[i].name) == 0)
			modes[i].run();
	return 1;
}
