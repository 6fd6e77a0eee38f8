/* SPDX-License-Identifier: MIT */
/*
 * migrate.h - move helpers beside another switcher
 */
#pragma once

/*
 * migrate_command - pintle migrate NEW_ROOT [--pid PID]... [--dry-run]
 *
 * 0 only when every process that was named, or without names every one that
 * opted in, is marked '@' or is plymouthd, was observed in NEW_ROOT.
 */
int migrate_command(int argc, char *argv[], char *envp[]);
