/* SPDX-License-Identifier: MIT */
/*
 * semantics - what pivot_root(2) and chroot(2) do, observed
 *
 *	semantics root|user [PINTLE]
 *
 * as root in a mount namespace, or as an ordinary user who made himself a user
 * namespace too. As process 1 it does both and then what only process 1 can
 * see, leaves the records in /run/semantics and executes /init.
 *
 * A record is a line of five fields with tabs between them: how it was run
 * (root, user, pid1), the row, what it shows, what was expected, what was
 * observed. Some kernels differ; which of them this is, is found out by other
 * calls than those of the row, and said in `feature` records.
 *
 * Each row has a process and namespaces of its own. "/" is a tmpfs there, the
 * "old" root, and another is mounted on /new. The table is at the end.
 *
 * An error has many causes: a row makes the call once with one thing wrong and
 * then with that alone mended ("; mended: 0"). PINTLE is what makes the same
 * calls as `pintle pivot-root`, and is held to its words.
 */
#include "semantics/errors.h"
#include "semantics/kit.h"
#include "semantics/others.h"

/* ---- the table ---------------------------------------------------------- */

/* What kernels differ in, found out by other calls than the rows make. */
enum feature {
	ALWAYS,
	PATHS_FIRST,	 /* pivot_root looks at paths before capabilities */
	ROOT_HAS_PARENT, /* the initramfs is mounted on something */
	KTHREADS_APART,	 /* kernel threads have a root of their own */
	LANDLOCK,	 /* is built in, and in use */
	FEATURES,
};

static const char *const feature_names[FEATURES] = {
	[PATHS_FIRST] = "paths-first",
	[ROOT_HAS_PARENT] = "root-has-parent",
	[KTHREADS_APART] = "kthreads-apart",
	[LANDLOCK] = "landlock",
};
static bool features[FEATURES] = { [ALWAYS] = true };

struct row {
	const char *name;
	int where;
	void (*run)(void);
	const char *what;     /* a line of the manual */
	const char *expected; /* where the feature is */
	const char *says;     /* pintle, where it makes the call */
	const char *then;     /* once that which was wrong is mended */
	enum feature feature;
	const char *otherwise; /* where the feature is not */
};

#define ERROR(name_, run_, error, what_, ...)                                  \
	{                                                                      \
		.name = "errno/" name_, .where = NAMESPACE, .run = (run_),     \
		.expected = (error), .what = (what_), .then = "0", __VA_ARGS__ \
	}
#define ROW(name_, run_, expected_, what_, ...)                                \
	{                                                                      \
		.name = (name_), .where = NAMESPACE, .run = (run_),            \
		.expected = (expected_), .what = (what_), __VA_ARGS__          \
	}
#define SAYS(sentence) .says = (sentence)
#define ELSE(feature_, otherwise_)                                             \
	.feature = (feature_), .otherwise = (otherwise_)

static const struct row rows[] = {
	ROW("seed/S1", s1, "getcwd /mnt/tmp, / is new, /mnt is old",
	    "cwd is /tmp; pivot_root new new/mnt: the root moves, the cwd "
	    "stays where it is in the old root"),
	ROW("seed/S2", s2, "getcwd /, cwd is new, /mnt is old",
	    "cwd is /; pivot_root new new/mnt: the cwd moves too"),
	ROW("seed/S3", s3,
	    "getcwd (unreachable)/, libc's ENOENT, /proc/self/cwd is old",
	    "cwd is /; chroot new without a chdir: the cwd is outside the "
	    "root"),

	ROW("errno/none", ok_plain, "0", "everything is right", SAYS("0")),
	ERROR("capability", no_capability, "EPERM",
	      "the caller lacks CAP_SYS_ADMIN",
	      SAYS("'CAP_SYS_ADMIN' is missing where the mounts belong, or a "
		   "security module forbids it")),
	ERROR("foreign-namespace", foreign_namespace, "EPERM",
	      "the caller has it, but in a user namespace that does not own "
	      "the mount namespace",
	      SAYS("'CAP_SYS_ADMIN' is missing where the mounts belong, or a "
		   "security module forbids it")),
	ROW("errno/capability-and-missing", no_capability_missing, "ENOENT",
	    "no CAP_SYS_ADMIN, and new_root is missing",
	    ELSE(PATHS_FIRST, "EPERM")),
	ROW("errno/capability-and-file", no_capability_file, "ENOTDIR",
	    "no CAP_SYS_ADMIN, and put_old is a file",
	    ELSE(PATHS_FIRST, "EPERM")),
	ROW("errno/capability-and-loop", no_capability_loop, "ELOOP",
	    "no CAP_SYS_ADMIN, and new_root is a link to itself",
	    ELSE(PATHS_FIRST, "EPERM")),
	ROW("errno/capability-and-no-mount", no_capability_mount, "EPERM",
	    "no CAP_SYS_ADMIN, and new_root is no mount: what is known of "
	    "mounts comes last"),
	ERROR("new-missing", new_missing, "ENOENT", "new_root is missing",
	      SAYS("'/none': No such file or directory")),
	ERROR("new-empty", new_empty, "ENOENT", "new_root is an empty string"),
	ERROR("new-file", new_file, "ENOTDIR", "new_root is a file",
	      SAYS("'/file': Not a directory")),
	ERROR("new-loop", new_loop, "ELOOP", "new_root is a link to itself",
	      SAYS("'/loop': Too many levels of symbolic links")),
	ERROR("new-shut", new_shut, "EACCES",
	      "a directory on the way may not be searched",
	      SAYS("'/shut/new': Permission denied")),
	ERROR("new-long-name", new_long_name, "ENAMETOOLONG",
	      "a name has 256 bytes"),
	ERROR("new-long-path", new_long_path, "ENAMETOOLONG",
	      "the path has 4096 bytes"),
	ERROR("new-address", new_address, "EFAULT",
	      "new_root is no address of the caller"),
	ERROR("put-old-missing", put_old_missing, "ENOENT",
	      "put_old is missing",
	      SAYS("'/new/none': No such file or directory")),
	ERROR("put-old-file", put_old_file, "ENOTDIR", "put_old is a file",
	      SAYS("'/new/file': Not a directory")),
	ERROR("put-old-deleted", put_old_deleted, "ENOENT",
	      "put_old was deleted; the caller stands in it",
	      SAYS("'.' was deleted")),
	ERROR("landlock", by_landlock, "EPERM",
	      "a security module forbids it, as Landlock does to whom it "
	      "restricts",
	      ELSE(LANDLOCK, "none")),
	ERROR("shared-root", shared_root, "EINVAL",
	      "the mount of the current root is shared, on which new_root is "
	      "mounted; systemd makes it so",
	      SAYS("'/' is a shared mount; mount --make-private it")),
	ERROR("shared-put-old", shared_put_old, "EINVAL",
	      "the mount that put_old is on is shared",
	      SAYS("'/new' is a shared mount; mount --make-private it")),
	ERROR("shared-new-parent", shared_new_parent, "EINVAL",
	      "the mount that new_root is mounted on is shared",
	      SAYS("'/middle' is a shared mount; mount --make-private it")),
	ERROR("shared-root-parent", shared_root_parent, "EINVAL",
	      "the mount that the current root is mounted on is shared",
	      SAYS("'/' is mounted on a shared mount")),
	ERROR("new-detached", new_detached, "EINVAL",
	      "new_root is in no mount namespace, or in another",
	      SAYS("'.' is not below '/' in this mount namespace")),
	ERROR("root-detached", root_detached, "EINVAL",
	      "the current root is in no mount namespace, or in another",
	      SAYS("'/' is not in this mount namespace")),
	ERROR("new-locked", new_locked, "EINVAL",
	      "new_root was mounted before the caller's user namespace was "
	      "made, which locks it",
	      SAYS("'/new' was mounted by another user namespace, which locks "
		   "it; mount --bind it on itself")),
	{ .name = "errno/new-deleted",
	  .where = NAMESPACE,
	  .run = new_deleted,
	  .expected = "ENOENT",
	  .what = "new_root was deleted",
	  .then = "EINVAL",
	  SAYS("'/tmp/new' was deleted") },
	ERROR("new-is-root", new_is_root, "EBUSY",
	      "new_root is the current root",
	      SAYS("'/' is on the mount of the current root")),
	ERROR("new-directory", new_directory, "EBUSY",
	      "new_root is a directory on the mount of the current root",
	      SAYS("'/sub' is on the mount of the current root")),
	ERROR("put-old-on-root", put_old_on_root, "EBUSY",
	      "put_old is on the mount of the current root",
	      SAYS("'/sub' is on the mount of the current root")),
	ERROR("chroot", in_chroot, "EINVAL",
	      "the caller's root is a directory, not the root of a mount",
	      SAYS("'/' is a chroot into a directory, not the root of a "
		   "mount")),
	{ .name = "errno/initramfs",
	  .where = PID1,
	  .run = on_rootfs,
	  .expected = "0",
	  .what = "the mount of the current root has no parent, as that of an "
		  "initramfs",
	  SAYS("'/' has no parent mount; only switch_root can leave it"),
	  ELSE(ROOT_HAS_PARENT, "EINVAL") },
	ERROR("new-not-mount", new_not_mount, "EINVAL",
	      "new_root is a directory of another mount, not the root of one",
	      SAYS("'/new/sub' is a directory of another mount, not a mount of "
		   "its own")),
	ERROR("put-old-elsewhere", put_old_elsewhere, "EINVAL",
	      "put_old is not at or below new_root",
	      SAYS("'/other/mnt' is not below the new root")),
	ERROR("new-outside", new_outside, "EINVAL",
	      "new_root is not below the current root",
	      SAYS("'.' is not below '/' in this mount namespace")),

	ROW("use/link", follows_link, "0, / is new, /mnt is old",
	    "both paths lead through a link"),
	ROW("use/dot", dot,
	    "0, umount2(\".\", MNT_DETACH) 0, / is new, 1 in the mount table",
	    "pivot_root . . with cwd at new_root: the old root is on top of "
	    "the "
	    "new one, and umount2 takes it off",
	    SAYS("0, umount2(\".\", MNT_DETACH) 0, / is new, 1 in the mount "
		 "table")),
	ROW("use/dot-read-only", dot_read_only,
	    "0, umount2(\".\", MNT_DETACH) 0, / is new, 1 in the mount table",
	    "the same with a new root that is mounted read-only"),
	ROW("use/back", back_again, "0, / is new; 0, / is old, /new is new",
	    "a second pivot_root, back: both are where they were"),
	ROW("use/umount-idle", umount_idle, "umount2(put_old, 0) 0",
	    "nobody is left in the old root"),
	ROW("use/umount-directory", umount_directory,
	    "umount2(put_old, 0) EBUSY",
	    "a process has its cwd in a directory "
	    "of the old root",
	    .then = "0"),
	ROW("use/umount-chroot", umount_chroot, "umount2(put_old, 0) EBUSY",
	    "a process has chrooted to a directory of it", .then = "0"),
	ROW("use/umount-descriptor", umount_descriptor,
	    "umount2(put_old, 0) EBUSY",
	    "a process has a descriptor open in it", .then = "0"),
	ROW("use/umount-mapping", umount_mapping, "umount2(put_old, 0) EBUSY",
	    "a process maps a file of it, as a program does that runs from it",
	    .then = "0"),
	{ .name = "use/umount-late-copy",
	  .where = ROOT,
	  .run = late_copy,
	  .expected = "umount2(put_old, 0) 0, root new, cwd new",
	  .what = "pintle migrate --late-copy moved such a program first, "
		  "which lives on (root alone)" },
	ROW("use/namespace", same_namespace, "the same",
	    "the caller's mount namespace, before and after"),
	ROW("use/umount-mount", umount_mount, "umount2(put_old, 0) EBUSY",
	    "something is mounted in it", .then = "0"),
	ROW("use/umount-detach", umount_detach,
	    "umount2(put_old, MNT_DETACH) 0, its cwd is still old/sub",
	    "a process has its cwd in a directory of it, and it is detached"),
	ROW("use/dot-pinned", dot_pinned,
	    "umount2(\".\", 0) EBUSY, MNT_DETACH 0",
	    "a process has its cwd there, after pivot_root . ."),
	ROW("use/signal", cure, "root new, cwd new, umount2(put_old, 0) 0",
	    "that process is told to before the call: chdir(2) and chroot(2) "
	    "to "
	    "the new root"),

	ROW("moved/caller", moved_caller, "root new, cwd new",
	    "the caller, with both at the old root"),
	ROW("moved/parent", moved_parent, "root new, cwd new",
	    "a process whose child makes the call"),
	ROW("moved/exact", moved_exact, "root new, cwd new",
	    "a process with both at the old root"),
	ROW("moved/subdirectory", moved_sub, "root new, cwd old/sub",
	    "a process with its cwd in a directory"),
	ROW("moved/chroot", moved_jail, "root old/sub, cwd old/sub",
	    "a process that has chrooted to a directory"),
	ROW("moved/chroot-outside", moved_jail_outside, "root old/sub, cwd new",
	    "the same, its cwd left at the old root: each is looked at by "
	    "itself"),
	ROW("moved/descriptor", moved_descriptor,
	    "root new, cwd new, descriptor old",
	    "a process with the old root open as a file"),
	ROW("moved/thread", moved_thread, "root new, cwd new",
	    "a thread that shares both with its process"),
	ROW("moved/thread-apart", moved_thread_apart, "root new, cwd new",
	    "a thread with both of its own (CLONE_FS unshared)"),
	ROW("moved/thread-subdirectory", moved_thread_sub,
	    "root new, cwd old/sub", "the same, its cwd in a directory"),
	ROW("moved/pid-namespace", moved_pid_namespace, "root new, cwd new",
	    "a process in another pid namespace"),
	ROW("moved/mount-namespace", moved_own_namespace,
	    "root its own old, cwd its own old",
	    "a process in another mount namespace: it has a copy of the old "
	    "root"),
	ROW("moved/already", moved_new, "root new, cwd new",
	    "a process that has chrooted to the new root before"),

	ROW("chroot/others", chroot_alone, "root old, cwd old",
	    "another process, after a chroot of the caller"),
	ROW("chroot/escape", escape_chroot, "/ is old",
	    "mkdir foo; chroot foo; cd ..; chroot . after chroot alone: out "
	    "of it"),
	ROW("chroot/escape-move", escape_move, "/ is new",
	    "the same after the new root was moved over / first, as "
	    "switch_root does"),
	ROW("chroot/escape-pivot", escape_pivot, "/ is new",
	    "the same after pivot_root and umount2"),

	{ .name = "pid1/chroot",
	  .where = PID1,
	  .run = pid1_moves,
	  .expected = "root old, cwd old",
	  .what = "process 1, after it moved a root over / and did chroot(2)" },
	{ .name = "pid1/S1",
	  .where = PID1,
	  .run = pid1_s1,
	  .expected = "getcwd /mnt/tmp, / is new, /mnt is old",
	  .what = "the first experiment, by process 1 itself" },
	{ .name = "pid1/S2",
	  .where = PID1,
	  .run = pid1_s2,
	  .expected = "getcwd /, cwd is new, /mnt is old",
	  .what = "the second" },
	{ .name = "pid1/S3",
	  .where = PID1,
	  .run = pid1_s3,
	  .expected = "getcwd (unreachable)/, libc's ENOENT, "
		      "/proc/self/cwd is old",
	  .what = "the third" },
	{ .name = "pid1/kernel-thread-after-chroot",
	  .where = PID1,
	  .run = note_kernel_thread,
	  .expected = "root nullfs, cwd nullfs",
	  .what = "a kernel thread, after process 1 moved a root over / and "
		  "did "
		  "chroot(2)",
	  ELSE(KTHREADS_APART, "root old, cwd old") },
	{ .name = "pid1/child-pivots",
	  .where = PID1,
	  .run = pid1_follows,
	  .expected = "root new, cwd new",
	  .what = "process 1, after a child of it made the call" },
	{ .name = "pid1/kernel-thread",
	  .where = PID1,
	  .run = note_kernel_thread,
	  .expected = "root nullfs, cwd nullfs",
	  .what = "a kernel thread that stood there, after pivot_root(2)",
	  ELSE(KTHREADS_APART, "root new, cwd new") },
	{ .name = "pid1/back",
	  .where = PID1,
	  .run = pid1_goes_back,
	  .expected = "root old, cwd old",
	  .what = "process 1, after a child made the call the other way" },
};

/* ---- running it --------------------------------------------------------- */

static void record(const char *name, const char *what, const char *expected)
{
	fprintf(records, "%s\t%s\t%s\t%s\t%s\n", mode, name, what, expected,
		shared->observed);
	fflush(records);
}

static const char *expected_of(const struct row *row)
{
	static char text[256];
	const char *first = row->expected;

	if (!features[row->feature])
		first = row->otherwise;
	if (!row->then)
		return first;
	snprintf(text, sizeof(text), "%s; mended: %s", first, row->then);
	return text;
}

/* In a process of its own, in namespaces of its own. */
static void run_apart(void (*run)(void), bool old_root)
{
	int status = 0;
	pid_t pid;

	fflush(records);
	shared->observed[0] = '\0';
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		alarm(LIMIT_SECONDS);
		new_namespaces(strcmp(mode, "user") == 0);
		propagate("/", MS_REC | MS_PRIVATE);
		close(proc_fd);
		proc_fd = place_fd("/proc");
		if (old_root)
			make_old_root(false);
		run();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		note("(cannot fork: %s)", error_name(errno));
	else if (WIFSIGNALED(status))
		note("(signal %d ended it)", WTERMSIG(status));
}

static void probe_paths_first(void)
{
	drop(CAP_SYS_ADMIN);
	if (pivot((const char *)1, "/") == EFAULT)
		note("yes");
}

static void probe_landlock(void)
{
	if (landlock())
		note("yes");
}

static void probe_features(void)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");
	char line[4096], point[1024];
	unsigned id, parent;

	run_apart(probe_paths_first, false);
	features[PATHS_FIRST] = *shared->observed;
	run_apart(probe_landlock, false);
	features[LANDLOCK] = *shared->observed;
	while (table && fgets(line, sizeof(line), table))
		if (sscanf(line, "%u %u %*s %*s %1023s", &id, &parent, point) ==
			    3 &&
		    strcmp(point, "/") == 0)
			features[ROOT_HAS_PARENT] = id != parent;
	if (table)
		fclose(table);
	known_count = 0;
	features[KTHREADS_APART] =
		strcmp(name_of(proc_fd, "2/root"), "nullfs") == 0;
	for (int i = ALWAYS + 1; i < FEATURES; i++)
		fprintf(records, "%s\tfeature\t%s\t\t%s\n", mode,
			feature_names[i], features[i] ? "yes" : "no");
}

static void record_pintle(const struct row *row, const char *expected)
{
	char name[64], what[256];

	snprintf(name, sizeof(name), "pintle/%s", strchr(row->name, '/') + 1);
	snprintf(what, sizeof(what), "pintle pivot-root, when %s", row->what);
	record(name, what, expected);
}

static void run_namespace(void)
{
	probe_features();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];

		if (!(row->where & (strcmp(mode, "user") ? ROOT : USER)))
			continue;
		run_apart(row->run, true);
		record(row->name, row->what, expected_of(row));
		if (!row->says || pintle_fd < 0)
			continue;
		by_pintle = true;
		run_apart(row->run, true);
		by_pintle = false;
		record_pintle(row, row->says);
	}
	if (pintle_fd < 0)
		return;
	run_apart(pintle_switches, false);
	record("pintle/switch-root",
	       "mkdir foo; chroot foo; cd ..; chroot . after pintle "
	       "switch-root",
	       "pid 1, 1 / in the mount table, /proc/1/root is it, the escape "
	       "ends at /");
}

/* Root of the machine who is to be a user; not of a chroot either, in which
 * nobody may make a user namespace: in a mount namespace of one's own, to
 * enter it once more leads to its very root (fs/namespace.c, mntns_install).
 */
static void leave_chroot(void)
{
	int fd;

	if (getuid() != 0)
		return;
	check(unshare(CLONE_NEWNS) == 0, "make a mount namespace");
	fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && setns(fd, CLONE_NEWNS) == 0,
	      "enter its own mount namespace");
	close(fd);
}

static void become_user(void)
{
	check(setgid(65534) == 0 && setuid(65534) == 0, "become nobody");
	/* What is in /proc of a process that changed is root's otherwise. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* Not everywhere may a user, though root may. */
static bool user_may(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		become_user();
		new_namespaces(true);
		propagate("/", MS_REC | MS_PRIVATE);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static int run_mode(const char *which)
{
	int status = 0;
	pid_t pid;

	fflush(records);
	pid = fork();
	if (pid == 0) {
		mode = which;
		leave_chroot();
		if (strcmp(mode, "user") == 0 && getuid() == 0 && user_may())
			become_user();
		shared->observed[0] = '\0';
		close(proc_fd);
		proc_fd = place_fd("/proc");
		run_namespace();
		fflush(records);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (*shared->observed && status)
		fprintf(stderr, "semantics: %s\n", shared->observed);
	return status != 0;
}

static int be_pid1(char **argv)
{
	mkdir("/proc", 0555);
	mkdir("/run", 0755);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0 ||
	    mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		return 1;
	records = fopen(RECORDS, "we");
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pintle_fd = open("/init", O_RDONLY | O_CLOEXEC);
	if (!records || proc_fd < 0 || pintle_fd < 0)
		return 1;
	(void)run_mode("root");
	(void)run_mode("user");
	mode = "pid1";
	probe_features();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].where != PID1)
			continue;
		if (rows[i].run == on_rootfs) {
			run_apart(rows[i].run, false);
		} else {
			shared->observed[0] = '\0';
			rows[i].run();
		}
		record(rows[i].name, rows[i].what, expected_of(&rows[i]));
		if (rows[i].run != on_rootfs)
			continue;
		by_pintle = true;
		run_apart(on_rootfs, false);
		by_pintle = false;
		record_pintle(&rows[i],
			      features[ROOT_HAS_PARENT] ? "0" : rows[i].says);
	}
	fclose(records);
	close(proc_fd);
	close(pintle_fd);
	argv[0] = "/init";
	execv(argv[0], argv);
	return 1;
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	if (getpid() == 1 && argc > 1 && strcmp(argv[1], "agree") == 0)
		return agree();
	if (getpid() == 1)
		return be_pid1(argv);
	if (argc == 3 && strcmp(argv[1], "stay") == 0) {
		(void)!write(atoi(argv[2]), "", 1);
		for (;;)
			pause();
	}
	if (argc < 2 || argc > 3 ||
	    (strcmp(argv[1], "root") != 0 && strcmp(argv[1], "user") != 0)) {
		fputs("usage: semantics root|user [PINTLE]\n", stderr);
		return 2;
	}
	records = stdout;
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (argc > 2) {
		pintle_fd = open(argv[2], O_RDONLY | O_CLOEXEC);
		if (pintle_fd < 0) {
			perror(argv[2]);
			return 2;
		}
	}
	return run_mode(argv[1]);
}
