/* SPDX-License-Identifier: MIT */
/*
 * password.h - ask a person for a secret
 *
 * The splash asks if plymouthd runs and can; the console does otherwise, which
 * does not show what is typed.
 */
#pragma once

#include <stddef.h>

/*
 * password_ask - ask @question and wait for the answer, for ever
 *
 * @stop_fd:  becomes readable when the answer is no longer wanted
 * @answer:   @size bytes, which the caller clears; no newline, no NUL
 *
 * Returns the length of the answer, 0 if nothing was typed; -ECANCELED because
 * of @stop_fd; -errno.
 */
long password_ask(const char *question, int stop_fd, char *answer, size_t size);
