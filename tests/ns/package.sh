#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
#
# What is installed, by meson and by the Debian package, and what lintian says
# of that.
#
# needs: nothing
. "${TOP:?}/tests/ns/lib.sh"

cat >"$work/expected" <<'END'
/etc/initramfs/post-update.d/pintle 755
/etc/kernel/postinst.d/pintle 755
/etc/kernel/postrm.d/pintle 755
/usr/include/pintle-helper.h 644
/usr/lib/dracut/modules.d/99pintle/module-setup.sh 755
/usr/lib/initcpio/install/pintle 755
/usr/lib/pintle/crypttab 755
/usr/lib/pintle/disks 755
/usr/lib/pintle/findings/crypttab.awk 644
/usr/lib/pintle/findings/devices.sh 644
/usr/lib/pintle/findings/suppliers.sh 644
/usr/lib/pintle/findings/swap.sh 644
/usr/lib/pintle/findings/words.sh 644
/usr/lib/pintle/fits 755
/usr/lib/pintle/guard 755
/usr/lib/pintle/image-good 755
/usr/lib/pintle/installation 755
/usr/lib/pintle/machine 755
/usr/lib/pintle/mkinitramfs/files.sh 644
/usr/lib/pintle/mkinitramfs/helpers.sh 644
/usr/lib/pintle/mkinitramfs/hooks.sh 644
/usr/lib/pintle/mkinitramfs/index.awk 644
/usr/lib/pintle/mkinitramfs/index.sh 644
/usr/lib/pintle/mkinitramfs/kernel.sh 644
/usr/lib/pintle/mkinitramfs/lists.sh 644
/usr/lib/pintle/mkinitramfs/machine.sh 644
/usr/lib/pintle/mkinitramfs/microcode.sh 644
/usr/lib/pintle/mkinitramfs/modules.sh 644
/usr/lib/pintle/mkinitramfs/options.sh 644
/usr/lib/pintle/mkinitramfs/outside.sh 644
/usr/lib/pintle/mkinitramfs/output.sh 644
/usr/lib/pintle/mkinitramfs/say.sh 644
/usr/lib/pintle/mkinitramfs/tokens.sh 644
/usr/lib/pintle/pintle-migrate.service 644
/usr/lib/pintle/post-update 755
/usr/lib/systemd/system/pintle-image-good.service 644
/usr/sbin/pintle 755
/usr/sbin/pintle-mkinitramfs 755
/usr/share/bash-completion/completions/pintle-mkinitramfs 644
/usr/share/initramfs-tools/hooks/pintle 755
/usr/share/pkgconfig/pintle-helper.pc 644
END
# Every manual there is, by its section.
for manual in "$TOP"/src/man/*.[1-9] "$TOP"/initramfs/*.[1-9]; do
	echo "/usr/share/man/man${manual##*.}/${manual##*/} 644"
done >>"$work/expected"
LC_ALL=C sort -o "$work/expected" "$work/expected"

files_in() {
	(cd "$1" && find . -type f -printf '/%P %m\n') | LC_ALL=C sort
}

as_expected() {
	diff "$work/expected" "$work/got" >&2
}

# A build directory of its own: prefixes are for ever.
printf "[constants]\nscripts = '%s'\n" "$TOP/scripts" >"$work/constants.ini"
status=0
{
	meson setup "$work/build" "$TOP" --prefix=/usr --sysconfdir=/etc \
		--native-file "$work/constants.ini" \
		--native-file "$TOP/scripts/musl.ini" &&
		DESTDIR=$work/destination meson install -C "$work/build"
} >"$work/out" 2>&1 || status=$?
out=$(tail -n 20 "$work/out")
row 'meson: installs below DESTDIR' exits 0
files_in "$work/destination" >"$work/got"
row 'meson: the files it should, where their callers look' as_expected
# pkg-config leaves out -I/usr/include, which every compiler knows.
version=$(sed -n 's/^#define PINTLE_HELPER_VERSION //p' \
	"$TOP/src/helper/pintle-helper.h")
pc() {
	PKG_CONFIG_SYSROOT_DIR=$work/destination PKG_CONFIG_PATH='' \
		PKG_CONFIG_LIBDIR=$work/destination/usr/share/pkgconfig \
		pkg-config "$@" pintle-helper
}
if command -v pkg-config >/dev/null; then
	row 'pkg-config: the version is that of the protocol' \
		[ "$(pc --modversion)" = "$version" ]
	row 'pkg-config: a program can ask for at least that' \
		pc "--atleast-version=$version"
	printf '#include <pintle-helper.h>\nint main(void) { return %s; }\n' \
		'pintle_helper_install()' >"$work/program.c"
	# shellcheck disable=SC2046 # flags
	row 'pkg-config: a program compiles with its flags' cc -D_GNU_SOURCE \
		$(pc --cflags) -o "$work/program" "$work/program.c"
else
	for what in version older flags; do
		count=$((count + 1))
		echo "ok $count - pkg-config: $what # SKIP it is not installed"
	done
fi

status=0
"$TOP/scripts/deb" >"$work/deb" 2>"$work/out" || status=$?
out=$(cat "$work/out")
row 'deb: is built' exits 0
deb=$(tail -n 1 "$work/deb")
dpkg-deb -x "$deb" "$work/unpacked"
find "$work/unpacked/usr/share/man" -name '*.gz' -exec gzip -d {} +
files_in "$work/unpacked" | grep -v -e '^/usr/share/doc/' \
	-e '^/usr/share/lintian/' -e '^/etc/default/pintle 644$' >"$work/got"
row 'deb: has the same files' as_expected
row 'deb: and the same program' cmp "$work/destination/usr/sbin/pintle" \
	"$work/unpacked/usr/sbin/pintle"
dpkg-deb --fsys-tarfile "$deb" >/dev/null && dpkg-deb -e "$deb" "$work/control"
all_conffiles() {
	(cd "$work/unpacked" && find etc -type f -printf '/%p\n' | LC_ALL=C sort) |
		cmp - "$work/control/conffiles"
}
row 'deb: what is in /etc is the person'"'"'s to change' all_conffiles
off() {
	! grep -v -e '^#' -e '^$' -e '^MKINITRAMFS_OPTIONS=$' -e '^HELPERS=$' \
		-e '=no$' \
		"$work/unpacked/etc/default/pintle" >&2
}
row 'deb: as installed it takes part in nothing' off

status=0
out=$(lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
	"${deb%.deb}.changes" 2>&1) || status=$?
clean() {
	[ "$status" = 0 ] && ! prints_like '^[EW]: '
}
row 'deb: lintian has no error and no warning' clean
finish
