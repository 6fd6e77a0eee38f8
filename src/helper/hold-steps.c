/* SPDX-License-Identifier: MIT */
#include "helper/hold.h"

#ifndef ARCH_CANNOT

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/holder.h"
#include "helper/task.h"

static const char *const step_names[] = {
	[STEP_PIDFD] = "pidfd_open",	[STEP_NEWROOT] = "pidfd_getfd",
	[STEP_PLACE] = "pidfd_getfd",	[STEP_STAND] = "fchdir",
	[STEP_ENTER] = "fchdir",	[STEP_JOIN] = "setns",
	[STEP_NS] = "pidfd_getfd",	[STEP_CHROOT] = "chroot",
	[STEP_OLD_CWD] = "pidfd_getfd", [STEP_RETURN] = "fchdir",
	[STEP_CLOSE_OLD_CWD] = "close", [STEP_CLOSE_PLACE] = "close",
	[STEP_CLOSE_NEWROOT] = "close", [STEP_CLOSE_PIDFD] = "close",
};

struct call {
	long nr;
	uint64_t a, b;
};

static struct call call_of(const struct hold *hold, enum hold_step step)
{
	uint64_t pidfd = (uint64_t)hold->pidfd;
	uint64_t fd = (uint64_t)hold->fd;
	uint64_t stand = (uint64_t)hold->stand_fd;
	uint64_t back = (uint64_t)hold->back_fd;

	switch (step) {
	case STEP_PIDFD:
		return (struct call){
			__NR_pidfd_open,
			(uint64_t)(hold->owner ? hold->owner : sys_getpid()), 0
		};
	case STEP_NEWROOT:
		return (struct call){ __NR_pidfd_getfd, pidfd,
				      (uint64_t)hold->newroot_fd };
	case STEP_PLACE:
		return (struct call){ __NR_pidfd_getfd, pidfd,
				      (uint64_t)hold->place_fd };
	case STEP_STAND:
		return (struct call){ __NR_fchdir, stand, 0 };
	case STEP_ENTER:
		return (struct call){ __NR_fchdir, fd, 0 };
	case STEP_NS:
		return (struct call){ __NR_pidfd_getfd, pidfd, HOLDER_NS };
	case STEP_JOIN:
		return (struct call){ __NR_setns,
				      hold->back_fd >= 0 ? back : pidfd,
				      LINUX_CLONE_NEWNS };
	case STEP_CHROOT:
		return (struct call){ __NR_chroot, hold->dot, 0 };
	case STEP_OLD_CWD:
		return (struct call){ __NR_pidfd_getfd, pidfd,
				      (uint64_t)hold->old_cwd_fd };
	case STEP_RETURN:
		return (struct call){ __NR_fchdir, back, 0 };
	case STEP_CLOSE_OLD_CWD:
		return (struct call){ __NR_close, back, 0 };
	case STEP_CLOSE_PLACE:
		return (struct call){ __NR_close, stand, 0 };
	case STEP_CLOSE_NEWROOT:
		return (struct call){ __NR_close, fd, 0 };
	case STEP_CLOSE_PIDFD:
		return (struct call){ __NR_close, pidfd, 0 };
	case STEP_NONE:
		break;
	}
	return (struct call){ -1, 0, 0 };
}

/* Note what a step that returned @ret has changed. A descriptor is closed
 * whatever close(2) returns. */
static void note_result(struct hold *hold, enum hold_step step, long ret)
{
	if (step == STEP_CLOSE_OLD_CWD)
		hold->back_fd = -1;
	if (step == STEP_CLOSE_PLACE)
		hold->stand_fd = -1;
	if (step == STEP_CLOSE_NEWROOT)
		hold->fd = -1;
	if (step == STEP_CLOSE_PIDFD)
		hold->pidfd = -1;
	if (ret < 0)
		return;
	if (step == STEP_PIDFD)
		hold->pidfd = (int)ret;
	if (step == STEP_NEWROOT)
		hold->fd = (int)ret;
	if (step == STEP_PLACE)
		hold->stand_fd = (int)ret;
	if (step == STEP_OLD_CWD || step == STEP_NS)
		hold->back_fd = (int)ret;
	if (step == STEP_ENTER || step == STEP_STAND)
		hold->entered = true;
	if (step == STEP_RETURN)
		hold->entered = false;
	if (step == STEP_JOIN)
		hold->joined = true;
	if (step == STEP_CHROOT)
		hold->moved = true;
}

static int make_call(struct hold *hold, enum hold_step step, long *ret)
{
	struct call call = call_of(hold, step);
	int r = hold_call(hold, step, call.nr, call.a, call.b, ret);

	if (r == 0) {
		note_result(hold, step, *ret);
		hold->step = STEP_NONE;
	}
	return r;
}

/* Make a call that must succeed. One that a stop cut short is made again, and
 * without our SIGSTOP, as a file system may give up because of any signal. */
static int must_call(struct hold *hold, enum hold_step step)
{
	bool guarded = hold->guard;
	long ret = 0;
	int r;

	for (unsigned tries = 0;; tries++) {
		r = make_call(hold, step, &ret);
		/* -ERESTARTSYS to -ERESTART_RESTARTBLOCK */
		if (r < 0 || tries == 100 ||
		    (ret != -EINTR && (ret > -512 || ret < -516)))
			break;
		hold->guard = false;
	}
	hold->guard = guarded;
	if (r < 0 || ret >= 0)
		return r;
	/* For our caller, ESRCH would mean that the task itself has gone. */
	if (ret == -ESRCH)
		return hold_refuse(hold, EXDEV,
				   "it cannot name us, or we have ended");
	return fail(hold->why, (int)-ret, "have process '%s' call %s",
		    hold->who, step_names[step]);
}

/* It gives back the descriptors that it was given. */
int hold_close_all(struct hold *hold)
{
	long ret = 0;
	int r = 0;

	if (hold->back_fd >= 0)
		r = make_call(hold, STEP_CLOSE_OLD_CWD, &ret);
	if (r == 0 && hold->stand_fd >= 0)
		r = make_call(hold, STEP_CLOSE_PLACE, &ret);
	if (r == 0 && hold->fd >= 0)
		r = make_call(hold, STEP_CLOSE_NEWROOT, &ret);
	if (r == 0 && hold->pidfd >= 0)
		r = make_call(hold, STEP_CLOSE_PIDFD, &ret);
	return r;
}

/*
 * Does its link @name in /proc lead to the directory that is meant? Whoever has
 * the uid of the owner may trace it and put another directory at that number;
 * and a thread that shares the cwd may change that at any moment.
 */
static int prove(const struct hold *hold, const char *name,
		 const struct sys_stat *meant)
{
	struct sys_stat st;
	char path[64];

	if (sys_stat_cached(AT_FDCWD,
			    task_path(path, hold->pid, hold->tid, name),
			    &st) == 0 &&
	    st.dev == meant->dev && st.ino == meant->ino &&
	    st.mnt_id == meant->mnt_id)
		return 0;
	return hold_refuse(hold, EBUSY,
			   hold->copies
				   ? "another file was put in the place of the "
				     "copy that it was to get"
				   : "another directory was put in the place "
				     "of the one that it was to enter");
}

/* Nobody but itself changes a descriptor that it has. */
static int prove_fd(const struct hold *hold, int fd,
		    const struct sys_stat *meant)
{
	char name[16];

	(void)str_format(name, sizeof(name), "fd/%d", fd);
	return prove(hold, name, meant);
}

int hold_give(struct hold *hold)
{
	int r = must_call(hold, STEP_PIDFD);

	if (r == 0 && hold->newroot_fd >= 0) {
		r = must_call(hold, STEP_NEWROOT);
		if (r == 0)
			r = prove_fd(hold, hold->fd, &hold->newroot);
	}
	if (r == 0 && hold->place_fd >= 0) {
		r = must_call(hold, STEP_PLACE);
		if (r == 0)
			r = prove_fd(hold, hold->stand_fd, &hold->place);
	}
	if (r == -EPERM && !hold->copies)
		fail_todo(hold->why,
			  "it is confined, by Landlock or by a user namespace; "
			  "give it another mover, or stop it");
	return r;
}

/*
 * Leave its mount namespace for ours, where the new root is: with a root of
 * another namespace it could mount nothing (fs/namespace.c, check_mnt). This
 * makes our "/" its root and its cwd. What comes then was tried before, and does
 * not fail. Whoever traces an owner that is not the tracer may have it enter
 * another namespace, so then ours is joined by a descriptor that was proved.
 */
static int join(struct hold *hold)
{
	int r = hold->late ? -ETIMEDOUT : 0;
	long ret;

	if (r == 0 && hold->owner && hold->back_fd < 0)
		r = must_call(hold, STEP_NS);
	if (r == 0 && hold->back_fd >= 0)
		r = prove_fd(hold, hold->back_fd, &hold->ns);
	if (r == 0)
		r = must_call(hold, STEP_JOIN);
	if (hold->back_fd >= 0)
		(void)make_call(hold, STEP_CLOSE_OLD_CWD, &ret);
	if (r == -EINVAL)
		return hold_refuse(
			hold, EBUSY,
			"it cannot leave its mount namespace, as its "
			"threads share their root");
	return r < 0 ? r : must_call(hold, STEP_ENTER);
}

/* From here on it can be completed by whoever holds it. */
static int go(struct hold *hold)
{
	int r = 0;

	if (hold->fd >= 0 && !hold->moved) {
		r = must_call(hold, STEP_ENTER);
		if (r == 0 && !hold->joined)
			r = prove(hold, "cwd", &hold->newroot);
		if (r == 0 && hold->foreign && !hold->joined)
			r = join(hold);
		if (r == 0)
			r = hold->late && !hold->joined
				    ? -ETIMEDOUT
				    : must_call(hold, STEP_CHROOT);
	}
	hold->moved |= r == 0;
	if (r == 0 && hold->stand_fd >= 0)
		r = must_call(hold, STEP_STAND);
	return r;
}

int hold_move(struct hold *hold)
{
	char path[64];
	_auto_close int old_cwd_fd =
		io_open(task_path(path, hold->pid, hold->tid, "cwd"),
			O_PATH | O_DIRECTORY);
	long ret;
	/* It is given the directories before it changes anything. */
	int r = hold_give(hold);

	/* A holder has it, too. */
	if (hold->owner == 0)
		hold->old_cwd_fd = old_cwd_fd;
	/* May it enter the directory that it is to work in? After chroot that
	 * would come too late. */
	if (r == 0 && hold->fd >= 0 && hold->stand_fd >= 0)
		r = must_call(hold, STEP_STAND);
	if (r == 0)
		r = go(hold);
	/* Bring it back to where it was; only here is that directory open. */
	if (hold->entered && !hold->moved && r != -ESRCH && old_cwd_fd >= 0 &&
	    make_call(hold, STEP_OLD_CWD, &ret) == 0 && hold->back_fd >= 0 &&
	    prove_fd(hold, hold->back_fd, &hold->old_cwd) == 0)
		(void)make_call(hold, STEP_RETURN, &ret);
	return r;
}

void hold_settle(struct hold *hold, const struct arch_regs *regs)
{
	if (hold->step != STEP_NONE &&
	    arch_made(regs, hold->site, call_of(hold, hold->step).nr))
		note_result(hold, hold->step, arch_result(regs));
	hold->step = STEP_NONE;
}

void hold_go_through(struct hold *hold)
{
	if (hold->moved || hold->joined || (hold->entered && !hold->late))
		(void)go(hold);
}

#endif
