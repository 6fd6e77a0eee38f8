/* SPDX-License-Identifier: MIT */
/* What systemd writes to its EFI variable, and what others may. */
#include "root/hibernate-location.h"

#include <stdlib.h>

#include "tap.h"

#define UUID  "2c8e51d7-6f0b-4a39-b1d4-9e7a53c0f816"
#define PLAIN "2c8e51d76f0b4a39b1d49e7a53c0f816"
#define BOTH  "\"uuid\":\"" UUID "\",\"offset\":0"
#define DEEP  "[[[[[[[["
#define AGAIN "]]]]]]]]"

static const struct {
	const char *name, *text;
	const char *spec; /* NULL: it is refused */
	uint64_t offset;
} cases[] = {
	{ "as systemd 257 writes it",
	  "{\"uuid\":\"" UUID "\",\"offset\":0,\"kernelVersion\":"
	  "\"6.12.48+deb13-amd64\",\"osReleaseId\":\"debian\","
	  "\"osReleaseVersionId\":\"13\"}",
	  "UUID=" UUID, 0 },
	{ "a swap file", "{\"uuid\":\"" UUID "\",\"offset\":38912}",
	  "UUID=" UUID, 38912 },
	{ "the other way round, with blanks",
	  " {\n\"offset\" : 7 ,\t\"uuid\" : \"" UUID "\" } \r\n", "UUID=" UUID,
	  7 },
	{ "a number as a string", "{\"uuid\":\"" UUID "\",\"offset\":\"7\"}",
	  "UUID=" UUID, 7 },
	{ "no dashes", "{\"uuid\":\"" PLAIN "\",\"offset\":0}", "UUID=" UUID,
	  0 },
	{ "all of 64 bits",
	  "{\"uuid\":\"" UUID "\",\"offset\":18446744073709551615}",
	  "UUID=" UUID, UINT64_MAX },
	{ "others that do not matter",
	  "{\"a\":[1,{\"b\":\"]}\"},[]],\"c\":{},\"d\":null,\"e\":-1.5e+3,"
	  "\"f\":\"\\\"\\\\\\u0041\"," BOTH "}",
	  "UUID=" UUID, 0 },
	{ "a name with an escape is another one",
	  "{\"\\u0075uid\":\"x\"," BOTH "}", "UUID=" UUID, 0 },
	{ "a name that is long", "{\"uuiduuiduuiduuiduuid\":\"x\"," BOTH "}",
	  "UUID=" UUID, 0 },

	{ "nothing", "", NULL, 0 },
	{ "an empty object", "{}", NULL, 0 },
	{ "an array", "[" BOTH "]", NULL, 0 },
	{ "no offset", "{\"uuid\":\"" UUID "\"}", NULL, 0 },
	{ "no UUID", "{\"offset\":0}", NULL, 0 },
	{ "the UUID twice", "{" BOTH ",\"uuid\":\"" UUID "\"}", NULL, 0 },
	{ "the offset twice", "{" BOTH ",\"offset\":1}", NULL, 0 },
	{ "a UUID that is a number", "{\"uuid\":1,\"offset\":0}", NULL, 0 },
	{ "a UUID that is short", "{\"uuid\":\"2c8e51d7\",\"offset\":0}", NULL,
	  0 },
	{ "a UUID that is long", "{\"uuid\":\"" UUID "0\",\"offset\":0}", NULL,
	  0 },
	{ "a UUID with a blank",
	  "{\"uuid\":\"2c8e51d7-6f0b-4a39-b1d4-9e7a53c0f 16\",\"offset\":0}",
	  NULL, 0 },
	{ "a UUID with a path",
	  "{\"uuid\":\"../../../../../../../../etc/shadow00\",\"offset\":0}",
	  NULL, 0 },
	{ "a UUID with its dashes elsewhere",
	  "{\"uuid\":\"2c8e51d76-f0b-4a39-b1d4-9e7a53c0f816\",\"offset\":0}",
	  NULL, 0 },
	{ "36 digits",
	  "{\"uuid\":\"2c8e51d70000000000000000000000000000\",\"offset\":0}",
	  NULL, 0 },
	{ "an offset below 0", "{\"uuid\":\"" UUID "\",\"offset\":-1}", NULL,
	  0 },
	{ "an offset that is no whole number",
	  "{\"uuid\":\"" UUID "\",\"offset\":1.5}", NULL, 0 },
	{ "an offset beyond 64 bits",
	  "{\"uuid\":\"" UUID "\",\"offset\":18446744073709551616}", NULL, 0 },
	{ "an offset that is an object",
	  "{\"uuid\":\"" UUID "\",\"offset\":{}}", NULL, 0 },
	{ "no end", "{" BOTH, NULL, 0 },
	{ "no end of a string", "{" BOTH ",\"a\":\"b", NULL, 0 },
	{ "no end of an escape", "{" BOTH ",\"a\":\"b\\", NULL, 0 },
	{ "no end of an array", "{" BOTH ",\"a\":[1,", NULL, 0 },
	{ "a comma at the end", "{" BOTH ",}", NULL, 0 },
	{ "something behind it", "{" BOTH "} x", NULL, 0 },
	{ "as deep as it may be", "{" BOTH ",\"a\":" DEEP AGAIN "}",
	  "UUID=" UUID, 0 },
	{ "too deep", "{" BOTH ",\"a\":[" DEEP AGAIN "]}", NULL, 0 },
	{ "a line's end in a string", "{" BOTH ",\"a\":\"b\nc\"}", NULL, 0 },
};

/* On the heap, so that the sanitizer sees its end; @more bytes behind it. */
static bool parse(const char *text, size_t more, struct location *ret)
{
	size_t len = strlen(text), size = 4 + 2 * len + more;
	unsigned char *bytes = calloc(1, size);
	bool is;

	bytes[0] = 7;
	for (size_t i = 0; i < len; i++)
		bytes[4 + 2 * i] = (unsigned char)text[i];
	is = location_parse(bytes, size, ret);
	free(bytes);
	return is;
}

/* Whatever it is cut at, and whichever byte is another one. */
static void test_damage(void)
{
	static const char text[] = "{\"a\":[\"\\\"\"]," BOTH "}";
	size_t size = 4 + 2 * (sizeof(text) - 1);
	unsigned taken = 0;
	struct location is;

	for (size_t len = 0; len < size; len++) {
		unsigned char *bytes = calloc(1, len + 1);

		for (size_t i = 4; i < len; i += 2)
			bytes[i] = (unsigned char)text[(i - 4) / 2];
		taken += location_parse(bytes, len, &is);
		free(bytes);
	}
	is_int(taken, 0, "cut anywhere it is refused");
	for (size_t at = 4; at < size; at++)
		for (unsigned value = 0; value < 256; value++) {
			unsigned char *bytes = calloc(1, size);

			for (size_t i = 4; i < size; i += 2)
				bytes[i] = (unsigned char)text[(i - 4) / 2];
			bytes[at] = (unsigned char)value;
			if (location_parse(bytes, size, &is) &&
			    (strlen(is.spec) != sizeof("UUID=" UUID) - 1 ||
			     strspn(is.spec + 5, "0123456789abcdefABCDEF-") !=
				     sizeof(UUID) - 1))
				taken++;
			free(bytes);
		}
	is_int(taken, 0, "whatever is changed, it is a UUID or refused");
}

/* Whose variable it is: members of the object, lines of an os-release. */
static const struct {
	const char *members, *os_release;
	bool is_of;
} owners[] = {
	{ ",\"osReleaseId\":\"debian\"", "ID=debian\n", true },
	{ ",\"osReleaseId\":\"debian\"", "ID=\"debian\"\nVERSION_ID=13\n",
	  true },
	{ ",\"osReleaseId\":\"debian\"", "ID='debian'", true },
	{ ",\"osReleaseId\":\"fedora\"", "ID=debian\n", false },
	{ ",\"osReleaseId\":\"debian\"", "ID_LIKE=debian\nID=ubuntu\n", false },
	{ ",\"osReleaseId\":\"a\",\"osReleaseImageId\":\"x\"",
	  "ID=a\nIMAGE_ID=x\n", true },
	{ ",\"osReleaseId\":\"a\",\"osReleaseImageId\":\"x\"",
	  "IMAGE_ID=y\nID=a\n", false },
	{ ",\"osReleaseId\":\"a\",\"osReleaseImageId\":\"x\"", "ID=a\n",
	  false },
	{ ",\"osReleaseId\":\"a\",\"osReleaseVersionId\":\"12\"",
	  "ID=a\nVERSION_ID=13\n", true },
	/* one of them does not say it */
	{ "", "ID=a\n", true },
	{ ",\"osReleaseId\":7", "ID=a\n", true },
	{ ",\"osReleaseId\":\"a\"", "", true },
	{ ",\"osReleaseId\":\"a\"", "NAME=a\n", true },
};

static void test_owners(void)
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		unsigned char bytes[1024] = { 7, 0, 0, 0 };
		char text[400], *os = strdup(owners[i].os_release);
		struct location location;
		size_t len = (size_t)snprintf(
			text, sizeof(text), "{" BOTH "%s}", owners[i].members);

		for (size_t c = 0; c < len; c++)
			bytes[4 + 2 * c] = (unsigned char)text[c];
		ok(location_parse(bytes, 4 + 2 * len, &location) &&
			   location_is_of(&location, os) == owners[i].is_of,
		   "'%s' and '%s'", owners[i].members, owners[i].os_release);
		free(os);
	}
}

int main(void)
{
	test_owners();
	static unsigned char many[8000];
	struct location is;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool taken = parse(cases[i].text, 2, &is);

		ok(taken == !!cases[i].spec, "%s: taken or not", cases[i].name);
		if (!taken || !cases[i].spec)
			continue;
		is_str(is.spec, cases[i].spec, "%s: spec", cases[i].name);
		ok(is.offset == cases[i].offset, "%s: offset", cases[i].name);
	}
	ok(parse("{" BOTH "}", 0, &is), "no NUL at its end");
	ok(parse("{" BOTH "}", 8, &is), "several");
	ok(!parse("{" BOTH "}", 3, &is), "half a character");
	ok(!location_parse((const unsigned char *)"\7\0\0\0", 4, &is),
	   "attributes alone");
	ok(!location_parse((const unsigned char *)"\7\0", 2, &is),
	   "a part of them");
	many[4] = '{';
	for (size_t i = 6; i < sizeof(many); i += 2)
		many[i] = ' ';
	ok(!location_parse(many, sizeof(many), &is), "too long");
	test_damage();
	return tap_done();
}
