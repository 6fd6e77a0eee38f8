/* SPDX-License-Identifier: MIT */
#include "root/root.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "console/plymouth.h"
#include "device/device.h"
#include "device/drivers.h"
#include "device/hooks.h"
#include "root/btrfs.h"
#include "root/fsck.h"
#include "root/fstab.h"
#include "root/ipconfig.h"
#include "root/loop.h"
#include "root/mount.h"
#include "root/nfs.h"
#include "root/overlay.h"

/* A boot that waits says so after this time. */
#define NOTICE_US ((int64_t)3000000)
/* How long a splash that does not answer may hold the boot up, twice. */
#define SPLASH_US ((int64_t)200000)

/* -- waiting -------------------------------------------------------------- */

static const char *waiting_for;
static int64_t waiting_us;  /* how long; 0: for ever */
static int64_t begin_us;    /* since then */
static int64_t deadline_us; /* until then; 0: for ever */
static int64_t notice_us;   /* when to say so */
static char waiting[sizeof(((struct root *)0)->spec) + 40]; /* as it was said */

static void notice_waiting(void)
{
	if (waiting_us)
		(void)str_format(waiting, sizeof(waiting),
				 "waiting for '%s', up to %lld s", waiting_for,
				 (long long)(waiting_us / 1000000));
	else
		(void)str_format(waiting, sizeof(waiting),
				 "waiting for '%s', without end (rootwait)",
				 waiting_for);
	log_line(LOG_NOTICE, "%s", waiting);
	(void)plymouth_tell(PLYMOUTH_MESSAGE, waiting,
			    sys_now_us() + SPLASH_US);
}

static void begin_waiting(const char *what, int64_t us)
{
	waiting_for = what;
	waiting_us = us;
	*waiting = '\0';
	hooks_begin();
	begin_us = sys_now_us();
	notice_us = begin_us + NOTICE_US;
	deadline_us = us ? begin_us + us : 0;
}

/* The time to wait for, until something happens. */
static int64_t until_us(void)
{
	return *waiting || (deadline_us && deadline_us < notice_us)
		       ? deadline_us
		       : notice_us;
}

/* Nothing happened until then: was that the end? */
static bool is_over(void)
{
	if (until_us() == deadline_us)
		return true;
	notice_waiting();
	return false;
}

static int64_t late_us;

/* What comes first of both: say what is waited for; go on with what there is of
 * what waits to be complete. When the other one is due; 0: it was before. */
static int64_t notice(void)
{
	bool is_late = *waiting || late_us < notice_us;
	int64_t next_us = *waiting ? 0 : is_late ? notice_us : late_us;

	if (is_late) {
		hooks_late();
		late_us = INT64_MAX;
	} else {
		notice_waiting();
	}
	return next_us;
}

static void end_waiting(void)
{
	if (*waiting)
		(void)plymouth_tell(PLYMOUTH_NO_MESSAGE, waiting,
				    sys_now_us() + SPLASH_US);
}

bool root_is_mounted(void)
{
	struct sys_stat st;

	/* Not asking a FUSE that may not have begun to answer. */
	return sys_stat_cached(AT_FDCWD, ROOT_POINT, &st) == 0 && st.mount_root;
}

/* A helper did it, or somebody at the rescue shell. */
static bool is_mounted_already(const struct root *root)
{
	if (!root_is_mounted())
		return false;
	if (!root->device)
		log_line(LOG_NOTICE, "'%s' is mounted already, taking it",
			 ROOT_POINT);
	return true;
}

/* root=helper: until something is mounted on ROOT_POINT */
static int wait_for_mount(const struct root *root, struct fail *why)
{
	_auto_close int fd = io_open("/proc/self/mountinfo", O_RDONLY);
	int r = fd;

	while (r >= 0 && !is_mounted_already(root)) {
		r = sys_wait_changed(fd, until_us());
		if (r == 0 && is_over()) {
			return fail_said(
				why, ETIMEDOUT,
				"wait for a mount on '%s': no helper "
				"made one in time" FAIL_TODO
				"see above what they said; they are in '%s' "
				"of the image",
				ROOT_POINT, IMAGE_HELPERS);
		}
	}
	return r < 0 ? fail(why, r, "wait for a mount on '%s'", ROOT_POINT) : 0;
}

/* The role in which a device may hold swap. */
static const char swap_role[] = "swap";

/* The device that @spec names, within @wait_us (0: for ever). */
static int find(const struct root *root, const char *role, const char *spec,
		int64_t wait_us, const struct device **ret, struct fail *why)
{
	struct device_spec parsed;
	int r = device_parse(spec, &parsed, why);

	parsed.swap_too = role == swap_role;
	if (r < 0 && spec != root->spec)
		return fail_said(why, r,
				 "find the %s '%s': it is no form that names a "
				 "block device",
				 role, spec);
	if (r < 0)
		return r;
	begin_waiting(spec, wait_us);
	late_us = begin_us + (wait_us ? wait_us : SETTINGS_WAIT_US) * 2 / 3;
	r = device_find(root->watch, &parsed, deadline_us,
			notice_us < late_us ? notice_us : late_us, notice, ret,
			why);
	end_waiting();
	if (r == -ETIMEDOUT) {
		(void)fail_said(
			why, ETIMEDOUT,
			"find the %s '%s': no such device within "
			"%lld s" FAIL_TODO
			"compare with the devices seen above: correct the "
			"name, "
			"add a driver (pintle-mkinitramfs -m), or wait longer "
			"(rootwait, rd.timeout=)",
			role, spec, (long long)(wait_us / 1000000));
	}
	return r;
}

int root_find_swap(const struct root *root, const char *spec, int64_t wait_us,
		   const struct device **ret, struct fail *why)
{
	return find(root, swap_role, spec, wait_us, ret, why);
}

/* -- the list ------------------------------------------------------------- */

static bool is_last(const struct root *root)
{
	char next[sizeof(root->spec)];

	return !settings_root(root->settings, root->at + 1, DEVICE_AUTO, next,
			      sizeof(next));
}

static int64_t wait_us(const struct root *root)
{
	return settings_wait_us(root->settings, root->at, is_last(root));
}

/* Directories that a host shares: what the kernel calls them, what it must be
 * told besides. */
static const struct root_share {
	const char *type;
	const char *options;
} shares[] = {
	{ "virtiofs", "" },
	{ "9p", "trans=virtio" },
};

/* GPT attribute 60, where the root was found by its type: as systemd takes it.
 */
#define READ_ONLY (1ull << 60)

bool root_is_rw(const struct root *root)
{
	return root->settings->rw && !*root->settings->overlay &&
	       !(root->device && strcmp(root->spec, DEVICE_AUTO) == 0 &&
		 root->device->entry.attributes & READ_ONLY);
}

/* TYPE:TAG, or rootfstype=TYPE and any tag. */
static int claims_shared(struct root *root, struct fail *why)
{
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		const char *after = str_after(root->spec, shares[i].type);
		bool is_prefix = after && *after == ':';

		if (!is_prefix &&
		    strcmp(root->settings->rootfstype, shares[i].type) != 0)
			continue;
		root->share = &shares[i];
		return str_copy(root->path, sizeof(root->path),
				is_prefix ? after + 1 : root->spec) < 0
			       ? fail(why, ENAMETOOLONG, "read '%s'",
				      root->spec)
			       : 1;
	}
	return 0;
}

/* Only its mount can tell whether it is there. */
static int find_shared(struct root *root, struct fail *why)
{
	(void)root;
	(void)why;
	return 0;
}

/* -- the network ---------------------------------------------------------- */

/*
 * The end of a child: its exit status, -ETIMEDOUT when waiting is over (then it
 * is ended), another -errno. Drivers go on being loaded. @news, if any, is
 * called before it is said what is waited for.
 */
static int await(int pid, void (*news)(void))
{
	_auto_close int fd = sys_pidfd_open(pid);
	int fds[1 + DRIVERS_JOBS] = { fd };
	int r, status = 0;

	do {
		(void)drivers_work();
		drivers_fds(fds + 1);
		r = fd < 0 ? fd
			   : sys_wait_any(fds, 1 + DRIVERS_JOBS, until_us());
		if (r == 0 && news)
			news();
	} while (r == 0 ? !is_over() : r > 0 && !sys_wait_readable(fd, 1));
	if (r <= 0) {
		(void)sys_kill(pid, SIGKILL);
		/* The kernel has it stop where it waits for an answer. */
		(void)sys_wait_readable(fd, sys_now_us() + 1000000);
		(void)sys_wait(pid, &status, 1 /* WNOHANG */);
		return r < 0 ? r : -ETIMEDOUT;
	}
	r = sys_wait(pid, &status, 0);
	if (r < 0)
		return r;
	return status & 0x7f ? EINTR : status >> 8 & 0xff;
}

static struct net_order network;
static char network_step[sizeof(network.argument) + 40];

/* What ipconfig waits for. */
static void tell_network_step(void)
{
	(void)str_format(
		network_step, sizeof(network_step), "%s: %s", network.argument,
		net_has_link(network.interface) ? "an answer by DHCP"
						: "a link, as of a cable");
}

/* What a mount needs. Its versions the kernel asks modprobe for:
 * fs/nfs/client.c, get_nfs_version. */
static void want_nfs(void)
{
	drivers_want_types("nfs");
	(void)drivers_want("nfsv4", true);
	(void)drivers_want("nfsv3", true);
}

/* The network as ip= says, by the time the root has. */
static int configure(const struct root *root, struct fail *why)
{
	static bool is_configured;
	long long seconds = wait_us(root) / 1000000;
	int r = is_configured ? 0 : net_parse(root->settings->ip, &network);

	if (r < 0)
		return fail(why, r, "read 'ip=%s'", root->settings->ip);
	if (r == 0)
		return 0;
	begin_waiting(network_step, wait_us(root));
	(void)str_format(network_step, sizeof(network_step),
			 "%s: a network interface%s%s", network.argument,
			 *network.interface ? " " : "", network.interface);
	/* Whichever they are, ipconfig looks at those that are there at its
	 * start. */
	r = device_settle(root->watch, until_us(), why);
	while (r >= 0 && !net_is_there(network.interface)) {
		r = device_wait(root->watch, until_us(), why);
		if (r == 0 && is_over())
			r = -ETIMEDOUT;
	}
	if (r >= 0) {
		tell_network_step();
		want_nfs();
		r = net_start(&network);
		if (r == -ENOENT) {
			end_waiting();
			return fail(
				why, ENOENT,
				"run '" NET_PROGRAM " %s'" FAIL_TODO
				"pintle-mkinitramfs --with-nfs puts it into "
				"the image; ip=off goes without",
				network.argument);
		}
	}
	if (r > 0)
		r = await(r, tell_network_step);
	end_waiting();
	if (r == -ETIMEDOUT) {
		(void)fail_said(
			why, ETIMEDOUT,
			"configure the network, %s: it did not come "
			"within %lld s" FAIL_TODO
			"is its driver in the image, the cable in, a DHCP "
			"server there? correct ip=, or wait longer "
			"(rd.timeout=)",
			network_step, seconds);
	} else if (r > 0) {
		r = fail_said(why, EINVAL,
			      "configure the network by '%s': ipconfig ended "
			      "with status %d" FAIL_TODO
			      "see above what it says; correct ip=",
			      network.argument, r);
	}
	is_configured = r == 0;
	return r;
}

static int claims_nfs(struct root *root, struct fail *why)
{
	return nfs_parse(root->spec, root->settings->nfsroot, &root->nfs, why);
}

/* Where the root is on NFS: 0 when the network is up and all is known. */
static int find_nfs(struct root *root, struct fail *why)
{
	static struct net_answer answer;
	int r = configure(root, why);

	if (r < 0)
		return r;
	net_read(&answer);
	r = nfs_complete(&root->nfs, answer.address, answer.server, answer.path,
			 why);
	if (r < 0)
		return r;
	return str_format(root->path, sizeof(root->path), "%s:%s",
			  root->nfs.server, root->nfs.path);
}

/* -- the mount ------------------------------------------------------------ */

/* What to mount it as, where nobody says. */
static const char *probed_type(const struct device *device, const char *path,
			       struct fail *why)
{
	const struct probe *content = &device->content;
	const char *is;

	switch (content->use) {
	case PROBE_FILESYSTEM:
		return content->type;
	case PROBE_MEMBER:
		is = "a part of something else";
		break;
	case PROBE_DAMAGED:
		is = "a file system whose superblock is damaged";
		break;
	case PROBE_AMBIVALENT:
		is = "two things at once";
		break;
	case PROBE_SWAP:
	case PROBE_TABLE:
		is = "no file system";
		break;
	case PROBE_NOTHING:
	default:
		is = NULL;
		break;
	}
	if (device->error)
		(void)fail(why, device->error, "read '%s'", path);
	else if (is)
		(void)fail_said(why, EINVAL, "mount '%s': it holds %s (%s)",
				path, is, content->type);
	else
		(void)fail_said(why, EINVAL,
				"mount '%s': it holds no file system that is "
				"known here",
				path);
	if (content->use == PROBE_MEMBER)
		fail_todo(why, "correct root=; if that is all over, wipefs(8) "
			       "takes the mark away");
	else
		fail_todo(why, "correct root=, or say what it is with "
			       "rootfstype=TYPE");
	return NULL;
}

/* mount_root(), when the drivers of what may be tried are there. */
static int mount_with_drivers(const struct mount_order *order, char *ret_type,
			      size_t size, struct fail *why)
{
	drivers_want_types(order->types);
	drivers_wait_first();
	return mount_root(order, ret_type, size, why);
}

/* Tell the kernel of all devices there are of the btrfs @uuid: how many, and
 * whether that is all of them. */
static unsigned tell_members(const char *uuid, int *ret_missing)
{
	unsigned count, found = 0;
	const struct device *devices;
	char path[DEVICE_PATH];

	device_probe_all();
	devices = device_seen(&count);
	for (unsigned i = 0; i < count; i++) {
		/* Of two devices with one number in it the kernel takes the one
		 * that it was told of last. */
		if (!devices[i].name[0] ||
		    strcmp(devices[i].content.type, "btrfs") != 0 ||
		    strcmp(devices[i].content.uuid, uuid) != 0 ||
		    device_is_part(&devices[i]))
			continue;
		found++;
		device_path(devices[i].name, path);
		*ret_missing = btrfs_tell(path);
	}
	return found;
}

/*
 * All devices of a btrfs that is made of several, within the root's time; then,
 * with rootflags=degraded, those that there are.
 */
static int gather(const struct root *root, const struct probe *content,
		  const char *options, struct fail *why)
{
	static char what[120];
	int64_t us = wait_us(root);
	unsigned wanted = content->devices, found;
	char uuid[sizeof(content->uuid)];
	int r, missing = 0;

	/* It is the driver who says whether that is all. */
	drivers_want_types("btrfs");
	drivers_wait_first();
	memcpy(uuid, content->uuid, sizeof(uuid));
	begin_waiting(what, us);
	for (;;) {
		found = tell_members(uuid, &missing);
		/* Without a driver the mount says it better. */
		r = missing > 0 ? 1 : 0;
		if (r == 0)
			break;
		(void)str_format(what, sizeof(what),
				 "btrfs %s (%u of %u devices seen)", uuid,
				 found, wanted);
		r = device_wait(root->watch, until_us(), why);
		if (r < 0 || (r == 0 && is_over()))
			break;
	}
	end_waiting();
	if (r < 0 || missing <= 0)
		return r;
	if (fstab_option(options, "degraded")) {
		log_line(LOG_ERROR,
			 "find the btrfs %s: %u of %u devices within %lld s, "
			 "going on with those (degraded)",
			 uuid, found, wanted, (long long)(us / 1000000));
		return 0;
	}
	return fail_said(
		why, ETIMEDOUT,
		"find the btrfs %s: %u of %u devices within %lld s" FAIL_TODO
		"compare with the devices seen above; "
		"rootflags=degraded goes on with those",
		uuid, found, wanted, (long long)(us / 1000000));
}

/* As its contents show, where @order does not say. */
static int mount_device(const struct root *root, const struct device *device,
			struct mount_order *order, char *ret_type, size_t size,
			struct fail *why)
{
	int r = 0;

	if (device->content.devices > 1 &&
	    strcmp(device->content.type, "btrfs") == 0)
		r = gather(root, &device->content, order->options, why);
	if (r < 0)
		return r;
	/* A half of a mirror looks like the whole, and is not to be written. */
	if (!*order->types || device->content.use == PROBE_MEMBER)
		order->types = probed_type(device, order->device, why);
	if (!order->types)
		return -EINVAL;
	return mount_with_drivers(order, ret_type, size, why);
}

/* The device comes with its driver's event: to try is the only way to ask. */
static int mount_shared(struct root *root, struct mount_order *order,
			struct fail *why)
{
	const struct settings *settings = root->settings;
	const struct root_share *is = root->share;
	const char *tag = root->path;
	int64_t wait = wait_us(root);
	char options[sizeof(settings->rootflags) + 16];
	int r;

	(void)str_format(
		options, sizeof(options), "%s%s%s", settings->rootflags,
		*settings->rootflags && *is->options ? "," : "", is->options);
	order->types = is->type;
	order->options = options;
	begin_waiting(tag, wait);
	do {
		r = mount_with_drivers(order, root->type, sizeof(root->type),
				       why);
		/* None with that tag, yet (fs/fuse/virtio_fs.c:
		 * virtio_fs_get_tree; net/9p/trans_virtio.c: p9_virtio_create),
		 * or 9p has no driver for virtio, yet (net/9p/client.c:
		 * v9fs_parse_options of 6.1). */
		if (r != -EINVAL && r != -ENOENT)
			break;
		r = device_wait(root->watch, until_us(), why);
		if (r == 0 && is_over()) {
			(void)fail_said(
				why, ETIMEDOUT,
				"mount '%s' as %s: the host shares no "
				"directory by that tag within %lld s, or an "
				"option in '%s' is wrong" FAIL_TODO
				"see the kernel's line above (dmesg)",
				tag, is->type, (long long)(wait / 1000000),
				options);
			r = -ETIMEDOUT;
		}
	} while (r >= 0);
	end_waiting();
	return r;
}

/* The child's: mount the root's NFS, by the newest version that its server
 * knows; exit status: errno. */
static void try_nfs(const struct root *root, struct mount_order *order)
{
	char options[sizeof(((struct mount_options *)NULL)->data)], type[8];
	static struct fail ignored;
	int r, first = -EPROTONOSUPPORT;

	order->types = "nfs";
	order->options = options;
	for (unsigned n = 0; nfs_try(&root->nfs, n, root->settings->rootflags,
				     options, sizeof(options));
	     n++) {
		r = mount_root(order, type, sizeof(type), &ignored);
		if (r == 0 || first == -EPROTONOSUPPORT)
			first = r;
		/* What is exported may have another name in version 3. */
		if (r != -EPROTONOSUPPORT && r != -ENOENT)
			break;
	}
	sys_exit(-first);
}

/* What asking again will not change. A server that is starting refuses what it
 * will export (EACCES, as from its rpcbind without mountd), or has no port. */
static bool is_final(int error)
{
	return error == EPERM || error == ENOENT || error == ENODEV ||
	       error == ENOTDIR || error == EINVAL || error == EPROTONOSUPPORT;
}

/* How long until a server that did not answer is asked again, at most. */
#define AGAIN_US ((int64_t)4000000)

/*
 * By a child, as mount(2) waits for the server, longer than the root's time
 * may be. A server that is not up is asked again and again: nothing tells of
 * its coming.
 */
static int mount_nfs(struct root *root, struct mount_order *order,
		     struct fail *why)
{
	static char what[sizeof(root->path) + 80];
	int64_t again_us = AGAIN_US / 16, wait = wait_us(root);
	int r, error = 0; /* of a server that was asked in vain */

	want_nfs();
	drivers_wait_first();
	(void)str_format(what, sizeof(what), "mount %s: its server",
			 root->path);
	begin_waiting(what, wait);
	for (;;) {
		int64_t next_us;

		r = sys_fork();
		if (r == 0)
			try_nfs(root, order);
		if (r > 0)
			r = await(r, NULL);
		if (r <= 0 || is_final(r))
			break;
		error = r;
		(void)str_format(what, sizeof(what),
				 "mount %s: its server (%s)", root->path,
				 fail_reason(error));
		next_us = sys_now_us() + again_us;
		if (again_us < AGAIN_US)
			again_us *= 2;
		if (until_us() && until_us() < next_us)
			next_us = until_us();
		(void)sys_wait_any(NULL, 0, next_us);
		if (next_us == until_us() && is_over()) {
			r = -ETIMEDOUT;
			break;
		}
	}
	end_waiting();
	(void)str_copy(root->type, sizeof(root->type), "nfs");
	if (r == -ETIMEDOUT)
		(void)fail_said(why, ETIMEDOUT,
				"mount '%s' as nfs: %s, for %lld s", root->path,
				error ? fail_reason(error)
				      : "its server does not answer",
				(long long)(wait / 1000000));
	else if (r != 0)
		r = fail(why, r, "mount '%s' as nfs", root->path);
	fail_todo(why, "is its server up, is this its address, does it export "
		       "that path to this one? correct root= or nfsroot=");
	return r;
}

/* loop=: what root= names goes elsewhere, and the file in it is the root. */
static int mount_loop(struct root *root, struct fail *why)
{
	const struct settings *settings = root->settings;
	const struct device *device;
	struct mount_order order = {
		.point = ROOT_POINT,
		.types = settings->loopfstype,
		.options = settings->loopflags,
		.rw = root_is_rw(root),
	};
	_auto_close int fd = -1;
	char name[24];

	(void)drivers_want("devname:loop-control", true);
	drivers_wait_first();
	fd = loop_attach(RUN_HOST, settings->loop, root_is_rw(root), name,
			 sizeof(name), why);
	if (fd < 0)
		return fd;
	device = device_refresh(name);
	if (!device)
		return fail(why, ENODEV, "look at '/dev/%s'", name);
	device_path(name, root->path);
	order.device = root->path;
	return mount_device(root, device, &order, root->type,
			    sizeof(root->type), why);
}

/* rd.overlay=: whatever the root is goes below, and is never written. */
static int cover(struct root *root, struct fail *why)
{
	const char *spec = root->settings->overlay;
	bool is_volatile = strcmp(spec, "tmpfs") == 0;
	struct mount_order order = {
		.point = RUN_STORE,
		.types = "",
		.options = "",
		.rw = true,
	};
	char path[DEVICE_PATH], type[32] = "tmpfs";
	const struct device *device;
	int r = 0;

	if (!is_volatile) {
		r = find(root, "overlay's device", spec,
			 settings_wait_us(root->settings, SETTINGS_FIRST_WAITS,
					  true),
			 &device, why);
		if (r < 0)
			return r;
		device_path(device->name, path);
		order.device = path;
		r = mount_device(root, device, &order, type, sizeof(type), why);
	}
	drivers_want_types("overlay");
	drivers_wait_first();
	if (r == 0)
		r = overlay_mount(ROOT_POINT, RUN_LOWER, RUN_STORE, is_volatile,
				  why);
	if (r == 0)
		log_line(LOG_INFO, "an overlay is over '%s', written to %s",
			 RUN_LOWER, is_volatile ? type : path);
	else
		(void)sys_umount(RUN_STORE, MNT_DETACH);
	return r;
}

/* Where systemd-fsck-root.service and its like look whether it was done. */
#define CHECKED_DIR "/run/initramfs"

/* fsck(8): bits of the exit status */
enum { FSCK_RESTART = 2, FSCK_ERRORS_LEFT = 4, FSCK_FAILED = 8 };

static int check(const struct root *root, const char *role,
		 const struct device *device, struct fail *why)
{
	const struct settings *settings = root->settings;
	const struct check how = { settings->fsck_force,
				   settings->fsck_repair };
	char path[DEVICE_PATH], mark[64];
	int status;

	if (settings->fsck_skip || device->content.use != PROBE_FILESYSTEM)
		return 0;
	device_path(device->name, path);
	status = check_run(&how, device->content.type, path, why);
	if (status == -ENOENT)
		return 0;
	/* It may have been killed in the middle of a repair. */
	if (status == -EINTR) {
		fail_todo(why, "look why it was killed (dmesg; too little "
			       "memory?), and repair it from elsewhere or at a "
			       "shell (rd.shell); fsck.mode=skip goes without");
		return status;
	}
	if (status < 0) {
		log_line(LOG_WARNING, "%s, going on unchecked", why->what);
		return 0;
	}
	if (status & FSCK_ERRORS_LEFT) {
		return fail_said(why, EIO,
				 "check '%s': fsck.%s left errors in it "
				 "(status %d)" FAIL_TODO
				 "repair it from elsewhere or at a shell "
				 "(rd.shell); fsck.repair=yes says yes to all, "
				 "fsck.mode=skip goes without",
				 path, device->content.type, status);
	}
	if (status >= FSCK_FAILED) {
		log_line(LOG_WARNING,
			 "check '%s': fsck.%s could not (status %d), going on "
			 "unchecked",
			 path, device->content.type, status);
		return 0;
	}
	if (status & FSCK_RESTART) {
		log_line(LOG_ERROR, "check '%s': fsck.%s asks for a restart",
			 path, device->content.type);
		sys_sync();
		return sys_restart();
	}
	(void)io_mkdir(CHECKED_DIR);
	(void)str_format(mark, sizeof(mark), CHECKED_DIR "/fsck-%s", role);
	(void)io_write_file(mark, "", 0);
	return 0;
}

int root_check(struct root *root, struct fail *why)
{
	if (!root->device || is_mounted_already(root))
		return 0;
	return check(root, "root", root->device, why);
}

/* -- the forms of root= --------------------------------------------------- */

static int claims_helper(struct root *root, struct fail *why)
{
	(void)why;
	return strcmp(root->spec, "helper") == 0;
}

static int find_helper(struct root *root, struct fail *why)
{
	int r;

	begin_waiting(root->spec, wait_us(root));
	r = wait_for_mount(root, why);
	end_waiting();
	return r;
}

/* The helper mounts it. If that mount has gone again, wait for another. */
static int mount_helper(struct root *root, struct mount_order *order,
			struct fail *why)
{
	(void)order;
	return find_helper(root, why);
}

static int claims_block(struct root *root, struct fail *why)
{
	(void)root;
	(void)why;
	return 1;
}

static int find_block(struct root *root, struct fail *why)
{
	int r = find(root, "root", root->spec, wait_us(root), &root->device,
		     why);

	if (r == 0)
		device_path(root->device->name, root->path);
	return r;
}

static int mount_block(struct root *root, struct mount_order *order,
		       struct fail *why)
{
	return mount_device(root, root->device, order, root->type,
			    sizeof(root->type), why);
}

/* The first that claims what was written has it. */
static const struct root_form forms[] = {
	{ "shared", claims_shared, find_shared, mount_shared, true },
	{ "nfs", claims_nfs, find_nfs, mount_nfs, true },
	{ "helper", claims_helper, find_helper, mount_helper, false },
	{ "block", claims_block, find_block, mount_block, false },
};

/* The form of root->spec: 0, or the -errno of the one that cannot read it. */
static int resolve(struct root *root, struct fail *why)
{
	unsigned i = 0;
	int r;

	do {
		root->form = &forms[i++];
		r = root->form->claims(root, why);
	} while (r == 0);
	return r < 0 ? r : 0;
}

int root_find(struct root *root, struct fail *why)
{
	int r;

	if (!settings_root(root->settings, root->at, DEVICE_AUTO, root->spec,
			   sizeof(root->spec)))
		*root->spec = '\0';
	if (is_mounted_already(root))
		return 0;
	r = resolve(root, why);
	return r < 0 ? r : root->form->find(root, why);
}

bool root_is_remote(const struct root *root)
{
	return root->form && root->form->is_remote;
}

bool root_next(struct root *root, const struct fail *why)
{
	if (is_last(root))
		return false;
	root->at++;
	(void)sys_umount(ROOT_POINT, MNT_DETACH);
	(void)sys_umount(RUN_LOWER, MNT_DETACH);
	(void)sys_umount(RUN_STORE, MNT_DETACH);
	(void)sys_umount(RUN_HOST, MNT_DETACH);
	root->form = NULL;
	root->device = NULL;
	root->is_covered = false;
	root->path[0] = root->type[0] = '\0';
	(void)settings_root(root->settings, root->at, DEVICE_AUTO, root->spec,
			    sizeof(root->spec));
	log_line(LOG_ERROR, "%s, trying '%s'", why->what, root->spec);
	return true;
}

static int mount_as_named(struct root *root, struct fail *why)
{
	const struct settings *settings = root->settings;
	struct mount_order order = {
		.device = root->path,
		.point = *settings->loop ? RUN_HOST : ROOT_POINT,
		.types = settings->rootfstype,
		.options = settings->rootflags,
		.rw = root_is_rw(root),
	};
	int r = 0;

	/* Somebody has unmounted what was there when it was looked for. */
	if (!root->form)
		r = root_find(root, why);
	if (r < 0 || !root->form)
		return r;
	r = root->form->mount(root, &order, why);
	if (r == 0 && *settings->loop)
		r = mount_loop(root, why);
	if (r == 0)
		log_line(LOG_INFO, "'%s' is '%s', %s, mounted %s", root->spec,
			 root->path, root->type,
			 root_is_rw(root) ? "read-write" : "read-only");
	return r;
}

int root_mount(struct root *root, struct fail *why)
{
	int r;

	(void)io_mkdir(RUN_DIR);
	r = is_mounted_already(root) ? 0 : mount_as_named(root, why);
	if (r < 0 || !*root->settings->overlay || root->is_covered)
		return r;
	r = cover(root, why);
	root->is_covered = r == 0;
	return r;
}

int root_is_one(const struct root *root, struct fail *why)
{
	struct device_spec spec;

	if (!root->device || device_parse(root->spec, &spec, why) < 0)
		return 0;
	return device_still_one(root->watch, &spec, why);
}

/* -- beside it ------------------------------------------------------------ */

#define FSTAB	  "/etc/fstab"
#define USR_POINT ROOT_POINT "/usr"

/* The new root's, whatever links lead there: bytes, 0: it has none. What is
 * there and cannot be read whole may name a /usr. */
static long read_fstab(char *text, size_t size, struct fail *why)
{
	_auto_close int root_fd = io_open(ROOT_POINT, O_PATH | O_DIRECTORY);
	_auto_close int fd =
		sys_open_in(root_fd, FSTAB, O_RDONLY, LINUX_RESOLVE_IN_ROOT);
	size_t have = 0;
	long n = fd;

	if (n == -ENOENT || n == -ENOTDIR)
		return 0;
	for (; n >= 0 && have < size; have += (size_t)n) {
		n = sys_read(fd, text + have, size - have);
		if (n <= 0)
			break;
	}
	/* The file must leave room for the NUL. */
	if (n >= 0 && have >= size)
		n = -EFBIG;
	if (n < 0) {
		(void)fail(why, (int)n,
			   "read '" FSTAB "' of the new root, for its /usr");
		fail_todo(why, "is the root file system damaged? rd.shell "
			       "gives a shell to look");
		return n;
	}
	text[have] = '\0';
	return (long)have;
}

int root_usr(struct root *root, struct fail *why)
{
	static char text[65536], type[32];
	const struct device *device;
	struct mount_order order = {
		.point = USR_POINT,
		.rw = root_is_rw(root),
	};
	struct device_spec spec;
	struct sys_stat st;
	struct fstab usr;
	char path[DEVICE_PATH];
	long n;
	int r;

	n = read_fstab(text, sizeof(text), why);
	if (n < 0)
		return (int)n;
	if (n == 0 || !fstab_find(text, "/usr", &usr) ||
	    fstab_option(usr.options, "noauto"))
		return 0;
	/* A link would lead somewhere in the initramfs. */
	r = sys_stat(AT_FDCWD, USR_POINT, AT_SYMLINK_NOFOLLOW, &st);
	if (r < 0 && r != -ENOENT)
		return fail(why, r, "look at '/usr' of the new root");
	if (r < 0 || (st.mode & 0170000) != 0040000 || st.mount_root)
		return 0;
	if (device_parse(usr.spec, &spec, why) < 0) {
		log_line(LOG_WARNING,
			 "mount '%s' on '/usr': it is no block device, leaving "
			 "it to the real init",
			 usr.spec);
		return 0;
	}
	/* Its time begins now, however long the root took. */
	r = find(root, "/usr", usr.spec,
		 settings_wait_us(root->settings, SETTINGS_FIRST_WAITS, true),
		 &device, why);
	if (r == 0 && usr.pass)
		r = check(root, "usr", device, why);
	if (r == 0) {
		device_path(device->name, path);
		order.device = path;
		order.options = usr.options;
		order.types = strcmp(usr.type, "auto") == 0 ? "" : usr.type;
		/* ro and rw of fstab are for later, as the root's are. */
		order.is_forced_ro = !order.rw;
		r = mount_device(root, device, &order, type, sizeof(type), why);
	}
	if (r < 0 && fstab_option(usr.options, "nofail")) {
		log_line(LOG_ERROR, "%s, going on without (nofail)", why->what);
		return 0;
	}
	if (r == 0)
		log_line(LOG_INFO, "/usr is '%s', %s", path, type);
	return r;
}
