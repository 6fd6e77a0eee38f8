# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# holders.sh - processes that hold a mount, for scripts about pintle pins that say
# "# host: HOLDER tests/ns/compile pin-holder pin-holder.c"
#
# A tmpfs in a mount namespace of our own is the target, $t, and pin-holder.c the
# holder.

if [ "${PINS_INSIDE-}" != 1 ]; then
	export PINS_INSIDE=1
	exec unshare -m sh "$0" "$@"
fi
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

holder=$work/pin-holder
cp "${HOLDER:?}" "$holder"
t=$work/t
mkdir "$t" "$work/other"
mount -t tmpfs pins "$t" || bail "a tmpfs cannot be mounted"
mount -t tmpfs pins "$work/other"
mkdir "$t/sub" "$t/sub/deep"
head -c 40960 /dev/urandom >"$t/file"
head -c 8192 /dev/urandom >"$t/file2"
cp "$holder" "$t/pin-holder"

# hold HOW [ARGUMENT...]: a holder; $pid, and $child if it says one
pids=
program=$holder
hold() {
	# A new one each: a child of an earlier holder may have its own still.
	rm -f "$work/fifo"
	mkfifo "$work/fifo"
	"$program" "$@" >"$work/fifo" &
	pid=$!
	pids="$pids $pid"
	child=
	while read -r line; do
		[ "$line" = ready ] && break
		child=$line
	done <"$work/fifo"
	[ "$line" = ready ] || bail "pin-holder $1 does not start"
	pids="$pids $child"
}

drop() { # all holders go
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
	wait
	pids=
}
trap 'drop; umount -l "$work/t" 2>/dev/null
	umount -l "$work/other" 2>/dev/null
	rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

scan() { # ARGUMENT...: $out, $status
	status=0
	out=$(timeout $((60 * SLOWER)) "$PINTLE" pins "$@" 2>&1) || status=$?
}

entry() { # PID: its line of the JSON
	printf '%s\n' "$out" | grep "\"pid\": $1,"
}

# has PID TEXT...: its line is there once and has each text
has() {
	wanted=$1
	shift
	[ "$(entry "$wanted" | wc -l)" = 1 ] || return 1
	for text; do
		entry "$wanted" | grep -qF -- "$text" || return 1
	done
}

total() { # TEXT...: in the total
	for text; do
		printf '%s\n' "$out" | grep '"total":' | grep -qF -- "$text" ||
			return 1
	done
}

valid() {
	printf '%s\n' "$out" | python3 -m json.tool >/dev/null
}

each_once() {
	[ -z "$(printf '%s\n' "$out" | grep -o '"pid": [0-9]*.*"uid"' |
		sort | uniq -d)" ]
}

found_or_unfinished() {
	printf '%s\n' "$out" | grep -q '"pins": \["cwd"\]' ||
		total '"unfinished": true'
}

allocated() { # FILE: bytes
	echo $(($(stat -c %b "$1") * 512))
}

one() { # NAME PINS WAY...: holds exactly these, no other process does
	label=$1
	pins=$2
	shift 2
	hold "$@"
	scan --json "$t"
	row "$label" has "$pid" "\"pins\": [$pins]"
	row "$label: nobody else" total '"processes": 1,'
	row "$label: valid JSON" valid
}

other() { # KIND NAME: is in the list, alone
	[ "$(printf '%s\n' "$out" | grep -c '"kind":')" = 1 ] &&
		printf '%s\n' "$out" |
		grep -qF "{ \"kind\": \"$1\", \"name\": \"$2\", \"bytes\": "
}

no_other() {
	not prints_like '"kind":'
}
