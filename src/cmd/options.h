/* SPDX-License-Identifier: MIT */
/*
 * options.h - the options of switch_root, run-init and pivot_root (pure)
 *
 * Those of util-linux, busybox and klibc united; none means two things among
 * them. Options end at the first operand, whatever the rest looks like: it is
 * the real init's.
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
	int operand;	     /* the first one's place in argv */
};

/*
 * options_parse - options into @ret
 *
 * @bare:  none but -h and -V are known
 */
int options_parse(int argc, char *const argv[], bool bare, struct options *ret,
		  struct fail *why);
