# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# helpers.sh - programs that run beside the boot; see pintle(8),
# /etc/pintle/helpers

# copy_list PATH [LOADER] - pid 1 is to copy that program to /run, with what it
# is linked with
copy_list() {
	linked_with "$@"
	{
		printf '%s\n' "$1"
		while IFS= read -r library; do
			[ ! -f "$root$library" ] || printf '%s\n' "$library"
		done <"$tree/paths"
	} >>"$tree/copied"
}

# plymouth_add - plymouthd with its theme, as the first of the helpers
plymouth_add() {
	[ -n "$theme" ] || return 0
	plymouthd=/usr/sbin/plymouthd
	plugins=$(find "$sysroot/usr/lib/" "$sysroot/usr/lib64/" -path \
		'*/plymouth/details.so' 2>/dev/null | head -n 1)
	if [ ! -x "$sysroot$plymouthd" ] || [ -z "$plugins" ]; then
		die "add plymouth: there is no '$sysroot$plymouthd' with its plugin details.so" \
			"on Debian: apt-get install plymouth" \
			"or name a directory that has it with --sysroot"
	fi
	plugins=${plugins%/*}
	plugins=${plugins#"$sysroot"}
	take_program "$plymouthd"
	loader=$ret_loader
	# It uses details on a serial console, and when another theme fails.
	for name in details $theme; do
		take_program "$plugins/$name.so" "$loader"
		take "/usr/share/plymouth/themes/$name/$name.plymouth"
		[ -z "$plymouth_copy" ] ||
			copy_list "$plugins/$name.so" "$loader"
	done
	mkdir -p "$root/etc/plymouth"
	# DeviceTimeout is how long it waits for udev to name a graphics card,
	# and there is no udev here. Without one, 22.02 aborts on a screen.
	printf '[Daemon]\nTheme=%s\nShowDelay=0\nDeviceTimeout=0.001\n' \
		"$theme" \
		>"$root/etc/plymouth/plymouthd.conf"
	helpers="plymouthd plymouth 5s keep$plymouth_copy $plymouthd --mode=boot --attach-to-session --pid-file=/run/plymouth/pid
$helpers"
}

# helpers_add - the list of the helpers, and of what is copied for them
helpers_add() {
	[ -n "$helpers" ] || return 0
	mkdir -p "$root/etc/pintle"
	printf %s "$helpers" >"$root/etc/pintle/helpers"
	while read -r name mover deadline fate command; do
		helper_check
	done <"$root/etc/pintle/helpers"
	[ -s "$tree/copied" ] || return 0
	# A list that was added names what a program loads while it runs.
	! [ -f "$root/etc/pintle/copy" ] ||
		cat "$root/etc/pintle/copy" >>"$tree/copied"
	LC_ALL=C sort -u -o "$tree/copied" "$tree/copied"
	cp "$tree/copied" "$root/etc/pintle/copy"
}

# helper_check - the line of $name, $mover, $deadline, $fate and $command
helper_check() {
	case "$mover $deadline $fate" in
	*' '[0-9]*s' keep' | *' '[0-9]*s' keep,copy' | *' '[0-9]*s' stop') ;;
	*' '[0-9]*s' keep,late-copy') ;;
	*) misused "--helper '$name' is not NAME MOVER DEADLINE keep|keep,copy|keep,late-copy|stop COMMAND..." ;;
	esac
	case $mover in
	auto | kernel | signal | plymouth | inject | stop | none) ;;
	*) misused "--helper '$name': there is no mover '$mover'" ;;
	esac
	words=$command
	command=${command%%[ 	]*}
	if [ ! -x "$root$command" ] || [ -d "$root$command" ]; then
		die "add the helper '$name': its program '$command' is not in the image" \
			"add it with --program or --add"
	fi
	# All programs of the line: the first may be one that runs another.
	while [ "$fate" = keep,copy ] && [ -n "$words" ]; do
		word=${words%%[ 	]*}
		words=${words#"$word"}
		words=${words#[ 	]}
		case $word in
		/*) ;;
		*) continue ;;
		esac
		[ ! -f "$root$word" ] || [ ! -x "$root$word" ] ||
			copy_list "$word"
	done
	tell "helper: $name, $command"
}
