# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# index.sh - drivers that are loaded when a device asks for them

# index_add - the index and the modules in it; what is not in it is known by name
index_add() {
	[ -n "$version" ] || return 0
	index_want_root
	places_find
	index_configuration >"$tree/configuration" 2>"$tree/error" ||
		die "read modprobe's configuration: $(cat "$tree/error")"
	for list in drivers aliases absent commands asked disks; do
		: >"$tree/$list"
	done
	[ "$kind" != host ] || index_asked >"$tree/asked"
	index_make
	index_check
	mkdir -p "$root/etc/pintle"
	[ ! -s "$tree/absent" ] || cp "$tree/absent" "$root/etc/pintle/absent"
	[ "$kind" != list ] || [ -n "$wanted" ] || return 0

	while read -r needs inside parameters; do
		take_module "$inside"
		echo "$needs $ret_inside${parameters:+ $parameters}"
	done <"$tree/drivers" >"$root/etc/pintle/drivers"
	cp "$tree/aliases" "$root/etc/pintle/aliases"
	[ ! -s "$tree/commands" ] ||
		say "modprobe.d has a command to 'install' each of these; the" \
			"image has and loads the modules themselves:" \
			"$(LC_ALL=C sort "$tree/commands" | tr '\n' ' ')"
	tell "drivers: $(wc -l <"$tree/drivers"), loaded when asked for by one of $(wc -l <"$tree/aliases") aliases"
}

# index_make - $tree/configuration and modules.dep to $tree/drivers, aliases,
# absent and commands; see index.awk
index_make() {
	index_boards=$boards
	! kernel_is_for_pcs || index_boards='' seldom="$seldom $seldom_pc"
	# shellcheck disable=SC2086 # one expression a line
	boards=$(printf '%s ' $index_boards) \
	boards_never=$(printf '%s|' $boards_never) places_file=$tree/places \
	generic=$(printf '%s ' $generic) never=$(printf '%s|' $never) \
	seldom=$(printf '%s|' $seldom) \
	named=$(printf '%s ' $named) wanted=$(printf '%s ' $wanted) \
	kind=$kind prefix=/lib/modules/$version/ \
	asked_file=$tree/asked listed_file=$tree/modules \
	drivers=$tree/drivers aliases=$tree/aliases \
	absent=$tree/absent commands=$tree/commands disks=$tree/disks \
	disk_places=$(printf '%s|' $disk_places) \
	LC_ALL=C awk -f "$parts/index.awk" \
		"$base_modules/lib/modules/$version/modules.dep" "$tree/configuration"
}

# index_configuration - everything modprobe knows, in words of modprobe.d:
# options, blacklist, alias, install, softdep. The last are read where they are
# written: kmod 30 and 31 print them without blanks between the names, or
# without the names.
index_configuration() {
	if [ -n "$base" ]; then
		set -- "$base/etc/modprobe.d"
		modprobe -d "$base_modules" -C "$1" -S "$version" -c
	else
		set -- /etc/modprobe.d /run/modprobe.d \
			/usr/local/lib/modprobe.d /lib/modprobe.d
		modprobe ${base_modules:+-d "$base_modules"} -S "$version" -c
	fi >"$tree/modprobe"
	sed '/^softdep /d' "$tree/modprobe"
	for dir; do
		for file in "$dir"/*.conf \
			"$base_modules/lib/modules/$version/modules.softdep"; do
			[ ! -r "$file" ] || sed -n '/^[ \t]*softdep[ \t]/p' "$file"
		done
	done
}

# index_asked - the modules for what this machine's devices, or those of
# --devices, ask for, and for what is mounted from disks
index_asked() {
	{
		if [ -n "$devices" ]; then
			cat "$devices"
		else
			find /sys/devices -name modalias -exec cat {} + 2>/dev/null
			sed -n 's|^/dev/[^ ]* [^ ]* \([^ ]*\) .*|fs-\1|p' /proc/mounts
		fi
		# Where systemd says that it hibernated to.
		[ -z "$devices" ] && [ ! -d /sys/firmware/efi ] || echo efivarfs
	} | modules_resolve
}

# index_want_root - what the disks of this machine's root hang on, and its file
# system, go in whatever the kind is; and with --kind host what its other disks
# hang on. What is built in matches nothing.
index_want_root() {
	: >"$tree/hangs"
	case $kind,$devices in
	host,) "$lib/disks" >"$tree/hangs" ||
		die "look at this machine's disks: '$lib/disks' failed, see above" ;;
	esac
	[ -n "$findings" ] || [ -s "$tree/hangs" ] || return 0
	for module in $(sed -n 's/^fs /fs-/p; s/^modalias //p
		s/^module //p' "$tree/findings" "$tree/hangs" | modules_resolve); do
		wanted="$wanted $(printf %s "$module" | sed 's/[-_]/[-_]/g')\\."
	done
	# A kernel without the list of what is built into it tells nothing.
	[ ! -s "$base_modules/lib/modules/$version/modules.builtin" ] ||
		for module in $(index_lacking); do
			say "this machine's root hangs on the driver '$module'," \
				"which kernel $version does not have"
		done
	case $kind,$findings in
	host,unseen* | host,*'
unseen '*)
		wanted="$wanted $(printf '%s\n' "$generic" | grep '^fs/')"
		;;
	esac
}

# index_lacking - the modules that the root hangs on now and that this kernel
# does not have at all
index_lacking() {
	LC_ALL=C awk -v findings="$tree/findings" '
	FILENAME != findings {
		sub(/:.*/, "")
		sub(/.*\//, "")
		sub(/\.ko.*/, "")
		gsub(/-/, "_")
		has[$0] = 1
		next
	}
	$1 == "module" { gsub(/-/, "_", $2); if (!($2 in has)) print $2 }
	' "$base_modules/lib/modules/$version/modules.dep" \
		"$base_modules/lib/modules/$version/modules.builtin" \
		"$tree/findings"
}

# index_check - that what the kernel and the machine were asked has an answer: an
# image in which nothing leads to a disk is not made
#
# A kernel may have all disks' drivers built in; of which alias leads to them,
# modules.builtin.modinfo tells since Linux 5.2, and modprobe reads it.
index_check() {
	[ "$kind" != list ] || return 0
	here=$base_modules/lib/modules/$version
	[ ! -s "$here/modules.dep" ] ||
		sed '/^alias symbol:/d' "$tree/configuration" | grep -q '^alias ' ||
		die "look up what devices ask for in '$here': its 'modules.alias' names nothing" \
			"make it again: depmod -b '${base_modules:-/}' '$version'"
	of_whom=${devices:+"the machine of '$devices'"}
	: "${of_whom:=this machine}"
	index_leads_to_disk || case $kind in
	host) die "find what the disks of $of_whom need: no device there asks for a driver of disks that kernel $version has" \
		"look whether /sys shows the machine (a chroot has its own), or take another kind" ;;
	*) die "find the drivers of disks in '$here': kernel $version has none, not even built in" \
		"install all packages of the kernel" \
		"or, if all that is needed is built into the kernel: --kind list" ;;
	esac
}

# index_leads_to_disk - whether a driver of disks is in the image or built in, or
# the root is on none
index_leads_to_disk() {
	[ -z "$nfs" ] && [ ! -s "$tree/disks" ] || return 0
	# Somebody named drivers (the two are those of --with-lvm and --with-md).
	! grep -q -v '/[dm][md]-mod\.' "$tree/modules" || return 0
	! grep -q -x -e 'fs 9p' -e 'fs virtiofs' "$tree/findings" || return 0
	case $kind,$here in
	host,*) ;;
	*) [ -s "$here/modules.builtin" ] || return 0 ;;
	esac
	# shellcheck disable=SC2086 # one expression a word
	sed -n -E "\\!^kernel/($(printf '%s|' $disk_places)outside)!{
		s!.*/!!; s!\.ko.*!!; s!-!_!g; p
	}" "$here/modules.builtin" 2>/dev/null >"$tree/built-in"
	[ -s "$tree/built-in" ] || return 1
	[ "$kind" != host ] || grep -q -x -F -f "$tree/built-in" "$tree/asked"
}
