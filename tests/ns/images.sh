# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# images.sh - the image builder, for a script that has sourced lib.sh and says
# "# host: KERNEL scripts/kernel 6.12"
#
# The modules of that kernel are below $kernel, its version is $release.

kernel=${KERNEL:?}
[ -d "$kernel/lib/modules" ] || bail "'$kernel' has no modules"
release=$(cat "$kernel/release")
image=$work/image

# make ARGUMENT...: output in $out, exit status in $status
make() {
	status=0
	out=$("${TOP:?}/initramfs/pintle-mkinitramfs" --pintle "$PINTLE" \
		-o "$image" "$@" 2>&1) || status=$?
}

# the names in $image, one file of it, or whether it has one
names() {
	cpio -it --quiet <"$image"
}
content() {
	cpio -i --quiet --to-stdout "$1" <"$image"
}
holds() {
	names | grep -qxF "$1"
}
