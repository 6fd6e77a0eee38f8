# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# files.sh - files in the image, and programs with what they are linked with
#
# PATHs are those of the image, absolute; $root is where it is put together.

# refuse_links PATH - no directory of PATH may be a symbolic link in the image:
# writing through it would write to this machine
refuse_links() {
	parent=
	rest=${1#/}/
	while [ -n "$rest" ]; do
		parent=$parent/${rest%%/*}
		rest=${rest#*/}
		[ ! -L "$root$parent" ] ||
			die "add '$1': '$parent' is a symbolic link in the image" \
				"add it by the path the link leads to"
	done
}

# init_add - pintle itself, and the parameters of --cmdline
init_add() {
	if [ -n "$has_cmdline" ]; then
		mkdir -p "$root/etc/pintle"
		printf '%s\n' "$cmdline" >"$root/etc/pintle/cmdline"
	fi
	cp "$binary" "$root/init"
	chmod 755 "$root/init"
	tell "/init: $binary"
}

# init_link NAME - /sbin/NAME is pintle too, unless something has that name. If
# /sbin is a link that leads out of the image, there is none: writing through it
# would write to this machine.
init_link() {
	dir=$(readlink -m "$root/sbin")
	case $dir/ in
	"$(readlink -f "$root")"/*) ;;
	*)
		say "/sbin in the image is a link that leads out of it, so there is no /sbin/$1"
		return
		;;
	esac
	[ ! -e "$dir/$1" ] && [ ! -L "$dir/$1" ] || return 0
	mkdir -p "$dir"
	ln -s /init "$dir/$1"
}

# os_add - whose system the image is for: two on one machine share an EFI variable.
# An image that holds nothing but /init needs it as little as the rest.
os_add() {
	[ -d "$root/etc/pintle" ] && [ ! -e "$root/etc/pintle/os-release" ] ||
		return 0
	os=$(in_sysroot /etc/os-release)
	if [ -f "$os" ] && grep -q '^ID=' "$os"; then
		grep -E '^(IMAGE_)?ID=' "$os" >"$root/etc/pintle/os-release"
	fi
}

# init_check - whether what came later has left it alone
init_check() {
	if [ -L "$root/init" ] || ! cmp -s "$binary" "$root/init"; then
		die "add something as /init: that is pintle's place" \
			"another binary can be given with --pintle"
	fi
}

# files_add - those of --add
files_add() {
	printf %s "$adds" | while IFS= read -r add; do
		from=$add to=$add
		# A file name may hold a colon; one that exists as it stands is
		# meant.
		if [ ! -e "$add" ]; then
			case $add in
			*:/*)
				from=${add%:/*}
				to=/${add##*:/}
				;;
			esac
		fi
		[ -e "$from" ] || die "add '$from': no such file or directory"
		case $to in
		/*) ;;
		*) to=$(cd "$(dirname "$to")" && pwd)/${to##*/} ;;
		esac
		case $to/ in
		*/../* | */./*) die "add '$from' as '$to': the path has . or .. in it" \
			"say where to put it: --add '$from:/PATH'" ;;
		esac
		add_at "$from" "$to"
	done
}

# add_at FROM PATH - a file, or a directory and what is in it
add_at() {
	from=$1 to=$2
	if [ -d "$from" ]; then
		to=${to%/}
		refuse_links "$to"
		mkdir -p "$root$to"
		chmod "$(stat -Lc %a "$from")" "$root$to"
		cp -a --remove-destination "$from/." "$root$to/"
	else
		case $to in
		*/) to=$to${from##*/} ;;
		esac
		refuse_links "${to%/*}"
		[ ! -d "$root$to" ] ||
			die "add '$from' as '$to': that is a directory"
		mkdir -p "$root${to%/*}"
		cp -L --preserve=mode --remove-destination "$from" "$root$to"
	fi
	tell "added: ${to:-/}"
}

# in_sysroot PATH - where that is here; in the sysroot DIR, the target of an
# absolute link is below DIR
in_sysroot() {
	path=$sysroot$1
	while [ -n "$sysroot" ] && [ -L "$path" ]; do
		to=$(readlink "$path")
		case $to in
		/*) path=$sysroot$to ;;
		*) path=${path%/*}/$to ;;
		esac
	done
	printf '%s\n' "$path"
}

# take PATH - into the image, from the sysroot, at the same path
take() {
	from=$(in_sysroot "$1")
	[ -f "$from" ] || die "add '$1': there is no file '$sysroot$1'"
	refuse_links "${1%/*}"
	! cmp -s "$from" "$root$1" || return 0
	mkdir -p "$root${1%/*}"
	cp -L --preserve=mode --remove-destination "$from" "$root$1"
	tell "added: $1"
}

# libraries_find - $library_path, the directories of a sysroot's libraries: where
# the C library is, those of its ld.so.conf, and those that every loader looks
# into; without a sysroot the loader knows them
libraries_find() {
	library_path=
	[ -n "$sysroot" ] || return 0
	library_path=$(
		find "$sysroot/lib/" "$sysroot/lib64/" \
			"$sysroot/usr/lib/" "$sysroot/usr/lib64/" -maxdepth 2 \
			-name 'libc.so.*' -printf '%h\n' 2>/dev/null |
			while IFS= read -r dir; do
				dir=${dir#"$sysroot"}
				printf %s "$sysroot$dir:$sysroot/usr${dir#/usr}:"
			done
		libraries_configured
		printf %s "$sysroot/lib64:$sysroot/usr/lib64:"
		printf %s "$sysroot/lib:$sysroot/usr/lib"
	)
}

# libraries_configured - the directories of the sysroot's ld.so.conf
libraries_configured() {
	sed -n 's/[[:blank:]]*#.*//; s/[[:blank:]]*$//; s|^[[:blank:]]*/|/|p' \
		"$sysroot/etc/ld.so.conf" "$sysroot"/etc/ld.so.conf.d/*.conf \
		2>/dev/null | while IFS= read -r dir; do
		printf %s "$sysroot$dir:"
	done
}

# loader_of FILE - the interpreter that it names, or nothing
#
# The byte in front of the name need not be zero: in the programs of Debian 13
# it is the end of the build's id.
loader_of() {
	head -c 4096 "$1" | LC_ALL=C tr '\0' '\n' | LC_ALL=C \
		grep -a -o -m 1 '/lib[[:alnum:]/_.-]*/ld-[[:alnum:]_.-]*$' || :
}

# linked_with PATH [LOADER] - what the program at PATH of the image is linked
# with, as its own loader finds it, into $tree/paths; a plugin names no loader.
# ret_loader is the one that was used, or nothing.
linked_with() {
	: >"$tree/paths"
	ret_loader=$(loader_of "$root$1")
	: "${ret_loader:=${2-}}"
	[ -n "$ret_loader" ] || return 0
	run=$(in_sysroot "$ret_loader")
	# From where it was taken: it may look for libraries beside itself.
	from=$(in_sysroot "$1")
	cmp -s "$from" "$root$1" || from=$root$1
	if [ -n "$sysroot" ]; then
		"$run" --inhibit-cache --library-path "$library_path" \
			--list "$from"
	else
		"$run" --list "$from"
	fi >"$tree/libraries" 2>"$tree/error" ||
		die "find the libraries of '$1': $(cat "$tree/error")"
	! grep 'not found' "$tree/libraries" >&2 ||
		die "find the libraries of '$1': see above" \
			"install the packages that have them"
	{
		printf '%s\n' "$ret_loader"
		libraries_listed
	} >"$tree/paths"
}

# libraries_listed - the paths in the image of what a loader has listed in
# $tree/libraries, without the loader
libraries_listed() {
	sed -n 's/^.* => \(\/.*\) (0x[0-9a-f]*)$/\1/p' "$tree/libraries" |
		while IFS= read -r library; do
			library=${library#"$root"}
			library=${library#"$sysroot"}
			case $library in
			*/ld-*.so*) ;;
			*) printf '%s\n' "$library" ;;
			esac
		done
}

# take_program PATH [LOADER] - with what it is linked with; sets ret_loader
take_program() {
	take "$1"
	linked_with "$@"
	while IFS= read -r library; do
		take "$library"
	done <"$tree/paths"
}

# program_path NAME - where the sysroot has it, or nothing
program_path() {
	for path in "/usr/sbin/$1" "/sbin/$1"; do
		[ -x "$(in_sysroot "$path")" ] || continue
		printf '%s\n' "$path"
		return
	done
}

# programs_add - those of --program
programs_add() {
	libraries_find
	printf %s "$programs" >"$tree/programs"
	while IFS= read -r program; do
		case $program in
		/*) ;;
		*) misused "--program '$program' is not an absolute path" ;;
		esac
		take_program "$program"
	done <"$tree/programs"
}

# fsck_add - the checkers of --with-fsck
fsck_add() {
	for type in $(echo "$checked" | tr , ' '); do
		case $type in
		xfs | btrfs) die "add fsck.$type: it does nothing, the kernel repairs $type when it is mounted" \
			"leave it out of --with-fsck=$checked" ;;
		esac
		program=$(program_path "fsck.$type")
		[ -n "$program" ] || die "add fsck.$type: there is no '$sysroot/sbin/fsck.$type'" \
			"on Debian it comes with e2fsprogs, dosfstools, f2fs-tools or exfatprogs"
		# One program may have several names, one for each type.
		program=$(realpath -- "$(in_sysroot "$program")")
		program=${program#"$sysroot"}
		take_program "$program"
		mkdir -p "$root/sbin"
		[ "$program" = "/sbin/fsck.$type" ] ||
			ln -sf "$program" "$root/sbin/fsck.$type"
	done
}
