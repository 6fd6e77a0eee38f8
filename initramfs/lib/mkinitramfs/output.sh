# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# output.sh - where the image is put together, packed, and put in its place
#
# $tree is the directory for all of it; $root, in it, is what the image holds,
# and $new the file beside OUT that becomes OUT.

output_clean_up() {
	rm -rf ${tree:+"$tree"} ${new:+"$new"} ${spare:+"$spare"} \
		${kept:+"$kept"}
}

# output_begin - the places, all of which are removed at the end
output_begin() {
	tree='' new='' spare='' kept=''
	trap output_clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM

	out_mode=$(printf %o $((0666 & ~0$(umask))))
	umask 022
	tree=$(mktemp -d "${TMPDIR:-/tmp}/pintle-mkinitramfs.XXXXXX" 2>&1) || {
		why=${tree##*: } tree=
		die "put '$out' together: no directory can be made in '${TMPDIR:-/tmp}': $why" \
			"TMPDIR names another place"
	}
	# Remove the files that killed runs left, because /boot is small: one
	# that nobody has locked is nobody's.
	if command -v flock >/dev/null; then
		for old in "$out_dir".pintle-mkinitramfs.??????; do
			[ -f "$old" ] || continue
			flock -n "$old" rm -f "$old" || :
		done
	fi
	new=$(mktemp "$out_dir.pintle-mkinitramfs.XXXXXX" 2>&1) || {
		why=${new##*: } new=
		die "write '$out': no file can be made in '$out_dir': $why"
	}
	exec 8>"$new"
	! command -v flock >/dev/null || flock -n 8
	root=$tree/root
	# The places of what pintle mounts first.
	mkdir "$root" "$root/dev" "$root/proc" "$root/run" "$root/sys"
	: >"$tree/findings"
	[ -z "$findings" ] || printf '%s\n' "$findings" >"$tree/findings"
}

# output_archive DIR TOP - what is below TOP of DIR, the same bytes each time. The
# end of an image comes last.
output_archive() {
	find "$1" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-1}" {} +
	(cd "$1" && {
		find "$2" ! -name . ! -path ./etc/pintle/end -print0 |
			sed -z 's|^\./||' | LC_ALL=C sort -z
		[ ! -e etc/pintle/end ] || printf 'etc/pintle/end\0'
	} |
		cpio -0 -o -H newc --reproducible -R 0:0 --quiet)
}

# output_identity - a checksum of what is in the image and how it is packed, so
# that the same files are the same image again, and one that a kernel might not
# unpack is another
output_identity() {
	{
		echo "$compress"
		sha256sum <"$tree/early"
		(cd "$root" && find . \( -type f -printf '%m %P\n' \
			-exec sha256sum {} \; \) -o -printf '%m %P %l\n') |
			LC_ALL=C sort
	} | sha256sum | cut -d ' ' -f 1
}

# output_pack - the whole image, as $tree/image; $unpacked is its size unpacked
output_pack() {
	[ -z "$keep" ] || mkdir -p "$root/etc/pintle"
	os_add
	if [ -n "$keep" ]; then
		output_identity >"$tree/identity"
		cp "$tree/identity" "$root/etc/pintle/image"
	fi
	# By these pintle knows whether all of the image is there. One that holds
	# nothing but /init needs neither.
	if [ -d "$root/etc/pintle" ]; then
		: >"$root/etc/pintle/begin"
		: >"$root/etc/pintle/end"
	fi
	output_archive "$root" . >"$tree/cpio" ||
		die "pack '$out': cpio failed, see above" "is the disk full? see: df"
	{ cat "$tree/early" && output_compressed; } >"$tree/image" ||
		die "compress '$out': $compress failed, see above" \
			"is the disk full? see: df '${TMPDIR:-/tmp}'"
	unpacked=$(stat -c %s "$tree/cpio")
	rm "$tree/cpio"
}

# One thread each: with more, zstd's and xz's output depends on how many.
# The kernel's xz knows no check but crc32 (lib/decompress_unxz.c).
output_compressed() {
	case $compress in
	zstd) zstd -q -9 -T1 -c "$tree/cpio" ;;
	xz) xz -6 -T1 --check=crc32 -c "$tree/cpio" ;;
	gzip) gzip -9 -n -c "$tree/cpio" ;;
	none) cat "$tree/cpio" ;;
	esac
}

# room_for FILE - in the directory of OUT, and 1 MiB more: others write there too
room_for() {
	bytes=$(stat -c %s "$1")
	room=$(df -Pk "$out_dir" 2>/dev/null | awk 'NR == 2 { print $4 }')
	case $room in
	'' | *[!0-9]*) return 0 ;;
	esac
	[ "$room" -ge "$((bytes / 1024 + 1024))" ] ||
		die "write '$out': it has $bytes bytes, and '$out_dir' has room for $room KiB, of which 1024 are left to others" \
			"remove what is not needed there: ls -l '$out_dir'"
}

# output_keep - give what OUT is now a second name, $kept. At no moment is there
# a name less. What was kept before is older, and stays.
output_keep() {
	[ -n "$keep" ] && [ -f "$out" ] && [ ! -e "$out$keep" ] || return 0
	! cmp -s "$out" "$new" || return 0
	kept=$out$keep
	ln -- "$out" "$kept" 2>/dev/null || {
		# FAT knows no second names.
		room_for "$out"
		spare=$(mktemp "$out_dir.pintle-mkinitramfs.XXXXXX") || spare=
		{ [ -n "$spare" ] && cp -p "$out" "$spare" &&
			sync "$spare" && mv -f "$spare" "$kept"; } || {
			kept=
			die "keep '$out' as '$out$keep': see above"
		}
		spare=
	}
	sync "$out_dir" || :
}

# output_is_secret - whether nobody else can read what is written to $new. FAT has
# the mode and the owner that it was mounted with.
output_is_secret() {
	case $(stat -c %a,%u -- "$new") in
	*00,"$(id -u)") ;;
	*) return 1 ;;
	esac
}

# output_protect - $new, before it holds a secret and after
output_protect() {
	chmod "$out_mode" "$new" 2>/dev/null || :
	[ "$out_mode" != 600 ] || output_is_secret ||
		die "write '$out': it has a key in it, and its file system lets others read it (its mode is $(stat -c %a -- "$new"), its owner $(stat -c %U -- "$new"))" \
			"name an OUT on a file system that has modes, or mount that one with umask=0077,uid=$(id -u)"
}

# output_replace - put the image in its place
output_replace() {
	room_for "$tree/image"
	output_protect
	cat "$tree/image" >"$new" || die "write '$out': see above" \
		"is the disk full? see: df '$out_dir'"
	output_protect
	# It must be on the disk before it has the name: else a power failure
	# after the rename leaves an empty file where the previous image was.
	sync "$new" || die "write '$out': it could not be synced" \
		"is the disk full or failing? see: df '$out_dir', dmesg"
	output_keep
	mv -f "$new" "$out"
	[ -z "$kept" ] || say "the previous image is kept as '$kept'"
	kept=
	sync "$out_dir" || :
	tell "made '$out', $(stat -c %s "$out") bytes, $compress, $unpacked unpacked"
}

# output_announce - tell the boot loaders that start a copy of the image, where OUT
# is the image that they copy
output_announce() {
	if [ -n "${NO_POST_UPDATE_HOOKS-}" ] || [ -n "$base" ] ||
		[ "$(readlink -f -- "$out")" != \
			"$(readlink -f /boot)/initrd.img-$version" ]; then
		return 0
	fi
	# Descriptor 8 is the image, and locked: see output_begin.
	"$lib/post-update" "$version" "/boot/initrd.img-$version" >&2 8>&-
}
