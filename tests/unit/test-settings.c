/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <stdlib.h>

#include "tap.h"

/* Words as "name|value" with "name" alone where there is no value. */
static char words[1024];

static void note(const char *name, const char *value, void *ctx)
{
	(void)ctx;
	snprintf(words + strlen(words), sizeof(words) - strlen(words),
		 "%s%s%s%s", *words ? " ; " : "", name, value ? "|" : "",
		 value ? value : "");
}

/* Expectations worked out from lib/cmdline.c, next_arg(), Linux 6.1. */
static const struct {
	const char *name, *line, *words;
} splits[] = {
	{ "empty", "", "" },
	{ "blanks of every kind", " \ta\n\r b ", "a ; b" },
	{ "a value", "root=/dev/sda1", "root|/dev/sda1" },
	{ "an empty value", "root=", "root|" },
	{ "a second = belongs to the value", "root=UUID=1", "root|UUID=1" },
	{ "quotes around a value", "a=\"b c\" d", "a|b c ; d" },
	{ "quotes around the word", "\"a=b c\" d", "a|b c ; d" },
	{ "quotes inside a value stay", "a=b\"c d\"e f", "a|b\"c d\"e ; f" },
	{ "quotes after a tag stay", "root=LABEL=\"a b\"",
	  "root|LABEL=\"a b\"" },
	{ "an open quote reaches the end", "a=\"b c", "a|b c" },
	{ "a quote inside a quoted word closes it", "\"a=\"b c\"\"",
	  "a|b ; c\"\"" },
	{ "-- ends it", "a -- b", "a" },
	{ "--x does not", "a --x", "a ; --x" },
	{ "a leading = is part of the name", "=x", "=x" },
	{ "a quoted blank word", "\"a b\"", "a b" },
};

static char warned[256];

static void warn(const char *sentence)
{
	snprintf(warned, sizeof(warned), "%s", sentence);
}

static struct settings read_line(const char *line)
{
	struct settings settings;
	char *copy = strdup(line);

	warned[0] = '\0';
	settings_default(&settings);
	settings_read(&settings, copy, false, warn);
	free(copy);
	return settings;
}

static void test_values(void)
{
	struct settings s = read_line("");

	is_str(s.root, "", "default: no root");
	ok(!s.rw, "default: read-only, as the kernel's");
	is_int(s.wait_us, 30000000, "default: 30 s");
	ok(!s.rootwait && !s.shell && !s.panic_given, "default: the rest off");

	s = read_line("root=/dev/a root=/dev/b");
	is_str(s.root, "/dev/b", "root: the last one wins");
	ok(read_line("ro rw").rw, "rw after ro wins");
	ok(!read_line("rw ro").rw, "ro after rw wins");
	ok(read_line("rootwait").rootwait, "rootwait: for ever");
	s = read_line("rootwait rootwait=7");
	ok(!s.rootwait, "rootwait=7: not for ever");
	is_int(s.wait_us, 7000000, "rootwait=7: 7 s");
	is_int(read_line("rootdelay=60").wait_us, 60000000,
	       "rootdelay makes the wait longer");
	is_int(read_line("rootdelay=5").wait_us, 30000000,
	       "rootdelay never makes it shorter");
	is_int(read_line("rd.timeout=5").wait_us, 5000000, "rd.timeout");
	ok(read_line("rd.timeout=0").rootwait, "rd.timeout=0 is for ever");
	ok(!read_line("rootwait rd.timeout=5").rootwait,
	   "rd.timeout after rootwait wins");
	is_int(read_line("panic=-1").panic_s, -1, "panic=-1");
	is_int(read_line("panic=0").panic_s, 0, "panic=0");
	ok(read_line("panic=0").panic_given, "panic=0 is given");
	ok(!read_line("panic=soon").panic_given, "panic=soon is not");
	is_str(warned,
	       "read 'panic=soon': a number of seconds, 0 or -1 is wanted, "
	       "ignoring",
	       "panic=soon: the sentence");
	ok(read_line("rd.shell").shell, "rd.shell");
	ok(!read_line("rd.shell rd.shell=0").shell, "rd.shell=0 after it wins");
	is_str(read_line("rd.break").stop_at, "switch",
	       "rd.break alone: before the switch");
	is_str(read_line("rd.break=root").stop_at, "root", "rd.break=root");
	is_int(read_line("pintle.switch=move").choice, SWITCH_MOVE,
	       "pintle.switch=move");
	is_int(read_line("pintle.switch=pivot").choice, SWITCH_PIVOT,
	       "pintle.switch=pivot");
	is_int(read_line("pintle.switch=rm").choice, SWITCH_AUTO,
	       "pintle.switch=rm keeps what was");
	is_str(warned,
	       "read 'pintle.switch=rm': auto, pivot or move is wanted, "
	       "ignoring",
	       "pintle.switch=rm: the sentence");
	is_int(read_line("").free_us, 0, "no pintle.free=");
	is_int(read_line("pintle.free=250").free_us, 250000, "pintle.free=250");
	is_int(read_line("pintle.free=all").free_us, SETTINGS_FREE_ALL,
	       "pintle.free=all");
	is_int(read_line("pintle_switch=move").choice, SWITCH_AUTO,
	       "a dot is not an underscore");
	is_str(read_line("\"root=LABEL=my root\"").root, "LABEL=my root",
	       "a quoted word");
	is_str(read_line("root=a -- root=b").root, "a",
	       "what follows -- is the real init's");
	is_str(read_line("init=/a").init, "/a", "init");
	is_str(read_line("rootflags=a,b=\"c d\"").rootflags, "a,b=\"c d\"",
	       "rootflags");
}

static void test_overlay(void)
{
	is_str(read_line("rd.overlay").overlay, "tmpfs", "rd.overlay alone");
	is_str(read_line("rd.overlay=1").overlay, "tmpfs", "rd.overlay=1");
	is_str(read_line("rd.overlay rd.overlay=0").overlay, "",
	       "rd.overlay=0 after it wins");
	is_str(read_line("rd.overlay=LABEL=x").overlay, "LABEL=x",
	       "rd.overlay=DEVICE");
}

/* As the root is waited for: to go on without it may destroy data. */
static void test_resume(void)
{
	static const struct {
		const char *line;
		int64_t seconds; /* 0: for ever */
	} waits[] = {
		{ "", 30 },
		{ "rd.timeout=5", 5 },
		{ "rd.timeout=5,7", 7 },
		{ "rootdelay=40", 40 },
		{ "rootdelay=25 rd.timeout=40", 40 },
		{ "rootwait", 0 },
		{ "rd.timeout=0", 0 },
		{ "rootwait=3", 3 },
		{ "resumedelay=60", 60 },
		{ "resumedelay=60 rd.timeout=90", 90 },
		{ "resumedelay=60 rootwait", 0 },
		{ "resumewait rd.timeout=5", 0 },
	};

	static const char *const nones[] = {
		"resume=none", "resume=no",    "resume=off",
		"resume=0",    "resume=false", "resume=/dev/a resume=none",
	};
	struct settings s;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		s = read_line(waits[i].line);
		is_int(settings_resume_us(&s), waits[i].seconds * 1000000,
		       "resume= is waited for: '%s'", waits[i].line);
	}
	ok(!read_line("resume=/dev/a hibernate=nocompress").noresume,
	   "hibernate=nocompress is not ours");
	ok(read_line("hibernate=noresume").noresume, "hibernate=noresume");
	ok(read_line("noresume").noresume, "noresume");
	for (size_t i = 0; i < sizeof(nones) / sizeof(nones[0]); i++) {
		struct settings s = read_line(nones[i]);

		ok(s.resume_none && !*s.resume, "'%s' is as noresume",
		   nones[i]);
	}
	s = read_line("resume=none resume=/dev/a");
	ok(!s.resume_none, "resume=/dev/a after resume=none wins");
	is_str(s.resume, "/dev/a", "and names the device");
	s = read_line("resume=LABEL=none");
	ok(!s.resume_none, "resume=LABEL=none is a label");
	is_int(read_line("resumedelay=soon").resumedelay_us, 0,
	       "resumedelay=soon is none");
	is_str(warned,
	       "read 'resumedelay=soon': a number of seconds, at most 86400 is "
	       "wanted, ignoring",
	       "resumedelay=soon: the sentence");
}

static void test_fsck(void)
{
	struct settings s = read_line("fsck.mode=force fsck.repair=no");

	ok(s.fsck_force && !s.fsck_skip, "fsck.mode=force");
	is_int(s.fsck_repair, 'n', "fsck.repair=no");
	s = read_line("fsck.mode=force fsck.mode=skip fsck.repair=perhaps");
	ok(!s.fsck_force && s.fsck_skip, "fsck.mode=skip after it wins");
	is_int(s.fsck_repair, 'a', "fsck.repair: preen by default");
	is_str(warned,
	       "read 'fsck.repair=perhaps': preen, yes or no is wanted, "
	       "ignoring",
	       "fsck.repair=perhaps: the sentence");
}

/* Words that others have for what pintle does. */
static void test_others(void)
{
	struct settings s = read_line("rd.skipfsck");

	ok(s.fsck_skip, "rd.skipfsck");
	ok(!read_line("rd.skipfsck rd.skipfsck=0").fsck_skip,
	   "rd.skipfsck=0 after it wins");
	ok(read_line("fastboot").fsck_skip, "fastboot");
	s = read_line("fastboot forcefsck");
	ok(s.fsck_force && !s.fsck_skip, "forcefsck after fastboot wins");
	is_int(read_line("").emergency, EMERGENCY_NONE, "no rd.emergency");
	is_int(read_line("rd.emergency=reboot").emergency, EMERGENCY_REBOOT,
	       "rd.emergency=reboot");
	is_int(read_line("rd.emergency=poweroff").emergency, EMERGENCY_POWEROFF,
	       "rd.emergency=poweroff");
	is_int(read_line("rd.emergency=halt").emergency, EMERGENCY_HALT,
	       "rd.emergency=halt");
	(void)read_line("rd.emergency=sleep");
	is_str(warned,
	       "read 'rd.emergency=sleep': reboot, poweroff or halt is wanted, "
	       "ignoring",
	       "rd.emergency=sleep: the sentence");
	s = read_line("mount.usr=/dev/b mount.usrfstype=xfs mount.usrflags=a");
	is_str(s.usr, "/dev/b", "mount.usr");
	is_str(s.usrfstype, "xfs", "mount.usrfstype");
	is_str(s.usrflags, "a", "mount.usrflags");
	is_str(read_line("BOOTIF=01-0a-00-00-00-00-01").bootif,
	       "01-0a-00-00-00-00-01", "BOOTIF");
}

static const char *root_of(const struct settings *s, unsigned n)
{
	static char root[64];

	return settings_root(s, n, "none", root, sizeof(root)) ? root : NULL;
}

static void test_list(void)
{
	struct settings s = read_line("root=a,LABEL=\"b, c\",d rootwait "
				      "rd.timeout=5,6,7");

	is_str(root_of(&s, 0), "a", "list: the first");
	is_str(root_of(&s, 1), "LABEL=\"b, c\"", "list: quotes hold it");
	is_str(root_of(&s, 2), "d", "list: the last");
	ok(!root_of(&s, 3), "list: no more");
	is_int(settings_wait_us(&s, 0, false), 5000000, "list: first wait");
	is_int(settings_wait_us(&s, 1, false), 6000000, "list: second wait");
	is_int(settings_wait_us(&s, 5, true), 7000000, "list: later waits");
	s = read_line("rd.timeout=5,0");
	is_int(settings_wait_us(&s, 1, true), 0, "list: for ever, the last");
	is_int(settings_wait_us(&s, 1, false), 30000000,
	       "list: not for ever where another comes");
	s = read_line("rd.timeout=5,6 rd.timeout=9");
	is_int(settings_wait_us(&s, 0, false), 9000000,
	       "rd.timeout: the last one wins");
	s = read_line("rd.timeout=5,,6");
	is_int(settings_wait_us(&s, 0, false), 30000000, "no number: ignored");
	s = read_line("rd.timeout=0,6");
	is_int(settings_wait_us(&s, 0, false), 30000000,
	       "for ever before the last: ignored");
	s = read_line("rd.timeout=1,2,3,4,5,6,7,8,9");
	is_int(settings_wait_us(&s, 0, false), 30000000, "too many: ignored");
	s = read_line("root=LABEL=\"a:/b\",10.0.0.1:/srv,vers=3,ro");
	is_str(root_of(&s, 0), "LABEL=\"a:/b\"", "list: a label like a server");
	is_str(root_of(&s, 1), "10.0.0.1:/srv,vers=3,ro",
	       "list: what is on a server has commas of its own");
	ok(!root_of(&s, 2), "list: and is the last");
	s = read_line("");
	is_str(root_of(&s, 0), "none", "no root= at all");
	ok(!root_of(&s, 1), "no root= at all: one");
}

static void test_warnings(void)
{
	char line[600];
	struct settings s;

	read_line("pintle.swittch=move");
	is_str(warned,
	       "read 'pintle.swittch': it is not a parameter of pintle, but "
	       "'pintle.switch' is, ignoring",
	       "a letter too many: the nearest is named");
	read_line("pintle.fre=1");
	ok(strstr(warned, "'pintle.free' is"), "a letter is missing");
	read_line("pintle.colour=blue");
	is_str(warned,
	       "read 'pintle.colour': it is not a parameter of pintle, "
	       "ignoring",
	       "an unknown pintle. name is said");
	read_line("quiet splash rd.luks=0 foo");
	is_str(warned, "", "somebody else's are not");
	s = read_line("root=a");
	strcpy(line, "splash");
	settings_read(&s, line, true, warn);
	is_str(warned,
	       "read 'splash': it is not a parameter of pintle, ignoring",
	       "in the image's own line they are");
	memset(line, 'x', sizeof(line));
	memcpy(line, "root=", 5);
	line[sizeof(line) - 1] = '\0';
	s = read_line(line);
	is_str(s.root, "", "a value that does not fit is not cut");
	is_str(warned, "read 'root=': its value is too long, ignoring",
	       "a value that does not fit: the sentence");
	/* The image's defaults, then the kernel's line. */
	settings_default(&s);
	strcpy(line, "root=/dev/a rw");
	settings_read(&s, line, true, warn);
	strcpy(line, "root=/dev/b");
	settings_read(&s, line, false, warn);
	is_str(s.root, "/dev/b", "the kernel's line wins over the image's");
	ok(s.rw, "what it does not say stays");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		/* On the heap, so that the sanitizer sees its end. */
		char *line = strdup(splits[i].line);

		words[0] = '\0';
		settings_each(line, note, NULL);
		is_str(words, splits[i].words, "split: %s", splits[i].name);
		free(line);
	}
	test_values();
	test_list();
	test_overlay();
	test_resume();
	test_fsck();
	test_others();
	test_warnings();
	return tap_done();
}
