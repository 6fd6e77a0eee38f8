/* SPDX-License-Identifier: MIT */
/*
 * stack.h - is the new root made of the old root's files?
 *
 * Deleting the initramfs must not take away what the new root consists of: a
 * directory of the initramfs that is mounted in it, or a file system that is
 * stacked on such a directory. The mount table cannot rule that out. The layers
 * of an overlay are there as whoever mounted it wrote them: relative to a
 * directory of his own, from his own root, or by a path where something else
 * has been mounted since; of several levels it shows one.
 *
 * So an overlay is asked. A name that nobody has used before is made in each
 * directory of the initramfs, in those that are covered by a mount as well, and
 * is looked up in the overlay. A lookup in the root of an overlay goes through
 * all its layers, and through theirs if they are overlays, so that the name is
 * seen exactly if one of them is a directory of the initramfs. Then the names
 * are removed.
 *
 * Not asked are file systems that hold what they consist of by a descriptor,
 * which deleting a name does not take away: all that are on a block device, be
 * it a loop over a file of the initramfs (drivers/block/loop.c:
 * lo_backing_file; such a file stays in memory, and is not freed), and those
 * that have their files from elsewhere. They are listed by type. Whatever is
 * neither in that list nor an overlay cannot be proved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/api.h"

/* What is to be proved about. */
struct stack_question {
	int old_fd;	      /* the old root, readable */
	uint64_t old_dev;     /* its device, as the mount table has it */
	const char *new_root; /* its path; "": not known, it may be any */
	/* "/dev": the API file systems that move to the new root, with what is
	 * mounted below them; ended by NULL */
	const char *moving[API_COUNT + 1];
};

/*
 * stack_why_keep - NULL: nothing of the new root is made of the old one; else
 * why that cannot be said, as half a sentence, valid until the next call
 */
const char *stack_why_keep(const struct stack_question *question);
