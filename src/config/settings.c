/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <string.h>

#include "base/str.h"
#include "config/words.h"

#define SECOND ((int64_t)1000000)
/* A day. A longer time is surely a mistake, and this one cannot overflow. */
#define LONGEST_S 86400

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void settings_each(char *line,
		   void (*each)(const char *name, const char *value, void *ctx),
		   void *ctx)
{
	for (;;) {
		bool quoted_word, in_quotes;
		char *name, *value = NULL, *end;

		while (is_blank(*line))
			line++;
		if (*line == '\0')
			return;
		quoted_word = in_quotes = *line == '"';
		if (quoted_word)
			line++;
		name = line;
		for (end = name; *end && (in_quotes || !is_blank(*end));
		     end++) {
			/* A name is at least one byte: "=x" has no value. */
			if (*end == '=' && !value && end > name) {
				*end = '\0';
				value = end + 1;
			} else if (*end == '"') {
				in_quotes = !in_quotes;
			}
		}
		line = *end ? end + 1 : end;
		*end = '\0';
		/* One pair of quotes is removed, around the word or value. */
		if (value && *value == '"') {
			value++;
			if (end > value && end[-1] == '"')
				*--end = '\0';
		}
		if (quoted_word && end > name && end[-1] == '"')
			end[-1] = '\0';
		if (!value && strcmp(name, "--") == 0)
			return;
		each(name, value, ctx);
	}
}

struct reader {
	struct settings *settings;
	bool ours;
	void (*warn)(const char *sentence);
};

/*
 * A setter gets the value, or "" if the word had none. It returns NULL, or
 * words for what a usable value would be.
 */
typedef const char *setter(struct settings *settings, const char *value);

static const char *set_ro(struct settings *s, const char *v)
{
	(void)v;
	s->rw = false;
	return NULL;
}

static const char *set_rw(struct settings *s, const char *v)
{
	(void)v;
	s->rw = true;
	return NULL;
}

static const char seconds_wanted[] = "a number of seconds, at most 86400";

/* A number up to @most, or -1. */
static int64_t number(const char *v, uint64_t most)
{
	uint64_t n;

	return str_number(v, &n) < 0 || n > most ? -1 : (int64_t)n;
}

/* A number of seconds, in microseconds, or a negative one. */
static int64_t seconds(const char *v)
{
	return number(v, LONGEST_S) * SECOND;
}

/* rootwait waits for ever; rootwait=N is as in the kernel since Linux 6.7. */
static const char *set_rootwait(struct settings *s, const char *v)
{
	int64_t us = *v ? seconds(v) : s->wait_us;

	if (us < 0)
		return seconds_wanted;
	/* rootwait=0 does not wait, as in the kernel; rd.timeout=0 waits for
	 * ever. */
	s->wait_us = *v && !us ? 1 : us;
	s->rootwait = !*v;
	return NULL;
}

/*
 * The kernel sleeps that long and then looks for the device; pintle looks at
 * once and gives the device that long to appear.
 */
static const char *set_rootdelay(struct settings *s, const char *v)
{
	int64_t us = seconds(v);

	if (us < 0)
		return seconds_wanted;
	if (us > s->wait_us)
		s->wait_us = us;
	return NULL;
}

static const char timeouts_wanted[] =
	"a number of seconds, at most 86400, or up to 8 of them";

/*
 * The name is from dracut.cmdline(7), and so is 0 for "for ever". Of a list,
 * each number is for one entry of root=, and the last for all that are left.
 */
static const char *set_timeout(struct settings *s, const char *v)
{
	int64_t us, first_us[SETTINGS_FIRST_WAITS];
	unsigned firsts = 0;
	char word[8];

	for (;; v++) {
		size_t len = str_until(v, ",");

		if (str_part(word, sizeof(word), v, len) < 0)
			return timeouts_wanted;
		us = seconds(word);
		if (us < 0)
			return timeouts_wanted;
		v += len;
		if (!*v)
			break;
		if (us == 0 || firsts == SETTINGS_FIRST_WAITS)
			return timeouts_wanted;
		first_us[firsts++] = us;
	}
	memcpy(s->first_wait_us, first_us, sizeof(first_us[0]) * firsts);
	s->first_waits = firsts;
	s->rootwait = us == 0;
	if (us > 0)
		s->wait_us = us;
	return NULL;
}

static const char *set_panic(struct settings *s, const char *v)
{
	bool negative = *v == '-';
	int64_t n = number(v + negative, LONGEST_S);

	if (n < 0)
		return "a number of seconds, 0 or -1";
	s->panic_s = negative ? -(int)n : (int)n;
	s->panic_given = true;
	return NULL;
}

/* The index of @v among @words, each of which ends with a NUL; -1: none. */
static int one_of(const char *words, const char *v)
{
	for (int i = 0; *words; i++, words += strlen(words) + 1)
		if (strcmp(v, words) == 0)
			return i;
	return -1;
}

static const char *set_shell(struct settings *s, const char *v)
{
	int is = *v ? one_of("0\0"
			     "1\0",
			     v)
		    : 1;

	if (is < 0)
		return "0 or 1";
	s->shell = is;
	s->shell_given = true;
	return NULL;
}

static const char *set_text(char *field, size_t size, const char *v)
{
	static char was[sizeof(((struct settings *)NULL)->root)];

	memcpy(was, field, size);
	if (str_copy(field, size, v) == 0)
		return NULL;
	memcpy(field, was, size);
	return "something shorter";
}

/* Without a value it stops before the switch, as in dracut.cmdline(7). */
static const char *set_break(struct settings *s, const char *v)
{
	return set_text(s->stop_at, sizeof(s->stop_at), *v ? v : "switch");
}

/* Without a value, or with 1, all that is written is lost, as in
 * dracut.cmdline(7). */
static const char *set_overlay(struct settings *s, const char *v)
{
	if (!*v || strcmp(v, "1") == 0)
		v = "tmpfs";
	else if (strcmp(v, "0") == 0)
		v = "";
	return set_text(s->overlay, sizeof(s->overlay), v);
}

/* The words are those of systemd-fsck@.service(8). */
static const char *set_fsck_mode(struct settings *s, const char *v)
{
	int is = one_of("auto\0force\0skip\0", v);

	if (is < 0)
		return "auto, force or skip";
	s->fsck_force = is == 1;
	s->fsck_skip = is == 2;
	return NULL;
}

static const char *set_fsck_repair(struct settings *s, const char *v)
{
	int is = one_of("preen\0yes\0no\0", v);

	if (is < 0)
		return "preen, yes or no";
	s->fsck_repair = "ayn"[is];
	return NULL;
}

/* The words of dracut.cmdline(7) and of SysV init for the same. */
static const char *set_fsck_skip(struct settings *s, const char *v)
{
	return set_fsck_mode(s,
			     *v && one_of("0\0no\0", v) >= 0 ? "auto" : "skip");
}

static const char *set_fsck_force(struct settings *s, const char *v)
{
	(void)v;
	return set_fsck_mode(s, "force");
}

/* "none" is how the configuration of initramfs-tools says it. */
static const char *set_resume(struct settings *s, const char *v)
{
	s->resume_none = one_of("none\0no\0off\0"
				"0\0false\0",
				v) >= 0;
	return set_text(s->resume, sizeof(s->resume), s->resume_none ? "" : v);
}

static const char *set_resume_offset(struct settings *s, const char *v)
{
	return str_number(v, &s->resume_offset) < 0 ? "a number of pages"
						    : NULL;
}

static const char *set_noresume(struct settings *s, const char *v)
{
	(void)v;
	s->noresume = true;
	return NULL;
}

/* Another way to say noresume; its other values are for the kernel alone. */
static const char *set_hibernate(struct settings *s, const char *v)
{
	if (strcmp(v, "noresume") == 0)
		s->noresume = true;
	return NULL;
}

static const char *set_resumewait(struct settings *s, const char *v)
{
	(void)v;
	s->resumewait = true;
	return NULL;
}

/* As rootdelay=: look for the device at once, and give it that long. */
static const char *set_resumedelay(struct settings *s, const char *v)
{
	int64_t us = seconds(v);

	if (us < 0)
		return seconds_wanted;
	s->resumedelay_us = us;
	return NULL;
}

/* From dracut.cmdline(7). */
static const char *set_emergency(struct settings *s, const char *v)
{
	int is = one_of("reboot\0poweroff\0halt\0", v);

	if (is < 0)
		return "reboot, poweroff or halt";
	s->emergency = (enum emergency)(EMERGENCY_REBOOT + is);
	return NULL;
}

static const char *set_debug(struct settings *s, const char *v)
{
	(void)v;
	s->debug = true;
	return NULL;
}

static const char *set_switch(struct settings *s, const char *v)
{
	int is = one_of("auto\0pivot\0move\0", v); /* in the enum's order */

	if (is < 0)
		return "auto, pivot or move";
	s->choice = (enum switch_choice)is;
	return NULL;
}

static const char *set_free(struct settings *s, const char *v)
{
	int64_t ms = number(v, LONGEST_S * 1000);

	if (strcmp(v, "all") == 0) {
		s->free_us = SETTINGS_FREE_ALL;
		return NULL;
	}
	if (ms < 0)
		return "a number of milliseconds or 'all'";
	s->free_us = ms * 1000;
	return NULL;
}

/* The words are those of crypttab(5), which has a third: "yes". */
static const char *set_password_echo(struct settings *s, const char *v)
{
	int is = one_of("no\0masked\0", v);

	if (is < 0)
		return "no or masked";
	s->password_masked = is == 1;
	return NULL;
}

#define TEXT(name, field)                                                      \
	{                                                                      \
		name, NULL, offsetof(struct settings, field),                  \
			sizeof(((struct settings *)NULL)->field)               \
	}

/* These are the names of pintle-cmdline.7; tests/lint/parameters compares. */
static const struct {
	const char *name;
	setter *set;
	unsigned short offset, size; /* of a text field, where set is NULL */
} parameters[] = {
	TEXT("root", root),
	TEXT("rootfstype", rootfstype),
	TEXT("rootflags", rootflags),
	TEXT("loop", loop),
	TEXT("loopfstype", loopfstype),
	TEXT("loopflags", loopflags),
	TEXT("ip", ip),
	TEXT("BOOTIF", bootif),
	TEXT("nfsroot", nfsroot),
	TEXT("mount.usr", usr),
	TEXT("mount.usrfstype", usrfstype),
	TEXT("mount.usrflags", usrflags),
	TEXT("init", init),
	{ "ro", set_ro, 0, 0 },
	{ "rw", set_rw, 0, 0 },
	{ "rootwait", set_rootwait, 0, 0 },
	{ "rootdelay", set_rootdelay, 0, 0 },
	{ "panic", set_panic, 0, 0 },
	{ "debug", set_debug, 0, 0 },
	{ "rd.break", set_break, 0, 0 },
	{ "rd.overlay", set_overlay, 0, 0 },
	{ "fsck.mode", set_fsck_mode, 0, 0 },
	{ "fsck.repair", set_fsck_repair, 0, 0 },
	{ "rd.skipfsck", set_fsck_skip, 0, 0 },
	{ "fastboot", set_fsck_skip, 0, 0 },
	{ "forcefsck", set_fsck_force, 0, 0 },
	{ "resume", set_resume, 0, 0 },
	{ "resume_offset", set_resume_offset, 0, 0 },
	{ "resumedelay", set_resumedelay, 0, 0 },
	{ "resumewait", set_resumewait, 0, 0 },
	{ "noresume", set_noresume, 0, 0 },
	{ "hibernate", set_hibernate, 0, 0 },
	{ "rd.shell", set_shell, 0, 0 },
	{ "rd.emergency", set_emergency, 0, 0 },
	{ "rd.timeout", set_timeout, 0, 0 },
	{ "pintle.switch", set_switch, 0, 0 },
	{ "pintle.free", set_free, 0, 0 },
	{ "pintle.password_echo", set_password_echo, 0, 0 },
	TEXT("pintle.altroot", altroot),
};

/* The parameter that differs from @name in only one place, or NULL. */
static const char *nearest(const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = 0; i < sizeof(parameters) / sizeof(parameters[0]);
	     i++) {
		const char *other = parameters[i].name;
		size_t other_len = strlen(other), front = 0, back = 0;
		size_t least = len < other_len ? len : other_len;

		while (front < least && name[front] == other[front])
			front++;
		while (back < least - front &&
		       name[len - 1 - back] == other[other_len - 1 - back])
			back++;
		/* Too many short words are alike. */
		if (least > 3 && len - front - back <= 2 &&
		    other_len - front - back <= 2)
			return other;
	}
	return NULL;
}

static void settings_take(const char *name, const char *value, void *ctx)
{
	const struct reader *reader = ctx;
	const char *wanted;
	char sentence[200];

	for (unsigned i = 0; i < sizeof(parameters) / sizeof(parameters[0]);
	     i++) {
		if (!str_same_name(name, strlen(name), parameters[i].name,
				   strlen(parameters[i].name)))
			continue;
		if (!value)
			value = "";
		wanted = parameters[i].set
				 ? parameters[i].set(reader->settings, value)
				 : set_text((char *)reader->settings +
						    parameters[i].offset,
					    parameters[i].size, value);
		if (!wanted)
			return;
		if (str_format(sentence, sizeof(sentence),
			       "read '%s=%s': %s is wanted, ignoring", name,
			       value, wanted) < 0)
			(void)str_format(sentence, sizeof(sentence),
					 "read '%s=': its value is too long, "
					 "ignoring",
					 parameters[i].name);
		reader->warn(sentence);
		return;
	}
	if (words_know(name) || (!reader->ours && !str_after(name, "pintle.")))
		return;
	wanted = nearest(name);
	if (str_format(sentence, sizeof(sentence),
		       "read '%s': it is not a parameter of pintle%s%s%s, "
		       "ignoring",
		       name, wanted ? ", but '" : "", wanted ? wanted : "",
		       wanted ? "' is" : "") < 0)
		(void)str_copy(sentence, sizeof(sentence),
			       "read a long word: it is no parameter "
			       "of pintle, ignoring");
	reader->warn(sentence);
}

void settings_default(struct settings *ret)
{
	*ret = (struct settings){
		.wait_us = SETTINGS_WAIT_US,
		.fsck_repair = 'a',
	};
}

bool settings_root(const struct settings *settings, unsigned n,
		   const char *none, char *ret, size_t size)
{
	const char *list = *settings->root ? settings->root : none;

	for (;; list++) {
		bool quoted = false;
		size_t len;

		for (len = 0; list[len] && (quoted || list[len] != ','); len++)
			if (list[len] == '"')
				quoted = !quoted;
			else if (!quoted && str_after(list + len, ":/"))
				len += strlen(list + len) - 1;
		if (n-- == 0)
			return str_part(ret, size, list, len) == 0;
		list += len;
		if (!*list)
			return false;
	}
}

int64_t settings_wait_us(const struct settings *settings, unsigned n,
			 bool is_last)
{
	if (n < SETTINGS_FIRST_WAITS && n < settings->first_waits)
		return settings->first_wait_us[n];
	return settings->rootwait && is_last ? 0 : settings->wait_us;
}

int64_t settings_resume_us(const struct settings *settings)
{
	int64_t us = settings_wait_us(settings, SETTINGS_FIRST_WAITS, true);

	if (settings->resumewait || us == 0)
		return 0;
	return us > settings->resumedelay_us ? us : settings->resumedelay_us;
}

void settings_read(struct settings *settings, char *line, bool ours,
		   void (*warn)(const char *sentence))
{
	struct reader reader = { settings, ours, warn };

	settings_each(line, settings_take, &reader);
}
