/* SPDX-License-Identifier: MIT */
#include "helper/pins.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/sys.h"
#include "helper/pins-parts.h"

bool pins_take_number(const char **at, unsigned base, uint64_t *ret)
{
	const char *c = *at;
	uint64_t value = 0;

	for (;; c++) {
		unsigned digit = 99;

		if (*c >= '0' && *c <= '9')
			digit = (unsigned)(*c - '0');
		else if (*c >= 'a' && *c <= 'f')
			digit = (unsigned)(*c - 'a') + 10;
		if (digit >= base)
			break;
		value = value * base + digit;
	}
	if (c == *at)
		return false;
	*at = c;
	*ret = value;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

static const char *skip_words(const char *at, unsigned count)
{
	for (; count > 0; count--) {
		at += str_until(at, " ");
		at += str_span(at, " ");
	}
	return at;
}

int pins_parse_stat(const char *line, struct pin *ret)
{
	/* The name may hold anything, even ") R 1": the last ")" ends it. */
	const char *name = str_char(line, '(');
	const char *end = strrchr(line, ')');
	/* From field 3 to 4, 6, 9, 20, 22: parent, session, flags, threads,
	 * start time. */
	static const uint8_t steps[] = { 1, 2, 3, 11, 2 };
	uint64_t pid, found[sizeof(steps)];
	size_t i = 0;

	if (!name || !end || end < name || !pins_take_number(&line, 10, &pid))
		return -EINVAL;
	for (name++; name < end && i < sizeof(ret->name) - 1; name++, i++) {
		ret->name[i] = *name;
		if (*name < ' ' || *name > '~')
			ret->name[i] = '?';
	}
	ret->name[i] = '\0';
	end = skip_words(end, 1); /* 3: state */
	ret->stopped = *end == 'T';
	for (i = 0; i < sizeof(steps); i++) {
		end = skip_words(end, steps[i]);
		if (!pins_take_number(&end, 10, &found[i]))
			return -EINVAL;
	}
	ret->pid = (int)pid;
	ret->parent = (int)found[0];
	ret->session = (int)found[1];
	ret->kernel = found[2] & LINUX_PF_KTHREAD;
	ret->threads = (unsigned)found[3];
	ret->start_time = found[4];
	return 0;
}

int pins_parse_map(const char *line, struct pins_map *ret)
{
	uint64_t major, minor;
	const char *c = line;

	/* 7f0000000000-7f0000001000 r-xp 00000000 fe:01 1234   /lib/... */
	if (!pins_take_number(&c, 16, &ret->start) || !take_char(&c, '-') ||
	    !pins_take_number(&c, 16, &ret->end) || !take_char(&c, ' '))
		return -EINVAL;
	c = skip_words(c, 1);
	if (!pins_take_number(&c, 16, &ret->offset) || !take_char(&c, ' ') ||
	    !pins_take_number(&c, 16, &major) || !take_char(&c, ':') ||
	    !pins_take_number(&c, 16, &minor) || !take_char(&c, ' ') ||
	    !pins_take_number(&c, 10, &ret->ino))
		return -EINVAL;
	ret->dev = SYS_DEV(major, minor);
	return 0;
}
