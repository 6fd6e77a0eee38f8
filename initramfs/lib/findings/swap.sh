# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# swap.sh - the swap that this machine resumes from, for lib/machine

# words_of_boot PARAMETER... - those of the image, and what the boot loader gives
# the kernel, one word a line
words_of_boot() {
	for word; do
		printf '%s\n' "$word"
	done
	cat /proc/cmdline /etc/kernel/cmdline 2>/dev/null | tr -s ' \t' '\n'
	sed -n 's/^[ \t]*GRUB_CMDLINE_LINUX[_A-Z]*=//p' /etc/default/grub \
		/etc/default/grub.d/*.cfg 2>/dev/null | tr -d '"'"'" |
		tr -s ' \t' '\n'
}

# tools_resume - RESUME= of initramfs-tools; the last one counts
tools_resume() {
	sed -n 's/^[ \t]*RESUME=//p' /etc/initramfs-tools/initramfs.conf \
		/etc/initramfs-tools/conf.d/* 2>/dev/null | tail -n 1 |
		tr -d '"'"'"
}

# swap_of_machine - the swap that a person would hibernate to: the first of fstab
# that is a device and whose key lasts, else the largest that is in use
swap_of_machine() {
	fstab_of swap | while read -r spec _; do
		case $spec in
		UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=* | /dev/*) ;;
		*) continue ;;
		esac
		case $spec in
		/dev/zram* | /dev/mapper/*)
			source=$(crypttab_of "${spec##*/}")
			[ "${spec#/dev/zram}" = "$spec" ] || continue
			[ -z "$source" ] || crypttab_names |
				grep -qxF "${spec##*/}" || continue
			;;
		esac
		printf '%s\n' "$spec"
		break
	done
	[ ! -r /proc/swaps ] || awk '
	NR > 1 && $2 == "partition" && $1 !~ /\/zram/ && $3 > most {
		most = $3; which = $1
	}
	END { if (which) print which }' /proc/swaps
}

# key_lasts DIRECTORY - whether what is written to that device can be read after a
# power cycle
key_lasts() {
	case $(first_line "$1/dm/uuid") in
	CRYPT-PLAIN-*) return 1 ;;
	esac
}

# name_of_swap NAME - the name of that device that outlives a reboot, if NAME is
# the kernel's own
name_of_swap() {
	top=$(sysfs_of "$(path_of "$1")")
	case ${top:+$1} in
	/dev/dm-*) printf %s "/dev/mapper/$(shown "$(first_line "$top/dm/name")")" ;;
	*) printf %s "$1" ;;
	esac
}

# resume PARAMETER... - the swap that a parameter names, or the one that none does
resume() {
	words=$(words_of_boot "$@")
	! printf '%s\n' "$words" | grep -qx noresume || return 0
	spec=$(printf '%s\n' "$words" | sed -n 's/^resume=//p' | head -n 1)
	if [ -n "$spec" ]; then
		purpose='the swap to resume from'
		by_spec "$spec"
		return
	fi
	spec=$(tools_resume)
	case $spec in
	none) return ;;
	'' | auto) spec=$(swap_of_machine | head -n 1) ;;
	esac
	[ -n "$spec" ] || return 0
	top=$(sysfs_of "$(path_of "$spec")")
	[ -z "$top" ] || key_lasts "$top" || return 0
	say "swap $(shown "$(name_of_swap "$spec")")"
}
