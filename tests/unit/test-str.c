/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>

#include "tap.h"

static const struct {
	const char *name, *from, *to;
} escapes[] = {
	{ "nothing to undo", "plain", "plain" },
	{ "udev writes a blank as \\x20", "my\\x20root", "my root" },
	{ "fstab writes a blank as \\040", "my\\040root", "my root" },
	{ "UTF-8 comes byte by byte", "\\xc3\\xa4", "\xc3\xa4" },
	{ "half an escape stays", "a\\x2", "a\\x2" },
	{ "a lone backslash stays", "a\\", "a\\" },
	{ "an escaped NUL stays, it would cut", "a\\x00b", "a\\x00b" },
	{ "octal beyond a byte stays", "\\777", "\\777" },
	{ "an escaped backslash", "\\134x41", "\\x41" },
};

static const struct {
	const char *name, *string;
	int error;
	uint64_t value;
} numbers[] = {
	{ "zero", "0", 0, 0 },
	{ "the largest", "18446744073709551615", 0, UINT64_MAX },
	{ "one more is out of range", "18446744073709551616", -ERANGE, 7 },
	{ "nothing is no number", "", -EINVAL, 7 },
	{ "a sign is no number", "-1", -EINVAL, 7 },
	{ "a blank after it is no number", "1 ", -EINVAL, 7 },
	{ "hexadecimal is not decimal", "ff", -EINVAL, 7 },
};

/* What a lax decoder takes for a character, and the Unicode standard does not
 * allow; and what it does. */
static const struct {
	const char *name, *string, *is;
} no_utf8[] = {
	{ "ESC in two bytes", "\xc0\x9b[2J", "??[2J" },
	{ "ESC in three bytes", "\xe0\x80\x9b[2J", "???[2J" },
	{ "U+009B in three bytes", "\xe0\x82\x9b", "???" },
	{ "ESC in four bytes", "\xf0\x80\x80\x9b", "????" },
	{ "U+009B in four bytes", "\xf0\x80\x82\x9b", "????" },
	{ "a surrogate", "\xed\xa0\x80", "???" },
	{ "beyond U+10FFFF", "\xf4\x90\x80\x80", "????" },
	{ "five bytes", "\xf8\x88\x80\x80\x80", "?????" },
	{ "cut in the middle", "a\xe2\x82", "a??" },
	{ "the smallest of three bytes", "\xe0\xa0\x80", "\xe0\xa0\x80" },
	{ "before the surrogates", "\xed\x9f\xbf", "\xed\x9f\xbf" },
	{ "the smallest of four bytes", "\xf0\x90\x80\x80",
	  "\xf0\x90\x80\x80" },
	{ "U+10FFFF", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
};

/* Characters of UTF-8 that a terminal obeys or does not show, and their
 * neighbours, which it shows. */
static const struct {
	const char *name, *string, *is, *json;
} formats[] = {
	{ "U+202E, right to left",
	  "a\xe2\x80\xae"
	  "b",
	  "a?b", "\"a\\u202eb\"" },
	{ "U+202A, the first embedding", "\xe2\x80\xaa", "?", "\"\\u202a\"" },
	{ "U+2066, the first isolate", "\xe2\x81\xa6", "?", "\"\\u2066\"" },
	{ "U+2069, the last isolate", "\xe2\x81\xa9", "?", "\"\\u2069\"" },
	{ "U+200E, a mark", "\xe2\x80\x8e", "?", "\"\\u200e\"" },
	{ "U+200F, the other mark", "\xe2\x80\x8f", "?", "\"\\u200f\"" },
	{ "U+061C, the Arabic mark", "\xd8\x9c", "?", "\"\\u061c\"" },
	{ "U+200B, a space of no width", "\xe2\x80\x8b", "?", "\"\\u200b\"" },
	{ "U+2028, a new line", "\xe2\x80\xa8", "?", "\"\\u2028\"" },
	{ "U+00AD, a soft hyphen", "\xc2\xad", "?", "\"\\u00ad\"" },
	{ "U+FEFF, the byte order mark", "\xef\xbb\xbf", "?", "\"\\ufeff\"" },
	{ "U+206F, the last of its block", "\xe2\x81\xaf", "?", "\"\\u206f\"" },
	{ "U+FFFB, the end of an annotation", "\xef\xbf\xbb", "?",
	  "\"\\ufffb\"" },
	{ "U+E0041, a tag", "\xf3\xa0\x81\x81", "?", "\"\\udb40\\udc41\"" },
	{ "U+1D173, a beam", "\xf0\x9d\x85\xb3", "?", "\"\\ud834\\udd73\"" },
	{ "U+200A, a thin space", "\xe2\x80\x8a", "\xe2\x80\x8a",
	  "\"\xe2\x80\x8a\"" },
	{ "U+2027, U+202F and U+2070", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xb0",
	  "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xb0",
	  "\"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xb0\"" },
	{ "U+05D0, a letter that is written to the left", "\xd7\x90",
	  "\xd7\x90", "\"\xd7\x90\"" },
};

/* Ours and libc's must say the same, whether it fits or is cut. */
#define SAME(...)                                                              \
	do {                                                                   \
		char ours[40], libc[40];                                       \
                                                                               \
		for (size_t size = 1; size <= sizeof(ours); size += 13) {      \
			size_t want = print_libc(libc, size, __VA_ARGS__);     \
			size_t got = print(ours, size, __VA_ARGS__);           \
                                                                               \
			is_int(got, want, "print: %s: length", #__VA_ARGS__);  \
			is_str(ours, libc, "print: %s in %zu bytes",           \
			       #__VA_ARGS__, size);                            \
		}                                                              \
	} while (0)

__attribute__((format(printf, 3, 4))) static size_t
print(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = str_vprint(to, size, format, &args);
	va_end(args);
	return n;
}

/* A function of its own, so that gcc does not see that some of it is cut. */
__attribute__((format(printf, 3, 4))) static size_t
print_libc(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	return (size_t)n;
}

static void test_print(void)
{
	SAME("nothing");
	SAME("%s and %s", "one", "two");
	SAME("%c%c%c", 'a', 'b', 'c');
	SAME("100%% of %d", 3);
	SAME("%d %d %d", 0, -1, INT32_MIN);
	SAME("%u %x", UINT32_MAX, UINT32_MAX);
	SAME("%lld %llu", (long long)INT64_MIN, (unsigned long long)-1);
	SAME("%llx %zu %ld %lu", 0xfeedfacecafeull, sizeof(int), -5L, 5ul);
	SAME("[%6d] [%-6d] [%06d]", 42, 42, 42);
	SAME("[%6d] [%-6d] [%06d]", -42, -42, -42);
	SAME("[%3d] [%02x] [%04x] [%03lld]", 12345, 7, 0xabcde, 7ll);
	SAME("[%9s] [%-9s] [%2s]", "four", "four", "four");
	SAME("[%.2s] [%.*s] [%-9.3s]", "four", 3, "four", "four");
	SAME("[%.*s]", 9, "four");
}

static void test_formats(void)
{
	char buf[64];
	struct text text = { .buf = buf, .size = sizeof(buf) };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		text.len = 0;
		text_add_shown(&text, formats[i].string);
		is_str(buf, formats[i].is, "shown: %s", formats[i].name);
		strcpy(buf, formats[i].string);
		str_show(buf);
		ok(strcmp(formats[i].is, formats[i].string) == 0
			   ? strcmp(buf, formats[i].is) == 0
			   : !strpbrk(buf, "\xe2\xef\xf3\xf0\xc2\xd8"),
		   "shown in place: %s", formats[i].name);
		text.len = 0;
		text_add_json(&text, formats[i].string);
		is_str(buf, formats[i].json, "json: %s", formats[i].name);
	}
}

int main(void)
{
	char buf[8];
	char long_buf[64];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	uint64_t value;

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		strcpy(long_buf, escapes[i].from);
		str_unescape(long_buf);
		is_str(long_buf, escapes[i].to, "unescape: %s",
		       escapes[i].name);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		value = 7;
		is_int(str_number(numbers[i].string, &value), numbers[i].error,
		       "number: %s", numbers[i].name);
		ok(value == numbers[i].value, "number: %s: value",
		   numbers[i].name);
	}
	test_formats();
	is_int(str_hex("fF", 2, &value), 0, "hex: both cases");
	is_int((long long)value, 255, "hex: value");

	is_int(str_copy(buf, sizeof(buf), "1234567"), 0, "copy: just fits");
	is_int(str_copy(buf, sizeof(buf), "12345678"), -ENAMETOOLONG,
	       "copy: one too long is an error");
	is_str(buf, "", "copy: and not a shorter string");
	is_int(str_format(buf, sizeof(buf), "%d", 12345678), -ENAMETOOLONG,
	       "format: one too long is an error");
	is_str(buf, "", "format: and not a shorter string");

	is_int(str_part(buf, sizeof(buf), "12345678", 7), 0, "part: just fits");
	is_str(buf, "1234567", "part: no more of it");
	is_int(str_part(buf, sizeof(buf), "12345678", 8), -ENAMETOOLONG,
	       "part: one too long is an error");

	text_add(&text, "%s", "abc");
	text_add_json(&text, "d");
	is_str(buf, "abc\"d\"", "text: grows");
	ok(!text.cut, "text: nothing cut");
	text_add(&text, "%s", "toolong");
	ok(text.cut, "text: says that it was cut");
	text_add(&text, "x");
	ok(strlen(buf) < sizeof(buf), "text: stays a string after that");

	text = (struct text){ .buf = long_buf, .size = sizeof(long_buf) };
	text_add_json(&text, "a\"b\\c\n\x01\xc3\xa4");
	is_str(long_buf, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa4\"",
	       "json: quotes, backslashes, control characters");

	text = (struct text){ .buf = long_buf, .size = sizeof(long_buf) };
	text_add_json(&text, "a\xff\xc3(\xe2\x82\xac\x7f");
	is_str(long_buf, "\"a\\ufffd\\ufffd(\xe2\x82\xac\\u007f\"",
	       "json: what is no UTF-8 is replaced");

	text = (struct text){ .buf = long_buf, .size = sizeof(long_buf) };
	text_add_json(&text, "\xc2\x9b"
			     "2J\xc2\xa0\xe0\x80\x9b");
	is_str(long_buf,
	       "\"\\u009b"
	       "2J\xc2\xa0\\ufffd\\ufffd\\ufffd\"",
	       "json: control characters beyond ASCII");

	text = (struct text){ .buf = long_buf, .size = sizeof(long_buf) };
	text_add_shown(&text, "a\x1b\x7f\xc3\xa4");
	is_str(long_buf, "a??\xc3\xa4", "shown: nothing that moves a cursor");
	text.len = 0;
	text_add_shown(&text, "\x9b"
			      "31m\xc2\x9b"
			      "2J\xc2\xa0\xe4.\xf0\x9f\x98\x80");
	is_str(long_buf, "?31m?2J\xc2\xa0?.\xf0\x9f\x98\x80",
	       "shown: nor one of 8 bits, nor what is no UTF-8");
	for (size_t i = 0; i < sizeof(no_utf8) / sizeof(no_utf8[0]); i++) {
		char shown[24];
		size_t bytes = strlen(no_utf8[i].string);

		text.len = 0;
		text_add_shown(&text, no_utf8[i].string);
		is_str(long_buf, no_utf8[i].is, "shown: %s", no_utf8[i].name);
		strcpy(shown, no_utf8[i].string);
		str_show(shown);
		is_str(shown, no_utf8[i].is, "shown in place: %s",
		       no_utf8[i].name);
		is_int((int)strlen(shown), (int)bytes,
		       "shown in place: %s: as long as before",
		       no_utf8[i].name);
	}

	is_int((int)str_span("  a ", " "), 2, "span: up to another byte");
	is_int((int)str_span("", " "), 0, "span: nothing");
	is_int((int)str_until("ab\tc", " \t"), 2, "until: the first of a set");
	is_int((int)str_until("abc", "\n"), 3, "until: the end");
	is_str(str_char("a=b=c", '='), "=b=c", "char: the first one");
	is_str(str_char("abc", '\0'), "", "char: the NUL too");
	ok(!str_char("abc", 'd'), "char: there is none");
	is_str(str_base("/a/b"), "b", "base: after the last slash");
	is_str(str_base("b"), "b", "base: no slash");
	is_str(str_after("UUID=1", "UUID="), "1", "after: the rest");
	ok(!str_after("UUI", "UUID="), "after: too short");
	ok(str_contains("vg-a_rimage_0", "_rimage"), "contains: within");
	ok(str_contains("ab", "ab"), "contains: all of it");
	ok(str_contains("aab", "ab"), "contains: at the end");
	ok(!str_contains("a_rimag", "_rimage"), "contains: not whole");
	ok(!str_contains("", "a"), "contains: nothing");
	ok(str_same_name("usb-storage.ko", 11, "usb_storage", 11),
	   "same name: '-' and '_'");
	ok(!str_same_name("usb", 3, "usbcore", 7), "same name: a beginning");
	ok(!str_same_name("usbcore", 7, "usb", 3), "same name: or the reverse");
	ok(str_in_list("ro,noauto", "noauto"), "in list: at its end");
	ok(!str_in_list("noauto2,xnoauto", "noauto"), "in list: not whole");
	ok(!str_in_list("", ""), "in list: an empty list has no word");
	test_print();
	return tap_done();
}
