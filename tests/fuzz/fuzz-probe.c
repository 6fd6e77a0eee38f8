/* SPDX-License-Identifier: MIT */
/*
 * fuzz-probe - libFuzzer over src/probe: any bytes as a device
 *
 *	clang -g -O1 -std=gnu17 -I src -fsanitize=fuzzer,address,undefined \
 *		tests/fuzz/fuzz-probe.c src/probe/[a-z]*.c src/base/str.c \
 *		-o fuzz-probe
 *	./fuzz-probe -max_len=140000 CORPUS
 *
 * The first byte of an input says how the rest is seen: 1: sectors of 4 KiB;
 * 2: a GPT's checksums are made right first, since no fuzzer finds those; 4:
 * the device is 1 GiB, the input is its front; 8: a read in the middle fails.
 * An answer must consist of strings that end, and cost a bounded number of
 * reads. Not part of the default build.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct device {
	uint8_t *bytes;
	size_t size;
	uint64_t bad_at;
	unsigned reads;
};

static long read_device(void *ctx, uint64_t offset, void *buf, size_t len)
{
	struct device *device = ctx;

	if (++device->reads > 4000)
		abort();
	if (device->bad_at >= offset && device->bad_at - offset < len)
		return -EIO;
	memset(buf, 0, len);
	if (offset < device->size)
		memcpy(buf, device->bytes + offset,
		       len < device->size - offset ? len
						   : device->size - offset);
	return (long)len;
}

static uint32_t crc32(const uint8_t *p, size_t len)
{
	uint32_t value = UINT32_MAX;

	for (; len; len--) {
		value ^= *p++;
		for (int i = 0; i < 8; i++)
			value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
	}
	return ~value;
}

static void repair_gpt(struct device *device, size_t sector)
{
	uint8_t *header = device->bytes + sector;
	uint32_t count, header_bytes;
	uint64_t array;

	if (device->size < 2 * sector)
		return;
	memcpy(&count, header + 0x50, 4);
	memcpy(&array, header + 0x48, 8);
	memcpy(&header_bytes, header + 12, 4);
	if (array >= device->size / sector || count > 1024 ||
	    count * 128 > device->size - array * sector || header_bytes < 92 ||
	    header_bytes > sector)
		return;
	count = crc32(device->bytes + array * sector, count * 128);
	memcpy(header + 0x58, &count, 4);
	memset(header + 16, 0, 4);
	count = crc32(header, header_bytes);
	memcpy(header + 16, &count, 4);
}

static void check_ends(const char *string, size_t size)
{
	if (!memchr(string, '\0', size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_partition partition;
	struct probe_source source;
	struct device device = { .bad_at = UINT64_MAX };
	struct probe probe;
	uint8_t mode;

	if (!size)
		return 0;
	mode = data[0];
	device.size = size - 1;
	device.bytes = malloc(size); /* of its own, for the sanitizer */
	memcpy(device.bytes, data + 1, device.size);
	source = (struct probe_source){ .read = read_device, .ctx = &device };
	source.bytes = mode & 4 ? 1 << 30 : device.size;
	source.sector_bytes = mode & 1 ? 4096 : 512;
	if (mode & 2)
		repair_gpt(&device, source.sector_bytes);
	if (mode & 8)
		device.bad_at = (uint64_t)mode << 9;

	if (!probe_content(&source, &probe)) {
		check_ends(probe.type, sizeof(probe.type));
		check_ends(probe.uuid, sizeof(probe.uuid));
		check_ends(probe.label, sizeof(probe.label));
		(void)probe_uuid_equal(probe.uuid, probe.label);
	} else if (!(mode & 8)) {
		abort(); /* no read failed */
	}
	for (unsigned number = 0; number < 9; number++) {
		if (probe_partition(&source, number, &partition))
			continue;
		check_ends(partition.uuid, sizeof(partition.uuid));
		check_ends(partition.label, sizeof(partition.label));
		check_ends(partition.type, sizeof(partition.type));
	}
	free(device.bytes);
	return 0;
}
