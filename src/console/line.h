/* SPDX-License-Identifier: MIT */
/*
 * line.h - a line that a person types where nobody echoes it (pure)
 *
 * Backspace removes a character, Ctrl-U and Ctrl-C remove all of them, and
 * Enter and Ctrl-D end the line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* cryptsetup itself asks for at most 512 bytes. */
#define LINE_BYTES 512

struct line {
	size_t len;
	bool is_too_long; /* a byte had no room: this is not what was typed */
	char bytes[LINE_BYTES];
};

/* take a byte that was typed: true if it ends the line */
bool line_type(struct line *line, char byte);
/* how many characters that is: the bytes of one in UTF-8 count once */
size_t line_characters(const struct line *line);
/* overwrite what was typed, as it is a secret */
void line_clear(struct line *line);
