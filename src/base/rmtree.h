/* SPDX-License-Identifier: MIT */
/*
 * rmtree.h - delete what is in a directory, and nothing beyond it
 *
 * A detached initramfs stays in memory as a whole while anything holds it: the
 * executable of a helper or, on Linux 7.0 to 7.2, kdevtmpfs and the idle tasks.
 * Once its files are unlinked, only those that are in use stay in memory. So
 * they always are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rmtree {
	/* in */
	uint64_t dev;	     /* the file system to stay on, as sys_stat's dev */
	uint64_t keep_dev;   /* a directory that must not be touched, */
	uint64_t keep_ino;   /* by whatever path it is reached */
	int64_t deadline_us; /* CLOCK_MONOTONIC; 0: none */
	/* out */
	uint64_t files;	    /* names unlinked, including directories */
	uint64_t left;	    /* names that could not be unlinked */
	int error;	    /* why the first of them could not, errno */
	char left_name[64]; /* its name */
	bool out_of_time;   /* the deadline ended it */
};

/* empty the directory open at @fd; the directory itself stays */
void rmtree(int fd, struct rmtree *tree);
