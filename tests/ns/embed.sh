#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016 # words for others to expand
#
# What the hooks of other generators do to an image: pintle is what makes the
# switch in it, whatever was there before, or the switch is as it was and the
# generator fails. The generators are functions that do what theirs do. The
# images of real ones are in vm/*/debian*.
# needs: nothing
. "${TOP:?}/tests/ns/lib.sh"

image=$work/image
here=$work/here
path=$here/bin:/usr/bin:/bin
export image here
mkdir "$here"
# Where the hooks look on a machine; they search no other folders for pintle.
for hook in dracut/module-setup.sh mkinitcpio/install initramfs-tools/hook; do
	sed -e "s,/usr/lib/pintle/fits,$TOP/initramfs/lib/fits," \
		-e "s,/usr/lib/pintle/guard,$TOP/initramfs/lib/guard," \
		-e "s,/etc/default/pintle,$here/settings,g" \
		-e "s,/usr/share/initramfs-tools/hook-functions,$here/functions," \
		-e 's,\(PATH=$PATH\)[:/a-z]*,\1,' \
		"$TOP/initramfs/$hook" >"$here/${hook%%/*}"
done
printf 'INITRAMFS_TOOLS=yes\nDRACUT=yes\n' >"$here/settings"

# Nothing can be copied with copy=no. With $systemd that makes the switch, and with
# $no_unit the unit of the package is missing.
cat >"$here/functions" <<'END'
copy() {
	[ "$copy" = yes ] || return
	case $1 in
	*/pintle-migrate.service)
		[ -z "$no_unit" ] && echo unit >"$image$2"
		;;
	*) cp "$1" "$image$2" ;;
	esac
}
copy_exec() { copy "$@"; }
END
cat >"$here/run-dracut" <<'END'
. "$here/functions"
initdir=$image systemdsystemunitdir=/usr/lib/systemd/system SYSTEMCTL=true
find_binary() { type -P "$1"; }
require_binaries() { type -P "$1" >/dev/null; }
inst_simple() { copy "$@"; }
dracut_module_included() { [[ $systemd ]]; }
derror() { echo "dracut[E]: $*" >&2; }
dfatal() { echo "dracut[F]: $*" >&2; }
dwarn() { echo "dracut[W]: $*" >&2; }
. "$here/dracut"
if ! check; then
	echo 'left out'
else
	install || echo 'dracut goes on'
fi
exit 0
END
cat >"$here/run-mkinitcpio" <<'END'
. "$here/functions"
BUILDROOT=$image
error() { echo "==> ERROR: $*" >&2; }
add_binary() { [[ -e $1 ]] && copy "$@"; }
add_file() { copy "$@"; }
add_symlink() { mkdir -p "$image${1%/*}" && ln -s "$2" "$image$1"; }
read -ra _hooks <<<"${hooks-base udev pintle}"
declare -i _builderrors=0
set -o functrace
trap '(( $? )) && [[ "$FUNCNAME" == add_* ]] && (( ++_builderrors ))' RETURN
. "$here/mkinitcpio"
build
exit $((!!_builderrors))
END
cat >"$here/run-initramfs-tools" <<'END'
exec sh "$here/initramfs-tools"
END

switch=
# lay_out: an image as it is before pintle's hook
lay_out() {
	rm -rf "${image:?}" "${here:?}/bin"
	mkdir -p "$image/usr/bin" "$image/usr/sbin" "$here/bin" \
		"$image/usr/lib/systemd/system"
	ln -s usr/bin "$image/bin"
	ln -s usr/sbin "$image/sbin"
	cp "$busybox" "$image/usr/bin/busybox"
	ln -s busybox "$image/usr/bin/sh"
	case $1 in
	initramfs-tools) switch=usr/sbin/run-init ;;
	*) switch=usr/bin/switch_root ;;
	esac
	echo original >"$image/$switch"
	chmod 755 "$image/$switch"
	cp "$PINTLE" "$here/bin/pintle"
	systemd='' copy=yes no_unit='' hooks='base udev pintle'
}
# made_by GENERATOR
made_by() {
	[ -z "$systemd" ] || [ "$1" != mkinitcpio ] ||
		: >"$image/usr/lib/systemd/system/initrd-switch-root.service"
	status=0
	out=$(DESTDIR=$image systemd=$systemd copy=$copy no_unit=$no_unit \
		hooks=$hooks PATH="$path" bash "$here/run-$1" 2>&1) || status=$?
}
leads_to_pintle() {
	[ "$status" = 0 ] || return
	target=$(readlink "$image/$switch") || return
	case $target in
	/*) target=$image$target ;;
	*) target=$image/${switch%/*}/$target ;;
	esac
	cmp "$target" "$PINTLE"
}
# refuses REASON
refuses() {
	[ "$status" = 1 ] && [ "$(cat "$image/$switch")" = original ] &&
		prints_like "pintle: add it to the image: $1"
}
busybox_is_whole() {
	leads_to_pintle && cmp "$image/usr/bin/busybox" "$busybox"
}

case $(uname -m) in
aarch64) old_family='\050\000' ;;
*) old_family='\003\000' ;;
esac

for generator in dracut mkinitcpio initramfs-tools; do
	lay_out $generator
	made_by $generator
	row "$generator: pintle is what makes the switch" leads_to_pintle
	lay_out $generator
	rm "$image/$switch"
	made_by $generator
	row "$generator: nothing was there: it is all the same" leads_to_pintle
	lay_out $generator
	ln -sf not-there "$image/$switch"
	made_by $generator
	row "$generator: a link to nothing was there" leads_to_pintle
	lay_out $generator
	ln -f "$image/usr/bin/busybox" "$image/$switch"
	made_by $generator
	row "$generator: busybox was there, and stays whole" busybox_is_whole

	lay_out $generator
	rm "$here/bin/pintle"
	made_by $generator
	row "$generator: there is no pintle: it fails, the original stays" \
		refuses 'there is no such program'
	lay_out $generator
	# Bytes 18 and 19 are the architecture: that of the Alpha.
	printf '\046\220' | dd of="$here/bin/pintle" bs=1 seek=18 conv=notrunc \
		2>/dev/null
	made_by $generator
	row "$generator: pintle is of another architecture: it fails" \
		refuses ".* is of another architecture than '/usr/bin/sh' there"
	lay_out $generator
	# 32 bits, and the number of i386 or of ARM.
	for patch in '4 \001' "18 $old_family"; do
		printf '%b' "${patch#* }" | dd of="$image/usr/bin/busybox" bs=1 \
			seek="${patch%% *}" conv=notrunc 2>/dev/null
	done
	made_by $generator
	row "$generator: the image has 32 bits, for a kernel with 64" leads_to_pintle
	lay_out $generator
	head -c 10 "$PINTLE" >"$here/bin/pintle"
	made_by $generator
	row "$generator: pintle was cut: it fails" refuses ".* is no program"
	lay_out $generator
	copy=no
	made_by $generator
	row "$generator: pintle cannot be copied: it fails" \
		refuses 'it could not be copied'
done

wanted=usr/lib/systemd/system/initrd-switch-root.target.wants
migrates() {
	[ "$status" = 0 ] && [ "$(cat "$image/$switch")" = original ] &&
		[ -s "$image/usr/lib/systemd/system/pintle-migrate.service" ]
}
fails() {
	[ "$status" = 1 ] && [ "$(cat "$image/$switch")" = original ] &&
		[ ! -L "$image/$wanted/pintle-migrate.service" ]
}
for generator in dracut mkinitcpio; do
	lay_out $generator
	systemd=yes
	made_by $generator
	row "$generator, systemd: helpers are moved before its switch" migrates
	lay_out $generator
	systemd=yes no_unit=yes
	made_by $generator
	row "$generator, systemd: the unit is missing: it fails" fails
done
for order in 'pintle base udev' 'base pintle systemd'; do
	lay_out mkinitcpio
	hooks=$order
	made_by mkinitcpio
	row "mkinitcpio: named too early ($order): it fails" \
		refuses 'name it after base and systemd in HOOKS'
done
# guarded: rpcbind is what a script starts that has its name
guarded() {
	leads_to_pintle && sh -n "$image/usr/sbin/rpcbind" &&
		grep -q 'pintle helper -- ' "$image/usr/sbin/rpcbind" &&
		[ "$(cat "$image/usr/lib/pintle/guarded/rpcbind")" = daemon ] &&
		[ -x "$image/usr/sbin/rpcbind" ]
}
untouched() {
	[ "$status" = 0 ] && [ "$(cat "$image/usr/sbin/rpcbind")" = daemon ]
}
# with_helpers GENERATOR NAME...: HELPERS names them, and the image has rpcbind
with_helpers() {
	lay_out "$1"
	echo daemon >"$image/usr/sbin/rpcbind"
	chmod 755 "$image/usr/sbin/rpcbind"
	shift
	printf 'INITRAMFS_TOOLS=yes\nDRACUT=yes\nHELPERS="%s"\n' "$*" \
		>"$here/settings"
}
for generator in dracut initramfs-tools; do
	with_helpers $generator rpcbind
	made_by $generator
	row "$generator: a daemon of HELPERS has a guardian" guarded
	made_by $generator
	row "$generator: and still has it when that is done again" guarded
	with_helpers $generator
	made_by $generator
	row "$generator: HELPERS is empty: the daemon is as it was" untouched
	with_helpers $generator iscsid
	made_by $generator
	row "$generator: HELPERS names what the image lacks: that is said" \
		prints "pintle: put 'iscsid' behind a guardian: the image has no such program"
	row "$generator: and it is no failure" untouched
	with_helpers $generator rpcbind sshd
	made_by $generator
	row "$generator: HELPERS names what cannot be guarded: it fails" exits 1
	row "$generator: and says why" prints_like \
		"put a program behind 'pintle helper': .* keep 'sshd' in the foreground"
done
# The last command of the settings may be false.
for generator in dracut initramfs-tools; do
	with_helpers $generator rpcbind
	echo '[ -e /nowhere ] && HELPERS=' >>"$here/settings"
	made_by $generator
	row "$generator: the last line of the settings is false: all the same" guarded
done
for script in kernel/postinst kernel/post-update kernel/postrm debian/make-again; do
	sed -e "s,/etc/default/pintle,$here/settings,g" -e '/^\[ ! -r .*settings/q' \
		"$TOP/initramfs/$script" >"$here/up-to-settings"
	echo 'echo goes on' >>"$here/up-to-settings"
	status=0
	word=6.1
	[ "$script" != debian/make-again ] || word=configure
	out=$(sh "$here/up-to-settings" $word "$here/none/initrd.img-6.1" 2>&1) ||
		status=$?
	row "$script: the last line of the settings is false: it goes on" \
		prints 'goes on'
done
# What the script does, with a daemon that ends at once.
with_helpers dracut rpcbind
made_by dracut
sed -e "s,/usr/lib/pintle/guarded,$here," -e "s,/usr/sbin/pintle,$PINTLE," \
	"$image/usr/sbin/rpcbind" >"$here/script"
printf '#!/bin/sh\ngrep -l "^Name:.pintle" /proc/$PPID/status >&2\n%s\n' \
	'echo "got $*" >&2; exit 7' >"$here/rpcbind"
chmod 755 "$here/rpcbind"
started() { # ARGUMENT...: what it was started with, and by whom
	status=0
	out=$(sh "$here/script" "$@" 2>&1) || status=$?
}
started -w
row 'the script: the status of a daemon that does not begin to listen' exits 7
started -f
row 'the script: a daemon that is to stay in the foreground does' prints 'got -f'
row 'the script: and has a guardian' prints_like '^/proc/[0-9]*/status$'
started --help
row 'the script: a question for help needs no guardian' not prints_like '^/proc/'
row 'the script: and is answered' prints 'got --help'

# with_script NAME: it is made of a NAME that prints what it got to $here/got, and
# says there who has started it; what goes to the log is in $here/log
with_script() {
	lay_out dracut
	echo daemon >"$image/usr/sbin/$1"
	printf 'DRACUT=yes\nHELPERS=%s\n' "$1" >"$here/settings"
	made_by dracut
	sed -e "s,/usr/lib/pintle/guarded,$here," -e 's,+ 30,+ 1,' \
		-e "s,/usr/sbin/pintle,$PINTLE,;s,/dev/kmsg,$here/log,g" \
		-e "s,/proc/net/unix,$here/unix," \
		"$image/usr/sbin/$1" >"$here/script"
	printf '#!/bin/sh\n%s\n' 'echo "$(cat /proc/$PPID/comm): $*" >"$here/got"' \
		>"$here/$1"
	chmod 755 "$here/$1"
	: >"$here/unix"
}
# calls ARGUMENT...: who has started it with what is $out
calls() {
	: >"$here/log"
	rm -f "$here/got"
	started "$@"
	out=$(cat "$here/got" "$here/log")
}
with_script multipathd
calls -v 3
row 'the script: how much multipathd prints is no command for it' \
	prints 'pintle: -v 3 -d'
calls show maps
row 'the script: a command for multipathd needs no guardian' \
	prints 'sh: show maps'
with_script dbus-daemon
calls --session --print-address
row 'the script: a bus of a session needs no guardian' \
	prints 'sh: --session --print-address'
calls --system --print-pid
row 'the script: who reads what dbus-daemon prints can' \
	prints 'sh: --system --print-pid'
row 'the script: and that it has no guardian then is said' prints \
	"pintle: put 'dbus-daemon' behind a guardian: it was called with '--print-pid', and so has no guardian"

with_script rpcbind
calls -w -h 127.0.0.1
row 'the script: the address of rpcbind is no question for help' \
	prints 'pintle: -w -h 127.0.0.1 -f'
echo 'exec sleep 5' >>"$here/rpcbind"
calls -w
row 'the script: a daemon that never listens is a failure' exits 1
row 'the script: and that is said' prints_like 'it has not begun to listen'
echo '0: 00000002 00000000 00000000 0001 01 9 /run/rpcbind.sock' >"$here/unix"
calls -w
row 'the script: a socket that does not listen is not enough' exits 1
echo '0: 00000002 00000000 00010000 0001 01 9 /run/rpcbind.sock' >"$here/unix"
calls -w
row 'the script: one that listens already is left to the daemon' \
	prints 'sh: -w'
# Nothing waits for a child here: it stays as a zombie.
: >"$here/unix"
sed -i '2i sleep() { :; }' "$here/script"
printf '#!/bin/sh\nexit 7\n' >"$here/rpcbind"
started -w
row 'the script: a daemon that has become a zombie is a failure' exits 7

# guard NAME...: as the hooks do
guard() {
	status=0
	out=$("$TOP/initramfs/lib/guard" "$image" /usr/sbin/pintle "$@" 2>&1) ||
		status=$?
}
# The host has the program, and the image does not.
mkdir -p "$here/host/bin" "$here/host/lib"
for dir in bin lib; do
	with_helpers dracut rpcbind
	echo daemon >"$here/host/bin/rpcbind"
	rm -r "${image:?}/$dir" 2>/dev/null || :
	[ "$dir" = bin ] || dir=usr/lib
	rm -rf "${image:?}/$dir"
	ln -s "$here/host/${dir##*/}" "$image/$dir"
	guard rpcbind
	row "a link out of the image, /$dir: it is refused" exits 1
	row "a link out of the image, /$dir: that is said" prints_like \
		"^'/$dir' of the image is outside of it, at '$here/host/"
	row "a link out of the image, /$dir: the host is as it was" [ \
		"$(find "$here/host" -name rpcbind -exec cat {} +)" = daemon ]
done
with_helpers dracut rpcbind
mv "$image/usr/sbin/rpcbind" "$image/usr/bin/rpc"
ln -s ../bin/rpc "$image/usr/sbin/rpcbind"
guard rpcbind
row 'the program is a link: it is refused' exits 1
row 'the program is a link: that is said' \
	prints_like "^'/usr/sbin/rpcbind' of the image is a link"
row 'the program is a link: nothing is changed' [ ! -e \
	"$image/usr/lib/pintle" ]
with_helpers dracut rpcbind
echo other >"$image/usr/bin/rpcbind"
guard rpcbind
row 'two programs of a name: each has a guardian' [ "$(grep -l 'pintle helper -- ' \
	"$image"/usr/*bin/rpcbind | wc -l)" = 2 ]
row 'two programs of a name: each is started as itself' [ \
	"$(for file in "$image"/usr/*bin/rpcbind; do
		cat "$image$(sed -n 's/^real=//p' "$file")"
	done | tr '\n' ' ')" = 'other daemon ' ]
with_helpers dracut rpcbind
ln -s ../sbin/rpcbind "$image/usr/bin/rpcbind"
guard rpcbind
row 'a link to a program that gets a guardian is no failure' exits 0
guard rpcbind
row 'a link to a program that has a guardian is none either' exits 0

with_helpers dracut rpcbind
systemd=yes
made_by dracut
row 'dracut, systemd: HELPERS does nothing' untouched
row 'dracut, systemd: and that is said' prints_like 'HELPERS is not for images'
echo 'DRACUT=no' >"$here/settings"
lay_out dracut
rm "$here/bin/pintle"
made_by dracut
row 'dracut: not asked for: it is left out' prints 'left out'

# As in a chroot where nobody has mounted /proc, which a hook survives.
sed 's,/proc/,/nowhere/,g' "$TOP/initramfs/lib/installation" >"$here/installation"
row 'no /proc: it is no installation of a kernel' sh "$here/installation"
finish
