/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "cmd/caps.h"

static const struct option {
	char letter;
	const char *word; /* its long form */
	bool value;
} options[] = {
	{ 'h', "help", false }, { 'V', "version", false },
#define BARE 2
	{ 'c', NULL, true },	{ 'd', NULL, true },
	{ 'n', NULL, false },	{ 'p', NULL, false },
};

static const struct option *options_find(const char *word, char letter,
					 bool bare)
{
	unsigned count = bare ? BARE : sizeof(options) / sizeof(options[0]);

	for (unsigned i = 0; i < count; i++)
		if (word ? options[i].word && !strcmp(options[i].word, word)
			 : options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int options_take(char letter, const char *value, struct options *ret,
			struct fail *why)
{
	switch (letter) {
	case 'h':
		ret->help = true;
		break;
	case 'V':
		ret->version = true;
		break;
	case 'c':
		ret->console = value;
		break;
	case 'd':
		return caps_parse(value, &ret->drop, why);
	case 'n':
		ret->dry = true;
		break;
	default:
		ret->keep = true;
		break;
	}
	return 0;
}

/* "-nc/dev/console" and "-n -c /dev/console" are the same: getopt(3). */
static int options_take_letters(const char *at, const char *next, bool bare,
				struct options *ret, struct fail *why)
{
	int used = 0;

	for (; *at; at++) {
		const struct option *option = options_find(NULL, *at, bare);
		const char *value = NULL;
		int r;

		if (!option)
			return fail_said(why, EINVAL,
					 "read '-%c': there is no such option",
					 *at);
		if (option->value) {
			value = at[1] ? at + 1 : next;
			used = at[1] ? 0 : 1;
			if (!value)
				return fail_said(why, EINVAL,
						 "read '-%c': its value is "
						 "missing",
						 *at);
		}
		r = options_take(*at, value, ret, why);
		if (r < 0 || value)
			return r < 0 ? r : used;
	}
	return 0;
}

int options_parse(int argc, char *const argv[], bool bare, struct options *ret,
		  struct fail *why)
{
	int at;

	*ret = (struct options){ 0 };
	for (at = 1; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
		const char *word = str_after(argv[at], "--");
		const struct option *option;
		int r;

		if (word && !*word) {
			at++;
			break;
		}
		if (!word) {
			r = options_take_letters(argv[at] + 1,
						 at + 1 < argc ? argv[at + 1]
							       : NULL,
						 bare, ret, why);
			if (r < 0)
				return r;
			at += r;
			continue;
		}
		option = options_find(word, 0, bare);
		if (!option)
			return fail_said(why, EINVAL,
					 "read '%s': there is no such option",
					 argv[at]);
		(void)options_take(option->letter, NULL, ret, why);
	}
	ret->operand = at;
	return 0;
}
