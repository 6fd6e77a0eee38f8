/* SPDX-License-Identifier: MIT */
/*
 * probecmd.h - `pintle probe`: what a device or a file holds, as blkid says it
 */
#pragma once

int probe_command(int argc, char *argv[], char *envp[]);
