/* SPDX-License-Identifier: MIT */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "fail.h"
#include "inject-arch.h"
#include "io.h"
#include "status.h"
#include "str.h"
#include "sys.h"

#ifdef ARCH_CANNOT

int inject_begin(int pid, uint64_t start_time, int newroot_fd,
		 int64_t deadline_us, struct injection *ret, struct fail *why)
{
	(void)start_time;
	(void)newroot_fd;
	(void)deadline_us;
	*ret = (struct injection){ .pid = pid };
	return fail_said(why, ENOSYS,
			 "have process '%d' move its root: that cannot be done "
			 "on this architecture",
			 pid);
}

int inject_end(const struct injection *injection, struct fail *why)
{
	(void)injection;
	(void)why;
	return -ENOSYS; /* of what never began */
}

#else

#define MAX_APART	64 /* threads with an fs_struct of their own */
/* The tracer keeps the deadline itself; this is for one that hangs. */
#define TRACER_GRACE_US 1000000

/* One move, in the tracer. */
struct inject {
	int pid;
	uint64_t start_time;
	int newroot_fd;
	int64_t deadline_us; /* 0 once it has passed and we must go on */
	bool late;	     /* so it is, and the answer given */
	int answer_fd;
	struct fail *why;
	bool again; /* the thread list must be read once more */
	unsigned done_count;
	char who[64]; /* "123 (name)" or "123 (name), thread 124" */
	struct sys_stat newroot;
	int done[MAX_APART];
};

/* One stopped task. */
struct hold {
	struct inject *inject;
	int tid;
	int mem_fd;
	int64_t ran_ms; /* when it last ran; -1: unknown */
	unsigned ran_cpu;
	bool has_regs;
	uint64_t mask;
	bool has_mask;
	uint64_t site;		/* a system call instruction of its */
	uint64_t word_at, word; /* of its stack: where, what was there */
	bool has_word;
	struct arch_regs saved;
};

struct answer {
	int result;
	bool stays; /* the tracer cannot leave yet */
	struct fail why;
};

/* ---- what /proc says --------------------------------------------------- */

/* "/proc/PID/task/TID/NAME" */
static const char *task_path(char path[64], const struct inject *inject,
			     int tid, const char *name)
{
	(void)str_format(path, 64, "/proc/%d/task/%d/%s", inject->pid, tid,
			 name);
	return path;
}

static int read_status(const struct inject *inject, int tid,
		       struct status *ret_status)
{
	char path[64];

	return status_read(AT_FDCWD, task_path(path, inject, tid, "status"),
			   ret_status);
}

struct stat_fields {
	uint64_t flags, start_time, cpu;
};

/* The name may hold anything, spaces and parentheses too: count from the end
 * of it. Fields are numbered as in proc(5), the third follows ") ". */
static int read_stat(const struct inject *inject, int tid,
		     struct stat_fields *ret)
{
	char path[64];
	char buf[1024];
	char *at;
	long n = io_read_file(AT_FDCWD, task_path(path, inject, tid, "stat"),
			      buf, sizeof(buf));

	if (n < 0)
		return (int)n;
	at = strrchr(buf, ')');
	if (!at)
		return -EINVAL;
	at += 2;
	for (unsigned field = 3; field <= 39; field++) {
		uint64_t *value = field == 9	? &ret->flags
				  : field == 22 ? &ret->start_time
				  : field == 39 ? &ret->cpu
						: NULL;
		char *end = str_char(at, ' ');

		if (!end)
			return -EINVAL;
		*end = '\0';
		if (value && str_number(at, value) < 0)
			return -EINVAL;
		at = end + 1;
	}
	return 0;
}

static bool is_alive(const struct inject *inject)
{
	struct stat_fields stat = { 0 };

	return read_stat(inject, inject->pid, &stat) == 0 &&
	       stat.start_time == inject->start_time;
}

/*
 * "se.exec_start    :    1234.567890": when it last ran, for a task that sleeps
 * since when, in milliseconds of its CPU's scheduler clock. Those clocks are
 * seconds apart where a hypervisor takes time from them, so it is compared
 * with what we read about ourselves while on that CPU.
 */
static int sched_line(char *line, void *ctx)
{
	const char *value = str_after(line, "se.exec_start");
	uint64_t ms = 0;
	char *at;

	if (!value)
		return 0;
	at = line + (value - line);
	at += str_span(at, " :");
	at[str_until(at, ".")] = '\0';
	if (str_number(at, &ms) == 0)
		*(int64_t *)ctx = (int64_t)ms;
	return 1;
}

static int64_t ran_ms(const char *path)
{
	int64_t ms = -1;

	(void)io_each_line(path, sched_line, &ms);
	return ms;
}

/* Its root and cwd are the new root: 1, 0; -ESRCH: it has gone. */
static int stands_there(const struct inject *inject, int tid)
{
	static const char *const links[] = { "root", "cwd" };

	for (unsigned i = 0; i < 2; i++) {
		struct sys_stat st;
		char path[64];
		int r = sys_stat(AT_FDCWD,
				 task_path(path, inject, tid, links[i]),
				 LINUX_AT_STATX_DONT_SYNC, &st);

		if (r == -ENOENT)
			r = -ESRCH;
		if (r < 0)
			return r;
		if (st.dev != inject->newroot.dev ||
		    st.ino != inject->newroot.ino ||
		    st.mnt_id != inject->newroot.mnt_id)
			return 0;
	}
	return 1;
}

/* ---- the one who waits for the answer ---------------------------------- */

static void answer(const struct inject *inject, int result)
{
	struct answer answer = { .result = result, .stays = inject->late };

	if (result < 0)
		answer.why = *inject->why;
	/* Less than PIPE_BUF: all at once. Nobody there to read it is fine. */
	(void)io_write(inject->answer_fd, &answer, sizeof(answer));
}

/* ---- stops --------------------------------------------------------------- */

static int gone(const struct inject *inject)
{
	return fail_said(inject->why, ESRCH, "move process '%s': it has ended",
			 inject->who);
}

static int refuse(const struct inject *inject, int error, const char *reason)
{
	return fail_said(inject->why, error,
			 "move process '%s' by injection: %s" FAIL_TODO
			 "give it another mover, or stop it",
			 inject->who, reason);
}

/*
 * next_stop - the next stop of @tid: its signal and, in @ret_event, the event
 *
 * Before we hold it the deadline ends the wait, and our exit detaches. Later it
 * has our registers and must not be left with them: then the deadline is told
 * to who waits for it and we stay.
 */
static int next_stop(struct inject *inject, int tid, bool holding,
		     int *ret_event)
{
	for (;;) {
		int status = 0;
		int r = sys_wait(tid, &status, WNOHANG | (int)LINUX_WALL);

		if (r == tid) {
			if ((status & 0xff) != 0x7f)
				return gone(inject);
			*ret_event = status >> 16;
			return status >> 8 & 0xff;
		}
		if (r < 0)
			return gone(inject);
		r = sys_wait_sigchld(inject->deadline_us);
		if (r >= 0)
			continue;
		if (r != -EAGAIN)
			return fail(inject->why, r, "wait for process '%s'",
				    inject->who);
		r = refuse(inject, ETIMEDOUT,
			   holding ? "it hangs in a call on the new root; it "
				     "goes on when that returns"
				   : "it did not stop in time");
		if (!holding)
			return r;
		inject->late = true;
		inject->deadline_us = 0;
		answer(inject, r);
	}
}

static int request(struct hold *hold, int request, int signal)
{
	int r = (int)sys_ptrace(request, hold->tid, 0,
				(void *)(intptr_t)signal);

	return r < 0 ? gone(hold->inject) : 0;
}

static int regset(struct hold *hold, int request, struct arch_regs *regs)
{
	struct {
		void *base;
		uint64_t len;
	} vector = { regs, sizeof(*regs) };

	if (sys_ptrace(request, hold->tid, LINUX_NT_PRSTATUS, &vector) < 0)
		return gone(hold->inject);
	if (vector.len != sizeof(*regs))
		return refuse(hold->inject, ENOEXEC, "it runs in 32-bit mode");
	return 0;
}

static int prove(struct inject *inject, int tid, int *ret_options)
{
	struct status status;
	struct sys_stat ours, its;
	char path[64];
	char reason[64];
	int r = read_status(inject, tid, &status);

	if (r < 0)
		return gone(inject);
	if (status.tracer != 0) {
		(void)str_format(reason, sizeof(reason),
				 "process %u traces it already",
				 (unsigned)status.tracer);
		return refuse(inject, EPERM, reason);
	}
	if (!(status.capabilities >> LINUX_CAP_SYS_CHROOT & 1))
		return refuse(inject, EPERM,
			      "it lacks CAP_SYS_CHROOT and may not move");
	if (sys_stat(AT_FDCWD, "/proc/self/ns/pid", 0, &ours) == 0 &&
	    sys_stat(AT_FDCWD, task_path(path, inject, tid, "ns/pid"), 0,
		     &its) == 0 &&
	    ours.ino != its.ino)
		return refuse(inject, EXDEV,
			      "it is in another pid namespace and cannot name "
			      "us there");
	*ret_options = LINUX_PTRACE_O_TRACESYSGOOD;
	if (status.seccomp != 0)
		*ret_options |= LINUX_PTRACE_O_SUSPEND_SECCOMP;
	return 0;
}

/* Trace @tid and stop it, wherever it is. */
static int stop(struct hold *hold)
{
	struct inject *inject = hold->inject;
	struct stat_fields stat = { 0 };
	char path[64];
	int options = 0;
	int r = prove(inject, hold->tid, &options);

	if (r < 0)
		return r;
	hold->ran_ms = ran_ms(task_path(path, inject, hold->tid, "sched"));
	r = read_stat(inject, hold->tid, &stat);
	if (r < 0)
		return gone(inject);
	hold->ran_cpu = (unsigned)stat.cpu;
	r = (int)sys_ptrace(LINUX_PTRACE_SEIZE, hold->tid, 0,
			    (void *)(intptr_t)options);
	/* The kernel says EPERM to who traces one that is ending. */
	if (r == -ESRCH || (r < 0 && stands_there(inject, hold->tid) == -ESRCH))
		return gone(inject);
	if (r < 0 && (options & LINUX_PTRACE_O_SUSPEND_SECCOMP))
		return refuse(inject, r,
			      "it is confined by seccomp, and this kernel does "
			      "not let a tracer suspend that");
	if (r < 0) {
		return fail(inject->why, r,
			    "trace process '%s'" FAIL_TODO
			    "it may be traced already, or "
			    "kernel.yama.ptrace_scope be 3",
			    inject->who);
	}
	/* Ours now: its number cannot be reused any more. Was it before? */
	if (!is_alive(inject))
		return gone(inject);
	r = request(hold, LINUX_PTRACE_INTERRUPT, 0);
	while (r == 0) {
		int event = 0;
		int signal = next_stop(inject, hold->tid, false, &event);

		if (signal < 0)
			return signal;
		if (event == LINUX_PTRACE_EVENT_STOP)
			return 0;
		/* On its way to a handler, or death: that goes first. */
		r = request(hold, LINUX_PTRACE_CONT, event ? 0 : signal);
	}
	return r;
}

/* ---- what is needed of its memory --------------------------------------- */

static const uint8_t insn[] = ARCH_INSN_BYTES;

static bool is_site(const struct hold *hold, uint64_t at)
{
	uint8_t bytes[sizeof(insn)];

	return at % ARCH_INSN_ALIGN == 0 &&
	       sys_pread(hold->mem_fd, bytes, sizeof(bytes), at) ==
		       sizeof(bytes) &&
	       memcmp(bytes, insn, sizeof(insn)) == 0;
}

struct search {
	struct hold *hold;
	bool vdso;
};

/* "START-END r-xp OFFSET DEVICE INODE  PATH" */
static int search_mapping(char *line, void *ctx)
{
	const struct search *search = ctx;
	const char *dash = str_char(line, '-');
	const char *space = str_char(line, ' ');
	bool vdso = strcmp(str_base(line), "[vdso]") == 0;
	uint8_t buf[2048];
	uint64_t at = 0;
	uint64_t end = 0;

	if (!dash || !space || space[3] != 'x' || vdso != search->vdso ||
	    str_hex(line, (size_t)(dash - line), &at) < 0 ||
	    str_hex(dash + 1, (size_t)(space - dash - 1), &end) < 0)
		return 0;
	while (at < end) {
		size_t len = end - at < sizeof(buf) ? end - at : sizeof(buf);
		long n = sys_pread(search->hold->mem_fd, buf, len, at);

		if (n < (long)sizeof(insn))
			return 0;
		for (long i = 0; i + (long)sizeof(insn) <= n;
		     i += ARCH_INSN_ALIGN)
			if (memcmp(buf + i, insn, sizeof(insn)) == 0) {
				search->hold->site = at + (uint64_t)i;
				return 1;
			}
		/* One may lie across two reads. */
		at += (uint64_t)n - (n == (long)len && at + len < end
					     ? ARCH_INSN_ALIGN == 1
					     : 0);
	}
	return 0;
}

/*
 * Its code is never changed: another thread could be running it. The call that
 * it is blocked in has an instruction, the vdso has some, and so has most code.
 */
static int find_site(struct hold *hold)
{
	struct search search = { .hold = hold, .vdso = true };
	char path[64];

	task_path(path, hold->inject, hold->tid, "maps");
	hold->site = arch_site(&hold->saved);
	if (hold->site != 0 && is_site(hold, hold->site))
		return 0;
	hold->site = 0;
	(void)io_each_head(AT_FDCWD, path, search_mapping, &search);
	search.vdso = false;
	if (hold->site == 0)
		(void)io_each_head(AT_FDCWD, path, search_mapping, &search);
	if (hold->site == 0)
		return refuse(hold->inject, ENOEXEC,
			      "its code has no system call instruction");
	return 0;
}

/* The string "." below what is in use of its stack. */
static int place_word(struct hold *hold)
{
	static const char dot[2] = ".";
	uint64_t word;

	hold->word_at = (arch_sp(&hold->saved) - ARCH_RED_ZONE - 16) & ~7ull;
	if (sys_ptrace(LINUX_PTRACE_PEEKDATA, hold->tid, hold->word_at,
		       &hold->word) < 0)
		return refuse(hold->inject, EFAULT,
			      "its stack cannot be written to");
	word = hold->word;
	memcpy(&word, dot, sizeof(dot));
	if (sys_ptrace(LINUX_PTRACE_POKEDATA, hold->tid, hold->word_at,
		       (void *)(uintptr_t)word) < 0)
		return refuse(hold->inject, EFAULT,
			      "its stack cannot be written to");
	hold->has_word = true;
	return 0;
}

/*
 * Stopped inside a restartable sequence (rseq(2)), the kernel would see it
 * outside, at our call, and forget the sequence, which then went on unguarded.
 * So it is aborted, as any preemption may do it.
 */
static void leave_rseq(struct hold *hold)
{
	struct linux_ptrace_rseq config = { 0 };
	struct linux_rseq_cs section;
	uint64_t at = 0;
	uint64_t *pc = arch_pc(&hold->saved);

	if (sys_ptrace(LINUX_PTRACE_GET_RSEQ, hold->tid, sizeof(config),
		       &config) > 0 &&
	    config.rseq != 0 &&
	    sys_pread(hold->mem_fd, &at, sizeof(at),
		      config.rseq + LINUX_RSEQ_CS_OFFSET) == sizeof(at) &&
	    at != 0 &&
	    sys_pread(hold->mem_fd, &section, sizeof(section), at) ==
		    sizeof(section) &&
	    *pc - section.start < section.length)
		*pc = section.abort;
}

static int take(struct hold *hold)
{
	uint64_t all = ~0ull;
	int r = regset(hold, LINUX_PTRACE_GETREGSET, &hold->saved);
	char path[64];

	if (r < 0)
		return r;
	hold->has_regs = true;
	hold->mem_fd = io_open(task_path(path, hold->inject, hold->tid, "mem"),
			       O_RDONLY);
	leave_rseq(hold);
	r = find_site(hold);
	if (r < 0)
		return r;
	/* Until it is let go its signals wait; this gives and sets the mask
	 * that a ppoll or sigsuspend would put back. */
	if (sys_ptrace(LINUX_PTRACE_GETSIGMASK, hold->tid, sizeof(hold->mask),
		       &hold->mask) < 0 ||
	    sys_ptrace(LINUX_PTRACE_SETSIGMASK, hold->tid, sizeof(all), &all) <
		    0)
		return gone(hold->inject);
	hold->has_mask = true;
	return place_word(hold);
}

/* ---- a call of its ------------------------------------------------------- */

static int make_call(struct hold *hold, long nr, uint64_t a, uint64_t b,
		     uint64_t c, long *ret)
{
	struct arch_regs regs = hold->saved;
	unsigned stops = 0; /* 1: the call's entry, 2: its exit */
	int signal = 0;
	int r;

	arch_call(&regs, hold->site, nr, a, b, c);
	r = regset(hold, LINUX_PTRACE_SETREGSET, &regs);
	while (r == 0 && stops < 2) {
		int event = 0;
		int stop;

		r = request(hold, LINUX_PTRACE_SYSCALL, signal);
		if (r < 0)
			break;
		stop = next_stop(hold->inject, hold->tid, true, &event);
		if (stop < 0)
			return stop;
		/*
		 * A SIGSTOP cannot be blocked and is handed back: it stops the
		 * others at once, and this one when it is detached
		 * (kernel/ptrace.c:__ptrace_unlink), unless a SIGCONT came.
		 */
		signal = 0;
		if (stop == (SIGTRAP | 0x80))
			stops++;
		else if (event == 0)
			signal = stop;
	}
	if (r == 0)
		r = regset(hold, LINUX_PTRACE_GETREGSET, &regs);
	if (r == 0)
		*ret = arch_result(&regs);
	return r;
}

/* The same for a call that must succeed; @what names it in the sentence. A call
 * that a stop cut short is made again. */
static int must_call(struct hold *hold, const char *what, long nr, uint64_t a,
		     uint64_t b, uint64_t c, long *ret)
{
	for (unsigned tries = 0;; tries++) {
		int r = make_call(hold, nr, a, b, c, ret);

		if (r < 0)
			return r;
		if (*ret >= 0)
			return 0;
		/* ESRCH: the task itself has gone, for who reads our result. */
		if (*ret == -ESRCH)
			return refuse(hold->inject, EXDEV,
				      "it cannot name us, or we have ended");
		/* -ERESTARTSYS to -ERESTART_RESTARTBLOCK */
		if (tries < 100 &&
		    (*ret == -EINTR || (*ret <= -512 && *ret >= -516)))
			continue;
		return fail(hold->inject->why, (int)-*ret,
			    "have process '%s' call %s", hold->inject->who,
			    what);
	}
}

static int move(struct hold *hold)
{
	struct inject *inject = hold->inject;
	char path[64];
	_auto_close int old_cwd_fd =
		io_open(task_path(path, inject, hold->tid, "cwd"),
			O_PATH | O_DIRECTORY);
	long pidfd = -1;
	long fd = -1;
	long ret;
	int r = must_call(hold, "pidfd_open", __NR_pidfd_open,
			  (uint64_t)sys_getpid(), 0, 0, &pidfd);

	if (r < 0)
		return r;
	r = must_call(hold, "pidfd_getfd", __NR_pidfd_getfd, (uint64_t)pidfd,
		      (uint64_t)inject->newroot_fd, 0, &fd);
	if (r == -EPERM)
		fail_todo(inject->why,
			  "it has fewer rights than the one who moves it; give "
			  "it another mover, or stop it");
	if (r == 0)
		r = must_call(hold, "fchdir", __NR_fchdir, (uint64_t)fd, 0, 0,
			      &ret);
	if (r == 0) {
		r = inject->late ? -ETIMEDOUT
				 : must_call(hold, "chroot", __NR_chroot,
					     hold->word_at, 0, 0, &ret);
		/* Back to where it was; its descriptor is only known here. */
		if (r < 0 && r != -ESRCH && old_cwd_fd >= 0) {
			long back = -1;

			(void)make_call(hold, __NR_pidfd_getfd, (uint64_t)pidfd,
					(uint64_t)old_cwd_fd, 0, &back);
			if (back >= 0) {
				(void)make_call(hold, __NR_fchdir,
						(uint64_t)back, 0, 0, &ret);
				(void)make_call(hold, __NR_close,
						(uint64_t)back, 0, 0, &ret);
			}
		}
	}
	if (fd >= 0)
		(void)make_call(hold, __NR_close, (uint64_t)fd, 0, 0, &ret);
	(void)make_call(hold, __NR_close, (uint64_t)pidfd, 0, 0, &ret);
	return r;
}

/* ---- letting go -----------------------------------------------------------
 */

/*
 * Calls that a stop makes return EINTR although no handler ran: signal(7), and
 * read in fs/eventpoll.c, ipc/sem.c, kernel/signal.c, fs/aio.c of 6.1. Where
 * their time is. Others that may (sockets with SO_RCVTIMEO, io_uring_enter)
 * cannot be made again exactly.
 */
enum timeout { FOREVER, POINTER, MILLISECONDS };
static const struct {
	long nr;
	enum timeout timeout;
	unsigned argument;
} cut_short[] = {
#ifdef __NR_epoll_wait
	{ __NR_epoll_wait, MILLISECONDS, 3 },
#endif
	{ __NR_epoll_pwait, MILLISECONDS, 3 },
	{ 441 /* epoll_pwait2 */, POINTER, 3 },
	{ __NR_rt_sigtimedwait, POINTER, 2 },
	{ __NR_io_getevents, POINTER, 4 },
	{ __NR_io_pgetevents, POINTER, 4 },
	{ __NR_semtimedop, POINTER, 3 },
#ifdef __NR_semop
	{ __NR_semop, FOREVER, 0 },
#endif
};

/* A handler waits to run: then EINTR is what the program is to see. */
static bool handler_due(const struct hold *hold)
{
	struct status status;

	return read_status(hold->inject, hold->tid, &status) < 0 ||
	       ((status.pending | status.shared_pending) & ~hold->mask &
		status.caught) != 0;
}

static void mend_eintr(struct hold *hold)
{
	long nr = arch_eintr(&hold->saved);
	uint64_t *timeout;
	int64_t slept_ms;
	size_t i;

	for (i = 0; i < sizeof(cut_short) / sizeof(cut_short[0]); i++)
		if (cut_short[i].nr == nr)
			break;
	if (nr < 0 || i == sizeof(cut_short) / sizeof(cut_short[0]) ||
	    handler_due(hold))
		return;
	timeout = arch_argument(&hold->saved, cut_short[i].argument);
	if (cut_short[i].timeout == POINTER && *timeout != 0)
		return;
	/* The register keeps the shorter time after the call; nothing that
	 * calls a C function for this can see it. */
	if (cut_short[i].timeout == MILLISECONDS && (int)*timeout > 0) {
		if (hold->ran_ms < 0 || sys_run_on(hold->ran_cpu) < 0)
			return;
		slept_ms = ran_ms("/proc/self/sched") - hold->ran_ms;
		if (slept_ms < 0)
			return;
		*timeout = slept_ms < (int)*timeout
				   ? *timeout - (uint64_t)slept_ms
				   : 0;
	}
	arch_again(&hold->saved);
}

/*
 * The kernel does the rest: a detached task passes through its signal code once
 * more, which restarts the call that the registers say it was in, delivers what
 * has waited, and stops it again if its group is stopped.
 */
static void let_go(struct hold *hold)
{
	if (hold->has_word)
		(void)sys_ptrace(LINUX_PTRACE_POKEDATA, hold->tid,
				 hold->word_at, (void *)(uintptr_t)hold->word);
	if (hold->has_regs) {
		mend_eintr(hold);
		arch_restore(hold->tid, &hold->saved);
		(void)regset(hold, LINUX_PTRACE_SETREGSET, &hold->saved);
	}
	if (hold->has_mask)
		(void)sys_ptrace(LINUX_PTRACE_SETSIGMASK, hold->tid,
				 sizeof(hold->mask), &hold->mask);
	(void)sys_ptrace(LINUX_PTRACE_DETACH, hold->tid, 0, NULL);
	if (hold->mem_fd >= 0)
		(void)sys_close(hold->mem_fd);
}

/* ---- all of a process -----------------------------------------------------
 */

static int move_task(struct inject *inject, int tid)
{
	struct hold hold = { .inject = inject, .tid = tid, .mem_fd = -1 };
	int r = stop(&hold);

	if (r < 0)
		return r;
	r = take(&hold);
	if (r == 0)
		r = move(&hold);
	let_go(&hold);
	return r;
}

static void name(struct inject *inject, int tid)
{
	char path[64];
	char comm[20];
	long n = io_read_file(AT_FDCWD,
			      task_path(path, inject, inject->pid, "comm"),
			      comm, sizeof(comm));

	if (n <= 0)
		(void)str_copy(comm, sizeof(comm), "?\n");
	comm[str_until(comm, "\n")] = '\0';
	if (tid == inject->pid)
		(void)str_format(inject->who, sizeof(inject->who), "%d (%s)",
				 inject->pid, comm);
	else
		(void)str_format(inject->who, sizeof(inject->who),
				 "%d (%s), thread %d", inject->pid, comm, tid);
}

static int each_task(const char *entry, int type, void *ctx)
{
	struct inject *inject = ctx;
	uint64_t number = 0;
	int tid;
	int r;

	(void)type;
	if (inject->deadline_us != 0 && sys_now_us() > inject->deadline_us)
		return refuse(inject, ETIMEDOUT,
			      "its threads come and go too fast");
	if (str_number(entry, &number) < 0)
		return 0;
	tid = (int)number;
	/* Who shares with one that was moved has moved; it may have gone
	 * elsewhere since. Without kcmp, only where it stands tells. */
	for (unsigned i = 0; i < inject->done_count; i++)
		if (inject->done[i] == tid ||
		    sys_kcmp(inject->done[i], tid, LINUX_KCMP_FS) == 0)
			return 0;
	name(inject, tid);
	r = stands_there(inject, tid);
	if (r > 0 || r == -ESRCH)
		return 0;
	if (r < 0)
		return fail(inject->why, r, "see where process '%s' stands",
			    inject->who);
	if (inject->done_count == MAX_APART)
		return refuse(inject, E2BIG,
			      "more than 64 of its threads have a root of "
			      "their own");
	r = move_task(inject, tid);
	/* A thread may end meanwhile. */
	if (r < 0 && r != -ESRCH)
		return r;
	if (r == 0)
		inject->done[inject->done_count++] = tid;
	inject->again = true;
	return 0;
}

/* All threads, and those that they have made meanwhile. */
static int move_all(struct inject *inject)
{
	struct stat_fields stat = { 0 };
	int r = read_stat(inject, inject->pid, &stat);

	name(inject, inject->pid);
	if (r < 0 || stat.start_time != inject->start_time)
		return gone(inject);
	if (stat.flags & LINUX_PF_KTHREAD)
		return refuse(inject, EPERM, "it is a kernel thread");
	do {
		inject->again = false;
		r = io_each_in(each_task, inject, "/proc/%d/task", inject->pid);
	} while (r == 0 && inject->again);
	name(inject, inject->pid);
	return is_alive(inject) ? r : gone(inject);
}

int inject_begin(int pid, uint64_t start_time, int newroot_fd,
		 int64_t deadline_us, struct injection *ret, struct fail *why)
{
	struct inject inject = {
		.pid = pid,
		.start_time = start_time,
		.newroot_fd = newroot_fd,
		.deadline_us = deadline_us,
		.why = why,
	};
	int ends[2];
	int r;

	name(&inject, pid);
	if (pid == sys_getpid())
		return refuse(&inject, EPERM, "it is this process itself");
	r = sys_fstat(newroot_fd, &inject.newroot);
	if (r < 0)
		return fail(why, r, "see the new root of process '%s'",
			    inject.who);
	r = sys_pipe(ends);
	if (r < 0)
		return fail(why, r, "make a pipe");
	*ret = (struct injection){ .pid = pid,
				   .answer_fd = ends[0],
				   .deadline_us = deadline_us,
				   .tracer = sys_fork() };
	if (ret->tracer == 0) {
		(void)sys_signal_mask(~0ull, NULL);
		(void)sys_default_sigchld();
		(void)sys_close(ends[0]);
		inject.answer_fd = ends[1];
		r = move_all(&inject);
		if (!inject.late)
			answer(&inject, r);
		sys_exit(0);
	}
	(void)sys_close(ends[1]);
	if (ret->tracer < 0) {
		(void)sys_close(ends[0]);
		return fail(why, ret->tracer, "start a tracer of process '%s'",
			    inject.who);
	}
	return 0;
}

int inject_end(const struct injection *injection, struct fail *why)
{
	struct inject inject = { .pid = injection->pid, .why = why };
	struct answer answered;
	int r = sys_wait_readable(injection->answer_fd,
				  injection->deadline_us == 0
					  ? 0
					  : injection->deadline_us +
						    TRACER_GRACE_US);
	long n = r > 0 ? sys_read(injection->answer_fd, &answered,
				  sizeof(answered))
		       : 0;

	(void)sys_close(injection->answer_fd);
	name(&inject, inject.pid);
	if (r <= 0)
		return refuse(&inject, ETIMEDOUT,
			      "its tracer hangs, and stays until it does not");
	/* Without an answer it is dead. */
	if (n != sizeof(answered) || !answered.stays)
		(void)sys_wait(injection->tracer, NULL, 0);
	if (n != sizeof(answered))
		return refuse(&inject, ESRCH, "its tracer was killed");
	if (answered.result < 0)
		*why = answered.why;
	return answered.result;
}

#endif
