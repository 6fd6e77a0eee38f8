/* SPDX-License-Identifier: MIT */
#include "helper/volunteer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"

#define PINTLE_HELPER_NUMBERS_ONLY
#include "helper/pintle-helper.h"

#define REQUEST SYS_SIGNAL(PINTLE_HELPER_SIGNAL)

#define TEXT(number)  #number
#define WORDS(number) TEXT(number)
#define THE_SIGNAL    "signal " WORDS(PINTLE_HELPER_SIGNAL)

/* O_CLOEXEC in the flags of /proc/PID/fdinfo, which are octal: this bit of the
 * digit at this place from the end (asm-generic/fcntl.h). */
#define CLOEXEC_PLACE 7
#define CLOEXEC_BIT   2

/* What the descriptors of a process show. */
struct shown {
	int pid;
	bool is_ours;
	int dir; /* /proc/PID/fd */
	enum volunteer_name name;
	bool reads; /* it has a signalfd of its own for the signal */
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

struct fdinfo {
	uint64_t signals;
	bool cloexec;
};

static int fdinfo_line(char *line, void *ctx)
{
	struct fdinfo *info = ctx;
	const char *value = str_after(line, "sigmask:\t");

	if (value)
		(void)str_hex(value, strlen(value), &info->signals);
	value = str_after(line, "flags:\t");
	if (value && strlen(value) >= CLOEXEC_PLACE)
		info->cloexec = (value[strlen(value) - CLOEXEC_PLACE] - '0') &
				CLOEXEC_BIT;
	return 0;
}

/* A descriptor that cannot be read shows nothing. */
static struct fdinfo fdinfo_of(int pid, const char *fd)
{
	struct fdinfo info = { 0 };
	char path[64];

	if (str_format(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd) < 0 ||
	    io_each_line(path, fdinfo_line, &info) < 0)
		return (struct fdinfo){ 0 };
	return info;
}

/* The text of a link in an open /proc/PID/fd, or "" if it is of no use. */
static const char *link_of(int dir, const char *fd, char *buf, size_t size)
{
	long n = sys_readlink(dir, fd, buf, size);

	buf[n > 0 && n < (long)size ? n : 0] = '\0';
	return buf;
}

static bool is_signalfd(const char *link)
{
	return strcmp(link, "anon_inode:[signalfd]") == 0;
}

static int read_status(int pid, struct procstatus *ret)
{
	char path[32];
	int r;

	(void)str_format(path, sizeof(path), "/proc/%d/status", pid);
	r = procstatus_read(AT_FDCWD, path, ret);
	return r == -ENOENT ? -ESRCH : r;
}

struct compared {
	const struct shown *shown;
	int parent, dir; /* /proc/PARENT/fd */
	uint64_t fd, signals;
};

/* Returns 1 if the parent has the same signalfd. */
static int compare_signalfd(const char *name, int type, void *ctx)
{
	const struct compared *mine = ctx;
	const struct shown *shown = mine->shown;
	char link[32];
	uint64_t fd;
	int r = -ENOSYS;

	(void)type;
	if (!is_signalfd(link_of(mine->dir, name, link, sizeof(link))) ||
	    str_number(name, &fd) < 0)
		return 0;
	if (shown->is_ours)
		r = sys_kcmp_file(shown->pid, (int)mine->fd, mine->parent,
				  (int)fd);
	/* Without kcmp(2), a signalfd that looks the same counts as the
	 * same. */
	if (r < 0)
		return fdinfo_of(mine->parent, name).signals == mine->signals;
	return r == 0;
}

/*
 * A child has the signalfd and the mask of its parent until it executes another
 * program, and longer if it shares the table of descriptors. The signalfd of
 * systemd has signal 60 in its set.
 */
static bool is_inherited(const struct shown *shown, const char *name,
			 uint64_t signals)
{
	_auto_close int dir = -1;
	struct compared mine = { .shown = shown, .signals = signals };
	struct procstatus status;
	char path[32];

	if (read_status(shown->pid, &status) < 0)
		return true;
	if (status.parent == 0)
		return false;
	mine.parent = (int)status.parent;
	(void)str_format(path, sizeof(path), "/proc/%d/fd", mine.parent);
	mine.dir = dir = io_open(path, O_RDONLY | O_DIRECTORY);
	if (dir == -ENOENT) /* it has ended, and is nobody's parent */
		return false;
	return dir < 0 || str_number(name, &mine.fd) < 0 ||
	       io_each_name(dir, compare_signalfd, &mine) != 0;
}

/* Note what one descriptor shows. Returns 1 if no other need be looked at. */
static int look_at_fd(const char *name, int type, void *ctx)
{
	struct shown *shown = ctx;
	enum volunteer_name found;
	char link[256];

	(void)type;
	(void)link_of(shown->dir, name, link, sizeof(link));
	if (is_signalfd(link)) {
		uint64_t signals = fdinfo_of(shown->pid, name).signals;

		shown->reads |= signals & REQUEST &&
				!is_inherited(shown, name, signals);
		return 0;
	}
	found = volunteer_name(link, shown->pid);
	/* An announcement that a program inherited through exec says nothing
	 * about it; one made by the header does not last that long. */
	if (found == VOLUNTEER_OTHER_NAME &&
	    !fdinfo_of(shown->pid, name).cloexec)
		return 0;
	if (found > shown->name)
		shown->name = found;
	return found == VOLUNTEER_OWN_NAME;
}

static int look_at_fds(struct shown *shown)
{
	_auto_close int dir = -1;
	char path[32];
	int r;

	(void)str_format(path, sizeof(path), "/proc/%d/fd", shown->pid);
	shown->dir = dir = io_open(path, O_RDONLY | O_DIRECTORY);
	r = dir < 0 ? dir : io_each_name(dir, look_at_fd, shown);
	return r < 0 ? r : 0;
}

/* Returns 1, which ends the walk, for a thread that the kernel could give the
 * signal to. */
static int thread_takes(const char *name, int type, void *ctx)
{
	const int *pid = ctx;
	struct procstatus status;
	char path[64];
	int r = str_format(path, sizeof(path), "/proc/%d/task/%s/status", *pid,
			   name);

	(void)type;
	if (r == 0)
		r = procstatus_read(AT_FDCWD, path, &status);
	if (r == -ENOENT || r == -ESRCH) /* a thread that has ended */
		return 0;
	if (r < 0)
		return r;
	return status.blocked & REQUEST || status.state == 'Z' ? 0 : 1;
}

/* Decide by the masks. @takes: there is a thread that does not block it. */
static int judge(const struct shown *shown, const struct procstatus *status,
		 enum volunteer_trust trust, bool takes, const char **ret_why)
{
	bool certain = trust == VOLUNTEER_DECLARED ||
		       shown->name == VOLUNTEER_OWN_NAME;
	bool likely =
		trust == VOLUNTEER_CHILD || shown->name == VOLUNTEER_OTHER_NAME;

	if (!takes && shown->reads)
		return 0;
	/* A handler outlasts a mask. In a child the handler may go first:
	 * posix_spawn(3) resets the handlers, and then unblocks. */
	if (status->caught & REQUEST && (certain || (likely && takes)))
		return 0;
	if (status->caught & REQUEST && likely) {
		*ret_why = "it blocks " THE_SIGNAL " at the moment";
		return -EAGAIN;
	}
	if (status->caught & REQUEST)
		*ret_why = "it catches " THE_SIGNAL
			   ", and does not announce that it will move";
	else if (!takes)
		*ret_why = "it blocks " THE_SIGNAL
			   ", and has no signalfd of its own that takes it";
	else if (status->blocked & REQUEST)
		*ret_why = "not every thread of it blocks " THE_SIGNAL
			   ", and nothing catches it";
	else
		*ret_why = "it does not handle " THE_SIGNAL;
	return -EPROTONOSUPPORT;
}

int volunteer_check(int pid, bool is_ours, enum volunteer_trust trust,
		    struct procstatus *ret_status, const char **ret_why)
{
	struct shown shown = { .pid = pid, .is_ours = is_ours };
	bool handles = false;
	int takes = 1;
	int r = 0;

	if (trust != VOLUNTEER_UNKNOWN) {
		r = read_status(pid, ret_status);
		handles = r == 0 && ret_status->caught & REQUEST;
	}
	/* A handler that is declared needs no announcement. */
	if (r == 0 && !handles) {
		r = look_at_fds(&shown);
		if (r == 0)
			r = read_status(pid, ret_status);
	}
	if (r == 0 && (ret_status->state == 'Z' || ret_status->state == 'X'))
		r = -ESRCH;
	/* SigBlk in /proc/PID/status is the first thread's. A signal to a
	 * process goes to any thread that does not block it. */
	if (r == 0 && ret_status->blocked & REQUEST)
		r = takes =
			io_each_in(thread_takes, &pid, "/proc/%d/task", pid);
	/* A process that has ended has neither descriptors nor threads. */
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	return judge(&shown, ret_status, trust, takes, ret_why);
}
