/* SPDX-License-Identifier: MIT */
#include "device/drivers.h"

#include <stdlib.h>

#include "base/str.h"
#include "tap.h"

static const struct {
	const char *pattern, *string;
	bool match;
} globs[] = {
	{ "abc", "abc", true },
	{ "abc", "ab", false },
	{ "ab", "abc", false },
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "*", "anything", true },
	{ "**", "a", true },
	{ "a*c", "abbc", true },
	{ "a*c", "abbcd", false },
	{ "*ab*ab", "aabxab", true },
	{ "*ab*ab", "aab", false },
	{ "a*b*c*", "abcabc", true },
	{ "?", "", false },
	{ "?", "a", true },
	{ "a?c", "abc", true },
	{ "*?", "", false },
	{ "*?", "ab", true },
	{ "[ab]c", "bc", true },
	{ "[ab]c", "cc", false },
	{ "x[0-9]", "x5", true },
	{ "x[0-9]", "xa", false },
	{ "x[0-9A-F]y", "xCy", true },
	{ "x[!0-9]", "xa", true },
	{ "x[^0-9]", "x1", false },
	{ "[]a]", "]", true },
	{ "[a-]", "-", true },
	{ "[a-]", "b", false },
	{ "[a", "a", false },
	{ "[", "[", false },
	{ "[a-", "b", false },
	{ "[!a-", "b", false },
	{ "x*[0-", "x5", false },
	{ "[a-b", "b", false },
	{ "[a- 12", "b", false },
	{ "[a-\n", "b", false },
	{ "*[0-9]x", "a1b2x", true },
	{ "abc 12", "abc", true },
	{ "a* 12", "a 12x", true },
	{ "abc 12", "abc 12", false },
	/* as the kernel has them */
	{ "pci:v00001AF4d00001001sv*sd*bc*sc*i*",
	  "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00", true },
	{ "pci:v*d*sv*sd*bc01sc08i02*",
	  "pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02", true },
	{ "pci:v*d*sv*sd*bc01sc08i02*",
	  "pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc06i01", false },
	{ "usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*",
	  "usb:v46F4p0001d0000dc00dsc00dp00ic08isc06ip50in00", true },
	{ "scsi:t_0x00*", "scsi:t_0x00", true },
	{ "usb:v0421p0019d059[2-9]dc*", "usb:v0421p0019d0593dc00", true },
	{ "usb:v0421p0019d059[2-9]dc*", "usb:v0421p0019d0591dc00", false },
};

/* Sorted by byte. */
static const char list[] = "- /a.ko\n"
			   "0 /b.ko\n"
			   "1,0 /c.ko x=1\n"
			   "- /d.ko\n"
			   "4294967296,7,4 /e.ko\n";
static const char aliases[] = "* 9\n"
			      "fs_ext4 2\n"
			      "pci:*bc01* 3\n"
			      "pci:v1* 0\n"
			      "pci:v1d2 1\n"
			      "pci:v[12]d3* 2\n"
			      "x:? 4\n"
			      "x:broken\n"
			      "x:broken2\n"
			      "y:1 1\n"
			      "y:1 2\n"
			      "y:2 4294967297\n"
			      "z:end 3";
static const char absent[] = "pci:v*bc01* any\n"
			     "pci:v1d* one\n"
			     "pci:v1d2* one\n"
			     "pci:v1d2bc01 3w_other";

static const struct {
	const char *alias, *names;
} lacking[] = {
	{ "pci:v1d2bc01", "'any' or 'one' or '3w_other'" },
	{ "pci:v1d3", "'one'" },
	{ "pci:v2bc01", "'any'" },
	{ "pci:v2", "" },
	{ "", "" },
};

static const struct {
	const char *name, *alias, *wanted;
	bool served;
} lookups[] = {
	{ "nobody", "usb:v1", "-----", false },
	{ "nothing", "", "-----", false },
	{ "a literal and a star before it", "pci:v1d2", "ab---", true },
	{ "a star", "pci:v1", "a----", true },
	{ "shorter than every pattern", "pci:v", "-----", false },
	{ "a bracket, and what it needs", "pci:v2d3", "abc--", true },
	{ "a star in the middle", "pci:v3bc01", "---d-", true },
	{ "'-' is '_'", "fs-ext4", "abc--", true },
	{ "no more than it", "fs-ext44", "-----", false },
	{ "numbers that come later are not needed", "x:y", "----e", true },
	{ "without a number", "x:broken", "-----", false },
	{ "a number beyond 32 bits", "y:2", "-----", false },
	{ "a blank ends no alias", "pci:v1d2 1", "a----", true },
	{ "nor does a line's end", "pci:v1d2 1\npci", "a----", true },
	{ "the same pattern twice", "y:1", "abc--", true },
	{ "a last line without its end", "z:end", "---d-", true },
	{ "broken, and more of it", "x:broken2", "-----", false },
};

int main(void)
{
	static char list_copy[sizeof(list)];
	static char many[400000];
	struct {
		char *at;
	} fill = { many };

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
		/* On the heap a read beyond the end is noticed. */
		char *pattern = strdup(globs[i].pattern);
		char *string = strdup(globs[i].string);

		ok(pattern && string &&
			   drivers_glob(pattern, string) == globs[i].match,
		   "'%s' %s '%s'", globs[i].pattern,
		   globs[i].match ? "matches" : "does not match",
		   globs[i].string);
		free(pattern);
		free(string);
	}
	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++) {
		char wanted[6] = "-----";

		strcpy(list_copy, list);
		ok(drivers_parse(list_copy, aliases, absent), "%s: an index",
		   lookups[i].name);
		ok(drivers_want(lookups[i].alias, false) == lookups[i].served,
		   "%s: %s", lookups[i].name,
		   lookups[i].served ? "served" : "not served");
		for (unsigned number = 0; number < 5; number++)
			if (drivers_is_wanted(number))
				wanted[number] = (char)('a' + number);
		is_str(wanted, lookups[i].wanted, "%s: these", lookups[i].name);
	}
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		char buf[80] = "";
		struct text names = { .buf = buf, .size = sizeof(buf) };

		ok(drivers_absent(lacking[i].alias, &names) ==
			   !!*lacking[i].names,
		   "'%s': %s", lacking[i].alias,
		   *lacking[i].names ? "known" : "not known");
		is_str(buf, lacking[i].names, "'%s': these", lacking[i].alias);
	}
	for (unsigned i = 0; i < 100000; i++)
		fill.at = stpcpy(fill.at, "-\n");
	ok(!drivers_parse(many, "", ""), "an index that is too long");
	return tap_done();
}
