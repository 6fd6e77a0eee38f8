#!/bin/sh
# SPDX-License-Identifier: MIT
#
# System calls of `pintle migrate` for 10, 100 and 1,000 helpers: what one more
# helper costs must not depend on how many there are. The helpers are those of
# the VM tier, tests/vm/helper.c. And what it costs when there are processes that
# have nothing to do with the old root.
#
# needs: namespaces trace
# host: HELPER tests/ns/compile helper ../vm/helper.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || {
	echo "1..0 # SKIP strace is missing: apt install strace"
	exit 0
}
cp "${HELPER:?}" "$work/helper"

# migrate COUNT: $calls is how many system calls it took
migrate() {
	# strace is not in the old root, so its program is chroot; that makes
	# a few calls too, always the same.
	prepare="mkdir \"\$old/sub\"
	cp $work/helper \"\$old/bin/helper\"
	chroot \"\$old\" /bin/helper sub many $1 &
	chroot \"\$old\" /bin/helper await 1
	[ $1 -le 2048 ] || chroot \"\$old\" /pintle migrate --dry-run /new \
		2>$work/said >$work/moved || echo dry \$?
	strace -qq -c -U calls,name -o $work/calls chroot \"\$old\" /pintle \
		migrate /new >$work/moved && echo migrated"
	old_root 'echo the script runs'
	calls=$(sed -n 's/^ *\([0-9]*\) total$/\1/p' "$work/calls")
	echo "# $1 helpers: $calls system calls"
	row "$1 helpers: pintle says that all were moved" prints migrated
	row "$1 helpers: each by the signal" [ "$(grep -c \
		'^[0-9]* helper: moved by signal$' "$work/moved")" = "$1" ]
}

migrate 10
ten=$calls
migrate 100
hundred=$calls
migrate 1000
thousand=$calls
sed 's/^/# /' "$work/calls"
# More than the list has room for: those that have moved make room.
migrate 2100
row "2100 helpers: not all of them can be listed" prints 'dry 1'
row "2100 helpers: that is said" [ "$(cat "$work/said")" = \
	'pintle: migrate: list the helpers: there are more than 2048' ]

few=$((hundred - ten))
many=$((thousand - hundred))
echo "# one more costs $((few / 90)) calls up to 100, $((many / 900)) up to 1000"
# 90 more, and 900 more. An answer that arrives alone is waited for alone, many
# may arrive as one: 67 calls were seen. A walk for each would be hundreds.
row "system calls grow as the helpers do" [ "$many" -le $((few * 15)) ]

# beside COUNT OPTION...: $calls with that many processes that stand elsewhere
# shellcheck disable=SC2016 # for the other shell
beside() {
	unrelated=$1
	shift
	prepare="mkdir \"\$old/sub\"
	cp $work/helper \"\$old/bin/helper\"
	chroot \"\$old\" /bin/helper sub many 2 &
	chroot \"\$old\" /bin/helper await 1
	for i in \$(seq $unrelated); do sleep 1000 & done
	strace -qq -c -U calls,name -o $work/calls chroot \"\$old\" /pintle \
		migrate $* /new >$work/moved 2>&1; echo status \$?"
	old_root 'echo the script runs'
	calls=$(sed -n 's/^ *\([0-9]*\) total$/\1/p' "$work/calls")
	echo "# beside $unrelated, $*: $calls system calls"
}

# Strangers in the old root itself leave room for a helper that comes after them.
# shellcheck disable=SC2016 # for the other shell
prepare='(cd "$old/bin" && exec chroot "$old" /bin/sh -c "
	i=0; while test \$i -lt 2100; do sleep 1000 & i=\$((i + 1)); done; wait") &
	until [ "$(ls -d "$old"/proc/[0-9]* 2>/dev/null | wc -l)" -ge 2100 ]; do sleep 0.1; done
	mkdir "$old/sub"; cp '"$work/helper"' "$old/bin/helper"
	chroot "$old" /bin/helper sub many 2 &
	chroot "$old" /bin/helper await 1
	chroot "$old" /pintle migrate /new; echo status $?'
old_root 'echo the script runs'
row "2,100 strangers: the helpers after them are moved" [ "$(printf '%s\n' "$out" |
	grep -c '^[0-9]* helper: moved by signal$')" = 2 ]
row "2,100 strangers: no failure" prints 'status 0'

# While a thread executes a program, its process has neither root nor cwd for a
# moment, though it has not ended. (Each of them shows up in strace's own count.)
# shellcheck disable=SC2016 # for the other shell
prepare='mkdir "$old/sub"; cp '"$work/helper"' "$old/bin/helper"
	chroot "$old" /bin/helper sub many 2 &
	chroot "$old" /bin/helper await 1
	set --
	for pid in $(grep -lx helper "$old"/proc/[0-9]*/comm | grep -o "[0-9]*/comm"); do
		set -- "$@" -P "${pid%/comm}/root" -P "${pid%/comm}/cwd"
	done
	strace -qq -e inject=statx:error=ENOENT -o '"$work/moment"' "$@" \
		chroot "$old" /pintle migrate --dry-run /new'
old_root 'echo the script runs'
row "no place for a moment: it was so" \
	[ "$(grep -c 'INJECTED' "$work/moment")" -ge 2 ]
row "no place for a moment: the helpers are found" [ "$(printf '%s\n' "$out" |
	grep -c '^[0-9]* helper: by signal ')" = 2 ]

beside 20 --dry-run
few=$calls
beside 220 --dry-run
row "who stands elsewhere: they cost three calls each" \
	[ $((calls - few)) -le 650 ]
row "who stands elsewhere: the helpers are found beside them" \
	[ "$(grep -c '^[0-9]* helper: by signal ' "$work/moved")" = 2 ]
beside 20
few=$calls
beside 220
row "who stands elsewhere: a move looks at them once" \
	[ $((calls - few)) -le 650 ]
row "who stands elsewhere: the move was made" prints 'status 0'
# Process 1 is in another root: it cannot be moved, and nothing is.
beside 20 --pid 1
few=$calls
beside 220 --pid 1
row "a named process: who else there is costs nothing" \
	[ "$calls" = "$few" ]
finish
