#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh
# SPDX-License-Identifier: MIT
#
# switch_root -d: init never runs with a capability that was to be dropped. The
# call that drops it fails once, after the switch; a person is given a shell,
# and what comes after the shell is seen.
#
# needs: root namespaces trace
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

for program in strace python3; do
	command -v $program >/dev/null || {
		echo "1..0 # SKIP $program is missing: apt install $program"
		exit 0
	}
done

# Standard input is a terminal, at which somebody has typed this.
cat >"$work/typed.py" <<'PYTHON'
import os, pty, subprocess, sys
person, terminal = pty.openpty()
os.write(person, b'echo at the shell; exit\n')
sys.exit(subprocess.call(sys.argv[1:], stdin=terminal))
PYTHON
# The tracer is process 1's grandchild (-D), and outside of the old root.
cat >"$work/pid1" <<'PID1'
mount -t proc proc old/proc
sh old/prepare
cat /proc/self/mountinfo >before
exec strace -D -qq -o trace -e trace=prctl $(cat inject) \
	./busybox chroot old /bin/switch_root -d sys_boot /new /sbin/init
PID1
cat >"$work/init" <<'INIT'
#!/bin/busybox sh
echo "init: $(busybox grep ^CapBnd /proc/self/status)"
INIT

# The masks of the kernel's own helpers are those of the whole machine: where
# /proc has none, they are left alone. This machine may have panic= on its line,
# with which there is no shell.
hide='mount -t tmpfs none "$old/proc/sys"; : >"$old/line"
mount --bind "$old/line" "$old/proc/cmdline"'
bounding() { # without CAP_SYS_BOOT, which is number 22
	printf 'CapBnd:\t%016x' $((0x$(sed -n 's/^CapBnd:\t//p' \
		/proc/self/status) & ~(1 << 22)))
}

: >"$work/inject"
prepare=$hide
old_root '' python3 "$work/typed.py"
row "init does not have it" prints "init: $(bounding)"
row "no shell" not prints 'at the shell'
at=$(grep '^prctl' "$work/trace" | grep -n -m 1 CAPBSET_DROP | cut -d : -f 1)
[ -n "$at" ] || bail "no prctl(PR_CAPBSET_DROP) was seen"

echo "-e inject=prctl:error=EPERM:when=$at" >"$work/inject"
prepare=$hide
old_root '' python3 "$work/typed.py"
row "it cannot be dropped: said" prints_like \
	'^pintle: switch_root: drop capabilities: Operation not permitted$'
row "it cannot be dropped: a shell" prints 'at the shell'
row "it cannot be dropped: init does not have it after the shell either" \
	prints "init: $(bounding)"

# For good, and without anybody who could do anything about it.
echo "-e inject=prctl:error=EPERM:when=$at+" >"$work/inject"
prepare=$hide
old_root ''
row "it cannot be dropped, and nobody is there: no init" \
	not prints_like '^init: '
row "it cannot be dropped, and nobody is there: status 1" exits 1
finish
