/* SPDX-License-Identifier: MIT */
/*
 * pin-fuse.c - a file system whose server stops answering
 *
 *	pin-fuse DIR
 *
 * Mounts itself on DIR, writes a line, and answers: each name there is the same
 * file of 64 KiB. From SIGUSR1 on it answers nothing. Numbers:
 * include/uapi/linux/fuse.h, Linux 6.1.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

enum {
	LOOKUP = 1,
	FORGET = 2,
	GETATTR = 3,
	OPEN = 14,
	READ = 15,
	INIT = 26,
	INTERRUPT = 36
};
enum { SIZE = 65536 };

struct request {
	uint32_t len, opcode;
	uint64_t unique, node;
	uint32_t uid, gid, pid, padding;
	uint64_t handle, offset; /* of READ */
	uint32_t bytes;
	char rest[131072];
};
struct reply {
	uint32_t len;
	int32_t error;
	uint64_t unique;
	union {
		uint32_t words[32];
		char data[SIZE];
	} body;
};

static void be_silent(int signal)
{
	(void)signal;
	for (;;)
		pause();
}

/* ino 8, size 8, blocks 8, times 3 * 8 and 3 * 4, mode, nlink */
static void attributes(uint32_t *words, uint64_t node)
{
	words[0] = (uint32_t)node;
	words[2] = node == 1 ? 0 : SIZE;
	words[4] = node == 1 ? 0 : SIZE / 512;
	words[15] = node == 1 ? 040755 : 0100644;
	words[16] = node == 1 ? 2 : 1;
}

/* Returns how many bytes follow the head, or -errno. */
static int answer(const struct request *request, struct reply *reply)
{
	switch (request->opcode) {
	case INIT:
		reply->body.words[0] = 7;
		reply->body.words[1] = 31;
		return 64;
	case LOOKUP: /* node 8, generation 8, valid 8 + 8 + 4 + 4 */
		reply->body.words[0] = 2;
		attributes(reply->body.words + 10, 2);
		return 128;
	case GETATTR: /* valid 8 + 4 + 4 */
		attributes(reply->body.words + 4, request->node);
		return 104;
	case OPEN:
		return 16;
	case READ:
		return request->offset >= SIZE ? 0
		       : request->bytes < SIZE - request->offset
			       ? (int)request->bytes
			       : (int)(SIZE - request->offset);
	default:
		return -ENOSYS;
	}
}

int main(int argc, char *argv[])
{
	static struct request request;
	int fd = open("/dev/fuse", O_RDWR);
	char options[128];

	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", fd);
	if (argc != 2 || fd < 0 ||
	    mount("fuse", argv[1], "fuse", 0, options) < 0) {
		perror("pin-fuse");
		return 1;
	}
	signal(SIGUSR1, be_silent);
	puts("ready");
	fflush(stdout);
	while (read(fd, &request, sizeof(request)) >= 0) {
		static const struct reply empty;
		static struct reply reply;
		int bytes;

		if (request.opcode == FORGET || request.opcode == INTERRUPT)
			continue;
		reply = empty;
		bytes = answer(&request, &reply);
		reply.error = bytes < 0 ? bytes : 0;
		reply.len = 16 + (bytes < 0 ? 0 : (uint32_t)bytes);
		reply.unique = request.unique;
		(void)!write(fd, &reply, reply.len);
	}
	return 0; /* it was unmounted */
}
