/* SPDX-License-Identifier: MIT */
/*
 * console.h - the standard files of pid 1
 */
#pragma once

/*
 * console_hold_stdio - make descriptors 0 to 2 exist, if only as placeholders,
 * so that no other open is given one of these numbers
 *
 * Where the image has no /dev/console, the kernel starts /init without them
 * (init/main.c: console_on_rootfs).
 */
void console_hold_stdio(void);

/*
 * console_take_stdio - open /dev/console as descriptors 0 to 2
 *
 * Those that the kernel opened are in the initramfs and keep its memory in use.
 * Without a console (ENODEV with console=null, ENXIO) they lead to /dev/null.
 * Returns 0, or -errno with the descriptors as they were.
 */
int console_take_stdio(void);

/* the same with the terminal @path, and without /dev/null as a fallback */
int console_open(const char *path);
