/* SPDX-License-Identifier: MIT */
/*
 * hibernated.h - is there a hibernated system to go back to?
 *
 * Whoever mounts what a hibernated system has mounted, be it read-only,
 * destroys it: a journal is replayed, and the image knows nothing of that. So a
 * boot goes on only where it is proved that nobody is to be gone back to.
 *
 * A part of the boot's story: messages are said, settings decide.
 */
#pragma once

struct fail;
struct root;

/*
 * hibernated_resume - go back to the system that resume= or, where that is not
 * given, systemd's EFI variable names
 *
 * 0: nobody hibernated there, or cannot be gone back to any more; or -errno: it
 * is not known, or the image is there still.
 */
int hibernated_resume(const struct root *root, struct fail *why);
/* the place that was looked for, as written; NULL: none */
const char *hibernated_wanted(void);
/* say which systems are left behind in the swap that was seen */
void hibernated_warn(const struct root *root);
