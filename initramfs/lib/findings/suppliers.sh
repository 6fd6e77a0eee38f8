# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# suppliers.sh - what a device cannot work without besides its parents: clocks,
# voltages, phys and the like, for lib/machine and lib/disks
#
# The kernel makes a link to each supplier that it knows of (drivers/base/core.c:
# devlink_add_symlinks, since Linux 5.8). It makes none of what a driver looks up
# by itself, or with fw_devlink=off; there the device tree tells.

tree_base=/sys/firmware/devicetree/base

# tree_tables - $phandles, the nodes of the device tree as "HEX NODE" lines, and
# $of_devices, the devices that nodes describe, as "NODE DEVICE" lines
phandles='' of_devices=''
tree_tables() {
	[ -z "$phandles" ] && [ -d "$tree_base" ] || return 0
	nodes=$(cd "$tree_base" && find . -name phandle -size 4c | sort)
	phandles=$({
		printf '%s\n' "$nodes"
		printf '%s\n' "$nodes" | (cd "$tree_base" &&
			tr '\n' '\0' | xargs -0 -r cat) | od -An -v -tx1 -w4
	} | tr -d ' ' | awk '
		sub(/^\./, "") { sub(/\/phandle$/, ""); node[++nodes] = $0; next }
		NF { print $1, node[++seen] }') || phandles=
	of_devices=$(find /sys/devices -name of_node -printf '%l %h\n' |
		sed -n 's|^[^ ]*devicetree/base\([^ ]* \)|\1|p') || of_devices=
	: "${phandles:=-}"
}

# tree_suppliers DEVICE - a line for each device that its node in the device tree
# refers to. Whatever looks like a reference is taken for one: it can only lead to
# a device that is there.
tree_suppliers() {
	[ -d "$1/of_node" ] || return 0
	find "$1/of_node/" -maxdepth 1 -type f \( -name clocks -o -name phys \
		-o -name 'phy-*' -o -name usb-phy -o -name resets -o -name '*-supply' \
		-o -name power-domains -o -name 'pinctrl-[0-9]*' \
		-o -name interconnects -o -name iommus -o -name iommu-map \
		-o -name msi-parent -o -name msi-map -o -name mboxes \
		-o -name nvmem-cells -o -name hwlocks -o -name extcon \
		-o -name pwms -o -name dmas -o -name gpios -o -name '*-gpio' \
		-o -name '*-gpios' -o -name mmc-pwrseq -o -name power-supply \
		-o -name '*power-supply' -o -name io-channels \
		-o -name interrupt-parent -o -name interrupts-extended \
		-o -name '*syscon*' \) -exec od -An -v -tx1 -w4 {} \; |
		tr -d ' ' | sort -u | {
		# The tables of a large board are longer than an argument may be.
		printf '%s\n' "$phandles" | sed 's/^/phandle /'
		printf '%s\n' "$of_devices" | sed 's/^/device /'
		sed 's/^/reference /'
	} | awk '
	$1 == "phandle" { node_of[$2] = $3 }
	$1 == "device" { device_of[$2] = device_of[$2] " " $3 }
	$1 == "reference" && $2 in node_of {
		# A regulator is a node below that of its chip.
		node = node_of[$2]
		while (node != "" && !(node in device_of))
			sub(/\/[^\/]*$/, "", node)
		count = split(device_of[node], word, " ")
		for (i = 1; i <= count && node != ""; i++)
			print word[i]
	}'
}

# suppliers_of DEVICE - a line for each
suppliers_of() {
	for link in "$1"/supplier:*/supplier; do
		[ -d "$link" ] || continue
		(cd -P "$link" && pwd -P)
	done
	tree_suppliers "$1"
}
