#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle pins: what only root of the machine can see or make, and not root of a user
# namespace: which file is mapped where (/proc/PID/map_files, proc(5)), loop
# devices, and kernel threads.
#
# needs: machine namespaces trace fuse
# host: HOLDER tests/ns/compile pin-holder pin-holder.c
# host: SERVER tests/ns/compile pin-fuse pin-fuse.c
set -u
# shellcheck source=tests/ns/holders.sh
. "$(dirname "$0")/holders.sh"

one "a mapping" '"map"' map "$t/file"
row "a mapping: its bytes once" has "$pid" \
	"\"bytes\": $(allocated "$t/file") "
drop

# It can be told without the mount table.
hold map "$t/file"
mapped=$pid
hold cwd "$t"
umount -l "$t"
scan --json "/proc/$pid/cwd"
row "detached: a mapping" has "$mapped" '["map"]'
drop
mount -t tmpfs pins "$t"

head -c 65536 /dev/zero >"$t/image"
loop=$(losetup -f --show "$t/image") || bail "there is no loop device"
scan --json "$t"
row "a loop device" other loop "${loop#/dev/}"
row "a loop device: its size" prints_like '"bytes": 65536 }'
scan --json "$work/other"
row "a loop device: nowhere else" no_other
out=$(strace -qq -o "$work/trace" -e inject=ioctl:error=EPERM \
	"$PINTLE" pins --json "$t")
row "a loop device that may not be asked: by its path" \
	other loop "${loop#/dev/}"
losetup -d "$loop"
scan --json "$t"
row "a loop device that was let go" no_other
rm "$t/image"

mkdir "$t/fuse"
mkfifo "$work/server"
"${SERVER:?}" "$t/fuse" >"$work/server" &
server=$!
read -r line <"$work/server"
[ "$line" = ready ] || bail "pin-fuse does not start"
loop=$(losetup -f --show "$t/fuse/file") || bail "there is no loop device"
kill -USR1 $server
scan --json "$t"
row "a loop device on a FUSE that hangs: the scan ends" exits 0
row "a loop device on a FUSE that hangs: it is elsewhere" no_other
scan --json "$t/fuse"
row "a loop device on a FUSE that hangs: by its path" other loop "${loop#/dev/}"
kill -KILL $server
losetup -d "$loop"
umount -l "$t/fuse"
wait

scan --json /
# told by another sign: they have no command line and kthreadd as parent
for process in /proc/[0-9]*; do
	read -r stat 2>/dev/null <"$process/stat" || continue
	# shellcheck disable=SC2086 # words
	set -- ${stat##*)}
	[ "$2" = 2 ] && echo "${process#/proc/}"
done >"$work/kernel"
echo 2 >>"$work/kernel"
printf '%s\n' "$out" | sed -n 's/.*"pid": \([0-9]*\),.*"kernel": true.*/\1/p' |
	sort >"$work/told"
row "kernel threads are told apart" [ -s "$work/told" ]
row "only kernel threads are called so" \
	[ -z "$(sort "$work/kernel" | comm -13 - "$work/told")" ]
row "kernel threads have no exe, map, fd" \
	not prints_like '"kernel": true.*("exe"|"map"|"fd")'
scan /
row "kernel threads are in the total, not in lines" \
	not prints_like '\[kthreadd\]'
finish
