# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# options.sh - what the command line asks for
#
# option_table() says all about an option but what it does, which option_take()
# knows. The help and the completion for bash (completion/generate) are made from
# it, and tests/lint/parameters compares the manual with it.

# option_table - a line for each option, followed by the lines of its help, which
# begin with a tab:
#	SHORT LONG ARGUMENT VALUES
# with '-' for what it has not. An ARGUMENT in brackets is optional, and must be
# in the same word as the option. VALUES are words with '|' between them, or one of
# file, directory, kernel and module.
option_table() {
	cat <<'END'
o output OUT file
	the image; replaced at once when complete, or not at all
k kernel VERSION kernel
	kernel the modules are for (default: the running one)
b base DIR directory
	take lib/modules and etc/modprobe.d from DIR
	(default: /)
- kind KIND generic|full|host|list
	which drivers. generic: what a disk of a real or virtual
	machine may need, and file systems. full: these, and the
	adapters from before about 2008 and of storage networks.
	host: those of them that the devices of this machine ask
	for now, and all that its disks hang on. list: those of
	-m alone. (Default: list if -m is given, else generic.)
	What generic, full and host hold is loaded when a device
	asks for it
- devices FILE file
	for --kind host: what another machine has: modaliases,
	one a line, as 'find /sys/devices -name modalias -exec
	cat {} +' prints them there, and fs-TYPE for a file
	system
- machine this|other this|other
	whose image it is. this: the image holds what the root
	of this machine, its /usr and the swap it resumes from
	stand on (LUKS, LVM, md, NFS, the drivers of their
	disks), and no image is made if that cannot be set up.
	other: nothing of this machine is looked at. (Default:
	this, but other with --devices and, unless the kind is
	host, where -b or --sysroot names another system than /)
m module MODULE module
	a driver to load in any case, with all that it depends
	on; may be given several times, and the order is kept
- add FILE[:DEST] file
	also put in FILE, or a directory and what is in it, at
	the absolute path DEST (default: where it is here). A
	FILE that is itself a symbolic link is followed; modes
	are kept, and owners become root. The libraries that a
	program needs are NOT found: --program does that
- program FILE file
	also put in this program, at its own path, with its
	interpreter and the shared libraries it is linked with
- helper LINE -
	a program that runs beside the boot and may outlive it:
	'NAME MOVER DEADLINE keep|keep,copy|keep,late-copy|stop COMMAND...';
	they start in the order in which they are given. See
	pintle(8), /etc/pintle/helpers. COMMAND must be in the
	image: --program, --add
- with-plymouth [THEME[,copy]] details|text|details,copy|text,copy
	plymouthd as a helper that crosses to the real root,
	with THEME: details (default) or text; copy as in
	pintle(8)
- with-fsck [TYPE,...] ext4|ext3|ext2|vfat|exfat|f2fs
	the programs that check file systems of these types
	before they are mounted (default: ext4,ext3,ext2)
- with-crypt [KEYFILE] file
	cryptsetup, so that LUKS is opened: with KEYFILE, which
	goes into the image, or with what a person types; and
	the drivers of keyboards. Names are those of
	etc/crypttab, else luks-UUID
- with-keyfile PATTERN file
	for LUKS: the key files in etc/crypttab whose paths match
	PATTERN, as in sh ('*' matches slashes, too) go into the
	image, each for its device; may be given several times
- with-tokens [TYPE,...] tpm2|fido2|pkcs11
	for LUKS2: cryptsetup and systemd's plugins, so that what
	systemd-cryptenroll(1) has enrolled opens a device while
	a passphrase is asked for: a TPM, a FIDO2 or a PKCS#11
	token (default: those whose libraries are there). The
	same as --with-crypt=tokens
- with-lvm - -
	lvm, so that volume groups are activated
- with-md [whole] whole
	mdadm, so that arrays run; with 'whole', never without
	all of their disks
- with-nfs - -
	NFS, the drivers of network cards (with -m alone: name
	them), and klibc's ipconfig, which configures the network
- with-microcode - -
	what lib/firmware/intel-ucode and amd-ucode of --base
	hold for processors, in an archive in front of the
	image; with --kind host, for this machine's processor
	alone
- keep SUFFIX -
	the file that OUT was before stays, under its name with
	SUFFIX behind it; a file that already has that name
	stays. The image is given an identity, which pintle's
	report of a boot repeats
- sysroot DIR directory
	take what --program and --with-... name from DIR
	(default: /)
- cmdline STRING -
	parameters that pintle reads besides the kernel's
	command line, which wins
- compress HOW zstd|xz|gzip|none
	zstd, xz, gzip or none (default: zstd where it is
	installed and the kernel can unpack it, else gzip)
- pintle FILE file
	the static pintle binary (default: $PINTLE, the build
	of this checkout, or the installed one)
v verbose - -
	list what went in, and which of the modules asked for
	are built into the kernel
h help - -
	print this text
END
}

# option_rows - the table without the help
option_rows() {
	option_table | sed '/^\t/d'
}

# option_forms [help] - how each option is written, a line each; with 'help',
# indented and with its help
option_forms() {
	option_table | awk -v help="${1-}" '
	/^\t/ {
		if (help)
			printf "%-23s%s\n", left, substr($0, 2)
		left = ""
		next
	}
	{
		left = ($1 == "-" ? "" : "-" $1 ", ") "--" $2
		if ($3 ~ /^\[/)
			left = left "[=" substr($3, 2)
		else if ($3 != "-")
			left = left " " $3
		if (!help) {
			print left
			next
		}
		left = ($1 == "-" ? "      " : "  ") left
		if (length(left) > 22) {
			print left
			left = ""
		}
	}'
}

options_help() {
	cat <<'END'
usage: pintle-mkinitramfs -o OUT [option]...

Makes the initramfs OUT with pintle as /init.

END
	option_forms help
	cat <<'END'

Two runs over the same files give the same image, byte for byte: files are
dated SOURCE_DATE_EPOCH, or 1 second after the epoch.
END
}

# option_find WORD - the option of that name: ret_long is its long name, without
# dashes, and ret_argument its argument; status 1: there is none
option_find() {
	while read -r short ret_long ret_argument _; do
		[ "$1" != "--$ret_long" ] || return 0
		[ "$short" = - ] || [ "$1" != "-$short" ] || return 0
	done <<-END
		$(option_rows)
	END
	return 1
}

# option_take LONG [VALUE] - do what the option of that name says
option_take() {
	case $1 in
	output) out=$2 ;;
	kernel) version=$2 ;;
	base) base=$2 ;;
	kind) kind=$2 ;;
	devices) devices=$2 ;;
	machine) machine=$2 ;;
	module) modules="$modules $2" ;;
	add) adds="$adds$2
" ;;
	program) programs="$programs$2
" ;;
	helper) helpers="$helpers$2
" ;;
	with-plymouth) theme=${2-details} ;;
	with-fsck) checked=${2-ext4,ext3,ext2} ;;
	with-crypt)
		crypt=1
		case ${2-} in
		tokens) : "${tokens:=any}" ;;
		*) somebody_types=1 key=${2-$key} ;;
		esac
		;;
	with-tokens)
		crypt=1 tokens=${2-any}
		[ -n "$tokens" ] || misused "--with-tokens= names no type"
		;;
	with-keyfile)
		crypt=1
		keyfiles="$keyfiles$2
"
		;;
	with-lvm) lvm=1 ;;
	with-md) md=${2-any} ;;
	with-nfs) nfs=1 ;;
	with-microcode) microcode=1 ;;
	keep) keep=$2 ;;
	sysroot) sysroot=$2 ;;
	cmdline) cmdline=$2 has_cmdline=1 ;;
	compress) compress=$2 ;;
	pintle) binary=$2 ;;
	verbose) verbose=1 ;;
	help)
		options_help
		exit 0
		;;
	esac
}

# options_parse ARGUMENT... - into the variables named here; the lists of --add,
# --program and --helper have one entry a line
options_parse() {
	out='' version='' base='' kind='' devices='' modules='' adds=''
	compress='' verbose='' binary=${PINTLE-} cmdline='' has_cmdline=''
	programs='' helpers='' theme='' checked='' sysroot='' microcode=''
	crypt='' key='' lvm='' md='' nfs='' machine='' keep=''
	somebody_types='' keyfiles='' tokens='' token_kinds=''

	while [ $# -gt 0 ]; do
		word=$1
		shift
		option=$word
		case $word in
		--*=*) option=${word%%=*} ;;
		esac
		option_find "$option" || misused "'$option' is not one of them"
		case $word,$ret_argument in
		--*=*,-) misused "'$option' takes no value" ;;
		--*=*,*) option_take "$ret_long" "${word#*=}" ;;
		*,- | *,\[*) option_take "$ret_long" ;;
		*)
			[ $# -gt 0 ] || misused "'$option' needs a value"
			option_take "$ret_long" "$1"
			shift
			;;
		esac
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
	for type in $(echo "$tokens" | tr , ' '); do
		case $type in
		any | tpm2 | fido2 | pkcs11) ;;
		*) misused "--with-tokens=$tokens: '$type' is not tpm2, fido2 or pkcs11" ;;
		esac
	done
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
