#!/bin/bash
# SPDX-License-Identifier: MIT
#
# dracut's module for pintle: the switch where dracut's own /init makes it, the
# move of the helpers where systemd does. bash, because dracut sources it.
#
# shellcheck disable=SC2154 # variables that are dracut's
#
# It is sorted last (99pintle), because the module base puts in what it replaces.

# Part of an image only if /etc/default/pintle says so, or add_dracutmodules:
# status 255 is dracut's "where it is asked for". A pintle that is missing is no
# reason to be left out in silence: install() stops for that.
check() {
	local DRACUT=no file=${dracutsysrootdir-}/etc/default/pintle

	# shellcheck source=/dev/null
	[[ ! -r $file ]] || . "$file"
	[[ $DRACUT == yes ]] || return 255
}

depends() {
	return 0
}

# refuse REASON: where a module fails, dracut goes on, replaces the previous image
# by what it has, and ends with status 0. It sources this file, and so can be ended
# here, before it writes anything.
refuse() {
	dfatal "pintle: add it to the image: $1"
	dfatal "No image is made. Install pintle again, or set DRACUT=no in" \
		"/etc/default/pintle and take it out of add_dracutmodules."
	exit 1
}

install() {
	local pintle reason dir file=${dracutsysrootdir-}/etc/default/pintle
	local HELPERS=

	# Its last command may be false, as `[ ... ] && NAME=...` is.
	# shellcheck source=/dev/null
	[[ ! -r $file ]] || HELPERS=$(
		. "$file"
		printf %s "${HELPERS-}"
	)
	pintle=$(find_binary pintle) || refuse "there is no such program"
	reason=$("${dracutsysrootdir-}/usr/lib/pintle/fits" \
		"${dracutsysrootdir-}$pintle" "$initdir") ||
		refuse "${reason:-it could not be looked at}"
	if ! inst_simple "$pintle" /usr/sbin/pintle ||
		[[ ! -x $initdir/usr/sbin/pintle ]]; then
		refuse "it could not be copied"
	fi
	if dracut_module_included systemd-initrd; then
		if ! inst_simple /usr/lib/pintle/pintle-migrate.service \
			"$systemdsystemunitdir/pintle-migrate.service" ||
			! $SYSTEMCTL -q --root "$initdir" add-wants \
				initrd-switch-root.target pintle-migrate.service; then
			refuse "pintle-migrate.service could not be added"
		fi
		[[ -z $HELPERS ]] || dwarn "pintle: HELPERS is not for images with" \
			"systemd, which starts the daemons there, and ends them" \
			"before it switches"
		return
	fi
	# It is put into usr/bin even where there was none, as with dracut 112 and
	# without util-linux-extra, and is replaced, were it a link to nothing,
	# wherever the PATH of dracut's init may find it first. By a link, so that
	# pintle knows by which name it is called.
	for dir in usr/sbin usr/bin sbin bin; do
		[[ $dir == usr/bin || -e $initdir/$dir/switch_root ||
			-L $initdir/$dir/switch_root ]] || continue
		rm -f "$initdir/$dir/switch_root"
		ln -s /usr/sbin/pintle "$initdir/$dir/switch_root" ||
			refuse "/$dir/switch_root could not be made a link to it"
	done
	# shellcheck disable=SC2086 # a list of words
	reason=$("${dracutsysrootdir-}/usr/lib/pintle/guard" "$initdir" \
		/usr/sbin/pintle $HELPERS) || {
		dfatal "pintle: put a program behind 'pintle helper': $reason"
		dfatal "No image is made. Correct HELPERS in /etc/default/pintle."
		exit 1
	}
}
