/* SPDX-License-Identifier: MIT */
/*
 * boot.c - the story: from the kernel's "Run /init" to the real init
 *
 * This runs as pid 1 in an initramfs. The kernel has mounted only the initramfs
 * and has opened /dev/console in it as descriptors 0 to 2, if the image has
 * one. The words of its command line that it did not understand are our
 * arguments and environment; all of them are meant for the real init and reach
 * it.
 *
 * The stages below run in the order of their table. Their names are the words
 * in messages, the keys of the report, the values of rd.break= and the headings
 * of pintle(8). Only this file decides what the failure of a stage means.
 */
#include "boot/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "altroot/altroot.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "boot/apimounts.h"
#include "boot/diagnosis.h"
#include "boot/handover.h"
#include "boot/report.h"
#include "config/cmdline.h"
#include "config/image.h"
#include "config/settings.h"
#include "config/words.h"
#include "console/console.h"
#include "console/shell.h"
#include "device/device.h"
#include "device/drivers.h"
#include "device/hooks.h"
#include "device/passphrases.h"
#include "device/luks.h"
#include "device/modules.h"
#include "helper/helpers.h"
#include "helper/start.h"
#include "root/early.h"
#include "root/hibernated.h"
#include "root/root.h"
#include "root/usr.h"
#include "switch/anchor.h"
#include "switch/initfile.h"
#include "switch/switch.h"

/* How long the switch waits for drivers that are no longer needed. */
#define DRIVERS_LEFT_US 2000000
/* The same for the children that read disks: all but those of a disk that
 * hangs end at once. */
#define READERS_LEFT_US 100000
/* The same for hooks; one that opens a LUKS device takes seconds. */
#define HOOKS_LEFT_US 5000000

struct boot {
	char **argv, **envp;
	unsigned rule_count;
	bool decided; /* on this root: no other one is tried any more */
	const char *init;
	unsigned listed; /* modules of IMAGE_MODULES that were loaded */
	struct helpers helpers;
	struct switch_state state;
	struct report report;
	struct root root;
	struct settings settings;
	struct helper_rule rules[RULES_MAX];
};

/* -- the stages, in order ------------------------------------------------ */

/* After this the API file systems are mounted, and messages go to kmsg. */
static int stage_kernfs(struct boot *boot, struct fail *why)
{
	int r = apimounts_mount(why);

	(void)boot;
	if (r < 0)
		return r;
	log_open("");
	/* The console that the kernel opened keeps the initramfs busy. */
	(void)console_take_stdio();
	return 0;
}

static void warn_of_unknown_stages(const char *stop_at);

/* Did the kernel unpack only the front of the image? It says so in its log, and
 * goes on (init/initramfs.c: do_populate_rootfs). */
static bool image_is_cut(void)
{
	return sys_access(AT_FDCWD, IMAGE_BEGIN, 0) == 0 &&
	       sys_access(AT_FDCWD, IMAGE_END, 0) == -ENOENT;
}

/* After this the settings are those of the image's and the kernel's line. */
static int stage_settings(struct boot *boot, struct fail *why)
{
	struct settings *settings = &boot->settings;
	int r;

	/* Only the booted system uses it, and few images have one. */
	if (!io_value(boot->report.image, sizeof(boot->report.image),
		      IMAGE_NAME))
		boot->report.image[0] = '\0';
	if (image_is_cut())
		log_line(LOG_WARNING, "read the image: its end is missing, so "
				      "it is damaged; going on with what is "
				      "there");
	settings_default(settings);
	words_forget();
	modules_forget();
	luks_forget();
	(void)cmdline_each(IMAGE_CMDLINE, words_take, NULL);
	(void)cmdline_each(IMAGE_CMDLINE, luks_parameter, NULL);
	r = cmdline_read(IMAGE_CMDLINE, settings, true, cmdline_warn);
	log_unread(IMAGE_CMDLINE, r);
	r = cmdline_each(CMDLINE_KERNEL, modules_parameter, NULL);
	if (r == 0)
		r = cmdline_each(CMDLINE_KERNEL, words_take, NULL);
	if (r == 0)
		r = cmdline_each(CMDLINE_KERNEL, luks_parameter, NULL);
	if (r == 0)
		r = cmdline_read(CMDLINE_KERNEL, settings, false, cmdline_warn);
	if (r < 0)
		return fail(why, r, "read '" CMDLINE_KERNEL "'");
	boot->root.settings = settings;
	if (settings->debug)
		log_unlimited();
	warn_of_unknown_stages(settings->stop_at);
	/* Who mounts the root, a helper or a person at the rescue shell, may
	 * well do what the words ask for. */
	return strcmp(settings->root, ROOT_BY_HELPER) == 0 || root_is_mounted()
		       ? 0
		       : words_stop(why);
}

/* After this pivot_root works, even on kernels that need an anchor for it. */
static int stage_anchor(struct boot *boot, struct fail *why)
{
	struct anchor done;
	int r;

	if (boot->settings.choice == SWITCH_MOVE)
		return 0;
	r = anchor(&done, why);
	if (r == 0 && done.above_fd < 0)
		return 0;
	if (r == 0) {
		/* The anchor stays: every switch needs it. */
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

/* Does the image do what a word of the command line asks for? See words.c. */
static bool serves(const char *what)
{
	return strcmp(what, LUKS_NAMES) == 0
		       ? luks_names_fit() && hooks_serve(LUKS_TYPE)
		       : hooks_serve(what);
}

/* After this the drivers are loaded or being loaded, and no uevent is
 * missed. */
static int stage_modules(struct boot *boot, struct fail *why)
{
	boot->root.watch = device_watch(why);
	if (boot->root.watch < 0)
		return boot->root.watch;
	boot->listed = modules_load();
	drivers_read();
	hooks_read(boot->settings.password_masked);
	words_warn(serves, cmdline_warn);
	modules_want(true);
	/* The root's file system is needed in any case. */
	drivers_want_types(boot->settings.rootfstype);
	drivers_coldplug();
	modules_want(false);
	/* They are loaded while the next stages run. */
	(void)drivers_work();
	return 0;
}

/* After this a person can be asked for what a device may need, on the splash if
 * the image has one. A splash that came later would take the console away while
 * someone types. No file system is touched. */
static int stage_splash(struct boot *boot, struct fail *why)
{
	boot->rule_count = rules_read(boot->rules);
	/* The helpers may look for devices themselves. */
	if (boot->rule_count > 0 &&
	    device_settle(boot->root.watch, sys_now_us() + DRIVERS_WAIT_US,
			  why) < 0)
		return -EIO;
	helpers_start(boot->rules, boot->rule_count, true, boot->envp);
	if (hooks_ask())
		helpers_await_splash(boot->rules, boot->rule_count);
	return 0;
}

/* After this no mount and no repairing check can harm a hibernated system:
 * there is none, or it was given up. */
static int stage_resume(struct boot *boot, struct fail *why)
{
	return hibernated_resume(&boot->root, why);
}

/* After this the helpers that the image declares are running. */
static int stage_helpers(struct boot *boot, struct fail *why)
{
	(void)why;
	/* A helper may mount the root there. */
	(void)io_mkdir(ROOT_POINT);
	helpers_start(boot->rules, boot->rule_count, false, boot->envp);
	return 0;
}

/* After this the root device is known. */
static int stage_device(struct boot *boot, struct fail *why)
{
	return root_find(&boot->root, why);
}

/* After this the root's file system was checked, and repaired if necessary. */
static int stage_check(struct boot *boot, struct fail *why)
{
	return root_check(&boot->root, why);
}

/* After this the real root is mounted on ROOT_POINT. */
static int stage_root(struct boot *boot, struct fail *why)
{
	return root_mount(&boot->root, why);
}

/* After this a separate /usr, which may hold init, is mounted too, and so is what
 * the fstab wants before init starts. */
static int stage_usr(struct boot *boot, struct fail *why)
{
	int r = usr_mount(&boot->root, why);

	return r < 0 ? r : early_mount(&boot->root, why);
}

/* Can the switch to @root be made, and is there an init in it? Both are left
 * in the state and in boot->init; on failure nothing is left open. */
static int prove_switch(struct boot *boot, const char *root, struct fail *why)
{
	/* The kernel's own list (init/main.c) without its last entry: a shell
	 * is never a fallback here. */
	static const char *const usual[] = { "/sbin/init", "/etc/init",
					     "/bin/init", NULL };
	const char *const given[] = { boot->settings.init, NULL };
	struct switch_state *state = &boot->state;
	int r;

	state->may_pivot = boot->settings.choice != SWITCH_MOVE;
	state->may_move = boot->settings.choice != SWITCH_PIVOT;
	r = switch_prove(root, state, why);
	if (r == 0)
		r = initfile_find(state->new_fd,
				  *boot->settings.init ? given : usual,
				  &boot->init, why);
	if (r < 0)
		switch_close(state);
	return r;
}

/* Decide on the new root: it is proved, with pintle.altroot= as the view that
 * is made here, and from now on no other root is tried. */
static int decide_on_root(struct boot *boot, const char *root, struct fail *why)
{
	/* When the stage is tried again, the view is still there. */
	bool is_new_view = *boot->settings.altroot && !boot->decided;
	int r = 0;

	if (is_new_view)
		r = altroot_boot(ROOT_POINT, boot->settings.altroot, why);
	if (r < 0)
		return r;
	r = prove_switch(boot, root, why);
	if (r < 0) {
		if (is_new_view)
			altroot_undo();
		return r;
	}
	if (is_new_view)
		altroot_keep(ROOT_POINT);
	boot->decided = true;
	return 0;
}

/* Hooks and drivers end, or have had their time; what they made is in order. */
static void finish_children(struct boot *boot, struct fail *why)
{
	hooks_finish(sys_now_us() + HOOKS_LEFT_US);
	passphrases_forget();
	/* One that is stuck in its hardware is left behind. Its time begins
	 * when the hooks have had theirs. */
	drivers_finish(sys_now_us() + DRIVERS_LEFT_US);
	/* Even devices that nothing needs are left in order. */
	(void)device_wait(boot->root.watch, SYS_NOW, why);
}

/* After this "/" is the real root and the initramfs is gone. */
static int stage_switch(struct boot *boot, struct fail *why)
{
	const char *root = *boot->settings.altroot ? ALTROOT_VIEW : ROOT_POINT;
	int r = decide_on_root(boot, root, why);

	if (r < 0)
		return r;
	finish_children(boot, why);
	/* This is the last moment at which a copy of the root can be seen. */
	r = root_is_one(&boot->root, why);
	/* It may have had new disks read. */
	device_finish(sys_now_us() + READERS_LEFT_US);
	if (r < 0) {
		switch_close(&boot->state);
		return r;
	}
	hibernated_warn(&boot->root);
	helpers_settle(boot->rules, boot->rule_count);
	boot->helpers = (struct helpers){ .booted = true,
					  .any_mount = true,
					  .new_path = root };
	r = handover(&boot->state, &boot->helpers, boot->rules,
		     boot->rule_count, boot->settings.free_us, &boot->report,
		     why);
	if (r == 0)
		helpers_free_copies();
	return r;
}

/* After this pid 1 is the real init. */
static int stage_exec(struct boot *boot, struct fail *why)
{
	struct report *report = &boot->report;
	int r;

	if (!boot->state.api[API_DEV].moved)
		(void)console_take_stdio(); /* the new root has its own /dev */
	report->modules = boot->listed + drivers_count();
	report->init = boot->init;
	report->root_spec = boot->root.spec;
	report->root_device = *boot->root.path ? boot->root.path : "(by hand)";
	report->root_type = *boot->root.type ? boot->root.type : "(by hand)";
	report->root_rw = root_is_rw(&boot->root) || boot->root.is_covered;
	report->devices = device_seen(&report->device_count);
	report_end(report);
	report_write(report);
	log_line(LOG_INFO,
		 "%s switch done, %llu files of the initramfs freed%s",
		 report->strategy, (unsigned long long)report->freed.files,
		 report->freed.out_of_time ? ", a child goes on" : "");

	(void)sys_close_range_cloexec(3);
	boot->argv[0] = (char *)(uintptr_t)boot->init;
	r = sys_execveat(AT_FDCWD, boot->init, boot->argv, boot->envp, 0);
	return fail(why, r,
		    "execute init '%s'" FAIL_TODO "name another with init=PATH",
		    boot->init);
}

/* What a failure of a stage is about, and where another root begins. */
enum stage_flag {
	ABOUT_ROOT = 1 << 0,   /* about what root= names */
	ABOUT_USR = 1 << 1,    /* about a local device beside the root */
	ABOUT_RESUME = 1 << 2, /* about what resume= names */
	RETRY_FROM = 1 << 3,   /* the next root of a list is tried from here */
};

static const struct stage {
	const char *name;
	int (*run)(struct boot *boot, struct fail *why);
	unsigned flags;
} stages[] = {
	{ "kernfs", stage_kernfs, 0 },
	{ "settings", stage_settings, 0 },
	{ "anchor", stage_anchor, 0 },
	{ "modules", stage_modules, 0 },
	{ "splash", stage_splash, 0 },
	{ "resume", stage_resume, ABOUT_RESUME },
	{ "helpers", stage_helpers, 0 },
	{ "device", stage_device, ABOUT_ROOT | RETRY_FROM },
	{ "check", stage_check, ABOUT_ROOT },
	{ "root", stage_root, ABOUT_ROOT },
	{ "usr", stage_usr, ABOUT_USR },
	{ "switch", stage_switch, 0 },
	{ "exec", stage_exec, 0 },
};
#define STAGES (sizeof(stages) / sizeof(stages[0]))
_Static_assert(STAGES <= REPORT_STAGES, "a boot without a retry is reported");

/* -- what a failure means ------------------------------------------------- */

/* What the kernel would do after a panic; the command line comes first. */
static int panic_seconds(const struct settings *settings)
{
	char value[24];
	const char *digits = value;
	uint64_t seconds;

	if (settings->panic_given)
		return settings->panic_s;
	/* Its value at the start is CONFIG_PANIC_TIMEOUT. */
	if (!io_value(value, sizeof(value), "/proc/sys/kernel/panic"))
		return 0;
	if (*digits == '-')
		return -1;
	return str_number(digits, &seconds) < 0 ? 0 : (int)seconds;
}

/* What is wrong with the whole image, or NULL. */
static const char *image_fault(void)
{
	static char buf[400];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	const char *other = modules_misfit();
	char release[80] = "unknown";

	if (image_is_cut())
		return "the image is damaged: its end is missing; make it "
		       "again (is there room for it?), or boot another one";
	if (!other)
		return NULL;
	(void)sys_release(release, sizeof(release));
	text_add(&text,
		 "this kernel is %s, the image's modules are of %s: boot with "
		 "the image of this kernel, which pintle-mkinitramfs -k %s "
		 "makes",
		 release, other, release);
	return buf;
}

/* Do what rd.emergency= says; returns if it says nothing or cannot be done. */
static void end_by_emergency(enum emergency emergency)
{
	switch (emergency) {
	case EMERGENCY_REBOOT:
		log_line(LOG_ERROR, "restarting (rd.emergency=)");
		rescue_hold(-1);
	case EMERGENCY_POWEROFF:
		log_line(LOG_ERROR, "switching off (rd.emergency=)");
		rescue_sync();
		(void)sys_power_off();
		return;
	case EMERGENCY_HALT:
		log_line(LOG_ERROR, "halting (rd.emergency=)");
		rescue_sync();
		(void)sys_halt();
		return;
	case EMERGENCY_NONE:
	default:
		return;
	}
}

/*
 * Say why the stage failed, as the last thing on the screen; then start the
 * shell, if one was asked for. Returns if the stage is to be tried again.
 */
static void stage_failed(const struct boot *boot, const struct stage *stage,
			 const struct fail *why)
{
	int panic_s = panic_seconds(&boot->settings);
	struct diagnosis diagnosis = { .why = why,
				       .bus = "/sys/bus",
				       .image = image_fault(),
				       .fate = hooks_fate };

	log_unlimited();
	/* The console belongs to the shell and to the diagnosis. */
	hooks_finish(sys_now_us() + HOOKS_LEFT_US);
	passphrases_forget();
	if (stage->flags & (ABOUT_ROOT | ABOUT_USR))
		diagnosis.root = boot->settings.root;
	if (stage->flags & ABOUT_ROOT)
		diagnosis.is_remote = root_is_remote(&boot->root);
	if (stage->flags & ABOUT_RESUME)
		diagnosis.root = hibernated_wanted();
	if (diagnosis.root) {
		device_probe_all();
		device_mark_parts();
		diagnosis.devices = device_seen(&diagnosis.device_count);
	}
	diagnosis_say(&diagnosis);
	if (boot->settings.shell && rescue_shell())
		return;
	end_by_emergency(boot->settings.emergency);
	if (panic_s > 0)
		log_line(LOG_ERROR, "restarting in %d s (panic=)", panic_s);
	else if (panic_s < 0)
		log_line(LOG_ERROR, "restarting (panic=)");
	else
		log_line(LOG_ERROR, "stopped; Ctrl-Alt-Del restarts");
	rescue_hold(panic_s);
}

/* Is there another root to be tried, and from which stage on? */
static bool fall_back(struct boot *boot, const struct fail *why,
		      unsigned *ret_stage)
{
	unsigned first = 0;

	while (!(stages[first].flags & RETRY_FROM))
		first++;
	if (*ret_stage < first || boot->decided || !root_next(&boot->root, why))
		return false;
	*ret_stage = first;
	return true;
}

/* Which words of the list @stop_at, of rd.break=, name no stage? */
static void warn_of_unknown_stages(const char *stop_at)
{
	for (size_t len; *stop_at; stop_at += len + (stop_at[len] == ',')) {
		unsigned i = 0;

		len = str_until(stop_at, ",");
		while (i < STAGES &&
		       (strncmp(stop_at, stages[i].name, len) != 0 ||
			stages[i].name[len]))
			i++;
		if (i == STAGES)
			log_line(LOG_WARNING,
				 "read 'rd.break=%.*s': there is no stage of "
				 "that name, ignoring",
				 (int)len, stop_at);
	}
}

void boot(char *argv[], char *envp[])
{
	static struct boot boot;
	static struct fail why;

	boot.argv = argv;
	boot.envp = envp;
	console_hold_stdio();
	for (unsigned i = 0; i < STAGES;) {
		const char *stop_at = boot.settings.stop_at;

		log_stage(stages[i].name);
		if (boot.settings.debug)
			log_line(LOG_DEBUG, "%lld ms after the kernel's start",
				 (long long)(sys_since_boot_us() / 1000));
		if (str_in_list(stop_at, stages[i].name)) {
			log_line(LOG_NOTICE, "stopped before this stage "
					     "(rd.break=)");
			(void)rescue_shell();
		}
		report_begin(&boot.report, stages[i].name);
		if (stages[i].run(&boot, &why) < 0) {
			if (fall_back(&boot, &why, &i))
				continue;
			stage_failed(&boot, &stages[i], &why);
			continue;
		}
		i++;
	}
	/* Not reached: the last stage ends in the real init or does not
	 * return. */
	rescue_hold(0);
}
