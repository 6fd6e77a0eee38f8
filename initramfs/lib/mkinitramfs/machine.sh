# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# machine.sh - what this machine's root stands on, as options that nobody gave
#
# lib/machine finds it out; $findings are its lines. $wanted becomes the list of
# modules that go in whatever the kind is.

# machine_look - at this machine, if the image is to be this machine's
machine_look() {
	if [ -z "$machine" ]; then
		machine=this
		[ "$kind" = host ] || [ -z "$base$sysroot" ] || machine=other
		[ -z "$devices" ] || machine=other
	fi
	[ "$kind" != host ] || [ -n "$devices" ] ||
		[ -n "$(find /sys/devices -name modalias 2>/dev/null | head -n 1)" ] ||
		die "find the devices of this machine, for --kind host: /sys shows none" \
			"mount /sys (a chroot has its own), or take another kind, or give --devices"
	[ "$kind" != host ] || [ -n "$devices" ] ||
		grep -q . /proc/self/mountinfo 2>/dev/null ||
		die "find what is mounted on this machine, for --kind host: /proc/self/mountinfo shows nothing" \
			"mount /proc (a chroot has its own), or take another kind, or give --devices"
	[ -z "$devices" ] || grep -q '[^[:space:]]' "$devices" ||
		die "take devices from '$devices': it names none" \
			"make it on the other machine: find /sys/devices -name modalias -exec cat {} +"
	findings='' taken=''
	[ "$machine" = this ] || return 0

	# shellcheck disable=SC2086 # the words of a command line
	findings=$(set -f && "$lib/machine" $cmdline) ||
		die "look at this machine's root: '$lib/machine' failed, see above"
	refuse_as "$findings"
	take_findings
	[ -z "$taken" ] ||
		say "${stands:-what the root of this machine is on is named in /etc}:$taken"
}

# take_findings - into the options, and those that this turned on into $taken;
# the findings in words are in $stands
take_findings() {
	stands=
	while read -r what rest; do
		case $what in
		stands) stands=$rest ;;
		warn) say "$rest" ;;
		unseen) say "what the root of this machine stands on cannot be" \
			"seen: $rest; it is taken for a file system on a disk" ;;
		swap) say "no parameter resumes from the swap '$rest': if this" \
			"machine hibernates, give --cmdline 'resume=$rest'" ;;
		option)
			case $rest in
			'?crypt') take_likely crypt cryptsetup ;;
			'?md') take_likely md mdadm ;;
			*) take_option "$rest" ;;
			esac
			;;
		esac
	done <<-END
		$findings
	END
}

# take_option NAME - turn --with-NAME on, unless somebody gave it
take_option() {
	case $1,$crypt,$lvm,$md,$nfs in
	crypt,,*) crypt=1 ;;
	lvm,*,,*,*) lvm=1 ;;
	md,*,*,,*) md=any ;;
	nfs,*,*,*,) nfs=1 ;;
	*) return 0 ;;
	esac
	taken="$taken --with-$1"
}

# take_likely NAME PROGRAM - turn --with-NAME on, which this machine's root may
# need, if the program for it is installed
take_likely() {
	if [ -x "$sysroot/usr/sbin/$2" ] || [ -x "$sysroot/sbin/$2" ]; then
		take_option "$1"
	else
		say "this machine's root may need --with-$1, which is" \
			"left out: there is no '$sysroot/sbin/$2'"
	fi
}

# modules_choose - the modules that the options ask for, given or turned on
modules_choose() {
	wanted=
	# It must be there before anybody asks for it.
	[ -z "$crypt$lvm" ] || modules="$modules dm_mod"
	[ -z "$lvm" ] || wanted="$lvm_modules "
	if [ -n "$md" ]; then
		modules="$modules md_mod" wanted="$wanted$md_modules "
	fi
	[ -z "$crypt" ] || wanted="$wanted$crypt_modules"
	[ -z "$tokens" ] || wanted="$wanted$token_modules"
	# An image of kind list is as asked for: a shell alone adds nothing.
	case $crypt,$kind,$adds$programs in
	1,* | ,[!l]*,*[:/]bin/sh"
"*)
		wanted="$wanted$usb_keyboards" generic=$generic$keyboards
		;;
	esac
	if [ -n "$nfs" ]; then
		generic=$generic$net_modules wanted="$wanted$nfs_modules "
	fi
}
