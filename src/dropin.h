/* SPDX-License-Identifier: MIT */
/*
 * dropin.h - the switch alone, for an initramfs that did the rest itself
 *
 * Under the originals' names, with their options (dialect.h) and exit statuses.
 * What they return is the exit status, and whatever they could not do has
 * changed nothing.
 */
#pragma once

/* switch_root [OPTIONS] NEW_ROOT INIT [ARGUMENT…] */
int dropin_switch_root(int argc, char *argv[], char *envp[]);
/* run-init [OPTIONS] NEW_ROOT INIT [ARGUMENT…] */
int dropin_run_init(int argc, char *argv[], char *envp[]);
/* pivot_root NEW_ROOT PUT_OLD: the system call and nothing else */
int dropin_pivot_root(int argc, char *argv[], char *envp[]);
