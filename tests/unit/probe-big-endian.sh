#!/bin/sh
# SPDX-License-Identifier: MIT
#
# probe-big-endian.sh - the points of test-probe.c on a big-endian machine
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

# nothing but what probe.c may be linked with
s390x-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -static \
	-o "$dir/test" "$(dirname "$0")/test-probe.c" "$src/probe.c" \
	"$src/str.c"
qemu-s390x "$dir/test"
