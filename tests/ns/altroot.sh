#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pintle altroot: a true root T and in it an altroot A, in namespaces of their
# own. For every path that either has, what --lookup says is compared with what
# a program in the view sees: kind, device and inode. Each thing is run with all
# capabilities and with none, which takes a user namespace.
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || unshare=$unshare' --mount-proc -pf'

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
	chroot pwd id seq xargs md5sum kill head wc time tr; do
	ln -s busybox "t/bin/$name"
done
cp script body functions t/
mount --rbind /dev t/dev
mount -t proc proc t/proc
cd t
pivot_root . put
exec chroot . /bin/sh -c 'umount -l /put; rmdir /put; exec sh -e /script'
SETUP

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
	out=$(timeout 120 $unshare sh "$work/setup" "$work" 2>&1 </dev/null) ||
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
mkdir -p /mnt /A/mnt /A/d/in-a /d/in-t /A/d/sub/m /d/sub/m
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
row "names that lead nowhere" says 'rule: /nothing none' \
	'view: /nothing none' 'rule: /d/a/ none' 'view: /d/a/ none' \
	'rule: /d/../d/a /A/d/a' 'view: /d/../d/a a' 'view: /d/a/../f none'
row "every path: the view shows what the rule says" \
	says_like 'oracle: [0-9]{3,} paths, 0 differ'
row "the program's status and signal" says 'exited 7' 'exited 127' 'exited 143'

finish
