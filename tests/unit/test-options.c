/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"

#include <errno.h>

#include "base/fail.h"
#include "tap.h"

#define WORDS_MAX 6

/* What is not 0 there is said by its letter: n, p, h, V. */
static const struct {
	const char *words[WORDS_MAX]; /* after the name */
	int result, operand;
	const char *flags, *console;
	unsigned long long drop;
	bool bare;
} rows[] = {
	{ { "/r", "/i" }, 0, 1, "", "", 0, false },
	{ { NULL }, 0, 1, "", "", 0, false },
	{ { "-n", "/r", "/i" }, 0, 2, "n", "", 0, false },
	{ { "-np", "/r" }, 0, 2, "np", "", 0, false },
	{ { "-c", "/c", "/r" }, 0, 3, "", "/c", 0, false },
	{ { "-c/c", "/r" }, 0, 2, "", "/c", 0, false },
	{ { "-pnc/c", "/r" }, 0, 2, "np", "/c", 0, false },
	{ { "-pc", "/c", "-n", "/r" }, 0, 4, "np", "/c", 0, false },
	{ { "-c", "-n", "/r" }, 0, 3, "", "-n", 0, false },
	{ { "-d", "chown,9", "/r" }, 0, 3, "", "", 0x201, false },
	{ { "-d", "0", "-d", "1", "/r" }, 0, 5, "", "", 3, false },
	{ { "-d", "none", "/r" }, -EINVAL, 0, "", "", 0, false },
	{ { "--", "/r", "/i" }, 0, 2, "", "", 0, false },
	{ { "--", "-n", "/i" }, 0, 2, "", "", 0, false },
	{ { "-n", "--", "--", "/i" }, 0, 3, "n", "", 0, false },
	{ { "/r", "/i", "-n", "--help" }, 0, 1, "", "", 0, false },
	{ { "-", "/i" }, 0, 1, "", "", 0, false },
	{ { "-h" }, 0, 2, "h", "", 0, false },
	{ { "--help" }, 0, 2, "h", "", 0, false },
	{ { "-V" }, 0, 2, "V", "", 0, false },
	{ { "--version", "-n" }, 0, 3, "nV", "", 0, false },
	{ { "-x", "/r" }, -EINVAL, 0, "", "", 0, false },
	{ { "-nx", "/r" }, -EINVAL, 0, "n", "", 0, false },
	{ { "--none" }, -EINVAL, 0, "", "", 0, false },
	{ { "--hel" }, -EINVAL, 0, "", "", 0, false },
	{ { "-c" }, -EINVAL, 0, "", "", 0, false },
	{ { "-nd" }, -EINVAL, 0, "n", "", 0, false },
	{ { "/r", "/p" }, 0, 1, "", "", 0, true },
	{ { "--help" }, 0, 2, "h", "", 0, true },
	{ { "-n", "/r" }, -EINVAL, 0, "", "", 0, true },
	{ { "-c", "/c" }, -EINVAL, 0, "", "", 0, true },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[] = "switch_root", flags[8] = "", *f = flags;
		char *argv[WORDS_MAX + 2] = { name };
		struct options got;
		struct fail why;
		int argc = 1;

		for (; rows[i].words[argc - 1]; argc++)
			argv[argc] = (char *)(uintptr_t)rows[i].words[argc - 1];
		is_int(options_parse(argc, argv, rows[i].bare, &got, &why),
		       rows[i].result, "row %zu: result", i);
		is_int(got.operand, rows[i].operand, "row %zu: operand", i);
		*f = 'n', f += got.dry;
		*f = 'p', f += got.keep;
		*f = 'h', f += got.help;
		*f = 'V', f += got.version;
		*f = '\0';
		is_str(flags, rows[i].flags, "row %zu: flags", i);
		is_str(got.console ? got.console : "", rows[i].console,
		       "row %zu: console", i);
		is_int((long long)got.drop, (long long)rows[i].drop,
		       "row %zu: drop", i);
	}
	return tap_done();
}
