/* SPDX-License-Identifier: MIT */
/*
 * kit.h - what the rows of semantics.c are made with: notes, calls by us or by
 * pintle, names for places, an old root and a new one
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../vm/statx.h"

/* include/uapi, of newer kernels than musl 1.2.3 knows */
#define OPEN_TREE_FLAGS                                                        \
	(1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | 0x8000 /* AT_RECURSIVE */)
#define MOVE_MOUNT_FLAGS (4 /* F_EMPTY_PATH */ | 0x40 /* T_EMPTY_PATH */)
#define NULLFS_MAGIC	 0x4E554C4C
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_SEARCH	 2
#define CAP_SYS_ADMIN	 21
#undef STATX_MNT_ID
#define STATX_MNT_ID 0x1000u
#ifndef SYS_open_tree
#define SYS_open_tree  428
#define SYS_move_mount 429
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

#define LIMIT_SECONDS 60 /* for one row */
#define RECORDS	      "/run/semantics"

/* where a row is run */
enum { ROOT = 1, USER = 2, NAMESPACE = ROOT | USER, PID1 = 4 };

static const char *mode;   /* of now: "root", "user", "pid1" */
static FILE *records;	   /* where they go */
static int pintle_fd = -1; /* the program, if there is one */
static bool by_pintle;	   /* it makes the calls, in this row */
static int proc_fd = -1;   /* /proc of the process that started this */

/* what a row's children say too */
static struct {
	char observed[1024];
	int pid;
} * shared;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t used = strlen(shared->observed);
	va_list args;

	va_start(args, format);
	vsnprintf(shared->observed + used, sizeof(shared->observed) - used,
		  format, args);
	va_end(args);
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	note("(cannot %s: %s)", what, strerror(errno));
	/* Of process 1 nothing else remains than what the kernel's log has. */
	if (getpid() == 1)
		fprintf(stderr, "semantics: %s\n", shared->observed);
	_exit(1);
}

static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ 0, "0" },	      { EACCES, "EACCES" },
		{ EBUSY, "EBUSY" },   { EFAULT, "EFAULT" },
		{ EINVAL, "EINVAL" }, { ELOOP, "ELOOP" },
		{ ENOENT, "ENOENT" }, { ENAMETOOLONG, "ENAMETOOLONG" },
		{ ENOSYS, "ENOSYS" }, { ENOTDIR, "ENOTDIR" },
		{ EPERM, "EPERM" },
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].error == error)
			return names[i].name;
	snprintf(number, sizeof(number), "errno %d", error);
	return number;
}

/* ---- calls -------------------------------------------------------------- */

static int pivot(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old) < 0 ? errno : 0;
}

static int detach(const char *path)
{
	return umount2(path, MNT_DETACH) < 0 ? errno : 0;
}

static int clone_tree(int dir, const char *path)
{
	int fd = (int)syscall(SYS_open_tree, dir, path,
			      OPEN_TREE_FLAGS | AT_EMPTY_PATH);

	check(fd >= 0, "clone a tree of mounts");
	return fd;
}

static void move_tree(int from, int to)
{
	check(syscall(SYS_move_mount, from, "", to, "", MOVE_MOUNT_FLAGS) == 0,
	      "attach a tree of mounts");
}

static int place_fd(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	check(fd >= 0, path);
	return fd;
}

static void enter(int fd)
{
	check(fchdir(fd) == 0, "enter a directory");
}

static void go(const char *path)
{
	check(chdir(path) == 0, path);
}

static void make(const char *path)
{
	check(mkdir(path, 0755) == 0, path);
}

static void propagate(const char *path, unsigned long how)
{
	check(mount(NULL, path, NULL, how, NULL) == 0, "set propagation");
}

static void bind(const char *from, const char *to)
{
	check(mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0, "bind");
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text),
	      path);
	close(fd);
}

/* A file system on @path, with directories. */
static void mounted(const char *path)
{
	static const char *const dirs[] = { "/mnt", "/sub", "/sub/mnt" };
	char name[64];

	check(mkdir(path, 0755) == 0 || errno == EEXIST, path);
	check(mount(path + 1, path, "tmpfs", 0, "mode=755") == 0, path);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(name, sizeof(name), "%s%s", path, dirs[i]);
		make(name);
	}
}

/* pintle reads the mount table: what is to be "/" needs a /proc. */
static void give_proc(const char *root)
{
	char name[64];
	int tree;

	if (!by_pintle)
		return;
	snprintf(name, sizeof(name), "%s/proc", root);
	make(name);
	tree = clone_tree(AT_FDCWD, "/proc");
	move_tree(tree, place_fd(name));
	close(tree);
}

/* for good, and for what is executed too */
static void drop(unsigned capability)
{
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} sets[2];

	check(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0 &&
		      syscall(SYS_capget, &head, sets) == 0,
	      "take a capability");
	sets[0].effective &= ~(1u << capability);
	sets[0].permitted &= ~(1u << capability);
	sets[0].inheritable = sets[1].inheritable = 0;
	check(syscall(SYS_capset, &head, sets) == 0, "take a capability");
}

/* ---- the call that a row is about --------------------------------------- */

__attribute__((noreturn)) static void become_pintle(const char *const argv[],
						    int said_to)
{
	dup2(said_to, 2);
	syscall(SYS_execveat, pintle_fd, "", argv,
		(const char *const[]){ NULL }, AT_EMPTY_PATH);
	check(false, "execute pintle");
	_exit(1);
}

/* All that comes through the pipe @ends until nobody has its other end. */
static void hear(const int ends[2], char *said, size_t size)
{
	size_t used = 0;
	ssize_t n;

	close(ends[1]);
	while ((n = read(ends[0], said + used, size - 1 - used)) > 0)
		used += (size_t)n;
	close(ends[0]);
	said[used] = '\0';
}

/* What pintle says after "...: ", or 0. */
static void call_pintle(const char *new_root, const char *put_old)
{
	const char *const argv[] = { "pintle", "pivot-root", new_root, put_old,
				     NULL };
	char said[1024], *reason;
	int ends[2], status = 0;
	pid_t pid;

	check(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
	pid = fork();
	if (pid == 0)
		become_pintle(argv, ends[1]);
	hear(ends, said, sizeof(said));
	check(pid > 0 && waitpid(pid, &status, 0) == pid, "wait for pintle");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !*said) {
		note("0");
		return;
	}
	*strchrnul(said, '\n') = '\0';
	reason = strstr(said, "the old one's place: ");
	note("%s", reason ? reason + strlen("the old one's place: ") : said);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
		note(" (wait status %x)", (unsigned)status);
}

static void attempt(const char *new_root, const char *put_old)
{
	if (by_pintle)
		call_pintle(new_root, put_old);
	else
		note("%s", error_name(pivot(new_root, put_old)));
}

/* The same again, with that mended which was wrong. */
static void mended(const char *new_root, const char *put_old)
{
	if (!by_pintle)
		note("; mended: %s", error_name(pivot(new_root, put_old)));
}

static void usual(void)
{
	mended("/new", "/new/mnt");
}

static bool in_child(void)
{
	pid_t pid = fork();

	check(pid >= 0, "fork");
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid == 0;
}

/* ---- places ------------------------------------------------------------- */

struct place {
	uint64_t dev, ino, mnt;
	long type;
};

static struct {
	const char *name;
	struct place place;
} known[16];
static unsigned known_count;

static bool place_of(int dir, const char *path, struct place *ret)
{
	struct statx_buf sx;
	struct statfs fs;
	int fd;

	if (syscall(SYS_statx, dir, path, AT_EMPTY_PATH, 0x7ffu | STATX_MNT_ID,
		    &sx) < 0)
		return false;
	ret->dev = (uint64_t)sx.dev_major << 32 | sx.dev_minor;
	ret->ino = sx.ino;
	ret->mnt = sx.mnt_id;
	ret->type = 0;
	fd = openat(dir, *path ? path : ".", O_PATH | O_CLOEXEC);
	if (fd >= 0 && fstatfs(fd, &fs) == 0)
		ret->type = (long)fs.f_type;
	close(fd);
	return true;
}

static bool same(const struct place *a, const struct place *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static void remember(const char *name, int dir, const char *path)
{
	known[known_count].name = name;
	check(place_of(dir, path, &known[known_count++].place), path);
}

static const char *name_of(int dir, const char *path)
{
	static char text[4][64];
	static int turn;
	struct place place;
	const char *other = NULL;

	if (!place_of(dir, path, &place))
		return error_name(errno);
	for (unsigned i = known_count; i-- > 0;) {
		if (!same(&place, &known[i].place))
			continue;
		if (place.mnt == known[i].place.mnt)
			return known[i].name;
		other = known[i].name;
	}
	if (!other)
		return place.type == NULLFS_MAGIC ? "nullfs" : "elsewhere";
	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof(text[turn]), "its own %s", other);
	return text[turn];
}

static void note_cwd_of(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/cwd", pid);
	note("%s", name_of(proc_fd, path));
}

static void note_task(int pid, int tid)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/task/%d/root", pid, tid);
	note("root %s, ", name_of(proc_fd, path));
	snprintf(path, sizeof(path), "%d/task/%d/cwd", pid, tid);
	note("cwd %s", name_of(proc_fd, path));
}

/* ---- set-up ------------------------------------------------------------- */

/* Who makes a user namespace is root there. */
static void map_user(const char *file, unsigned id)
{
	char path[32], map[32];
	int fd;

	snprintf(path, sizeof(path), "self/%s", file);
	snprintf(map, sizeof(map), "0 %u 1", id);
	if (strcmp(file, "setgroups") == 0)
		strcpy(map, "deny");
	fd = openat(proc_fd, path, O_WRONLY | O_CLOEXEC);
	check(fd >= 0 && write(fd, map, strlen(map)) > 0, path);
	close(fd);
}

static void new_namespaces(bool user)
{
	unsigned uid = getuid(), gid = getgid();

	check(unshare(CLONE_NEWNS | (user ? CLONE_NEWUSER : 0)) == 0,
	      "make namespaces");
	if (!user)
		return;
	map_user("setgroups", 0);
	map_user("uid_map", uid);
	map_user("gid_map", gid);
}

/* "/" is a tmpfs, with another on /new; nothing else is mounted. On top of
 * /proc it is made, as that is sure to be there. */
static void make_old_root(bool fresh_proc)
{
	int proc = clone_tree(AT_FDCWD, "/proc");

	check(mount("old", "/proc", "tmpfs", 0, "mode=755") == 0,
	      "mount the old root");
	go("/proc");
	make("tmp");
	make("sub");
	make("proc");
	write_file("file", "");
	if (fresh_proc)
		check(mount("proc", "proc", "proc", 0, NULL) == 0,
		      "mount /proc");
	else if (by_pintle)
		move_tree(proc, place_fd("proc"));
	close(proc);
	if (pivot(".", ".") != 0)
		/* Before Linux 7.0 the initramfs cannot be: its mount has no
		 * parent. */
		check(mount(".", "/", NULL, MS_MOVE, NULL) == 0 &&
			      chroot(".") == 0,
		      "move the old root over the initramfs");
	else
		check(detach(".") == 0, "detach the first root");
	go("/");
	mounted("/new");
	known_count = 0;
	remember("old", AT_FDCWD, "/");
	remember("old/sub", AT_FDCWD, "/sub");
	remember("new", AT_FDCWD, "/new");
}
