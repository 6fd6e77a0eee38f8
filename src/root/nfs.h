/* SPDX-License-Identifier: MIT */
/*
 * nfs.h - a root on a server: which, where, how (pure)
 *
 * As Documentation/admin-guide/nfs/nfsroot.rst has it, and as mount.nfs(8) and
 * dracut.cmdline(7) write it. Addresses are numbers: nobody here asks a DNS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fail;

struct nfs {
	char server[16]; /* IPv4; "": DHCP's */
	char path[240];	 /* "": DHCP's */
	char options[512];
};

/*
 * nfs_parse - root= and, for /dev/nfs, nfsroot=
 *
 *	/dev/nfs and [SERVER:]PATH[,OPTIONS]
 *	nfs:[SERVER:]PATH[:OPTIONS], or a comma; nfs4: is the same
 *	SERVER:/PATH[,OPTIONS]
 *
 * Returns 1; 0: it is no NFS; -errno.
 */
int nfs_parse(const char *root, const char *nfsroot, struct nfs *ret,
	      struct fail *why);
/*
 * nfs_complete - what was not said, from a DHCP server's @server and @path
 *
 * %s in a path is @address, our own. -errno: still nobody says it.
 */
int nfs_complete(struct nfs *nfs, const char *address, const char *server,
		 const char *path, struct fail *why);
/*
 * nfs_try - the mount options of attempt @n, from 0; false: there are no more
 *
 * The versions, newest first, where no option says which. What mount.nfs(8)
 * would find out for the kernel is in them (fs/nfs/fs_context.c).
 */
bool nfs_try(const struct nfs *nfs, unsigned n, const char *more, char *ret,
	     size_t size);
