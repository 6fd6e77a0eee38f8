/* SPDX-License-Identifier: MIT */
#include "config/words.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"

#define TAKEN_MAX 48u

/* -- words that switch others off ----------------------------------------- */

enum gate { ALWAYS, VERITY, LUKS, LVM, MD, DM, ISCSI, GATES };

static const struct {
	const char *name;     /* with or without "rd." */
	bool is_off_when_yes; /* where the word says that it is off */
} gates[GATES] = {
	[VERITY] = { "systemd.verity", false },
	[LUKS] = { "luks", false },
	[LVM] = { "lvm", false },
	[MD] = { "md", false },
	[DM] = { "dm", false },
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
enum content { NONE, LUKS_MEMBER, LUKS_NAMES, LVM_MEMBER, MD_MEMBER };

static const char *const contents[] = {
	[LUKS_MEMBER] = "crypto_LUKS",
	[LUKS_NAMES] = "rd.luks.name", /* ... with the names of the line */
	[LVM_MEMBER] = "LVM2_member",
	[MD_MEMBER] = "linux_raid_member",
};

/* The values that count, with commas between them; "!" before the list: those
 * that ask for nothing, beside none and the words for no. */
enum values { ANY, BUT_ALLOW, LIVE, BUT_DISABLED, BUT_STATE };

static const char *const value_lists[] = {
	[BUT_ALLOW] = "!allow,*",
	[LIVE] = "live,casper,fll,overlay",
	[BUT_DISABLED] = "!disabled",
	[BUT_STATE] = "!state",
};

/* What a word asks for, and what a person can do instead. */
enum promise {
	VERIFIED,
	TREE,
	ON_ZFS,
	DOWNLOADED,
	IN_IMAGE,
	IN_MEMORY,
	ON_NET,
	OVERLAY,
	FORGETFUL,
	CAPABILITIES,
	LUKS_OPEN,
	CRYPT,
	LUKS_CLOSED,
	LVM_MADE,
	LVM_LEFT,
	MD_MADE,
	MD_LEFT,
	BIOS_RAID,
	MULTIPATH,
	MAINFRAME,
	FALLBACK,
	PROVISION,
	FIPS,
	INTERFACE,
	INTERFACE_NAME,
	NETWORK,
	SHELL,
	MOUNT,
	DRIVERS
};

static const struct {
	const char *asks, *todo;
} promises[] = {
	[VERIFIED] = { "a file system that is verified",
		       "boot with the initramfs that verifies it; to go "
		       "without, remove the word and name the device with "
		       "root=" },
	[TREE] = { "a root below the one that root= names",
		   "boot with the initramfs that this system makes" },
	[ON_ZFS] = { "a root on ZFS", "boot with the initramfs of ZFS, or name "
				      "the root with root=" },
	[DOWNLOADED] = { "a root that is downloaded",
			 "name the root with root=" },
	[IN_IMAGE] = { "a root in an image on that medium",
		       "name the file that has the root with loop=FILE, and "
		       "write rd.overlay to write to it; or boot with the "
		       "medium's own initramfs" },
	[IN_MEMORY] = { "a root in memory", "name the root with root=" },
	[ON_NET] = { "a root on a block device of the network",
		     "boot with the initramfs that has the tools for it, or "
		     "remove the word and name a root on this machine or on "
		     "NFS with root=" },
	[OVERLAY] = { "an overlay over the root",
		      "write rd.overlay, or rd.overlay=DEVICE to keep what is "
		      "written" },
	[FORGETFUL] = { "a root that forgets what is written to it",
			"write rd.overlay, or rd.overlay=DEVICE to keep what "
			"is written" },
	[CAPABILITIES] = { "an init without these capabilities",
			   "boot with the initramfs that drops them" },
	[LUKS_OPEN] = { "a LUKS device to be opened",
			"make the image with pintle-mkinitramfs --with-crypt" },
	[CRYPT] = { "LUKS with that name, key or option",
		    "pintle-mkinitramfs --with-crypt takes names and options "
		    "from crypttab" },
	[LUKS_CLOSED] = { "no LUKS device to be opened",
			  "make an image without --with-crypt" },
	[LVM_MADE] = { "a logical volume of LVM",
		       "make the image with pintle-mkinitramfs --with-lvm" },
	[LVM_LEFT] = { "LVM to be left alone",
		       "make an image without --with-lvm" },
	[MD_MADE] = { "an array of md",
		      "make the image with pintle-mkinitramfs --with-md" },
	[MD_LEFT] = { "md to be left alone",
		      "make an image without --with-md" },
	[BIOS_RAID] = { "a BIOS RAID of dmraid",
			"boot with the initramfs that has dmraid" },
	[MULTIPATH] = { "multipath",
			"boot with the initramfs that has multipath" },
	[MAINFRAME] = { "a device of a mainframe",
			"boot with the initramfs that sets it up" },
	[FALLBACK] = { "another root if one fails",
		       "write root=DEVICE,DEVICE" },
	[PROVISION] = { "this machine to be set up at its first boot",
			"make the first boot with the initramfs that does it" },
	[FIPS] = { "the kernel's own image to be verified",
		   "the kernel does the rest of it by itself" },
	[INTERFACE] = { "a network interface made of others",
			"boot with the initramfs that makes it" },
	[INTERFACE_NAME] = { "a name of a network interface",
			     "boot with the initramfs that makes it" },
	[NETWORK] = { "the network", "only a root on NFS has it" },
	[SHELL] = { "a shell", "write rd.break=STAGE" },
	[MOUNT] = { "another mount", "give its line in the root's fstab the "
				     "option x-initrd.mount" },
	[DRIVERS] = { "drivers", "write rd.driver.pre=MODULE" },
};

/*
 * The words were collected from dracut.cmdline(7), kernel-command-line(7), the manuals
 * of systemd's generators, the init of initramfs-tools, and what is known of
 * Alpine, archiso, casper, FAI, Flatcar, Ignition, live-boot, Manjaro,
 * mkinitcpio, nbd-client, open-iscsi, OSTree, overlayroot and ZFS. The table is
 * for words that ask for a verified root, for another root, or for a device; a
 * word that is in no row is ignored without a line.
 *
 * A name that ends in '*' stands for all names that begin so; the first row
 * that fits a word is the word's. What asks for a root that was verified, or
 * for another one than root= names, stops. What only asks for a device, which
 * is missed if it is needed, is warned of.
 *
 * @values: an index of value_lists
 * @done_by: an image that serves this content does what the word asks
 */
static const struct row {
	char name[24];
	unsigned char flags;
	unsigned char gate, promise;
	unsigned char values, done_by;
} rows[] = {
	/* a root or /usr that was verified */
	{ "roothash", STOPS, VERITY, VERIFIED, ANY, NONE },
	{ "usrhash", STOPS, VERITY, VERIFIED, ANY, NONE },
	{ "systemd.verity_*", STOPS, VERITY, VERIFIED, ANY, NONE },
	{ "rd.systemd.verity_*", STOPS, VERITY, VERIFIED, ANY, NONE },
	{ "verity.*", STOPS, ALWAYS, VERIFIED, ANY, NONE },
	{ "systemd.image_policy", STOPS, ALWAYS, VERIFIED, BUT_ALLOW, NONE },
	{ "rd.systemd.image_policy", STOPS, ALWAYS, VERIFIED, BUT_ALLOW, NONE },

	/* another root than the device of root= */
	{ "ostree", STOPS, ALWAYS, TREE, ANY, NONE },
	{ "composefs*", STOPS, ALWAYS, TREE, ANY, NONE },
	{ "zfs", STOPS, ALWAYS, ON_ZFS, ANY, NONE },
	{ "bootfs", STOPS, ALWAYS, ON_ZFS, ANY, NONE },
	{ "rd.systemd.pull", STOPS, ALWAYS, DOWNLOADED, ANY, NONE },
	{ "boot", STOPS, ALWAYS, IN_IMAGE, LIVE, NONE },
	{ "archiso*", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "misobasedir", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "misolabel", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "img_loop", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "iso-scan/filename", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "findiso", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "fromiso", STOPS, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "apkovl", STOPS, ALWAYS, IN_MEMORY, ANY, NONE },
	{ "alpine_repo", STOPS, ALWAYS, IN_MEMORY, ANY, NONE },
	{ "nbdroot", STOPS, ALWAYS, ON_NET, ANY, NONE },
	{ "netroot", STOPS, ISCSI, ON_NET, ANY, NONE },
	/* what firmware has set up may be a disk of the machine, too */
	{ "iscsi_auto", FLAG, ISCSI, ON_NET, ANY, NONE },
	{ "iscsi_firmware", FLAG, ISCSI, ON_NET, ANY, NONE },
	{ "ISCSI_AUTO", FLAG, ISCSI, ON_NET, ANY, NONE },
	{ "iscsi_*", STOPS, ISCSI, ON_NET, ANY, NONE },
	{ "ISCSI_*", STOPS, ISCSI, ON_NET, ANY, NONE },
	{ "rd.iscsi.target.*", STOPS, ISCSI, ON_NET, ANY, NONE },

	/* a root that forgets what is written to it */
	{ "overlayroot", STOPS, ALWAYS, OVERLAY, BUT_DISABLED, NONE },
	{ "overlaytmpfs", STOPS | FLAG, ALWAYS, OVERLAY, ANY, NONE },
	{ "rootovl", STOPS | FLAG, ALWAYS, OVERLAY, ANY, NONE },
	{ "rd.root.overlay*", STOPS | FLAG, ALWAYS, OVERLAY, ANY, NONE },
	/* =state is only about /var, and the real system does it */
	{ "systemd.volatile", STOPS | FLAG, ALWAYS, FORGETFUL, BUT_STATE,
	  NONE },
	/* An initramfs without the module for live media ignores these, and
	 * installed systems are seen with them. The medium itself has no
	 * init that could be mistaken for the root's. */
	{ "rd.live.*", FLAG, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "rd.writable.fsimg", FLAG, ALWAYS, IN_IMAGE, ANY, NONE },
	{ "liveimg", FLAG, ALWAYS, IN_IMAGE, ANY, NONE },

	/* an init that lacks what it must not have */
	{ "drop_capabilities", STOPS, ALWAYS, CAPABILITIES, ANY, NONE },

	/* devices that are made of others */
	{ "rd.luks.uuid", 0, LUKS, LUKS_OPEN, ANY, LUKS_MEMBER },
	{ "luks.uuid", 0, LUKS, LUKS_OPEN, ANY, LUKS_MEMBER },
	{ "rd.luks.name", FLAG, LUKS, CRYPT, ANY, LUKS_NAMES },
	{ "luks.name", FLAG, LUKS, CRYPT, ANY, LUKS_NAMES },
	{ "rd.luks.*", FLAG, LUKS, CRYPT, ANY, NONE },
	{ "luks.*", FLAG, LUKS, CRYPT, ANY, NONE },
	{ "rd.luks", FLAG | NOT, ALWAYS, LUKS_CLOSED, ANY, LUKS_MEMBER },
	{ "cryptdevice", 0, ALWAYS, CRYPT, ANY, NONE },
	{ "cryptkey", 0, ALWAYS, CRYPT, ANY, NONE },
	{ "crypto", 0, ALWAYS, CRYPT, ANY, NONE },
	{ "cryptopts", 0, ALWAYS, CRYPT, ANY, NONE },
	{ "cryptroot", 0, ALWAYS, CRYPT, ANY, NONE },
	{ "cryptdm", 0, ALWAYS, CRYPT, ANY, NONE },
	{ "rd.lvm.*", 0, LVM, LVM_MADE, ANY, LVM_MEMBER },
	{ "rd.lvm", FLAG | NOT, ALWAYS, LVM_LEFT, ANY, LVM_MEMBER },
	{ "rd.md.*", 0, MD, MD_MADE, ANY, MD_MEMBER },
	{ "rd.md", FLAG | NOT, ALWAYS, MD_LEFT, ANY, MD_MEMBER },
	{ "rd.dm.*", 0, DM, BIOS_RAID, ANY, NONE },
	{ "rd.multipath", FLAG, ALWAYS, MULTIPATH, ANY, NONE },
	{ "rd.iscsi.*", FLAG, ISCSI, ON_NET, ANY, NONE },
	{ "rd.nvmf.*", 0, ALWAYS, ON_NET, ANY, NONE },
	{ "rd.fcoe", FLAG, ALWAYS, ON_NET, ANY, NONE },
	{ "fcoe", 0, ALWAYS, ON_NET, ANY, NONE },
	{ "rd.zfcp*", 0, ALWAYS, MAINFRAME, ANY, NONE },
	{ "rd.dasd*", 0, ALWAYS, MAINFRAME, ANY, NONE },
	{ "rd.znet*", 0, ALWAYS, MAINFRAME, ANY, NONE },
	{ "rootfallback", 0, ALWAYS, FALLBACK, ANY, NONE },

	/* what else is to be done before the real init runs */
	{ "ignition.firstboot", FLAG, ALWAYS, PROVISION, ANY, NONE },
	{ "coreos.first_boot", FLAG, ALWAYS, PROVISION, ANY, NONE },
	{ "flatcar.first_boot", FLAG, ALWAYS, PROVISION, ANY, NONE },
	{ "fips", 0, ALWAYS, FIPS, ANY, NONE },
	{ "bond", 0, ALWAYS, INTERFACE, ANY, NONE },
	{ "vlan", 0, ALWAYS, INTERFACE, ANY, NONE },
	{ "bridge", 0, ALWAYS, INTERFACE, ANY, NONE },
	{ "team", 0, ALWAYS, INTERFACE, ANY, NONE },
	{ "ifname", 0, ALWAYS, INTERFACE_NAME, ANY, NONE },
	{ "rd.neednet", FLAG, ALWAYS, NETWORK, ANY, NONE },
	{ "break", FLAG, ALWAYS, SHELL, ANY, NONE },
	{ "rd.systemd.mount-extra", 0, ALWAYS, MOUNT, ANY, NONE },
	{ "earlymodules", 0, ALWAYS, DRIVERS, ANY, NONE },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* -- what was taken ------------------------------------------------------- */

static struct taken {
	const struct row *row;
	char name[48]; /* as it was written */
} taken[TAKEN_MAX];
static unsigned taken_count;
static bool taken_cut; /* there were more */
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
	/* "luks.*" needs something behind its dot. */
	return name_len >= len + !!str_char("._", row->name[len - 1]) &&
	       str_same_name(name, len, row->name, len);
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
	const char *list = value_lists[row->values];
	bool is_no = value && says_no(value);

	if (row->flags & NOT)
		return is_no;
	if (is_no || (value ? !*value : !(row->flags & FLAG)))
		return false;
	if (!list || !value)
		return true;
	return *list == '!' ? !str_in_list(list + 1, value)
			    : str_in_list(list, value);
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
	if (it == taken + TAKEN_MAX) {
		taken_cut = true;
		return;
	}
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
	taken_cut = false;
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
				 taken[i].name, promises[row->promise].asks,
				 promises[row->promise].todo);
	}
	return 0;
}

void words_warn(bool (*serves)(const char *type),
		void (*warn)(const char *sentence))
{
	static char sentence[400];

	for (unsigned i = 0; i < taken_count; i++) {
		const struct row *row = taken[i].row;
		bool is_served = row->done_by && serves(contents[row->done_by]);

		if (row->flags & STOPS || is_off[row->gate] ||
		    (row->done_by && is_served == !(row->flags & NOT)))
			continue;
		if (str_format(sentence, sizeof(sentence),
			       "read '%s': it asks for %s, which this boot "
			       "does not do, ignoring; %s",
			       taken[i].name, promises[row->promise].asks,
			       promises[row->promise].todo) == 0)
			warn(sentence);
	}
	if (taken_cut)
		warn("read the command line: pintle does not do what more of "
		     "its words ask for than are listed here");
}
