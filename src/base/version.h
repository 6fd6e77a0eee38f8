/* SPDX-License-Identifier: MIT */
/*
 * version.h - which pintle this is; meson.build says it
 */
#pragma once

#ifndef PINTLE_VERSION
#define PINTLE_VERSION "unknown"
#endif
