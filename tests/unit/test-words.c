/* SPDX-License-Identifier: MIT */
#include "config/words.h"

#include <stdlib.h>

#include "base/fail.h"
#include "config/settings.h"
#include "tap.h"

/* What a line does: STOP:NAME, or the names that are warned of; "" is nothing.
 * @serves: the contents that the image sets up. */
static const struct {
	const char *line, *serves, *does;
} lines[] = {
	/* today's lines, on machines that must boot */
	{ "", "", "" },
	{ "root=UUID=1 ro quiet splash $vt_handoff", "", "" },
	{ "root=/dev/mapper/fedora-root ro rd.lvm.lv=fedora/root "
	  "rd.lvm.lv=fedora/swap rhgb quiet",
	  "LVM2_member", "" },
	{ "rd.luks.uuid=luks-1 rd.lvm.lv=a/b rd.md.uuid=1:2:3:4",
	  "crypto_LUKS,LVM2_member,linux_raid_member", "" },
	{ "rd.luks=1 rd.lvm=1 rd.md=1 rd.auto=1 rd.dm=0", "", "" },
	{ "rd.luks=0 rd.lvm=0 rd.md=0 rd.dm=0", "", "" },
	{ "systemd.volatile=no", "", "" },
	{ "systemd.volatile=0 systemd.verity=no", "", "" },
	{ "systemd.volatile=state", "", "" },
	{ "roothash= usrhash= ostree= composefs= zfs= netroot=", "", "" },
	{ "roothash", "", "" },
	{ "overlaytmpfs= systemd.volatile= rd.neednet= break=", "", "" },
	{ "rd.luks. rd.zfcp_other=0", "", "" },
	{ "systemd.verity=no roothash=abc systemd.verity_root_data=/dev/a", "",
	  "" },
	{ "rd.systemd.verity=0 usrhash=abc", "", "" },
	{ "roothash=abc roothash=", "", "" },
	{ "overlayroot=disabled", "", "" },
	{ "overlayroot=", "", "" },
	{ "boot=local", "", "" },
	{ "boot=UUID=1234-ABCD", "", "" },
	{ "rd.live.image=0", "", "" },
	/* Oracle's images have this on machines without iSCSI, too */
	{ "root=UUID=1 netroot=iscsi:169.254.0.2:::1:iqn.2015-02.boot:uefi "
	  "rd.iscsi.bypass iscsi_initiator=iqn rd.iscsi.param=a=1",
	  "", "" },
	{ "zfs.zfs_arc_max=1 dm_verity.require_signatures=1 zswap.enabled=1 "
	  "overlay.metacopy=1 nbd.max_part=4",
	  "", "" },
	{ "systemd.image_policy=*", "", "" },
	{ "ignition.platform.id=metal", "", "" },
	{ "a -- roothash=abc", "", "" },

	/* a root that was verified */
	{ "roothash=abc", "", "STOP:roothash" },
	{ "root=/dev/vda roothash=abc ro", "", "STOP:roothash" },
	{ "usrhash=abc", "", "STOP:usrhash" },
	{ "systemd.verity_root_data=/dev/a", "",
	  "STOP:systemd.verity_root_data" },
	{ "systemd.verity_usr_options=panic-on-corruption", "",
	  "STOP:systemd.verity_usr_options" },
	{ "systemd-verity_usr_hash=PARTUUID=1", "", "" }, /* no dot */
	{ "verity.usrhash=abc", "", "STOP:verity.usrhash" },
	{ "systemd.verity=yes roothash=abc", "", "STOP:roothash" },
	{ "systemd.verity=no systemd.verity roothash=abc", "",
	  "STOP:roothash" },
	{ "roothash= roothash=abc", "", "STOP:roothash" },
	{ "systemd.image_policy=root=verity", "", "STOP:systemd.image_policy" },

	/* another root */
	{ "ostree=/ostree/boot.1/a/b/0", "", "STOP:ostree" },
	{ "composefs=abc", "", "STOP:composefs" },
	{ "composefs=?abc", "", "STOP:composefs" },
	{ "zfs=rpool/ROOT", "", "STOP:zfs" },
	{ "boot=live components", "", "STOP:boot" },
	{ "boot=casper", "", "STOP:boot" },
	{ "archisobasedir=arch", "", "STOP:archisobasedir" },
	{ "iso-scan/filename=/a.iso", "", "STOP:iso-scan/filename" },
	{ "nbdroot=10.0.0.1,root", "", "STOP:nbdroot" },
	{ "netroot=iscsi:me:secret@10.0.0.1", "", "STOP:netroot" },
	{ "rd.iscsi.bypass=0 netroot=nbd:10.0.0.1:1", "", "STOP:netroot" },
	{ "iscsi_target_name=iqn", "", "STOP:iscsi_target_name" },
	{ "ISCSI_INITIATOR=iqn", "", "STOP:ISCSI_INITIATOR" },
	{ "overlayroot=tmpfs", "", "STOP:overlayroot" },
	{ "rd.root.overlay.write=1", "", "STOP:rd.root.overlay.write" },
	{ "drop_capabilities=sys_boot", "", "STOP:drop_capabilities" },
	{ "overlaytmpfs", "", "STOP:overlaytmpfs" },
	{ "systemd.volatile", "", "STOP:systemd.volatile" },
	{ "systemd.volatile=yes", "", "STOP:systemd.volatile" },
	{ "systemd.volatile=overlay", "", "STOP:systemd.volatile" },

	/* what is only said */
	{ "rd.live.image", "", "rd.live.image" },
	{ "rd.live.image rd.live.ram=1 rd.live.dir=LiveOS", "",
	  "rd.live.image rd.live.ram rd.live.dir" },
	{ "rd.luks.uuid=luks-1", "", "rd.luks.uuid" },
	{ "luks.uuid=1 luks.uuid=2", "", "luks.uuid" },
	{ "rd.luks.name=1=root rd.luks.options=discard", "crypto_LUKS",
	  "rd.luks.name rd.luks.options" },
	{ "rd.luks.name=1=root luks.name=2=usr rd.luks.key=/k",
	  "crypto_LUKS,rd.luks.name", "rd.luks.key" },
	{ "rd.luks.name=1=root rd.luks=no", "", "" },
	{ "luks.name=1=root luks=no", "", "" },
	{ "rd.luks=0", "crypto_LUKS", "rd.luks" },
	{ "cryptdevice=UUID=1:root", "crypto_LUKS", "cryptdevice" },
	{ "cryptopts=target=root,source=/dev/a", "", "cryptopts" },
	{ "rd.lvm.vg=fedora", "crypto_LUKS", "rd.lvm.vg" },
	{ "rd.lvm.vg=fedora rd.lvm=0", "", "" },
	{ "rd.lvm=0", "LVM2_member", "rd.lvm" },
	{ "rd.md.uuid=1", "", "rd.md.uuid" },
	{ "rd.md=0", "linux_raid_member", "rd.md" },
	{ "rd.dm.uuid=isw_a", "", "rd.dm.uuid" },
	{ "rd.multipath=default", "", "rd.multipath" },
	{ "rd.iscsi.firmware=1 rd.iscsi.ibft", "",
	  "rd.iscsi.firmware rd.iscsi.ibft" },
	{ "rd.nvmf.discover=a", "", "rd.nvmf.discover" },
	{ "iscsi_auto", "", "iscsi_auto" },
	{ "bond=bond0:eth0 vlan=v:bond0", "", "bond vlan" },
	{ "rd.zfcp=0.0.1 rd.zfcp.conf=a rd.znet_ifname=a:b", "",
	  "rd.zfcp rd.zfcp.conf rd.znet_ifname" },
	{ "rootfallback=/dev/b", "", "rootfallback" },
	{ "ignition.firstboot ignition.platform.id=qemu", "",
	  "ignition.firstboot" },
	{ "rd.neednet=1", "", "rd.neednet" },
	{ "rd.neednet=0 fips=0", "", "" },
	{ "fips=1", "", "fips" },
	{ "break=premount", "", "break" },
};

static const char *served;
static char did[400];
static bool in_form;

static bool serves(const char *type)
{
	return strstr(served, type) != NULL;
}

static void add_name(const char *sentence, const char *before)
{
	const char *name = strchr(sentence, '\'');
	size_t len = name ? strcspn(name + 1, "'") : 0;

	snprintf(did + strlen(did), sizeof(did) - strlen(did), "%s%s%.*s",
		 *did ? " " : "", before, (int)len, name ? name + 1 : "");
}

static bool said_more;

static void warn(const char *sentence)
{
	if (strstr(sentence, "than are listed here")) {
		said_more = true;
		return;
	}
	add_name(sentence, "");
	in_form = in_form && strstr(sentence, "': it asks for ") &&
		  !strstr(sentence, "asks for that ") &&
		  strstr(sentence, ", ignoring; ");
}

static void take(const char *line)
{
	char *copy = strdup(line);

	words_forget();
	settings_each(copy, words_take, NULL);
	free(copy);
}

static void test_sentences(void)
{
	static struct fail why;
	char line[4000] = "";

	take("netroot=iscsi:me:secret@10.0.0.1");
	is_int(words_stop(&why), -95, "it is not supported");
	is_str(why.what,
	       "do what 'netroot' on the command line asks for, a root on a "
	       "block device of the network: pintle cannot",
	       "the sentence names the word");
	ok(!strstr(why.what, "secret") && !strstr(why.todo, "secret"),
	   "and never its value");
	ok(strstr(why.todo, "root="), "and says what to write instead");
	take("overlayroot=tmpfs");
	(void)words_stop(&why);
	ok(strstr(why.todo, "write rd.overlay"), "overlayroot: rd.overlay");

	/* More words than there is room for. */
	for (unsigned i = 0; i < 100; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 "rd.dm.x%u=1 ", i);
	strcat(line, "roothash=abc");
	take(line);
	ok(words_stop(&why) < 0 && strstr(why.what, "'roothash'"),
	   "one that stops is never lost among others");
	words_warn(serves, warn);
	ok(said_more, "that there are more than are listed is said");
	memset(line, 'x', 200);
	memcpy(line, "verity.", 7);
	strcpy(line + 200, "=1");
	take(line);
	ok(words_stop(&why) < 0 && strstr(why.what, "'verity.*'"),
	   "a long name stops too");
}

int main(void)
{
	static struct fail why;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		did[0] = '\0';
		served = lines[i].serves;
		in_form = true;
		take(lines[i].line);
		if (words_stop(&why) < 0)
			add_name(why.what, "STOP:");
		else
			words_warn(serves, warn);
		is_str(did, lines[i].does, "'%s'", lines[i].line);
		if (*did && strncmp(did, "STOP:", 5) != 0)
			ok(in_form, "'%s': whole sentences", lines[i].line);
	}
	test_sentences();
	return tap_done();
}
