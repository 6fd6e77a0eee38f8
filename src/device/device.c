/* SPDX-License-Identifier: MIT */
#include "device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/syscall.h"
#include "device/drivers.h"
#include "device/hooks.h"
#include "device/part.h"
#include "device/udevname.h"

#define SYSFS "/sys/class/block"
/* 64 disks of 16 partitions and as many again. Untouched entries cost nothing:
 * they are zero pages. */
#define DEVICES_MAX 2200u
/* A storm of events must fit: smaller buffers were overrun at 64 disks by
 * other inits (Alpine's took 4 MiB after such reports). */
#define WATCH_BYTES (4 << 20)

/* A disk that spins up takes longer, and is taken when it has; meanwhile the
 * others are not to wait for it. */
#define PATIENCE_US 3000000
#define READERS	    (DEVICE_WAITS - 1) /* at once: all but one hang */

static struct device devices[DEVICES_MAX];
static unsigned device_count;

/* -- what root= says ---------------------------------------------------- */

static const struct {
	const char *prefix;
	enum device_by by;
	bool escaped; /* udev's \x20 */
} forms[] = {
	{ "UUID=", DEVICE_BY_UUID, false },
	{ "LABEL=", DEVICE_BY_LABEL, true },
	{ "PARTUUID=", DEVICE_BY_PARTUUID, false },
	{ "PARTLABEL=", DEVICE_BY_PARTLABEL, true },
	{ "/dev/disk/by-uuid/", DEVICE_BY_UUID, false },
	{ "/dev/disk/by-label/", DEVICE_BY_LABEL, true },
	{ "/dev/disk/by-partuuid/", DEVICE_BY_PARTUUID, false },
	{ "/dev/disk/by-partlabel/", DEVICE_BY_PARTLABEL, true },
	{ "/dev/disk/by-id/", DEVICE_BY_ID, true },
	{ "/dev/disk/by-path/", DEVICE_BY_PATH, false },
	/* Names that only udev gives. */
	{ "/dev/disk/", DEVICE_NEVER, false },
	{ "/dev/block/", DEVICE_BY_NUMBER, false },
	{ "/dev/", DEVICE_BY_NAME, false },
};

/* The rest after @prefix, whose capitals may be written small. */
static const char *after_form(const char *root, const char *prefix)
{
	for (; *prefix; root++, prefix++)
		if (*root != *prefix && (*prefix < 'A' || *prefix > 'Z' ||
					 *root != *prefix - 'A' + 'a'))
			return NULL;
	return root;
}

/*
 * The kernel's number without a colon, which LILO wrote: hexadecimal, 12 bits
 * of major between 8 and 12 of minor (init/do_mounts.c: devt_from_devnum,
 * include/linux/kdev_t.h: new_decode_dev).
 */
static bool parse_hex(const char *root, uint64_t *ret)
{
	const char *digits = str_after(root, "0x");
	uint64_t n;

	if (!digits)
		digits = root;
	if (strlen(digits) > 8 || str_hex(digits, strlen(digits), &n) < 0 || !n)
		return false;
	*ret = SYS_DEV(n >> 8 & 0xfff, (n & 0xff) | (n >> 12 & 0xfff00));
	return true;
}

static bool parse_number(const char *root, uint64_t *ret)
{
	char copy[32];
	char *colon;
	uint64_t major, minor;

	if (str_copy(copy, sizeof(copy), root) < 0)
		return false;
	colon = str_char(copy, ':');
	if (!colon)
		return parse_hex(root, ret);
	*colon = '\0';
	if (str_number(copy, &major) < 0 || str_number(colon + 1, &minor) < 0 ||
	    major > 0xfff || minor > 0xfffff)
		return false;
	*ret = SYS_DEV(major, minor);
	return true;
}

/* LABEL="my root": the kernel takes quotes away only around a whole value. */
static void unquote(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		return;
	memmove(value, value + 1, len - 2);
	value[len - 2] = '\0';
}

/*
 * "/PARTNROFF=N": the partition that many after the one of the PARTUUID, as the
 * kernel has it (block/early-lookup.c).
 */
static bool take_offset(struct device_spec *ret)
{
	char *slash = str_char(ret->value, '/');
	const char *number;
	uint64_t n;
	bool before;

	if (!slash)
		return true;
	number = after_form(slash, "/PARTNROFF=");
	if (!number)
		return false;
	before = *number == '-';
	if (str_number(number + before, &n) < 0 || n > 256)
		return false;
	ret->offset = before ? -(int)n : (int)n;
	*slash = '\0';
	return ret->value[0];
}

/* "-partN" at the end of a name of udev's: the partition, not the disk. */
static bool take_part(struct device_spec *ret)
{
	char *part = strrchr(ret->value, '-');

	if (part && str_after(part, "-part") &&
	    str_number(part + 5, &ret->number) == 0)
		*part = '\0';
	else
		ret->number = 0;
	return udevname_is_known(ret->value);
}

int device_parse(const char *root, struct device_spec *ret, struct fail *why)
{
	*ret = (struct device_spec){ .written = root };
	if (strcmp(root, DEVICE_AUTO) == 0) {
		ret->by = DEVICE_BY_PARTTYPE;
		return str_copy(ret->value, sizeof(ret->value), ROOT_TYPE);
	}
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *value = after_form(root, forms[i].prefix);

		if (!value)
			continue;
		ret->by = forms[i].by;
		if (ret->by == DEVICE_NEVER || !*value)
			break;
		if (str_copy(ret->value, sizeof(ret->value), value) < 0)
			return fail(why, ENAMETOOLONG, "read 'root=%s'", root);
		unquote(ret->value);
		if (!ret->value[0] ||
		    (ret->by == DEVICE_BY_PARTUUID && !take_offset(ret)) ||
		    ((ret->by == DEVICE_BY_ID || ret->by == DEVICE_BY_PATH) &&
		     !take_part(ret)) ||
		    (ret->by == DEVICE_BY_NUMBER &&
		     !parse_number(ret->value, &ret->number)))
			break;
		if (forms[i].escaped)
			str_unescape(ret->value);
		return 0;
	}
	if (parse_number(root, &ret->number)) {
		ret->by = DEVICE_BY_NUMBER;
		return 0;
	}
	return fail_said(
		why, EINVAL,
		"read 'root=%s': %s" FAIL_TODO
		"give UUID=…, LABEL=…, PARTUUID=…, PARTLABEL=…, /dev/… "
		"or MAJOR:MINOR, on the kernel's command line or with "
		"pintle-mkinitramfs --cmdline",
		root,
		str_after(root, "/dev/disk/")
			? "only udev gives such a name"
			: "it is no form that names a block device");
}

/* -- what is there ------------------------------------------------------ */

/* The next of those that are there; NULL: the first, or that was the last. */
static struct device *next(struct device *device)
{
	device = device ? device + 1 : devices;
	while (device < devices + device_count && !device->name[0])
		device++;
	return device < devices + device_count ? device : NULL;
}

static struct device *find_number(uint64_t number)
{
	struct device *device = NULL;

	while ((device = next(device)) && device->number != number)
		;
	return device;
}

static struct device *entry_of(uint64_t number)
{
	struct device *gap = find_number(number);

	if (gap)
		return gap;
	for (unsigned i = 0; i < device_count && !gap; i++)
		if (!devices[i].name[0])
			gap = &devices[i];
	if (!gap && device_count < DEVICES_MAX)
		gap = &devices[device_count++];
	if (!gap)
		return NULL;
	memset(gap, 0, sizeof(*gap));
	gap->number = number;
	return gap;
}

/* The value of KEY=value in the lines of a uevent file, "" if there is none. */
static void uevent_value(const char *text, const char *key, char *ret,
			 size_t size)
{
	ret[0] = '\0';
	while (*text) {
		size_t len = str_until(text, "\n");
		const char *value = str_after(text, key);

		if (value) {
			(void)str_part(ret, size, value,
				       len - (size_t)(value - text));
			return;
		}
		text += len + (text[len] == '\n');
	}
}

static uint64_t uevent_number(const char *text, const char *key)
{
	char value[24];
	uint64_t number = 0;

	uevent_value(text, key, value, sizeof(value));
	(void)str_number(value, &number);
	return number;
}

/* sysfs writes the slash of cciss/c0d0 as '!'. */
static void dev_name(char *sysname)
{
	for (char *c = sysname; *c; c++)
		if (*c == '!')
			*c = '/';
}

/* The directory above a partition's is its disk's: …/block/vda/vda1. */
static void find_disk(const char *path, char *ret, size_t size)
{
	char link[512];
	long n;
	char *slash;

	ret[0] = '\0';
	n = sys_readlink(AT_FDCWD, path, link, sizeof(link) - 1);
	if (n <= 0 || n == sizeof(link) - 1)
		return;
	link[n] = '\0';
	slash = strrchr(link, '/');
	if (!slash)
		return;
	*slash = '\0';
	(void)str_copy(ret, size, str_base(link));
	dev_name(ret);
}

static struct device *find_name(const char *name)
{
	struct device *device = NULL;

	while ((device = next(device)) && strcmp(device->name, name) != 0)
		;
	return device;
}

static void forget(uint64_t number)
{
	struct device *device = find_number(number);

	if (device)
		device->name[0] = '\0';
}

/* A file of the device in sysfs, without its newline: false if it has none. */
static bool attribute(const char *sysname, const char *file, char *ret,
		      size_t size)
{
	return io_value(ret, size, SYSFS "/%s/%s", sysname, file);
}

/*
 * A device of the mapper goes by the name it was given. The link is udev's way;
 * libdevmapper would make a node, which udev later complains of, but leaves be
 * what leads to the right device (libdm-common.c: _add_dev_node). False: it is
 * not ready.
 */
static bool map_name(const char *sysname, uint64_t number, char *name,
		     size_t size, bool *ret_inner)
{
	static const char new_link[] = "/dev/mapper/.pintle";
	static const char udev_data[] = "/run/udev/data";
	static const char flag[] = "E:DM_UDEV_PRIMARY_SOURCE_FLAG=1\n";
	char is[192], path[224], to[80], uuid[192];

	/* It would keep who reads it waiting; a change event says that it goes
	 * on, or has begun (drivers/md/dm-ioctl.c: do_resume). */
	if (attribute(sysname, "dm/suspended", is, sizeof(is)) && *is == '1')
		return false;
	if (!attribute(sysname, "dm/uuid", uuid, sizeof(uuid)) ||
	    !attribute(sysname, "dm/name", is, sizeof(is)))
		return false;
	*ret_inner = part_is_inner(is, uuid);
	if (str_format(path, sizeof(path), "/dev/mapper/%s", is) < 0 ||
	    str_format(to, sizeof(to), "../%s", sysname) < 0)
		return true;
	(void)io_mkdir("/dev/mapper");
	if (sys_symlink(to, AT_FDCWD, new_link) == 0 &&
	    sys_rename(new_link, path) == 0)
		(void)str_copy(name, size, path + strlen("/dev/"));
	/* udev has seen nothing of this, and takes what it finds at its start
	 * for unfinished, unless its database has the flag (55-dm.rules). */
	(void)io_mkdir("/run/udev");
	(void)io_mkdir(udev_data);
	if (str_format(path, sizeof(path), "%s/b%u:%u", udev_data,
		       (unsigned)(number >> 32), (unsigned)number) == 0)
		(void)io_write_file(path, flag, sizeof(flag) - 1);
	return true;
}

/* Look at the device that sysfs calls @sysname, anew if it was known. */
static void examine(const char *sysname)
{
	static char path[128], text[1024], name[sizeof(devices->name)];
	char value[24];
	uint64_t sectors = 0, number;
	struct device *device;
	bool inner = false;

	if (str_format(path, sizeof(path), SYSFS "/%s/uevent", sysname) < 0 ||
	    io_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
		return;
	uevent_value(text, "DEVNAME=", name, sizeof(name));
	if (!name[0])
		return;
	number = SYS_DEV(uevent_number(text, "MAJOR="),
			 uevent_number(text, "MINOR="));
	if (attribute(sysname, "size", value, sizeof(value)))
		(void)str_number(value, &sectors);
	/* A loop device without a file, a drive without a medium, an array that
	 * does not run yet. */
	if (sectors == 0 ||
	    (str_after(sysname, "dm-") &&
	     !map_name(sysname, number, name, sizeof(name), &inner))) {
		forget(number);
		return;
	}
	device = entry_of(number);
	if (!device) {
		log_line(LOG_WARNING,
			 "keep '/dev/%s': over %u devices, ignoring", name,
			 DEVICES_MAX);
		return;
	}
	(void)str_copy(device->name, sizeof(device->name), name);
	device->inner = inner;
	device->held = device->in_member = false;
	device->bytes = sectors * 512; /* sysfs counts in 512 always */
	device->partition = (unsigned)uevent_number(text, "PARTN=");
	device->probed = device->entry_known = false;
	memset(&device->content, 0, sizeof(device->content));
	memset(&device->entry, 0, sizeof(device->entry));
	if (device->partition &&
	    str_format(path, sizeof(path), SYSFS "/%s", sysname) == 0)
		find_disk(path, device->disk, sizeof(device->disk));
}

static int examine_entry(const char *name, int type, void *ctx)
{
	(void)type;
	(void)ctx;
	examine(name);
	return 0;
}

static int scan(struct fail *why)
{
	int r = io_each_in(examine_entry, NULL, SYSFS);

	return r < 0 ? fail(why, r, "list '%s'", SYSFS) : 0;
}

struct parts {
	const char *disk;
	bool found;
};

static int examine_part(const char *name, int type, void *ctx)
{
	struct parts *parts = ctx;

	(void)type;
	if (str_after(name, parts->disk) && !find_name(name)) {
		examine(name);
		parts->found |= find_name(name) != NULL;
	}
	return 0;
}

/* Are there partitions of @disk whose events are still to come? They are in
 * sysfs before its own (block/genhd.c: device_add_disk). */
static bool find_partitions(const struct device *disk)
{
	struct parts parts = { .disk = disk->name };

	if (!disk->partition)
		(void)io_each_in(examine_part, &parts, SYSFS "/%s", disk->name);
	return parts.found;
}

/* -- what is in it ------------------------------------------------------ */

static long read_at(void *ctx, uint64_t offset, void *buf, size_t len)
{
	return sys_pread(*(const int *)ctx, buf, len, offset);
}

/* The device or file as bytes; the descriptor must outlive the source. */
static int open_path(const char *path, int *fd, struct probe_source *ret)
{
	int sector = 512;
	struct sys_stat st;

	/* O_NONBLOCK: a drive without a medium answers at once. */
	*fd = io_open(path, O_RDONLY | O_NONBLOCK);
	if (*fd < 0)
		return *fd;
	*ret = (struct probe_source){ .read = read_at, .ctx = fd };
	if (sys_ioctl(*fd, LINUX_BLKGETSIZE64, &ret->bytes) < 0 &&
	    sys_fstat(*fd, &st) == 0)
		ret->bytes = st.size;
	(void)sys_ioctl(*fd, LINUX_BLKSSZGET, &sector);
	ret->sector_bytes = (unsigned)sector;
	return 0;
}

void device_path(const char *name, char ret[DEVICE_PATH])
{
	(void)str_format(ret, DEVICE_PATH, "/dev/%s", name);
}

static int open_source(const char *name, int *fd, struct probe_source *ret)
{
	char path[DEVICE_PATH];

	device_path(name, path);
	return open_path(path, fd, ret);
}

/*
 * What the partition table says of every partition of @disk that has not been
 * looked up: reading it, and its checksums, is done once for all of them.
 */
static void read_entries(const char *disk)
{
	struct probe_source source;
	struct probe_table table;
	_auto_close int fd = -1;
	int r = open_source(disk, &fd, &source);

	if (r == 0)
		r = probe_table(&source, &table);
	for (struct device *device = NULL; (device = next(device));) {
		if (!device->partition || device->entry_known ||
		    strcmp(device->disk, disk) != 0)
			continue;
		device->entry_known = true;
		if (r == 0)
			(void)probe_entry(&source, &table, device->partition,
					  &device->entry);
	}
}

/* How often is_read() has said no since this was 0. */
static unsigned unread;

/* Is it known what is in it? If not, it is to be read. */
static bool is_read(struct device *device)
{
	device->wanted = true;
	unread += !device->probed && !device->slow;
	return device->probed;
}

/* Not before its disk has shown that it answers. */
static void know_entry(struct device *device)
{
	struct device *disk;

	if (!device->partition || device->entry_known)
		return;
	disk = find_name(device->disk);
	if (!disk || is_read(disk))
		read_entries(device->disk);
}

static void probe(struct device *device)
{
	struct probe_source source;
	struct probe_table table = { 0 };
	_auto_close int fd = -1;
	int r = open_source(device->name, &fd, &source);

	memset(&device->content, 0, sizeof(device->content));
	if (r == 0) {
		/* Where arrays have their marks. */
		uint64_t tail = device->partition ? 0x20000 : 0x80000;

		(void)sys_fadvise(fd, 0, 0, LINUX_FADV_RANDOM);
		(void)sys_fadvise(fd, 0, 0x11010, LINUX_FADV_WILLNEED);
		if (source.bytes > tail)
			(void)sys_fadvise(fd, source.bytes - tail, tail,
					  LINUX_FADV_WILLNEED);
		source.is_partition = device->partition != 0;
		r = probe_content(&source, &device->content);
	}
	device->error = -r;
	if (r == 0 && !device->partition &&
	    device->content.use == PROBE_TABLE &&
	    device->content.type[0] == 'g')
		device->gpt_damaged = probe_table(&source, &table) == -EINVAL
					      ? 2
					      : table.is_backup;
}

/* What probe() found out is known from now on. */
static void take_content(struct device *device)
{
	device->probed = true;
	device->slow = false;
	/* Without a valid table at the front the kernel sees no partitions, and
	 * says nothing (block/partitions/efi.c: find_valid_gpt). */
	if (device->gpt_damaged)
		log_line(LOG_WARNING,
			 "read the partitions of '/dev/%s': its GPT is "
			 "damaged%s",
			 device->name,
			 device->gpt_damaged > 1
				 ? ", and so is the copy at its end, ignoring "
				   "it"
				 : "; the kernel takes the copy at its end if "
				   "told to (gpt)");
	/* The others: it is not there yet, or has no medium. */
	if (device->error && device->error != ENOENT &&
	    device->error != ENXIO && device->error != ENOMEDIUM)
		log_line(LOG_WARNING, "read '/dev/%s': %s, ignoring it",
			 device->name, fail_reason(device->error));
}

/* -- who reads it ------------------------------------------------------- */

/* What a reader says of one device; less than PIPE_BUF, so whole or not. */
struct record {
	struct device *device;
	unsigned gpt_damaged;
	int error;
	uint64_t number; /* it may be another one by now */
	struct probe content;
};

static struct reader {
	int pid, fd;
} readers[READERS];
static unsigned reader_count;

/* The next of those that somebody waits for, as next(). */
static struct device *next_unread(struct device *device)
{
	while ((device = next(device)) &&
	       (!device->wanted || device->probed || device->slow))
		;
	return device;
}

/* A child that reads all of them, in order: its pid. */
static int start_reader(void)
{
	int ends[2], pid;
	int r = reader_count == READERS ? -EUSERS : sys_pipe(ends);

	if (r < 0)
		return r;
	pid = sys_fork();
	for (struct device *device = NULL; !pid;) {
		struct record record = { 0 };

		device = next_unread(device);
		if (!device)
			sys_exit(0);
		probe(device);
		record.device = device;
		record.error = device->error;
		record.gpt_damaged = device->gpt_damaged;
		record.number = device->number;
		record.content = device->content;
		(void)sys_write(ends[1], &record, sizeof(record));
	}
	(void)sys_close(ends[1]);
	if (pid < 0)
		(void)sys_close(ends[0]);
	else
		readers[reader_count++] = (struct reader){ pid, ends[0] };
	return pid;
}

/* What the readers have said by now. */
static void take_records(void)
{
	for (unsigned i = 0; i < reader_count; i++) {
		struct record record;

		while (sys_wait_readable(readers[i].fd, 1) == 1) {
			struct device *device;

			if (sys_read(readers[i].fd, &record, sizeof(record)) !=
			    sizeof(record)) {
				(void)sys_close(readers[i].fd);
				(void)sys_wait(readers[i].pid, NULL, 0);
				readers[i--] = readers[--reader_count];
				break;
			}
			device = record.device;
			if (device->probed || !device->name[0] ||
			    device->number != record.number)
				continue;
			device->error = record.error;
			device->gpt_damaged = record.gpt_damaged;
			device->content = record.content;
			take_content(device);
		}
	}
}

static unsigned add_readers(int *fds)
{
	for (unsigned i = 0; i < reader_count; i++)
		fds[i] = readers[i].fd;
	return reader_count;
}

static const char *disk_of(const struct device *device)
{
	return device->partition ? device->disk : device->name;
}

/* Until it is known what is in each that is wanted, but for those that hang.
 * False if it cannot be found out. */
static bool read_wanted(void)
{
	int fds[READERS], reader = 0;

	for (;;) {
		struct device *first = next_unread(NULL);
		unsigned i = 0;
		const char *name;
		int r;

		if (!reader && !first)
			return true;
		if (!reader)
			reader = start_reader();
		if (reader < 0)
			return false;
		r = sys_wait_any(fds, add_readers(fds), -PATIENCE_US);
		take_records();
		while (i < reader_count && readers[i].pid != reader)
			i++;
		if (r > 0 && i < reader_count)
			continue;
		/* It is done, or hangs at the first that it has said nothing
		 * of, or died of it. */
		reader = 0;
		first = next_unread(NULL);
		if (!first)
			return true;
		name = disk_of(first);
		log_line(LOG_WARNING,
			 "read '/dev/%s': no answer within %u s, going on "
			 "without it until there is one",
			 name, PATIENCE_US / 1000000u);
		for (; first; first = next_unread(first))
			if (strcmp(disk_of(first), name) == 0)
				first->slow = true;
	}
}

/* Of the block device @number: which partition it is (0: none, it is a disk),
 * and its directory in sysfs. */
static unsigned partition_of(uint64_t number, char *dir, size_t size)
{
	char value[24];
	uint64_t partition = 0;

	if (str_format(dir, size, "/sys/dev/block/%u:%u",
		       (unsigned)(number >> 32), (unsigned)number) == 0 &&
	    io_value(value, sizeof(value), "%s/partition", dir))
		(void)str_number(value, &partition);
	return (unsigned)partition;
}

int device_look(const char *path, struct device *ret, struct fail *why)
{
	struct probe_source source;
	struct sys_stat st = { 0 };
	char dir[64] = "";
	_auto_close int fd = -1, disk_fd = -1;
	int r = open_path(path, &fd, &source);

	memset(ret, 0, sizeof(*ret));
	if (r == 0)
		r = sys_fstat(fd, &st);
	if (r == 0 && (st.mode & 0170000) == 0040000)
		r = -EISDIR;
	if (r == 0 && (st.mode & 0170000) == 0060000)
		ret->partition = partition_of(st.rdev, dir, sizeof(dir));
	source.is_partition = ret->partition != 0;
	if (r == 0)
		r = probe_content(&source, &ret->content);
	if (r < 0)
		return fail(why, r, "read '%s'", path);
	if (ret->content.use == PROBE_TABLE) {
		struct probe_table table;

		/* a protective MBR that protects nothing: blkid's word */
		if (probe_table(&source, &table) < 0)
			strcpy(ret->content.type, "PMBR");
		else
			strcpy(ret->content.uuid, table.uuid);
	}
	ret->number = st.rdev;
	ret->bytes = source.bytes;
	if (!ret->partition)
		return 0;
	find_disk(dir, ret->disk, sizeof(ret->disk));
	if (open_source(ret->disk, &disk_fd, &source) == 0)
		(void)probe_partition(&source, ret->partition, &ret->entry);
	return 0;
}

/* -- which one it is ---------------------------------------------------- */

/* Is the partition that has the PARTUUID so many places before this one? */
static bool is_beside(const struct device_spec *spec,
		      const struct device *device)
{
	const char *disk = disk_of(device);
	unsigned number = device->partition - (unsigned)spec->offset;

	for (struct device *base = NULL; (base = next(base));) {
		if (!base->partition || base->partition != number ||
		    strcmp(base->disk, disk) != 0)
			continue;
		know_entry(base);
		return probe_uuid_equal(base->entry.uuid, spec->value);
	}
	return false;
}

/* GPT attribute 63 of such a partition: it is not to be found by itself. */
#define NO_AUTO (1ull << 63)

static bool has_content(const struct device_spec *spec,
			const struct device *device)
{
	return device->content.use == PROBE_FILESYSTEM ||
	       (spec->swap_too && device->content.use == PROBE_SWAP);
}

static bool is_named(const struct device_spec *spec, struct device *device)
{
	switch (spec->by) {
	case DEVICE_BY_NAME:
		return strcmp(device->name, spec->value) == 0;
	case DEVICE_BY_NUMBER:
		return device->number == spec->number;
	case DEVICE_BY_UUID:
		return is_read(device) && has_content(spec, device) &&
		       device->content.uuid[0] &&
		       probe_uuid_equal(device->content.uuid, spec->value);
	case DEVICE_BY_LABEL:
		return is_read(device) && has_content(spec, device) &&
		       strcmp(device->content.label, spec->value) == 0;
	case DEVICE_BY_PARTUUID:
		if (spec->offset)
			return is_beside(spec, device);
		know_entry(device);
		return device->entry.uuid[0] &&
		       probe_uuid_equal(device->entry.uuid, spec->value);
	case DEVICE_BY_PARTLABEL:
		know_entry(device);
		return strcmp(device->entry.label, spec->value) == 0;
	case DEVICE_BY_PARTTYPE:
		know_entry(device);
		return device->partition &&
		       strcmp(device->entry.type, spec->value) == 0 &&
		       !(device->entry.attributes & NO_AUTO);
	case DEVICE_BY_ID:
	case DEVICE_BY_PATH:
		return device->partition == spec->number &&
		       (spec->by == DEVICE_BY_ID ? udevname_is_id
						 : udevname_is_path)(
			       SYSFS,
			       device->partition ? device->disk : device->name,
			       spec->value);
	case DEVICE_NEVER:
		break;
	}
	return false;
}

static bool has_tag(const struct device_spec *spec)
{
	return spec->by == DEVICE_BY_UUID || spec->by == DEVICE_BY_LABEL;
}

static bool is_same_content(const struct device *one,
			    const struct device *other)
{
	return strcmp(one->content.type, other->content.type) == 0 &&
	       one->content.uuid[0] &&
	       strcmp(one->content.uuid, other->content.uuid) == 0;
}

static bool sysfs_dir(const struct device *device, char *ret, size_t size)
{
	return str_format(ret, size, "/sys/dev/block/%u:%u",
			  (unsigned)(device->number >> 32),
			  (unsigned)device->number) == 0;
}

bool device_is_held(const struct device *device)
{
	char dir[48];

	return sysfs_dir(device, dir, sizeof(dir)) && part_is_held(dir);
}

bool device_stands_on(const struct device *device, const struct device *other)
{
	char dir[48];

	return sysfs_dir(device, dir, sizeof(dir)) &&
	       part_stands_on(dir, other->number);
}

/* A partition of one half of a mirror: the table is in the array, and the
 * kernel, which knows nothing of that, reads it in the half. */
static bool is_in_member(const struct device *device)
{
	struct device *disk =
		device->partition ? find_name(device->disk) : NULL;

	return disk && is_read(disk) && disk->content.use == PROBE_MEMBER &&
	       (disk->content.is_transparent ||
		str_contains(disk->content.type, "raid_member"));
}

bool device_is_part(const struct device *device)
{
	return device->inner || device_is_held(device) || is_in_member(device);
}

void device_mark_parts(void)
{
	for (struct device *device = NULL; (device = next(device));) {
		device->held = device_is_held(device);
		device->in_member = is_in_member(device);
	}
}

/*
 * A snapshot whose origin is named as well, or is not there yet to tell: the
 * origin is meant. A snapshot that was given a tag of its own has it alone.
 */
static bool is_snapshot_of_it(const struct device_spec *spec,
			      const struct device *device)
{
	char dir[48], name[32], value[24];
	struct device *origin = NULL;
	uint64_t number;

	if (!str_after(device->name, "mapper/") ||
	    !sysfs_dir(device, dir, sizeof(dir)) ||
	    !part_origin(dir, name, sizeof(name)))
		return false;
	if (*name && attribute(name, "dev", value, sizeof(value)) &&
	    parse_number(value, &number))
		origin = find_number(number);
	return !origin || (has_tag(spec) && !is_read(origin)) ||
	       is_named(spec, origin);
}

/* Is it a tag, which more than one device may have? */
static bool is_tag(const struct device_spec *spec)
{
	return spec->by != DEVICE_BY_NAME && spec->by != DEVICE_BY_NUMBER;
}

/*
 * Is @device one that @spec may mean? By its own name or number any device may
 * be named, should somebody have to look into one. A tag is never a part's;
 * what is unlocked is held, but names what is in it: inside().
 */
static bool answers(const struct device_spec *spec, struct device *device)
{
	if (!is_tag(spec))
		return is_named(spec, device);
	/* It is not read either: half of an array may not be there. */
	if (device->inner || !is_named(spec, device))
		return false;
	if (hooks_unlock(device))
		return !is_in_member(device);
	return !device_is_part(device) && !is_snapshot_of_it(spec, device);
}

/*
 * A disk whose own partition is named as well, as an ISO is that was made for
 * both: the partition is meant. Who mounts the disk keeps all others from its
 * partitions (block/bdev.c: bd_may_claim).
 */
static bool is_around_it(const struct device_spec *spec,
			 const struct device *disk)
{
	struct device *part = NULL;

	while (!disk->partition && (part = next(part)))
		if (part->partition && strcmp(part->disk, disk->name) == 0 &&
		    is_named(spec, part) && is_same_content(disk, part))
			return true;
	return false;
}

/* How many devices @spec names, and the first two of them. */
static unsigned match(const struct device_spec *spec, struct device *ret[2])
{
	unsigned count = 0;
	struct sys_stat st;
	uint64_t number = 0;
	char path[sizeof(spec->value) + sizeof("/dev/")];

	/* Links that lvm and mdadm make: /dev/VG/LV, /dev/md/NAME. */
	if (spec->by == DEVICE_BY_NAME &&
	    str_format(path, sizeof(path), "/dev/%s", spec->value) == 0 &&
	    sys_stat(AT_FDCWD, path, 0, &st) == 0 &&
	    (st.mode & 0170000) == 0060000)
		number = st.rdev;
	for (struct device *device = NULL; (device = next(device));) {
		if (!((number && device->number == number) ||
		      answers(spec, device)) ||
		    is_around_it(spec, device))
			continue;
		if (count < 2)
			ret[count] = device;
		count++;
	}
	return count;
}

/* -- drivers and hooks ------------------------------------------------------ */

_Static_assert(DEVICE_WAITS + DRIVERS_JOBS + HOOKS_JOBS <= SYS_WAIT_MAX,
	       "not all of them can be waited for");

/* Start the hooks and drivers that can be started: does a driver load now? */
static bool is_loading(void)
{
	hooks_work();
	return drivers_work();
}

/* For an event, or the end of a driver's loading. */
static int wait_for_news(int watch, int64_t deadline_us)
{
	int fds[SYS_WAIT_MAX] = { watch };
	unsigned count = 1;
	int64_t held_us = hooks_held_us();

	for (unsigned i = 0; i < DRIVERS_JOBS; i++)
		fds[count++] = drivers_fds[i];
	for (unsigned i = 0; i < HOOKS_JOBS; i++)
		fds[count++] = hooks_fds[i];
	count += add_readers(fds + count);
	if (deadline_us)
		deadline_us = held_us < 0 ? 0 : deadline_us + held_us;
	return sys_wait_any(fds, count, deadline_us);
}

/* -- what the kernel says ----------------------------------------------- */

int device_watch(struct fail *why)
{
	int fd = sys_uevent_socket(WATCH_BYTES);

	return fd < 0 ? fail(why, fd, "open the kernel's event socket") : fd;
}

/* Is what sysfs has known? What was said of disks before is of no use; from
 * then on the events say what changes. */
static bool is_scanned;

/* Seen in sysfs before the kernel told of it, and nothing was wrong with it. */
static bool is_known(uint64_t number)
{
	const struct device *device = find_number(number);

	return device && !device->error;
}

/* "ACTION@DEVPATH", then KEY=value strings: lib/kobject_uevent.c, Linux 6.1 */
static void take_event(char *event, size_t len)
{
	uint64_t major = 0, minor = 0;
	const char *modalias = NULL;
	bool is_block = false;

	event[len] = '\0';
	for (const char *at = event; at < event + len; at += strlen(at) + 1)
		if (strcmp(at, "SUBSYSTEM=block") == 0)
			is_block = true;
		else if (str_after(at, "MODALIAS="))
			modalias = str_after(at, "MODALIAS=");
		else if (str_after(at, "MAJOR="))
			(void)str_number(str_after(at, "MAJOR="), &major);
		else if (str_after(at, "MINOR="))
			(void)str_number(str_after(at, "MINOR="), &minor);
	if (modalias && str_after(event, "add@"))
		(void)drivers_want(modalias, false);
	if (!is_block || !is_scanned)
		return;
	if (str_after(event, "remove@"))
		forget(SYS_DEV(major, minor));
	else if (!str_after(event, "add@") || !is_known(SYS_DEV(major, minor)))
		examine(str_base(event));
}

/* Everything that has been said up to now, and nothing that is not yet. */
static int take_events(int watch, struct fail *why)
{
	static char event[4096];

	take_records();
	for (;;) {
		uint32_t port = 1;
		long n = sys_recv_from(watch, event, sizeof(event) - 1, &port);
		int r;

		if (n == -EAGAIN)
			return 0;
		/* Some were lost: look for oneself. */
		if (n == -ENOBUFS) {
			drivers_coldplug();
			r = is_scanned ? scan(why) : 0;
			if (r < 0)
				return r;
			continue;
		}
		if (n < 0 && n != -EINTR)
			return fail(why, (int)n, "read the kernel's events");
		/* Anybody may send to the group; the kernel is port 0. */
		if (n > 0 && port == 0)
			take_event(event, (size_t)n);
	}
}

/*
 * A disk is in sysfs before it can be opened (block/genhd.c: device_add_disk);
 * the event that follows has it looked at again.
 */
static bool is_ready(struct device *device)
{
	return is_read(device) && device->error != ENOENT &&
	       device->error != ENXIO;
}

static int not_unique(const char *name, struct device *const two[2],
		      unsigned count, struct fail *why)
{
	return fail_said(why, ENOTUNIQ,
			 "choose the device by '%s': %u devices have it, "
			 "'/dev/%s' and '/dev/%s'%s" FAIL_TODO
			 "change nothing in them before it is known what they "
			 "are: if one is a copy, name the one that is meant, "
			 "/dev/%s or /dev/%s; if they are halves of a mirror, "
			 "put into the image what assembles it",
			 name, count, two[0]->name, two[1]->name,
			 count > 2 ? " among them" : "", two[0]->name,
			 two[1]->name);
}

/* Does each of the @count carry the tag because they are one file system? */
static bool is_one_filesystem(const struct device_spec *spec,
			      const struct device *first, unsigned count)
{
	if (count > first->content.devices)
		return false;
	for (struct device *one = NULL; (one = next(one));) {
		if (!answers(spec, one))
			continue;
		if (!is_same_content(first, one))
			return false;
		for (struct device *other = one; (other = next(other));)
			if (one->content.member &&
			    other->content.member == one->content.member &&
			    answers(spec, other))
				return false;
	}
	return true;
}

/* How many different things @spec names, and the first two devices. */
static unsigned match_read(const struct device_spec *spec,
			   struct device *ret[2])
{
	unsigned count;

	do {
		unread = 0;
		count = match(spec, ret);
		if (count > 1 && is_one_filesystem(spec, ret[0], count))
			count = 1;
	} while (unread && read_wanted());
	return count;
}

int device_settle(int watch, int64_t deadline_us, struct fail *why)
{
	for (;;) {
		/* The events of its devices come before a child ends. */
		bool loading = is_loading();
		int r = take_events(watch, why);

		if (r < 0)
			return r;
		if (!loading && !is_loading())
			return 0;
		r = wait_for_news(watch, deadline_us);
		if (r <= 0)
			return r;
	}
}

/* The device of the mapper that holds @device, or NULL. */
static struct device *holder(const struct device *device)
{
	char path[80];

	for (struct device *it = NULL; (it = next(it));)
		if (str_after(it->name, "mapper/") &&
		    str_format(path, sizeof(path),
			       "/sys/dev/block/%u:%u/holders/dm-%u",
			       (unsigned)(device->number >> 32),
			       (unsigned)device->number,
			       (unsigned)it->number) == 0 &&
		    sys_access(AT_FDCWD, path, 0) == 0)
			return it;
	return NULL;
}

/*
 * What is to be unlocked is not meant itself, but what comes of it: the device
 * of the mapper that holds it, beyond an inner one that proves its contents and
 * the one that is made of all paths to it; NULL as long as there is none.
 */
static struct device *inside(struct device *device)
{
	if (!hooks_unlock(device))
		return device;
	do
		device = holder(device);
	while (device && (device->inner || hooks_unlock(device)));
	return device;
}

/* Does a program still work on what one of the @count is made of? What it
 * makes next may be what is meant. */
static bool is_in_the_making(const struct device_spec *spec,
			     struct device *const two[2], unsigned count)
{
	if (!count || !two[0] || !is_tag(spec))
		return false;
	return hooks_work_on(two[0]) ||
	       (count > 1 && hooks_work_on(two[1]));
}

static int not_in_time(const struct device_spec *spec,
		       const struct device *unfinished, struct fail *why)
{
	if (!unfinished)
		return fail_said(why, ETIMEDOUT, "it did not appear in time");
	/* What it is half made of must not be written to. */
	return fail_said(why, EBUSY,
			 "find the device by '%s': '/dev/%s' has it, but a "
			 "hook that works on what it is made of has not "
			 "ended" FAIL_TODO
			 "see in dmesg what its program says; wait longer "
			 "(rd.timeout=)",
			 spec->written, unfinished->name);
}

int device_find(int watch, const struct device_spec *spec, int64_t deadline_us,
		int64_t notice_us, int64_t (*notice)(void),
		const struct device **ret_device, struct fail *why)
{
	struct device *two[2] = { devices, devices };
	struct device *unfinished;
	int r = 0;

	if (!is_scanned) {
		r = take_events(watch, why);
		if (r == 0)
			r = scan(why);
		is_scanned = r == 0;
	}
	while (r == 0) {
		unsigned count;
		int64_t until_us = deadline_us;
		bool ready;

		r = take_events(watch, why);
		if (r < 0)
			return r;
		do {
			count = match_read(spec, two);
			ready = count == 1 && is_ready(two[0]);
			if (ready) {
				two[0] = inside(two[0]);
				ready = two[0] && is_ready(two[0]);
			}
		} while ((unread && read_wanted()) ||
			 (ready && has_tag(spec) && find_partitions(two[0])));
		unfinished = is_in_the_making(spec, two, ready ? 1 : count)
				     ? two[0]
				     : NULL;
		if (ready && !unfinished) {
			*ret_device = two[0];
			return 0;
		}
		if (count > 1 && !unfinished)
			return not_unique(spec->written, two, count, why);
		if (notice && (deadline_us == 0 || notice_us < deadline_us))
			until_us = notice_us;
		/* Not before it is known that one more is needed. */
		(void)is_loading();
		r = wait_for_news(watch, until_us);
		if (r < 0)
			return fail(why, r, "wait for the kernel's events");
		if (r == 1) {
			r = 0;
			continue;
		}
		if (until_us == deadline_us && deadline_us != 0)
			return not_in_time(spec, unfinished, why);
		notice_us = notice();
		if (!notice_us)
			notice = NULL;
	}
	return r;
}

int device_still_one(int watch, const struct device_spec *spec,
		     struct fail *why)
{
	struct device *two[2] = { devices, devices };
	int r = take_events(watch, why);
	unsigned count = r < 0 ? 0 : match_read(spec, two);

	return count > 1 ? not_unique(spec->written, two, count, why) : r;
}

int device_wait(int watch, int64_t deadline_us, struct fail *why)
{
	int r;

	(void)is_loading();
	r = wait_for_news(watch, deadline_us);
	if (r < 0)
		return fail(why, r, "wait for the kernel's events");
	if (r == 0)
		return 0;
	r = take_events(watch, why);
	return r < 0 ? r : 1;
}

const struct device *device_refresh(const char *sysname)
{
	struct device *device;

	examine(sysname);
	device = find_name(sysname);
	if (device && !is_read(device))
		(void)read_wanted();
	return device;
}

struct device *device_seen(unsigned *ret_count)
{
	*ret_count = device_count;
	return devices;
}

void device_probe_all(void)
{
	do {
		unread = 0;
		for (struct device *device = NULL; (device = next(device));)
			if (!device->inner && is_read(device))
				know_entry(device);
	} while (unread && read_wanted());
}

static void add_tag(struct text *text, const char *name, const char *value)
{
	if (!value[0])
		return;
	text_add(text, " %s=", name);
	text_add_shown(text, value);
}

void device_describe(const struct device *device, char *buf, size_t size)
{
	struct text text = { .buf = buf, .size = size };
	uint64_t tenths = device->bytes * 10 / 1024; /* of a KiB */
	unsigned unit = 0;

	while (tenths >= 10240 && unit < 3) {
		tenths /= 1024;
		unit++;
	}
	text_add(&text, "/dev/%s %u:%u %u.%u %ciB", device->name,
		 (unsigned)(device->number >> 32), (unsigned)device->number,
		 (unsigned)(tenths / 10), (unsigned)(tenths % 10),
		 "KMGT"[unit]);
	/* Whoever reads this is not to take it for the root. */
	if (device->inner) {
		text_add(&text, ", a layer of another device");
		return;
	}
	if (device->slow)
		text_add(&text, ": does not answer");
	else if (device->error)
		text_add(&text, ": cannot be read (%s)",
			 fail_reason(device->error));
	else
		text_add(&text, " %s",
			 device->content.type[0] ? device->content.type
						 : "(nothing known)");
	add_tag(&text, "UUID", device->content.uuid);
	add_tag(&text, "LABEL", device->content.label);
	add_tag(&text, "PARTUUID", device->entry.uuid);
	add_tag(&text, "PARTLABEL", device->entry.label);
}
