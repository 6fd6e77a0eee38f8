# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# microcode.sh - microcode, where the kernel looks for it long before it unpacks
# an image: in an archive of its own, not compressed, in front of the image
# (the kernel's Documentation/arch/x86/microcode.rst)

# microcode_files DIR - those for processors; a .asc beside one is its signature
microcode_files() {
	find -L "$base_modules/lib/firmware/$1/" -maxdepth 1 -type f ! -name '*.asc' \
		2>/dev/null | LC_ALL=C sort
}

# microcode_own - what the names of this machine's files begin with (the kernel's
# microcode/intel.c and amd.c, request_microcode_*)
microcode_own() {
	awk -F ': *' '
	{ sub(/[ \t]+$/, "", $1); value[$1] = $2 }
	$1 == "stepping" { exit }
	END {
		family = value["cpu family"]
		if (value["vendor_id"] == "GenuineIntel")
			printf "%02x-%02x-%02x\n", family, value["model"],
				value["stepping"]
		else if (family < 21)
			print "microcode_amd.bin"
		else
			printf "microcode_amd_fam%02xh.bin\n", family
	}' /proc/cpuinfo
}

# microcode_add - the archive $tree/early, empty where there is to be none
microcode_add() {
	: >"$tree/early"
	if [ -z "$microcode" ]; then
		[ -z "$(microcode_files intel-ucode)$(microcode_files amd-ucode)" ] ||
			say "microcode: '$base_modules/lib/firmware' has some, which is not put in" \
				"without --with-microcode"
		return 0
	fi
	early=$tree/early-root/kernel/x86/microcode
	mkdir -p "$early"
	own=
	[ "$kind" != host ] || [ -n "$devices" ] || own=$(microcode_own)
	microcode_collect intel-ucode GenuineIntel
	microcode_collect amd-ucode AuthenticAMD
	if [ -n "$(find "$early" -type f)" ]; then
		output_archive "$tree/early-root" kernel >"$tree/early" ||
			die "pack the microcode: cpio failed, see above"
	elif [ -n "$own" ]; then
		say "microcode: there is none for this processor, '$own'"
	else
		die "add microcode: there is none in '$base_modules/lib/firmware'" \
			"on Debian: apt-get install intel-microcode, amd64-microcode (non-free-firmware)"
	fi
}

# microcode_collect DIR VENDOR - the files of DIR, one behind the other
microcode_collect() {
	microcode_files "$1" >"$tree/microcode"
	while IFS= read -r file; do
		case ${file##*/} in
		"$own"*) ;;
		*) continue ;;
		esac
		case $file in
		*.xz) xz -dc "$file" ;;
		*.zst) zstd -qdc "$file" ;;
		*) cat "$file" ;;
		esac >>"$early/$2.bin" ||
			die "add the microcode '$file': see above"
		tell "microcode: $file"
	done <"$tree/microcode"
}
