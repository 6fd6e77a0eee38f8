#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh, the rest in there
# SPDX-License-Identifier: MIT
#
# Who is asked by the signal of pintle-helper(7), and who must not be: whoever
# catches it or blocks it without meaning it would be moved unasked. Those are
# tests/ns/bystander.c, and programs of this machine.
#
# needs: namespaces trace
# host: BYSTANDER tests/ns/compile bystander bystander.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${BYSTANDER:?}" "$work/bystander"

# skip NAME REASON
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# inside SCRIPT [TRACER...]: in the old root. `start KIND` runs one in /sub, its
# pid in $pid, and returns when it is ready; `stands NAME PID` says where root
# and cwd are; `ends NAME PID` opens the gate and says with what status it ends.
inside() {
	script=$1
	shift
	prepare="cp $work/bystander \"\$old/bin\"; mkdir \"\$old/sub\"
	touch \"\$old/new/is-new\"; ln -s /pintle \"\$old/bin/pintle\"
	for name in mkfifo kill tr head; do
		ln -s busybox \"\$old/bin/\$name\"
	done"
	old_root '
mkfifo /out
exec 3<>/out
start() {
	mkfifo "/gate.$1"
	(cd /sub && exec bystander "$1" "/gate.$1") >/out 3<&- &
	pid=$!
	read -r text <&3
}
child_of() {
	head -n 1 "/proc/$1/task/$1/children" | tr -d " \n"
}
stands() {
	for end in root cwd; do
		if test -e /proc/$2/$end/is-new; then
			echo "$1: $end new"
		else
			echo "$1: $end old"
		fi
	done
}
open() {
	: >"/gate.$1"
}
ends() {
	open "$1" &
	wait "$2"
	echo "$1: status $?"
}
'"$script" timeout -s KILL $((60 * SLOWER)) "$@"
}

# -- bystanders, each alone beside one migration

for kind in executor sigwait catching emulator ppoll; do
	inside "start $kind; pintle migrate --dry-run /new; pintle migrate /new
		echo status \$?; stands $kind \$pid; ends $kind \$pid"
	row "$kind: lives" prints "$kind: status 0"
	row "$kind: stays where it is" prints "$kind: root old"
	row "$kind: is nobody who would be moved" not prints_like '^[0-9]+ '
	row "$kind: is no failure" prints 'status 0'
done

# One that is named is moved, and not by what would kill it.
for kind in executor catching emulator; do
	inside "start $kind; pintle migrate --pid \$pid /new
		stands $kind \$pid; ends $kind \$pid"
	row "$kind, named: is injected" prints_like ' moved by inject$'
	row "$kind, named: moves" prints "$kind: root new"
done

# -- programs of this machine, beside migrations and a whole switch

status=0
out=$("$(dirname "$0")/../bystanders" $((19 / SLOWER + 1)) 1 2>&1) || status=$?
echo "# $(printf '%s\n' "$out" | grep '^not installed' || echo 'all are installed')"
# So that the rows below do not hold because nobody was there.
programs=$(printf '%s\n' "$out" | sed -n 's/^beside \(.*\): .*/\1/p' | wc -w)
echo "# $programs programs"
row "beside migrations and a switch: at least 10 programs" \
	test "$programs" -ge 10
for what in killed moved harmed asked; do
	row "beside migrations and a switch: nobody is $what" \
		prints_like "\\b$what 0\\b"
done
row "beside migrations and a switch: nothing else went wrong" exits 0

# -- children of those who have the signal in a signalfd, or a handler for it

for kind in child closer; do
	inside "start $kind; pid=\$(child_of \$pid); parent=\$!
		pintle migrate /new; stands $kind \$pid; ends $kind \$parent"
	row "$kind of a program with a signalfd: lives" prints \
		"$kind: status 0"
	row "$kind of a program with a signalfd: stays" prints \
		"$kind: root old"
done
inside 'start spawning; parent=$pid; pid=$(child_of $pid)
	pintle migrate /new; stands parent $parent; stands child $pid
	ends spawning $parent'
row "a volunteer moves" prints 'parent: root new'
row "what it is about to execute stays" prints 'child: root old'
row "what it is about to execute lives" prints 'spawning: status 0'
inside 'start another; parent=$pid; pid=$(child_of $pid)
	until grep -q emulator "/proc/$pid/cmdline"; do :; done
	pintle migrate /new; stands child $pid; test -d /proc/$pid && echo lives'
row "an announcement that another program inherited: lives" prints 'lives'
row "an announcement that another program inherited: stays" prints \
	'child: root old'

inside 'start leaving; pintle migrate /new; echo status $?
	tr "\0" " " <"/proc/$pid/cmdline"; echo; stands leaving $pid
	ends leaving $pid'
row "asked, and another program since: it is" prints_like \
	'^bystander catching '
row "asked, and another program since: stays" prints 'leaving: root old'
row "asked, and another program since: lives" prints 'leaving: status 0'
row "asked, and another program since: is no failure" prints 'status 0'

# beside INJECTION KIND: the same with a system call of the migration failing
beside() {
	prepare="cp $work/bystander \"\$old/bin\"; mkdir \"\$old/sub\"
	mkfifo \"\$old/gate\"; touch \"\$old/new/is-new\"
	cd \"\$old/sub\"
	chroot \"\$old\" /bin/sh -c 'cd /sub; exec /bin/bystander $2 /gate' \
		>$work/ready &
	until [ -s $work/ready ]; do :; done
	strace -qq -o $work/trace -e inject=$1 chroot \"\$old\" \
		/pintle migrate /new"
	old_root 'for dir in /proc/[0-9]*; do
		grep -q "^Name:.bystander" "$dir/status" || continue
		test -e "$dir/root/is-new" && echo "root new" || echo "root old"
		test -e "$dir/cwd/is-new" && echo "cwd new"
	done'
}
if command -v strace >/dev/null; then
	beside fchdir:error=EACCES:when=1 handler
	row "no way into the new root: said" prints_like \
		'by signal: enter the new root: Permission denied, injecting$'
	row "no way into the new root: is not asked" not prints_like \
		' moved by signal$'
	row "no way into the new root: is injected" prints 'cwd new'
else
	skip "no way into the new root" "strace is missing"
fi

# -- those who volunteer

for kind in handler closed signalfd; do
	inside "start $kind; pintle migrate /new; stands $kind \$pid"
	row "$kind: is asked" prints_like \
		'^[0-9]+ bystander: moved by signal$'
	row "$kind: moves" prints "$kind: cwd new"
done
for way in 'exec 9>/run/pintle-helper.$$' \
	'exec 9>/pintle-helper.$$; rm /pintle-helper.$$'; do
	inside 'cat >/script.sh <<\SCRIPT
trap "echo asked; exec chroot /new /bin/sh -c \"read x <&5\"" URG
'"$way"'
echo ready
while :; do sleep 1 & wait $!; done
SCRIPT
	mkfifo /gate; exec 5<>/gate; ln -s busybox /bin/chroot
	(cd /sub && exec sh /script.sh) >/out & pid=$!
	read -r text <&3; pintle migrate --dry-run /new
	pintle migrate /new & read -r text <&3; echo $text; stands shell $pid'
	row "a shell, $way: volunteers" prints_like \
		'^[0-9]+ sh: by signal \(handles the signal\)$'
	row "a shell, $way: its trap runs" prints 'asked'
done
inside 'start busy; (open busy) & pintle migrate /new; stands busy $pid'
row "busy: blocks the signal for the moment: moves" prints 'busy: root new'

finish
