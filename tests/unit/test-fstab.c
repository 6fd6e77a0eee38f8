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

/* Whole fstabs: the mount points that come early, in their order. */
static const struct {
	const char *text, *points;
} whole_texts[] = {
	{ "", "" },
	{ "/dev/a / ext4 x-initrd.mount 0 1\n"
	  "/dev/b /usr ext4 x-initrd.mount 0 2\n"
	  "/dev/c none swap x-initrd.mount\n",
	  "" },
	{ "/dev/a /var/lib/x ext4 ro,x-initrd.mount\n"
	  "/dev/b /nix ext4 x-initrd.mount,nofail\n"
	  "/dev/c /var ext4 x-initrd.mount 0 2\n"
	  "/dev/d /home ext4 defaults\n"
	  "/dev/e /srv ext4 x-initrd.mount,noauto\n"
	  "/dev/f /opt ext4 x-initrd.mounted\n"
	  "/dev/g /var/lib/ xfs x-initrd.mount",
	  "/nix /var /var/lib /var/lib/x" },
	{ "/dev/a /my\\040dir//x ext4 x-initrd.mount\n"
	  "/dev/a /b/c ext4 x-initrd.mount\n",
	  "/my dir//x /b/c" },
};

static void test_early(void)
{
	struct fstab lines[4];
	char points[200], *text;

	for (size_t i = 0; i < sizeof(whole_texts) / sizeof(whole_texts[0]);
	     i++) {
		int count;

		text = strdup(whole_texts[i].text);
		points[0] = '\0';
		count = fstab_early(text, lines, 4);
		for (int n = 0; n < count; n++)
			snprintf(points + strlen(points),
				 sizeof(points) - strlen(points), "%s%s",
				 n ? " " : "", lines[n].point);
		is_str(points, whole_texts[i].points, "early: fstab %zu", i);
		free(text);
	}
	text = strdup(whole_texts[2].text);
	is_int(fstab_early(text, lines, 3), -7, "early: too many");
	free(text);
}

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
	test_early();
	ok(str_in_list("ro,noauto", "noauto"), "an option at the end");
	ok(!str_in_list("noauto2,xnoauto", "noauto"), "others are not it");
	return tap_done();
}
