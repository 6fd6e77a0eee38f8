#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh
# SPDX-License-Identifier: MIT
#
# The switch as a command, in namespaces: it works, it refuses before it
# touches anything, and what it did is undone when a system call fails after
# all. Faults come from strace. Here "/" has a parent mount and is a tmpfs that
# is not the initramfs: it must never be emptied.
#
# needs: root namespaces trace
# host: TARGET tests/ns/compile inject-target inject-target.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

switch='exec /bin/switch_root'

# refuse NAME STATUS ARGUMENTS SENTENCE: it says why, exits with the status, and
# has changed nothing
refuse() {
	old_root "$switch $3"
	row "$1: says why" prints "pintle: switch_root: $4"
	row "$1: status $2" exits "$2"
	row "$1: mounts as before" unchanged
}

one_root() {
	[ "$(printf '%s\n' "$out" |
		grep -c '^mount: [0-9]* [0-9]* [^ ]* / / ')" = 1 ]
}

# -- it works

old_root "touch /run/kept; $switch /new /sbin/init a -b --c"
row "init runs as pid 1 with its arguments" \
	prints 'init: pid 1 args /sbin/init a -b --c'
row "the environment reaches it" prints 'env: FOO=bar'
row "its directory is /" prints 'cwd: /'
row "/run moved with what is in it" prints 'run has: kept'
row "one root in the mount table" one_root
row "the root is the new one" prints_like '^mount: .* / / .* - tmpfs new '
row "/proc came along once" \
	[ "$(printf '%s\n' "$out" | grep -c ' /proc ')" = 1 ]
row "nothing of the old root is left in the table" \
	not prints_like '^mount: .* - tmpfs old '
row "what is not the initramfs is not emptied" \
	not prints_like 'files of the initramfs'

# There are more processes to stop than descriptors may be open.
prepare='mkdir "$old/etc/pintle"; ln -s busybox "$old/bin/mkfifo"
echo "many stop 9s stop /bin/many" >"$old/etc/pintle/helpers"
printf "#!/bin/sh\nread x 3<>/fifo <&3\n" >"$old/bin/many"
cat >"$old/new/sbin/count" <<"COUNT"
#!/bin/busybox sh
for pid in /proc/[0-9]*; do
	busybox readlink $pid/exe >/dev/null || continue
	[ $pid = /proc/1 ] || echo "alive: $(busybox cat $pid/comm)"
done
echo counted
COUNT
chmod 755 "$old/bin/many" "$old/new/sbin/count"'
old_root "mkfifo /fifo; ulimit -n 40
for i in 1 2 3 4 5; do
	for j in 1 2 3 4 5 6 7 8 9 10; do many & done
done
until [ \$(grep -l many /proc/[0-9]*/comm | grep -c .) = 50 ]; do :; done
$switch /new /sbin/count"
row "50 to be stopped, 40 descriptors: init runs" prints 'counted'
row "50 to be stopped, 40 descriptors: all are" not prints_like '^alive: many'

# A helper forks after all processes were looked for and before it is moved,
# while another one that was told to end has not ended.
prepare='mkdir "$old/sub" "$old/etc/pintle"; ln -s busybox "$old/bin/mkfifo"
echo "slow stop 9s stop /bin/slow" >"$old/etc/pintle/helpers"
cat >"$old/bin/slow" <<"SLOW"
#!/bin/sh
trap "echo >/fork; read x </forked; exit" TERM
echo >/ready
while :; do read x 3<>/never <&3; done
SLOW
cat >"$old/bin/forker" <<"FORKER"
cd /sub
echo >/ready
read x </fork
(echo >/forked; read x 3<>/never <&3) &
read x 3<>/never <&3
FORKER
cat >"$old/new/sbin/stand" <<"STAND"
#!/bin/busybox sh
for cwd in /proc/[0-9]*/cwd; do
	case $(busybox cat "${cwd%cwd}cmdline") in
	@*) busybox test -e "$cwd/sbin/stand" && echo "forker: new" ||
		echo "forker: old" ;;
	esac
done
STAND
chmod 755 "$old/bin/slow" "$old/new/sbin/stand"'
old_root "mkfifo /ready /fork /forked /never; exec 4<>/ready
(exec 4>&-; exec -a @bin/sh sh /bin/forker) & read x <&4
(exec 4>&-; exec slow) & read x <&4
exec 4>&-; $switch /new /sbin/stand"
row "who is forked meanwhile moves too" [ "$(printf '%s\n' "$out" |
	grep -c '^forker: new')" = 2 ]
row "who is forked meanwhile: nobody is left" not prints 'forker: old'

prepare='mkdir "$old/new/keep"; mount -t tmpfs new2 "$old/new/keep"'
old_root "$switch /new /sbin/init"
row "mounts below the new root stay" prints_like '^mount: .* /keep .*tmpfs new2'

prepare='mkdir -p "$old/deep/er"; mount -t tmpfs x "$old/deep/er"'
old_root "cd /; $switch new /sbin/init"
row "a relative new root, and a mount elsewhere" prints_like '^init: pid 1'

prepare='mount --make-rshared "$old"'
old_root "$switch /new /sbin/init"
row "shared mounts do not hinder" prints_like '^init: pid 1'

prepare='rmdir "$old/new/dev" "$old/new/run"
mkdir "$old/new/elsewhere"; ln -s /elsewhere "$old/new/run"'
old_root "$switch /new /sbin/init"
row "a missing directory is made" prints_like '^mount: .* /dev '
row "a link in the new root leads to a place in the new root" \
	prints_like '^mount: .* /elsewhere .*tmpfs run'

prepare='rmdir "$old/new/sys" "$old/new/dev"; mount -o remount,ro "$old/new"'
old_root "$switch /new /sbin/init"
row "read-only and no /dev: said" prints \
	"pintle: switch_root: carry '/dev' into the new root: Read-only file system, leaving it behind; make an empty directory '/dev' there"
row "read-only and no /dev: it boots" prints_like '^init: pid 1'

prepare='mount -t tmpfs other "$old/new/run"'
old_root "$switch /new /sbin/init"
row "a mount that the new root has stays" \
	prints_like '^mount: .* /run .*tmpfs other'

# -- it refuses, and nothing has changed

old_root "$switch"
row "no operands: usage" prints_like '^pintle: switch_root: usage: '
row "no operands: status 1" exits 1
refuse "no such directory" 1 '/none /sbin/init' \
	"open the new root '/none': No such file or directory"
refuse "the old root" 1 '/ /sbin/init' \
	"switch to '/': it is the old root itself"
prepare='mkdir "$old/plain"'
refuse "a plain directory" 1 '/plain /sbin/init' \
	"switch to '/plain': it is a directory of another mount, not a mount of its own"
refuse "a directory of another mount" 1 '/new/sbin /sbin/init' \
	"switch to '/new/sbin': it is a directory of another mount, not a mount of its own"
prepare='mkdir "$old/same"; mount --bind "$old" "$old/same"'
refuse "the old root under another name" 1 '/same /sbin/init' \
	"switch to '/same': it is the old root itself"
refuse "init missing" 127 '/new /sbin/none' \
	"find init '/sbin/none' in the new root: No such file or directory"
refuse "init a directory" 126 '/new /bin' \
	"find init '/bin' in the new root: it is a directory"
refuse "init only in the old root" 127 '/new /pintle' \
	"find init '/pintle' in the new root: No such file or directory"
prepare='mount -o remount,noexec "$old/new"'
refuse "the new root mounted noexec" 126 '/new /sbin/init' \
	"find init '/sbin/init' in the new root: its file system is mounted noexec"
switch='/bin/switch_root'
refuse "not pid 1" 1 '/new /sbin/init; exit $?' \
	"switch to '/new': only pid 1 may, and this is another process; use exec"
switch='exec /bin/switch_root'

# -- without a /proc of the caller's

prepare='umount "$old/proc"; rmdir "$old/proc"'
refuse "no /proc, init missing" 127 '/new /sbin/none' \
	"find init '/sbin/none' in the new root: No such file or directory"
prepare='umount "$old/proc"; rmdir "$old/proc"'
old_root "$switch /new /sbin/init"
row "no /proc: it switches" prints_like '^init: pid 1'
row "no /proc: init has none" not prints_like '^mount: '
prepare='umount "$old/proc"; rmdir "$old/proc"; mount --make-rshared "$old"'
old_root '/bin/run-init -n /new /sbin/init; echo "status $?"; ls /'
row "a dry run without /proc: it could" prints 'status 0'
row "a dry run without /proc: no directory is left" not prints proc
row "a dry run without /proc: mounts as before" unchanged

# -- the other names

old_root '/bin/run-init -n /new /sbin/none; echo "status $?"'
row "run-init: an init that is missing is status 1" prints 'status 1'
old_root 'exec /bin/run-init /new /sbin/init -n'
row "run-init: what follows init is init's" \
	prints 'init: pid 1 args /sbin/init -n'
old_root 'exec /pintle run-init /new /sbin/init'
row "as a command of pintle" prints_like '^init: pid 1'
prepare='mkdir "$old/new/put"'
old_root 'cd /etc; /bin/pivot_root /new /new/put; echo "status $?"
echo "cwd $(/bin/busybox pwd -P)"; cd /; /bin/busybox ls /put'
row "pivot_root: the working directory is what it was" prints 'cwd /put/etc'
row "pivot_root: status 0" prints 'status 0'
row "pivot_root: the old root is where it was to go" prints script

# -- a system call fails after all: what was done is undone

fault() { # fault INJECTION
	old_root "$switch /new /sbin/init" strace -f -qq -o "$work/trace" \
		-e inject="$1"
}

undone() { # undone NAME STATUS INJECTION SENTENCE
	fault "$3"
	row "$1: says so" prints "pintle: switch_root: $4"
	row "$1: status $2" exits "$2"
	row "$1: mounts as before" unchanged
}

if command -v strace >/dev/null; then
	fault 'pivot_root:error=EINVAL'
	row "pivot_root refused: moved instead" prints_like '^init: pid 1'
	row "pivot_root refused: one root in the table" one_root
	undone "move_mount missing" 1 'move_mount:error=ENOSYS' \
		"move '/dev' into the new root: Function not implemented by this kernel"
	undone "the third move fails" 1 'move_mount:error=EPERM:when=3' \
		"move '/run' into the new root: Operation not permitted"
	prepare='mount --make-rshared "$old"; rmdir "$old/new/run"'
	undone "the same with shared mounts and a directory to make" 1 \
		'move_mount:error=EPERM:when=3' \
		"move '/run' into the new root: Operation not permitted"
	undone "openat2 missing" 1 'openat2:error=ENOSYS' \
		"look for a place for '/dev' in the new root: Function not implemented by this kernel"
	prepare='mount --move "$old/proc" "$old/new/proc"'
	old_root '/bin/run-init -n /new /sbin/init; echo "status $?"' \
		strace -f -qq -o "$work/trace" -e inject=umount2:error=EPERM
	row "a dry run mounts where nobody else looks" prints 'status 0'
	row "a dry run mounts where nobody else looks: mounts as before" \
		unchanged
	fault 'umount2:error=EBUSY'
	row "detaching fails: said" prints \
		"pintle: switch_root: detach the old root: Device or resource busy, ignoring"
	row "detaching fails: init runs" prints_like '^init: pid 1'
else
	count=$((count + 1))
	echo "ok $count - faults # SKIP strace is missing"
fi
# Who lacks CAP_SYS_CHROOT changes its cwd, and pivot_root takes its root.
cp "${TARGET:?}" "$work/target"
prepare="cp $work/target \$old/bin/; mkdir -p \$old/both \$old/new/both \$old/only
ln -s busybox \$old/bin/mkfifo"
old_root 'mkfifo /in /out; exec 3<>/out 4<>/in
start() {
	sh -c "exec -a @bin/target /bin/target -C -w $1 wait 3>&1 <&4" >/out 3<&- &
	read -r text <&3
	pids="$pids $!"
}
start /both; start /only; start /run
exec /bin/switch_root /new /bin/sh -c "for pid in$pids; do
	echo daemon: \$(busybox readlink /proc/\$pid/root) \$(busybox readlink /proc/\$pid/cwd)
done"'
# The kernel names each as the new root does.
row "no CAP_SYS_CHROOT: in the same directory" prints 'daemon: / /both'
row "no CAP_SYS_CHROOT: where there is none, in the root" \
	prints 'daemon: / /'
row "no CAP_SYS_CHROOT: where it is on another mount" \
	prints 'daemon: / /run'
row "no CAP_SYS_CHROOT: nothing is wrong" not prints_like 'move .target'
finish
