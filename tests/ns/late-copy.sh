#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh, the rest in there
# SPDX-License-Identifier: MIT
#
# `pintle migrate --late-copy`: real programs, with their libraries and open
# files, let go of the old root while they run, and it can be unmounted.
#
# needs: machine namespaces trace
# host: TARGET tests/ns/compile -d late-target late-target.c
# host: DRIVE tests/ns/compile late-drive late-drive.c 'helper/*.c' 'base/[!s]*.c' base/str.c base/sys.c 'config/*.c' 'console/*.c'
# host: FAULT tests/ns/compile inject-fault inject-fault.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
apt=/usr/lib/apt/methods/copy
cp "${TARGET:?}" "$work/look"
cp "${TARGET:?}" "$work/target"
cp "${DRIVE:?}" "$work/drive"
cp "${FAULT:?}" "$work/fault"

# The programs, with all that they load.
tree=$work/tree
take() { # take FILE...: with the libraries that it needs
	for file; do
		mkdir -p "$tree/$(dirname "$file")"
		cp -L "$file" "$tree/$file"
		{ ldd "$file" 2>/dev/null || :; } | grep -o '/[^ ]*' |
			while read -r library; do
				[ -e "$tree/$library" ] && continue
				mkdir -p "$tree/$(dirname "$library")"
				cp -L "$library" "$tree/$library"
			done
	done
}
mkdir -p "$tree/bin" "$tree/etc"
take /bin/dash "$apt"
ldd "$work/target" | grep -o '/[^ ]*' | while read -r library; do
	take "$library"
done
cp "$work/target" "$work/look" "$tree/bin"
python=/usr/bin/python3
[ -x "$python" ] || python=
cat >"$tree/etc/daemon.py" <<'PY'
import hashlib, json, re, ssl, sys, threading
lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire, daemon=True).start()
print('ready', flush=True)
for line in sys.stdin:
    digest = hashlib.sha256(ssl.RAND_bytes(9)).hexdigest()
    good = re.fullmatch('[0-9a-f]{64}', digest) and json.loads('[1]') == [1]
    print(f'python {line.strip()} {"right" if good else "wrong"}', flush=True)
PY
if [ -n "$python" ]; then
	take "$(readlink -f "$python")"
	ln -s "$(readlink -f "$python")" "$tree/bin/python3"
	# shellcheck disable=SC2046 # paths without blanks
	take $("$python" -S -E -s -c 'import hashlib, json, re, ssl, sys, threading
import encodings.ascii, encodings.latin_1
for m in list(sys.modules.values()):
    if getattr(m, "__file__", None): print(m.__file__)')
fi

# inside SCRIPT: in the old root. `start NAME COMMAND...` runs it, its pid in
# $pid, and returns when it has said a word; `tell NAME TEXT` is a line for it.
# `late PID...` migrates them with --late-copy; `before` and `after PID` compare
# what it maps; `leave SCRIPT` goes to the new root, unmounts the old one, and
# runs SCRIPT.
inside() {
	prepare="cp -a $tree/. \"\$old/\"; printf 0123456789 >\"\$old/etc/data\"
	cp \"\$old/etc/data\" \"\$old/etc/threads\"
	mkdir -p \"\$old/new/mnt\" \"\$old/new/etc\"
	for name in mkfifo kill seq head tail sort usleep; do
		ln -sf busybox \"\$old/bin/\$name\"
	done
	ln -s /pintle \"\$old/bin/pintle\"
	$more"
	more=
	old_root '
cat >/run/words <<"END"
exec 3<>/run/out
hear() {
	read -t '$((10 * SLOWER))' -r text <&3 || text="nothing was said"
	echo "said: $text"
}
tell() {
	echo "$2" >/run/go.$1
	hear
}
END
mkfifo /run/out
. /run/words
start() {
	name=$1
	shift
	mkfifo /run/go.$name
	"$@" <>/run/go.$name >/run/out 2>&1 3<&- &
	pid=$!
	hear
}
late() {
	arguments=
	for one; do arguments="$arguments --pid $one"; done
	pintle migrate /new --late-copy $arguments
	echo "late $?"
}
before() {
	until grep -q "^State:.S" /proc/$1/status; do :; done
	usleep 50000
	look look $1 >/run/look.$1
}
after() {
	look look $1 >/run/look
	cmp -s /run/look /run/look.$1 && echo "$2: the same mappings"
	diff /run/look.$1 /run/look
}
leave() {
	for name in proc sys run dev; do
		mount -o move /$name /new/$name 2>/dev/null
	done
	cd /new
	pivot_root . mnt
	echo "$1" >/run/rest
	cat >/run/left <<"END"
umount /mnt; echo "umount $?"
. /run/words
. /run/rest
END
	exec /bin/busybox chroot . /bin/sh /run/left 3<&-
}
'"$1" ${as:+"$as"} timeout -s KILL $((90 * SLOWER))
}
more=
as=

# -- real programs

pythons=
[ -z "$python" ] || pythons='start python python3 -E -s /etc/daemon.py
	python=$pid'
inside '
start dash dash -c "exec 5</etc/data; read -r a <&5; exec 6>>/log 7<&5
	echo ready; while read -r x; do echo \"dash \$x \$((6 * 7))\"
	echo \$x >&6; done"
dash=$pid
start threads target threads /etc/threads; threads=$pid
start apt '"$apt"'; apt=$pid; hear; hear; hear; hear; hear
python=
'"$pythons"'
for one in $dash $apt $python; do before $one; done
late $dash $threads $apt $python
for one in $dash $apt $python; do after $one $one; done
for one in $dash $threads $apt $python; do
	echo "exe: $(readlink /proc/$one/exe)"
	sed -n "s/^TracerPid:./tracer: /p" /proc/$one/status
done
sed -n "s/^flags:.*\(.\)\$/flags 5 \1/p; s/^pos:./pos 5 /p" /proc/$dash/fdinfo/5
pintle pins / | grep -E "dash|target|copy|python"
export python
leave "tell dash hello; tell threads go; [ -z \"$python\" ] || tell python hi
	echo \"600 URI Acquire\"  >/run/go.apt
	printf \"URI: copy:/etc/none\nFilename: /run/none\n\n\" >/run/go.apt; hear"'
row "real programs: all of them were freed" prints 'late 0'
row "real programs: dash holds nothing" not prints_like '^ +[0-9]+ .* dash  '
row "real programs: nobody holds anything" not prints_like \
	'^ +[0-9]+ +[0-9]+ +[0-9]+  (dash|target|copy|python)'
row "real programs: the same mappings, contents and protections" [ \
	"$(printf '%s\n' "$out" | grep -c ': the same mappings$')" = \
	"$([ -n "$python" ] && echo 3 || echo 2)" ]
all=$([ -n "$python" ] && echo 4 || echo 3)
row "real programs: dash executes its copy" prints 'exe: /memfd:dash (deleted)'
row "real programs: so does each of them" [ \
	"$(printf '%s\n' "$out" | grep -c '^exe: /memfd:')" = "$all" ]
row "real programs: none of them is traced" [ \
	"$(printf '%s\n' "$out" | grep -cx 'tracer: 0')" = "$all" ]
row "real programs: an open file has its flags" prints 'flags 5 0'
row "real programs: an open file has its offset" prints 'pos 5 10'
row "real programs: said how much before and after" prints_like \
	'^[0-9]+ dash: moved by inject; it held [1-9][0-9]* bytes of the old root, and 0 after the late copy$'
row "real programs: the old root is unmounted, not detached" prints 'umount 0'
row "real programs: dash goes on" prints 'said: dash hello 42'
row "real programs: threads, data and files are right" prints 'said: right'
[ -z "$python" ] ||
	row "real programs: python goes on" prints 'said: python hi right'
row "real programs: a program with twenty libraries goes on" prints_like \
	'^said: (400|200|201) '

# -- the new root has the same files

more='cp -a "$old/etc/data" "$old/new/etc"; cp "$old/bin/dash" "$old/new/bin"
printf 0123456789 >"$old/new/etc/other"; printf 012345678x >"$old/etc/other"
chmod 600 "$old/new/etc/mode" 2>/dev/null || touch "$old/new/etc/mode"
chmod 666 "$old/new/etc/mode"; touch "$old/etc/mode"; chmod 600 "$old/etc/mode"'
inside '
start same dash -c "exec 5<>/etc/data 6</etc/other 7<>/etc/mode; echo ready
	while read -r x; do echo \"\$x\" >&5; done"
before $pid; late $pid; after $pid it
stat -c "%n %d:%i" /new/etc/data /new/bin/dash
stat -L -c "%n %d:%i" /proc/$pid/fd/5 /proc/$pid/exe
readlink /proc/$pid/fd/6; readlink /proc/$pid/fd/7
echo new! >/run/go.same; until grep -q new! /new/etc/data; do :; done
cat /new/etc/data'
inode() { printf '%s\n' "$out" | sed -n "s,^$1 ,,p"; }
same() { # ONE OTHER
	[ -n "$(inode "$1")" ] && [ "$(inode "$1")" = "$(inode "$2")" ]
}
row "the same file in the new root: it is opened" same '/proc/[0-9]*/fd/5' \
	/new/etc/data
row "the same file in the new root: and written to" prints_like '^new!$'
row "the same program in the new root: it is the executable" same \
	'/proc/[0-9]*/exe' /new/bin/dash
row "another file there: a copy" prints '/memfd:other (deleted)'
row "a file there that others may write to: a copy" prints \
	'/memfd:mode (deleted)'

# -- what cannot be

while read -r mode bytes why; do
	inside "start it target $mode /etc/data"'
		before $pid; late $pid; after $pid it
		pintle pins / | grep "target"; tell it go'
	row "$mode: said with its bytes" prints_like \
		"it keeps .*\\($bytes bytes\\): $why"
	row "$mode: all else is freed" not prints_like ' target .* exe'
	row "$mode: as it was" prints 'it: the same mappings'
	row "$mode: goes on" prints 'said: right'
done <<'CANNOT'
shared 4096 it is shared and writable
locked 4096 it is locked in memory
deleted 4096 it is deleted
lock 4096 it is locked
bound 0 it is bound to a path there
twice 4096 it has it twice, and writes to it
mapped 4096 it has it twice, and writes to it
posix 4096 it is locked
lease 4096 it is locked
apart 4096 its threads have descriptors of their own
uring 4096 an io_uring has files
CANNOT
inside 'start it target patched /etc/data
	before $pid; late $pid; after $pid it; tell it go'
row "changed code: said with its bytes" prints_like \
	"it keeps 'data' \\(4096 bytes\\): its code was changed"
row "changed code: as it was" prints 'it: the same mappings'
row "changed code: goes on" prints 'said: right'
inside 'start it target places /etc/data; it=$pid
	start jit target jit /etc/data; jit=$pid
	start confined target confined /etc/data; confined=$pid
	late $it $jit $confined
	pintle pins / | grep "target"; tell it go; tell jit go; tell confined go'
row "a directory, and a file as a path: said" prints_like \
	"'etc' \\([0-9]+ bytes\\): it is no regular file, 'data' \\(4096 bytes\\): it is open as a path only$"
row "code that it writes, and seccomp: all is freed" not prints_like \
	' target .* exe'
row "code that it writes, and seccomp: all go on" [ \
	"$(printf '%s\n' "$out" | grep -c '^said: right$')" = 3 ]
inside 'start writer dash -c "exec 5<>/etc/data; echo ready; read -r x
		echo new >&5; echo written"
	start it target follows /etc/data
	late $pid; tell writer go; tell it go'
row "a shared mapping that another process writes to: said" prints_like \
	"it keeps 'data' \\(4096 bytes\\): another process has it open"
row "a shared mapping that another process writes to: goes on" prints \
	'said: right'
inside 'start writer target writer /etc/data
	start it dash -c "exec 5</etc/data; echo ready; read -r x; echo right"
	late $pid; tell it go'
row "a file that another process maps shared: said" prints_like \
	"it keeps 'data' \\(4096 bytes\\): another process maps it"
# Larger than memory, of which it takes none.
inside 'busybox truncate -s 999G /etc/data
	start it target large /etc/data
	late $pid; tell it go'
row "more than memory: said with its bytes" prints_like \
	"it keeps 'data' \\(4096 bytes\\): there is not enough memory"
row "more than memory: goes on" prints 'said: right'
inside 'start it target readonly /etc/data
	(trap "" XFSZ; ulimit -f 1; late $pid 2>&1) | cat; tell it go'
row "a copy that cannot be made: why is said" prints_like \
	"it keeps 'target' \\([0-9]+ bytes\\): File too large"
row "a copy that cannot be made: goes on" prints 'said: right'
inside 'start it target headless /etc/data
	late $pid; pintle pins / | grep "target"; tell it go'
row "whose first thread has ended: moved" prints 'late 0'
row "whose first thread has ended: all is freed" not prints_like ' target '
row "whose first thread has ended: goes on" prints 'said: right'
inside 'start it target lesser /etc/data
	before $pid; late $pid; after $pid it
	grep -c memfd:libc /proc/$pid/maps; tell it go'
row "with fewer capabilities: its libraries are freed" prints_like '^[1-9]$'
row "with fewer capabilities: its executable stays, and that is said" \
	prints_like "it keeps 'target' \\([0-9]+ bytes\\): it has neither CAP_SYS_RESOURCE"
row "with fewer capabilities: as it was" prints 'it: the same mappings'
row "with fewer capabilities: goes on" prints 'said: right'
inside 'start it target readonly /etc/data
	before $pid; late $pid; after $pid it
	pintle pins / | grep "target"; tell it go'
row "a shared mapping that is only read: freed" not prints_like ' target  '
row "a shared mapping that is only read: as it was" prints \
	'it: the same mappings'
row "a shared mapping that is only read: goes on" prints 'said: right'
inside 'start it target readonly /etc/data
	pintle migrate /new --pid $pid; late $pid; pintle pins / | grep "target"
	tell it go'
row "one that had moved before: freed" not prints_like ' target  '
row "one that had moved before: goes on" prints 'said: right'
inside 'start it target beside /etc/data
	late $pid; readlink /proc/$pid/exe; tell it go; kill -KILL $(pidof target)'
row "a process beside it: said" prints_like 'another process shares its memory'
row "a process beside it: what to do" prints_like 'start it with keep,copy$'
row "a process beside it: nothing was done" prints '/bin/target'
row "a process beside it: goes on" prints 'said: right'
inside 'start it target beside-headless /etc/data
	late $pid; tell it go'
row "a process beside it without its first thread: said" prints_like \
	'another process shares its memory'
row "a process beside it without its first thread: goes on" prints 'said: right'
inside 'start one dash -c "exec 5>>/log; busybox sleep 60 & echo ready; read -r x; echo right >&5; echo right"
	late $pid; tell one go; cat /log'
row "a file that another process has open: said" prints_like \
	"'log' \\(0 bytes\\): another process has it open"
row "a file that another process has open: what it writes arrives there" prints 'right'
# The file is changed after it was copied, while a larger one is copied, and
# nobody has it open any more when the process is stopped.
inside 'busybox truncate -s 300M /etc/data.big
	start it target behind /etc/data
	pintle migrate /new --pid $pid --late-copy & pintle=$!
	while kill -0 $pintle && ! ls -l /proc/$pintle/fd |
		grep -q memfd:data.big; do :; done
	echo new >/etc/data
	wait $pintle; tell it go'
row "a shared mapping whose file was changed after the copy: said" prints_like \
	"it keeps 'data' \\(4096 bytes\\): it was changed meanwhile"
row "a shared mapping whose file was changed after the copy: goes on" prints \
	'said: right'
more='cp target "$old/bin/nbd-client"'
inside 'start it nbd-client readonly /etc/data
	late $pid; readlink /proc/$pid/exe; tell it go'
row "who may serve storage: said" prints_like \
	'it may serve storage, and must not be stopped'
row "who may serve storage: nothing was done" prints '/bin/nbd-client'
row "who may serve storage: goes on" prints 'said: right'
as=$(cd "$(dirname "$0")" && pwd)/as-root
inside 'start it target readonly /etc/data
	late $pid; tell it go'
as=
row "root of a user namespace, which may not see what it maps: said" \
	prints_like 'what it uses cannot be seen'
row "root of a user namespace, which may not see what it maps: goes on" \
	prints 'said: right'
for mode in buffers aio; do
	inside "start it target $mode /etc/data"'
		before $pid; late $pid; after $pid it; tell it go'
	row "$mode, which the kernel may write to: said with its bytes" \
		prints_like "it keeps .*'target' \\([0-9]+ bytes\\): the kernel may write to it"
	row "$mode, which the kernel may write to: as it was" prints \
		'it: the same mappings'
	row "$mode, which the kernel may write to: goes on" prints 'said: right'
done
inside 'start it target readonly /etc/data
	pintle migrate /new --late-copy; echo "status $?"; tell it go'
row "nobody who was not named" prints 'status 2'

# A 32-bit program, where the kernel runs one.
cat >"$work/small.S" <<'S'
.globl _start
say: mov $4, %eax; mov $1, %ebx; mov $6, %edx; int $0x80; ret
_start:	mov $ready, %ecx; call say
	mov $3, %eax; mov $0, %ebx; mov $word, %ecx; mov $6, %edx; int $0x80
	mov $right, %ecx; call say
	mov $1, %eax; int $0x80
.data
ready: .ascii "ready\n"
right: .ascii "right\n"
word: .space 8
.section .rodata
dot: .asciz "."
S
if gcc -m32 -static -nostdlib -o "$work/small" "$work/small.S" 2>/dev/null &&
	[ "$("$work/small" </dev/null)" = "ready
right" ]; then
	more='cp small "$old/bin"'
	inside 'start it small; late $pid; tell it go'
	row "a 32-bit program: said" prints_like 'it is a 32-bit program'
	row "a 32-bit program: goes on" prints 'said: right'
fi

# -- who is killed meanwhile

inside 'for us in $(seq 5000 400 29000); do
		rm -f /run/go.it; cp /etc/data /etc/threads
		start it target threads /etc/threads
		{ usleep $us; kill -KILL $pid; } &
		killer=$!
		read -r before _ </proc/uptime
		pintle migrate /new --pid $pid --late-copy
		read -r after _ </proc/uptime
		wait $killer $pid
		echo "took $((${after%.*} - ${before%.*}))"
	done; echo "all done"'
row "killed meanwhile: its tracer ends, and so does it" prints 'all done'
row "killed meanwhile: at once" not prints_like "^took ([3-9]|[0-9][0-9])"

# -- at each step that fails, and at each that a tracer dies in

mkdir "$work/new"
mkfifo "$work/go" "$work/said"
exec 8<>"$work/go" 9<>"$work/said"
printf 0123456789 >"$work/data"
"$work/target" interrupted "$work/data" <&8 >"$work/said" 2>&1 9<&- &
pid=$!
read -r _ <&9
"$work/drive" $pid "$work/new"
[ $? = 1 ] || bail "the late copy itself fails"
grep -q '/memfd:' "/proc/$pid/maps" || bail "the late copy copies nothing"
"$work/look" look $pid | awk '$2 !~ /w/' >"$work/look.before"
fault() { # fault EVERY ROLE ACT
	status=0
	"$work/fault" -p "$@" $pid "$work/drive" $pid "$work/new" \
		>"$work/fault.out" 2>&1 || status=$?
	out=$(cat "$work/fault.out")
	echo "# $* $(sed -n '/^runs/,/^bad/p' "$work/fault.out" | tr '\n' ' ')"
}
fault 211 3 kill
row "the tracer is killed at calls: unharmed" prints 'bad: 0'
fault 307 3 12
row "ENOMEM at calls of the tracer: unharmed" prints 'bad: 0'
fault 397 3 1
row "EPERM at calls of the tracer: unharmed" prints 'bad: 0'
fault 9 3 5
row "EIO at calls of the tracer: unharmed" prints 'bad: 0'
row "EIO at calls of the tracer: each failure has a sentence" not prints 'pintle: '
fault 41 1 5
row "EIO at calls of the caller: unharmed" prints 'bad: 0'
"$work/look" look $pid | awk '$2 !~ /w/' >"$work/look.after"
# A tracer that dies may leave one mapping too many.
row "after all that: code and constants are the same" not grep -vxFf \
	"$work/look.after" "$work/look.before"
echo go >&8
read -r out <&9
row "after all that: the program is right" prints 'right'
finish
