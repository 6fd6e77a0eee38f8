/* SPDX-License-Identifier: MIT */
/*
 * inject-fuse.c - an empty file system whose root lets nobody enter yet
 *
 *	inject-fuse DIR
 *
 * Mounts itself on DIR, writes a line to descriptor 3, and answers all but
 * FUSE_ACCESS, which fchdir(2) and chroot(2) wait for: that is answered, with
 * yes, from SIGUSR1 on. Numbers: include/uapi/linux/fuse.h, Linux 6.1.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { FORGET = 2, GETATTR = 3, INIT = 26, ACCESS = 34, INTERRUPT = 36 };

struct request {
	uint32_t len, opcode;
	uint64_t unique, node;
	uint32_t uid, gid, pid, padding;
	char body[131072];
};
struct reply {
	uint32_t len;
	int32_t error;
	uint64_t unique;
	uint32_t words[26]; /* what INIT and GETATTR need */
};

static volatile sig_atomic_t enter;

static void let_in(int signal)
{
	(void)signal;
	enter = 1;
}

static void answer(int fd, uint64_t unique, int error, struct reply *reply,
		   size_t body)
{
	reply->len = (uint32_t)(16 + body);
	reply->error = error;
	reply->unique = unique;
	(void)!write(fd, reply, reply->len);
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = let_in }; /* no restart */
	static struct request request;
	uint64_t held = 0;
	char options[128];
	int fd = open("/dev/fuse", O_RDWR);

	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", fd);
	if (argc != 2 || fd < 0 ||
	    mount("fuse", argv[1], "fuse", 0, options) < 0) {
		perror("inject-fuse");
		return 1;
	}
	sigaction(SIGUSR1, &action, NULL);
	(void)!write(3, "ready\n", 6);
	for (;;) {
		struct reply reply = { 0 };
		ssize_t n = read(fd, &request, sizeof(request));

		if (enter && held) {
			answer(fd, held, 0, &reply, 0);
			held = 0;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) /* ENODEV: unmounted */
			return 0;
		switch (request.opcode) {
		case FORGET:
		case INTERRUPT:
			break;
		case INIT:
			reply.words[0] = 7;
			reply.words[1] = 31;
			answer(fd, request.unique, 0, &reply, 64);
			break;
		case GETATTR:
			/* valid 8, nsec 4, pad 4, ino 8, size 8, blocks 8,
			 * three times 8 and 4, mode, nlink */
			reply.words[4] = 1;
			reply.words[19] = 040755;
			reply.words[20] = 2;
			answer(fd, request.unique, 0, &reply, 104);
			break;
		case ACCESS:
			if (enter)
				answer(fd, request.unique, 0, &reply, 0);
			else
				held = request.unique;
			break;
		default:
			answer(fd, request.unique, -ENOSYS, &reply, 0);
		}
	}
}
