/* SPDX-License-Identifier: MIT */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * musl, glibc and klibc word some of these differently and klibc has none of
 * them in a static program; a message that people search for must not depend
 * on that. Everything a system call of sys.h returns in practice.
 */
static const struct {
	int error;
	const char *words;
} reasons[] = {
	{ EPERM, "Operation not permitted" },
	{ ENOENT, "No such file or directory" },
	{ EIO, "Input/output error" },
	{ ENXIO, "No such device or address" },
	{ E2BIG, "Argument list too long" },
	{ ENOEXEC, "Exec format error" },
	{ EBADF, "Bad file descriptor" },
	{ ECHILD, "No child processes" },
	{ EAGAIN, "Resource temporarily unavailable" },
	{ ENOMEM, "Out of memory" },
	{ EACCES, "Permission denied" },
	{ EFAULT, "Bad address" },
	{ EBUSY, "Device or resource busy" },
	{ EEXIST, "File exists" },
	{ EXDEV, "Invalid cross-device link" },
	{ ENODEV, "No such device" },
	{ ENOTDIR, "Not a directory" },
	{ EISDIR, "Is a directory" },
	{ EINVAL, "Invalid argument" },
	{ ENFILE, "Too many open files in system" },
	{ EMFILE, "Too many open files" },
	{ ENOTTY, "Inappropriate ioctl for device" },
	{ ETXTBSY, "Text file busy" },
	{ EFBIG, "File too large" },
	{ ENOSPC, "No space left on device" },
	{ EROFS, "Read-only file system" },
	{ EMLINK, "Too many links" },
	{ ERANGE, "Number out of range" },
	{ ENAMETOOLONG, "Name too long" },
	{ ENOSYS, "Function not implemented by this kernel" },
	{ ENOTEMPTY, "Directory not empty" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ ENOBUFS, "No buffer space available" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ ETIMEDOUT, "Timed out" },
	{ EUCLEAN, "File system structure needs cleaning" },
	{ ENOMEDIUM, "No medium found" },
	{ ENOKEY, "Required key not available" },
	{ EKEYREJECTED, "Key was rejected by service" },
};

const char *fail_reason(int error)
{
	static char number[24];

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].words;
	snprintf(number, sizeof(number), "error %d", error);
	return number;
}

/* A sentence that is too long for its buffer ends in "...". */
static size_t say(char *buf, size_t size, const char *format, va_list args)
{
	int n = vsnprintf(buf, size, format, args);

	if (n < 0)
		n = 0;
	if ((size_t)n >= size) {
		memcpy(buf + size - 4, "...", 4);
		n = (int)size - 1;
	}
	return (size_t)n;
}

int fail(struct fail *why, int error, const char *format, ...)
{
	size_t len;
	va_list args;

	why->error = error;
	why->todo[0] = '\0';
	va_start(args, format);
	/* The reason matters more than the end of a long name. */
	len = say(why->what, sizeof(why->what) - 60, format, args);
	va_end(args);
	snprintf(why->what + len, sizeof(why->what) - len, ": %s",
		 fail_reason(error));
	return -error;
}

int fail_said(struct fail *why, int error, const char *format, ...)
{
	va_list args;

	why->error = error;
	why->todo[0] = '\0';
	va_start(args, format);
	(void)say(why->what, sizeof(why->what), format, args);
	va_end(args);
	return -error;
}

void fail_todo(struct fail *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)say(why->todo, sizeof(why->todo), format, args);
	va_end(args);
}
