/* SPDX-License-Identifier: MIT */
/*
 * look.h - what the files of this folder share; no other file includes it
 *
 * probe.c reads a few windows of a device and tries each signature of its table
 * on them. A format is a row of that table and, where the magic number alone is
 * not enough, one of the functions named probe_… below: it returns false if the
 * bytes are not that format, and else completes look->ret. An enum above the
 * function names the offsets that it reads.
 *
 * Offsets are those of util-linux's libblkid and of the formats' own
 * descriptions; answers are compared with those of `blkid -p`
 * (tests/unit/probe-vs-blkid.sh). Everything comes from an untrusted disk: a
 * number is checked before it is used as a size, and each loop has a bound of
 * its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

enum {
	KIB = 1024,
	SECTOR =
		512, /* the unit of vendors, whatever a sector of the disk is */
	/* A window is on the stack. Any window can hold a superblock of 4 KiB;
	 * the first one also has md 1.2's at 4 KiB and HighPoint's at 4.5. */
	WINDOW_BYTES = 0x1240,
	/* Each window but the first begins so many bytes before the place that
	 * it is read for. */
	LEAD = 0x10,
};

/* The window on which one signature is tried, and what came of it. */
struct look {
	const struct probe_source *source;
	const uint8_t *block; /* WINDOW_BYTES, zero after the device's end */
	uint32_t at;	      /* where the window is on the device */
	unsigned swap_at; /* where in the window the mark of swap would be */
	struct probe *ret;
	int error; /* -errno of a read that failed: nothing can be said */
};

/* gcc makes a single load of each of these. */
#define _inline inline __attribute__((always_inline))

static _inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static _inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static _inline uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

static _inline uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static _inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static _inline uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static _inline bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

/*
 * CRCs with a reflected polynomial. @value is the register, which is inverted
 * neither before nor after.
 */
enum { CRC32 = 0xedb88320, CRC32C = 0x82f63b78 };
uint32_t look_crc(uint32_t polynomial, uint32_t value, const uint8_t *p,
		  size_t len);
/* The CRC of a structure whose own checksum, at @hole, counts as zeros. */
uint32_t look_crc_hole(uint32_t polynomial, const uint8_t *p, size_t len,
		       size_t hole);

/* Reads all @len bytes: 0, -ENODATA if the device ends before, or -errno. */
int look_read(const struct probe_source *source, uint64_t offset, void *buf,
	      size_t len);
/*
 * The same for a format, at most FETCH_MOST bytes, which stay until the next
 * call: NULL if the device ends before, or after an error, which is then in
 * look->error.
 */
enum { FETCH_MOST = 11 * SECTOR };
const uint8_t *look_fetch(struct look *look, uint64_t offset, size_t len);
bool look_is_zero(const uint8_t *p, size_t len);
/* Where the checksum is wrong, it is a damaged one of this format. */
void look_damaged_if(struct look *look, bool is_damaged);

/* a..p: the bytes of a UUID, in the order in which they are written */
#define ORDER_UUID "abcd-ef-gh-ij-klmnop"
#define ORDER_GUID "dcba-fe-hg-ij-klmnop" /* mixed endian: Microsoft, EFI */
#define LOWER	   "0123456789abcdef"
#define UPPER	   "0123456789ABCDEF"

/* Bytes as hexadecimal @digits (LOWER or UPPER), in this order. */
void look_hex(char *to, const uint8_t *from, const char *order,
	      const char *digits);
/* The same for a UUID. As blkid: a UUID of zeros is none. */
void look_uuid(struct probe *ret, const uint8_t *from, const char *order);
/* The same for a serial number of @len bytes. */
void look_serial(struct probe *ret, const uint8_t *from, size_t len,
		 const char *order, const char *digits);
/*
 * A UUID that is text on the disk. In @shape, 'x' stands for a hexadecimal
 * digit, 'a' for a letter or digit, and any other character for itself. As a
 * UUID gets into command lines and paths, one of another shape is none: false.
 */
bool look_uuid_text(struct probe *ret, const uint8_t *from, const char *shape);
/* The same where the disk lacks the dashes that @shape has. */
bool look_uuid_dashed(struct probe *ret, const uint8_t *from,
		      const char *shape);
#define SHAPE_UUID "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define SHAPE_LVM  "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa"

/* @len characters, with a dash before each whose bit is set in @dashes. */
void look_dashed(char *to, const uint8_t *from, unsigned len, uint32_t dashes);
/* Up to @len bytes, without the blanks at their end. @to holds one more. */
void look_text(char *to, const uint8_t *from, size_t len);
/*
 * UTF-16 as UTF-8, or "" if it and three more bytes do not fit into @size, as a
 * part of a label would name another device. Lone surrogates are written as
 * blkid writes them.
 */
void look_utf16(char *to, size_t size, const uint8_t *from, size_t units,
		bool is_big);
uint8_t look_upper(uint8_t c);

/* partition.c: does the sector have the mark of one that a BIOS boots from? */
bool table_has_mark(const uint8_t *sector);
/* "gpt", "dos" or NULL, by the first sector of a disk */
const char *table_type(const uint8_t *sector);
/*
 * Does the partition table in the first window claim the byte at @at, and no
 * more than this disk has? If so, the disk itself has the table, and what is at
 * @at is not the mark of an array.
 */
bool table_reaches(struct look *look, uint64_t at);

/* the function of each row of the table; false: the device holds no such thing */
#define SIGNATURE(function, ...) bool function(struct look *look);
#define AGAIN(function, ...)
#define PLAIN(...)
#include "probe/signatures.h"
#undef SIGNATURE
#undef AGAIN
#undef PLAIN
