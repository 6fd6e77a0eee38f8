/* SPDX-License-Identifier: MIT */
/*
 * block.h - a root on a block device: the form of root= that claims whatever
 * no other form does; and the other devices that a boot waits for
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct device;
struct fail;
struct mount_order;
struct root;

/* See struct root_form. */
int block_claims(struct root *root, struct fail *why);
int block_find(struct root *root, struct fail *why);
int block_mount(struct root *root, struct mount_order *order, struct fail *why);

/*
 * block_find_other - wait for a device other than the root
 *
 * @role:    what it is, for messages: "find the ROLE 'SPEC'"
 * @spec:    the device, in the words of root=
 * @wait_us: how long to wait; SYS_FOREVER: without end
 */
int block_find_other(const struct root *root, const char *role,
		     const char *spec, int64_t wait_us,
		     const struct device **ret, struct fail *why);
/* the same for anything, such as a journal, whose UUID or LABEL names it here */
int block_find_any(const struct root *root, const char *role, const char *spec,
		   int64_t wait_us, const struct device **ret,
		   struct fail *why);
/* the same for swap, which a UUID or LABEL names here as well */
int block_find_swap(const struct root *root, const char *spec, int64_t wait_us,
		    const struct device **ret, struct fail *why);

/*
 * block_mount_device - mount @device by @order
 *
 * If @order->types is empty or has "auto", it is mounted as what it was probed
 * to be. The devices that its options name are waited for, and a btrfs is mounted
 * only when it is complete. @ret_type is what it was mounted as.
 */
int block_mount_device(const struct root *root, const struct device *device,
		       const struct mount_order *order, char *ret_type,
		       size_t size, struct fail *why);
