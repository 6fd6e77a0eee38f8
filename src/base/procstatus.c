/* SPDX-License-Identifier: MIT */
#include "base/procstatus.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"

/* In the order of fs/proc/array.c: proc_pid_status. */
static const struct {
	char key[12];
	uint8_t at; /* its place in struct procstatus, in words */
	char kind;  /* c: a letter, d: a number, x: a hexadecimal number,
		     * +: is there more than one? */
} fields[] = {
#define AT(member) offsetof(struct procstatus, member) / sizeof(uint64_t)
	{ "State:\t", AT(state), 'c' },
	{ "Tgid:\t", AT(process), 'd' },
	{ "PPid:\t", AT(parent), 'd' },
	{ "TracerPid:\t", AT(tracer), 'd' },
	{ "Uid:\t", AT(uid), 'd' },
	{ "Gid:\t", AT(gid), 'd' },
	{ "NSpid:\t", AT(inner), '+' }, /* one for each namespace */
	{ "SigPnd:\t", AT(pending), 'x' },
	{ "ShdPnd:\t", AT(shared_pending), 'x' },
	{ "SigBlk:\t", AT(blocked), 'x' },
	{ "SigCgt:\t", AT(caught), 'x' },
	{ "CapEff:\t", AT(capabilities), 'x' },
	{ "Seccomp:\t", AT(seccomp), 'd' },
#undef AT
};

int procstatus_line(char *line, void *ctx)
{
	unsigned i = 0, last = sizeof(fields) / sizeof(fields[0]) - 1;
	uint64_t *to = ctx;
	size_t len;

	/* This skips most of the fifty lines, for a thousand helpers. */
	if (!str_char("CGNPSTU", *line))
		return 0;
	while (!str_after(line, fields[i].key))
		if (i++ == last)
			return 0;
	line += strlen(fields[i].key);
	len = str_until(line, "\t");
	to += fields[i].at;
	if (fields[i].kind == '+')
		*to = line[len] != '\0';
	line[len] = '\0';
	if (fields[i].kind == 'c')
		*to = (unsigned char)*line;
	else if (fields[i].kind == 'x')
		(void)str_hex(line, len, to);
	else if (fields[i].kind == 'd')
		(void)str_number(line, to);
	return i == last;
}

int procstatus_read(int dir, const char *path, struct procstatus *ret)
{
	int r;

	*ret = (struct procstatus){ 0 };
	r = io_each_head(dir, path, procstatus_line, ret);
	return r < 0 ? r : 0;
}
