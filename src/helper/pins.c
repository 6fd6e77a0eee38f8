/* SPDX-License-Identifier: MIT */
#include "helper/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/mountinfo.h"
#include "base/procstatus.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/pins-parts.h"
#include "helper/task.h"

const char *pins_name(unsigned bit)
{
	static const char *const names[PINS] = {
		"root", "cwd",	     "exe",    "map",
		"fd",	"namespace", "socket", "elsewhere",
	};

	return names[bit];
}

/* ---- files counted once ----------------------------------------------- */

/*
 * The inodes of the target that were met so far, and the process that had each
 * last. One table serves both "once in each process" and "once over all".
 * Entries of an older scan count as free, so it needs no clearing. It has 64
 * KiB, of which a small initramfs touches little.
 */
#define FILES_MAX 4096
static struct {
	uint64_t ino;
	uint32_t scan;
	uint32_t process;
} files[FILES_MAX];

struct look {
	struct pins_scanning *scan;
	struct pin *pin;
	int dir; /* /proc/PID */
	uint32_t number;
	bool refused;
	bool headless; /* the first thread has ended */
	uint64_t ns;   /* the number of its mount namespace, once asked for */
	uint64_t last_dev, last_ino;
	/* of the first thread */
	int first_tid;
	struct sys_stat root, cwd;
};

static uint32_t scan_number, look_number;

static void count_file(struct look *look, const struct sys_stat *st)
{
	struct pins_scanning *scan = look->scan;
	/* Fibonacci hashing: consecutive numbers spread. */
	unsigned at = (unsigned)(st->ino * 0x9e3779b97f4a7c15ull >> 52);

	if (!S_ISREG(st->mode))
		return;
	for (;; at = (at + 1) % FILES_MAX) {
		if (files[at].scan != scan->number)
			break;
		if (files[at].ino != st->ino)
			continue;
		if (files[at].process != look->number)
			look->pin->bytes += st->bytes;
		files[at].process = look->number;
		return;
	}
	if (scan->files >= FILES_MAX / 4 * 3) {
		scan->total->at_least = true;
		return;
	}
	scan->files++;
	files[at].scan = scan->number;
	files[at].ino = st->ino;
	files[at].process = look->number;
	look->pin->bytes += st->bytes;
	scan->total->bytes += st->bytes;
}

/* ---- one process ------------------------------------------------------ */

static bool wants(const struct look *look, unsigned what)
{
	unsigned wanted = look->scan->target->what;

	return !wanted || (wanted & what);
}

/* statx(2), which notes that it was refused. Returns 0 or -errno. */
static int look_at(struct look *look, const char *path, struct sys_stat *ret)
{
	int r = sys_stat_cached(look->dir, path, ret);

	if (r == -EACCES || r == -EPERM)
		look->refused = true;
	return r;
}

/* Its mount namespace is asked for only where it matters. */
static bool is_foreign(struct look *look)
{
	struct sys_stat st;

	if (!look->ns && look_at(look, "ns/mnt", &st) == 0) {
		look->ns = st.ino;
		look->pin->foreign_ns = st.ino != look->scan->target->own_ns;
	}
	return look->pin->foreign_ns;
}

/* Another namespace has mounts of its own: there only the device tells. */
static bool on_target(struct look *look, const struct sys_stat *st)
{
	const struct pins_target *target = look->scan->target;

	if (st->dev == target->dev && !target->any_mount &&
	    st->mnt_id != target->mnt_id)
		(void)is_foreign(look);
	if (pins_is_on(target, st, look->pin->foreign_ns))
		return true;
	if (st->dev == target->dev && st->mnt_id != target->except_id &&
	    !target->what && !pins_mount_is_here(target, st->mnt_id)) {
		look->pin->pins |= PIN_ELSEWHERE;
		count_file(look, st);
	}
	return false;
}

static bool same_place(const struct sys_stat *a, const struct sys_stat *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->mnt_id == b->mnt_id;
}

/* Does pivot_root(2) move a process whose root or cwd @st is? */
static bool is_mount_itself(struct look *look, const struct sys_stat *st)
{
	return st->mount_root && st->mnt_id == look->scan->target->mnt_id &&
	       !is_foreign(look);
}

struct fd_walk {
	struct look *look;
	int fd;
};

static int look_at_fd(const char *name, int type, void *ctx)
{
	const struct fd_walk *walk = ctx;
	struct look *look = walk->look;
	struct sys_stat st;
	int r;

	(void)type;
	r = sys_stat_cached(walk->fd, name, &st);
	if (r < 0) {
		look->refused |= r != -ENOENT;
		return 0;
	}
	if (on_target(look, &st)) {
		look->pin->pins |= PIN_FD;
		count_file(look, &st);
	} else if (look->scan->sockets && S_ISSOCK(st.mode) &&
		   pins_socket_is_bound(st.ino)) {
		look->pin->pins |= PIN_SOCKET;
	}
	return 0;
}

static void look_at_fds(struct look *look, const char *path)
{
	_auto_close int fd =
		sys_open(look->dir, path, O_RDONLY | O_DIRECTORY, 0);
	struct fd_walk walk = { look, fd };

	look->refused |= fd < 0 && fd != -ENOENT;
	if (fd >= 0)
		(void)io_each_name(fd, look_at_fd, &walk);
}

/* @at is "" or "task/TID/" */
static void look_at_task(struct look *look, const char *at, int tid)
{
	struct pin *pin = look->pin;
	bool shares_fds = false, has_root, has_cwd;
	struct sys_stat root, cwd;

	if (look_at(look, io_path("%sroot", at), &root) < 0 ||
	    look_at(look, io_path("%scwd", at), &cwd) < 0)
		return; /* gone, or we may not know it */

	if (pin->threads++ == 0) {
		look->root = root;
		look->cwd = cwd;
		look->first_tid = tid;
		pin->exact = true;
	} else if (!same_place(&root, &look->root) ||
		   !same_place(&cwd, &look->cwd)) {
		pin->apart++;
	}
	has_root = on_target(look, &root);
	has_cwd = on_target(look, &cwd);
	if (has_root) {
		pin->roots++;
		pin->pins |= PIN_ROOT;
		if (!root.mount_root)
			pin->chrooted = true;
	}
	if (has_cwd) {
		pin->cwds++;
		pin->pins |= PIN_CWD;
	}
	if (!wants(look, PINS_WHO) ||
	    (has_root && !is_mount_itself(look, &root)) ||
	    (has_cwd && !is_mount_itself(look, &cwd)))
		pin->exact = false;

	if (pin->kernel || !wants(look, PIN_FD))
		return;
	/* Without kcmp(2) the same descriptors are looked at twice. */
	if (pin->threads > 1 && look->scan->target->pids_are_ours)
		shares_fds =
			sys_kcmp(look->first_tid, tid, LINUX_KCMP_FILES) == 0;
	if (!shares_fds)
		look_at_fds(look, io_path("%sfd", at));
}

static int look_at_thread(const char *name, int type, void *ctx)
{
	char at[24];
	uint64_t tid;

	(void)type;
	if (str_number(name, &tid) == 0 &&
	    str_format(at, sizeof(at), "task/%s/", name) == 0)
		look_at_task(ctx, at, (int)tid);
	return 0;
}

/* Each name in /proc costs the kernel an inode, so the only thread of a
 * process, which is the usual case, is looked at in the directory of the
 * process. */
static void look_at_tasks(struct look *look)
{
	unsigned threads = look->pin->threads;

	look->pin->threads = 0;
	if (threads == 1) {
		look_at_task(look, "", look->pin->pid);
	} else {
		_auto_close int task =
			sys_open(look->dir, "task", O_RDONLY | O_DIRECTORY, 0);

		if (task >= 0)
			(void)io_each_name(task, look_at_thread, look);
	}
}

static void look_at_map(struct look *look, const struct pins_map *map)
{
	const struct pins_target *target = look->scan->target;
	struct sys_stat st;
	int r;

	if (map->ino == 0 ||
	    (!target->maps_differ && map->dev != target->sb_dev))
		return;
	/* The mappings of one file follow each other. */
	if (map->dev == look->last_dev && map->ino == look->last_ino)
		return;
	look->last_dev = map->dev;
	look->last_ino = map->ino;
	r = sys_stat_cached(look->dir,
			    io_path("map_files/%llx-%llx",
				    (unsigned long long)map->start,
				    (unsigned long long)map->end),
			    &st);
	if (r == 0) {
		if (on_target(look, &st)) {
			look->pin->pins |= PIN_MAP;
			count_file(look, &st);
		}
	} else if (map->dev == target->sb_dev &&
		   (r == -EPERM || r == -EACCES || look->headless)) {
		/* map_files needs a capability, and a first thread that has not
		 * ended; without it the device has to do. */
		look->pin->pins |= PIN_MAP;
		look->scan->total->at_least = true;
	}
}

static int map_line(char *line, void *ctx)
{
	struct pins_map map;

	if (pins_parse_map(line, &map) == 0)
		look_at_map(ctx, &map);
	return 0;
}

/* Ask for the mappings of files one by one, Linux 6.11. Reading them as text
 * takes the kernel nearly twice as long, for it writes all paths. */
static int query_maps(struct look *look, int fd)
{
	struct linux_procmap_query query = { 0 };
	struct pins_map map;
	int r;

	for (;;) {
		query.size = sizeof(query);
		query.flags = LINUX_PROCMAP_FILE | LINUX_PROCMAP_OR_NEXT;
		query.addr = query.end;
		r = (int)sys_ioctl(fd, LINUX_PROCMAP_QUERY, &query);
		if (r < 0)
			return r;
		map = (struct pins_map){
			.start = query.start,
			.end = query.end,
			.dev = SYS_DEV(query.dev_major, query.dev_minor),
			.ino = query.ino,
		};
		look_at_map(look, &map);
	}
}

/* Only a thread that has not ended has the memory and the executable. */
static void look_at_memory(struct look *look)
{
	struct sys_stat st;
	char at[24] = "";

	look->headless = look->first_tid != look->pin->pid;
	if (look->headless)
		(void)str_format(at, sizeof(at), "task/%d/", look->first_tid);
	if (wants(look, PIN_EXE) &&
	    sys_stat_cached(look->dir, io_path("%sexe", at), &st) == 0 &&
	    on_target(look, &st)) {
		look->pin->pins |= PIN_EXE;
		count_file(look, &st);
	}
	if (wants(look, PIN_MAP)) {
		_auto_close int fd =
			sys_open(look->dir, io_path("%smaps", at), O_RDONLY, 0);

		/* ENOENT: there are no more. */
		if (fd >= 0 && query_maps(look, fd) != -ENOENT)
			(void)io_each_head(look->dir, io_path("%smaps", at),
					   map_line, look);
	}
}

/* ---- all of it -------------------------------------------------------- */

int pins_identify(int dir, struct pin *ret)
{
	_auto_close int fd = sys_open(dir, "stat", O_RDONLY, 0);
	static char buf[2048];
	/* The file comes in one piece: fs/proc/base.c, proc_single_show. */
	long n = fd < 0 ? fd : sys_read(fd, buf, sizeof(buf) - 1);

	*ret = (struct pin){ 0 };
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	buf[n] = '\0';
	return pins_parse_stat(buf, ret) < 0 ? -ESRCH : 0;
}

int pins_examine(struct pins_scanning *scan, int dir, struct pin *pin)
{
	struct look look = {
		.scan = scan, .pin = pin, .dir = dir, .number = ++look_number
	};
	struct procstatus status;
	char path[32] = "cmdline", first = '\0';

	look_at_tasks(&look);
	/* One that is ending may be closed to us, and lets go by itself. */
	if (look.refused && !pin->kernel &&
	    task_is_ending(task_living(pin->pid)))
		look.refused = false;
	scan->total->refused += look.refused;
	if (pin->threads == 0)
		return look.refused ? -EACCES : -ESRCH;
	if (!(pin->pins & PINS_PLACE))
		pin->exact = false;

	if (!pin->kernel)
		look_at_memory(&look);
	if (wants(&look, PIN_NAMESPACE) && is_foreign(&look) &&
	    pins_namespace_has(dir, look.ns, look.root.mnt_id,
			       scan->target->sb_dev))
		pin->pins |= PIN_NAMESPACE;
	if (!wants(&look, PINS_WHO) || (!pin->pins && !scan->always_who))
		return 0;
	(void)is_foreign(&look);

	/* This comes last: a process that is gone by now holds nothing. */
	if (procstatus_read(dir, "status", &status) < 0)
		return -ESRCH;
	pin->uid = (uint32_t)status.uid;
	pin->traced = status.tracer != 0;
	pin->blocked = status.blocked;
	pin->caught = status.caught;
	pin->seccomp = status.seccomp != 0;
	pin->may_chroot = status.capabilities >> LINUX_CAP_SYS_CHROOT & 1;
	/* A first thread that has ended has no memory, which this is read of. */
	if (look.headless)
		(void)str_format(path, sizeof(path), "task/%d/cmdline",
				 look.first_tid);
	{
		_auto_close int fd = sys_open(dir, path, O_RDONLY, 0);

		if (fd >= 0 && sys_read(fd, &first, 1) == 1)
			pin->marked = first == '@';
	}
	return 0;
}

int pins_open_process(int proc_fd, int pid)
{
	int dir = sys_open(proc_fd, io_path("%d", pid), O_RDONLY | O_DIRECTORY,
			   0);

	return dir == -ENOENT ? -ESRCH : dir;
}

void pins_begin(struct pins_scanning *scan, const struct pins_target *target,
		struct pins_total *total)
{
	*total = (struct pins_total){ 0 };
	*scan = (struct pins_scanning){ .target = target,
					.total = total,
					.number = ++scan_number };
	pins_namespaces_forget();
}

int pins_look(const struct pins_target *target, int pid, uint64_t start_time,
	      struct pin *ret)
{
	_auto_close int dir = pins_open_process(target->proc_fd, pid);
	struct pins_total total;
	struct pins_scanning scan;
	int r = dir < 0 ? dir : pins_identify(dir, ret);

	if (r < 0)
		return r;
	if (start_time && ret->start_time != start_time)
		return -ESRCH;
	pins_begin(&scan, target, &total);
	scan.always_who = true;
	return pins_examine(&scan, dir, ret);
}

/* ---- the target ------------------------------------------------------- */

static int find_target(const struct mountinfo *mount, void *ctx)
{
	struct pins_target *target = ctx;

	if (mount->id != target->mnt_id)
		return 0;
	target->sb_dev = mount->dev;
	(void)str_copy(target->type, sizeof(target->type), mount->type);
	target->maps_differ = strcmp(mount->type, "overlay") == 0;
	return 1;
}

static int find_self(struct pins_target *target)
{
	char self[16] = "";
	struct sys_stat st;
	uint64_t pid;
	int r = (int)sys_readlink(target->proc_fd, "self", self,
				  sizeof(self) - 1);

	if (r >= 0)
		r = str_number(self, &pid);
	if (r >= 0)
		r = sys_stat_cached(target->proc_fd, "self/ns/mnt", &st);
	if (r < 0)
		return r;
	target->self = (int)pid;
	target->pids_are_ours = target->self == sys_getpid();
	target->own_ns = st.ino;
	return 0;
}

int pins_open(int fd, struct pins_target *ret, struct fail *why)
{
	struct sys_stat st;
	int r;

	*ret = (struct pins_target){ .proc_fd = -1 };
	ret->proc_fd = io_open("/proc", O_RDONLY | O_DIRECTORY);
	if (ret->proc_fd < 0)
		return fail(why, ret->proc_fd, "open '/proc'");
	r = sys_stat_cached(ret->proc_fd, io_path("self/fd/%d", fd), &st);
	if (r < 0) {
		pins_close(ret);
		return fail(why, r, "look at '/proc/self/fd/%d'", fd);
	}
	ret->dev = st.dev;
	ret->mnt_id = st.mnt_id;
	r = find_self(ret);
	if (r < 0) {
		pins_close(ret);
		return fail(why, r, "find this process in '/proc'");
	}
	{
		_auto_close int self =
			sys_open(ret->proc_fd, "self", O_PATH | O_DIRECTORY, 0);

		r = self < 0 ? self : mountinfo_each_of(self, find_target, ret);
	}
	if (r == 1)
		return 0;
	/* The mount is detached or of another namespace, and not in the table,
	 * so every mapping is asked for its device. */
	ret->sb_dev = st.dev;
	ret->maps_differ = true;
	return 0;
}

void pins_close(struct pins_target *target)
{
	if (target->proc_fd >= 0)
		(void)sys_close(target->proc_fd);
	target->proc_fd = -1;
}
