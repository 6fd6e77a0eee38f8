/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "probe/look.h"

/*
 * The parts of the device that are looked at, in the order in which they are
 * read. The mark of swap is at the end of the first page, which has 4 to 64 KiB.
 */
static const struct window {
	uint32_t at;
	uint16_t bytes;
	uint16_t swap_at;
} windows[] = {
	{ 0, WINDOW_BYTES, 0xff6 },
	{ 0x2000 - LEAD, 0x610, 6 },
	{ 0x4000 - LEAD, 0x410, 6 },
	{ 0x8000 - LEAD, 0x410, 6 },
	{ 0x10000 - LEAD, 0x1010, 6 },
	/* These are read only if nothing was found, and no partition table:
	 * LUKS2's second header, which is behind the first one, whose sizes
	 * are these (cryptsetup's docs/on-disk-format-luks2.pdf), and formats
	 * that begin far from the front. */
	{ 0x20000 - LEAD, 0x118, 0 },
	{ 0x40000 - LEAD, 0x580, 0 },
	{ 0x80000 - LEAD, 0x118, 0 },
	{ 0x100000 - LEAD, 0x118, 0 },
	{ 0x200000 - LEAD, 0x118, 0 },
	{ 0x400000 - LEAD, 0x118, 0 },
};

enum {
	FRONT = 1 << 0,
	AT_8K = 1 << 1,
	AT_16K = 1 << 2,
	AT_32K = 1 << 3,
	AT_64K = 1 << 4,
	AT_256K = 1 << 6,
	AT_2M = 1 << 9,
	BEYOND = 0x7e0, /* 128 KiB to 4 MiB */
	PAGES = FRONT | AT_8K | AT_16K | AT_32K | AT_64K,
	/* not a window: tried at the end, if nothing was found */
	LAST = 1 << 11,
};

enum {
	FINAL = 1 << 0, /* this is the answer, whatever else is there */
	/* As blkid: two of these are no contradiction, and the first of them in
	 * the table counts. Some discs are meant to be two things at once. */
	TOLERANT = 1 << 1,
};

/* The fields of a row of signatures.h, but for the function, which comes last. */
static const struct signature {
	uint16_t windows;
	uint8_t use;
	uint8_t flags;
	uint16_t magic_at;
	uint16_t least_kib; /* a smaller device has no such thing */
	uint16_t uuid_at;
	uint16_t label_at;
	uint8_t label_bytes;
	uint8_t magic_bytes; /* 0: the function looks by itself */
	const char *magic;
	const char *type;
	bool (*probe)(struct look *look); /* false: it is not */
} signatures[] = {
#define MEMBER			 PROBE_MEMBER, FINAL
#define FILES			 PROBE_FILESYSTEM, 0
#define TOLERED			 PROBE_FILESYSTEM, TOLERANT
#define SIGNATURE(function, ...) { __VA_ARGS__, function },
#define AGAIN(function, ...)	 { __VA_ARGS__, function },
#define PLAIN(...)		 { __VA_ARGS__, NULL },
#include "probe/signatures.h"
#undef MEMBER
#undef FILES
#undef TOLERED
#undef SIGNATURE
#undef AGAIN
#undef PLAIN
};
enum { SIGNATURES = sizeof(signatures) / sizeof(*signatures) };

/* Tries one signature on the window: false if it is not that format. */
static bool try_signature(struct look *look, const struct signature *s)
{
	struct probe *ret = look->ret;

	/* As blkid: a device of 1 KiB is an extended partition. */
	if (look->source->bytes <= KIB ||
	    look->source->bytes < (uint64_t)s->least_kib * KIB ||
	    memcmp(look->block + s->magic_at, s->magic, s->magic_bytes))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->use = s->use;
	ret->devices = 1;
	(void)str_copy(ret->type, sizeof(ret->type), s->type);
	if (s->uuid_at)
		look_uuid(ret, look->block + s->uuid_at, ORDER_UUID);
	if (s->label_at)
		look_text(ret->label, look->block + s->label_at,
			  s->label_bytes);
	return !s->probe || s->probe(look);
}

/* What was found so far, and by which signature */
struct answer {
	struct probe *ret;
	const struct signature *by;
};

/* Takes in another format that was found, beside what was found so far. */
static void add_answer(struct answer *answer, const struct probe *found,
		       const struct signature *by)
{
	struct probe *ret = answer->ret;
	size_t len = strlen(ret->type);

	if (ret->use == PROBE_NOTHING ||
	    (ret->use == PROBE_DAMAGED && found->use != PROBE_DAMAGED)) {
		*ret = *found;
		answer->by = by;
	} else if (ret->use != PROBE_AMBIVALENT &&
		   answer->by->flags & by->flags & TOLERANT) {
		if (by < answer->by) {
			*ret = *found;
			answer->by = by;
		}
	} else if (found->use != PROBE_DAMAGED) {
		ret->use = PROBE_AMBIVALENT;
		ret->uuid[0] = ret->label[0] = '\0';
		if (len + 1 + strlen(found->type) < sizeof(ret->type)) {
			ret->type[len] = ' ';
			(void)str_copy(ret->type + len + 1,
				       sizeof(ret->type) - len - 1,
				       found->type);
		}
	}
}

/*
 * Tries each signature on the window: 0, 1 if a final one was found, or -errno
 * if a read failed.
 */
static int try_signatures(struct look *look, unsigned window,
			  struct answer *answer)
{
	for (unsigned i = 0; i < SIGNATURES; i++) {
		const struct signature *s = &signatures[i];
		bool is_it;

		if (!(s->windows >> window & 1))
			continue;
		is_it = try_signature(look, s);
		if (look->error)
			return look->error;
		if (is_it && s->flags & FINAL) {
			*answer->ret = *look->ret;
			return 1;
		}
		if (is_it)
			add_answer(answer, look->ret, s);
	}
	return 0;
}

/* The same for all windows, as far as they have to be read */
static int try_windows(struct look *look, uint8_t block[WINDOW_BYTES],
		       struct answer *answer, const char **ret_table)
{
	enum { WINDOWS = sizeof(windows) / sizeof(*windows) };
	const struct probe_source *source = look->source;
	int r = 0;

	for (unsigned w = 0; w <= WINDOWS && r == 0; w++) {
		uint64_t left;
		long n;

		if (1 << w > AT_64K &&
		    (answer->ret->use != PROBE_NOTHING || *ret_table))
			break;
		if (w < WINDOWS) {
			if (windows[w].at >= source->bytes)
				continue;
			memset(block, 0, WINDOW_BYTES);
			left = source->bytes - windows[w].at;
			n = source->read(source->ctx, windows[w].at, block,
					 left < windows[w].bytes
						 ? (size_t)left
						 : windows[w].bytes);
			if (n < 0)
				return (int)n;
			look->at = windows[w].at;
			look->swap_at = windows[w].swap_at;
		}
		if (!w)
			*ret_table = table_type(block);
		r = try_signatures(look, w, answer);
	}
	return r;
}

int probe_content(const struct probe_source *source, struct probe *ret)
{
	uint8_t block[WINDOW_BYTES];
	struct probe found;
	struct look look = { .source = source, .block = block, .ret = &found };
	struct answer answer = { .ret = ret };
	const char *table = NULL;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = try_windows(&look, block, &answer, &table);
	if (r < 0) {
		memset(ret, 0, sizeof(*ret));
		return r;
	}
	if (ret->use == PROBE_NOTHING && table) {
		ret->use = PROBE_TABLE;
		(void)str_copy(ret->type, sizeof(ret->type), table);
	}
	return 0;
}

bool probe_uuid_equal(const char *a, const char *b)
{
	bool is_empty = true;

	for (;; a++, b++) {
		while (*a == '-')
			a++;
		while (*b == '-')
			b++;
		if (look_upper((uint8_t)*a) != look_upper((uint8_t)*b))
			return false;
		if (!*a)
			return !is_empty;
		is_empty = false;
	}
}
