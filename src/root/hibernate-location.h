/* SPDX-License-Identifier: MIT */
/*
 * hibernate-location.h - where systemd says that it hibernated to: the EFI variable
 * HibernateLocation
 *
 * systemd-sleep sets it before it hibernates, and systemd in the system that
 * went on, or was started anew, clears it: it is read here and left alone. A
 * command line without resume= is all that most machines with EFI have.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

struct location {
	char spec[48];	 /* UUID=..., as for resume= */
	uint64_t offset; /* in pages, of a swap file; 0: none */
};

/*
 * location_parse - the @len bytes of the variable's file: is that a place?
 * (pure)
 *
 * Four bytes of attributes (Documentation/filesystems/efivarfs.rst), then a
 * JSON object in UTF-16: of its members "uuid" and "offset" have to be there
 * once each, and the others do not matter.
 */
bool location_parse(const unsigned char *bytes, size_t len,
		    struct location *ret);

/* may this machine have such variables? */
bool location_is_possible(void);

/*
 * location_read - 1; 0 where there is none; -errno where there is one, or may
 * be, that cannot be read or makes no sense
 *
 * Mounts efivarfs, and takes it away again, where nobody has mounted it.
 */
int location_read(struct location *ret, struct fail *why);
