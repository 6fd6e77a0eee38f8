/* SPDX-License-Identifier: MIT */
/*
 * probe-tool - shows what src/probe makes of files, and damages them on purpose
 *
 *	probe-tool FILE [SECTOR_BYTES]
 *		prints USE=, TYPE=, UUID=, LABEL=, DEVICES=, READS=, one a line
 *	probe-tool partition FILE NUMBER [SECTOR_BYTES]
 *		prints one entry of a partition table
 *	probe-tool mutate COUNT SEED FILE
 *		COUNT times, gives random values to some bytes where superblocks
 *		are. Each time src/probe must not crash, and its type must be
 *		that of blkid, or none. At the end the file is what it was.
 *	probe-tool fuzz COUNT SEED FILE
 *		the same in memory and without blkid: ../fuzz/fuzz-probe.c judges
 *
 * Made for probe-vs-blkid.sh; build it with sanitizers.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/probe.h"

/* fuzz-probe.c */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned reads;

static long read_file(void *ctx, uint64_t offset, void *buf, size_t len)
{
	ssize_t n = pread(*(int *)ctx, buf, len, (off_t)offset);

	reads++;
	return n < 0 ? -errno : (long)n;
}

static const char *const uses[] = {
	[PROBE_NOTHING] = "nothing", [PROBE_FILESYSTEM] = "filesystem",
	[PROBE_MEMBER] = "member",   [PROBE_SWAP] = "swap",
	[PROBE_TABLE] = "table",     [PROBE_AMBIVALENT] = "ambivalent",
	[PROBE_DAMAGED] = "damaged",
};

static int die(const char *what, const char *object, int error)
{
	fprintf(stderr, "probe-tool: %s '%s': %s\n", what, object,
		strerror(error));
	return 2;
}

static int open_source(const char *path, int flags, int *fd,
		       struct probe_source *source, const char *sector_bytes)
{
	struct stat st;

	*fd = open(path, flags | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return -errno;
	if (S_ISBLK(st.st_mode))
		st.st_size = lseek(*fd, 0, SEEK_END);
	*source = (struct probe_source){
		.read = read_file,
		.ctx = fd,
		.bytes = (uint64_t)st.st_size,
		.sector_bytes =
			sector_bytes ? (unsigned)atoi(sector_bytes) : 512,
	};
	return 0;
}

static int show(const char *path, const char *sector_bytes)
{
	struct probe_source source;
	struct probe probe;
	int fd, r;

	r = open_source(path, O_RDONLY, &fd, &source, sector_bytes);
	if (!r)
		r = probe_content(&source, &probe);
	if (r < 0)
		return die("read", path, -r);
	printf("USE=%s\nTYPE=%s\nUUID=%s\nLABEL=%s\nDEVICES=%u\nREADS=%u\n",
	       uses[probe.use], probe.type, probe.uuid, probe.label,
	       probe.devices, reads);
	return 0;
}

static int show_partition(const char *path, const char *number,
			  const char *sector_bytes)
{
	struct probe_source source;
	struct probe_partition partition;
	int fd, r;

	r = open_source(path, O_RDONLY, &fd, &source, sector_bytes);
	if (!r)
		r = probe_partition(&source, (unsigned)atoi(number),
				    &partition);
	if (r < 0)
		return die("read the partition of", path, -r);
	printf("UUID=%s\nLABEL=%s\nTYPE=%s\nFLAGS=0x%" PRIx64 "\n",
	       partition.uuid, partition.label, partition.type,
	       partition.attributes);
	return 0;
}

/* "" if there is none, or more than one */
static void ask_blkid(const char *path, char *type, size_t size)
{
	char command[4200];
	FILE *blkid;

	snprintf(command, sizeof(command),
		 "blkid -p -o value -s TYPE '%s' 2>/dev/null", path);
	type[0] = '\0';
	blkid = popen(command, "r");
	if (!blkid)
		return;
	if (!fgets(type, (int)size, blkid))
		type[0] = '\0';
	type[strcspn(type, "\n")] = '\0';
	pclose(blkid);
}

static int mutate(unsigned count, unsigned seed, const char *path)
{
	/* where a superblock or what it points to is */
	static const struct {
		uint64_t at;
		unsigned bytes;
	} areas[] = {
		{ 0, 512 },	   { 0, 0x1200 },      { 0x400, 0x200 },
		{ 0x1000, 0x200 }, { 0x4000, 0x200 },  { 0x8000, 0x400 },
		{ 0x8800, 0x100 }, { 0x10000, 0x400 },
	};
	enum { MOST = 8 };
	unsigned claimed = 0, wrong = 0, blkid_only = 0;
	struct probe_source source;
	int fd, r;

	r = open_source(path, O_RDWR, &fd, &source, NULL);
	if (r < 0)
		return die("open", path, -r);
	srandom(seed);
	for (unsigned i = 0; i < count; i++) {
		unsigned n = 1 + (unsigned)random() % MOST;
		uint64_t at[MOST];
		char before[MOST], type[64];
		struct probe probe;

		for (unsigned k = 0; k < n; k++) {
			unsigned a = (unsigned)random() % 9;
			char value = (char)(random() % 3 ? random()
							 : random() % 2 - 1);

			at[k] = a == 8 ? source.bytes -
						 (uint64_t)random() % 0x20000
				       : areas[a].at + (uint64_t)random() %
							       areas[a].bytes;
			at[k] %= source.bytes;
			if (pread(fd, &before[k], 1, (off_t)at[k]) != 1 ||
			    pwrite(fd, &value, 1, (off_t)at[k]) != 1)
				return die("change", path, errno ? errno : EIO);
		}
		r = probe_content(&source, &probe);
		if (r < 0)
			return die("probe", path, -r);
		ask_blkid(path, type, sizeof(type));
		if (probe.use == PROBE_FILESYSTEM || probe.use == PROBE_SWAP ||
		    probe.use == PROBE_MEMBER) {
			claimed++;
			if (strcmp(type, probe.type)) {
				wrong++;
				printf("# mutation %u: '%s', blkid '%s'\n", i,
				       probe.type, type);
				for (unsigned k = 0; k < n; k++)
					printf("#   at %#" PRIx64 "\n", at[k]);
			}
		} else if (type[0]) {
			blkid_only++;
		}
		for (unsigned k = n; k-- > 0;)
			if (pwrite(fd, &before[k], 1, (off_t)at[k]) != 1)
				return die("restore", path, errno);
	}
	printf("# %u mutations: %u claimed, %u by blkid only, %u wrong\n",
	       count, claimed, blkid_only, wrong);
	return wrong ? 1 : 0;
}

/*
 * Some bytes, or numbers at the limits of what they may be, where superblocks
 * are; the first byte says how the device is to be seen.
 */
static int fuzz(unsigned count, unsigned seed, const char *path)
{
	enum { FRONT = 0x21000, MOST = 12 };
	static const uint32_t limits[] = { 0,	       1,	  0x7f,
					   0x80,       0xff,	  0x7fff,
					   0x8000,     0xffff,	  0x7fffffff,
					   0x80000000, 0xffffffff };
	static uint8_t whole[FRONT], input[FRONT + 1];
	ssize_t size;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	size = fd < 0 ? -1 : pread(fd, whole, sizeof(whole), 0);
	if (size <= 0)
		return die("read", path, errno);
	srandom(seed);
	for (unsigned i = 0; i < count; i++) {
		unsigned n = (unsigned)random() % MOST;

		memcpy(input + 1, whole, (size_t)size);
		input[0] = (uint8_t)random();
		while (n--) {
			static const unsigned places[] = {
				0, 0x200, 0x400, 0x1000, 0x4000, 0x8000, 0x10000
			};
			size_t at =
				places[random() % 7] + (size_t)random() % 0x400;
			uint32_t value = random() % 2 ? (uint32_t)random()
						      : limits[random() % 11];
			unsigned bytes = 1u << random() % 3;

			if (at + bytes > (size_t)size)
				continue;
			memcpy(input + 1 + at, &value, bytes);
		}
		/* now and then it ends early */
		(void)LLVMFuzzerTestOneInput(
			input,
			1 + (random() % 4 ? (size_t)size
					  : (size_t)random() % (size_t)size));
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "fuzz"))
		return fuzz((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]),
			    argv[4]);
	if (argc == 5 && !strcmp(argv[1], "mutate"))
		return mutate((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]),
			      argv[4]);
	if (argc >= 4 && !strcmp(argv[1], "partition"))
		return show_partition(argv[2], argv[3],
				      argc > 4 ? argv[4] : NULL);
	if (argc == 2 || argc == 3)
		return show(argv[1], argc == 3 ? argv[2] : NULL);
	fprintf(stderr,
		"usage: probe-tool FILE [SECTOR_BYTES]\n"
		"       probe-tool partition FILE NUMBER [SECTOR_BYTES]\n"
		"       probe-tool mutate COUNT SEED FILE\n"
		"       probe-tool fuzz COUNT SEED FILE\n");
	return 2;
}
