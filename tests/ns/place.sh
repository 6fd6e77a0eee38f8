#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh, the rest in there
# SPDX-License-Identifier: MIT
#
# Where a helper works after its move: in the directory of the same path, or where
# it was if that is not in the old root; a chrooted one in the same jail or not
# moved at all. The same for all movers.
#
# needs: namespaces trace
# host: PLACE tests/ns/compile place place.c
set -u
# shellcheck source=tests/ns/lib.sh
. "$(dirname "$0")/lib.sh"

cp "${PLACE:?}" "$work/place"

# inside SCRIPT: in the old root. `worker NAME COMMAND...` runs it, its pid in
# $pid, and returns when it is ready; `places` says where root and cwd of each
# are, as the old root names them.
inside() {
	prepare="cp $work/place \"\$old/bin\"; cd \"\$old\"
	mkdir -p both/in loop only file gone link srv out run/d jail/in jail/only jail/link \
		jail/proc lonely
	ln -s /pintle bin/pintle; ln -s busybox bin/mkfifo
	cd new; mkdir -p both/in jail/in linked srv gone
	touch file; ln -s /linked link; ln -s loop loop; ln -s ../linked jail/link; cd /"
	old_root '
mkfifo /out.fifo
exec 3<>/out.fifo
mount -t tmpfs srv /srv; mkdir /srv/d
mount -t tmpfs out /out
mount --bind /run /new/run
mount -t proc proc /jail/proc
workers=
worker() {
	name=$1
	shift
	"$@" >/out.fifo 3<&- &
	pid=$!
	read -r text <&3
	workers="$workers $name:$!"
}
ends() {
	echo "$(readlink "$1/root") $(readlink "$1/cwd")"
}
places() {
	for worker in $workers; do
		echo "${worker%:*}: $(ends /proc/${worker#*:})"
	done
}
everywhere() { # KIND [PROGRAM...]: one in each place, run by PROGRAM
	kind=$1
	shift
	for path in /both/in /only /file /link /run/d /srv/d /new/both; do
		worker "$path" "$@" place $kind / $path
	done
	cd /gone; rmdir /gone; worker /gone "$@" place $kind / .; mkdir /gone; cd /
}
marked() {
	name=$1
	shift
	exec -a "@bin/$name" "/bin/$name" "$@"
}
'"$1" timeout -s KILL $((60 * SLOWER))
}

# at_home WHO: the rows about everywhere
at_home() {
	for row in '/both/in: /new /new/both/in' '/only: /new /new' \
		'/file: /new /new' '/link: /new /new/linked' '/gone: /new /new' \
		'/run/d: /new /new/run/d' '/srv/d: /new /srv/d' \
		'/new/both: /new /new/both'; do
		row "$1 in $row" prints "$row"
	done
}

inside 'everywhere plain marked
	worker jail marked place plain /jail /jail/in
	worker no-dir marked place plain /jail /jail/only
	worker link-out marked place plain /jail /jail/link
	worker outside marked place plain /jail /both/in
	worker loop marked place plain / /loop
	worker lonely marked place plain /lonely /lonely
	worker other-mount marked place plain /out /both/in
	worker other-mount-only marked place plain /out /only
	worker thread marked place plain / /both /both/in; thread=$pid
	pintle migrate /new; echo status $?; places
	for task in /proc/$thread/task/*; do
		echo "thread $(ends $task)"
	done; pintle migrate /new; echo again $?'
at_home injected
row "injected: those of a jail stay in it" prints 'jail: /new/jail /new/jail/in'
row "injected: a jail without the directory: its root" prints \
	'no-dir: /new/jail /new/jail'
row "injected: no link leads out of a jail" prints \
	'link-out: /new/jail /new/jail'
row "injected: a cwd outside of the jail stays outside" prints \
	'outside: /new/jail /new/both/in'
row "injected: no such jail in the new root: stays" prints \
	'lonely: /lonely /lonely'
row "injected: no such jail in the new root: said" prints_like \
	'^[0-9]+ place: stayed by inject: .*: its root is not "/", and the new root'
row "injected: no such jail in the new root: what to do" prints_like \
	'^pintle: (migrate: )?give it another mover, or stop it$'
row "injected: its directory cannot be looked up: stays" prints \
	'loop: / /loop'
row "injected: its directory cannot be looked up: said" prints_like \
	'find the place of process .* in the new root: Too many'
row "injected: a jail on another mount stays, and the cwd moves" prints \
	'other-mount: /out /new/both/in'
row "injected: and without such a directory the cwd is that jail" prints \
	'other-mount-only: /out /out'
row "injected: each thread keeps its place" prints \
	'thread /new /new/both/in'
row "injected: and the first one" prints 'thread /new /new/both'
row "injected: who stays is a failure" prints 'status 1'

inside 'everywhere handler
	worker jail place handler /jail /jail/in
	worker lonely place handler /lonely /lonely
	pintle migrate /new; echo status $?; places'
at_home asked
row "asked: a jail is no place to be asked in, injected" prints \
	'jail: /new/jail /new/jail/in'
row "asked: no such jail in the new root: stays" prints \
	'lonely: /lonely /lonely'

# A guardian need not have been executed by the name of pintle. This one's program
# does not share its root with it.
inside 'everywhere plain pintle helper --
	ln -s /pintle /bin/other
	worker jail pintle helper -- place plain /jail /jail/in
	worker named-otherwise other helper -- busybox unshare -m \
		place plain / /
	pintle migrate /new; echo status $?; places'
at_home guarded
row "guarded: a jail is kept" prints 'jail: /new/jail /new/jail/in'
row "guarded by another name: who left its root is injected" prints_like \
	'^[0-9]+ place: moved by inject$'

# The tracer of one that keeps its place is killed at one of its requests, and so is
# the one that takes over. The root and the cwd always belong together.
killed() {
	prepare="cp $work/place \"\$old/bin\"
	mkdir -p \"\$old/both/in\" \"\$old/new/both/in\"
	said=\"\$old/run/said\"; : >\"\$said\"
	chroot \"\$old\" /bin/busybox sh -c \\
		'exec -a @place /bin/place plain / /both/in' >\"\$said\" &
	pid=\$!; process=\$old/proc/\$pid
	until [ -s \"\$said\" ]; do sleep 0.01; done
	strace -f -qq -o $work/trace -e trace=ptrace \
		-e inject=ptrace:signal=KILL:when=$1 \
		chroot \"\$old\" /pintle migrate /new >\"\$said\" 2>&1 || :
	until grep -q '^TracerPid:.0\$' \$process/status; do sleep 0.01; done
	echo \"at \$(readlink \$process/root) \$(readlink \$process/cwd)\" |
		sed \"s,\$old,,g\"
	kill -KILL \$pid; wait \$pid || :"
	old_root 'echo the script runs'
	grep -q KILL "$work/trace" && printf '%s\n' "$out" | grep '^at'
}
if command -v strace >/dev/null; then
	for when in 10 21 32 43 54 65 76 87; do
		killed $when || echo "at none, it had fewer requests than $when"
	done >"$work/came"
	echo "# killed at 8 requests: $(sort "$work/came" | uniq -c | tr -s ' \n' ' ')"
	out=$(cat "$work/came")
	row "killed tracers: kept in the old root" prints_like '^at +/both/in$'
	row "killed tracers: or moved by another tracer" prints \
		'at /new /new/both/in'
	row "killed tracers: never in between" not prints_like \
		'^at (/ */?|/new /new|/new /both/in| +/new.*|.*old.*)$'
else
	for what in kept moved between; do
		count=$((count + 1))
		echo "ok $count - killed tracers: $what # SKIP strace is missing"
	done
fi

# pivot_root moves what is exactly at "/", and asks of root and cwd separately.
inside 'umount /new/run # it crosses itself
	worker exact place plain / /
	worker run marked place plain / /run/d
	worker srv place plain / /srv/d
	worker both marked place plain / /both/in
	printf "%s\n" "#!/bin/sh" "workers=\"$workers\"" >/new/sbin/init
	cat >>/new/sbin/init <<\END
export PATH=/bin
for worker in $workers; do
	echo "${worker%:*}: $(busybox readlink /proc/${worker#*:}/cwd)"
	busybox stat -L -c "${worker%:*} root %d:%i" "/proc/${worker#*:}/root"
done
busybox stat -c "new root %d:%i" /.
END
	for dir in dev proc sys; do mount --rbind /$dir /new/$dir; done
	exec /bin/switch_root /new /sbin/init'
new=$(printf '%s\n' "$out" | sed -n 's/^new root //p')
for who in exact run srv both; do
	row "switch: $who has the new root" prints "$who root $new"
done
row "switch: a cwd on a mount that crosses" prints_like '^run: .*/run/d$'
row "switch: a cwd on a mount that does not cross" prints_like '^srv: .*/d$'
row "switch: a cwd in both roots" prints_like '^both: .*/both/in$'
finish
