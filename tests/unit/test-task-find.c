/* SPDX-License-Identifier: MIT */
/* Bytes that are looked for in the memory of a process, here in our own. What a
 * stopped thread shows is tests/ns/inject.sh. */
#include "helper/task.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

#define PAGE 4096

/* Eight bytes that are nowhere else in what nobody writes to. */
static uint8_t bytes[8];
static uint8_t *pages;

static const struct {
	const char *name;
	unsigned at, align;
	int flags, protection;
	bool executable, found;
} rows[] = {
	{ "the first bytes", 0, 1, MAP_PRIVATE, PROT_READ, false, true },
	{ "across two reads", PAGE - 3, 1, MAP_PRIVATE, PROT_READ, false,
	  true },
	{ "the last byte is in another read", PAGE - 7, 1, MAP_PRIVATE,
	  PROT_READ, false, true },
	{ "the last bytes", 2 * PAGE - 8, 1, MAP_PRIVATE, PROT_READ, false,
	  true },
	{ "cut off by the end", 2 * PAGE - 7, 1, MAP_PRIVATE, PROT_READ, false,
	  false },
	{ "at a multiple of 4", PAGE + 4, 4, MAP_PRIVATE, PROT_READ, false,
	  true },
	{ "at no multiple of 4", PAGE + 6, 4, MAP_PRIVATE, PROT_READ, false,
	  false },
	{ "in code, when strings are looked for", 100, 1, MAP_PRIVATE,
	  PROT_READ | PROT_EXEC, false, true },
	{ "in code", 100, 1, MAP_PRIVATE, PROT_READ | PROT_EXEC, true, true },
	{ "in no code, when code is looked for", 100, 1, MAP_PRIVATE, PROT_READ,
	  true, false },
	{ "where we may write", 100, 1, MAP_PRIVATE, PROT_READ | PROT_WRITE,
	  false, false },
	{ "where others may write", 100, 1, MAP_SHARED, PROT_READ, false,
	  false },
};

static uint64_t find(unsigned align, bool executable)
{
	int fd = open("/proc/self/mem", O_RDONLY);
	struct task_bytes what = { bytes, sizeof(bytes), align, executable,
				   fd };
	uint64_t at = task_find(getpid(), getpid(), &what);

	if (at != 0 && !task_holds(&what, at))
		at = 1;
	close(fd);
	return at;
}

static void look(unsigned i)
{
	uint64_t at;

	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		     rows[i].flags | MAP_ANONYMOUS, -1, 0);
	/* Bytes that begin like those that are meant. */
	memset(pages, bytes[0], 2 * PAGE);
	memcpy(pages + rows[i].at, bytes,
	       rows[i].at + 8 > 2 * PAGE ? 2 * PAGE - rows[i].at : 8);
	mprotect(pages, 2 * PAGE, rows[i].protection);
	at = find(rows[i].align, rows[i].executable);
	is_int(at, rows[i].found ? (uintptr_t)pages + rows[i].at : 0, "%s",
	       rows[i].name);
	munmap(pages, 2 * PAGE);
}

int main(void)
{
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] =
			(uint8_t)(0xa5 ^ (unsigned)getpid() >> i * 2 ^ i * 37);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		look(i);
	return tap_done();
}
