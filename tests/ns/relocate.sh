#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh, the rest in there
# SPDX-License-Identifier: MIT
#
# The request to move, from both ends: programs with pintle-helper.h, programs
# under `pintle helper`, and those that must be left alone. Where a process
# stands is seen by mount id, device and inode of /proc/PID/root and cwd.
#
# needs: namespaces trace
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
src=$here/../../src
examples=$here/../../initramfs/examples

# skip NAME REASON
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

command -v musl-gcc >/dev/null || {
	echo '1..0 # SKIP musl-gcc is missing: apt install musl-tools'
	exit 0
}

tools=$work/tools
mkdir "$tools"
build() { # build OUTPUT SOURCE...
	output=$tools/$1
	shift
	musl-gcc -static -D_GNU_SOURCE -Wall -Wextra -Werror -I "$src/helper" -I "$src" \
		-o "$output" "$@"
}
row "the examples and the tools of this test compile" eval '
	build ask "$here/relocate-ask.c" "$src/helper/mover-signal.c" \
		"$src/helper/volunteer.c" "$src/helper/task.c" "$src/base/sys.c" \
		"$src/base/io.c" "$src/base/str.c" "$src/base/fail.c" "$src/base/procstatus.c" &&
	build target -pthread "$here/relocate-target.c" &&
	build helper "$examples/helper.c" &&
	build helper-signalfd "$examples/helper-signalfd.c"'
cp "$examples/helper.sh" "$tools"

# Languages and strictness.
printf '#include "pintle-helper.h"\n%s\n' \
	'int main(void) { return pintle_helper_install(); }' >"$work/plain.c"
strict='-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror'
# shellcheck disable=SC2086 # options
row "pintle-helper.h is C99" musl-gcc -std=c99 -D_POSIX_C_SOURCE=200809L \
	$strict -I "$src/helper" -I "$src" -o "$work/plain" "$work/plain.c"
if command -v g++ >/dev/null; then
	# shellcheck disable=SC2086
	row "pintle-helper.h is C++11" g++ -std=c++11 $strict \
		-Wold-style-cast -I "$src/helper" -I "$src" -x c++ -o "$work/plain" \
		"$work/plain.c"
else
	skip "pintle-helper.h is C++11" "g++ is missing"
fi

# inside SCRIPT: in the old root, with the tools in /bin, a directory with one
# in it, and a few words. `start COMMAND...` runs it in the background, its pid
# in $pid and its output in /out; `line TEXT` waits for a line of it.
# shellcheck disable=SC2317 # shellcheck does not see the use
inside() {
	prepare="cp $tools/* \"\$old/bin\"; mkdir -p \"\$old/sub/dir\"
	touch \$old/new/is-new \$old/new/dev/null
	for name in kill mkfifo tr chroot head unshare; do
		ln -sf busybox \"\$old/bin/\$name\"
	done
	ln -s /pintle \"\$old/bin/pintle\"
	$more"
	more=
	old_root '
mkfifo /out
exec 3<>/out
start() {
	"$@" >/out 3<&- &
	pid=$!
}
line() {
	while read -t '$((5 * SLOWER))' -r text <&3 || { echo "no line $1"; return 1; }; do
		case $text in $1) echo "line: $text"; return ;; esac
	done
}
alive() { # alive NAME PID
	case $(sed -n "s/^State:.//p" "/proc/$2/status" 2>/run/err) in
	"" | Z* | X*) echo "$1 is gone" ;;
	*) echo "$1 is alive" ;;
	esac
}
pending() {
	sed -n "s/^ShdPnd:./pending /p" "/proc/$1/status"
}
child_of() {
	head -n 1 "/proc/$1/task/$1/children" | tr -d " \n"
}
# The child is there when it has become another program.
child() {
	child=
	while [ -z "$child" ] || [ "$(readlink "/proc/$child/exe")" != \
		"/bin/busybox" ]; do
		child=$(child_of "$pid")
	done
}
'"$1" timeout -s KILL $((30 * SLOWER))
}
more=

# -- programs that opted in

inside 'start target handler; line ready; ask ask $pid /new; line "*"
	ask where $pid; ask ask $pid /new; ask where 1'
row "a handler moves root and cwd" prints 'root new cwd new'
row "it says that it moved, and errno is as it was" prints 'line: moved'
row "asked a second time: asked again, stays there" [ \
	"$(printf '%s\n' "$out" | grep -c '^asked')" = 2 ]
row "nobody else moved" prints_like '^root old cwd '
inside 'start target handler; line ready; OTHER_NAME=1 ask ask $pid /new
	line "*"; ask where $pid; alive it $pid'
row "a sender that does not say that it asks: fails" prints 'line: failed'
row "a sender that does not say that it asks: stays" prints 'root old cwd old'

inside 'cd /sub/dir; start target handler; line ready; ask where $pid
	ask ask $pid /new'
row "cwd in a subdirectory: seen" prints 'root old cwd elsewhere'
row "cwd in a subdirectory: moves too" prints 'root new cwd new'

# The place where each works afterwards, as the old root names it.
deep=$(printf '/0123456789abcdef%.0s' $(seq 70))
while read -r where to what; do
	for kind in "target handler" helper-signalfd "pintle helper -- sleep 60"; do
		more='mkdir -p $old/both/in $old/run/d $old/new/both/in $old/a $old/gone \
			$old/new/gone $old/new/linked $old/'"$deep"' $old/new/'"$deep"'
			touch $old/new/a; ln -s /linked $old/new/link
			mkdir $old/link $old/new/mounted $old/new/run/d
			mount --bind $old/new/linked $old/new/mounted'
		inside 'mount --bind /run /new/run; cd "'"$where"'"
			[ "$PWD" != /gone ] || rmdir /gone
			start '"$kind"'; case "'"$kind"'" in
			pintle*) child ;; *) line "*ready"; child=$pid ;; esac
			ask ask $pid /new >/run/said; test -e /proc/$child/root/is-new &&
			echo "works in $(readlink /proc/$child/cwd)"'
		row "${kind%% *}, cwd $what" prints "works in $to"
	done
done <<PLACES
/both/in /new/both/in in both roots: the same path
/a /new that is a file in the new root: its root
/link /new/linked that is a link in the new root: where that leads
/gone /new that was deleted: the root
$deep /new with a path of over 1,023 bytes: the root
/run/d /new/run/d on a mount that crosses: stays
/new/both /new/both in the new root already: stays
/proc/1 /proc/1 on a mount that does not cross: stays
PLACES

sub='mkdir "$old/sub/bin" "$old/sub/proc"; cp "$old/bin/target" "$old/sub/bin"'
more=$sub
inside 'mount -t proc proc /sub/proc; start chroot /sub target handler
	line ready; ask where $pid; ask ask $pid /new'
row "a chrooted process: seen" prints 'root elsewhere cwd elsewhere'
row "a chrooted process moves" prints 'root new cwd new'

more=$sub
inside 'start chroot /sub target handler; line ready; ask queued $pid /new
	line "*"; ask where $pid'
row "without /proc and the spare link: fails" prints 'line: failed'
row "without /proc and the spare link: stays" prints \
	'root elsewhere cwd elsewhere'

inside 'mkdir /run/pintle; ln -s /new /run/pintle/newroot
	start unshare -m sh -c "umount /proc && exec target handler"; line ready
	ask queued $pid /new; line "*"; test -e /proc/$pid/root/is-new &&
	test -e /proc/$pid/cwd/is-new && echo it is there'
row "without /proc the spare link leads there" prints 'it is there'

inside 'start unshare -m target handler; line ready; ask ask $pid /new'
row "a mount namespace of its own: moves into the sender's mount" prints \
	'root new cwd new'

inside 'start target threads; line ready; ask ask $pid /new
	cd /proc/$pid/task; for t in *; do
		test -e $t/root/is-new && test -e $t/cwd/is-new && echo thread
	done'
row "both threads of a process move" [ \
	"$(printf '%s\n' "$out" | grep -c '^thread$')" = 2 ]

inside 'start helper-signalfd; line "*ready"; ask ask $pid /new; line "*"
	kill -TERM $pid; wait $pid; echo status $?'
row "the signalfd form moves" prints 'root new cwd new'
row "the signalfd form says so" prints 'line: helper-signalfd: moved'
row "the signalfd form ends at SIGTERM" prints 'status 0'

inside 'start helper; line "*"; ask ask $pid /new; line "*"; alive it $pid'
row "the plain example moves" prints 'root new cwd new'
row "the plain example's sleep ends early and it sees another root" [ \
	"$(printf '%s\n' "$out" | grep '^line: helper: /' | uniq | wc -l)" = 2 ]
row "the plain example lives on" prints 'it is alive'

inside 'start target handler; line ready; kill -STOP $pid
	until grep -q "^State:.T" /proc/$pid/status; do :; done
	ask queued $pid /new; pending $pid; ask where $pid
	cd /new; kill -CONT $pid; line "*"; ask where $pid'
row "stopped: the request stays pending" prints 'pending 0000000000400000'
row "stopped: it stays where it is" prints 'root old cwd old'
# The sender of `queued` is gone by then, and says so by its absence.
row "stopped: a sender that is gone leads nowhere" prints 'line: failed'

inside 'start target handler; line ready; kill -STOP $pid
	ask ask $pid /new & sender=$!
	until pending $pid | grep -q 400000; do :; done
	kill -CONT $pid; wait $sender; line "*"'
row "stopped: moves when it goes on" prints 'root new cwd new'

# -- what must not be believed

for kind in handler signalfd; do
	case $kind in
	handler) start='start target handler; line ready' no='ignored' ;;
	signalfd)
		start='start helper-signalfd; line "*ready"'
		no='helper-signalfd: no request to move, ignored'
		;;
	esac
	value=0x70690002
	while read -r uid code bits what; do
		inside "$start"'; ask forge $pid /new '"$uid $code $bits"'
			line "*"; ask where $pid; alive it $pid'
		row "$kind: $what: ignored" prints "line: $no"
		row "$kind: $what: stays" prints 'root old cwd old'
	done <<FORGED
1000 -1 $value a wrong uid
0 -1 0x70690001 protocol 1
0 -1 0 no value
0 -2 $value another code
FORGED
	inside "$start"'; kill -URG $pid; line "*"; ask where $pid'
	row "$kind: kill(1): ignored" prints "line: $no"
	row "$kind: kill(1): stays" prints 'root old cwd old'
done

# -- who must be left alone

inside 'sleep 60 & ask ask $! /new; ask where $!; alive it $!'
row "no announcement: said" prints_like \
	"to move: it does not announce that it handles the request\$"
row "no announcement: nothing is sent" not prints 'asked'
row "no announcement: it lives" prints 'it is alive'
inside 'sleep 60 & DECLARED=1 ask ask $! /new; alive it $!'
row "declared, and the image is mistaken: said" prints_like \
	"to move: it neither catches nor blocks SIGURG\$"
row "declared, and the image is mistaken: it lives" prints 'it is alive'
# Whoever gets the request without having asked for it
inside 'sleep 60 & ask forge $! /new 0 -1 0x70690002; pending $!; alive it $!
	start target mixed; line ready; ask forge $pid /new 0 -1 0x70690002
	alive mixed $pid; ask where $pid'
row "sent in spite of that: it is not kept" prints_like '^pending 0+$'
row "sent in spite of that: it lives" prints 'it is alive'
row "sent to one with a thread that blocks it: it lives" prints 'mixed is alive'
row "sent to one with a thread that blocks it: it stays" prints \
	'root old cwd old'
inside 'start target handler; line ready; other=$pid
	start target handler; line ready
	OTHER_NUMBERS=1 OTHER_PID=$other ask ask $pid /new; ask where $pid'
row "a number that is another process by now: said" prints_like \
	"^ask process '[0-9]*' to move: No such process\$"
row "a number that is another process by now: nothing is sent" prints \
	'root old cwd old'
inside 'start sh -c "target handler & exec sleep 60"; line ready
	zombie=$(child_of $pid); kill -KILL $zombie
	until grep -q "^State:.Z" /proc/$zombie/status; do :; done
	DECLARED=1 ask ask $zombie /new'
row "a process that has ended: said" prints_like \
	"^ask process '[0-9]*' to move: No such process\$"
inside 'start unshare -pf target handler; line ready
	ask ask "$(child_of $pid)" /new'
row "another pid namespace: said" prints_like \
	'to move: it is in another pid namespace and could not find us$'

# -- the guardian

inside 'start pintle helper -- sleep 60; child; ask where $child
	ask ask $pid /new; ask where $child
	ask ask $child /; alive it $child'
row "guardian: an unmodified program stands in the old root" prints \
	'root old cwd old'
row "guardian: both have moved" [ \
	"$(printf '%s\n' "$out" | grep -c '^root new cwd new$')" = 2 ]
row "guardian: the program itself is not asked" prints_like \
	'it does not announce that it handles the request$'
row "guardian: the program lives on" prints 'it is alive'
inside 'cd /sub/dir; start pintle helper sleep 60; child; ask ask $pid /new
	ask where $child'
row "guardian: cwd in a subdirectory moves too" [ \
	"$(printf '%s\n' "$out" | grep -c '^root new cwd new$')" = 2 ]
inside 'start pintle helper -- sh -c "kill -STOP \$\$; ls /"
	child; until grep -q "^State:.T" /proc/$child/status; do :; done
	ask ask $pid /new; kill -CONT $child; line is-new'
row "guardian: a stopped program moves, and goes on in the new root" prints \
	'line: is-new'
inside 'start pintle helper -- sleep 60; child; kill -URG $pid
	ask forge $pid /new 1000 -1 0x70690002
	ask forge $pid /new 0 -1 0x70690001; kill -WINCH $pid
	until [ "$(pending $pid)" = "pending 0000000000000000" ]; do :; done
	ask where $pid; alive it $child'
row "guardian: forged requests are ignored" prints 'root old cwd old'
row "guardian: forged requests do not hurt" prints 'it is alive'

inside 'for status in 0 7 255; do
		pintle helper -- sh -c "exit $status"; echo status $?; done
	echo | pintle helper -- sh -c "read x && echo stdin; echo err >&2"
	pintle helper -- /none; echo status $?
	pintle helper -- none; echo status $?
	pintle helper -- /sub; echo status $?
	pintle helper; echo status $?
	pintle helper --migrate=run sleep 1; echo status $?
	PATH=/none:/bin pintle helper echo found
	cd /bin; PATH= pintle helper echo here; unset PATH
	/pintle helper echo without'
row "guardian: exit statuses" prints "$(printf 'status %s\n' 0 7 255)"
row "guardian: standard input and error are the program's" prints 'stdin'
row "guardian: not found" prints \
	"pintle: helper: start '/none': No such file or directory"
row "guardian: not in PATH" prints \
	"pintle: helper: start 'none': No such file or directory"
row "guardian: a directory" prints \
	"pintle: helper: start '/sub': Permission denied"
row "guardian: statuses of failures" [ "$(printf '%s\n' "$out" |
	sed -n 's/^status //p' | tr '\n' ' ')" = '0 7 255 127 127 126 125 125 ' ]
row "guardian: usage" prints_like '^pintle: helper: usage: pintle helper '
row "guardian: the next directory of PATH" prints 'found'
row "guardian: an empty PATH is this directory" prints 'here'
row "guardian: no PATH at all" prints 'without'

inside 'for s in 1 2 3 10 12 14 15 23 28 50 60 64; do
		start pintle helper -- target signals
		line ready; kill -$s $pid; line "got $s"
		wait $pid; echo "$s status $?"
	done'
for s in 1 2 3 10 12 14 15 23 28 50 60 64; do
	row "guardian: signal $s is passed on" prints "line: got $s"
	row "guardian: ends as the program after signal $s" prints "$s status 3"
done
inside 'start pintle helper -- sleep 60; child; kill -TSTP $child
	until grep -q "^State:.T" /proc/$pid/status; do :; done; echo both stopped
	kill -CONT $pid; until grep -q "^State:.S" /proc/$child/status; do :; done
	echo both go on; alive it $pid'
row "guardian: a program stopped by its terminal stops it" prints 'both stopped'
row "guardian: SIGCONT is passed on" prints 'both go on'
inside 'for s in KILL SEGV TERM HUP PIPE; do
		start pintle helper -- sleep 60; child; kill -$s $child
		wait $pid; echo "$s $?"; done; ls /core* 2>&1'
for s in 'KILL 137' 'SEGV 139' 'TERM 143' 'HUP 129' 'PIPE 141'; do
	row "guardian: killed like the program: $s" prints "$s"
done
# strace says by what it ended; 128 + n would look the same to the shell.
inside 'start pintle helper -- sleep 60; child
	start pintle helper -- sh -c "trap \"\" TERM; exec sleep 60"; child
	kill -KILL $child; wait $pid; echo $?'
row "guardian: by a signal that the program could not catch" prints '137'
inside 'start pintle helper -- sh -c "trap \"echo told; exit\" TERM
		echo ready; sleep 60 & wait"
	line ready; kill -KILL $pid; line told'
row "guardian: killed: the program gets SIGTERM" prints 'line: told'
inside 'trap "" CHLD; sh -c "exec pintle helper -- sh -c \"exit 9\""
	echo status $?'
row "guardian: SIGCHLD inherited as ignored" prints 'status 9'
inside 'start pintle helper -- sleep 60; child; ls /proc/$pid/fd
	sed -n "s/^SigBlk:/child/p" /proc/$child/status
	sed -n "s/^SigIgn:/child/p" /proc/$child/status
	sed -n "s/^RssAnon:[^0-9]*//p" /proc/$pid/status'
row "guardian: the program inherits no blocked signal" prints \
	"$(printf 'child\t0000000000000000')"
row "guardian: holds two descriptors" [ "$(printf '%s\n' "$out" |
	grep -cx '[0-9]*')" = 2 ]
row "guardian: less than 100 KB of its own" [ \
	"$(printf '%s\n' "$out" | sed -n 's/ kB$//p')" -lt 100 ]

inside 'start pintle helper --mark -- sleep 60; child
	tr "\0" " " </proc/$pid/cmdline; echo; tr "\0" " " </proc/$child/cmdline'
row "guardian: --mark marks it" prints_like '^@intle helper --mark -- sleep 60'
row "guardian: --mark marks the program, which keeps its name" prints_like \
	'^@bin/sleep 60'

inside 'start pintle helper --migrate=stop -- sh -c "trap \"echo told; exit 4\" \
	TERM; echo ready; sleep 60 & wait"
	line ready; ask queued $pid /new; line told; wait $pid; echo status $?'
row "guardian: stop: SIGTERM" prints 'line: told'
row "guardian: stop: ends with its status" prints 'status 4'
inside 'start pintle helper --migrate=stop -- sh -c "trap \"\" TERM
	echo ready; exec sleep 60"; line ready; ask queued $pid /new
	wait $pid; echo status $?'
row "guardian: stop: SIGKILL for one that stays" prints 'status 137'
inside 'start pintle helper --migrate=stay -- sleep 60; child
	ask ask $pid /new; ask forge $pid /new 0 -1 0x70690002
	ask forge $child /new 0 -1 0x70690002; ask where $pid; alive it $child'
row "guardian: stay: is not asked" prints_like 'does not announce that it '
row "guardian: stay: stays, whoever insists" prints 'root old cwd old'
row "guardian: stay: the program lives" prints 'it is alive'

# -- shell

inside 'start pintle helper -- helper.sh; line "helper.sh:*"
	ask ask $pid /new; child; ask where $child'
row "the shell example under the guardian moves" [ \
	"$(printf '%s\n' "$out" | grep -c '^root new cwd new$')" = 2 ]
inside 'start helper.sh --trap; line "helper.sh:*"; cd /new
	ask ask $pid /new & sender=$!
	line "helper.sh:*"; wait $sender'
row "the shell example's trap moves to where pid 1 stands" prints \
	'root new cwd new'
row "the shell example's trap goes on in the new root" prints_like \
	'^line: helper.sh: [0-9]* --moved sees /: .*is-new'
finish
