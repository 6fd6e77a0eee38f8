#!/bin/sh
# SPDX-License-Identifier: MIT
#
# probe-big-endian.sh - the points of test-probe*.c on a big-endian machine
#
# s390x, whose programs QEMU runs without a machine around them. What is on a
# disk is the same there, what a number is in memory is not. TAP on stdout.
set -eu

src=$(dirname "$0")/../../src
for program in s390x-linux-gnu-gcc qemu-s390x; do
	command -v $program >/dev/null && continue
	echo "1..0 # SKIP no $program"
	exit 0
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/probe-big-endian.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

# The parts of probe, and nothing but what they may be linked with.
status=0
for test in "$(dirname "$0")"/test-probe*.c; do
	s390x-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror \
		-static -I "$src" -o "$dir/test" "$test" "$src"/probe/*.c \
		"$src/base/str.c"
	qemu-s390x "$dir/test" >>"$dir/points" || status=1
done
# one count and one plan for all of them; a program that died has none
awk '/^1\.\./ { plans++ }
	/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++points); print }
	END { if (plans == '"$(echo "$(dirname "$0")"/test-probe*.c | wc -w)"')
		print "1.." points }' "$dir/points"
exit $status
