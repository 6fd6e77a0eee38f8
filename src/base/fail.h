/* SPDX-License-Identifier: MIT */
/*
 * fail.h - an error as a value: what was tried, on what, why it went wrong
 *
 * Whatever can fail for more than one reason takes a struct fail last, fills
 * in one sentence and returns -errno. Nobody below boot.c and main.c prints it:
 * a failure is said once, by the one who knows what it means.
 *
 * The sentence is an infinitive with its object in single quotes, then the
 * reason: "mount '/dev/vda1' on '/sysroot' as ext4: No such device".
 */
#pragma once

struct fail {
	int error;	/* errno; 0: nothing failed */
	char what[600]; /* the sentence */
	char todo[600]; /* what the person can do; may be empty */
};

/* In a format, between the sentence and what the person can do. */
#define FAIL_TODO "\f"

/* the sentence, ": " and the words for @error, an errno or -errno; -errno */
__attribute__((format(printf, 3, 4))) int fail(struct fail *why, int error,
					       const char *format, ...);
/* the same, where errno's words would mislead: the format says the reason */
__attribute__((format(printf, 3, 4))) int fail_said(struct fail *why, int error,
						    const char *format, ...);
/* what the person can do, where that hangs on more than the sentence does */
__attribute__((format(printf, 2, 3))) void fail_todo(struct fail *why,
						     const char *format, ...);
/* words for an errno or -errno, the same on every C library */
const char *fail_reason(int error);
