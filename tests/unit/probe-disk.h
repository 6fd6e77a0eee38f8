/* SPDX-License-Identifier: MIT */
/*
 * A device in memory, for the tests of probe: what is written into it, and rows
 * that say what probe_content() makes of it.
 */
#pragma once

#include <errno.h>
#include <string.h>

#include "probe/probe.h"
#include "tap.h"

/* Not every test needs all of these. */
#define _maybe __attribute__((unused))

#define MIB (1024 * 1024ull)
#define GIB (1024 * MIB)
#define U0  "00112233-4455-6677-8899-aabbccddeeff"

/* The device: its two ends are here, all between them is zero. */
enum { END_BYTES = 0x30000 };
static uint8_t front[END_BYTES], back[END_BYTES];
static uint64_t device_bytes;
static unsigned sector_bytes;
static bool is_partition;
static uint64_t bad_at; /* reading this byte fails; 0: none */
static unsigned reads;
static uint64_t bytes_read;

static _maybe uint8_t *byte_at(uint64_t at)
{
	static uint8_t elsewhere;

	if (at < END_BYTES)
		return &front[at];
	if (device_bytes - at <= END_BYTES)
		return &back[END_BYTES - (device_bytes - at)];
	elsewhere = 0;
	return &elsewhere;
}

static _maybe long read_device(void *ctx, uint64_t offset, void *buf,
			       size_t len)
{
	uint8_t *to = buf;

	(void)ctx;
	reads++;
	if (bad_at && bad_at >= offset && bad_at < offset + len)
		return -EIO;
	if (offset >= device_bytes)
		return 0;
	if (len > device_bytes - offset)
		len = (size_t)(device_bytes - offset);
	for (size_t i = 0; i < len; i++)
		to[i] = *byte_at(offset + i);
	bytes_read += len;
	return (long)len;
}

static _maybe void device(uint64_t bytes)
{
	memset(front, 0, sizeof(front));
	memset(back, 0, sizeof(back));
	device_bytes = bytes;
	sector_bytes = 512;
	is_partition = false;
	bad_at = 0;
}

static _maybe struct probe_source source(void)
{
	reads = 0;
	bytes_read = 0;
	return (struct probe_source){ .read = read_device,
				      .bytes = device_bytes,
				      .sector_bytes = sector_bytes,
				      .is_partition = is_partition };
}

/* Writing into it */

static _maybe void put(uint64_t at, const void *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*byte_at(at + i) = ((const uint8_t *)from)[i];
}

static _maybe void text(uint64_t at, const char *string)
{
	put(at, string, strlen(string));
}

static _maybe void le(uint64_t at, unsigned len, uint64_t value)
{
	for (unsigned i = 0; i < len; i++)
		*byte_at(at + i) = (uint8_t)(value >> 8 * i);
}

static _maybe void be(uint64_t at, unsigned len, uint64_t value)
{
	for (unsigned i = 0; i < len; i++)
		*byte_at(at + i) = (uint8_t)(value >> 8 * (len - 1 - i));
}

static _maybe void uuid(uint64_t at)
{
	for (unsigned i = 0; i < 16; i++)
		*byte_at(at + i) = (uint8_t)(0x11 * i);
}

/* ASCII as UTF-16 */
static _maybe void wide(uint64_t at, const char *string)
{
	for (; *string; string++, at += 2)
		le(at, 2, (uint8_t)*string);
}

/* Bit by bit, so not the code under test. */
static _maybe uint32_t crc_of(uint32_t polynomial, uint32_t value, uint64_t at,
			      size_t len)
{
	for (; len; at++, len--) {
		value ^= *byte_at(at);
		for (int i = 0; i < 8; i++)
			value = value >> 1 ^ (value & 1 ? polynomial : 0);
	}
	return value;
}
#define CRC32  0xedb88320
#define CRC32C 0x82f63b78

static _maybe void mbr(unsigned i, uint8_t type, uint32_t start, uint32_t size)
{
	put(0x1fe, "\x55\xaa", 2);
	*byte_at(0x1be + i * 16 + 4) = type;
	le(0x1be + i * 16 + 8, 4, start);
	le(0x1be + i * 16 + 12, 4, size);
}

#define FILES PROBE_FILESYSTEM
struct row {
	const char *name;
	void (*build)(void);
	uint64_t bytes;
	enum probe_use use;
	const char *type, *uuid, *label;
};

static _maybe void test_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		struct probe_source s;
		struct probe got;
		char all_got[400], all_want[400];
		int r;

		device(row->bytes);
		row->build();
		s = source();
		memset(&got, 0x5a, sizeof(got));
		r = probe_content(&s, &got);
		snprintf(all_want, sizeof(all_want), "0 use %d %s '%s' '%s'",
			 row->use, row->type, row->uuid, row->label);
		snprintf(all_got, sizeof(all_got), "%d use %d %s '%s' '%s'", r,
			 got.use, got.type, got.uuid, got.label);
		is_str(all_got, all_want, "%s", row->name);
	}
}
