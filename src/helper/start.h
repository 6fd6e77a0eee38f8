/* SPDX-License-Identifier: MIT */
/*
 * start.h - start the helpers that the image declares
 *
 * Problems are warnings: a helper that does not start does not stop the boot.
 */
#pragma once

#include <stdbool.h>

struct helper_rule;

/*
 * helpers_start - start the helpers that @rules declare, and note their pids
 *
 * @splash:  true in the first call, which copies files to RUN_COPIES and starts
 *           the helpers that show a splash, as these touch no file system;
 *           false in the second call, which starts all others
 *
 * A helper whose files cannot be copied is started all the same.
 */
void helpers_start(struct helper_rule *rules, unsigned count, bool splash,
		   char *const envp[]);

/* Wait until plymouthd is a daemon and shows its splash, for each rule at most
 * until its deadline: before that it can neither be asked to move nor ask a
 * person. */
void helpers_await_splash(const struct helper_rule *rules, unsigned count);

/* The same, and reap every child that has ended. */
void helpers_settle(const struct helper_rule *rules, unsigned count);

/* After the switch: unlink the copies in RUN_COPIES, as the files of the
 * initramfs are. Each stays in memory while somebody uses it, and no longer. */
void helpers_free_copies(void);
