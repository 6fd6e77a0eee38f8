/* SPDX-License-Identifier: MIT */
/*
 * resume.h - an image of a hibernated system: is there one, and the kernel is
 * asked to go back to it
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fail;

enum resume_content {
	RESUME_OTHER, /* neither of the next two */
	RESUME_SWAP,  /* swap, and nobody has hibernated to it */
	RESUME_IMAGE, /* a hibernated system */
};

/*
 * resume_look - what the disk has now at the place for an image
 *
 * @path:    a device
 * @offset:  in pages, of a swap file on it; 0: none
 *
 * The kernel reads and writes there past its own cache of the device
 * (kernel/power/swap.c: hib_submit_io), and so does this. Returns a
 * resume_content or -errno.
 */
int resume_look(const char *path, uint64_t offset);
/* the same of the @size bytes of a page, of whatever size (pure) */
enum resume_content resume_page(const unsigned char *page, size_t size);

/*
 * resume_from - does not return if the kernel goes back to the image on the
 * device @number
 *
 * @number:  as SYS_DEV()
 * @offset:  as for resume_look()
 *
 * 0 says only that the kernel was told which device is the one to hibernate to,
 * and to resume from: it hides why it did not (kernel/power/hibernate.c:
 * resume_store), even where it never looked, as under lockdown. Whether the
 * image is still there is for resume_look() to say.
 */
int resume_from(uint64_t number, uint64_t offset, struct fail *why);
