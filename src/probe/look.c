/* SPDX-License-Identifier: MIT */
#include "probe/look.h"

#include <errno.h>
#include <string.h>

/* Half a byte at a time, which is fast enough: GPT's 16 KiB are the most. */
uint32_t look_crc(uint32_t polynomial, uint32_t value, const uint8_t *p,
		  size_t len)
{
	uint32_t table[16];

	for (uint32_t i = 0; i < 16; i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] =
				table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
	}
	for (; len; p++, len--) {
		value ^= *p;
		value = value >> 4 ^ table[value & 15];
		value = value >> 4 ^ table[value & 15];
	}
	return value;
}

uint32_t look_crc_hole(uint32_t polynomial, const uint8_t *p, size_t len,
		       size_t hole)
{
	static const uint8_t zeros[4];
	uint32_t value;

	value = look_crc(polynomial, UINT32_MAX, p, hole);
	value = look_crc(polynomial, value, zeros, 4);
	return look_crc(polynomial, value, p + hole + 4, len - hole - 4);
}

int look_read(const struct probe_source *source, uint64_t offset, void *buf,
	      size_t len)
{
	long n;

	if (offset > source->bytes || len > source->bytes - offset)
		return -ENODATA;
	n = source->read(source->ctx, offset, buf, len);
	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -ENODATA;
}

const uint8_t *look_fetch(struct look *look, uint64_t offset, size_t len)
{
	static uint8_t buf[FETCH_MOST];
	int r = len > sizeof(buf) ? -EFBIG
				  : look_read(look->source, offset, buf, len);

	if (r < 0 && r != -ENODATA)
		look->error = r;
	return r == 0 ? buf : NULL;
}

void look_hex(char *to, const uint8_t *from, const char *order,
	      const char *digits)
{
	for (; *order; order++) {
		if (*order == '-') {
			*to++ = '-';
			continue;
		}
		*to++ = digits[from[*order - 'a'] >> 4];
		*to++ = digits[from[*order - 'a'] & 15];
	}
	*to = '\0';
}

bool look_is_zero(const uint8_t *p, size_t len)
{
	while (len)
		if (p[--len])
			return false;
	return true;
}

void look_uuid(struct probe *ret, const uint8_t *from, const char *order)
{
	if (!look_is_zero(from, 16))
		look_hex(ret->uuid, from, order, LOWER);
}

void look_serial(struct probe *ret, const uint8_t *from, size_t len,
		 const char *order, const char *digits)
{
	if (!look_is_zero(from, len))
		look_hex(ret->uuid, from, order, digits);
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* May @c be where @shape is? LVM's letters are those of lvm2's uuid.c. */
static bool is_shaped(uint8_t c, char shape)
{
	if (shape == 'x')
		return is_hex(c);
	if (shape == 'a')
		return is_hex(c) || (c >= 'g' && c <= 'z') ||
		       (c >= 'G' && c <= 'Z');
	return c == (uint8_t)shape;
}

static bool put_shaped(struct probe *ret, const uint8_t *from,
		       const char *shape, bool has_dashes)
{
	char *to = ret->uuid;

	for (; *shape; shape++) {
		uint8_t c = *shape == '-' && !has_dashes ? '-' : *from++;

		if (!is_shaped(c, *shape)) {
			ret->uuid[0] = '\0';
			return false;
		}
		*to++ = (char)c;
	}
	*to = '\0';
	return true;
}

bool look_uuid_text(struct probe *ret, const uint8_t *from, const char *shape)
{
	return put_shaped(ret, from, shape, true);
}

bool look_uuid_dashed(struct probe *ret, const uint8_t *from, const char *shape)
{
	return put_shaped(ret, from, shape, false);
}

void look_dashed(char *to, const uint8_t *from, unsigned len, uint32_t dashes)
{
	for (unsigned i = 0; i < len; i++) {
		if (dashes >> i & 1)
			*to++ = '-';
		*to++ = (char)from[i];
	}
	*to = '\0';
}

static void trim(char *text)
{
	size_t len = strlen(text);

	while (len && (text[len - 1] == ' ' ||
		       (text[len - 1] >= '\t' && text[len - 1] <= '\r')))
		len--;
	text[len] = '\0';
}

void look_text(char *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	to[len] = '\0';
	trim(to);
}

void look_utf16(char *to, size_t size, const uint8_t *from, size_t units,
		bool is_big)
{
	const char *end = to + size - 4;
	char *start = to;

	for (size_t i = 0; i < units; i++) {
		const uint8_t *p = from + 2 * i;
		uint32_t c = le16(p), low = 0;

		if (i + 1 < units)
			low = le16(p + 2);
		if (is_big) {
			c = (c >> 8 | c << 8) & 0xffff;
			low = (low >> 8 | low << 8) & 0xffff;
		}
		if (!c)
			break;
		if (to >= end) {
			to = start;
			break;
		}
		if ((c & 0xfc00) == 0xd800 && (low & 0xfc00) == 0xdc00) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
			i++;
		}
		if (c < 0x80) {
			*to++ = (char)c;
			continue;
		}
		if (c < 0x800) {
			*to++ = (char)(0xc0 | c >> 6);
		} else {
			if (c < 0x10000) {
				*to++ = (char)(0xe0 | c >> 12);
			} else {
				*to++ = (char)(0xf0 | c >> 18);
				*to++ = (char)(0x80 | (c >> 12 & 0x3f));
			}
			*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		}
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	*to = '\0';
	trim(start);
}

void look_damaged_if(struct look *look, bool is_damaged)
{
	if (is_damaged)
		look->ret->use = PROBE_DAMAGED;
}

uint8_t look_upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
}
