/* SPDX-License-Identifier: MIT */
/*
 * tap.h - test points on standard output, what differs on standard error
 *
 * A program of rows: call ok(), is_str(), is_int() for each, and end main with
 * "return tap_done();". The plan comes last, so a program that dies early has
 * none and fails.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool
ok(bool good, const char *name, ...)
{
	va_list args;

	tap_count++;
	if (!good)
		tap_failed++;
	printf("%sok %u - ", good ? "" : "not ", tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return good;
}

#define is_str(got, want, ...)                                                 \
	do {                                                                   \
		const char *got_ = (got), *want_ = (want);                     \
		if (!ok(got_ && want_ && strcmp(got_, want_) == 0,             \
			__VA_ARGS__))                                          \
			fprintf(stderr,                                        \
				"%s:%d: got  \"%s\"\n%s:%d: want \"%s\"\n",    \
				__FILE__, __LINE__, got_ ? got_ : "(null)",    \
				__FILE__, __LINE__, want_ ? want_ : "(null)"); \
	} while (0)

#define is_int(got, want, ...)                                                 \
	do {                                                                   \
		long long got_ = (long long)(got);                             \
		long long want_ = (long long)(want);                           \
		if (!ok(got_ == want_, __VA_ARGS__))                           \
			fprintf(stderr,                                        \
				"%s:%d: got  %lld\n%s:%d: want %lld\n",        \
				__FILE__, __LINE__, got_, __FILE__, __LINE__,  \
				want_);                                        \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed || !tap_count;
}
