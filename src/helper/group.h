/* SPDX-License-Identifier: MIT */
/*
 * group.h - a daemon and the workers that it has forked stay together
 *
 * A process without CAP_SYS_CHROOT leaves the old root only by pivot_root(2),
 * and only if its root is "/". Where there will be no pivot_root, its group
 * stays as a whole: half of a daemon in each root would look for the same names
 * in two places. Where there will be one, it moves the roots that are "/" in any
 * case, so that only what is below stays.
 *
 * A group is a process and its workers, as helpers_is_worker() tells them.
 */
#pragma once

struct helpers;

/* Have each group stay that ptrace, the signal or plymouthd's own request would
 * move only in part, and say so. Nothing has been done yet. */
void group_keep_together(struct helpers *helpers);
