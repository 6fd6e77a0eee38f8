/* SPDX-License-Identifier: MIT */
/*
 * arrival - the real init of the measured machines: says when it came, and what
 * memory was left then
 *
 * The clock is read before anything else is done, memory right after. Then it
 * finds out when the kernel started /init, from the kernel's own log, whose
 * clock is another one: a line of its own, written between two looks at the
 * first clock, tells how far apart they are. All goes out as landing's facts
 * do (tests/vm/landing.c), nanoseconds and KiB.
 *
 * Its arguments are facts too (NAME=NUMBER): a caller that has no other way to
 * say when it called says so there. Kernel parameter:
 *   arrival.later=SECONDS  look at memory once more that long after
 *   arrival.calls          count in the kernel's trace what was called until
 *                          this was executed
 * (trace_event=raw_syscalls:sys_enter)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "../vm/ending.h"

#define MARK	"arrival: here"
#define STARTED " as init process" /* init/main.c: run_init_process() */

static FILE *verdict;
static int lines;

static long long now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void say(const char *name, long long value)
{
	fprintf(verdict, "{\"set\": \"%s\", \"value\": %lld}\n", name, value);
	lines++;
}

static void add(const char *list, const char *value)
{
	fprintf(verdict, "{\"add\": \"%s\", \"value\": \"%s\"}\n", list, value);
	lines++;
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < size - 1 &&
	       (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		close(fd);
	buf[len] = '\0';
	return len;
}

struct memory {
	char meminfo[4096], zoneinfo[16384];
};

static void look_at_memory(struct memory *ret)
{
	slurp("/proc/meminfo", ret->meminfo, sizeof(ret->meminfo));
	slurp("/proc/zoneinfo", ret->zoneinfo, sizeof(ret->zoneinfo));
}

static long long field_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? atoll(at + strlen(name)) : 0;
}

/*
 * What is in use, in KiB. MemFree does not count what is kept at hand for each
 * CPU, which since Linux 6.7 may be an eighth of all (mm/page_alloc.c,
 * pcp->high_max): "count:" of each zone's pagesets, in pages.
 */
static void say_memory(const char *when, const struct memory *memory)
{
	long long used = field_of(memory->meminfo, "MemTotal:") -
			 field_of(memory->meminfo, "MemFree:");
	const char *at = memory->zoneinfo;
	char name[64];

	while ((at = strstr(at, " count:"))) {
		at += strlen(" count:");
		used -= atoll(at) * (getpagesize() / 1024);
	}
	snprintf(name, sizeof(name), "used_%s", when);
	say(name, used);
	/* which of the two an initramfs is depends on the command line */
	snprintf(name, sizeof(name), "files_%s", when);
	say(name, field_of(memory->meminfo, "Shmem:") +
			  field_of(memory->meminfo, "Unevictable:"));
}

/* The times of the kernel's own lines, in ns. PREFIX,SEQ,MICROSECONDS,... */
static void read_log(int fd, long long *ret_started, long long *ret_mark)
{
	char record[8192];
	ssize_t n;

	*ret_started = *ret_mark = -1;
	/* EPIPE: the record was overwritten; the next read has a newer one */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		const char *time, *text;

		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		time = strchr(record, ',');
		time = time ? strchr(time + 1, ',') : NULL;
		if (!text || !time)
			continue;
		if (strncmp(text, ";Run /", 6) == 0 && strstr(text, STARTED))
			*ret_started = atoll(time + 1) * 1000;
		if (strncmp(text, ";" MARK, strlen(MARK) + 1) == 0)
			*ret_mark = atoll(time + 1) * 1000;
	}
}

/* Are root and cwd of this process where ours are? */
static int stands_here(const char *pid)
{
	static const char *const places[] = { "root", "cwd" };
	struct stat here, there;
	char path[64];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, places[i]);
		if (stat("/", &here) < 0 || stat(path, &there) < 0 ||
		    here.st_dev != there.st_dev || here.st_ino != there.st_ino)
			return 0;
	}
	return 1;
}

/* Files that are still there below what was the initramfs cannot be seen from
 * here: the memory tells. What can: who runs, and the drivers. */
static void say_rest(void)
{
	static char text[65536];
	struct dirent *entry;
	int processes = 0, here = 0, mounts = 0;
	FILE *table;
	DIR *dir;

	slurp("/proc/modules", text, sizeof(text));
	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, " ")] = '\0';
		add("modules", line);
	}
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%.16s/exe", entry->d_name);
		if (*entry->d_name < '1' || *entry->d_name > '9' ||
		    readlink(path, text, 1) <= 0)
			continue;
		processes++;
		here += stands_here(entry->d_name);
	}
	if (dir)
		closedir(dir);
	say("processes", processes);
	say("processes_here", here);
	table = fopen("/proc/self/mountinfo", "re");
	while (table && fgets(text, sizeof(text), table)) {
		text[strcspn(text, "\n")] = '\0';
		mounts++;
		if (strstr(text, " / / "))
			add("roots", text);
	}
	if (table)
		fclose(table);
	say("mounts", mounts);
	slurp("/run/pintle/report.json", text, sizeof(text));
	say("pintle", *text != '\0');
}

/*
 * "    init-1       [000] .....     1.234567: sys_enter: NR 257 (...": of
 * process 1 until it executed this, and of all others until then.
 */
static void say_calls(void)
{
	long ours = 0, others = 0, last_ours = 0, last_others = 0;
	char line[1024];
	FILE *trace;
	int on;

	/* To read it is to call the kernel: it would never end. */
	mount("trace", "/tmp", "tracefs", 0, NULL);
	on = open("/tmp/tracing_on", O_WRONLY | O_CLOEXEC);
	if (on < 0 || write(on, "0", 1) != 1)
		return;
	close(on);
	trace = fopen("/tmp/trace", "re");
	while (trace && fgets(line, sizeof(line), trace)) {
		const char *call = strstr(line, "sys_enter: NR ");
		const char *pid = strchr(line, '[');
		int number;

		if (!call || !pid || *line == '#')
			continue;
		while (pid > line && pid[-1] == ' ')
			pid--;
		while (pid > line && pid[-1] != '-')
			pid--;
		number = atoi(call + strlen("sys_enter: NR "));
		if (atoi(pid) != 1) {
			others++;
			continue;
		}
		ours++;
		/* execve, execveat: x86's numbers. This one calls neither. */
		if (number == 59 || number == 322) {
			last_ours = ours;
			last_others = others;
		}
	}
	say("calls", last_ours);
	say("calls_of_children", last_others);
}

int main(int argc, char **argv)
{
	static struct memory at_once, later;
	long long first_ns = now_ns(CLOCK_MONOTONIC);
	/* Of process 1, whatever program it was. */
	long long ran_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	long long before, after, started, mark;
	struct rusage usage = { 0 };
	const char *wait_for;
	char cmdline[4096];
	int kmsg;

	getrusage(RUSAGE_SELF, &usage);

	if (access("/proc/meminfo", F_OK) < 0) {
		mkdir("/proc", 0555);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	look_at_memory(&at_once);
	if (access("/dev/kmsg", F_OK) < 0)
		mount("dev", "/dev", "devtmpfs", 0, NULL);
	verdict = fopen("/dev/ttyS1", "we");
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (!verdict || kmsg < 0)
		return 1;
	before = now_ns(CLOCK_MONOTONIC);
	(void)!write(kmsg, "<6>" MARK "\n", sizeof(MARK) + 3);
	after = now_ns(CLOCK_MONOTONIC);
	slurp("/proc/cmdline", cmdline, sizeof(cmdline));
	wait_for = strstr(cmdline, "arrival.later=");
	if (wait_for) {
		int seconds = atoi(strchr(wait_for, '=') + 1);
		struct timespec rest = { .tv_sec = seconds };

		nanosleep(&rest, NULL);
		look_at_memory(&later);
	}
	read_log(kmsg, &started, &mark);
	say("pid", getpid());
	/* also of the programs that it was before: fs/exec.c, exec_mmap() */
	say("peak", usage.ru_maxrss);
	say("first", first_ns);
	say("ran", ran_ns);
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value) {
			*value++ = '\0';
			say(argv[i], atoll(value));
		}
	}
	if (mark >= 0) {
		/* on the log's clock, which begins with the kernel */
		first_ns += mark - (before + after) / 2;
		say("since_kernel", first_ns);
		if (started >= 0)
			say("since_init", first_ns - started);
	}
	say_memory("at_once", &at_once);
	if (wait_for)
		say_memory("later", &later);
	say_rest();
	if (strstr(cmdline, "arrival.calls"))
		say_calls();
	fprintf(verdict, "landed %d\n", lines);
	fflush(verdict);
	drain(fileno(verdict));
	fclose(verdict);
	end_machine();
	return 1;
}
