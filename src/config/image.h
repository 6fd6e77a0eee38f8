/* SPDX-License-Identifier: MIT */
/*
 * image.h - the files that pintle reads in its image and writes below /run
 *
 * They are a contract: pintle-mkinitramfs writes the first group, and other
 * programs read the second. A missing file means that there is nothing of its
 * kind; a line that cannot be read is a warning.
 */
#pragma once

#define IMAGE_DIR "/etc/pintle"

/* words of a kernel command line, which come before the kernel's own */
#define IMAGE_CMDLINE IMAGE_DIR "/cmdline"
/* the identity of the image, one line: contents and packing */
#define IMAGE_NAME IMAGE_DIR "/image"
/* Empty files. The archive of an image has the first one before /init, and the
 * other one as its last member: without that the image is damaged. */
#define IMAGE_BEGIN IMAGE_DIR "/begin"
#define IMAGE_END   IMAGE_DIR "/end"
/* the lines ID= and IMAGE_ID= of os-release(5) of the system it is for */
#define IMAGE_OS IMAGE_DIR "/os-release"
/* the modules to load, one a line, in load order: path, and after a blank its
 * parameters */
#define IMAGE_MODULES IMAGE_DIR "/modules"
/* a module a line: the numbers of the lines (from 0) that it needs, all of them
 * before it, separated by commas, or "-"; a blank; path[ parameters] */
#define IMAGE_DRIVERS IMAGE_DIR "/drivers"
/* a pattern of modaliases, a blank, the number of its line in IMAGE_DRIVERS */
#define IMAGE_ALIASES IMAGE_DIR "/aliases"
/* a pattern, a blank, the name of a module that disks may want and that is not
 * in the image; sorted as IMAGE_ALIASES, read only when a boot has failed */
#define IMAGE_ABSENT IMAGE_DIR "/absent"
/* how to make a device out of a member: see device/hooks.h */
#define IMAGE_HOOKS IMAGE_DIR "/hooks"
/* the helpers to start and to move: see pintle(8) */
#define IMAGE_HELPERS IMAGE_DIR "/helpers"
/* what helpers with `copy` need besides their programs, a path a line */
#define IMAGE_COPY IMAGE_DIR "/copy"

#define RUN_DIR "/run/pintle"

/* what a boot did, for people and for programs */
#define RUN_REPORT_TEXT RUN_DIR "/report.txt"
#define RUN_REPORT_JSON RUN_DIR "/report.json"
/* why a boot stopped */
#define RUN_FAILURE RUN_DIR "/failure.txt"
/* the file system that holds the file of loop= */
#define RUN_HOST RUN_DIR "/host"
/* below an overlay, and what an overlay keeps */
#define RUN_LOWER RUN_DIR "/lower"
#define RUN_STORE RUN_DIR "/overlay"
/* where the files of IMAGE_COPY and the programs are while helpers start from
 * them: on a mount that moves to the new root with the helpers */
#define RUN_COPIES RUN_DIR "/copy"
/* the true root of a system that was booted with pintle.altroot= */
#define RUN_TRUE_ROOT RUN_DIR "/true-root"
