/* SPDX-License-Identifier: MIT */
/*
 * child.h - start a program, watch it, and tell how it ended
 *
 * Every program that pintle starts is started here: its standard files, its
 * signal mask and its end are the same for an fsck, a hook, a shell and a
 * helper. Sources: execveat(2), wait(2), pidfd_open(2).
 */
#pragma once

#include <stdbool.h>

/* The exit status of a child that could not execute its program, as in
 * sh(1). */
#define CHILD_NOT_STARTED 127

/* What standard output and standard error of a program lead to. */
enum child_output {
	CHILD_SAME, /* what ours leads to: the console */
	CHILD_NULL, /* /dev/null */
	CHILD_KMSG, /* the kernel's log */
};

struct child {
	char *const *argv; /* argv[0] is the path, unless @path says another */
	char *const *envp;
	const char *path;
	int stdin_fd; /* CHILD_STDIN_*, or a descriptor */
	enum child_output out, err;
	/* What it says repeats bytes of a disk or a network, which are to be
	 * shown harmlessly: its output goes through relay.h, line by line. */
	bool repeats;
	bool session; /* a session of its own: no signal from the console */
};

#define CHILD_STDIN_SAME (-1)
#define CHILD_STDIN_NULL (-2)

/* How a process ended: by itself with @code, or by a signal (@signal > 0). */
struct child_end {
	int code;
	int signal;
};

/*
 * child_start - execute @child in a new process
 *
 * SIGCHLD is not blocked in it. If the program cannot be executed, the reason
 * goes to the log and the process ends with CHILD_NOT_STARTED.
 *
 * Returns the pid, or -errno of fork(2).
 */
int child_start(const struct child *child);

/* the same in this process, which child_start() or a fork made; never
 * returns */
__attribute__((noreturn)) void child_become(const struct child *child);

/* what @status of wait(2) says */
struct child_end child_end(int status);

/* wait until @pid has ended, however long it takes: 0 or -errno */
int child_wait(int pid, struct child_end *ret);

/* reap every child that has ended, whoever it was */
void child_reap_all(void);

/*
 * A child that is waited for together with other descriptors: its descriptor
 * becomes readable when it ends. Before Linux 5.3 there is none (@fd < 0), and
 * its end is seen at the next event of another one.
 */
struct child_job {
	int pid; /* 0: none */
	int fd;
};

#define CHILD_NO_JOB ((struct child_job){ .pid = 0, .fd = -1 })

/* fork(2), in the parent with the job filled in: as sys_fork() */
int child_fork_job(struct child_job *job);

/*
 * child_reap_job - has it ended?
 *
 * Returns true if it has: @ret says how, or is {-1, 0} if nobody can say (its
 * parent does not wait for it), and the job is free again.
 */
bool child_reap_job(struct child_job *job, struct child_end *ret);
