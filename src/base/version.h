/* SPDX-License-Identifier: MIT */
/*
 * version.h - the version of pintle, which meson.build defines
 */
#pragma once

#ifndef PINTLE_VERSION
#define PINTLE_VERSION "unknown"
#endif
