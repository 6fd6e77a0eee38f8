/* SPDX-License-Identifier: MIT */
#include "root/overlay.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

static int directory(const char *store, const char *name, struct fail *why)
{
	char path[128];
	int r;

	(void)str_format(path, sizeof(path), "%s%s", store, name);
	r = io_mkdir(path);
	return r < 0 && r != -EEXIST
		       ? fail(why, r, "make the directory '%s'", path)
		       : 0;
}

int overlay_mount(const char *point, const char *lower, const char *store,
		  bool is_volatile, struct fail *why)
{
	static const char *const names[] = { "", "/overlay", "/overlay/upper",
					     "/overlay/work" };
	char options[400];
	int r = directory(lower, "", why);

	for (unsigned i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]);
	     i++) {
		r = directory(store, names[i], why);
		/* The kernel's limit is half of the memory. */
		if (r == 0 && i == 0 && is_volatile) {
			r = sys_mount("tmpfs", store, "tmpfs", 0, "mode=0755");
			if (r < 0)
				return fail(why, r, "mount a tmpfs on '%s'",
					    store);
		}
	}
	if (r < 0)
		return r;
	r = sys_mount(point, lower, NULL, MS_MOVE, NULL);
	if (r < 0)
		return fail(why, r, "move the mount '%s' to '%s'", point,
			    lower);
	(void)str_format(options, sizeof(options),
			 "lowerdir=%s,upperdir=%s/overlay/upper,"
			 "workdir=%s/overlay/work",
			 lower, store, store);
	r = sys_mount("overlay", point, "overlay", 0, options);
	if (r == 0)
		return 0;
	/* Back, so that the stage can be tried again. */
	(void)sys_mount(lower, point, NULL, MS_MOVE, NULL);
	if (r == -ENODEV) {
		return fail_said(why, ENODEV,
				 "lay an overlay over '%s': this kernel has "
				 "none" FAIL_TODO
				 "put its driver into the image (-m overlay)",
				 point);
	}
	return fail(why, r,
		    "lay an overlay over '%s' with '%s'" FAIL_TODO
		    "see the kernel's own line above (dmesg)",
		    point, options);
}
