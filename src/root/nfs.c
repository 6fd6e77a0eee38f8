/* SPDX-License-Identifier: MIT */
#include "root/nfs.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"

/* An address as it may be among mount options: it ends none of them. */
static bool is_address(const char *text)
{
	return !text[str_span(text, "0123456789.")];
}

/* [SERVER:]PATH[OPTIONS], where one of @ends is before them */
static int split(const char *text, const char *ends, struct nfs *ret,
		 struct fail *why)
{
	const char *path = *text == '/' ? NULL : str_char(text, ':');
	size_t len = path ? (size_t)(path - text) : 0;

	if (path && str_span(text, "0123456789.") != len) {
		return fail_said(
			why, EINVAL,
			"read '%s': its server is not an IPv4 address" FAIL_TODO
			"names are not looked up here; write it as in "
			"10.0.0.1:/path",
			text);
	}
	if (str_part(ret->server, sizeof(ret->server), text, len) < 0)
		return fail(why, EINVAL, "read '%s'", text);
	path = path ? path + 1 : text;
	len = str_until(path, ends);
	text = path + len + (path[len] != '\0');
	if (str_part(ret->path, sizeof(ret->path), path, len) < 0 ||
	    str_copy(ret->options, sizeof(ret->options), text) < 0)
		return fail(why, ENAMETOOLONG, "read '%s'", path);
	return 1;
}

int nfs_parse(const char *root, const char *nfsroot, struct nfs *ret,
	      struct fail *why)
{
	const char *rest = str_after(root, "nfs");
	const char *colon = str_char(root, ':');

	if (strcmp(root, "/dev/nfs") == 0)
		return split(nfsroot, ",", ret, why);
	if (rest && rest + (*rest == '4') == colon)
		return split(colon + 1, ",:", ret, why);
	/* neither /dev/..., nor a tag, nor the number of a device */
	return *root != '/' && colon && colon[1] == '/' &&
			       root + str_until(root, "=:") == colon
		       ? split(root, ",", ret, why)
		       : 0;
}

int nfs_complete(struct nfs *nfs, const char *address, const char *server,
		 const char *path, struct fail *why)
{
	static struct nfs said;
	size_t before = 0;

	if (!*nfs->path && *path) {
		int r = split(path, ",", &said, why);

		if (r < 0)
			return r;
		if (*said.server)
			server = said.server;
		memcpy(nfs->path, said.path, sizeof(nfs->path));
		if (!*nfs->options)
			memcpy(nfs->options, said.options,
			       sizeof(nfs->options));
	}
	/* who says it is the network */
	if (!is_address(server) || !is_address(address))
		return fail_said(why, EINVAL,
				 "read what DHCP says, '%s' and '%s': these "
				 "are no IPv4 addresses",
				 address, server);
	if (!*nfs->server)
		(void)str_copy(nfs->server, sizeof(nfs->server), server);
	if (!*nfs->server || !*nfs->path) {
		return fail_said(
			why, EINVAL,
			"find the root on NFS: nobody says which %s" FAIL_TODO
			"say it with nfsroot=SERVER:PATH; a DHCP server "
			"can say it with its option root-path",
			*nfs->path ? "server" : "directory");
	}
	while (nfs->path[before] && strncmp(nfs->path + before, "%s", 2) != 0)
		before++;
	if (!nfs->path[before])
		return 0;
	memcpy(said.path, nfs->path, sizeof(said.path));
	said.path[before] = '\0';
	return str_format(nfs->path, sizeof(nfs->path), "%s%s%s", said.path,
			  address, said.path + before + 2) < 0
		       ? fail(why, ENAMETOOLONG, "read '%s'", said.path)
		       : 0;
}

/* Does an option say the version? vers=, nfsvers=, v3, v4.2: nfs(5) */
static bool has_version(const char *options)
{
	while (*options) {
		const char *version = str_after(options, "nfsv");

		if (!version)
			version = str_after(options, "v");
		if (version &&
		    (*version == 'e' || (*version >= '0' && *version <= '9')))
			return true;
		options += str_until(options, ",");
		options += *options == ',';
	}
	return false;
}

bool nfs_try(const struct nfs *nfs, unsigned n, const char *more, char *ret,
	     size_t size)
{
	static const char versions[][9] = { "vers=4.2", "vers=4.1", "vers=4",
					    "vers=3" };
	const char *version = "";

	if (!has_version(nfs->options) && !has_version(more)) {
		if (n >= sizeof(versions) / sizeof(versions[0]))
			return false;
		version = versions[n];
	} else if (n > 0) {
		return false;
	}
	/* Who would keep the locks of version 3 is not running. */
	return str_format(ret, size, "nolock,addr=%s%s%s%s%s%s%s", nfs->server,
			  *version ? "," : "", version,
			  *nfs->options ? "," : "", nfs->options,
			  *more ? "," : "", more) == 0;
}
