/* SPDX-License-Identifier: MIT */
/*
 * landing - the /sbin/init of the test roots: says what only the far side of
 * the switch can know, then ends the machine.
 *
 * It judges nothing. Every fact goes out on the second serial port as one line
 * of JSON, {"set": NAME, "value": X} for a fact said once and
 * {"add": NAME, "value": X} for one more entry of a list; the rows compare them
 * with what they expect, so a new check rarely needs new C. The last line is
 * `landed N`, N being the number of lines before it: a boot that dies half way
 * cannot be mistaken for one that had little to say.
 *
 * Kernel parameters (they have a dot, so that the kernel passes none of them to
 * init):
 *
 *	landing.wait=SECONDS[,KB]	say the memory figures once more, so
 *					long after the start, or as soon as no
 *					more than KB is held in memory
 *	landing.cat=PATH,...		say what is in these files, each as a
 *					fact `file`
 *	landing.stat=PATH,...		say what these paths are, each as a
 *					fact `path`
 *	landing.port=PATH		the port for the verdict, where it is
 *					not /dev/ttyS1
 *
 * It changes nothing of what it reports on: it mounts nothing unless /proc is
 * missing (the fact `mounted` then says so), and it counts its open descriptors
 * before it opens any of its own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ending.h"
#include "statx.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h, stable since 2.6.27 */
#define MAX_FDS	   64
/* files that one process maps: plymouthd has 10 */
#define MAX_MAPS 64
/* different roots and working directories of kernel threads: two are usual */
#define MAX_PLACES 32

/* one place in the mount tree */
struct place {
	int err;
	uint32_t major, minor;
	uint64_t ino, mnt;
	long type; /* statfs magic */
};

struct open_fd {
	int fd;
	char link[256];
	struct stat st;
	long mnt;
};

static FILE *verdict;
static int lines;

/* --- JSON --------------------------------------------------------------- */

/* bytes above ASCII become \u00XX, so any name survives the trip */
static void put_string(const char *s, size_t len)
{
	fputc('"', verdict);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			fprintf(verdict, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(verdict, "\\u%04x", c);
		else
			fputc(c, verdict);
	}
	fputc('"', verdict);
}

static void put_text(const char *s)
{
	put_string(s, strlen(s));
}

static void begin(const char *verb, const char *name)
{
	fprintf(verdict, "{\"%s\": \"%s\", \"value\": ", verb, name);
}

static void end(void)
{
	fputs("}\n", verdict);
	fflush(verdict);
	lines++;
}

static void set_text(const char *name, const char *text)
{
	begin("set", name);
	if (text)
		put_text(text);
	else
		fputs("null", verdict);
	end();
}

static void set_number(const char *name, long long number)
{
	begin("set", name);
	fprintf(verdict, "%lld", number);
	end();
}

static void add_text(const char *name, const char *text)
{
	begin("add", name);
	put_text(text);
	end();
}

/* --- reading ------------------------------------------------------------ */

/* the whole file, NUL-terminated, or NULL and errno if it cannot be read */
static char *slurp(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0, used = 0;
	char *data = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		if (used + 4096 >= size) {
			size = size ? size * 2 : 16384;
			data = realloc(data, size);
			if (!data)
				abort();
		}
		n = read(fd, data + used, size - used - 1);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0);
	close(fd);
	if (n < 0) {
		free(data);
		return NULL;
	}
	data[used] = '\0';
	if (ret_len)
		*ret_len = used;
	return data;
}

static struct place place_of(const char *path)
{
	struct place p = { 0 };
	struct statx_buf sx;
	struct statfs fs;

	if (syscall(SYS_statx, AT_FDCWD, path, 0, 0x7ffu | STATX_MNT_ID, &sx) <
	    0) {
		p.err = errno;
		return p;
	}
	p.major = sx.dev_major;
	p.minor = sx.dev_minor;
	p.ino = sx.ino;
	p.mnt = sx.mnt_id;
	if (statfs(path, &fs) == 0)
		p.type = (long)fs.f_type;
	return p;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->err == b->err && a->major == b->major &&
	       a->minor == b->minor && a->ino == b->ino && a->mnt == b->mnt;
}

static void put_place(const struct place *p)
{
	if (p->err)
		fprintf(verdict, "{\"error\": \"%s\"}", strerror(p->err));
	else
		fprintf(verdict,
			"{\"dev\": \"%u:%u\", \"ino\": %llu, \"mnt\": %llu, "
			"\"type\": \"%lx\"}",
			p->major, p->minor, (unsigned long long)p->ino,
			(unsigned long long)p->mnt, (unsigned long)p->type);
}

/* the last value of @name in /proc/cmdline, or NULL */
static const char *parameter(const char *name)
{
	static char value[1024];
	char *line = slurp("/proc/cmdline", NULL), *word, *rest;
	const char *found = NULL;
	size_t len = strlen(name);

	if (!line)
		return NULL;
	for (word = strtok_r(line, " \n", &rest); word;
	     word = strtok_r(NULL, " \n", &rest)) {
		if (strncmp(word, name, len) == 0 && word[len] == '=') {
			snprintf(value, sizeof(value), "%s", word + len + 1);
			found = value;
		}
	}
	free(line);
	return found;
}

/* --- facts -------------------------------------------------------------- */

/* which descriptors exec left open; called before anything else is opened */
static int collect_fds(struct open_fd *fds, int max)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int count = 0;

	if (!dir)
		return 0;
	while ((e = readdir(dir)) && count < max) {
		struct open_fd *f = &fds[count];
		char path[64], *info, *at;
		ssize_t n;

		f->fd = atoi(e->d_name);
		if (e->d_name[0] == '.' || f->fd == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
		n = readlink(path, f->link, sizeof(f->link) - 1);
		f->link[n < 0 ? 0 : n] = '\0';
		if (fstat(f->fd, &f->st) < 0)
			memset(&f->st, 0, sizeof(f->st));
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", f->fd);
		info = slurp(path, NULL);
		at = info ? strstr(info, "mnt_id:") : NULL;
		f->mnt = at ? atol(at + 7) : -1;
		free(info);
		count++;
	}
	closedir(dir);
	return count;
}

static void say_fds(const struct open_fd *fds, int count)
{
	for (int i = 0; i < count; i++) {
		const struct open_fd *f = &fds[i];

		begin("add", "fds");
		fprintf(verdict, "{\"fd\": %d, \"link\": ", f->fd);
		put_text(f->link);
		fprintf(verdict,
			", \"dev\": \"%u:%u\", \"ino\": %llu, \"char\": %s, "
			"\"rdev\": \"%u:%u\", \"mnt\": %ld}",
			major(f->st.st_dev), minor(f->st.st_dev),
			(unsigned long long)f->st.st_ino,
			S_ISCHR(f->st.st_mode) ? "true" : "false",
			major(f->st.st_rdev), minor(f->st.st_rdev), f->mnt);
		end();
	}
}

static void say_vector(const char *name, char **vector)
{
	begin("set", name);
	fputc('[', verdict);
	for (int i = 0; vector[i]; i++) {
		if (i)
			fputs(", ", verdict);
		put_text(vector[i]);
	}
	fputc(']', verdict);
	end();
}

static void say_lines(const char *name, const char *path)
{
	char *text = slurp(path, NULL), *line, *rest;

	if (!text)
		return;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		add_text(name, line);
	free(text);
}

static void say_file(const char *name, const char *path)
{
	size_t len = 0;
	char *text = slurp(path, &len);

	begin("set", name);
	if (text)
		put_string(text, len);
	else
		fputs("null", verdict);
	end();
	free(text);
}

static void say_place(const char *name, const char *path)
{
	struct place p = place_of(path);

	begin("set", name);
	put_place(&p);
	end();
}

static const char *const memory_fields[] = { "Shmem", "Unevictable", "MemFree",
					     "MemTotal" };
#define MEMORY_FIELDS (sizeof(memory_fields) / sizeof(*memory_fields))

/* in kB; -1 where the kernel does not say it */
static void read_memory(long *values)
{
	char *text = slurp("/proc/meminfo", NULL);

	for (size_t i = 0; i < MEMORY_FIELDS; i++) {
		char key[32];
		char *at;

		snprintf(key, sizeof(key), "%s:", memory_fields[i]);
		at = text ? strstr(text, key) : NULL;
		values[i] = at ? atol(at + strlen(key)) : -1;
	}
	free(text);
}

static void say_memory(const char *name)
{
	long values[MEMORY_FIELDS];

	read_memory(values);
	begin("set", name);
	fputc('{', verdict);
	for (size_t i = 0; i < MEMORY_FIELDS; i++)
		fprintf(verdict, "%s\"%s\": %ld", i ? ", " : "",
			memory_fields[i], values[i]);
	fputc('}', verdict);
	end();
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/*
 * Wait until a ramfs (Unevictable) or tmpfs (Shmem) holds no more than
 * @limit_kb, or until the time is over. This polls, as no event tells it.
 */
static void wait_for_memory(long long deadline_ms, long limit_kb)
{
	static const struct timespec tick = { .tv_nsec = 50000000 };
	long values[MEMORY_FIELDS];

	do {
		read_memory(values);
		if (values[0] + values[1] <= limit_kb)
			break;
		nanosleep(&tick, NULL);
	} while (now_ms() < deadline_ms);
	say_memory("memory_end");
	set_number("memory_ms", now_ms());
}

/* comm and flags; the comm may hold any byte but NUL, ")" and blanks too */
static bool read_stat(const char *pid, char *comm, size_t size,
		      unsigned long *ret_flags)
{
	char path[64], *text, *open_paren, *close_paren;
	bool ok = false;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	text = slurp(path, NULL);
	if (!text)
		return false;
	open_paren = strchr(text, '(');
	close_paren = strrchr(text, ')');
	if (open_paren && close_paren) {
		*close_paren = '\0';
		snprintf(comm, size, "%s", open_paren + 1);
		/* after the comm: state ppid pgrp session tty tpgid flags */
		ok = sscanf(close_paren + 1, " %*c %*d %*d %*d %*d %*d %lu",
			    ret_flags) == 1;
	}
	free(text);
	return ok;
}

/* The files that it maps, each once. A link of map_files leads to the file
 * itself, whatever has become of its path (proc_pid_map_files(5)). */
static void put_maps(const char *pid)
{
	struct {
		dev_t dev;
		ino_t ino;
	} seen[MAX_MAPS];
	size_t count = 0;
	char path[320];
	struct dirent *e;
	DIR *maps;

	snprintf(path, sizeof(path), "/proc/%.16s/map_files", pid);
	maps = opendir(path);
	while (maps && (e = readdir(maps))) {
		struct stat st;
		size_t i = 0;

		if (fstatat(dirfd(maps), e->d_name, &st, 0) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		while (i < count &&
		       (seen[i].dev != st.st_dev || seen[i].ino != st.st_ino))
			i++;
		if (i < count || count == MAX_MAPS)
			continue;
		seen[count].dev = st.st_dev;
		seen[count].ino = st.st_ino;
		fprintf(verdict,
			"%s{\"dev\": \"%u:%u\", \"ino\": %llu, "
			"\"bytes\": %lld}",
			count++ ? ", " : "", major(st.st_dev), minor(st.st_dev),
			(unsigned long long)st.st_ino,
			(long long)st.st_blocks * 512);
	}
	if (maps)
		closedir(maps);
}

/* a process that is not a kernel thread, all of its threads included */
static void say_process(const char *pid, const char *comm)
{
	static const char *const links[] = { "root", "cwd", "exe" };
	char path[320], target[512] = "";
	struct dirent *e;
	struct stat st;
	DIR *tasks;
	ssize_t n;

	begin("add", "processes");
	fprintf(verdict, "{\"pid\": %s, \"comm\": ", pid);
	put_text(comm);
	fprintf(verdict, ", \"nice\": %d",
		getpriority(PRIO_PROCESS, (id_t)atoi(pid)));
	for (size_t i = 0; i < 3; i++) {
		struct place p;

		snprintf(path, sizeof(path), "/proc/%s/%s", pid, links[i]);
		p = place_of(path);
		fprintf(verdict, ", \"%s\": ", links[i]);
		put_place(&p);
	}
	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	fputs(", \"exe_link\": ", verdict);
	put_text(target);
	if (stat(path, &st) == 0)
		fprintf(verdict, ", \"exe_bytes\": %lld",
			(long long)st.st_blocks * 512);
	fputs(", \"maps\": [", verdict);
	put_maps(pid);
	fputs("], \"threads\": [", verdict);
	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	tasks = opendir(path);
	for (bool first = true; tasks && (e = readdir(tasks));) {
		struct place root, cwd;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/task/%.16s/root", pid,
			 e->d_name);
		root = place_of(path);
		snprintf(path, sizeof(path), "/proc/%.16s/task/%.16s/cwd", pid,
			 e->d_name);
		cwd = place_of(path);
		fprintf(verdict,
			"%s{\"tid\": %s, \"root\": ", first ? "" : ", ",
			e->d_name);
		put_place(&root);
		fputs(", \"cwd\": ", verdict);
		put_place(&cwd);
		fputc('}', verdict);
		first = false;
	}
	if (tasks)
		closedir(tasks);
	fputs("]}", verdict);
	end();
}

/* kernel threads by root and working directory: one fact for each, counted */
static void say_processes(void)
{
	struct {
		struct place root, cwd;
		char comm[64];
		int count;
	} groups[MAX_PLACES];
	int used = 0, total = 0;
	DIR *proc = opendir("/proc");
	struct dirent *e;

	if (!proc)
		return;
	while ((e = readdir(proc))) {
		struct place r, c;
		unsigned long flags = 0;
		char path[64], comm[64];
		int i;

		if (e->d_name[0] < '0' || e->d_name[0] > '9' ||
		    !read_stat(e->d_name, comm, sizeof(comm), &flags))
			continue;
		if (!(flags & PF_KTHREAD)) {
			say_process(e->d_name, comm);
			continue;
		}
		snprintf(path, sizeof(path), "/proc/%.16s/root", e->d_name);
		r = place_of(path);
		snprintf(path, sizeof(path), "/proc/%.16s/cwd", e->d_name);
		c = place_of(path);
		/* The thread may have ended meanwhile. */
		if (r.err == ENOENT || c.err == ENOENT)
			continue;
		total++;
		for (i = 0; i < used; i++)
			if (same_place(&r, &groups[i].root) &&
			    same_place(&c, &groups[i].cwd))
				break;
		if (i == MAX_PLACES)
			continue; /* the counts won't add up: rows check it */
		if (i == used) {
			groups[used].root = r;
			groups[used].cwd = c;
			groups[used].count = 0;
			strcpy(groups[used++].comm, comm);
		}
		groups[i].count++;
	}
	closedir(proc);
	for (int i = 0; i < used; i++) {
		begin("add", "kthread_places");
		fprintf(verdict, "{\"count\": %d, \"comm\": ", groups[i].count);
		put_text(groups[i].comm);
		fputs(", \"root\": ", verdict);
		put_place(&groups[i].root);
		fputs(", \"cwd\": ", verdict);
		put_place(&groups[i].cwd);
		fputc('}', verdict);
		end();
	}
	set_number("kthreads", total);
}

/* runs @what in a child, which answers through a pipe */
static bool in_child(int (*what)(struct place *), int *ret_err,
		     struct place *ret_place)
{
	struct {
		int err;
		struct place place;
	} answer = { 0 };
	int fds[2];
	pid_t pid;
	bool ok;

	if (pipe(fds) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		answer.err = what(&answer.place);
		_exit(write(fds[1], &answer, sizeof(answer)) != sizeof(answer));
	}
	close(fds[1]);
	ok = pid > 0 && read(fds[0], &answer, sizeof(answer)) == sizeof(answer);
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	*ret_err = answer.err;
	*ret_place = answer.place;
	return ok;
}

/* EPERM in a chroot: kernel/user_namespace.c, current_chrooted() */
static int try_userns(struct place *unused)
{
	(void)unused;
	return unshare(CLONE_NEWUSER) < 0 ? errno : 0;
}

/* the well-known way out of a chroot: chroot(2), NOTES */
static int try_escape(struct place *ret)
{
	static const char *const dirs[] = { "/run/landing-escape",
					    "/landing-escape",
					    "/dev/landing-escape" };
	const char *dir = NULL;

	for (size_t i = 0; i < 3 && !dir; i++)
		if (mkdir(dirs[i], 0700) == 0)
			dir = dirs[i];
	if (!dir)
		return errno;
	if (chdir("/") < 0 || chroot(dir) < 0)
		return errno;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return errno;
	if (chroot(".") < 0)
		return errno;
	*ret = place_of("/");
	return 0;
}

static void say_tries(void)
{
	struct place place;
	int err;

	if (in_child(try_userns, &err, &place))
		set_text("userns", err ? strerror(err) : "ok");
	if (in_child(try_escape, &err, &place)) {
		begin("set", "escape");
		if (err)
			fprintf(verdict, "{\"error\": \"%s\"}", strerror(err));
		else
			put_place(&place);
		end();
	}
}

/*
 * What user space logged, and what the kernel warned about. With `quiet`,
 * neither needs to be on the console. A record is PREFIX,SEQ,TIME,FLAGS;TEXT,
 * where PREFIX is facility * 8 + level (Documentation/ABI/testing/dev-kmsg).
 */
static void say_kmsg(int fd)
{
	char record[8192];
	ssize_t n;

	if (fd < 0)
		return;
	/* EPIPE: the record was overwritten; the next read has a newer one */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		char *text, *eol;
		unsigned prefix;

		if (n < 0)
			continue;
		record[n] = '\0';
		prefix = (unsigned)atoi(record);
		text = strchr(record, ';');
		if (!text || (prefix < 8 && prefix > 4))
			continue;
		eol = strchr(text, '\n');
		if (eol)
			*eol = '\0';
		begin("add", "kmsg");
		fprintf(verdict, "{\"level\": %u, \"text\": ", prefix & 7);
		put_text(text + 1);
		fputc('}', verdict);
		end();
	}
	close(fd);
}

static void say_asked(void)
{
	const char *list = parameter("landing.cat");
	char *path, *rest, *copy;

	copy = list ? strdup(list) : NULL;
	for (path = copy ? strtok_r(copy, ",", &rest) : NULL; path;
	     path = strtok_r(NULL, ",", &rest)) {
		size_t len = 0;
		char *text = slurp(path, &len);

		begin("add", "files");
		fputs("{\"path\": ", verdict);
		put_text(path);
		fputs(", \"text\": ", verdict);
		if (text)
			put_string(text, len);
		else
			fputs("null", verdict);
		fputc('}', verdict);
		end();
		free(text);
	}
	free(copy);
	list = parameter("landing.stat");
	copy = list ? strdup(list) : NULL;
	for (path = copy ? strtok_r(copy, ",", &rest) : NULL; path;
	     path = strtok_r(NULL, ",", &rest)) {
		struct place p = place_of(path);
		struct stat st = { 0 };

		begin("add", "paths");
		fputs("{\"path\": ", verdict);
		put_text(path);
		fputs(", \"place\": ", verdict);
		put_place(&p);
		if (lstat(path, &st) == 0)
			fprintf(verdict, ", \"mode\": \"%o\"", st.st_mode);
		fputc('}', verdict);
		end();
	}
	free(copy);
}

/* --- the way out -------------------------------------------------------- */

/*
 * Open the port and the kernel log. On a system that works, devtmpfs has their
 * nodes. A test that broke /dev still wants its verdict: the nodes are then
 * made in a tmpfs that is detached again at once, so that the mount table stays
 * what it was. (/run itself may be mounted nodev.)
 */
static const char *open_verdict(int *ret_kmsg)
{
	static const char *const dirs[] = { "/run", "/tmp", "/sbin" };
	/* "/dev/ttyS1", except on a machine whose console is not a ttyS */
	const char *given = parameter("landing.port");
	int fd = open(given ? given : "/dev/ttyS1",
		      O_WRONLY | O_NOCTTY | O_CLOEXEC);
	const char *from = "/dev";
	char port[32], log[32];

	*ret_kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	for (size_t i = 0; i < 3 && fd < 0; i++) {
		from = dirs[i];
		mkdir(from, 0755);
		if (mount("landing", from, "tmpfs", 0, NULL) < 0)
			continue;
		snprintf(port, sizeof(port), "%s/ttyS1", from);
		snprintf(log, sizeof(log), "%s/kmsg", from);
		if (mknod(port, S_IFCHR | 0600, makedev(4, 65)) == 0 &&
		    mknod(log, S_IFCHR | 0600, makedev(1, 11)) == 0) {
			fd = open(port, O_WRONLY | O_NOCTTY | O_CLOEXEC);
			*ret_kmsg =
				open(log, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		}
		umount2(from, MNT_DETACH);
	}
	if (fd < 0)
		return NULL;
	verdict = fdopen(fd, "w");
	return verdict ? from : NULL;
}

static void close_verdict(void)
{
	fprintf(verdict, "landed %d\n", lines);
	fflush(verdict);
	drain(fileno(verdict));
	fclose(verdict);
}

int main(int argc, char **argv, char **envp)
{
	struct open_fd fds[MAX_FDS];
	long long start_ms = now_ms();
	/* what pid 1 used so far, in all programs that it was */
	long long cpu_us = clock() / (CLOCKS_PER_SEC / 1000000);
	const char *node, *wait_for, *mounted = NULL;
	struct utsname uts;
	int fd_count, kmsg;

	(void)argc;
	if (access("/proc/self/stat", F_OK) < 0) {
		mkdir("/proc", 0555);
		if (mount("proc", "/proc", "proc", 0, NULL) == 0)
			mounted = "/proc";
	}
	fd_count = collect_fds(fds, MAX_FDS);
	node = open_verdict(&kmsg);
	if (!node) {
		/* Nothing can be said. The panic at least says that. */
		static const char text[] =
			"landing: no serial port to write to\n";

		(void)!write(2, text, sizeof(text) - 1);
		return 1;
	}

	set_text("node", node);
	set_text("mounted", mounted);
	set_number("pid", getpid());
	set_number("start_ms", start_ms);
	set_number("cpu_us", cpu_us);
	say_vector("argv", argv);
	say_vector("environ", envp);
	uname(&uts);
	set_text("release", uts.release);
	say_file("cmdline", "/proc/cmdline");
	say_memory("memory_start");
	say_fds(fds, fd_count);
	say_lines("mountinfo", "/proc/self/mountinfo");
	say_place("root", "/");
	say_place("pid1_root", "/proc/1/root/");
	say_place("pid1_cwd", "/proc/1/cwd/");
	say_processes();
	say_tries();
	say_file("report", "/run/pintle/report.json");
	say_file("report_text", "/run/pintle/report.txt");
	say_kmsg(kmsg);
	say_asked();
	wait_for = parameter("landing.wait");
	if (wait_for) {
		int seconds = 0;
		long limit_kb = -1;

		sscanf(wait_for, "%d,%ld", &seconds, &limit_kb);
		wait_for_memory(start_ms + seconds * 1000LL, limit_kb);
	}
	close_verdict();
	end_machine();
	return 1;
}
