/* SPDX-License-Identifier: MIT */
#include "altroot/altroot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "altroot/altrule.h"
#include "altroot/altview.h"
#include "base/child.h"
#include "base/api.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mountinfo.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "helper/guardian.h"

#define EXIT_OURS 125

/* The one that the kernel had for ia64: include/asm-ia64/namei.h, Linux 2.6. */
#define PREFIX_DEFAULT "/emul/ia32-linux"
/* The source of the skeleton in the mount table; the path of the true root, as
 * seen from inside the view, follows it. */
#define VIEW_SOURCE "pintle-altroot:"
#define PATH_BYTES  40
/* How long to wait for the guardian, which has almost nothing to do before. */
#define GUARDIAN_US 30000000
/* And for the mender to enter the view, which takes two system calls. */
#define ENTERED_US 1000000
/* The place of the old root while the view is made. */
#define OLD "/.pintle-old-root"

static struct {
	const char *prefix, *root;
	bool lookup, no_alt;
	bool unprivileged; /* in a user namespace of ours */
	bool plain;	   /* there is no altroot in the root */
	int old_fd;	   /* the root of the caller */
	int ready[2];	   /* closed once the guardian is in its place */
} order = { .prefix = PREFIX_DEFAULT, .root = "/" };

static char cwd[ALT_PATH];
static struct alt alt = { .fds = { -1, -1 } };
static struct fail why;

static int say(const struct fail *said, int status)
{
	log_fail(said);
	return status;
}

/* -- both trees ----------------------------------------------------------- */

/* Note @fd, the open directory of a tree, or -errno. Returns 0 or -errno. */
static int open_one(enum alt_tree tree, int fd)
{
	struct sys_stat st;
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	alt.fds[tree] = fd;
	if (r == 0)
		alt.root_uids[tree] = st.uid;
	return r;
}

/* Open the true root, @root, and the altroot in it. Returns 1 if there is
 * none. */
static int open_trees(const char *root, const char *prefix)
{
	int r = open_one(ALT_TRUE,
			 sys_open(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0));

	if (r < 0)
		return fail(&why, -r, "open the root '%s'", root);
	alt.uid = sys_getuid();
	r = open_one(ALT_ALT,
		     sys_open_in(alt.fds[ALT_TRUE], prefix,
				 O_PATH | O_DIRECTORY, LINUX_RESOLVE_IN_ROOT));
	if (r == 0)
		return 0;
	(void)fail(&why, -r, "open the altroot '%s' in '%s'", prefix, root);
	return r == -ENOENT || r == -ENOTDIR ? 1 : r;
}

static int usage(void)
{
	log_line(LOG_ERROR, "usage: pintle altroot [--prefix DIR] [--root DIR] "
			    "[--no-alt] PROGRAM..., or --lookup PATH...");
	return EXIT_OURS;
}

/* -- --lookup ------------------------------------------------------------- */

static const char *words(const struct alt_end *end)
{
	if (!alt_is_there(end))
		return fail_reason(-end->fd);
	return alt_is_dir(end) ? "a directory" : "no directory";
}

/* Print one line for what is there to standard output, and why to standard
 * error. */
static int look_up(const char *path, const char *prefix)
{
	static struct alt_end ends[2], answer;
	static char line[3 * ALT_PATH + 8];
	struct text text = { .buf = line, .size = sizeof(line) };
	const char *head, *who = "none answers";
	bool is_there;

	alt_both(&alt, NULL, path, ends);
	alt_rule(&alt, path, &answer);
	is_there = alt_is_there(&answer);
	head = answer.tree == ALT_ALT ? prefix : "";
	if (!*head && !*answer.path)
		head = "/";
	text_add(&text, "%s -> %s%s", path, head, answer.path);
	str_show(line);
	text_add(&text, "\n");
	if (is_there)
		who = answer.tree == ALT_TRUE ? "true root answers"
					      : "altroot answers";
	/* The line is cut at its end, so only the beginning of a path fits. */
	log_line(LOG_WARNING, "'%.300s': altroot: %s; true root: %s: %s", path,
		 words(&ends[ALT_ALT]), words(&ends[ALT_TRUE]), who);
	if (answer.is_place)
		log_line(LOG_WARNING, "created, it is '%s%s'", head,
			 answer.path);
	alt_close_both(ends);
	sys_auto_close(&answer.fd);
	return !is_there || io_write(1, line, text.len) < 0;
}

static int look_up_all(char *paths[])
{
	static struct alt_end prefix[2];
	int status = 0, fd, is;
	int r = open_trees(order.root, order.prefix);

	if (r < 0)
		return say(&why, 1);
	if (r > 0)
		log_line(LOG_WARNING, "%s: going on without", why.what);
	/* Find where it is, without looking into the altroot itself. */
	fd = alt.fds[ALT_ALT];
	alt.fds[ALT_ALT] = -1;
	alt_both(&alt, NULL, order.prefix, prefix);
	is = prefix[ALT_TRUE].fd;
	alt_close_both(prefix);
	alt.fds[ALT_ALT] = fd;
	if (fd >= 0 && is < 0) {
		(void)fail(&why, -is, "look up the altroot '%s' in '%s'",
			   order.prefix, order.root);
		return say(&why, 1);
	}
	for (; *paths; paths++)
		if (**paths == '/')
			status |= look_up(*paths, prefix[ALT_TRUE].path);
		else
			status = usage();
	return status;
}

/* -- the true root of a process in a view --------------------------------- */

static int is_view(const struct mountinfo *mount, void *ret_path)
{
	const char *path = str_after(mount->source, VIEW_SOURCE);

	return strcmp(mount->point, "/") == 0 && path &&
	       str_copy(ret_path, PATH_BYTES, path) == 0;
}

/* 1, 0 or -errno */
static int is_same(int fd, const char *path)
{
	struct sys_stat a, b;
	int r = sys_fstat(fd, &a);

	if (r < 0)
		return r;
	r = sys_stat(AT_FDCWD, path, 0, &b);
	return r < 0 ? r : a.dev == b.dev && a.ino == b.ino;
}

/*
 * Open the true root of the view that we are in; -ENOENT: this is no view. The
 * source of the view in the mount table says where the true root is: it is the
 * root of a process, whose number may be another process's by now.
 */
static int true_root(void)
{
	char path[PATH_BYTES];
	int r = mountinfo_each(is_view, path);
	int fd, is;

	if (r != 1)
		return r < 0 ? r : -ENOENT;
	fd = sys_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	is = is_same(fd, "/");
	if (is == 0)
		return fd;
	(void)sys_close(fd);
	return is < 0 ? is : -ESRCH;
}

/* -- PROGRAM -------------------------------------------------------------- */

/* Enter a user namespace in which this user has the same id, and may mount. */
static int enter_user_namespace(void)
{
	const unsigned ids[] = { sys_getuid(), sys_getgid() };
	int r = sys_unshare(LINUX_CLONE_NEWUSER);

	/* Without this the group cannot be mapped: user_namespaces(7). */
	if (r == 0)
		(void)io_set("/proc/self/setgroups", "deny");
	for (unsigned i = 0; r == 0 && i < 2; i++) {
		char map[40];

		(void)str_format(map, sizeof(map), "%u %u 1\n", ids[i], ids[i]);
		r = io_set(i ? "/proc/self/gid_map" : "/proc/self/uid_map",
			   map);
	}
	return r < 0 ? fail(&why, r,
			    "make a user namespace" FAIL_TODO
			    "be root: user_namespaces(7)")
		     : 0;
}

static bool may(unsigned cap)
{
	struct linux_capabilities caps;

	return sys_capabilities(&caps) == 0 && caps.effective >> cap & 1;
}

/* Enter the directory that this process was in, if this root has it. */
static int keep_cwd(void)
{
	int r = sys_chdir(cwd);

	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES || r == -ELOOP)
		r = sys_chdir("/");
	return r < 0 ? fail(&why, -r, "enter the directory '%s'", cwd) : 0;
}

static int enter_root(int fd)
{
	int r = sys_fchdir(fd);

	if (r == 0)
		r = sys_chroot(".");
	return r;
}

/* Mount a tmpfs; processes that have @point as root or cwd stay below it. */
static int cover(const char *point, const char *source)
{
	return sys_mount(source, point, "tmpfs", 0, "mode=755");
}

/* It has a session of its own, so that no signal of a terminal ends it. */
__attribute__((noreturn)) static void become_mender(int end_fd,
						    const char *const *but)
{
	(void)sys_setsid();
	(void)sys_signal_mask(SYS_SIGNAL(SIGPIPE), NULL);
	sys_set_name("altroot-mender");
	altview_mend(end_fd, but, !but);
	sys_exit(0);
}

/* If @r is -errno, say that there is no mender; the program goes on without. */
static void say_unmended(int r)
{
	if (r < 0)
		log_line(LOG_WARNING,
			 "mend the view: %s: what changes in a directory of "
			 "both is not seen before it is made again",
			 fail_reason(r));
}

/* Start a process that mends the view for as long as the guardian lives. It is
 * orphaned: PROGRAM expects neither a child nor the signal of its end. */
static void start_mender(void)
{
	static const struct linux_sigaction ignore_action = { .handler = 1 };
	_auto_close int end_fd = sys_pidfd_open(sys_getppid());
	struct child_end unused;
	int pid = end_fd;

	(void)sys_signal_action(SIGCHLD, &ignore_action, NULL);
	/* Without that descriptor it would not know when to end. */
	if (end_fd >= 0)
		pid = sys_fork();
	if (pid == 0) {
		pid = sys_fork();
		if (pid == 0)
			become_mender(end_fd, NULL);
		say_unmended(pid);
		sys_exit(0);
	}
	say_unmended(pid);
	if (pid > 0)
		(void)child_wait(pid, &unused);
}

static int make_view(void)
{
	char source[sizeof(VIEW_SOURCE) + PATH_BYTES];
	int r = sys_unshare(LINUX_CLONE_NEWNS);

	(void)str_format(source, sizeof(source), VIEW_SOURCE "/proc/%d/root",
			 sys_getppid());
	/* What is mounted outside is seen in here, but not the other way
	 * round. */
	if (r == 0)
		r = sys_mount(NULL, "/", NULL, MS_REC | LINUX_MS_SLAVE, NULL);
	if (r == 0) {
		/* The altroot may have gone since it was looked for. */
		if (open_trees(order.root, order.prefix) != 0)
			return -why.error;
		r = cover("/", "pintle");
	}
	/* ".." stays at the root, and then leads to what is mounted on it. */
	if (r == 0)
		r = sys_chdir("/..");
	if (r == 0)
		r = sys_mkdir(AT_FDCWD, OLD + 1, 0700);
	if (r == 0)
		r = sys_pivot_root(".", OLD + 1);
	/* Mount the skeleton over the directory that has the old root: nobody
	 * in the view gets there, and yet the old root is in this namespace, so
	 * that more of it can be bind-mounted. */
	if (r == 0)
		r = cover("/", source);
	if (r < 0)
		return fail(&why, r,
			    "mount a root for the view" FAIL_TODO
			    "'/' must be a mount");
	r = altview_build(&alt, "/..", OLD "/proc", &why);
	if (r < 0)
		return r;
	start_mender();
	r = sys_chroot("/..");
	return r < 0 ? fail(&why, -r, "enter the view") : 0;
}

/* This runs in the child. */
static bool enter(void)
{
	int r = 0;

	if (!order.plain) {
		r = enter_root(order.old_fd);
		if (r < 0)
			(void)fail(&why, -r, "enter the root");
		else
			r = keep_cwd();
		if (r == 0)
			r = make_view();
	}
	if (strcmp(order.root, "/") != 0)
		cwd[1] = '\0';
	if (r == 0)
		r = keep_cwd();
	/* A process that asks for the true root finds the guardian there. */
	(void)sys_close(order.ready[1]);
	if (r == 0) {
		r = sys_wait_readable(order.ready[0], -GUARDIAN_US);
		if (r <= 0)
			r = fail(&why, r < 0 ? -r : ETIMEDOUT,
				 "wait for the guardian");
	}
	if (r < 0)
		(void)say(&why, 0);
	return r >= 0;
}

/* This runs in the guardian. If it kept more capabilities than the program has,
 * the program could not look up its root (kernel/ptrace.c:
 * __ptrace_may_access). */
static void stay(void)
{
	static const struct linux_capabilities none;

	(void)sys_close(order.ready[0]);
	(void)sys_close(order.ready[1]);
	if (order.unprivileged)
		(void)sys_set_capabilities(&none);
}

/* Is the root the same, seen from here and from the true root? */
static int prove_root(void)
{
	_auto_close int there = true_root();
	_auto_close int meant = -1;
	int r;

	/* Without a /proc we are in no view that could be left. */
	if (there == -ENOENT)
		return 0;
	if (there < 0 && there != -ESRCH)
		return fail(&why, -there,
			    "find out whether this is a view already");
	r = meant = sys_open_in(there, order.root, O_PATH | O_DIRECTORY,
				LINUX_RESOLVE_IN_ROOT);
	if (r >= 0)
		r = is_same(meant, order.root);
	if (r > 0)
		return 0;
	if (r < 0 && there >= 0 && r != -ENOENT && r != -ENOTDIR)
		return fail(&why, -r, "enter the root '%s'", order.root);
	return fail_said(&why, EXDEV,
			 "enter the root '%s': in this view it is "
			 "another" FAIL_TODO
			 "leave the view: pintle altroot --no-alt -- pintle "
			 "altroot ...",
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
		log_line(LOG_WARNING, "%s: going on without", why.what);
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

	if (r >= 0 && !may(LINUX_CAP_SYS_CHROOT) && enter_user_namespace() < 0)
		return say(&why, EXIT_OURS);
	if (r >= 0)
		r = enter_root(fd);
	if (r < 0) {
		(void)fail(&why, r,
			   "find the true root of a view here" FAIL_TODO
			   "--no-alt is for programs in a view, while the "
			   "program that made it runs");
		return say(&why, EXIT_OURS);
	}
	if (keep_cwd() < 0)
		return say(&why, EXIT_OURS);
	return guardian_become(false, argv, envp);
}

int altroot_command(int argc, char *argv[], char *envp[])
{
	int r;
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
	r = io_readlink(AT_FDCWD, "/proc/self/cwd", cwd, sizeof(cwd));
	/* There may be no /proc. */
	if (r < 0 && r != -ENOENT) {
		(void)fail(&why, r, "look up the working directory");
		return say(&why, EXIT_OURS);
	}
	if (r < 0)
		(void)str_copy(cwd, sizeof(cwd), "/");
	return order.no_alt ? run_in_true_root(argv + at, envp)
			    : run(argv + at, envp);
}

/* -- a booted system ------------------------------------------------------ */

int altroot_boot(const char *root, const char *prefix, struct fail *ret_why)
{
	int r;

	/* What an earlier try has left there would be taken for this one's. */
	why = (struct fail){ 0 };
	r = open_trees(root, prefix);
	(void)sys_mkdir(AT_FDCWD, ALTROOT_VIEW, 0755);
	if (r == 0)
		r = cover(ALTROOT_VIEW, VIEW_SOURCE RUN_TRUE_ROOT);
	if (r < 0 && why.error == 0)
		(void)fail(&why, -r, "mount a root for the view");
	if (r == 0)
		r = altview_build(&alt, ALTROOT_VIEW, "/proc", &why);
	if (r == 0) {
		r = sys_chdir(ALTROOT_VIEW);
		if (r < 0)
			(void)fail(&why, -r, "enter '%s'", ALTROOT_VIEW);
	}
	/* The switch moves them there, where no mount must be. */
	for (unsigned i = 0; r == 0 && api_points[i]; i++)
		(void)sys_umount(api_points[i] + 1, MNT_DETACH);
	(void)sys_chdir("/");
	if (r == 0)
		return 0;
	altroot_undo();
	*ret_why = why;
	return -why.error;
}

static void close_all(void)
{
	altview_close();
	sys_auto_close(&alt.fds[ALT_ALT]);
	sys_auto_close(&alt.fds[ALT_TRUE]);
	/* It may be called again, when the stage is tried again. */
	alt.fds[ALT_ALT] = alt.fds[ALT_TRUE] = -1;
}

void altroot_undo(void)
{
	close_all();
	(void)sys_umount(ALTROOT_VIEW, MNT_DETACH);
}

void altroot_keep(const char *root)
{
	int ends[2] = { -1, -1 }, pid, r;

	(void)sys_mkdir(AT_FDCWD, RUN_DIR, 0755);
	(void)sys_mkdir(AT_FDCWD, RUN_TRUE_ROOT, 0700);
	r = sys_mount(root, RUN_TRUE_ROOT, NULL, MS_MOVE, NULL);
	if (r < 0)
		log_line(LOG_WARNING, "move the true root to '%s': %s",
			 RUN_TRUE_ROOT, fail_reason(r));
	/* The root of the child becomes the view, so the switch need not care
	 * for it. That is waited for: a process that is found in the old root,
	 * and that nobody has declared, is stopped. */
	(void)sys_pipe(ends);
	pid = sys_fork();
	say_unmended(pid);
	if (pid == 0) {
		log_stage("altroot");
		(void)sys_chroot(ALTROOT_VIEW);
		(void)sys_chdir("/");
		(void)sys_close(ends[1]);
		become_mender(-1, api_points);
	}
	(void)sys_close(ends[1]);
	if (pid > 0 && ends[0] >= 0)
		(void)sys_wait_readable(ends[0], sys_now_us() + ENTERED_US);
	(void)sys_close(ends[0]);
	close_all();
}
