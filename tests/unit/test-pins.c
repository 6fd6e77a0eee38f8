/* SPDX-License-Identifier: MIT */
#include "helper/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sys.h"
#include "helper/place.h"
#include "helper/task.h"
#include "tap.h"

static const struct {
	const char *what, *line;
	const char *name;
	int pid, parent;
	bool kernel, stopped;
	uint64_t start;
} stats[] = {
	{ "a process",
	  "712 (sleep) S 1 712 700 0 -1 4194304 94 0 0 0 0 0 0 0 20 0 1 0 "
	  "54321 2703360 230",
	  "sleep", 712, 1, false, false, 54321 },
	{ "a kernel thread: PF_KTHREAD",
	  "9 (kworker/0:1H-events_highpri) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 "
	  "0 0 -20 1 0 7 0 0",
	  "kworker/0:1H-events_highpri", 9, 2, true, false, 7 },
	{ "a name that looks like the rest of the line",
	  "5 (x) R 9 (y) T 4 5 5 34816 5 4194560 1 0 0 0 0 0 0 0 20 0 1 0 88 0",
	  "x) R 9 (y", 5, 4, false, true, 88 },
	{ "a name with a newline and a control character",
	  "5 (a\n\033b) S 4 5 5 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0 88 0", "a??b",
	  5, 4, false, false, 88 },
	{ "a name without letters",
	  "5 () S 4 5 5 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0 88 0", "", 5, 4, false,
	  false, 88 },
	{ "stopped by a tracer is not stopped by a signal",
	  "5 (t) t 4 5 5 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0 88 0", "t", 5, 4,
	  false, false, 88 },
	{ "boots of long ago",
	  "5 (t) S 4 5 5 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0 "
	  "18446744073709551615 0",
	  "t", 5, 4, false, false, UINT64_MAX },
};

static const char *const broken_stats[] = {
	"",
	"1",
	"1 (",
	"1 )(",
	"x (a) S 1 1 1 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0 88 0",
	"1 (a)",
	"1 (a) S",
	"1 (a) S 1 1 1 0 -1",
	"1 (a) S 1 1 1 0 -1 64 1 0 0 0 0 0 0 0 20 0 1 0",
};

static const struct {
	const char *what, *line;
	struct pins_map map;
} maps[] = {
	{ "a library",
	  "7f3c5ea00000-7f3c5ea26000 r--p 00001000 fe:01 1835  /lib/libc.so.6",
	  { 0x7f3c5ea00000, 0x7f3c5ea26000, SYS_DEV(0xfe, 1), 1835, 0x1000 } },
	{ "a low address is padded",
	  "00400000-00401000 r-xp 00000000 00:1a 12 /init",
	  { 0x400000, 0x401000, SYS_DEV(0, 0x1a), 12, 0 } },
	{ "nothing behind it",
	  "7ffd0000-7ffd1000 rw-p 00000000 00:00 0",
	  { 0x7ffd0000, 0x7ffd1000, 0, 0, 0 } },
	{ "a large minor number and inode",
	  "7000-8000 rw-s ffffffffff000 103:fffff 18446744073709551615 /a b",
	  { 0x7000, 0x8000, SYS_DEV(0x103, 0xfffff), UINT64_MAX,
	    0xffffffffff000 } },
};

static const char *const broken_maps[] = {
	"",
	"7000",
	"7000-",
	"7000-8000",
	"7000-8000 rw-s 0",
	"7000-8000 rw-s 0 fe 12 /a",
	"7000-8000 rw-s 0 fe:01",
	"7000-8000 rw-s x fe:01 12 /a",
	"7000-8000 rw-s 0 fe:01 x /a",
	"-8000 rw-s 0 fe:01 12 /a",
};

static int count(const struct pin *pin, void *ctx)
{
	struct pin *wanted = ctx;

	if (pin->pid == wanted->pid) {
		*wanted = *pin;
		wanted->threads += 100; /* seen */
	}
	return 0;
}

/* A child in /tmp, or in /proc if not @here. */
static int fork_there(bool here)
{
	int channel[2], pid;
	char byte;

	if (pipe(channel) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (chdir(here ? "/tmp" : "/proc") < 0)
			_exit(1);
		close(channel[0]);
		close(channel[1]);
		for (;;)
			pause();
	}
	close(channel[1]);
	(void)!read(channel[0], &byte, 1);
	close(channel[0]);
	return pid;
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

struct met {
	int wanted, seen, others;
};

static int meet(const struct pin *pin, void *ctx)
{
	struct met *met = ctx;

	if (pin->pid == met->wanted && pin->pins & PIN_CWD)
		met->seen++;
	else
		met->others++;
	return 0;
}

/* A scan of what was forked since the last one; @by_number: as the last number
 * tells, or else all of /proc again. */
static void scan_new(bool by_number)
{
	const char *how = by_number ? "by number" : "by walking";
	struct met none = { 0 }, met = { 0 };
	struct pins_target target;
	struct pins_total total;
	struct fail why;
	int fd = open("/tmp", O_RDONLY), unrelated, processes;
	pthread_t thread;

	is_int(pins_open(fd, &target, &why), 0, "%s: open", how);
	target.what = PINS_PLACE;
	target.pids_are_ours = by_number;
	is_int(pins_scan(&target, meet, &none, &total, &why), 0, "%s: scan",
	       how);
	if (by_number && !total.unfinished)
		ok(total.last_pid > 0, "%s: the last number is known", how);
	else
		is_int((int)total.last_pid, 0, "%s: it is not known", how);
	met.wanted = fork_there(true);
	unrelated = fork_there(false);
	ok(pthread_create(&thread, NULL, sleep_on, NULL) == 0, "a thread");
	ok(pins_forked(&target, &total), "%s: there is somebody new", how);
	processes = (int)total.processes;
	is_int(pins_scan_new(&target, meet, &met, &total, &why), 0,
	       "%s: scan for the new", how);
	is_int(met.seen, 1, "%s: the new one is met once", how);
	ok((int)total.processes > processes, "%s: it is counted", how);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	kill(met.wanted, SIGKILL);
	kill(unrelated, SIGKILL);
	while (wait(NULL) > 0)
		;
	pins_close(&target);
	close(fd);
}

static void find_other(const struct pins_other *other, void *ctx)
{
	struct pins_other *wanted = ctx;

	if (strcmp(other->kind, wanted->kind) == 0 &&
	    strcmp(other->name, wanted->name) == 0)
		wanted->bytes++;
}

/* Our own socket has no owner that a scan meets. */
static void bound_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct pins_other wanted = { "socket", address.sun_path, 0 };
	int fd = open("/tmp", O_RDONLY), sock = socket(AF_UNIX, SOCK_STREAM, 0);
	struct met met = { 0 };
	struct pins_target target;
	struct pins_total total;
	struct fail why;

	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/tmp/pintle test-pins %d", getpid());
	ok(bind(sock, (struct sockaddr *)&address, sizeof(address)) == 0,
	   "bind a socket");
	is_int(pins_open(fd, &target, &why), 0, "a socket: open");
	is_int(pins_scan(&target, meet, &met, &total, &why), 0,
	       "a socket: scan");
	pins_others(&target, find_other, &wanted);
	is_int((int)wanted.bytes, 1, "a socket: found once");
	unlink(address.sun_path);
	close(sock);
	wanted.bytes = 0;
	is_int(pins_scan(&target, meet, &met, &total, &why), 0,
	       "no socket: scan");
	pins_others(&target, find_other, &wanted);
	is_int((int)wanted.bytes, 0, "no socket: none is found");
	pins_close(&target);
	close(fd);
}

/* ---- what cannot be looked at is not absent ------------------------------ */

static struct pins_target errors_target;
static int living, zombie, headless, errors_fd;

static int open_fails(void)
{
	struct met met = { 0 };
	struct pins_total total;
	struct fail why;
	struct pin pin;

	errors_target.what = PINS_PLACE | PIN_FD;
	return (pins_look(&errors_target, living, 0, &pin) == -EMFILE) |
	       (pins_scan(&errors_target, meet, &met, &total, &why) == 0) << 1 |
	       (total.refused > 1 && total.refused == total.looked_at) << 2;
}

static int stat_is_forbidden(void)
{
	struct pin pin;

	errors_target.what = PINS_PLACE;
	return (pins_look(&errors_target, living, 0, &pin) == -EACCES) |
	       (pins_look(&errors_target, zombie, 0, &pin) == -ESRCH) << 1 |
	       (pins_look(&errors_target, headless, 0, &pin) == -EACCES) << 4 |
	       (place_is_left(NULL, errors_fd, living, living) == -EACCES)
		       << 2 |
	       (place_is_left(NULL, errors_fd, zombie, zombie) == -ESRCH) << 3;
}

/* What @test returns where each call @nr fails; -1: there is no filter. */
static int where(unsigned nr, unsigned error, int (*test)(void))
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]), .filter = filter
	};
	int status = 0, pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(255);
		_exit(test());
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) != 255
		       ? WEXITSTATUS(status)
		       : -1;
}

static void errors(void)
{
	struct fail why;
	siginfo_t info;
	int r;

	errors_fd = open("/tmp", O_RDONLY);
	is_int(pins_open(errors_fd, &errors_target, &why), 0, "errors: open");
	living = fork_there(true);
	zombie = fork();
	if (zombie == 0)
		_exit(0);
	(void)waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
	headless = fork();
	if (headless == 0) {
		pthread_t thread;

		(void)pthread_create(&thread, NULL, sleep_on, NULL);
		syscall(SYS_exit, 0);
	}
	while (!task_is_ending(headless))
		(void)usleep(1000);
	r = where(SYS_openat, EMFILE, open_fails);
	ok(r & 1, "no descriptor is left: a process has not ended");
	ok(r & 2, "no descriptor is left: a scan ends");
	ok(r & 4, "no descriptor is left: nobody was looked into");
	r = where(SYS_statx, EACCES, stat_is_forbidden);
	ok(r & 1, "closed to us: who lives is refused");
	ok(r & 2, "closed to us: who is ending has gone");
	ok(r & 4, "closed to us: where a thread stands is an error");
	ok(r & 8, "closed to us: one that is ending stands nowhere");
	ok(r & 16, "closed to us: so is one without its first thread");
	kill(living, SIGKILL);
	kill(headless, SIGKILL);
	while (wait(NULL) > 0)
		;
	pins_close(&errors_target);
	close(errors_fd);
}

static int stop_at_once(const struct pin *pin, void *ctx)
{
	(void)pin;
	++*(int *)ctx;
	return 7;
}

/* What another mount of the file system of /tmp holds of a process whose program
 * is this one: nothing, if the kernel lets us ask for the mount of a mapping
 * (CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN, fs/proc/base.c, map_files_lookup).
 * Without that, the device decides. */
static unsigned held_by_device(int fd)
{
	unsigned long long start, end, inode;
	unsigned major, minor, ours_major = 0, ours_minor = 0;
	int id = -1, other;
	char line[5000], path[100];
	struct stat st;
	bool is_there = false;
	FILE *file;

	/* The device of the mount, as the kernel says it: that of stat(2) is
	 * another one on btrfs and overlayfs. */
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		(void)sscanf(line, "mnt_id: %d", &id);
	if (!file || fclose(file) != 0)
		return 0;
	file = fopen("/proc/self/mountinfo", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%d %*d %u:%u ", &other, &major, &minor) ==
			    3 &&
		    other == id) {
			ours_major = major;
			ours_minor = minor;
		}
	if (!file || fclose(file) != 0)
		return 0;
	file = fopen("/proc/self/maps", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx-%llx %*s %*x %x:%x %llu", &start, &end,
			   &major, &minor, &inode) != 5 ||
		    inode == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/map_files/%llx-%llx",
			 start, end);
		if (stat(path, &st) == 0)
			break;
		is_there |= major == ours_major && minor == ours_minor;
	}
	if (!file || fclose(file) != 0)
		return 0;
	return is_there ? PIN_MAP : 0;
}

/* A child of ours on the mount that /tmp is on. */
static void look_at_child(void)
{
	struct pins_target target, elsewhere;
	struct pins_total total;
	struct pin pin, again;
	struct fail why;
	int fd = open("/tmp", O_RDONLY), proc = open("/proc", O_RDONLY);
	int calls = 0, pid = fork_there(true);

	is_int(pins_open(fd, &target, &why), 0, "open a target");
	is_int(pins_look(&target, pid, 0, &pin), 0, "look at a child");
	ok((pin.pins & PIN_CWD) && (pin.pins & PIN_FD), "cwd and descriptor");
	ok(pin.threads == 1 && pin.cwds == 1, "its one thread");
	is_int(pin.parent, getpid(), "its parent");
	ok(pin.start_time > 0, "it began");
	is_int(pins_look(&target, pid, pin.start_time, &again), 0,
	       "the same again");
	is_int(pins_look(&target, pid, pin.start_time + 1, &again), -ESRCH,
	       "another with its number");

	target.what = PINS_PLACE;
	is_int(pins_look(&target, pid, 0, &again), 0, "only its place");
	is_int(again.pins & ~(unsigned)PINS_PLACE, 0, "and nothing else");
	ok(again.pins & PIN_CWD, "its place: cwd");
	target.what = 0;

	again = (struct pin){ .pid = pid };
	is_int(pins_scan(&target, count, &again, &total, &why), 0, "scan");
	is_int(again.threads, 101, "the scan meets it");
	is_int(again.pins, pin.pins, "and sees the same");
	is_int(pins_scan(&target, stop_at_once, &calls, &total, &why), 7,
	       "a scan that is ended");
	is_int(calls, 1, "ends at once");

	target.mnt_id += 100000;
	is_int(pins_look(&target, pid, 0, &again), 0, "another mount");
	is_int(again.pins, held_by_device(fd), "is not held");
	ok(again.uid == getuid(), "what status says is there all the same");
	target.any_mount = true;
	is_int(pins_look(&target, pid, 0, &again), 0, "any mount");
	is_int(again.pins, pin.pins, "is held as before");
	ok(!again.exact, "but it is not the mount's root");

	is_int(pins_open(proc, &elsewhere, &why), 0, "another target");
	is_int(pins_look(&elsewhere, pid, 0, &again), 0, "look");
	ok(!(again.pins & PIN_CWD), "its cwd is not there");
	pins_close(&elsewhere);

	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	is_int(pins_look(&target, pid, 0, &again), 0, "stopped");
	ok(again.stopped, "is said");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT);
	is_int(pins_look(&target, pid, 0, &again), -ESRCH, "a zombie is gone");
	waitpid(pid, NULL, 0);
	is_int(pins_look(&target, pid, 0, &again), -ESRCH, "gone");
	pins_close(&target);
	is_int(target.proc_fd, -1, "closed");
	is_int(pins_open(9999, &target, &why), -ENOENT, "no such descriptor");
	is_str(why.what,
	       "look at '/proc/self/fd/9999': No such file or directory",
	       "says why");
}

int main(void)
{
	struct pins_map map;
	struct pin pin;
	int session;

	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		pin = (struct pin){ 0 };
		is_int(pins_parse_stat(stats[i].line, &pin), 0, "stat: %s",
		       stats[i].what);
		is_str(pin.name, stats[i].name, "%s: name", stats[i].what);
		ok(pin.pid == stats[i].pid && pin.parent == stats[i].parent,
		   "%s: pid, parent", stats[i].what);
		is_int(pin.kernel, stats[i].kernel, "%s: kernel thread or not",
		       stats[i].what);
		is_int(pin.threads, 1, "%s: threads", stats[i].what);
		is_int(pin.stopped, stats[i].stopped, "%s: stopped or not",
		       stats[i].what);
		ok(pin.start_time == stats[i].start, "%s: start time",
		   stats[i].what);
		ok(sscanf(strrchr(stats[i].line, ')'), ") %*c %*d %*d %d",
			  &session) == 1 &&
			   pin.session == session,
		   "%s: session", stats[i].what);
	}
	for (size_t i = 0; i < sizeof(broken_stats) / sizeof(broken_stats[0]);
	     i++)
		is_int(pins_parse_stat(broken_stats[i], &pin), -EINVAL,
		       "broken stat %zu is refused", i);

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		is_int(pins_parse_map(maps[i].line, &map), 0, "map: %s",
		       maps[i].what);
		ok(map.start == maps[i].map.start && map.end == maps[i].map.end,
		   "%s: addresses", maps[i].what);
		ok(map.dev == maps[i].map.dev && map.ino == maps[i].map.ino,
		   "%s: device and inode", maps[i].what);
		ok(map.offset == maps[i].map.offset, "%s: offset",
		   maps[i].what);
	}
	for (size_t i = 0; i < sizeof(broken_maps) / sizeof(broken_maps[0]);
	     i++)
		is_int(pins_parse_map(broken_maps[i], &map), -EINVAL,
		       "broken map %zu is refused", i);

	is_str(pins_name(0), "root", "the first word");
	is_str(pins_name(PINS - 1), "elsewhere", "the last word");
	look_at_child();
	scan_new(true);
	scan_new(false);
	errors();
	bound_socket();
	return tap_done();
}
