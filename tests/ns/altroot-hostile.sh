#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle altroot over trees in which another user (65534) has directories. It
# starts whatever that user makes there, it says what it does not show, and it
# is not kept busy. If one of its system calls is refused, the view is the same,
# or it says that the view is not, or it runs nothing, whichever call that is.
#
# needs: root namespaces trace
# shellcheck disable=SC2016 # what is quoted is for another shell
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
if [ "$(id -u)" != 0 ] || ! command -v strace >/dev/null; then
	echo "1..0 # SKIP needs root and strace"
	exit 0
fi
chmod 755 "$work"
true=$work/x
alt=$true/A
space='unshare -mpf --kill-child --propagation private --mount-proc'

fresh() {
	rm -rf "$true"
	mkdir -p "$true/bin" "$alt/etc" "$true/etc" "$true/proc" "$alt/home" \
		"$true/home"
	cp "$busybox" "$true/bin/busybox"
	mkdir -m 1777 "$true/tmp" "$alt/tmp"
	echo alt >"$alt/etc/conf"
	echo true >"$true/etc/conf"
}
as_user() { # COMMAND: by the shell, as the user, where the trees are
	(cd "$true" && PATH=/usr/bin:/bin setpriv --reuid 65534 \
		--regid 65534 --clear-groups sh -c "$1")
}
# run SCRIPT: by busybox's shell in the view
run() {
	status=0
	# shellcheck disable=SC2086 # words
	out=$(timeout $((120 * SLOWER)) $space "$work/pintle" altroot --root "$true" \
		--prefix /A -- busybox sh -c "$1" 2>&1 </dev/null) || status=$?
}
# the same as a user who has nothing in either tree
run_as_another() {
	status=0
	# shellcheck disable=SC2086 # words
	out=$(timeout $((120 * SLOWER)) $space setpriv --reuid 4711 --regid 4711 \
		--clear-groups "$work/pintle" altroot --root "$true" \
		--prefix /A -- busybox sh -c "$1" 2>&1 </dev/null) || status=$?
}
started() {
	prints ran && exits 0
}

# -- nobody keeps it from starting

fresh
as_user 'echo t >tmp/x; mkdir A/tmp/x; echo a >A/tmp/x/below
	mkdir tmp/y; echo t >tmp/y/below; echo a >A/tmp/y
	mkdir -p tmp/z/sub A/tmp/z; echo t >tmp/z/both; echo a >A/tmp/z/both
	echo a >A/tmp/z/sub'
show='busybox cat /tmp/x /tmp/y /tmp/z/both; busybox cat /tmp/z/sub; echo ran'
run "$show"
row "others' clash: it starts" started
row "others' clash: said" prints "pintle: altroot: show '/tmp/x': a directory in one root, none in the other: as in the true root"
row "others' clash: said, the other way" prints "pintle: altroot: show '/tmp/y': a directory in one root, none in the other: as in the altroot"
row "others' clash: said, further down" prints "pintle: altroot: show '/tmp/z/sub': a directory in one root, none in the other: as in the altroot"
row "others' clash: each name as the rule says of it" \
	[ "$(printf '%s\n' "$out" | grep -x '[at]' | tr -d '\n')" = taaa ]
lookup=$("$work/pintle" altroot --root "$true" --prefix /A --lookup /tmp/x \
	/tmp/y /tmp/z/sub 2>/dev/null)
row "others' clash: --lookup says the same" [ "$lookup" = '/tmp/x -> /tmp/x
/tmp/y -> /A/tmp/y
/tmp/z/sub -> /A/tmp/z/sub' ]
if setpriv --reuid 4711 --regid 4711 --clear-groups unshare -U true \
	2>/dev/null; then
	run_as_another "$show"
	row "others' clash: without privilege" started
	fresh
	mkdir -m 700 "$true/root" "$alt/root" "$alt/none"
	ln -s ../root/file "$alt/etc/into"
	run_as_another 'busybox ls /root; echo ran'
	row "what may not be looked into by who starts: it starts" started
	row "... and is said" prints "pintle: altroot: show '/root': Permission denied: as in the true root"
fi

fresh
mkdir "$true/etc/clash"
echo a >"$alt/etc/clash"
run 'echo ran'
row "root's own clash: refused" exits 125
row "root's own clash: nothing is run" not prints ran

# Others also decide what is behind a link of root's.
fresh
ln -s /tmp/evil "$true/etc/link"
mkdir "$alt/etc/link"
as_user 'echo t >tmp/evil'
run 'busybox cat /etc/link; echo ran'
row "a clash by a link to what others have: it starts" started
row "a clash by a link to what others have: said" prints "pintle: altroot: show '/etc/link': a directory in one root, none in the other: as in the true root"

fresh
deep='d=$PWD; for top in "$d/tmp" "$d/A/tmp"; do cd "$top"
	for i in $(seq 70); do mkdir d; cd d; done
	echo end >end; done'
as_user "$deep"
run 'busybox find /tmp -name end; echo ran'
row "70 levels of others: it starts" started
row "70 levels of others: said" prints_like "show '/tmp/d.*/d': too deep, or too many directories: as in the true root"
row "70 levels of others: all of them are seen" prints_like '^/tmp/(d/){70}end$'
as_user 'rm -r tmp/d A/tmp/d; python3 -c "
import os
for top in os.path.abspath(\"tmp\"), os.path.abspath(\"A/tmp\"):
    os.chdir(top)
    for n in range(20):
        os.mkdir(240 * \"0\")
        os.chdir(240 * \"0\")"'
run 'echo ran'
row "others' path that is longer than any: it starts" started
row "... and is said" prints_like "': too deep, or too many directories: as in the true root"

fresh
as_user 'mkdir tmp/l A/tmp/l tmp/m A/tmp/m; ln -s /tmp/m tmp/l/x; mkdir A/tmp/l/x
	mkdir tmp/shut A/tmp/shut; chmod 0 tmp/shut A/tmp/shut'
run 'echo ran'
row "others' link that makes one directory of three: it starts" started
row "... and is said" prints "pintle: altroot: show '/tmp/l/x': links make it of more than two directories: as in the true root"

fresh
as_user 'for t in tmp A/tmp; do for d in $(seq 40); do mkdir $t/$d
	(cd $t/$d && seq 2000 | xargs touch); done; done'
run 'echo ran'
row "more names of others than there may be mounts: it starts" started
row "... and is said" prints_like "show '/tmp/[0-9]*': too many names: as in the true root"

# -- the process that mends is not kept busy, and its log is not filled

fresh
as_user 'for t in tmp A/tmp; do mkdir -p $t/c/big
	(cd $t/c/big && seq 400 | xargs touch); done'
cat >"$work/churn" <<'CHURN'
import os, sys, time
top, seconds, count, slower = sys.argv[1:]
end = time.monotonic() + int(seconds)
changes = 0
while time.monotonic() < end:
    for n in range(9):
        a, t = f'{top}/A/tmp/c/{n}', f'{top}/tmp/c/{n}'
        for one, other in (a, t), (t, a):
            open(one, 'w').close()
            os.mkdir(other)
            # On a slow machine, who mends would see few of these states.
            if int(slower) > 2 and time.monotonic() < end - int(seconds) / 2:
                time.sleep(0.05)
            os.unlink(one)
            os.rmdir(other)
        changes += 8
    if time.monotonic() < end - int(seconds) / 2:
        continue    # so many are lines, the others are work
    for old, new in ('big', 'gib'), ('gib', 'big'):
        os.rename(f'{top}/tmp/c/{old}', f'{top}/tmp/c/{new}')
open(count, 'w').write(str(changes))
CHURN
chmod 644 "$work/churn"
: >"$work/count"
chmod 666 "$work/count"
seconds=$((10 + 2 * SLOWER))
$space sh -c '"$0" altroot --root "$1" --prefix /A -- busybox sleep 3600 2>"$2" &
	sleep '"$SLOWER"'
	setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 "$3" "$1" '"$seconds"' "$4" '"$SLOWER"'
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm")" != altroot-mender ] || cut -d " " -f 14,15 "$p/stat"
	done >"$5"' "$work/pintle" "$true" "$work/said" "$work/churn" "$work/count" \
	"$work/ticks" </dev/null >/dev/null 2>&1
out=$(head -n 50 "$work/said")
lines=$(wc -l <"$work/said")
ticks=$(awk '{ print $1 + $2 }' "$work/ticks")
echo "# $(cat "$work/count") changes in $seconds s: $lines lines, ${ticks:-no} ticks of a CPU"
row "others' changes: no more lines than a minute may have" \
	[ "$lines" -gt 0 -a "$lines" -lt 60 ]
row "others' changes: that more are left out is said" \
	prints 'pintle: altroot: more such lines are left out'
row "others' changes: who mends uses a part of a CPU" \
	[ -n "$ticks" -a "${ticks:-999999}" -lt $(((300 + seconds * 10) * $(getconf CLK_TCK) / 100)) ]

# -- each call refused

fresh
mkdir -p "$true/d/sub" "$alt/d/sub" "$alt/only"
for f in d/f d/sub/f; do
	echo t >"$true/$f"
	echo a >"$alt/$f"
done
echo t >"$true/d/t"
echo a >"$alt/only/f"
ln -s f "$alt/d/rel"
ln -s /d/t "$alt/d/abs"
ln -s ../etc "$true/d/up"
cat >"$true/see" <<'SEE'
cd /
find etc d only tmp home | sort | while read -r f; do
	echo "$f $(stat -c '%F %a %u' "$f") $(readlink "$f")"
	[ ! -f "$f" ] || cat "$f"
done
pwd
echo the program ran
SEE
for name in find sort stat readlink cat; do
	ln -s busybox "$true/bin/$name"
done
# sweep_at CALL N ERROR: says one of the outcomes; nothing if there is no Nth
# call
sweep_at() {
	rm -f "$work/trace"
	status=0
	# shellcheck disable=SC2086 # words
	timeout -k 1 $((20 * SLOWER)) $space strace -f -qq -o "$work/trace" -e "trace=execve,execveat,$1" \
		-e "inject=$1:error=$3:when=$2" "$work/pintle" altroot \
		--root "$true" --prefix /A -- busybox sh /see \
		>"$work/seen" 2>"$work/said" </dev/null || status=$?
	# The process P makes P + 1, which becomes the program, and another one,
	# which mends. Calls that are refused to the program do not count.
	who=$(awk '/^[0-9]+ +execve/ && /= 0$/ { if (!p) p = $1; else done = 1 }
		/INJECTED/ {
			inner = done && ($1 == p + 1 || $1 > p + 3)
			print inner ? "program" : "ours"
			exit
		}' "$work/trace")
	[ -n "$who" ] || return 1
	[ "$who" != program ] || {
		outcome=program
		return 0
	}
	case $status in
	124 | 137)
		# Each process has an Nth call; this may be that of the program.
		outcome=hung
		awk '/INJECTED/ && $1 > p + 3 { found = 1 } !p { p = $1 }
			END { exit !found }' "$work/trace" && outcome=program
		;;
	*)
		outcome=differs-unsaid
		if grep -q 'the program ran' "$work/seen"; then
			if cmp -s "$work/right" "$work/seen"; then
				outcome=same
			elif grep -q '^pintle: ' "$work/said"; then
				outcome=differs-said
			fi
		elif grep -q '^pintle: ' "$work/said"; then
			outcome=refused-said
		else
			outcome=refused-unsaid
		fi
		;;
	esac
}
# sweep ERROR STEP CALL...: adds to the file outcomes
sweep() {
	error=$1 step=$2
	shift 2
	for call; do
		n=1 last=0
		# After our last call, all others are the program's.
		while [ $((n - last)) -lt 30 ] && sweep_at "$call" $n "$error"; do
			echo "$outcome $call $n $error" >>"$work/outcomes"
			[ "$outcome" = program ] || last=$n
			n=$((n + step))
		done
	done
}
# PINTLE_SWEEP=FILE: every call fails with each of three errors, which takes
# some minutes. FILE gets every outcome.
calls='openat openat2 statx readlinkat getdents64 mkdirat symlinkat fchown fchmod
	unlinkat open_tree move_mount mount umount2 chdir fchdir chroot pivot_root
	unshare close_range clone pipe2 read ppoll wait4 rt_sigaction
	rt_sigprocmask signalfd4 fstatfs prctl inotify_init1 inotify_add_watch
	pidfd_open lseek faccessat close write capget capset setsid execveat
	prlimit64'
: >"$work/outcomes"
$space "$work/pintle" altroot --root "$true" --prefix /A -- busybox sh /see \
	>"$work/right" 2>/dev/null </dev/null
if [ -n "${PINTLE_SWEEP-}" ]; then
	for error in EIO EACCES EPERM; do
		# shellcheck disable=SC2086 # words
		sweep $error 1 $calls
	done
else
	# In an emulated machine, a fourth of those.
	sweep EIO $((7 * $(every 4))) openat openat2 statx
	sweep EACCES $((3 * $(every 4))) readlinkat getdents64 mount open_tree
	sweep EPERM 1 close_range fchown signalfd4 rt_sigprocmask rt_sigaction
fi
out=$(grep -v -e '^same' -e '^refused-said' -e '^program' "$work/outcomes")
echo "# $(wc -l <"$work/outcomes") calls refused: $(cut -d ' ' -f 1 "$work/outcomes" |
	sort | uniq -c | tr -s ' \n' ' ')"
[ -z "${PINTLE_SWEEP-}" ] || cp "$work/outcomes" "$PINTLE_SWEEP"
row "refused calls: no other view without a word" \
	not prints_like '^differs-unsaid'
row "refused calls: no silent end" not prints_like '^refused-unsaid'
row "refused calls: none hangs" not prints_like '^hung'
row "refused calls: it was more than a few" \
	[ "$(wc -l <"$work/outcomes")" -gt $((40 / $(every 4))) ]

finish
