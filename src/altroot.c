/* SPDX-License-Identifier: MIT */
#include "altroot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "altrule.h"
#include "altview.h"
#include "fail.h"
#include "guardian.h"
#include "io.h"
#include "log.h"
#include "mountinfo.h"
#include "str.h"
#include "sys.h"

#define EXIT_OURS 125

/* As the kernel had it for ia64: include/asm-ia64/namei.h, Linux 2.6. */
#define PREFIX_DEFAULT "/emul/ia32-linux"
/* The skeleton's source in the mount table, by which a view is known. */
#define VIEW_SOURCE "pintle-altroot"
/* Where the old root is while the view is made. */
#define OLD	   "/.pintle-old-root"
#define BOOT_POINT "/altroot"

static struct {
	const char *prefix, *root;
	bool lookup, no_alt;
	bool unprivileged; /* in a user namespace of ours */
	bool plain;	   /* there is no altroot in the root */
	int old_fd;	   /* the root of who called */
	int ready[2];	   /* closed once the guardian is where it stays */
} order = { .prefix = PREFIX_DEFAULT, .root = "/" };

static char cwd[ALT_PATH];
static struct alt alt;
static struct fail why;

static int say(const struct fail *said, int status)
{
	log_line(LOG_ERROR, "%s", said->what);
	if (*said->todo)
		log_line(LOG_ERROR, "%s", said->todo);
	return status;
}

/* -- both trees ----------------------------------------------------------- */

/* The true root, @root, and in it the altroot; 1: there is none. */
static int open_trees(const char *root, const char *prefix)
{
	alt.fds[ALT_TRUE] = sys_open(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0);
	if (alt.fds[ALT_TRUE] < 0)
		return fail(&why, -alt.fds[ALT_TRUE], "open the root '%s'",
			    root);
	alt.fds[ALT_ALT] =
		sys_open_in(alt.fds[ALT_TRUE], prefix, O_PATH | O_DIRECTORY,
			    LINUX_RESOLVE_IN_ROOT);
	if (alt.fds[ALT_ALT] >= 0)
		return 0;
	(void)fail(&why, -alt.fds[ALT_ALT], "open the altroot '%s' in '%s'",
		   prefix, root);
	return 1;
}

/* -- --lookup ------------------------------------------------------------- */

/* What of a path fits into a message, whose reason comes behind it. */
#define SHORT "'%.300s'"

/* One line on standard output for what is there, and why on standard error. */
static int look_up(const char *path, const char *prefix)
{
	static struct alt_end ends[2], answer;
	static char line[3 * ALT_PATH + 8];
	struct text text = { .buf = line, .size = sizeof(line) };
	const struct alt_end *a = &ends[ALT_ALT], *t = &ends[ALT_TRUE];
	const char *head, *reason;
	bool is_there;

	if (*path != '/') {
		log_line(LOG_ERROR,
			 "look up " SHORT ": the rule is for paths that begin "
			 "with '/'",
			 path);
		return 1;
	}
	for (unsigned i = 0; i < 2; i++) {
		ends[i].path[0] = '\0';
		alt_begin(&alt);
		alt_walk(&alt, (enum alt_tree)i, path, &ends[i]);
	}
	alt_begin(&alt);
	alt_rule(&alt, path, &answer);
	is_there = alt_is_there(&answer);
	head = answer.tree == ALT_ALT ? prefix : "";
	if (!*head && !*answer.path)
		head = "/";

	if (is_there)
		text_add(&text, "%s -> %s%s\n", path, head, answer.path);
	else
		log_line(LOG_ERROR,
			 "look up " SHORT ": the altroot says: %s; the true "
			 "root: %s",
			 path, fail_reason(-a->fd),
			 fail_reason(alt.fuel ? -t->fd : ELOOP));
	if (!is_there && answer.is_place)
		log_line(LOG_ERROR, "what is created goes to '%.300s%.300s'",
			 head, answer.path);
	if (alt_is_there(a) && !alt_is_dir(a))
		reason = "the altroot, where it is no directory";
	else if (!alt_is_there(t))
		reason = "the altroot, a directory that it alone has";
	else if (alt_is_there(a))
		reason = "the true root, which a directory of the altroot "
			 "gives way to";
	else
		reason = "the true root, as the altroot says: ";
	if (is_there)
		log_line(LOG_WARNING, "look up " SHORT ": answered by %s%s",
			 path, reason,
			 alt_is_there(a) ? "" : fail_reason(-a->fd));
	alt_close(&ends[0]);
	alt_close(&ends[1]);
	alt_close(&answer);
	return !is_there || io_write(1, line, text.len) < 0;
}

static int look_up_all(char *paths[])
{
	static struct alt_end prefix;
	int status = 0;
	int r = open_trees(order.root, order.prefix);

	if (r < 0)
		return say(&why, 1);
	if (r > 0)
		log_line(LOG_WARNING, "%s: the true root answers alone",
			 why.what);
	alt_begin(&alt);
	alt_walk(&alt, ALT_TRUE, order.prefix, &prefix);
	alt_close(&prefix);
	for (; *paths; paths++)
		status |= look_up(*paths, prefix.path);
	return status;
}

/* -- the true root of who is in a view ------------------------------------ */

static int is_view(const struct mountinfo *mount, void *ctx)
{
	(void)ctx;
	return strcmp(mount->point, "/") == 0 &&
	       strcmp(mount->source, VIEW_SOURCE) == 0;
}

/* The parent of process @pid, 0 if it has none that we see. */
static int parent_of(int pid)
{
	char path[40], line[512], *at;
	uint64_t parent;

	(void)str_format(path, sizeof(path), "/proc/%d/stat", pid);
	if (io_read_file(AT_FDCWD, path, line, sizeof(line)) < 0)
		return 0;
	/* Its name, in parentheses, may hold anything: proc_pid_stat(5). */
	at = line + strlen(line);
	while (at > line && *--at != ')')
		;
	(void)str_word(&at);
	(void)str_word(&at);
	return str_number(str_word(&at), &parent) < 0 ? 0 : (int)parent;
}

/*
 * -ENOENT: this is no view. The guardian of a program stands in the true root;
 * it is the first of our ancestors whose root is not ours.
 */
static int true_root(void)
{
	struct sys_stat ours, st;
	char path[40];

	if (mountinfo_each(is_view, NULL) != 1 ||
	    sys_stat(AT_FDCWD, "/", 0, &ours) < 0)
		return -ENOENT;
	for (int pid = sys_getppid(); pid > 0; pid = parent_of(pid)) {
		int fd;

		(void)str_format(path, sizeof(path), "/proc/%d/root", pid);
		fd = sys_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
		if (fd < 0)
			continue;
		if (sys_stat(fd, "", AT_EMPTY_PATH, &st) == 0 &&
		    (st.dev != ours.dev || st.ino != ours.ino))
			return fd;
		(void)sys_close(fd);
	}
	return sys_open(AT_FDCWD, ALTROOT_TRUE, O_PATH | O_DIRECTORY, 0);
}

/* -- PROGRAM -------------------------------------------------------------- */

/* A user namespace in which this user is who it was, and may mount. */
static int enter_user_namespace(void)
{
	unsigned uid = sys_getuid(), gid = sys_getgid();
	char map[40];
	int r = sys_unshare(LINUX_CLONE_NEWUSER);

	if (r < 0) {
		(void)fail(&why, -r, "make a user namespace");
		fail_todo(&why, "be root, or allow them: user_namespaces(7)");
		return r;
	}
	/* Without this the group could not be: user_namespaces(7). */
	r = io_set("/proc/self/setgroups", "deny");
	(void)str_format(map, sizeof(map), "%u %u 1\n", uid, uid);
	if (r == 0)
		r = io_set("/proc/self/uid_map", map);
	(void)str_format(map, sizeof(map), "%u %u 1\n", gid, gid);
	if (r == 0)
		r = io_set("/proc/self/gid_map", map);
	return r < 0 ? fail(&why, -r, "write '/proc/self/uid_map'") : 0;
}

static bool may(unsigned cap)
{
	struct linux_capabilities caps;

	return sys_capabilities(&caps) == 0 && caps.effective >> cap & 1;
}

/* The directory that this process was in, as far as this root has it. */
static void keep_cwd(void)
{
	if (sys_chdir(cwd) < 0)
		(void)sys_chdir("/");
}

static int enter_root(int fd)
{
	int r = sys_fchdir(fd);

	if (r == 0)
		r = sys_chroot(".");
	return r;
}

static int make_view(void)
{
	int r = sys_unshare(LINUX_CLONE_NEWNS);

	if (r < 0)
		return fail(&why, -r, "make a mount namespace");
	r = open_trees(order.root, order.prefix);
	if (r != 0) /* the altroot is gone since it was looked for */
		return -why.error;
	/* What is mounted outside is seen in here, but not the reverse. */
	r = sys_mount(NULL, "/", NULL, MS_REC | LINUX_MS_SLAVE, NULL);
	if (r == 0)
		r = sys_mount(VIEW_SOURCE, "/", "tmpfs", 0, "mode=755");
	/* ".." stays at the root and then crosses what is mounted on it. */
	if (r == 0)
		r = sys_chdir("/..");
	if (r == 0)
		r = sys_mkdir(AT_FDCWD, OLD + 1, 0700);
	if (r == 0)
		r = sys_pivot_root(".", OLD + 1);
	if (r < 0) {
		(void)fail(&why, -r, "mount a root for the view");
		fail_todo(&why, "'/' has to be a mount");
		return r;
	}
	r = view_build(&alt, "/", OLD "/proc", &why);
	if (r < 0)
		return r;
	(void)sys_chdir("/");
	r = sys_umount(OLD, MNT_DETACH);
	if (r == 0)
		r = sys_unlink(AT_FDCWD, OLD, AT_REMOVEDIR);
	if (r == 0)
		r = sys_mount(NULL, "/", NULL,
			      LINUX_MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	return r < 0 ? fail(&why, -r, "make the view the root") : 0;
}

/* In the child. */
static bool enter(void)
{
	char nothing;
	int r;

	if (!order.plain) {
		r = enter_root(order.old_fd);
		keep_cwd();
		if (r == 0)
			r = make_view();
		if (r < 0) {
			(void)say(&why, 0);
			return false;
		}
	}
	if (strcmp(order.root, "/") != 0)
		cwd[1] = '\0';
	keep_cwd();
	/* Who asks for the true root finds the guardian there. */
	(void)sys_close(order.ready[1]);
	while (sys_read(order.ready[0], &nothing, 1) == -EINTR)
		;
	return true;
}

/* In the guardian: with more capabilities than the program has, its root could
 * not be asked for (kernel/ptrace.c: __ptrace_may_access). */
static void stay(void)
{
	static const struct linux_capabilities none;

	if (order.unprivileged)
		(void)sys_set_capabilities(&none);
}

/* Is @root the same, seen from here and from the true root? */
static int prove_root(void)
{
	_auto_close int there = true_root();
	_auto_close int seen = -1, meant = -1;
	struct sys_stat a, b;

	if (there == -ENOENT)
		return 0;
	seen = sys_open(AT_FDCWD, order.root, O_PATH | O_DIRECTORY, 0);
	meant = there < 0 ? there
			  : sys_open_in(there, order.root, O_PATH | O_DIRECTORY,
					LINUX_RESOLVE_IN_ROOT);
	if (seen >= 0 && meant >= 0 &&
	    sys_stat(seen, "", AT_EMPTY_PATH, &a) == 0 &&
	    sys_stat(meant, "", AT_EMPTY_PATH, &b) == 0 && a.dev == b.dev &&
	    a.ino == b.ino)
		return 0;
	return fail_said(&why, EXDEV,
			 "enter the root '%s': in this view it is not the true "
			 "root's directory of that name",
			 order.root);
}

static int run(char *argv[], char *envp[])
{
	static const struct guardian_hooks hooks = { enter, stay };
	int r = prove_root();

	if (r == 0)
		r = open_trees(order.root, order.prefix);
	if (r < 0)
		return say(&why, EXIT_OURS);
	order.plain = r > 0;
	if (order.plain)
		log_line(LOG_WARNING, "%s: going on without one", why.what);
	if (!may(LINUX_CAP_SYS_ADMIN)) {
		order.unprivileged = true;
		if (enter_user_namespace() < 0)
			return say(&why, EXIT_OURS);
	}
	order.old_fd = sys_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	r = order.old_fd < 0 ? order.old_fd : sys_pipe(order.ready);
	if (r == 0)
		r = sys_chroot(order.root);
	if (r < 0) {
		(void)fail(&why, -r, "enter the root '%s'", order.root);
		return say(&why, EXIT_OURS);
	}
	return guardian_with(&hooks, argv, envp);
}

static int run_in_true_root(char *argv[], char *envp[])
{
	_auto_close int fd = true_root();
	int r = fd;

	if (r >= 0 && !may(LINUX_CAP_SYS_CHROOT))
		r = enter_user_namespace();
	if (r >= 0)
		r = enter_root(fd);
	if (r < 0) {
		(void)fail(&why, -r, "enter the true root of this view");
		if (r == -ENOENT)
			fail_todo(&why, "this is no view of pintle altroot, or "
					"who made it has ended");
		return say(&why, EXIT_OURS);
	}
	keep_cwd();
	return guardian_become(false, argv, envp);
}

static int usage(void)
{
	log_line(LOG_ERROR,
		 "usage: pintle altroot [--prefix DIR] [--root DIR] "
		 "--lookup PATH... | [--] PROGRAM [ARGUMENT...], or --no-alt "
		 "[--] PROGRAM [ARGUMENT...]");
	return EXIT_OURS;
}

int altroot_command(int argc, char *argv[], char *envp[])
{
	long n;
	int at = 1;

	log_as_command(false);
	log_stage("altroot");
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		if (strcmp(argv[at], "--lookup") == 0)
			order.lookup = true;
		else if (strcmp(argv[at], "--no-alt") == 0)
			order.no_alt = true;
		else if (strcmp(argv[at], "--prefix") == 0 && argv[at + 1])
			order.prefix = argv[++at];
		else if (strcmp(argv[at], "--root") == 0 && argv[at + 1])
			order.root = argv[++at];
		else
			return usage();
	}
	if (at >= argc || (order.lookup && order.no_alt))
		return usage();
	if (order.lookup)
		return look_up_all(argv + at);
	n = sys_readlink(AT_FDCWD, "/proc/self/cwd", cwd, sizeof(cwd) - 1);
	if (n < 0)
		(void)strcpy(cwd, "/");
	return order.no_alt ? run_in_true_root(argv + at, envp)
			    : run(argv + at, envp);
}

/* -- a booted system ------------------------------------------------------ */

int altroot_boot(const char *root, const char *prefix, const char **ret_point,
		 struct fail *ret_why)
{
	int r = sys_mkdir(AT_FDCWD, BOOT_POINT, 0755);

	if (r == 0 || r == -EEXIST)
		r = sys_mount(VIEW_SOURCE, BOOT_POINT, "tmpfs", 0, "mode=755");
	if (r < 0) {
		return fail(ret_why, -r, "mount a root for the view on '%s'",
			    BOOT_POINT);
	}
	r = open_trees(root, prefix);
	if (r == 0)
		r = view_build(&alt, BOOT_POINT, "/proc", &why);
	sys_auto_close(&alt.fds[0]);
	sys_auto_close(&alt.fds[1]);
	(void)sys_chdir("/");
	if (r == 0) {
		(void)sys_mkdir(AT_FDCWD, "/run/pintle", 0755);
		(void)sys_mkdir(AT_FDCWD, ALTROOT_TRUE, 0700);
		r = sys_mount(NULL, BOOT_POINT, NULL,
			      LINUX_MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
		if (r == 0)
			r = sys_mount(root, ALTROOT_TRUE, NULL, MS_MOVE, NULL);
		if (r < 0)
			(void)fail(&why, -r, "move the root '%s' to '%s'", root,
				   ALTROOT_TRUE);
	}
	if (r == 0) {
		*ret_point = BOOT_POINT;
		return 0;
	}
	(void)sys_umount(BOOT_POINT, MNT_DETACH);
	*ret_why = why;
	return -why.error;
}
