#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What pivot_root(2) and chroot(2) do, on the kernel that this runs on: the
# table of semantics.c, as root where this is root, and as a user. The records
# are the comments; scripts/semantics reads them.
#
# needs: root namespaces users
# host: SEMANTICS tests/ns/compile semantics semantics.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${SEMANTICS:?}" "$work/semantics"
chmod 711 "$work"
modes=user
[ "$(id -u)" != 0 ] || modes='root user'

tab=$(printf '\t')
for mode in $modes; do
	"$work/semantics" "$mode" "$PINTLE" >"$work/records" ||
		bail "semantics $mode ended with status $?"
	while IFS=$tab read -r by name what expected observed; do
		out="observed: $observed
expected: $expected
$what"
		[ "$name" = feature ] ||
			row "$by $name" [ "$observed" = "$expected" ]
		echo "# $by$tab$name$tab$what$tab$expected$tab$observed"
	done <"$work/records"
done
finish
