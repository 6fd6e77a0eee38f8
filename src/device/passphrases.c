/* SPDX-License-Identifier: MIT */
#include "device/passphrases.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/io.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"
#include "console/line.h"

#define KEPT_MAX 4u

struct kept {
	size_t len; /* 0: there is none */
	char bytes[LINE_BYTES];
};

static int kept_fd = -1;

static uint64_t offset_of(unsigned i)
{
	return (uint64_t)i * sizeof(struct kept);
}

static int put(unsigned i, const struct kept *kept)
{
	long n = sys_pwrite(kept_fd, kept, sizeof(*kept), offset_of(i));

	return n == (long)sizeof(*kept) ? 0 : n < 0 ? (int)n : -EIO;
}

static void close_all(void)
{
	sys_auto_close(&kept_fd);
	kept_fd = -1;
}

/* Overwrite all of them: 0, or -errno of the last one. */
static int clear(void)
{
	int r = 0;

	for (int i = 0; i < (int)KEPT_MAX; i++)
		r = passphrases_drop(i);
	return r;
}

void passphrases_begin(void)
{
	if (kept_fd >= 0)
		return;
	kept_fd = sys_memfd("passphrases", LINUX_MFD_NOEXEC_SEAL);
	/* Their memory is there from now on. */
	if (clear() < 0)
		close_all();
}

/* How many there are: they are kept from the first place on. */
static unsigned count_kept(void)
{
	unsigned i = 0;
	size_t len;

	while (kept_fd >= 0 && i < KEPT_MAX &&
	       sys_pread(kept_fd, &len, sizeof(len), offset_of(i)) ==
		       (long)sizeof(len) &&
	       len)
		i++;
	return i;
}

int passphrases_pipe(unsigned i)
{
	struct kept kept;
	int ends[2], r;

	if (i >= count_kept())
		return -ENOENT;
	r = sys_pipe(ends);
	if (r < 0)
		return r;
	/* It fits, and we hold the other end: writing neither waits nor sends
	 * SIGPIPE. */
	if (sys_pread(kept_fd, &kept, sizeof(kept), offset_of(i)) ==
		    (long)sizeof(kept) &&
	    kept.len <= sizeof(kept.bytes))
		r = io_write(ends[1], kept.bytes, kept.len);
	else
		r = -EIO;
	str_wipe(&kept, sizeof(kept));
	(void)sys_close(ends[1]);
	if (r < 0)
		(void)sys_close(ends[0]);
	return r < 0 ? r : ends[0];
}

int passphrases_keep(const char *passphrase, size_t len)
{
	unsigned i = count_kept();
	struct kept kept = { .len = len };
	int r;

	if (len > sizeof(kept.bytes))
		return -E2BIG;
	/* The first ones stay in their places, also if it is dropped. */
	if (i == KEPT_MAX)
		i--;
	memcpy(kept.bytes, passphrase, len);
	r = put(i, &kept);
	str_wipe(&kept, sizeof(kept));
	return r < 0 ? r : (int)i;
}

int passphrases_drop(int i)
{
	struct kept none = { .len = 0 };

	return i < 0 ? i : put((unsigned)i, &none);
}

void passphrases_forget(void)
{
	(void)clear();
	close_all();
}
