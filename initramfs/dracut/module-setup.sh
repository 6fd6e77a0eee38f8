#!/bin/bash
# SPDX-License-Identifier: MIT
#
# dracut's module for pintle: the switch where dracut's own /init makes it, the
# move of the helpers where systemd does. bash, because dracut sources it.
#
# shellcheck disable=SC2154 # variables that are dracut's
#
# It is sorted last (99pintle), because 99base puts in what it replaces.

# Part of an image only if /etc/default/pintle says so, or add_dracutmodules:
# status 255 is dracut's "where it is asked for".
check() {
	local DRACUT=no file=${dracutsysrootdir-}/etc/default/pintle

	require_binaries pintle || return 1
	# shellcheck source=/dev/null
	[[ ! -r $file ]] || . "$file"
	[[ $DRACUT == yes ]] || return 255
}

depends() {
	return 0
}

install() {
	local pintle dir

	# dracut goes on with what it has where a module fails: without pintle
	# in the image switch_root must stay what it is.
	pintle=$(find_binary pintle)
	if ! inst_simple "$pintle" /usr/sbin/pintle ||
		[[ ! -x $initdir/usr/sbin/pintle ]]; then
		derror "pintle: add it to the image: it could not be copied"
		return 1
	fi
	if dracut_module_included systemd-initrd; then
		inst_simple /usr/lib/pintle/pintle-migrate.service \
			"$systemdsystemunitdir/pintle-migrate.service"
		$SYSTEMCTL -q --root "$initdir" add-wants \
			initrd-switch-root.target pintle-migrate.service
		return
	fi
	# It is replaced wherever the PATH of dracut's init may find it first, by
	# a link so that pintle knows by which name it is called.
	for dir in usr/sbin usr/bin sbin bin; do
		if [[ -e $initdir/$dir/switch_root ]]; then
			rm -f "$initdir/$dir/switch_root"
			ln -s /usr/sbin/pintle "$initdir/$dir/switch_root"
		fi
	done
}
