/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what a block device holds: type, UUID, label, partitions
 *
 * These functions read through a function of the caller. They make no system
 * call and have no state. Types, UUIDs and labels are spelt as `blkid -p` spells
 * them, so that what people copy from there works. They are bytes from a disk:
 * escape them before printing them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the bytes come from. Offsets and sizes are in bytes. */
struct probe_source {
	/* the number of bytes that were read, which is less than @len only at
	 * the end of the device, or -errno */
	long (*read)(void *ctx, uint64_t offset, void *buf, size_t len);
	void *ctx;
	/* the exact size (BLKGETSIZE64): md 0.90, md 1.0 and the backup GPT
	 * are found by their distance from the end */
	uint64_t bytes;
	unsigned sector_bytes; /* logical sector (BLKSSZGET); 0 means 512 */
	bool is_partition; /* vendors' arrays are made of whole disks alone */
};

enum probe_use {
	PROBE_NOTHING,	  /* nothing that is known here */
	PROBE_FILESYSTEM, /* a file system, which can be mounted */
	PROBE_MEMBER,	  /* a part of something else (RAID, LVM, LUKS, the
			     journal of a file system), which is never to be
			     mounted, whatever else is on it */
	PROBE_SWAP,	  /* type "swap", or "swsuspend": an image to resume */
	PROBE_TABLE,	  /* only a partition table, of type "gpt" or "dos" */
	PROBE_AMBIVALENT, /* two answers; the type names both: "ext4 btrfs" */
	PROBE_DAMAGED,	  /* a file system whose superblock has the wrong
			     checksum: the kernel will not mount it */
};

struct probe {
	enum probe_use use;
	unsigned devices; /* how many the file system is made of: > 1 for some
			     of btrfs and bcachefs, which share the UUID */
	uint64_t member;  /* which of these this is, from 1; 0: not known */
	char type[40];	  /* as blkid names it */
	char uuid[40];	  /* "" if the type has none */
	char label[256];  /* without the blanks at its end; "" for a label of
			     f2fs or NTFS that is longer than 252 bytes */
	/* The front of this member is that of the whole array: what looks like
	 * a partition of the device is in truth a partition of the array. */
	bool is_transparent;
	/* btrfs: how often it was written; of several superblocks of one file
	 * system, the one with the highest number is right */
	uint64_t generation;
	bool is_seed; /* btrfs: another btrfs, with a UUID of its own, may be
			 made of it and of other devices (btrfstune -S) */
};

/*
 * probe_content - what the device holds
 *
 * Members come before file systems, and two file systems are no file system.
 * Most devices take five short reads at the front (0 to 64 KiB) and a few at
 * the end. If nothing was found, and no partition table either, six more
 * windows are read. A label that is in a directory, as FAT's is, takes one or
 * two more.
 *
 * Returns 0, also for PROBE_NOTHING, or -errno if a read failed: a member can
 * then not be told from a file system, and nothing is claimed.
 */
int probe_content(const struct probe_source *source, struct probe *ret);

struct probe_table {
	bool is_gpt;
	bool is_backup; /* gpt: the one at the end, as the first is broken */
	uint32_t id;	/* dos: the disk's signature */
	char uuid[40];	/* gpt: the disk's GUID; dos: the signature, or "" */
	unsigned sector_bytes; /* gpt: the size that the table was made for */
	uint64_t entries;      /* gpt: where the array of entries is */
	unsigned count;	       /* gpt: how many entries it has */
};

struct probe_partition {
	uint64_t attributes; /* gpt: attribute bits; dos: boot indicator */
	char uuid[40];	     /* PARTUUID; gpt: a GUID; dos: "ssssssss-pp" */
	char label[112];     /* PARTLABEL; gpt: the name, as UTF-8; dos: "" */
	char type[40];	     /* gpt: the type's GUID; dos: "0x83" */
};

/*
 * probe_table - the partition table of a whole disk
 *
 * Both checksums of a GPT are verified and, if one is wrong, those of its
 * backup. Everything that Linux asks for (block/partitions/efi.c: entries of 128
 * bytes, a usable range inside of the disk) is asked for here too, so that both
 * see the same partitions.
 *
 * Returns 0; -ENOENT if there is no table; -EINVAL if there is a protective MBR
 * but no valid GPT; -errno if a read failed.
 */
int probe_table(const struct probe_source *disk, struct probe_table *ret);

/*
 * probe_entry - one partition of a table, by the kernel's number
 *
 * Returns 0; -ENOENT if there is no such partition; -errno if a read failed.
 */
int probe_entry(const struct probe_source *disk,
		const struct probe_table *table, unsigned number,
		struct probe_partition *ret);

/* probe_table() and probe_entry() at once, for one partition */
int probe_partition(const struct probe_source *disk, unsigned number,
		    struct probe_partition *ret);

/*
 * Are these the same UUID, whatever their case and their dashes? For all kinds:
 * vfat's XXXX-XXXX, NTFS's 16 digits and PARTUUIDs too. "" equals nothing.
 */
bool probe_uuid_equal(const char *a, const char *b);
