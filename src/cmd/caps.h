/* SPDX-License-Identifier: MIT */
/*
 * caps.h - capabilities that the real init must not have
 *
 * Gone are they from the bounding and the inheritable set, which is what an
 * execve(2) by root takes its new ones from, and from the masks of programs
 * that the kernel starts by itself: capabilities(7), kernel/umh.c.
 */
#pragma once

#include <stdint.h>

struct fail;

/*
 * caps_parse - names or numbers between commas, each a bit added to @ret
 *
 * "sys_module", "CAP_SYS_MODULE", "16" and "cap_16" are one (pure).
 */
int caps_parse(const char *list, uint64_t *ret, struct fail *why);

/* What was proved; needs /proc until then. */
struct caps {
	uint64_t set;
	int mask_fds[2]; /* masks that have to be lowered; -1 */
};

/* can all of @set be dropped? changes nothing; caps_close() it anyway */
int caps_prove(uint64_t set, struct caps *ret, struct fail *why);
/* for good: nothing gives them back */
int caps_drop(const struct caps *caps, struct fail *why);
void caps_close(struct caps *caps);
