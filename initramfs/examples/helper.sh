#!/bin/sh
# SPDX-License-Identifier: MIT
#
# helper.sh - a shell script that crosses from the initramfs to the real root
#
# usage: pintle helper -- helper.sh      the form to use
#        helper.sh --trap                without pintle as its parent
#
# Under `pintle helper` a script needs nothing: shell and guardian have one
# root and one working directory, and after the switch the next command comes
# from the real root. What runs in the foreground at that moment stays behind
# until it ends; PATH must suit both roots.
#
# The trap form starts itself again inside the new root. Its limits:
#  - a shell does not see who sent the signal or what came with it, so it takes
#    the word of any process that may signal it, and believes that pid 1 stands
#    in the new root: true for a boot by pintle, not for `pintle migrate`;
#  - it is the same process, but variables, functions and traps are gone: what
#    must live on is an argument or exported;
#  - the trap runs only when the command in the foreground has ended, so a
#    script that waits has to wait for a child, which stays behind;
#  - chroot(8) must be in the initramfs and /bin/sh in the new root.
set -u

work() {
	while :; do
		# here: look at something, feed something
		sleep 1 &
		wait $! || : # a trapped signal ends it, a plain sleep not
	done
}

case ${1-} in
--trap)
	# The text, because its file is not in the new root.
	HELPER_TEXT=$(cat "$0")
	export HELPER_TEXT
	# shellcheck disable=SC2172 # shells agree on no name for it
	trap 'exec chroot /proc/1/cwd /bin/sh -c "$HELPER_TEXT" "$0" --moved' 60
	# Without this nobody asks: most who catch this signal know nothing of it.
	exec 9>"/run/pintle-helper.$$" && rm "/run/pintle-helper.$$"
	;;
--moved)
	unset HELPER_TEXT
	exec 9>&-
	# shellcheck disable=SC2172
	trap '' 60 # once is enough
	;;
esac
echo "helper.sh: $$ ${1-} sees /: $(echo /*)"
work
