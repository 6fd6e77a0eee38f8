/* SPDX-License-Identifier: MIT */
#include "root/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "config/settings.h"
#include "device/device.h"
#include "device/drivers.h"
#include "root/block.h"
#include "root/mount.h"
#include "root/root.h"

/* Make the directory @store@name, unless it exists. */
static int make_directory(const char *store, const char *name, struct fail *why)
{
	int r = io_mkdir(io_path("%s%s", store, name));

	return r < 0 && r != -EEXIST
		       ? fail(why, r, "make the directory '%s%s'", store, name)
		       : 0;
}

/*
 * Lay an overlay over what is mounted on @point, which is moved to @lower.
 *
 * What is written goes to @store: to a tmpfs if @is_volatile, or else to what
 * is mounted there already, in whose directories overlay/upper and overlay/work
 * it is kept. They are made if they are missing.
 */
static int lay(const char *point, const char *lower, const char *store,
	       bool is_volatile, struct fail *why)
{
	static const char *const names[] = { "", "/overlay", "/overlay/upper",
					     "/overlay/work" };
	char options[400];
	int r = make_directory(lower, "", why);

	for (unsigned i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]);
	     i++) {
		r = make_directory(store, names[i], why);
		/* By default the kernel lets it use half of the memory. */
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
	/* Move it back, so that the stage can be tried again. */
	(void)sys_mount(lower, point, NULL, MS_MOVE, NULL);
	if (r == -ENODEV) {
		return fail_said(
			why, ENODEV,
			"lay an overlay over '%s': this kernel has "
			"none" FAIL_TODO "put its driver into the image "
			"(pintle-mkinitramfs --kind generic -m overlay)",
			point);
	}
	return fail(why, r,
		    "lay an overlay over '%s' with '%s'" FAIL_TODO
		    "see the kernel's own line above (dmesg)",
		    point, options);
}

int overlay_cover(const struct root *root, struct fail *why)
{
	const char *spec = root->settings->overlay;
	bool is_volatile = strcmp(spec, "tmpfs") == 0;
	struct mount_order order = {
		.point = RUN_STORE,
		.types = "",
		.options = "",
		.rw = true,
	};
	char path[DEVICE_PATH], type[32] = "tmpfs";
	const struct device *device;
	int r = 0;

	if (!is_volatile) {
		r = block_find_other(root, "overlay's device", spec,
				     root_other_wait_us(root), &device, why);
		if (r < 0)
			return r;
		device_path(device->name, path);
		order.device = path;
		r = block_mount_device(root, device, &order, type, sizeof(type),
				       why);
	}
	drivers_want_types("overlay");
	drivers_wait_first();
	if (r == 0)
		r = lay(ROOT_POINT, RUN_LOWER, RUN_STORE, is_volatile, why);
	if (r == 0)
		log_line(LOG_INFO, "an overlay is over '%s', written to %s",
			 RUN_LOWER, is_volatile ? type : path);
	else
		(void)sys_umount(RUN_STORE, MNT_DETACH);
	return r;
}
