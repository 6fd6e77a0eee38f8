/* SPDX-License-Identifier: MIT */
#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"

/*
 * musl, glibc and klibc word some of these differently, and klibc has none of
 * them in a static program. A message that people search for must not depend
 * on that. The list has everything that a call of sys.h returns in practice.
 */
#define REASONS(X)                                                             \
	X(EPERM, "Operation not permitted")                                    \
	X(ENOENT, "No such file or directory")                                 \
	X(ESRCH, "No such process")                                            \
	X(EIO, "Input/output error")                                           \
	X(ENXIO, "No such device or address")                                  \
	X(E2BIG, "Argument list too long")                                     \
	X(ENOEXEC, "Exec format error")                                        \
	X(EBADF, "Bad file descriptor")                                        \
	X(EAGAIN, "Resource temporarily unavailable")                          \
	X(ENOMEM, "Out of memory")                                             \
	X(EACCES, "Permission denied")                                         \
	X(EBUSY, "Device or resource busy")                                    \
	X(EEXIST, "File exists")                                               \
	X(EXDEV, "Invalid cross-device link")                                  \
	X(ENODEV, "No such device")                                            \
	X(ENOTDIR, "Not a directory")                                          \
	X(EISDIR, "Is a directory")                                            \
	X(EINVAL, "Invalid argument")                                          \
	X(EMFILE, "Too many open files")                                       \
	X(ETXTBSY, "Text file busy")                                           \
	X(EFBIG, "File too large")                                             \
	X(ENOSPC, "No space left on device")                                   \
	X(EROFS, "Read-only file system")                                      \
	X(ERANGE, "Number out of range")                                       \
	X(ENAMETOOLONG, "Name too long")                                       \
	X(ENOSYS, "Function not implemented by this kernel")                   \
	X(ENOTEMPTY, "Directory not empty")                                    \
	X(ELOOP, "Too many levels of symbolic links")                          \
	X(ENOBUFS, "No buffer space available")                                \
	X(EPROTONOSUPPORT, "Protocol not supported")                           \
	X(EOPNOTSUPP, "Operation not supported")                               \
	X(ETIMEDOUT, "Timed out")                                              \
	X(ECONNREFUSED, "Connection refused")                                  \
	X(ECONNRESET, "Connection reset by peer")                              \
	X(EUCLEAN, "File system structure needs cleaning")                     \
	X(ENOMEDIUM, "No medium found")                                        \
	X(ENOKEY, "Required key not available")                                \
	X(EKEYREJECTED, "Key was rejected by service")
#define ERROR(error, words) error,
#define WORDS(error, words) words "\0"
static const unsigned char errors[] = { REASONS(ERROR) };
static const char reasons[] = REASONS(WORDS);

const char *fail_reason(int error)
{
	static char number[24];
	const char *words = reasons;

	if (error < 0)
		error = -error;
	for (size_t i = 0; i < sizeof(errors); i++, words += strlen(words) + 1)
		if (errors[i] == error)
			return words;
	(void)str_format(number, sizeof(number), "error %d", error);
	return number;
}

/* A sentence that is too long for its buffer ends in "...". */
static size_t fail_print(char *buf, size_t size, const char *format,
			 va_list *args)
{
	size_t n = str_vprint(buf, size, format, args);

	if (n < size)
		return n;
	memcpy(buf + size - 4, "...", 4);
	return size - 1;
}

/* Room for the reason, which matters more than the end of a long name. */
#define REASON_BYTES 60

static int fail_fill(struct fail *why, int error, size_t size,
		     const char *format, va_list *args)
{
	const char *todo = str_char(format, *FAIL_TODO);
	size_t len = fail_print(why->what, size, format, args);

	if (error < 0)
		error = -error;
	if (size < sizeof(why->what))
		(void)str_format(why->what + len, sizeof(why->what) - len,
				 ": %s", fail_reason(error));
	why->error = error;
	(void)fail_print(why->todo, sizeof(why->todo), todo ? todo + 1 : "",
			 args);
	return -error;
}

int fail(struct fail *why, int error, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = fail_fill(why, error, sizeof(why->what) - REASON_BYTES, format,
		      &args);
	va_end(args);
	return r;
}

int fail_said(struct fail *why, int error, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = fail_fill(why, error, sizeof(why->what), format, &args);
	va_end(args);
	return r;
}

void fail_todo(struct fail *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fail_print(why->todo, sizeof(why->todo), format, &args);
	va_end(args);
}
