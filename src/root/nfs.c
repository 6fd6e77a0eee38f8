/* SPDX-License-Identifier: MIT */
#include "root/nfs.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/settings.h"
#include "device/drivers.h"
#include "root/ipconfig.h"
#include "root/mount.h"
#include "root/root.h"
#include "root/wait.h"

/* -- which, where and how ------------------------------------------------- */

/* Can @text be an address among mount options, without ending one of them? */
static bool is_address(const char *text)
{
	return !text[str_span(text, "0123456789.")];
}

/* Split [SERVER:]PATH[OPTIONS]; a character of @ends begins the options. */
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

	/* "auto" is how initramfs-tools(7) says: as DHCP says. */
	if (strcmp(root, "/dev/nfs") == 0)
		return split(strcmp(nfsroot, "auto") == 0 ? "" : nfsroot, ",",
			     ret, why);
	if (rest && rest + (*rest == '4') == colon)
		return split(colon + 1, ",:", ret, why);
	/* SERVER:/PATH: neither /dev/..., nor a tag, nor a device number. */
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
	/* These come from the network, which may be hostile. */
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

/* Does an option name the version? vers=, nfsvers=, v3, v4.2: nfs(5) */
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
	/* The daemon that keeps the locks of version 3 is not running. */
	return str_format(ret, size, "nolock,addr=%s%s%s%s%s%s%s", nfs->server,
			  *version ? "," : "", version,
			  *nfs->options ? "," : "", nfs->options,
			  *more ? "," : "", more) == 0;
}

/* -- the form of root= ---------------------------------------------------- */

int nfs_claims(struct root *root, struct fail *why)
{
	return nfs_parse(root->spec, root->settings->nfsroot, &root->nfs, why);
}

/* Ask for the drivers that a mount needs. The kernel would ask modprobe for
 * those of the versions: fs/nfs/client.c, get_nfs_version. */
static void want_drivers(void)
{
	drivers_want_types("nfs");
	(void)drivers_want("nfsv4", true);
	(void)drivers_want("nfsv3", true);
}

int nfs_find(struct root *root, struct fail *why)
{
	static struct ipconfig_answer answer;
	int r = ipconfig_configure(root, want_drivers, why);

	if (r < 0)
		return r;
	ipconfig_read(&answer);
	r = nfs_complete(&root->nfs, answer.address, answer.server, answer.path,
			 why);
	if (r < 0)
		return r;
	return str_format(root->path, sizeof(root->path), "%s:%s",
			  root->nfs.server, root->nfs.path);
}

/* In the child: mount it with the newest version that the server knows, and
 * exit with an errno. */
__attribute__((noreturn)) static void try_versions(const struct root *root,
						   struct mount_order *order)
{
	char options[sizeof(((struct mount_options *)NULL)->data)], type[8];
	static struct fail ignored;
	int r, first = -EPROTONOSUPPORT;

	order->types = "nfs";
	order->options = options;
	for (unsigned n = 0; nfs_try(&root->nfs, n, root->settings->rootflags,
				     options, sizeof(options));
	     n++) {
		r = mount_by_order(order, type, sizeof(type), &ignored);
		if (r == 0 || first == -EPROTONOSUPPORT)
			first = r;
		/* Version 3 may know the exported directory by another name. */
		if (r != -EPROTONOSUPPORT && r != -ENOENT)
			break;
	}
	sys_exit(-first);
}

/* Would the server give the same answer again? While it is starting, it refuses
 * what it will export later (EACCES, as from its rpcbind without mountd), or it
 * has no port yet. */
static bool is_final(int error)
{
	return error == EPERM || error == ENOENT || error == ENODEV ||
	       error == ENOTDIR || error == EINVAL || error == EPROTONOSUPPORT;
}

/* The longest pause before a server that did not answer is asked again. */
#define AGAIN_US ((int64_t)4000000)

/* Pause within @wait before the server is asked again, and longer the next
 * time. Returns false if the wait is over. */
static bool pause_before(struct wait *wait, int64_t *again_us)
{
	int64_t until_us = wait_until_us(wait);
	int64_t next_us = sys_now_us() + *again_us;

	if (*again_us < AGAIN_US)
		*again_us *= 2;
	if (until_us != SYS_FOREVER && until_us < next_us)
		next_us = until_us;
	(void)sys_wait_any(NULL, 0, next_us);
	return next_us != until_us || !wait_is_over(wait);
}

/*
 * Ask the server for a mount until it grants one or refuses for good. Returns
 * 0, the errno of its refusal, or -errno. A child asks, because mount(2) may
 * wait for longer than there is time. A server that is down is asked again and
 * again, because no event tells that it is up.
 *
 * @ret_error:  the last answer, an errno; 0: none
 */
static int ask_server(const struct root *root, struct mount_order *order,
		      int *ret_error)
{
	char what[sizeof(root->path) + 80];
	int64_t again_us = AGAIN_US / 16;
	struct wait wait;
	int r;

	*ret_error = 0;
	(void)str_format(what, sizeof(what), "mount %s: its server",
			 root->path);
	wait_begin(&wait, what, root_wait_us(root));
	for (;;) {
		struct child_job job = CHILD_NO_JOB;

		r = child_fork_job(&job);
		if (r == 0)
			try_versions(root, order);
		if (r > 0)
			r = wait_child(&wait, &job, NULL, NULL);
		if (r <= 0 || is_final(r))
			break;
		*ret_error = r;
		(void)str_format(what, sizeof(what),
				 "mount %s: its server (%s)", root->path,
				 fail_reason(r));
		if (!pause_before(&wait, &again_us)) {
			r = -ETIMEDOUT;
			break;
		}
	}
	wait_end(&wait);
	return r;
}

int nfs_mount(struct root *root, struct mount_order *order, struct fail *why)
{
	int r, error;

	want_drivers();
	drivers_wait_first();
	r = ask_server(root, order, &error);
	(void)str_copy(root->type, sizeof(root->type), "nfs");
	if (r == -ETIMEDOUT)
		(void)fail_said(why, ETIMEDOUT,
				"mount '%s' as nfs: %s, for %lld s", root->path,
				error ? fail_reason(error)
				      : "its server does not answer",
				(long long)(root_wait_us(root) / 1000000));
	else if (r != 0)
		r = fail(why, r, "mount '%s' as nfs", root->path);
	fail_todo(why, "is its server up, is this its address, does it export "
		       "that path to this one? correct root= or nfsroot=");
	return r;
}
