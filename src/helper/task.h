/* SPDX-License-Identifier: MIT */
/*
 * task.h - what /proc says of one thread of another process
 *
 * A thread is named by its process and its own number, as in
 * /proc/PID/task/TID. Results are 0 or more, or -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct status;

struct task_stat {
	uint64_t flags, start_time, cpu;
};

/* "/proc/PID/task/TID/NAME", which is also what it returns */
const char *task_path(char path[64], int pid, int tid, const char *name);
int task_stat(int pid, int tid, struct task_stat *ret);
int task_status(int pid, int tid, struct status *ret);
/* is it the process that started then, and not a later one of its number? */
bool task_is(int pid, uint64_t start_time);
/* has the thread ended, as far as a tracer is concerned? */
bool task_has_ended(int pid, int tid);

/*
 * When a thread that sleeps last ran, in milliseconds of its CPU's scheduler
 * clock; -1: unknown. @path is a "sched" file of /proc. Those clocks are
 * seconds apart where a hypervisor takes time from them, so the value is
 * compared with what we read about ourselves while on that CPU.
 */
int64_t task_ran_ms(const char *path);

/* What task_find() looks for, and where. */
struct task_bytes {
	const uint8_t *bytes;
	unsigned len;	 /* at most 8 */
	unsigned align;	 /* its address is a multiple of this */
	bool executable; /* in code; else in anything that nobody writes to */
	int mem_fd;	 /* the thread's /proc/PID/task/TID/mem */
};

/* an address in its memory that holds the bytes, or 0; the vdso comes first */
uint64_t task_find(int pid, int tid, const struct task_bytes *what);
/* are the bytes at @at? */
bool task_holds(const struct task_bytes *what, uint64_t at);
