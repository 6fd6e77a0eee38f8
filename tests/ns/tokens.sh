#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What --with-tokens puts into an image: systemd's plugins of Debian 12, and all
# that they load, or why not. What they do is tested in machines
# (vm/rows/tokens.py).
#
# needs: nothing
# host: KERNEL scripts/kernel 6.12
# host: FULL scripts/kernel --full 6.1
# host: TOKENS scripts/debian-tree busybox-static cryptsetup-bin libfido2-1 libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-tcti-device0 systemd
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/ns/images.sh
. "$(dirname "$0")/images.sh"

uuid=11111111-0000-4000-8000-000000000003
other=22222222-0000-4000-8000-000000000003
plugins=lib/x86_64-linux-gnu/cryptsetup
libraries=usr/lib/x86_64-linux-gnu
system=${TOKENS:?}
# with the programs of $system
make_for() {
	make -k "$release" -b "$kernel" -m virtio_blk --compress none \
		--sysroot "$system" "$@"
}
hooks() {
	content etc/pintle/hooks
}

make_for --with-crypt
row "not asked for: no plugin is put in, and no line" \
	[ "$status $(names | grep -c -e cryptsetup-token -e tss2) $(hooks)" = \
	"0 0 crypto_LUKS ask /sbin/cryptsetup open --type luks --key-file=- %d luks-%u" ]
make_for --with-crypt=tokens
cp "$image" "$work/first"
make_for --with-tokens
row "--with-crypt=tokens and --with-tokens are the same" cmp "$image" "$work/first"
row "each plugin is where libcryptsetup looks, which is not where Debian has it" \
	[ "$(names | grep cryptsetup-token)" = "$(
		printf "$plugins/libcryptsetup-token-systemd-%s.so\n" fido2 pkcs11 tpm2
	)" ]
row "the device is tried by token while somebody is asked" [ "$(hooks)" = "$(
	cat <<'END'
crypto_LUKS beside /sbin/cryptsetup open --type luks --token-only %d luks-%u
crypto_LUKS ask /sbin/cryptsetup open --type luks --disable-external-tokens --key-file=- %d luks-%u
END
)" ]
for name in libtss2-esys.so.0 libtss2-mu.so.0 libtss2-rc.so.0 \
	libtss2-tcti-device.so.0 libfido2.so.1 libp11-kit.so.0; do
	row "what no plugin is linked with, but loads: $name" holds "$libraries/$name"
done
row "what the rest of systemd loads is left out" \
	[ "$(names | grep -cE '/lib(qrencode|dw|idn2|elf)\.so')" = 0 ]
mkdir "$work/inside"
(cd "$work/inside" && cpio -id --quiet <"$image")
# all_load: the loader there finds all that the plugins load, and what that is linked
# with, in its own places, with nothing of this machine's
all_load() {
	chroot=chroot
	chroot / true 2>/dev/null || chroot='unshare -r chroot'
	$chroot / true 2>/dev/null || return 0
	out=$($chroot "$work/inside" /lib64/ld-linux-x86-64.so.2 --preload \
		"$(cd "$work/inside" && printf '/%s ' "$plugins"/*.so)$(printf '%s ' \
			libtss2-esys.so.0 libtss2-mu.so.0 libtss2-rc.so.0 \
			libtss2-tcti-device.so.0 libfido2.so.1 libp11-kit.so.0)" \
		/sbin/cryptsetup --version 2>&1)
	[ "${out%%.*}" = 'cryptsetup 2' ]
}
row "all of them can be loaded in the image alone" all_load
make_for --with-tokens=tpm2
row "one type: only what it needs" [ "$status $(names |
	grep -cE 'token-systemd-|libfido2|p11-kit')" = '0 1' ]
row "one type: it is the TPM's" holds "$plugins/libcryptsetup-token-systemd-tpm2.so"
for wrong in tpm tpm2,smart ''; do
	make_for "--with-tokens=$wrong"
	row "refused as a type: '$wrong'" [ "$status" != 0 ]
done

# -- what is missing: in a copy that is what the first image has

cp "$work/first" "$work/previous"
mkdir "$work/copy"
(cd "$work/copy" && cpio -id --quiet <"$work/first")
system=$work/copy
make_for --with-tokens
row "a system with /lib alone" [ "$status $(names | grep -c cryptsetup-token)" = '0 3' ]
cp "$work/previous" "$image"
# ends_saying STATUS REGEX
ends_saying() {
	[ "$status" = "$1" ] && prints_like "$2"
}
# WHAT IS MISSING : THE TYPE THAT NEEDS IT : WHAT IS SAID
while IFS=: read -r missing type says; do
	file=$(find "$work/copy" -name "$missing")
	mv "$file" "$work/missing"
	make_for "--with-tokens=$type"
	row "without $missing, which $type needs: refused" ends_saying 1 "$says"
	row "without $missing: the image before stays" cmp "$image" "$work/previous"
	make_for --with-tokens
	row "without $missing: others are put in, and it is said" \
		ends_saying 0 "tokens of type $type are left out: .*$says"
	row "without $missing: its plugin is not put in" \
		not holds "$plugins/libcryptsetup-token-systemd-$type.so"
	cp "$work/previous" "$image"
	mv "$work/missing" "$file"
done <<END
libtss2-tcti-device.so.0:tpm2:its plugin loads 'libtss2-tcti-device.so.0', which is not there
libtss2-rc.so.0:tpm2:its plugin loads 'libtss2-rc.so.0', which is not there
libtss2-sys.so.1:tpm2:/libtss2-esys.so.0' .*libtss2-sys.so.1.*(not there|cannot open)
libcbor.so.0.8:fido2:/libfido2.so.1' .*libcbor.so.0.8.*(not there|cannot open)
libp11-kit.so.0:pkcs11:token-systemd-pkcs11.so' .*libp11-kit.so.0.*(not there|cannot open)
libcryptsetup-token-systemd-tpm2.so:tpm2:there is no '.*/libcryptsetup-token-systemd-tpm2.so'
END
file=$(find "$work/copy" -name 'libsystemd-shared-*')
mv "$file" "$work/missing"
make_for --with-tokens
row "without what all of them are linked with: refused" \
	ends_saying 1 "none of their types can be put in"
row "without what all of them are linked with: said" \
	prints_like "libsystemd-shared-252.so.*(not there|cannot open)"
mv "$work/missing" "$file"
row "without it: the image before stays" cmp "$image" "$work/previous"

# -- crypttab and the signature

mkdir -p "$work/copy/etc/systemd" "$work/copy/etc/keys"
echo key >"$work/copy/etc/keys/data"
chmod 600 "$work/copy/etc/keys/data"
echo own >"$work/copy/etc/own.json"
cat >"$work/copy/etc/crypttab" <<END
root UUID=$uuid none tpm2-device=auto,discard,key-slot=3,tries=2
data UUID=$other /etc/keys/data luks
END
make_for --with-tokens --with-keyfile='/etc/keys/*'
row "crypttab: the kind of the token; none where a key is in the image" [ "$(hooks)" = "$(
	cat <<END
crypto_LUKS:$uuid beside /sbin/cryptsetup open --type luks --token-only --token-type=systemd-tpm2 --allow-discards %d root
crypto_LUKS:$uuid ask,tries=2 /sbin/cryptsetup open --type luks --disable-external-tokens --key-file=- --allow-discards --key-slot 3 %d root
crypto_LUKS:$other each /sbin/cryptsetup open --type luks --disable-external-tokens --key-file=/etc/pintle/keys/data %d data
crypto_LUKS:$other ask /sbin/cryptsetup open --type luks --disable-external-tokens --key-file=- %d data
crypto_LUKS ask /sbin/cryptsetup open --type luks --disable-external-tokens --key-file=- %d luks-%u
END
)" ]
row "crypttab: nothing of it is left to say" [ "$status$(printf '%s\n' "$out" |
	grep -c crypttab)" = 00 ]
row "no signature: that of systemd-stub would be found" [ "$(names |
	grep -c 'etc/systemd/tpm2')$(cpio -itv --quiet <"$image" |
		grep -c 'usr/lib/systemd/tpm2-pcr-signature.json -> /.extra/')" = 01 ]
rm "$work/copy/usr/lib/systemd/tpm2-pcr-signature.json"
echo usual >"$work/copy/usr/lib/systemd/tpm2-pcr-signature.json"
make_for --with-tokens
row "the signature, where systemd looks" \
	[ "$(content etc/systemd/tpm2-pcr-signature.json)" = usual ]
sed -i 's|discard|tpm2-signature=/etc/own.json|' "$work/copy/etc/crypttab"
make_for --with-tokens
row "the signature that crypttab names" \
	[ "$(content etc/systemd/tpm2-pcr-signature.json)" = own ]
rm "$work/copy/etc/own.json"
make_for --with-tokens
row "the signature that crypttab names is not there: said" prints_like \
	"'root': there is no signature '$work/copy/etc/own.json'"
rm "$work/copy/etc/crypttab"

# -- drivers, which are modules of the kernel for real machines

for option in --with-crypt --with-tokens; do
	make -k "$(cat "${FULL:?}/release")" -b "$FULL" --compress none \
		-m virtio_blk --sysroot "$work/copy" $option
	content etc/pintle/drivers >"$work/drivers"
	row "drivers of TPMs, $option" [ "$(grep -c '/tpm_tis_spi\.' "$work/drivers")" = \
		"$([ "$option" = --with-crypt ] && echo 0 || echo 1)" ]
done
row "drivers: hid-generic has FIDO2's, too" grep -q '/hid-generic\.' "$work/drivers"

finish
