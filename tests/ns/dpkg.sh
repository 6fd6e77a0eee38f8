#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016 # words for others to expand
#
# The package in a real Debian: installed, enabled, upgraded, removed, purged,
# and dpkg ended by SIGKILL where it hurts most. No machine is booted: what is
# looked at is the image in /boot, which must be whole at every moment.
#
# The kernels are names with an empty index, so that an image takes a second.
#
# needs: root namespaces trace
# host: TREE scripts/debian-root --tar --with initramfs-tools,busybox,dracut-core,plymouth,zstd trixie
# host: DEB scripts/deb
: "${TOP:?}" "${TREE:?}" "${DEB:?}"
[ -n "${OF_ITS_OWN-}" ] || OF_ITS_OWN=1 exec unshare -m sh "$0"
. "$TOP/tests/ns/lib.sh"
[ -s "$TREE" ] || bail "scripts/debian-root made no tree"
[ -s "$DEB" ] || bail "scripts/deb made no package"

root=$work/root
trap 'umount -R "$root/proc" "$root/boot" "$root/dev" 2>/dev/null
rm -rf --one-file-system "$work"' EXIT
mkdir "$root"
tar -C "$root" -xpf "$TREE"
mount -t proc proc "$root/proc"
mount -t tmpfs dev "$root/dev"
for node in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do
	mknod -m 666 "$root/dev/${node% *}" c 1 "${node#* }" 2>/dev/null || {
		touch "$root/dev/${node% *}"
		mount --bind "/dev/${node% *}" "$root/dev/${node% *}"
	}
done
ln -s /proc/self/fd "$root/dev/fd"

inside() {
	chroot "$root" env -i PATH=/stand-in:/usr/sbin:/usr/bin:/sbin:/bin \
		LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

old=9.8-test
new=9.9-test
image=$root/boot/initrd.img-$new
settings=$root/etc/default/pintle
for version in $old $new; do
	mkdir -p "$root/usr/lib/modules/$version"
	touch "$root/usr/lib/modules/$version/modules.order" \
		"$root/usr/lib/modules/$version/modules.builtin.modinfo" \
		"$root/boot/vmlinuz-$version"
	printf 'kernel/%s\n' drivers/block/virtio_blk.ko fs/ext4/ext4.ko \
		>"$root/usr/lib/modules/$version/modules.builtin"
	printf 'CONFIG_RD_ZSTD=y\nCONFIG_BLK_DEV_INITRD=y\n' \
		>"$root/boot/config-$version"
	inside depmod "$version"
done
printf 'MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\nFSTYPE=ext4\n' \
	>"$root/etc/initramfs-tools/conf.d/few"
# What takes most of the time, and has no part in this.
rm -f "$root/usr/share/initramfs-tools/hooks/plymouth"
cat >"$root/etc/dracut.conf.d/few.conf" <<'END'
hostonly=no
no_kernel=yes
omit_dracutmodules+=" systemd systemd-initrd dracut-systemd kernel-modules kernel-modules-extra kernel-network-modules hwdb i18n nvdimm qemu lunmask resume virtfs virtiofs overlay-root crypt dm lvm mdraid btrfs multipath biosdevname pcmcia memstrack plymouth "
compress="zstd -q -1"
do_strip=no
do_hardlink=no
END
mkdir "$root/stand-in"
printf '#!/bin/sh\n[ "$*" = -r ] || exec /usr/bin/uname "$@"\necho %s\n' \
	"$new" >"$root/stand-in/uname"
# As a person's sudo: with a path of its own.
printf '#!/bin/sh\nexec env PATH="$PATH" "$@"\n' >"$root/stand-in/sudo"
chmod 755 "$root/stand-in/uname" "$root/stand-in/sudo"

cp "$DEB" "$root/tmp/pintle.deb"
# The version before: the same but for its number.
dpkg-deb -R "$DEB" "$work/older"
sed -i 's/^Version: .*/Version: 0.0.1/' "$work/older/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/older" "$root/tmp/older.deb" \
	>/dev/null

# dpkg WORD...: output in $out, status in $status
dpkg_() {
	status=0
	inside dpkg "$@" >"$work/out" 2>&1 </dev/null || status=$?
	out=$(cat "$work/out")
}
# run COMMAND...: in a process group of its own
run() {
	status=0
	inside setsid -w "$@" >"$work/out" 2>&1 </dev/null || status=$?
	out=$(cat "$work/out")
}
remember() {
	cp -p "$image" "$work/previous"
	cp -p "$root/boot/initrd.img-$old" "$work/previous-$old"
}
# Not one byte, and not by being made again either.
same_image() {
	cmp "$image" "$work/previous" &&
		[ "$(stat -c %Y.%i "$image")" = "$1" ]
}
kept() {
	cmp "$image" "$work/previous"
}
older_kept() {
	cmp "$root/boot/initrd.img-$old" "$work/previous-$old"
}
contents() {
	cp "$1" "$root/tmp/image"
	inside lsinitramfs /tmp/image
}
with_pintle() {
	contents "${1-$image}" >"$work/list" || return
	grep -q 'sbin/pintle$' "$work/list" && grep -q '/sh$' "$work/list"
}
without_pintle() {
	contents "${1-$image}" >"$work/list" || return
	! grep pintle "$work/list" >&2 && grep -q '/sh$' "$work/list"
}
# pintle is /init, and there is no shell
all_pintle() {
	contents "$image" >"$work/list" || return
	grep -qx init "$work/list" && ! grep -q '/sh$' "$work/list"
}
installed() {
	[ "$(inside dpkg-query -W -f '${db:Status-Abbrev}' pintle)" = 'ii ' ]
}
takes_part() {
	sed -i "s/^\($1\)=.*/\1=${2-yes}/" "$settings"
}
nothing_else() {
	! find "$root/boot" -mindepth 1 ! -name 'initrd.img-9.[89]-test' \
		! -name 'initrd.img-9.9-test.before-pintle' \
		! -name 'config-*' ! -name 'vmlinuz-*' | grep . >&2
}
at=
when() {
	at=$(stat -c %Y.%i "$image")
}

run update-initramfs -c -k all
row 'the images of before are made' exits 0
remember

# ---- what a package that takes part in nothing does
when
dpkg_ -i /tmp/older.deb
row 'it is installed' exits 0
row 'as installed it has no image made again' same_image "$at"
dpkg_ --purge pintle
row 'nor when it goes' same_image "$at"

# ---- initramfs-tools
dpkg_ -i /tmp/older.deb
takes_part INITRAMFS_TOOLS
cp "$settings" "$work/settings"
dpkg_ -i /tmp/pintle.deb
row 'an upgrade succeeds' exits 0
row 'has the newest image made again, with pintle' with_pintle
row 'leaves the image of the older kernel alone' older_kept
row 'and the settings, and asks nothing' cmp "$settings" "$work/settings"
run update-initramfs -u -k all
row 'all images on request' with_pintle "$root/boot/initrd.img-$old"

# ---- dpkg is killed
remember
# Whichever file is about to get its name: strace counts the renames.
strace -f -qq -o "$work/renames" -e trace=rename -e signal=none \
	chroot "$root" dpkg --force-all --unpack /tmp/pintle.deb \
	>/dev/null 2>&1
count_renames=$(grep -c '^[0-9]* *rename(' "$work/renames")
[ "$count_renames" -gt 20 ] || bail "dpkg made $count_renames renames"
dpkg_ --configure -a
remember
unpacked=
for point in 1 2 $((count_renames / 4)) $((count_renames / 2)) \
	$((count_renames * 3 / 4)); do
	strace -f -qq -o /dev/null -e trace=rename -e signal=none \
		-e inject=rename:signal=KILL:when="$point" \
		chroot "$root" dpkg --unpack /tmp/pintle.deb \
		>/dev/null 2>&1 && unpacked="$unpacked $point lived"
	kept || unpacked="$unpacked $point"
	[ $((point % 2)) = 0 ] || continue
	# Whatever is there now, an image can be made or the one before stays.
	run mkinitramfs -o /tmp/half "$new"
	[ "$status" != 0 ] || with_pintle "$root/tmp/half" ||
		unpacked="$unpacked $point half"
done
out=$unpacked
row 'killed while it unpacks: the image before is there' [ -z "$unpacked" ]
dpkg_ -i /tmp/pintle.deb
row 'and once more mends it' installed
row 'with an image' with_pintle

# interrupted WHOSE PROGRAM PATTERN: who calls it with that among its arguments
# is killed, with dpkg and all others
#
# In its place, because not everybody takes dpkg's path.
interrupted() {
	remember
	for file in "$root"/usr/sbin/"$2" "$root"/usr/bin/"$2"; do
		[ ! -e "$file" ] || break
	done
	mv "$file" "$file.real"
	cat >"$file" <<END
#!/bin/sh
case "\$*" in
$3) kill -KILL 0 ;;
esac
exec ${file#"$root"}.real "\$@"
END
	chmod 755 "$file"
	run dpkg --unpack /tmp/pintle.deb
	run dpkg --configure pintle
	killed=$status
	mv "$file.real" "$file"
	row "$1: $2 is killed, and dpkg: the image before is there" kept_killed
	dpkg_ --configure -a
	row "$1: $2 was killed: dpkg --configure -a mends it" mended
}
kept_killed() {
	[ "$killed" = 137 ] && kept && older_kept
}
mended() {
	[ "$status" = 0 ] && installed && "$whole" && nothing_else
}

# update-initramfs by the trigger
whole=with_pintle
for program in mkinitramfs mv; do
	interrupted initramfs-tools "$program" '*initrd.img-*'
done

takes_part INITRAMFS_TOOLS no
takes_part KERNEL_IMAGES
whole=all_pintle
for program in cpio sync mv; do
	interrupted 'images of pintle' "$program" '*'
done
run update-initramfs -u
row "another package's trigger leaves the image pintle's" all_pintle
# Nothing was booted by it.
other_kept() {
	contents "$image.before-pintle" >"$work/list" &&
		grep -q '/sh$' "$work/list"
}
row "and the other generator's is kept" other_kept
dpkg_ --remove pintle
none_kept() {
	[ "$status" = 0 ] && [ ! -e "$image.before-pintle" ]
}
row 'removed: none is kept any longer' none_kept
row 'and the image is the other generator'"'"'s' without_pintle
dpkg_ -i /tmp/pintle.deb
row 'installed again, the settings are there still' all_pintle

# ---- boot loaders that start a copy of the image
#
# Their hooks: one that is called before ours, one after, and one where newer
# packages have theirs, which Debian 13's update-initramfs does not look at. Of those
# for kernels one has nothing else, and one is of a loader that is told by another.
loaders='etc/initramfs/post-update.d/aa-loader etc/initramfs/post-update.d/zz-loader
usr/share/initramfs/post-update.d/mm-loader usr/share/kernel/postinst.d/zz-kk-loader
usr/share/kernel/postinst.d/zz-mm-loader'
mkdir -p "$root/usr/share/initramfs/post-update.d" \
	"$root/usr/share/kernel/postinst.d"
for loader in $loaders; do
	cat >"$root/$loader" <<'END'
#!/bin/sh
echo "${0##*/} $*" >>/tmp/told
cp "/boot/initrd.img-$1" "/tmp/copy-${0##*/}"
[ "${0##*/}" != mm-loader ] || [ ! -e /tmp/fails ] || exit 3
END
	chmod 755 "$root/$loader"
done
# A person has switched this one off.
cp "$root/etc/initramfs/post-update.d/aa-loader" \
	"$root/usr/share/initramfs/post-update.d/off-loader"
: >"$root/etc/initramfs/post-update.d/off-loader"
loaders="$loaders usr/share/initramfs/post-update.d/off-loader
etc/initramfs/post-update.d/off-loader"

not_told() {
	rm -f "$root/tmp/told" "$root"/tmp/copy-*
}
# told NAME...: these were called, in this order, and last of the new image
told() {
	[ "$status" = 0 ] || return
	for loader; do
		cmp "$root/tmp/copy-$loader" "$image" || return
		case $loader in
		zz-??-loader) echo "$loader $new /boot/vmlinuz-$new" ;;
		*) echo "$loader $new /boot/initrd.img-$new" ;;
		esac
	done | diff - "$root/tmp/told" >&2
}
told_once() {
	told aa-loader mm-loader zz-loader zz-kk-loader
}
told_nothing() {
	[ "$status" = 0 ] && [ ! -e "$root/tmp/told" ]
}
made() { # made TIMES
	[ "$status" = 0 ] && all_pintle &&
		[ "$(printf '%s\n' "$out" | grep -c '^pintle: making ')" = "$1" ]
}
# As linux-run-hooks does it.
kernel_is_installed() {
	not_told
	run env DEB_MAINT_PARAMS=configure run-parts --report --exit-on-error \
		--arg=$new --arg=/boot/vmlinuz-$new /etc/kernel/postinst.d \
		/usr/share/kernel/postinst.d
}
not_told
dpkg_ -i /tmp/pintle.deb
row 'an upgrade tells each boot loader of the new image, once' told_once
not_told
run /etc/kernel/postinst.d/pintle $new
row 'so does a person who has it made' told_once
not_told
run pintle-mkinitramfs -k $new -o /boot/initrd.img-$new
row 'or makes it without the hook' told_once
not_told
run pintle-mkinitramfs -k $new -o /boot/initrd.img
row 'an image of another name is nothing to them' told_nothing
rm "$root/boot/initrd.img"
not_told
run update-initramfs -u
# aa is told of the image before, too: it is called before there is another.
row "another generator's: each boot loader has pintle's in the end" \
	told aa-loader aa-loader mm-loader zz-loader
kernel_is_installed
row 'a kernel is installed: its image is made once' made 1
row 'and each boot loader is told of it once' \
	told aa-loader aa-loader mm-loader zz-loader zz-kk-loader zz-mm-loader
printf '#!/bin/sh\nupdate-initramfs -u -k "$1"\n' \
	>"$root/etc/kernel/postinst.d/zz-later"
chmod 755 "$root/etc/kernel/postinst.d/zz-later"
kernel_is_installed
row 'and again where a later hook has another made' made 2
rm "$root/etc/kernel/postinst.d/zz-later"
mv "$root/etc/kernel/postinst.d/initramfs-tools" "$work/aside"
kernel_is_installed
row 'and once where no other generator makes one' made 1
row 'of which each boot loader is told' \
	told aa-loader mm-loader zz-loader zz-kk-loader zz-mm-loader
mv "$work/aside" "$root/etc/kernel/postinst.d/initramfs-tools"
one_fails() {
	[ "$status" != 0 ] && prints "pintle: tell the boot loader of\
 '/boot/initrd.img-$new': '/usr/share/initramfs/post-update.d/mm-loader' ended\
 with status 3"
}
touch "$root/tmp/fails"
run pintle-mkinitramfs -k $new -o /boot/initrd.img-$new
row 'a boot loader that fails is named' one_fails
not_told
dpkg_ -i /tmp/pintle.deb
row 'and dpkg fails then' one_fails
all_told() {
	status=0
	told_once && prints_like '^pintle: the image is made, .* --configure -a$'
}
row 'the image is new, and the other loaders know of it' all_told
rm "$root/tmp/fails"
not_told
dpkg_ --configure -a
row 'dpkg --configure -a mends it' told_once
row 'and then the package is installed' installed
takes_part KERNEL_IMAGES no
takes_part DRACUT
not_told
dpkg_ -i /tmp/pintle.deb
row "dracut's image: each boot loader is told once" told_once
takes_part DRACUT no
takes_part KERNEL_IMAGES
run update-initramfs -u
cp "$root/boot/initrd.img-$old" "$root/boot/initrd.img-$old.before-pintle"
not_told
dpkg_ --remove pintle
taken_back() {
	[ "$status" = 0 ] && cmp "$root/tmp/copy-zz-loader" "$image" &&
		grep -qx "zz-loader $old /boot/initrd.img-$old" "$root/tmp/told"
}
row 'removed: they know of each image that is the previous one again' taken_back
for loader in $loaders; do
	rm "$root/$loader"
done
dpkg_ -i /tmp/pintle.deb

rm "$root/etc/kernel/postinst.d/pintle"
when
dpkg_ -i /tmp/pintle.deb
row 'a hook that a person has taken away is missed by nobody' exits 0
row 'and nothing is made' same_image "$at"
dpkg_ --force-confmiss -i /tmp/pintle.deb

takes_part KERNEL_IMAGES no
takes_part DRACUT
whole=with_pintle
for program in cp sync mv; do
	interrupted dracut "$program" '*/boot/.pintle-dracut.new*'
done
dpkg_ --remove pintle
row 'removed: made by dracut again, without' without_pintle
row 'which succeeds' exits 0
run run-parts --exit-on-error --arg=$new --arg=/boot/vmlinuz-$new \
	/etc/kernel/postinst.d
row 'the hooks that stay do nothing' without_pintle
dpkg_ -i /tmp/pintle.deb
row 'installed again, the settings are there still: with' with_pintle
remember
mv "$root/usr/sbin/switch_root" "$work/aside"
dpkg_ --remove pintle
mv "$work/aside" "$root/usr/sbin/switch_root"
cannot_switch() {
	[ "$status" = 0 ] && kept &&
		prints_like '^pintle: make an image .*: nothing in it switches'
}
row 'removed, and dracut finds no switch_root: the image before stays' cannot_switch
dpkg_ -i /tmp/pintle.deb

# ---- a disk that is full, or that may not be written to
# small: /boot has room for what is there, and next to nothing more
small() {
	mkdir "$work/boot"
	cp -a "$root/boot/." "$work/boot/"
	kib=$(du -sk "$work/boot" | cut -f 1)
	mount -t tmpfs -o "size=$((kib + 32))k" boot "$root/boot"
	cp -a "$work/boot/." "$root/boot/"
	rm -r "${work:?}/boot"
}
for generator in INITRAMFS_TOOLS DRACUT KERNEL_IMAGES; do
	for name in INITRAMFS_TOOLS DRACUT KERNEL_IMAGES; do
		takes_part $name no
	done
	takes_part $generator
	remember
	small
	dpkg_ -i /tmp/pintle.deb
	full() {
		[ "$status" != 0 ] && kept && older_kept && nothing_else
	}
	row "$generator, /boot is full: dpkg says so, the image stays" full
	# initramfs-tools' trigger fails as itself, without us.
	[ $generator = INITRAMFS_TOOLS ] ||
		row "$generator, /boot is full: it is said what to do" \
			prints_like '^pintle: make .* mended: dpkg --configure -a$'
	umount "$root/boot"
	dpkg_ --configure -a
	row "$generator, /boot is larger: dpkg --configure -a mends it" installed

	remember
	mount --bind "$root/boot" "$root/boot"
	mount -o remount,ro,bind "$root/boot"
	dpkg_ -i /tmp/pintle.deb
	read_only() {
		kept && older_kept
	}
	row "$generator, /boot is read-only: the image stays" read_only
	umount "$root/boot"
	dpkg_ --configure -a
done

# ---- what the texts say, as they say it
# printed FILE START: the commands below the line that begins with START
printed() {
	awk -v start="$2" 'index($0, start) == 1 { on = 1; next }
		on && /^(\*\*|#)/ { exit }
		on && sub(/^    /, "")' "$TOP/$1"
}
as_printed() {
	# What is a person's to fill in; what goes over two lines names drivers
	# that these kernels lack.
	printed "$@" | sed "s/KERNEL_VERSION/$old/; s,ROOT,/," |
		sed '/\\$/,+1d' >"$root/tmp/commands"
	[ -s "$root/tmp/commands" ] || bail "$1 has no commands below '$2'"
	status=0
	yes | inside sh -ec 'cd /checkout && . /tmp/commands' \
		>"$work/out" 2>&1 || status=$?
	out=$(cat "$work/out")
}
says_pintle() {
	[ "$status" = 0 ] && prints_like pintle
}
dpkg_ --purge pintle
run update-initramfs -u -k all
row 'without it again' without_pintle
mkdir -p "$root/checkout/scripts" "$root/checkout/initramfs" \
	"$root/checkout/build/musl"
cp -r "$TOP/initramfs/pintle-mkinitramfs" "$TOP/initramfs/lib" \
	"$root/checkout/initramfs/"
cp "$PINTLE" "$root/checkout/build/musl/pintle"
# What they make is made already.
printf '#!/bin/sh\necho /tmp/pintle.deb\n' >"$root/checkout/scripts/deb"
cp "$root/checkout/scripts/deb" "$root/checkout/scripts/build"
chmod 755 "$root/checkout/scripts/"*

as_printed README.md '## Or in the image'
row 'README: installed and enabled' exits 0
row 'README: pintle is in the image' with_pintle
for form in initramfs-tools:with_pintle dracut:with_pintle kernel:all_pintle; do
	text=initramfs/${form%:*}/README.md
	for name in INITRAMFS_TOOLS DRACUT KERNEL_IMAGES; do
		takes_part $name no
	done
	as_printed "$text" '**Enable:**'
	row "$text: enabled" exits 0
	row "$text: pintle is in the image" "${form#*:}"
	as_printed "$text" '**Check:**'
	if [ "$form" = kernel:all_pintle ]; then
		row "$text: the check shows it" prints init
	else
		row "$text: the check shows it" says_pintle
	fi
	as_printed "$text" '**Remove:**'
	row "$text: removed" exits 0
	row "$text: pintle is not in the image" without_pintle
done
as_printed README.md '## Boot your machine with it'
row 'README: an image of its own' exits 0
as_printed initramfs/README.md '## For this machine'
row 'initramfs/README: this machine, and another' exits 0
rm -rf "$root/checkout" "$root/boot/pintle.img"

# ---- and away
takes_part INITRAMFS_TOOLS
run update-initramfs -u -k all
remember
grep -q '`sudo apt purge pintle`' "$TOP/README.md" ||
	bail 'README.md no longer says: sudo apt purge pintle'
status=0
yes | inside sudo apt purge pintle >"$work/out" 2>&1 || status=$?
out=$(cat "$work/out")
row 'purged: the image is made again, without' without_pintle
row 'that of the older kernel is as it was' older_kept
traces() {
	! find "$root" -xdev -name '*pintle*' ! -path "$root/tmp/*" \
		! -path "$root/var/log/*" ! -path '*/var/tmp/dracut.*' |
		grep . >&2
}
row 'purged: nothing has its name' traces
finish
