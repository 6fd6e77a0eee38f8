/* SPDX-License-Identifier: MIT */
#include "device/udevname.h"

#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

#define BLANKS	" \t\n"
#define PCI_LEN 12 /* "0000:00:04.0" */

/* As in systemd's 60-persistent-storage.rules: the prefix of the name, what is
 * skipped at the beginning of the first attribute, and the attributes, which
 * are joined by '_'. */
static const struct form {
	const char *prefix, *skip, *attributes[3];
} forms[] = {
	{ "virtio-", "", { "serial" } },
	{ "nvme-", "", { "wwid" } },
	{ "nvme-", "", { "device/model", "device/serial" } },
	{ "nvme-", "", { "device/model", "device/serial", "nsid" } },
	/* NAA, the only kind of name in page 0x83 that is written the same way
	 * everywhere (drivers/scsi/scsi_lib.c: scsi_vpd_lun_id) */
	{ "wwn-0x", "naa.", { "device/wwid" } },
	{ "scsi-3", "naa.", { "device/wwid" } },
	/* from the drive itself, as sysfs has only 16 bytes of the model */
	{ "ata-", NULL, { NULL } },
};

static bool read_attribute(const char *class, const char *disk,
			   const char *attribute, char *ret, size_t size)
{
	return io_value(ret, size, "%s/%s/%s", class, disk, attribute);
}

/* The rest of @name after @text, or NULL. A run of blanks in @text is one '_'
 * in @name, and nothing at either end. */
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

/* The serial number is words 10-19 of IDENTIFY DEVICE, the model words 27-46.
 * libata has put their bytes in order (drivers/ata/libata-scsi.c:
 * ata_get_identity). */
static bool is_ata(const char *disk, const char *name)
{
	static unsigned char identity[512];
	char serial[21], model[41];
	_auto_close int fd =
		io_open(io_path("/dev/%s", disk), O_RDONLY | O_NONBLOCK);

	if (fd < 0 || sys_ioctl(fd, LINUX_HDIO_GET_IDENTITY, identity) < 0)
		return false;
	memcpy(serial, identity + 20, 20);
	memcpy(model, identity + 54, 40);
	serial[20] = model[40] = '\0';
	name = after_text(name, model);
	name = name && *name == '_' ? after_text(name + 1, serial) : NULL;
	return name && !*name;
}

bool udevname_is_id(const char *class, const char *disk, const char *name)
{
	char value[256];

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *form = &forms[i];
		const char *rest = str_after(name, form->prefix);

		if (rest && !form->skip)
			return is_ata(disk, rest);
		for (unsigned n = 0; rest && n < 3 && form->attributes[n];
		     n++) {
			const char *text = NULL;

			if (n > 0 && *rest++ != '_') {
				rest = NULL;
				break;
			}
			if (read_attribute(class, disk, form->attributes[n],
					   value, sizeof(value)))
				text = str_after(value, form->skip);
			rest = text ? after_text(rest, text) : NULL;
		}
		if (rest && !*rest)
			return true;
	}
	return false;
}

/* The rest of a by-path name after the prefix of a PCI bus, or NULL. */
static const char *after_pci(const char *name)
{
	const char *rest = str_after(name, "virtio-");

	return str_after(rest ? rest : name, "pci-");
}

/* The last part of a sysfs path that is an address on a PCI bus, or NULL. */
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
	static char link[512], number[24];
	const char *pci, *rest = after_pci(name);

	if (!rest || io_readlink(AT_FDCWD, io_path("%s/%s", class, disk), link,
				 sizeof(link)) < 0)
		return false;
	pci = last_pci(link);
	if (!pci || strncmp(rest, pci, PCI_LEN) != 0)
		return false;
	rest += PCI_LEN;
	pci += PCI_LEN;
	/* Between it and the disk is something like "/virtio1/block/vda". */
	if (str_after(pci, "/virtio"))
		return !*rest &&
		       str_after(pci + str_until(pci + 1, "/") + 1, "/block/");
	rest = str_after(pci, "/nvme/") ? str_after(rest, "-nvme-") : NULL;
	if (!rest ||
	    !read_attribute(class, disk, "nsid", number, sizeof(number)))
		return false;
	rest = after_text(rest, number);
	return rest && !*rest;
}

bool udevname_is_known(const char *name)
{
	const char *rest = after_pci(name);

	if (rest)
		return strlen(rest) == PCI_LEN ||
		       (strlen(rest) > PCI_LEN &&
			str_after(rest + PCI_LEN, "-nvme-"));
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_after(name, forms[i].prefix))
			return true;
	return false;
}
