#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by what prepares a try
# SPDX-License-Identifier: MIT
#
# Each system call that switch_root makes as process 1 fails once, with each
# errno that is tried: what becomes of the switch? It is made as it is without
# the fault (full); or it is refused with a sentence, and the mounts are as they
# were (refused); or it is made in another way, which is said (said). Anything
# else is a fault of ours:
#
#	unsaid	init runs, over other mounts or elsewhere, and nobody said so
#	silent	it ended, and nobody said why
#	between	it ended, and the mounts are neither what they were nor switched
#
# missed: that call was not made, as their number depends on what else runs.
# Only the execution of init itself comes after the point of no return, so that
# its failure is between, and has to be said (exec). One row for each situation;
# how many there were of each outcome is printed.
#
# Left out is arch_prctl, by which musl's start sets the thread pointer. Without
# it musl stops by a_crash() before anything of ours runs (src/env/__init_tls.c),
# and the kernel refuses it only for an address that is no user's.
#
# needs: namespaces trace
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || {
	echo "1..0 # SKIP strace is missing"
	exit 0
}

# One try, in a mount namespace of its own that outlives process 1. The tracer
# is process 1's grandchild (-D), and outside of the old root.
cat >"$work/try" <<'TRY'
set -u
cd "$1"
shift
rm -f before after
(
	set -e
	# shellcheck disable=SC2034 # the situation's
	old=old
	. ./prepare
)
timeout -s KILL $((20 * SLOWER)) unshare -pf --kill-child sh ./first "$@" >said 2>&1 </dev/null
echo "$?" >status
cat /proc/self/mountinfo >after
TRY
cat >"$work/first" <<'FIRST'
[ -e no-proc ] || mount -t proc proc old/proc
cat /proc/self/mountinfo >before
exec strace -D -qq -o trace "$@" \
	./busybox chroot old /bin/switch_root /new /sbin/init
FIRST

# The new root's init: what it sees, without a pipe that a fault of its own,
# which is not meant, could keep open.
cat >"$work/init" <<'INIT'
#!/bin/busybox sh
echo "init: pid $$ args $0 $*"
busybox readlink /proc/1/cwd
busybox readlink /proc/1/root
busybox cat /proc/self/mountinfo
busybox ls / /run
INIT

# All that it saw, but for numbers that are new each time; those of the peer groups
# are of the whole machine.
facts() {
	sed '/^pintle: /d; s/^[0-9]* [0-9]* [^ ]* / /
		s/ \(shared\|master\):[0-9]*/ \1/g' said | sort
}

# The calls that a good switch makes: name and how many of it came before
cat >"$work/calls" <<'CALLS'
/^execveat\(/ { print "execveat 1"; exit }
/^[a-z_0-9]+\(/ {
	name = $0
	sub(/\(.*/, "", name)
	count[name]++
	if (ours && name != "arch_prctl")
		print name, count[name]
	if ($0 ~ /^execve\("\/bin\/switch_root"/)
		ours = 1
}
CALLS

# What came of it, one word.
outcome() { # outcome CALL
	# The number of calls depends on what else runs.
	if ! sed '/^execveat.* = 0$/q' trace |
		grep -q INJECTED; then
		echo missed
	elif grep -q '^init: pid 1 ' said; then
		facts >seen
		if cmp -s seen good; then
			echo full
		elif grep -q '^pintle: ' said; then
			echo said
		else
			echo unsaid
		fi
	elif ! grep -q '^pintle: ' said; then
		echo silent
	elif cmp -s before after; then
		echo refused
	elif [ "$1" = execveat ]; then
		echo exec
	else
		echo between
	fi
}

# In the namespace where both roots are: sweep ERRNOS STRACE-OPTION...
cat >"$work/sweep" <<'SWEEP'
set -u
cd "$1"
errnos=$2 step=$3 left=$4
shift 4
. ./functions
try() {
	unshare -m --propagation unchanged sh ./try "$PWD" "$@"
}
try "$@"
grep -q '^init: pid 1 ' said || {
	echo "without a fault it does not switch:"
	cat said
	exit 1
}
facts >good
awk -f calls trace >list
: >outcomes
while read -r name number; do
	for errno in $errnos; do
		left=$((left - 1))
		[ $left = 0 ] || continue
		left=$step
		try "$@" -e "inject=$name:error=$errno:when=$number"
		result=$(outcome "$name")
		echo "$result $name $number $errno" >>outcomes
		case $result in
		unsaid | silent | between)
			echo "$result: $name, call $number, $errno:"
			grep -c . trace
			sed -n '/INJECTED/p' trace
			cat said
			diff before after
			[ "$result" != unsaid ] || diff good seen
			;;
		esac
	done
done <list
[ -s outcomes ]
SWEEP
sed -n '/^facts() {/,/^}/p; /^outcome() {/,/^}/p' "$0" >"$work/functions"
# lib.sh's setup makes the two roots; the namespace is used for all tries.
sed '/^unshare -pf sh pid1/,$d' "$work/setup" >"$work/setup-once"

# sweep NAME ERRNOS PREPARE STRACE-OPTION...: in an emulated machine, a seventh
# of the faults, and in each situation others
step=$(every 7)
first=0
sweep() {
	first=$((first % step + 1))
	name=$1 errnos=$2
	printf '%s\n' "$3" >"$work/prepare"
	shift 3
	: >"$work/script"
	# shellcheck disable=SC2086 # options
	$unshare sh -c '. "$1/setup-once"; set +e; shift; exec sh ./sweep "$@"' \
		sh "$work" "$work" "$errnos" $step $first \
		"$@" >"$work/out" 2>&1 </dev/null
	status=$?
	out=$(cat "$work/out")
	summary=$(cut -d ' ' -f 1 "$work/outcomes" | sort | uniq -c |
		awk '{ printf "%s%d %s", (NR > 1 ? ", " : ""), $1, $2 }')
	echo "# $name: $(grep -c . "$work/outcomes") faults: $summary"
	row "$name" no_harm
}

no_harm() {
	[ "$status" = 0 ] && grep -q '^full ' "$work/outcomes" &&
		grep -q '^refused ' "$work/outcomes" &&
		! grep -qE '^(unsaid|silent|between) ' "$work/outcomes"
}

sweep "each call fails" "EPERM EIO" ''
sweep "each call fails, shared mounts and a directory to make" EIO \
	'mount --make-rshared $old; rm -rf $old/new/run'
sweep "each call fails, no pivot_root" EPERM '' -e inject=pivot_root:error=EINVAL
finish
