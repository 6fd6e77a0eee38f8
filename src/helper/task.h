/* SPDX-License-Identifier: MIT */
/*
 * task.h - what /proc says of one thread of another process
 *
 * A thread is named by the number of its process and its own, as in
 * /proc/PID/task/TID. Functions return 0 or more, or -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct procstatus;

struct task_stat {
	uint64_t flags, start_time, cpu;
};

/* Fill @path with "/proc/PID/task/TID/NAME", and return it. */
const char *task_path(char path[64], int pid, int tid, const char *name);
int task_stat(int pid, int tid, struct task_stat *ret);
/* Take numbers from its "stat": @values[i] is the field @fields[i] of proc(5),
 * which must be one that follows the state. -EINVAL: one is missing. */
int task_fields(int pid, int tid, const uint8_t *fields, unsigned count,
		uint64_t *values);
int task_status(int pid, int tid, struct procstatus *ret);
/* Is @pid the process that started then, and not a later one of that number? */
bool task_is(int pid, uint64_t start_time);
/* Has the thread ended? A zombie, which a tracer can do nothing with, counts as
 * ended. */
bool task_has_ended(int pid, int tid);
/*
 * Has the thread gone, or is it ending: it has no memory any more and lets go of
 * the rest? Until it is gone, its directories in /proc are those of the machine's
 * root, and closed to root of a user namespace (fs/proc/base.c: task_dump_owner).
 */
bool task_is_ending(int tid);
/* Of the process the first thread that is not ending: only that has anything in
 * /proc. If all are, its own number. */
int task_living(int pid);

/* /proc/TID/fdinfo/NUMBER */
struct task_fdinfo {
	int flags; /* of open(2), O_CLOEXEC among them */
	uint64_t offset;
	bool locked; /* by the process, or under its lease */
};
int task_fdinfo(int tid, int number, struct task_fdinfo *ret);

/*
 * When a sleeping thread last ran, in microseconds of the scheduler clock of
 * its CPU; -1: unknown. @path is a "sched" file of /proc. If a hypervisor takes
 * time from the CPUs, their clocks are seconds apart, so the value must be
 * compared with what we read about ourselves while we run on that CPU.
 */
int64_t task_ran_us(const char *path);

/* One mapping of a process. */
struct task_mapping {
	uint64_t start, end;
	bool readable, writable, executable, shared;
};

/* parse a line of "maps" in /proc: 0 or -EINVAL */
int task_mapping(const char *line, struct task_mapping *ret);

/* What task_find() looks for, and where. */
struct task_bytes {
	const uint8_t *bytes;
	unsigned len;	 /* at most 8 */
	unsigned align;	 /* its address is a multiple of this */
	bool executable; /* in code; otherwise in any mapping that nobody
			  * writes to */
	int mem_fd;	 /* the thread's /proc/PID/task/TID/mem */
};

/* Find an address in the thread's memory that holds the bytes, or 0. Where they
 * are likely is searched first: the vdso for code, else what is no code. */
uint64_t task_find(int pid, int tid, const struct task_bytes *what);
/* Are the bytes at @at? */
bool task_holds(const struct task_bytes *what, uint64_t at);
