/* SPDX-License-Identifier: MIT */
/*
 * root.h - from root= to a mount on ROOT_POINT
 *
 * root= is a list of roots that are tried in turn. Each is of one of the forms
 * in the table of root.c, and each form is a file.
 *
 * This file logs what it does, and reads the settings itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "config/settings.h"
#include "root/nfs.h"

#define ROOT_POINT "/sysroot"
/* The root= that means: a helper mounts it. */
#define ROOT_BY_HELPER "helper"

struct device;
struct mount_order;
struct root;
struct root_share;

/*
 * One form of root=
 *
 * @claims: is root->spec of this form? 1; 0: no; -errno with @why: yes, but it
 *	    cannot be read
 * @find:   wait until the root can be mounted, and fill in root->path
 * @mount:  mount the root as @order says, and fill in root->type; a form may
 *	    change the types and the options
 *
 * A remote form has no block device that could be seen on this machine.
 */
struct root_form {
	const char *name;
	int (*claims)(struct root *root, struct fail *why);
	int (*find)(struct root *root, struct fail *why);
	int (*mount)(struct root *root, struct mount_order *order,
		     struct fail *why);
	bool is_remote;
};

struct root {
	const struct settings *settings;
	int watch;	  /* the kernel's device events */
	unsigned at;	  /* the number, from 0, of this root in the list */
	bool is_covered;  /* an overlay is over it */
	bool is_found;	  /* its form can mount it */
	uint64_t mounted; /* the ID of our mount on ROOT_POINT; 0: none */
	const struct root_form *form;	/* NULL: not known yet */
	const struct device *device;	/* of the block form */
	const struct root_share *share; /* of the shared form */
	struct nfs nfs;			/* of the nfs form */
	char spec[512];			/* as written */
	char path[256]; /* of its device, or what its form has instead */
	char type[32];	/* what it was mounted as */
};

/* wait until the current root of the list can be mounted */
int root_find(struct root *root, struct fail *why);
/* check its file system, if the image can and fsck.mode= allows it */
int root_check(struct root *root, struct fail *why);
/* mount it on ROOT_POINT, unless somebody has mounted something there */
int root_mount(struct root *root, struct fail *why);
/* Now that more disks may be known: is the root's device still the only one
 * with its tag? Returns what device_still_one() does. */
int root_is_one(const struct root *root, struct fail *why);
/*
 * root_next - go on to the next root of the list, because of @why
 *
 * Logs @why, and unmounts what was mounted. Returns false if there is no next
 * root.
 */
bool root_next(struct root *root, const struct fail *why);

/* is it to be mounted read-write, apart from an overlay? */
bool root_is_rw(const struct root *root);
/* is it on another machine, and not on a block device of this one? */
bool root_is_remote(const struct root *root);
/* is anything mounted on ROOT_POINT, whoever has mounted it? */
bool root_is_mounted(void);
/* how long to wait for this root; SYS_FOREVER: without end */
int64_t root_wait_us(const struct root *root);
/* how long to wait for any other device of the boot: as for the last root */
int64_t root_other_wait_us(const struct root *root);
/* the same for what an fstab mounts with @options: with nofail never without
 * end, whatever rootwait says */
int64_t root_line_wait_us(const struct root *root, const char *options);
/* the same for the other devices of what is mounted from @device, which may be
 * that of the root */
int64_t root_mount_wait_us(const struct root *root, const struct device *device,
			   const char *options);
