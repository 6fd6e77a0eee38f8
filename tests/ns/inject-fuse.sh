#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Injection: a program hangs in a call that it was made to make, on a FUSE that does
# not answer, and is put right when the call returns.
#
# needs: root namespaces trace fuse
# host: DRIVE tests/ns/compile inject-drive inject-drive.c 'helper/mover-ptrace*.c' 'helper/hold*.c' helper/task.c helper/place.c base/sys.c base/io.c base/str.c base/fail.c base/procstatus.c
# host: TARGET tests/ns/compile inject-target inject-target.c
# host: FUSE tests/ns/compile inject-fuse inject-fuse.c
set -u
# shellcheck source=tests/ns/targets.sh
. "$(dirname "$0")/targets.sh"

mkdir "$work/slow"
cp "${FUSE:?}" "$work/fuse"
serve() { # a file system that does not answer, until $server is told to
	start "$work/fuse" "$work/slow"
	server=$pid
	mountpoint -q "$work/slow" || bail 'no FUSE can be mounted'
}
serve
target -w "$work/jail" wait
drive -m 150 "$pid" "$work/slow"
row "the new root hangs: said in time" sentence \
	"$(who)it hangs in a call on the new root; it goes on when that returns"
row "the new root hangs: its tracer stays" not untraced
kill -USR1 "$server"
row "the new root answers: let go" soon untraced
row "the new root answers: root as it was" root_is "$old"
row "the new root answers: back in its directory" \
	cwd_is "$($where "$work/jail")"
go
row "the new root answers: it goes on" end
umount -l "$work/slow"
wait "$server"

# Whoever has the uid of the holder may stop it.
serve
start setpriv --bounding-set=-sys_ptrace "$work/target" -w "$work/jail" wait
drive -m 150 "$pid" "$work/slow" 4</dev/null 9</dev/null
tracer=$(sed -n 's/^TracerPid:	//p' "/proc/$pid/status")
read -r holder _ <"/proc/$tracer/task/$tracer/children"
# its life, the new root, and the old working directory
row "its holder has nothing else open" \
	[ "$(cd "/proc/$holder/fd" && echo *)" = "0 3 5" ]
kill -STOP "$holder"
kill -USR1 "$server"
row "its holder is stopped: let go" soon untraced
row "its holder is stopped: the holder ends" soon not test -d "/proc/$holder"
row "its holder is stopped: back in its directory" \
	cwd_is "$($where "$work/jail")"
go
row "its holder is stopped: it goes on" end
kill -CONT "$holder" 2>/dev/null
umount -l "$work/slow"
wait "$server"
finish
