#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle altroot: a true root T and in it an altroot A, in namespaces of their
# own. For every path that either has, what --lookup says is compared with what
# a program in the view sees: kind, device and inode. Each thing is run with all
# capabilities and with none, which takes a user namespace.
#
# needs: root namespaces users
# shellcheck disable=SC2016 # what is quoted is for another shell
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
# Of processes it sees its own alone.
unshare=$unshare' --mount-proc -pf'

# T, the root of a mount namespace; nothing is chrooted, as no user namespace
# could be made then (kernel/user_namespace.c: create_user_ns).
cat >"$work/setup" <<'SETUP'
set -eu
cd "$1"
mkdir t
mount -t tmpfs -o mode=755 t t
mkdir -p t/bin t/dev t/proc t/tmp t/put t/A
cp busybox t/bin/busybox
cp pintle t/bin/pintle
for name in sh mount umount cat cp mkdir mkfifo ls rm ln echo stat sed \
	readlink test grep env sleep chmod touch find sort unshare mknod dd \
	chroot pwd id seq xargs paste md5sum kill head wc time tr true mv rmdir cmp; do
	ln -s busybox "t/bin/$name"
done
cp script body functions changes t/
mount --rbind /dev t/dev
mount -t proc proc t/proc
cd t
pivot_root . put
exec chroot . /bin/sh -c 'umount -l /put; rmdir /put; exec sh -e /script'
SETUP

touch "$work/changes"

# Beside SCRIPT in T.
cat >"$work/functions" <<'LIB'
export PATH=/bin
A=/A
alt() {
	pintle altroot --prefix /A "$@"
}
# without capabilities, as user 1000 of another user namespace
weak() {
	mkfifo /tmp/a /tmp/b
	unshare -U sh -c 'echo >/tmp/a; read -r x </tmp/b; exec sh "$@"' sh \
		"$@" &
	pid=$!
	read -r x </tmp/a
	echo deny >/proc/$pid/setgroups
	echo "1000 $(id -u) 1" >/proc/$pid/uid_map
	echo "1000 $(id -g) 1" >/proc/$pid/gid_map
	echo >/tmp/b
	status=0
	wait $pid || status=$?
	rm /tmp/a /tmp/b
	return $status
}
# every name in either tree, as a path of the rule
names() {
	{
		find / -xdev -path /proc -prune -o -path /dev -prune -o -print
		find /A -print | sed 's,^/A,,'
	} | sed 's,^$,/,' | sort -u
}
kind() {
	stat -L -c '%F %d:%i' "$1" 2>/dev/null || echo none
}
# PATH KIND of each, by the rule; a directory's inode is left out, as that of
# one which both have is the skeleton's
looked_up() {
	while read -r path; do
		answer=$(alt --lookup "$path" 2>/dev/null) || answer=
		answer=${answer##* -> }
		echo "$path $(kind "${answer:-/nothing}")"
	done | sed 's/ directory .*/ directory/'
}
seen() {
	alt -- sh -c '. /functions; while read -r path; do
		echo "$path $(kind "$path")"; done' |
		sed 's/ directory .*/ directory/'
}
# all paths: the rule and the view; the differences
oracle() {
	names >/tmp/names
	looked_up </tmp/names >/tmp/rule
	seen </tmp/names >/tmp/view
	echo "oracle: $(wc -l </tmp/names) paths, $(diff /tmp/rule /tmp/view |
		grep -c "^[<>]") differ"
	diff /tmp/rule /tmp/view || :
}
# PATH: what each says, in a line
both() {
	for path; do
		answer=$(alt --lookup "$path" 2>/dev/null) || answer=none
		echo "rule: $path ${answer##* -> }"
		echo "view: $path $(alt -- cat "$path" 2>/dev/null || echo none)"
	done
}
LIB

# in_t MAKE BODY: MAKE fills T and A, BODY runs twice, its lines in $out begin
# with "root: " and with "user: "
in_t() {
	printf '. /functions\n%s\n' "$2" >"$work/body"
	cat >"$work/script" <<SCRIPT
. /functions
ln -sf busybox /bin/diff
$1
{ sh /body || echo "status \$?"; } 2>&1 | sed 's/^/root: /'
{ weak /body || echo "status \$?"; } 2>&1 | sed 's/^/user: /'
SCRIPT
	status=0
	# shellcheck disable=SC2086 # options
	out=$(timeout $((120 * SLOWER)) $unshare sh "$work/setup" "$work" 2>&1 </dev/null) ||
		status=$?
	rmdir "$work/t"
}

# says LINE...: each is there, as root and without capabilities
says() {
	for line; do
		prints "root: $line" && prints "user: $line" || return 1
	done
}
says_like() { # REGEX, without ^
	prints_like "^root: $1" && prints_like "^user: $1"
}

# -- who answers

in_t '
mkdir -p /d/sub /only/deep /A/d/sub /A/alone/deep /usr/lib /A/usr/lib /A/lib
for tree in "" /A; do
	for f in d/f d/sub/f usr/lib/both; do echo "$tree/$f" >"$tree/$f"; done
done
echo t >/d/t; echo t >/only/deep/f; echo t >/usr/lib/t
echo a >/A/d/a; echo a >/A/alone/deep/f; echo a >/A/lib/a
ln -s usr/lib /lib
ln -s f /A/d/rel; ln -s t /A/d/dangling; ln -s t /d/rel-t; ln -s f /d/rel-f
ln -s /d/t /A/abs; ln -s /d/f /abs-t; ln -s ../../../d/f /A/climb
ln -s loop1 /A/loop2; ln -s loop2 /A/loop1; ln -s /ping /pong
ln -s /pong /A/ping; ln -s self /self; echo t >/loop1
ln -s /usr/lib /A/d/to-merged; ln -s d /A/as-d; ln -s ../usr/lib /d/up
mknod /A/d/fifo p; chmod 750 /d; chmod 7777 /d/sub
mkdir -p /mnt /A/mnt /A/proc /A/d/in-a /d/in-t /A/d/sub/m /d/sub/m
mount -t tmpfs in-t /d/in-t; echo m >/d/in-t/f
mount -t tmpfs in-a /A/d/in-a; echo m >/A/d/in-a/f
mount -t tmpfs both-t /d/sub/m; echo m >/d/sub/m/t
mount -t tmpfs both-a /A/d/sub/m; echo m >/A/d/sub/m/a
touch /d/file /A/d/file2; mount --bind /d/t /d/file
mount --bind /A/d/a /A/d/file2
' '
both /d/f /d/a /d/t /d/sub/f /only/deep/f /alone/deep/f /A/d/a /lib/a \
	/lib/both /lib/t /usr/lib/a /d/rel /d/dangling /d/rel-t /d/rel-f \
	/abs /abs-t /climb /loop1 /loop2 /ping /self /d/to-merged/both \
	/as-d/t /d/up/both /d/in-t/f /d/in-a/f /d/sub/m/t /d/sub/m/a \
	/d/file /d/file2 /nothing /d/../d/a /d/a/ /d/a/../f
alt --lookup /d/ /only /alone 2>/dev/null
oracle
alt -- sh -c "stat -c \"%A %n\" /d /d/sub; ls /d/.. >/dev/null && echo ls
	exit 7" || echo "exited $?"
alt -- nosuch || echo "exited $?"
alt -- sed -n "/ .proc /s/^/proc: /p" /proc/self/mountinfo
alt -- sh -c "kill -15 \$\$" || echo "exited $?"
'
row "the file that both have is the altroot's" \
	says 'rule: /d/f /A/d/f' 'view: /d/f /A/d/f'
row "what only the altroot has" says 'rule: /d/a /A/d/a' 'view: /d/a a' \
	'rule: /alone/deep/f /A/alone/deep/f' 'view: /alone/deep/f a'
row "what only the true root has" says 'rule: /d/t /d/t' 'view: /d/t t' \
	'rule: /only/deep/f /only/deep/f' 'view: /only/deep/f t'
row "a directory of both is the true root's, or the altroot's alone" \
	says '/d/ -> /d' '/only -> /only' '/alone -> /A/alone' \
	'drwxr-x--- /d' 'drwsrwsrwt /d/sub'
row "a directory of the altroot over a link to one" \
	says 'rule: /lib/a /A/lib/a' 'view: /lib/a a' \
	'rule: /lib/both /usr/lib/both' 'view: /lib/both /usr/lib/both' \
	'rule: /lib/t /usr/lib/t' 'view: /usr/lib/a none'
row "a relative link stays in its tree" \
	says 'rule: /d/rel /A/d/f' 'view: /d/rel /A/d/f' \
	'rule: /d/dangling none' 'view: /d/dangling none' \
	'rule: /d/rel-t /d/t' 'rule: /d/rel-f /d/f' 'view: /d/rel-f /d/f'
row "a link to a directory of both" says 'rule: /as-d/t none' \
	'view: /as-d/t none' 'view: /d/up/both /usr/lib/both' \
	'rule: /d/up/both /usr/lib/both'
row "an absolute link goes by the rule" \
	says 'rule: /abs /d/t' 'view: /abs t' 'rule: /abs-t /A/d/f' \
	'view: /abs-t /A/d/f' 'rule: /d/to-merged/both /A/usr/lib/both' \
	'view: /d/to-merged/both /A/usr/lib/both'
row "a link that climbs out does not" \
	says 'rule: /climb /A/d/f' 'view: /climb /A/d/f'
row "links in a circle: the true root, or nothing" \
	says 'rule: /loop1 /loop1' 'view: /loop1 t' 'rule: /loop2 none' \
	'view: /loop2 none' 'rule: /ping none' 'view: /ping none' \
	'rule: /self none'
row "mount points inside either tree" \
	says 'rule: /d/in-t/f /d/in-t/f' 'view: /d/in-t/f m' \
	'rule: /d/in-a/f /A/d/in-a/f' 'view: /d/in-a/f m' \
	'rule: /d/sub/m/t /d/sub/m/t' 'view: /d/sub/m/t m' \
	'view: /d/sub/m/a m' 'rule: /d/file /d/file' 'view: /d/file t' \
	'view: /d/file2 a'
row "an empty /proc of the altroot does not count" \
	says_like 'proc: .* / /proc .* - proc '
row "names that lead nowhere" says 'rule: /nothing none' \
	'view: /nothing none' 'rule: /d/a/ none' 'view: /d/a/ none' \
	'rule: /d/../d/a /A/d/a' 'view: /d/../d/a a' 'view: /d/a/../f none'
row "every path: the view shows what the rule says" \
	says_like 'oracle: [0-9]{3,} paths, 0 differ'
row "the program's status and signal" says 'exited 7' 'exited 127' 'exited 143'

# -- what the lookup says

in_t '
mkdir -p /A/d /d /B/bin; echo a >/A/d/a; echo t >/d/t; ln -s A /link
' '
alt --lookup /d/a /d/t /d /A/d
echo "status $?"
alt --lookup /d/new /none/new
echo "status $?"
alt --lookup d/a || echo "status $?"
for bytes in "\033[2J" "\302\233" "\233" "\342\200\256" "\n"; do
	mkdir -p "$(printf "/A/odd/x${bytes}y")"
	alt --lookup "$(printf "/odd/x${bytes}y")" | sed "s/^/odd: /"
done
ln -s /A /d/abs; mkdir -p /A/A/d; echo x >/A/A/d/a
pintle altroot --prefix /d/abs --lookup /d/a | sed "s/^/by a link: /"
rm -r /d/abs /A/A; pintle altroot --prefix link --lookup /d/a
pintle altroot --root /d --lookup /t
pintle altroot --root /B --prefix bin --lookup /bin
long=/d/$(printf %0300d 0)
alt --lookup "$long"
alt --lookup "/d/$(seq 2000 | tr -d "\n")"
echo "status $?"
alt --lookup /proc/self/exe/x /proc/self/exe
alt
echo "status $?"
'
row "lookup: one line for each on standard output, and why" \
	says '/d/a -> /A/d/a' '/d/t -> /d/t' '/d -> /d' '/A/d -> /A/d' \
	"pintle: altroot: '/d/a': altroot: no directory; true root: No such file or directory: altroot answers" \
	"pintle: altroot: '/d': altroot: a directory; true root: a directory: true root answers" \
	"pintle: altroot: '/d/t': altroot: No such file or directory; true root: no directory: true root answers" \
	'status 0'
row "lookup: what is nowhere, and where it would be created" \
	says "pintle: altroot: '/d/new': altroot: No such file or directory; true root: No such file or directory: none answers" \
	"pintle: altroot: created, it is '/A/d/new'" \
	"pintle: altroot: '/none/new': altroot: No such file or directory; true root: No such file or directory: none answers" \
	'status 1'
row "lookup: a path that is not absolute" says_like 'pintle: altroot: usage: '
row "lookup: a byte that a terminal obeys is a question mark" \
	says 'odd: /odd/x?[2Jy -> /A/odd/x?[2Jy' 'odd: /odd/x??y -> /A/odd/x??y' \
	'odd: /odd/x?y -> /A/odd/x?y' 'odd: /odd/x???y -> /A/odd/x???y' \
	"pintle: altroot: '/odd/x???y': altroot: a directory; true root: No such file or directory: altroot answers"
row "lookup: without an altroot there" \
	says "pintle: altroot: open the altroot '/emul/ia32-linux' in '/d': No such file or directory: going on without" \
	'/t -> /t' '/bin -> /bin'
row "lookup: an altroot by a link, which is followed without it" \
	says 'by a link: /d/a -> /A/d/a'
row "lookup: names that are too long" \
	says_like "pintle: altroot: '/d/0{297}': altroot: Name too long; true root: Name too long: none"
row "lookup: paths that are too long" \
	says_like "pintle: altroot: '/d/1234.*': altroot: Name too long; true root: Name too long: none"
row "lookup: links of the kernel are ends" \
	says_like "pintle: altroot: '/proc/self/exe/x': .*true root: Too many levels of symbolic links"
row "lookup: and have a name" says_like '/proc/self/exe -> /proc/[0-9]+/exe'

# -- what mounts cannot say

in_t '
mkdir -p /A/x/f /x/f /A/x/dir /x/both /A/x/both/deep /both2
echo x >/A/x/both/deep/f; echo t >/x/dir; echo a >/A/x/file; mkdir /x/file
mkdir /x/both/deep /x/both/deep/f /x/lib /A/lib /A/x/lib3; ln -s /lib /A/x/lib
mkdir -p /lib; ls / /A/x >/tmp/before
' '
alt -- echo ran || echo "status $?"
alt --lookup /x/dir /x/file /x/file/y 2>/dev/null
touch /tmp/n; [ -e /x/both/new ] || echo untouched
'
row "a directory against a file, both ways: refused, each by name" \
	says "pintle: altroot: show '/x/dir': a directory in one root, none in the other" \
	"pintle: altroot: show '/x/file': a directory in one root, none in the other" \
	"pintle: altroot: show '/x/both/deep/f': a directory in one root, none in the other" \
	"pintle: altroot: show '/x/lib': links make it of more than two directories" \
	"pintle: altroot: show both roots: 4 paths cannot be as the rule says" \
	'status 125' '/x/dir -> /x/dir' '/x/file -> /A/x/file'
row "and nothing was run" not says ran

in_t '
mkdir -p /d /A/d /only /A/alone; chmod 777 /d /A/d /only /A/alone /tmp
echo t >/d/t; echo t >/d/both; echo a >/A/d/both; chmod 666 /d/* /A/d/*
' '
alt -- sh -c "echo new >/d/both; echo new >>/d/t; echo o >/only/new
	echo a >/A/x; echo a >/alone/new; echo no >/d/new; mkdir /new; rm /d/t
	mv /d/t /d/u; chmod 600 /d/t; ln -s x /d/l" 2>&1 | sed "s/.*: //"
cat /d/both /A/d/both /d/t /only/new /A/alone/new
stat -c %a /d/t
chmod 666 /d/t
alt -- rm -r /only/new /alone/new /A/x
ls -R /d /only /A; echo a >/A/d/both; echo t >/d/t
'
row "what is written goes to the file that the rule says" \
	says t new
row "what is created in a directory of both is refused" \
	says 'Read-only file system'
row "and is in neither tree" not says_like 'new:'

# -- the way out, and other roots

in_t '
mkdir -p /A/d /d /other/P/d /other/bin /other/proc /other/d /plain/bin
mkdir -p /A/merged /merged/bin
echo a >/A/d/f; echo t >/d/f; echo alt >/other/P/d/f; echo true >/other/d/f
cp /bin/busybox /bin/pintle /other/bin; cp /bin/busybox /plain/bin
mount -t proc proc /other/proc
' '
cd /d
alt -- pwd
alt -- cat /d/f
alt -- pintle altroot --no-alt -- cat /d/f
alt -- pintle altroot --no-alt pwd
alt -- sh -c "sh -c \"pintle altroot --no-alt -- sh -c \\\"id -u; exit 4\\\"\"" ||
	echo "exited $?"
pintle altroot --no-alt -- cat /d/f || echo "status $?"
pintle altroot --root /other --prefix /P -- busybox cat /d/f
alt -- pintle altroot --root /other --prefix /P -- busybox cat /d/f
alt -- pintle altroot --root /other --prefix /P -- pintle altroot --no-alt -- \
	busybox cat /d/f
alt --root /plain -- busybox ls /
alt -- pintle altroot --root /merged -- busybox ls / || echo "status $?"
alt -- sh -c "ls -a / | tr \"\\n\" \" \"; cat /../d/f; cd /..; cat d/f"
alt -- cat /proc/self/mountinfo
'
row "the program starts where it was called" says '/d' a
row "--no-alt: the true root" says t 'exited 4'
row "--no-alt: not from outside" \
	says "pintle: altroot: find the true root of a view here: No such file or directory" \
	"pintle: altroot: --no-alt is for programs in a view, while the program that made it runs" \
	'status 125'
row "another root has its own altroot, also from inside a view" \
	[ "$(printf '%s\n' "$out" | grep -c ': alt$')" = 4 ]
row "--no-alt leaves the nearest" says true
row "a root that has none" \
	says "pintle: altroot: open the altroot '/A' in '/plain': No such file or directory: going on without"
row "a root that the view has made otherwise is refused" \
	says "pintle: altroot: enter the root '/merged': in this view it is another" \
	"pintle: altroot: leave the view: pintle altroot --no-alt -- pintle altroot ..."
row "nothing of ours is in the view" \
	not says_like '.*(pintle-old-root|/put)' && says_like '.* - tmpfs pintle-altroot ro?,?'

# -- hostile altroots

in_t '
mkdir -p /d /A/d /secret; echo secret >/secret/f; chmod 700 /secret
echo t >/d/f
for n in 1 2 3 4 5 6 7 8; do
	ln -s ../../../../../../secret/f /A/d/out$n
	ln -s /d/x$((n + 1)) /A/d/x$n; ln -s /d/x$((n + 1)) /d/x$n
done
ln -s /d/x1 /A/d/x9; ln -s /d/x1 /d/x9
ln -s . /A/d/here; ln -s .. /A/d/there; ln -s / /A/d/root
ln -s /proc/1/root /A/d/magic; ln -s /proc/self/fd/0 /A/d/in
cp /bin/busybox /A/d/suid; chmod 6755 /A/d/suid
mknod /A/d/null c 1 3 2>/dev/null || mkfifo /A/d/null
mknod /A/d/white c 0 0 2>/dev/null || mkfifo /A/d/white
mkfifo /A/d/pipe
touch "/A/d/$(printf %0255d 0)" "/A/d/ " /A/d/:,=
(cd /A/d; i=0; while [ $i -lt 19 ]; do n=$(printf %0200d $i); mkdir $n; cd $n
	i=$((i + 1)); done; touch end)
mkdir -p /deep /A/deep
(cd /deep; i=0; while [ $i -lt 20 ]; do mkdir d; cd d; i=$((i + 1)); done)
(cd /A/deep; i=0; while [ $i -lt 20 ]; do mkdir d; cd d; i=$((i + 1)); done)
' '
list() {
	find / -xdev -path /proc -prune -o -path /tmp -prune -o -print |
		sort | while read -r f; do stat -c "%n %F %a %u %g %s %Y %i" "$f"
		[ ! -f "$f" ] || md5sum "$f"; done
}
list >/tmp/before
alt -- sh -c "cat /d/f; cat /d/out1 2>/dev/null || echo no way out
	/d/suid id -u; ls /d/here/f /d/there/d/f /d/root/d/f
	cat /d/x1" 2>&1
alt --lookup /d/x1 || echo "status $?"
list >/tmp/after
cmp -s /tmp/before /tmp/after || diff /tmp/before /tmp/after
echo compared
'
row "hostile: the rule's answer, and no way out" \
	says t 'no way out' compared 'status 1'
row "hostile: links in a circle of both are an error" \
	says "pintle: altroot: '/d/x1': altroot: Too many levels of symbolic links; true root: Too many levels of symbolic links: none answers" \
	"cat: can't open '/d/x1': Too many levels of symbolic links"
row "hostile: nothing is changed in either tree" not says_like '[<>] '

# -- what changes meanwhile

# Beside the functions: a program that runs in the view all the time, and a
# comparison of what it sees with the rule, again and again for 5 s at most.
cat >>"$work/functions" <<'LIB'
inside() {
	while read -r what </tmp/ask; do
		case $what in
		end) break ;;
		oracle)
			xargs stat -L -c '%n %F %d:%i' </tmp/names 2>/dev/null |
				sed 's/ directory .*/ directory/' >/tmp/view
			;;
		*) sh -c "$what" >/tmp/view 2>&1 ;;
		esac
		echo >/tmp/answer
	done
}
# ask WORDS: what a program in the view says to that
ask() {
	echo "$1" >/tmp/ask
	read -r x </tmp/answer
}
begin() {
	mkfifo /tmp/ask /tmp/answer
	: >/tmp/ever
	patience=50
	alt -- sh -c '. /functions; inside' 2>/tmp/said &
	view=$!
}
# the paths below /d, in either tree, and those that there were before
agree() {
	tries=$patience
	while :; do
		{ find /d /e; cd /A && find d e | sed 's,^,/,'; } 2>/dev/null |
			sort -u - /tmp/ever >/tmp/names
		cp /tmp/names /tmp/ever
		xargs pintle altroot --prefix /A --lookup </tmp/names \
			2>/dev/null >/tmp/answers
		sed 's/.* -> //' /tmp/answers | xargs stat -L -c '%F %d:%i' |
			sed 's/directory .*/directory/' >/tmp/kinds
		sed 's/ -> .*//' /tmp/answers | paste -d ' ' - /tmp/kinds \
			>/tmp/rule
		ask oracle
		! cmp -s /tmp/rule /tmp/view || break
		tries=$((tries - 1))
		[ $tries != 0 ] || {
			echo "differ: $1"
			patience=2 # what differs once will do so again
			diff /tmp/rule /tmp/view
			return
		}
		sleep 0.1
	done
	echo "agree: $1"
}
# shows WORDS TEXT NAME: until a program in the view says that to WORDS
shows() {
	tries=50
	while ask "$1" && [ "$(cat /tmp/view)" != "$2" ] && [ $tries != 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	[ $tries != 0 ] && echo "shown: $3" || echo "not $3: $(cat /tmp/view)"
}
# same NAME PATH...: the same for the content of files
same() {
	name=$1
	shift
	shows "for p in $*; do cat \$p 2>/dev/null || echo none; done" \
		"$(for p; do
			answer=$(alt --lookup $p 2>/dev/null)
			cat "${answer##* }" 2>/dev/null || echo none
		done)" "$name"
}
menders() {
	for p in /proc/[0-9]*; do
		read -r x 2>/dev/null <$p/comm || x=
		[ "$x" != altroot-mender ] || echo "${p#/proc/}"
	done
}
# nobody mends any more, and it is over
end() {
	echo end >/tmp/ask
	wait $view || echo "ended $?"
	tries=50
	while [ -n "$(menders)" ] && [ $tries != 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	echo "menders left: $(menders)"
	rm -f /tmp/ask /tmp/answer
}
LIB

# What is done, in either tree, to what CHANGES_MAKE made; each is a row.
cat >"$work/changes" <<'CHANGES'
deleted in the altroot|rm /A/d/both1
deleted in the true root|rm /d/t1 /d/both2
deleted in both|rm /A/d/both3 /d/both3
deleted where only one had it|rm /A/d/a1 /d/t2
created in the altroot where the true root has it|echo a >/A/d/t3
created in the true root where the altroot has it|echo t >/d/a2
created where none was|echo a >/A/d/new1; echo t >/d/new2; echo t >/d/sub1/new3
replaced by rename in the altroot|echo new >/A/x; mv /A/x /A/d/both4
replaced by rename in the true root|echo new >/x; mv /x /d/t4
renamed|mv /A/d/a3 /A/d/a4; mv /d/t5 /d/t6; mv /A/d/both5 /A/d/sub1/moved
deleted and made again at once|rm /A/d/both6; echo x >/A/d/both6; rm /d/t7; echo x >/d/t7
a directory deleted in the altroot|rm -r /A/d/sub2
a directory deleted in the true root|rm -r /d/sub3
a directory deleted in both|rm -r /A/d/sub4 /d/sub4
a directory created in the altroot where the true root has it|mkdir /A/d/only1; echo a >/A/d/only1/f
... and what changes there then|echo a >/A/d/only1/t; rm /d/only1/g; mkdir /A/d/only1/deep; echo a >/A/d/only1/deep/a
a directory created in the true root where the altroot has it|mkdir -p /d/alone1/deep; echo t >/d/alone1/deep/f
a directory created in both|mkdir -p /d/new4/deep /A/d/new4/deep; echo a >/A/d/new4/deep/f; echo t >/d/new4/deep/g
a directory renamed|mv /A/d/sub5 /A/d/sub6
... and what changes there then|echo t >/d/sub5/new; echo t >/d/sub6/new; rm /A/d/sub6/f
a directory exchanged for another|mv /d/sub7 /x; mv /d/other7 /d/sub7; echo t >/d/sub7/late; rm -r /x
a directory in place of a file|rm /A/d/a5; mkdir /A/d/a5; echo a >/A/d/a5/f
a file in place of a directory|rm -r /d/only2; echo t >/d/only2
what a link leads to deleted|rm /A/d/to1
... or created|echo a >/A/d/to2
... or replaced|echo new >/A/x; mv /A/x /A/d/to3
... or created where it leads now, in the other root|echo t >/d/to4
a link replaced by another|ln -s to3 /A/x; mv /A/x /A/d/link5
a link in place of a file, a file in place of a link|rm /A/d/both7; ln -s to3 /A/d/both7; rm /A/d/link6; echo a >/A/d/link6
what an absolute link leads to created|echo a >/A/e/f
... or deleted|rm /A/e/f
... or a directory on the way to it|mv /e/way /e/gone; mv /e/gone /e/way2; rm -r /A/e/other
a link to a directory led elsewhere|ln -s to6 /A/x; mv /A/x /A/d/as-dir
deleted, all of it|rm -r /A/d/* /d/*
... and made again|mkdir -p /A/d/sub1 /d/sub1; echo a >/A/d/sub1/f; echo t >/d/sub1/g; echo t >/d/both1
CHANGES
changes_make='
remake() {
	rm -rf /d /e /A/d /A/e /x /A/x
	mkdir -p /d /A/d /A/e /e/way
	for n in 1 2 3 4 5 6 7; do
		mkdir -p /d/sub$n/deep /A/d/sub$n/deep /d/only$n /A/d/alone$n
		for f in both$n sub$n/f sub$n/deep/f; do
			echo t >/d/$f; echo a >/A/d/$f
		done
		for f in t$n only$n/f only$n/g sub$n/t sub$n/deep/t; do
			echo t >/d/$f
		done
		for f in a$n alone$n/f sub$n/a sub$n/deep/a; do echo a >/A/d/$f; done
		echo a >/A/d/to$n; ln -s to$n /A/d/link$n
	done
	rm /A/d/to2 /A/d/to4; echo t >/d/to1; mkdir /d/other7; echo t >/d/other7/f
	echo t >/e/f; ln -s /e/f /A/d/abs; ln -s ../e/f /d/rel
	mkdir -p /A/e/other; echo t >/e/way/f; echo a >/A/e/other/f
	ln -s /e/way/f /A/d/way; ln -s /e/other/f /d/other
	mkdir /A/d/to8; mkdir /d/as-dir; echo t >/d/as-dir/t; echo a >/A/d/to8/a
	ln -s to8 /A/d/as-dir
	mkdir /A/d/to9; echo a >/A/d/to9/other
}
'
in_t "$changes_make"'
printf "%s" "$(sed -n "/^remake() {/,/^}/p" /script)" >>/functions
' '
remake
begin
agree begin
while IFS="|" read -r name what; do
	eval "$what"
	agree "$name"
done </changes
end
sed "s/^/said: /" /tmp/said
'
while IFS='|' read -r name what; do
	row "meanwhile: $name" says "agree: $name"
done <"$work/changes"
row "meanwhile: who mends it ends with the program" says 'menders left: '
row "meanwhile: nothing is said of it" not says_like 'said: '

in_t "$changes_make"'
printf "%s" "$(sed -n "/^remake() {/,/^}/p" /script)" >>/functions
' '
remake
mkdir -p /d/sub1/other; rm -rf /A/d/sub1/deep; echo a >/d/sub1/deep/f
begin
agree begin
until [ -n "$(menders)" ]; do sleep 0.1; done # it has its name
menders | wc -l | sed "s/^/menders: /"
rm -r /A/d/sub1; echo a >/A/d/sub1
shows "ls -d /d/sub1 2>/dev/null || echo none" none refused
rm /A/d/sub1
agree "after it was refused"
(cd /A/d; seq 1000 | xargs touch; seq 500 | xargs rm; mkdir 1001; cd /d
	seq 200 700 | xargs touch; mkdir 1001 1002; touch 1001/t; rm t1)
agree "a thousand"
n=$(cat /proc/sys/fs/inotify/max_queued_events)
kill -STOP $(menders)
echo a >/A/d/early; rm /d/t2; mv /A/d/sub2 /A/d/sub10; mkdir /A/d/only1
(cd /A/d/sub3; seq $((n / 2 + 50)) >/tmp/list; xargs touch </tmp/list
	xargs rm -f </tmp/list)
echo a >/A/d/late; rm /A/d/both1 /d/t3; echo new >/A/x; mv /A/x /A/d/both4
mv /d/sub4 /d/sub11; echo a >/A/d/only1/a
kill -CONT $(menders)
agree "more than are told of"
echo t >/d/sub11/t2; echo a >/A/d/sub10/a2; echo a >/A/d/only1/g
agree "what changes then"
cat >/tmp/watch <<WATCH
n=0; all=0
while [ ! -e /tmp/over ]; do
	{ read -r x </d/both5; } 2>/dev/null || n=\$((n + 1))
	{ read -r x </d/link5; } 2>/dev/null || n=\$((n + 1))
	all=\$((all + 2))
	[ \$all != 2 ] || echo >/tmp/ready
done
echo "missed \$n of \$all" >/tmp/missed
WATCH
rm -f /tmp/over /tmp/ready /tmp/missed
ask "sh /tmp/watch >/dev/null 2>&1 &"
while [ ! -e /tmp/ready ]; do sleep 0.1; done
for n in $(seq 80); do
	echo $n >/A/x; mv /A/x /A/d/both5
	ln -s both$((n % 2 + 5)) /A/x; mv /A/x /A/d/link5
done
agree "replaced again and again"
touch /tmp/over
while [ ! -e /tmp/missed ]; do sleep 0.1; done
cat /tmp/missed
cat >/tmp/bare <<BARE
echo >/tmp/ready
n=\$((50 * SLOWER))
until [ "\$(cat /d/both6)" = newer ] || [ \$n = 0 ]; do
	sleep 0.1
	n=\$((n - 1))
done
echo "without /proc: \$(cat /d/both6)"
BARE
rm /tmp/ready
if [ "$(id -u)" = 0 ]; then
	unshare -m sh -c "umount -l /proc
		exec pintle altroot --prefix /A -- sh /tmp/bare" &
	while [ ! -e /tmp/ready ]; do sleep 0.1; done
	for n in new newer; do echo $n >/A/x; mv /A/x /A/d/both6; done
	wait $!
fi
kill -9 $(menders)
end
sort -u /tmp/said | sed "s/^/said: /"
'
row "meanwhile: one mends" says 'menders: 1'
row "meanwhile: a file in place of a directory that the other has: refused" \
	says "shown: refused" "said: pintle: altroot: show '/d/sub1': a directory in one root, none in the other"
row "meanwhile: and there again when it can be" says 'agree: after it was refused'
row "meanwhile: a thousand changes at once" says 'agree: a thousand'
row "meanwhile: more changes than the kernel tells of" \
	says 'agree: more than are told of' 'agree: what changes then'
row "meanwhile: replaced again and again" says 'agree: replaced again and again'
row "meanwhile: mended where there is no /proc" \
	prints 'root: without /proc: newer'
printf '%s\n' "$out" | sed -n 's/^root: missed/# while replaced 80 times: missed/p'
# MOVE_MOUNT_BENEATH
case $(uname -r) in
[1-5].* | 6.[0-4].*) ;;
*) row "meanwhile: never without the name that is replaced" \
	says_like 'missed 0 of [0-9]{3,}' ;;
esac

in_t '
mkdir -p /d/sub /A/d/sub /d/gone; cd /d; seq 5000 | xargs touch
for f in 1 2 3 4 5 6 7 8 9 sub/f sub/t; do echo t >$f; done
ln -s 1 link; ln -s 2 link2
cd /A/d; for f in 1 2 3 4 sub/f a1 a2 a3; do echo a >$f; done
ln -s a1 alink; mkfifo fifo
' '
cp -r /d /tmp/d; cp -r /A/d /tmp/Ad
begin
set -- /d/1 /d/2 /d/3 /d/4 /d/5 /d/6 /d/7 /d/8 /d/9 /d/sub/f /d/sub/t /d/a1 \
	/d/a2 /d/a3 /d/a4 /d/link /d/link2 /d/alink /d/5001 /d/new/f /d/new/t \
	/d/only/f /d/gone
same begin "$@"
rm /A/d/1 /d/5; echo new >/A/x; mv /A/x /A/d/2; echo new >/x; mv /x /d/6
echo a >/A/d/7; echo a >/A/d/a4; echo t >/d/5001; rm /A/d/a1
same "many: files" "$@"
ask "sleep 1000 </d/3 & sleep 1000 </d/8 & echo \$! >/tmp/sleeps"
echo new >/A/x; mv /A/x /A/d/3; echo new >/x; mv /x /d/8
same "many: what is in use replaced" "$@"
echo newer >/A/x; mv /A/x /A/d/3; rm /d/8; echo newer >/d/8
same "many: and again" "$@"
mkdir /A/d/new /d/new /d/only; echo a >/A/d/new/f; echo t >/d/new/f
echo t >/d/new/t; echo t >/d/only/f; rm -r /d/gone; echo t >/d/gone
rm /A/d/sub/f; echo a >/A/d/sub/t
same "many: directories" "$@"
echo t >/d/new/f; rm /A/d/new/f; rm -r /A/d/sub
same "many: in directories" "$@"
ln -s 4 /A/x; mv /A/x /A/d/link; rm /d/link2; ln -s 4 /d/link2; rm /A/d/alink
same "many: links" "$@"
(cd /d; seq 2000 3000 | xargs rm; seq 6000 6500 | xargs touch)
shows "ls /d | wc -l" "$({ ls /d; ls /A/d; } | sort -u | wc -l)" "many: listed"
ask "kill \$(cat /tmp/sleeps); kill \$((\$(cat /tmp/sleeps) - 1))"
end
sed "s/^/said: /" /tmp/said
rm -r /d /A/d; mv /tmp/d /d; mv /tmp/Ad /A/d
'
for what in files 'what is in use replaced' 'and again' directories \
	'in directories' links listed; do
	row "meanwhile, of 5,000: $what" says "shown: many: $what"
done

in_t '
mkdir -p /d /A/d; cd /d; seq 900 | xargs touch; cd /A/d
seq 800 1000 | sed "s/^/a/" | xargs touch; touch 1 2 3
' '
pintle altroot --prefix /A -- sh -c "while :; do for i in 1 2 3 4 5 6 7 8 9; do echo \$i; done; done" \
	>/dev/null &
loop=$!
n=0
(cd /A/d; while [ ! -e /tmp/enough ]; do mv 1 x; mv x 1; rm 2; touch 2
	mv /d/7 /d/y; mv /d/y /d/7; done) &
while [ $n -lt 3 ]; do
	alt -- true || echo "failed $?"
	n=$((n + 1))
done
touch /tmp/enough; wait $!
rm /tmp/enough
kill $loop; wait $loop || echo "ended $?"
'
row "meanwhile: names that come and go while a view is made" \
	says 'ended 143' && row "and none fails" not says_like 'failed'

# -- many

in_t '
mkdir -p /d/sub /A/d/sub /d/only; cd /d; seq 100000 | xargs touch
echo t >5; ln -s 5 link; ln -s none dangling; mkfifo fifo; echo t >only/f
echo t >sub/f; echo t >sub/g
cd /A/d; seq 100001 100100 | xargs touch; echo a >7; ln -s 7 alink
echo a >sub/f; mknod 9 c 0 0 2>/dev/null || mkfifo 9
' '
time pintle altroot --prefix /A -- true
[ "$(id -u)" != 0 ] || time chroot / true
alt -- sh -c "ls /d | wc -l; cat /d/5 /d/7 /d/link /d/alink /d/sub/f
	cat /d/sub/g /d/only/f; touch /d/sub/new; echo x >/d/only/g && rm /d/only/g && echo wrote
	stat -c %F /d/9; cat /d/dangling; echo x >/d/5"
alt -- sh -c "time ls -l /d >/dev/null"
[ "$(id -u)" != 0 ] || time ls -l /d >/dev/null
'
row "100,000 names in a directory of both" says 100106
row "100,000 names: each is what the rule says" [ "$(printf '%s\n' "$out" |
	grep -E '^root: [at]$' | tr -d '\n')" = \
	'root: troot: aroot: troot: aroot: aroot: troot: t' ]
row "100,000 names: said, as files cannot be written" \
	says "pintle: altroot: show '/d': 100109 names, read-only in an overlay" \
	"sh: can't create /d/5: Read-only file system" wrote \
	"touch: /d/sub/new: Read-only file system"
row "100,000 names: a device of the altroot does not hide" \
	says_like '(character special file|fifo)'
printf '%s\n' "$out" | awk -v what='view: made and left
chroot: made and left
view: 100,000 names looked up
plainly: 100,000 names looked up' 'BEGIN { split(what, name, "\n") }
	/^root: real/ { print "# " name[++n] ": " $3, $4, $5 }'

# -- what a kernel may lack

# without CALL[:error=...] WORDS: pintle's output and status
without() {
	status=0
	# shellcheck disable=SC2086 # words
	out=$(timeout $((60 * SLOWER)) strace -f -qq -o "$work/trace" -e "inject=$1" $2 \
		"$PINTLE" altroot --root "$work/x" --prefix /A $3 2>&1) ||
		status=$?
	grep -q INJECTED "$work/trace"
}
mkdir -p "$work/x/A/d" "$work/x/d" "$work/x/bin"
cp "$busybox" "$work/x/bin/busybox"
touch "$work/x/A/d/a"
if command -v strace >/dev/null; then
	[ "$(id -u)" = 0 ] && new='unshare -m' || new='unshare -rm'
	row "no openat2: nothing is answered" \
		without openat2:error=ENOSYS '' '--lookup /d/a'
	row "no openat2: said" prints "pintle: altroot: open the altroot '/A' in '$work/x': Function not implemented by this kernel"
	row "no open_tree: no view" \
		without open_tree:error=ENOSYS "$new" '-- busybox true'
	row "no open_tree: said" prints_like "pintle: altroot: bind '/.*': Function not implemented by this kernel"
	row "no open_tree: status" exits 125
	row "no move_mount: no view" \
		without move_mount:error=ENOSYS "$new" '-- busybox true'
	row "no move_mount: said" prints_like "pintle: altroot: bind '/.*': Function not implemented by this kernel"
	row "no user namespaces: no view" without unshare:error=EPERM:when=2 \
		"$new setpriv --bounding-set=-all --inh-caps=-all" \
		'-- busybox true'
	row "no user namespaces: said" prints \
		"pintle: altroot: make a user namespace: Operation not permitted"
	row "no pidfd_open: a view that nobody mends" \
		without pidfd_open:error=ENOSYS "$new" '-- busybox true'
	row "no pidfd_open: the program runs" exits 0
	row "no pidfd_open: said" prints "pintle: altroot: mend the view: Function not implemented by this kernel: what changes in a directory of both is not seen before it is made again"
	(cd "$work/x/d" && seq 4200 | xargs touch)
	row "no overlay: a mount for each of 4,201 names" \
		without mount:error=ENODEV:when=5 "$new" \
		'-- busybox false'
	row "no overlay: the program runs" exits 1
	row "no overlay: said" prints "pintle: altroot: show '/d': 4201 names, no overlay: a mount for each"
fi

finish
