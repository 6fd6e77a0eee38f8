/* SPDX-License-Identifier: MIT */
/*
 * The screen of a boot that stops, word by word: diagnosis.txt beside this file
 * has what each case must say. `test-diagnosis new` prints what it says now.
 */
#include "boot/diagnosis.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/drivers.h"
#include "base/fail.h"
#include "base/sys.h"
#include "tap.h"

#define MIB   (1024ull * 1024)
#define FILES PROBE_FILESYSTEM

static const struct device devices[] = {
	{ .name = "vda",
	  .number = SYS_DEV(254, 0),
	  .bytes = 4096 * MIB,
	  .content = { .use = PROBE_TABLE, .type = "gpt" } },
	{ .name = "vda1",
	  .number = SYS_DEV(254, 1),
	  .bytes = 100 * MIB,
	  .partition = 1,
	  .disk = "vda",
	  .content = { FILES, 1, 0, "vfat", "7A5B-1C22", "EFI SYSTEM" },
	  .entry = { .uuid = "11111111-0000-4000-8000-000000000001",
		     .label = "esp" } },
	{ .name = "vda2",
	  .number = SYS_DEV(254, 2),
	  .bytes = 3000 * MIB,
	  .partition = 2,
	  .disk = "vda",
	  .content = { FILES, 1, 0, "ext4",
		       "5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01", "Root" },
	  .entry = { .uuid = "11111111-0000-4000-8000-000000000002",
		     .label = "system" } },
	{ .name = "", .content = { FILES, 1, 0, "xfs", "gone", "gone" } },
	{ .name = "vda3",
	  .number = SYS_DEV(254, 3),
	  .bytes = 900 * MIB,
	  .partition = 3,
	  .disk = "vda",
	  .content = { PROBE_MEMBER, 1, 0, "crypto_LUKS",
		       "99999999-9d11-4d0a-8f52-6a1c0e2b7d01", "" },
	  .entry = { .uuid = "11111111-0000-4000-8000-000000000003",
		     .label = "se\ncret" } },
	{ .name = "vdb",
	  .number = SYS_DEV(254, 16),
	  .bytes = 512,
	  .error = EIO },
};
/* half of a mirror, and what looks sound on it */
static const struct device mirror[] = {
	{ .name = "sda",
	  .number = SYS_DEV(8, 0),
	  .bytes = 4096 * MIB,
	  .content = { .use = PROBE_MEMBER,
		       .type = "isw_raid_member",
		       .is_transparent = true } },
	{ .name = "sda1",
	  .number = SYS_DEV(8, 1),
	  .bytes = 4000 * MIB,
	  .partition = 1,
	  .in_member = true,
	  .disk = "sda",
	  .content = { FILES, 1, 0, "ext4",
		       "5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01", "Root" } },
};
/* Half of it is away, so that nothing is made of its layers. */
static const struct device layers[] = {
	{ .name = "sda",
	  .number = SYS_DEV(8, 0),
	  .bytes = 4096 * MIB,
	  .held = true,
	  .content = { PROBE_MEMBER, 1, 0, "LVM2_member", "tNkM-9", "" } },
	{ .name = "sdb1",
	  .number = SYS_DEV(8, 17),
	  .bytes = 4096 * MIB,
	  .partition = 1,
	  .in_member = true,
	  .disk = "sdb",
	  .content = { FILES, 1, 0, "ext4", "5f3a-1c80", "" } },
	{ .name = "mapper/vg-root_rimage_0",
	  .number = SYS_DEV(253, 0),
	  .bytes = 2048 * MIB,
	  .inner = true,
	  .content = { FILES, 1, 0, "ext4", "5f3a-1c80", "" } },
	{ .name = "mapper/vg-other",
	  .number = SYS_DEV(253, 1),
	  .bytes = 2048 * MIB,
	  .held = true,
	  .content = { FILES, 1, 0, "ext4", "5f3a-1c80", "" } },
};
/* One that is waited for (resume=), and one that somebody is waiting in. */
static const struct device swaps[] = {
	{ .name = "vda",
	  .number = SYS_DEV(254, 0),
	  .bytes = 900 * MIB,
	  .content = { PROBE_SWAP, 1, 0, "swap",
		       "99999999-9d11-4d0a-8f52-6a1c0e2b7d01", "" } },
	{ .name = "vdb",
	  .number = SYS_DEV(254, 16),
	  .bytes = 900 * MIB,
	  .content = { PROBE_SWAP, 1, 0, "swsuspend",
		       "5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01", "" } },
};
/* What programs have made, under names that nobody asked for. */
static const struct device made[] = {
	{ .name = "sda",
	  .number = SYS_DEV(8, 0),
	  .bytes = 4096 * MIB,
	  .held = true,
	  .made = &made[1],
	  .content = { PROBE_MEMBER, 1, 0, "linux_raid_member",
		       "33445566-7788-99aa-bbcc-ddeeff001122", "other:0" } },
	{ .name = "md127",
	  .number = SYS_DEV(9, 127),
	  .bytes = 4000 * MIB,
	  .content = { FILES, 1, 0, "ext4", "5f3a-1c80", "" } },
	{ .name = "sdb",
	  .number = SYS_DEV(8, 16),
	  .bytes = 4096 * MIB,
	  .held = true,
	  .made = &made[3],
	  .content = { PROBE_MEMBER, 1, 0, "crypto_LUKS", "9999-0000", "" } },
	{ .name = "mapper/luks-9999-0000",
	  .number = SYS_DEV(253, 0),
	  .bytes = 4000 * MIB,
	  .content = { FILES, 1, 0, "xfs", "6f3a-1c80", "" } },
};
/* What hooks have come to, each in its own way: @fate is set below. */
static struct device fated[10];
static struct device many[40];
static const struct device odd[] = {
	{ .name = "mapper/\033[31m\x9b\xe0\x80\x9b",
	  .number = SYS_DEV(253, 0),
	  .bytes = 512,
	  .content = { FILES, 1, 0, "ext4", "a\nb", "A\033[2J\xc2\x9b" } },
};

static const struct {
	const char *root, *bus;
	const struct device *devices;
	unsigned count;
	bool is_remote;
	int error;	   /* 0: ETIMEDOUT */
	const char *image; /* what is wrong with it */
} cases[] = {
	{ "UUID=5F3A1C80-9d11-4d0a-8f52", "bus", devices, 6, false, 0, NULL },
	{ "UUID=99999999-9D11-4D0A-8F52-6A1C0E2B7D01", "-", devices, 6, false,
	  0, NULL },
	{ "UUID=5f3a1c80-9d11-4d0a-8f52", "-", devices, 6, false, 0, NULL },
	{ "LABEL=root", "-", devices, 6, false, 0, NULL },
	{ "LABEL=system", "-", devices, 6, false, 0, NULL },
	{ "PARTLABEL=Root", "-", devices, 6, false, 0, NULL },
	{ "UUID=11111111-0000-4000-8000-000000000002", "-", devices, 6, false,
	  0, NULL },
	{ "PARTLABEL=se?cret", "-", devices, 6, false, 0, NULL },
	{ "/dev/sda2", "-", devices, 6, false, 0, NULL },
	{ "/dev/vda9", "-", devices, 6, false, 0, NULL },
	{ "254:9", "-", devices, 6, false, 0, NULL },
	{ "UUID=1-2", "bus", NULL, 0, false, 0, NULL },
	{ "/dev/sda", "several", NULL, 0, false, 0, NULL },
	{ "/dev/sda", "served", NULL, 0, false, 0, NULL },
	{ "/dev/sda", "unknown", NULL, 0, false, 0, NULL },
	{ "LABEL=Root", "-", mirror, 2, false, 0, NULL },
	{ "/dev/sda", "net", NULL, 0, false, 0, NULL },
	{ "10.0.0.1:/srv", "net", devices, 6, true, 0, NULL },
	{ "10.0.0.1:/srv", "unknown", NULL, 0, true, 0, NULL },
	{ "LABEL=x", "-", many, 40, false, 0, NULL },
	{ "UUID=5F3A-1C80", "-", layers, 4, false, 0, NULL },
	{ "/dev/mapper/vg-root_rimage_0", "-", layers, 4, false, 0, NULL },
	{ "/dev/md0", "-", made, 4, false, 0, NULL },
	{ "/dev/md/root", "-", made, 2, false, 0, NULL },
	{ "/dev/mapper/cryptroot", "-", made, 4, false, 0, NULL },
	{ "/dev/md127", "-", fated, 10, false, 0, NULL },
	{ "", "-", devices, 6, false, 0, NULL },
	{ "UUID=11111111-0000-4000-8000-000000000002", "-", swaps, 2, false, 0,
	  NULL },
	{ NULL, "bus", devices, 6, false, 0, NULL },
	/* Nothing was looked for. */
	{ "UID=1234", "bus", NULL, 0, false, EINVAL, NULL },
	{ "UID=1234", "bus", devices, 6, false, EINVAL, "the image" },
	{ "UUID=1-2", "bus", devices, 6, false, EINVAL, NULL },
	/* Other drivers, or another root=, would not help. */
	{ "UUID=1-2", "bus", NULL, 0, false, 0, "the image is of another" },
	{ "LABEL=system", "bus", devices, 6, false, 0, "the image is damaged" },
	{ "10.0.0.1:/srv", "net", NULL, 0, true, 0, "the image is damaged" },
	/* What a terminal obeys: root= from the line, a name of the mapper. */
	{ "LABEL=a\033[2J\xc2\x9b", "-", odd, 1, false, 0, NULL },
	/* A root of the network is no device, and yet was looked for. */
	{ "10.0.0.1:/srv", "net", NULL, 0, true, EINVAL, NULL },
	/* No image can help what a check has found. */
	{ "UUID=1-2", "bus", NULL, 0, false, EIO, "the image is damaged" },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

/* What the image holds, and what it could. */
static char list[] = "- /lib/modules/1/ahci.ko";
static const char aliases[] = "pci:v*bc01sc06* 0\n";
static const char absent[] = "pci:v*bc01sc01* ata_generic\n"
			     "pci:v00008086d00007010* ata_piix\n"
			     "virtio:d00000002v* virtio_blk\n";

static char top[] = "/tmp/test-diagnosis.XXXXXX";

/* One device of a bus of those in @where, with a driver or without. One that
 * has none for each: a directory has no order. */
static void add_device(const char *where, const char *bus, const char *name,
		       const char *alias, bool driver)
{
	const char *parts[] = { where, bus, "devices", name };
	char path[200];
	int len = snprintf(path, sizeof(path), "%s", top);
	FILE *file;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		len += snprintf(path + len, sizeof(path) - (size_t)len, "/%s",
				parts[i]);
		mkdir(path, 0755);
	}
	strcpy(path + len, "/modalias");
	file = fopen(path, "w");
	if (!file || fprintf(file, "%s\n", alias) < 0 || fclose(file))
		exit(2);
	strcpy(path + len, "/driver");
	if (driver)
		mkdir(path, 0755);
}

static void set_fates(void)
{
	for (unsigned i = 0; i < 10; i++) {
		bool is_md = i >= 8;

		fated[i].number = SYS_DEV(8, i);
		fated[i].bytes = (i + 1) * MIB;
		snprintf(fated[i].name, sizeof(fated[i].name), "sd%u", i);
		fated[i].content.use = PROBE_MEMBER;
		strcpy(fated[i].content.type,
		       is_md ? "linux_raid_member" : "crypto_LUKS");
		fated[i].fate = (uint8_t)(is_md ? HOOK_ENDED : i);
		fated[i].held = i == 9;
	}
}

static enum hook_fate fate(const struct device *device)
{
	return device->fate;
}

int main(int argc, char **argv)
{
	static char got[65536], want[65536];
	struct text text = { .buf = got, .size = sizeof(got) };
	struct fail why;
	FILE *file;
	char command[100];

	(void)argv;
	if (!mkdtemp(top))
		return 2;
	(void)drivers_parse(list, aliases, absent);
	/* It has been tried. */
	(void)drivers_want("pci:v1bc01sc06", false);
	while (drivers_work())
		;
	add_device("bus", "pci", "0000:00:00.0",
		   "pci:v00008086d00001237sv00001AF4sd00001100bc06sc00i00",
		   false);
	add_device("bus", "pci", "0000:00:04.0",
		   "pci:v00008086d00007010sv00001AF4sd00001100bc01sc01i80",
		   true);
	add_device("bus", "cpu", "cpu0", "pci:v00008086bc01sc06", false);
	add_device("bus", "virtio", "virtio3", "virtio:d00000002v00001AF4",
		   false);
	add_device("several", "pci", "0000:00:05.0",
		   "pci:v00008086d00007010sv00001AF4sd00001100bc01sc01i80",
		   false);
	add_device("served", "pci", "0000:00:06.0",
		   "pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01",
		   false);
	add_device("unknown", "pci", "0000:00:07.0",
		   "pci:v0000FFFFd00000001sv00000000sd00000000bc01sc80i00",
		   false);
	add_device("net", "pci", "0000:00:03.0",
		   "pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00",
		   false);
	for (unsigned i = 0; i < 40; i++) {
		many[i].number = SYS_DEV(8, i);
		many[i].bytes = (i + 1) * MIB;
		snprintf(many[i].name, sizeof(many[i].name), "sd%u", i);
		many[i].slow = i == 20;
		if (i == 39) {
			many[i].content.use = PROBE_FILESYSTEM;
			strcpy(many[i].content.type, "xfs");
		}
	}
	set_fates();
	(void)fail_said(&why, ETIMEDOUT,
			"find the %s: no such device" FAIL_TODO
			"do something %s",
			"root", "else");
	for (size_t i = 0; i < CASES; i++) {
		char bus[200];
		struct diagnosis diagnosis = {
			.why = &why,
			.root = cases[i].root,
			.is_remote = cases[i].is_remote,
			.image = cases[i].image,
			.devices = cases[i].devices,
			.device_count = cases[i].count,
			.bus = bus,
			.fate = cases[i].devices == fated ? fate : NULL,
		};

		why.error = cases[i].error ? cases[i].error : ETIMEDOUT;
		snprintf(bus, sizeof(bus), "%s/%s", top, cases[i].bus);
		diagnosis_compose(&diagnosis, &text);
		text_add(&text, "\n");
	}
	snprintf(command, sizeof(command), "rm -r %s", top);
	if (system(command))
		return 2;
	if (argc > 1) {
		fputs(got, stdout);
		return 0;
	}
	file = fopen(SOURCE_DIR "/diagnosis.txt", "r");
	if (!file)
		return 2;
	want[fread(want, 1, sizeof(want) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < CASES; i++) {
		static char *at_got = got, *at_want = want;
		char *end_got = strstr(at_got, "\n\n");
		char *end_want = strstr(at_want, "\n\n");

		if (!ok(end_got && end_want, "case %zu is there", i))
			break;
		*end_got = *end_want = '\0';
		is_str(at_got, at_want, "%s",
		       cases[i].root ? cases[i].root : "no root");
		at_got = end_got + 2;
		at_want = end_want + 2;
	}
	return tap_done();
}
