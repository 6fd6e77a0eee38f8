/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <errno.h>
#include <string.h>

struct output {
	char *to;
	size_t size;
	size_t len; /* wanted */
};

static void put(struct output *output, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++, output->len++)
		if (output->len + 1 < output->size)
			output->to[output->len] = bytes[i];
}

static void pad(struct output *output, char with, size_t have, size_t width)
{
	for (; have < width; have++)
		put(output, &with, 1);
}

/* The digits of @value at the end of @buf. */
static const char *digits(unsigned long long value, unsigned base, char *end)
{
	*--end = "0123456789abcdef"[value % base];
	return value < base ? end : digits(value / base, base, end);
}

struct conversion {
	bool left, zero, precise;
	size_t width, precision;
	unsigned longs;
};

static size_t count(const char **format)
{
	size_t value = 0;

	for (; **format >= '0' && **format <= '9'; ++*format)
		value = value * 10 + (size_t)(**format - '0');
	return value;
}

static void put_string(struct output *output, const struct conversion *how,
		       const char *string)
{
	size_t len = 0;

	while (string[len] && !(how->precise && len == how->precision))
		len++;

	if (!how->left)
		pad(output, ' ', len, how->width);
	put(output, string, len);
	if (how->left)
		pad(output, ' ', len, how->width);
}

static void put_number(struct output *output, const struct conversion *how,
		       unsigned long long value, unsigned base, bool negative)
{
	char buf[24];
	const char *start = digits(value, base, buf + sizeof(buf));
	size_t len = (size_t)(buf + sizeof(buf) - start) + negative;

	if (!how->left && !how->zero)
		pad(output, ' ', len, how->width);
	if (negative)
		put(output, "-", 1);
	if (how->zero)
		pad(output, '0', len, how->width);
	put(output, start, len - negative);
	if (how->left)
		pad(output, ' ', len, how->width);
}

/* The flags, width, precision and size at @format: where the letter is. */
static const char *parse(const char *format, struct conversion *ret,
			 va_list *args)
{
	for (; *format == '-' || *format == '0'; format++) {
		ret->left |= *format == '-';
		ret->zero |= *format == '0';
	}
	ret->width = count(&format);
	if (*format == '.') {
		ret->precise = true;
		if (*++format == '*') {
			int given = va_arg(*args, int);

			ret->precision = given < 0 ? 0 : (size_t)given;
			format++;
		} else {
			ret->precision = count(&format);
		}
	}
	for (; *format == 'l' || *format == 'z'; format++)
		ret->longs++;
	return format;
}

size_t str_vprint(char *to, size_t size, const char *format, va_list *args)
{
	struct output output = { to, size, 0 };

	while (*format) {
		size_t len = str_until(format, "%\f");
		struct conversion how = { 0 };
		const char *start = format + len;
		long long value;
		char c;

		put(&output, format, len);
		format = start;
		if (*format != '%')
			break;
		format = parse(format + 1, &how, args);
		switch (*format) {
		case 's':
			put_string(&output, &how, va_arg(*args, const char *));
			break;
		case 'c':
			c = (char)va_arg(*args, int);
			put(&output, &c, 1);
			break;
		case 'd':
		case 'i':
			/* long and long long are one size wherever this runs */
			value = how.longs ? va_arg(*args, long long)
					  : va_arg(*args, int);
			put_number(&output, &how,
				   value < 0 ? 0 - (unsigned long long)value
					     : (unsigned long long)value,
				   10, value < 0);
			break;
		case 'u':
		case 'x':
			put_number(&output, &how,
				   how.longs ? va_arg(*args, unsigned long long)
					     : va_arg(*args, unsigned),
				   *format == 'x' ? 16 : 10, false);
			break;
		default:
			put(&output, start,
			    (size_t)(format - start) + !!*format);
			/* "%%" is one byte. */
			if (*format == '%' && output.len > 0)
				output.len--;
			break;
		}
		if (*format)
			format++;
	}
	if (size > 0)
		to[output.len < size ? output.len : size - 1] = '\0';
	return output.len;
}

size_t str_span(const char *string, const char *set)
{
	size_t len = 0;

	while (string[len] && str_char(set, string[len]))
		len++;
	return len;
}

size_t str_until(const char *string, const char *set)
{
	size_t len = 0;

	while (string[len] && !str_char(set, string[len]))
		len++;
	return len;
}

char *str_char(const char *string, char wanted)
{
	while (*string != wanted)
		if (!*string++)
			return NULL;
	return (char *)(uintptr_t)string;
}

int str_copy(char *to, size_t size, const char *from)
{
	return str_part(to, size, from, strlen(from));
}

int str_part(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size) {
		to[0] = '\0';
		return -ENAMETOOLONG;
	}
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

int str_format(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = str_vprint(to, size, format, &args);
	va_end(args);
	if (n >= size) {
		to[0] = '\0';
		return -ENAMETOOLONG;
	}
	return 0;
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->len;
	va_list args;
	size_t n;

	va_start(args, format);
	n = str_vprint(text->buf + text->len, room, format, &args);
	va_end(args);
	if (n >= room) {
		text->cut = true;
		text->len = text->size ? text->size - 1 : 0;
		return;
	}
	text->len += n;
}

/*
 * Bytes of the UTF-8 sequence at @c, 0 if it is none: RFC 3629, section 4. A
 * sequence that is longer than necessary is none, because a terminal may decode
 * it nevertheless, and there is one for ESC. Nor is a surrogate, or what lies
 * beyond U+10FFFF.
 */
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
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return len;
}

/*
 * What a terminal obeys instead of showing it: control characters, of which
 * UTF-8 has some of two bytes as well, and the characters without a shape of
 * the Unicode standard (general categories Cf, Zl and Zp, and what it calls
 * default ignorable). Those that set the direction of a text have a name read
 * backwards, and the others make two names look the same. The selectors of a
 * glyph's variant, U+FE00 to U+FE0F, are not among them.
 */
static const struct {
	uint32_t first, last;
} obeyed[] = {
	{ 0x00, 0x1f },	      { 0x7f, 0x9f },	    { 0xad, 0xad },
	{ 0x34f, 0x34f },     { 0x61c, 0x61c },	    { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
	{ 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
	{ 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

/* What is at the beginning of a string. */
struct character {
	unsigned bytes;
	bool is_utf8;
	bool is_shown; /* it is UTF-8, and nothing that a terminal obeys */
	uint32_t number;
};

static struct character character_at(const unsigned char *c)
{
	unsigned len = utf8_len(c);
	struct character is = { .bytes = len ? len : 1, .is_utf8 = len };

	is.number = len > 1 ? *c & (0x7fu >> len) : *c;
	for (unsigned i = 1; i < len; i++)
		is.number = is.number << 6 | (c[i] & 0x3f);
	is.is_shown = is.is_utf8;
	for (size_t i = 0; i < sizeof(obeyed) / sizeof(obeyed[0]); i++)
		if (is.number >= obeyed[i].first && is.number <= obeyed[i].last)
			is.is_shown = false;
	return is;
}

void text_add_shown(struct text *text, const char *string)
{
	const unsigned char *c = (const unsigned char *)string;

	while (*c) {
		struct character is = character_at(c);

		if (is.is_shown)
			text_add(text, "%.*s", (int)is.bytes, (const char *)c);
		else
			text_add(text, "?");
		c += is.bytes;
	}
}

void str_show(char *string)
{
	unsigned char *c = (unsigned char *)string;

	while (*c) {
		struct character is = character_at(c);

		if (!is.is_shown)
			memset(c, '?', is.bytes);
		c += is.bytes;
	}
}

void str_wipe(void *secret, size_t size)
{
	/* The compiler must not leave it out because nobody reads it. */
	for (volatile char *c = secret; size--;)
		*c++ = 0;
}

void text_add_json(struct text *text, const char *string)
{
	const unsigned char *c = (const unsigned char *)string;
	struct character is;

	text_add(text, "\"");
	for (; *c; c += is.bytes) {
		const unsigned char *plain = c;

		while ((is = character_at(c)).is_shown && *c != '"' &&
		       *c != '\\')
			c += is.bytes;
		text_add(text, "%.*s", (int)(c - plain), (const char *)plain);
		if (!*c)
			break;
		if (!is.is_utf8)
			text_add(text, "\\ufffd");
		else if (is.is_shown)
			text_add(text, "\\%c", *c);
		else if (is.number < 0x10000)
			text_add(text, "\\u%04x", is.number);
		else /* a surrogate pair: RFC 8259, section 7 */
			text_add(text, "\\u%04x\\u%04x",
				 0xd7c0 + (is.number >> 10),
				 0xdc00 + (is.number & 0x3ff));
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
	for (; *prefix; string++, prefix++)
		if (*string != *prefix)
			return NULL;
	return string;
}

bool str_contains(const char *string, const char *part)
{
	while (!str_after(string, part))
		if (!*string++)
			return false;
	return true;
}

bool str_same_name(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		if (a[i] != b[i] && !((a[i] == '-' || a[i] == '_') &&
				      (b[i] == '-' || b[i] == '_')))
			return false;
	return true;
}

bool str_in_list(const char *list, const char *word)
{
	while (*list) {
		size_t len = str_until(list, ",");

		if (len == strlen(word) && memcmp(list, word, len) == 0)
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

char *str_word(char **line)
{
	char *start = *line + str_span(*line, " \t");
	char *end = start + str_until(start, " \t");

	*line = end + (*end != '\0');
	*end = '\0';
	return start;
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
		/* An escaped NUL would end the string, so it is left as it
		 * is. */
		if (value > 0) {
			*to = (char)value;
			from += used;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}
