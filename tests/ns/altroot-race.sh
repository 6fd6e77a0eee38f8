#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Root runs pintle altroot over two trees, and another user changes names in the
# /tmp of both while the view is made. This needs no luck: strace stops the
# maker at its Nth call of a kind, the user (65534) exchanges names, and the
# maker goes on, for every N. The user's links lead to a directory of root's
# outside of both trees, in which nothing may be created, changed or deleted.
#
# needs: root namespaces trace
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
if [ "$(id -u)" != 0 ] || ! command -v strace >/dev/null; then
	echo "1..0 # SKIP needs root and strace"
	exit 0
fi
chmod 755 "$work"
victim=$work/victim
true=$work/x
alt=$work/x/A
mkdir -p "$true/bin" "$victim"
cp "$busybox" "$true/bin/busybox"
mkdir -m 1777 "$true/tmp"
mkdir -p "$alt"
mkdir -m 1777 "$alt/tmp"

as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
fingerprint() {
	find "$victim" -printf '%P %y %m %u:%g %l %C@\n' | sort
}
remake_victim() {
	chmod 755 "$victim"
	rm -rf "${victim:?}"/* "${true:?}"/tmp/* "${alt:?}"/tmp/*
	echo root >"$victim/passwd"
	mkdir "$victim/d"
	fingerprint >"$work/before"
}

# What the user makes first, and what the user then makes of it: the shell
# functions NAME_first and NAME_then, which user 65534 runs. $1 is the altroot,
# $2 the true root, and $3 root's directory by its path in the maker's root.
cat >"$work/user" <<'USER'
# a file where a link was: made through the link
create_first() {
	ln -s "$3/created" "$1/tmp/x"
}
create_then() {
	rm -f "$1/tmp/x"
	echo user >"$2/tmp/x"
}
# a directory of both trees where a link was: its mode is set through the link,
# and a link with a text of the user's is made
chmod_first() {
	mkdir -m 777 "$1/tmp/s" "$2/tmp/s"
	ln -s "$3" "$1/tmp/s/x"
}
chmod_then() {
	mv "$1/tmp/s" "$1/tmp/was"
	rm -f "$1/tmp/was/x"
	mkdir -p "$1/tmp/s/x" "$2/tmp/s/x"
	chmod 777 "$1/tmp/s/x" "$2/tmp/s/x"
	ln -s /tmp/evil.so "$1/tmp/s/x/ld.so.preload"
}
# the same, when the process that mends the view deletes there what neither tree
# has
delete_first() {
	chmod_first "$@"
}
delete_then() {
	chmod_then "$@"
}
delete_later() {
	for n in 1 2 3; do
		mv "$2/tmp/s/x" "$2/tmp/s/y"
		mv "$2/tmp/s/y" "$2/tmp/s/x"
		mv "$1/tmp/s/x" "$1/tmp/s/y"
		mv "$1/tmp/s/y" "$1/tmp/s/x"
		sleep 0.1
	done
}
USER

user() {
	# shellcheck disable=SC2016 # for another shell
	as_user sh -c '. "$1"; shift; f=$1; shift; "$f" "$@"' sh \
		"$work/user" "$1" "$alt" "$true" "/.pintle-old-root$victim" \
		2>/dev/null
}

# stopped PID: waits until strace says that the maker is stopped; false if PID
# has ended
stopped() {
	until grep -q 'stopped by SIGSTOP' "$work/trace" 2>/dev/null; do
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.02
	done
}

# pgrep finds the pids of other runs too; only ours have the path of these
# trees.
go_on() {
	for pid in $(pgrep -x pintle) $(pgrep -x altroot-mender); do
		grep -qs '^State:.*stop' "/proc/$pid/status" &&
			grep -qsaF "$true" "/proc/$pid/cmdline" &&
			kill -CONT "$pid"
	done
}

# race_at VARIANT CALL N PROGRAM...: false if there is no Nth call
race_at() {
	variant=$1 call=$2 when=$3
	shift 3
	remake_victim
	rm -f "$work/trace"
	user "${variant}_first"
	timeout -k 1 $((60 * SLOWER)) unshare -mpf --kill-child --propagation private \
		strace -f -qq -o "$work/trace" \
		-e "trace=$call" -e signal=STOP -e \
		"inject=$call:signal=SIGSTOP:when=$when" \
		"$PINTLE" altroot --root "$true" --prefix /A -- "$@" \
		>"$work/said" 2>&1 </dev/null &
	runner=$!
	stopped $runner || {
		wait $runner
		return 1
	}
	user "${variant}_then"
	go_on
	[ "$variant" != delete ] || user delete_later
	# The process that mends stops at a call of its own.
	while kill -0 $runner 2>/dev/null; do
		go_on
		sleep 0.05
	done
	wait $runner
	fingerprint >"$work/after"
	cmp -s "$work/before" "$work/after" || {
		hits=$((hits + 1))
		echo "$call $when:"
		diff "$work/before" "$work/after"
		cat "$work/said"
	} >>"$work/out"
	return 0
}

race() {
	hits=0 rounds=0 out='' status=''
	: >"$work/out"
	program='true'
	[ "$1" != delete ] || program='sleep 0.6'
	# In an emulated machine, at each fourth call.
	step=$(every 4)
	for call in getdents64 symlinkat; do
		n=1
		# shellcheck disable=SC2086 # words
		while [ $n -le 30 ] && race_at "$1" $call $n busybox $program; do
			rounds=$((rounds + 1))
			n=$((n + step))
		done
	done
	out=$(cat "$work/out")
	echo "# $1: stopped at $rounds calls, root's directory was changed $hits times"
	[ "$rounds" -ge 4 ] && [ "$hits" = 0 ]
}

for variant in create chmod delete; do
	row "race: nothing outside is touched: $variant" race $variant
done

finish
