/* SPDX-License-Identifier: MIT */
#include "device/drivers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/image.h"
#include "device/modules.h"

/* The storage drivers of a distribution are a tenth of this. What is not used
 * takes no memory. */
#define MODULES_MAX 2048u
#define INDEX_BYTES (2u << 20)

enum state { UNWANTED, WANTED, RUNNING, DONE };

static struct {
	char *line;
	uint8_t state;
	bool first;
} modules[MODULES_MAX];
static unsigned module_count;

/* Lines, sorted by byte: a pattern, a blank, and its target. They are looked up
 * in the text itself, as most of them are never read. */
struct index {
	const char *begin, *end;
};
static struct index aliases, absent;
static char index_text[INDEX_BYTES];
static size_t index_used;

/* The last descriptor is the timer's. */
#define JOBS (DRIVERS_JOBS - 1)

/* A driver that takes this long waits for its hardware: another is started. */
#define PATIENCE_US 100000

static struct job {
	struct child_job child;
	unsigned module;
	bool idle; /* see sys_when_idle() */
} jobs[JOBS];
static int timer_fd = -1;
static unsigned cpus;
static unsigned limit; /* how many may run at a time */
static bool finishing;
static unsigned loaded;

/* -- patterns ------------------------------------------------------------ */

/* The rest of @pattern after its first element if that matches @c, or NULL. */
static const char *glob_one(const char *pattern, char c)
{
	bool inverted, found = false;

	if (*pattern == '?')
		return pattern + 1;
	if (*pattern != '[')
		return *pattern == c ? pattern + 1 : NULL;
	pattern++;
	inverted = *pattern == '!' || *pattern == '^';
	pattern += inverted;
	/* A closing bracket that comes first stands for itself. */
	do {
		char from = *pattern, to = from;

		if (str_char(" \n", from))
			return NULL;
		if (pattern[1] == '-' && pattern[2] != ']') {
			to = *(pattern += 2);
			if (str_char(" \n", to))
				return NULL;
		}
		found |= from <= c && c <= to;
		pattern++;
	} while (*pattern != ']');
	return found != inverted ? pattern + 1 : NULL;
}

bool drivers_glob(const char *pattern, const char *string)
{
	const char *star = NULL, *back = NULL;

	for (;;) {
		const char *next = NULL;

		if (*pattern == '*') {
			star = ++pattern;
			back = string;
			continue;
		}
		if (*pattern == '\0' || *pattern == ' ') {
			if (*string == '\0')
				return true;
		} else if (*string) {
			next = glob_one(pattern, *string);
		}
		if (next) {
			pattern = next;
			string++;
			continue;
		}
		/* Let the last star take one more character. */
		if (!star || *back == '\0')
			return false;
		pattern = star;
		string = ++back;
	}
}

/* -- the index ----------------------------------------------------------- */

static const char *next_line(const char *at)
{
	size_t len = str_until(at, "\n");

	return at + len + (at[len] == '\n');
}

/* The target of a line, or NULL if it has none. */
static const char *target_of(const char *line)
{
	line += str_until(line, " \n");
	return *line == ' ' ? line + 1 : NULL;
}

/* The beginning of the line that @at points into. */
static const char *line_of(const char *lo, const char *at)
{
	while (at > lo && at[-1] != '\n')
		at--;
	return at;
}

/* The first line from @lo to @hi whose byte at @at is @c or greater. */
static const char *lower(const char *lo, const char *hi, size_t at, int c)
{
	while (lo < hi) {
		const char *middle = line_of(lo, lo + (hi - lo) / 2);

		if ((unsigned char)middle[at] < c)
			lo = next_line(middle);
		else
			hi = middle;
	}
	return lo;
}

/* The next number of a list with commas between them, or -1 at its end. One
 * that is too large to be a module's is MODULES_MAX. */
static int next_number(const char **at)
{
	int number = **at >= '0' && **at <= '9' ? 0 : -1;

	for (; **at >= '0' && **at <= '9'; ++*at)
		if (number < (int)MODULES_MAX)
			number = number * 10 + **at - '0';
	*at += number >= 0 && **at == ',';
	return number < (int)MODULES_MAX ? number : (int)MODULES_MAX;
}

static void want_module(unsigned number, bool first)
{
	const char *needs = modules[number].line;
	int other;

	if (modules[number].state != UNWANTED &&
	    (!first || modules[number].first))
		return;
	modules[number].first |= first;
	if (modules[number].state == UNWANTED)
		modules[number].state = WANTED;
	/* Only modules of earlier lines count, so that there is no cycle. */
	while ((other = next_number(&needs)) >= 0)
		if ((unsigned)other < number)
			want_module((unsigned)other, first);
}

/* Call @take with the target of each pattern that @name matches. Returns how
 * often @take returned true. */
static unsigned look_up(const struct index *index, const char *name,
			bool (*take)(const char *target, void *ctx), void *ctx)
{
	static const char wild[] = "*?[";
	const char *lo = index->begin, *hi = index->end, *last = NULL;
	unsigned taken = 0;
	static char alias[2048];

	if (!modules_underscored(alias, sizeof(alias), name))
		return 0;
	/* All lines from @lo to @hi share the first @at bytes with @alias. */
	for (size_t at = 0; lo < hi; at++) {
		int c = (unsigned char)alias[at];

		/* In most cases all of them have the same next byte. */
		if (!last)
			last = line_of(lo, hi - 1);
		if (c > ' ' && (unsigned char)lo[at] == c &&
		    (unsigned char)last[at] == c)
			continue;
		last = NULL;
		for (const char *w = wild; *w; w++)
			for (const char *i = lower(lo, hi, at, *w);
			     i < hi && i[at] == *w; i = next_line(i))
				if (drivers_glob(i + at, alias + at))
					taken += take(target_of(i), ctx);
		if (c == '\0')
			c = ' ';
		else if (c <= ' ')
			break; /* no pattern has such a byte */
		lo = lower(lo, hi, at, c);
		hi = lower(lo, hi, at, c + 1);
		if (c != ' ')
			continue;
		for (; lo < hi; lo = next_line(lo))
			taken += take(lo + at + 1, ctx);
	}
	return taken;
}

static bool want_target(const char *target, void *ctx)
{
	int module = target ? next_number(&target) : -1;

	if (module < 0 || (unsigned)module >= module_count)
		return false;
	want_module((unsigned)module, *(const bool *)ctx);
	return true;
}

bool drivers_want(const char *alias, bool first)
{
	return look_up(&aliases, alias, want_target, &first) > 0;
}

/* Add the target to a list of names, unless it is in the list. */
static bool name_target(const char *target, void *ctx)
{
	struct text *names = ctx;
	size_t len;
	char name[64];

	if (!target)
		return false;
	len = str_until(target, "\n");
	if (str_format(name, sizeof(name), "'%.*s'", (int)len, target) < 0)
		return false;
	for (size_t at = 0; at < names->len; at++)
		if (str_after(names->buf + at, name))
			return false;
	text_add(names, "%s%s", names->len ? " or " : "", name);
	return true;
}

bool drivers_absent(const char *alias, struct text *ret_names)
{
	return look_up(&absent, alias, name_target, ret_names) > 0;
}

static void index_of(const char *text, struct index *ret)
{
	ret->begin = text;
	ret->end = text + strlen(text);
}

bool drivers_parse(char *list, const char *alias_text, const char *absent_text)
{
	index_of(alias_text, &aliases);
	index_of(absent_text, &absent);
	for (module_count = 0; *list && module_count < MODULES_MAX;) {
		size_t len = str_until(list, "\n");
		bool more = list[len];

		list[len] = '\0';
		modules[module_count].state = UNWANTED;
		modules[module_count].first = false;
		modules[module_count++].line = list;
		list += len + more;
	}
	return !*list;
}

/* The text of an index in the image, "" if there is none. */
static char *read_index(const char *path)
{
	char *text = index_text + index_used;
	long n = io_read_file(AT_FDCWD, path, text,
			      sizeof(index_text) - index_used);

	log_unread(path, n);
	if (n < 0) {
		*text = '\0';
		return text;
	}
	index_used += (size_t)n + 1;
	return text;
}

void drivers_read(void)
{
	char *list = read_index(IMAGE_DRIVERS);
	const char *path = str_char(list, ' ');

	if (path && !modules_fit(path + 1))
		return;
	if (!drivers_parse(list, read_index(IMAGE_ALIASES), ""))
		log_line(LOG_WARNING, "read '%s': %s, ignoring the rest",
			 IMAGE_DRIVERS, fail_reason(EFBIG));
}

void drivers_read_absent(void)
{
	if (absent.begin == absent.end)
		index_of(read_index(IMAGE_ABSENT), &absent);
}

/* -- what is there ------------------------------------------------------- */

static int device_entry(const char *name, int type, void *ctx)
{
	static char modaliases[2][4096];
	static unsigned turn;
	char *modalias = modaliases[turn];
	const int *dir_fd = ctx;

	(void)type;
	if (io_read_file(*dir_fd, io_path("%s/modalias", name), modalias,
			 sizeof(modaliases[0])) <= 0)
		return 0;
	modalias[str_until(modalias, "\n")] = '\0';
	/* There are many CPUs with the same modalias of a thousand bytes. */
	if (strcmp(modaliases[0], modaliases[1]) == 0)
		return 0;
	turn ^= 1;
	(void)drivers_want(modalias, false);
	return 0;
}

static int bus_entry(const char *name, int type, void *ctx)
{
	_auto_close int fd = -1;

	(void)type;
	(void)ctx;
	/* On a large machine "memory" has thousands of devices, and none of
	 * them has a modalias (drivers/base/memory.c). */
	if (strcmp(name, "memory") == 0)
		return 0;
	fd = io_open(io_path("/sys/bus/%s/devices", name),
		     O_RDONLY | O_DIRECTORY);
	return fd < 0 ? 0 : io_each_name(fd, device_entry, &fd);
}

/* Every device that a driver can bind to is on a bus (drivers/base/bus.c). */
void drivers_coldplug(void)
{
	if (aliases.begin != aliases.end)
		(void)io_each_in(bus_entry, NULL, "/sys/bus");
}

void drivers_want_types(const char *types)
{
	char alias[64];

	while (*types) {
		size_t len = str_until(types, ",");

		if (str_format(alias, sizeof(alias), "fs-%.*s", (int)len,
			       types) == 0)
			(void)drivers_want(alias, true);
		types += len + (types[len] == ',');
	}
}

/* -- loading ------------------------------------------------------------- */

static bool needs_are_done(unsigned number)
{
	const char *needs = modules[number].line;
	int other;

	while ((other = next_number(&needs)) >= 0)
		if ((unsigned)other < number && modules[other].state != DONE)
			return false;
	return true;
}

/* The module to start next: one that is wanted first, or else, unless
 * @first_only is set, the one of the earliest line; or -1. */
static int next_module(bool first_only)
{
	int best = -1;

	for (unsigned i = 0; i < module_count; i++) {
		if (modules[i].state != WANTED || !needs_are_done(i))
			continue;
		if (modules[i].first)
			return (int)i;
		if (best < 0 && !first_only)
			best = (int)i;
	}
	return best;
}

static void close_timer(void)
{
	sys_auto_close(&timer_fd);
	timer_fd = -1;
}

static void take_end(unsigned module, struct child_end end)
{
	modules[module].state = DONE;
	if (end.signal && !finishing)
		log_line(LOG_WARNING,
			 "load '%s': the kernel killed the child that did, see "
			 "dmesg",
			 str_char(modules[module].line, ' ') + 1);
	loaded += end.code == 0;
	close_timer();
}

static void start_module(struct job *job, unsigned number)
{
	char *line = str_char(modules[number].line, ' ');
	struct child_end end = { -1, 0 };
	int pid;

	modules[number].state = DONE;
	if (!line)
		return;
	pid = child_fork_job(&job->child);
	if (pid <= 0) {
		bool good = modules_load_line(line + 1);

		if (pid == 0)
			sys_exit(!good);
		loaded += good;
		return;
	}
	modules[number].state = RUNNING;
	job->module = number;
	job->idle = false;
	/* Before Linux 5.3, modules are loaded one at a time. */
	if (job->child.fd < 0) {
		(void)child_wait(pid, &end);
		job->child = CHILD_NO_JOB;
		take_end(number, end);
	}
}

/* Is @a more likely than @b to be what the root needs? */
static bool is_before(unsigned a, unsigned b)
{
	if (modules[a].first != modules[b].first)
		return modules[a].first;
	return a < b;
}

/* The most likely modules get a CPU each; the others get what is left. */
static void share_cpus(void)
{
	for (unsigned i = 0; i < JOBS; i++) {
		unsigned before = 0;

		for (unsigned j = 0; j < JOBS; j++)
			before += jobs[i].child.pid && jobs[j].child.pid &&
				  is_before(jobs[j].module, jobs[i].module);
		if (!jobs[i].child.pid || jobs[i].idle == (before >= cpus))
			continue;
		jobs[i].idle = !jobs[i].idle;
		(void)sys_when_idle(jobs[i].child.pid, jobs[i].idle);
	}
}

/*
 * Load as many at a time as there are CPUs, the most likely first. Most of the
 * time goes into checking signatures, and a module that was begun has to be
 * finished even if the root is there already.
 */
static bool load_some(bool first_only)
{
	struct child_end end;
	unsigned running = 0;
	int next = 0;

	if (!cpus)
		limit = cpus = sys_cpus();
	if (timer_fd >= 0 && sys_wait_readable(timer_fd, SYS_NOW) > 0) {
		limit++;
		close_timer();
	}
	for (unsigned i = 0; i < JOBS; i++) {
		if (jobs[i].child.pid && child_reap_job(&jobs[i].child, &end))
			take_end(jobs[i].module, end);
		running += jobs[i].child.pid != 0;
	}
	for (unsigned i = 0; i < JOBS && running < limit; i++) {
		while (!jobs[i].child.pid && !finishing && next >= 0) {
			next = next_module(first_only);
			if (next >= 0)
				start_module(&jobs[i], (unsigned)next);
			running += jobs[i].child.pid != 0;
		}
	}
	if (running >= limit && timer_fd < 0)
		timer_fd = sys_timer(PATIENCE_US);
	share_cpus();
	return running > 0;
}

bool drivers_work(void)
{
	return load_some(false);
}

void drivers_fds(int ret_fds[DRIVERS_JOBS])
{
	for (unsigned i = 0; i < JOBS; i++)
		ret_fds[i] = jobs[i].child.pid ? jobs[i].child.fd : -1;
	ret_fds[JOBS] = timer_fd;
}

int drivers_wait(int64_t deadline_us)
{
	int fds[DRIVERS_JOBS];

	drivers_fds(fds);
	return sys_wait_any(fds, DRIVERS_JOBS, deadline_us);
}

static bool is_left(bool first_only)
{
	for (unsigned i = 0; i < module_count; i++)
		if (modules[i].state != UNWANTED && modules[i].state != DONE &&
		    (modules[i].first || !first_only))
			return true;
	return false;
}

bool drivers_pending(void)
{
	return is_left(false);
}

void drivers_wait_first(void)
{
	int64_t deadline_us = sys_now_us() + DRIVERS_WAIT_US;

	/* Other modules would only take the CPU. */
	while (load_some(true) && is_left(true))
		if (drivers_wait(deadline_us) <= 0)
			return;
}

void drivers_finish(int64_t deadline_us)
{
	finishing = true;
	/* A child that has not begun to load its module need not. No module is
	 * left half loaded by the signal. */
	for (unsigned i = 0; i < JOBS; i++)
		if (jobs[i].child.pid)
			(void)sys_pidfd_send_signal(jobs[i].child.fd, SIGKILL,
						    NULL);
	while (drivers_work())
		if (drivers_wait(deadline_us) <= 0)
			return;
}

unsigned drivers_count(void)
{
	return loaded;
}

bool drivers_is_wanted(unsigned number)
{
	return modules[number].state == WANTED;
}
