/* SPDX-License-Identifier: MIT */
#include "device/hook.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/str.h"
#include "device/luks.h"
#include "device/table.h"

/* -- the line -------------------------------------------------------------- */

static const char *const whens[] = { "each", "ask", "late", "never", "beside" };

/* Read one option of `ask`. */
static bool take_option(const char *option, struct hook *hook)
{
	const char *value = str_after(option, "tries=");
	uint64_t tries;
	bool *flag;

	if (value) {
		if (str_number(value, &tries) < 0 || tries > 1000000)
			return false;
		hook->tries = (unsigned)tries;
		return true;
	}
	flag = strcmp(option, "masked") == 0	 ? &hook->masked
	       : strcmp(option, "optional") == 0 ? &hook->optional
	       : strcmp(option, "no-cache") == 0 ? &hook->no_cache
						 : NULL;
	if (flag)
		*flag = true;
	return flag != NULL;
}

/* "ask,tries=1": the word is cut at its commas. */
static bool take_when(char *word, struct hook *hook)
{
	char *comma = str_char(word, ',');

	if (comma)
		*comma = '\0';
	hook->when = HOOK_EACH;
	while (hook->when < HOOK_WHENS && strcmp(word, whens[hook->when]) != 0)
		hook->when++;
	while (comma) {
		word = comma + 1;
		comma = str_char(word, ',');
		if (comma)
			*comma = '\0';
		if (hook->when != HOOK_ASK || !take_option(word, hook))
			return false;
	}
	return hook->when < HOOK_WHENS;
}

bool hook_parse(char *line, struct hook *ret)
{
	char *type = str_word(&line);
	char *when = str_word(&line);
	char *colon = str_char(type, ':');

	*ret = (struct hook){ .tries = HOOK_TRIES, .command = line };
	if (!*type || *type == '#')
		return true;
	if (!take_when(when, ret) ||
	    (ret->when == HOOK_NEVER ? *line != '\0' : *line != '/'))
		return false;
	ret->type = type;
	if (colon) {
		*colon = '\0';
		ret->uuid = colon + 1;
	}
	return true;
}

bool hook_is_for(const struct hook *hook, const struct device *device)
{
	return device->name[0] && device->content.use == PROBE_MEMBER &&
	       strcmp(hook->type, device->content.type) == 0 &&
	       (!hook->uuid ||
		probe_uuid_equal(hook->uuid, device->content.uuid));
}

/* -- the command ----------------------------------------------------------- */

/* Add @value, which comes from the device, to the word that begins at @start.
 * It must neither be empty nor begin an option. */
static bool add_value(struct text *text, size_t start, const char *value)
{
	if (!*value || (text->len == start && *value == '-'))
		return false;
	text_add(text, "%s", value);
	return true;
}

int hook_words(const char *command, const struct device *device, char *buf,
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

/* The name that the device is to have: the last word, behind the device. */
static char **name_word(const struct device *device,
			struct hook_command *command)
{
	char path[DEVICE_PATH], **word = command->argv;

	device_path(device->name, path);
	while (word[0] && word[1] && word[2])
		word++;
	return word[0] && word[1] && word[1][0] != '-' &&
			       strcmp(word[0], path) == 0
		       ? word + 1
		       : NULL;
}

/* Split the command, in which the command line's name for the device replaces
 * the one that the image has. */
static int words_of(const struct hook *hook, const struct device *device,
		    struct hook_command *ret, bool *ret_is_unnamed)
{
	const char *name = strcmp(hook->type, LUKS_TYPE) == 0
				   ? luks_name(device->content.uuid)
				   : NULL;
	char **word;
	int r = hook_words(hook->command, device, ret->buf, sizeof(ret->buf),
			   ret->argv, HOOK_WORDS);

	word = r == 0 && name ? name_word(device, ret) : NULL;
	*ret_is_unnamed = r == 0 && name && !word;
	if (word)
		*word = (char *)(uintptr_t)name;
	return r;
}

int hook_command(const struct hook *hook, const struct device *device,
		 struct hook_command *ret)
{
	bool is_unnamed;
	int r = words_of(hook, device, ret, &is_unnamed);

	if (is_unnamed)
		log_line(LOG_WARNING,
			 "start '%s': no name follows the device in it, so "
			 "that 'rd.luks.name' changes nothing",
			 hook->command);
	if (r == -ENODATA)
		log_line(LOG_ERROR,
			 "start '%s': '/dev/%s' has no UUID, or none that its "
			 "tools would write",
			 hook->command, device->name);
	else if (r < 0)
		log_line(LOG_ERROR, "start '%s': %s", hook->command,
			 fail_reason(r));
	return r;
}

struct child hook_child(const struct hook_command *command, int stdin_fd)
{
	/* libdevmapper would wait for a udev, which is not here. */
	static char path_env[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";
	static char no_udev[] = "DM_DISABLE_UDEV=1";
	static char no_udev_md[] = "MDADM_NO_UDEV=1";
	static char *const envp[] = { path_env, no_udev, no_udev_md, NULL };

	return (struct child){ .argv = command->argv,
			       .envp = envp,
			       .stdin_fd = stdin_fd,
			       .out = CHILD_NULL,
			       .err = CHILD_KMSG,
			       .repeats = true };
}

/* cryptsetup(8), "RETURN CODES" */
static const char *cryptsetup_says(int code)
{
	switch (code) {
	case 1:
		return ": it does not know these options";
	case HOOK_WRONG:
		return ": no key slot opens with that";
	case 3:
		return ": there is not enough memory";
	case 4:
		return ": the device cannot be used";
	case 5:
		return ": the device or the name is in use";
	default:
		return "";
	}
}

void hook_log_end(const struct hook *hook, const struct device *device,
		  int code, int signal)
{
	struct hook_command command;
	char line[600] = "";
	struct text text = { .buf = line, .size = sizeof(line) };
	const char *means = "";
	/* The others are still there. */
	unsigned level = hook->when == HOOK_BESIDE ? LOG_NOTICE : LOG_ERROR;
	bool is_unnamed;

	/* As it was run, not as the image has it. */
	if (words_of(hook, device, &command, &is_unnamed) == 0)
		for (char **word = command.argv; *word; word++)
			text_add(&text, "%s%s", text.len ? " " : "", *word);
	if (strcmp(hook->type, LUKS_TYPE) == 0)
		/* That is also what it ends with if no token fits. */
		means = hook->when == HOOK_BESIDE && code == 1
				? ": no token has opened it"
				: cryptsetup_says(code);
	if (signal)
		log_line(level,
			 "run '%s' for '/dev/%s': it was killed by signal %d",
			 text.cut || !*line ? hook->command : line,
			 device->name, signal);
	else
		log_line(level,
			 "run '%s' for '/dev/%s': it ended with status %d%s",
			 text.cut || !*line ? hook->command : line,
			 device->name, code, means);
}
