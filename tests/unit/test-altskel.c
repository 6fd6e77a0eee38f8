/* SPDX-License-Identifier: MIT */
#include "altroot/altskel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "tap.h"

static char root[64];

static char *at(const char *path)
{
	static char full[4][4096];
	static unsigned next;
	char *buf = full[next++ % 4];

	snprintf(buf, sizeof(full[0]), "%s/%s", root, path);
	return buf;
}

static unsigned mode(const char *path)
{
	struct stat st;

	return lstat(at(path), &st) < 0 ? 0 : (unsigned)st.st_mode;
}

/* A skeleton in which somebody has been: each name is a link that leads out. */
static void pre_placed(int made)
{
	const struct sys_stat like = { .mode = 0777,
				       .uid = getuid(),
				       .gid = getgid() };

	is_int(altskel_make_file(made, "to-none"), -EEXIST,
	       "a file where a link is");
	is_int(mode("outside/none"), 0, "and nothing is made by the link");
	is_int(altskel_make_file(made, "to-file"), -EEXIST,
	       "a file where a link to one is");
	is_int(altskel_make_directory(made, "to-dir"), -EEXIST,
	       "a directory where a link to one is");
	is_int(altskel_directory(made, "to-dir"), -ENOTDIR,
	       "a link to a directory is not opened");
	is_int(altskel_directory(made, "sub/up/dir"), -ELOOP,
	       "nor gone through");
	is_int(altskel_directory(made, ".."), -EXDEV, "nor what is above");
	is_int(altskel_make_link(made, "to-dir", "elsewhere"), -EEXIST,
	       "a link where another is");
	is_int(altskel_make_link(made, "to-dir", at("outside/dir")), 0,
	       "a link where exactly that is");
	is_int(altskel_own(made, &like), 0, "the mode of a directory");
	is_int(mode("skel") & 07777, 0777, "it is that");
	is_int(mode("outside/dir") & 07777, 0700, "and no other's is");
}

static void removed(int made)
{
	is_int(altskel_remove(made, made, "to-dir"), 0, "a link is removed");
	is_int(mode("skel/to-dir"), 0, "it is gone");
	is_int(altskel_remove(made, made, "to-dir"), 0, "and once more");
	is_int(altskel_remove(made, made, "sub"), 0,
	       "a directory with links in it is removed");
	is_int(mode("skel/sub"), 0, "it is gone too");
	ok(mode("outside/dir/file") != 0, "what they lead to is not");
	is_int(altskel_empty(made, made), 0, "all is removed");
	ok(mode("outside/file") != 0, "and nothing outside");
}

/* Mounts have ids: another directory's is the same here, its device is not. */
static void another(int made)
{
	const struct sys_stat like = { .mode = 0777 };
	int proc = open("/proc", O_RDONLY | O_DIRECTORY);

	is_int(altskel_own(proc, &like), -EXDEV,
	       "a directory that is not the skeleton's is not changed");
	is_int(altskel_empty(proc, proc), -EXDEV, "nor emptied");
	is_int(altskel_remove(proc, proc, "self"), -EXDEV,
	       "nor is a name in it removed");
	is_int(altskel_is_shown(proc, made), -EXDEV,
	       "nor is it a directory of the view");
	is_int(altskel_is_shown(made, made), 0, "as the skeleton's own is");
	close(proc);
}

int main(void)
{
	int made;

	strcpy(root, "/tmp/pintle-altskel-XXXXXX");
	if (!mkdtemp(root))
		abort();
	if (mkdir(at("skel"), 0700) < 0 || mkdir(at("outside"), 0700) < 0 ||
	    mkdir(at("outside/dir"), 0700) < 0 ||
	    mkdir(at("skel/sub"), 0700) < 0)
		abort();
	close(open(at("outside/file"), O_CREAT | O_WRONLY, 0600));
	close(open(at("outside/dir/file"), O_CREAT | O_WRONLY, 0600));
	if (symlink(at("outside/none"), at("skel/to-none")) < 0 ||
	    symlink(at("outside/file"), at("skel/to-file")) < 0 ||
	    symlink(at("outside/dir"), at("skel/to-dir")) < 0 ||
	    symlink(at("outside/dir"), at("skel/sub/up")) < 0)
		abort();
	made = open(at("skel"), O_RDONLY | O_DIRECTORY);
	is_int(altskel_prove_by(made), 0, "a skeleton");
	pre_placed(made);
	another(made);
	removed(made);

	is_int(altskel_make_directory(made, "d"), 0, "a directory");
	is_int(altskel_make_directory(made, "d"), 0, "the same again");
	is_int(altskel_make_file(made, "d"), -EEXIST, "a file there");
	is_int(altskel_replace_by_link(made, "d", "text"), -EISDIR,
	       "a link in its place");
	is_int(altskel_make_file(made, "f"), 0, "a file");
	is_int(altskel_make_file(made, "f"), 0, "the same file again");
	is_int(altskel_replace_by_link(made, "f", "text"), 0,
	       "a link in place of a file");
	ok(S_ISLNK(mode("skel/f")), "it is a link");
	is_int(mode("skel/.pintle-new"), 0, "and nothing is left beside it");
	altskel_empty(made, made);
	close(made);
	unlink(at("outside/dir/file"));
	unlink(at("outside/file"));
	rmdir(at("outside/dir"));
	rmdir(at("outside"));
	rmdir(at("skel"));
	rmdir(root);
	return tap_done();
}
