/* SPDX-License-Identifier: MIT */
/*
 * report.c - `pintle report`: print the report of this boot
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "boot/report.h"
#include "cmd/cmd.h"
#include "config/image.h"

static int complain(const char *path, const char *reason)
{
	log_as_command(false);
	log_line(LOG_ERROR, "read the report '%s': %s", path, reason);
	return 1;
}

int cmd_report(int argc, char *argv[], char *envp[])
{
	static char buf[65537];
	const char *path = RUN_REPORT_TEXT;
	int at = 1;
	long n;

	(void)envp;
	if (at < argc && strcmp(argv[at], "--json") == 0) {
		path = RUN_REPORT_JSON;
		at++;
	}
	if (at < argc)
		path = argv[at];
	n = io_read_file(AT_FDCWD, path, buf, sizeof(buf));
	if (n == -ENOENT && at >= argc)
		return complain(path, "this system was not booted by pintle");
	if (n < 0)
		return complain(path, fail_reason((int)n));
	return io_write(1, buf, (size_t)n) < 0 ? 1 : 0;
}
