/* SPDX-License-Identifier: MIT */
/*
 * shell.h - the shell of the image, and the end of a boot that has failed
 */
#pragma once

#include <stdbool.h>

/*
 * rescue_shell - run /bin/sh on the console and wait for its end
 *
 * Only rd.break=, rd.shell and a refused switch_root lead here. Returns true if
 * there was a shell and it ended by itself: then the boot goes on.
 */
bool rescue_shell(void);

/* write out what is to be written, for at most 10 s: on a disk that hangs, sync(2)
 * never returns */
void rescue_sync(void);

/*
 * rescue_hold - wait for a restart after a failed boot, as pid 1 never exits
 *
 * @panic_s: as the kernel's panic=: restart after this many seconds, at once if
 *           it is negative, never if it is 0. The screen stays as it is.
 */
__attribute__((noreturn)) void rescue_hold(int panic_s);
