/* SPDX-License-Identifier: MIT */
#include "altroot/altrule.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

/* include/linux/namei.h: MAXSYMLINKS */
#define LINKS_MAX 40
/* If the links of two trees lead into each other, each link doubles the
 * walks. */
#define FUEL 256

static void alt_close(struct alt_end *end)
{
	sys_auto_close(&end->fd);
	end->fd = -ENOENT;
}

bool alt_is_dir(const struct alt_end *end)
{
	return alt_is_there(end) && S_ISDIR(end->st.mode);
}

int alt_error(const struct alt_end *end)
{
	switch (end->fd) {
	case -ENOENT:
	case -ENOTDIR:
	case -ELOOP:
	case -ENAMETOOLONG:
		return 0;
	default:
		return end->fd < 0 ? end->fd : 0;
	}
}

bool alt_is_others(const struct alt *alt, const struct sys_stat *dir)
{
	uint32_t uid = dir->uid;

	return dir->mode & (S_IWGRP | S_IWOTH) ||
	       (uid != 0 && uid != alt->uid && uid != alt->root_uids[0] &&
		uid != alt->root_uids[1]);
}

const struct alt_end *alt_choose(const struct alt_end *a,
				 const struct alt_end *t)
{
	return !alt_is_there(t) || (alt_is_there(a) && !alt_is_dir(a)) ? a : t;
}

bool alt_same(const struct alt_end *a, const struct alt_end *b)
{
	if (!alt_is_there(a) || !alt_is_there(b))
		return alt_is_there(a) == alt_is_there(b);
	return a->st.dev == b->st.dev && a->st.ino == b->st.ino &&
	       a->st.mnt_id == b->st.mnt_id;
}

static int open_end(const struct alt *alt, const struct alt_end *end, int flags)
{
	return sys_open_in(alt->fds[end->tree], *end->path ? end->path : "/",
			   flags | O_PATH | O_NOFOLLOW,
			   LINUX_RESOLVE_IN_ROOT | LINUX_RESOLVE_NO_SYMLINKS);
}

/* It may be a FUSE that lets nobody in, not even root: any user can have such a
 * mount. The kernel tells, without asking it, whether it is a directory. */
static int look_at_shut(const struct alt *alt, struct alt_end *end)
{
	int r = sys_fstat_shut(end->fd, &end->st);

	if (r < 0 || !end->st.mount_root)
		return r < 0 ? r : -EACCES;
	alt_close(end);
	end->fd = open_end(alt, end, O_DIRECTORY);
	r = end->fd < 0 ? end->fd : sys_fstat_shut(end->fd, &end->st);
	end->st.mode = S_IFDIR;
	end->st.uid = end->st.gid = -1u;
	return r;
}

/* Open what is at @end->path itself, even if it is a link. Returns 0 or
 * -errno. */
static int look(const struct alt *alt, struct alt_end *end)
{
	int r;

	alt_close(end);
	r = end->fd = open_end(alt, end, 0);
	if (r >= 0)
		r = sys_fstat(end->fd, &end->st);
	return r == -EACCES && end->fd >= 0 ? look_at_shut(alt, end) : r;
}

/*
 * Is it a link of procfs whose text is no path (proc_pid_fd(5))? Only the
 * kernel can follow it, for the process itself, so the walk ends there. Returns
 * 1, 0 or
 * -errno.
 */
static int is_magic(const struct alt *alt, const struct alt_end *end)
{
	_auto_close int fd = -1;
	struct linux_statfs fs;

	int r = sys_statfs(end->fd, &fs);

	if (r < 0 || fs.f_type != LINUX_PROC_SUPER_MAGIC)
		return r < 0 ? r : 0;
	fd = sys_open_in(alt->fds[end->tree], end->path, O_PATH,
			 LINUX_RESOLVE_IN_ROOT);
	return fd == -EXDEV;
}

/* Put the target of the link at @end before @rest, which is in @left. */
static int expand(const struct alt_end *end, char left[ALT_PATH], char *rest)
{
	size_t rest_size = strlen(rest) + 1;
	char *back = left + (ALT_PATH - rest_size);
	long n;

	memmove(back, rest, rest_size);
	n = sys_readlink(end->fd, "", left, (size_t)(back - left));
	if (n < 0)
		return (int)n;
	if (n == back - left)
		return -ENAMETOOLONG;
	memmove(left + n, back, rest_size);
	return n > 0 ? 0 : -ENOENT;
}

/* Follow a link with an absolute target. */
static int start_anew(struct alt *alt, const char *path, struct alt_end *end)
{
	bool by_others = end->by_others;

	alt_close(end);
	alt_rule(alt, path, end);
	end->by_link = end->by_root = true;
	end->by_others |= by_others;
	return end->fd < 0 ? end->fd : 0;
}

static int walk(struct alt *alt, char left[ALT_PATH], struct alt_end *end)
{
	char *at = left;
	int r = look(alt, end);

	while (r == 0) {
		size_t slashes = str_span(at, "/");
		size_t have = strlen(end->path);
		char *name = at + slashes;
		size_t len = str_until(name, "/");

		if (slashes && !S_ISDIR(end->st.mode))
			return S_ISLNK(end->st.mode) ? -ELOOP : -ENOTDIR;
		if (len == 0)
			return 0;
		at = name + len;
		if (len <= 2 && memcmp(name, "..", len) == 0) {
			while (len == 2 && have > 0 && end->path[--have] != '/')
				;
			end->path[have] = '\0';
			r = look(alt, end);
			continue;
		}
		if (have + 1 + len >= sizeof(end->path))
			return -ENAMETOOLONG;
		end->by_others |= alt_is_others(alt, &end->st);
		if (alt->looks && (alt->links || alt->tells_all))
			alt->looks(end, name, len);
		end->path[have] = '/';
		memcpy(end->path + have + 1, name, len);
		end->path[have + 1 + len] = '\0';
		r = look(alt, end);
		end->is_place = r == -ENOENT && !at[str_span(at, "/")];
		if (r < 0 || !S_ISLNK(end->st.mode))
			continue;
		r = is_magic(alt, end);
		if (r != 0) {
			r = r > 0 ? 0 : r;
			continue;
		}
		if (alt->links == LINKS_MAX || alt->fuel == 0)
			return -ELOOP;
		alt->links++;
		alt->fuel--;
		r = expand(end, left, at);
		if (r < 0)
			return r;
		end->by_link = true;
		at = left;
		if (*at == '/')
			return start_anew(alt, left, end);
		/* Go on from its directory, which has the next name. */
		end->path[have] = '\0';
		r = look(alt, end);
	}
	return r;
}

static void alt_walk(struct alt *alt, enum alt_tree tree, const char *path,
		     struct alt_end *end)
{
	char left[ALT_PATH];
	unsigned links = alt->links;
	int r;

	end->fd = -ENOENT;
	end->is_place = end->by_link = end->by_root = end->by_others = false;
	end->tree = tree;
	r = str_copy(left, sizeof(left), path);
	if (r == 0)
		r = alt->fds[tree] < 0 ? -ENOENT : walk(alt, left, end);
	/* The next walk from here starts with as many as this one did. */
	alt->links = links;
	if (r < 0) {
		alt_close(end);
		end->fd = r;
	}
}

void alt_both(struct alt *alt, const struct alt_end from[2], const char *path,
	      struct alt_end ends[2])
{
	for (unsigned i = 0; i < 2; i++) {
		(void)str_copy(ends[i].path, sizeof(ends[i].path),
			       from ? from[i].path : "");
		alt->links = 0;
		alt->fuel = FUEL;
		alt_walk(alt, (enum alt_tree)i, path, &ends[i]);
	}
	alt->fuel = FUEL;
}

void alt_close_both(struct alt_end ends[2])
{
	alt_close(&ends[0]);
	alt_close(&ends[1]);
}

void alt_rule(struct alt *alt, const char *path, struct alt_end *ret)
{
	struct alt_end other;
	bool by_others;

	ret->path[0] = other.path[0] = '\0';
	alt_walk(alt, ALT_ALT, path, ret);
	if (alt_error(ret) < 0 || (alt_is_there(ret) && !alt_is_dir(ret)))
		return;
	alt_walk(alt, ALT_TRUE, path, &other);
	by_others = ret->by_others || other.by_others;
	if (alt_is_there(&other) || alt_error(&other) < 0 ||
	    (!alt_is_there(ret) && !ret->is_place)) {
		alt_close(ret);
		*ret = other;
	}
	ret->by_others = by_others;
	/* There were too many links to try every walk: no answer is right. */
	if (alt->fuel == 0) {
		alt_close(ret);
		ret->fd = -ELOOP;
	}
}
