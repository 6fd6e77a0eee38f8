/* SPDX-License-Identifier: MIT */
/*
 * guardian.h - pintle helper: an unmodified program that crosses
 *
 * The guardian starts the program as its child with one fs_struct for both
 * (clone(2), CLONE_FS; an exec keeps it: fs/exec.c makes no new one). So when
 * the request of relocate.h comes and the guardian calls chdir and chroot, the
 * program has moved as well, and knows nothing of it.
 *
 * What shares the structure is the program itself and its threads. What it
 * forks has a copy, and what it becomes by daemonising is no longer ours.
 */
#pragma once

/*
 * pintle helper [--migrate=move|stop|stay] [--mark] [--] COMMAND [ARGUMENT...]
 *
 * @title:  this process's first argument, for --mark to change
 *
 * Ends as COMMAND did, by the same status or signal; 125, 126 or 127 where it
 * could not be started. See pintle(8).
 */
int guardian(char *title, int argc, char *argv[], char *envp[]);
