/* SPDX-License-Identifier: MIT */
#include "root/hibernated.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "config/image.h"
#include "config/settings.h"
#include "device/device.h"
#include "device/loader.h"
#include "root/block.h"
#include "root/hibernate-location.h"
#include "root/resume.h"
#include "root/root.h"
#include "root/wait.h"

/* The limit of warnings, as a hostile disk may have thousands of partitions. */
#define WARNED_MAX 4u

static const char *wanted; /* the swap that is looked for, as written */
static uint64_t looked_at; /* its device, as SYS_DEV() */
static bool by_firmware;   /* the EFI variable names it */

/* In the exit status of the child that looks: an errno, and not what is there. */
#define LOOK_FAILED 100

/* resume_look(), by a child: a disk that hangs would stop this process for
 * ever. */
static int look(const char *path, uint64_t offset)
{
	struct child_job job = CHILD_NO_JOB;
	struct wait wait;
	int pid = child_fork_job(&job);
	int r;

	if (pid < 0)
		return pid;
	if (pid == 0) {
		r = resume_look(path, offset);
		sys_exit(r < 0 ? LOOK_FAILED - r : r);
	}
	wait_begin(&wait, path, SETTINGS_WAIT_US);
	r = wait_child(&wait, &job, NULL, NULL);
	wait_end(&wait);
	if (r == EINTR)
		return -EINTR;
	return r >= LOOK_FAILED ? LOOK_FAILED - r : r;
}

/* Advise the person to do @first, and add what helps in any case. */
static void advise(struct fail *why, const char *first)
{
	fail_todo(why,
		  "%s; or, to give up the system that may be hibernated there "
		  "and go on, boot once with noresume%s",
		  first,
		  by_firmware ? " (the EFI variable HibernateLocation names it)"
			      : "");
}

/* Is @location that of another system of this machine? That is said. */
static bool is_of_another(const struct location *location)
{
	static char text[512];
	long n = io_read_file(AT_FDCWD, IMAGE_OS, text, sizeof(text));

	/* An image that does not say whose it is may be anybody's. */
	log_unread(IMAGE_OS, n);
	if (n <= 0 || location_is_of(location, text))
		return false;
	log_line(LOG_WARNING,
		 "the EFI variable HibernateLocation is that of another "
		 "system, '%s%s%s', and this image is not for it: leaving the "
		 "system that is hibernated there alone",
		 location->id, *location->image_id ? " " : "",
		 location->image_id);
	return true;
}

/* Find out which swap to look at: 1, 0 if there is none, or -errno. */
static int find_place(const struct settings *settings, uint64_t *ret_offset,
		      struct fail *why)
{
	static struct location location;
	int r;

	wanted = NULL;
	by_firmware = false;
	if (*settings->resume) {
		wanted = settings->resume;
		*ret_offset = settings->resume_offset;
		return 1;
	}
	if (!loader_is_efi())
		return 0;
	r = location_read(&location, why);
	if (r == 0)
		return 0;
	by_firmware = true;
	if (r < 0) {
		advise(why, "name the swap (resume=UUID=...)");
		return r;
	}
	if (is_of_another(&location)) {
		by_firmware = false;
		return 0;
	}
	wanted = location.spec;
	*ret_offset = location.offset;
	log_line(LOG_INFO,
		 "the EFI variable HibernateLocation has resume=%s "
		 "resume_offset=%llu",
		 wanted, (unsigned long long)*ret_offset);
	return 1;
}

/* There is no image: tell the kernel only where to hibernate to. */
static int tell(const struct device *device, uint64_t offset, int content,
		const char *path, struct fail *why)
{
	if (content == RESUME_OTHER)
		log_line(LOG_WARNING,
			 "look for a hibernated system on '%s': it holds %s "
			 "and no swap%s, going on",
			 path,
			 device->content.type[0] ? device->content.type
						 : "nothing known",
			 offset ? " at resume_offset=" : "");
	else if (resume_from(device->number, offset, why) < 0)
		log_line(LOG_WARNING, "%s, going on: nobody hibernated to '%s'",
			 why->what, path);
	return 0;
}

/* Resume the image that is there. If the kernel returns, it has not resumed it;
 * then look whether that is because there is no image any more. */
static int go_back(const struct device *device, uint64_t offset,
		   const char *path, struct fail *why)
{
	int r = resume_from(device->number, offset, why);
	int content = look(path, offset);

	if (content < 0)
		r = fail(why, content, "read '%s' again", path);
	else if (content == RESUME_IMAGE && r == 0)
		r = fail_said(why, EBUSY,
			      "go back to the system hibernated on '%s': the "
			      "kernel does not, and the image is still there",
			      path);
	if (content < 0 || content == RESUME_IMAGE) {
		advise(why, "see dmesg; boot the kernel that hibernated, which "
			    "must be allowed to (no nohibernate, no lockdown)");
		return r;
	}
	/* The kernel has invalidated it (kernel/power/swap.c: swsusp_check). */
	log_line(LOG_ERROR,
		 "go back to the system hibernated on '%s': the kernel could "
		 "not load the image and gave it up, see dmesg, starting anew",
		 path);
	return 0;
}

int hibernated_resume(const struct root *root, struct fail *why)
{
	const struct settings *settings = root->settings;
	const struct device *device;
	char path[DEVICE_PATH];
	uint64_t offset = 0;
	int content, r;

	if (settings->noresume || settings->resume_none)
		return 0;
	/* A person at the rescue shell mounted it: any harm is done already. */
	if (root_is_mounted()) {
		log_line(LOG_NOTICE,
			 "'" ROOT_POINT "' is mounted already, looking for no "
			 "hibernated system");
		return 0;
	}
	r = find_place(settings, &offset, why);
	if (r <= 0)
		return r;
	r = block_find_swap(root, wanted, settings_resume_us(settings), &device,
			    why);
	if (r < 0) {
		advise(why, "attach it, correct resume=, add its driver "
			    "(pintle-mkinitramfs --kind generic -m NAME), or "
			    "wait longer "
			    "(rd.timeout=, rootwait)");
		return r;
	}
	device_path(device->name, path);
	looked_at = device->number;
	log_line(LOG_INFO, "look for a hibernated system on '%s'", path);
	content = device->error ? -device->error : look(path, offset);
	if (content == RESUME_IMAGE)
		return go_back(device, offset, path, why);
	if (content >= 0)
		return tell(device, offset, content, path, why);
	r = fail(why, content, "read the swap '%s'", path);
	advise(why, "correct resume= or resume_offset=, or repair what cannot "
		    "be read");
	return r;
}

const char *hibernated_wanted(void)
{
	return wanted;
}

void hibernated_warn(const struct root *root)
{
	unsigned count, warned = 0;
	const struct device *devices = device_seen(&count);

	for (unsigned i = 0; i < count && warned < WARNED_MAX; i++) {
		const struct device *it = &devices[i];

		if (!it->name[0] || strcmp(it->content.type, "swsuspend") != 0)
			continue;
		warned++;
		if (root->settings->noresume || root->settings->resume_none)
			log_line(LOG_NOTICE,
				 "the hibernated system on '/dev/%s' is left "
				 "alone (noresume): if it has mounted what is "
				 "written to now, it must not be resumed",
				 it->name);
		else if (it->number != looked_at)
			log_line(LOG_WARNING,
				 "a system is hibernated on '/dev/%s', and no "
				 "resume= names it: if it has mounted what is "
				 "written to now, it is lost and must not be "
				 "resumed (swapon discards it); the next one "
				 "can be resumed by resume=%s%s",
				 it->name,
				 it->content.uuid[0] ? "UUID=" : "/dev/",
				 it->content.uuid[0] ? it->content.uuid
						     : it->name);
	}
}
