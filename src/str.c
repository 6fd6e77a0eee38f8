/* SPDX-License-Identifier: MIT */
#include "str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int str_copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size) {
		to[0] = '\0';
		return -ENAMETOOLONG;
	}
	memcpy(to, from, len + 1);
	return 0;
}

int str_format(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= size) {
		to[0] = '\0';
		return -ENAMETOOLONG;
	}
	return 0;
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->buf + text->len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room) {
		text->cut = true;
		text->len = text->size ? text->size - 1 : 0;
		return;
	}
	text->len += (size_t)n;
}

/* Bytes of the UTF-8 sequence at @c, 0 if it is none: RFC 3629. */
static unsigned utf8_len(const unsigned char *c)
{
	unsigned len = c[0] < 0x80		     ? 1
		       : c[0] >= 0xc2 && c[0] < 0xe0 ? 2
		       : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
		       : c[0] >= 0xf0 && c[0] < 0xf5 ? 4
						     : 0;

	for (unsigned i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

void text_add_json(struct text *text, const char *string)
{
	const unsigned char *c = (const unsigned char *)string;

	text_add(text, "\"");
	while (*c) {
		unsigned len = utf8_len(c);

		if (len == 0)
			text_add(text, "\\ufffd");
		else if (*c == '"' || *c == '\\')
			text_add(text, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			text_add(text, "\\u%04x", *c);
		else
			text_add(text, "%.*s", (int)len, (const char *)c);
		c += len ? len : 1;
	}
	text_add(text, "\"");
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static int number(const char *string, size_t len, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned next = (unsigned)digit(string[i]);

		if (next >= base)
			return -EINVAL;
		if (value > (UINT64_MAX - next) / base)
			return -ERANGE;
		value = value * base + next;
	}
	*ret = value;
	return 0;
}

int str_number(const char *string, uint64_t *ret)
{
	return number(string, strlen(string), 10, ret);
}

int str_hex(const char *string, size_t len, uint64_t *ret)
{
	return number(string, len, 16, ret);
}

const char *str_after(const char *string, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(string, prefix, len) == 0 ? string + len : NULL;
}

const char *str_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void str_unescape(char *string)
{
	char *to = string;

	for (const char *from = string; *from; to++) {
		int value = -1;
		size_t used = 0;

		if (from[0] == '\\' && from[1] == 'x' && digit(from[2]) < 16 &&
		    digit(from[3]) < 16) {
			value = digit(from[2]) * 16 + digit(from[3]);
			used = 4;
		} else if (from[0] == '\\' && digit(from[1]) < 4 &&
			   digit(from[2]) < 8 && digit(from[3]) < 8) {
			value = digit(from[1]) * 64 + digit(from[2]) * 8 +
				digit(from[3]);
			used = 4;
		}
		/* An escaped NUL would end the string early: left as it is. */
		if (value > 0) {
			*to = (char)value;
			from += used;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}
