/* SPDX-License-Identifier: MIT */
/*
 * The view that a boot makes, where it fails: no descriptor of another is
 * closed; and when the process that mends it is waited for. No mount is made
 * here, and no directory: these calls are replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"

#define sys_mkdir(...)	0
#define sys_umount(...) 0
#define sys_mount(...)	ignore(__VA_ARGS__)
#define sys_chdir(...)	0
#define sys_chroot	enter_late
#define sys_setsid	end_mender
static int ignore(const char *from, const char *to, ...);
static int enter_late(const char *path);
static int end_mender(void);

#include "altroot/altroot.c"
#include "tap.h"

static volatile bool *has_entered;

static int ignore(const char *from, const char *to, ...)
{
	(void)from;
	(void)to;
	return 0;
}

static int enter_late(const char *path)
{
	(void)path;
	(void)usleep(200000);
	*has_entered = true;
	return 0;
}

/* It is in the view, and would now begin to mend it. */
static int end_mender(void)
{
	(void)usleep(200000);
	_exit(0);
}

/* How many of the descriptors below @end are open? */
static int count_open(int end)
{
	int count = 0;

	for (int fd = 0; fd < end; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_undo(void)
{
	static struct fail said;
	int last = dup(0);
	int next;

	while (last >= 0 && last < 9)
		last = dup(0);
	is_int(count_open(10), 10, "undo: ten descriptors are open");
	is_int(altroot_boot("/nonexistent", "/x", &said), -ENOENT,
	       "undo: no true root");
	is_int(count_open(10), 10, "undo: they are still open");
	is_int(altroot_boot("/", "/nonexistent/x", &said), -ENOENT,
	       "undo: no altroot in it");
	is_int(count_open(10), 10, "undo: they are still open");
	/* Nor what watches the trees, which is opened after the skeleton. */
	if (access(ALTROOT_VIEW, F_OK) < 0)
		(void)altroot_boot("/", "/tmp", &said);
	is_int(count_open(10), 10, "undo: nor without a skeleton");
	/* The numbers of what the try had opened are somebody else's now. */
	next = dup(0);
	altroot_undo();
	ok(fcntl(next, F_GETFD) >= 0 && count_open(10) == 10,
	   "undo: it closes nothing twice");
	is_int(altroot_boot("/nonexistent", "/x", &said), -ENOENT,
	       "undo: another try");
	ok(fcntl(next, F_GETFD) >= 0 && count_open(10) == 10,
	   "undo: nor does that");
	for (int fd = 3; fd <= next; fd++)
		(void)close(fd);
}

/* Until it is there, whoever looks for helpers would find a stranger in the old
 * root. */
static void test_mender(void)
{
	struct child_end end;

	altroot_keep("/nonexistent");
	ok(*has_entered, "mender: it is in the view before anybody goes on");
	ok(child_wait(-1, &end) == 0 && end.code == 0, "mender: and mends it");
}

int main(void)
{
	has_entered = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (has_entered == MAP_FAILED)
		return 2;
	test_undo();
	test_mender();
	return tap_done();
}
