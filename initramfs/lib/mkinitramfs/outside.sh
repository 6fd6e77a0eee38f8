# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# outside.sh - modules that do not lie where the kernel's own do
#
# Which lists a module is on is decided by where it lies below kernel/ (lists.sh).
# DKMS, weak-modules and vendors put theirs into updates/, extra/ and the like, and
# depmod prefers them to the kernel's. Such a module has the place that the module
# of its name has in modules.order, where the build of the kernel wrote all of them
# down. One of another name has a place by what it does.

# places_find - into $tree/places: NAME PLACE of each module that lies elsewhere,
# with '_' for '-'
places_find() {
	: >"$tree/places"
	here=$base_modules/lib/modules
	# Where this kernel has no modules.order, another that is installed may.
	set -- "$here/$version/modules.order"
	for order in "$here"/*/modules.order; do
		[ "$order" = "$1" ] || [ ! -r "$order" ] || set -- "$@" "$order"
	done
	[ -r "$1" ] || shift
	LC_ALL=C awk -v own="$here/$version/modules.order" '
	{ path = $1 }
	FILENAME ~ /modules\.dep$/ { sub(/:$/, "", path) }
	{
		name = path
		sub(/.*\//, "", name)
		sub(/\.ko.*/, "", name)
		gsub(/-/, "_", name)
		sub(/\.ko.*/, ".ko", path)
	}
	FILENAME !~ /modules\.dep$/ {
		if (FILENAME == own)
			own_place[name] = path
		else if (!(name in other_place))
			other_place[name] = path
		next
	}
	name in own_place {
		if (own_place[name] != path)
			print name, own_place[name]
		next
	}
	path ~ /^kernel\/(arch|block|crypto|drivers|fs|kernel|lib|mm|net|security|sound|virt)\// {
		next
	}
	name in other_place { print name, other_place[name]; next }
	{ print name, "?", $1 }
	' "$@" "$here/$version/modules.dep" >"$tree/elsewhere"
	while read -r name where path; do
		[ "$where" = '?' ] || {
			echo "$name $where"
			continue
		}
		path=${path%:}
		# One that depmod found in another directory has its whole path.
		case $path in
		/*) module_file "$path" ;;
		*) module_file "/lib/modules/$version/$path" ;;
		esac
		unpack_by "$ret_file" || {
			say "'$path' is left out unless it is named (-m): what it is for cannot be seen without ${unpack%% *}"
			continue
		}
		where=$(outside_place "$ret_file" "$name")
		if [ -n "$where" ]; then
			echo "$name kernel/$where/$name.ko"
		else
			tell "not below kernel/, and for no disk: $path"
		fi
	done <"$tree/elsewhere" >"$tree/places"
}

# unpack_by FILE - $unpack is the program that unpacks a module of that name; 1 if
# it is not installed
unpack_by() {
	case $1 in
	*.xz) unpack=xz ;;
	*.zst) unpack=zstd ;;
	*.gz) unpack=gzip ;;
	*)
		unpack="cat"
		return
		;;
	esac
	unpack="$unpack -qdc"
	command -v "${unpack%% *}" >/dev/null
}

# outside_place FILE NAME - the directory that the module belongs to, or nothing;
# $unpack is as unpack_by says
outside_place() {
	modinfo -F alias "$1" >"$tree/its-aliases" 2>/dev/null || return 0
	type=$(sed -n 's/^fs-//p' "$tree/its-aliases" | head -n 1)
	[ -z "$type" ] || {
		printf 'fs/%s\n' "$(printf %s "$type" | tr -c '[:alnum:]_.-' _)"
		return
	}
	# What no device asks for drives none.
	grep -v -q -e '^devname:' -e '^[^:]*$' "$tree/its-aliases" || return 0
	# shellcheck disable=SC2086 # a program and its options
	$unpack <"$1" 2>/dev/null | LC_ALL=C tr '\0' '\n' >"$tree/its-names"
	printf '%s\n' "$outside_places" | while read -r line; do
		where=${line##* }
		[ -n "$where" ] || continue
		# shellcheck disable=SC2086 # one symbol a line
		printf '%s\n' ${line% *} >"$tree/symbols"
		LC_ALL=C grep -a -q -x -F -f "$tree/symbols" "$tree/its-names" ||
			continue
		case $where in
		# A card of a wireless network leads to no root.
		drivers/net/*) ! LC_ALL=C grep -a -q -x \
			'ieee80211_alloc_hw_nm\|wiphy_new_nm' "$tree/its-names" ||
			break ;;
		esac
		echo "$where"
		break
	done >"$tree/its-place"
	# A disk's class, of PCI or USB; virtio's numbers of a disk and of SCSI.
	[ -s "$tree/its-place" ] || ! grep -q -e '^pci:.*bc01' \
		-e '^usb:.*ic08' -e '^virtio:d0000000[28]v' \
		-e '^scsi:t-0x0[057e]' "$tree/its-aliases" ||
		echo outside/disk >"$tree/its-place"
	cat "$tree/its-place"
}
