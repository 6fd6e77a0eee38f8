/* SPDX-License-Identifier: MIT */
/*
 * relay.h - what a program says about a disk or a network, shown harmlessly
 *
 * A check or a hook repeats the names that a disk gives it, and the bytes of a
 * name can move a cursor, or be the "<0>" by which a line gets another level in
 * the kernel's log. So such a program writes into a pipe, and each line of it is
 * escaped before it is shown.
 */
#pragma once

#include <stdbool.h>

/*
 * The name of a relay in ps(1). Whoever ends processes leaves one alone and ends
 * the program instead: the relay ends by itself then, and it may be that of a
 * daemon that has to stay.
 */
#define RELAY_NAME "pintle-relay"

/*
 * relay_fork - let the caller, a child of its own, show what a program says
 *
 * Returns only in a new process, which has to execute the program: the end of
 * the pipe that is its output, or, if there is no process or pipe, in the caller
 * with -errno. The caller itself shows the lines on its standard error or, with
 * @to_kmsg, in the kernel's log, and ends as the program does. If the caller is
 * killed, so is the program. What is left of the program at its end, and still
 * may say something, gets a relay of its own. The program ignores SIGPIPE, so that
 * a daemon outlives that relay, too.
 */
int relay_fork(bool to_kmsg);
