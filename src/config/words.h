/* SPDX-License-Identifier: MIT */
/*
 * words.h - words of the command line that other programs promise to obey, and
 * that pintle does not (pure)
 *
 * A word that is ignored without a line is a promise that is broken. So there
 * is one table of them, which says of each whether the boot must stop or the
 * person is only told. A boot stops where the word asks for a root that was
 * verified, or for another root than the one that root= names: whoever wrote it
 * would otherwise work on something else without knowing.
 *
 * No value is ever shown, as a value may be a password (netroot=iscsi:…).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

/* take a word, as settings_each() calls it; of two words with one name the
 * last counts */
void words_take(const char *name, const char *value, void *unused);

/* Is there a row for @name? */
bool words_know(const char *name);

/* forget everything that was taken */
void words_forget(void);

/*
 * words_stop - must the boot stop because of a word that was taken?
 *
 * Returns 0, or -EOPNOTSUPP with @why.
 */
int words_stop(struct fail *why);

/*
 * words_warn - warn of the words that were taken and do not stop a boot
 *
 * @serves: does the image set up what holds content of that type? What a word
 *	    asks for is then done anyway, and nothing is said of it. Its argument
 *	    may also be "rd.luks.name": does it do so with the names of the line?
 * @warn:   called with a whole sentence, once for each name
 */
void words_warn(bool (*serves)(const char *type),
		void (*warn)(const char *sentence));
