/* SPDX-License-Identifier: MIT */
/*
 * stack.h - is the new root made of the old root's files?
 *
 * Deleting the initramfs must not delete what the new root consists of: a
 * directory of the initramfs that is mounted in it, or a file system that is
 * stacked on such a directory. The mount table cannot rule that out. It shows
 * the layers of an overlay as they were written in the mount options: relative
 * to some process's working directory, from some process's root, or by a path
 * on which something else has been mounted since. Of several levels of overlays
 * it shows only one.
 *
 * So an overlay is asked. A name that has never been used is made in each
 * directory of the initramfs, including those that a mount covers, and is
 * looked up in the overlay. A lookup in the root of an overlay goes through all
 * its layers, and through theirs if they are overlays, so the name is found if
 * and only if one of them is a directory of the initramfs. Then the names are
 * removed.
 *
 * Some file systems need not be asked, because they hold what they consist of
 * by a descriptor, and deleting a name does not harm them. These are all those
 * on a block device, even on a loop device over a file of the initramfs
 * (drivers/block/loop.c: lo_backing_file; such a file stays in memory and is
 * not freed), and those that have their files from elsewhere, which are listed
 * by type. Whatever is neither in that list nor an overlay cannot be proved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/api.h"

/* What the proof is about. */
struct stack_question {
	int old_fd;	      /* the old root, readable */
	uint64_t old_dev;     /* its device, as the mount table has it */
	const char *new_root; /* its path; "": unknown, it may be any */
	/* "/dev": the API file systems that move to the new root, with what is
	 * mounted below them; ended by NULL */
	const char *moving[API_COUNT + 1];
};

/*
 * stack_why_keep - must the files of the old root be kept?
 *
 * Returns NULL if nothing of the new root is made of the old one. Otherwise it
 * returns the reason as half a sentence, which is valid until the next call.
 */
const char *stack_why_keep(const struct stack_question *question);
