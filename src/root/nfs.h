/* SPDX-License-Identifier: MIT */
/*
 * nfs.h - a root that is a directory of an NFS server
 *
 * It is named as in Documentation/admin-guide/nfs/nfsroot.rst, and also as
 * mount.nfs(8) and dracut.cmdline(7) write it. Addresses are numbers: no DNS
 * server is asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct mount_order;
struct root;

struct nfs {
	char server[16]; /* an IPv4 address; "": the one that DHCP names */
	char path[240];	 /* "": the one that DHCP names */
	char options[512];
};

/*
 * nfs_parse - read root= and, for /dev/nfs, nfsroot= (pure)
 *
 *	/dev/nfs and [SERVER:]PATH[,OPTIONS]
 *	nfs:[SERVER:]PATH[:OPTIONS], also with a comma; nfs4: is the same
 *	SERVER:/PATH[,OPTIONS]
 *
 * Returns 1; 0 if it is not NFS; -errno with @why.
 */
int nfs_parse(const char *root, const char *nfsroot, struct nfs *ret,
	      struct fail *why);
/*
 * nfs_complete - fill in what was not given, from the @server and @path of a
 *		  DHCP server (pure)
 *
 * %s in a path becomes @address, that of this machine. Returns 0, or -errno
 * with @why if something is still not known.
 */
int nfs_complete(struct nfs *nfs, const char *address, const char *server,
		 const char *path, struct fail *why);
/*
 * nfs_try - the mount options of attempt @n, from 0; false if there is none
 *	     (pure)
 *
 * There is an attempt for each version, the newest first, unless an option
 * names one. The options include what mount.nfs(8) would find out for the
 * kernel (fs/nfs/fs_context.c).
 */
bool nfs_try(const struct nfs *nfs, unsigned n, const char *more, char *ret,
	     size_t size);

/* See struct root_form. */
int nfs_claims(struct root *root, struct fail *why);
/* Configures the network first, unless ip= says that somebody else does. */
int nfs_find(struct root *root, struct fail *why);
int nfs_mount(struct root *root, struct mount_order *order, struct fail *why);
