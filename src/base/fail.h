/* SPDX-License-Identifier: MIT */
/*
 * fail.h - an error as a value: what was tried, on what, why it went wrong
 *
 * A function that can fail for more than one reason takes a struct fail as its
 * last parameter, fills in one sentence and returns -errno. It does not print
 * the sentence. Its caller does if it knows what the failure means, and passes
 * it on if not: a boot stage returns it to boot.c, a command prints it with
 * log_fail(), and a step that can be done without makes it a warning. So each
 * failure is said once.
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

/* In a format, this separates the sentence from what the person can do. */
#define FAIL_TODO "\f"

/* fill in the sentence, followed by ": " and the words for @error, which is an
 * errno or -errno; returns -errno */
__attribute__((format(printf, 3, 4))) int fail(struct fail *why, int error,
					       const char *format, ...);
/* the same where errno's words would mislead: the format has the reason */
__attribute__((format(printf, 3, 4))) int fail_said(struct fail *why, int error,
						    const char *format, ...);
/* add what the person can do, where that depends on more than the format */
__attribute__((format(printf, 2, 3))) void fail_todo(struct fail *why,
						     const char *format, ...);
/* words for an errno or -errno, the same on every C library */
const char *fail_reason(int error);
