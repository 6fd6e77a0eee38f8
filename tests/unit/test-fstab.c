/* SPDX-License-Identifier: MIT */
#include "root/fstab.h"

#include <stdlib.h>

#include "base/str.h"
#include "tap.h"

static const struct {
	const char *name, *text;
	const char *spec, *type, *options; /* NULL: nothing is found */
	unsigned pass;
} cases[] = {
	{ "nothing", "", NULL, NULL, NULL, 0 },
	{ "six fields", "/dev/a / ext4 ro 0 1\n/dev/b /usr ext4 ro,nodev 0 2\n",
	  "/dev/b", "ext4", "ro,nodev", 2 },
	{ "four fields, tabs, no newline", "\tLABEL=u\t/usr\txfs\tro",
	  "LABEL=u", "xfs", "ro", 0 },
	{ "five fields", "/dev/b /usr ext4 ro 1", "/dev/b", "ext4", "ro", 0 },
	{ "three fields", "/dev/b /usr auto", "/dev/b", "auto", "defaults", 0 },
	{ "two fields", "/dev/b /usr\n", NULL, NULL, NULL, 0 },
	{ "comments and empty lines", "#/dev/a /usr ext4\n\n  # x\n \n", NULL,
	  NULL, NULL, 0 },
	{ "a slash at the end", "/dev/b /usr/ ext4", "/dev/b", "ext4",
	  "defaults", 0 },
	{ "escapes", "LABEL=my\\040usr /us\\162 ext4", "LABEL=my usr", "ext4",
	  "defaults", 0 },
	{ "others that begin so", "/dev/b /usr/local ext4\n/dev/c /us ext4",
	  NULL, NULL, NULL, 0 },
	{ "the last one wins", "/dev/b /usr ext4\n/dev/c /usr xfs", "/dev/c",
	  "xfs", "defaults", 0 },
	{ "carriage returns", "/dev/b /usr ext4 ro 0 2\r\n", "/dev/b", "ext4",
	  "ro", 2 },
	{ "a pass that is none", "/dev/b /usr ext4 ro 0 x", "/dev/b", "ext4",
	  "ro", 0 },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* On the heap, so that the sanitizer sees its end. */
		char *text = strdup(cases[i].text);
		struct fstab found = { 0 };

		ok(fstab_find(text, "/usr", &found) == !!cases[i].spec,
		   "%s: found or not", cases[i].name);
		if (cases[i].spec && found.spec) {
			is_str(found.spec, cases[i].spec, "%s: spec",
			       cases[i].name);
			is_str(found.type, cases[i].type, "%s: type",
			       cases[i].name);
			is_str(found.options, cases[i].options, "%s: options",
			       cases[i].name);
			is_int(found.pass, cases[i].pass, "%s: pass",
			       cases[i].name);
		}
		free(text);
	}
	ok(str_in_list("ro,noauto", "noauto"), "an option at the end");
	ok(!str_in_list("noauto2,xnoauto", "noauto"), "others are not it");
	return tap_done();
}
