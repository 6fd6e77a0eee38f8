/* SPDX-License-Identifier: MIT */
/* On which file systems may a process lie that serves storage? The devices are
 * those of this machine. */
#include "helper/serves.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "helper/pins.h"
#include "tap.h"

static const struct {
	const char *type;
	bool serves;
} without_device[] = {
	{ "tmpfs", false },	{ "ramfs", false }, { "rootfs", false },
	{ "overlay", true },	{ "btrfs", true },  { "fuse", true },
	{ "fuse.sshfs", true }, { "", true },
};

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count == 2; /* "." and ".." */
}

/* A block device whose name begins with @prefix, with nothing below it and no
 * partition; "": any that is no loop device. Returns whether there is one. */
static bool find_device(const char *prefix, struct pins_target *target)
{
	DIR *dir = opendir("/sys/class/block");
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		unsigned numbers[2];
		char path[400];
		FILE *file;

		if (entry->d_name[0] == '.' ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    (!*prefix && strncmp(entry->d_name, "loop", 4) == 0))
			continue;
		snprintf(path, sizeof(path), "/sys/class/block/%s/partition",
			 entry->d_name);
		if (access(path, F_OK) == 0)
			continue;
		/* Those that lie on others have them there. */
		snprintf(path, sizeof(path), "/sys/class/block/%s/slaves",
			 entry->d_name);
		if (!is_empty(path))
			continue;
		snprintf(path, sizeof(path), "/sys/class/block/%s/dev",
			 entry->d_name);
		file = fopen(path, "re");
		found = file &&
			fscanf(file, "%u:%u", &numbers[0], &numbers[1]) == 2;
		if (file)
			fclose(file);
		target->sb_dev = SYS_DEV(numbers[0], numbers[1]);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* What cannot be seen may be there. */
static void test_unseen(const struct pin *pin)
{
	struct rlimit before, none = { 0, 0 };

	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		return;
	none.rlim_max = before.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &none);
	ok(serves_storage(pin), "who cannot be looked into may serve it");
	(void)setrlimit(RLIMIT_NOFILE, &before);
	ok(!serves_storage(&(struct pin){ .pid = 1 << 22, .name = "x" }),
	   "who has ended does not");
}

/* Does @pin seem to serve storage where each call @nr fails? */
static bool serves_where(unsigned nr, unsigned error, const struct pin *pin)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]), .filter = filter
	};
	int status = 0;
	int pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(2);
		_exit(serves_storage(pin));
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) != 2,
	   "the filter for call %u, error %u", nr, error);
	return WEXITSTATUS(status) == 1;
}

/* What can be opened in /proc and not be looked at. */
static void test_unread(const struct pin *pin)
{
	static const struct {
		unsigned nr;
		const char *what;
	} calls[] = {
		{ SYS_getdents64, "the directory" },
		{ SYS_statx, "a descriptor" },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		unsigned nr = calls[i].nr;
		const char *what = calls[i].what;

		ok(serves_where(nr, ENOMEM, pin),
		   "%s, memory was short: it may serve it", what);
		ok(serves_where(nr, EACCES, pin),
		   "%s is forbidden: it may serve it", what);
		ok(!serves_where(nr, ENOENT, pin),
		   "%s, it ended meanwhile: it does not", what);
	}
}

static void *go_on(void *unused)
{
	(void)pause();
	return unused;
}

/* A server whose first thread has ended. */
static void test_headless(void)
{
	struct pin pin = { .name = "sshfs" };
	int fd = open("/dev/fuse", O_RDWR);
	char path[32], text[512] = "";

	pin.pid = fd < 0 ? 0 : fork();
	if (pin.pid == 0 && fd >= 0) {
		pthread_t thread;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pthread_create(&thread, NULL, go_on, NULL);
		syscall(SYS_exit, 0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pin.pid);
	while (fd >= 0 && !strstr(text, ") Z")) {
		FILE *file = fopen(path, "re");

		if (!file || !fgets(text, sizeof(text), file))
			break;
		fclose(file);
	}
	close(fd);
	if (fd < 0)
		ok(true, "a server without its first thread # SKIP no "
			 "/dev/fuse");
	else
		ok(serves_storage(&pin), "a server without its first thread");
	if (pin.pid > 0)
		(void)kill(pin.pid, SIGKILL);
}

int main(void)
{
	struct pin fuse = { .pid = getpid(), .name = "sshfs" };
	struct pin nbd = { .pid = getpid(), .name = "nbd-client" };
	struct pins_target target = { 0 };

	for (size_t i = 0;
	     i < sizeof(without_device) / sizeof(without_device[0]); i++) {
		snprintf(target.type, sizeof(target.type), "%s",
			 without_device[i].type);
		is_int(serves_mount(&fuse, &target), without_device[i].serves,
		       "a FUSE server, and '%s'", without_device[i].type);
	}
	ok(serves_storage(&nbd), "nbd-client serves storage");
	ok(!serves_storage(&fuse), "who has no FUSE connection does not");
	test_unseen(&fuse);
	test_unread(&fuse);
	test_headless();

	strcpy(target.type, "ext4");
	target.sb_dev = SYS_DEV(4095, 9);
	ok(serves_mount(&fuse, &target), "a device that is not known");
	if (find_device("loop", &target))
		ok(serves_mount(&fuse, &target), "a loop device");
	if (find_device("", &target)) {
		ok(!serves_mount(&fuse, &target), "a disk");
		ok(!serves_mount(&nbd, &target), "a disk, and nbd-client");
		strcpy(target.type, "fuseblk");
		ok(serves_mount(&fuse, &target), "a disk with a server");
	}
	return tap_done();
}
