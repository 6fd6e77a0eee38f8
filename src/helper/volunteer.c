/* SPDX-License-Identifier: MIT */
#include "helper/volunteer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/task.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

#define REQUEST SYS_SIGNAL(PINTLE_HELPER_SIGNAL)

/* The descriptor at which the last announcement was found: each process is
 * looked at more than once, and others run the same program. */
static char likely[16] = "3";

/* What the descriptors of a process show. */
struct shown {
	int pid;
	int dir; /* /proc/PID/fd */
	enum volunteer_name name;
};

enum volunteer_name volunteer_name(const char *link, int pid)
{
	const char *base = str_base(link);
	const char *in_memory = str_after(base, "memfd:");
	const char *rest =
		str_after(in_memory ? in_memory : base, PINTLE_HELPER_NAME ".");
	char number[16];
	uint64_t is;
	size_t len;

	if (!rest)
		return VOLUNTEER_NO_NAME;
	len = str_span(rest, "0123456789");
	/* The kernel adds that to a file without a name (fs/d_path.c). */
	if ((rest[len] && strcmp(rest + len, " (deleted)") != 0) ||
	    str_part(number, sizeof(number), rest, len) < 0 ||
	    str_number(number, &is) < 0)
		return VOLUNTEER_NO_NAME;
	return is == (uint64_t)pid ? VOLUNTEER_OWN_NAME : VOLUNTEER_OTHER_NAME;
}

/* A descriptor that cannot be read shows nothing. */
static bool is_cloexec(int pid, const char *fd)
{
	struct task_fdinfo info;
	uint64_t number;

	return str_number(fd, &number) == 0 &&
	       task_fdinfo(pid, (int)number, &info) == 0 &&
	       info.flags & O_CLOEXEC;
}

/* The text of a link in an open /proc/PID/fd, or "" if it is of no use. */
static const char *link_of(int dir, const char *fd, char *buf, size_t size)
{
	long n = sys_readlink(dir, fd, buf, size);

	buf[n > 0 && n < (long)size ? n : 0] = '\0';
	return buf;
}

/* Note what one descriptor shows. Returns 1 if no other need be looked at. */
static int look_at_fd(const char *name, int type, void *ctx)
{
	struct shown *shown = ctx;
	enum volunteer_name found;
	char link[256];

	(void)type;
	found = volunteer_name(link_of(shown->dir, name, link, sizeof(link)),
			       shown->pid);
	/* An announcement that a program inherited through exec says nothing
	 * about it; one made by the header does not last that long. */
	if (found == VOLUNTEER_OTHER_NAME && !is_cloexec(shown->pid, name))
		return 0;
	if (found > shown->name)
		shown->name = found;
	if (found != VOLUNTEER_OWN_NAME)
		return 0;
	if (name != likely)
		(void)str_copy(likely, sizeof(likely), name);
	return 1;
}

static int look_at_fds(struct shown *shown)
{
	_auto_close int dir = io_open(io_path("/proc/%d/fd", shown->pid),
				      O_RDONLY | O_DIRECTORY);
	int r;

	shown->dir = dir;
	r = dir < 0 ? dir : look_at_fd(likely, 0, shown);
	if (r == 0)
		r = io_each_name(dir, look_at_fd, shown);
	return r < 0 ? r : 0;
}

int volunteer_check(int pid, bool declared, struct procstatus *ret_status,
		    const char **ret_why)
{
	struct shown shown = { .pid = pid };
	int r = look_at_fds(&shown);

	if (r == 0 && ret_status)
		r = procstatus_read(AT_FDCWD, io_path("/proc/%d/status", pid),
				    ret_status);
	/* A process that has ended has neither descriptors nor a status. */
	if (r == -ENOENT || (r == -EACCES && task_is_ending(pid)) ||
	    (r == 0 && ret_status &&
	     (ret_status->state == 'Z' || ret_status->state == 'X')))
		return -ESRCH;
	if (r < 0)
		return r;
	*ret_why = "it does not announce that it handles the request";
	if (!declared && shown.name == VOLUNTEER_NO_NAME)
		return -EPROTONOSUPPORT;
	/* The kernel drops a signal that the first thread neither catches nor
	 * blocks (kernel/signal.c: sig_ignored), even if another thread waits
	 * for it. */
	*ret_why = "it neither catches nor blocks SIGURG";
	if (ret_status &&
	    !((ret_status->caught | ret_status->blocked) & REQUEST))
		return -EPROTONOSUPPORT;
	return declared || shown.name == VOLUNTEER_OWN_NAME
		       ? VOLUNTEER_ITSELF
		       : VOLUNTEER_BY_PARENT;
}
