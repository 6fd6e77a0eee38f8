/* SPDX-License-Identifier: MIT */
#include "helper/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/mountinfo.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/pins-parts.h"

typedef void each_fn(const struct pins_other *other, void *ctx);

/* What is asked, and who is told. */
struct search {
	const struct pins_target *target;
	each_fn *each;
	void *ctx;
	bool incomplete;
};

static void tell(struct search *search, const char *kind, const char *name,
		 uint64_t bytes)
{
	const struct pins_other other = { kind, name, bytes };

	search->each(&other, search->ctx);
}

/* ---- on which mount lies a path? ----------------------------------------- */

/* To walk the path would ask the servers of the file systems on the way. So the
 * mount point that it begins with decides, as the kernel wrote both. */
struct place {
	const char *path;
	const struct pins_target *target;
	size_t longest;
	bool is_there;
};

static int compare_point(const struct mountinfo *mount, void *ctx)
{
	struct place *place = ctx;
	const char *rest = str_after(place->path, mount->point);
	size_t len = strlen(mount->point);

	/* A later mount covers an earlier one at the same point. */
	if (rest && len >= place->longest &&
	    (!*rest || *rest == '/' || len == 1)) {
		place->longest = len;
		place->is_there = mount->dev == place->target->sb_dev;
	}
	return 0;
}

static bool lies_there(const struct pins_target *target, const char *path)
{
	struct place place = { .path = path, .target = target };
	_auto_close int self =
		sys_open(target->proc_fd, "self", O_PATH | O_DIRECTORY, 0);

	if (*path != '/' || self < 0 ||
	    mountinfo_each_of(self, compare_point, &place) < 0)
		return false;
	return place.is_there;
}

/* ---- sockets ------------------------------------------------------------- */

#define SOCKETS_MAX 1024
static struct {
	uint64_t ino;
	bool owned;
} sockets[SOCKETS_MAX];
static unsigned socket_count;
static bool sockets_cut;

bool pins_socket_is_bound(uint64_t ino)
{
	for (unsigned i = 0; i < socket_count; i++)
		if (sockets[i].ino == ino)
			return sockets[i].owned = true;
	return false;
}

/* @search NULL: remember the socket; else tell of it, if it has no owner */
static void take_socket(struct search *search, uint64_t ino, const char *name)
{
	if (!search && socket_count == SOCKETS_MAX) {
		sockets_cut = true;
	} else if (!search) {
		sockets[socket_count].ino = ino;
		sockets[socket_count++].owned = false;
	} else {
		for (unsigned i = 0; i < socket_count; i++)
			if (sockets[i].ino == ino && !sockets[i].owned)
				tell(search, "socket", name, 0);
	}
}

static void take_message(const struct pins_target *target,
			 struct search *search, const char *message, size_t len)
{
	struct linux_unix_diag_msg socket;
	struct linux_nlattr attr;
	uint32_t vfs[2] = { 0, 0 };
	char name[110] = "";

	if (len < sizeof(socket))
		return;
	memcpy(&socket, message, sizeof(socket));
	for (size_t at = sizeof(socket); at + sizeof(attr) <= len;
	     at += (attr.len + 3u) & ~3u) {
		const char *data = message + at + sizeof(attr);

		memcpy(&attr, message + at, sizeof(attr));
		if (attr.len < sizeof(attr) || attr.len > len - at)
			break;
		if (attr.type == LINUX_UNIX_DIAG_NAME)
			(void)str_part(name, sizeof(name), data,
				       attr.len - sizeof(attr));
		else if (attr.type == LINUX_UNIX_DIAG_VFS &&
			 attr.len == sizeof(attr) + sizeof(vfs))
			memcpy(vfs, data, sizeof(vfs));
	}
	/* The kernel's own form of a device: include/linux/kdev_t.h. */
	if (vfs[0] && SYS_DEV(vfs[1] >> 20, vfs[1] & 0xfffff) == target->sb_dev)
		take_socket(search, socket.ino, name);
}

/* Returns 1 at the end, 0 if there is more, or -errno. */
static int take_messages(const struct pins_target *target,
			 struct search *search, const char *buf, size_t len)
{
	struct linux_nlmsghdr head;

	for (size_t at = 0; at + sizeof(head) <= len;
	     at += (head.len + 3u) & ~3u) {
		memcpy(&head, buf + at, sizeof(head));
		if (head.type == LINUX_NLMSG_DONE)
			return 1;
		if (head.type != LINUX_SOCK_DIAG_BY_FAMILY ||
		    head.len < sizeof(head) || head.len > len - at)
			return -EINVAL;
		take_message(target, search, buf + at + sizeof(head),
			     head.len - sizeof(head));
	}
	return 0;
}

/* sock_diag(7): CONFIG_UNIX_DIAG */
static int ask_for_sockets(const struct pins_target *target,
			   struct search *search)
{
	struct {
		struct linux_nlmsghdr head;
		struct linux_unix_diag_req ask;
	} request = {
		{ .len = sizeof(request),
		  .type = LINUX_SOCK_DIAG_BY_FAMILY,
		  .flags = LINUX_NLM_F_DUMP_REQUEST },
		{ .family = AF_UNIX,
		  .states = ~0u,
		  .show = LINUX_UDIAG_SHOW_NAME | LINUX_UDIAG_SHOW_VFS },
	};
	_auto_close int fd = sys_sock_diag();
	/* What the kernel allocates for one part at most, by what is read:
	 * net/netlink/af_netlink.c, netlink_dump. */
	static char buf[32768];
	uint32_t port;
	long r = fd < 0 ? fd : sys_send(fd, &request, sizeof(request));

	while (r >= 0) {
		r = sys_recv_from(fd, buf, sizeof(buf), &port);
		if (r >= 0 && port != 0)
			continue;
		if (r >= 0)
			r = take_messages(target, search, buf, (size_t)r);
		if (r == 1)
			return 0;
	}
	return (int)r;
}

struct unix_reader {
	const struct pins_target *target;
	struct search *search;
};

/* "NUM: REFERENCES PROTOCOL FLAGS TYPE STATE INODE PATH" */
static int unix_line(char *line, void *ctx)
{
	const struct unix_reader *reader = ctx;
	const char *ino = "";
	uint64_t number;

	for (unsigned i = 0; i < 7; i++)
		ino = str_word(&line);
	line += str_span(line, " ");
	if (str_number(ino, &number) == 0 && lies_there(reader->target, line))
		take_socket(reader->search, number, line);
	return 0;
}

static int each_socket(const struct pins_target *target, struct search *search)
{
	struct unix_reader reader = { target, search };
	int r;

	if (!search)
		socket_count = 0;
	r = ask_for_sockets(target, search);
	if (r < 0 && !search)
		socket_count = 0;
	/* This has paths only, of which the place is not certain. */
	if (r < 0)
		r = io_each_line("/proc/net/unix", unix_line, &reader);
	return r;
}

void pins_sockets_find(const struct pins_target *target)
{
	sockets_cut = false;
	if (each_socket(target, NULL) < 0)
		sockets_cut = true;
}

/* ---- loop devices -------------------------------------------------------- */

/* How long one of them may take to answer. */
#define LOOP_US ((int64_t)250000)

/* Its file's device in the form of huge_encode_dev(): include/linux/kdev_t.h */
static uint64_t decode(uint64_t dev)
{
	return SYS_DEV(dev >> 8 & 0xfff, (dev & 0xff) | (dev >> 12 & 0xfff00));
}

/*
 * Where is the file of a loop device? The kernel asks the file system on which it
 * lies (drivers/block/loop.c: loop_get_status), and the server of that may never
 * answer. So a child asks. A child that hangs is killed, which takes effect when
 * the server is gone. It is not waited for, so it keeps nothing of ours open.
 */
static int find_file(const char *name, uint64_t *ret_dev)
{
	struct linux_loop_config config = { 0 };
	char path[64];
	int ends[2], pid, fd, r = sys_pipe(ends);

	if (r < 0)
		return r;
	(void)str_format(path, sizeof(path), "/dev/%s", name);
	pid = sys_fork();
	if (pid == 0) {
		(void)sys_dup3(ends[1], 0, 0);
		io_close_from(1);
		fd = sys_open(AT_FDCWD, path, O_RDONLY, 0);
		if (fd >= 0 && sys_ioctl(fd, LINUX_LOOP_GET_STATUS64,
					 LINUX_LOOP_STATUS(&config)) >= 0)
			(void)io_write(0, &config.device,
				       sizeof(config.device));
		sys_exit(0);
	}
	(void)sys_close(ends[1]);
	r = pid < 0 ? pid : sys_wait_readable(ends[0], sys_now_us() + LOOP_US);
	if (r == 0)
		(void)sys_kill(pid, SIGKILL);
	if (r > 0)
		r = sys_read(ends[0], ret_dev, 8) == 8;
	(void)sys_close(ends[0]);
	return r > 0 ? 0 : -EAGAIN;
}

static int loop_name(const char *name, int type, void *ctx)
{
	struct search *search = ctx;
	static char file[4096];
	uint64_t dev, sectors = 0;
	bool is_there;

	(void)type;
	if (!str_after(name, "loop") ||
	    !io_value(file, sizeof(file), "/sys/block/%s/loop/backing_file",
		      name))
		return 0;
	/* The path is that which the file once had. */
	is_there = find_file(name, &dev) < 0
			   ? lies_there(search->target, file)
			   : decode(dev) == search->target->dev;
	if (!is_there)
		return 0;
	if (io_value(file, sizeof(file), "/sys/block/%s/size", name))
		(void)str_number(file, &sectors);
	tell(search, "loop", name, sectors * 512);
	return 0;
}

/* ---- swap ---------------------------------------------------------------- */

/* "PATH TYPE SIZE USED PRIORITY", the size in KiB */
static int swap_line(char *line, void *ctx)
{
	char *path, *type;
	uint64_t kib = 0;

	/* A tab may stand behind the first words. */
	for (char *at = line; *at; at++)
		if (*at == '\t')
			*at = ' ';
	path = str_word(&line);
	type = str_word(&line);
	if (strcmp(type, "file") != 0)
		return 0;
	(void)str_number(str_word(&line), &kib);
	str_unescape(path);
	if (lies_there(((struct search *)ctx)->target, path))
		tell(ctx, "swap", path, kib * 1024);
	return 0;
}

/* ---- overlays ------------------------------------------------------------ */

/* One overlay, for a walk of the mounts cannot be begun in another. */
struct overlay {
	unsigned skip; /* as many as were looked at before */
	bool cut;
	char point[MOUNTINFO_BYTES], options[MOUNTINFO_BYTES];
};

static int take_overlay(const struct mountinfo *mount, void *ctx)
{
	struct overlay *overlay = ctx;

	if (strcmp(mount->type, "overlay") != 0 || overlay->skip-- > 0)
		return 0;
	overlay->cut = mount->cut & (1u << MOUNTINFO_FS_OPTIONS);
	return str_copy(overlay->point, sizeof(overlay->point), mount->point) ||
			       str_copy(overlay->options,
					sizeof(overlay->options),
					mount->fs_options)
		       ? -EFBIG
		       : 1;
}

/* Does one of the layers of "lowerdir=A:B", "upperdir=C" or the like lie there?
 * A colon of a name has a backslash before it (fs/overlayfs/params.c). */
static bool has_layer(const struct pins_target *target, char *option)
{
	char *at = option + str_until(option, "=");

	if (!str_contains(option, "dir") || !*at)
		return false;
	str_unescape(++at);
	while (*at) {
		char *from = at, *to = at;
		bool more;

		for (; *at && *at != ':'; at++) {
			if (*at == '\\' && at[1])
				at++;
			*to++ = *at;
		}
		more = *at;
		*to = '\0';
		if (lies_there(target, from))
			return true;
		at += more;
	}
	return false;
}

static void find_overlays(struct search *search)
{
	static struct overlay overlay;
	int r;

	for (unsigned i = 0;; i++) {
		_auto_close int self = sys_open(search->target->proc_fd, "self",
						O_PATH | O_DIRECTORY, 0);
		char *at = overlay.options;
		bool more, found = false;

		overlay.skip = i;
		r = self < 0 ? self
			     : mountinfo_each_of(self, take_overlay, &overlay);
		if (r <= 0)
			break;
		do {
			char *option = at;

			at += str_until(at, ",");
			more = *at;
			*at = '\0';
			found = has_layer(search->target, option);
			at += more;
		} while (more && !found);
		if (found)
			tell(search, "overlay", overlay.point, 0);
		else if (overlay.cut)
			search->incomplete = true;
	}
	if (r < 0)
		search->incomplete = true;
}

/* ---- all of them --------------------------------------------------------- */

bool pins_others(const struct pins_target *target, each_fn *each, void *ctx)
{
	struct search search = { target, each, ctx, sockets_cut };
	int r = each_socket(target, &search);

	if (r >= 0)
		r = io_each_in(loop_name, &search, "/sys/block");
	/* A kernel may be made without block devices, or without swap. */
	if (r == -ENOENT)
		r = 0;
	if (r >= 0)
		r = io_each_line("/proc/swaps", swap_line, &search);
	if (r < 0 && r != -ENOENT)
		search.incomplete = true;
	find_overlays(&search);
	return !search.incomplete;
}
