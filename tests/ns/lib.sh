# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# lib.sh - an old root and a new root in namespaces of their own
#
# old_root SCRIPT makes two tmpfs: the old root, with a static busybox and
# pintle in it, and the new root, mounted on the old root's /new. It then runs
# SCRIPT in the old root, with busybox's shell as pid 1. The output is what
# SCRIPT and the new root's /sbin/init print, and a row looks for something in
# it. Nothing outside is touched.
#
# The mount namespace outlives pid 1: its table is written down before SCRIPT
# and after it, as seen from outside, for rows that must not have changed it.

: "${PINTLE:?the pintle to test; tests/run sets it}"
# How many times longer all takes, in an emulated machine; limits are times this.
export SLOWER="${SLOWER:-1}"
busybox=${BUSYBOX:-/bin/busybox}
work=$(mktemp -d "${TMPDIR:-/tmp}/pintle-ns-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
count=0
failed=0

# Root needs no user namespace, and may mount more without one.
unshare='unshare -m'
[ "$(id -u)" = 0 ] || unshare='unshare -rm'

# every N: of many tries that are alike, the step from one that is made to the
# next. In a machine that is emulated, where all of them would take many minutes,
# it is N. Whoever uses it prints how many were made.
every() {
	if [ "$SLOWER" -gt 2 ]; then
		echo "$1"
	else
		echo 1
	fi
}

bail() {
	echo "Bail out! $*"
	exit 1
}
[ -x "$busybox" ] || bail "'$busybox' is missing: apt install busybox-static"

# What the old root's pid 1 does before SCRIPT: $1 is $work.
cat >"$work/setup" <<'SETUP'
set -eu
cd "$1"
mount -t tmpfs -o mode=755 old old
mkdir -p old/bin old/dev old/proc old/sys old/run old/new old/etc
cp busybox old/bin/busybox
cp pintle script prepare old/
for name in sh mount umount cat cp mkdir ls rm ln echo stat sed readlink test \
	grep env sleep chmod touch diff; do
	ln -s busybox "old/bin/$name"
done
for name in switch_root run-init pivot_root; do
	ln -s /pintle "old/bin/$name"
done
mount -t tmpfs -o mode=755 new old/new
mkdir -p old/new/bin old/new/sbin old/new/dev old/new/proc old/new/sys \
	old/new/run
cp busybox old/new/bin/busybox
cp init old/new/sbin/init
ln -s busybox old/new/bin/sh
mount -t tmpfs run old/run
mount -t tmpfs dev old/dev
mknod -m 666 old/dev/null c 1 3 2>/dev/null || {
	touch old/dev/null
	mount --bind /dev/null old/dev/null
}
unshare -pf sh pid1 || status=$?
cat /proc/self/mountinfo >after
exit "${status-0}"
SETUP
cat >"$work/pid1" <<'PID1'
mount -t proc proc old/proc
sh old/prepare
cat /proc/self/mountinfo >before
exec chroot old /bin/sh /script
PID1

# The new root's init prints facts, one a line.
cat >"$work/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
echo "init: pid $$ args $0 $*"
echo "env: FOO=${FOO-unset}"
echo "cwd: $(busybox pwd)"
busybox sed 's/^/mount: /' /proc/self/mountinfo
echo "root has: $(busybox ls /)"
echo "run has: $(busybox ls /run)"
INIT
chmod 755 "$work/init"
mkdir "$work/old"
cp "$busybox" "$work/busybox"
cp "$PINTLE" "$work/pintle"

# old_root SCRIPT [TRACER...]: the output is in $out and the exit status in
# $status. The commands of $prepare, in which $old is the old root, change the
# mounts before the table is written down.
prepare=
old_root() {
	printf 'export PATH=/bin FOO=bar\n%s\n' "$1" >"$work/script"
	printf 'set -e\nold=%s/old\n%s\n' "$work" "$prepare" >"$work/prepare"
	prepare=
	rm -f "$work/before" "$work/after"
	shift
	status=0
	# shellcheck disable=SC2086 # options
	"$@" $unshare sh "$work/setup" "$work" >"$work/out" 2>&1 </dev/null ||
		status=$?
	out=$(cat "$work/out")
}

# row NAME COMMAND...: a point that is ok if COMMAND succeeds
row() {
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		failed=$((failed + 1))
		{
			echo "not ok: $name"
			echo "  tried: $*"
			echo "  status: ${status-} output:"
			echo "${out-}" | sed 's/^/  | /'
		} >&2
	fi
}

# prints LINE: a line of the output is exactly this
prints() {
	printf '%s\n' "$out" | grep -qxF -- "$1"
}

# prints_like REGEX
prints_like() {
	printf '%s\n' "$out" | grep -qE -- "$1"
}

not() {
	! "$@"
}

# soon COMMAND...: what comes at once or never, and no event tells. On a busy host a
# process that is to be killed may wait for its turn longer than 1,000 tries take.
soon() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || return 1
		[ $tries -lt 100 ] || sleep 0.01
	done
}

exits() {
	[ "$status" = "$1" ]
}

# unchanged: the mount table is what it was before SCRIPT
unchanged() {
	cmp -s "$work/before" "$work/after"
}

finish() {
	echo "1..$count"
	[ "$failed" = 0 ]
}
