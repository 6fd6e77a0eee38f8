/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what a block device holds: type, UUID, label, partitions (pure)
 *
 * Reads through the caller's function and nothing else: no OS, no heap, no
 * state. Names, UUIDs and labels are spelt as `blkid -p` spells them, so that
 * what people copied from there works. They are bytes from a disk: whoever
 * prints them escapes them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the bytes come from. Offsets and sizes are in bytes. */
struct probe_source {
	/* bytes read (fewer only at the end of the device) or -errno */
	long (*read)(void *ctx, uint64_t offset, void *buf, size_t len);
	void *ctx;
	/* exact (BLKGETSIZE64): md 0.90 and 1.0 and the backup GPT are found
	 * by their distance from the end */
	uint64_t bytes;
	unsigned sector_bytes; /* logical sector (BLKSSZGET); 0 means 512 */
	bool is_partition;     /* vendors mark whole disks as parts of arrays */
};

enum probe_use {
	PROBE_NOTHING,	  /* nothing that is known here */
	PROBE_FILESYSTEM, /* can be mounted */
	PROBE_MEMBER,	  /* part of something else: RAID, LVM, LUKS, a journal:
			     never to be mounted, whatever else is on it */
	PROBE_SWAP,	  /* type "swap", or "swsuspend": an image to resume */
	PROBE_TABLE,	  /* only a partition table; type "gpt" or "dos" */
	PROBE_AMBIVALENT, /* two answers; type names both: "ext4 btrfs" */
	PROBE_DAMAGED,	  /* a file system whose superblock has the wrong
			     checksum: the kernel will not mount it */
};

struct probe {
	enum probe_use use;
	unsigned devices; /* of the file system: > 1 for btrfs and bcachefs
			     that are made of several; they share the UUID */
	uint64_t member;  /* which of these it is, from 1; 0: not known */
	char type[40];	  /* as blkid names it */
	char uuid[40];	  /* "" if the type has none */
	char label[256];  /* without the blanks at its end; one of f2fs or NTFS
			     that is longer than 252 bytes is none */
	/* a member whose front is that of the whole: what is a partition of
	 * the device is in truth one of the array */
	bool is_transparent;
};

/*
 * probe_content - what the device holds
 *
 * Members come before file systems, and two file systems are no file system.
 * Costs seven short reads for most devices (0, 16, 32 and 64 KiB, three at the
 * end), one more if none of these says anything and six if there is no
 * partition table either; a label in a directory, as of FAT, costs one or two
 * of its own.
 *
 * Returns 0, also for PROBE_NOTHING, or -errno of a read that failed: then a
 * member cannot be told from a file system, and nothing is claimed.
 */
int probe_content(const struct probe_source *source, struct probe *ret);

struct probe_table {
	bool is_gpt;
	bool is_backup; /* gpt: the one at the end; the first is broken */
	uint32_t id;	/* dos: the disk's signature */
	char uuid[40];	/* gpt: the disk's GUID; dos: the signature, or "" */
	unsigned sector_bytes; /* gpt: the size that the table was made for */
	uint64_t entries;      /* gpt: offset of the array, primary or backup */
	unsigned count;	       /* gpt: entries in it */
};

struct probe_partition {
	uint64_t attributes; /* GPT: attribute bits; dos: boot indicator */
	char uuid[40];	 /* PARTUUID: GPT 36 lower case, dos "ssssssss-pp" */
	char label[112]; /* PARTLABEL: GPT name as UTF-8; "" for dos */
	char type[40];	 /* GPT: type GUID; dos: "0x83" */
};

/*
 * probe_table - the partition table of a whole disk
 *
 * Both checksums of a GPT are verified, then those of its backup; all Linux
 * asks for (block/partitions/efi.c: entries of 128 bytes, usable range inside
 * the disk) is asked for, so the answer is about the same partitions.
 *
 * Returns 0; -ENOENT if there is none; -EINVAL if there is a protective MBR
 * but no valid GPT; -errno of a read.
 */
int probe_table(const struct probe_source *disk, struct probe_table *ret);

/* One partition of it, by the kernel's number: 0, -ENOENT, -errno of a read. */
int probe_entry(const struct probe_source *disk,
		const struct probe_table *table, unsigned number,
		struct probe_partition *ret);

/* Both at once, for one partition. */
int probe_partition(const struct probe_source *disk, unsigned number,
		    struct probe_partition *ret);

/*
 * Equal but for case and dashes, as people type them; vfat's XXXX-XXXX, NTFS's
 * 16 digits and PARTUUIDs too. "" equals nothing.
 */
bool probe_uuid_equal(const char *a, const char *b);
