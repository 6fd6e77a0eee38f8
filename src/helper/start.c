/* SPDX-License-Identifier: MIT */
#include "helper/start.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/rmtree.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "console/plymouth.h"
#include "helper/movers.h"
#include "helper/rules.h"

/*
 * Put a file below RUN_COPIES, and a link to it in its place: whoever starts,
 * loads or maps it from now on has it from the mount of /run. Neither its path
 * nor the name of its process changes, and the switch has no further mount to
 * take care of.
 */
static long copy_to_run(const char *path)
{
	_auto_close int from = -1, to = -1;
	static char name[512 + sizeof(RUN_COPIES)];
	struct sys_stat st;
	long r = str_format(name, sizeof(name), RUN_COPIES "%s", path);

	if (r == 0)
		r = sys_stat(AT_FDCWD, path, 0, &st);
	if (r < 0)
		return r;
	for (char *end = name + sizeof("/run"); (end = str_char(end, '/'));
	     *end++ = '/') {
		*end = '\0';
		(void)io_mkdir(name);
	}
	from = io_open(path, O_RDONLY);
	if (from < 0)
		return from;
	to = sys_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL,
		      st.mode & 0777);
	/* Another helper needs it too, and it was copied for that one. */
	if (to == -EEXIST)
		return 0;
	r = to;
	while (r >= 0 && (r = sys_sendfile(to, from)) > 0)
		;
	/* There is no link before the copy is complete. */
	if (r == 0)
		r = sys_unlink(AT_FDCWD, path, 0);
	if (r == 0)
		return sys_symlink(name, AT_FDCWD, path);
	(void)sys_unlink(AT_FDCWD, name, 0);
	return r;
}

static int copy_file(char *path, void *ctx)
{
	long r = copy_to_run(path);

	(void)ctx;
	if (r < 0)
		log_line(LOG_WARNING,
			 "copy '%s' to '" RUN_COPIES
			 "': %s, leaving it where it is",
			 path, fail_reason((int)r));
	return 0;
}

void helpers_free_copies(void)
{
	_auto_close int fd = io_open(RUN_COPIES, O_RDONLY | O_DIRECTORY);
	static struct rmtree copies;
	struct sys_stat st;

	if (fd < 0 || sys_fstat(fd, &st) < 0)
		return;
	copies.dev = st.dev;
	rmtree(fd, &copies);
	(void)sys_unlink(AT_FDCWD, RUN_COPIES, AT_REMOVEDIR);
}

/* The command of a rule: words with a NUL between them, and two at the end. */
static void split_command(struct helper_rule *rule, char **argv)
{
	for (char *at = rule->command; *at; at += strlen(at) + 1)
		*argv++ = at;
	*argv = NULL;
}

/*
 * plymouthd becomes a daemon once it listens. So it is given a parent of its
 * own, which waits for that, has the splash shown, and ends.
 */
__attribute__((noreturn)) static void
start_splash(const struct helper_rule *rule, const struct child *plymouthd)
{
	int64_t deadline_us = sys_now_us() + rule->deadline_us;
	struct child_job job = CHILD_NO_JOB;
	struct child_end end;

	(void)sys_setsid();
	(void)sys_block_sigchld(true);
	job.pid = child_start(plymouthd);
	if (job.pid > 0)
		(void)sys_wait_sigchld(deadline_us);
	if (job.pid < 0 || !child_reap_job(&job, &end) || end.code != 0)
		log_line(LOG_WARNING,
			 "start the helper '%s': it did not become a daemon",
			 rule->name);
	else
		(void)plymouth_tell(PLYMOUTH_SHOW_SPLASH, NULL, deadline_us);
	sys_exit(0);
}

static void start_one(struct helper_rule *rule, char *const envp[])
{
	/* As many words as a line has room for: a byte and a NUL each. */
	char *argv[sizeof(rule->command) / 2];
	const struct child child = {
		.argv = argv,
		.envp = envp,
		.stdin_fd = CHILD_STDIN_SAME,
		/* No signal from the console reaches it. */
		.session = rule->mover != &mover_plymouth,
	};
	int r;

	split_command(rule, argv);
	if (rule->mover == &mover_plymouth) {
		r = sys_fork();
		if (r == 0)
			start_splash(rule, &child);
	} else {
		r = child_start(&child);
	}
	if (r > 0)
		rule->pid = r;
	else
		log_line(LOG_WARNING, "start the helper '%s': %s", argv[0],
			 fail_reason(r));
}

void helpers_start(struct helper_rule *rules, unsigned count, bool splash,
		   char *const envp[])
{
	/* plymouthd redirects the console to a pseudo-terminal, or gives up.
	 * The options are those of initramfs-tools. */
	if (count > 0 && splash) {
		(void)io_mkdir("/dev/pts");
		(void)sys_mount("devpts", "/dev/pts", "devpts",
				MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620");
	}
	/* Before any of them starts, as they share libraries. */
	for (unsigned i = 0; i < count; i++)
		if (rules[i].copy && splash) {
			(void)copy_file(rules[i].command, NULL);
			log_unread(IMAGE_COPY,
				   io_each_line(IMAGE_COPY, copy_file, NULL));
		}
	for (unsigned i = 0; i < count; i++)
		if ((rules[i].mover == &mover_plymouth) == splash)
			start_one(&rules[i], envp);
}

void helpers_await_splash(const struct helper_rule *rules, unsigned count)
{
	struct child_end unused;

	for (unsigned i = 0; i < count; i++)
		if (rules[i].mover == &mover_plymouth && rules[i].pid)
			(void)child_wait(rules[i].pid, &unused);
}

void helpers_settle(const struct helper_rule *rules, unsigned count)
{
	helpers_await_splash(rules, count);
	/* A helper that became a daemon has left behind its ended parent. */
	child_reap_all();
}
