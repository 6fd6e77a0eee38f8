/* SPDX-License-Identifier: MIT */
#include "helper/rules.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "config/image.h"
#include "helper/movers.h"

/* "2s" or "500ms" */
static bool parse_duration(char *text, int64_t *ret_us)
{
	size_t digits = str_span(text, "0123456789");
	bool ms = strcmp(text + digits, "ms") == 0;
	uint64_t number;

	if (!ms && strcmp(text + digits, "s") != 0)
		return false;
	text[digits] = '\0';
	if (str_number(text, &number) < 0 || number > 3600000)
		return false;
	*ret_us = (int64_t)number * (ms ? 1000 : 1000000);
	return true;
}

/* Words in double quotes may hold blanks. */
static int split_words(const char *line, char *to, size_t size)
{
	size_t len = 0;

	while (*(line += str_span(line, " \t"))) {
		bool quoted = false;
		size_t start = len;

		for (; *line && (quoted || (*line != ' ' && *line != '\t'));
		     line++) {
			if (*line == '"') {
				quoted = !quoted;
				continue;
			}
			if (len + 3 > size)
				return -ENAMETOOLONG;
			to[len++] = *line;
		}
		/* An empty word would read as the end of the command. */
		if (quoted || len == start)
			return -EINVAL;
		to[len++] = '\0';
	}
	to[len] = '\0';
	return len > 0 ? 0 : -EINVAL;
}

int rules_parse(char *line, struct helper_rule *ret, struct fail *why)
{
	char *name, *mover, *deadline, *fate;
	const char *at, *is;

	line += str_span(line, " \t");
	if (!*line || *line == '#')
		return -ENOENT;
	*ret = (struct helper_rule){ 0 };
	name = str_word(&line);
	mover = str_word(&line);
	deadline = str_word(&line);
	fate = str_word(&line);
	ret->mover = movers_by_name(mover);
	ret->copy = strcmp(fate, "keep,copy") == 0;
	ret->late_copy = strcmp(fate, "keep,late-copy") == 0;
	ret->keep = ret->copy || ret->late_copy || strcmp(fate, "keep") == 0;
	if (str_copy(ret->name, sizeof(ret->name), name) < 0)
		at = name, is = "too long for a name";
	else if (!ret->mover)
		at = mover, is = "not a mover";
	else if (!parse_duration(deadline, &ret->deadline_us))
		at = deadline, is = "not a deadline such as 2s or 500ms";
	else if (!ret->keep && strcmp(fate, "stop") != 0)
		at = fate, is = "not keep, keep,copy, keep,late-copy or stop";
	else if (split_words(line, ret->command, sizeof(ret->command)) < 0)
		at = line, is = "no command, or too long";
	else
		return 0;
	return fail_said(why, EINVAL, "read the helper '%s': '%s' is %s", name,
			 at, is);
}

/* The rules that were read so far. */
struct reading {
	struct helper_rule *rules;
	unsigned count;
};

static int take_rule(char *line, void *ctx)
{
	struct reading *reading = ctx;
	struct fail why;
	int r;

	if (reading->count == RULES_MAX) {
		log_line(LOG_WARNING, "read '%s': over %d helpers, ignoring",
			 IMAGE_HELPERS, RULES_MAX);
		return 1;
	}
	r = rules_parse(line, &reading->rules[reading->count], &why);
	if (r == 0)
		reading->count++;
	else if (r != -ENOENT)
		log_line(LOG_WARNING, "%s, ignoring", why.what);
	return 0;
}

unsigned rules_read(struct helper_rule rules[RULES_MAX])
{
	struct reading reading = { rules, 0 };

	log_unread(IMAGE_HELPERS,
		   io_each_line(IMAGE_HELPERS, take_rule, &reading));
	return reading.count;
}
