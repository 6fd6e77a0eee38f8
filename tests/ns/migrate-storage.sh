#!/bin/sh
# shellcheck disable=SC2016 # expanded in the old root
# SPDX-License-Identifier: MIT
#
# `pintle migrate` of a process that serves storage: it is stopped only if it is
# asked for by name, and if neither root can be its own.
#
# needs: root namespaces trace fuse
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

musl-gcc -static -D_GNU_SOURCE -o "$work/fuse" "$here/inject-fuse.c" ||
	bail "inject-fuse.c does not compile: apt install musl-tools"

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

finish
