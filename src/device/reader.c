/* SPDX-License-Identifier: MIT */
#include "device/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

/* How long the other disks wait for one that does not answer. A disk that has
 * to spin up takes longer, and is used once it answers. */
#define PATIENCE_US 3000000

/* -- reading one device ---------------------------------------------------- */

static long read_at(void *ctx, uint64_t offset, void *buf, size_t len)
{
	return sys_pread(*(const int *)ctx, buf, len, offset);
}

/* Open a device or file as a source. The descriptor must outlive the source. */
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

/* Is @fd a CD drive that says that nothing is in it? If it were read, the kernel
 * would print two dozen errors. To other devices the question means nothing. */
static bool is_empty_drive(int fd)
{
	long status = sys_ioctl(fd, LINUX_CDROM_DRIVE_STATUS,
				(void *)(uintptr_t)LINUX_CDSL_CURRENT);

	return status == LINUX_CDS_NO_DISC || status == LINUX_CDS_TRAY_OPEN;
}

static bool is_optical(const char *name)
{
	return str_after(name, "sr") || str_after(name, "scd");
}

static int open_source(const char *name, int *fd, struct probe_source *ret)
{
	char path[DEVICE_PATH];
	int r;

	device_path(name, path);
	r = open_path(path, fd, ret);
	return r == 0 && is_optical(name) && is_empty_drive(*fd) ? -ENOMEDIUM
								 : r;
}

/* Drives whose medium may be slow, absent or damaged are read after all disks:
 * CDs, and floppy disks, which cannot even say that there is none. */
static bool is_read_last(const struct device *device)
{
	return is_optical(device->name) || str_after(device->name, "fd");
}

/* -- the children that read ------------------------------------------------ */

static struct reader {
	int pid;
	int fd; /* the end of the pipe that it writes to */
	char stuck_at[sizeof(((struct device *)0)->name)]; /* "": nowhere */
} readers[READER_MAX];
static unsigned reader_count;
static int died; /* the child that ended last without having read everything */

/* Does a child hang at the disk of @device? If that answers after all, the child
 * says what it holds; another child would only hang beside it. */
static bool is_stuck(const struct device *device)
{
	for (unsigned i = 0; i < reader_count; i++)
		if (readers[i].stuck_at[0] &&
		    strcmp(readers[i].stuck_at, table_disk_of(device)) == 0)
			return true;
	return false;
}

/* The disk has answered: whatever else is asked of it may be read. */
static void is_unstuck(struct reader *reader)
{
	for (struct device *device = NULL;
	     reader->stuck_at[0] && (device = table_next(device));)
		if (strcmp(reader->stuck_at, table_disk_of(device)) == 0)
			device->slow = false;
	reader->stuck_at[0] = '\0';
}

/* -- what is known of a device --------------------------------------------- */

/* How often reader_knows() has said no since reader_begin(). */
static unsigned unread;

/* It is not known: count it, if it is to be read. */
static void miss(struct device *device)
{
	device->slow |= is_stuck(device);
	unread += !device->slow;
}

bool reader_knows(struct device *device)
{
	device->wanted = true;
	if (!device->probed)
		miss(device);
	return device->probed;
}

void reader_know_entry(struct device *device)
{
	struct device *disk;

	if (!device->partition || device->entry_known)
		return;
	disk = table_find_name(device->disk);
	if (!disk || !reader_knows(disk))
		return;
	device->entry_wanted = true;
	miss(device);
}

/* -- in the child ---------------------------------------------------------- */

/* Look up the partition @device in the table of its disk. A table is read, and
 * its checksums are verified, once for all partitions that follow each other. */
static void read_entry(struct device *device)
{
	static struct probe_source source;
	static struct probe_table table;
	static char of[sizeof(device->disk)];
	static int fd = -1, result;

	if (fd < 0 || strcmp(of, device->disk) != 0) {
		sys_auto_close(&fd);
		fd = -1;
		(void)str_copy(of, sizeof(of), device->disk);
		result = open_source(of, &fd, &source);
		if (result == 0)
			result = probe_table(&source, &table);
	}
	if (result == 0)
		(void)probe_entry(&source, &table, device->partition,
				  &device->entry);
}

static void probe(struct device *device)
{
	struct probe_source source;
	struct probe_table table = { 0 };
	_auto_close int fd = -1;
	int r = open_source(device->name, &fd, &source);

	memset(&device->content, 0, sizeof(device->content));
	if (r == 0) {
		/* Members of arrays have their signatures there. */
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

/* From now on, what probe() has found out counts as known. */
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
	/* It is not a failure if a device is not there yet or has no medium. */
	if (device->error && device->error != ENOENT &&
	    device->error != ENXIO && device->error != ENOMEDIUM)
		log_line(LOG_WARNING, "read '/dev/%s': %s, ignoring it",
			 device->name, fail_reason(device->error));
}

/* -- the children ---------------------------------------------------------- */

/* What a child says of one device. It is smaller than PIPE_BUF, so it is
 * written whole or not at all. */
struct record {
	struct device *device;
	unsigned gpt_damaged;
	int error;
	uint64_t number; /* tells if @device was replaced meanwhile */
	bool has_content, has_entry;
	struct probe content;
	struct probe_partition entry;
};
_Static_assert(sizeof(struct record) <= 4096, "a record is written whole");

static bool is_content_due(const struct device *device)
{
	return device->wanted && !device->probed;
}

static bool is_entry_due(const struct device *device)
{
	return device->entry_wanted && !device->entry_known;
}

/* The next device that is marked to be read, the first one after NULL; NULL at
 * the end. Those that are read last come last. */
static struct device *next_unread(struct device *device)
{
	bool last = device && is_read_last(device);

	for (;;) {
		device = table_next(device);
		if (!device && last)
			return NULL;
		if (!device)
			last = true;
		else if (is_read_last(device) == last && !device->slow &&
			 !is_stuck(device) &&
			 (is_content_due(device) || is_entry_due(device)))
			return device;
	}
}

/* Start a child that reads all of these in order: returns its pid or -errno. */
static int start_reader(void)
{
	int ends[2], pid;
	int r = reader_count == READER_MAX ? -EUSERS : sys_pipe(ends);

	if (r < 0)
		return r;
	pid = sys_fork();
	for (struct device *device = NULL; !pid;) {
		struct record record = { 0 };

		device = next_unread(device);
		if (!device)
			sys_exit(0);
		record.has_content = is_content_due(device);
		record.has_entry = is_entry_due(device);
		if (record.has_content)
			probe(device);
		if (record.has_entry)
			read_entry(device);
		record.device = device;
		record.error = device->error;
		record.gpt_damaged = device->gpt_damaged;
		record.number = device->number;
		record.content = device->content;
		record.entry = device->entry;
		(void)sys_write(ends[1], &record, sizeof(record));
	}
	(void)sys_close(ends[1]);
	if (pid < 0)
		(void)sys_close(ends[0]);
	else
		readers[reader_count++] =
			(struct reader){ .pid = pid, .fd = ends[0] };
	return pid;
}

void reader_take(void)
{
	for (unsigned i = 0; i < reader_count; i++) {
		struct record record;

		while (sys_wait_readable(readers[i].fd, SYS_NOW) == 1) {
			struct device *device;
			int status = 0;

			if (sys_read(readers[i].fd, &record, sizeof(record)) !=
			    sizeof(record)) {
				(void)sys_close(readers[i].fd);
				(void)sys_wait(readers[i].pid, &status, 0);
				if (status)
					died = readers[i].pid;
				readers[i--] = readers[--reader_count];
				break;
			}
			is_unstuck(&readers[i]);
			device = record.device;
			if (!device->name[0] || device->number != record.number)
				continue;
			if (record.has_entry && !device->entry_known) {
				device->entry = record.entry;
				device->entry_known = true;
				device->slow = false;
			}
			if (!record.has_content || device->probed)
				continue;
			device->error = record.error;
			device->gpt_damaged = record.gpt_damaged;
			device->content = record.content;
			take_content(device);
		}
	}
}

unsigned reader_fds(int *ret_fds)
{
	for (unsigned i = 0; i < reader_count; i++)
		ret_fds[i] = readers[i].fd;
	return reader_count;
}

void device_finish(int64_t deadline_us)
{
	int fds[READER_MAX];

	for (unsigned i = 0; i < reader_count; i++)
		(void)sys_kill(readers[i].pid, SIGKILL);
	while (reader_count > 0 &&
	       sys_wait_any(fds, reader_fds(fds), deadline_us) > 0)
		reader_take();
}

bool reader_read(void)
{
	int fds[READER_MAX], reader = 0;

	for (;;) {
		struct device *first = next_unread(NULL);
		unsigned i = 0;
		const char *name;
		bool is_done;
		int r;

		if (!reader && !first)
			return true;
		if (!reader)
			reader = start_reader();
		if (reader < 0)
			return false;
		r = sys_wait_any(fds, reader_fds(fds), -PATIENCE_US);
		reader_take();
		while (i < reader_count && readers[i].pid != reader)
			i++;
		if (r > 0 && i < reader_count)
			continue;
		/* The child is done, and what is due became so since it began;
		 * or it hangs, or has died, at the first device that it has
		 * not reported. */
		is_done = i == reader_count && died != reader;
		reader = 0;
		first = next_unread(NULL);
		if (!first)
			return true;
		if (is_done)
			continue;
		name = table_disk_of(first);
		log_line(LOG_WARNING,
			 "read '/dev/%s': no answer within %u s, going on "
			 "without it until there is one",
			 name, PATIENCE_US / 1000000u);
		if (i < reader_count)
			(void)str_copy(readers[i].stuck_at,
				       sizeof(readers[i].stuck_at), name);
		for (; first; first = table_next(first))
			if (strcmp(table_disk_of(first), name) == 0 &&
			    (is_content_due(first) || is_entry_due(first)))
				first->slow = true;
	}
}

void reader_begin(void)
{
	unread = 0;
}

bool reader_catch_up(void)
{
	return unread && reader_read();
}

void device_probe_all(void)
{
	do {
		reader_begin();
		for (struct device *device = NULL;
		     (device = table_next(device));)
			if (!device->inner && reader_knows(device))
				reader_know_entry(device);
	} while (reader_catch_up());
}

const struct device *device_refresh(const char *sysname)
{
	struct device *device;

	table_examine(sysname);
	device = table_find_name(sysname);
	if (device && !reader_knows(device))
		(void)reader_read();
	return device;
}

/* -- one path by itself -------------------------------------------------- */

/* Returns which partition the block device @number is, or 0 if it is a disk;
 * fills in its directory in sysfs. */
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
	if (r == 0 && S_ISDIR(st.mode))
		r = -EISDIR;
	if (r == 0 && S_ISBLK(st.mode))
		ret->partition = partition_of(st.rdev, dir, sizeof(dir));
	source.is_partition = ret->partition != 0;
	if (r == 0)
		r = probe_content(&source, &ret->content);
	if (r < 0)
		return fail(why, r, "read '%s'", path);
	if (ret->content.use == PROBE_TABLE) {
		struct probe_table table;

		/* blkid's word for a protective MBR without a GPT */
		if (probe_table(&source, &table) < 0)
			(void)str_copy(ret->content.type,
				       sizeof(ret->content.type), "PMBR");
		else
			(void)str_copy(ret->content.uuid,
				       sizeof(ret->content.uuid), table.uuid);
	}
	ret->number = st.rdev;
	ret->bytes = source.bytes;
	if (!ret->partition)
		return 0;
	table_disk_name(dir, ret->disk, sizeof(ret->disk));
	if (open_source(ret->disk, &disk_fd, &source) == 0)
		(void)probe_partition(&source, ret->partition, &ret->entry);
	return 0;
}
