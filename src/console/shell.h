/* SPDX-License-Identifier: MIT */
/*
 * shell.h - the image's shell, and how a boot that failed ends
 */
#pragma once

#include <stdbool.h>

/*
 * rescue_shell - run /bin/sh on the console and wait for its end
 *
 * Only rd.break=, rd.shell and a refused drop-in lead here. Returns true if
 * there was a shell and it ended by itself: the boot is to go on.
 */
bool rescue_shell(void);

/*
 * rescue_hold - the end of a boot that failed; pid 1 never exits
 *
 * @panic_s: the kernel's meaning of panic=: restart after so many seconds, at
 *           once if negative, never if 0. What lies on the screen stays there.
 */
__attribute__((noreturn)) void rescue_hold(int panic_s);
