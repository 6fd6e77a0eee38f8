/* SPDX-License-Identifier: MIT */
/*
 * dropin.h - the switch alone, for an initramfs that did the rest itself
 */
#pragma once

/*
 * dropin_switch_root - switch_root NEW_ROOT INIT [ARGUMENT…]
 *
 * Returns the exit status if it could not; then nothing has changed.
 */
int dropin_switch_root(int argc, char *argv[], char *envp[]);
