# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# options.sh - what the command line asks for

options_help() {
	cat <<'END'
usage: pintle-mkinitramfs -o OUT [option]...

Makes the initramfs OUT with pintle as /init.

  -o, --output OUT     the image; replaced at once when complete, or not at all
  -k, --kernel VERSION kernel the modules are of (default: the running one)
  -b, --base DIR       take lib/modules and etc/modprobe.d from DIR
                       (default: /)
      --kind KIND      which drivers: generic, what a disk of a real or
                       virtual machine may want, and file systems; full, these,
                       adapters of before about 2008 and of storage networks;
                       host, those of them that this machine's devices ask for
                       now; list, those of -m alone (default: list if -m is
                       given, else generic). What generic, full and host hold
                       is loaded when a device asks for it
      --devices FILE   for --kind host, what another machine has: its modaliases,
                       a line each, as 'find /sys/devices -name modalias -exec
                       cat {} +' says there, and fs-TYPE for a file system
      --machine WHICH  whose image it is. this: what this machine's root, /usr
                       and the swap it resumes from stand on goes in (LUKS,
                       LVM, md, NFS, the drivers of their disks), and there is
                       no image if it cannot be set up. other: this machine is
                       not looked at (default: this, but other with --devices
                       and, unless the kind is host, where -b or --sysroot
                       name another system than /)
  -m, --module NAME    a driver to load in any case, with all that it depends
                       on; give it several times, the order is kept
      --add FILE[:DEST]  also put FILE, or a directory and what is in it, at
                       the absolute path DEST (default: where it is here).
                       FILE itself may be a symbolic link and is followed;
                       modes are kept, owners become root. The libraries a
                       program needs are NOT found: that does --program
      --program FILE   also put this program, at its own path, with its
                       interpreter and the shared libraries it is linked with
      --helper LINE    a program that runs beside the boot and may outlive it:
                       'NAME MOVER DEADLINE keep|keep,copy|stop COMMAND...',
                       in the order given; see pintle(8), /etc/pintle/helpers.
                       COMMAND must be in the image: --program, --add
      --with-plymouth[=THEME[,copy]]
                       plymouthd as a helper that crosses to the real root,
                       with THEME: details (default) or text; copy as in
                       pintle(8)
      --with-fsck[=TYPE,...]
                       the programs that check file systems of these types
                       before they are mounted (default: ext4,ext3,ext2)
      --with-crypt[=KEYFILE]
                       cryptsetup, so that LUKS is opened: with KEYFILE, which
                       goes into the image, or what a person types, and the
                       drivers of keyboards. Names are those of etc/crypttab,
                       else luks-UUID
      --with-lvm       lvm, so that volume groups are activated
      --with-md[=whole]
                       mdadm, so that arrays run; with 'whole' never without
                       all of their disks
      --with-nfs       NFS, the drivers of the network (with -m alone: name
                       them), and klibc's ipconfig, which configures it
      --with-microcode what is in lib/firmware/intel-ucode and amd-ucode of
                       --base for processors, in an archive before the image's
                       own; with --kind host this machine's alone
      --keep SUFFIX    OUT as it was stays as OUT with SUFFIX behind its name;
                       what has that name already stays. The image is given an
                       identity, which pintle's report of a boot repeats
      --sysroot DIR    take what --program and --with-... name from DIR
                       (default: /)
      --cmdline STRING parameters pintle reads besides the kernel's command
                       line, which wins
      --compress HOW   zstd, xz, gzip or none (default: zstd where it is
                       installed and the kernel can unpack it, else gzip)
      --pintle FILE    the static pintle binary (default: $PINTLE, the build
                       of this checkout, or the installed one)
  -v, --verbose        list what went in, and which modules asked for are built
                       into the kernel
  -h, --help           this

Two runs over the same files give the same image, byte for byte: files are
dated SOURCE_DATE_EPOCH, or 1 second after the epoch.
END
}

# options_parse ARGUMENT... - into the variables named here; the lists of --add,
# --program and --helper have one entry a line
options_parse() {
	out='' version='' base='' kind='' devices='' modules='' adds=''
	compress='' verbose='' binary=${PINTLE-} cmdline='' has_cmdline=''
	programs='' helpers='' theme='' checked='' sysroot='' microcode=''
	crypt='' key='' lvm='' md='' nfs='' machine='' keep=''
	somebody_types=''

	while [ $# -gt 0 ]; do
		option=$1 given=$1
		shift
		# --option=value is --option value
		case $option in
		--*=*)
			set -- "${option#*=}" "$@"
			option=${option%%=*}
			;;
		esac
		case $option in
		-h | --help)
			options_help
			exit 0
			;;
		-v | --verbose)
			verbose=1
			continue
			;;
		# Its value is optional, so it must be in the same word.
		--with-plymouth)
			case ${given#--with-plymouth} in
			'') theme=details ;;
			*)
				theme=$1
				shift
				;;
			esac
			continue
			;;
		--with-fsck)
			case ${given#--with-fsck} in
			'') checked=ext4,ext3,ext2 ;;
			*)
				checked=$1
				shift
				;;
			esac
			continue
			;;
		--with-crypt)
			crypt=1 somebody_types=1
			case $given in
			*=*)
				key=$1
				shift
				;;
			esac
			continue
			;;
		--with-lvm)
			lvm=1
			continue
			;;
		--with-md)
			md=any
			case $given in
			*=*)
				md=$1
				shift
				;;
			esac
			continue
			;;
		--with-nfs)
			nfs=1
			continue
			;;
		--with-microcode)
			microcode=1
			continue
			;;
		-o | --output | -k | --kernel | -b | --base | --kind | --devices | \
			--machine | --keep | -m | --module | --add | --cmdline | --compress | --pintle | --program | --helper | \
			--sysroot) ;;
		*) misused "'$option' is not one of them" ;;
		esac
		[ $# -gt 0 ] || misused "'$option' needs a value"
		case $option in
		-o | --output) out=$1 ;;
		-k | --kernel) version=$1 ;;
		-b | --base) base=$1 ;;
		--kind) kind=$1 ;;
		--devices) devices=$1 ;;
		--machine) machine=$1 ;;
		--keep) keep=$1 ;;
		-m | --module) modules="$modules $1" ;;
		--add) adds="$adds$1
" ;;
		--cmdline) cmdline=$1 has_cmdline=1 ;;
		--compress) compress=$1 ;;
		--pintle) binary=$1 ;;
		--program) programs="$programs$1
" ;;
		--helper) helpers="$helpers$1
" ;;
		--sysroot) sysroot=$1 ;;
		esac
		shift
	done
}

# directory PATH WHAT - the absolute path of a directory without a slash behind
# it; nothing for /
directory() {
	[ -d "$1" ] || die "$2 '$1': no such directory"
	path=$(cd "$1" && pwd)
	printf '%s\n' "${path%/}"
}

# options_check - refuse what cannot be meant, and fill in what follows from the
# rest
options_check() {
	[ -n "$out" ] || misused "no -o OUT"
	case $compress in
	zstd | xz | gzip | none | '') ;;
	*) misused "--compress '$compress' is not zstd, xz, gzip or none" ;;
	esac
	check_drivers
	case $keep in
	*/* | *[[:space:]]*) misused "--keep '$keep' has a slash or a blank in it" ;;
	esac
	case $cmdline in
	*'
'*) misused "--cmdline has more than one line" ;;
	esac
	check_tools
	check_places
}

# check_drivers - what decides which drivers go in
check_drivers() {
	if [ -z "$kind" ]; then
		kind=list
		[ -n "$modules" ] || kind=generic
	fi
	case $kind in
	generic | full | host | list) ;;
	*) misused "--kind '$kind' is not generic, full, host or list" ;;
	esac
	[ -z "$devices" ] || [ "$kind" = host ] ||
		misused "--devices is for --kind host"
	[ -z "$devices" ] || [ -r "$devices" ] ||
		die "take devices from '$devices': there is no such file"
	case $machine in
	this | other | '') ;;
	*) misused "--machine '$machine' is not this or other" ;;
	esac
}

# check_tools - the values of --with-...
check_tools() {
	plymouth_copy=
	case $theme in
	*,copy)
		theme=${theme%,copy}
		: "${theme:=details}"
		plymouth_copy=,copy
		;;
	esac
	case $theme in
	details | text | '') ;;
	*) misused "--with-plymouth=$theme: the theme is not details or text" ;;
	esac
	case $md in
	any | whole | '') ;;
	*) misused "--with-md=$md: that is not 'whole'" ;;
	esac
	[ -z "$key" ] || [ -r "$key" ] ||
		die "add the key '$key': there is no such file that can be read"
}

# check_places - where the image goes to, and where its parts come from
check_places() {
	[ -z "$sysroot" ] ||
		sysroot=$(directory "$sysroot" 'take programs from')
	case $out in
	*/*) out_dir=${out%/*}/ ;;
	*) out_dir=./ ;;
	esac
	[ -d "$out_dir" ] || die "write '$out': there is no directory '$out_dir'" \
		"make it first"
	# A rename over /dev/null would replace it.
	[ ! -e "$out" ] || [ -f "$out" ] || die "write '$out': it is not a file"
	[ -z "$base" ] || base=$(directory "$base" 'read modules from')
}
