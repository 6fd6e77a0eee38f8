/* SPDX-License-Identifier: MIT */
/*
 * caps.h - drop capabilities that the real init must not have
 *
 * They are removed from the bounding and inheritable sets, from which an
 * execve(2) by root takes its new capabilities, and from the masks of the
 * programs that the kernel itself starts: capabilities(7), kernel/umh.c.
 */
#pragma once

#include <stdint.h>

struct fail;

/*
 * caps_parse - add a bit to @ret for each name or number of a list with commas
 *
 * "sys_module", "CAP_SYS_MODULE", "16" and "cap_16" are the same (pure).
 */
int caps_parse(const char *list, uint64_t *ret, struct fail *why);

/* What caps_prove() found out. */
struct caps {
	uint64_t set;
	int mask_fds[2]; /* the masks to be lowered; -1: not this one */
};

/* can all of @set be dropped? It needs /proc and changes nothing; caps_close()
 * is due in any case */
int caps_prove(uint64_t set, struct caps *ret, struct fail *why);
/* drop them; nothing can give them back */
int caps_drop(const struct caps *caps, struct fail *why);
void caps_close(struct caps *caps);
