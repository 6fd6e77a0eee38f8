# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# kernel.sh - the binary that becomes /init, the kernel that starts it, and what
# this kernel can unpack

# binary_choose - a static pintle, in $binary
binary_choose() {
	for file in "$binary" "$beside/../build/musl/pintle" "$beside/pintle" \
		/usr/lib/pintle/pintle /usr/sbin/pintle; do
		[ -n "$file" ] || continue
		if [ -f "$file" ] && [ -x "$file" ]; then
			break
		fi
		[ "$file" != "$binary" ] ||
			die "take '$file' as /init: it is not an executable file"
		file=
	done
	[ -n "$file" ] || die "find the pintle binary: it is neither built nor installed" \
		"build it (scripts/build), or say where it is with --pintle"
	binary=$file
	# The kernel starts /init when nothing else is there. A program that
	# wants an interpreter names it in its first page.
	if head -c 4096 "$binary" | LC_ALL=C grep -aq '/lib[^ ]*/ld-'; then
		die "take '$binary' as /init: it is not statically linked" \
			"build it with: scripts/build musl"
	fi
}

# kernel_find_modules - $base_modules, below which lib/modules is: $base, or its
# usr/ where lib is no link to usr/lib, or one that leads out of the tree
kernel_find_modules() {
	base_modules=$base
	case $(readlink "$base/lib") in
	/*) [ -z "$base" ] || base_modules=$base/usr ;;
	*) [ -d "$base/lib/modules" ] || [ ! -d "$base/usr/lib/modules" ] ||
		base_modules=$base/usr ;;
	esac
}

# kernel_versions - those whose modules are there
kernel_versions() {
	find "$base_modules/lib/modules/" -mindepth 1 -maxdepth 1 -type d \
		-printf '%f\n' 2>/dev/null | sort -V
}

# kernel_choose - $version, or nothing where there are no modules, and $config,
# the kernel's configuration, or nothing where it cannot be found
kernel_choose() {
	kernel_find_modules
	[ -n "$version" ] || kernel_choose_running
	config=
	[ -n "$version" ] || return 0
	[ -d "$base_modules/lib/modules/$version" ] ||
		die "find the modules of kernel '$version': there is no '$base_modules/lib/modules/$version'" \
			"installed here:" "$(kernel_versions | sed '2,$s/^/  /')"
	[ -s "$base_modules/lib/modules/$version/modules.dep.bin" ] ||
		die "look up modules in '$base_modules/lib/modules/$version': it has no index" \
			"make it with: depmod -b '${base_modules:-/}' '$version'"
	[ "$kind" = list ] || kernel_check_drivers
	need modprobe kmod
	for file in "$base_modules/lib/modules/$version/config" \
		"$base/boot/config-$version"; do
		[ ! -r "$file" ] || config=$file
	done
}

kernel_choose_running() {
	present=$(kernel_versions)
	if [ -d "$base_modules/lib/modules/$(uname -r)" ]; then
		version=$(uname -r)
	elif [ -n "$present" ]; then
		# shellcheck disable=SC2086 # one line out of several
		die "find the modules of the running kernel $(uname -r): '$base_modules/lib/modules' has none" \
			"choose with -k; there are:" $present
	elif [ -n "$modules" ]; then
		die "add$modules: there is no '$base_modules/lib/modules'" \
			"-b DIR names the directory that holds lib/modules"
	elif [ "$kind" != list ]; then
		die "find the drivers of a kernel: there is no '$base_modules/lib/modules'" \
			"-b DIR names the directory that holds lib/modules" \
			"or, if all that is needed is built into the kernel: --kind list"
	else
		say "no '$base_modules/lib/modules': the image holds /init and no" \
			"driver"
	fi
}

# kernel_check_drivers - that the kernel's lists name any drivers at all: of a
# kernel without modules modules.builtin is not empty
kernel_check_drivers() {
	here=$base_modules/lib/modules/$version
	[ -r "$here/modules.dep" ] ||
		die "look up modules in '$here': it has no 'modules.dep'" \
			"make it with: depmod -b '${base_modules:-/}' '$version'"
	[ ! -s "$here/modules.dep" ] || return 0
	[ -z "$(find "$here/" -name '*.ko*' | head -n 1)" ] ||
		die "look up modules in '$here': its 'modules.dep' names none of those that are there" \
			"make it again: depmod -b '${base_modules:-/}' '$version'"
	[ -s "$here/modules.builtin" ] ||
		die "look up modules in '$here': there is none, and 'modules.builtin' names none that is built in" \
			"install the package of the kernel again" \
			"or, if all that is needed is built into the kernel: --kind list"
}

# kernel_is_for_pcs - whether it is for x86, where firmware sets up what boards
# leave to drivers
kernel_is_for_pcs() {
	if [ -n "$config" ]; then
		grep -q '^CONFIG_X86=y' "$config"
	else
		cat "$base_modules/lib/modules/$version/modules.dep" \
			"$base_modules/lib/modules/$version/modules.builtin" \
			2>/dev/null | grep -q '^kernel/arch/x86/'
	fi
}

upper() {
	printf '%s\n' "$1" | tr '[:lower:]' '[:upper:]'
}

# kernel_has OPTION - whether that is built in; yes, if it is not known
kernel_has() {
	[ -z "$config" ] || grep -q "^CONFIG_$1=y" "$config"
}

# kernel_unpacks HOW - whether it can unpack an image that is packed like that
kernel_unpacks() {
	kernel_has "RD_$(upper "$1")"
}

compression_choose() {
	if [ -z "$compress" ]; then
		compress=none
		for how in xz gzip zstd; do
			if kernel_unpacks $how && command -v $how >/dev/null; then
				compress=$how
			fi
		done
	elif [ "$compress" != none ]; then
		need "$compress"
		kernel_unpacks "$compress" ||
			die "compress with $compress: kernel $version cannot unpack that, says '$config'" \
				"choose another one with --compress"
	fi
}
