/* SPDX-License-Identifier: MIT */
/*
 * boot.c - the story: from the kernel's "Run /init" to the real init
 *
 * Runs as pid 1 in an initramfs. The kernel has mounted nothing but the
 * initramfs, opened /dev/console in it as descriptors 0-2 where the image has
 * one, and passed as arguments and environment what of its command line it did
 * not understand itself: all of that is the real init's and reaches it.
 *
 * The stages below run in the order of their table. Their names are the words
 * in messages, the keys of the report, the values of rd.break= and the headings
 * of pintle(8). This is also the only place that decides what a failure means.
 */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "anchor.h"
#include "cross.h"
#include "device.h"
#include "drivers.h"
#include "empty.h"
#include "fail.h"
#include "helpers.h"
#include "initfile.h"
#include "io.h"
#include "kernfs.h"
#include "log.h"
#include "modules.h"
#include "mount.h"
#include "plymouth.h"
#include "report.h"
#include "rescue.h"
#include "settings.h"
#include "str.h"
#include "switch.h"
#include "sys.h"

/* How long the switch waits for drivers that nothing needs any more. */
#define DRIVERS_LEFT_US 2000000
#define NEW_ROOT	"/sysroot"
#define IMAGE_CMDLINE	"/etc/pintle/cmdline"
/* A boot that waits says so after this time. */
#define NOTICE_US ((int64_t)3000000)
/* How long a splash that does not answer may hold the boot up, twice. */
#define SPLASH_US ((int64_t)200000)

struct boot {
	char **argv, **envp;
	struct settings settings;
	int watch; /* the kernel's device events */
	const struct device *root;
	char root_path[80];
	char root_type[32];
	struct helper_rule rules[POLICY_RULES];
	unsigned rule_count;
	struct helpers helpers;
	struct switch_state state;
	const char *init;
	struct report report;
};

/* -- the stages, in order ------------------------------------------------ */

/* After this /proc, /sys, /dev and /run are there, and messages go to kmsg. */
static int stage_kernfs(struct boot *boot, struct fail *why)
{
	int r = kernfs_mount(why);

	(void)boot;
	if (r < 0)
		return r;
	log_open("");
	/* The kernel opened the console in the initramfs, to keep it busy. */
	(void)kernfs_console();
	return 0;
}

static void warn_setting(const char *sentence)
{
	log_line(LOG_WARNING, "%s", sentence);
}

static void take_module_word(const char *name, const char *value, void *ctx)
{
	(void)ctx;
	modules_parameter(name, value);
}

/* After this the settings say what the image's line and the kernel's want. */
static int stage_settings(struct boot *boot, struct fail *why)
{
	static char line[16384]; /* twice x86's COMMAND_LINE_SIZE and more */
	static char line_again[sizeof(line)];
	long n = io_read_file(AT_FDCWD, IMAGE_CMDLINE, line, sizeof(line));

	settings_default(&boot->settings);
	if (n >= 0)
		settings_read(&boot->settings, line, true, warn_setting);
	else if (n != -ENOENT)
		log_line(LOG_WARNING, "read '%s': %s, ignoring", IMAGE_CMDLINE,
			 fail_reason((int)-n));
	n = io_read_file(AT_FDCWD, "/proc/cmdline", line, sizeof(line));
	if (n < 0)
		return fail(why, (int)-n, "read '/proc/cmdline'");
	settings_each(strcpy(line_again, line), take_module_word, NULL);
	settings_read(&boot->settings, line, false, warn_setting);
	return 0;
}

/* After this pivot_root can work, on the kernels where it cannot by itself. */
static int stage_anchor(struct boot *boot, struct fail *why)
{
	struct anchor done;
	bool needed;
	int r = anchor_needed(&needed, why);

	if (r < 0 || !needed || boot->settings.choice == SWITCH_MOVE)
		return r;
	r = anchor(&done, why);
	if (r == 0) {
		/* For good: the switch needs it whatever comes. */
		(void)sys_close(done.below_fd);
		(void)sys_close(done.above_fd);
		boot->state.anchored = true;
		return 0;
	}
	if (boot->settings.choice == SWITCH_PIVOT)
		return r;
	log_line(LOG_WARNING, "%s, moving the new root over '/' later",
		 why->what);
	return 0;
}

static void want_driver(const char *modalias)
{
	(void)drivers_want(modalias, false);
}

static const struct device_drivers device_drivers = {
	.want = want_driver,
	.coldplug = drivers_coldplug,
	.work = drivers_work,
	.fds = drivers_fds,
	.count = DRIVERS_JOBS,
};

/* @types: with commas between them, as rootfstype= */
static void want_types(const char *types)
{
	char alias[64];

	while (*types) {
		size_t len = str_until(types, ",");

		if (str_format(alias, sizeof(alias), "fs-%.*s", (int)len,
			       types) == 0)
			(void)drivers_want(alias, true);
		types += len + (types[len] == ',');
	}
}

/* After this the drivers are there, or on their way, and no device's event was
 * missed. */
static int stage_modules(struct boot *boot, struct fail *why)
{
	boot->watch = device_watch(why);
	if (boot->watch < 0)
		return boot->watch;
	boot->report.modules = modules_load();
	drivers_read();
	/* The root's file system is needed in any case. */
	want_types(boot->settings.rootfstype);
	drivers_coldplug();
	device_serve(&device_drivers);
	/* They load while the next stages go on. */
	(void)drivers_work();
	return 0;
}

/* After this the helpers that the image declares are running. */
static int stage_helpers(struct boot *boot, struct fail *why)
{
	/* One of them may mount the root there. */
	(void)sys_mkdir(AT_FDCWD, NEW_ROOT, 0755);
	boot->rule_count = policy_read(boot->rules);
	/* They may look for devices by themselves. */
	if (boot->rule_count > 0 &&
	    device_settle(boot->watch, sys_now_us() + boot->settings.wait_us,
			  why) < 0)
		return -EIO;
	policy_start(boot->rules, boot->rule_count, boot->envp);
	return 0;
}

static const struct settings *waiting_for;
static char waiting[sizeof(waiting_for->root) + 40]; /* as it was said */

static void notice_waiting(void)
{
	if (waiting_for->rootwait)
		(void)str_format(waiting, sizeof(waiting),
				 "waiting for '%s', without end (rootwait)",
				 waiting_for->root);
	else
		(void)str_format(waiting, sizeof(waiting),
				 "waiting for '%s', up to %lld s",
				 waiting_for->root,
				 (long long)(waiting_for->wait_us / 1000000));
	log_line(LOG_NOTICE, "%s", waiting);
	(void)plymouth_tell(PLYMOUTH_MESSAGE, waiting,
			    sys_now_us() + SPLASH_US);
}

/* A helper did it, or somebody at the rescue shell. */
static bool is_mounted_already(struct boot *boot)
{
	struct sys_stat st;

	/* Not asking a FUSE that may not have begun to answer. */
	if (sys_stat_cached(AT_FDCWD, NEW_ROOT, &st) < 0 || !st.mount_root)
		return false;
	if (!boot->root)
		log_line(LOG_NOTICE, "'%s' is mounted already, taking it",
			 NEW_ROOT);
	return true;
}

/* root=helper: until something is mounted on NEW_ROOT */
static int wait_for_mount(struct boot *boot, int64_t deadline_us,
			  int64_t notice_us, struct fail *why)
{
	_auto_close int fd =
		sys_open(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY, 0);
	int r = fd;

	while (r >= 0 && !is_mounted_already(boot)) {
		bool noticed =
			*waiting || (deadline_us && deadline_us < notice_us);

		r = sys_wait_changed(fd, noticed ? deadline_us : notice_us);
		if (r == 0 && noticed) {
			(void)fail_said(why, ETIMEDOUT,
					"wait for a mount on '%s': no helper "
					"made one in time",
					NEW_ROOT);
			fail_todo(why,
				  "see above what they said; they are in '%s' "
				  "of the image",
				  POLICY_FILE);
			return -ETIMEDOUT;
		}
		if (r == 0)
			notice_waiting();
	}
	return r < 0 ? fail(why, -r, "wait for a mount on '%s'", NEW_ROOT) : 0;
}

/* After this the root device is known. */
static int stage_device(struct boot *boot, struct fail *why)
{
	const struct settings *settings = &boot->settings;
	int64_t now_us = sys_now_us(), deadline_us;
	struct device_spec spec;
	bool by_helper;
	int r;

	if (is_mounted_already(boot))
		return 0;
	waiting_for = settings;
	*waiting = '\0';
	deadline_us = settings->rootwait ? 0 : now_us + settings->wait_us;
	by_helper = strcmp(settings->root, "helper") == 0;
	r = by_helper ? 0 : device_parse(settings->root, &spec, why);
	if (r < 0)
		return r;
	if (by_helper)
		r = wait_for_mount(boot, deadline_us, now_us + NOTICE_US, why);
	else
		r = device_find(boot->watch, &spec, deadline_us,
				now_us + NOTICE_US, notice_waiting, &boot->root,
				why);
	if (*waiting)
		(void)plymouth_tell(PLYMOUTH_NO_MESSAGE, waiting,
				    sys_now_us() + SPLASH_US);
	if (r == -ETIMEDOUT && !by_helper) {
		(void)fail_said(why, ETIMEDOUT,
				"find the root '%s': no such device within "
				"%lld s",
				settings->root,
				(long long)(settings->wait_us / 1000000));
		fail_todo(
			why,
			"compare with the devices seen above: correct root=, "
			"add a driver (pintle-mkinitramfs -m), or wait longer "
			"(rootwait, rd.timeout=)");
	}
	if (r < 0 || by_helper)
		return r;
	return str_format(boot->root_path, sizeof(boot->root_path), "/dev/%s",
			  boot->root->name);
}

/* What to mount it as, where rootfstype= does not say. */
static const char *probed_type(const struct boot *boot, struct fail *why)
{
	const struct probe *content = &boot->root->content;
	const char *is;

	switch (content->use) {
	case PROBE_FILESYSTEM:
		return content->type;
	case PROBE_MEMBER:
		is = "a part of something else";
		break;
	case PROBE_DAMAGED:
		is = "a file system whose superblock is damaged";
		break;
	case PROBE_AMBIVALENT:
		is = "two things at once";
		break;
	case PROBE_SWAP:
	case PROBE_TABLE:
		is = "no file system";
		break;
	case PROBE_NOTHING:
	default:
		is = NULL;
		break;
	}
	if (boot->root->error)
		(void)fail(why, boot->root->error, "read '%s'",
			   boot->root_path);
	else if (is)
		(void)fail_said(why, EINVAL, "mount '%s': it holds %s (%s)",
				boot->root_path, is, content->type);
	else
		(void)fail_said(why, EINVAL,
				"mount '%s': it holds no file system that is "
				"known here",
				boot->root_path);
	fail_todo(why, "correct root=, or say what it is with rootfstype=TYPE");
	return NULL;
}

/* After this the real root is mounted on NEW_ROOT. */
static int stage_root(struct boot *boot, struct fail *why)
{
	const struct settings *settings = &boot->settings;
	struct mount_order order = {
		.device = boot->root_path,
		.point = NEW_ROOT,
		.types = settings->rootfstype,
		.options = settings->rootflags,
		.rw = settings->rw,
	};
	int r;

	if (is_mounted_already(boot))
		return 0;
	if (!*order.types)
		order.types = probed_type(boot, why);
	if (!order.types)
		return -EINVAL;
	want_types(order.types);
	drivers_wait_first(sys_now_us() + settings->wait_us);
	r = mount_root(&order, boot->root_type, sizeof(boot->root_type), why);
	if (r == 0)
		log_line(LOG_INFO, "'%s' is '%s', %s, mounted %s",
			 settings->root, boot->root_path, boot->root_type,
			 settings->rw ? "read-write" : "read-only");
	return r;
}

/* The copies lose their names, as the initramfs's files do: each is kept by who
 * uses it, and no longer. */
static void free_copies(void)
{
	_auto_close int fd =
		sys_open(AT_FDCWD, POLICY_COPIES, O_RDONLY | O_DIRECTORY, 0);
	static struct empty copies;
	struct sys_stat st;

	if (fd < 0 || sys_stat(fd, "", AT_EMPTY_PATH, &st) < 0)
		return;
	copies.dev = st.dev;
	empty_directory(fd, &copies);
	(void)sys_unlink(AT_FDCWD, POLICY_COPIES, AT_REMOVEDIR);
}

/* After this "/" is the real root and the initramfs is gone. */
static int stage_switch(struct boot *boot, struct fail *why)
{
	/* The kernel's own list (init/main.c), without its last: a shell is
	 * nobody's fallback here. */
	static const char *const usual[] = { "/sbin/init", "/etc/init",
					     "/bin/init", NULL };
	const char *const given[] = { boot->settings.init, NULL };
	struct switch_state *state = &boot->state;
	struct helpers *helpers = &boot->helpers;
	int r;

	*helpers = (struct helpers){ .booted = true,
				     .any_mount = true,
				     .new_path = NEW_ROOT };
	state->may_pivot = boot->settings.choice != SWITCH_MOVE;
	state->may_move = boot->settings.choice != SWITCH_PIVOT;
	r = switch_prove(NEW_ROOT, state, why);
	if (r == 0)
		r = initfile_find(state->new_fd,
				  *boot->settings.init ? given : usual,
				  &boot->init, why);
	if (r < 0) {
		switch_close(state);
		return r;
	}
	/* One that is stuck in its hardware is left behind. */
	drivers_finish(sys_now_us() + DRIVERS_LEFT_US);
	boot->report.modules += drivers_count();
	policy_settle(boot->rules, boot->rule_count);
	r = cross(state, helpers, boot->rules, boot->rule_count,
		  boot->settings.free_us, &boot->report, why);
	if (r == 0)
		free_copies();
	return r;
}

/* After this pid 1 is the real init. */
static int stage_exec(struct boot *boot, struct fail *why)
{
	struct report *report = &boot->report;
	int r;

	/* Its /dev may be another one than ours was. */
	(void)kernfs_console();
	report->init = boot->init;
	report->root_spec = boot->settings.root;
	report->root_device = *boot->root_path ? boot->root_path : "(by hand)";
	report->root_type = *boot->root_type ? boot->root_type : "(by hand)";
	report->root_rw = boot->settings.rw;
	report->devices = device_seen(&report->device_count);
	report_end(report);
	report_write(report);
	log_line(LOG_INFO, "%s switch done, %llu files of the initramfs freed",
		 report->strategy, (unsigned long long)report->freed.files);

	(void)sys_close_range_cloexec(3);
	boot->argv[0] = (char *)(uintptr_t)boot->init;
	r = sys_execveat(AT_FDCWD, boot->init, boot->argv, boot->envp, 0);
	(void)fail(why, -r, "execute init '%s'", boot->init);
	fail_todo(why, "name another with init=PATH");
	return r;
}

static const struct {
	const char *name;
	int (*run)(struct boot *boot, struct fail *why);
} stages[] = {
	{ "kernfs", stage_kernfs },   { "settings", stage_settings },
	{ "anchor", stage_anchor },   { "modules", stage_modules },
	{ "helpers", stage_helpers }, { "device", stage_device },
	{ "root", stage_root },	      { "switch", stage_switch },
	{ "exec", stage_exec },
};
#define STAGES (sizeof(stages) / sizeof(stages[0]))

/* -- what a failure means ------------------------------------------------- */

static void show_missing(const char *modalias)
{
	log_line(LOG_ERROR,
		 "seen: a device that no driver of the image serves: '%s' "
		 "(where that kernel runs, modprobe -R names its driver)",
		 modalias);
}

static void show_devices(void)
{
	unsigned count, shown = 0;
	const struct device *devices;
	char line[700];

	device_probe_all();
	devices = device_seen(&count);
	for (unsigned i = 0; i < count; i++) {
		if (!devices[i].name[0])
			continue;
		device_describe(&devices[i], line, sizeof(line));
		log_line(LOG_ERROR, "seen: %s", line);
		shown++;
	}
	drivers_each_missing(show_missing);
	if (shown == 0)
		log_line(LOG_ERROR, "seen: no block device at all; a driver is "
				    "missing, or the disk is");
}

/* What the kernel would do after a panic; our own line first. */
static int panic_seconds(const struct settings *settings)
{
	char value[24];
	const char *digits = value;
	uint64_t seconds;
	long n;

	if (settings->panic_given)
		return settings->panic_s;
	/* As built: CONFIG_PANIC_TIMEOUT. */
	n = io_read_file(AT_FDCWD, "/proc/sys/kernel/panic", value,
			 sizeof(value));
	if (n <= 0)
		return 0;
	value[str_until(value, "\n")] = '\0';
	if (*digits == '-')
		return -1;
	return str_number(digits, &seconds) < 0 ? 0 : (int)seconds;
}

/*
 * Say it, last of all; then the shell if one was asked for. Returns if the
 * stage is to be tried again.
 */
static void failed(const struct boot *boot, const char *stage,
		   const struct fail *why)
{
	int panic_s = panic_seconds(&boot->settings);

	log_unlimited();
	if (strcmp(stage, "device") == 0 || strcmp(stage, "root") == 0)
		show_devices();
	log_line(LOG_ERROR, "%s", why->what);
	if (*why->todo)
		log_line(LOG_ERROR, "%s", why->todo);
	if (boot->settings.shell && rescue_shell())
		return;
	if (panic_s > 0)
		log_line(LOG_ERROR, "restarting in %d s (panic=)", panic_s);
	else if (panic_s < 0)
		log_line(LOG_ERROR, "restarting (panic=)");
	else
		log_line(LOG_ERROR, "stopped; Ctrl-Alt-Del restarts");
	rescue_hold(panic_s);
}

static void check_stop_at(const char *stop_at)
{
	for (unsigned i = 0; i < STAGES; i++)
		if (strcmp(stop_at, stages[i].name) == 0)
			return;
	log_line(LOG_WARNING,
		 "read 'rd.break=%s': there is no stage of that name, ignoring",
		 stop_at);
}

void boot(char *argv[], char *envp[])
{
	static struct boot boot;
	static struct fail why;

	boot.argv = argv;
	boot.envp = envp;
	kernfs_hold_stdio();
	for (unsigned i = 0; i < STAGES;) {
		const char *stop_at = boot.settings.stop_at;

		log_stage(stages[i].name);
		if (*stop_at && strcmp(stop_at, stages[i].name) == 0) {
			log_line(LOG_NOTICE, "stopped before this stage "
					     "(rd.break=)");
			(void)rescue_shell();
		}
		report_begin(&boot.report, stages[i].name);
		if (stages[i].run(&boot, &why) < 0) {
			failed(&boot, stages[i].name, &why);
			continue;
		}
		if (stages[i].run == stage_settings && *stop_at)
			check_stop_at(stop_at);
		i++;
	}
	/* Not reached: the last stage ends in the real init or in failed(). */
	rescue_hold(0);
}
