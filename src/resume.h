/* SPDX-License-Identifier: MIT */
/*
 * resume.h - an image of a hibernated system: the kernel is asked to go back
 */
#pragma once

#include <stdint.h>

struct fail;

/*
 * resume_from - does not return if there is an image on the device @number
 *
 * @number:  as SYS_DEV()
 * @offset:  in pages, of a swap file on it; 0: none
 *
 * 0: there was no image, and the device is the one to hibernate to; or -errno.
 */
int resume_from(uint64_t number, uint64_t offset, struct fail *why);
