/* SPDX-License-Identifier: MIT */
#include "device/hooks.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "console/password.h"
#include "device/reader.h"
#include "device/table.h"

#define HOOKS_MAX     16u
#define WORDS_MAX     32u
#define COMMAND_BYTES 2048
#define TRIES	      3u
/* How long a program that runs may still take after the deadline. */
#define GRACE_US ((int64_t)10000000)
/* cryptsetup(8), "RETURN CODES": no permission (bad passphrase) */
#define WRONG 2

enum when { EACH, ASK, LATE, WHENS };
static const char *const whens[] = { "each", "ask", "late" };

static struct hook {
	const char *type, *uuid; /* NULL: any */
	enum when when;
	bool done; /* late: it has been started */
	const char *command;
} hooks[HOOKS_MAX];
static unsigned hook_count;

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

/* -- the lines ------------------------------------------------------------ */

static int take_line(char *read, void *ctx)
{
	static char lines[4096];
	static struct text text = { .buf = lines, .size = sizeof(lines) };
	char *line = lines + text.len;
	const char *type, *when;
	struct hook hook = { .when = EACH };
	char *colon;

	(void)ctx;
	text_add(&text, "%s", read);
	if (text.cut)
		return -EFBIG;
	text.len++;
	type = str_word(&line);
	when = str_word(&line);
	if (!*type || *type == '#')
		return 0;
	hook.type = type;
	hook.command = line;
	colon = str_char(type, ':');
	if (colon) {
		*colon = '\0';
		hook.uuid = colon + 1;
	}
	while (hook.when < WHENS && strcmp(when, whens[hook.when]) != 0)
		hook.when++;
	if (hook.when < WHENS && *line == '/' && hook_count < HOOKS_MAX)
		hooks[hook_count++] = hook;
	else
		log_line(LOG_WARNING,
			 "read '%s': '%s %s %s' is not TYPE each|ask|late "
			 "/COMMAND, or one too many, ignoring",
			 IMAGE_HOOKS, type, when, line);
	return 0;
}

void hooks_read(void)
{
	log_unread(IMAGE_HOOKS, io_each_line(IMAGE_HOOKS, take_line, NULL));
}

static bool is_for(const struct hook *hook, const struct device *device)
{
	return device->name[0] && device->content.use == PROBE_MEMBER &&
	       strcmp(hook->type, device->content.type) == 0 &&
	       (!hook->uuid ||
		probe_uuid_equal(hook->uuid, device->content.uuid));
}

bool hooks_serve(const char *type)
{
	for (unsigned i = 0; i < hook_count; i++)
		if (strcmp(hooks[i].type, type) == 0)
			return true;
	return false;
}

/* Is there an `ask` line for @device, or (NULL) for any? */
static bool asks(const struct device *device)
{
	for (unsigned i = 0; i < hook_count; i++)
		if (hooks[i].when == ASK &&
		    (!device || is_for(&hooks[i], device)))
			return true;
	return false;
}

bool hooks_ask(void)
{
	return asks(NULL);
}

bool hooks_unlock(const struct device *device)
{
	return asks(device);
}

/* -- the child ------------------------------------------------------------ */

/* Add @value, which comes from the device, to the word that begins at @start.
 * It must neither be empty nor begin an option. */
static bool add_value(struct text *text, size_t start, const char *value)
{
	if (!*value || (text->len == start && *value == '-'))
		return false;
	text_add(text, "%s", value);
	return true;
}

int hooks_words(const char *command, const struct device *device, char *buf,
		size_t size, char *argv[], unsigned max)
{
	struct text text = { .buf = buf, .size = size };
	char path[DEVICE_PATH];
	unsigned argc = 0;
	bool good = true;

	device_path(device->name, path);
	while (*(command += str_span(command, " \t"))) {
		size_t start = text.len;

		if (argc + 1 >= max)
			return -E2BIG;
		argv[argc++] = buf + start;
		for (; *command && !str_char(" \t", *command); command++)
			if (command[0] == '%' && command[1] == 'd' && ++command)
				good &= add_value(&text, start, path);
			else if (command[0] == '%' && command[1] == 'u' &&
				 ++command)
				good &= add_value(&text, start,
						  device->content.uuid);
			else
				text_add(&text, "%c", *command);
		if (!good)
			return -ENODATA;
		/* The NUL takes the place of a blank, so it has room. */
		text_add(&text, " ");
		if (text.cut)
			return -E2BIG;
		buf[text.len - 1] = '\0';
	}
	argv[argc] = NULL;
	return argc ? 0 : -ENOEXEC;
}

/* Call hooks_words() for a job; the reason for a failure is logged. */
static int words_of(const struct job *job, char *buf, size_t size, char *argv[])
{
	int r = hooks_words(job->hook->command, job->device, buf, size, argv,
			    WORDS_MAX);

	if (r == -ENODATA)
		log_line(LOG_ERROR,
			 "start '%s': '/dev/%s' has no UUID, or none that its "
			 "tools would write",
			 job->hook->command, job->device->name);
	else if (r < 0)
		log_line(LOG_ERROR, "start '%s': %s", job->hook->command,
			 fail_reason(r));
	return r;
}

/* What the program says goes to the kernel's log, line by line. */
static struct child child_of(char *const argv[], int stdin_fd)
{
	/* libdevmapper would wait for a udev, which is not here. */
	static char path_env[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";
	static char no_udev[] = "DM_DISABLE_UDEV=1";
	static char no_udev_md[] = "MDADM_NO_UDEV=1";
	static char *const envp[] = { path_env, no_udev, no_udev_md, NULL };

	return (struct child){ .argv = argv,
			       .envp = envp,
			       .stdin_fd = stdin_fd,
			       .out = CHILD_NULL,
			       .err = CHILD_KMSG };
}

/* In the child: run the command, without asking anybody. */
static void become_hook(const struct job *job)
{
	char buf[COMMAND_BYTES], *argv[WORDS_MAX];
	struct child child = child_of(argv, CHILD_STDIN_NULL);

	if (words_of(job, buf, sizeof(buf), argv) < 0)
		sys_exit(CHILD_NOT_STARTED);
	child_become(&child);
}

/* Try @answer once. Returns the exit status of the program. */
static int try_answer(const struct job *job, const char *answer, size_t len)
{
	char buf[COMMAND_BYTES], *argv[WORDS_MAX];
	struct child child;
	struct child_end end;
	int ends[2], r, pid;

	if (words_of(job, buf, sizeof(buf), argv) < 0)
		return CHILD_NOT_STARTED;
	r = sys_pipe(ends);
	if (r < 0)
		return -r;
	child = child_of(argv, ends[0]);
	pid = child_start(&child);
	/* It fits in the pipe, whose other end we hold, so no SIGPIPE comes. */
	(void)io_write(ends[1], answer, len);
	(void)sys_close(ends[0]);
	(void)sys_close(ends[1]);
	r = pid < 0 ? pid : child_wait(pid, &end);
	if (r < 0)
		return -r;
	return end.signal ? 1 : end.code;
}

/* In the child: ask a person, and try the answer. What was typed leaves this
 * process only by a pipe. */
static void ask_and_try(const struct job *job, int stop_fd)
{
	const char *name = job->device->name;
	int status = WRONG;
	char question[250], shown[sizeof(job->device->name)];
	struct text as_shown = { .buf = shown, .size = sizeof(shown) };

	(void)sys_set_dumpable(false);
	text_add_shown(&as_shown, name);
	for (unsigned n = 1; n <= TRIES && status == WRONG; n++) {
		char answer[512];
		long len;

		(void)str_format(question, sizeof(question),
				 "%sPassphrase for '/dev/%s' (%s)",
				 n > 1 ? "That was wrong. " : "", shown,
				 job->device->content.uuid);
		len = password_ask(question, stop_fd, answer, sizeof(answer));
		if (len == 0)
			log_line(LOG_ERROR,
				 "open '/dev/%s': nothing was typed, leaving "
				 "it closed",
				 name);
		if (len <= 0)
			sys_exit(len < 0 && len != -ECANCELED);
		status = try_answer(job, answer, (size_t)len);
		for (volatile char *c = answer; c < answer + sizeof(answer);)
			*c++ = 0;
		if (status == WRONG)
			log_line(LOG_WARNING,
				 "open '/dev/%s': wrong passphrase, try %u of "
				 "%u",
				 name, n, TRIES);
	}
	sys_exit(status);
}

/* -- pid 1 ---------------------------------------------------------------- */

static void start_hook(struct hook *hook, struct device *device)
{
	struct job *job = jobs;
	int ends[2] = { -1, -1 }, pid;

	while (job < jobs + HOOKS_JOBS && job->child.pid)
		job++;
	if (job == jobs + HOOKS_JOBS ||
	    (hook->when == ASK && (is_asking || sys_pipe(ends) < 0)))
		return;
	if (hook->when == LATE)
		log_line(LOG_WARNING,
			 "time is running out: run '%s' for '/dev/%s' as it is",
			 hook->command, device->name);
	*job = (struct job){ .hook = hook,
			     .device = device,
			     .number = device->number,
			     .stop_fd = ends[1] };
	pid = child_fork_job(&job->child);
	if (pid == 0 && hook->when == ASK)
		ask_and_try(job, ends[0]);
	if (pid == 0)
		become_hook(job);
	sys_auto_close(&ends[0]);
	/* It is tried again with the next event. */
	if (pid < 0) {
		sys_auto_close(&ends[1]);
		return;
	}
	if (hook->when == LATE)
		hook->done = true;
	else
		device->hook = (uint8_t)(hook - hooks + 1);
	if (hook->when == ASK) {
		is_asking = true;
		asked_us = sys_now_us();
	}
}

static void reap_hook(struct job *job)
{
	struct child_end end;

	if (!child_reap_job(&job->child, &end))
		return;
	if (end.code > 0 || end.signal)
		log_line(LOG_ERROR,
			 "run '%s' for '/dev/%s': it ended with status %d, "
			 "signal %d",
			 job->hook->command, job->device->name,
			 end.signal ? 0 : end.code, end.signal);
	else if (job->hook->when != LATE && job->device->number == job->number)
		job->device->hook = HOOKS_MAX;
	if (job->hook->when == ASK) {
		held_us += sys_now_us() - asked_us;
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

static bool is_busy(const struct device *device)
{
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		if (jobs[i].child.pid && jobs[i].device == device)
			return true;
	return false;
}

/* A job for one member may make a device of other members too: a volume group
 * is complete with its last disk. So it counts for all members of its type. */
static bool works_on(const struct job *job, const struct device *device)
{
	unsigned count;
	const struct device *member = device_seen(&count);

	if (!job->child.pid || job->hook->when == ASK)
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

/* An inner device is left to the device above it. A device that is held has
 * been unlocked already, by the other path to the same disk. */
static bool is_to_be_served(const struct hook *hook,
			    const struct device *device)
{
	return !device->inner && !(hook->when == ASK && device_is_held(device));
}

void hooks_work(void)
{
	struct device *devices;
	unsigned count;

	if (!hook_count)
		return;
	(void)reap_all();
	if (is_over)
		return;
	device_probe_all();
	devices = device_seen(&count);
	for (struct hook *hook = hooks; hook < hooks + hook_count; hook++)
		for (unsigned i = 0; i < count; i++) {
			if (!is_for(hook, &devices[i]))
				continue;
			if ((hook->when == LATE
				     ? is_late && !hook->done
				     : hook - hooks >= devices[i].hook &&
					       !is_busy(&devices[i])) &&
			    is_to_be_served(hook, &devices[i]))
				start_hook(hook, &devices[i]);
		}
}

void hooks_begin(void)
{
	held_us = 0;
	asked_us = sys_now_us();
	is_late = is_over = false;
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

void hooks_fds(int ret_fds[HOOKS_JOBS])
{
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		ret_fds[i] = jobs[i].child.pid ? jobs[i].child.fd : -1;
}

void hooks_finish(int64_t deadline_us)
{
	int fds[HOOKS_JOBS];
	unsigned count;
	struct device *devices = device_seen(&count);

	is_over = true;
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		if (jobs[i].child.pid && jobs[i].stop_fd >= 0)
			(void)sys_write(jobs[i].stop_fd, "", 1);
	while (reap_all()) {
		hooks_fds(fds);
		if (sys_wait_any(fds, HOOKS_JOBS, deadline_us) <= 0)
			break;
	}
	/* If the stage is tried again, so is what went wrong. A prompt that was
	 * closed, or that nobody typed anything at, is no error, but has not
	 * unlocked the device either. */
	for (unsigned i = 0; i < count; i++)
		if (devices[i].hook != HOOKS_MAX ||
		    (hooks_unlock(&devices[i]) && !device_is_held(&devices[i])))
			devices[i].hook = 0;
	for (unsigned i = 0; i < hook_count; i++)
		hooks[i].done = false;
}
