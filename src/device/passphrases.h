/* SPDX-License-Identifier: MIT */
/*
 * passphrases.h - what has opened a device, to be tried on the next one
 *
 * It is in a file in memory that only process 1 and the children that ask have
 * open, and that nobody maps: so it is in no process's memory while it is not
 * used, and in no core. Nothing is swapped out before the real init has turned
 * swap on. It is overwritten before the switch, and when a boot has failed.
 */
#pragma once

#include <stddef.h>

/* In process 1, before a child that asks: have the place for it. Without one,
 * nothing is kept. */
void passphrases_begin(void);

/* the reading end of a pipe with the @i-th of them; -ENOENT if there are no more,
 * or another -errno */
int passphrases_pipe(unsigned i);

/* Keep @passphrase, of at most LINE_BYTES; if there are four, in the place of the
 * last one. Returns its number for passphrases_drop(), or -errno. */
int passphrases_keep(const char *passphrase, size_t len);
/* Overwrite it, as it was wrong: 0, or -errno; @i may be one, too. */
int passphrases_drop(int i);

/* in process 1: overwrite all of them */
void passphrases_forget(void);
