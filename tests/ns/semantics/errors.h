/* SPDX-License-Identifier: MIT */
/*
 * errors.h - the rows of semantics.c about errors: the call with one thing
 * wrong, and again with that mended
 */
#pragma once

#include "kit.h"

/* ---- rows: errors ------------------------------------------------------- */

static void ok_plain(void)
{
	attempt("/new", "/new/mnt");
}

/* in a child, as the capability does not come back */
static void without(const char *new_root, const char *put_old)
{
	if (in_child()) {
		drop(CAP_SYS_ADMIN);
		attempt(new_root, put_old);
		_exit(0);
	}
}

static void no_capability(void)
{
	without("/new", "/new/mnt");
	usual();
}

static void foreign_namespace(void)
{
	if (in_child()) {
		check(unshare(CLONE_NEWUSER) == 0, "make a user namespace");
		attempt("/new", "/new/mnt");
		_exit(0);
	}
	usual();
}

static void no_capability_missing(void)
{
	without("/none", "/new/mnt");
}

static void no_capability_file(void)
{
	without("/new", "/file");
}

static void no_capability_loop(void)
{
	check(symlink("loop", "/loop") == 0, "link");
	without("/loop", "/new/mnt");
}

static void no_capability_mount(void)
{
	without("/sub", "/new/mnt");
}

static void new_missing(void)
{
	attempt("/none", "/new/mnt");
	usual();
}

static void new_empty(void)
{
	attempt("", "/new/mnt");
	usual();
}

static void new_file(void)
{
	attempt("/file", "/new/mnt");
	usual();
}

static void new_loop(void)
{
	check(symlink("loop", "/loop") == 0, "link");
	attempt("/loop", "/new/mnt");
	usual();
}

static void new_shut(void)
{
	make("/shut");
	mounted("/shut/new");
	check(chmod("/shut", 0) == 0, "chmod");
	if (in_child()) {
		drop(CAP_DAC_OVERRIDE);
		drop(CAP_DAC_SEARCH);
		attempt("/shut/new", "/shut/new/mnt");
		_exit(0);
	}
	mended("/shut/new", "/shut/new/mnt");
}

static char long_name[5000];

static void new_long_name(void)
{
	memset(long_name, 'a', 256);
	attempt(long_name, "/new/mnt");
	usual();
}

static void new_long_path(void)
{
	for (size_t i = 0; i < 4096; i += 2)
		memcpy(long_name + i, "./", 2);
	attempt(long_name, "/new/mnt");
	usual();
}

static void new_address(void)
{
	note("%s", error_name(pivot((const char *)1, "/new/mnt")));
	usual();
}

static void put_old_missing(void)
{
	attempt("/new", "/new/none");
	usual();
}

static void put_old_file(void)
{
	write_file("/new/file", "");
	attempt("/new", "/new/file");
	usual();
}

static void put_old_deleted(void)
{
	go("/new/mnt");
	check(rmdir("/new/mnt") == 0, "remove the directory");
	attempt("/new", ".");
	make("/new/mnt");
	go("/new/mnt");
	mended("/new", ".");
}

static bool landlock(void)
{
	uint64_t handled = 1 << 2; /* LANDLOCK_ACCESS_FS_READ_FILE */
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled,
				 sizeof(handled), 0);

	return rules >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

/* security/landlock/fs.c: hook_sb_pivotroot() */
static void by_landlock(void)
{
	if (in_child()) {
		if (landlock())
			attempt("/new", "/new/mnt");
		else
			note("none");
		_exit(0);
	}
	usual();
}

static void shared_root(void)
{
	propagate("/", MS_SHARED);
	attempt("/new", "/new/mnt");
	propagate("/", MS_PRIVATE);
	usual();
}

static void shared_put_old(void)
{
	propagate("/new", MS_SHARED);
	attempt("/new", "/new/mnt");
	propagate("/new", MS_PRIVATE);
	usual();
}

static void shared_new_parent(void)
{
	mounted("/middle");
	mounted("/middle/new");
	propagate("/middle", MS_SHARED);
	attempt("/middle/new", "/middle/new/mnt");
	propagate("/middle", MS_PRIVATE);
	mended("/middle/new", "/middle/new/mnt");
}

/* Another old root on one that can still be reached: what it returns. The
 * other's lock, if it came from another user namespace, this one does not have.
 */
static int other_root(void)
{
	int below;

	mounted("/middle");
	mounted("/middle/old");
	mounted("/middle/old/new");
	give_proc("/middle/old");
	below = place_fd("/middle");
	go("/middle/old");
	check(chroot(".") == 0, "chroot");
	return below;
}

static void shared_root_parent(void)
{
	int below = other_root();

	enter(below);
	propagate(".", MS_SHARED);
	attempt("/new", "/new/mnt");
	propagate(".", MS_PRIVATE);
	usual();
}

static void new_detached(void)
{
	int tree = clone_tree(AT_FDCWD, "/new");

	enter(tree);
	attempt(".", ".");
	move_tree(tree, place_fd("/tmp"));
	mended(".", ".");
}

static void root_detached(void)
{
	int tree, to = place_fd("/tmp");

	mounted("/outer");
	mounted("/outer/old");
	mounted("/outer/old/new");
	give_proc("/outer/old");
	tree = clone_tree(AT_FDCWD, "/outer");
	enter(openat(tree, "old", O_PATH | O_CLOEXEC));
	check(chroot(".") == 0, "chroot");
	attempt("/new", "/new/mnt");
	move_tree(tree, to);
	usual();
}

static void new_locked(void)
{
	if (!in_child())
		return;
	new_namespaces(true);
	attempt("/new", "/new/mnt");
	bind("/new", "/new");
	usual();
	_exit(0);
}

/* "; mended" is the error of the next check: the call cannot be right. */
static void new_deleted(void)
{
	mounted("/other");
	make("/gone");
	make("/tmp/new");
	bind("/gone", "/tmp/new");
	check(rmdir("/gone") == 0, "remove the directory");
	attempt("/tmp/new", "/other/mnt");
	mended("/new", "/other/mnt");
}

static void new_is_root(void)
{
	other_root();
	attempt("/", "/new/mnt");
	usual();
}

static void new_directory(void)
{
	other_root();
	attempt("/sub", "/sub");
	bind("/sub", "/sub");
	mended("/sub", "/sub");
}

static void put_old_on_root(void)
{
	attempt("/new", "/sub");
	usual();
}

static void in_chroot(void)
{
	make("/jail");
	mounted("/jail/new");
	give_proc("/jail");
	if (in_child()) {
		check(chroot("/jail") == 0, "chroot");
		attempt("/new", "/new/mnt");
		_exit(0);
	}
	bind("/jail", "/jail");
	check(chroot("/jail") == 0, "chroot");
	usual();
}

static void new_not_mount(void)
{
	attempt("/new/sub", "/new/sub/mnt");
	bind("/new/sub", "/new/sub");
	mended("/new/sub", "/new/sub/mnt");
}

static void put_old_elsewhere(void)
{
	mounted("/other");
	attempt("/new", "/other/mnt");
	usual();
}

static void new_outside(void)
{
	int beside, place;

	mounted("/jail");
	give_proc("/jail");
	beside = place_fd("/new");
	place = place_fd("/jail/mnt");
	check(chroot("/jail") == 0, "chroot");
	enter(beside);
	attempt(".", ".");
	move_tree(beside, place);
	mended(".", ".");
}

/* Of process 1's initramfs itself, in a copy of its mount namespace. */
static void on_rootfs(void)
{
	mounted("/rootfs-new");
	attempt("/rootfs-new", "/rootfs-new/mnt");
}
