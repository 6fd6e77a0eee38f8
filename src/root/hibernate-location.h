/* SPDX-License-Identifier: MIT */
/*
 * hibernate-location.h - where systemd has hibernated to: the EFI variable
 * HibernateLocation
 *
 * systemd-sleep sets it before it hibernates. systemd clears it in the system
 * that was resumed or newly started, so it is only read here. Most machines
 * with EFI have no resume= on their command lines, and depend on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

struct location {
	char spec[48];	 /* UUID=..., as for resume= */
	uint64_t offset; /* of a swap file, in pages; 0: there is none */
	/* ID and IMAGE_ID of the system's os-release(5); "": not said */
	char id[64], image_id[64];
};

/*
 * location_parse - read the @len bytes of the variable's file (pure)
 *
 * They are four bytes of attributes (Documentation/filesystems/efivarfs.rst)
 * and a JSON object in UTF-16. The object must have one member "uuid" and one
 * member "offset"; it may have "osReleaseId" and "osReleaseImageId", and other
 * members are ignored. Returns false if it is anything else.
 */
bool location_parse(const unsigned char *bytes, size_t len,
		    struct location *ret);

/*
 * location_is_of - has the system that @os_release describes hibernated there?
 *
 * Two systems on one machine share the variable. Whoever takes the image of the
 * other one has the kernel give it up, and its mounted disks with it. As
 * systemd-hibernate-resume does, ID and IMAGE_ID are compared, and versions are
 * not. Where either side does not say its ID, it is taken to be the system.
 *
 * @os_release: lines of os-release(5), changed in place
 */
bool location_is_of(const struct location *location, char *os_release);

/*
 * location_read - read the variable of this machine
 *
 * Mounts efivarfs for as long as it takes, unless it is mounted. Returns 1; 0
 * if there is no such variable; -errno if there is one, or may be one, that
 * cannot be read or makes no sense.
 */
int location_read(struct location *ret, struct fail *why);
