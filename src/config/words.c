/* SPDX-License-Identifier: MIT */
#include "config/words.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"

/* More words than this are not warned of one by one. */
#define TAKEN_MAX 48u

/* -- words that switch others off ----------------------------------------- */

enum gate { ALWAYS, VERITY, LUKS, LVM, MD, DM, MULTIPATH, ISCSI, GATES };

static const struct {
	const char *name;     /* with or without "rd." */
	bool is_off_when_yes; /* where the word says that it is off */
} gates[GATES] = {
	[VERITY] = { "systemd.verity", false },
	[LUKS] = { "luks", false },
	[LVM] = { "lvm", false },
	[MD] = { "md", false },
	[DM] = { "dm", false },
	[MULTIPATH] = { "multipath", false },
	/* Oracle's images carry netroot=iscsi:… with it on all machines. */
	[ISCSI] = { "iscsi.bypass", true },
};

/* -- the table ------------------------------------------------------------ */

enum row_flag {
	STOPS = 1 << 0, /* the boot, and otherwise it is warned of */
	FLAG = 1 << 1,	/* the word asks even without a value */
	NOT = 1 << 2,	/* it asks that something is not done */
};

/* The contents that the hooks of an image may serve: see device/hooks.h. */
#define LUKS_MEMBER "crypto_LUKS"
#define LVM_MEMBER  "LVM2_member"
#define MD_MEMBER   "linux_raid_member"

#define VERIFIED "a file system that is verified"
#define VERIFIED_TODO                                                          \
	"boot with the initramfs that verifies it; to go without, remove the " \
	"word and name the device with root="
#define IN_IMAGE "a root in an image on that medium"
#define IN_IMAGE_TODO                                                          \
	"name the file that has the root with loop=FILE, and write "           \
	"rd.overlay to write to it; or boot with the medium's own initramfs"
#define ON_NET "a root on a block device of the network"
#define ON_NET_TODO                                                            \
	"boot with the initramfs that has the tools for it, or remove the "    \
	"word and name a root on this machine or on NFS with root="
#define OVERLAY "an overlay over the root"
#define OVERLAY_TODO                                                           \
	"write rd.overlay, or rd.overlay=DEVICE to keep what is written"
#define TREE "a root below the one that root= names"
#define TREE_TODO                                                              \
	"boot with the initramfs that this system makes, as only its tools "   \
	"prepare that root"
#define CRYPT "LUKS with that name, key or option"
#define CRYPT_TODO                                                             \
	"pintle-mkinitramfs --with-crypt takes names and options from "        \
	"crypttab"
#define PROVISION      "that the first boot sets this machine up"
#define PROVISION_TODO "make the first boot with the initramfs that does it"
#define ROOT_TODO      "name the root with root="

/*
 * The words are those of dracut.cmdline(7), kernel-command-line(7) and the
 * manuals of systemd's generators, initramfs-tools(7), mkinitcpio(8),
 * live-boot(7), casper(7), and of the images of Alpine, archiso, Flatcar,
 * Ignition, nbd-client, open-iscsi, OSTree, overlayroot and ZFS.
 *
 * A name that ends in '*' stands for all names that begin so; the first row
 * that fits a word is the word's. What asks for a root that was verified, or
 * for another one than root= names, stops. What only asks for a device, which
 * is missed if it is needed, is warned of.
 *
 * @values: those that count, with commas between them; "!" before the list:
 *	    those that ask for nothing, beside none and the words for no
 * @done_by: an image that serves this content does what the word asks
 */
static const struct row {
	const char *name;
	unsigned char flags;
	unsigned char gate;
	const char *values, *done_by;
	const char *asks, *todo;
} rows[] = {
	/* a root or /usr that was verified */
	{ "roothash", STOPS, VERITY, NULL, NULL, VERIFIED, VERIFIED_TODO },
	{ "usrhash", STOPS, VERITY, NULL, NULL, VERIFIED, VERIFIED_TODO },
	{ "systemd.verity_*", STOPS, VERITY, NULL, NULL, VERIFIED,
	  VERIFIED_TODO },
	{ "rd.systemd.verity_*", STOPS, VERITY, NULL, NULL, VERIFIED,
	  VERIFIED_TODO },
	{ "verity.*", STOPS, ALWAYS, NULL, NULL, VERIFIED, VERIFIED_TODO },
	{ "systemd.image_policy", STOPS, ALWAYS, "!allow,*", NULL, VERIFIED,
	  VERIFIED_TODO },
	{ "rd.systemd.image_policy", STOPS, ALWAYS, "!allow,*", NULL, VERIFIED,
	  VERIFIED_TODO },

	/* another root than the device of root= */
	{ "ostree", STOPS, ALWAYS, NULL, NULL, TREE, TREE_TODO },
	{ "composefs", STOPS, ALWAYS, NULL, NULL, TREE, TREE_TODO },
	{ "composefs.*", STOPS, ALWAYS, NULL, NULL, TREE, TREE_TODO },
	{ "zfs", STOPS, ALWAYS, NULL, NULL, "a root on ZFS",
	  "boot with the initramfs of ZFS, or " ROOT_TODO },
	{ "bootfs", STOPS, ALWAYS, NULL, NULL, "a root on ZFS",
	  "boot with the initramfs of ZFS, or " ROOT_TODO },
	{ "rd.systemd.pull", STOPS, ALWAYS, NULL, NULL,
	  "a root that is downloaded", ROOT_TODO },
	{ "boot", STOPS, ALWAYS, "live,casper,fll,overlay", NULL, IN_IMAGE,
	  IN_IMAGE_TODO },
	{ "archiso*", STOPS, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "misobasedir", STOPS, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "misolabel", STOPS, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "img_loop", STOPS, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "iso-scan/filename", STOPS, ALWAYS, NULL, NULL, IN_IMAGE,
	  IN_IMAGE_TODO },
	{ "findiso", STOPS, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "fromiso", STOPS, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "apkovl", STOPS, ALWAYS, NULL, NULL, "a root in memory", ROOT_TODO },
	{ "alpine_repo", STOPS, ALWAYS, NULL, NULL, "a root in memory",
	  ROOT_TODO },
	{ "nbdroot", STOPS, ALWAYS, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "netroot", STOPS, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },
	/* what firmware has set up may be a disk of the machine, too */
	{ "iscsi_firmware", FLAG, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "ISCSI_AUTO", FLAG, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "iscsi_*", STOPS, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "ISCSI_*", STOPS, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "rd.iscsi.target.*", STOPS, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },

	/* a root that forgets what is written to it */
	{ "overlayroot", STOPS, ALWAYS, "!disabled", NULL, OVERLAY,
	  OVERLAY_TODO },
	{ "overlaytmpfs", STOPS | FLAG, ALWAYS, NULL, NULL, OVERLAY,
	  OVERLAY_TODO },
	{ "rootovl", STOPS | FLAG, ALWAYS, NULL, NULL, OVERLAY, OVERLAY_TODO },
	{ "rd.root.overlay", STOPS | FLAG, ALWAYS, NULL, NULL, OVERLAY,
	  OVERLAY_TODO },
	/* =state is only about /var, and the real system does it */
	{ "systemd.volatile", STOPS | FLAG, ALWAYS, "!state", NULL,
	  "a root that forgets what is written to it", OVERLAY_TODO },
	/* An initramfs without the module for live media ignores these, and
	 * installed systems are seen with them. The medium itself has no
	 * init that could be mistaken for the root's. */
	{ "rd.live.*", FLAG, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },
	{ "rd.writable.fsimg", FLAG, ALWAYS, NULL, NULL, IN_IMAGE,
	  IN_IMAGE_TODO },
	{ "liveimg", FLAG, ALWAYS, NULL, NULL, IN_IMAGE, IN_IMAGE_TODO },

	/* devices that are made of others */
	{ "rd.luks.uuid", 0, LUKS, NULL, LUKS_MEMBER, "that a LUKS is opened",
	  "pintle-mkinitramfs --with-crypt" },
	{ "luks.uuid", 0, LUKS, NULL, LUKS_MEMBER, "that a LUKS is opened",
	  "pintle-mkinitramfs --with-crypt" },
	{ "rd.luks.*", FLAG, LUKS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "luks.*", FLAG, LUKS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "rd.luks", FLAG | NOT, ALWAYS, NULL, LUKS_MEMBER,
	  "that no LUKS is opened", "make an image without --with-crypt" },
	{ "cryptdevice", 0, ALWAYS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "cryptkey", 0, ALWAYS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "crypto", 0, ALWAYS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "cryptopts", 0, ALWAYS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "cryptroot", 0, ALWAYS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "cryptdm", 0, ALWAYS, NULL, NULL, CRYPT, CRYPT_TODO },
	{ "rd.lvm.*", 0, LVM, NULL, LVM_MEMBER, "a logical volume of LVM",
	  "pintle-mkinitramfs --with-lvm" },
	{ "rd.lvm", FLAG | NOT, ALWAYS, NULL, LVM_MEMBER,
	  "that LVM is left alone", "make an image without --with-lvm" },
	{ "rd.md.*", 0, MD, NULL, MD_MEMBER, "an array of md",
	  "pintle-mkinitramfs --with-md" },
	{ "rd.md", FLAG | NOT, ALWAYS, NULL, MD_MEMBER, "that md is left alone",
	  "make an image without --with-md" },
	{ "rd.dm.*", 0, DM, NULL, NULL, "a BIOS RAID of dmraid",
	  "boot with the initramfs that has dmraid" },
	{ "rd.multipath", FLAG, ALWAYS, NULL, NULL, "multipath",
	  "boot with the initramfs that has multipath" },
	{ "rd.iscsi.*", FLAG, ISCSI, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "rd.nvmf.*", 0, ALWAYS, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "rd.fcoe", FLAG, ALWAYS, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "fcoe", 0, ALWAYS, NULL, NULL, ON_NET, ON_NET_TODO },
	{ "rd.zfcp", 0, ALWAYS, NULL, NULL, "a device of a mainframe",
	  "boot with the initramfs that sets it up" },
	{ "rd.dasd", 0, ALWAYS, NULL, NULL, "a device of a mainframe",
	  "boot with the initramfs that sets it up" },
	{ "rd.znet", 0, ALWAYS, NULL, NULL, "a device of a mainframe",
	  "boot with the initramfs that sets it up" },
	{ "rootfallback", 0, ALWAYS, NULL, NULL, "another root if one fails",
	  "write root=DEVICE,DEVICE" },

	/* what else is to be done before the real init runs */
	{ "ignition.firstboot", FLAG, ALWAYS, NULL, NULL, PROVISION,
	  PROVISION_TODO },
	{ "coreos.first_boot", FLAG, ALWAYS, NULL, NULL, PROVISION,
	  PROVISION_TODO },
	{ "flatcar.first_boot", FLAG, ALWAYS, NULL, NULL, PROVISION,
	  PROVISION_TODO },
	{ "fips", 0, ALWAYS, NULL, NULL,
	  "that the kernel's own image is verified",
	  "the kernel does the rest of it by itself" },
	{ "rd.neednet", FLAG, ALWAYS, NULL, NULL, "the network",
	  "only a root on NFS has it" },
	{ "break", FLAG, ALWAYS, NULL, NULL, "a shell",
	  "write rd.break=STAGE" },
	{ "rd.systemd.mount-extra", 0, ALWAYS, NULL, NULL, "another mount",
	  "give its line in the root's fstab the option x-initrd.mount" },
	{ "earlymodules", 0, ALWAYS, NULL, NULL, "drivers",
	  "write rd.driver.pre=MODULE" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* -- what was taken ------------------------------------------------------- */

static struct taken {
	const struct row *row;
	char name[48]; /* as it was written */
} taken[TAKEN_MAX];
static unsigned taken_count;
static bool is_off[GATES];

static bool says_no(const char *value)
{
	return str_in_list("0,no,n,false,f,off", value);
}

static bool fits(const struct row *row, const char *name)
{
	size_t len = strlen(row->name), name_len = strlen(name);

	if (row->name[len - 1] != '*')
		return str_same_name(name, name_len, row->name, len);
	len--;
	return name_len > len && str_same_name(name, len, row->name, len);
}

static const struct row *row_of(const char *name)
{
	for (unsigned i = 0; i < ROWS; i++)
		if (fits(&rows[i], name))
			return &rows[i];
	return NULL;
}

/* Does the word, with this value, ask for what its row says? */
static bool asks(const struct row *row, const char *value)
{
	bool is_no = value && says_no(value);

	if (row->flags & NOT)
		return is_no;
	if (is_no || ((!value || !*value) && !(row->flags & FLAG)))
		return false;
	if (!row->values || !value)
		return true;
	return *row->values == '!' ? !str_in_list(row->values + 1, value)
				   : str_in_list(row->values, value);
}

static void take_gate(const char *name, const char *value)
{
	const char *plain = str_after(name, "rd.");
	bool is_no = value && says_no(value);

	if (!plain)
		plain = name;
	for (unsigned i = ALWAYS + 1; i < GATES; i++)
		if (str_same_name(plain, strlen(plain), gates[i].name,
				  strlen(gates[i].name)))
			is_off[i] = is_no != gates[i].is_off_when_yes;
}

void words_take(const char *name, const char *value, void *unused)
{
	const struct row *row = row_of(name);
	struct taken *it = taken, *end = taken + taken_count;

	(void)unused;
	take_gate(name, value);
	if (!row)
		return;
	while (it < end &&
	       !str_same_name(it->name, strlen(it->name), name, strlen(name)))
		it++;
	if (!asks(row, value)) {
		if (it < end)
			*it = taken[--taken_count];
		return;
	}
	/* If there are too many, one that stops the boot is still kept. */
	if (it == taken + TAKEN_MAX && row->flags & STOPS)
		it--;
	if (it == taken + TAKEN_MAX)
		return;
	if (it == end)
		taken_count++;
	it->row = row;
	if (str_copy(it->name, sizeof(it->name), name) < 0)
		(void)str_copy(it->name, sizeof(it->name), row->name);
}

bool words_know(const char *name)
{
	return row_of(name) != NULL;
}

void words_forget(void)
{
	taken_count = 0;
	memset(is_off, 0, sizeof(is_off));
}

/* -- what is said of it --------------------------------------------------- */

int words_stop(struct fail *why)
{
	for (unsigned i = 0; i < taken_count; i++) {
		const struct row *row = taken[i].row;

		if (!(row->flags & STOPS) || is_off[row->gate])
			continue;
		return fail_said(why, EOPNOTSUPP,
				 "do what '%s' on the command line asks for, "
				 "%s: pintle cannot" FAIL_TODO "%s",
				 taken[i].name, row->asks, row->todo);
	}
	return 0;
}

void words_warn(bool (*serves)(const char *type),
		void (*warn)(const char *sentence))
{
	char sentence[400];

	for (unsigned i = 0; i < taken_count; i++) {
		const struct row *row = taken[i].row;
		bool is_served = row->done_by && serves(row->done_by);

		if (row->flags & STOPS || is_off[row->gate] ||
		    (row->done_by && is_served == !(row->flags & NOT)))
			continue;
		if (str_format(sentence, sizeof(sentence),
			       "read '%s': it asks for %s, which this boot "
			       "does not do, ignoring; %s",
			       taken[i].name, row->asks, row->todo) == 0)
			warn(sentence);
	}
}
