/* SPDX-License-Identifier: MIT */
/*
 * pins.c - `pintle pins`: which processes keep a mount busy
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "helper/pins.h"

struct output {
	struct text text;
	bool json;
	bool any;
	unsigned others;
	int error;
};

/* What a directory's name takes at most: each byte of it may be \u001b, or
 * \ufffd. */
#define DIR_BYTES (6u * 4096)
/* The same for a process, and for the total without the directory. */
#define ENTRY_BYTES 2048u

static int flush(struct output *out)
{
	/* Half a JSON text is worse than none. */
	if (out->error == 0 && out->text.cut)
		out->error = -EFBIG;
	if (out->error == 0)
		out->error = io_write(1, out->text.buf, out->text.len);
	out->text.len = 0;
	return out->error;
}

static void add_words(struct text *text, unsigned pins, bool json)
{
	bool any = false;

	for (unsigned i = 0; i < PINS; i++) {
		if (!(pins & 1u << i))
			continue;
		if (json)
			text_add(text, "%s\"%s\"", any ? ", " : "",
				 pins_name(i));
		else
			text_add(text, " %s", pins_name(i));
		any = true;
	}
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void add_json(struct text *text, const struct pin *pin)
{
	text_add(text, "\n    { \"pid\": %d, \"parent\": %d, \"start_time\": ",
		 pin->pid, pin->parent);
	text_add(text, "%llu, \"uid\": %u, \"name\": ",
		 (unsigned long long)pin->start_time, pin->uid);
	text_add_json(text, pin->name);
	text_add(text, ", \"kernel\": %s, \"marked\": %s, \"pins\": [",
		 truth(pin->kernel), truth(pin->marked));
	add_words(text, pin->pins, true);
	text_add(text,
		 "], \"threads\": %u, \"roots\": %u, \"cwds\": %u, "
		 "\"apart\": %u, \"exact\": %s, \"chrooted\": %s, "
		 "\"foreign_namespace\": %s, \"bytes\": %llu }",
		 pin->threads, pin->roots, pin->cwds, pin->apart,
		 truth(pin->exact), truth(pin->chrooted),
		 truth(pin->foreign_ns), (unsigned long long)pin->bytes);
}

static void add_line(struct text *text, const struct pin *pin)
{
	char name[sizeof(pin->name) + 3];
	struct text shown = { .buf = name, .size = sizeof(name) };

	text_add(&shown, "%s", pin->kernel ? "[" : "");
	text_add_shown(&shown, pin->name);
	text_add(&shown, "%s", pin->kernel ? "]" : "");
	text_add(text, "%7d %6u %11llu  %-15s", pin->pid, pin->uid,
		 (unsigned long long)pin->bytes, name);
	add_words(text, pin->pins, false);
	if (pin->apart)
		text_add(text, " (%u of %u threads apart)", pin->apart,
			 pin->threads);
	text_add(text, "\n");
}

/* Kernel threads share one root, so a line for each would say nothing. One that
 * has another root, and the mount in its own mount namespace, is shown. */
static bool is_shown(const struct output *out, const struct pin *pin)
{
	return out->json || !pin->kernel || !(pin->pins & PIN_ROOT);
}

static void print_head(struct output *out)
{
	if (!out->json && !out->any && !out->others)
		text_add(&out->text,
			 "    PID    UID       BYTES  %-15s HOLDS\n", "NAME");
}

static int print_pin(const struct pin *pin, void *ctx)
{
	struct output *out = ctx;

	if (!is_shown(out, pin))
		return 0;
	print_head(out);
	if (out->json) {
		text_add(&out->text, "%s", out->any ? "," : "");
		add_json(&out->text, pin);
	} else {
		add_line(&out->text, pin);
	}
	out->any = true;
	return out->text.size - out->text.len < ENTRY_BYTES ? flush(out) : 0;
}

/* For the longest path, each byte of which may be six in JSON. */
static void print_other(const struct pins_other *other, void *ctx)
{
	struct output *out = ctx;
	struct text *text = &out->text;
	size_t len = strlen(other->name);

	if (text->size - text->len < DIR_BYTES + 200)
		(void)flush(out);
	if (out->json) {
		text_add(text, "%s\n    { \"kind\": \"%s\", \"name\": ",
			 out->others++ ? "," : "", other->kind);
		text_add_json(text, other->name);
		text_add(text, ", \"bytes\": %llu }",
			 (unsigned long long)other->bytes);
		return;
	}
	print_head(out);
	out->others++;
	text_add(text, "%7s %6s %11llu  ", "-", "-",
		 (unsigned long long)other->bytes);
	text_add_shown(text, other->name);
	text_add(text, "%.*s %s\n", (int)(len < 15 ? 15 - len : 0),
		 "               ", other->kind);
}

static void print_others(struct output *out, const struct pins_target *target)
{
	bool all;

	if (out->json)
		text_add(&out->text, "%s],\n  \"others\": [",
			 out->any ? "\n  " : "");
	all = pins_others(target, print_other, out);
	if (out->json)
		text_add(&out->text, "%s],\n  \"others_unfinished\": %s,\n",
			 out->others ? "\n  " : "", truth(!all));
	else if (!all)
		text_add(&out->text,
			 "not all sockets, loop devices, swap files "
			 "and overlays could be looked at\n");
}

static void print_total(struct output *out, const char *dir,
			const struct pins_total *total)
{
	struct text *text = &out->text;

	if (out->json) {
		text_add(text,
			 "  \"total\": { \"processes\": %u, "
			 "\"kernel_threads\": %u, \"bytes\": %llu, "
			 "\"bytes_at_least\": %s, \"looked_at\": %u, "
			 "\"refused\": %u, \"passes\": %u, "
			 "\"unfinished\": %s }\n}\n",
			 total->processes, total->kernel_threads,
			 (unsigned long long)total->bytes,
			 truth(total->at_least), total->looked_at,
			 total->refused, total->passes,
			 truth(total->unfinished));
		return;
	}
	text_add(text, "%u process%s and %u kernel thread%s hold ",
		 total->processes, total->processes == 1 ? "" : "es",
		 total->kernel_threads, total->kernel_threads == 1 ? "" : "s");
	text_add(text, "'");
	text_add_shown(text, dir);
	text_add(text, "', %s%llu bytes of files\n",
		 total->at_least ? "at least " : "",
		 (unsigned long long)total->bytes);
	if (total->refused)
		text_add(text, "%u of %u processes could not be looked into\n",
			 total->refused, total->looked_at);
	if (total->unfinished)
		text_add(text, "there may be more: they kept coming\n");
}

static int pins_failed(const struct fail *why)
{
	log_fail(why);
	return 1;
}

int cmd_pins(int argc, char *argv[], char *envp[])
{
	static char buf[DIR_BYTES + 2 * ENTRY_BYTES];
	static struct fail why;
	struct output out = { .text = { .buf = buf, .size = sizeof(buf) } };
	struct pins_target target;
	struct pins_total total;
	const char *dir = "/";
	int at = 1;
	int r;

	(void)envp;
	log_as_command(false);
	log_stage("pins");
	if (at < argc && strcmp(argv[at], "--json") == 0) {
		out.json = true;
		at++;
	}
	if (at < argc && argv[at][0] != '-')
		dir = argv[at++];
	if (at < argc) {
		log_line(LOG_ERROR, "usage: pintle pins [--json] [DIR]");
		return 2;
	}
	{
		_auto_close int fd = io_open(dir, O_PATH);

		if (fd < 0) {
			(void)fail(&why, fd, "open '%s'", dir);
			return pins_failed(&why);
		}
		r = pins_open(fd, &target, &why);
		if (r < 0)
			return pins_failed(&why);
		if (out.json) {
			text_add(&out.text, "{\n  \"dir\": ");
			text_add_json(&out.text, dir);
			text_add(&out.text,
				 ",\n  \"device\": \"%u:%u\", "
				 "\"mount\": %llu,\n  \"processes\": [",
				 (unsigned)(target.dev >> 32),
				 (unsigned)target.dev,
				 (unsigned long long)target.mnt_id);
		}
		r = pins_scan(&target, print_pin, &out, &total, &why);
		if (r >= 0)
			print_others(&out, &target);
		pins_close(&target);
	}
	if (r < 0 && out.error == 0)
		return pins_failed(&why);
	(void)flush(&out);
	print_total(&out, dir, &total);
	if (flush(&out) < 0) {
		(void)fail(&why, out.error, "write to standard output");
		return pins_failed(&why);
	}
	return 0;
}
