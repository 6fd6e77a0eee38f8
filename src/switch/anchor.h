/* SPDX-License-Identifier: MIT */
/*
 * anchor.h - give "/" a parent mount where the kernel gave it none
 *
 * Until Linux 6.19 the initramfs is the mount at the bottom of everything, and
 * pivot_root(2) answers EINVAL (fs/namespace.c: "root_mnt has no parent").
 * Bound onto a directory of itself, entered and moved over "/", the same tree
 * has one. From then on processes that stand exactly at "/" are moved by
 * pivot_root, so it is done before any helper is started.
 */
#pragma once

struct fail;

/* What anchor() did, for anchor_undo(). */
struct anchor {
	int below_fd;	/* the mount without a parent */
	int above_fd;	/* the same tree, anchored; -1: that was not needed */
	unsigned moved; /* mounts that were carried from below to above */
};

/*
 * anchor - anchor "/" if it is a mount without a parent; the caller's root and
 * cwd are the anchored "/" then
 *
 * Needs /proc.  * What is mounted on directories of "/" moves along. Kernel
 * threads before 7.3 share pid 1's root and follow it. On failure nothing has
 * changed.
 */
int anchor(struct anchor *ret, struct fail *why);

/* everything as it was; 0, or -errno of the first step that could not be */
int anchor_undo(struct anchor *anchor);
