# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# targets.sh - programs that check themselves and are moved by a small driver, for
# scripts about injection that have the lines "# host:" of inject.sh

# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${DRIVE:?}" "$work/drive"
cp "${TARGET:?}" "$work/target"
mkdir "$work/new" "$work/jail" "$work/jail/deep" "$work/private"
chmod 755 "$work"
mkfifo "$work/ready" "$work/go"
exec 8<>"$work/go"
here_is=$(pwd)
where='stat -L -c %d:%i'
new=$($where "$work/new")
old=$($where /)

# start [PREFIX COMMAND... --] MODE...: a target that is ready, in $pid
start() {
	"$@" <&8 >"$work/self" 2>&1 3>"$work/ready" 8>&- &
	pid=$!
	read -r _ <"$work/ready"
}

# In an emulated machine all that has a time has six times as much; here, twice
# as much: beside two machines, a program may wait for half a second.
slow=$(every 6)
[ "$slow" -gt 1 ] || slow=2
target() {
	start "$work/target" -t $((1000 * slow)),$((350 * slow)) "$@"
}

# drive [OPTION...] [DIR...]: move it, to the new root unless told otherwise
drive() {
	status=0
	"$work/drive" -m $((2000 * slow)) "$@" >"$work/drive.out" 2>&1 8>&- || status=$?
	out=$(cat "$work/drive.out")
}

move() { # move [OPTION...]
	drive "$@" "$pid" "$work/new"
}

# stands DIRECTORY-ID: root and cwd of all threads of $pid; on a machine that is
# slow it has ended by now, and has said it
stands() {
	ids=$($where /proc/"$pid"/task/*/root /proc/"$pid"/task/*/cwd \
		2>/dev/null | sort -u)
	[ -n "$ids" ] ||
		ids=$(sed -n 's/^stood: //p' "$work/self" | tr ' ' '\n' | sort -u)
	[ "$ids" = "$1" ] || {
		echo "stands at $ids" >&2
		return 1
	}
}

root_is() {
	[ "$($where "/proc/$pid/root")" = "$1" ]
}

cwd_is() {
	[ "$($where "/proc/$pid/cwd")" = "$1" ]
}

go() {
	echo >&8
}

# end: it ends by itself, and is content
end() {
	status=0
	wait "$pid" || status=$?
	out=$out$(
		printf '\n'
		cat "$work/self"
	)
	[ "$status" = 0 ]
}

untraced() {
	grep -sqx 'TracerPid:	0' "/proc/$pid/status"
}

state_is() {
	grep -q "^State:	$1" "/proc/$pid/status"
}

# moved_often: as long as it lived, and more than once, however busy the host is
moved_often() {
	says 'result: 0' && [ "$(sed -n 's/^moves: //p' "$work/drive.out")" -ge 3 ]
}

says() {
	printf '%s\n' "$out" | grep -qF -- "$1"
}

sentence() {
	says "why: $1"
}
who() {
	printf "move process '%s (target)' by injection: " "$pid"
}
