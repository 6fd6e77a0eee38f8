/* SPDX-License-Identifier: MIT */
#include "boot/diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "boot/report.h"
#include "config/image.h"
#include "device/drivers.h"

/* With these limits it fits on a screen of 25 lines, most of which do not
 * wrap. */
enum {
	SEEN_SHOWN = 12,
	NEAREST_SHOWN = 2,
	DRIVERLESS_SHOWN = 4,
	MEMBERS_SHOWN = 4
};

/* -- what was seen -------------------------------------------------------- */

/* Does it hold a hibernated system? */
static bool is_hibernated(const struct device *device)
{
	return device->content.use == PROBE_SWAP &&
	       strcmp(device->content.type, "swsuspend") == 0;
}

/* If there are too many devices to show, those come first that could be a root
 * and those that a person has to know of. */
static bool is_likely(const struct device *device)
{
	return device->error || device->slow || is_hibernated(device) ||
	       device->content.use == PROBE_FILESYSTEM ||
	       device->content.use == PROBE_MEMBER ||
	       device->content.use == PROBE_DAMAGED ||
	       device->content.use == PROBE_AMBIVALENT;
}

/* Members whose tools pintle-mkinitramfs can put into an image. */
static const struct {
	const char *type, *option;
} kits[] = {
	{ "crypto_LUKS", "crypt" },
	{ "LVM2_member", "lvm" },
	{ "linux_raid_member", "md" },
};

/* What a hook has made of a member that no other device is made of. */
static const char *const fates[] = {
	[HOOK_UNTRIED] = "its hook was not run",
	[HOOK_KEPT] = "the image's hooks say 'never' of it",
	[HOOK_RUNS] = "its hook has not ended",
	[HOOK_CLOSED] = "nobody has typed its passphrase",
	[HOOK_REFUSED] =
		"its hook made no root of it: each passphrase was wrong",
	[HOOK_FAILED] = "its hook failed and made no root of it, see dmesg",
	[HOOK_ENDED] = "its hook made no root of it, see dmesg",
};

static void add_option(const char *type, struct text *text)
{
	for (unsigned i = 0; i < sizeof(kits) / sizeof(kits[0]); i++)
		if (strcmp(kits[i].type, type) == 0) {
			text_add(text, "; needs pintle-mkinitramfs --with-%s",
				 kits[i].option);
			return;
		}
	text_add(text, "; it is a part of something that nothing in this image "
		       "sets up");
}

/* Add why it cannot be the root as it is, and what can make a root of it. */
static void add_kit(const struct diagnosis *diagnosis,
		    const struct device *device, struct text *text)
{
	enum hook_fate fate =
		diagnosis->fate ? diagnosis->fate(device) : HOOK_NO_LINE;

	if (device->in_member) {
		text_add(text, "; its disk is a member of an array");
	} else if (device->held && device->made && !device->made->inner) {
		text_add(text, "; '/dev/");
		text_add_shown(text, device->made->name);
		text_add(text, "' is made of it");
	} else if (device->held && fate == HOOK_ENDED) {
		text_add(text, "; its hook made another device of it, see "
			       "dmesg");
	} else if (device->held) {
		text_add(text, "; another device is made of it");
	} else if (device->content.use != PROBE_MEMBER) {
		return;
	} else if (fate == HOOK_NO_LINE) {
		add_option(device->content.type, text);
	} else {
		text_add(text, "; %s", fates[fate]);
	}
}

static void add_seen(const struct diagnosis *diagnosis, struct text *text)
{
	unsigned shown = 0, left = 0, inner = 0;
	static char line[700];

	for (int likely = 1; likely >= 0; likely--) {
		for (unsigned i = 0; i < diagnosis->device_count; i++) {
			const struct device *device = &diagnosis->devices[i];

			if (!device->name[0] || is_likely(device) != likely)
				continue;
			/* A name that is shown here is taken for a root. */
			if (device->inner) {
				inner++;
				continue;
			}
			if (shown == SEEN_SHOWN) {
				left++;
				continue;
			}
			device_describe(device, line, sizeof(line));
			text_add(text, "seen: %s", line);
			add_kit(diagnosis, device, text);
			if (is_hibernated(device))
				text_add(text, "; a hibernated system");
			text_add(text, "\n");
			shown++;
		}
	}
	if (left)
		text_add(text, "seen: and %u more\n", left);
	if (inner)
		text_add(text,
			 "seen: besides, layers inside of LVM or the like, "
			 "which are no roots: %u\n",
			 inner);
	/* Otherwise this is known already, or too early to say. */
	if (!shown && !diagnosis->image && !drivers_pending())
		text_add(text, "seen: no block device at all: a driver or the "
			       "disk is missing\n");
}

/* -- what may have been meant --------------------------------------------- */

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/*
 * Are they the same except for case, dashes, underscores and blanks? 0: no; 1:
 * one is the beginning of the other, and at least four letters long; 2: yes.
 */
static int likeness(const char *a, const char *b)
{
	for (unsigned same = 0;; a++, b++, same++) {
		while (*a && str_char("-_ ", *a))
			a++;
		while (*b && str_char("-_ ", *b))
			b++;
		if (!*a && !*b)
			return 2;
		if (!*a || !*b)
			return same >= 4;
		if (lower(*a) != lower(*b))
			return 0;
	}
}

/* Why a device that has exactly the wanted tag was not taken. */
static const char *why_not(const struct device *device)
{
	if (device->held)
		return "another device is made of it, which root= can name";
	if (device->in_member)
		return "its disk is a member of an array, to be set up first";
	switch (device->content.use) {
	case PROBE_MEMBER:
		return "is a part of something else, to be set up first";
	case PROBE_SWAP:
		return "is swap space";
	case PROBE_DAMAGED:
		return "has a damaged superblock";
	case PROBE_NOTHING:
	case PROBE_FILESYSTEM:
	case PROBE_TABLE:
	case PROBE_AMBIVALENT:
	default:
		return NULL;
	}
}

/* "2" for "vda2" and "nvme0n1p2"; "" for a whole disk such as "vda" */
static const char *number_of(const char *name)
{
	const char *at = name + strlen(name);

	while (at > name && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at;
}

static void add_nearest_device(const struct device *device, struct text *text)
{
	text_add(text, "nearest: '/dev/");
	text_add_shown(text, device->name);
	text_add(text, "'");
}

/*
 * Names that programs give to what nothing in the image names, and that are asked
 * for under another one. mdadm counts down from 127.
 */
static const struct {
	const char *asked, *given, *why;
} made_names[] = {
	{ "mapper/", "mapper/luks-",
	  "what the image's crypttab does not name is called so" },
	{ "md", "md12",
	  "an array of another host is called so, unless the image's "
	  "mdadm.conf names it" },
};

static bool add_nearest_made(const struct device_spec *spec,
			     const struct device *device, struct text *text)
{
	for (unsigned i = 0; i < sizeof(made_names) / sizeof(made_names[0]);
	     i++) {
		if (!str_after(spec->value, made_names[i].asked) ||
		    !str_after(device->name, made_names[i].given) ||
		    device->held || device->content.use != PROBE_FILESYSTEM ||
		    !device->content.uuid[0])
			continue;
		text_add(text, "nearest: '/dev/");
		text_add_shown(text, device->name);
		text_add(text, "', root=UUID=");
		text_add_shown(text, device->content.uuid);
		text_add(text, "; %s\n", made_names[i].why);
		return true;
	}
	return false;
}

static bool add_nearest_name(const struct device_spec *spec,
			     const struct device *device, struct text *text)
{
	const char *number = number_of(spec->value);
	uint64_t wanted;

	if (!device->partition || str_number(number, &wanted) < 0 ||
	    wanted != device->partition)
		return false;
	add_nearest_device(device, text);
	text_add(text, " has that number");
	if (device->content.use == PROBE_FILESYSTEM &&
	    device->content.uuid[0]) {
		text_add(text, ", root=UUID=");
		text_add_shown(text, device->content.uuid);
	} else if (device->entry.uuid[0]) {
		text_add(text, ", root=PARTUUID=%s", device->entry.uuid);
	}
	text_add(text, "; disks have other names on other machines\n");
	return true;
}

static bool add_nearest_tag(const struct device_spec *spec,
			    const struct device *device, struct text *text)
{
	const struct {
		enum device_by by;
		const char *name, *value;
	} tags[] = {
		{ DEVICE_BY_UUID, "UUID", device->content.uuid },
		{ DEVICE_BY_LABEL, "LABEL", device->content.label },
		{ DEVICE_BY_PARTUUID, "PARTUUID", device->entry.uuid },
		{ DEVICE_BY_PARTLABEL, "PARTLABEL", device->entry.label },
	};

	for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		const char *value = tags[i].value, *is = NULL;
		bool same_tag = tags[i].by == spec->by;
		int alike = *value ? likeness(value, spec->value) : 0;

		if (alike == 2 && !same_tag)
			is = "the same value, but another tag";
		else if (alike == 2)
			is = why_not(device);
		else if (alike && same_tag)
			is = "the value has to be given whole, and no more";
		/* (For UUIDs case does not count.) */
		if (!is && alike && same_tag && strcmp(value, spec->value) != 0)
			is = "case, blanks and dashes of a label count";
		if (!is)
			continue;
		add_nearest_device(device, text);
		text_add(text, " has %s=", tags[i].name);
		text_add_shown(text, value);
		text_add(text, ": %s\n", is);
		return true;
	}
	return false;
}

static void add_nearest(const struct diagnosis *diagnosis, struct text *text)
{
	static struct device_spec spec;
	static struct fail ignored;
	unsigned shown = 0;

	if (device_parse(diagnosis->root, &spec, &ignored) < 0)
		return;
	for (unsigned i = 0; i < diagnosis->device_count; i++) {
		const struct device *device = &diagnosis->devices[i];

		if (!device->name[0] || device->inner || shown == NEAREST_SHOWN)
			continue;
		if (spec.by == DEVICE_BY_NAME)
			shown += add_nearest_made(&spec, device, text) ||
				 add_nearest_name(&spec, device, text);
		else if (spec.by != DEVICE_BY_NUMBER)
			shown += add_nearest_tag(&spec, device, text);
	}
}

/* -- what has no driver --------------------------------------------------- */

/* The PCI classes of mass storage and Ethernet (PCI_BASE_CLASS_STORAGE,
 * PCI_CLASS_NETWORK_ETHERNET). A root may be behind such a device even if no
 * module is known for it. For all others the image's index says what may lead
 * to a root; what is in neither (bridges, timers, displays) is not shown. */
#define STORAGE "bc01sc"
#define NETWORK "bc02sc00"

static bool is_class(const char *alias, const char *class)
{
	for (; *alias; alias++)
		if (str_after(alias, class))
			return true;
	return false;
}

struct walk {
	const struct diagnosis *diagnosis;
	struct text *text;
	const char *bus;
	unsigned found;
};

static int look_at_device(const char *name, int type, void *ctx)
{
	struct walk *walk = ctx;
	static char alias[256], buf[200];
	struct text modules = { .buf = buf, .size = sizeof(buf) };
	bool remote = walk->diagnosis->is_remote;
	bool served;

	(void)type;
	*buf = '\0';
	if (sys_access(AT_FDCWD,
		       io_path("%s/%s/devices/%s/driver", walk->diagnosis->bus,
			       walk->bus, name),
		       0) == 0)
		return 0;
	if (!io_value(alias, sizeof(alias), "%s/%s/devices/%s/modalias",
		      walk->diagnosis->bus, walk->bus, name))
		return 0;
	if (is_class(alias, remote ? STORAGE : NETWORK))
		return 0;
	served = drivers_want(alias, false);
	/* Its driver may not have been loaded yet. */
	if (served && drivers_pending())
		return 0;
	if (!drivers_absent(alias, &modules) && !served &&
	    !(strcmp(walk->bus, "pci") == 0 &&
	      is_class(alias, remote ? NETWORK : STORAGE)))
		return 0;
	if (walk->found++ >= DRIVERLESS_SHOWN)
		return 0;
	text_add(walk->text, "no driver: %s %s, ", walk->bus, name);
	text_add_shown(walk->text, alias);
	text_add(walk->text, ": ");
	if (served)
		text_add(walk->text, "the image's does not take it, see dmesg");
	else if (*buf)
		text_add(walk->text, "add --kind generic -m %s to the image",
			 buf);
	else
		text_add(walk->text, "no module that is known here serves it%s",
			 remote ? "; pintle-mkinitramfs --with-nfs adds those "
				  "of network cards"
				: "");
	text_add(walk->text, "\n");
	return 0;
}

static int look_at_bus(const char *name, int type, void *ctx)
{
	struct walk *walk = ctx;

	(void)type;
	/* Its devices are features of the processor; no disk is behind them. */
	if (strcmp(name, "cpu") == 0)
		return 0;
	walk->bus = name;
	(void)io_each_in(look_at_device, walk, "%s/%s/devices",
			 walk->diagnosis->bus, name);
	return 0;
}

static void add_driverless(const struct diagnosis *diagnosis, struct text *text)
{
	struct walk walk = { .diagnosis = diagnosis, .text = text };

	drivers_read_absent();
	(void)io_each_in(look_at_bus, &walk, "%s", diagnosis->bus);
	if (walk.found > DRIVERLESS_SHOWN)
		text_add(text, "no driver: and %u more\n",
			 walk.found - DRIVERLESS_SHOWN);
}

/* ------------------------------------------------------------------------ */

/* What is written is no form of root=, so that nothing was looked for. */
static bool is_misread(const struct diagnosis *diagnosis)
{
	static struct device_spec spec;
	static struct fail ignored;

	return !diagnosis->is_remote && diagnosis->why->error == EINVAL &&
	       *diagnosis->root &&
	       device_parse(diagnosis->root, &spec, &ignored) < 0;
}

/* May something have been missing from the image? */
static bool is_for_want_of_driver(const struct fail *why)
{
	return why->error == ETIMEDOUT || why->error == ENODEV ||
	       why->error == ENOENT;
}

static void add_devices(const struct diagnosis *diagnosis, struct text *text)
{
	if (!diagnosis->is_remote)
		add_seen(diagnosis, text);
	if (diagnosis->image)
		return;
	if (!diagnosis->is_remote)
		add_nearest(diagnosis, text);
	add_driverless(diagnosis, text);
}

void diagnosis_compose(const struct diagnosis *diagnosis, struct text *text)
{
	const char *todo = diagnosis->why->todo;

	if (diagnosis->root) {
		text_add(text, "wanted: ");
		text_add_shown(text, *diagnosis->root
					     ? diagnosis->root
					     : "no root=, so the one partition "
					       "of a root's type");
		text_add(text, "\n");
		if (!is_misread(diagnosis))
			add_devices(diagnosis, text);
		/* More drivers, or more time, would not help. */
		if (diagnosis->image && is_for_want_of_driver(diagnosis->why))
			todo = diagnosis->image;
	}
	text_add_shown(text, diagnosis->why->what);
	text_add(text, "\n");
	if (!*todo)
		return;
	text_add_shown(text, todo);
	text_add(text, "\n");
}

void diagnosis_say(const struct diagnosis *diagnosis)
{
	static char buf[16384];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	char *at;
	int r;

	diagnosis_compose(diagnosis, &text);
	(void)io_mkdir(RUN_DIR);
	r = io_write_file(RUN_FAILURE, buf, text.len);
	for (at = buf; *at;) {
		size_t len = str_until(at, "\n");
		bool more = at[len];

		at[len] = '\0';
		log_line(LOG_ERROR, "%s", at);
		at += len + more;
	}
	if (r < 0)
		log_line(LOG_WARNING, "write '%s': %s, ignoring", RUN_FAILURE,
			 fail_reason(r));
}
