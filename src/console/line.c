/* SPDX-License-Identifier: MIT */
#include "console/line.h"

#include "base/str.h"

#define CTRL(letter) ((letter)-64)
#define DELETE	     0x7f

static bool is_inside_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static void remove_character(struct line *line)
{
	while (line->len && is_inside_character(line->bytes[line->len - 1]))
		line->bytes[--line->len] = '\0';
	if (line->len)
		line->bytes[--line->len] = '\0';
}

bool line_type(struct line *line, char byte)
{
	switch (byte) {
	case '\n':
	case '\r':
	case CTRL('D'):
		return true;
	case '\b':
	case DELETE:
		remove_character(line);
		return false;
	case CTRL('C'):
	case CTRL('U'):
		line_clear(line);
		return false;
	default:
		if (line->len == sizeof(line->bytes))
			line->is_too_long = true;
		else
			line->bytes[line->len++] = byte;
		return false;
	}
}

size_t line_characters(const struct line *line)
{
	size_t count = 0;

	for (size_t i = 0; i < line->len; i++)
		count += !is_inside_character(line->bytes[i]);
	return count;
}

void line_clear(struct line *line)
{
	str_wipe(line->bytes, sizeof(line->bytes));
	line->len = 0;
	line->is_too_long = false;
}
