/* SPDX-License-Identifier: MIT */
/*
 * options.h - the options of switch_root, run-init and pivot_root (pure)
 *
 * They are those of util-linux, busybox and klibc together; no option means two
 * things among them. The options end at the first operand, whatever the rest
 * looks like, because the rest is for the real init.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fail;

struct options {
	bool help, version;
	bool dry;	     /* -n: prove, and change nothing */
	bool keep;	     /* -p: leave the initramfs its files */
	const char *console; /* -c; NULL: not given */
	uint64_t drop;	     /* -d: a bit for each capability */
	int operand;	     /* the index of the first operand in argv */
};

/*
 * options_parse - read the options into @ret
 *
 * @bare:  only -h and -V are known
 */
int options_parse(int argc, char *const argv[], bool bare, struct options *ret,
		  struct fail *why);
