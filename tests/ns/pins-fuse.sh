#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle pins: a FUSE whose server does not answer keeps nobody waiting.
#
# needs: root namespaces fuse
# host: HOLDER tests/ns/compile pin-holder pin-holder.c
set -u
# shellcheck source=tests/ns/holders.sh
. "$(dirname "$0")/holders.sh"

mkdir "$t/fuse"
for uid in 0 1; do
	hold fuse "$t/fuse" $uid
	scan --json "$t"
	row "FUSE for uid $uid, server hangs: the scan ends" exits 0
	scan --json "/proc/$child/cwd"
	row "FUSE for uid $uid: its cwd" has "$child" '["cwd"]' \
		"\"uid\": $uid,"
	row "FUSE for uid $uid: nobody else" total '"processes": 1,'
	umount -l "$t/fuse"
	drop
done
finish
