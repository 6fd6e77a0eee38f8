/* SPDX-License-Identifier: MIT */
#include "device/unlock.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "console/password.h"
#include "device/hook.h"
#include "device/luks.h"
#include "device/passphrases.h"
#include "device/table.h"

/* What the question is about. The bytes of a device were made harmless. */
struct asked {
	char name[80]; /* as crypttab has it; "": it has none */
	char device[sizeof(((struct device *)0)->name)];
	char uuid[sizeof(((struct probe *)0)->uuid)];
	char whose[400]; /* for the message that says where it is asked */
	char what[300];	 /* for the others */
};

static void add_shown(char *to, size_t size, const char *from)
{
	struct text text = { .buf = to, .size = size };

	*to = '\0';
	text_add_shown(&text, from);
}

/* crypttab's name is the last word of the command, unless the device is part of
 * that: a device that crypttab does not name is called luks-%u. The command
 * line's name has taken that place. */
static void find_names(const struct hook *hook, const struct device *device,
		       const struct hook_command *command, struct asked *ret)
{
	const char *named = luks_name(device->content.uuid);
	size_t end = strlen(hook->command);
	size_t begin;
	char last[sizeof(ret->name)];
	char *const *word = command->argv;

	while (word[1])
		word++;
	while (end && str_char(" \t", hook->command[end - 1]))
		end--;
	for (begin = end; begin && !str_char(" \t", hook->command[begin - 1]);)
		begin--;
	ret->name[0] = '\0';
	if (named && *word == named)
		add_shown(ret->name, sizeof(ret->name), named);
	else if (!str_char(hook->command + begin, '%') && begin > 0 &&
		 str_part(last, sizeof(last), hook->command + begin,
			  end - begin) == 0)
		add_shown(ret->name, sizeof(ret->name), last);
	add_shown(ret->device, sizeof(ret->device), device->name);
	add_shown(ret->uuid, sizeof(ret->uuid), device->content.uuid);
	if (*ret->name) {
		(void)str_format(ret->whose, sizeof(ret->whose),
				 "'%s' ('/dev/%s', UUID=%s)", ret->name,
				 ret->device, ret->uuid);
		(void)str_format(ret->what, sizeof(ret->what),
				 "'/dev/%s' as '%s'", ret->device, ret->name);
	} else {
		(void)str_format(ret->whose, sizeof(ret->whose),
				 "'/dev/%s' (UUID=%s)", ret->device, ret->uuid);
		(void)str_format(ret->what, sizeof(ret->what), "'/dev/%s'",
				 ret->device);
	}
}

/* The question has to fit in one line of a terminal, so it has only the names by
 * which a person knows the device. */
static void write_question(const struct asked *asked, bool again, char *ret,
			   size_t size)
{
	const char *begin = again ? "That was wrong. " : "";

	if (*asked->name)
		(void)str_format(ret, size, "%sPassphrase for '%s' ('/dev/%s')",
				 begin, asked->name, asked->device);
	else
		(void)str_format(ret, size, "%sPassphrase for '/dev/%s' (%s)",
				 begin, asked->device, asked->uuid);
}

/* Run the program with what is in the pipe, which is closed: its end, or -errno.
 * @password: where it is shown that this goes on, or NULL */
static int run(const struct hook_command *command, struct password *password,
	       int piped_fd, struct child_end *ret)
{
	struct child child = hook_child(command, piped_fd);
	int pid = child_start(&child);
	_auto_close int fd = -1;

	(void)sys_close(piped_fd);
	if (pid < 0)
		return pid;
	fd = password ? sys_pidfd_open(pid) : -1;
	if (fd >= 0)
		password_show_check(password, fd);
	return child_wait(pid, ret);
}

/* Has something opened it that has opened another device before? */
static bool open_by_kept(const struct hook_command *command,
			 const struct asked *asked)
{
	struct child_end end;
	int fd;

	for (unsigned i = 0; (fd = passphrases_pipe(i)) >= 0; i++) {
		log_line(LOG_INFO,
			 "open %s: trying the passphrase of another device",
			 asked->what);
		if (run(command, NULL, fd, &end) >= 0 && end.code == 0 &&
		    !end.signal)
			return true;
	}
	return false;
}

/*
 * Try @answer once, and wipe it: the end of the program, or -errno.
 *
 * A process that is forked has all of our memory. The one that becomes the
 * program's relay keeps it as long as the program lives. So the answer is in the
 * pipe by then, and nowhere else: it fits, and we hold the other end, so that
 * writing neither waits nor sends SIGPIPE.
 */
static int try_answer(const struct hook_command *command,
		      struct password *password, char *answer, size_t size,
		      size_t len, struct child_end *ret)
{
	int ends[2];
	int piped = sys_pipe(ends);
	int r = piped;

	if (piped >= 0) {
		r = io_write(ends[1], answer, len);
		(void)sys_close(ends[1]);
	}
	str_wipe(answer, size);
	if (r < 0) {
		if (piped >= 0)
			(void)sys_close(ends[0]);
		return r;
	}
	return run(command, password, ends[0], ret);
}

static void log_wrong(const struct hook *hook, const struct asked *asked,
		      unsigned n)
{
	bool is_last = hook->tries && n >= hook->tries;

	if (!hook->tries)
		log_line(LOG_WARNING, "open %s: wrong passphrase (try %u)",
			 asked->what, n);
	else
		log_line(is_last ? LOG_ERROR : LOG_WARNING,
			 "open %s: wrong passphrase, %u of %u%s", asked->what,
			 n, hook->tries, is_last ? ", leaving it closed" : "");
}

/* Ask for the @n-th time and try the answer: the exit status; or -EAGAIN if the
 * answer was wrong, -ECANCELED if none is wanted any more. */
static int ask_once(const struct hook *hook, const struct device *device,
		    const struct hook_command *command,
		    struct password *password, const struct asked *asked,
		    unsigned n)
{
	char question[250], answer[LINE_BYTES];
	struct child_end end;
	long len;
	int r, kept;

	write_question(asked, n > 1, question, sizeof(question));
	len = password_ask(password, question, answer, sizeof(answer));
	if (len <= 0)
		str_wipe(answer, sizeof(answer));
	if (len == -ECANCELED)
		return -ECANCELED;
	if (len == 0)
		log_line(LOG_ERROR,
			 "open %s: nothing was typed, leaving it closed",
			 asked->what);
	if (len < 0)
		log_line(LOG_ERROR, "ask for the passphrase of %s: %s",
			 asked->what,
			 len == -ENODEV ? "there is no console to type at"
					: fail_reason((int)len));
	if (len <= 0)
		return len < 0 ? UNLOCK_FAILED : 0;
	kept = hook->no_cache ? -ENODATA
			      : passphrases_keep(answer, (size_t)len);
	r = try_answer(command, password, answer, sizeof(answer), (size_t)len,
		       &end);
	if (r < 0 || end.code || end.signal)
		(void)passphrases_drop(kept);
	if (r < 0) {
		log_line(LOG_ERROR, "open %s: %s", asked->what, fail_reason(r));
		return UNLOCK_FAILED;
	}
	if (end.code == HOOK_WRONG) {
		log_wrong(hook, asked, n);
		return -EAGAIN;
	}
	if (end.code || end.signal)
		hook_log_end(hook, device, end.code, end.signal);
	return end.code || end.signal ? UNLOCK_FAILED : 0;
}

void unlock(const struct hook *hook, const struct device *device, bool masked,
	    int stop_fd)
{
	static struct password password;
	static struct asked asked;
	static struct hook_command command;
	unsigned n = 0;
	int status;

	(void)sys_set_dumpable(false);
	/* Nobody is asked for what cannot be used. */
	if (hook_command(hook, device, &command) < 0)
		sys_exit(UNLOCK_FAILED);
	find_names(hook, device, &command, &asked);
	if (!hook->no_cache && open_by_kept(&command, &asked))
		sys_exit(0);
	password.what = asked.whose;
	password.masked = masked || hook->masked;
	password.stop_fd = stop_fd;
	password_begin(&password);
	do
		status = ask_once(hook, device, &command, &password, &asked,
				  ++n);
	while (status == -EAGAIN && (!hook->tries || n < hook->tries));
	password_end(&password,
		     status == -ECANCELED
			     ? "\nIt need not be answered any more.\n"
			     : "");
	sys_exit(status == -EAGAIN	? UNLOCK_REFUSED
		 : status == -ECANCELED ? 0
					: status);
}
