/* SPDX-License-Identifier: MIT */
#include "base/efivar.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

#define FS "/sys/firmware/efi/efivars"

bool efivar_is_possible(void)
{
	return sys_access(AT_FDCWD, FS, 0) != -ENOENT;
}

long efivar_read(const char *name, unsigned char *ret, size_t size,
		 struct fail *why)
{
	struct sys_stat st;
	bool is_ours;
	long n;
	int r = sys_stat(AT_FDCWD, FS, 0, &st);

	if (r < 0)
		return fail(why, r, "look at '" FS "'");
	is_ours = !st.mount_root;
	if (is_ours)
		r = sys_mount("efivarfs", FS, "efivarfs",
			      MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
			      NULL);
	/* The kernel and the image have no driver for it, or the firmware
	 * cannot be called any more (fs/efivarfs/super.c). */
	if (r == -ENODEV || r == -EOPNOTSUPP) {
		log_line(LOG_INFO,
			 "read the EFI variable '%s': %s, going on without",
			 name,
			 r == -ENODEV ? "no driver for efivarfs "
					"(pintle-mkinitramfs --kind generic -m "
					"efivarfs)"
				      : fail_reason(r));
		return 0;
	}
	if (r < 0)
		return fail(why, r, "mount '" FS "' as efivarfs");
	n = io_read_file(AT_FDCWD, io_path(FS "/%s", name), (char *)ret, size);
	if (is_ours)
		(void)sys_umount(FS, MNT_DETACH);
	if (n == -ENOENT)
		return 0;
	return n < 0 ? fail(why, (int)n, "read the EFI variable '%s'", name)
		     : n;
}

bool efivar_text(const unsigned char *bytes, size_t len, char *ret, size_t size)
{
	size_t chars = 0;

	if (len < 4 || len % 2)
		return false;
	for (size_t i = 4; i < len; i += 2) {
		unsigned c = bytes[i] | (unsigned)bytes[i + 1] << 8;

		if (!c) {
			/* This ends the text; only NULs may follow. */
			for (; i < len; i++)
				if (bytes[i])
					return false;
			break;
		}
		if (chars == size - 1)
			return false;
		ret[chars++] = (char)(c < 0x80 ? c : '?');
	}
	ret[chars] = '\0';
	return true;
}
