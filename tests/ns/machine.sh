#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016 # words for others to expand
#
# An image for this machine knows what its root stands on, or there is none and
# the image before stays. The machines are made up: a /sys, a /proc and an /etc
# of their own in a mount namespace, with the modules of a real kernel.
#
# needs: namespaces
# host: KERNEL scripts/kernel 6.12
. "${TOP:?}/tests/ns/lib.sh"
. "$TOP/tests/ns/images.sh"

export PINTLE
tool=$TOP/initramfs/pintle-mkinitramfs
boot=$work/boot
image=$boot/initrd.img-$release
m=$work/machine
mkdir -p "$work/lib" "$work/sbin" "$work/bin" "$work/run/pintle"
cp -r "$TOP/initramfs/lib" "$work/lib/pintle"
ln -s "$tool" "$work/bin/pintle-mkinitramfs"
for name in cryptsetup lvm mdadm; do
	cp "$busybox" "$work/sbin/$name"
done
mkdir "$work/lib/modules" "$work/lib/klibc" "$work/lib/klibc/bin"
cp "$busybox" "$work/lib/klibc/bin/ipconfig"
# Of its modules those that these rows ask for: an image takes a second then.
few=$work/lib/modules/$release
for name in dm_mod dm_crypt dm_raid virtio_pci virtio_blk ext4 xfs btrfs nfsv4 \
	nfsv3 md_mod raid1 xts aes_generic nfit; do
	/sbin/modprobe -d "$kernel" -C /dev/null -S "$release" --show-depends \
		$name
done | sed -n "s|^insmod .*/$release/\([^ ]*\).*|\1|p" | sort -u |
	while IFS= read -r name; do
		mkdir -p "$few/${name%/*}"
		cp "$kernel/lib/modules/$release/$name" "$few/$name"
	done
for name in order builtin builtin.modinfo; do
	cp "$kernel/lib/modules/$release/modules.$name" "$few/"
done
mkdir -p "$work/base/lib"
ln -s ../../lib/modules "$work/base/lib/modules"
/sbin/depmod -b "$work/base" "$release" || bail 'depmod: failed (package kmod)'

# ---- machines

# new: nothing in it yet
new() {
	rm -rf "$m"
	mkdir -p "$m/sys/devices" "$m/sys/dev/block" "$m/sys/class/block" \
		"$m/proc/self" "$m/etc/default" "$m/etc/modprobe.d"
	# awk is one of them.
	cp -a /etc/alternatives "$m/etc/"
	: >"$m/proc/self/mountinfo"
	: >"$m/proc/mounts"
	: >"$m/proc/cmdline"
	: >"$m/proc/swaps"
	echo 'KERNEL_IMAGES=yes' >"$m/etc/default/pintle"
	options='--compress none'
}
# device NAME MAJOR:MINOR DIRECTORY: a block device in sysfs
device() {
	mkdir -p "$m/sys/devices/$3/slaves"
	echo "$2" >"$m/sys/devices/$3/dev"
	ln -s "/sys/devices/$3" "$m/sys/dev/block/$2"
	ln -s "/sys/devices/$3" "$m/sys/class/block/$1"
}
# virtio NAME MAJOR SLOT: a disk with a partition, NAME3
virtio() {
	at=pci0000:00/0000:00:0$3.0/virtio$3
	mkdir -p "$m/sys/devices/$at"
	echo virtio:d00000002v00001AF4 >"$m/sys/devices/$at/modalias"
	device "$1" "$2:0" "$at/block/$1"
	device "$1"3 "$2:3" "$at/block/$1/$1"3
	echo 3 >"$m/sys/devices/$at/block/$1/$1"3/partition
}
# made_of NAME MAJOR:MINOR BELOW...
made_of() {
	made=$m/sys/devices/virtual/block/$1
	device "$1" "$2" "virtual/block/$1"
	shift 2
	for below; do
		ln -s "$(readlink "$m/sys/class/block/$below")" \
			"$made/slaves/$below"
	done
}
# mapped NAME MINOR UUID DM-NAME BELOW...
mapped() {
	name=$1 minor=$2 uuid=$3 dm_name=$4
	shift 4
	made_of "$name" "253:$minor" "$@"
	mkdir "$made/dm"
	echo "$uuid" >"$made/dm/uuid"
	echo "$dm_name" >"$made/dm/name"
}
# root_on MAJOR:MINOR TYPE SOURCE
root_on() {
	echo "27 1 $1 / / rw,relatime shared:1 - $2 $3 rw" \
		>"$m/proc/self/mountinfo"
	echo "$3 / $2 rw 0 0" >"$m/proc/mounts"
}
hex=11111111000040008000000000000003
dashes=11111111-0000-4000-8000-000000000003
# As debian-installer does it.
luks_lvm() {
	new
	virtio vda 254 3
	mapped dm-0 0 "CRYPT-LUKS2-$hex-vda3_crypt" vda3_crypt vda3
	mapped dm-1 1 LVM-abcdef debian--vg-root dm-0
	mapped dm-2 2 LVM-abcdeg debian--vg-swap_1 dm-0
	root_on 253:1 ext4 /dev/mapper/debian--vg-root
	echo "vda3_crypt UUID=$dashes none luks,discard" >"$m/etc/crypttab"
}
plain() {
	new
	virtio vda 254 3
	root_on 254:3 ext4 /dev/vda3
}

# ---- what is done on them

# on_machine COMMAND...: output in $out, status in $status
cat >"$work/enter" <<'END'
set -e
mount -t overlay -o "lowerdir=$work/lib:/usr/lib" lib /usr/lib
mount -t overlay -o "lowerdir=$work/sbin:/usr/sbin" sbin /usr/sbin
mount --bind "$m/etc" /etc
mount --bind "$work/run" /run
[ ! -d "$boot" ] || mount --bind "$boot" /boot
[ ! -d "$m/sys" ] || mount --bind "$m/sys" /sys
mount --bind "$m/proc" /proc
exec "$@"
END
export work m boot
on_machine() {
	status=0
	# shellcheck disable=SC2086 # options
	PATH=$work/bin:$PATH $unshare sh "$work/enter" "$@" >"$work/out" 2>&1 ||
		status=$?
	out=$(cat "$work/out")
}
previous() {
	rm -rf "$boot" && mkdir "$boot"
	echo "the image before" >"$image"
	cp "$image" "$work/previous"
}
by_hand() {
	previous
	on_machine "$tool" -k "$release" -o "$image" --compress none "$@"
}
by_hook() {
	printf 'KERNEL_IMAGES=yes\nMKINITRAMFS_OPTIONS="%s"\n' "$options" \
		>"$m/etc/default/pintle"
	on_machine "$TOP/initramfs/kernel/postinst" "$release" \
		"$boot/vmlinuz-$release"
}
# hooks_are TYPE...: the types that the image does something for, in order
hooks_are() {
	[ "$status" = 0 ] && [ "$(content etc/pintle/hooks | sed 's/[ :].*//' |
		uniq | tr '\n' ' ')" = "$* " ]
}
says() {
	prints "pintle-mkinitramfs: $1"
}
# not one byte, and nothing beside it
kept() {
	[ "$status" != 0 ] && untouched
}
untouched() {
	cmp "$image" "$work/previous" &&
		[ "$(ls -A "$boot")" = "${image##*/}" ]
}
refused_on() {
	kept && says "the root of this machine is on $1, which pintle cannot set up" &&
		prints_like '^  .*--machine other$'
}

luks_lvm
previous
by_hook
row 'LUKS and LVM, by the hook: hooks for both' hooks_are crypto_LUKS LVM2_member
row 'LUKS and LVM: said in a line' says \
	'the root of this machine is on LVM on LUKS: --with-crypt --with-lvm'
by_hand
row "LUKS and LVM: under crypttab's name" [ "$(content etc/pintle/hooks |
	sed -n 1p)" = "crypto_LUKS:$dashes ask /usr/sbin/cryptsetup open --type luks --key-file=- --allow-discards %d vda3_crypt" ]
cp "$image" "$work/by-itself"
by_hand --with-crypt --with-lvm
row 'LUKS and LVM: the same bytes as with the options' cmp "$image" \
	"$work/by-itself"
row 'LUKS and LVM: what was asked for is not said' \
	not prints_like 'the root of this machine'
by_hand -b "$work/base"
row "another tree's modules: another machine's image" \
	not holds etc/pintle/hooks
by_hand --machine other
row '--machine other: nothing is taken' not holds etc/pintle/hooks
by_hand -b "$work/base" --kind host
row "--kind host is this machine's, whoever has the modules" \
	hooks_are crypto_LUKS LVM2_member
by_hand -m virtio_blk
row 'a list of drivers: what the root is on goes in too' \
	hooks_are crypto_LUKS LVM2_member
rm "$m/etc/crypttab"
by_hand
row 'not in crypttab: the name that it has now' [ "$(content etc/pintle/hooks |
	sed -n 1p)" = "crypto_LUKS:$dashes ask /usr/sbin/cryptsetup open --type luks --key-file=- %d vda3_crypt" ]
mv "$work/sbin/lvm" "$work/lvm"
printf '#!/bin/sh\n' >"$work/sbin/lvm"
by_hand
row 'the tools are not installed: the image before stays' kept
mv "$work/lvm" "$work/sbin/lvm"

new
virtio vda 254 3
virtio vdb 252 4
made_of md0 9:0 vda3 vdb3
mkdir "$made/md"
echo 1.2 >"$made/md/metadata_version"
# As a kernel that mounted it itself says.
root_on 9:0 xfs /dev/root
by_hand
row 'md' hooks_are linux_raid_member
row 'md: said in a line' says \
	'the root of this machine is on an md array: --with-md'
echo 33445566-7788-99aa-bbcc-ddeeff001122 >"$made/md/uuid"
by_hand
row 'md: the array keeps its name, whichever host made it' [ "$(content \
	etc/mdadm/mdadm.conf | tail -n 1)" = \
	'ARRAY /dev/md0 UUID=33445566:778899aa:bbccddee:ff001122' ]
mkdir "$m/etc/mdadm"
echo myserver >"$m/etc/hostname"
printf 'HOMEHOST <system>\nARRAY /dev/md/0 UUID=33445566:778899AA:bbccddee:ff001122' \
	>"$m/etc/mdadm/mdadm.conf"
by_hand
row 'md: <system> is this host, and what is named is named once' [ "$(content \
	etc/mdadm/mdadm.conf)" = "$(sed 1d "$m/etc/mdadm/mdadm.conf")
HOMEHOST myserver" ]
echo 'HOMEHOST other' >"$m/etc/mdadm/mdadm.conf"
by_hand
row 'md: a host that was named stays' [ "$(content etc/mdadm/mdadm.conf |
	grep -i homehost)" = 'HOMEHOST other' ]
echo external:imsm >"$made/md/metadata_version"
by_hand
row "md of a BIOS: refused" refused_on \
	"a BIOS RAID ('/dev/md0', external metadata), which needs mdmon"

# Its device number is nobody's, and the mount table names one of its devices.
new
virtio vda 254 3
virtio vdb 252 4
mapped dm-0 0 "CRYPT-LUKS2-$hex-one" one vda3
mapped dm-1 1 "CRYPT-LUKS1-22222222000040008000000000000003-two" two vdb3
root_on 0:25 btrfs /dev/mapper/one
mkdir -p "$m/sys/fs/btrfs/uuid/devices"
ln -s /sys/devices/virtual/block/dm-0 "$m/sys/fs/btrfs/uuid/devices/dm-0"
ln -s /sys/devices/virtual/block/dm-1 "$m/sys/fs/btrfs/uuid/devices/dm-1"
by_hand -m virtio_blk
row 'btrfs on two LUKS: both are opened' [ "$(content etc/pintle/hooks |
	sed 's/.* //' | tr '\n' ' ')" = 'one two luks-%u ' ]
row 'btrfs: its driver is in a list that lacks it' \
	grep -q '/btrfs\.' "$image"

# /usr alone, the swap alone.
plain
mapped dm-1 1 LVM-abc vg-usr vda3
echo '30 27 253:1 / /usr rw - ext4 /dev/mapper/vg-usr rw' \
	>>"$m/proc/self/mountinfo"
by_hand
row 'only /usr is on LVM' hooks_are LVM2_member
row 'only /usr is on LVM: said' says '/usr of this machine is on LVM: --with-lvm'
plain
mapped dm-0 0 "CRYPT-LUKS2-$hex-cswap" cswap vda3
echo 'ro resume=/dev/mapper/cswap quiet' >"$m/proc/cmdline"
by_hand
row 'only the swap to resume from is in LUKS' hooks_are crypto_LUKS
plain
by_hand
row 'a root on a partition: no hooks' not holds etc/pintle/hooks
row 'a root on a partition: and nothing is said' not prints_like 'of this machine'

# A driver that a generic image lacks.
plain
mkdir -p "$m/sys/module/nfit" "$m/sys/bus/acpi/drivers/nfit" \
	"$m/sys/devices/LNXSYSTM:00/ACPI0012:00"
ln -s /sys/module/nfit "$m/sys/bus/acpi/drivers/nfit/module"
ln -s /sys/bus/acpi/drivers/nfit \
	"$m/sys/devices/LNXSYSTM:00/ACPI0012:00/driver"
device pmem0 259:0 LNXSYSTM:00/ACPI0012:00/ndbus0/block/pmem0
root_on 259:0 ext4 /dev/pmem0
by_hand
row "the root's disk hangs on a driver that few have" \
	[ "$(content etc/pintle/drivers | grep -c '/nfit\.')" = 1 ]
row 'and nothing is said of one that there is' not prints_like 'hangs on the driver'
mkdir "$m/sys/module/of_dkms"
ln -sfn /sys/module/of_dkms "$m/sys/bus/acpi/drivers/nfit/module"
by_hand
row "a driver that the image's kernel does not have: said" says \
	"this machine's root hangs on the driver 'of_dkms', which kernel $release does not have"

# What a disk's host needs hangs on another branch: by the links of the kernel, and
# by the device tree alone. Neither is on any list, and the disk is not the root's.
driven() { # DIRECTORY MODULE
	mkdir -p "$m/sys/devices/$1" "$m/sys/module/$2"
	mkdir -p "$m/sys/bus/platform/drivers/$2"
	ln -sfn "/sys/module/$2" "$m/sys/bus/platform/drivers/$2/module"
	ln -s "/sys/bus/platform/drivers/$2" "$m/sys/devices/$1/driver"
}
plain
device vdx 252:0 platform/host/block/vdx
driven platform/clock xts
driven platform/regulators/chip dm_crypt
link=virtual/devlink/platform:clock--platform:host
mkdir -p "$m/sys/devices/$link"
ln -s /sys/devices/platform/clock "$m/sys/devices/$link/supplier"
ln -s "/sys/devices/$link" "$m/sys/devices/platform/host/supplier:platform:clock"
nodes=$m/sys/firmware/devicetree/base
mkdir -p "$nodes/host" "$nodes/chip/out1"
printf '\0\0\1\7' >"$nodes/chip/out1/phandle"
printf '\0\0\0\2' >"$nodes/host/phandle"
printf '\0\0\1\7' >"$nodes/host/vmmc-supply"
ln -s ../../../firmware/devicetree/base/host \
	"$m/sys/devices/platform/host/of_node"
ln -s ../../../../firmware/devicetree/base/chip \
	"$m/sys/devices/platform/regulators/chip/of_node"
by_hand --kind host
row '--kind host: a supplier that the kernel links' \
	[ "$(content etc/pintle/drivers | grep -c '/xts\.')" = 1 ]
row '--kind host: a supplier that the device tree names' \
	[ "$(content etc/pintle/drivers | grep -c '/dm-crypt\.')" = 1 ]
root_on 252:0 ext4 /dev/vdx
by_hand --kind generic
row "the suppliers of the root's disk, whatever the kind" \
	[ "$(content etc/pintle/drivers | grep -c -e '/xts\.' -e '/dm-crypt\.')" = 2 ]

# ---- what pintle cannot set up
unsupported() { # UUID-OF-DM TEXT
	luks_lvm
	echo "$1" >"$m/sys/devices/virtual/block/dm-0/dm/uuid"
	previous
	by_hook
	row "refused, the image before stays: $2" refused_on "$2"
}
unsupported mpath-3600 "multipath ('/dev/mapper/vda3_crypt')"
unsupported CRYPT-PLAIN-x "plain of cryptsetup, which is not LUKS ('/dev/mapper/vda3_crypt')"
unsupported CRYPT-VERITY-x "verity of cryptsetup, which is not LUKS ('/dev/mapper/vda3_crypt')"
unsupported '' "'/dev/mapper/vda3_crypt', a device of the mapper that neither cryptsetup nor LVM made"
by_hand --machine other
row 'somebody knows better' exits 0
disk_at() { # NAME DIRECTORY TEXT
	new
	device "$1" 8:0 "$2/block/$1"
	root_on 8:0 ext4 "/dev/$1"
	by_hand
	row "refused, the image before stays: $3" refused_on "$3"
}
disk_at sda platform/host3/session1/target3:0:0/3:0:0:0 "iSCSI ('/dev/sda')"
disk_at nbd0 virtual "a network block device ('/dev/nbd0')"
new
device bcache0 251:0 virtual/block/bcache0
mkdir "$m/sys/devices/virtual/block/bcache0/bcache"
root_on 251:0 ext4 /dev/bcache0
by_hand
row 'refused: bcache' refused_on "bcache ('/dev/bcache0')"
new
device nvme0n1 259:0 virtual/nvme-fabrics/ctl/nvme0/nvme0n1
ln -s .. "$m/sys/devices/virtual/nvme-fabrics/ctl/nvme0/nvme0n1/device"
echo tcp >"$m/sys/devices/virtual/nvme-fabrics/ctl/nvme0/transport"
root_on 259:0 ext4 /dev/nvme0n1
by_hand
row 'refused: NVMe over a network' refused_on "NVMe over tcp ('/dev/nvme0n1')"
plain
root_on 0:30 zfs rpool/ROOT
by_hand
row 'refused: ZFS' refused_on ZFS
root_on 0:32 bcachefs /dev/vda3:/dev/vdb3
by_hand
row 'refused: bcachefs of several devices' refused_on \
	'a bcachefs of several devices'
root_on 0:33 fuse.mergerfs a:b
by_hand
row 'refused: what a program serves' refused_on \
	'a file system that a program serves (fuse.mergerfs)'
root_on 0:31 nfs4 10.0.0.1:/srv/root
by_hand --with-nfs
row 'NFS' exits 0
by_hand
row 'NFS: found' says 'the root of this machine is on NFS: --with-nfs'

# ---- crypttab
# line_is TEXT KIND PATTERN: crypttab's line for the root's device
line_is() {
	luks_lvm
	echo "vda3_crypt $1" >"$m/etc/crypttab"
	previous
	by_hook
}
for source in "UUID=\"$dashes\"" "/dev/disk/by-uuid/$dashes" PARTUUID=1234-03 \
	/dev/vda3 LABEL=crypt; do
	line_is "$source none luks"
	row "crypttab by $source: its name is known" [ "$(content \
		etc/pintle/hooks | sed -n 1p)" = "crypto_LUKS:$dashes ask /usr/sbin/cryptsetup open --type luks --key-file=- %d vda3_crypt" ]
done
line_is "UUID=$dashes none luks,discard,no-read-workqueue,keyslot=3,tries=3"
row 'crypttab: options that cryptsetup knows' [ "$(content etc/pintle/hooks |
	sed -n 1p)" = "crypto_LUKS:$dashes ask /usr/sbin/cryptsetup open --type luks --key-file=- --allow-discards --perf-no_read_workqueue --key-slot 3 %d vda3_crypt" ]
for line in '/etc/keys/root luks' 'none luks,keyscript=/x/y' \
	'none luks,tpm2-device=auto' '- fido2-device=auto'; do
	line_is "UUID=$dashes $line"
	row "crypttab: the root's key is not to be typed: refused: $line" kept
	row "crypttab: and said: $line" prints_like \
		"this machine needs 'vda3_crypt' of /etc/crypttab, which is opened by"
	options='--compress none --with-crypt'
	by_hook
	row "crypttab: somebody types all the same: $line" \
		hooks_are crypto_LUKS LVM2_member
done
line_is "UUID=$dashes /etc/keys/root luks,keyfile-size=4"
mkdir "$m/etc/keys"
echo secret >"$m/etc/keys/root"
by_hand --with-keyfile '/etc/keys/*'
row "crypttab: the root's key, asked for: in, and the image is its owner's" [ \
	"$(stat -c %a "$image") $(content etc/pintle/keys/vda3_crypt)" = '600 secret' ]
row "crypttab: the root's key, asked for: tried before anybody is asked" [ "$(content \
	etc/pintle/hooks | sed -n 1p)" = "crypto_LUKS:$dashes each /usr/sbin/cryptsetup open --type luks --key-file=/etc/pintle/keys/vda3_crypt --keyfile-size=4 %d vda3_crypt" ]
rm "$m/etc/keys/root"
by_hand --with-keyfile '/etc/keys/*'
row "crypttab: the root's key, asked for and not there: refused" kept
row "crypttab: the root's key, asked for and not there: said" prints_like \
	"opened by the key '/etc/keys/root', and that cannot go into the image: there is no such file"
row "crypttab: the root's key: line and column are said" prints \
	"  line 1, column 54: /etc/keys/root"
for line in '/dev/urandom swap' 'none header=/boot/header' 'none tcrypt'; do
	line_is "UUID=$dashes $line"
	row "crypttab: the root's device is no such: refused: $line" kept
done
luks_lvm
cat >>"$m/etc/crypttab" <<'END'
# a comment
cswap /dev/vdb1 /dev/urandom swap,cipher=aes-xts-plain64
data UUID=22222222-0000-4000-8000-000000000003 /etc/key luks,odd
stick /dev/sdz none luks
evil%u UUID=33333333-0000-4000-8000-000000000003 none luks
slow UUID=44444444-0000-4000-8000-000000000003 none luks,timeout=9,tries=1,headless=1
END
printf 'last UUID=55555555-0000-4000-8000-000000000003 none luks,noauto' \
	>>"$m/etc/crypttab"
by_hand
row 'crypttab: other lines are no reason to refuse' exits 0
row 'crypttab: a new key each time: left out, and said' says \
	"/etc/crypttab: 'cswap' is left out: it has a new key each time"
row 'crypttab: a key that is not there: said' prints_like \
	"/etc/crypttab: 'data': the key '/etc/key' is not in the image"
row 'crypttab: an option that is not honoured: said' prints_like \
	"/etc/crypttab: 'data': these of its options are not honoured: odd"
row 'crypttab: options about the asking: said, each' prints_like \
	"/etc/crypttab: 'slow': these of its options are not honoured: timeout=9 headless=1"
row 'crypttab: a last line without an end: read, and its option said' prints_like \
	"/etc/crypttab: 'last': these of its options are not honoured: noauto"
row 'crypttab: a device that cannot be known: said' prints_like \
	"/etc/crypttab: 'stick' is left out: the UUID of '/dev/sdz'"
row "crypttab: a name with signs that mean something: said" prints_like \
	"/etc/crypttab: 'evil%u' is left out"
row 'crypttab: and what is left out is not in' [ "$(content etc/pintle/hooks |
	grep -c -e cswap -e stick -e evil)" = 0 ]
luks_lvm
cat >>"$m/etc/crypttab" <<'END'
old UUID=22222222-0000-4000-8000-000000000003 /dev/urandom swap
data UUID=33333333-0000-4000-8000-000000000003 none luks,tries=0,password-echo=masked
END
by_hand
row 'crypttab: for a random key nobody is asked, whatever the disk holds' [ "$(
	content etc/pintle/hooks | grep -c \
		'^crypto_LUKS:22222222-0000-4000-8000-000000000003 never$'
)" = 1 ]
row 'crypttab: what the root does not need, and how it is asked for' [ "$(
	content etc/pintle/hooks | grep -c \
		'^crypto_LUKS:33333333-.* ask,tries=0,masked,optional '
)" = 1 ]

# ---- hibernation
luks_lvm
echo '/dev/mapper/debian--vg-swap_1 none swap sw 0 0' >"$m/etc/fstab"
by_hand
row 'swap, and nothing resumes from it: said' prints_like \
	"no parameter resumes from the swap '/dev/mapper/debian--vg-swap_1'.*--cmdline 'resume=/dev/mapper/debian--vg-swap_1'"
row 'swap: but it is not put in' not grep -q resume=/dev/mapper "$image"
by_hand --cmdline 'root=LABEL=x resume=/dev/mapper/debian--vg-swap_1'
row 'swap: the image resumes: not said' not prints_like 'no parameter resumes'
mkdir -p "$m/etc/initramfs-tools/conf.d"
echo RESUME=none >"$m/etc/initramfs-tools/conf.d/resume"
by_hand
row 'swap: the machine never hibernates: not said' \
	not prints_like 'no parameter resumes'

# ---- where the kernel does not say
new
rm -r "$m/sys"
mkdir "$m/sys"
by_hand --kind host
row '--kind host without /sys: refused' kept
row '--kind host without /sys: said' prints_like \
	'find the devices of this machine, for --kind host: /sys shows none'
plain
rm "$m/proc/self/mountinfo"
by_hand --kind host
row '--kind host without /proc: refused' kept
row '--kind host without /proc: said' prints_like \
	'find what is mounted on this machine, for --kind host: /proc/self/mountinfo shows nothing'
plain
rm -r "$m/sys/devices/pci0000:00" "$m/sys/dev/block" "$m/sys/class/block"
mkdir -p "$m/sys/devices/platform/clock"
echo platform:clock >"$m/sys/devices/platform/clock/modalias"
by_hand --kind host
row '--kind host, and /sys shows no disk: refused' kept
row '--kind host, and /sys shows no disk: said' prints_like \
	'find what the disks of this machine need: no device there asks'
new
rm -r "$m/sys"
mkdir "$m/sys"
by_hand
row 'a chroot that knows nothing: an image all the same' exits 0
row 'a chroot that knows nothing: said in a line' prints_like \
	'^pintle-mkinitramfs: what the root of this machine stands on cannot be seen'
echo '/dev/mapper/debian--vg-root / ext4 defaults 0 1' >"$m/etc/fstab"
echo "vda3_crypt UUID=$dashes none luks" >"$m/etc/crypttab"
by_hand
row 'a chroot: fstab names LVM, crypttab LUKS' hooks_are crypto_LUKS LVM2_member
printf '%s\n' 'one /dev/mapper/two none luks' 'two /dev/mapper/one none luks' \
	'vda3_crypt UUID=x none luks' >"$m/etc/crypttab"
echo '/dev/mapper/one / ext4 defaults 0 1' >"$m/etc/fstab"
by_hand
row 'a chroot: lines of crypttab that name each other come to an end' kept
printf 'vda3\\137crypt UUID=%s none luks\r\n' "$dashes" >"$m/etc/crypttab"
echo '/dev/mapper/vda3_crypt / ext4 defaults 0 1' >"$m/etc/fstab"
by_hand
row 'a chroot: crypttab is read as the image reads it' [ "$(content \
	etc/pintle/hooks | sed -n 1p)" = "crypto_LUKS:$dashes ask /usr/sbin/cryptsetup open --type luks --key-file=- %d vda3_crypt" ]
echo "UUID=$dashes / ext4 defaults 0 1" >"$m/etc/fstab"
echo 'cswap /dev/sda1 /dev/hwrng swap' >"$m/etc/crypttab"
by_hand
row 'a chroot: a random key says nothing of the root' not holds etc/pintle/hooks
echo "vda3_crypt UUID=$dashes none luks" >"$m/etc/crypttab"
by_hand
row 'a chroot: only crypttab tells' hooks_are crypto_LUKS
echo '/dev/mapper/vda3_crypt / ext4 defaults 0 1' >"$m/etc/fstab"
echo "vda3_crypt UUID=$dashes /etc/key luks" >"$m/etc/crypttab"
by_hand
row "a chroot: the root's own line is of a kind that nobody can open" kept
rm "$m/etc/crypttab"
echo '/dev/md0 / ext4 defaults 0 1' >"$m/etc/fstab"
by_hand
row 'a chroot: fstab names an array' hooks_are linux_raid_member
plain
rm "$m/sys/dev/block/"* "$m/sys/class/block/"*
root_on 0:40 overlay overlay
by_hand --kind host
row 'a container: the drivers of its devices, and any file system' \
	[ "$(content etc/pintle/drivers | grep -c -e /virtio_blk -e /xfs -e /btrfs\.)" = 3 ]

# ---- the image before
before=$image.before-pintle
plain
previous
by_hook
first_kept() {
	[ "$status" = 0 ] && cmp "$before" "$work/previous" &&
		content init | cmp -s - "$PINTLE"
}
row 'the image before stays under another name' first_kept
row 'and it is said where' says "the previous image is kept as '$before'"
options='--compress none --cmdline quiet'
by_hook
row 'another image that has not booted: what was kept stays' first_kept
# booted NAME: the report of a boot by an image of that name
booted() {
	printf '{\n  "pintle": "1",\n  "kernel": "x",\n  "image": "%s",\n}\n' \
		"$1" >"$work/run/pintle/report.json"
}
printf '#!/bin/sh\necho %s\n' "$release" >"$work/bin/uname"
chmod 755 "$work/bin/uname"
good() {
	on_machine "$work/lib/pintle/image-good" "$boot"
}
good
row 'no report of a boot: it stays' first_kept
booted 1234
good
row 'another image has booted: it stays' first_kept
booted "$(content etc/pintle/image)"
printf '#!/bin/sh\necho other\n' >"$work/bin/uname"
good
row "it was another kernel's: it stays" first_kept
printf '#!/bin/sh\necho %s\n' "$release" >"$work/bin/uname"
good
row 'this image has booted: what was kept is gone' \
	[ "$(ls -A "$boot")" = "${image##*/}" ]
cp "$image" "$work/previous"
options='--compress none --cmdline other'
by_hook
row 'the next one keeps the one that has booted' \
	cmp "$before" "$work/previous"
booted "$(content etc/pintle/image)"
cp "$image" "$work/previous"
options='--compress none --cmdline third'
by_hook
row 'made without a step at boot: the same by the hook' \
	cmp "$before" "$work/previous"
for how in gzip zstd xz; do
	options="--compress $how --cmdline $how"
	previous
	by_hook
	mkdir -p "$work/unpacked"
	booted "$($how -dc <"$image" | cpio -i --quiet --to-stdout \
		etc/pintle/image)"
	good
	row "its name is read from an image by $how" [ ! -e "$before" ]
done

# The same files, which another kernel might not unpack.
options='--compress gzip --cmdline same'
previous
by_hook
booted "$(gzip -dc <"$image" | cpio -i --quiet --to-stdout etc/pintle/image)"
options='--compress xz --cmdline same'
by_hook
cp "$before" "$work/previous"
good
row 'packed in another way it has not booted' cmp "$before" "$work/previous"

# Microcode is in an archive of its own, in front.
options='--compress zstd'
previous
by_hook
booted "$(zstd -dc <"$image" | cpio -i --quiet --to-stdout etc/pintle/image)"
mkdir -p "$work/early/kernel/x86/microcode"
echo code >"$work/early/kernel/x86/microcode/GenuineIntel.bin"
{ (cd "$work/early" && find kernel | cpio -o -H newc --quiet) && cat "$image"; } \
	>"$work/with-microcode"
cp "$work/with-microcode" "$image"
good
row 'its name is read behind microcode' [ ! -e "$before" ]

# A file system without second names, as FAT.
options='--compress none'
printf '#!/bin/sh\n[ "$1" != -- ] || exit 1\nexec /bin/ln "$@"\n' \
	>"$work/bin/ln"
chmod 755 "$work/bin/ln"
previous
by_hook
row 'no second names: a copy is kept' first_kept
row 'no second names: and it is one' \
	[ "$(stat -c %h "$before") $(find "$boot" -type f | wc -l)" = '1 2' ]
rm "$work/bin/ln"

# With two images, the first of the package's own.
previous
cp "$image" "$before"
echo "older" >"$before"
echo "older" >"$work/older"
by_hook
row 'what was kept before is not replaced by what never booted' \
	cmp "$before" "$work/older"
on_machine "$TOP/initramfs/kernel/postrm" "$release" "$boot/vmlinuz-$release"
row 'the kernel goes: both go' [ -z "$(ls -A "$boot")" ]
previous
cp "$image" "$before"
echo KERNEL_IMAGES=no >"$m/etc/default/pintle"
on_machine "$TOP/initramfs/kernel/post-update" "$release" "$image"
row 'switched off, and another generator made one: none is kept' \
	[ "$(ls -A "$boot")" = "${image##*/}" ]
# The package goes, and no other generator makes the image.
previous
cp "$image" "$before"
echo pintle >"$image"
echo KERNEL_IMAGES=yes >"$m/etc/default/pintle"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/update-initramfs"
chmod 755 "$work/bin/update-initramfs"
on_machine sh "$TOP/initramfs/debian/make-again" remove
row 'the package goes: the image before is back' untouched
# Killed between the second name and the new image: nothing is lost.
for program in sync mv; do
	previous
	printf '#!/bin/sh\ncase $* in\n*pintle-mkin*) ;;\n*) exec /bin/%s "$@" ;;\nesac\nkill -KILL 0\n' \
		$program >"$work/bin/$program"
	chmod 755 "$work/bin/$program"
	status=0
	printf 'KERNEL_IMAGES=yes\nMKINITRAMFS_OPTIONS="%s"\n' "$options" \
		>"$m/etc/default/pintle"
	# shellcheck disable=SC2086 # options
	PATH=$work/bin:$PATH setsid -w $unshare sh "$work/enter" \
		"$TOP/initramfs/kernel/postinst" "$release" \
		"$boot/vmlinuz-$release" >"$work/out" 2>&1 || status=$?
	rm "$work/bin/$program"
	whole() {
		[ "$status" != 0 ] && cmp "$image" "$work/previous" &&
			{ [ ! -e "$before" ] || cmp "$before" "$work/previous"; }
	}
	row "killed at $program: the image before is there" whole
	by_hook
	row "killed at $program, and made again: kept" first_kept
done
# /boot is never filled.
cat >"$work/small" <<'END'
mount -t tmpfs -o "size=$1k" tmpfs "$2"
cp "$3" "$2/"
shift 3
status=0
"$@" || status=$?
ls -lA "$boot"
cmp "$image" "$work/previous" || status=99
exit $status
END
export image
previous
cp "$image" "$work/${image##*/}"
by_hook
kib=$(($(stat -c %s "$image") / 1024))
on_machine sh "$work/small" $((kib + 900)) "$boot" "$work/${image##*/}" \
	"$TOP/initramfs/kernel/postinst" "$release" "$boot/vmlinuz-$release"
row 'no room: said before anything is written' prints_like \
	"write '.*': it has [0-9]* bytes, and '$boot/' has room for [0-9]* KiB"
row 'no room: the image before stays' not exits 99
row 'no room: and nothing beside it' [ "$(printf '%s\n' "$out" |
	grep -c '^-')" = 1 ]
finish
