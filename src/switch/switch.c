/* SPDX-License-Identifier: MIT */
#include "switch/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

const char *switch_strategy_name(enum switch_strategy strategy)
{
	static const char *const names[] = {
		[SWITCHED_DIRECT] = "direct",
		[SWITCHED_ANCHORED] = "anchored",
		[SWITCHED_MOVE] = "move",
	};

	return names[strategy];
}

/* ---- act -------------------------------------------------------------- */

static int set_propagation(const struct switch_state *state, unsigned long how)
{
	int result = 0;

	for (unsigned i = 0; i < 3; i++) {
		int r;

		if (state->private_fds[i] < 0)
			continue;
		r = sys_fchdir(state->private_fds[i]);
		if (r == 0)
			r = sys_mount(NULL, ".", NULL, how, NULL);
		if (r < 0)
			result = r;
	}
	return result;
}

static int carry_over(struct switch_state *state, struct carry *carry,
		      struct fail *why)
{
	int r = 0;

	if (carry->fate == CARRY_CREATE) {
		r = sys_mkdir(state->new_fd, carry->name, 0755);
		if (r < 0)
			return fail(why, r, "make '/%s' in the new root",
				    carry->name);
		carry->made = true;
		carry->target_fd =
			sys_open_in(state->new_fd, carry->name,
				    O_PATH | O_DIRECTORY | O_NOFOLLOW,
				    LINUX_RESOLVE_IN_ROOT);
		r = carry->target_fd;
	}
	if (r >= 0)
		r = sys_move_mount(carry->source_fd, carry->target_fd);
	if (r == -ELOOP) {
		return fail_said(why, ELOOP,
				 "move '/%s' into the new root: the new root "
				 "is mounted below it" FAIL_TODO
				 "mount it elsewhere, on '/sysroot' for one",
				 carry->name);
	}
	if (r < 0)
		return fail(why, r, "move '/%s' into the new root",
			    carry->name);
	carry->moved = true;
	return 0;
}

/* The directory that it covered: where it goes back to. */
static int open_place(int root_fd, const struct carry *carry)
{
	return sys_open(root_fd, carry->name, O_PATH | O_DIRECTORY | O_NOFOLLOW,
			0);
}

/* A copy of what was moved, where it was: whoever looks there finds it, we too.
 * Those who stand below an anchor that was made late look there. */
static void show(struct switch_state *state, struct carry *carry)
{
	int anchor_fd = state->anchor.below_fd;
	_auto_close int place_fd = open_place(state->old_fd, carry);
	_auto_close int below_fd = open_place(anchor_fd, carry);
	const int places[] = { place_fd, below_fd };

	for (unsigned i = 0; i < (anchor_fd < 0 ? 1 : 2); i++) {
		int r = sys_clone_mount(carry->source_fd);

		carry->shown_fds[i] = r;
		if (r >= 0)
			r = sys_move_mount(r, places[i]);
		if (r < 0)
			log_line(LOG_WARNING,
				 "show '/%s' in the old root too: %s, ignoring",
				 carry->name, fail_reason(r));
	}
}

static void hide(struct switch_state *state)
{
	for (unsigned i = 0; i < 2 * CARRIES; i++) {
		int *shown_fd = &state->carries[i / 2].shown_fds[i % 2];

		if (*shown_fd < 0)
			continue;
		if (sys_fchdir(*shown_fd) == 0)
			(void)sys_umount(".", MNT_DETACH);
		(void)sys_close(*shown_fd);
		*shown_fd = -1;
	}
}

static void carry_back(struct switch_state *state)
{
	hide(state);
	for (unsigned i = CARRIES; i-- > 0;) {
		struct carry *carry = &state->carries[i];

		if (carry->moved) {
			_auto_close int place_fd =
				open_place(state->old_fd, carry);

			(void)sys_move_mount(carry->source_fd, place_fd);
			carry->moved = false;
		}
		if (carry->made)
			(void)sys_unlink(state->new_fd, carry->name,
					 AT_REMOVEDIR);
		carry->made = false;
	}
}

/*
 * pivot_root(".", "."): the old root ends up on top of the new one, at the same
 * place, so no directory for it is needed. See pivot_root(2), NOTES.
 */
static int pivot(const struct switch_state *state, struct fail *why)
{
	int r = sys_fchdir(state->new_fd);

	if (r == 0)
		r = sys_pivot_root(".", ".");
	return r < 0 ? fail(why, r, "pivot_root to the new root") : 0;
}

/*
 * What every switch_root does where pivot_root cannot be had, in another order:
 * root and working directory first, the mount then. In the usual order a chroot
 * that is refused leaves process 1 in the old root with the new one on top of
 * it, and a move takes another capability than chroot does.
 */
static int move(const struct switch_state *state, struct fail *why)
{
	int r = sys_fchdir(state->new_fd);

	if (r == 0)
		r = sys_chroot(".");
	if (r < 0)
		return fail(why, r, "chroot to the new root");
	r = sys_move_mount(state->new_fd, state->old_fd);
	if (r == 0)
		return 0;
	(void)fail(why, r, "move the new root over '/'");
	r = sys_fchdir(state->old_fd);
	if (r == 0)
		r = sys_chroot(".");
	if (r < 0)
		/* It was allowed just now. */
		log_line(LOG_ERROR, "chroot back to the old root: %s",
			 fail_reason(r));
	return -why->error;
}

static int turn(struct switch_state *state, struct fail *why)
{
	int r = -EINVAL;

	if (state->may_pivot && !state->parentless) {
		state->strategy =
			state->anchored ? SWITCHED_ANCHORED : SWITCHED_DIRECT;
		r = pivot(state, why);
		if (r == 0 || !state->may_move)
			return r;
		log_line(LOG_INFO, "%s, moving it over '/'", why->what);
	}
	if (!state->may_move)
		return fail_said(why, EINVAL,
				 "pivot_root to the new root: '/' has no "
				 "parent mount");
	state->strategy = SWITCHED_MOVE;
	return move(state, why);
}

/* "/" without a parent, and nobody anchored it before: now, or not at all. */
static int anchor_late(struct switch_state *state, struct fail *why)
{
	int r;

	if (!state->parentless || !state->may_pivot)
		return 0;
	r = anchor(&state->anchor, why);
	if (r < 0 && state->may_move) {
		log_line(LOG_INFO, "%s, moving the new root over '/'",
			 why->what);
		return 0;
	}
	if (r < 0)
		return r;
	state->parentless = false;
	state->anchored = true;
	/* "/" is another mount now; it is the one that will be detached. */
	r = io_open("/", O_RDONLY | O_DIRECTORY);
	if (r < 0)
		return fail(why, r, "open the old root '/'");
	(void)sys_close(state->old_fd);
	state->old_fd = r;
	return 0;
}

static void undo(struct switch_state *state)
{
	carry_back(state);
	if (state->anchor.below_fd >= 0)
		(void)anchor_undo(&state->anchor);
	(void)set_propagation(state, MS_SHARED);
	(void)sys_chdir("/");
}

int switch_carry(struct switch_state *state, bool show_both, struct fail *why)
{
	int r = set_propagation(state, MS_PRIVATE);

	if (r < 0)
		r = fail(why, r, "make '/' and the new root private");
	else
		r = anchor_late(state, why);
	for (unsigned i = 0; r == 0 && i < CARRIES; i++)
		if (state->carries[i].fate == CARRY_MOVE ||
		    state->carries[i].fate == CARRY_CREATE)
			r = carry_over(state, &state->carries[i], why);
	if (r < 0)
		undo(state);
	for (unsigned i = 0; r == 0 && show_both && i < CARRIES; i++)
		if (state->carries[i].moved)
			show(state, &state->carries[i]);
	return r;
}

static int detach(const struct switch_state *state)
{
	/* Without it "." would be another mount. */
	int r = sys_fchdir(state->old_fd);

	/* Private first: what is detached with it must not be detached from a
	 * peer that the new root still has. */
	if (r == 0)
		r = sys_mount(NULL, ".", NULL, MS_REC | MS_PRIVATE, NULL);
	return r < 0 ? r : sys_umount(".", MNT_DETACH);
}

/* The working directory, which no init should have in the old root. */
static void enter(const struct switch_state *state)
{
	int r = sys_chdir("/");

	if (r < 0)
		r = sys_fchdir(state->new_fd);
	if (r < 0)
		log_line(LOG_WARNING,
			 "change to the directory '/': %s, ignoring",
			 fail_reason(r));
}

int switch_turn(struct switch_state *state, struct fail *why)
{
	int r = turn(state, why);

	if (r < 0) {
		undo(state);
		return r;
	}

	/*
	 * The point of no return. "/" is the new root; from here on nothing may
	 * bail out, because there is nothing to go back to.
	 */
	hide(state);
	r = state->strategy == SWITCHED_MOVE ? 0 : detach(state);
	if (r < 0)
		log_line(LOG_WARNING, "detach the old root: %s, ignoring",
			 fail_reason(r));
	enter(state);
	for (unsigned i = 0; i < CARRIES; i++)
		if (state->carries[i].fate == CARRY_LOST)
			log_line(LOG_WARNING,
				 "carry '/%s' into the new root: %s, leaving "
				 "it behind; make an empty directory '/%s' "
				 "there",
				 state->carries[i].name,
				 fail_reason(state->carries[i].error),
				 state->carries[i].name);
	return 0;
}

/* ---- clean ------------------------------------------------------------ */

void switch_clean(struct switch_state *state, int64_t begin_us,
		  int64_t budget_us, struct empty *ret)
{
	int r;

	*ret = (struct empty){
		.dev = state->old_dev,
		.keep_dev = state->new_dev,
		.keep_ino = state->new_ino,
	};
	if (state->kept_unproved)
		log_line(LOG_WARNING,
			 "free the initramfs: %s, keeping all of it in memory",
			 state->old_kept);
	if (state->old_kept)
		return;
	if (budget_us > 0)
		ret->deadline_us = begin_us + budget_us;
	if (budget_us == 0)
		ret->out_of_time = true;
	else
		empty_directory(state->old_fd, ret);
	if (!ret->out_of_time)
		return;
	r = sys_fork();
	if (r < 0) {
		/* No child: late is better than never. */
		ret->out_of_time = false;
		ret->deadline_us = 0;
		empty_directory(state->old_fd, ret);
	} else if (r == 0) {
		struct empty rest = *ret;

		/* The real init's first steps come before this. */
		(void)sys_nice(19);
		rest.deadline_us = 0;
		rest.out_of_time = false;
		empty_directory(state->old_fd, &rest);
		sys_exit(0);
	}
}

void switch_close(struct switch_state *state)
{
	int *const fds[] = { &state->old_fd,	     &state->new_fd,
			     &state->private_fds[0], &state->private_fds[1],
			     &state->private_fds[2], &state->anchor.below_fd,
			     &state->anchor.above_fd };

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			(void)sys_close(*fds[i]);
		*fds[i] = -1;
	}
	for (unsigned i = 0; i < CARRIES; i++) {
		struct carry *carry = &state->carries[i];

		if (carry->source_fd >= 0)
			(void)sys_close(carry->source_fd);
		if (carry->target_fd >= 0)
			(void)sys_close(carry->target_fd);
		carry->source_fd = carry->target_fd = -1;
	}
}
