/* SPDX-License-Identifier: MIT */
/*
 * pins-parts.h - what the parts of pins.h have in common; nothing else includes
 * this
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pin;
struct pins_target;
struct pins_total;

/* A scan, or a look at one process. */
struct pins_scanning {
	const struct pins_target *target;
	struct pins_total *total;
	uint32_t number;
	unsigned files;
	bool sockets;	 /* pins_sockets_find() was called */
	bool always_who; /* PINS_WHO of a process that holds nothing, too */
};

/* ---- pins.c -------------------------------------------------------------- */

void pins_begin(struct pins_scanning *scan, const struct pins_target *target,
		struct pins_total *total);
/* open /proc/@pid: a descriptor or -errno; -ESRCH: it is gone */
int pins_open_process(int proc_fd, int pid);
/* Read number, name and start time. Returns 0, or -errno; -ESRCH: the process of
 * @dir is gone. */
int pins_identify(int dir, struct pin *ret);
/* @pin is what pins_identify() made of it. Returns 0, -ESRCH or -EACCES. */
int pins_examine(struct pins_scanning *scan, int dir, struct pin *pin);

/* ---- the others ---------------------------------------------------------- */

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

/* pins-namespace.c: is a mount with that id mounted where we can see it? */
bool pins_mount_is_here(const struct pins_target *target, uint64_t id);
