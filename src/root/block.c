/* SPDX-License-Identifier: MIT */
#include "root/block.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/sys.h"
#include "device/device.h"
#include "root/btrfs.h"
#include "root/mount.h"
#include "root/options.h"
#include "root/root.h"
#include "root/wait.h"

/* Options with the paths of the devices that they name. */
#define OPTIONS_BYTES 1024

/* -- finding it ----------------------------------------------------------- */

/* Find the device that @spec names, within @wait_us. */
static int find_device(const struct root *root, const char *role,
		       const struct device_spec *spec, int64_t wait_us,
		       const struct device **ret, struct fail *why)
{
	struct wait wait;
	int r;

	wait_begin(&wait, spec->written, wait_us);
	r = device_find(root->watch, spec, &wait.until, ret, why);
	wait_end(&wait);
	if (r == -ETIMEDOUT)
		(void)fail_said(
			why, ETIMEDOUT,
			"find the %s '%s': no such device within "
			"%lld s" FAIL_TODO
			"compare with the devices seen above: correct the "
			"name, add a driver (pintle-mkinitramfs --kind generic "
			"-m NAME), or wait "
			"longer (rootwait, rd.timeout=)",
			role, spec->written, (long long)(wait_us / 1000000));
	return r;
}

/* What else a UUID or LABEL may be that of. */
enum too { NOTHING_ELSE, SWAP_TOO, ANY_TOO };

static int find_other(const struct root *root, const char *role, enum too too,
		      const char *spec, int64_t wait_us,
		      const struct device **ret, struct fail *why)
{
	struct device_spec parsed;
	int r = device_parse(spec, &parsed, why);
	char reason[80];

	if (r == -EINVAL) {
		spec_why_not(spec, reason, sizeof(reason));
		return fail_said(why, r, "find the %s '%s': %s", role, spec,
				 reason);
	}
	if (r < 0)
		return r;
	parsed.swap_too = too == SWAP_TOO;
	parsed.any_too = too == ANY_TOO;
	return find_device(root, role, &parsed, wait_us, ret, why);
}

int block_find_other(const struct root *root, const char *role,
		     const char *spec, int64_t wait_us,
		     const struct device **ret, struct fail *why)
{
	return find_other(root, role, NOTHING_ELSE, spec, wait_us, ret, why);
}

int block_find_swap(const struct root *root, const char *spec, int64_t wait_us,
		    const struct device **ret, struct fail *why)
{
	return find_other(root, "swap", SWAP_TOO, spec, wait_us, ret, why);
}

int block_find_any(const struct root *root, const char *role, const char *spec,
		   int64_t wait_us, const struct device **ret, struct fail *why)
{
	return find_other(root, role, ANY_TOO, spec, wait_us, ret, why);
}

int block_claims(struct root *root, struct fail *why)
{
	(void)root;
	(void)why;
	return 1;
}

int block_find(struct root *root, struct fail *why)
{
	char options[OPTIONS_BYTES];
	struct device_spec spec;
	int r = device_parse(root->spec, &spec, why);

	if (r == 0)
		r = find_device(root, "root", &spec, root_wait_us(root),
				&root->device, why);
	if (r < 0)
		return r;
	device_path(root->device->name, root->path);
	/* A check needs them, too. */
	return options_await(root, root->settings->rootflags, options,
			     sizeof(options), why);
}

/* -- mounting it ---------------------------------------------------------- */

/* What a device with that content holds, if that cannot be mounted; or NULL. */
static const char *why_not(enum probe_use use)
{
	switch (use) {
	case PROBE_MEMBER:
		return "a part of something else";
	case PROBE_DAMAGED:
		return "a file system whose superblock is damaged";
	case PROBE_AMBIVALENT:
		return "two things at once";
	case PROBE_SWAP:
	case PROBE_TABLE:
		return "no file system";
	case PROBE_FILESYSTEM:
	case PROBE_NOTHING:
	default:
		return NULL;
	}
}

/* The type to mount the device at @path as, if nobody names one; or NULL. */
static const char *probed_type(const struct device *device, const char *path,
			       struct fail *why)
{
	const struct probe *content = &device->content;
	const char *is = why_not(content->use);

	if (content->use == PROBE_FILESYSTEM)
		return content->type;
	if (device->error)
		(void)fail(why, device->error, "read '%s'", path);
	else if (is)
		(void)fail_said(why, EINVAL, "mount '%s': it holds %s (%s)",
				path, is, content->type);
	else
		(void)fail_said(why, EINVAL,
				"mount '%s': it holds no file system that is "
				"known here",
				path);
	if (content->use == PROBE_MEMBER)
		fail_todo(why, "correct root=; if it no longer is one, "
			       "wipefs(8) removes the signature");
	else
		fail_todo(why, "correct root=, or say what it is with "
			       "rootfstype=TYPE");
	return NULL;
}

int block_mount_device(const struct root *root, const struct device *device,
		       const struct mount_order *order, char *ret_type,
		       size_t size, struct fail *why)
{
	char options[OPTIONS_BYTES];
	struct mount_order full = *order;
	int r = options_await(root, order->options, options, sizeof(options),
			      why);

	if (r < 0)
		return r;
	full.options = options;
	/* One half of a mirror looks like the whole mirror, and must not be
	 * written to, whatever type was given. */
	if (mount_is_as_found(order->types) ||
	    device->content.use == PROBE_MEMBER)
		full.types = probed_type(device, order->device, why);
	if (!full.types)
		return -EINVAL;
	if (strcmp(device->content.type, "btrfs") == 0)
		r = btrfs_gather(root, device, &full, ret_type, size, why);
	if (r != 0)
		return r < 0 ? r : 0;
	return mount_with_drivers(&full, ret_type, size, why);
}

int block_mount(struct root *root, struct mount_order *order, struct fail *why)
{
	return block_mount_device(root, root->device, order, root->type,
				  sizeof(root->type), why);
}
