/* SPDX-License-Identifier: MIT */
#include "root/shared.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "config/settings.h"
#include "device/device.h"
#include "root/mount.h"
#include "root/root.h"
#include "root/wait.h"

/* What the kernel calls each, and the option that it needs. */
static const struct root_share {
	const char *type;
	const char *option;
} shares[] = {
	{ "virtiofs", "" },
	{ "9p", "trans=virtio" },
};

int shared_claims(struct root *root, struct fail *why)
{
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		const char *rest = str_after(root->spec, shares[i].type);
		const char *tag = rest && *rest == ':' ? rest + 1 : NULL;

		if (!tag &&
		    strcmp(root->settings->rootfstype, shares[i].type) != 0)
			continue;
		root->share = &shares[i];
		return str_copy(root->path, sizeof(root->path),
				tag ? tag : root->spec) < 0
			       ? fail(why, ENAMETOOLONG, "read '%s'",
				      root->spec)
			       : 1;
	}
	return 0;
}

/* Whether the host shares it is known by mounting it only. */
int shared_find(struct root *root, struct fail *why)
{
	(void)root;
	(void)why;
	return 0;
}

int shared_mount(struct root *root, struct mount_order *order, struct fail *why)
{
	const char *type = root->share->type, *option = root->share->option;
	const char *flags = root->settings->rootflags, *tag = root->path;
	char options[sizeof(root->settings->rootflags) + 16];
	struct wait wait;
	int r;

	(void)str_format(options, sizeof(options), "%s%s%s", flags,
			 *flags && *option ? "," : "", option);
	order->types = type;
	order->options = options;
	wait_begin(&wait, tag, root_wait_us(root));
	do {
		r = mount_with_drivers(order, root->type, sizeof(root->type),
				       why);
		/* Either no device has that tag yet (fs/fuse/virtio_fs.c:
		 * virtio_fs_get_tree; net/9p/trans_virtio.c: p9_virtio_create),
		 * or 9p has no virtio driver yet (net/9p/client.c:
		 * v9fs_parse_options of 6.1). The device comes with the event of
		 * its driver. */
		if (r != -EINVAL && r != -ENOENT)
			break;
		r = device_wait(root->watch, wait_until_us(&wait), why);
		if (r == 0 && wait_is_over(&wait)) {
			(void)fail_said(
				why, ETIMEDOUT,
				"mount '%s' as %s: the host shares no "
				"directory by that tag within %lld s, or an "
				"option in '%s' is wrong" FAIL_TODO
				"see the kernel's line above (dmesg)",
				tag, type, (long long)(wait.total_us / 1000000),
				options);
			r = -ETIMEDOUT;
		}
	} while (r >= 0);
	wait_end(&wait);
	return r;
}
