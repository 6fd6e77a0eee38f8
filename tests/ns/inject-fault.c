/* SPDX-License-Identifier: MIT */
/*
 * inject-fault.c - does something to one of the processes that inject, at each
 * of its system calls in turn
 *
 *	inject-fault [-p N] [-q REQUEST] ROLE ACT TARGET COMMAND...
 *
 * Runs COMMAND again and again and traces it with all that it starts. ROLE is
 * which of them, in the order in which they are started: 1 is COMMAND itself, 2
 * the keeper, 3 the tracer. In the first run its first call suffers ACT, in the
 * second its second, until a run in which it makes no more so many: `kill` or
 * an errno, the call then fails with it and is not made. -p: at each N-th only.
 * -q: in one run alone, and each ptrace(2) with that REQUEST.
 *
 * After each run TARGET must be as it was before, or moved: alive, traced by
 * nobody, not stopped, its signal mask, pending signals and descriptors the
 * same; and COMMAND must not print a "why: " without a sentence. What is not so is
 * printed. TARGET itself finds out about its registers.
 * Prints "runs", "moved" (status 0 and it stands elsewhere than before), "kept"
 * and "bad", and the last sentence that COMMAND said.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS                                                                \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |    \
	 PTRACE_O_TRACECLONE)
#define NONE_REQUEST (-1l)

static int role, fault, target;
static long only_request = NONE_REQUEST;
static char reply[4096];

struct seen {
	char mask[32], pending[32], shared[32], tracer[32], state[32];
	char fds[2048];
	uint64_t root, cwd;
	int fd_count;
};

static void field(const char *text, const char *key, char to[32])
{
	const char *at = strstr(text, key);

	snprintf(to, 32, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
}

static uint64_t inode(const char *name)
{
	struct stat st = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", target, name);
	(void)stat(path, &st);
	return st.st_ino;
}

static int see(struct seen *seen)
{
	char path[300], text[4096], link[256];
	struct dirent *entry;
	size_t used = 0;
	DIR *dir;
	int fd;
	long n;

	memset(seen, 0, sizeof(*seen));
	snprintf(path, sizeof(path), "/proc/%d/status", target);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	field(text, "SigBlk:", seen->mask);
	field(text, "SigPnd:", seen->pending);
	field(text, "ShdPnd:", seen->shared);
	field(text, "TracerPid:", seen->tracer);
	field(text, "State:", seen->state);
	snprintf(path, sizeof(path), "/proc/%d/fd", target);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", target,
			 entry->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = '\0';
		used += (size_t)snprintf(seen->fds + used,
					 sizeof(seen->fds) - used, "%s=%s ",
					 entry->d_name, link);
		seen->fd_count++;
	}
	if (dir)
		closedir(dir);
	seen->root = inode("root");
	seen->cwd = inode("cwd");
	return 0;
}

static int same(const struct seen *a, const struct seen *b)
{
	return strcmp(a->mask, b->mask) == 0 &&
	       strcmp(a->pending, b->pending) == 0 &&
	       strcmp(a->shared, b->shared) == 0 &&
	       strcmp(a->tracer, b->tracer) == 0 &&
	       strchr("RSD", b->state[7]) && strcmp(a->fds, b->fds) == 0;
}

static void nap_ms(long ms)
{
	struct timespec time = { 0, ms * 1000000 };

	nanosleep(&time, NULL);
}

static int start(char *command[], int *ret_out)
{
	int ends[2];
	int pid;

	if (pipe(ends) < 0)
		exit(3);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(command[0], command);
		_exit(127);
	}
	close(ends[1]);
	waitpid(pid, NULL, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, OPTIONS);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	*ret_out = ends[0];
	return pid;
}

/* At an entry of a call of the role: is it the one? */
static int is_due(const struct user_regs_struct *regs, long count, long wanted)
{
	if (only_request != NONE_REQUEST)
		return regs->orig_rax == SYS_ptrace &&
		       (long)regs->rdi == only_request;
	return count == wanted;
}

/* One run: its status; in @ret_count how many calls the role made. */
static int run(char *command[], long wanted, long *ret_count)
{
	int out, status = 0, result = -1, started = 1, entry = 0, failing = 0;
	int pid = start(command, &out), victim = role == 1 ? pid : 0, who;
	long count = 0, n;

	while ((who = waitpid(-1, &status, __WALL)) > 0) {
		int stop = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
		int event = status >> 16, signal = 0;
		struct user_regs_struct regs;

		if (!WIFSTOPPED(status)) {
			if (who == pid)
				result = status;
			continue;
		}
		if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		    event == PTRACE_EVENT_CLONE) {
			unsigned long child = 0;

			ptrace(PTRACE_GETEVENTMSG, who, 0, &child);
			if (++started == role)
				victim = (int)child;
		} else if (stop == (SIGTRAP | 0x80) && who == victim) {
			entry = !entry;
			ptrace(PTRACE_GETREGS, who, 0, &regs);
			if (entry && is_due(&regs, ++count, wanted)) {
				if (fault == 0) {
					kill(who, SIGKILL);
					continue;
				}
				regs.orig_rax = -1;
				ptrace(PTRACE_SETREGS, who, 0, &regs);
				failing = 1;
			} else if (!entry && failing) {
				regs.rax = (uint64_t)-fault;
				ptrace(PTRACE_SETREGS, who, 0, &regs);
				failing = 0;
			}
		} else if (stop != (SIGTRAP | 0x80) && event == 0 &&
			   stop != SIGSTOP && stop != SIGTRAP) {
			signal = stop;
		}
		ptrace(PTRACE_SYSCALL, who, 0, signal);
	}
	n = read(out, reply, sizeof(reply) - 1);
	reply[n < 0 ? 0 : n] = '\0';
	close(out);
	*ret_count = count;
	return result;
}

int main(int argc, char *argv[])
{
	long wanted = 1, count = 0, step = 1;
	int runs = 0, moved = 0, kept = 0, bad = 0, option;
	struct seen before, after;

	while ((option = getopt(argc, argv, "+p:q:")) != -1)
		if (option == 'p')
			step = atol(optarg);
		else
			only_request = strtol(optarg, NULL, 0);
	if (argc - optind < 4)
		return 3;
	role = atoi(argv[optind]);
	fault = atoi(argv[optind + 1]); /* "kill": 0 */
	target = atoi(argv[optind + 2]);
	argv += optind + 3;
	do {
		int status, tries = 0;

		/* Not in the middle of a handler of its own. */
		do {
			if (see(&before) < 0)
				return 4;
			nap_ms(1);
		} while (see(&after) < 0 || !same(&before, &after));
		status = run(argv, wanted, &count);
		runs++;
		/* What was detached has yet to run once. */
		while (see(&after) < 0 || !same(&before, &after)) {
			if (++tries == 100)
				break;
			nap_ms(5);
		}
		if (tries == 100 || strstr(reply, "why: \n") ||
		    (status == 0 && before.root == after.root &&
		     before.cwd == after.cwd)) {
			bad++;
			printf("bad: at %ld: status %d, %s, %s, %s, %s, %s, "
			       "fds %s, were %s\n%s",
			       wanted, status, after.state, after.mask,
			       after.pending, after.shared, after.tracer,
			       after.fds, before.fds, reply);
			if (see(&after) < 0)
				break;
		}
		if (before.root != after.root)
			moved++;
		else
			kept++;
		wanted += step;
	} while (only_request == NONE_REQUEST && wanted <= count + step);
	printf("runs: %d\nmoved: %d\nkept: %d\nbad: %d\n%s", runs, moved, kept,
	       bad, reply);
	return bad != 0;
}
