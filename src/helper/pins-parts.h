/* SPDX-License-Identifier: MIT */
/*
 * pins-parts.h - what the parts of pins.h have in common; nothing else includes
 * this
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* pins-parse.c: read the number at *@at, and advance *@at past it */
bool pins_take_number(const char **at, unsigned base, uint64_t *ret);

/*
 * pins-namespace.c - is a file system mounted in a mount namespace?
 *
 * @process:  an open /proc/PID of a process in it
 * @ns:       the number of that namespace
 * @from:     the mount of the root of that process: mountinfo shows what is
 *            below that
 * @dev:      the device of the file system
 */
bool pins_namespace_has(int process, uint64_t ns, uint64_t from, uint64_t dev);
/* Forget the answers, as they are valid for one scan only. */
void pins_namespaces_forget(void);
