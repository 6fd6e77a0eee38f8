/* SPDX-License-Identifier: MIT */
/*
 * hibernated.h - resume a hibernated system, if there is one
 *
 * Mounting what a hibernated system has mounted destroys that system, even if
 * the mount is read-only: a journal is replayed, and the image knows nothing of
 * that. A boot therefore goes on only if it is proved that there is no system
 * to resume.
 *
 * This file logs what it does, and reads the settings itself.
 */
#pragma once

struct fail;
struct root;

/*
 * hibernated_resume - resume the system that resume= or, without that,
 *		       systemd's EFI variable names
 *
 * Returns 0 if no system is hibernated there, or if it cannot be resumed any
 * more; -errno with @why if that is not known, or if the image is still there.
 */
int hibernated_resume(const struct root *root, struct fail *why);
/* the swap that was looked for, as written; NULL: none */
const char *hibernated_wanted(void);
/* warn of each hibernated system in swap that was seen and not resumed */
void hibernated_warn(const struct root *root);
