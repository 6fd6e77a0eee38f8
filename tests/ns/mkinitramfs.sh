#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031 # the PATH of a subshell is for that alone
#
# The image builder: what is in an image, that two runs give the same bytes,
# and that a run that fails or is interrupted leaves the image before it.
#
# needs: nothing
# host: KERNEL scripts/kernel 6.12
# host: FULL scripts/kernel --full 6.1
# host: KLIBC scripts/debian-tree busybox-static klibc-utils util-linux
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/ns/images.sh
. "$(dirname "$0")/images.sh"
top=${TOP:?}

# with the modules of a real kernel
make_for() {
	make -k "$release" -b "$kernel" "$@"
}

# ls_inside DIRECTORY OF-IT: what ls, a program in there, shows with what is in
# there alone. In a chroot nobody may make a user namespace, and root needs none.
# Where neither can be had, the loader in there must find each library there.
ls_inside() {
	if chroot / true 2>/dev/null; then
		chroot "$1" /bin/ls "$2"
	elif unshare -r chroot / true 2>/dev/null; then
		unshare -r chroot "$1" /bin/ls "$2"
	else
		set -- "$1" "$1$2" "$1"/lib*/ld-*.so.* --inhibit-cache --library-path \
			"$(find "$1" -name '*.so*' -printf '%h:')"
		(
			inside=$1 listed=$2
			shift 2
			"$@" --list "$inside/bin/ls" >"$work/libraries" &&
				! grep '=> ' "$work/libraries" | grep -vF "=> $inside/" &&
				"$@" "$inside/bin/ls" "$listed"
		)
	fi
}

echo data >"$work/data"
for how in none gzip xz zstd; do
	make_for -m virtio_blk --compress $how
	row "$how: made" exits 0
	cp "$image" "$work/first"
	sleep 1.1 # so that a time in it would show
	make_for -m virtio_blk --compress $how
	row "$how: two runs give the same bytes" cmp -s "$image" "$work/first"
done

# -- what tells a whole image from one that was cut

row_order() { # pintle's beginning is before /init, and its end is the last
	[ "$(names | tail -n 1)" = etc/pintle/end ] &&
		names | grep -xE 'etc/pintle/begin|init' | head -n 1 |
		grep -qx etc/pintle/begin &&
		[ "$(names | grep -cx 'etc/pintle/end')" = 1 ]
}
make_for --compress none -m virtio_blk
row "the end of an image is its last member" row_order
make --compress none --kind list
row "nothing but /init: nothing else" [ "$(names | tr '\n' ' ')" = \
	'dev init proc run sys ' ]

# -- pintle by its name, for who is at the shell

make --compress none --kind list --add "$busybox:/bin/sh"
row "with a shell: /sbin/pintle is /init" \
	[ "$(cpio -itv --quiet <"$image" | sed -n 's/.* sbin.pintle -> //p')" = /init ]
make --compress none --kind list --add "$busybox:/bin/sh" \
	--add "$work/data:/sbin/pintle"
row "with a /sbin/pintle of one's own: that one" [ "$(content sbin/pintle)" = data ]
mkdir -p "$work/links/usr/sbin"
ln -s usr/sbin "$work/links/sbin"
make --compress none --kind list --add "$busybox:/bin/sh" --add "$work/links:/"
row "/sbin is a link in the image: through it" holds usr/sbin/pintle
mkdir "$work/outside"
ln -sfn "$work/outside" "$work/links/sbin"
make --compress none --kind list --add "$busybox:/bin/sh" --add "$work/links:/"
row "/sbin is a link that leads out: made" exits 0
row "/sbin is a link that leads out: nothing is written there" \
	[ -z "$(ls "$work/outside")" ]
status=0
# shellcheck disable=SC2016 # $0 is of the other shell
out=$("$busybox" sh -c 'exec -a /init "$0" probe --nonsense' "$PINTLE" 2>&1) ||
	status=$?
row "/init probe is the command, but not for process 1" prints_like \
	'^pintle: probe: usage: '

make_for --compress none -m virtio_blk -m btrfs --cmdline 'root=/dev/vda  ro' \
	--add "$work/data:/etc/some/data"
row "holds /init" holds init
row "holds what was added" holds etc/some/data
row "holds the default parameters as given" \
	[ "$(content etc/pintle/cmdline)" = 'root=/dev/vda  ro' ]
listed=$(content etc/pintle/modules)
row "each module that is listed is in it" \
	[ -z "$(printf '%s\n' "$listed" | while read -r path rest; do
		holds "${path#/}" || echo "$path"
	done)" ]
# line_of MODULE: where it stands in the list
line_of() {
	printf '%s\n' "$listed" | grep -n "/$1\.ko" | cut -d: -f1
}
row "what a module depends on is listed before it" \
	[ "$(line_of raid6_pq)" -lt "$(line_of btrfs)" ]
row "no module is listed twice" \
	[ -z "$(printf '%s\n' "$listed" | sort | uniq -d)" ]

# Without -m: an index, and nothing that is loaded in any case.
make_for --compress none
row "generic: made" exits 0
row "generic: no list of modules" not holds etc/pintle/modules
content etc/pintle/drivers >"$work/drivers"
content etc/pintle/aliases >"$work/aliases"
content etc/pintle/absent >"$work/absent"
row "generic: each module of the index is in it" \
	[ -z "$(while read -r _ path _; do
		holds "${path#/}" || echo "$path"
	done <"$work/drivers")" ]
# shellcheck disable=SC2016 # awk's
row "generic: nothing needs what comes later" awk '{
	count = split($1, needs, ",")
	for (i = 1; i <= count && $1 != "-"; i++)
		if (needs[i] + 0 >= NR - 1)
			exit 1
}' "$work/drivers"
row "generic: aliases are sorted by byte" env LC_ALL=C sort -c "$work/aliases"
# number MODULE: where it is in the index, from 0
number() {
	awk -v name="/$1\\.ko" '$2 ~ name { print NR - 1 }' "$work/drivers"
}
row "generic: a device's pattern leads to its driver" grep -qxF \
	"virtio:d00000002v* $(number virtio_blk)" "$work/aliases"
row "generic: what a module depends on is named" \
	grep -qE "^([0-9]+,)*$(number scsi_mod)(,[0-9]+)* .*/sd_mod\.ko" \
	"$work/drivers"
row "generic: no driver that needs the network" \
	not grep -qE '/drivers/net/|/iscsi_tcp' "$work/drivers"
row "generic: not what few have" not grep -q '/libnvdimm\.' "$work/drivers"
row "generic: but it is known by name" grep -qxF \
	"acpi*:ACPI0012:* nfit" "$work/absent"
cp "$image" "$work/first"
for awk in mawk gawk busybox; do
	mkdir "$work/awk-$awk"
	ln -s "$(command -v $awk)" "$work/awk-$awk/awk"
	out=$(PATH=$work/awk-$awk:$PATH "$top/initramfs/pintle-mkinitramfs" \
		--pintle "$PINTLE" -o "$image" -k "$release" -b "$kernel" \
		--compress none 2>&1)
	row "generic: the same by $awk's awk" cmp "$image" "$work/first"
	row "generic: and $awk says nothing" [ -z "$out" ]
done
make_for --compress none --kind full
content etc/pintle/drivers >"$work/full"
row "generic: nor is there a file system that few roots are on" \
	not grep -q '/udf\.' "$work/drivers"
row "generic: but it is known by name" grep -qxF 'fs_udf udf' "$work/absent"
row "full: which has it" grep -q '/udf\.' "$work/full"
row "full: what few have" grep -q '/libnvdimm\.' "$work/full"
row "full: and all that generic has" [ -z "$(sed 's/^[^ ]* //' \
	"$work/drivers" | grep -vxF "$(sed 's/^[^ ]* //' "$work/full")")" ]

mkdir -p "$work/base/lib/modules" "$work/base/etc/modprobe.d" \
	"$work/base/lib/firmware/qlogic"
ln -s "$kernel/lib/modules/$release" "$work/base/lib/modules/$release"
cat >"$work/base/etc/modprobe.d/rows.conf" <<END
blacklist virtio-scsi
options virtio_blk num_request_queues=3
alias rows:* xfs
softdep loop pre: isofs post: squashfs
install f2fs /bin/true
install erofs /sbin/modprobe --ignore-install erofs; echo
END
make -k "$release" -b "$work/base" --compress none --kind generic -m xfs
content etc/pintle/drivers >"$work/drivers"
content etc/pintle/aliases >"$work/aliases"
row "modprobe.d: no alias leads to what is blacklisted" \
	not grep -q " $(number virtio_scsi)\$" "$work/aliases"
row "modprobe.d: options are in the index" \
	grep -q '/virtio_blk\.ko[.xz]* num_request_queues=3$' "$work/drivers"
row "modprobe.d: aliases are in the index" \
	grep -qx "rows:\* $(number xfs)" "$work/aliases"
needs() {
	sed -n "$(($(number "$1") + 1))s/ .*//p" "$work/drivers" |
		tr , '\n' | grep -qx "$(number "$2")"
}
row "modprobe.d: a soft dependency is loaded before" needs loop isofs
row "modprobe.d: one that comes after is loaded after" needs squashfs loop
row "modprobe.d: and by what leads to the other" grep -qxF \
	"devname:loop_control $(number squashfs)" "$work/aliases"
row "modprobe.d: what is not to be installed is not in it" \
	not grep -q /f2fs "$work/drivers"
row "modprobe.d: a command to install: said" \
	prints_like "has a command to 'install' each of these.* erofs"
row "modules may be named besides" \
	[ -n "$(content etc/pintle/modules | grep '/xfs\.ko')" ]

# In a list all are unpacked; in larger images what this kernel cannot unpack, and
# what most roots wait for. xz it can. (Debian's kmod knows no gzip.)
mkdir -p "$work/packed/lib/modules/$release/kernel"
for how in zstd:virtio_input xz:virtio_balloon none:virtio_mmio \
	xz:virtio_scsi; do
	name=${how##*:}
	file=$work/packed/lib/modules/$release/kernel/$name.ko
	xz -dc "$kernel/lib/modules/$release"/kernel/drivers/*/"$name".ko.xz \
		>"$file"
	case $how in
	zstd*) zstd -q --rm "$file" ;;
	xz*) xz --check=crc32 "$file" ;;
	esac
done
cp "$kernel/lib/modules/$release/config" "$work/packed/lib/modules/$release/"
/sbin/depmod -b "$work/packed" "$release" 2>"$work/error"
packed() {
	make -k "$release" -b "$work/packed" --compress none -m virtio_mmio \
		-m virtio_input -m virtio_balloon -m virtio_scsi "$@"
	listed=$(content etc/pintle/modules | sed 's|.*/||' | tr '\n' ' ')
}
packed --kind generic
row "modules packed in three ways: made" exits 0
row "modules packed in three ways: as this kernel can unpack them" \
	[ "$listed" = \
	'virtio_mmio.ko virtio_input.ko virtio_balloon.ko.xz virtio_scsi.ko ' ]
packed
row "modules packed in three ways: unpacked in a list" [ "$listed" = \
	'virtio_mmio.ko virtio_input.ko virtio_balloon.ko virtio_scsi.ko ' ]
# A machine that has no xz.
mkdir "$work/no-xz"
for dir in /usr/bin /usr/sbin /bin /sbin; do
	ln -s "$dir"/* "$work/no-xz/" 2>/dev/null
done
rm "$work/no-xz/xz"
PATH=$work/no-xz "$top/initramfs/pintle-mkinitramfs" --pintle "$PINTLE" \
	-o "$image" -k "$release" -b "$work/packed" --compress none \
	-m virtio_balloon -m virtio_scsi
row "modules packed by xz, and no xz: as they are" \
	[ "$(content etc/pintle/modules | sed 's|.*/||' | tr '\n' ' ')" = \
	'virtio_balloon.ko.xz virtio_scsi.ko.xz ' ]

# The kind of image that has what one machine asks for.
printf '%s\n' 'virtio:d00000008v00001AF4' 'scsi:t-0x00' fs-xfs \
	'pci:v0000DEADd0000BEEFsv*' >"$work/devices"
make_for --compress none --kind host --devices "$work/devices"
content etc/pintle/drivers >"$work/drivers"
row "host: the drivers that were asked for, and what they need" \
	[ "$(sed 's|.*/||; s|\.ko.*||' "$work/drivers" | sort | tr '\n' ' ')" = \
	"$(for name in virtio_scsi sd_mod xfs efivarfs; do
		/sbin/modprobe -d "$kernel" -S "$release" --show-depends $name
	done | sed -n 's|.*/||; s|\.ko.*||p' | sort -u | tr '\n' ' ')" ]
content etc/pintle/aliases >"$work/aliases"
row "host: a disk's modalias leads to its driver" \
	grep -qxF "scsi:t_0x00* $(number sd_mod)" "$work/aliases"
row "host: other drivers are known by name" \
	[ "$(content etc/pintle/absent | grep -cx \
		'virtio:d00000002v\* virtio_blk')" = 1 ]
echo fs-udf >>"$work/devices"
make_for --compress none --kind host --devices "$work/devices"
row "host: a file system that few roots are on, as asked for" \
	[ "$(content etc/pintle/drivers | grep -c '/udf\.')" = 1 ]
# This machine's own, by its /sys: what its disks hang on, as modprobe says.
asked_by_disks() {
	for disk in /sys/block/*/device; do
		at=$(readlink -f "$disk")
		while [ "${at#/sys/devices/}" != "$at" ]; do
			cat "$at/modalias" 2>/dev/null
			at=${at%/*}
		done
	done | sort -u | while read -r alias; do
		/sbin/modprobe -d "$kernel" -S "$release" --show-depends \
			"$alias" 2>/dev/null
	done | sed -n 's| *$||; s|\.xz$||; s|^insmod .*/||p' | sort -u
}
make_for --compress none --kind host
row "host: made by the devices of this machine" exits 0
content etc/pintle/drivers | sed 's|.*/||' | sort >"$work/drivers"
asked_by_disks >"$work/asked"
row "host: all that disks of this machine want" \
	[ -z "$(comm -13 "$work/drivers" "$work/asked")" ]
make_for --kind generic --devices "$work/devices"
row "another kind has no list of devices" prints_like 'for --kind host'

# Over the network: nothing of it is there unless it is asked for (above).
klibc=${KLIBC:?}
make_for --compress none --with-nfs --sysroot "$klibc"
row "nfs: made" exits 0
names >"$work/names"
row "nfs: ipconfig is in it" grep -qx bin/ipconfig "$work/names"
row "nfs: and its library" grep -q '^lib/klibc-.*\.so$' "$work/names"
content etc/pintle/drivers >"$work/drivers"
content etc/pintle/aliases >"$work/aliases"
row "nfs: a network card's driver is in the index" grep -qxF \
	"virtio:d00000001v* $(number virtio_net)" "$work/aliases"
row "nfs: its versions are found by name" grep -qxF \
	"nfsv4 $(number nfsv4)" "$work/aliases"
make_for --compress none --with-nfs --sysroot "$klibc" -m virtio_blk
content etc/pintle/drivers >"$work/drivers"
row "nfs: with -m it is in the index too" \
	grep -q '/nfsv3\.ko' "$work/drivers"
row "nfs: but no network card's driver that was not named" \
	not grep -q '/drivers/net/' "$work/drivers"
mkdir "$work/empty"
make_for --with-nfs --sysroot "$work/empty"
row "nfs: without ipconfig: said" prints_like \
	"add ipconfig: there is no '$work/empty/usr/lib/klibc/bin/ipconfig'"

make_for --kind some
row "an unknown kind: named" prints_like "'some' is not generic, full,"

make_for --compress none -m nvme -v
row "a driver that is built in or not is fine" exits 0

cp "$image" "$work/first"
make_for -m no_such_driver
row "an unknown driver: status" not exits 0
row "an unknown driver: named" prints_like 'no_such_driver'
row "an unknown driver: the image before it stays" \
	cmp -s "$image" "$work/first"
make_for --add "$work/none"
row "a file to add that is not there: named" prints_like "add '$work/none'"
row "nothing else is left beside the image" \
	[ -z "$(find "$work" -name '.pintle-mkinitramfs*')" ]

# Interrupted while it compresses: xz waits for a pipe that never ends.
mkdir "$work/bin"
mkfifo "$work/stuck"
cat >"$work/bin/xz" <<END
#!/bin/sh
echo started >"$work/stuck"
exec sleep 60
END
chmod 755 "$work/bin/xz"
(
	PATH=$work/bin:$PATH
	exec "$top/initramfs/pintle-mkinitramfs" --pintle "$PINTLE" \
		-o "$image" -k "$release" -b "$kernel" -m virtio_blk \
		--compress xz >/dev/null 2>&1
) &
maker=$!
read -r _ <"$work/stuck"
kill -TERM "$maker"
pkill -TERM -P "$maker" 2>/dev/null
wait "$maker"
row "interrupted: the image before it stays" cmp -s "$image" "$work/first"
row "interrupted: nothing else is left" \
	[ -z "$(find "$work" -name '.pintle-mkinitramfs*')" ]

mkdir "$work/empty"
make --kind list -b "$work/empty" --compress none
row "no modules at all: an image of /init alone, and places for mounts" \
	[ "$(names | tr "\n" " ")" = "dev init proc run sys " ]
row "no modules at all: says so" prints_like 'holds /init and no driver'
make -b "$work/empty" -m ext4
row "no modules but some asked for: an error" not exits 0
make -k 1.2.3 -b "$kernel"
row "another kernel's version: the versions that exist" prints "  $release"

# Microcode: an archive of its own in front, as the kernel wants it.
firmware=$work/empty/lib/firmware
own=$(awk -F ': *' '
	/^(vendor_id|cpu family|model|stepping)[ \t]*:/ { at[++n] = $2 }
	n == 4 { exit }
	END {
		if (at[1] == "GenuineIntel")
			printf "intel-ucode/%02x-%02x-%02x\n", at[2], at[3], at[4]
		else if (at[2] < 21)
			print "amd-ucode/microcode_amd.bin"
		else
			printf "amd-ucode/microcode_amd_fam%02xh.bin\n", at[2]
	}' /proc/cpuinfo)
mkdir -p "$firmware/intel-ucode" "$firmware/amd-ucode"
printf one >"$firmware/intel-ucode/06-00-01"
printf two | xz >"$firmware/intel-ucode/06-00-02.xz"
printf amd >"$firmware/amd-ucode/microcode_amd_fam99h.bin"
printf signed >"$firmware/amd-ucode/microcode_amd_fam99h.bin.asc"
make --kind list -b "$work/empty" --compress none
row "microcode that is not put in: said" \
	prints_like 'which is not put in without --with-microcode'
cp "$image" "$work/first"
make --kind list -b "$work/empty" --compress none --with-microcode
row "microcode: made" exits 0
row "microcode: the first archive has nothing else" [ "$(names)" = \
	"$(printf '%s\n' kernel kernel/x86 kernel/x86/microcode \
		kernel/x86/microcode/AuthenticAMD.bin \
		kernel/x86/microcode/GenuineIntel.bin)" ]
row "microcode: all of a maker's, unpacked" \
	[ "$(content '*.bin')" = amdonetwo ]
row "microcode: then comes the image" \
	[ "$( (cpio -it --quiet >"$work/names" && cat) <"$image" | cksum)" = \
	"$(cksum <"$work/first")" ]
printf own >"$firmware/$own"
ln -s "$kernel/lib/modules" "$work/empty/lib/modules"
make -k "$release" -b "$work/empty" --compress none --with-microcode --kind host
row "microcode: of this machine alone" [ "$(content '*.bin')" = own ]
rm "$work/empty/lib/modules"
rm -r "${firmware:?}"
make --kind list -b "$work/empty" --with-microcode
row "no microcode there: named" \
	prints_like "there is none in '$work/empty/lib/firmware'"

# Programs that are not static, and helpers.
helper='lister auto 500ms keep /bin/ls "a b"'
make --kind list -b "$work/empty" --compress none --program /bin/ls --helper "$helper"
row "a helper and its program: made" exits 0
row "a helper's line is in it as given" \
	[ "$(content etc/pintle/helpers)" = "$helper" ]
mkdir "$work/inside"
(cd "$work/inside" && cpio -i --quiet -d) <"$image"
row "a program has all it needs to run there" \
	[ "$(ls_inside "$work/inside" /etc/pintle | tr '\n' ' ')" = \
	'begin end helpers os-release ' ]
row "without copy there is no list of what to copy" not holds etc/pintle/copy
echo /etc/plugin >"$work/list"
make --kind list -b "$work/empty" --compress none --program /bin/ls --program /bin/cat \
	--add "$PINTLE:/bin/run" --add "$work/list:/etc/pintle/copy" \
	--helper 'lister auto 1s keep,copy /bin/run helper -- /bin/ls /etc' \
	--helper 'cat auto 1s keep /bin/cat'
row "copy: the helper, what it runs, and what was added are listed" \
	[ "$(content etc/pintle/copy | grep -xE '/bin/run|/bin/ls|/etc/plugin' |
		tr '\n' ' ')" = '/bin/ls /bin/run /etc/plugin ' ]
# ls alone has the loader and libraries of ls; cat is the other's.
make --kind list -b "$work/empty" --compress none --program /bin/ls
libraries=$(names | grep "\.so" | sed "s|^|/|")
# A linker may put something else than zero before the loader's name.
cp /bin/ls "$work/odd"
at=$(LC_ALL=C grep -abo '/lib[^ ]*/ld-' "$work/odd" | head -n 1 | cut -d : -f 1)
printf x | dd of="$work/odd" bs=1 seek=$((at - 1)) conv=notrunc status=none
make --kind list -b "$work/empty" --compress none --program "$work/odd"
row "a program whose loader's name has another byte before it: the same" \
	[ "$(names | grep "\.so" | sed "s|^|/|")" = "$libraries" ]
make --kind list -b "$work/empty" --compress none --cmdline quiet
row "whose system the image is for, without a module in it" \
	[ "$(content etc/pintle/os-release)" = \
	"$(grep -E '^(IMAGE_)?ID=' /etc/os-release)" ]
make --kind list -b "$work/empty" --compress none --program /bin/ls --program /bin/cat \
	--helper 'lister auto 1s keep,copy /bin/ls' \
	--helper 'cat auto 1s keep /bin/cat'
row "copy: its loader and libraries are listed, others' programs not" \
	[ "$(content etc/pintle/copy)" = "$(printf '%s\n' /bin/ls "$libraries" |
		LC_ALL=C sort)" ]
make --kind list -b "$work/empty" --helper 'lister auto 1s keep /bin/ls'
row "a helper whose program is not there: named" \
	prints_like "its program '/bin/ls' is not in the image"
for wrong in 'ls magic 1s keep /bin/ls' 'ls auto 1 keep /bin/ls' \
	'ls auto 1s leave /bin/ls' 'ls auto 1s stop,copy /bin/ls' 'ls auto 1s keep'; do
	make --kind list -b "$work/empty" --program /bin/ls --helper "$wrong"
	row "refused as a helper: '$wrong'" not exits 0
done
make --kind list -b "$work/empty" --sysroot "$work/empty" --with-plymouth
row "no plymouth there: says which file is missing" \
	prints_like "there is no '$work/empty/usr/sbin/plymouthd'"
make --kind list -b "$work/empty" --with-plymouth=spinner
row "a theme that cannot be put in: named" prints_like 'with-plymouth=spinner'
make --kind list -b "$work/empty" --compress none --with-fsck
row "fsck: one program under the names of its types" \
	[ "$(names | grep -c '/fsck\.ext[234]$').$(names |
		grep -c '/e2fsck$')" = 3.1 ]
make --kind list -b "$work/empty" --with-fsck=ext4,xfs
row "fsck of what needs none: named" prints_like 'add fsck.xfs'
make --kind list -b "$work/empty" --sysroot "$work/empty" --with-fsck
row "no fsck there: says which" \
	prints_like "there is no '$work/empty/sbin/fsck.ext4'"

# What is said of them is checked here, what they do in machines.
mkdir -p "$work/kit/sbin" "$work/kit/etc"
for name in cryptsetup lvm mdadm; do
	cp "$busybox" "$work/kit/sbin/$name"
done
cat >"$work/kit/etc/crypttab" <<'END'
# NAME SOURCE KEY OPTIONS
vda3_crypt UUID=11111111-0000-4000-8000-000000000003 none luks,discard,x-initrd
data	UUID="22222222-0000-4000-8000-000000000003"	/etc/key	luks
other	/dev/sdb	none	luks
home	/dev/disk/by-uuid/33333333-0000-4000-8000-00000000000F	none	luks
part	PARTUUID=1234-03	none	luks
label	LABEL=crypt	none	luks
path	/dev/disk/by-partuuid/1234-04	none	luks
END
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-crypt
for left in "part' is left out: the UUID of 'PARTUUID=1234-03'" \
	"label' is left out: the UUID of 'LABEL=crypt'" \
	"path' is left out: the UUID of '/dev/disk/by-partuuid/1234-04'"; do
	row "crypttab of another machine: said: '$left" prints_like \
		"'$left cannot be known here; UUID=... in its place can"
done
row "crypttab: names and discard, by UUID; then any" \
	[ "$(content etc/pintle/hooks)" = "$(
		cat <<'END'
crypto_LUKS:11111111-0000-4000-8000-000000000003 ask /sbin/cryptsetup open --type luks --key-file=- --allow-discards %d vda3_crypt
crypto_LUKS:22222222-0000-4000-8000-000000000003 ask /sbin/cryptsetup open --type luks --key-file=- %d data
crypto_LUKS:33333333-0000-4000-8000-00000000000f ask /sbin/cryptsetup open --type luks --key-file=- %d home
crypto_LUKS ask /sbin/cryptsetup open --type luks --key-file=- %d luks-%u
END
	)" ]
row "what the kernel asks modprobe for can be found" \
	[ "$(content etc/pintle/aliases | grep -cE '^(dm_crypt|xts|aes) ')" = 3 ]

# Who is to type needs a keyboard, which the kernel for real machines has in
# modules.
full=${FULL:?}
printf '%s\n' 'usb:v0627p0001d0000dc00dsc00dp00ic03isc01ip01in00' \
	'hid:b0003g0001v00000627p00000001' 'acpi:PNP0C50:' \
	'virtio:d00000002v00001AF4' >"$work/devices"
keyboards() {
	make -k "$(cat "$full/release")" -b "$full" --compress none \
		--kind host --devices "$work/devices" --sysroot "$work/kit" "$@"
	content etc/pintle/drivers >"$work/drivers"
	content etc/pintle/aliases >"$work/aliases"
}
keyboards
row "keyboards: not where nobody types" \
	[ "$status $(grep -cE '/(hid|hid-generic|usbhid)\.' "$work/drivers")" = '0 0' ]
for how in --with-crypt "--add=$busybox:/bin/sh"; do
	keyboards "$how"
	how=${how%%=*}
	how=${how#--}
	row "keyboards, $how: on USB, by what they say they are" grep -qxF \
		"usb:v*p*d*dc*dsc*dp*ic03isc*ip*in* $(number usbhid)" \
		"$work/aliases"
	row "keyboards, $how: and any of them" grep -qxF \
		"hid:b*g*v*p* $(number hid-generic)" "$work/aliases"
	row "keyboards, $how: of a laptop that has it" grep -qxF \
		"acpi*:PNP0C50:* $(number i2c-hid-acpi)" "$work/aliases"
done
row "keyboards: none of them leads to a disk" \
	[ "$(content etc/pintle/absent | grep -c ' hid_')" = 0 ]

make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-crypt
row "no shell, no /sbin/pintle" not holds sbin/pintle
row "modprobe is pintle" \
	[ "$(cpio -itv --quiet <"$image" | sed -n 's/.* sbin.modprobe -> //p')" = /init ]
echo secret >"$work/key"
make_for --compress none -m virtio_blk --sysroot "$work/kit" \
	--with-crypt="$work/key" --with-md=whole --with-lvm \
	--add "$work/data:/etc/pintle/hooks"
row "a key: tried first, and the image is its owner's" \
	[ "$(stat -c %a "$image") $(content etc/pintle/hooks | sed -n 2p)" = \
	'600 crypto_LUKS:11111111-0000-4000-8000-000000000003 each /sbin/cryptsetup open --type luks --key-file=/etc/pintle/key --allow-discards %d vda3_crypt' ]
row "hooks of one's own come first" \
	[ "$(content etc/pintle/hooks | head -n 1)" = data ]
row "whole: nothing is run for arrays that are not" \
	[ "$(content etc/pintle/hooks | grep -c 'mdadm.*--run')" = 0 ]
# A file system without modes, such as FAT, shows one in which all can read.
cp "$image" "$work/previous"
mkdir "$work/fat"
cat >"$work/fat/stat" <<END
#!/bin/sh
case \$* in
*%a,%u*) echo \$mode ;;
*) exec $(command -v stat) "\$@" ;;
esac
END
chmod 755 "$work/fat/stat"
on_fat() { # on_fat MODE,OWNER ARGUMENT...
	mode=$1
	shift
	export mode
	path=$PATH
	PATH=$work/fat:$PATH
	make_for -m virtio_blk --compress none "$@"
	PATH=$path
}
for mode in 755 640 604 "700,$(id -u)1"; do
	case $mode in
	*,*) ;;
	*) mode=$mode,$(id -u) ;;
	esac
	on_fat "$mode" --sysroot "$work/kit" --with-crypt="$work/key"
	row "a key, and others can read the image: refused: ${mode%,*}" prints_like \
		"write '$image': it has a key in it, and its file system lets others read it"
	row "a key, and others can read: the image before stays: ${mode%,*}" cmp \
		"$image" "$work/previous"
	row "a key, and others can read: nothing beside it: ${mode%,*}" [ -z "$(
		find "$work" -maxdepth 1 -name '.pintle-mkinitramfs.*'
	)" ]
done
on_fat "700,$(id -u)" --sysroot "$work/kit" --with-crypt="$work/key"
row "a key, on a file system that is the owner's alone" exits 0
on_fat "755,$(id -u)" --sysroot "$work/kit" --with-crypt
row "no key: whoever reads it" exits 0
# The key files of crypttab itself.
mkdir -p "$work/kit/etc/keys"
echo own >"$work/kit/etc/keys/data"
cp "$work/kit/etc/crypttab" "$work/crypttab"
cat >"$work/kit/etc/crypttab" <<'END'
data UUID=22222222-0000-4000-8000-000000000003 /etc/keys/data luks,keyfile-size=2,discard
home UUID=33333333-0000-4000-8000-000000000003 /etc/keys/home luks
END
make_for --compress none -m virtio_blk --sysroot "$work/kit" \
	--with-keyfile /etc/keys/data
row "--with-keyfile: the key, for its device" [ "$(content etc/pintle/keys/data)" = own ]
row "--with-keyfile: nobody else may read it, in the image and of it" \
	[ "$(stat -c %a "$image") $(cpio -itv --quiet <"$image" |
		sed -n 's/^\(..........\).*keys.data$/\1/p')" = '600 -rw-------' ]
row "--with-keyfile: the hooks" [ "$(content etc/pintle/hooks)" = "$(
	cat <<'END'
crypto_LUKS:22222222-0000-4000-8000-000000000003 each /sbin/cryptsetup open --type luks --key-file=/etc/pintle/keys/data --keyfile-size=2 --allow-discards %d data
crypto_LUKS:22222222-0000-4000-8000-000000000003 ask /sbin/cryptsetup open --type luks --key-file=- --allow-discards %d data
crypto_LUKS:33333333-0000-4000-8000-000000000003 ask /sbin/cryptsetup open --type luks --key-file=- %d home
crypto_LUKS ask /sbin/cryptsetup open --type luks --key-file=- %d luks-%u
END
)" ]
row "--with-keyfile: the other one, and where it is, is said" prints \
	"  line 2, column 48: /etc/keys/home"
make_for --compress none -m virtio_blk --sysroot "$work/kit" \
	--with-keyfile='/etc/keys/*' --with-crypt="$work/key"
row "--with-keyfile: one that others may read: said" prints_like \
	"'data': the key '/etc/keys/data' may be read by others than its owner"
row "--with-keyfile: one that is not there: said" prints_like \
	"'home': the key '/etc/keys/home' cannot go into the image: there is no such file"
row "--with-keyfile: its own first, then the one for all" [ "$(content \
	etc/pintle/hooks | sed -n 's/.* \(each\|ask\) .*--key-file=\([^ ]*\) .* data$/\2/p' |
	tr '\n' ' ')" = '/etc/pintle/keys/data /etc/pintle/key - ' ]
cp "$work/crypttab" "$work/kit/etc/crypttab"
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-keyfile=/kyes
row "--with-keyfile: a pattern that matches nothing: said" prints_like \
	"no key file that '$work/kit/etc/crypttab' names and that is there matches --with-keyfile"
# What pintle does not read to its end is refused.
for n in $(seq 10 26); do
	echo "n$n UUID=000000$n-0000-4000-8000-000000000003 none luks"
done >"$work/kit/etc/crypttab"
cp "$image" "$work/previous"
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-crypt
row "more hooks than pintle reads: refused" prints_like \
	'write the hooks: they are more than the 16 lines or 4096 bytes that pintle reads'
row "more hooks than pintle reads: the image before stays" cmp "$image" "$work/previous"
sed -i '5,$s/$/,nofail/' "$work/kit/etc/crypttab"
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-crypt --with-lvm
row "more hooks than pintle reads: the last that can be done without are left out" \
	[ "$(content etc/pintle/hooks | wc -l) $(content etc/pintle/hooks |
		sed -n 's/ ask.* / /p' | tail -n 2 | tr '\n' ' ')" = \
	'16 crypto_LUKS:00000022-0000-4000-8000-000000000003 n22 crypto_LUKS luks-%u ' ]
row "more hooks than pintle reads: each of them is said" [ "$(printf '%s\n' "$out" |
	grep -c "is left out: pintle reads no more than 16 hooks")" = 4 ]
cp "$work/crypttab" "$work/kit/etc/crypttab"
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-lvm
content etc/pintle/aliases >"$work/aliases"
content etc/pintle/drivers >"$work/drivers"
# As the kernel asks: drivers/md/md.c, md_run; drivers/md/dm-table.c,
# dm_table_add_target; drivers/md/dm-cache-policy.c, get_policy.
for asked in md_level_0 md_level_1 md_level_4 md_level_5 md_level_6 md_level_10 \
	dm_raid dm_mirror dm_snapshot dm_snapshot_origin dm_snapshot_merge \
	dm_thin_pool dm_cache dm_cache_smq dm_writecache dm_integrity dm_zero dm_vdo; do
	row "--with-lvm: the kernel may ask for $asked" \
		grep -q "^$asked " "$work/aliases"
done
row "--with-lvm: no cipher is put in" not grep -q '/xts' "$work/drivers"
# lvmsystemid(7): SOURCE, what LVM then takes for the system's own
mkdir -p "$work/kit/etc/lvm"
echo myserver.example >"$work/kit/etc/hostname"
echo 0123456789abcdef0123456789abcdef >"$work/kit/etc/machine-id"
echo 'local { system_id = "named" }' >"$work/kit/etc/lvm/lvmlocal.conf"
while read -r source id; do
	printf '# system_id_source = "no"\nglobal {\n\tsystem_id_source = "%s"\n}\n' \
		"$source" >"$work/kit/etc/lvm/lvm.conf"
	make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-lvm
	row "--with-lvm: the system's ID, $source" [ "$(content \
		etc/lvm/lvm.conf | sed -n 's/.* system_id = "\(.*\)".*/\1/p')" = "$id" ]
done <<'END'
none
lvmlocal named
uname myserver.example
machineid 0123456789abcdef0123456789abcdef
file
END
row "--with-lvm: an ID that is not known is said" \
	prints_like 'the system ID of LVM \(system_id_source = file\) is not known'
echo '# my own' >"$work/own.conf"
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-lvm --with-md \
	--add "$work/own.conf:/etc/lvm/lvm.conf" \
	--add "$work/own.conf:/etc/mdadm/mdadm.conf"
for own in lvm/lvm.conf mdadm/mdadm.conf; do
	row "a file of --add is not replaced: $own" \
		[ "$(content "etc/$own")" = '# my own' ]
done
rm -r "$work/kit/etc/lvm" "$work/kit/etc/hostname"
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-md
content etc/pintle/aliases >"$work/aliases"
for asked in md_level_0 md_level_1 md_level_5 md_level_10; do
	row "--with-md: the kernel may ask for $asked" \
		grep -q "^$asked " "$work/aliases"
done
make_for --compress none -m virtio_blk --sysroot "$work/kit" --with-crypt
content etc/pintle/aliases >"$work/aliases"
for asked in dm_crypt dm_integrity adiantum authenc camellia_generic wp512 \
	twofish_generic serpent_generic xts; do
	row "--with-crypt: the kernel may ask for $asked" \
		grep -q "^$asked " "$work/aliases"
done
row "--with-crypt: what logical volumes need is not put in" \
	not grep -q '^dm_snapshot ' "$work/aliases"
for wrong in '--with-md=half' "--with-crypt=$work/nowhere"; do
	make_for -m virtio_blk --sysroot "$work/kit" "$wrong"
	row "refused: ${wrong%"$work/nowhere"}" not exits 0
done
make_for -m virtio_blk --sysroot "$work/empty" --with-lvm
row "no lvm there: says which file is missing, and of which package" \
	prints_like "there is no '$work/empty/sbin/lvm'"

# offered WORD...: what bash would offer for the last of them
offered() {
	bash -c '. "$0" && COMP_WORDS=(pintle-mkinitramfs "$@") COMP_CWORD=$# &&
		_pintle_mkinitramfs && echo "${COMPREPLY[@]}"' \
		"$top/initramfs/completion/bash" "$@" 2>&1
}
row "completion: options" [ "$(offered --with-m)" = '--with-md --with-microcode' ]
row "completion: a value" [ "$(offered -o x --kind h)" = host ]
row "completion: a value behind =" \
	[ "$(offered --machine = o).$(offered --with-md =)" = other.whole ]
row "completion: an optional value is not a word of its own" \
	[ "$(offered --with-md --with-l)" = --with-lvm ]

make --with-lvm=yes
row "a value for an option that has none: named" \
	prints_like "'--with-lvm' takes no value"
make --with-plymouth= --with-md= --with-fsck= --machine other --kind list \
	-b "$work/empty"
row "an empty value of --with-... leaves it out" exits 0
make --pintle /bin/ls
row "a dynamic program is refused as /init" prints_like 'not statically linked'
finish
