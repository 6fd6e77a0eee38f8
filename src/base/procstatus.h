/* SPDX-License-Identifier: MIT */
/*
 * procstatus.h - what /proc/PID/status says of a process or of one thread
 */
#pragma once

#include <stdint.h>

struct procstatus {
	uint64_t state;	   /* its letter */
	uint64_t process;  /* of which it is a thread: pid */
	uint64_t parent;   /* pid; 0: this /proc does not show its parent */
	uint64_t tracer;   /* pid; 0: it is not traced */
	uint64_t uid, gid; /* real */
	uint64_t inner;	   /* not 0: in a pid namespace below that of /proc */
	/* signals: bit N - 1 is signal N */
	uint64_t pending, shared_pending, blocked, caught;
	uint64_t capabilities; /* effective */
	uint64_t seccomp;      /* its mode */
};

/* read the file at @path (below @dir): 0 or -errno */
int procstatus_read(int dir, const char *path, struct procstatus *ret);
/* take one line of it into @ctx, a struct procstatus; returns 1 at the last line
 * that matters (pure) */
int procstatus_line(char *line, void *ctx);
