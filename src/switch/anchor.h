/* SPDX-License-Identifier: MIT */
/*
 * anchor.h - give "/" a parent mount where the kernel gave it none
 *
 * Until Linux 6.19 the initramfs is the bottommost mount, and pivot_root(2)
 * fails with EINVAL (fs/namespace.c: "root_mnt has no parent"). When the tree
 * is bound onto one of its own directories, entered, and moved over "/", it has
 * a parent. From then on pivot_root moves the processes whose root is exactly
 * "/", so this is done before any helper is started.
 */
#pragma once

struct fail;

/* What anchor() did, for anchor_undo(). */
struct anchor {
	int below_fd;	/* the mount without a parent */
	int above_fd;	/* the same tree with a parent; -1: not needed */
	unsigned moved; /* mounts that were moved from below to above */
};

/*
 * anchor - give "/" a parent if it has none; the caller's root and working
 * directory are the anchored "/" afterwards
 *
 * It needs /proc. What is mounted on directories of "/" moves along. Before
 * Linux 7.3 kernel threads share pid 1's root and follow it. On failure nothing
 * has changed.
 */
int anchor(struct anchor *ret, struct fail *why);

/* undo all of it; 0, or -errno of the first step that failed */
int anchor_undo(struct anchor *anchor);
