/* SPDX-License-Identifier: MIT */
/*
 * string.c - those functions of string.h that musl has for speed, for size
 *
 * musl looks at eight bytes at a time; the strings here are names, and this is
 * 730 bytes less. Other libraries keep theirs.
 */
#include <stdint.h>
#include <string.h>

size_t strlen(const char *string)
{
	size_t len = 0;

	while (string[len])
		len++;
	return len;
}

char *strcpy(char *to, const char *from)
{
	char *end = to;

	while ((*end++ = *from++))
		;
	return to;
}

int strncmp(const char *a, const char *b, size_t len)
{
	for (; len; a++, b++, len--)
		if (!*a || *a != *b)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, PTRDIFF_MAX);
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *left = a, *right = b;

	for (; len; left++, right++, len--)
		if (*left != *right)
			return *left - *right;
	return 0;
}

void *memchr(const void *from, int wanted, size_t len)
{
	const char *at = from;

	for (; len; at++, len--)
		if (*at == (char)wanted)
			return (char *)(uintptr_t)at;
	return NULL;
}

char *strrchr(const char *string, int wanted)
{
	const char *at = string + strlen(string);

	for (; *at != (char)wanted; at--)
		if (at == string)
			return NULL;
	return (char *)(uintptr_t)at;
}
