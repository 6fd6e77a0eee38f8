/* SPDX-License-Identifier: MIT */
#include "device/loader.h"

#include <errno.h>
#include <stddef.h>

#include "base/efivar.h"
#include "base/fail.h"
#include "base/log.h"
#include "device/drivers.h"

/* The GUID is that of the Boot Loader Interface. */
#define VARIABLE "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

bool loader_is_efi(void)
{
	if (!efivar_is_possible())
		return false;
	/* Nothing else asks for this driver: name its module here. */
	(void)drivers_want("efivarfs", true);
	drivers_wait_first();
	return true;
}

static void read_it(char *ret, size_t size)
{
	unsigned char bytes[128];
	static struct fail why;
	long n;

	if (!loader_is_efi())
		return;
	n = efivar_read(VARIABLE, bytes, sizeof(bytes), &why);
	if (n > 0 && !efivar_text(bytes, (size_t)n, ret, size))
		n = fail_said(&why, EINVAL,
			      "read the EFI variable '" VARIABLE
			      "': it is no PARTUUID");
	if (n < 0) {
		*ret = '\0';
		log_line(LOG_WARNING, "%s, ignoring it", why.what);
	}
}

const char *loader_partition(void)
{
	static char partition[40];
	static bool is_read;

	if (!is_read)
		read_it(partition, sizeof(partition));
	is_read = true;
	return partition;
}
