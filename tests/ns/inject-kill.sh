#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Injection is killed, or a call is refused, at each call that it makes. The
# target must be as it was before, or moved, and must find nothing wrong with
# itself. inject-fault.c does that to one of the three processes that inject: 1
# is the caller, 2 the keeper and 3 the tracer.
#
# needs: root namespaces trace
# host: DRIVE tests/ns/compile inject-drive inject-drive.c 'helper/mover-ptrace*.c' 'helper/hold*.c' helper/task.c helper/place.c base/sys.c base/io.c base/str.c base/fail.c base/procstatus.c
# host: TARGET tests/ns/compile inject-target inject-target.c
# host: FAULT tests/ns/compile inject-fault inject-fault.c
# host: POOL tests/ns/compile inject-pool inject-pool.c 'helper/mover-ptrace*.c' 'helper/hold*.c' helper/task.c helper/place.c base/sys.c base/io.c base/str.c base/fail.c base/procstatus.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || {
	echo "1..0 # SKIP tracing needs root"
	exit 0
}
[ "$(uname -m)" = x86_64 ] || {
	echo "1..0 # SKIP inject-fault.c knows the registers of x86-64 alone"
	exit 0
}
cp "${DRIVE:?}" "$work/drive"
cp "${TARGET:?}" "$work/target"
cp "${FAULT:?}" "$work/fault"
mkdir "$work/new" "$work/jail"
chmod 755 "$work"
mkfifo "$work/ready" "$work/go"
exec 8<>"$work/go"

# target MODE: starts a target; once it is ready, its pid is in $pid
target() {
	"$work/target" "$@" <&8 >"$work/self" 2>&1 3>"$work/ready" 8>&- &
	pid=$!
	read -r _ <"$work/ready"
}

# fault [OPTION...] ROLE ACT: does ACT to the process of this role that moves
# $pid
fault() {
	status=0
	"$work/fault" "$@" "$pid" "$work/drive" -ra "$pid" "$work/new" \
		"$work/jail" >"$work/fault.out" 2>&1 8>&- || status=$?
	out=$(cat "$work/fault.out")
}

says() {
	printf '%s\n' "$out" | grep -qF -- "$1"
}

# unhurt LEAST: inject-fault.c made at least so many runs, and saw nothing bad
unhurt() {
	echo "# $(printf '%s\n' "$out" | sed -n '/^runs/,/^bad/p' | tr '\n' ' ')"
	[ "$status" = 0 ] && says 'bad: 0' &&
		[ "$(sed -n 's/^runs: //p' "$work/fault.out")" -ge "$1" ]
}

# end: the target is told to go on, ends by itself, and found nothing wrong
end() {
	echo >&8
	status=0
	wait "$pid" || status=$?
	out=$(cat "$work/self")
	[ "$status" = 0 ]
}

target work
# In an emulated machine, at each sixth.
fault -p "$(every 6)" 3 kill
row "the tracer is killed at each call: as it was, or moved" unhurt \
	$((100 / $(every 6)))
row "the tracer is killed at each call: moved by another" says 'kept: 0'
fault 2 kill
row "the keeper is killed at each call: as it was, or moved" unhurt 5
fault -p 3 1 kill
row "the caller is killed at calls: as it was, or moved" unhurt 5
fault -p 4 3 1
row "EPERM at calls of the tracer: as it was, or moved" unhurt 25
fault -p 5 3 5
row "EIO at calls of the tracer: as it was, or moved" unhurt 20
fault -p 7 3 3
row "ESRCH at calls of the tracer: as it was, or moved" unhurt 14
fault 2 1
row "EPERM at each call of the keeper: as it was, or moved" unhurt 5
row "killed and refused: the target goes on" end
# The two processes move one after another.
while read -r mode name; do
	out=$(timeout -s KILL $((60 * SLOWER)) "${POOL:?}" "$mode" "$work/new" 2>&1) || :
	row "$name" prints right
	echo "# $(printf '%s\n' "$out" | head -n 1)"
done <<'POOL'
stuck what could not be stopped is let go of at once
stopped a tracer that is stopped while it waits is not waited for
killed a tracer that is killed while it waits is replaced
alone the keeper is killed while its tracer waits
gone both are killed while they wait
own they do not move their caller, and end
random the tracer is killed at any moment, all are moved
POOL
target compute
fault -p 5 3 kill
row "no system call, the tracer is killed: as it was, or moved" unhurt 20
row "no system call, the tracer is killed: it goes on" end
# Root of a user namespace may not suspend seccomp (ptrace(2)), and makes fewer.
target forbidden
fault -p 5 3 kill
row "seccomp, the tracer is killed: as it was, or moved" unhurt 5
row "seccomp, the tracer is killed: no forbidden call worked" end
# PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, Linux 6.4
target dispatch
fault -q 0x4211 3 5
# Its handler may make calls, so that one that is stopped there can be moved.
row "Syscall User Dispatch, none for tracers: refused, or in its handler" \
	eval 'says "Syscall User Dispatch" || says "moved: 1"'
row "Syscall User Dispatch, none for tracers: as it was" unhurt 1
row "Syscall User Dispatch, none for tracers: goes on" end
target dispatch
fault -p 5 3 kill
row "Syscall User Dispatch, the tracer is killed: as it was, or moved" unhurt 14
row "Syscall User Dispatch, the tracer is killed: goes on" end
finish
