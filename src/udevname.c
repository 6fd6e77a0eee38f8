/* SPDX-License-Identifier: MIT */
#include "udevname.h"

#include <fcntl.h>
#include <string.h>

#include "io.h"
#include "linux.h"
#include "str.h"
#include "sys.h"

#define BLANKS	" \t\n"
#define PCI_LEN 12 /* "0000:00:04.0" */

/* As in systemd's 60-persistent-storage.rules: what stands before it, the
 * attribute that follows, what of that is left out, one more after '_'. */
static const struct form {
	const char *prefix, *attribute, *skip, *more;
} forms[] = {
	{ "virtio-", "serial", "", NULL },
	{ "nvme-", "wwid", "", NULL },
	{ "nvme-", "device/model", "", "device/serial" },
	/* NAA, the one kind of name in a page 0x83 that is written alike
	 * everywhere (drivers/scsi/scsi_lib.c: scsi_vpd_lun_id) */
	{ "wwn-0x", "device/wwid", "naa.", NULL },
	{ "scsi-3", "device/wwid", "naa.", NULL },
	/* from the drive itself: sysfs has but 16 bytes of the model */
	{ "ata-", NULL, "", NULL },
};

static bool read_attribute(const char *class, const char *disk,
			   const char *attribute, char *ret, size_t size)
{
	char path[160];

	return str_format(path, sizeof(path), "%s/%s/%s", class, disk,
			  attribute) == 0 &&
	       io_read_file(AT_FDCWD, path, ret, size) > 0;
}

/* What follows in @name after @text, whose blanks are '_' there and nothing at
 * its ends; NULL if it has something else. */
static const char *after_text(const char *name, const char *text)
{
	text += str_span(text, BLANKS);
	while (*text) {
		size_t blanks = str_span(text, BLANKS);
		char wanted = '_';

		if (!blanks)
			wanted = *text++;
		text += blanks;
		if (blanks && !*text)
			break;
		if (*name++ != wanted)
			return NULL;
	}
	return name;
}

/* @first, and after '_' @more if there is any, and no more. */
static bool is_made_of(const char *name, const char *first, const char *more)
{
	name = after_text(name, first);
	if (name && more)
		name = *name == '_' ? after_text(name + 1, more) : NULL;
	return name && !*name;
}

/* Words 10-19 and 27-46 of IDENTIFY DEVICE; libata has put their bytes in
 * order (drivers/ata/libata-scsi.c: ata_get_identity). */
static bool is_ata(const char *disk, const char *name)
{
	unsigned char identity[512];
	char path[80], serial[21], model[41];
	_auto_close int fd = -1;

	if (str_format(path, sizeof(path), "/dev/%s", disk) < 0)
		return false;
	fd = sys_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0 || sys_ioctl(fd, LINUX_HDIO_GET_IDENTITY, identity) < 0)
		return false;
	memcpy(serial, identity + 20, 20);
	memcpy(model, identity + 54, 40);
	serial[20] = model[40] = '\0';
	return is_made_of(name, model, serial);
}

bool udevname_is_id(const char *class, const char *disk, const char *name)
{
	char first[256], more[256];

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *form = &forms[i];
		const char *rest = str_after(name, form->prefix);
		const char *text;

		if (!rest)
			continue;
		if (!form->attribute)
			return is_ata(disk, rest);
		if (!read_attribute(class, disk, form->attribute, first,
				    sizeof(first)) ||
		    (form->more && !read_attribute(class, disk, form->more,
						   more, sizeof(more))))
			continue;
		text = str_after(first, form->skip);
		if (text && is_made_of(rest, text, form->more ? more : NULL))
			return true;
	}
	return false;
}

/* The last part of a device's path that is an address on a PCI bus. */
static const char *last_pci(const char *path)
{
	const char *found = NULL;

	for (; *path; path += *path == '/') {
		size_t len = str_until(path, "/");

		if (len == PCI_LEN && path[4] == ':' && path[7] == ':' &&
		    path[10] == '.')
			found = path;
		path += len;
	}
	return found;
}

bool udevname_is_path(const char *class, const char *disk, const char *name)
{
	char path[160], link[512], number[24];
	const char *pci, *rest = str_after(name, "virtio-");
	long n;

	rest = str_after(rest ? rest : name, "pci-");
	if (!rest || str_format(path, sizeof(path), "%s/%s", class, disk) < 0)
		return false;
	n = sys_readlink(AT_FDCWD, path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	pci = last_pci(link);
	if (!pci || strncmp(rest, pci, PCI_LEN) != 0)
		return false;
	rest += PCI_LEN;
	pci += PCI_LEN;
	/* What lies between it and the disk: "/virtio1/block/vda". */
	if (str_after(pci, "/virtio"))
		return !*rest &&
		       str_after(pci + str_until(pci + 1, "/") + 1, "/block/");
	rest = str_after(pci, "/nvme/") ? str_after(rest, "-nvme-") : NULL;
	return rest &&
	       read_attribute(class, disk, "nsid", number, sizeof(number)) &&
	       is_made_of(rest, number, NULL);
}

bool udevname_is_known(const char *name)
{
	if (str_after(name, "pci-") || str_after(name, "virtio-pci-"))
		return true;
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_after(name, forms[i].prefix))
			return true;
	return false;
}
