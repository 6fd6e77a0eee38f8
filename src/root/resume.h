/* SPDX-License-Identifier: MIT */
/*
 * resume.h - the image of a hibernated system: look whether there is one, and
 * ask the kernel to resume it
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fail;

enum resume_content {
	RESUME_OTHER, /* neither of the next two */
	RESUME_SWAP,  /* swap, to which no system has hibernated */
	RESUME_IMAGE, /* a hibernated system */
};

/*
 * resume_look - what the disk holds now where an image would be
 *
 * @path:    a device
 * @offset:  of a swap file on it, in pages; 0: there is no such file
 *
 * The kernel bypasses its own cache of the device there (kernel/power/swap.c:
 * hib_submit_io), and so does this function. Returns a resume_content or
 * -errno.
 */
int resume_look(const char *path, uint64_t offset);
/* the same for the @size bytes of one page, whatever its size (pure) */
enum resume_content resume_page(const unsigned char *page, size_t size);

/*
 * resume_from - have the kernel resume the image on the device @number
 *
 * @number:  as SYS_DEV()
 * @offset:  as for resume_look()
 *
 * Does not return if the kernel does. A result of 0 says only that the kernel
 * knows which device to hibernate to and to resume from. It does not tell why
 * it has not resumed (kernel/power/hibernate.c: resume_store), even if it never
 * looked, as under lockdown: resume_look() tells whether the image is still
 * there.
 */
int resume_from(uint64_t number, uint64_t offset, struct fail *why);
