#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
#
# The machine keeps its previous image, byte for byte, whatever ends the making
# of the next: each program that has a part in it fails, or takes the script
# with it by SIGKILL, at the worst moment; the disk is full. By hand and by the
# hooks of kernel packages.
#
# needs: namespaces
. "${TOP:?}/tests/ns/lib.sh"

# The boot loaders of this host are none of its business.
export PINTLE NO_POST_UPDATE_HOOKS=yes
tool=$TOP/initramfs/pintle-mkinitramfs
hook=$TOP/initramfs/kernel/postinst
boot=$work/boot
base=$work/base
version=9.9-test
image=$boot/initrd.img-$version
mkdir -p "$boot" "$base/lib/modules/$version" "$work/bin" "$work/default"
touch "$base/lib/modules/$version/modules.order"
printf 'kernel/%s\n' drivers/block/virtio_blk.ko fs/ext4/ext4.ko \
	>"$base/lib/modules/$version/modules.builtin"
PATH=$PATH:/usr/sbin:/sbin
depmod -b "$base" "$version" || bail "depmod: failed (package kmod)"
ln -s "$tool" "$work/bin/pintle-mkinitramfs"

previous() {
	rm -rf "$boot" && mkdir "$boot"
	echo "the image before" >"$image"
	cp "$image" "$work/previous"
}

# What the program does in its last moment: half of its work, and ...
stand_in() {
	{
		echo '#!/bin/sh'
		case $1 in
		cpio | gzip) echo "echo half" ;;
		esac
		case $2 in
		fails) echo 'exit 1' ;;
		# cpio's parent is a subshell of the script, gzip's may be:
		# the whole group goes.
		kills) echo 'kill -KILL 0' ;;
		esac
	} >"$work/bin/$1"
	chmod 755 "$work/bin/$1"
}

by_hand() {
	previous
	status=0
	PATH=$work/bin:$PATH setsid -w "$tool" -k "$version" -b "$base" \
		--compress gzip -o "$image" >"$work/out" 2>&1 || status=$?
	out=$(cat "$work/out")
}

# with_defaults COMMAND...: /etc/default is another one
with_defaults() {
	# shellcheck disable=SC2016,SC2086 # for the inner shell; options
	$unshare sh -c 'mount --bind "$0" /etc/default && exec "$@"' \
		"$work/default" "$@"
}

by_hook() {
	previous
	status=0
	PATH=$work/bin:$PATH with_defaults setsid -w "$hook" "$version" \
		"$boot/vmlinuz-$version" >"$work/out" 2>&1 || status=$?
	out=$(cat "$work/out")
}

kept() {
	[ "$status" != 0 ] && cmp "$image" "$work/previous" &&
		{ [ ! -e "$image.before-pintle" ] ||
			cmp "$image.before-pintle" "$work/previous"; }
}

# and what the hook keeps of the one before is that, and no more
before=$image.before-pintle
replaced() {
	[ "$status" = 0 ] || return
	! [ -e "$before" ] || {
		cmp "$before" "$work/previous" && rm "$before"
	} || return
	[ "$(ls -A "$boot")" = "${image##*/}" ] &&
		zcat <"$image" | cpio -t --quiet 2>/dev/null | grep -qx init
}

untouched() {
	[ "$status" = 0 ] && cmp "$image" "$work/previous"
}

[ -d /etc/default ] || bail "there is no /etc/default to put another one over"
defaults() {
	printf 'KERNEL_IMAGES=%s\nMKINITRAMFS_OPTIONS="-b %s --compress gzip"\n' \
		"$1" "$base" >"$work/default/pintle"
}
defaults yes

for program in modprobe cpio gzip chmod sync mv; do
	for way in fails kills; do
		stand_in "$program" "$way"
		# The usual drivers are looked up, and may be missing.
		[ "$program $way" = 'modprobe fails' ] || {
			by_hand
			row "by hand: $program $way: the image before stays" kept
			by_hook
			row "by the hook: $program $way: the image before stays" \
				kept
		}
		rm "$work/bin/$program"
	done
done

# What the last of those left is taken away, and what another run has open not.
by_hand
row 'by hand: nothing fails: the image is replaced' replaced
by_hook
row 'by the hook: nothing fails: the image is replaced' replaced
stand_in sync kills
by_hand
rm "$work/bin/sync"
leftover() {
	[ "$(find "$boot" -name '.pintle*' | wc -l)" = "$1" ]
}
row 'a killed run leaves its temporary file' leftover 1
status=0
flock "$boot"/.pintle* "$tool" -k "$version" -b "$base" --compress gzip \
	-o "$image" >"$work/out" 2>&1 || status=$?
row 'one that is locked is left alone' leftover 1
"$tool" -k "$version" -b "$base" --compress gzip -o "$image" \
	>"$work/out" 2>&1 || status=$?
row 'the next run takes it away' leftover 0

# A disk with room for the image before and half of the next.
full() {
	mount -t tmpfs -o "size=$(($(wc -c <"$PINTLE") / 2048))k" tmpfs "$boot"
	echo "the image before" >"$image"
	! "$tool" -k "$version" -b "$base" --compress none -o "$image" ||
		return 1
	cmp "$image" "$work/previous" &&
		[ "$(ls -A "$boot")" = "${image##*/}" ]
}
previous
export work boot image tool version base
# shellcheck disable=SC2086 # options
row 'a full disk: the image before stays, and nothing else' \
	$unshare sh -c "$(sed -n '/^full() {/,/^}/p' "$0"); full" full \
	2>"$work/out"

# The hooks, when they have nothing to do.
defaults no
by_hook
row 'the hook does nothing where images are not to be made' untouched
rm "$work/default/pintle"
by_hook
row 'nor where nothing is said' untouched
defaults yes
DEB_MAINT_PARAMS=remove
export DEB_MAINT_PARAMS
by_hook
row 'nor when the kernel is being removed' untouched
unset DEB_MAINT_PARAMS
INITRD=No
export INITRD
by_hook
row 'nor for a kernel that says it wants no image' untouched
unset INITRD

# Options are words as a shell reads them, blanks and all.
printf 'KERNEL_IMAGES=yes\nMKINITRAMFS_OPTIONS="%s"\n' \
	"-b $base --compress gzip --cmdline 'root=LABEL=two rootwait'" \
	>"$work/default/pintle"
by_hook
has_cmdline() {
	[ "$status" = 0 ] && [ "$(zcat <"$image" | cpio -i --quiet \
		--to-stdout etc/pintle/cmdline)" = 'root=LABEL=two rootwait' ]
}
row 'options of the settings may have blanks in them' has_cmdline
defaults yes

# What another generator made last is ours again.
hook=$TOP/initramfs/kernel/post-update
other_image() {
	previous
	status=0
	# shellcheck disable=SC2016 # for the inner shell
	PATH=$work/bin:$PATH with_defaults sh -c \
		'mount --bind "$0" /etc/kernel && exec "$@"' \
		"$work/etc-kernel" "$hook" "$version" "$1" >"$work/out" 2>&1 ||
		status=$?
	out=$(cat "$work/out")
}
mkdir -p "$work/etc-kernel/postinst.d"
cp "$TOP/initramfs/kernel/postinst" "$work/etc-kernel/postinst.d/pintle"
other_image "$image"
row 'an image that another generator has made is replaced' replaced
other_image "$boot/another-name"
row 'but not for one under another name' untouched
defaults no
other_image "$image"
row 'nor where images are not to be made' untouched
defaults yes

# As root it is the file system that says no.
read_only() {
	mount --bind "$boot" "$boot" && mount -o remount,ro,bind "$boot" || return
	"$tool" -k "$version" -b "$base" --compress none -o "$image" &&
		return 1
	cmp "$image" "$work/previous"
}
previous
status=0
# shellcheck disable=SC2086 # options
out=$($unshare sh -c "$(sed -n '/^read_only() {/,/^}/p' "$0"); read_only" \
	2>&1) || status=$?
row 'a read-only /boot: the image before stays' exits 0
row 'and it is said which' prints "pintle-mkinitramfs: write '$image':\
 no file can be made in '$boot/': Read-only file system"

DEB_MAINT_PARAMS=remove
export DEB_MAINT_PARAMS
hook=$TOP/initramfs/kernel/postrm
gone() {
	[ "$status" = 0 ] && [ ! -e "$image" ]
}
by_hook
row "the kernel's image goes with it" gone
DEB_MAINT_PARAMS=configure
by_hook
row 'and not before' untouched
unset DEB_MAINT_PARAMS
cp "$work/previous" "$boot/initrd.img-9.9-other"
other_stays() {
	[ ! -e "$image" ] && cmp "$boot/initrd.img-9.9-other" "$work/previous"
}
with_defaults "$hook" "$version" "$boot/vmlinuz-$version"
row "and no other kernel's" other_stays
finish
