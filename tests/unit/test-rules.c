/* SPDX-License-Identifier: MIT */
#include "helper/rules.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fail.h"
#include "helper/movers.h"
#include "tap.h"

/* @words are a command's, with a blank for the NUL between them. */
static const struct {
	const char *name, *line;
	const struct mover *mover;
	int64_t deadline_us;
	bool keep, copy, late_copy;
	const char *words;
} good[] = {
	{ "all of it", "netd signal 2s keep /bin/netd -f x", &mover_signal,
	  2000000, true, false, false, "/bin/netd|-f|x" },
	{ "milliseconds", "a auto 500ms stop /a", &mover_auto, 500000, false,
	  false, false, "/a" },
	{ "blanks and tabs", "  a\tnone  1s\tkeep   /a   b", &mover_none,
	  1000000, true, false, false, "/a|b" },
	{ "a quoted blank", "a inject 1s keep /a \"b c\" d", &mover_inject,
	  1000000, true, false, false, "/a|b c|d" },
	{ "to be copied", "a auto 1s keep,copy /a", &mover_auto, 1000000, true,
	  true, false, "/a" },
	{ "to be copied late", "a auto 1s keep,late-copy /a", &mover_auto,
	  1000000, true, false, true, "/a" },
	{ "no time at all", "a stop 0s stop /a", &mover_stop, 0, false, false,
	  false, "/a" },
};

static const struct {
	const char *line, *sentence;
} bad[] = {
	{ "a jump 1s keep /a", "read the helper 'a': 'jump' is not a mover" },
	{ "a auto soon keep /a",
	  "read the helper 'a': 'soon' is not a deadline "
	  "such as 2s or 500ms" },
	{ "a auto 2 keep /a", "read the helper 'a': '2' is not a deadline such "
			      "as 2s or 500ms" },
	{ "a auto 1s hold /a", "read the helper 'a': 'hold' is not keep, "
			       "keep,copy, keep,late-copy or stop" },
	{ "a auto 1s stop,copy /a", "read the helper 'a': 'stop,copy' is not "
				    "keep, keep,copy, keep,late-copy or stop" },
	{ "a auto 1s keep", "read the helper 'a': '' is no command, or too "
			    "long" },
	/* What came after an empty word would be left out in silence. */
	{ "a auto 1s keep /a \"\" b", "read the helper 'a': '/a \"\" b' is no "
				      "command, or too long" },
	{ "a auto 1s keep /a \"b c", "read the helper 'a': '/a \"b c' is no "
				     "command, or too long" },
	{ "a", "read the helper 'a': '' is not a mover" },
	{ "a-name-of-thirty-two-bytes-or-so auto 1s keep /a",
	  "read the helper 'a-name-of-thirty-two-bytes-or-so': "
	  "'a-name-of-thirty-two-bytes-or-so' is too long for a name" },
};

int main(void)
{
	struct helper_rule rule;
	struct fail why;
	char line[4096];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char words[512];
		size_t len = 0;

		strcpy(line, good[i].line);
		is_int(rules_parse(line, &rule, &why), 0, "%s", good[i].name);
		is_str(rule.mover->name, good[i].mover->name, "%s: mover",
		       good[i].name);
		is_int(rule.deadline_us, good[i].deadline_us, "%s: deadline",
		       good[i].name);
		is_int(rule.keep, good[i].keep, "%s: fate", good[i].name);
		is_int(rule.copy, good[i].copy, "%s: copy", good[i].name);
		is_int(rule.late_copy, good[i].late_copy, "%s: late copy",
		       good[i].name);
		for (const char *at = rule.command; *at; at += strlen(at) + 1)
			len += (size_t)snprintf(words + len,
						sizeof(words) - len, "%s%s",
						len ? "|" : "", at);
		is_str(words, good[i].words, "%s: command", good[i].name);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(line, bad[i].line);
		is_int(rules_parse(line, &rule, &why), -EINVAL, "'%s'",
		       bad[i].line);
		is_str(why.what, bad[i].sentence, "'%s': the sentence",
		       bad[i].line);
	}
	strcpy(line, "  # a auto 1s keep /a");
	is_int(rules_parse(line, &rule, &why), -ENOENT, "a comment");
	line[0] = '\0';
	is_int(rules_parse(line, &rule, &why), -ENOENT, "an empty line");
	strcpy(line, "a auto 1s keep ");
	memset(line + 15, 'x', 600);
	line[615] = '\0';
	is_int(rules_parse(line, &rule, &why), -EINVAL,
	       "a command that does not fit is no shorter command");
	strcpy(line, "a auto 1s keep /a");
	for (int i = 0; i < 600; i++)
		strcat(line, " \"\"");
	is_int(rules_parse(line, &rule, &why), -EINVAL,
	       "empty words do not leave the buffer");
	return tap_done();
}
