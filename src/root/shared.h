/* SPDX-License-Identifier: MIT */
/*
 * shared.h - a root that is a directory shared by the host of a virtual
 * machine: virtiofs and 9p
 *
 * root=virtiofs:TAG and root=9p:TAG, or rootfstype=virtiofs (or 9p) and
 * root=TAG.
 */
#pragma once

struct fail;
struct mount_order;
struct root;

/* See struct root_form. */
int shared_claims(struct root *root, struct fail *why);
int shared_find(struct root *root, struct fail *why);
int shared_mount(struct root *root, struct mount_order *order,
		 struct fail *why);
