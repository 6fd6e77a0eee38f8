/* SPDX-License-Identifier: MIT */
#include "device/hooks.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "device/hook.h"
#include "device/luks.h"
#include "device/passphrases.h"
#include "device/paths.h"
#include "device/reader.h"
#include "device/table.h"
#include "device/unlock.h"

#define HOOKS_MAX 16u
/* How long a program that runs may still take after the deadline. */
#define GRACE_US ((int64_t)10000000)
/* How long the root may take to appear after the last program has ended, before
 * a person is asked for what it should not need. */
#define OTHERS_US ((int64_t)3000000)

/* How many programs may run beside other lines: they leave room for those. */
#define BESIDE_MAX (HOOKS_JOBS - 2)

/* In the place of a device's next hook: no other one is to be tried. */
#define SERVED	HOOKS_MAX
#define REFUSED (HOOKS_MAX + 1) /* each passphrase was wrong */

_Static_assert(HOOKS_MAX <= 16, "one bit for each: struct device");

static struct hook hooks[HOOKS_MAX];
static unsigned hook_count;
static bool is_masked;

static struct job {
	struct child_job child;
	struct hook *hook;
	struct device *device;
	uint64_t number; /* the entry may be of another device by now */
	int stop_fd;	 /* ask: one byte written to it ends the child */
} jobs[HOOKS_JOBS];

static bool is_late, is_asking, is_over;
static int64_t held_us;	 /* spent prompting in this wait */
static int64_t asked_us; /* when the open prompt was opened */
static int64_t ended_us; /* when the last program ended */
/* since when a device that the command line names is missed; 0: it is not */
static int64_t missed_us;
/* readable when OTHERS_US have passed since then */
static int others_fd = -1;

/* -- the lines ------------------------------------------------------------ */

static int take_line(char *read, void *ctx)
{
	static char lines[4096];
	static struct text text = { .buf = lines, .size = sizeof(lines) };
	char *line = lines + text.len;
	struct hook hook;
	bool good;

	(void)ctx;
	text_add(&text, "%s", read);
	if (text.cut)
		return -EFBIG;
	text.len++;
	good = hook_parse(line, &hook);
	if (good && !hook.type)
		return 0;
	if (good && hook_count < HOOKS_MAX)
		hooks[hook_count++] = hook;
	else
		log_line(LOG_WARNING, "read '%s': '%s' is %s, ignoring it",
			 IMAGE_HOOKS, read,
			 good ? "one line too many"
			      : "neither TYPE[:UUID] each|late|beside "
				"/COMMAND nor "
				"TYPE[:UUID] ask[,tries=N][,masked][,optional]"
				"[,no-cache] /COMMAND nor TYPE[:UUID] never");
	return 0;
}

void hooks_read(bool masked)
{
	is_masked = masked;
	log_unread(IMAGE_HOOKS, io_each_line(IMAGE_HOOKS, take_line, NULL));
}

bool hooks_serve(const char *type)
{
	for (unsigned i = 0; i < hook_count; i++)
		if (hooks[i].when != HOOK_NEVER &&
		    strcmp(hooks[i].type, type) == 0)
			return true;
	return false;
}

/* Is there a line of that kind for @device, or (NULL) for any? */
static bool has_line(enum hook_when when, const struct device *device)
{
	for (unsigned i = 0; i < hook_count; i++)
		if (hooks[i].when == when &&
		    (!device || hook_is_for(&hooks[i], device)))
			return true;
	return false;
}

bool hooks_ask(void)
{
	return has_line(HOOK_ASK, NULL);
}

bool hooks_unlock(const struct device *device)
{
	return (has_line(HOOK_ASK, device) || has_line(HOOK_BESIDE, device)) &&
	       !has_line(HOOK_NEVER, device);
}

/* -- whom a person is asked for, and when ----------------------------------- */

/* Does the line name a device that the root needs? */
static bool is_needed(const struct hook *hook)
{
	return hook->when == HOOK_ASK && hook->uuid && !hook->optional;
}

static bool is_for_root(const struct device *device)
{
	for (unsigned i = 0; i < hook_count; i++)
		if (is_needed(&hooks[i]) && hook_is_for(&hooks[i], device))
			return true;
	for (unsigned i = 0; luks_uuid(i); i++)
		if (probe_uuid_equal(luks_uuid(i), device->content.uuid))
			return true;
	return false;
}

/* Is the device that the line names open? One that does not come, or that a
 * person has left closed, is given up when time is running out. */
static bool is_open(const struct hook *hook)
{
	unsigned count;
	const struct device *device = device_seen(&count);

	for (; count; count--, device++) {
		if (!hook_is_for(hook, device))
			continue;
		if (device_is_held(device))
			return true;
		if (device->hook == REFUSED)
			return false;
	}
	return is_late;
}

/* Is @luks, which the command line names, there, and may it still be opened? */
static bool is_there(const struct hook *luks, bool *ret_closed)
{
	unsigned count;
	const struct device *device = device_seen(&count);
	bool any = false;

	for (; count; count--, device++) {
		if (!hook_is_for(luks, device) || has_line(HOOK_NEVER, device))
			continue;
		any = true;
		*ret_closed |= !device_is_held(device) &&
			       device->hook != REFUSED &&
			       device->fate != HOOK_CLOSED;
	}
	return any;
}

/* May a person be asked for a device that the root should not need? Only if all
 * that it should need is open, and it is not there nevertheless. */
static bool may_ask_others(void)
{
	int64_t from_us = ended_us, left_us;
	struct hook asked = { .type = LUKS_TYPE };
	bool any = false, closed = false;

	for (unsigned i = 0; i < hook_count; i++) {
		if (is_needed(&hooks[i]) && !is_open(&hooks[i]))
			return false;
		any |= is_needed(&hooks[i]);
	}
	for (unsigned i = 0; (asked.uuid = luks_uuid(i)); i++) {
		any = true;
		if (is_there(&asked, &closed))
			continue;
		/* It may be the word of an old disk: it is not waited for as
		 * long as what the image knows of. */
		if (!missed_us)
			missed_us = sys_now_us();
		if (from_us < missed_us)
			from_us = missed_us;
	}
	if (!any || is_late)
		return true;
	if (closed)
		return false;
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		if (jobs[i].child.pid && jobs[i].hook->when != HOOK_BESIDE)
			return false;
	left_us = from_us + OTHERS_US - sys_now_us();
	if (left_us <= 0)
		return true;
	if (others_fd < 0)
		others_fd = sys_timer(left_us);
	return others_fd < 0;
}

/* -- the programs ----------------------------------------------------------- */

/* In the child: run the command, without asking anybody. */
static void become_hook(const struct job *job)
{
	static struct hook_command command;
	struct child child;

	if (hook_command(job->hook, job->device, &command) < 0)
		sys_exit(CHILD_NOT_STARTED);
	child = hook_child(&command, CHILD_STDIN_NULL);
	child_become(&child);
}

/* Say once that the kernel has refused to start a program. */
static void say_refused(const struct hook *hook, const struct device *device,
			int error)
{
	static bool is_said;

	if (!is_said)
		log_line(LOG_WARNING,
			 "start '%s' for '/dev/%s': %s, trying again with the "
			 "next event",
			 hook->command, device->name, fail_reason(error));
	is_said = true;
}

static uint16_t bit_of(const struct hook *hook)
{
	return (uint16_t)(1u << (hook - hooks));
}

/* Is one of its lines being tried, but for those beside it? */
static bool is_busy(const struct device *device)
{
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		if (jobs[i].child.pid && jobs[i].device == device &&
		    jobs[i].hook->when != HOOK_BESIDE)
			return true;
	return false;
}

static void start_hook(struct hook *hook, struct device *device)
{
	struct job *job = jobs;
	int ends[2] = { -1, -1 }, pid, r;

	while (job < jobs + HOOKS_JOBS && job->child.pid)
		job++;
	if (job == jobs + HOOKS_JOBS || (hook->when == HOOK_ASK && is_asking))
		return;
	if (hook->when == HOOK_ASK && (r = sys_pipe(ends)) < 0) {
		say_refused(hook, device, r);
		return;
	}
	if (hook->when == HOOK_ASK)
		passphrases_begin();
	*job = (struct job){ .hook = hook,
			     .device = device,
			     .number = device->number,
			     .stop_fd = ends[1] };
	pid = child_fork_job(&job->child);
	if (pid == 0 && hook->when == HOOK_ASK)
		unlock(hook, device, is_masked, ends[0]);
	if (pid == 0)
		become_hook(job);
	sys_auto_close(&ends[0]);
	if (pid < 0) {
		say_refused(hook, device, pid);
		sys_auto_close(&ends[1]);
		return;
	}
	device->fate = HOOK_RUNS;
	if (hook->when == HOOK_LATE) {
		hook->done = true;
		log_line(LOG_WARNING,
			 "time is running out: run '%s' for '/dev/%s' as it is",
			 hook->command, device->name);
	} else if (hook->when == HOOK_BESIDE) {
		device->beside |= bit_of(hook);
	} else {
		device->hook = (uint8_t)(hook - hooks + 1);
	}
	if (hook->when == HOOK_ASK) {
		is_asking = true;
		asked_us = sys_now_us();
	}
}

/* The device is open, or the boot goes on without it: end what runs beside its
 * other lines (NULL: beside those of any device). */
static void end_beside(const struct device *device)
{
	for (struct job *job = jobs; job < jobs + HOOKS_JOBS; job++)
		if (job->child.pid && job->hook->when == HOOK_BESIDE &&
		    (!device || job->device == device))
			(void)sys_kill(job->child.pid, SIGTERM);
}

/* It is open: nobody need answer any more (NULL: for any device). */
static void end_question(const struct device *device)
{
	for (struct job *job = jobs; job < jobs + HOOKS_JOBS; job++)
		if (job->child.pid && job->stop_fd >= 0 &&
		    (!device || job->device == device))
			(void)sys_write(job->stop_fd, "", 1);
}

/* The same for a program that ran beside other lines, which go on if it has
 * failed. */
static void take_end_beside(const struct job *job, const struct child_end *end)
{
	if (end->code == 0 && !end->signal) {
		job->device->fate = HOOK_ENDED;
		job->device->hook = SERVED;
		end_question(job->device);
	} else if (!device_is_held(job->device)) {
		hook_log_end(job->hook, job->device, end->code, end->signal);
		if (job->device->fate == HOOK_RUNS && !is_busy(job->device))
			job->device->fate = HOOK_FAILED;
	}
}

/* What the end of a program means for the device. */
static void take_end(const struct job *job, const struct child_end *end)
{
	bool asked = job->hook->when == HOOK_ASK;
	bool same = job->device->number == job->number;

	/* unlock() has said it already, unless it could not. */
	if (!same)
		log_line(LOG_WARNING,
			 "run '%s': its device is gone, or another one has its "
			 "name",
			 job->hook->command);
	else if (job->hook->when == HOOK_BESIDE)
		take_end_beside(job, end);
	else if (end->signal || (end->code > 0 && !asked))
		hook_log_end(job->hook, job->device, end->code, end->signal);
	if (!same || job->hook->when == HOOK_BESIDE)
		return;
	if (device_is_held(job->device))
		end_beside(job->device);
	job->device->fate = HOOK_FAILED;
	if (asked && end->code == UNLOCK_REFUSED) {
		job->device->fate = HOOK_REFUSED;
		job->device->hook = REFUSED;
	}
	if (end->code <= 0 && !end->signal) {
		job->device->fate = asked ? HOOK_CLOSED : HOOK_ENDED;
		if (job->hook->when != HOOK_LATE)
			job->device->hook = SERVED;
	}
}

static void reap_hook(struct job *job)
{
	struct child_end end;

	if (!child_reap_job(&job->child, &end))
		return;
	take_end(job, &end);
	ended_us = sys_now_us();
	if (job->hook->when == HOOK_ASK) {
		held_us += ended_us - asked_us;
		is_asking = false;
	}
	sys_auto_close(&job->stop_fd);
}

/* Reap the programs that have ended. Returns whether any still runs. */
static bool reap_all(void)
{
	bool running = false;

	for (struct job *job = jobs; job < jobs + HOOKS_JOBS; job++)
		if (job->child.pid) {
			reap_hook(job);
			running |= job->child.pid != 0;
		}
	return running;
}

/* A job for one member may make a device of other members too: a volume group
 * is complete with its last disk. So it counts for all members of its type. */
static bool works_on(const struct job *job, const struct device *device)
{
	unsigned count;
	const struct device *member = device_seen(&count);

	if (!job->child.pid || job->hook->when == HOOK_ASK ||
	    job->hook->when == HOOK_BESIDE)
		return false;
	if (job->device->name[0] && device_stands_on(device, job->device))
		return true;
	for (; count; count--, member++)
		if (member->name[0] && member->content.use == PROBE_MEMBER &&
		    strcmp(member->content.type, job->hook->type) == 0 &&
		    device_stands_on(device, member))
			return true;
	return false;
}

bool hooks_work_on(const struct device *device)
{
	/* The caller may have been woken by the end of a program. */
	(void)reap_all();
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		if (works_on(&jobs[i], device))
			return true;
	return false;
}

enum hook_fate hooks_fate(const struct device *device)
{
	bool any = false;

	for (unsigned i = 0; i < hook_count; i++)
		any |= hook_is_for(&hooks[i], device);
	return !any			      ? HOOK_NO_LINE
	       : has_line(HOOK_NEVER, device) ? HOOK_KEPT
					      : device->fate;
}

/* An inner device is left to the device above it. A device that is held has
 * been unlocked already, by the other path to the same disk. */
static bool is_to_be_served(const struct hook *hook,
			    const struct device *device)
{
	if (device->inner || has_line(HOOK_NEVER, device) ||
	    paths_is_second(device))
		return false;
	if (hook->when == HOOK_BESIDE)
		return !device_is_held(device);
	if (hook->when != HOOK_ASK)
		return true;
	return !is_asking && !device_is_held(device) &&
	       (is_for_root(device) || may_ask_others());
}

static unsigned count_beside(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		count += jobs[i].child.pid && jobs[i].hook->when == HOOK_BESIDE;
	return count;
}

static bool is_due(const struct hook *hook, const struct device *device)
{
	if (hook->when == HOOK_LATE)
		return is_late && !hook->done;
	if (hook->when == HOOK_BESIDE)
		return !(device->beside & bit_of(hook)) &&
		       count_beside() < BESIDE_MAX;
	return hook->when != HOOK_NEVER && hook - hooks >= device->hook &&
	       !is_busy(device);
}

/* Start what is due for the devices that @hook is for. */
static void work_on(struct hook *hook)
{
	unsigned count;
	struct device *device = device_seen(&count);

	for (; count; count--, device++)
		if (hook_is_for(hook, device) && is_due(hook, device) &&
		    is_to_be_served(hook, device))
			start_hook(hook, device);
}

void hooks_work(void)
{
	if (!hook_count)
		return;
	(void)reap_all();
	if (others_fd >= 0 && sys_wait_readable(others_fd, SYS_NOW) == 1) {
		sys_auto_close(&others_fd);
		others_fd = -1;
	}
	if (is_over)
		return;
	device_probe_all();
	for (struct hook *hook = hooks; hook < hooks + hook_count; hook++)
		work_on(hook);
}

void hooks_begin(void)
{
	held_us = 0;
	asked_us = sys_now_us();
	is_late = is_over = false;
	missed_us = 0;
}

void hooks_late(void)
{
	is_late = true;
}

int64_t hooks_held_us(void)
{
	if (is_asking)
		return -1;
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		if (jobs[i].child.pid)
			return held_us + GRACE_US;
	return held_us;
}

void hooks_fds(int ret_fds[HOOKS_FDS])
{
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		ret_fds[i] = jobs[i].child.pid ? jobs[i].child.fd : -1;
	ret_fds[HOOKS_JOBS] = is_over ? -1 : others_fd;
}

void hooks_finish(int64_t deadline_us)
{
	int fds[HOOKS_FDS];
	unsigned count;
	struct device *devices = device_seen(&count);

	is_over = true;
	end_question(NULL);
	end_beside(NULL);
	while (reap_all()) {
		hooks_fds(fds);
		if (sys_wait_any(fds, HOOKS_FDS, deadline_us) <= 0)
			break;
	}
	/* If the stage is tried again, so is what went wrong. A prompt that was
	 * closed, or that nobody typed anything at, is no error, but has not
	 * unlocked the device either. */
	for (unsigned i = 0; i < count; i++)
		if (devices[i].hook != SERVED ||
		    (hooks_unlock(&devices[i]) && !device_is_held(&devices[i])))
			devices[i].hook = 0;
	for (unsigned i = 0; i < count; i++)
		if (!device_is_held(&devices[i]))
			devices[i].beside = 0;
	for (unsigned i = 0; i < hook_count; i++)
		hooks[i].done = false;
}
