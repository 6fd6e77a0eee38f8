#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Which drivers an image has: where they lie is not what decides; what boards need
# beside a disk's own driver; what this machine's disks hang on. And where nothing
# is found, that is not taken for nothing that is needed.
#
# needs: nothing
# host: KERNEL scripts/kernel 6.12
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/ns/images.sh
. "$(dirname "$0")/images.sh"

# Modules that lie elsewhere: DKMS's and vendors' take the place of the kernel's or
# have a name of their own; weak-modules makes links, which in another tree begin at
# its own root.
away=$work/away/lib/modules/$release
mkdir -p "$away/updates/dkms" "$away/extra" "$away/weak-updates"
mkdir -p "$work/away/lib/modules/other/extra"
cp "$kernel/lib/modules/$release"/modules.order \
	"$kernel/lib/modules/$release"/modules.builtin* \
	"$kernel/lib/modules/$release/config" "$away/"
# elsewhere MODULE PLACE: under that name there, packed as the name says; and what
# it depends on where that always is
elsewhere() {
	/sbin/modprobe -d "$kernel" -C /dev/null -S "$release" --show-depends \
		"$1" | sed -n "s|^insmod .*/$release/\([^ ]*\).*|\1|p" |
		while read -r path; do
			from=$kernel/lib/modules/$release/$path
			to=$away/$path
			[ "${path##*/}" != "$1.ko.xz" ] || to=$2
			mkdir -p "${to%/*}"
			case $to in
			*.xz) cp "$from" "$to" ;;
			*.zst) xz -dc "$from" | zstd -qc >"$to" ;;
			*) xz -dc "$from" >"$to" ;;
			esac
		done
}
elsewhere virtio_blk "$away/updates/dkms/virtio_blk.ko"
elsewhere sd_mod "$away/extra/sd_mod.ko.zst"
elsewhere xfs "$work/away/lib/modules/other/extra/xfs.ko.xz"
elsewhere ahci "$away/updates/vendor_disk.ko.xz"
elsewhere virtio_scsi "$work/away/lib/modules/other/extra/vendor-raid.ko"
elsewhere virtio_net "$away/updates/dkms/vendor_net.ko.xz"
elsewhere dm-crypt "$away/extra/vendor_mapper.ko.xz"
# depmod would follow the links on this machine, so they come after it.
cp "$work/away/lib/modules/other/extra"/* "$away/weak-updates/"
/sbin/depmod -b "$work/away" "$release"
for name in xfs.ko.xz vendor-raid.ko; do
	ln -sf "/lib/modules/other/extra/$name" "$away/weak-updates/$name"
done
printf '%s\n' 'virtio:d00000002v00001AF4' fs-xfs 'virtio:d00000008v00001AF4' \
	pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01 \
	'scsi:t-0x00' >"$work/devices"
for kind in generic full host; do
	set -- --kind $kind
	[ $kind != host ] || set -- "$@" --devices "$work/devices"
	make -k "$release" -b "$work/away" --compress none "$@"
	content etc/pintle/drivers >"$work/drivers"
	for name in updates/dkms/virtio_blk extra/sd_mod weak-updates/xfs \
		updates/vendor_disk weak-updates/vendor-raid; do
		row "$kind: a driver in ${name%/*}: ${name##*/}" \
			grep -q "/$release/$name\\.ko" "$work/drivers"
	done
	row "$kind: not one that makes no disk" not grep -q -e vendor_net \
		-e vendor_mapper "$work/drivers"
done
printf '%s\n' fs-xfs 'virtio:d00000008v00001AF4' >"$work/devices"
make -k "$release" -b "$work/away" --compress none --kind host \
	--devices "$work/devices"
row "host: of those elsewhere the absent are known by name" [ "$(content \
	etc/pintle/absent | grep -cx 'virtio:d00000002v\* virtio_blk')" = 1 ]
# A tree in which /usr alone has what distributions keep there.
mkdir -p "$work/merged/usr"
ln -s "$work/away/lib" "$work/merged/usr/lib"
make -k "$release" -b "$work/merged" --compress none
row "modules in usr/lib/modules alone" exits 0
ln -s /usr/lib "$work/merged/lib"
make -k "$release" -b "$work/merged" --compress none
row "modules in usr/lib/modules, lib a link from the root of the tree" exits 0

# What boards need besides, from names alone: a kernel for them is a list of modules,
# and each is a small one that depends on nothing.
board_modules() {
	cat <<-'END'
		kernel/drivers/usb/dwc2/dwc2 of:N*T*Crockchip,rk3066-usb
		kernel/drivers/usb/cdns3/cdns3 platform:cdns-usb3
		kernel/drivers/usb/musb/sunxi of:N*T*Callwinner,sun4i-a10-musb
		kernel/drivers/phy/rockchip/phy-rockchip-inno-usb2 of:N*T*Crockchip,rk3399-usb2phy
		kernel/drivers/regulator/rk808-regulator platform:rk808-regulator
		kernel/drivers/clk/qcom/gcc-sc7180 of:N*T*Cqcom,gcc-sc7180
		kernel/drivers/i2c/muxes/i2c-rk3x of:N*T*Crockchip,rk3399-i2c
		kernel/drivers/mmc/host/dw_mmc-rockchip of:N*T*Crockchip,rk3288-dw-mshc
		kernel/drivers/clk/qcom/dispcc-sc7180 of:N*T*Cqcom,sc7180-dispcc
		kernel/drivers/gpio/gpio-viperboard platform:viperboard-gpio
		kernel/drivers/i2c/muxes/i2c-tiny-usb usb:v0403pC631d*dc*dsc*dp*ic*isc*ip*in*
	END
}
for arch in arm64 x86; do
	board=$work/$arch/lib/modules/$release
	mkdir -p "$board"
	board_modules | while read -r path alias; do
		mkdir -p "$board/${path%/*}"
		xz -dc "$kernel/lib/modules/$release/kernel/drivers/virtio/virtio_mmio.ko.xz" \
			>"$board/$path.ko"
		objcopy --remove-section .modinfo "$board/$path.ko"
		printf 'alias=%s\0license=GPL\0' "$alias" >"$work/modinfo"
		objcopy --add-section .modinfo="$work/modinfo" "$board/$path.ko"
	done
	echo "kernel/arch/$arch/crypto/aes.ko" >"$board/modules.builtin"
	touch "$board/modules.order" "$board/modules.builtin.modinfo"
	/sbin/depmod -b "$work/$arch" "$release"
done
make -k "$release" -b "$work/arm64" --compress none --kind generic
content etc/pintle/drivers >"$work/drivers"
for name in dwc2 cdns3 sunxi phy-rockchip-inno-usb2 rk808-regulator gcc-sc7180 \
	i2c-rk3x dw_mmc-rockchip; do
	row "a board's image: $name" grep -q "/$name\\.ko" "$work/drivers"
done
for name in dispcc gpio-viperboard i2c-tiny-usb; do
	row "a board's image: not $name" not grep -q "/$name" "$work/drivers"
done
make -k "$release" -b "$work/x86" --compress none --kind generic
row "a PC's image: no part of a board" [ "$(content etc/pintle/drivers |
	sed 's|.*/||')" = dw_mmc-rockchip.ko ]
make -k "$release" -b "$work/arm64" --compress none --kind list -m dw_mmc-rockchip
row "what a board's image lacks is known by name" [ "$(content \
	etc/pintle/absent | grep -cx \
	'of:N\*T\*Crockchip,rk3399_usb2phy phy_rockchip_inno_usb2')" = 1 ]

# Nothing found is not nothing needed.
cp "$image" "$work/first"
# refused NAME SENTENCE ARGUMENT...: the image before stays
refused() {
	what=$1 sentence=$2
	shift 2
	make "$@"
	row "$what: refused" not exits 0
	row "$what: said" prints_like "^pintle-mkinitramfs: $sentence"
	row "$what: the image before it stays" cmp -s "$image" "$work/first"
}
empty=$work/bare/lib/modules
mkdir -p "$work/nothing" "$empty"
refused 'no modules at all' 'find the drivers of a kernel: there is no' \
	-b "$work/nothing"
refused 'no modules at all, for a host' \
	'find the drivers of a kernel: there is no' \
	-b "$work/nothing" --kind host --devices "$work/devices"
mkdir "$empty/$release"
refused 'depmod was not run' 'look up modules in .*: it has no index' \
	-b "$work/bare" -k "$release"
touch "$empty/$release/modules.order" "$empty/$release/modules.builtin" \
	"$empty/$release/modules.builtin.modinfo"
/sbin/depmod -b "$work/bare" "$release"
refused 'an empty directory of modules' 'look up modules in .*: there is none' \
	-b "$work/bare" -k "$release"
: >"$work/none"
echo >>"$work/none"
refused 'a list of no devices' "take devices from '.*': it names none" \
	-k "$release" -b "$kernel" --kind host --devices "$work/none"
echo 'pci:v0000DEADd0000BEEFsv00000000sd00000000bc01sc00i00' >"$work/none"
refused 'devices that no driver is for' \
	"find what the disks of the machine of '.*' need: no device there asks" \
	-k "$release" -b "$kernel" --kind host --devices "$work/none"
# A few modules, with all lists but one.
cp -r "$work/away/lib/modules/$release" "$work/whole"
damaged() { # NAME SENTENCE: of the modules in $work/bare
	refused "$1" "$2" -b "$work/bare" -k "$release"
	rm -r "${empty:?}/$release"
	cp -r "$work/whole" "$empty/$release"
}
rm -r "${empty:?}/$release"
rm "$work/whole/weak-updates/xfs.ko.xz"
cp "$work/away/lib/modules/other/extra/xfs.ko.xz" "$work/whole/weak-updates/"
cp -r "$work/whole" "$empty/$release"
: >"$empty/$release/modules.dep"
damaged 'modules.dep is empty' "look up modules in .*: its 'modules.dep' names none"
rm "$empty/$release/modules.dep"
damaged 'modules.dep is gone' "look up modules in .*: it has no 'modules.dep'"
rm "$empty/$release"/modules.alias*
damaged 'modules.alias is gone' "look up what devices ask for in .*: its 'modules.alias' names nothing"
rm "$empty/$release"/updates/dkms/virtio_blk.ko
damaged 'a module that modules.dep names is gone' "add '.*/virtio_blk.ko': .* is not there"
find "$empty/$release" -name '*.ko*' ! -name 'xfs*' ! -name 'libcrc*' ! -name 'crc*' \
	-delete
sed -i '/kernel\/drivers\//d' "$empty/$release/modules.builtin"
/sbin/depmod -b "$work/bare" "$release" 2>/dev/null
damaged 'no driver of disks is left' "find the drivers of disks in .*: kernel .* has none"
finish
