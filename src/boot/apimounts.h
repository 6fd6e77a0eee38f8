/* SPDX-License-Identifier: MIT */
/*
 * apimounts.h - mount the API file systems
 */
#pragma once

#include <stdbool.h>

struct fail;

/* mount those that are not mounted yet: 0 or -errno */
int apimounts_mount(struct fail *why);

/*
 * apimounts_lend_proc - have a /proc for as long as a switch takes
 *
 * @alone:  for this process only, in a mount namespace of its own
 *
 * A caller may have moved its /proc into the new root already
 * (initramfs-tools), or may never have had one. The lent /proc moves to the new
 * root with the other mounts, where it shows what became of the helpers.
 * Returns 0 or -errno.
 */
int apimounts_lend_proc(bool alone, struct fail *why);

/* take the lent /proc away, wherever it is by now, and change to "/";
 * @switched: "/" is the new root */
void apimounts_return_proc(bool switched);
