/* SPDX-License-Identifier: MIT */
/*
 * early.h - mount what the fstab of the new root wants before the switch
 *
 * Those are its lines with x-initrd.mount, as systemd.mount(5) has it: a part of
 * the system that must be there when the real init starts, such as /var or
 * /nix. They are mounted after /usr, and each with the options of its line.
 */
#pragma once

struct fail;
struct root;

/*
 * early_mount - mount them all
 *
 * What is mounted already is left alone. Returns 0, or -errno with @why for the
 * first that has no `nofail`.
 */
int early_mount(const struct root *root, struct fail *why);
