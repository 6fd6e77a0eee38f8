# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# modules.sh - modules in the image, those that are loaded in any case, and the
# firmware of all

# module_chain MODULE - the modules to load for it, as modprobe would, one a line
#
# --ignore-install, because a command that replaces a driver is not in the
# image; soft dependencies are included, in their order. Without -b the
# machine's own modprobe.d applies (its options go into the image), with it only
# that of DIR.
module_chain() {
	modprobe ${base_modules:+-d "$base_modules"} \
		${base:+-C "$base/etc/modprobe.d"} -S "$version" \
		--show-depends --ignore-install "$1"
}

# modules_resolve - modprobe's names of the modules that serve the aliases on
# standard input; those that no module serves are passed over (status 1)
modules_resolve() {
	sort -u | tr '\n' '\0' |
		xargs -0 -r modprobe ${base_modules:+-d "$base_modules"} \
			${base:+-C "$base/etc/modprobe.d"} -S "$version" -qaR || :
}

# unpack_for PATH - whether that module is to be unpacked here; if so, ret_how is
# the program for it
#
# A kernel can unpack modules of the one format it was built for, with xz in a
# fifth of the time that the whole boot takes. Unpacking them with the image is
# faster, if a program for it is installed here. But a generic image with all of
# them unpacked would be larger.
unpack_for() {
	case $1 in
	*.xz) ret_how=xz ;;
	*.zst) ret_how=zstd ;;
	*.gz) ret_how=gzip ;;
	*) return 1 ;;
	esac
	name=${1##*/} name=${name%%.*}
	case $kind,$likely in
	list,* | host,* | *[[:space:]]"$name"[[:space:]]*)
		! command -v $ret_how >/dev/null || return 0
		;;
	esac
	! kernel_has MODULE_DECOMPRESS ||
		! kernel_has "MODULE_COMPRESS_$(upper $ret_how)"
}

# module_file PATH - ret_file is where that module is here. In another system's
# tree, links that begin at / begin there (weak-updates/ has such).
module_file() {
	ret_file=$1
	while :; do
		case $ret_file in
		/lib/modules/*) ret_file=$base_modules$ret_file ;;
		/*) ret_file=$base$ret_file ;;
		esac
		[ -n "$base" ] && [ -L "$ret_file" ] || return 0
		to=$(readlink "$ret_file")
		case $to in
		/*) ret_file=$to ;;
		*) ret_file=$(cd -P "${ret_file%/*}" && pwd -P)/$to && return 0 ;;
		esac
	done
}

# take_module PATH - put it into the image; ret_inside is its path there
take_module() {
	ret_inside=$1
	module_file "$1"
	path=$ret_file
	[ -f "$path" ] || die "add '$1': '$path', which modules.dep names, is not there" \
		"make the index again: depmod -b '${base_modules:-/}' '$version'"
	if unpack_for "$path"; then
		ret_inside=${ret_inside%.*}
		[ ! -e "$root$ret_inside" ] || return 0
		need "$ret_how"
		mkdir -p "$root${ret_inside%/*}"
		$ret_how -dc <"$path" >"$root$ret_inside"
	else
		[ ! -e "$root$ret_inside" ] || return 0
		mkdir -p "$root${ret_inside%/*}"
		cp "$path" "$root$ret_inside"
	fi
	chmod 644 "$root$ret_inside"
}

# modules_add - those that are loaded in any case, and what they depend on, as a
# list in the image and, by their paths here, in $tree/modules
modules_add() {
	builtin=
	: >"$tree/modules"
	for module in $modules; do
		if ! module_chain "$module" >"$tree/chain" 2>"$tree/error"; then
			die "add module '$module': $(sed 's/^modprobe: [A-Z]*: //' \
				"$tree/error")" \
				"look for its name with: find '$base_modules/lib/modules/$version' -name '*.ko*'" \
				"or leave it out; a driver this kernel lacks may be part of another package"
		fi
		grep -q '^insmod ' "$tree/chain" ||
			builtin="$builtin $module"
		# One that depmod found in another directory keeps its path.
		sed -n "s/ *\$//
			s|^insmod .*/modules/$version/|/lib/modules/$version/|p; t
			s|^insmod $base/|/|p" "$tree/chain" >>"$tree/modules"
	done
	[ -z "$builtin" ] || tell "built into kernel $version:$builtin"
	[ -s "$tree/modules" ] || return 0

	mkdir -p "$root/etc/pintle"
	awk '!seen[$1]++' "$tree/modules" | while read -r inside parameters; do
		take_module "$inside"
		tell "module: $ret_inside${parameters:+ $parameters}"
		echo "$ret_inside${parameters:+ $parameters}"
	done >"$tree/listed"
	mv "$tree/listed" "$root/etc/pintle/modules"
}

# firmware_file NAME - where it is below $base, in the order in which the kernel
# looks for it (drivers/base/firmware_loader/main.c: fw_path), compressed or not
firmware_file() {
	for path in "updates/$version/$1" "updates/$1" "$version/$1" "$1"; do
		for file in "/lib/firmware/$path" "/lib/firmware/$path.xz" \
			"/lib/firmware/$path.zst"; do
			[ -f "$base_modules$file" ] || continue
			printf '%s\n' "$file"
			return
		done
	done
}

# firmware_add - what the modules in the image name
firmware_add() {
	[ -d "$root/lib/modules" ] || return 0
	find "$root/lib/modules" -name '*.ko*' -exec modinfo -F firmware {} + |
		sort -u >"$tree/firmware"
	found=0 lacking=0 first=
	while IFS= read -r name; do
		file=$(firmware_file "$name")
		if [ -n "$file" ]; then
			mkdir -p "$root${file%/*}"
			cp -L "$base_modules$file" "$root$file"
			chmod 644 "$root$file"
			found=$((found + 1))
		else
			lacking=$((lacking + 1))
			: "${first:=$name}"
		fi
	done <"$tree/firmware"
	[ "$found" = 0 ] || tell "firmware: $found files"
	[ "$lacking" = 0 ] || say "firmware: $lacking files that drivers name" \
		"are not in '$base_modules/lib/firmware', '$first' among them"
}
