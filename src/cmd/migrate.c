/* SPDX-License-Identifier: MIT */
/*
 * migrate.c - `pintle migrate`: move the helpers beside another switcher
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/helpers.h"
#include "helper/movers.h"
#include "helper/task.h"

/* Each time as many helpers are moved as can be listed at once. Where they are
 * forked without end, there is an end to it. */
#define TIMES_MAX 64

static int usage(void)
{
	static const char text[] =
		"usage: pintle migrate NEW_ROOT [--pid PID]... [--late-copy] "
		"[--dry-run]\n";

	(void)io_write(2, text, sizeof(text) - 1);
	return 2;
}

static void print(const struct helper *helper, bool dry_run)
{
	/* For the longest name and reason. */
	char buf[512];
	struct text text = { .buf = buf, .size = sizeof(buf) };

	text_add(&text, "%d ", helper->pin.pid);
	text_add_shown(&text, helper->pin.name);
	text_add(&text, ": ");
	if (dry_run)
		text_add(&text, "by %s (%s)", helper->mover->name,
			 helper->by_whom);
	else
		text_add(&text, "%s by %s%s",
			 helpers_outcome_name(helper->outcome),
			 helper->mover->name, helper->why[0] ? ": " : "");
	if (!dry_run)
		text_add_shown(&text, helper->why);
	if (helper->late_copied)
		text_add(&text,
			 "; it held %llu bytes of the old root, and %llu after "
			 "the late copy",
			 (unsigned long long)helper->before_bytes,
			 (unsigned long long)helper->after_bytes);
	/* In an initramfs, the kernel's log is where it is looked for. */
	if (!dry_run)
		log_line(LOG_INFO, "%s", buf);
	text_add(&text, "\n");
	(void)io_write(1, buf, text.len);
}

static bool is_in_list(const struct helpers *helpers, int pid)
{
	for (unsigned i = 0; i < helpers->count; i++)
		if (helpers->list[i].pin.pid == pid)
			return true;
	return false;
}

/* Complain of a named process that is in neither of the two roots. */
static int check_named(struct helpers *helpers)
{
	int result = 0;

	for (const int *pid = helpers->only; pid && *pid; pid++) {
		struct pins_target target = helpers->new_target;
		struct procstatus status = { 0 };
		struct pin pin;
		int r;

		if (is_in_list(helpers, *pid))
			continue;
		target.what = PINS_PLACE;
		r = pins_look(&target, *pid, 0, &pin);
		if (r == 0)
			r = task_status(*pid, *pid, &status);
		if (r == 0 && status.process != (uint64_t)*pid) {
			log_line(LOG_ERROR,
				 "move pid %d: it is a thread of process %d",
				 *pid, (int)status.process);
		} else if (r < 0 || pin.roots != pin.threads) {
			/* Who is not in the list has no cwd in this root. */
			log_line(LOG_ERROR, "move pid %d: %s", *pid,
				 r < 0 ? fail_reason(r)
				       : "it is neither in this root nor in "
					 "the new");
		} else {
			continue;
		}
		result = 1;
	}
	return result;
}

/* Move those that are listed, and count those that moved. */
static int run(struct helpers *helpers, bool dry_run, unsigned *ret_moved)
{
	static struct fail why;
	int result;

	*ret_moved = 0;
	if (helpers_find(helpers, NULL, 0, &why) < 0) {
		log_fail(&why);
		return 1;
	}
	result = check_named(helpers);
	if (!dry_run) {
		helpers_move(helpers);
		helpers_observe(helpers);
	}
	for (unsigned i = 0; i < helpers->count; i++) {
		const struct helper *helper = &helpers->list[i];

		/* It was not asked for. */
		if (helper->stranger)
			continue;
		print(helper, dry_run);
		if (helper->outcome == HELPER_MOVED)
			++*ret_moved;
		else if (!dry_run)
			result = 1;
	}
	return result;
}

/* Move all, however many there are: those that have moved make room in the list
 * for others. */
static int run_all(struct helpers *helpers, bool dry_run)
{
	unsigned moved, times = 0;
	int result = 0;

	do {
		result |= run(helpers, dry_run, &moved);
		helpers_close(helpers);
	} while (helpers->overflow && moved && ++times < TIMES_MAX);
	if (!helpers->overflow)
		return result;
	log_line(LOG_ERROR,
		 dry_run ? "list the helpers: there are more than %d"
			 : "move more than %d helpers: the others stay where "
			   "they are",
		 HELPERS_MAX);
	return 1;
}

/* Read the arguments. Returns 0, or the exit status. */
static int read_arguments(int argc, char *argv[], int *only, bool *dry_run,
			  bool *late_copy, const char **new_root)
{
	unsigned count = 0;

	for (int i = 1; i < argc; i++) {
		uint64_t pid;

		if (strcmp(argv[i], "--dry-run") == 0) {
			*dry_run = true;
		} else if (strcmp(argv[i], "--late-copy") == 0) {
			*late_copy = true;
		} else if (strcmp(argv[i], "--pid") == 0 && i + 1 < argc &&
			   str_number(argv[++i], &pid) == 0 && pid > 0 &&
			   pid <= INT32_MAX) {
			if (count == HELPERS_MAX) {
				log_line(LOG_ERROR,
					 "move more than %d processes by "
					 "--pid: name some of them, and the "
					 "others in another call",
					 HELPERS_MAX);
				return 2;
			}
			only[count++] = (int)pid;
		} else if (argv[i][0] != '-' && !*new_root) {
			*new_root = argv[i];
		} else {
			return usage();
		}
	}
	/* It is only done to processes that were named. */
	return *new_root && (count || !*late_copy) ? 0 : usage();
}

int cmd_migrate(int argc, char *argv[], char *envp[])
{
	static struct helpers helpers;
	static int only[HELPERS_MAX + 1];
	const char *new_root = NULL;
	bool dry_run = false;
	struct sys_stat st;
	int result;

	(void)envp;
	log_as_command(false);
	log_stage("migrate");
	result = read_arguments(argc, argv, only, &dry_run, &helpers.late_copy,
				&new_root);
	if (result != 0)
		return result;
	log_as_command(!dry_run);
	helpers.only = only[0] ? only : NULL;
	helpers.only_them = true;
	helpers.old_fd = io_open("/", O_RDONLY | O_DIRECTORY);
	helpers.new_fd = io_open(new_root, O_RDONLY | O_DIRECTORY);
	if (helpers.old_fd < 0 || helpers.new_fd < 0) {
		log_line(LOG_ERROR, "open the new root '%s': %s", new_root,
			 fail_reason(helpers.new_fd < 0 ? helpers.new_fd
							: helpers.old_fd));
		return 1;
	}
	/* Only on a mount of its own can it be seen who has moved. */
	if (sys_fstat(helpers.new_fd, &st) < 0 || !st.mount_root) {
		log_line(LOG_ERROR,
			 "move to '%s': it is not a mount of its own",
			 new_root);
		log_line(LOG_ERROR, "mount it, or bind it onto itself, first");
		return 1;
	}
	return run_all(&helpers, dry_run);
}
