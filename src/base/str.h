/* SPDX-License-Identifier: MIT */
/*
 * str.h - bounded strings, numbers, words (pure)
 *
 * What does not fit is an error, never a shorter string; where a text is cut,
 * it says so.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text in a fixed buffer, built piece by piece. */
struct text {
	char *buf;
	size_t size;
	size_t len;
	bool cut; /* something did not fit; @buf is still a string */
};

/* strspn, strcspn and strchr(3) */
size_t str_span(const char *string, const char *set);
size_t str_until(const char *string, const char *set);
char *str_char(const char *string, char wanted);

/* copy @from into the @size bytes at @to: 0, or -ENAMETOOLONG with @to "" */
int str_copy(char *to, size_t size, const char *from);
/* the same for its first @len bytes */
int str_part(char *to, size_t size, const char *from, size_t len);
/*
 * str_vprint - vsnprintf(3), as far as pintle uses it
 *
 * It knows %s %c %d %i %u %x %%, with - 0 width .precision and l ll z, and
 * prints anything else as it stands; there are no floating point numbers and no
 * wide characters. What does not fit is cut. A form feed ends the format, and
 * @args is then at the first argument behind it, which vsnprintf cannot
 * promise. Returns the length that the text would have, without the NUL.
 */
size_t str_vprint(char *to, size_t size, const char *format, va_list *args);

/* printf into @to: 0, or -ENAMETOOLONG with @to "" */
__attribute__((format(printf, 3, 4))) int str_format(char *to, size_t size,
						     const char *format, ...);
/* printf at the end of @text */
__attribute__((format(printf, 2, 3))) void text_add(struct text *text,
						    const char *format, ...);
/* add bytes from a disk to @text, with "?" for what a terminal would obey or not
 * show: a control character, one that sets the direction of the text or has no
 * shape, or a byte of what is no UTF-8 */
void text_add_shown(struct text *text, const char *string);
/* the same in place, with a "?" for each byte */
void str_show(char *string);
/* overwrite a secret, even if nobody reads it any more */
void str_wipe(void *secret, size_t size);
/* add @string to @text as a JSON string with its quotes; what text_add_shown()
 * replaces is an escape there */
void text_add_json(struct text *text, const char *string);

/* read a whole decimal number: 0, or -EINVAL or -ERANGE with @ret unchanged */
int str_number(const char *string, uint64_t *ret);
/* the same, in hexadecimal without 0x */
int str_hex(const char *string, size_t len, uint64_t *ret);
/* the rest of @string after @prefix, or NULL */
const char *str_after(const char *string, const char *prefix);
/* is @part anywhere in @string? */
bool str_contains(const char *string, const char *part);
/* are @a, of @a_len bytes, and @b the same name of a parameter or module? '-' and
 * '_' are equal in those (kernel/params.c: parameq) */
bool str_same_name(const char *a, size_t a_len, const char *b, size_t b_len);
/* is @word one of @list, which has commas between its words? */
bool str_in_list(const char *list, const char *word);
/* the next word of @line, which is moved behind it; "" at the end */
char *str_word(char **line);
/* what follows the last slash */
const char *str_base(const char *path);
/* undo the escapes \xNN of blkid and udev and \NNN of fstab(5), in place */
void str_unescape(char *string);
