/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <unistd.h>

#include "tap.h"

/* What a line shows of a text that others chose. */
static const struct {
	const char *name, *text, *is;
} texts[] = {
	{ "a label", "label 'root'", "label 'root'" },
	{ "UTF-8",
	  "Gr\xc3\xb6\xc3\x9f"
	  "e",
	  "Gr\xc3\xb6\xc3\x9f"
	  "e" },
	{ "ESC", "a\033[31mb", "a?[31mb" },
	{ "a line of its own", "a\nb\rc", "a?b?c" },
	{ "U+009B, which is ESC [ to a terminal",
	  "a\xc2\x9b"
	  "2J",
	  "a??2J" },
	{ "the same as one byte",
	  "a\x9b"
	  "2J",
	  "a?2J" },
	{ "the same, longer than necessary",
	  "a\xe0\x82\x9b"
	  "2J",
	  "a???2J" },
	{ "ESC, longer than necessary", "a\xc0\x9b[2J", "a??[2J" },
};

/* The line that log_line() writes for @text, without its newline. */
static const char *line_of(const char *text)
{
	static char line[2000];
	int ends[2], before = dup(2);
	ssize_t n;

	line[0] = '\0';
	if (before < 0 || pipe(ends) < 0)
		return line;
	dup2(ends[1], 2);
	log_line(LOG_ERROR, "%s", text);
	dup2(before, 2);
	close(before);
	close(ends[1]);
	n = read(ends[0], line, sizeof(line) - 1);
	close(ends[0]);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return line;
}

int main(void)
{
	static char longest[1200];
	const char *line;
	size_t len;

	log_as_command(false);
	log_stage("test");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char want[100];

		snprintf(want, sizeof(want), "pintle: test: %s", texts[i].is);
		is_str(line_of(texts[i].text), want, "%s", texts[i].name);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	line = line_of(longest);
	len = strlen(line);
	ok(len < 900 && len > 800, "a line that is too long is one line");
	is_str(line + len - 6, "xxx...", "it ends in dots");
	/* The cut may be in the middle of a character. */
	for (size_t i = 0; i + 2 < sizeof(longest); i += 2)
		memcpy(longest + i, "\xc3\xb6", 2);
	longest[0] = 'x';
	line = line_of(longest);
	ok(!strstr(line, "\xc3."), "no half of a character before the dots");
	return tap_done();
}
