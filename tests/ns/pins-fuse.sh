#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle pins: a FUSE whose server does not answer keeps nobody waiting.
#
# needs: root namespaces fuse
# host: HOLDER tests/ns/compile pin-holder pin-holder.c
# host: SERVER tests/ns/compile pin-fuse pin-fuse.c
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
mkfifo "$work/server"
"${SERVER:?}" "$t/fuse" >"$work/server" &
server=$!
read -r line <"$work/server"
rm "$work/server"
if [ "$line" = ready ] &&
	loop=$(losetup -f --show "$t/fuse/file" 2>/dev/null); then
	kill -USR1 $server
	scan --json "$t"
	row "a loop device on a FUSE that hangs: the scan ends" exits 0
	row "a loop device on a FUSE that hangs: it is elsewhere" no_other
	scan --json "$t/fuse"
	row "a loop device on a FUSE that hangs: by its path" \
		other loop "${loop#/dev/}"
	kill -KILL $server
	losetup -d "$loop"
else
	row "a loop device on a FUSE # SKIP there is none" true
	kill -KILL $server
fi
umount -l "$t/fuse"
wait
finish
