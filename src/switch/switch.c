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

/* Set the propagation of the mounts that were shared. */
static int set_propagation(const struct switch_state *state, unsigned long how)
{
	int result = 0;

	for (unsigned i = 0; i < PRIVATES; i++) {
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

static int move_api_mount(struct switch_state *state, struct api_mount *mount,
			  struct fail *why)
{
	int r = 0;

	if (mount->fate == API_CREATE) {
		r = sys_mkdir(state->new_fd, mount->name, 0755);
		if (r < 0)
			return fail(why, r, "make '/%s' in the new root",
				    mount->name);
		mount->made = true;
		mount->target_fd =
			sys_open_in(state->new_fd, mount->name,
				    O_PATH | O_DIRECTORY | O_NOFOLLOW,
				    LINUX_RESOLVE_IN_ROOT);
		r = mount->target_fd;
	}
	if (r >= 0)
		r = sys_move_mount(mount->source_fd, mount->target_fd);
	if (r == -ELOOP) {
		return fail_said(why, ELOOP,
				 "move '/%s' into the new root: the new root "
				 "is mounted below it" FAIL_TODO
				 "mount it elsewhere, on '/sysroot' for one",
				 mount->name);
	}
	if (r < 0)
		return fail(why, r, "move '/%s' into the new root",
			    mount->name);
	mount->moved = true;
	return 0;
}

/* Open the directory that @mount covered, and to which it goes back. */
static int open_place(int root_fd, const struct api_mount *mount)
{
	return sys_open(root_fd, mount->name, O_PATH | O_DIRECTORY | O_NOFOLLOW,
			0);
}

/* Put a copy of what was moved where it was, for helpers and for this process.
 * If the anchor was made late, helpers stand in the mount below it, and look
 * for the copy there. */
static void show_copies(struct switch_state *state, struct api_mount *mount)
{
	int anchor_fd = state->anchor.below_fd;
	_auto_close int place_fd = open_place(state->old_fd, mount);
	_auto_close int below_fd = open_place(anchor_fd, mount);
	const int places[] = { place_fd, below_fd };

	for (unsigned i = 0; i < (anchor_fd < 0 ? 1 : 2); i++) {
		int r = sys_clone_mount(mount->source_fd);

		mount->shown_fds[i] = r;
		if (r >= 0)
			r = sys_move_mount(r, places[i]);
		if (r < 0)
			log_line(LOG_WARNING,
				 "show '/%s' in the old root too: %s, ignoring",
				 mount->name, fail_reason(r));
	}
}

static void hide_copies(struct switch_state *state)
{
	for (unsigned i = 0; i < 2 * API_COUNT; i++) {
		int *shown_fd = &state->api[i / 2].shown_fds[i % 2];

		if (*shown_fd < 0)
			continue;
		if (sys_fchdir(*shown_fd) == 0)
			(void)sys_umount(".", MNT_DETACH);
		(void)sys_close(*shown_fd);
		*shown_fd = -1;
	}
}

static void move_api_mounts_back(struct switch_state *state)
{
	hide_copies(state);
	for (unsigned i = API_COUNT; i-- > 0;) {
		struct api_mount *mount = &state->api[i];

		if (mount->moved) {
			_auto_close int place_fd =
				open_place(state->old_fd, mount);

			(void)sys_move_mount(mount->source_fd, place_fd);
			mount->moved = false;
		}
		if (mount->made)
			(void)sys_unlink(state->new_fd, mount->name,
					 AT_REMOVEDIR);
		mount->made = false;
	}
}

/*
 * pivot_root(".", ".") puts the old root on top of the new one, at the same
 * place, so that no directory for it is needed: pivot_root(2), NOTES.
 */
static int pivot_to_new(const struct switch_state *state, struct fail *why)
{
	int r = sys_fchdir(state->new_fd);

	if (r == 0)
		r = sys_pivot_root(".", ".");
	return r < 0 ? fail(why, r, "pivot_root to the new root") : 0;
}

/*
 * Where pivot_root is not possible, do what every switch_root does, in another
 * order: the root and the working directory come first, the mount second. In
 * the usual order a chroot that is refused leaves pid 1 in the old root with
 * the new one on top of it; and chroot needs another capability than a move.
 */
static int move_over_root(const struct switch_state *state, struct fail *why)
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
		/* It was allowed a moment ago. */
		log_line(LOG_ERROR, "chroot back to the old root: %s",
			 fail_reason(r));
	return -why->error;
}

static int take_root(struct switch_state *state, struct fail *why)
{
	int r = -EINVAL;

	if (state->may_pivot && !state->parentless) {
		state->strategy =
			state->anchored ? SWITCHED_ANCHORED : SWITCHED_DIRECT;
		r = pivot_to_new(state, why);
		if (r == 0 || !state->may_move)
			return r;
		log_line(LOG_INFO, "%s, moving it over '/'", why->what);
	}
	if (!state->may_move)
		return fail_said(why, EINVAL,
				 "pivot_root to the new root: '/' has no "
				 "parent mount");
	state->strategy = SWITCHED_MOVE;
	return move_over_root(state, why);
}

/* Anchor "/" if it has no parent: this is the last moment for that. */
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
	/* "/" is another mount now, and that is the one to detach. */
	r = io_open("/", O_RDONLY | O_DIRECTORY);
	if (r < 0)
		return fail(why, r, "open the old root '/'");
	(void)sys_close(state->old_fd);
	state->old_fd = r;
	return 0;
}

static void undo_all(struct switch_state *state)
{
	move_api_mounts_back(state);
	if (state->anchor.below_fd >= 0)
		(void)anchor_undo(&state->anchor);
	(void)set_propagation(state, MS_SHARED);
	(void)sys_chdir("/");
}

int switch_move_api_mounts(struct switch_state *state, bool show_both,
			   struct fail *why)
{
	int r = set_propagation(state, MS_PRIVATE);

	if (r < 0)
		r = fail(why, r, "make '/' and the new root private");
	else
		r = anchor_late(state, why);
	for (unsigned i = 0; r == 0 && i < API_COUNT; i++)
		if (state->api[i].fate == API_MOVE ||
		    state->api[i].fate == API_CREATE)
			r = move_api_mount(state, &state->api[i], why);
	if (r < 0)
		undo_all(state);
	for (unsigned i = 0; r == 0 && show_both && i < API_COUNT; i++)
		if (state->api[i].moved)
			show_copies(state, &state->api[i]);
	return r;
}

static int detach(const struct switch_state *state)
{
	/* "." has to be the old root, not another mount. */
	int r = sys_fchdir(state->old_fd);

	/* It is made private first: what is detached with it must not be
	 * detached from a peer mount that the new root still has. */
	if (r == 0)
		r = sys_mount(NULL, ".", NULL, MS_REC | MS_PRIVATE, NULL);
	return r < 0 ? r : sys_umount(".", MNT_DETACH);
}

/* No init should have its working directory in the old root. */
static void enter_new(const struct switch_state *state)
{
	int r = sys_chdir("/");

	if (r < 0)
		r = sys_fchdir(state->new_fd);
	if (r < 0)
		log_line(LOG_WARNING,
			 "change to the directory '/': %s, ignoring",
			 fail_reason(r));
}

int switch_commit(struct switch_state *state, struct fail *why)
{
	int r = take_root(state, why);

	if (r < 0) {
		undo_all(state);
		return r;
	}

	/*
	 * The point of no return. "/" is the new root; from here on nothing may
	 * bail out, because there is nothing to go back to.
	 */
	hide_copies(state);
	r = state->strategy == SWITCHED_MOVE ? 0 : detach(state);
	if (r < 0)
		log_line(LOG_WARNING, "detach the old root: %s, ignoring",
			 fail_reason(r));
	enter_new(state);
	for (unsigned i = 0; i < API_COUNT; i++)
		if (state->api[i].fate == API_LOST)
			log_line(LOG_WARNING,
				 "carry '/%s' into the new root: %s, leaving "
				 "it behind; make an empty directory '/%s' "
				 "there",
				 state->api[i].name,
				 fail_reason(state->api[i].error),
				 state->api[i].name);
	return 0;
}

/* ---- clean ------------------------------------------------------------ */

void switch_clean(struct switch_state *state, int64_t begin_us,
		  int64_t budget_us, struct rmtree *ret)
{
	int r;

	*ret = (struct rmtree){
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
		rmtree(state->old_fd, ret);
	if (!ret->out_of_time)
		return;
	r = sys_fork();
	if (r < 0) {
		/* Without a child it is done here: better late than never. */
		ret->out_of_time = false;
		ret->deadline_us = 0;
		rmtree(state->old_fd, ret);
	} else if (r == 0) {
		struct rmtree rest = *ret;

		rest.deadline_us = 0;
		rest.out_of_time = false;
		rmtree(state->old_fd, &rest);
		sys_exit(0);
	} else {
		/* The real init's first steps are more urgent. The priority is
		 * set from here, so that it holds before the real init runs. */
		(void)sys_nice(r, 19);
	}
}

void switch_close(struct switch_state *state)
{
	int *const fds[] = {
		&state->old_fd,
		&state->new_fd,
		&state->private_fds[PRIVATE_OLD],
		&state->private_fds[PRIVATE_NEW],
		&state->private_fds[PRIVATE_PARENT],
		&state->anchor.below_fd,
		&state->anchor.above_fd,
	};

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			(void)sys_close(*fds[i]);
		*fds[i] = -1;
	}
	for (unsigned i = 0; i < API_COUNT; i++) {
		struct api_mount *mount = &state->api[i];

		if (mount->source_fd >= 0)
			(void)sys_close(mount->source_fd);
		if (mount->target_fd >= 0)
			(void)sys_close(mount->target_fd);
		mount->source_fd = mount->target_fd = -1;
	}
}
