/* SPDX-License-Identifier: MIT */
/*
 * The lines of hooks, and the words of their commands: what a disk says is never
 * more than a part of one of them.
 */
#include "device/hooks.h"

#include <errno.h>
#include <string.h>

#include "device/device.h"
#include "device/luks.h"
#include "tap.h"

#define U0 "00112233-4455-6677-8899-aabbccddeeff"

static const struct {
	const char *what, *command, *name, *uuid;
	int result;
	const char *words; /* with '|' between them */
} rows[] = {
	{ "words", "/sbin/x  --a=b\tc", "vda", U0, 0, "/sbin/x|--a=b|c" },
	{ "values", "/x open %d luks-%u", "vda2", U0, 0,
	  "/x|open|/dev/vda2|luks-" U0 },
	{ "a value in a word", "/x --dev=%d,%d.", "vda", "", 0,
	  "/x|--dev=/dev/vda,/dev/vda." },
	{ "a percent sign", "/x %s 100% %", "vda", "", 0, "/x|%s|100%|%" },
	{ "a UUID with blanks is one word", "/x luks-%u end", "vda",
	  "x --test-passphrase --header=/dev/sdc", 0,
	  "/x|luks-x --test-passphrase --header=/dev/sdc|end" },
	{ "a name with blanks is one word", "/x %d end", "mapper/a b\t-c", U0,
	  0, "/x|/dev/mapper/a b\t-c|end" },
	{ "a value with %d is not read again", "/x a%u", "vda", "%d %u", 0,
	  "/x|a%d %u" },
	{ "a UUID is no option", "/x %u", "vda", "--header=/dev/sdc", -ENODATA,
	  "" },
	{ "... but may be a part of one", "/x --uuid=%u", "vda", "-1", 0,
	  "/x|--uuid=-1" },
	{ "no UUID", "/x luks-%u", "vda", "", -ENODATA, "" },
	{ "no UUID, and none is asked for", "/x %d", "vda", "", 0,
	  "/x|/dev/vda" },
	{ "as many words as there is room for", "/x 2 3 4 5 6 7", "vda", U0, 0,
	  "/x|2|3|4|5|6|7" },
	{ "more words", "/x 2 3 4 5 6 7 8", "vda", U0, -E2BIG, "" },
	{ "more bytes", "/x %u%u%u%u%u", "vda", U0, -E2BIG, "" },
	{ "nothing", "  ", "vda", U0, -ENOEXEC, "" },
};

static const struct {
	const char *line;
	bool good;
	enum hook_when when;
	unsigned tries;
	bool masked, optional, no_cache;
} lines[] = {
	{ "crypto_LUKS ask /x %d", true, HOOK_ASK, 3, false, false },
	{ "crypto_LUKS:" U0 " ask,tries=0,optional /x", true, HOOK_ASK, 0,
	  false, true },
	{ "crypto_LUKS ask,masked,tries=5 /x", true, HOOK_ASK, 5, true, false },
	{ "crypto_LUKS ask,no-cache,masked /x", true, HOOK_ASK, 3, true, false,
	  true },
	{ "crypto_LUKS each,no-cache /x", false, 0, 0, false, false },
	{ "crypto_LUKS ask,tries= /x", false, 0, 0, false, false },
	{ "crypto_LUKS ask,tries=x /x", false, 0, 0, false, false },
	{ "crypto_LUKS ask,mask /x", false, 0, 0, false, false },
	{ "crypto_LUKS ask, /x", false, 0, 0, false, false },
	{ "crypto_LUKS beside /x", true, HOOK_BESIDE, 3, false, false },
	{ "crypto_LUKS beside,tries=2 /x", false, 0, 0, false, false },
	{ "crypto_LUKS each,tries=2 /x", false, 0, 0, false, false },
	{ "crypto_LUKS soon /x", false, 0, 0, false, false },
	{ "crypto_LUKS ask x", false, 0, 0, false, false },
	{ "crypto_LUKS:" U0 " never", true, HOOK_NEVER, 3, false, false },
	{ "crypto_LUKS:" U0 " never /x", false, 0, 0, false, false },
};

static void test_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[200];
		struct hook hook;
		bool good;

		strcpy(line, lines[i].line);
		good = hook_parse(line, &hook);
		is_int(good, lines[i].good, "%s", lines[i].line);
		if (!good || !lines[i].good)
			continue;
		ok(hook.when == lines[i].when && hook.tries == lines[i].tries &&
			   hook.masked == lines[i].masked &&
			   hook.optional == lines[i].optional &&
			   hook.no_cache == lines[i].no_cache,
		   "%s: what it says", lines[i].line);
	}
}

/* What the command line says of LUKS devices, and what becomes of a command for
 * the device U0: its last word. */
static const struct {
	const char *word, *value, *command, *last;
	bool is_asked, fits;
} names[] = {
	{ "rd.luks.name", U0 "=cryptroot", "/x open %d luks-%u", "cryptroot",
	  true, true },
	{ "luks.name", "00112233-4455-6677-8899-AABBCCDDEEFF=a", "/x %d b", "a",
	  true, true },
	{ "rd.luks.name", "11112233-4455-6677-8899-aabbccddeeff=a", "/x %d b",
	  "b", false, true },
	{ "rd.luks.uuid", "luks-" U0, "/x %d luks-%u", "luks-" U0, true, true },
	{ "luks.uuid", U0, "/x %d b", "b", true, true },
	{ "rd.luks.uuid", "luks-00112233", "/x %d b", "b", false, true },
	/* The image's command has no name there. */
	{ "rd.luks.name", U0 "=a", "/x %d --b", "--b", true, true },
	{ "rd.luks.name", U0 "=a", "/x b %d", "/dev/vda", true, true },
	{ "rd.luks.name", U0 "=a", "/x %d b c", "c", true, true },
	/* no names */
	{ "rd.luks.name", U0, "/x %d b", "b", true, false },
	{ "rd.luks.name", U0 "=", "/x %d b", "b", true, false },
	{ "rd.luks.name", U0 "=--help", "/x %d b", "b", true, false },
	{ "rd.luks.name", U0 "=../sda", "/x %d b", "b", true, false },
	{ "rd.luks.name", U0 "=a b", "/x %d b", "b", true, false },
	{ "rd.luks.name", "1=a", "/x %d b", "b", false, false },
	{ "rd.luks.key", U0 "=a", "/x %d b", "b", false, true },
};

static void test_names(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static struct device device = { .name = "vda",
						.content = { .uuid = U0 } };
		static struct hook_command command;
		struct hook hook = { .type = "crypto_LUKS",
				     .command = names[i].command };
		char *last = NULL;

		luks_forget();
		luks_parameter(names[i].word, names[i].value, NULL);
		is_int(hook_command(&hook, &device, &command), 0, "%s=%s, '%s'",
		       names[i].word, names[i].value, names[i].command);
		for (char **word = command.argv; *word; word++)
			last = *word;
		is_str(last, names[i].last, "... its last word");
		is_int(luks_uuid(0) && probe_uuid_equal(luks_uuid(0), U0),
		       names[i].is_asked, "... asked for");
		is_int(luks_names_fit(), names[i].fits, "... taken whole");
		hook.type = "LVM2_member";
		is_int(hook_command(&hook, &device, &command), 0, "... of LVM");
		ok(!luks_name(U0) || !command.argv[1] || !command.argv[2] ||
			   command.argv[2] != luks_name(U0),
		   "... has no name of the line");
	}
	luks_forget();
	for (unsigned i = 0; i < 9; i++) {
		char value[] = "X0112233-4455-6677-8899-aabbccddeeff=a";

		value[0] = (char)('0' + i);
		luks_parameter("rd.luks.name", value, NULL);
	}
	ok(luks_uuid(7) && !luks_uuid(8) && !luks_names_fit(),
	   "one name more than there is room for is not taken in silence");
}

int main(void)
{
	test_lines();
	test_names();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct device device;
		char buf[160], got[200] = "", *argv[8];
		int r;

		strcpy(device.name, rows[i].name);
		strcpy(device.content.uuid, rows[i].uuid);
		r = hook_words(rows[i].command, &device, buf, sizeof(buf), argv,
			       8);
		is_int(r, rows[i].result, "%s: result", rows[i].what);
		for (char **word = argv; r == 0 && *word; word++) {
			if (word > argv)
				strcat(got, "|");
			strcat(got, *word);
		}
		is_str(got, rows[i].words, "%s", rows[i].what);
	}
	return tap_done();
}
