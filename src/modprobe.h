/* SPDX-License-Identifier: MIT */
/*
 * modprobe.h - the kernel's request for a module, served from the image's index
 */
#pragma once

/* modprobe [option]... NAME: the last word counts (kernel/module/kmod.c) */
int modprobe_command(int argc, char *argv[], char *envp[]);
