/* SPDX-License-Identifier: MIT */
/*
 * loader.h - where the boot loader was started from: the EFI variable
 * LoaderDevicePartUUID
 *
 * systemd-boot and others that follow the Boot Loader Interface set it to the
 * PARTUUID of the partition that they are on, which is on the disk that the
 * firmware has booted. On that disk systemd-gpt-auto-generator looks for a root.
 */
#pragma once

#include <stdbool.h>

/* Does the firmware have variables? Loads the driver that efivar_read() needs. */
bool loader_is_efi(void);

/*
 * loader_partition - the PARTUUID of the loader's partition; "": not known
 *
 * The first call may load the driver of efivarfs and mount it. What goes wrong
 * is logged, and it is not known then.
 */
const char *loader_partition(void);
