/* SPDX-License-Identifier: MIT */
/*
 * altview-parts.h - what the parts of altview have in common
 *
 * altview.c goes through the directories and decides what each name shows,
 * altview-name.c makes it so, and altview-mend.c does both again for a name
 * that changed. Nothing else includes this.
 *
 * Functions return 0 or -errno, with the sentence in altview.why.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "altroot/altrule.h"

struct fail;

/*
 * How much of a view may be spent on directories in which other users may
 * write: directories that both trees have, overlays, mounts. Any further
 * directory is shown as it is in one of the two trees, so that nobody uses up
 * what the rest of the view needs.
 */
#define OTHERS_MERGED_MAX   4096
#define OTHERS_OVERLAYS_MAX 16
#define OTHERS_BINDS_MAX    32768

/* There is one view in a process. */
struct altview {
	struct alt *alt;
	const char *const *but; /* paths that are left alone, or NULL */
	int here, made;		/* the skeleton's root: altskel.h */
	bool again;		/* it was built, and is being mended */
	unsigned merged, refused, tries;
	unsigned others_merged, others_overlays, others_binds;
	unsigned said, left_out;
	int64_t said_us; /* the time since which they are counted */
	struct fail *why;
	int was; /* what altwatch_find() said of the path before */
	size_t len;
	char path[ALT_PATH]; /* the path that is worked on, in the view */
};

extern struct altview altview;

#define ALTVIEW_MADE 2
/* A directory that both trees have. */
struct altview_level {
	const struct alt_end *ends; /* by alt_tree */
	/* The same directories, opened for reading; and, as number
	 * ALTVIEW_MADE, the one of the skeleton, by a mount in which names can
	 * be made. */
	int lists[3];
	int here;  /* in the view */
	int below; /* in the skeleton, if an overlay is mounted here; or -1 */
	unsigned depth, names;
	unsigned list;	    /* the index of the list that is gone through */
	enum alt_tree side; /* the tree in which a link is read */
	bool others;	    /* other users may make names in it */
	bool overlaid;	    /* an overlay shows its names: no mount for each */
	bool waiting;	    /* the overlay is not there yet */
	bool mounting;	    /* the second pass, which mounts over the overlay */
};

/* ---- altview-name.c ------------------------------------------------------ */

/* The sentence for the error @r, which is returned: @what says what was tried
 * with the path that is worked on. */
int altview_failed(int r, const char *what);

/* May one more line be printed about what other users do? */
bool altview_may_say(void);

/* May the work go on although a walk ended with @error? */
bool altview_is_usual(int error);

/* to be called by a walk: alt->looks */
void altview_looked(const struct alt_end *in, const char *name, size_t len);

/* for io_each_name(): adds one to the unsigned at @ctx */
int altview_count_name(const char *name, int type, void *ctx);

int altview_read_link(const struct altview_level *level, const char *name,
		      char text[ALT_PATH]);
int altview_link_fits(const struct altview_level *level,
		      const struct alt_end *ends, const char *text);
int altview_is_bare(const struct alt_end *a, const struct alt_end *t);

/*
 * Let @name in @level show nothing (take); at most what the rule says of the
 * name alone, with a message that gives @reason (refuse); @what (put); a link
 * (make_link); or what the overlay shows (leave). altview_make() makes a link
 * or a place to mount on, and altview_bind() mounts there.
 */
int altview_take(const struct altview_level *level, const char *name);
int altview_refuse(const struct altview_level *level, const char *name,
		   const struct alt_end *answer, bool others,
		   const char *reason);
int altview_put(const struct altview_level *level, const char *name,
		const struct alt_end *what);
int altview_make_link(const struct altview_level *level, const char *name,
		      const char *text);
int altview_leave(const struct altview_level *level, const char *name,
		  const struct alt_end *what);
int altview_make(const struct altview_level *level, const char *name,
		 bool is_dir, const char *text);
int altview_bind(const struct altview_level *level, const char *name, int fd);

/* ---- altview.c ----------------------------------------------------------- */

int altview_level_open(struct altview_level *level, int here, int made,
		       const char *path);
void altview_level_close(const struct altview_level *level);
int altview_show(struct altview_level *level, int parent, const char *name,
		 const char *only);
