#!/bin/sh
# SPDX-License-Identifier: MIT
#
# helper.sh - a shell script that moves from the initramfs to the real root
#
# usage: pintle helper -- helper.sh      the form to use
#        helper.sh --trap                without pintle as its parent
#
# Under `pintle helper` a script needs nothing else: the shell shares its root
# and its working directory with the guardian, and after the switch the next
# command comes from the real root. A command that runs in the foreground at that
# moment stays behind until it ends. PATH must suit both roots.
#
# The trap form starts itself again inside the new root. Its limits are:
#  - A shell sees neither the sender of the signal nor the value that comes with
#    it. So it obeys any process that may send it signals, and assumes that pid 1
#    stands in the new root. That is true for a boot by pintle, but not for
#    `pintle migrate`.
#  - It stays the same process, but its variables, functions and traps are lost:
#    whatever must survive has to be an argument, or exported.
#  - The trap runs only after the command in the foreground has ended. So a
#    script that waits has to wait for a child, which stays behind.
#  - chroot(8) must be in the initramfs, and /bin/sh in the new root.
set -u

work() {
	while :; do
		# Do the work here: look at something, feed something.
		sleep 1 &
		wait $! || : # a trapped signal ends this, but not a plain sleep
	done
}

case ${1-} in
--trap)
	# Keep the text of the script, as its file is not in the new root.
	HELPER_TEXT=$(cat "$0")
	export HELPER_TEXT
	trap 'exec chroot /proc/1/cwd /bin/sh -c "$HELPER_TEXT" "$0" --moved' URG
	# Without this nobody asks.
	exec 9>"/run/pintle-helper.$$" && rm "/run/pintle-helper.$$"
	;;
--moved)
	unset HELPER_TEXT
	exec 9>&-
	trap '' URG # once is enough
	;;
esac
echo "helper.sh: $$ ${1-} sees /: $(echo /*)"
work
