/* SPDX-License-Identifier: MIT */
/*
 * floor - the least that an initramfs's init can do: load the drivers it was
 * compiled with, mount the device it was compiled with, execute the real init
 *
 * It finds nothing, proves nothing, frees nothing and tells nothing, so whoever
 * comes near to it does little else than the kernel does for both.
 *
 *   MODULES  "PATH", ... in the order they are loaded
 *   DEVICE   "/dev/...", and its TYPE
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* FLAGS: 4 is MODULE_INIT_COMPRESSED_FILE, include/uapi/linux/module.h */

static const char *const modules[] = { MODULES NULL };

int main(int argc, char **argv, char **envp)
{
	static const struct timespec moment = { .tv_nsec = 100000 };

	(void)argc;
	mkdir("/dev", 0755);
	mkdir("/real", 0755);
	for (size_t i = 0; modules[i]; i++) {
		int fd = open(modules[i], O_RDONLY | O_CLOEXEC);

		/* ENODEV: not for this CPU */
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", FLAGS) < 0 &&
			       errno != ENODEV))
			return 2;
		close(fd);
	}
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	while (mount(DEVICE, "/real", TYPE, MS_RDONLY, NULL) < 0)
		if (errno != ENOENT && errno != ENXIO)
			return 3;
		else
			nanosleep(&moment, NULL);
	mount("/dev", "/real/dev", NULL, MS_MOVE, NULL);
	if (chdir("/real") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    chroot(".") < 0)
		return 4;
	argv[0] = "/sbin/init";
	execve(argv[0], argv, envp);
	return 5;
}
