/* SPDX-License-Identifier: MIT */
#include "helper/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/pins.h"
#include "helper/task.h"

#define DIRECTORY (O_PATH | O_DIRECTORY)

/* A link of a thread in /proc, and what it leads to. */
struct end {
	struct sys_stat st;
	bool leaves;	 /* it is in the old root */
	char path[4096]; /* in our root; "": it cannot be told */
};

struct ends {
	struct end root, cwd;
};

/* That a FUSE or an NFS does not answer must not matter. */
static int look(int pid, int tid, const char *name, struct sys_stat *ret)
{
	char path[64];
	int r = sys_stat_cached(AT_FDCWD, task_path(path, pid, tid, name), ret);

	return r == -ENOENT || (r == -EACCES && task_is_ending(tid)) ? -ESRCH
								     : r;
}

static bool same_file(const struct sys_stat *a, const struct sys_stat *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static int look_at_both(const struct pins_target *old, int pid, int tid,
			struct ends *ret)
{
	struct sys_stat ns = { 0 };
	int r = look(pid, tid, "root", &ret->root.st);
	bool foreign;

	if (r == 0)
		r = look(pid, tid, "cwd", &ret->cwd.st);
	if (r == 0 && old)
		r = look(pid, tid, "ns/mnt", &ns);
	if (r < 0)
		return r;
	foreign = old && ns.ino != old->own_ns;
	ret->root.leaves = !old || pins_is_on(old, &ret->root.st, foreign);
	ret->cwd.leaves = !old || pins_is_on(old, &ret->cwd.st, foreign);
	return 0;
}

/*
 * The kernel tells the path as if the directory were in our root, even if it is
 * in another namespace, detached, deleted, or below a mount. So it is looked up.
 */
static void find_path(struct end *end, int pid, int tid, const char *name)
{
	struct sys_stat st;
	char path[64];

	if (io_readlink(AT_FDCWD, task_path(path, pid, tid, name), end->path,
			sizeof(end->path)) < 0 ||
	    sys_stat_cached(AT_FDCWD, end->path, &st) < 0 ||
	    !same_file(&st, &end->st))
		end->path[0] = '\0';
}

static int open_below(int root_fd, const char *path)
{
	return sys_open_in(root_fd, path, DIRECTORY, LINUX_RESOLVE_IN_ROOT);
}

static int find_root(const struct end *root, int new_fd)
{
	/* Our own root may have been mounted over "/" of the old root. */
	bool is_all = root->path[0] ? strcmp(root->path, "/") == 0
				    : root->st.mount_root;
	int fd = -ENOENT;

	if (is_all)
		return sys_open(new_fd, ".", DIRECTORY, 0);
	if (root->path[0])
		fd = open_below(new_fd, root->path);
	return fd == -ENOTDIR ? -ENOENT : fd;
}

/* The part of the path of the cwd that is below the root, or NULL. */
static const char *below_root(const struct ends *ends)
{
	const char *rest = str_after(ends->cwd.path, ends->root.path);

	if (strcmp(ends->root.path, "/") == 0)
		return ends->cwd.path[0] ? ends->cwd.path : NULL;
	if (!ends->root.path[0] || !rest || (*rest && *rest != '/'))
		return NULL;
	return *rest ? rest : "/";
}

/* Is it what the thread has now, reached by another mount? */
static bool is_same(int fd, const struct end *end)
{
	struct sys_stat st;

	return sys_stat(fd, "", AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC,
			&st) == 0 &&
	       same_file(&st, &end->st);
}

static int find_cwd(const struct ends *ends, int new_fd, int pid, int tid,
		    struct place *ret)
{
	const struct end *cwd = &ends->cwd;
	const char *rest = below_root(ends);
	bool has_new_root = ret->root_fd >= 0;
	char path[64];
	int fd = -ENOENT;

	if (cwd->leaves && has_new_root && rest && strcmp(rest, "/") == 0)
		return 0;
	if (rest && has_new_root)
		fd = open_below(ret->root_fd, rest);
	else if (cwd->path[0])
		fd = open_below(new_fd, cwd->path);
	/* Nothing else means that it is not there. */
	if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
		return fd;
	/* The mount by which the new root has it is the one that will be left
	 * there. */
	if (fd >= 0 && !cwd->leaves && !is_same(fd, cwd)) {
		(void)sys_close(fd);
		fd = -ENOENT;
	}
	if (fd < 0 && cwd->leaves && has_new_root)
		return 0;
	if (fd < 0)
		fd = io_open(
			task_path(path, pid, tid, cwd->leaves ? "root" : "cwd"),
			DIRECTORY);
	if (fd < 0)
		return fd;
	ret->cwd_fd = fd;
	return 0;
}

int place_find(const struct pins_target *old, int new_fd, int pid, int tid,
	       struct place *ret)
{
	struct ends ends = { 0 };
	int r = look_at_both(old, pid, tid, &ends);

	*ret = (struct place){ -1, -1 };
	if (r < 0)
		return r;
	if (old) {
		find_path(&ends.root, pid, tid, "root");
		find_path(&ends.cwd, pid, tid, "cwd");
	} else {
		(void)str_copy(ends.root.path, sizeof(ends.root.path), "/");
		(void)str_copy(ends.cwd.path, sizeof(ends.cwd.path), "/");
	}
	if (ends.root.leaves)
		r = ret->root_fd = find_root(&ends.root, new_fd);
	if (r >= 0)
		r = find_cwd(&ends, new_fd, pid, tid, ret);
	if (r < 0)
		place_close(ret);
	return r < 0 ? r : 0;
}

void place_close(struct place *place)
{
	(void)sys_close(place->root_fd);
	(void)sys_close(place->cwd_fd);
	*place = (struct place){ -1, -1 };
}

int place_is_left(const struct pins_target *old, int new_fd, int pid, int tid)
{
	struct sys_stat new;
	struct ends ends;
	int r = look_at_both(old, pid, tid, &ends);

	if (r == 0 && !old)
		r = sys_fstat(new_fd, &new);
	if (r < 0)
		return r;
	if (old)
		return !ends.root.leaves && !ends.cwd.leaves;
	return same_file(&ends.root.st, &new) &&
	       same_file(&ends.cwd.st, &new) &&
	       ends.root.st.mnt_id == new.mnt_id &&ends.cwd.st.mnt_id ==
		       new.mnt_id;
}
