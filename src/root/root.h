/* SPDX-License-Identifier: MIT */
/*
 * root.h - from root= to a mount on ROOT_POINT: the list, each form of it, what
 * lies between the device and the root
 *
 * A part of the boot's story: messages are said, settings decide.
 */
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "config/settings.h"
#include "root/nfs.h"

#define ROOT_POINT "/sysroot"

struct device;
struct mount_order;
struct root;
struct root_share;

/*
 * One form of root=: who it is that makes a mount of it
 *
 * @claims: is the root of this form? 1; 0: no; -errno: yes, but it cannot be
 *          read
 * @find:   wait until it can be mounted
 * @mount:  mount it as @order says; a form may change the types and options
 *
 * A form that is remote has no block device here that could be looked for.
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
	int watch;		      /* the kernel's device events */
	unsigned at;		      /* which one of root='s list it is */
	const struct root_form *form; /* NULL: not known, or mounted already */
	const struct root_share *share; /* which kind of shared directory */
	const struct device *device;
	bool is_covered; /* an overlay is over it */
	char type[32];	 /* what it was mounted as */
	char path[256];	 /* of the device, or the tag of a shared directory */
	char spec[512];	 /* the list's one, as written */
	struct nfs nfs;	 /* if it is remote and has a path */
};

/* the device (or helper's mount) that the list says is next, waited for */
int root_find(struct root *root, struct fail *why);
/* is it a directory of somebody else, and not on a block device? */
bool root_is_remote(const struct root *root);
/* have it checked, where the image can and fsck.mode= lets it */
int root_check(struct root *root, struct fail *why);
/* mount it on ROOT_POINT, if nobody has mounted anything there */
int root_mount(struct root *root, struct fail *why);
/* is it to be mounted read-write, but for what covers it? */
bool root_is_rw(const struct root *root);
/* is it, now that more disks may be known, still the only one of its tag? */
int root_is_one(const struct root *root, struct fail *why);
/* is anything mounted on ROOT_POINT yet, by whomever? */
bool root_is_mounted(void);
/* a device that may also hold swap, waited for (@wait_us; 0: for ever) as the
 * root is */
int root_find_swap(const struct root *root, const char *spec, int64_t wait_us,
		   const struct device **ret, struct fail *why);
/* the /usr that the root's fstab names, below it */
int root_usr(struct root *root, struct fail *why);
/*
 * root_next - go on to the next one of the list, because of @why
 *
 * Says so, and takes away what was mounted. False: there is none.
 */
bool root_next(struct root *root, const struct fail *why);
