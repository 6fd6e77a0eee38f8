#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh, the rest in there
# SPDX-License-Identifier: MIT
#
# `pintle migrate`: a child that has a number already when /proc is walked, and is
# not there yet. Only root of the machine may stop a fork there: userfaultfd(2),
# for a fault that the kernel meets.
#
# needs: machine namespaces trace
# host: TARGET tests/ns/compile relocate-target relocate-target.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${TARGET:?}" "$work/target"
prepare="cp $work/target \"\$old/bin\"; mkdir \"\$old/sub\"
	touch \"\$old/new/is-new\"; ln -s busybox \"\$old/bin/mkfifo\"
	ln -s /pintle \"\$old/bin/pintle\""
old_root '
mkfifo /out
exec 3<>/out
(cd /sub && exec target forks) >/out 3<&- &
forks=$!
read -r text <&3
echo "it is $text"
pintle migrate /new; echo status $?
read -r friend child </proc/$forks/task/$forks/children
for pid in $forks ${child% }; do
	for end in root cwd; do
		if test -e /proc/$pid/$end/is-new; then
			echo "$pid: $end new" | sed "s/^$forks:/forks:/; s/^[0-9]*:/child:/"
		else
			echo "$pid: $end old"
		fi
	done
done' timeout -s KILL $((30 * SLOWER))
row "a fork under way: it is one" prints 'it is ready'
row "a fork under way: who forks has moved" prints 'forks: root new'
row "a fork under way: so has its child" prints 'child: root new'
row "a fork under way: its child stands there" prints 'child: cwd new'
row "a fork under way: no failure" prints 'status 0'
finish
