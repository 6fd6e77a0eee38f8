# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# devices.sh - block devices, from the top to the disks, for lib/machine
#
# A device is a directory of sysfs. What its members are goes through a queue.
# ret_unseen is why a device could not be seen, or nothing.

# node_of NAME - the directory of a block device in sysfs, by the kernel's name
node_of() {
	for node in "/sys/class/block/$1" "/sys/block/$1"; do
		if [ -e "$node/dev" ]; then
			printf %s "$node"
			return
		fi
	done
}

# sysfs_of PATH - the same, by a path in /dev or by MAJOR:MINOR
sysfs_of() {
	case $1 in
	[0-9]*:[0-9]*)
		printf %s "/sys/dev/block/$1"
		return
		;;
	/dev/mapper/*)
		for node in /sys/class/block/dm-* /sys/block/dm-*; do
			[ "$(first_line "$node/dm/name")" = "${1##*/}" ] ||
				continue
			printf %s "$node"
			return
		done
		;;
	esac
	path=$(readlink -f -- "$1" 2>/dev/null) || path=$1
	[ "$path" = "$1" ] || [ -e "$path" ] || return 0
	case $path in
	/dev/*) node_of "$(printf %s "${path#/dev/}" | tr / !)" ;;
	esac
}

# path_of SPEC - in /dev, for what fstab and crypttab call a device
path_of() {
	spec=$(printf %s "$1" | tr -d '"'"'")
	case $spec in
	UUID=*) path=/dev/disk/by-uuid/${spec#*=} ;;
	LABEL=*) path=/dev/disk/by-label/${spec#*=} ;;
	PARTUUID=*) path=/dev/disk/by-partuuid/${spec#*=} ;;
	PARTLABEL=*) path=/dev/disk/by-partlabel/${spec#*=} ;;
	ID=*) path=/dev/disk/by-id/${spec#*=} ;;
	*) path=$spec ;;
	esac
	printf %s "$path"
}

# enqueue DIRECTORY WHAT-IS-ABOVE - an entry is both with a comma between them; no
# directory of sysfs has a blank in its name (the kernel writes '!' and '_')
queue='' seen=''
enqueue() {
	queue="$queue $1,$2"
}

# below WHAT - enqueue the members of the device $dir, which is a WHAT
below() {
	for slave in "$dir"/slaves/*; do
		[ -e "$slave" ] || [ -L "$slave" ] || continue
		[ -e "$slave/dev" ] || slave=$(node_of "${slave##*/}")
		[ -z "$slave" ] || enqueue "$slave" "$1"
	done
}

# uuid_with_dashes HEX - as cryptsetup and blkid write it, or '-'
uuid_with_dashes() {
	printf '%s\n' "$1" | sed -n 's/^\([[:xdigit:]]\{8\}\)\([[:xdigit:]]\{4\}\)\([[:xdigit:]]\{4\}\)\([[:xdigit:]]\{4\}\)\([[:xdigit:]]\{12\}\)$/\1-\2-\3-\4-\5/p' |
		grep . || echo -
}

# mapped - a device of the mapper, whose uuid begins with the name of its maker
mapped() {
	uuid=$(first_line "$dir/dm/uuid")
	mapped_name=$(first_line "$dir/dm/name")
	label="'/dev/mapper/$(shown "$mapped_name")'"
	case $uuid in
	CRYPT-LUKS[12]-*)
		option crypt
		layer LUKS
		hex=${uuid#CRYPT-LUKS?-}
		say "luks $(uuid_with_dashes "${hex%%-*}") $(shown "$mapped_name")"
		below luks
		;;
	CRYPT-INTEGRITY-* | CRYPT-SUBDEV-*)
		# LUKS2 puts one below itself if it authenticates.
		if [ "$above" = luks ]; then
			below integrity
		else
			unsupported "dm-integrity ($label)"
		fi
		;;
	CRYPT-*)
		kind=${uuid#CRYPT-}
		unsupported "$(shown "${kind%%-*}" | tr '[:upper:]' '[:lower:]') of cryptsetup, which is not LUKS ($label)"
		;;
	LVM-*)
		option lvm
		layer LVM
		case $uuid in
		*-vpool) say 'module dm-vdo' ;;
		esac
		below lvm
		;;
	mpath-*) unsupported "multipath ($label)" ;;
	part*-*) unsupported "a partition that kpartx made ($label)" ;;
	DMRAID-*) unsupported "a BIOS RAID of dmraid ($label)" ;;
	stratis-*) unsupported "Stratis ($label)" ;;
	*) unsupported "$label, a device of the mapper that neither cryptsetup nor LVM made" ;;
	esac
}

# array - a device of md
array() {
	version=$(first_line "$dir/md/metadata_version")
	case $version in
	external:*) unsupported "a BIOS RAID ('/dev/$name', ${version%%:*} metadata), which needs mdmon" ;;
	none) unsupported "the array '/dev/$name', which was built without a superblock" ;;
	*)
		option md
		layer 'an md array'
		below md
		;;
	esac
}

# drivers_of DIRECTORY - the drivers of a device and of all that it hangs on: the
# devices above it, the suppliers of each of them, and what these hang on
hangs='' hung=''
drivers_of() {
	tree_tables
	hangs=" $1"
	while [ -n "$hangs" ]; do
		hangs=${hangs# }
		at=${hangs%% *}
		hangs=${hangs#"$at"}
		drivers_above
	done
}

# drivers_above - from the device $at up, until one that was seen
drivers_above() {
	while :; do
		case $at in
		/sys/devices/*) ;;
		*) break ;;
		esac
		case "$hung " in
		*" $at "*) break ;;
		esac
		hung="$hung $at"
		driver_of_one
		for supplier in $(suppliers_of "$at"); do
			hangs="$hangs $supplier"
		done
		at=${at%/*}
	done
}

# driver_of_one - what drives the device $at
driver_of_one() {
	if [ -e "$at/driver/module" ]; then
		module=$(cd -P "$at/driver/module" && pwd -P)
		module=${module##*/}
		case $module in
		iscsi_tcp | ib_iser | ib_isert | ib_srp | fcoe | bnx2fc)
			unsupported "a disk of the network ('/dev/$name', driver $module)"
			;;
		esac
		say "module $module"
	fi
	modalias=$(first_line "$at/modalias")
	[ -z "$modalias" ] || say "modalias $(printf %s "$modalias" |
		tr -c '[:graph:]' '?')"
}

# paths_of - a line for each device that the disk of $dir is reached by: an NVMe
# with several paths hangs on none of them
paths_of() {
	for path in "$dir/device" "$dir"/device/nvme[0-9]*; do
		[ ! -d "$path" ] || (cd -P "$path" && pwd -P)
	done
}

# disk - a device that is not made of others
disk() {
	case $name in
	loop*)
		say 'module loop'
		layer 'a file'
		return
		;;
	zram* | ram[0-9]*)
		ret_unseen="it is in memory ('/dev/$name')"
		return
		;;
	nbd* | rnbd*) unsupported "a network block device ('/dev/$name')" ;;
	rbd*) unsupported "Ceph ('/dev/$name')" ;;
	drbd*) unsupported "DRBD ('/dev/$name')" ;;
	etherd*) unsupported "ATA over Ethernet ('/dev/$name')" ;;
	zd[0-9]*) unsupported "a ZFS volume ('/dev/$name')" ;;
	ublk*) unsupported "a block device of a program ('/dev/$name')" ;;
	mtdblock* | ubiblock*) unsupported "raw flash ('/dev/$name')" ;;
	esac
	case $dir in
	*/session[0-9]*/target*) unsupported "iSCSI ('/dev/$name')" ;;
	esac
	drivers_of "$dir"
	for path in $(paths_of); do
		case $(first_line "$path/transport") in
		'' | pcie | apple-nvme) ;;
		*) unsupported "NVMe over $(shown "$(first_line "$path/transport")") ('/dev/$name')" ;;
		esac
		drivers_of "$path"
	done
}

# one_device DIRECTORY WHAT-IS-ABOVE - $dir, $name and $above for those functions
one_device() {
	dir=$(cd -P "$1" 2>/dev/null && pwd -P) || dir=
	above=$2
	if [ -z "$dir" ]; then
		ret_unseen="the kernel shows nothing of its device in /sys"
		return
	fi
	case "$seen " in
	*" $dir "*) return ;;
	esac
	seen="$seen $dir"
	name=$(printf %s "${dir##*/}" | tr ! /)
	if [ -e "$dir/partition" ]; then
		enqueue "${dir%/*}" "$above"
	elif [ -d "$dir/dm" ]; then
		mapped
	elif [ -d "$dir/md" ]; then
		array
	elif [ -d "$dir/bcache" ] && [ "${name#bcache}" != "$name" ]; then
		unsupported "bcache ('/dev/$name')"
	elif [ -n "$(find "$dir/slaves" -mindepth 1 2>/dev/null)" ]; then
		unsupported "'/dev/$name', which is made of other devices in a way that is not known here"
	else
		disk
	fi
}

# walk DIRECTORY... - look at these devices and all that they are made of; status
# 1: not all of them could be seen
walk() {
	ret_unseen='' seen='' queue=''
	for top; do
		enqueue "$top" ''
	done
	while [ -n "$queue" ]; do
		queue=${queue# }
		entry=${queue%% *}
		queue=${queue#"$entry"}
		one_device "${entry%,*}" "${entry##*,}"
	done
	[ -z "$ret_unseen" ]
}
