/* SPDX-License-Identifier: MIT */
/*
 * device.h - the block devices, as the other folders see them
 *
 * device_parse() says which device is asked for, device_find() waits for it,
 * and the table has everything that was seen. What begins with device_ is for
 * everybody; drivers.h, hooks.h and modules.h are included by name.
 */
#pragma once

#include "device/describe.h"
#include "device/match.h"
#include "device/reader.h"
#include "device/spec.h"
#include "device/table.h"
#include "device/wait.h"
