/* SPDX-License-Identifier: MIT */
/*
 * others.h - the rows of semantics.c about what the calls do: to the caller, to
 * others, to process 1 and kernel threads, and before and after pintle
 */
#pragma once

#include "kit.h"

/* ---- rows: what is done with it ----------------------------------------- */

static void follows_link(void)
{
	check(symlink("new", "/link") == 0, "link");
	attempt("/link", "/link/mnt");
	note(", / is %s, /mnt is %s", name_of(AT_FDCWD, "/"),
	     name_of(AT_FDCWD, "/mnt"));
}

/* How many lines has the mount table for "/"? One that is another mount than
 * @mnt counts as a hundred. */
static int roots_in_table(uint64_t mnt)
{
	int fd = openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *table = fdopen(fd, "r");
	char line[4096], point[1024];
	unsigned long long id;
	int count = 0;

	check(table, "read the mount table");
	while (fgets(line, sizeof(line), table))
		if (sscanf(line, "%llu %*u %*s %*s %1023s", &id, point) == 2 &&
		    strcmp(point, "/") == 0)
			count += id == mnt ? 1 : 100;
	fclose(table);
	return count;
}

static void dot(void)
{
	struct place root;

	go("/new");
	attempt(".", ".");
	note(", umount2(\".\", MNT_DETACH) %s", error_name(detach(".")));
	check(place_of(AT_FDCWD, "/", &root), "look at /");
	note(", / is %s, %d in the mount table", name_of(AT_FDCWD, "/"),
	     roots_in_table(root.mnt));
}

static void dot_read_only(void)
{
	check(mount(NULL, "/new", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
		    NULL) == 0,
	      "make it read-only");
	dot();
}

static void back_again(void)
{
	attempt("/new", "/new/mnt");
	note(", / is %s; ", name_of(AT_FDCWD, "/"));
	attempt("/mnt", "/mnt/new");
	note(", / is %s, /new is %s", name_of(AT_FDCWD, "/"),
	     name_of(AT_FDCWD, "/new"));
}

/* ---- rows: helpers ------------------------------------------------------ */

static int ready[2];

__attribute__((noreturn)) static void stay(void)
{
	check(write(ready[1], "", 1) == 1, "say that it is ready");
	for (;;)
		pause();
}

/* A process that takes a place and stays there. */
static pid_t helper(void (*take)(void))
{
	char byte;
	pid_t pid;

	check(pipe2(ready, O_CLOEXEC) == 0, "make a pipe");
	pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		take();
		stay();
	}
	close(ready[1]);
	check(read(ready[0], &byte, 1) == 1, "wait for a helper");
	return pid;
}

static void let_go(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void pivot_well(void)
{
	errno = pivot("/new", "/new/mnt");
	check(errno == 0, "pivot_root");
}

/* what becomes of it */
static void moved(void (*take)(void))
{
	pid_t pid = helper(take);

	pivot_well();
	note_task(pid, pid);
	let_go(pid);
}

static void nothing(void)
{
}

static void take_sub(void)
{
	go("/sub");
}

static void take_jail(void)
{
	go("/sub");
	check(chroot(".") == 0, "chroot");
}

static void take_jail_outside(void)
{
	check(chroot("/sub") == 0, "chroot");
}

static void take_new(void)
{
	go("/new");
	check(chroot(".") == 0, "chroot");
}

static void take_descriptor(void)
{
	check(open("/", O_RDONLY) >= 0, "open /");
}

static void take_own_namespace(void)
{
	check(unshare(CLONE_NEWNS) == 0, "make a mount namespace");
}

static void take_pid_namespace(void)
{
	pid_t pid;

	check(unshare(CLONE_NEWPID) == 0, "make a pid namespace");
	pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0)
		for (;;)
			pause();
	shared->pid = pid;
}

static void moved_exact(void)
{
	moved(nothing);
}

static void moved_sub(void)
{
	moved(take_sub);
}

static void moved_jail(void)
{
	moved(take_jail);
}

static void moved_jail_outside(void)
{
	moved(take_jail_outside);
}

static void moved_new(void)
{
	moved(take_new);
}

static void moved_descriptor(void)
{
	pid_t pid = helper(take_descriptor);
	char path[32];

	pivot_well();
	note_task(pid, pid);
	for (int fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof(path), "%d/fd/%d", pid, fd);
		if (strcmp(name_of(proc_fd, path), "old") == 0)
			note(", descriptor old");
	}
	let_go(pid);
}

static void moved_own_namespace(void)
{
	moved(take_own_namespace);
}

static void moved_pid_namespace(void)
{
	pid_t pid = helper(take_pid_namespace);

	pivot_well();
	note_task(shared->pid, shared->pid);
	kill(shared->pid, SIGKILL);
	let_go(pid);
}

static void (*thread_take)(void);

static void *in_thread(void *unused)
{
	(void)unused;
	if (thread_take) {
		check(unshare(CLONE_FS) == 0, "have an fs_struct of its own");
		thread_take();
	}
	shared->pid = (int)syscall(SYS_gettid);
	stay();
}

static void take_thread(void)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, in_thread, NULL) == 0,
	      "make a thread");
	for (;;)
		pause();
}

static void moved_thread(void)
{
	pid_t pid = helper(take_thread);

	pivot_well();
	note_task(pid, shared->pid);
	let_go(pid);
}

static void moved_thread_apart(void)
{
	thread_take = nothing;
	moved_thread();
}

static void moved_thread_sub(void)
{
	thread_take = take_sub;
	moved_thread();
}

/* What becomes of who did not call it himself. */
static void moved_parent(void)
{
	if (in_child()) {
		pivot_well();
		_exit(0);
	}
	note("root %s, cwd %s", name_of(AT_FDCWD, "/"), name_of(AT_FDCWD, "."));
}

static void moved_caller(void)
{
	pivot_well();
	note("root %s, cwd %s", name_of(AT_FDCWD, "/"), name_of(AT_FDCWD, "."));
}

/* ---- rows: afterwards --------------------------------------------------- */

static void note_umount(void)
{
	note("umount2(put_old, 0) %s",
	     error_name(umount2("/mnt", 0) < 0 ? errno : 0));
}

static void umount_idle(void)
{
	pivot_well();
	note_umount();
}

static void pinned_by(void (*take)(void))
{
	pid_t pid = helper(take);

	pivot_well();
	note_umount();
	let_go(pid);
	/* Without it, to know that it was that. */
	note("; mended: %s", error_name(umount2("/mnt", 0) < 0 ? errno : 0));
}

static void umount_directory(void)
{
	pinned_by(take_sub);
}

static void umount_chroot(void)
{
	pinned_by(take_jail);
}

static void umount_descriptor(void)
{
	pinned_by(take_descriptor);
}

static void take_mapping(void)
{
	int fd = open("/file", O_RDONLY | O_CLOEXEC);

	check(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED,
	      "map a file");
	close(fd);
}

static void umount_mapping(void)
{
	pinned_by(take_mapping);
}

static void dot_pinned(void)
{
	pid_t pid = helper(take_sub);

	go("/new");
	check(pivot(".", ".") == 0, "pivot_root");
	note("umount2(\".\", 0) %s",
	     error_name(umount2(".", 0) < 0 ? errno : 0));
	note(", MNT_DETACH %s", error_name(detach(".")));
	let_go(pid);
}

static void umount_mount(void)
{
	mounted("/other");
	pivot_well();
	note_umount();
	check(umount2("/mnt/other", 0) == 0, "unmount it");
	note("; mended: %s", error_name(umount2("/mnt", 0) < 0 ? errno : 0));
}

static uint64_t own_namespace(void)
{
	struct stat st;

	check(fstatat(proc_fd, "self/ns/mnt", &st, 0) == 0, "see a namespace");
	return st.st_ino;
}

static void same_namespace(void)
{
	uint64_t before = own_namespace();

	pivot_well();
	note("%s", own_namespace() == before ? "the same" : "another");
}

/* main() does what is left of it, in a copy of this program. */
static void take_program(void)
{
	int from = openat(proc_fd, "self/exe", O_RDONLY | O_CLOEXEC);
	int to = open("/program", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char number[16];

	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	close(to);
	snprintf(number, sizeof(number), "%d", dup(ready[1]));
	execl("/program", "program", "stay", number, NULL);
	check(false, "execute a copy of this program");
}

static void late_copy(void)
{
	char number[16], said[1024];
	const char *const argv[] = { "pintle", "migrate",     "/new", "--pid",
				     number,   "--late-copy", NULL };
	int ends[2], status = 0;
	pid_t pid, mover;

	pid = helper(take_program);
	snprintf(number, sizeof(number), "%d", pid);
	check(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount /proc");
	check(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
	mover = fork();
	if (mover == 0) {
		dup2(ends[1], 1);
		become_pintle(argv, ends[1]);
	}
	hear(ends, said, sizeof(said));
	check(waitpid(mover, &status, 0) == mover, "wait for pintle");
	if (status != 0)
		note("(pintle said: %s)", said);
	check(detach("/proc") == 0, "unmount /proc");
	pivot_well();
	note_umount();
	note(", ");
	note_task(pid, pid);
	let_go(pid);
}

static void umount_detach(void)
{
	pid_t pid = helper(take_sub);

	pivot_well();
	note("umount2(put_old, MNT_DETACH) %s", error_name(detach("/mnt")));
	note(", its cwd is still ");
	note_cwd_of(pid);
	let_go(pid);
}

static void come_over(int number)
{
	(void)number;
	if (chdir("/new") < 0 || chroot(".") < 0 || chdir("/") < 0)
		_exit(1);
	stay();
}

static void take_signalled(void)
{
	take_sub();
	signal(SIGUSR1, come_over);
}

/* S signals P, P goes and says so, S pivots: nobody is left in the old root. */
static void cure(void)
{
	char byte;
	pid_t pid = helper(take_signalled);

	kill(pid, SIGUSR1);
	check(read(ready[0], &byte, 1) == 1, "wait for its answer");
	pivot_well();
	note_task(pid, pid);
	note(", ");
	note_umount();
	let_go(pid);
}

/* ---- rows: the seeds' experiments --------------------------------------- */

static void note_cwd(void)
{
	char cwd[256] = "";

	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0)
		note("getcwd %s", error_name(errno));
	else
		note("getcwd %s", cwd);
}

/* "/" of a new root that is a directory bound on itself */
static void bound_new(void)
{
	make("/bound");
	make("/bound/mnt");
	bind("/bound", "/bound");
	remember("new", AT_FDCWD, "/bound");
}

static void s1(void)
{
	bound_new();
	go("/tmp");
	check(pivot("/bound", "/bound/mnt") == 0, "pivot_root");
	note_cwd();
	note(", / is %s, /mnt is %s", name_of(AT_FDCWD, "/"),
	     name_of(AT_FDCWD, "/mnt"));
}

static void s2(void)
{
	bound_new();
	go("/");
	check(pivot("bound", "bound/mnt") == 0, "pivot_root");
	note_cwd();
	note(", cwd is %s, /mnt is %s", name_of(AT_FDCWD, "."),
	     name_of(AT_FDCWD, "/mnt"));
}

static void s3(void)
{
	char cwd[256];

	go("/");
	check(chroot("new") == 0, "chroot");
	note_cwd();
	note(", libc's %s", getcwd(cwd, sizeof(cwd)) ? cwd : error_name(errno));
	note(", /proc/self/cwd is %s", name_of(proc_fd, "self/cwd"));
}

/* ---- rows: chroot, and out of it ---------------------------------------- */

/* "mkdir foo; chroot foo; cd ..; chroot ." */
static void escape(void)
{
	check(mkdir("foo", 0700) == 0 && chroot("foo") == 0, "chroot foo");
	for (int i = 0; i < 64; i++)
		go("..");
	check(chroot(".") == 0, "chroot .");
}

static void escape_chroot(void)
{
	go("/new");
	check(chroot(".") == 0, "chroot");
	escape();
	note("/ is %s", name_of(AT_FDCWD, "/"));
}

static void escape_move(void)
{
	go("/new");
	check(mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0,
	      "move it over /");
	escape();
	note("/ is %s", name_of(AT_FDCWD, "/"));
}

static void escape_pivot(void)
{
	go("/new");
	check(pivot(".", ".") == 0 && detach(".") == 0, "pivot_root");
	escape();
	note("/ is %s", name_of(AT_FDCWD, "/"));
}

static void chroot_alone(void)
{
	pid_t pid = helper(nothing);

	go("/new");
	check(chroot(".") == 0, "chroot");
	note_task(pid, pid);
	let_go(pid);
}

/* ---- rows: pintle's switch ---------------------------------------------- */

/* What the new root's init finds; on standard output. */
static int agree(void)
{
	struct place root, other;

	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(place_of(AT_FDCWD, "/", &root), "look at /");
	note("pid %d, %d / in the mount table", getpid(),
	     roots_in_table(root.mnt));
	check(place_of(proc_fd, "1/root", &other), "look at /proc/1/root");
	note(", /proc/1/root %s", same(&root, &other) ? "is it" : "is not it");
	go("/");
	escape();
	check(place_of(AT_FDCWD, "/", &other), "look at /");
	note(", the escape ends at %s",
	     same(&root, &other) && root.mnt == other.mnt ? "/" : "another");
	printf("%s\n", shared->observed);
	return 0;
}

/* "switch" is made by process 1 of a pid namespace. */
static void pintle_switches(void)
{
	const char *const argv[] = { "switch_root", "/new", "/agree", "agree",
				     NULL };
	char said[1024], buffer[65536];
	int ends[2], from, to;
	ssize_t n;
	pid_t pid;

	check(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
	from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	check(unshare(CLONE_NEWPID) == 0, "make a pid namespace");
	pid = fork();
	if (pid == 0) {
		make_old_root(true);
		to = open("/new/agree", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
		while ((n = read(from, buffer, sizeof(buffer))) > 0)
			check(write(to, buffer, (size_t)n) == n, "copy");
		close(to);
		dup2(ends[1], 1);
		become_pintle(argv, ends[1]);
	}
	hear(ends, said, sizeof(said));
	waitpid(pid, NULL, 0);
	/* pintle's own lines come first */
	for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		if (!strstr(line, " switch done, "))
			note("%s", line);
}

/* ---- rows: what only process 1 sees ------------------------------------- */

/* These are run by process 1 itself, in this order, each going on from where
 * the one before left it. */
static struct {
	int first, old; /* "/" before and now */
} pid1;

static void note_kernel_thread(void)
{
	note("root %s, ", name_of(proc_fd, "2/root"));
	note("cwd %s", name_of(proc_fd, "2/cwd"));
}

static void note_pid1(void)
{
	note("root %s, ", name_of(proc_fd, "1/root"));
	note("cwd %s", name_of(proc_fd, "1/cwd"));
}

static void pid1_moves(void)
{
	pid1.first = place_fd("/");
	mounted("/old");
	go("/old");
	check(mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0,
	      "move it over /");
	go("/");
	pid1.old = place_fd("/");
	mounted("/new");
	make("/tmp");
	known_count = 0;
	remember("old", AT_FDCWD, "/");
	remember("new", AT_FDCWD, "/new");
	note_pid1();
}

/* The experiments by process 1 itself, after each of which all is as before. */
static void pid1_bound(void (*run)(void))
{
	unsigned count = known_count;

	run();
	check(pivot("/mnt", "/mnt/bound") == 0 && umount2("/bound", 0) == 0,
	      "go back");
	check(rmdir("/bound/mnt") == 0 && rmdir("/bound") == 0, "clean");
	go("/");
	known_count = count;
}

static void pid1_s1(void)
{
	pid1_bound(s1);
}

static void pid1_s2(void)
{
	pid1_bound(s2);
}

static void pid1_s3(void)
{
	s3();
	enter(pid1.old);
	check(chroot(".") == 0, "chroot");
}

static void pid1_follows(void)
{
	if (in_child()) {
		pivot_well();
		_exit(0);
	}
	note_pid1();
}

static void pid1_goes_back(void)
{
	if (in_child()) {
		check(pivot("/mnt", "/mnt/new") == 0, "pivot_root");
		_exit(0);
	}
	note_pid1();
	enter(pid1.first);
	check(chroot(".") == 0, "chroot");
	enter(pid1.old);
	check(detach(".") == 0, "detach the old root");
	go("/");
	close(pid1.first);
	close(pid1.old);
	rmdir("/old");
}
