#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle pins: every way to hold a mount is found and none is invented.
#
# needs: root namespaces trace
# host: HOLDER tests/ns/compile pin-holder pin-holder.c
set -u
# shellcheck source=tests/ns/holders.sh
. "$(dirname "$0")/holders.sh"

# -- nobody

scan --json "$t"
row "nobody: status 0" exits 0
row "nobody: none in the total" total '"processes": 0' \
	'"kernel_threads": 0' '"bytes": 0'
row "nobody: valid JSON" valid
scan "$t"
row "nobody: in words" prints \
	"0 processes and 0 kernel threads hold '$t', 0 bytes of files"

# -- a name that a terminal would obey, and as long as a path can be: each of its
# bytes becomes six in JSON

odd=$(printf '%0200d' 0 | tr 0 '\033')
mkdir "$t/$odd"
dir=$t
while [ ${#dir} -lt 3600 ]; do
	dir=$dir/$odd/..
done
scan --json "$dir"
row "a long name of control characters: status 0" exits 0
row "a long name of control characters: valid JSON" valid
row "a long name of control characters: whole" \
	prints_like "^  \"dir\": \"$t.*/[.][.]\",$"
scan "$dir"
row "a long name of control characters, in words" \
	prints_like "^0 processes .*/[.][.]', 0 bytes of files$"
row "a long name of control characters: no terminal obeys it" \
	not prints_like "$(printf '\033')"
rmdir "$t/$odd"

# -- one kind each

one "cwd in a sub directory" '"cwd"' cwd "$t/sub/deep"
row "cwd in a sub directory: who" has "$pid" '"name": "pin-holder"' \
	"\"parent\": $$," '"threads": 1' '"roots": 0' '"cwds": 1' \
	'"exact": false' '"chrooted": false' '"foreign_namespace": false'
scan "$t"
row "cwd: in words" prints_like "^ *$pid  *0  *0  pin-holder  * cwd\$"
row "cwd: the total in words" prints \
	"1 process and 0 kernel threads hold '$t', 0 bytes of files"
drop

one "cwd in the mount's root" '"cwd"' cwd "$t"
row "cwd in the mount's root: exact, whatever the root is" \
	has "$pid" '"exact": true'
drop

one "root" '"root"' root "$t"
row "root: not below the mount's" has "$pid" '"chrooted": false' '"roots": 1'
drop

one "root and cwd" '"root", "cwd"' chroot "$t"
row "root and cwd: exact" has "$pid" '"exact": true' '"chrooted": false'
drop

one "chrooted below" '"root", "cwd"' chroot "$t/sub"
row "chrooted below: not exact" has "$pid" '"exact": false' '"chrooted": true'
drop

one "a descriptor" '"fd"' fd "$t/file"
row "a descriptor: its bytes" has "$pid" "\"bytes\": $(allocated "$t/file") "
drop

one "a directory's descriptor" '"fd"' fd "$t/sub"
row "a directory's descriptor: no bytes" has "$pid" '"bytes": 0 '
drop

one "a mapping" '"map"' map "$t/file"
drop

program=$t/pin-holder
one "the executable" '"exe", "map"' exe
row "the executable: its bytes" has "$pid" \
	"\"bytes\": $(allocated "$t/pin-holder") "
drop
program=$holder

one "root, and cwd in a sub directory" '"root", "cwd"' \
	chroot-cwd "$t" "$t/sub"
row "root, and cwd in a sub directory: not exact" has "$pid" '"exact": false' \
	'"chrooted": false' '"apart": 0'
drop

one "cwd in a namespace of its own" '"cwd", "namespace"' ns "$t/sub"
drop

one "a namespace of its own" '"namespace"' ns /
row "a namespace of its own: told" has "$pid" '"foreign_namespace": true'
drop

one "a thread with its own cwd" '"cwd"' thread "$t/sub"
row "a thread with its own cwd: counted" has "$pid" '"threads": 3' \
	'"apart": 1' '"cwds": 1' '"roots": 0'
scan "$t"
row "a thread with its own cwd: in words" \
	prints_like ' cwd \(1 of 3 threads apart\)$'
drop

one "a thread with its own descriptors" '"fd"' thread-fd "$t/file"
row "a thread with its own descriptors: bytes" has "$pid" \
	"\"bytes\": $(allocated "$t/file") "
drop

one "the first thread is gone" '"cwd"' headless "$t/sub"
row "the first thread is gone: the other counts" has "$pid" '"threads": 1'
drop

program=$t/pin-holder
one "the first thread is gone: the executable" '"exe", "map"' headless /
row "the first thread is gone: its bytes" has "$pid" \
	"\"bytes\": $(allocated "$t/pin-holder") "
drop
program=$holder

ln -s pin-holder "$work/@holder"
PATH=$work:$PATH program=@holder
hold headless "$t/sub"
program=$holder
scan --json "$t"
row "the first thread is gone: its mark" has "$pid" '"marked": true'
drop

one "a socket that is bound to a path" '"socket"' socket "$t/sub" "odd name"
drop
rm -f "$t/sub/odd name"

one "a clone of the mount" '"elsewhere"' clone "$t"
drop

# -- what keeps it and is no process

scan --json "$t"
row "nothing else: none is invented" no_other
row "nothing else: all was looked at" prints_like '"others_unfinished": false'

hold socket-sent "$t/sent"
scan --json "$t"
row "a socket on its way" other socket "$t/sent"
row "a socket on its way: valid JSON" valid
scan "$t"
row "a socket on its way: in words" prints_like "^ +- +- +0  $t/sent +socket\$"
scan --json "$work/other"
row "a socket on its way: nowhere else" no_other
drop
rm "$t/sent"

# Nothing of this machine is swapped to: the kernel's list is covered.
printf 'Filename\t\tType\tSize\tUsed\tPriority\n%s\t\tfile\t\t1024\t0\t-2\n' \
	"$t/sub/a\\040file\\040(deleted)" >"$work/swaps"
printf '%s partition 1024 0 -2\n' "$t/sub/disk" >>"$work/swaps"
if mount --bind "$work/swaps" /proc/swaps 2>/dev/null; then
	scan --json "$t"
	row "a swap file" other swap "$t/sub/a file (deleted)"
	row "a swap file: its size" prints_like '"bytes": 1048576 }'
	scan --json "$work/other"
	row "a swap file: nowhere else" no_other
	umount /proc/swaps
else
	row "a swap file # SKIP /proc/swaps cannot be covered" true
fi

mkdir "$t/low:er,x" "$t/upper" "$t/work"
if mount -t overlay -o "lowerdir=$t/low\\:er\\,x,upperdir=$t/upper,workdir=$t/work" \
	overlay "$work/other" 2>/dev/null; then
	scan --json "$t"
	row "a layer of an overlay" other overlay "$work/other"
	umount "$work/other"
	mount -t overlay -o "lowerdir=$work:$t/low\\:er\\,x" overlay "$work/other"
	scan --json "$t"
	row "one of its lower layers" other overlay "$work/other"
	umount "$work/other"
	mount -t overlay -o "lowerdir=$work:/proc/self" overlay "$work/other" \
		2>/dev/null || mount -t overlay -o "lowerdir=$work:/usr" \
		overlay "$work/other"
	scan --json "$t"
	row "an overlay of other layers" no_other
	umount "$work/other"
else
	row "a layer of an overlay # SKIP no overlay can be mounted" true
fi
rm -rf "$t/low:er,x" "$t/upper" "$t/work"

# -- none is invented

hold cwd "$work/other"
hold fd "$work/other"
scan --json "$t"
row "another tmpfs is another" total '"processes": 0'
mount --bind "$t/sub" "$work/other"
hold cwd "$work/other"
scan --json "$t"
row "another mount of the same device is another" total '"processes": 0'
scan --json "$work/other"
row "and holds its own" has "$pid" '"cwd"'
umount -l "$work/other"
drop

# -- bytes

hold fd "$t/file"
a=$pid
hold fds "$t/file" 3
b=$pid
hold fd "$t/file2"
c=$pid
scan --json "$t"
one_file=$(allocated "$t/file")
row "three descriptors of one file count once" \
	has "$b" "\"bytes\": $one_file "
row "each process has its own sum" has "$a" "\"bytes\": $one_file "
row "each file is once in the total" \
	total "\"bytes\": $((one_file + $(allocated "$t/file2")))," \
	'"bytes_at_least": false'
rm "$t/file2"
scan --json "$t"
row "a file that is unlinked counts" has "$c" '"bytes": 8192 '
drop

hold files "$t" 4000
scan --json "$t"
row "more files than can be told apart: said" \
	total '"bytes_at_least": true' '"processes": 1'
scan "$t"
row "more files than can be told apart: in words" \
	prints_like "hold '$t', at least [0-9]* bytes"
drop

limit=$(sed -n "s/^Max open files *[^ ]* *\([^ ]*\) .*/\1/p" /proc/self/limits)
[ "$limit" != unlimited ] && [ "$limit" -lt 100100 ] || limit=100100
hold fds "$t/file" $((limit - 100))
scan --json "$t"
row "$((limit - 100)) descriptors" has "$pid" "\"bytes\": $one_file "
drop

# -- what status tells

hold state "$t"
scan --json "$t"
row "an odd name" has "$child" '"name": "odd) S \"?\\?"'
row "an odd name: valid JSON" valid
drop

# -- detached: there is no path any more

hold cwd "$t/sub"
hold chroot "$t"
a=$pid
hold ns /
umount -l "$t"
scan --json "$t"
row "detached: its path leads elsewhere" not has "$a" '"cwd"'
scan --json "/proc/$a/cwd"
row "detached: by descriptor" has "$a" '"root", "cwd"' '"exact": true'
row "detached: all of them" total '"processes": 3'
row "detached: still in another namespace" has "$pid" '["namespace"]'
drop
mount -t tmpfs pins "$t"
mkdir "$t/sub"
head -c 40960 /dev/urandom >"$t/file"
cp "$holder" "$t/pin-holder"

# What is mapped can be told without the mount table.
program=$t/pin-holder
hold exe
program=$holder
a=$pid
hold cwd "$t"
umount -l "$t"
scan --json "/proc/$pid/cwd"
row "detached: the executable" has "$a" '["exe", "map"]'
drop
mount -t tmpfs pins "$t"
mkdir "$t/sub"
head -c 40960 /dev/urandom >"$t/file"

# -- processes that come and go

mkdir "$t/chain" "$t/storm"
hold chain "$t/chain"
scan --json "$t"
row "a chain of forks: it ends" exits 0
row "a chain of forks: found, or said that there may be more" \
	found_or_unfinished
row "a chain of forks: each once" each_once
row "a chain of forks: valid JSON" valid
touch "$t/chain/stop"
drop
# The last of the chain is nobody's child here, and nobody is told of its end.
soon not pgrep -f "^$holder chain" >/dev/null || bail 'the chain does not end'

hold storm "$t/storm"
scan --json "$t"
row "a storm of forks: it ends" exits 0
row "a storm of forks: its parent is there" has "$pid" '["cwd"]'
row "a storm of forks: each once" each_once
printf '%s\n' "$out" | grep '"pid":' | grep -v "\"pid\": $pid," |
	grep -v "\"parent\": $pid," >"$work/strangers"
row "a storm of forks: nobody else" [ ! -s "$work/strangers" ]
touch "$t/storm/stop"
drop

race() { # WAY
	status=0
	# shellcheck disable=SC2086 # options
	out=$(timeout $((60 * SLOWER)) $unshare -pf --mount-proc "$holder" "$1" "$PINTLE" \
		"$t/sub" 2>&1) || status=$?
}

if [ -e /proc/sys/kernel/ns_last_pid ]; then
	race race-behind
	row "a child with a pid that was passed: its parent is gone" not has 3001
	row "a child with a pid that was passed: found" has 301 '["cwd"]'
	row "a child with a pid that was passed: all were" \
		total '"processes": 1,' '"unfinished": false'
	race race-reuse
	row "a pid used again meanwhile: the new one alone" has 3001 '["root"]' \
		'"cwds": 0'
else
	row "races # SKIP the kernel lacks CONFIG_CHECKPOINT_RESTORE" true
fi

hold many "$t/sub" 500
scan --json "$t"
row "500 processes" total '"processes": 500,'
row "500 processes: each once" each_once
drop

# -- a namespace that hides the mount below its root: kdevtmpfs on Linux 7.0

if "$holder" can-see-hidden; then
	mkdir "$t/cover"
	hold hidden "$t/cover"
	row "hidden: not in its mountinfo" \
		not grep -q " $t " "/proc/$pid/mountinfo"
	scan --json "$t"
	row "hidden: found" has "$pid" '["namespace"]'
	drop
else
	row "hidden # SKIP Linux 6.11 can look behind it" true
fi

# -- what older kernels and configurations lack

if command -v strace >/dev/null; then
	hold thread-fd "$t/file"
	status=0
	out=$(strace -qq -o "$work/trace" -e inject=kcmp:error=ENOSYS \
		"$PINTLE" pins --json "$t" 2>&1) || status=$?
	row "no kcmp: it was asked for" grep -q INJECTED "$work/trace"
	row "no kcmp: descriptors of a thread" has "$pid" '["fd"]' \
		"\"bytes\": $(allocated "$t/file") "
	drop

	hold socket "$t/sub" there
	hold socket "$t/sub" "$t/sub/path"
	out=$(strace -qq -o "$work/trace" -e inject=socket:error=EPROTONOSUPPORT \
		"$PINTLE" pins --json "$t" 2>&1) || status=$?
	row "no sock_diag: it was asked for" grep -q INJECTED "$work/trace"
	row "no sock_diag: a socket by its whole path" has "$pid" '["socket"]'
	drop
	rm "$t/sub/there" "$t/sub/path"

	cp "$holder" "$t/pin-holder"
	program=$t/pin-holder
	hold exe
	program=$holder
	scan --json "$t"
	whole=$(entry "$pid")
	out=$(strace -qq -o "$work/trace" -e inject=ioctl:error=ENOTTY \
		"$PINTLE" pins --json "$t" 2>&1) || status=$?
	row "no PROCMAP_QUERY: it was asked for" grep -q INJECTED "$work/trace"
	row "no PROCMAP_QUERY: the same is found" [ "$(entry "$pid")" = "$whole" ]
	drop

	# The mounts of a namespace cannot be asked for without its number.
	hold ns /
	out=$(strace -qq -o "$work/trace" -e inject=ioctl:error=ENOTTY \
		"$PINTLE" pins --json "$t" 2>&1) || status=$?
	row "no number of a namespace: it was asked for" \
		grep -q 'ioctl(.*INJECTED' "$work/trace"
	row "no number of a namespace: mountinfo tells" has "$pid" '["namespace"]'
	drop

	# Without it, a loadavg of another file system cannot be told apart.
	hold cwd "$t/sub"
	out=$(strace -qq -o "$work/trace" -e inject=openat2:error=ENOSYS \
		"$PINTLE" pins --json "$t" 2>&1) || status=$?
	row "no openat2: it was asked for" grep -q INJECTED "$work/trace"
	row "no openat2: forks are counted" \
		grep -q 'openat(.*"stat"' "$work/trace"
	row "no openat2: all is found" has "$pid" '["cwd"]'
	drop
fi

# -- as another user

chmod 711 "$work"
hold cwd "$t/sub"
status=0
out=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
	"$PINTLE" pins "$t" 2>&1) || status=$?
row "as nobody: status 0" exits 0
row "as nobody: says what could not be looked into" \
	prints_like "^[0-9]* of [0-9]* processes could not be looked into"
drop

# -- operands

scan "$work/none"
row "no such directory: says why" prints \
	"pintle: pins: open '$work/none': No such file or directory"
row "no such directory: status 1" exits 1
scan --nonsense
row "a wrong option: status 2" exits 2
row "a wrong option: usage" prints 'pintle: pins: usage: pintle pins [--json] [DIR]'
if [ -w /dev/full ]; then
	status=0
	out=$("$PINTLE" pins "$t" 2>&1 >/dev/full) || status=$?
	row "a full disk: status 1" exits 1
	row "a full disk: says why" prints \
		"pintle: pins: write to standard output: No space left on device"
fi
finish
