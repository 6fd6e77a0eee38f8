/* SPDX-License-Identifier: MIT */
#include "console/plymouth.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/sys.h"

#define ADDRESS "/org/freedesktop/plymouthd"
#define ACK	0x06

int plymouth_open(int *ret_pid, struct fail *why)
{
	int fd = sys_connect_abstract(ADDRESS);
	uint32_t uid;
	int r;

	if (fd < 0)
		return fail(why, fd, "connect to plymouthd at '@%s'", ADDRESS);
	r = sys_peer(fd, ret_pid, &uid);
	if (r == 0 && uid == 0)
		return fd;
	(void)sys_close(fd);
	if (r < 0)
		return fail(why, r, "ask who listens at '@%s'", ADDRESS);
	return fail_said(why, EACCES,
			 "connect to plymouthd at '@%s': uid %u listens there, "
			 "not root",
			 ADDRESS, uid);
}

int plymouth_ask(int fd, enum plymouth_request request, const char *argument,
		 struct fail *why)
{
	char bytes[3 + 255] = { (char)request, 0 };
	size_t len = 2;
	long n;

	if (argument) {
		size_t argument_len = strlen(argument) + 1;

		/* plymouth's own client would send a length of 0 for 256. */
		if (argument_len > 255)
			return fail(why, ENAMETOOLONG, "ask plymouthd for '%s'",
				    argument);
		bytes[1] = 2;
		bytes[2] = (char)argument_len;
		memcpy(bytes + 3, argument, argument_len);
		len = 3 + argument_len;
	}
	/* One write into an empty buffer of a socket: all or nothing. */
	n = sys_send(fd, bytes, len);
	return n < 0 ? fail(why, (int)n, "ask plymouthd for '%c'", (int)request)
		     : 0;
}

int plymouth_answer(int fd, int64_t deadline_us)
{
	char byte = 0;
	long n;
	int r = sys_wait_readable(fd, deadline_us);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	n = sys_read(fd, &byte, 1);
	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return (int)n;
	return byte == ACK ? 0 : -EPERM;
}

int plymouth_tell(enum plymouth_request request, const char *argument,
		  int64_t deadline_us)
{
	struct fail unused;
	int pid;
	int fd = plymouth_open(&pid, &unused);
	int r = fd;

	if (fd < 0)
		return r;
	r = plymouth_ask(fd, request, argument, &unused);
	if (r == 0)
		r = plymouth_answer(fd, deadline_us);
	(void)sys_close(fd);
	return r;
}

long plymouth_password(int fd, const char *question, int stop_fd, char *answer,
		       size_t size)
{
	const int fds[] = { fd, stop_fd };
	struct fail unused;
	uint32_t len = 0;
	size_t have = 0;
	long n = plymouth_ask(fd, PLYMOUTH_PASSWORD, question, &unused);

	while (n >= 0 && have < 5 + len) {
		n = sys_wait_any(fds, 2, SYS_FOREVER);
		if (n < 0)
			break;
		if (sys_wait_readable(stop_fd, SYS_NOW) == 1)
			return -ECANCELED;
		n = sys_read(fd, answer + have, size - have);
		if (n <= 0 || *answer != 0x02)
			return n < 0 ? n : -ECONNRESET;
		have += (size_t)n;
		if (have >= 5)
			memcpy(&len, answer + 1, sizeof(len));
		if (len > size - 5)
			return -EMSGSIZE;
	}
	if (n < 0)
		return n;
	memmove(answer, answer + 5, len);
	return (long)len;
}
