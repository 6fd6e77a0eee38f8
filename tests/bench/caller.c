/* SPDX-License-Identifier: MIT */
/*
 * caller - the /init that calls a switch_root: everything is mounted, the new
 * root is there, and the clock is read right before
 *
 * /order has the words to execute, one a line. What comes behind them are the
 * time, and how much of it this process ran, as arguments of the new init,
 * which is arrival. The word "-" is for the least there can be, done here:
 * three system calls, and nothing freed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define WORDS 16

static void copy(const char *from, const char *to)
{
	static char data[262144];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	ssize_t n;

	while ((n = read(in, data, sizeof(data))) > 0)
		(void)!write(out, data, (size_t)n);
	close(in);
	close(out);
}

static long long ns_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void)
{
	static const char *const made[] = { "dev", "proc", "sys",  "run",
					    "etc", "tmp",  "sbin", "bin" };
	static char order[1024], stamp[64], ran[64];
	char *words[WORDS + 3], path[64];
	int count = 0, fd;

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/%s", made[i]);
		mkdir(path, 0755);
	}
	mkdir("/new", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("run", "/run", "tmpfs", 0, "mode=755");
	if (mount("new", "/new", "tmpfs", 0, "mode=755") < 0)
		return 2;
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		snprintf(path, sizeof(path), "/new/%s", made[i]);
		mkdir(path, 0755);
	}
	copy("/arrival", "/new/sbin/init");
	/* klibc opens it in the new root and does not move /dev there */
	mknod("/new/dev/console", S_IFCHR | 0600, makedev(5, 1));
	fd = open("/order", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, order, sizeof(order) - 1) <= 0)
		return 3;
	for (char *word = strtok(order, "\n"); word && count < WORDS;
	     word = strtok(NULL, "\n"))
		words[count++] = word;
	words[count++] = stamp;
	words[count++] = ran;
	words[count] = NULL;
	snprintf(ran, sizeof(ran), "called_ran=%lld",
		 ns_of(CLOCK_PROCESS_CPUTIME_ID));
	snprintf(stamp, sizeof(stamp), "called=%lld", ns_of(CLOCK_MONOTONIC));
	if (words[0][0] != '-')
		execv(words[0], words);
	else if (chdir("/new") == 0 &&
		 mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0)
		execv("/sbin/init", words + 2);
	return 4;
}
