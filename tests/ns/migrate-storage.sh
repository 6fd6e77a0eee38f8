#!/bin/sh
# shellcheck disable=SC2016 # expanded in the old root
# SPDX-License-Identifier: MIT
#
# A process that serves storage: `pintle migrate` stops it only if it is asked for
# by name, and if neither root can be its own, and switch_root never does.
#
# needs: root namespaces trace fuse
# host: FUSE tests/ns/compile inject-fuse inject-fuse.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${FUSE:?}" "$work/fuse"

# beside SCRIPT: a FUSE server of /mnt, $server, and a daemon called mdmon,
# $daemon, in the old root
beside() {
	prepare="cp $work/fuse \"\$old/bin/fuse\"; mkdir \"\$old/mnt\"
	touch \"\$old/dev/fuse\"; mount --bind /dev/fuse \"\$old/dev/fuse\"
	touch \"\$old/new/is-new\"; ln -s /pintle \"\$old/bin/pintle\"
	for name in mkfifo kill basename; do
		ln -s busybox \"\$old/bin/\$name\"
	done"
	old_root '
mkfifo /out /never
exec 3<>/out
fuse /mnt 3>/out &
server=$!
read -r text <&3
kill -USR1 $server
printf "#!/bin/sh\nexec 4<>/never\necho ready >/out\nread -r x <&4\n" >/bin/mdmon
chmod 755 /bin/mdmon
mdmon &
daemon=$!
read -r text <&3
stands() {
	if test -e /proc/$2/root/is-new; then
		echo "$1: new"
	else
		echo "$1: old"
	fi
}
'"$1
umount /mnt" timeout -s KILL $((60 * SLOWER))
}

beside 'pintle migrate /new; echo status $?
	stands server $server; stands daemon $daemon
	pintle migrate /new --pid $server --pid $daemon; echo named $?
	stands named-server $server; stands named-daemon $daemon'
row "not named: nobody moves" prints 'server: old'
row "not named: nor does a daemon of block devices" prints 'daemon: old'
row "named, the roots are not its own: moved" prints_like \
	'^[0-9]+ fuse: moved by inject$'
row "named, the roots are not its own: it stands there" prints \
	'named-server: new'
row "named: a daemon of block devices, with none below" prints \
	'named-daemon: new'
row "named: all was well" prints 'named 0'

beside 'pintle migrate /mnt --pid $server; echo status $?
	stands server $server
	pintle migrate /mnt --pid $daemon; echo other $?'
row "its own root: refused" prints_like \
	'^[0-9]+ fuse: stayed by none: it may serve the root file system and must not be stopped$'
row "its own root: status 1" prints 'status 1'
row "its own root: it stays" prints 'server: old'
row "a root that somebody else may serve: refused" prints 'other 1'

# At a switch, too. The root may be an overlay over it, so its own type says
# nothing.
prepare='touch "$old/dev/fuse"; mkdir "$old/sub"
mount --bind /dev/fuse "$old/dev/fuse"'
old_root 'cd /sub; (exec 3<>/dev/fuse; exec -a @bin/sleep sleep 60) &
	until grep -q "^sleep" /proc/$!/comm; do :; done
	cd /; exec /bin/switch_root /new /sbin/init'
row "switch_root: who serves a FUSE is not traced" prints_like \
	'^pintle: switch_root: move .sleep. \(pid [0-9]+\) by none: it may serve the root file system and must not be stopped$'
row "switch_root: init runs" prints_like '^init: pid 1'
finish
