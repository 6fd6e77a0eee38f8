/* SPDX-License-Identifier: MIT */
#include "switch/initfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/str.h"
#include "base/sys.h"

/* fs/exec.c, Linux 6.1: exec_binprm() gives up after five interpreters. */
#define DEPTH_MAX 5
/* include/uapi/linux/binfmts.h: BINPRM_BUF_SIZE */
#define HEAD_BYTES 256

static uint64_t little(const unsigned char *at, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

/*
 * Does the kernel run programs of this ELF machine? It runs this program's own
 * and may run the 32-bit sibling: EM_386 for EM_X86_64, EM_ARM for EM_AARCH64.
 */
static bool runs_here(unsigned machine)
{
	static const unsigned siblings[][2] = { { 62, 3 }, { 183, 40 } };
	/* From the linker: the beginning of this program's own file. */
	extern const unsigned char __ehdr_start[];
	unsigned own = (unsigned)little(__ehdr_start + 18, 2);

	for (unsigned i = 0; i < 2; i++)
		if (siblings[i][0] == own && siblings[i][1] == machine)
			return true;
	return machine == own;
}

/*
 * The interpreter of an ELF file, or "" if it has none. Source: elf(5). A file
 * of the other byte order is for another machine; only binfmt_misc could run
 * it.
 */
static int elf_interpreter(int fd, const unsigned char *head, char *ret,
			   size_t size)
{
	bool is64 = head[4] == 2;
	uint64_t table = is64 ? little(head + 32, 8) : little(head + 28, 4);
	long entry_bytes = (long)little(head + (is64 ? 54 : 42), 2);
	unsigned count = (unsigned)little(head + (is64 ? 56 : 44), 2);
	unsigned char entries[16][56];
	long have = 0;

	ret[0] = '\0';
	if (head[5] != 1 || !runs_here((unsigned)little(head + 18, 2)))
		return -EREMOTEIO;
	/* ET_EXEC, ET_DYN */
	if (little(head + 16, 2) != 2 && little(head + 16, 2) != 3)
		return -ENOEXEC;
	if ((head[4] != 1 && !is64) || entry_bytes != (is64 ? 56 : 32))
		return -ENOEXEC;
	for (unsigned i = 0; i < count; i++) {
		const unsigned char *entry = entries[0] + i % 16 * entry_bytes;
		uint64_t offset, len;
		long n;

		if (i % 16 == 0)
			have = sys_pread(fd, entries, 16 * (size_t)entry_bytes,
					 table + i * (uint64_t)entry_bytes);
		if (have < (long)(i % 16 + 1) * entry_bytes)
			return -ENOEXEC;
		if (little(entry, 4) != 3 /* PT_INTERP */)
			continue;
		offset = little(entry + (is64 ? 8 : 4), is64 ? 8 : 4);
		len = little(entry + (is64 ? 32 : 16), is64 ? 8 : 4);
		if (len < 2 || len > size)
			return -ENOEXEC;
		n = sys_pread(fd, ret, (size_t)len, offset);
		if (n != (long)len || ret[len - 1] != '\0')
			return -ENOEXEC;
		return 0;
	}
	return 0;
}

/* The program after "#!", as fs/binfmt_script.c takes it. */
static int script_interpreter(char *head, long len, char *ret, size_t size)
{
	char *name = head + 2;
	size_t n;

	head[len] = '\0';
	name += str_span(name, " \t");
	n = str_until(name, " \t\n");
	if (n == 0 || n >= size || name + n == head + HEAD_BYTES)
		return -ENOEXEC;
	memcpy(ret, name, n);
	ret[n] = '\0';
	return 0;
}

/* Prove one file of the chain, which is open; @ret_next: its interpreter, or
 * "". */
static int prove_one(int fd, char *ret_next, size_t size)
{
	unsigned char head[HEAD_BYTES + 1] = { 0 };
	struct linux_statfs fs;
	struct sys_stat st;
	long n;
	int r = sys_fstat(fd, &st);

	ret_next[0] = '\0';
	if (r < 0)
		return r;
	if (S_ISDIR(st.mode))
		return -EISDIR;
	if (!S_ISREG(st.mode) || !(st.mode & 0111))
		return -EACCES;
	if (sys_statfs(fd, &fs) == 0 && (fs.f_flags & LINUX_ST_NOEXEC))
		return -EPERM;
	n = sys_pread(fd, head, HEAD_BYTES, 0);
	if (n < 0)
		return (int)n;
	/* Within this file EREMOTEIO is ENOEXEC with a better reason. */
	if (n >= 64 && memcmp(head, "\177ELF", 4) == 0)
		return elf_interpreter(fd, head, ret_next, size);
	if (n >= 2 && memcmp(head, "#!", 2) == 0)
		return script_interpreter((char *)head, n, ret_next, size);
	return -ENOEXEC;
}

static const char *reason(int error)
{
	switch (error) {
	case EACCES:
		return "it is not an executable file";
	case EISDIR:
		return "it is a directory";
	case EPERM:
		return "its file system is mounted noexec";
	case EREMOTEIO:
		return "it is a program for another kind of machine";
	case ENOEXEC:
		return "it is neither an ELF program nor a #! script";
	default:
		return fail_reason(error);
	}
}

int initfile_prove(int root_fd, const char *path, struct fail *why)
{
	static char names[2][HEAD_BYTES];
	const char *at = path;
	int r = 0;

	for (unsigned depth = 0; depth <= DEPTH_MAX; depth++) {
		char *next = names[depth % 2];
		/* O_NONBLOCK: opening a FIFO would block; it is refused. */
		int fd = sys_open_in(root_fd, at,
				     O_RDONLY | O_NONBLOCK | O_NOCTTY,
				     LINUX_RESOLVE_IN_ROOT);

		r = fd < 0 ? fd : prove_one(fd, next, HEAD_BYTES);
		(void)sys_close(fd);
		if (r < 0)
			break;
		if (!next[0])
			return 0;
		at = next;
		r = -ELOOP;
	}
	if (at == path)
		(void)fail_said(why, r, "find init '%s' in the new root: %s",
				path, reason(-r));
	else
		(void)fail_said(why, r,
				"find '%s', the interpreter of init '%s', in "
				"the new root: %s",
				at, path, reason(-r));
	if (r == -EREMOTEIO)
		why->error = ENOEXEC;
	fail_todo(why, "name another with init=PATH; is it the right root file "
		       "system?");
	return -why->error;
}

int initfile_find(int root_fd, const char *const paths[], const char **ret_path,
		  struct fail *why)
{
	static struct fail other;
	int first = -ENOENT;

	for (unsigned i = 0; paths[i]; i++) {
		int r = initfile_prove(root_fd, paths[i], i ? &other : why);

		if (r == 0) {
			*ret_path = paths[i];
			return 0;
		}
		if (i == 0)
			first = r;
	}
	return first;
}
