/* SPDX-License-Identifier: MIT */
/*
 * "/" is a tmpfs that stands for the initramfs, in a mount namespace of its own
 * for each case; overlays are real. A case is skipped where the kernel does not
 * mount what it is about.
 */
#include "switch/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "tap.h"

#define SKIPPED 77
#define LONG                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123456"  \
	"789012345678901234567890123456789"

static void dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		_exit(SKIPPED);
}

static void put(const char *path)
{
	close(open(path, O_CREAT | O_WRONLY, 0644));
}

static void mounted(int r)
{
	if (r < 0)
		_exit(SKIPPED);
}

static void tmpfs(const char *point)
{
	dir(point);
	mounted(mount("t", point, "tmpfs", 0, ""));
}

static void overlay(const char *point, const char *options)
{
	dir(point);
	mounted(mount("o", point, "overlay", 0, options));
}

static void bind(const char *from, const char *to)
{
	dir(to);
	mounted(mount(from, to, NULL, MS_BIND, NULL));
}

/* A tmpfs at @point with l, u and w in it. */
static void layers(const char *point)
{
	char path[64];

	tmpfs(point);
	for (const char *c = "luw"; *c; c++) {
		snprintf(path, sizeof(path), "%s/%c", point, *c);
		dir(path);
	}
}

/* l, u, w of the initramfs, with a file in l */
static void own_layers(void)
{
	dir("/l");
	dir("/u");
	dir("/w");
	put("/l/file");
}

/* -- what may be emptied ------------------------------------------------- */

static void plain(void)
{
	tmpfs("/new");
}

static void other_layers(void)
{
	layers("/t");
	overlay("/new", "lowerdir=/t/l,upperdir=/t/u,workdir=/t/w");
}

/* The initramfs has directories of these names too, and something in them. */
static void covered_before(void)
{
	dir("/t");
	dir("/t/l");
	put("/t/l/file");
	other_layers();
}

static void other_levels(void)
{
	layers("/t");
	tmpfs("/t2");
	dir("/t2/l");
	overlay("/mid", "lowerdir=/t2/l:/t/l");
	overlay("/new", "lowerdir=/mid,upperdir=/t/u,workdir=/t/w");
}

static void not_in_the_new_root(void)
{
	own_layers();
	layers("/t");
	overlay("/elsewhere", "lowerdir=/l,upperdir=/u,workdir=/w");
	overlay("/new", "lowerdir=/t/l,upperdir=/t/u,workdir=/t/w");
}

static void odd_name_elsewhere(void)
{
	layers("/t");
	dir("/t/a:b, c");
	overlay("/new", "lowerdir=/t/a\\:b\\, c:/t/l");
}

/* -- what has to stay ---------------------------------------------------- */

static void absolute(void)
{
	own_layers();
	overlay("/new", "lowerdir=/l,upperdir=/u,workdir=/w");
}

static void relative(void)
{
	own_layers();
	overlay("/new", "lowerdir=l,upperdir=u,workdir=w");
}

static void upper_alone(void)
{
	own_layers();
	layers("/t");
	overlay("/new", "lowerdir=/t/l,upperdir=/u,workdir=/w");
}

static void second_lower(void)
{
	own_layers();
	layers("/t");
	overlay("/new", "lowerdir=/t/l:/l,upperdir=/t/u,workdir=/t/w");
}

static void two_levels(void)
{
	own_layers();
	layers("/t");
	overlay("/mid", "lowerdir=/l:/t/l");
	overlay("/new", "lowerdir=/mid,upperdir=/t/u,workdir=/t/w");
}

static void two_levels_apart(void)
{
	two_levels();
	mounted(umount2("/mid", MNT_DETACH));
}

static void whole(void)
{
	layers("/t");
	overlay("/new", "lowerdir=/,upperdir=/t/u,workdir=/t/w");
}

static void below_the_new_root(void)
{
	own_layers();
	tmpfs("/new");
	dir("/new/a");
	overlay("/new/a/b", "lowerdir=l,upperdir=u,workdir=w");
}

static void in_run(void)
{
	own_layers();
	tmpfs("/new");
	tmpfs("/run");
	overlay("/run/x", "lowerdir=/l,upperdir=/u,workdir=/w");
}

/* The path of the layer leads to something else by now. */
static void covered_since(void)
{
	absolute();
	tmpfs("/l");
	tmpfs("/u");
	tmpfs("/w");
}

static void renamed_since(void)
{
	layers("/t");
	dir("/first");
	put("/first/file");
	overlay("/new", "lowerdir=/first,upperdir=/t/u,workdir=/t/w");
	mounted(rename("/first", "/second"));
	tmpfs("/first");
}

/* By a path where nothing of the initramfs is any more. */
static void bound_before(void)
{
	own_layers();
	layers("/t");
	bind("/l", "/t/l");
	overlay("/new", "lowerdir=/t/l,upperdir=/t/u,workdir=/t/w");
	mounted(umount2("/t/l", MNT_DETACH));
}

/* A colon, a comma, a backslash and a blank in its name. */
static void odd_name(void)
{
	layers("/t");
	dir("/a:b,\\ c");
	overlay("/new", "lowerdir=/a\\:b\\,\\\\ c,upperdir=/t/u,workdir=/t/w");
}

/* The table has it before the new root, whose own line says nothing. */
static void bound_in_it(void)
{
	own_layers();
	layers("/t");
	bind("/l", "/piece");
	overlay("/new", "lowerdir=/t/l,upperdir=/t/u,workdir=/t/w");
	dir("/new/piece");
	mounted(mount("/piece", "/new/piece", NULL, MS_MOVE, NULL));
}

static void bound_file(void)
{
	own_layers();
	tmpfs("/new");
	put("/new/file");
	mounted(mount("/l/file", "/new/file", NULL, MS_BIND, NULL));
}

static void part_of_an_overlay(void)
{
	layers("/t");
	dir("/t/l/sub");
	overlay("/mid", "lowerdir=/t/l,upperdir=/t/u,workdir=/t/w");
	bind("/mid/sub", "/new");
}

static void covered_overlay(void)
{
	own_layers();
	tmpfs("/new");
	overlay("/new/x", "lowerdir=/l,upperdir=/u,workdir=/w");
	tmpfs("/new/x");
}

static void data_layer(void)
{
	own_layers();
	layers("/t");
	overlay("/new", "lowerdir=/t/l::/l,metacopy=on,redirect_dir=on");
}

static void unknown_kind(void)
{
	char options[80];
	int fd = open("/fuse", O_RDWR);

	if (fd < 0)
		_exit(SKIPPED);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	dir("/new");
	mounted(mount("x", "/new", "fuse.mergerfs", 0, options));
}

static void over_an_unknown_kind(void)
{
	unknown_kind();
	mounted(mount("/new", "/elsewhere", NULL, MS_MOVE, NULL));
	other_layers();
}

static void read_only(void)
{
	other_layers();
	mounted(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

static void long_place(void)
{
	own_layers();
	dir("/" LONG);
	dir("/" LONG "/" LONG);
	dir("/" LONG "/" LONG "/" LONG);
	overlay("/" LONG "/" LONG "/" LONG "/new",
		"lowerdir=l,upperdir=u,workdir=w");
}

#define PART   "is a part of it"
#define MADE   "is made of it"
#define MAY_BE "may be made of it"

static const struct {
	const char *name;
	void (*make)(void);
	const char *why; /* a piece of it; NULL: it may be emptied */
	const char *new_root;
} cases[] = {
	{ "a tmpfs", plain, NULL, "/new" },
	{ "an overlay of a tmpfs", other_layers, NULL, "/new" },
	{ "whose paths the initramfs has too", covered_before, NULL, "/new" },
	{ "two overlays over a tmpfs", other_levels, NULL, "/new" },
	{ "an overlay of it elsewhere", not_in_the_new_root, NULL, "/new" },
	{ "an overlay of an odd name", odd_name_elsewhere, NULL, "/new" },
	{ "absolute layers", absolute, MADE, "/new" },
	{ "relative layers", relative, MADE, "/new" },
	{ "the upper layer alone", upper_alone, MADE, "/new" },
	{ "one layer of many", second_lower, MADE, "/new" },
	{ "all of it as a layer", whole, MADE, "/new" },
	{ "two levels", two_levels, MADE, "/new" },
	{ "two levels, one unmounted", two_levels_apart, MADE, "/new" },
	{ "below the new root", below_the_new_root, MADE, "/new" },
	{ "in what moves along", in_run, MADE, "/new" },
	{ "covered since", covered_since, MADE, "/new" },
	{ "renamed since", renamed_since, MADE, "/new" },
	{ "by a bind that is gone", bound_before, MADE, "/new" },
	{ "an odd name", odd_name, MADE, "/new" },
	{ "a long place", long_place, MADE, "/" LONG "/" LONG "/" LONG "/new" },
	{ "a place that is not known", other_layers, PART, "" },
	{ "a piece that is in the table first", bound_in_it, PART, "/new" },
	{ "a file", bound_file, PART, "/new" },
	{ "a directory of an overlay", part_of_an_overlay, MAY_BE, "/new" },
	{ "an overlay that is covered", covered_overlay, MAY_BE, "/new" },
	{ "a layer for data", data_layer, MAY_BE, "/new" },
	{ "of an unknown kind", unknown_kind, MAY_BE, "/new" },
	{ "over what may be of any kind", over_an_unknown_kind,
	  "cannot be asked", "/new" },
	{ "a name cannot be made", read_only, "cannot be found out", "/new" },
};

static unsigned marks;

static int count_mark(const char *path, const struct stat *st, int type,
		      struct FTW *walk)
{
	(void)st;
	(void)type;
	if (strncmp(path + walk->base, ".pintle", 7) == 0)
		marks++;
	return 0;
}

/* In a child: what is said goes through @out. */
static int one(size_t i, int out)
{
	struct stack_question question = {
		.new_root = cases[i].new_root,
		.moving = { "/dev", "/run", NULL },
	};
	struct sys_stat st;
	const char *why;

	if (unshare(CLONE_NEWNS) < 0 || chdir("/") < 0)
		return SKIPPED;
	dir("/elsewhere");
	cases[i].make();
	question.old_fd = open("/", O_RDONLY | O_DIRECTORY);
	if (sys_fstat(question.old_fd, &st) < 0)
		return 1;
	question.old_dev = st.dev;
	why = stack_why_keep(&question);
	if (why && write(out, why, strlen(why)) < 0)
		return 1;
	return 0;
}

static void run(size_t i)
{
	char said[300] = "";
	int ends[2], status;
	pid_t pid;
	bool good;

	if (pipe(ends) < 0)
		abort();
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(one(i, ends[1]));
	close(ends[1]);
	waitpid(pid, &status, 0);
	if (read(ends[0], said, sizeof(said) - 1) < 0)
		abort();
	close(ends[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		ok(true, "%s # SKIP not on this kernel", cases[i].name);
		return;
	}
	good = status == 0 &&
	       (cases[i].why ? strstr(said, cases[i].why) != NULL : !*said);
	if (!ok(good, "%s: %s", cases[i].name, cases[i].why ? "kept" : "freed"))
		fprintf(stderr, "status %x, it said \"%s\"\n", status, said);
	marks = 0;
	nftw("/", count_mark, 16, FTW_PHYS | FTW_MOUNT);
	is_int(marks, 0, "%s: no name is left", cases[i].name);
}

/* Write into a file of /proc/self. */
static bool tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool told = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	return close(fd) == 0 && told;
}

/* A mount namespace of our own. Who is not root becomes root of a user
 * namespace first: no file could be made by an ID that means nothing there. */
static bool enter_namespaces(void)
{
	unsigned uid = getuid(), gid = getgid();
	char map[40];

	if (uid == 0)
		return unshare(CLONE_NEWNS) == 0;
	if (unshare(CLONE_NEWNS | CLONE_NEWUSER) < 0)
		return false;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!tell("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return tell("/proc/self/setgroups", "deny") &&
	       tell("/proc/self/gid_map", map);
}

/* "/" becomes a tmpfs with nothing but /proc and the device of FUSE in it. */
static bool enter(void)
{
	char top[] = "/tmp/pintle-stack-XXXXXX", path[64];
	int tmp_fd = open("/tmp", O_PATH | O_DIRECTORY);

	if (!enter_namespaces() ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !mkdtemp(top) || mount("old", top, "tmpfs", 0, "mode=755") < 0)
		return false;
	snprintf(path, sizeof(path), "%s/proc", top);
	if (mkdir(path, 0755) < 0 ||
	    mount("/proc", path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/fuse", top);
	put(path);
	(void)mount("/dev/fuse", path, NULL, MS_BIND, NULL);
	return chdir(top) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
	       umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 &&
	       unlinkat(tmp_fd, strrchr(top, '/') + 1, AT_REMOVEDIR) == 0 &&
	       close(tmp_fd) == 0;
}

int main(void)
{
	if (!enter()) {
		printf("1..0 # SKIP no mount namespace to be had\n");
		return 0;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run(i);
	return tap_done();
}
