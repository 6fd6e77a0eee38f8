# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# hooks.sh - what makes a device out of members: LUKS, LVM, md; and what
# configures the network. See pintle(8), /etc/pintle/hooks.

# hook LINE
hook() {
	hooks="$hooks$1
"
}

# hook_program NAME PACKAGE - into the image; ret_program is its path
hook_program() {
	ret_program=$(program_path "$1")
	[ -n "$ret_program" ] || die "add $1: there is no '$sysroot/sbin/$1'" \
		"on Debian: apt-get install $2" \
		"or name a directory that has it with --sysroot"
	take_program "$ret_program"
}

# hooks_add - those of all options, behind the ones that --add put in
hooks_add() {
	hooks=
	[ -z "$crypt" ] || crypt_add
	[ -z "$lvm" ] || lvm_add
	[ -z "$md" ] || md_add
	[ -n "$hooks" ] || return 0
	mkdir -p "$root/etc/pintle"
	hooks_fit
	printf %s "$hooks" >>"$root/etc/pintle/hooks"
	tell "hooks: $(printf %s "$hooks" | wc -l)"
}

# How many lines, and how many bytes with their ends, pintle reads: HOOKS_MAX and
# take_line() of src/device/hooks.c.
hooks_lines=16 hooks_bytes=4096

# hooks_too_many FILE - whether pintle would not read all that FILE has
hooks_too_many() {
	[ "$(grep -c '^[[:blank:]]*[^#[:blank:]]' "$1")" -gt "$hooks_lines" ] ||
		[ "$(wc -c <"$1")" -gt "$hooks_bytes" ]
}

# hooks_fit - of $hooks, leave out what the root can do without until pintle reads
# all of it, the last first
hooks_fit() {
	while
		{
			[ ! -e "$root/etc/pintle/hooks" ] || cat "$root/etc/pintle/hooks"
			printf %s "$hooks"
		} >"$tree/hooks"
		hooks_too_many "$tree/hooks"
	do
		device=$(printf %s "$hooks" | awk '
			$2 ~ /^ask.*,optional/ { last = $1 " " $NF }
			END { print last }')
		[ -n "$device" ] ||
			die "write the hooks: they are more than the $hooks_lines lines or $hooks_bytes bytes that pintle reads" \
				"each device of '$sysroot/etc/crypttab' needs one or more of them: take out those that are opened after the boot"
		say "$sysroot/etc/crypttab: '${device#* }' is left out: pintle reads no more than $hooks_lines hooks, and the root does not need it"
		hooks=$(printf %s "$hooks" | awk -v device="${device% *}" '$1 != device')
		hooks="$hooks
"
	done
}

crypt_add() {
	hook_program cryptsetup cryptsetup-bin
	open="$ret_program open --type"
	[ -z "$tokens" ] || tokens_add "$ret_loader"
	# Else cryptsetup tries the tokens before it looks at what was typed.
	typed=${token_kinds:+ --disable-external-tokens}
	# glibc loads it when a thread ends, and argon2 has threads.
	library=$(find "$sysroot/usr/lib/" "$sysroot/lib/" -name libgcc_s.so.1 \
		2>/dev/null | head -n 1)
	[ -z "$library" ] || take "${library#"$sysroot"}"
	[ -z "$key" ] || crypt_add_key "$key" key
	opened=' '
	[ ! -e "$sysroot/etc/crypttab" ] || crypt_add_table
	[ -z "$keyfiles" ] || [ -d "$root/etc/pintle/keys" ] ||
		say "no key file that '$sysroot/etc/crypttab' names and that is there matches --with-keyfile: none goes into the image"
	crypt_add_root
	[ -z "$key" ] || hook "crypto_LUKS each $open luks$typed --key-file=/etc/pintle/key %d luks-%u"
	# A device whose own line fails must not be opened under another name.
	case $token_kinds,$hooks in
	,* | *' beside '*) ;;
	*) hook "crypto_LUKS beside $open luks --token-only %d luks-%u" ;;
	esac
	hook "crypto_LUKS ask $open luks$typed --key-file=- %d luks-%u"
}

# crypt_add_key FILE NAME - as /etc/pintle/NAME; nobody else may read the image then
crypt_add_key() {
	mkdir -p "$root/etc/pintle/${2%"${2##*/}"}"
	cp -- "$1" "$root/etc/pintle/$2" ||
		die "add the key '$1': it could not be copied, see above"
	chmod 600 "$root/etc/pintle/$2"
	out_mode=600
	tell "key: $1"
}

# crypt_open TYPE UUID NAME WORD... - with the words of lib/crypttab. The UUID is
# added to $opened, which has a blank on both sides of each
crypt_open() {
	opened="$opened$2 "
	case $1 in
	bitlk) device=BitLocker:$2 ;;
	*) device=crypto_LUKS:$2 ;;
	esac
	command="$open $1" name=$3 ask=ask own='' more='' token=''
	by_token=$command
	if [ "$1" = luks ]; then
		command=$command$typed token=${token_kinds:+--token-only}
	fi
	shift 3
	for word; do
		case $word in
		,*) ask=$ask$word ;;
		@*) own="$own ${word#@}" token='' ;;
		+*) token="--token-only --token-type=systemd-${word#+}" ;;
		*) more="$more $word" ;;
		esac
	done
	[ -z "$own" ] || hook "$device each $command$own$more %d $name"
	case "$key,$own " in
	,* | *" --key-file=/etc/pintle/key "*) ;;
	*) hook "$device each $command --key-file=/etc/pintle/key$more %d $name" ;;
	esac
	# A token says itself which key slot it is for.
	[ -z "$token" ] ||
		hook "$device beside $by_token $token${more%% --key-slot *} %d $name"
	hook "$device $ask $command --key-file=-$more %d $name"
}

# crypt_add_table - what crypttab says, as lib/crypttab reads it
crypt_add_table() {
	[ -r "$sysroot/etc/crypttab" ] ||
		die "read '$sysroot/etc/crypttab': this user is not allowed to read it" \
			"it names the devices that are opened: run this as root"
	set -- ${key:+"key=$key"} ${somebody_types:+ask} "sysroot=$sysroot" \
		"tokens=$token_kinds"
	while IFS= read -r word; do
		[ -z "$word" ] || set -- "$@" "keyfile=$word"
	done <<-END
		$keyfiles
	END
	lines=$("$lib/crypttab" "$sysroot/etc/crypttab" "$tree/findings" "$@") ||
		die "read '$sysroot/etc/crypttab': '$lib/crypttab' failed, see above"
	refuse_as "$lines"
	while read -r what rest; do
		case $what in
		warn) say "$rest" ;;
		where) printf '  %s\n' "$rest" >&2 ;;
		key)
			name=${rest%% *}
			crypt_add_key "${rest#* }" "keys/$name"
			;;
		line)
			# shellcheck disable=SC2086 # words of the mapper, without '*'
			crypt_open $rest
			;;
		signature) token_named_signature "${rest%% *}" "${rest#* }" ;;
		never)
			uuid=${rest%% *}
			opened="$opened$uuid "
			hook "crypto_LUKS:$uuid never"
			;;
		esac
	done <<-END
		$lines
	END
}

# crypt_add_root - what the root is in and crypttab does not name keeps its name
crypt_add_root() {
	while read -r what uuid name; do
		case $what,$name,$opened in
		*," $uuid "* | luks,-,* | luks,*[!-[:alnum:]#+.:=@_]*,*) ;;
		luks,*) [ "$uuid" = - ] || crypt_open luks "$uuid" "$name" ;;
		esac
	done <"$tree/findings"
}

lvm_add() {
	hook_program lvm lvm2
	mkdir -p "$root/etc/lvm"
	# A file that --add put there is the person's own.
	[ -e "$root/etc/lvm/lvm.conf" ] || lvm_config
	hook "LVM2_member each $ret_program pvscan --cache -aay %d"
	hook "LVM2_member late $ret_program vgchange -aay --sysinit"
}

lvm_config() {
	cat >"$root/etc/lvm/lvm.conf" <<-'END'
		# There is no udev in the image, and nothing that may be written to.
		activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
		devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 }
		backup { backup = 0 archive = 0 }
	END
	lvm_system_id
	if [ -n "$ret_id" ]; then
		cat >>"$root/etc/lvm/lvm.conf" <<-END
			global { use_lvmpolld = 0 system_id_source = "lvmlocal" }
			local { system_id = "$ret_id" }
		END
	else
		echo 'global { use_lvmpolld = 0 }' >>"$root/etc/lvm/lvm.conf"
	fi
}

# lvm_setting NAME FILE - what a file of lvm.conf(5) sets NAME to
lvm_setting() {
	[ ! -r "$2" ] ||
		sed -n "s/^\([^#]*[[:blank:]{/]\)\{0,1\}$1[[:blank:]]*=[[:blank:]]*\"\([^\"]*\)\".*/\2/p" \
			"$2" | tail -n 1
}

# lvm_system_id - ret_id is the system ID without which LVM leaves the volume
# groups of this system alone (lvmsystemid(7)); nothing if it has none
lvm_system_id() {
	source=$(lvm_setting system_id_source "$sysroot/etc/lvm/lvm.conf")
	override=$(lvm_setting system_id_source "$sysroot/etc/lvm/lvmlocal.conf")
	source=${override:-$source}
	ret_id=
	case $source in
	'' | none) return ;;
	lvmlocal) ret_id=$(lvm_setting system_id "$sysroot/etc/lvm/lvmlocal.conf") ;;
	uname) ret_id=$(first_line_of "$sysroot/etc/hostname") ;;
	machineid) ret_id=$(first_line_of "$sysroot/etc/machine-id") ;;
	esac
	# LVM drops the characters that it does not take, too.
	ret_id=$(printf %s "$ret_id" | tr -cd '[:alnum:]._/+=!:#@-')
	[ -n "$ret_id" ] ||
		say "the system ID of LVM (system_id_source = $source) is not known here: volume groups that have it are left alone at boot; lvmlocal.conf can name it (lvmsystemid(7))"
}

# first_line_of FILE - if it can be read
first_line_of() {
	[ ! -r "$1" ] || head -n 1 -- "$1"
}

md_add() {
	hook_program mdadm mdadm
	program=$ret_program
	mkdir -p "$root/etc/mdadm"
	if ! [ -e "$root/etc/mdadm/mdadm.conf" ]; then
		md_config >"$tree/mdadm.conf"
		mv "$tree/mdadm.conf" "$root/etc/mdadm/mdadm.conf"
	fi
	hook "linux_raid_member each $program --incremental --quiet %d"
	[ "$md" = whole ] ||
		hook "linux_raid_member late $program --incremental --run --scan --quiet"
}

# md_config - the image's mdadm.conf. An array of another host is given a number
# of its own (/dev/md127), and the image has no name for "<system>" to stand for.
md_config() {
	config=$sysroot/etc/mdadm/mdadm.conf
	host=$(first_line_of "$sysroot/etc/hostname" | tr -cd '[:alnum:]._-')
	if [ ! -r "$config" ]; then
		# There is only this machine.
		echo 'HOMEHOST <ignore>'
	else
		sed '/^[Hh][Oo][Mm][Ee][Hh][Oo][Ss][Tt][[:blank:]]*<system>/d' \
			"$config"
		# The last line may have no end.
		echo
		grep -q -i '^homehost[[:blank:]]*[^<[:blank:]]' "$config" ||
			grep -q -i '^homehost[[:blank:]]*<\(ignore\|none\)>' "$config" ||
			printf 'HOMEHOST %s\n' "${host:-<ignore>}"
	fi
	[ ! -s "$tree/findings" ] || md_running "$config"
}

# md_running FILE - a line for each array that runs here and that FILE does not
# have: it keeps its name, whichever host made it
md_running() {
	for array in /sys/class/block/md*/md; do
		version=$(first_line_of "$array/metadata_version")
		uuid=$(first_line_of "$array/uuid" | tr -cd '[:xdigit:]-')
		digits=$(printf %s "$uuid" | tr -d -)
		# Of the older kind the host is not a name.
		case $version,$digits in
		1.*,????????????????????????????????) ;;
		*) continue ;;
		esac
		! sed '/^[[:blank:]]*#/d' "$1" 2>/dev/null | tr -d ':.-' |
			grep -q -i "$digits" || continue
		name=${array%/md}
		name=${name##*/}
		case $name in
		md[0-9] | md[0-9][0-9]) ;;
		*)
			for link in /dev/md/*; do
				[ "$(readlink -f "$link")" != "/dev/$name" ] || {
					name=md/${link##*/}
					break
				}
			done
			;;
		esac
		printf 'ARRAY /dev/%s UUID=%s\n' "$name" \
			"$(printf %s "$digits" | sed 's/......../&:/g; s/:$//')"
	done
}

# network_add - klibc's ipconfig, for --with-nfs
network_add() {
	[ -n "$nfs" ] || return 0
	for ipconfig in /usr/lib/klibc/bin/ipconfig /bin/ipconfig ''; do
		[ -n "$ipconfig" ] ||
			die "add ipconfig: there is no '$sysroot/usr/lib/klibc/bin/ipconfig'" \
				"on Debian: apt-get install klibc-utils" \
				"or name a directory that has it with --sysroot"
		from=$(in_sysroot "$ipconfig")
		[ ! -x "$from" ] || break
	done
	refuse_links /bin
	mkdir -p "$root/bin"
	cp "$from" "$root/bin/ipconfig"
	# Its interpreter is its library.
	library=$(LC_ALL=C tr '\0' '\n' <"$from" | LC_ALL=C grep -a -o -m 1 \
		'/lib/klibc-[[:alnum:]_-]*\.so$') || library=
	[ -z "$library" ] || take "$library"
	tell "ipconfig: $ipconfig"
}

# links_add - what the kernel asks for by name, pintle looks up in the index; and
# who is at the rescue shell calls it by its name
links_add() {
	[ ! -e "$root/etc/pintle/drivers" ] || init_link modprobe
	! { [ -e "$root/bin/sh" ] || [ -L "$root/bin/sh" ]; } || init_link pintle
}
