/* SPDX-License-Identifier: MIT */
/*
 * The timeout of a call on a socket (SO_RCVTIMEO, SO_SNDTIMEO) is kept in the
 * socket, and the call reads it when it begins: net/core/sock.c, sock_rcvtimeo.
 * So a call that our stop has cut short is made again while the socket has the
 * time that is left, and then the socket gets its own timeout back. In between,
 * a few milliseconds at most, whoever else begins a call on that socket has the
 * shorter time as well. A second stop within the same call makes it longer, by
 * what it had waited before the first.
 */
#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <fcntl.h>

#include "base/io.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/task.h"

/* How long the thread is given to begin its call, in steps of 1 ms. */
#define BEGIN_STEPS 200
#define STEP_US	    1000

static const struct {
	long nr;
	int option;
} calls[] = {
	{ __NR_read, LINUX_SO_RCVTIMEO },
	{ __NR_readv, LINUX_SO_RCVTIMEO },
	{ __NR_recvfrom, LINUX_SO_RCVTIMEO },
	{ __NR_recvmsg, LINUX_SO_RCVTIMEO },
	{ __NR_accept, LINUX_SO_RCVTIMEO },
	{ __NR_accept4, LINUX_SO_RCVTIMEO },
	{ __NR_write, LINUX_SO_SNDTIMEO },
	{ __NR_writev, LINUX_SO_SNDTIMEO },
	{ __NR_sendto, LINUX_SO_SNDTIMEO },
	{ __NR_sendmsg, LINUX_SO_SNDTIMEO },
	{ __NR_connect, LINUX_SO_SNDTIMEO },
};

/* a descriptor of the thread, as one of ours */
static int borrow(const struct hold *hold, int fd)
{
	_auto_close int pidfd = sys_pidfd_open(hold->pid);

	/* It is the process that is asked. */
	if (hold->tid != hold->pid &&
	    sys_kcmp(hold->pid, hold->tid, LINUX_KCMP_FILES) != 0)
		return -1;
	return pidfd < 0 ? pidfd : sys_pidfd_getfd(pidfd, fd);
}

int hold_socket_option(long nr)
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].option;
	return 0;
}

bool hold_mend_socket(struct hold *hold, long nr)
{
	int number = (int)*arch_argument(&hold->saved, 0);
	int64_t time[2], slept_us = hold_slept_us(hold);
	int option = hold_socket_option(nr);
	struct sys_stat st;
	int fd;

	/* While its group is stopped the thread does not begin a call. Of a
	 * paused thread the keeper knows nothing, and could not set the
	 * timeout back. */
	if (option == 0 || slept_us < 0 || hold->was_stopped || hold->paused)
		return false;
	fd = borrow(hold, number);
	if (fd < 0 || sys_fstat(fd, &st) < 0 ||
	    sys_getsockopt(fd, option, time, sizeof(time)) < 0 ||
	    (time[0] == 0 && time[1] == 0)) {
		(void)sys_close(fd);
		return false;
	}
	hold->socket.fd = number;
	hold->socket.ino = st.ino;
	hold->socket.ours = fd;
	hold->socket.pid = sys_getpid();
	hold->socket.sp = arch_sp(&hold->saved);
	hold->socket.time[0] = time[0];
	hold->socket.time[1] = time[1];
	slept_us = time[0] * 1000000 + time[1] - slept_us;
	/* 0 would be no limit at all. */
	if (slept_us <= 0)
		slept_us = 1;
	time[0] = slept_us / 1000000;
	time[1] = slept_us % 1000000;
	/* This comes first: a keeper sets back what was perhaps not set. */
	hold->socket.option = option;
	if (sys_setsockopt(fd, option, time, sizeof(time)) == 0)
		return true;
	hold->socket.option = 0;
	(void)sys_close(fd);
	return false;
}

/* Has it begun the call, or has it gone on after it? */
static bool has_begun(const struct hold *hold)
{
	char path[64], buf[256], *word = buf;
	struct procstatus status;
	uint64_t sp = 0;
	long n = io_read_file(AT_FDCWD,
			      task_path(path, hold->pid, hold->tid, "syscall"),
			      buf, sizeof(buf));

	if (n <= 0 || task_status(hold->pid, hold->tid, &status) < 0)
		return true;
	if (str_after(buf, "running"))
		return false;
	/* "NUMBER 0xA 0xB 0xC 0xD 0xE 0xF 0xSP 0xPC" */
	for (unsigned i = 0; i < 7 && word; i++) {
		word = str_char(word, ' ');
		word += word != NULL;
	}
	if (!word || !str_after(word, "0x") ||
	    str_hex(word + 2, str_until(word + 2, " "), &sp) < 0)
		return true;
	return sp != hold->socket.sp || status.state == 'S';
}

/* By now another socket may have its number. A keeper, which has no descriptor
 * of the first, leaves that one alone. */
static int first_socket(const struct hold *hold)
{
	struct sys_stat st;
	int fd = hold->socket.ours;

	if (hold->socket.pid == sys_getpid())
		return fd;
	fd = borrow(hold, hold->socket.fd);
	if (fd < 0 || (sys_fstat(fd, &st) == 0 && st.ino == hold->socket.ino))
		return fd;
	(void)sys_close(fd);
	return -1;
}

void hold_restore_timeout(struct hold *hold)
{
	_auto_close int fd = -1;

	if (hold->socket.option == 0)
		return;
	fd = first_socket(hold);
	for (unsigned i = 0; i < BEGIN_STEPS && !has_begun(hold); i++)
		(void)sys_wait_sigchld(sys_now_us() + STEP_US);
	if (fd >= 0)
		(void)sys_setsockopt(fd, hold->socket.option, hold->socket.time,
				     sizeof(hold->socket.time));
	hold->socket.option = 0;
}

#endif
