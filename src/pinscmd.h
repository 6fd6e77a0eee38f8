/* SPDX-License-Identifier: MIT */
/*
 * pinscmd.h - pintle pins [--json] [DIR]: who holds DIR's mount
 */
#pragma once

int pins_command(int argc, char *argv[], char *envp[]);
