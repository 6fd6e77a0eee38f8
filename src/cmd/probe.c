/* SPDX-License-Identifier: MIT */
/*
 * probe.c - `pintle probe [-s TAG]... [-o value|export|full] DEV...`
 *
 * It says what a boot would see on a device. The forms of the output and the
 * exit statuses are those of `blkid -p` (util-linux 2.38; compared by
 * tests/unit/probe-vs-blkid.sh), so that scripts can call either.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "device/device.h"

enum { FOUND = 0, NOTHING = 2, USAGE = 4, AMBIVALENT = 8 };

enum form { FORM_FULL, FORM_EXPORT, FORM_VALUE };
static const char *const forms[] = { "full", "export", "value" };
#define FORMS (sizeof(forms) / sizeof(forms[0]))

struct output {
	struct text text;
	enum form form;
	const char *wanted[16]; /* -s; none: all */
	unsigned wanted_count;
	const char *path;
	bool began; /* something was printed for this device */
	bool is_terminal;
};

/* As cat -v; what a shell would take for more than a letter gets a
 * backslash. */
static void add_safe(struct text *text, const char *value, const char *special)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c >= 0x80) {
			text_add(text, "M-");
			c &= 0x7f;
		}
		if (c < 0x20 || c == 0x7f)
			text_add(text, "^%c", c ^ 0x40);
		else
			text_add(text, "%s%c",
				 str_char(special, (char)c) ? "\\" : "", c);
	}
}

static void add_tag(struct output *out, const char *name, const char *value)
{
	struct text *text = &out->text;
	bool is_wanted = out->wanted_count == 0;

	for (unsigned i = 0; i < out->wanted_count; i++)
		if (strcmp(out->wanted[i], name) == 0)
			is_wanted = true;
	if (!*value || !is_wanted)
		return;
	switch (out->form) {
	case FORM_VALUE: /* for scripts: the bytes as they are */
		if (out->is_terminal)
			text_add_shown(text, value);
		else
			text_add(text, "%s", value);
		text_add(text, "\n");
		break;
	case FORM_EXPORT:
		if (!out->began) {
			text_add(text, "DEVNAME=");
			text_add_shown(text, out->path);
			text_add(text, "\n");
		}
		text_add(text, "%s=", name);
		add_safe(text, value, "\"\\'$`<> ");
		text_add(text, "\n");
		break;
	case FORM_FULL:
	default:
		if (!out->began) {
			text_add_shown(text, out->path);
			text_add(text, ":");
		}
		text_add(text, " %s=\"", name);
		add_safe(text, value, "\"\\");
		text_add(text, "\"");
		break;
	}
	out->began = true;
}

/* The USAGE of blkid for members that do not belong to arrays or volume
 * groups. */
static const struct {
	const char *usage, *types;
} usages[] = {
	{ "crypto", "crypto_LUKS,BitLocker,DM_integrity,DM_verity_hash,"
		    "cs_fvault2" },
	{ "other", "DM_snapshot_cow,bcache,ceph_bluestore,"
		   "drbdmanage_control_volume,jbd,vdo,xfs_external_log" },
	{ "filesystem",
	  "drbdproxy_datalog,mpool,oracleasm,scoutfs_data,zfs_member" },
};

static const char *usage_of(const struct probe *content)
{
	if (content->use == PROBE_FILESYSTEM)
		return "filesystem";
	if (content->use == PROBE_SWAP)
		return "other";
	for (unsigned i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
		if (str_in_list(usages[i].types, content->type))
			return usages[i].usage;
	return "raid";
}

/* blkid prints the long names with -p and the short ones without it. */
static void show_entry(struct output *out, unsigned number,
		       const struct probe_partition *entry)
{
	char text[24];

	add_tag(out, "PARTLABEL", entry->label);
	add_tag(out, "PARTUUID", entry->uuid);
	add_tag(out, "PART_ENTRY_SCHEME",
		str_after(entry->type, "0x") ? "dos" : "gpt");
	add_tag(out, "PART_ENTRY_NAME", entry->label);
	add_tag(out, "PART_ENTRY_UUID", entry->uuid);
	add_tag(out, "PART_ENTRY_TYPE", entry->type);
	(void)str_format(text, sizeof(text), "0x%llx",
			 (unsigned long long)entry->attributes);
	if (entry->attributes)
		add_tag(out, "PART_ENTRY_FLAGS", text);
	(void)str_format(text, sizeof(text), "%u", number);
	add_tag(out, "PART_ENTRY_NUMBER", text);
}

static int show(struct output *out, const struct device *device)
{
	const struct probe *content = &device->content;
	int status = NOTHING;

	switch (content->use) {
	case PROBE_FILESYSTEM:
	case PROBE_MEMBER:
	case PROBE_SWAP:
		add_tag(out, "LABEL", content->label);
		add_tag(out, "UUID", content->uuid);
		add_tag(out, "TYPE", content->type);
		add_tag(out, "USAGE", usage_of(content));
		status = FOUND;
		break;
	case PROBE_TABLE:
		add_tag(out, "PTUUID", content->uuid);
		add_tag(out, "PTTYPE", content->type);
		status = FOUND;
		break;
	case PROBE_AMBIVALENT:
		log_line(LOG_ERROR, "probe '%s': it is two things at once (%s)",
			 out->path, content->type);
		return AMBIVALENT;
	case PROBE_DAMAGED:
		log_line(LOG_WARNING,
			 "probe '%s': it was %s, but the checksum of the "
			 "superblock is wrong",
			 out->path, content->type);
		break;
	case PROBE_NOTHING:
	default:
		break;
	}
	if (device->entry.uuid[0]) {
		show_entry(out, device->partition, &device->entry);
		status = FOUND;
	}
	/* even if nothing that was asked for is there */
	if (status == FOUND && out->form == FORM_FULL)
		text_add(&out->text, "\n");
	return status;
}

static bool read_options(int argc, char *argv[], struct output *out, int *at)
{
	for (; *at < argc && argv[*at][0] == '-' && argv[*at][1]; ++*at) {
		const char *value = argv[*at] + 2;
		char option = argv[*at][1];

		if (option == '-' && !*value) {
			++*at;
			break;
		}
		if (!*value && *at + 1 < argc && option != 'p')
			value = argv[++*at];
		if (option == 'p' && !*value)
			continue; /* of blkid: probing, which is always done */
		if (option == 's' && *value) {
			if (out->wanted_count == 16)
				return false;
			out->wanted[out->wanted_count++] = value;
		} else if (option == 'o') {
			unsigned form = 0;

			while (form < FORMS && strcmp(forms[form], value) != 0)
				form++;
			if (form == FORMS)
				return false;
			out->form = form;
		} else {
			return false;
		}
	}
	return *at < argc;
}

int cmd_probe(int argc, char *argv[], char *envp[])
{
	static char buf[4096];
	static struct device device;
	static struct fail why;
	struct output out = { .text = { .buf = buf, .size = sizeof(buf) } };
	bool any = false;
	int status = FOUND, at = 1;

	(void)envp;
	log_as_command(false);
	log_stage("probe");
	out.is_terminal = io_is_terminal(1);
	if (!read_options(argc, argv, &out, &at)) {
		log_line(LOG_ERROR, "usage: pintle probe [-s TAG]... "
				    "[-o value|export|full] DEV...");
		return USAGE;
	}
	for (; at < argc; at++) {
		int now;

		out.path = argv[at];
		out.began = false;
		out.text.len = 0;
		/* FORM_EXPORT has an empty line between two devices. */
		if (any && out.form == FORM_EXPORT)
			text_add(&out.text, "\n");
		now = NOTHING;
		if (device_look(out.path, &device, &why) < 0)
			log_fail(&why);
		else
			now = show(&out, &device);
		if (now > status)
			status = now;
		any |= out.began;
		if (!out.began && out.form != FORM_FULL)
			continue;
		if (out.text.cut || io_write(1, buf, out.text.len) < 0) {
			log_line(LOG_ERROR, "write to standard output");
			return 1;
		}
	}
	return status;
}
