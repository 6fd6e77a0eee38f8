# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2016 # $old is expanded by lib.sh, the rest in there
#
# moves.sh - processes of an old root that `pintle migrate` may move, for scripts
# that have the line "# host: TARGET" of migrate.sh, and that of HANG if they use it

# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${TARGET:?}" "$work/target"
[ -z "${HANG-}" ] || cp "$HANG" "$work/hang"

# inside SCRIPT: in the old root. `start COMMAND...` runs it in /sub, its pid in
# $pid, and returns when it has said a word; `stands NAME PID` says where root
# and cwd are.
inside() {
	prepare="cp $work/target ${HANG:+$work/hang} \"\$old/bin\"; mkdir \"\$old/sub\"
	touch \"\$old/new/is-new\"; ln -s busybox \"\$old/bin/mkfifo\"
	ln -s /pintle \"\$old/bin/pintle\"; ln -s busybox \"\$old/bin/kill\"
	ln -s busybox \"\$old/bin/seq\"
	mkdir \"\$old/new/dir\"; touch \"\$old/new/dir/is-new\""
	old_root '
mkfifo /out
exec 3<>/out
start() {
	(cd /sub && exec "$@") >/out 3<&- &
	pid=$!
	read -r text <&3
}
marked() {
	start sh -c "echo ready; exec -a @bin/sleep sleep 60"
	until grep -q "^@" /proc/$pid/cmdline; do :; done
}
stands() {
	for end in root cwd; do
		if test -e /proc/$2/$end/is-new; then
			echo "$1: $end new"
		else
			echo "$1: $end old"
		fi
	done
}
'"$1" timeout -s KILL $((30 * SLOWER))
}
