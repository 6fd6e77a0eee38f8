/* SPDX-License-Identifier: MIT */
#include "altroot/altview.h"

#include <string.h>

#include "altroot/altrule.h"
#include "altroot/altview-parts.h"
#include "altroot/altwatch.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"

/* No descriptor is open from this number on. */
#define FDS 4096

static void mend_below(struct altview_level *level, const char *path,
		       const char *name)
{
	const struct alt_end *ends = level->ends;
	int r = alt_error(&ends[0]) < 0 ? alt_error(&ends[0])
					: alt_error(&ends[1]);

	if (r < 0)
		(void)altview_failed(r, "look at");
	/* If it is a directory no longer, a change of its own will be told. */
	if (alt_is_dir(&ends[0]) && alt_is_dir(&ends[1])) {
		for (unsigned i = 0; i < 2; i++)
			level->others |=
				ends[i].by_others ||
				alt_is_others(altview.alt, &ends[i].st);
		r = altview_level_open(level, altview.here, altview.made,
				       *path ? path + 1 : ".");
		if (r == 0)
			r = altview_show(level, -1, NULL, name);
	}
	if (r < 0 && altview_may_say())
		log_line(LOG_ERROR, "%s", altview.why->what);
}

/* Mend a path that may show something else now; "": any path. */
static void mend(char *path)
{
	static struct alt_end ends[2];
	struct altview_level level = {
		.ends = ends,
		.lists = { -1, -1, -1 },
		.here = -1,
	};
	char *name = NULL;

	if (*path) {
		name = path + (str_base(path) - path);
		name[-1] = '\0';
	}
	level.below = altwatch_find(path);
	if (level.below == ALTWATCH_NONE)
		return;
	level.overlaid = level.waiting = level.below >= 0;
	altview.merged = altview.refused = altview.others_merged = 0;
	altview.others_overlays = altview.others_binds = 0;
	(void)str_copy(altview.path, sizeof(altview.path), path);
	altview.len = strlen(path);
	altview.alt->looks = NULL;
	alt_both(altview.alt, NULL, path, ends);
	altview.alt->looks = altview_looked;
	mend_below(&level, path, name);
	altview_level_close(&level);
	alt_close_both(ends);
}

void altview_mend(int end_fd, const char *const *but, bool to_stderr)
{
	static char path[ALT_PATH];
	const int keep[] = { altview.alt->fds[0],
			     altview.alt->fds[1],
			     altview.here,
			     altview.made,
			     end_fd,
			     log_fd(),
			     to_stderr ? 2 : -1 };
	int r;

	for (int fd = 0; fd < FDS; fd++) {
		bool is_ours = altwatch_keeps(fd);

		for (unsigned i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
			is_ours |= fd == keep[i];
		if (!is_ours)
			(void)sys_close(fd);
	}
	io_close_from(FDS);
	/* Nothing is written to the numbers that are free now, such as that of
	 * standard error. */
	altview.again = true;
	altview.but = but;
	do {
		/* Our working directory keeps no mount busy while we wait. */
		(void)sys_fchdir(altview.here);
		r = altwatch_next(end_fd, path, sizeof(path));
		if (r > 0)
			mend(path);
	} while (r > 0);
	if (r < 0)
		log_line(LOG_ERROR, "watch both roots: %s", fail_reason(-r));
}
