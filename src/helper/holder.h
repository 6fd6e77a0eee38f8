/* SPDX-License-Identifier: MIT */
/*
 * holder.h - a process that owns descriptors which another process is to take
 *
 * pidfd_getfd(2) asks whether the caller may trace the owner of the descriptor.
 * A process with another uid, or with fewer capabilities than the owner, may
 * not, and one in another pid namespace has no number for the owner. So a
 * holder is started, which has the uid and the gid of that process, no
 * capabilities at all, and a number in its pid namespace.
 *
 * Other processes of that uid may trace the holder, too. It is this program
 * executed anew, so that nothing of ours is in its memory, and it has nothing
 * open but those descriptors and two pipes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct procstatus;

#define HOLDER_FDS   4
#define HOLDER_FIRST 3 /* the number of its first descriptor */
#define HOLDER_NS    (HOLDER_FIRST + 3)

struct holder {
	int child;   /* of ours; 0: there is none */
	int number;  /* in the other's pid namespace */
	int life_fd; /* it ends when this is closed */
};

/* Is the pid namespace of that thread another one? */
bool holder_is_nested(int pid, int tid);
/* Would pidfd_getfd(2) of a descriptor of ours be refused to that thread? */
bool holder_is_needed(const struct procstatus *status);

/* Start one, with copies of @fds at HOLDER_FIRST and up; -1 is left out. Returns
 * 0, or -errno and the sentence. */
int holder_start(int pid, int tid, const int fds[HOLDER_FDS],
		 int64_t deadline_us, struct holder *ret, struct fail *why);
void holder_end(struct holder *holder);

/* the command that a holder executes: "hold PID TID" */
int holder_run(int argc, char *argv[], char *envp[]);
