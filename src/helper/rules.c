/* SPDX-License-Identifier: MIT */
#include "helper/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/rmtree.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "console/plymouth.h"

static const char *const mover_names[] = {
	[MOVER_AUTO] = "auto",	   [MOVER_KERNEL] = "kernel",
	[MOVER_SIGNAL] = "signal", [MOVER_PLYMOUTH] = "plymouth",
	[MOVER_INJECT] = "inject", [MOVER_STOP] = "stop",
	[MOVER_NONE] = "none",
};
#define MOVERS (sizeof(mover_names) / sizeof(mover_names[0]))

const char *policy_mover_name(enum mover mover)
{
	return mover_names[mover];
}

/* "2s" or "500ms" */
static bool duration(char *text, int64_t *ret_us)
{
	size_t digits = str_span(text, "0123456789");
	bool ms = strcmp(text + digits, "ms") == 0;
	uint64_t number;

	if (!ms && strcmp(text + digits, "s") != 0)
		return false;
	text[digits] = '\0';
	if (str_number(text, &number) < 0 || number > 3600000)
		return false;
	*ret_us = (int64_t)number * (ms ? 1000 : 1000000);
	return true;
}

/* Words in double quotes may hold blanks. */
static int split(const char *line, char *to, size_t size)
{
	size_t len = 0;

	while (*(line += str_span(line, " \t"))) {
		bool quoted = false;
		size_t start = len;

		for (; *line && (quoted || (*line != ' ' && *line != '\t'));
		     line++) {
			if (*line == '"') {
				quoted = !quoted;
				continue;
			}
			if (len + 3 > size)
				return -ENAMETOOLONG;
			to[len++] = *line;
		}
		/* An empty word is the end of the command to who reads it. */
		if (quoted || len == start)
			return -EINVAL;
		to[len++] = '\0';
	}
	to[len] = '\0';
	return len > 0 ? 0 : -EINVAL;
}

int policy_parse(char *line, struct helper_rule *ret, struct fail *why)
{
	char *name, *mover, *deadline, *fate;
	const char *at, *is;

	line += str_span(line, " \t");
	if (!*line || *line == '#')
		return -ENOENT;
	*ret = (struct helper_rule){ 0 };
	name = str_word(&line);
	mover = str_word(&line);
	deadline = str_word(&line);
	fate = str_word(&line);
	for (ret->mover = MOVER_AUTO; ret->mover < (enum mover)MOVERS;
	     ret->mover++)
		if (strcmp(mover, mover_names[ret->mover]) == 0)
			break;
	ret->copy = strcmp(fate, "keep,copy") == 0;
	ret->keep = ret->copy || strcmp(fate, "keep") == 0;
	if (str_copy(ret->name, sizeof(ret->name), name) < 0)
		at = name, is = "too long for a name";
	else if (ret->mover == (enum mover)MOVERS)
		at = mover, is = "no mover";
	else if (!duration(deadline, &ret->deadline_us))
		at = deadline, is = "no deadline as 2s or 500ms";
	else if (!ret->keep && strcmp(fate, "stop") != 0)
		at = fate, is = "not keep, keep,copy or stop";
	else if (split(line, ret->command, sizeof(ret->command)) < 0)
		at = line, is = "no command, or too long";
	else
		return 0;
	return fail_said(why, EINVAL, "read the helper '%s': '%s' is %s", name,
			 at, is);
}

struct reading {
	struct helper_rule *rules;
	unsigned count;
};

static int take_rule(char *line, void *ctx)
{
	struct reading *reading = ctx;
	struct fail why;
	int r;

	if (reading->count == POLICY_RULES) {
		log_line(LOG_WARNING, "read '%s': over %d helpers, ignoring",
			 IMAGE_HELPERS, POLICY_RULES);
		return 1;
	}
	r = policy_parse(line, &reading->rules[reading->count], &why);
	if (r == 0)
		reading->count++;
	else if (r != -ENOENT)
		log_line(LOG_WARNING, "%s, ignoring", why.what);
	return 0;
}

unsigned policy_read(struct helper_rule rules[POLICY_RULES])
{
	struct reading reading = { rules, 0 };

	log_unread(IMAGE_HELPERS,
		   io_each_line(IMAGE_HELPERS, take_rule, &reading));
	return reading.count;
}

/*
 * Put a file below RUN_COPIES and a link to there in its place: whoever
 * starts, loads or maps it from now on has it from the mount of /run. Neither
 * its path nor the name of its process changes, and there is no mount more that
 * the switch would have to know.
 */
static long to_copies(const char *path)
{
	_auto_close int from = -1, to = -1;
	char name[512 + sizeof(RUN_COPIES)];
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
	/* Another helper's too. */
	if (to == -EEXIST)
		return 0;
	r = to;
	while (r >= 0 && (r = sys_sendfile(to, from)) > 0)
		;
	/* Not the link before the copy is whole. */
	if (r == 0)
		r = sys_unlink(AT_FDCWD, path, 0);
	if (r == 0)
		return sys_symlink(name, AT_FDCWD, path);
	(void)sys_unlink(AT_FDCWD, name, 0);
	return r;
}

static int copy(char *path, void *ctx)
{
	long r = to_copies(path);

	(void)ctx;
	if (r < 0)
		log_line(LOG_WARNING,
			 "copy '%s' to '" RUN_COPIES
			 "': %s, leaving it where it is",
			 path, fail_reason((int)r));
	return 0;
}

void policy_free_copies(void)
{
	_auto_close int fd = io_open(RUN_COPIES, O_RDONLY | O_DIRECTORY);
	static struct empty copies;
	struct sys_stat st;

	if (fd < 0 || sys_fstat(fd, &st) < 0)
		return;
	copies.dev = st.dev;
	empty_directory(fd, &copies);
	(void)sys_unlink(AT_FDCWD, RUN_COPIES, AT_REMOVEDIR);
}

/*
 * A child of its own for plymouthd, which becomes a daemon once it listens: its
 * parent waits for that and has the splash shown. Returns in what is to execute
 * plymouthd.
 */
static void show_splash(const struct helper_rule *rule)
{
	int64_t deadline_us = sys_now_us() + rule->deadline_us;
	int status = 1;
	int pid;

	(void)sys_block_sigchld(true);
	pid = sys_fork();
	if (pid == 0) {
		(void)sys_block_sigchld(false);
		return;
	}
	(void)sys_wait_sigchld(deadline_us);
	(void)sys_wait(pid, &status, 1 /* WNOHANG */);
	if (status)
		log_line(LOG_WARNING,
			 "start the helper '%s': it did not become a daemon",
			 rule->name);
	else
		(void)plymouth_tell(PLYMOUTH_SHOW_SPLASH, NULL, deadline_us);
	sys_exit(0);
}

void policy_start(struct helper_rule *rules, unsigned count, bool splash,
		  char *const envp[])
{
	/* plymouthd redirects the console to a pseudo-terminal, or gives up.
	 * Options as initramfs-tools has them. */
	if (count > 0 && splash) {
		(void)io_mkdir("/dev/pts");
		(void)sys_mount("devpts", "/dev/pts", "devpts",
				MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620");
	}
	/* Before any of them starts: they share libraries. */
	for (unsigned i = 0; i < count; i++)
		if (rules[i].copy && splash) {
			(void)copy(rules[i].command, NULL);
			log_unread(IMAGE_COPY,
				   io_each_line(IMAGE_COPY, copy, NULL));
		}
	for (unsigned i = 0; i < count; i++) {
		/* As many as a line has room for: a byte and a NUL each. */
		char *argv[sizeof(rules->command) / 2];
		unsigned argc = 0;
		bool is_child;
		int r;

		if ((rules[i].mover == MOVER_PLYMOUTH) != splash)
			continue;
		for (char *at = rules[i].command; *at; at += strlen(at) + 1)
			argv[argc++] = at;
		argv[argc] = NULL;
		r = sys_fork();
		is_child = r == 0;
		if (is_child) {
			/* A session of its own: no signal of the console's. */
			(void)sys_setsid();
			if (rules[i].mover == MOVER_PLYMOUTH)
				show_splash(&rules[i]);
			r = sys_execveat(AT_FDCWD, argv[0], argv, envp, 0);
		} else if (r > 0) {
			rules[i].pid = r;
			continue;
		}
		log_line(LOG_WARNING, "start the helper '%s': %s", argv[0],
			 fail_reason(r));
		if (is_child)
			sys_exit(127);
	}
}

void policy_await_splash(const struct helper_rule *rules, unsigned count)
{
	int status;

	for (unsigned i = 0; i < count; i++)
		if (rules[i].mover == MOVER_PLYMOUTH && rules[i].pid)
			(void)sys_wait(rules[i].pid, &status, 0);
}

void policy_settle(const struct helper_rule *rules, unsigned count)
{
	int status;

	policy_await_splash(rules, count);
	/* What became a daemon has left its parent's remains. */
	while (sys_wait(-1, &status, 1 /* WNOHANG */) > 0)
		;
}
