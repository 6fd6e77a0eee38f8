/* SPDX-License-Identifier: MIT */
/*
 * ISO 9660 and UDF, which may both be on one disc.
 */
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

/*
 * ISO 9660 (ECMA-119): a sequence of volume descriptors at 32 KiB
 */

enum {
	ISO_SEQUENCE = 0x8000,
	ISO_STEP = 0x800,
	ISO_MOST = 16, /* descriptors that are looked at */
	ISO_TYPE = 0x00,
	ISO_PRIMARY = 1,
	ISO_SUPPLEMENTARY = 2,
	ISO_TERMINATOR = 0xff,
	ISO_LABEL = 0x28,
	ISO_LABEL_BYTES = 32,
	ISO_ESCAPE = 0x58,   /* "%/" and a letter: Joliet */
	ISO_CREATED = 0x32d, /* then the date of modification */
	ISO_DATE_DIGITS = 16,
	ISO_ZONE = ISO_DATE_DIGITS, /* a byte, after the digits */
	ISO_DATE_BYTES,
	ISO_READ = ISO_CREATED + 2 * ISO_DATE_BYTES,
};

/*
 * ISO 9660's label has 32 characters of a poor set, and Joliet's has 16 of a
 * rich one. As blkid: where one is the beginning of the other ('_' stands for
 * a character that the poor set lacks), the label is Joliet's with the rest of
 * the poor one behind it.
 */
static void put_joliet(struct probe *ret, const uint8_t *poor,
		       const uint8_t *rich)
{
	uint8_t merged[4 * ISO_LABEL_BYTES];
	size_t n = 0, r = 0;

	for (size_t i = 0; i < ISO_LABEL_BYTES; i++) {
		uint8_t high = 0, low = poor[i];

		/* A surrogate pair is one character of the poor set. */
		if (r + 3 < ISO_LABEL_BYTES && (rich[r] & 0xfc) == 0xd8 &&
		    (rich[r + 2] & 0xfc) == 0xdc) {
			merged[n++] = rich[r++];
			merged[n++] = rich[r++];
		}
		if (r + 1 < ISO_LABEL_BYTES) {
			if (low == '_') {
				high = rich[r];
				low = rich[r + 1];
			} else if (rich[r] ||
				   (rich[r + 1] != '_' &&
				    look_upper(low) !=
					    look_upper(rich[r + 1]))) {
				look_utf16(ret->label, sizeof(ret->label), rich,
					   ISO_LABEL_BYTES / 2, true);
				return;
			} else if (low >= 'A' && low <= 'Z' &&
				   rich[r + 1] != '_') {
				low = rich[r + 1];
			}
			r += 2;
		}
		merged[n++] = high;
		merged[n++] = low;
	}
	look_utf16(ret->label, sizeof(ret->label), merged, n / 2, true);
}

/* The date is the UUID: false if it is not set. */
static bool put_iso_date(struct probe *ret, const uint8_t *date)
{
	unsigned zeros = 0;

	for (unsigned i = 0; i < ISO_DATE_DIGITS; i++) {
		if (date[i] < '0' || date[i] > '9')
			return false;
		zeros += date[i] == '0';
	}
	if (zeros == ISO_DATE_DIGITS && !date[ISO_ZONE])
		return false;
	/* dashes before digits 4, 6, 8, 10, 12 and 14 */
	look_dashed(ret->uuid, date, ISO_DATE_DIGITS, 0x5550);
	return true;
}

/* UCS-2 of level 1, 2 or 3 */
static bool is_joliet_escape(const uint8_t *escape)
{
	return memcmp(escape, "%/", 2) == 0 && escape[2] &&
	       str_char("@CE", (char)escape[2]);
}

bool probe_iso(struct look *look)
{
	bool is_primary = false, is_joliet = false;
	uint8_t dates[2 * ISO_DATE_BYTES];
	uint8_t rich[ISO_LABEL_BYTES], poor[ISO_LABEL_BYTES];

	for (unsigned i = 0; i < ISO_MOST && !(is_primary && is_joliet); i++) {
		const uint8_t *descriptor =
			look_fetch(look, ISO_SEQUENCE + i * ISO_STEP, ISO_READ);

		if (!descriptor || descriptor[ISO_TYPE] == ISO_TERMINATOR)
			break;
		if (descriptor[ISO_TYPE] == ISO_PRIMARY && !is_primary) {
			memcpy(poor, descriptor + ISO_LABEL, ISO_LABEL_BYTES);
			memcpy(dates, descriptor + ISO_CREATED, sizeof(dates));
			is_primary = true;
		} else if (descriptor[ISO_TYPE] == ISO_SUPPLEMENTARY &&
			   is_joliet_escape(descriptor + ISO_ESCAPE)) {
			memcpy(rich, descriptor + ISO_LABEL, ISO_LABEL_BYTES);
			is_joliet = true;
		}
	}
	if (!is_primary)
		return false;
	/* when it was modified; if that is not set, when it was created */
	if (!put_iso_date(look->ret, dates + ISO_DATE_BYTES))
		put_iso_date(look->ret, dates);
	if (is_joliet)
		put_joliet(look->ret, poor, rich);
	else
		look_text(look->ret->label, poor, ISO_LABEL_BYTES);
	return true;
}

/*
 * UDF (ECMA-167, and OSTA's UDF 2.60). A sequence of descriptors at 32 KiB says
 * that it is there; its names are in descriptors to which an anchor in block
 * 256 leads.
 */

enum {
	UDF_SEQUENCE = 0x8000,
	UDF_SEQUENCE_STEP = 0x800, /* or a block, if that is larger */
	UDF_SEQUENCE_MOST = 16,
	UDF_ANCHOR_BLOCK = 256,
	UDF_TAG_ID = 0x00,
	UDF_TAG_BLOCK = 0x0c, /* its own */
	UDF_ANCHOR = 2,
	UDF_PRIMARY = 1,
	UDF_LOGICAL = 6,
	UDF_TERMINATING = 8,
	UDF_EXTENT_BYTES = 0x10, /* in an anchor */
	UDF_EXTENT_BLOCK = 0x14,
	UDF_SET_NAME = 0x48, /* of 128 bytes, in a primary one */
	UDF_LABEL = 0x54,    /* of 128 bytes, in a logical one */
	UDF_NAME_BYTES = 128,
	UDF_READ = 0xd4,
	UDF_MOST = 64, /* descriptors that are looked at */
};

/* Is UDF among the descriptors, of which there is one every @step bytes? */
static bool has_udf_sequence(struct look *look, uint32_t step)
{
	static const char others[][6] = { "BEA01", "BOOT2", "CD001", "CDW02",
					  "TEA01" };
	const uint8_t *id = look->block + LEAD;

	for (unsigned i = 1; i <= UDF_SEQUENCE_MOST; i++) {
		unsigned other = 0;

		if (memcmp(id + 1, "NSR02", 5) == 0 ||
		    memcmp(id + 1, "NSR03", 5) == 0)
			return true;
		while (other < 5 && memcmp(id + 1, others[other], 5) != 0)
			other++;
		if (other == 5)
			return false;
		id = look_fetch(look, UDF_SEQUENCE + i * (uint64_t)step, 6);
		if (!id)
			return false;
	}
	return false;
}

/*
 * A dstring as UTF-8: its first byte says how many bits its characters have,
 * its last one how long it is.
 */
static void put_dstring(char *to, size_t size, const uint8_t *name)
{
	uint8_t units[2 * UDF_NAME_BYTES];
	size_t len = name[UDF_NAME_BYTES - 1];

	to[0] = '\0';
	len = len ? len - 1 : 0;
	if (len > UDF_NAME_BYTES - 2)
		len = UDF_NAME_BYTES - 2;
	if (name[0] == 16)
		look_utf16(to, size, name + 1, len / 2, true);
	if (name[0] != 8)
		return;
	for (size_t i = 0; i < len; i++) {
		units[2 * i] = 0;
		units[2 * i + 1] = name[1 + i];
	}
	look_utf16(to, size, units, len, true);
}

static bool is_digit16(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/*
 * As blkid: the name of the set should begin with 16 hexadecimal digits, which
 * are then the UUID. Where only the first 8 characters are digits, or none, the
 * values of the bytes that follow fill the rest.
 */
static void put_udf_uuid(struct probe *ret, const uint8_t *set_name)
{
	char text[3 * UDF_NAME_BYTES + 4];
	unsigned digits = 0, bytes = 0;
	char *to = ret->uuid;

	memset(text, 0, 17);
	put_dstring(text, sizeof(text), set_name);
	if (strlen(text) < 8)
		return;
	while (digits < 16 && is_digit16(text[digits]))
		digits++;
	digits = digits < 8 ? 0 : digits < 16 ? 8 : 16;
	for (unsigned i = 0; i < digits; i++) {
		to[i] = text[i];
		if (text[i] >= 'A' && text[i] <= 'F')
			to[i] = (char)(text[i] | 0x20); /* as a small letter */
	}
	for (bytes = digits; 2 * bytes - digits < 16; bytes++) {
		static const char hex[] = LOWER;
		uint8_t byte = (uint8_t)text[bytes];

		to[2 * bytes - digits] = hex[byte >> 4];
		to[2 * bytes - digits + 1] = hex[byte & 15];
	}
	to[16] = '\0';
}

/* The names in the @count blocks from @block on. */
static void put_udf_names(struct look *look, uint32_t block_bytes,
			  uint32_t block, uint32_t count)
{
	bool has_label = false, has_uuid = false;

	if (count > UDF_MOST)
		count = UDF_MOST;
	for (; count && !(has_label && has_uuid); block++, count--) {
		const uint8_t *d = look_fetch(
			look, block * (uint64_t)block_bytes, UDF_READ);
		unsigned id;

		if (!d)
			return;
		id = le16(d + UDF_TAG_ID);
		if (!id || id == UDF_TERMINATING ||
		    le32(d + UDF_TAG_BLOCK) != block)
			return;
		if (id == UDF_PRIMARY && !has_uuid) {
			put_udf_uuid(look->ret, d + UDF_SET_NAME);
			has_uuid = look->ret->uuid[0];
		} else if (id == UDF_LOGICAL && !has_label) {
			put_dstring(look->ret->label, sizeof(look->ret->label),
				    d + UDF_LABEL);
			has_label = look->ret->label[0];
		}
	}
}

/* The anchor of a disc with blocks of @bytes, or NULL. */
static const uint8_t *udf_anchor(struct look *look, uint32_t bytes)
{
	const uint8_t *anchor = look_fetch(
		look, UDF_ANCHOR_BLOCK * (uint64_t)bytes, UDF_EXTENT_BLOCK + 4);

	return anchor && le32(anchor + UDF_TAG_BLOCK) == UDF_ANCHOR_BLOCK &&
			       le16(anchor + UDF_TAG_ID) == UDF_ANCHOR
		       ? anchor
		       : NULL;
}

bool probe_udf(struct look *look)
{
	const uint32_t sizes[] = { look->source->sector_bytes, 512, 1024, 2048,
				   4096 };
	bool is_short = has_udf_sequence(look, UDF_SEQUENCE_STEP);

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const uint8_t *anchor;

		if (!sizes[i] || (i && sizes[i] == sizes[0]) ||
		    !(sizes[i] <= UDF_SEQUENCE_STEP
			      ? is_short
			      : has_udf_sequence(look, sizes[i])))
			continue;
		anchor = udf_anchor(look, sizes[i]);
		if (!anchor)
			continue;
		put_udf_names(look, sizes[i], le32(anchor + UDF_EXTENT_BLOCK),
			      le32(anchor + UDF_EXTENT_BYTES) / sizes[i]);
		return true;
	}
	return false;
}
