/* SPDX-License-Identifier: MIT */
/*
 * start.c - the program's entry, where its C library may be too old for the
 * packed relocations that it is linked with
 *
 * The program can be loaded anywhere, so that each pointer in its tables is
 * relocated at its start. DT_RELR packs such a pointer in one bit instead of 24
 * bytes (System V ABI, "Dynamic Linking", as of 2022), but musl knows it only
 * since its version 1.2.4. So it is done here, before musl's own entry is
 * called. Then the table is taken out of the dynamic section, so that a newer
 * musl does not relocate again.
 *
 * There is neither a stack canary nor any C library yet: this file is compiled
 * without the one, and must call nothing of the other. musl is what ships for
 * x86-64; elsewhere this is not linked.
 */
#ifdef __x86_64__

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/* Debian 12's musl has no names for these. */
#define TAG_RELRSZ 35
#define TAG_RELR   36

/* What the linker knows of the program. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
extern Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));

/* Where @at lies in the program as it was linked, it lies here now. */
static void relocate(uintptr_t base, uintptr_t at)
{
	*(uintptr_t *)(base + at) += base;
}

__attribute__((used)) static void start_relocate(void)
{
	uintptr_t base = (uintptr_t)&__ehdr_start, at = 0;
	const Elf64_Xword *entry = NULL;
	size_t bytes = 0;

	for (Elf64_Dyn *it = _DYNAMIC; it->d_tag != DT_NULL; it++) {
		if (it->d_tag == TAG_RELR)
			entry = (const Elf64_Xword *)(base + it->d_un.d_ptr);
		if (it->d_tag == TAG_RELRSZ) {
			bytes = it->d_un.d_val;
			it->d_un.d_val = 0;
		}
	}
	/* An even number is the address of a pointer. An odd one has a bit for
	 * each of the 63 pointers that follow the last one. */
	for (; entry && bytes; entry++, bytes -= sizeof(*entry)) {
		if (!(*entry & 1)) {
			relocate(base, *entry);
			at = *entry + sizeof(at);
			continue;
		}
		for (unsigned bit = 1; bit < 64; bit++)
			if (*entry >> bit & 1)
				relocate(base, at + (bit - 1) * sizeof(at));
		at += 63 * sizeof(at);
	}
}

/* Called by the kernel alone: the linker has it as the program's entry. */
void start_packed(void);

/* The stack is aligned for a call here, and musl's entry finds it as it was. */
__attribute__((naked, used)) void start_packed(void)
{
	__asm__("xor %ebp, %ebp\n"
		"call start_relocate\n"
		"jmp _start\n");
}

#endif
