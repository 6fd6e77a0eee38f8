/* SPDX-License-Identifier: MIT */
#include "root/hibernate-location.h"

#include <errno.h>
#include <string.h>

#include "base/efivar.h"
#include "base/fail.h"
#include "base/str.h"

/* The GUID is systemd's. */
#define FILE "HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67"

/* systemd writes some 250 characters. */
#define BYTES_MAX 4096u
/* How deep members that are ignored may be nested. */
#define DEPTH_MAX 8u

/* -- its text ------------------------------------------------------------- */

static void skip_blanks(const char **at)
{
	*at += str_span(*at, " \t\r\n");
}

static bool take_char(const char **at, char wanted)
{
	skip_blanks(at);
	if (**at != wanted)
		return false;
	(*at)++;
	return true;
}

/*
 * Take a string, without its quotes. If it does not fit, or contains an escape,
 * it is none of those that are looked for, and @ret is "".
 */
static bool take_string(const char **at, char *ret, size_t size)
{
	const char *begin;
	bool plain = true;

	*ret = '\0';
	if (!take_char(at, '"'))
		return false;
	for (begin = *at; **at != '"'; (*at)++) {
		if ((unsigned char)**at < ' ')
			return false;
		if (**at == '\\') {
			plain = false;
			(*at)++;
			if (!**at)
				return false;
		}
	}
	if (plain)
		(void)str_part(ret, size, begin, (size_t)(*at - begin));
	(*at)++;
	return true;
}

/* Take a number, true, false or null, as it is written. */
static bool take_word(const char **at, char *ret, size_t size)
{
	size_t len;

	skip_blanks(at);
	len = str_span(*at, "abcdefghijklmnopqrstuvwxyzE0123456789+-.");
	(void)str_part(ret, size, *at, len);
	*at += len;
	return len > 0;
}

/* Skip an array or object that is ignored. */
static bool skip_nested(const char **at)
{
	unsigned depth = 0;
	char unused[2];

	do {
		skip_blanks(at);
		if (**at == '"') {
			if (!take_string(at, unused, sizeof(unused)))
				return false;
			continue;
		}
		if (!**at)
			return false;
		if (str_char("[{", **at) && ++depth > DEPTH_MAX)
			return false;
		if (str_char("]}", **at))
			depth--;
		(*at)++;
	} while (depth);
	return true;
}

/* Take 32 hexadecimal digits, with dashes or without, as UUID=... with
 * dashes. */
static bool take_uuid(const char *value, char *ret, size_t size)
{
	char digits[33];
	unsigned count = 0;
	size_t len = strlen(value);

	if (len != 32 && len != 36)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (len == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
			if (value[i] != '-')
				return false;
			continue;
		}
		if (!str_char("0123456789abcdefABCDEF", value[i]) ||
		    count == 32)
			return false;
		digits[count++] = value[i];
	}
	digits[count] = '\0';
	return str_format(ret, size, "UUID=%.8s-%.4s-%.4s-%.4s-%.12s", digits,
			  digits + 8, digits + 12, digits + 16,
			  digits + 20) == 0;
}

bool location_parse(const unsigned char *bytes, size_t len,
		    struct location *ret)
{
	static char text[BYTES_MAX / 2];
	const char *at = text;
	bool has_uuid = false, has_offset = false;
	char name[24], value[64];

	*ret = (struct location){ 0 };
	if (!efivar_text(bytes, len, text, sizeof(text)) ||
	    !take_char(&at, '{'))
		return false;
	do {
		bool is_string;

		if (!take_string(&at, name, sizeof(name)) ||
		    !take_char(&at, ':'))
			return false;
		skip_blanks(&at);
		is_string = *at == '"';
		*value = '\0';
		if (*at && str_char("[{", *at) ? !skip_nested(&at)
		    : is_string ? !take_string(&at, value, sizeof(value))
				: !take_word(&at, value, sizeof(value)))
			return false;
		if (strcmp(name, "uuid") == 0) {
			if (has_uuid || !is_string ||
			    !take_uuid(value, ret->spec, sizeof(ret->spec)))
				return false;
			has_uuid = true;
		} else if (strcmp(name, "offset") == 0) {
			if (has_offset || str_number(value, &ret->offset) < 0)
				return false;
			has_offset = true;
		} else if (strcmp(name, "osReleaseId") == 0 && is_string) {
			(void)str_copy(ret->id, sizeof(ret->id), value);
		} else if (strcmp(name, "osReleaseImageId") == 0 && is_string) {
			(void)str_copy(ret->image_id, sizeof(ret->image_id),
				       value);
		}
	} while (take_char(&at, ','));
	if (!take_char(&at, '}'))
		return false;
	skip_blanks(&at);
	return !*at && has_uuid && has_offset;
}

/* -- whose it is ---------------------------------------------------------- */

/* What follows @name in the line, without quotes; NULL: it is another line. */
static char *value_of(char *line, const char *name)
{
	const char *value = str_after(line, name);
	char *at = line + (value ? value - line : 0);
	size_t len = strlen(at);

	if (!value)
		return NULL;
	if (len >= 2 && (*at == '"' || *at == '\'') && at[len - 1] == *at) {
		at[len - 1] = '\0';
		at++;
	}
	return at;
}

bool location_is_of(const struct location *location, char *os_release)
{
	const char *id = "", *image_id = "";

	while (*os_release) {
		char *line = os_release, *value;

		os_release += str_until(line, "\n");
		if (*os_release)
			*os_release++ = '\0';
		value = value_of(line, "ID=");
		if (value)
			id = value;
		value = value_of(line, "IMAGE_ID=");
		if (value)
			image_id = value;
	}
	return !*id || !*location->id ||
	       (strcmp(id, location->id) == 0 &&
		strcmp(image_id, location->image_id) == 0);
}

/* -- the variable --------------------------------------------------------- */

int location_read(struct location *ret, struct fail *why)
{
	static unsigned char bytes[BYTES_MAX];
	long n;

	if (!efivar_is_possible())
		return 0;
	n = efivar_read(FILE, bytes, sizeof(bytes), why);
	if (n <= 0)
		return (int)n;
	return location_parse(bytes, (size_t)n, ret)
		       ? 1
		       : fail_said(why, EINVAL,
				   "read the EFI variable '" FILE
				   "': it has no UUID and offset "
				   "as systemd writes them");
}
