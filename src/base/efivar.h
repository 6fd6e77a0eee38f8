/* SPDX-License-Identifier: MIT */
/*
 * efivar.h - the variables of EFI firmware, as text
 *
 * Their files are four bytes of attributes
 * (Documentation/filesystems/efivarfs.rst) and the value. They are only read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

/* Can this machine have such variables? */
bool efivar_is_possible(void);

/*
 * efivar_read - read the file of the variable @name, which is "NAME-GUID"
 *
 * Mounts efivarfs for as long as it takes, unless it is mounted. Returns its
 * length; 0 if there is no such variable, or if nothing can read them here;
 * -errno if there is one, or may be one, that cannot be read.
 */
long efivar_read(const char *name, unsigned char *ret, size_t size,
		 struct fail *why);

/*
 * efivar_text - turn the @len bytes of a file, with text in UTF-16, into bytes
 *		 (pure)
 *
 * Characters beyond ASCII become '?'. Returns false if it is not such a text, or
 * if it does not fit.
 */
bool efivar_text(const unsigned char *bytes, size_t len, char *ret,
		 size_t size);
