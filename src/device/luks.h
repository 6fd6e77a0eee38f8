/* SPDX-License-Identifier: MIT */
/*
 * luks.h - which LUKS devices the command line asks for, and by which names:
 * rd.luks.uuid=UUID and rd.luks.name=UUID=NAME, with or without "rd."
 *
 * See systemd-cryptsetup-generator(8). A UUID may have "luks-" before it, as
 * dracut writes it. What is not given in full counts as not given.
 */
#pragma once

#include <stdbool.h>

/* the type of such a device, in hooks */
#define LUKS_TYPE "crypto_LUKS"
/* the word of words_warn() for the names that are given to such devices */
#define LUKS_NAMES "rd.luks.name"

void luks_forget(void);
/* take a word of the command line; as settings_each() calls it */
void luks_parameter(const char *name, const char *value, void *unused);

/* the UUID of the @i-th device that is asked for, or NULL: there is none */
const char *luks_uuid(unsigned i);
/* the name for the device with this UUID, or NULL: it has none */
const char *luks_name(const char *uuid);
/* could each name that was given be taken? */
bool luks_names_fit(void);
