/* SPDX-License-Identifier: MIT */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "fail.h"
#include "io.h"
#include "log.h"
#include "sys.h"

/* kernel/module/main.c and decompress.c, Linux 6.1 and 6.12. */
static const char *module_reason(int error, bool compressed)
{
	switch (error) {
	case EOPNOTSUPP:
	case EINVAL:
		if (compressed)
			return "this kernel cannot decompress it; put it into "
			       "the image uncompressed";
		break;
	case ENOENT:
		return "a symbol it needs is missing (see dmesg), or the file "
		       "is not in the image";
	case ENOEXEC:
		return "it was built for another kernel (see dmesg); make the "
		       "image anew for this one";
	case ENOKEY:
	case EKEYREJECTED:
		return "its signature is not accepted by this kernel";
	default:
		break;
	}
	return fail_reason(error);
}

static int load(char *line, void *ctx)
{
	unsigned *count = ctx;
	char *params = line + strcspn(line, " ");
	size_t len = (size_t)(params - line);
	bool compressed = len < 3 || memcmp(params - 3, ".ko", 3) != 0;
	int r;

	if (len == 0)
		return 0;
	if (*params)
		*params++ = '\0';
	{
		_auto_close int fd = sys_open(AT_FDCWD, line, O_RDONLY, 0);

		r = fd < 0 ? fd
			   : sys_finit_module(
				     fd, params,
				     compressed
					     ? LINUX_MODULE_INIT_COMPRESSED_FILE
					     : 0);
	}
	if (r == 0)
		++*count;
	/* ENODEV: a driver of the machine's that is not here (intel_agp). */
	if (r == 0 || r == -EEXIST || r == -ENODEV)
		return 0;
	log_line(LOG_WARNING, "load '%s': %s, ignoring", line,
		 module_reason(-r, compressed));
	return 0;
}

unsigned modules_load(void)
{
	unsigned count = 0;
	int r = io_each_line(MODULES_LIST, load, &count);

	if (r < 0 && r != -ENOENT)
		log_line(LOG_WARNING, "read '%s': %s, ignoring", MODULES_LIST,
			 fail_reason(-r));
	return count;
}
