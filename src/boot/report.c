/* SPDX-License-Identifier: MIT */
#include "boot/report.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/version.h"
#include "config/image.h"
#include "helper/movers.h"

/* A device takes at most some 700 bytes; what does not fit is a warning. */
static char buf[65536];
#define DEVICES_SHOWN 64
#define HELPERS_SHOWN 64

void report_begin(struct report *report, const char *stage)
{
	int64_t now_us = report_end(report);

	/* A stage that is tried again keeps the time of its first attempt. */
	if (report->stage_count > 0 &&
	    strcmp(report->stages[report->stage_count - 1].name, stage) == 0)
		return;
	if (report->stage_count == REPORT_STAGES) {
		report->stages_cut = true;
		return;
	}
	report->stages[report->stage_count].name = stage;
	report->stages[report->stage_count++].begin_us = now_us;
}

int64_t report_end(struct report *report)
{
	int64_t now_us = sys_now_us();

	if (report->stage_count > 0 && !report->stages_cut)
		report->stages[report->stage_count - 1].end_us = now_us;
	return now_us;
}

static void add_string(struct text *text, const char *key, const char *value)
{
	text_add(text, "\"%s\": ", key);
	if (value && *value)
		text_add_json(text, value);
	else
		text_add(text, "null");
}

/* A key and its value behind another one, with the comma between them. */
static void add_next(struct text *text, const char *key, const char *value)
{
	text_add(text, ", ");
	add_string(text, key, value);
}

static void json_device(struct text *text, const struct device *device)
{
	char node[DEVICE_PATH];

	device_path(device->name, node);
	text_add(text, "\n    { ");
	add_string(text, "device", node);
	/* A device that was not probed has no type and no tags. */
	text_add(text,
		 ", \"number\": \"%u:%u\", \"bytes\": %llu, \"probed\": %s",
		 (unsigned)(device->number >> 32), (unsigned)device->number,
		 (unsigned long long)device->bytes,
		 device->probed ? "true" : "false");
	add_next(text, "type", device->content.type);
	add_next(text, "uuid", device->content.uuid);
	add_next(text, "label", device->content.label);
	add_next(text, "partuuid", device->entry.uuid);
	add_next(text, "partlabel", device->entry.label);
	text_add(text, " }");
}

/* Why something of the old root is left, or NULL if nothing is. */
static const char *why_left(const struct report *report)
{
	return report->freed.left	   ? fail_reason(report->freed.error)
	       : report->old_kept	   ? report->old_kept
	       : report->freed.out_of_time ? "a child goes on with it"
					   : NULL;
}

static void json_freed(struct text *text, const struct report *report)
{
	const struct rmtree *freed = &report->freed;

	text_add(text,
		 ",\n    \"freed\": { \"files\": %llu, \"us\": %lld },\n"
		 "    \"left\": { \"files\": %llu, ",
		 (unsigned long long)freed->files, (long long)report->freed_us,
		 (unsigned long long)freed->left);
	add_string(text, "first", freed->left_name);
	add_next(text, "why", why_left(report));
	text_add(text, " }\n  },\n");
}

static void json_helpers(struct text *text, const struct helpers *helpers)
{
	text_add(text, "  \"helpers\": [");
	for (unsigned i = 0; i < helpers->count && i < HELPERS_SHOWN; i++) {
		const struct helper *helper = &helpers->list[i];

		text_add(text, "%s\n    { \"pid\": %d, ", i ? "," : "",
			 helper->pin.pid);
		add_string(text, "name", helper->pin.name);
		text_add(text, ", \"mover\": \"%s\", \"outcome\": \"%s\", ",
			 helper->mover->name,
			 helpers_outcome_name(helper->outcome));
		add_string(text, "because", helper->by_whom);
		add_next(text, "why", helper->why);
		text_add(text, ", \"holds\": [");
		for (unsigned bit = 0, n = 0; bit < PINS; bit++)
			if (helper->after & 1u << bit)
				text_add(text, "%s\"%s\"", n++ ? ", " : "",
					 pins_name(bit));
		text_add(text, "], \"bytes\": %llu",
			 (unsigned long long)helper->after_bytes);
		if (helper->late_copied)
			text_add(text, ", \"bytes_before_late_copy\": %llu",
				 (unsigned long long)helper->before_bytes);
		text_add(text, " }");
	}
	text_add(text,
		 "%s],\n  \"helpers_total\": %u,\n  \"pinned\": { "
		 "\"processes\": %u, \"bytes\": %llu },\n",
		 helpers->count ? "\n  " : "", helpers->count,
		 helpers->left.processes,
		 (unsigned long long)helpers->left.bytes);
}

static void json(struct text *text, const struct report *report,
		 const char *release)
{
	const char *last[8];
	unsigned warnings = log_warnings(last);
	const char *comma = "";
	unsigned shown = 0;

	text_add(text, "{\n  \"pintle\": \"" PINTLE_VERSION "\",\n  ");
	add_string(text, "kernel", release);
	text_add(text, ",\n  ");
	add_string(text, "image", report->image);
	text_add(text, ",\n  \"stages\": [");
	for (unsigned i = 0; i < report->stage_count; i++)
		text_add(text,
			 "%s\n    { \"stage\": \"%s\", \"begin_us\": %lld, "
			 "\"end_us\": %lld }",
			 i ? "," : "", report->stages[i].name,
			 (long long)report->stages[i].begin_us,
			 (long long)report->stages[i].end_us);
	text_add(text,
		 "\n  ],\n  \"stages_cut\": %s,\n  \"modules\": %u,\n"
		 "  \"devices\": [",
		 report->stages_cut ? "true" : "false", report->modules);
	for (unsigned i = 0; i < report->device_count; i++) {
		if (!report->devices[i].name[0])
			continue;
		if (++shown > DEVICES_SHOWN)
			break;
		text_add(text, "%s", comma);
		json_device(text, &report->devices[i]);
		comma = ",";
	}
	text_add(text, "\n  ],\n  \"devices_cut\": %s,\n  \"root\": { ",
		 shown > DEVICES_SHOWN ? "true" : "false");
	add_string(text, "spec", report->root_spec);
	add_next(text, "device", report->root_device);
	add_next(text, "type", report->root_type);
	text_add(text, ", \"rw\": %s },\n  \"switch\": {\n    ",
		 report->root_rw ? "true" : "false");
	add_string(text, "strategy", report->strategy);
	add_next(text, "init", report->init);
	add_next(text, "old_root", report->old_type);
	json_freed(text, report);
	json_helpers(text, report->helpers);
	text_add(text, "  \"warnings\": [");
	comma = "";
	for (unsigned i = 0; i < (warnings < 8 ? warnings : 8); i++) {
		text_add(text, "%s\n    ", comma);
		text_add_json(text, last[i]);
		comma = ",";
	}
	text_add(text, "%s]\n}\n", *comma ? "\n  " : "");
}

static void add_ms(struct text *text, int64_t us)
{
	text_add(text, "%6lld.%03lld ms", (long long)(us / 1000),
		 (long long)(us % 1000));
}

static void people_helpers(struct text *text, const struct helpers *helpers)
{
	if (helpers->count == 0)
		return;
	text_add(text, "\nhelpers (%u)\n", helpers->count);
	for (unsigned i = 0; i < helpers->count && i < HELPERS_SHOWN; i++) {
		const struct helper *helper = &helpers->list[i];

		text_add(text, "  %d ", helper->pin.pid);
		text_add_shown(text, helper->pin.name);
		text_add(text, ": %s by %s (%s)%s",
			 helpers_outcome_name(helper->outcome),
			 helper->mover->name, helper->by_whom,
			 helper->why[0] ? ": " : "");
		text_add_shown(text, helper->why);
		text_add(text, "\n");
		if (helper->late_copied)
			text_add(
				text,
				"    held %llu bytes before the late copy, and "
				"%llu after it\n",
				(unsigned long long)helper->before_bytes,
				(unsigned long long)helper->after_bytes);
		if (!helper->after)
			continue;
		text_add(text, "    still holds of the old root:");
		for (unsigned bit = 0; bit < PINS; bit++)
			if (helper->after & 1u << bit)
				text_add(text, " %s", pins_name(bit));
		text_add(text, ", %llu bytes\n",
			 (unsigned long long)helper->after_bytes);
	}
	if (helpers->count > HELPERS_SHOWN)
		text_add(text, "  and more\n");
	text_add(text, "  pinned by %u processes: %llu bytes\n",
		 helpers->left.processes,
		 (unsigned long long)helpers->left.bytes);
}

static void people_stages(struct text *text, const struct report *report,
			  const char *release)
{
	text_add(text,
		 "pintle " PINTLE_VERSION " on Linux %s\n\n"
		 "stage     since kernel start      took\n",
		 release);
	for (unsigned i = 0; i < report->stage_count; i++) {
		text_add(text, "%-9s", report->stages[i].name);
		add_ms(text, report->stages[i].begin_us);
		text_add(text, "     ");
		add_ms(text,
		       report->stages[i].end_us - report->stages[i].begin_us);
		text_add(text, "\n");
	}
	if (report->stages_cut)
		text_add(text, "and more\n");
}

static void people_switch(struct text *text, const struct report *report)
{
	const struct rmtree *freed = &report->freed;
	const char *why = why_left(report);

	text_add(text, "\nroot      ");
	text_add_shown(text, report->root_spec);
	text_add(text, " is ");
	text_add_shown(text, report->root_device);
	text_add(text,
		 ", %s, mounted %s\n"
		 "drivers   %u loaded\n"
		 "switch    %s, init ",
		 report->root_type,
		 report->root_rw ? "read-write" : "read-only", report->modules,
		 report->strategy);
	text_add_shown(text, report->init);
	text_add(text, "\nold root  %s: %llu files freed in", report->old_type,
		 (unsigned long long)freed->files);
	add_ms(text, report->freed_us);
	text_add(text, "\n");
	if (!why)
		return;
	text_add(text, "left      ");
	text_add_shown(text, freed->left_name);
	text_add(text, "%s%s\n", *freed->left_name ? ": " : "", why);
}

static void people(struct text *text, const struct report *report,
		   const char *release)
{
	const char *last[8];
	unsigned warnings = log_warnings(last);
	static char line[700];
	unsigned shown = 0;

	people_stages(text, report, release);
	people_switch(text, report);
	people_helpers(text, report->helpers);
	text_add(text, "\ndevices seen\n");
	for (unsigned i = 0; i < report->device_count; i++) {
		if (!report->devices[i].name[0])
			continue;
		if (++shown > DEVICES_SHOWN) {
			text_add(text, "  and more\n");
			break;
		}
		device_describe(&report->devices[i], line, sizeof(line));
		text_add(text, "  %s%s\n", line,
			 report->devices[i].probed ? "" : ", not looked into");
	}
	if (warnings)
		text_add(text, "\nwarnings (%u)\n", warnings);
	for (unsigned i = 0; i < (warnings < 8 ? warnings : 8); i++)
		text_add(text, "  %s\n", last[i]);
}

static void write_as(const char *path, const struct report *report,
		     void (*as)(struct text *text, const struct report *report,
				const char *release))
{
	struct text text = { .buf = buf, .size = sizeof(buf) };
	char release[80] = "unknown";
	int r;

	(void)sys_release(release, sizeof(release));
	as(&text, report, release);
	/* Half a JSON text is worse than none. */
	r = text.cut ? -EFBIG : io_write_file(path, buf, text.len);
	if (r < 0)
		log_line(LOG_WARNING, "write '%s': %s, ignoring", path,
			 fail_reason(r));
}

void report_write(const struct report *report)
{
	/* If this fails, so does writing into it, which is reported. */
	(void)io_mkdir(RUN_DIR);
	write_as(RUN_REPORT_JSON, report, json);
	write_as(RUN_REPORT_TEXT, report, people);
}
