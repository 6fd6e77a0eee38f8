/* SPDX-License-Identifier: MIT */
#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <fcntl.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/task.h"

/* What must not be written below a stack pointer: the red zone of the System V
 * ABI for AMD64, 3.2.2. A signal that comes may overwrite all that is below. */
#define RED_ZONE 128

/* struct __kernel_timespec */
struct timespec64 {
	int64_t sec, nsec;
};
/* struct old_timespec32 */
struct timespec32 {
	int32_t sec, nsec;
};

/* struct io_uring_getevents_arg; of include/uapi/linux/io_uring.h, too: */
struct ring_wait {
	uint64_t mask;
	uint32_t mask_len, min_wait_us;
	uint64_t timeout; /* the address of a timespec64, or 0 */
};
#define RING_ARGUMENT	  8u  /* there is a struct ring_wait, */
#define RING_ABSOLUTE	  32u /* its timeout is a point in time, */
#define RING_REGISTERED	  64u /* or it is somewhere else */
#define NR_IO_URING_ENTER 426
#define NR_EPOLL_PWAIT2	  441

/*
 * The calls that return EINTR after a stop although no handler ran, and where
 * their timeouts are: signal(7), and fs/eventpoll.c, ipc/sem.c, kernel/signal.c,
 * fs/aio.c, mm/shmem.c and io_uring/io_uring.c of Linux 6.1. None of them has
 * done anything when it returns EINTR, so that it can be made again; a call
 * that had begun says what it has done instead. io_pgetevents is made again by
 * the kernel, but for the whole of its timeout. Sockets are in hold-socket.c.
 */
enum timeout { FOREVER, POINTER, POINTER_32, MILLISECONDS, RING };
static const struct call {
	long nr;
	enum timeout timeout;
	unsigned argument;
} calls[] = {
#ifdef __NR_epoll_wait
	{ __NR_epoll_wait, MILLISECONDS, 3 },
#endif
	{ __NR_epoll_pwait, MILLISECONDS, 3 },
	{ NR_EPOLL_PWAIT2, POINTER, 3 },
	{ __NR_rt_sigtimedwait, POINTER, 2 },
	{ __NR_io_getevents, POINTER, 4 },
	{ __NR_io_pgetevents, POINTER, 4 },
	{ __NR_semtimedop, POINTER, 3 },
	{ NR_IO_URING_ENTER, RING, 4 },
	{ __NR_fallocate, FOREVER, 0 },
#ifdef __NR_semop
	{ __NR_semop, FOREVER, 0 },
#endif
};

/* Of 32-bit programs, where ipc(2) and sockets are left as they are:
 * arch/x86/entry/syscalls/syscall_32.tbl */
static const struct call calls_32[] = {
	{ 177, POINTER_32, 2 },	  /* rt_sigtimedwait */
	{ 247, POINTER_32, 4 },	  /* io_getevents */
	{ 256, MILLISECONDS, 3 }, /* epoll_wait */
	{ 319, MILLISECONDS, 3 }, /* epoll_pwait */
	{ 324, FOREVER, 0 },	  /* fallocate */
	{ 385, POINTER_32, 4 },	  /* io_pgetevents */
	{ 416, POINTER, 4 },	  /* io_pgetevents_time64 */
	{ 420, POINTER, 3 },	  /* semtimedop_time64 */
	{ 421, POINTER, 2 },	  /* rt_sigtimedwait_time64 */
	{ NR_IO_URING_ENTER, RING, 4 },
	{ NR_EPOLL_PWAIT2, POINTER, 3 },
};

static const struct call *find_call(const struct hold *hold, long nr)
{
	bool is_32 = arch_is_32(&hold->saved);
	const struct call *call = is_32 ? calls_32 : calls;
	size_t count = is_32 ? sizeof(calls_32) / sizeof(calls_32[0])
			     : sizeof(calls) / sizeof(calls[0]);

	for (; count > 0; call++, count--)
		if (call->nr == nr)
			return call;
	return NULL;
}

static bool is_among(const struct call *call, size_t count, long nr)
{
	for (; count > 0; call++, count--)
		if (call->nr == nr)
			return true;
	return false;
}

/* Its registers are not known yet, so both tables count. */
static bool may_be_cut_short(const struct hold *hold)
{
	char path[64], buf[256];
	uint64_t nr = 0;
	long n = io_read_file(AT_FDCWD,
			      task_path(path, hold->pid, hold->tid, "syscall"),
			      buf, sizeof(buf));

	if (n <= 0)
		return true;
	buf[str_until(buf, " \n")] = '\0';
	if (str_number(buf, &nr) < 0)
		return false; /* "running", or in no call */
	return is_among(calls, sizeof(calls) / sizeof(calls[0]), (long)nr) ||
	       is_among(calls_32, sizeof(calls_32) / sizeof(calls_32[0]),
			(long)nr) ||
	       hold_socket_option((long)nr) != 0;
}

void hold_note_time(struct hold *hold)
{
	struct task_stat stat = { 0 };
	char path[64];

	hold->ran_us = -1;
	if (!may_be_cut_short(hold) ||
	    task_stat(hold->pid, hold->tid, &stat) < 0)
		return;
	hold->ran_cpu = (unsigned)stat.cpu;
	hold->ran_us =
		task_ran_us(task_path(path, hold->pid, hold->tid, "sched"));
}

int64_t hold_slept_us(const struct hold *hold)
{
	int64_t us;

	if (hold->ran_us < 0 || sys_run_on(hold->ran_cpu) < 0)
		return -1;
	us = task_ran_us("/proc/self/sched") - hold->ran_us;
	return us < 0 ? -1 : us;
}

/* ---- room for a shorter timeout ------------------------------------------ */

struct room {
	uint64_t from, to;
	bool found;
};

static int look_for_room(char *line, void *ctx)
{
	struct room *room = ctx;
	struct task_mapping mapping;

	room->found = task_mapping(line, &mapping) == 0 &&
		      mapping.start <= room->from && room->to <= mapping.end &&
		      mapping.readable && mapping.writable && !mapping.shared;
	return room->found;
}

/*
 * Put @len bytes into memory that the thread does not use: below its red zone,
 * if that is in the same private mapping as its stack pointer. Its call reads
 * them as soon as it begins; if a handler runs first, it is not made again, and
 * nobody reads them. Returns their address, or 0.
 */
static uint64_t put_below(const struct hold *hold, const void *what, size_t len)
{
	uint64_t sp = arch_sp(&hold->saved);
	struct room room = { .from = (sp - RED_ZONE - len) & ~15ull, .to = sp };
	char path[64];

	if (sp < RED_ZONE + len + 15)
		return 0;
	(void)io_each_head(AT_FDCWD,
			   task_path(path, hold->pid, hold->tid, "maps"),
			   look_for_room, &room);
	if (!room.found ||
	    sys_pwrite(hold->mem_fd, what, len, room.from) != (long)len)
		return 0;
	return room.from;
}

/* ---- each kind of timeout ------------------------------------------------ */

static bool read_timeout(const struct hold *hold, uint64_t at,
			 struct timespec64 *ret)
{
	return sys_pread(hold->mem_fd, ret, sizeof(*ret), at) == sizeof(*ret);
}

/* Less the time that has passed; never less than nothing. */
static bool shorten(const struct hold *hold, struct timespec64 *time)
{
	int64_t slept_us = hold_slept_us(hold);

	if (slept_us < 0)
		return false;
	time->sec -= slept_us / 1000000;
	time->nsec -= slept_us % 1000000 * 1000;
	if (time->nsec < 0) {
		time->nsec += 1000000000;
		time->sec--;
	}
	if (time->sec < 0)
		*time = (struct timespec64){ 0 };
	return true;
}

static bool mend_pointer_32(struct hold *hold, uint64_t *pointer)
{
	struct timespec32 short_time;
	struct timespec64 time;

	if (*pointer == 0)
		return true;
	if (sys_pread(hold->mem_fd, &short_time, sizeof(short_time),
		      *pointer) != sizeof(short_time))
		return false;
	time = (struct timespec64){ short_time.sec, short_time.nsec };
	if (!shorten(hold, &time))
		return false;
	short_time = (struct timespec32){ (int)time.sec, (int)time.nsec };
	*pointer = put_below(hold, &short_time, sizeof(short_time));
	return *pointer != 0;
}

static bool mend_pointer(struct hold *hold, uint64_t *pointer)
{
	struct timespec64 time;

	if (*pointer == 0)
		return true;
	if (!read_timeout(hold, *pointer, &time) || !shorten(hold, &time))
		return false;
	*pointer = put_below(hold, &time, sizeof(time));
	return *pointer != 0;
}

/* Up to one millisecond longer, as poll(2) would be, and never shorter. */
static bool mend_milliseconds(const struct hold *hold, uint64_t *ms)
{
	int64_t slept_us;

	if ((int)*ms <= 0)
		return true;
	slept_us = hold_slept_us(hold);
	if (slept_us < 0)
		return false;
	*ms = slept_us / 1000 < (int)*ms ? *ms - (uint64_t)(slept_us / 1000)
					 : 0;
	return true;
}

static bool mend_ring(struct hold *hold, uint64_t *pointer)
{
	uint64_t flags = *arch_argument(&hold->saved, 3);
	struct {
		struct ring_wait wait;
		struct timespec64 time;
	} below;
	uint64_t at;

	if (flags & RING_REGISTERED)
		return false;
	if (!(flags & RING_ARGUMENT) || (flags & RING_ABSOLUTE))
		return true;
	if (sys_pread(hold->mem_fd, &below.wait, sizeof(below.wait),
		      *pointer) != sizeof(below.wait))
		return false;
	if (below.wait.timeout == 0)
		return true;
	if (!read_timeout(hold, below.wait.timeout, &below.time) ||
	    !shorten(hold, &below.time))
		return false;
	/* Where it will be is known only when it is there. */
	at = put_below(hold, &below, sizeof(below));
	if (at == 0)
		return false;
	below.wait.timeout = at + sizeof(below.wait);
	if (put_below(hold, &below, sizeof(below)) != at)
		return false;
	*pointer = at;
	return true;
}

static bool mend(struct hold *hold, const struct call *call)
{
	/* After the call the register still has the shorter time; a program
	 * that makes the call through a C function cannot see that. */
	uint64_t *timeout = arch_argument(&hold->saved, call->argument);

	switch (call->timeout) {
	case FOREVER:
		return true;
	case POINTER:
		return mend_pointer(hold, timeout);
	case POINTER_32:
		return mend_pointer_32(hold, timeout);
	case MILLISECONDS:
		return mend_milliseconds(hold, timeout);
	case RING:
		return mend_ring(hold, timeout);
	}
	return false;
}

void hold_mend_eintr(struct hold *hold)
{
	struct arch_regs as_found = hold->saved;
	long nr = hold->mended ? -1 : arch_cut_short(&hold->saved);
	const struct call *call = find_call(hold, nr);
	bool mended;

	/* Not once more by a keeper, which finds the shorter time. */
	hold->mended = true;
	if (nr < 0)
		return;
	mended = call ? mend(hold, call)
		      : !arch_is_32(&hold->saved) && hold_mend_socket(hold, nr);
	if (mended)
		arch_again(&hold->saved);
	else
		hold->saved = as_found;
}

#endif
